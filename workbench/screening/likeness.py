"""Bursts of nearly the same picture, the frame with the best eyes first: the photographer keeps one of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from sqlalchemy import Engine

from workbench.archive import photos
from workbench.archive.photos import Photo
from workbench.archive.sessions import Session
from workbench.learning import bursts as seconds
from workbench.screening.screen import BLINK, CANT_TELL, KEEP, Screening, Verdict
from workbench.settings import Settings
from workbench.vision import measures, store, views
from workbench.vision.views import Views

ALIKE = 0.6
"""Correlation of two frames from which on they show nearly the same.

Chosen on what follows. Frames of one burst of the demo sessions (93 pairs, synthetic) correlate with .78 and more. In
289 portraits (Caltech Faces 1999 and others), a picture and the same one shifted by 3 % of its width do so with .62 and
more in 95 of 100; by 5 %, in 60 of 100. Of 153 neighbours of Caltech Faces 1999 that are no burst (4 s and more apart)
13 % do so, and the seconds keep these apart. No real bursts were at hand: it leans to too many that are shown together.
"""
SHARP_ENOUGH = 2 / 3
"""Eyes of at least this share of the sharpest ones' sharpness in the burst are as good."""
_STEP = 0.05
_BEST_FIRST = (KEEP, CANT_TELL, BLINK)


@dataclass(frozen=True)
class Burst:
    """Ids of photos of nearly the same, the best-eyed first."""

    photos: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.photos) < 2:
            raise ValueError("a burst has two photos and more")


def bursts(settings: Settings, engine: Engine, session: Session, screening: Screening) -> list[Burst]:
    """The bursts of the screened photos of a session, in the order taken.

    Each photo was taken within three seconds of the one before, and is like that one and like the first. `screening`
    says which eyes are best: the model's groups, or the reviewed ones.
    """
    taken = [photo for photo in photos.of_session(engine, session.id) if photo.id in screening.verdicts]
    close = list(_close(taken))
    seen = store.get(settings, [photo.id for some in close for photo in some])
    alike = [some for each in close for some in _alike(each, seen)]
    return [Burst(best_eyed([photo.id for photo in some], screening.verdicts, seen)) for some in alike]


def best_eyed(burst: Sequence[str], verdicts: Mapping[str, Verdict], seen: Mapping[str, Views]) -> tuple[str, ...]:
    """The photos of a burst, best-eyed first.

    What is kept comes before what cannot be told before blinks; then the least probable blink, in steps of .05; then
    eyes that are sharp enough; then the widest open, by the less open eye.
    """
    eyes = {photo: _eyes(seen[photo]) for photo in burst}
    sharpest = max(sharp for sharp, _ in eyes.values())

    def worth(photo: str) -> tuple[int, float, bool, float]:
        verdict, (sharp, openness) = verdicts[photo], eyes[photo]
        likely = np.inf if verdict.probability is None else round(verdict.probability / _STEP)
        return _BEST_FIRST.index(verdict.group), likely, sharp < SHARP_ENOUGH * sharpest, -openness

    return tuple(sorted(burst, key=worth))


def correlations(frames: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Each frame's correlation with the one before: uint8 (n, 178, 100) → float32 (n - 1,), -1..1, 0 for a blank one.

    `size` is (width, height) of the photos, whose rims the frames do not have; only what lies within counts.
    """
    inside = _standardised(frames, size)
    return np.einsum("ij,ij->i", inside[:-1], inside[1:])


def _standardised(frames: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """What lies within the rims, of mean 0 and length 1: the product of two is their correlation."""
    left, top, right, bottom = views.letterbox(size)
    inside = frames[:, top:bottom, left:right].reshape(len(frames), -1).astype(np.float32)
    inside -= inside.mean(axis=1, keepdims=True)
    inside /= np.maximum(np.linalg.norm(inside, axis=1, keepdims=True), 1)
    return inside


def _close(taken: Sequence[Photo]) -> Iterator[list[Photo]]:
    """Photos of one size taken within seconds of each other, where there are two and more."""
    numbers = seconds.bursts([photo.captured_at for photo in taken])
    pairs = zip(numbers, taken, strict=True)
    for _, some in groupby(pairs, key=lambda pair: (pair[0], pair[1].width, pair[1].height)):
        together = [photo for _, photo in some]
        if len(together) > 1:
            yield together


def _alike(close: Sequence[Photo], seen: Mapping[str, Views]) -> Iterator[list[Photo]]:
    """The runs of photos of which each is like the one before and like the first, where there are two and more.

    The first, too: in a steady row of frames all neighbours may be alike, and the ends have nothing in common.
    """
    there = [photo for photo in close if photo.id in seen]
    if not there:
        return
    size = there[0].width, there[0].height
    inside = _standardised(np.stack([seen[photo.id].frame for photo in there]), size)
    runs, first = [there[:1]], 0
    for index in range(1, len(there)):
        if min(inside[index] @ inside[index - 1], inside[index] @ inside[first]) < ALIKE:
            first = index
            runs.append([])
        runs[-1].append(there[index])
    yield from (run for run in runs if len(run) > 1)


def _eyes(seen: Views) -> tuple[float, float]:
    """How sharp the eyes are, and how open the less open one is (EAR); both 0 without a face."""
    left, right = seen.measure("earLeft"), seen.measure("earRight")
    if seen.eyes is None or left is None or right is None:
        return 0.0, 0.0
    return measures.sharpness(seen.eyes), min(left, right)
