"""Where a model is weak: its figures for parts of the photos, each against the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from sqlalchemy import Engine

from workbench.archive import sessions
from workbench.archive.diversity import TAGS, UNTAGGED
from workbench.learning import evaluation, resampling
from workbench.learning.evaluation import ENOUGH_GROUPS, Difference, Figure
from workbench.learning.inspection import Judged
from workbench.learning.resampling import Sample
from workbench.settings import Settings
from workbench.vision import store
from workbench.vision.measures import Measured

FEWEST = 20
"""Photos under which a slice says nothing and is hidden."""
FEWEST_FAULTS = 5
"""Faults from which on a slice is told by F1; with fewer, accuracy decides."""
SESSION = "session"
EYE_SIZE, TURN, BRIGHTNESS, SHARPNESS = "eye size", "head turn", "brightness", "sharpness"
ROUNDS = 400
_FAULTY = (2, 3, 5)  # columns of counts: missed, found, and not judged with the fault
_EDGES: Mapping[str, tuple[float, float]] = {EYE_SIZE: (60, 150), TURN: (10, 25), BRIGHTNESS: (70, 150)}
_NAMES: Mapping[str, tuple[str, str, str]] = {
    EYE_SIZE: ("eyes under 60 pixels apart", "eyes 60 to 150 pixels apart", "eyes over 150 pixels apart"),
    TURN: ("turned under 10°", "turned 10° to 25°", "turned over 25°"),
    BRIGHTNESS: ("dark eyes (under 70 of 255)", "eyes of middle brightness", "bright eyes (over 150 of 255)"),
    SHARPNESS: ("the least sharp third", "the middle third", "the sharpest third"),
}


@dataclass(frozen=True)
class Slice:
    """A part of the photos: `rows` are its positions in what was sliced, `key` the session's id or the tag's value.

    `gap` is the figure that it is told by, F1 or accuracy, less that of all other photos, with its interval.
    """

    kind: str
    name: str
    key: str
    photos: int
    positives: int
    groups: int
    figures: tuple[Figure, ...]
    gap: Difference
    rows: np.ndarray

    @property
    def marked(self) -> bool:
        """Whether it is worse than the rest by more than its interval."""
        return bool(self.gap.high < 0)


@dataclass(frozen=True)
class Slices:
    """All slices, the worst first; those with fewer than FEWEST photos are `hidden`, and only counted.

    `unmeasured` photos have no face, or their views are not kept: they are in no slice by size, turn, light and
    sharpness.
    """

    found: tuple[Slice, ...]
    hidden: int
    unmeasured: int

    def __iter__(self) -> Iterator[Slice]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def __getitem__(self, place: int) -> Slice:
        return self.found[place]


class _Part(NamedTuple):
    """A slice to be: its kind, name and key, and the mask (n,) of its photos."""

    kind: str
    name: str
    key: str
    mask: np.ndarray


@dataclass(frozen=True)
class _Whole:
    """All photos: their counts by group at the threshold, and bootstrap samples of them."""

    sample: Sample
    cells: np.ndarray
    weights: np.ndarray
    drawn: np.ndarray

    @classmethod
    def of(cls, judged: Judged) -> _Whole:
        sample = resampling.in_blocks(resampling.sample(judged.truth, judged.probability, judged.group))
        cells, weights = resampling.counts(sample, judged.threshold), resampling.weights(sample.groups, ROUNDS)
        return cls(sample, cells, weights, weights @ cells)


def slices(judged: Judged, engine: Engine, settings: Settings) -> Slices:
    """The figures at `judged.threshold` by session, tag, eye size, head turn, brightness and sharpness.

    Marked ones come first, then those with the largest gap. The interval of a gap is that of resampling groups; the
    photos of one or two people are resampled themselves, as they are all that the slice is about. Of forty slices
    that are no worse than the rest one is marked by chance.
    """
    measured = store.measured(settings, judged.photos.tolist())
    parts = [part for part in (*_by_session(judged, engine), *_by_measure(measured)) if part.mask.any()]
    large = [part for part in parts if np.count_nonzero(part.mask) >= FEWEST]
    whole = _Whole.of(judged) if large else None
    found = [_slice(judged, whole, part) for part in large if whole]
    worst = sorted(found, key=lambda one: (not one.marked, np.nan_to_num(one.gap.value, nan=np.inf)))
    return Slices(tuple(worst), len(parts) - len(large), int(np.isnan(measured.eye_pixels).sum()))


def _by_session(judged: Judged, engine: Engine) -> Iterator[_Part]:
    """A slice for each session, and one for each value of each tag that sessions have."""
    ids, number = np.unique(judged.sessions, return_inverse=True)
    known = {session.id: session for session in sessions.every(engine)}
    for place, key in enumerate(ids.tolist()):
        yield _Part(SESSION, known[key].name if key in known else key, key, number == place)
    for tag in TAGS:
        values = np.array([getattr(known.get(key), tag, None) or UNTAGGED for key in ids.tolist()], dtype=str)
        for value in sorted({*values.tolist()} - {UNTAGGED}):
            yield _Part(tag, value, value, (values == value)[number])


def _by_measure(measured: Measured) -> Iterator[_Part]:
    for kind, numbers in zip((EYE_SIZE, TURN, BRIGHTNESS, SHARPNESS), measured, strict=True):
        known = ~np.isnan(numbers)
        if not known.any():
            continue
        edges = _EDGES.get(kind) or np.quantile(numbers[known], (1 / 3, 2 / 3))
        place = np.searchsorted(edges, numbers, side="right")
        for third, name in enumerate(_NAMES[kind]):
            yield _Part(kind, name, name, known & (place == third))


def _slice(judged: Judged, whole: _Whole, part: _Part) -> Slice:
    rows = np.flatnonzero(part.mask)
    truth, said, group = judged.truth[rows], judged.probability[rows], judged.group[rows]
    found = evaluation.evaluate(truth, said, group, threshold=judged.threshold, rounds=ROUNDS)
    return Slice(
        part.kind,
        part.name,
        part.key,
        photos=found.photos,
        positives=found.positives,
        groups=found.groups,
        figures=found.figures,
        gap=_gap(whole, rows, judged.threshold, found.groups),
        rows=rows,
    )


def _gap(whole: _Whole, rows: np.ndarray, threshold: float, groups: int) -> Difference:
    """The slice's deciding figure less that of the rest; `groups` are those of the slice."""
    here = resampling.counts(whole.sample.of(rows), threshold)
    there = whole.cells - here
    if not there.any():
        return Difference(evaluation.COUNTED[0], np.nan, np.nan, np.nan, "there are no other photos")
    name = "F1" if min(cells[:, _FAULTY].sum() for cells in (here, there)) >= FEWEST_FAULTS else "accuracy"
    column = evaluation.COUNTED.index(name)
    slice_, rest = (float(resampling.from_counts(cells.sum(axis=0)[None])[column][0]) for cells in (here, there))
    held = here.any(axis=1)
    drawn = whole.weights[:, held] @ here[held]
    drawn_rest = whole.drawn - drawn
    if groups < ENOUGH_GROUPS:
        drawn = _by_photo(here)
    if np.count_nonzero(there.any(axis=1)) < ENOUGH_GROUPS:
        drawn_rest = _by_photo(there)
    gaps = resampling.from_counts(drawn)[column] - resampling.from_counts(drawn_rest)[column]
    low, high = (float(bound[0]) for bound in resampling.bounds(gaps[:, None]))
    reason = _reason(name, slice_ - rest, low)
    return Difference(name, slice_ - rest, low, high, reason, rest, slice_)


def _reason(name: str, value: float, low: float) -> str:
    if np.isnan(value):
        return evaluation.UNDEFINED[name]
    return evaluation.ALIKE if np.isnan(low) else ""


def _by_photo(cells: np.ndarray) -> np.ndarray:
    """Bootstrap samples (ROUNDS, 6) of the photos themselves that are counted in (groups, 6)."""
    held = cells.sum(axis=0)
    return np.random.default_rng(0).multinomial(int(held.sum()), held / held.sum(), size=ROUNDS).astype(np.float64)
