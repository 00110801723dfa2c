"""What makes a photo hard to judge, in four numbers: how large, turned, dark and blurred the eyes are in it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workbench.vision import views
from workbench.vision.views import Views

VERSION = f"{views.VERSION}.1"
"""Of the views and of the numbers: raise the last part whenever a number is computed in another way."""


class Measures(NamedTuple):
    """Numbers of one photo; nan without a face.

    `eye_pixels`: distance between the middles of both eyes in pixels of the original. `turn`: how far the head is
    turned from the lens to either side, in degrees. `brightness`: mean of both eyes' crops, 0..255. `sharpness`:
    variance of the crops' Laplacian (Pech-Pacheco et al., “Diatom autofocusing in brightfield microscopy”, 2000).
    """

    eye_pixels: float
    turn: float
    brightness: float
    sharpness: float


class Measured(NamedTuple):
    """The `Measures` of n photos as vectors, float64 (n,)."""

    eye_pixels: np.ndarray
    turn: np.ndarray
    brightness: np.ndarray
    sharpness: np.ndarray


def measure(seen: Views) -> Measures:
    """The numbers of one photo from its views."""
    distance, yaw = seen.measure("eyeDistance"), seen.measure("yaw")
    if seen.eyes is None or distance is None or yaw is None:
        return Measures(np.nan, np.nan, np.nan, np.nan)
    return Measures(distance, abs(yaw), float(seen.eyes.mean()), sharpness(seen.eyes))


def sharpness(eyes: np.ndarray) -> float:
    """Variance of the Laplacian (four neighbours) of grey pictures (n, height, width), 0..255; borders left out."""
    grey = eyes.astype(np.float32)
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    return float((around - 4 * grey[:, 1:-1, 1:-1]).var())
