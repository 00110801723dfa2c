"""Explanations of single photos as they are kept: `models/<fault>/.inspections/<version>/why/<photo>.json`."""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from workbench.faults import Fault
from workbench.learning import findings, registry
from workbench.settings import Settings
from workbench.vision import views

PHOTO_ID = re.compile(r"[0-9a-f]{32}")
PLACES = {"eyes": views.EYES, "frame": views.FRAME}
"""The views on which there may be a heat map, and their shapes."""
_WARM = np.array([255.0, 96.0, 32.0])
_MARGIN = 1e-7  # log-odds stay finite


@dataclass(frozen=True)
class Why:
    """Why a model said `probability` of a photo (None: it said nothing).

    `eyes` (2, 48, 64) and `frame` (178, 100) are 0..1, brightest where the picture spoke most for what the model
    said, blink or not; None for what it does not look at. `numbers` are pairs of a name in plain words and its
    contribution in log-odds, above 0 towards the fault, the largest first; `together` is that of all at once (they
    overlap). `how` names the methods.
    """

    eyes: np.ndarray | None
    frame: np.ndarray | None
    numbers: tuple[tuple[str, float], ...] = ()
    probability: float | None = None
    threshold: float = 0.5
    together: float | None = None
    how: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, shape in PLACES.items():
            heat = getattr(self, name)
            if heat is not None and (heat.shape != shape or not (0 <= heat.min() <= heat.max() <= 1)):
                raise ValueError(f"{name} must be {shape} from 0 to 1, got {heat.shape}")

    @property
    def flagged(self) -> bool | None:
        """Whether the model says that the photo has the fault; None where it said nothing."""
        return None if self.probability is None else self.probability >= self.threshold

    @property
    def log_odds(self) -> float | None:
        """The probability in log-odds, to which contributions compare."""
        return None if self.probability is None else log_odds(self.probability)


def place(settings: Settings, fault: Fault, version: str, photo: str) -> Path:
    """The file that holds the explanation of a photo. Raises BadVersion."""
    return findings.folder(settings, fault, version) / findings.WHY / f"{photo}.json"


def keep(settings: Settings, fault: Fault, version: str, photo: str, why: Why) -> None:
    """Keeps an explanation, in place of an earlier one. Raises NotKept when the disk does not take it."""
    heat = {name: _png(getattr(why, name)) for name in PLACES}
    text = json.dumps({**as_json(why), **heat}, ensure_ascii=False)
    findings.keep(place(settings, fault, version, photo), lambda file: file.write(text.encode()))


def latest(settings: Settings, fault: Fault, version: str, photo: str) -> Why | None:
    """The explanation that was last kept; None where there is none, or a damaged one."""
    if not registry.is_version(version) or not PHOTO_ID.fullmatch(photo):
        return None
    try:
        said = json.loads(place(settings, fault, version, photo).read_bytes())
        said |= {name: _picture(said[name], shape) for name, shape in PLACES.items()}
        numbers = tuple((str(name), float(value)) for name, value in said.pop("numbers"))
        return Why(**{**said, "numbers": numbers, "how": tuple(said["how"])})
    except (OSError, ValueError, LookupError, TypeError, AttributeError, binascii.Error):
        return None


def as_json(why: Why) -> dict[str, Any]:
    """The explanation without its pictures, in the words of JSON."""
    rounded = [[name, round(value, 4)] for name, value in why.numbers]
    together = None if why.together is None else round(why.together, 4)
    said = {"probability": why.probability, "threshold": why.threshold}
    return {**said, "numbers": rounded, "together": together, "how": list(why.how)}


def overlay(picture: np.ndarray, heat: np.ndarray) -> Image.Image:
    """A grey view (h, w) with the heat map (h, w) over it: the warmer, the more it spoke for what was said."""
    veil = 0.6 * heat[..., np.newaxis]
    coloured = (1 - veil) * picture[..., np.newaxis] + veil * _WARM
    return Image.fromarray(coloured.round().astype(np.uint8))


def log_odds(probability: float) -> float:
    """ln(p / (1 − p)), finite for 0 and 1, too."""
    sure = min(max(probability, _MARGIN), 1 - _MARGIN)
    return float(np.log(sure) - np.log1p(-sure))


def _png(heat: np.ndarray | None) -> str | None:
    """A heat map as a grey PNG in base64, both eyes side by side."""
    if heat is None:
        return None
    wide = np.hstack(list(heat)) if heat.ndim == 3 else heat
    data = io.BytesIO()
    Image.fromarray((wide * 255).round().astype(np.uint8)).save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode()


def _picture(png: str | None, shape: tuple[int, ...]) -> np.ndarray | None:
    if png is None:
        return None
    with Image.open(io.BytesIO(base64.b64decode(png, validate=True)), formats=["PNG"]) as image:
        wide = np.asarray(image.convert("L"), np.float32) / 255
    return np.stack(np.hsplit(wide, 2)) if len(shape) == 3 else wide
