"""From views to the arrays that a network takes: the same for training, for checking and for screening."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from workbench.learning import recipes
from workbench.learning.relative import RELATIVE
from workbench.vision import views
from workbench.vision.views import GEOMETRY, Views

if TYPE_CHECKING:
    from workbench.learning.examples import Examples

NUMBERS = (*GEOMETRY, *(f"{name} of the session" for name in RELATIVE), "known", "of the session known")
"""Columns of the input “numbers”: what is absent is 0, and the last two say so."""
_KNOWN, _RELATIVE_KNOWN = len(NUMBERS) - 2, len(NUMBERS) - 1

Arrays = dict[str, np.ndarray]


def at_once(arrays: Arrays) -> int:
    """How many photos a network looks at together: the maps of *initial* take 18 MB a photo, those of an eye 0.2."""
    return 16 if "frame" in arrays else 128


def numbers(geometry: np.ndarray, relative: np.ndarray) -> np.ndarray:
    """Geometry (n, 26) and numbers relative to the session (n, 4; nan where there are none), float32 (n, 32)."""
    has = ~np.isnan(relative).any(axis=1, keepdims=True)
    known = np.ones((len(geometry), 1))
    return np.hstack([geometry, np.where(has, relative, 0), known, has]).astype(np.float32)


def hidden(rows: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Those `numbers` with all of them hidden in `share` of the rows, and those of the session in as many more.

    So a network learns to do without, and not to lean on what a photo may lack.
    """
    chance = rng.random((len(rows), 1))
    kept = rows.copy()
    kept[:, len(GEOMETRY) : _KNOWN] *= chance > 2 * share
    kept[:, _RELATIVE_KNOWN:] *= chance > 2 * share
    return kept * (chance > share)


def of_examples(settings: recipes.Settings, examples: Examples) -> Arrays:
    """What the network takes of labelled photos that have its views."""
    if settings.network != recipes.EYES:
        return {"frame": examples.frame}
    if not settings.geometry:
        return {"eyes": examples.eyes}
    return {"eyes": examples.eyes, "numbers": numbers(examples.geometry, examples.relative)}


def of_views(settings: recipes.Settings, seen: Sequence[Views], relative: np.ndarray) -> tuple[Arrays, np.ndarray]:
    """What the network takes of those photos that have its views, and the mask (n,) of which these are."""
    if settings.network != recipes.EYES:
        frames = np.array([one.frame for one in seen], np.uint8).reshape(len(seen), *views.FRAME)
        return {"frame": frames}, np.ones(len(seen), bool)
    face = np.array([one.eyes is not None for one in seen], bool)
    eyes = np.array([one.eyes for one in seen if one.eyes is not None], np.uint8).reshape(face.sum(), *views.EYES)
    rows = [one.geometry for one in seen if one.geometry is not None]
    geometry = np.array(rows, np.float32).reshape(face.sum(), len(GEOMETRY))
    whole: Arrays = {"eyes": eyes, "numbers": numbers(geometry, np.asarray(relative)[face])}
    return (whole if settings.geometry else {"eyes": eyes}), face
