"""How good a model is: figures with intervals that do not take many photos of one person for many people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from workbench.learning import resampling
from workbench.learning.resampling import Order, Sample

COUNTED = ("accuracy", "precision", "recall", "F1")
"""Figures that follow from a threshold; the others from the order of the photos alone."""
FIGURES = (*COUNTED, "AUC", "average precision")
NO_PHOTOS = "no labelled photos"
UNDEFINED = {
    "accuracy": NO_PHOTOS,
    "precision": "no photo was flagged",
    "recall": "no photo has the fault",
    "F1": "no photo has the fault and none was flagged",
    "AUC": "needs judged photos of both classes",
    "average precision": "needs judged photos of both classes",
}
UNVARIED = "no interval: the same in every resample, as there are too few errors"
ALIKE = "no interval: the same difference in every resample, as the two differ too little"
ENOUGH_GROUPS = 3  # resampling one or two people says nothing about others


class Confusion(NamedTuple):
    """Counts of judged photos: truly negative, falsely flagged, missed, found."""

    tn: int
    fp: int
    fn: int
    tp: int


@dataclass(frozen=True)
class Figure:
    """A figure with its 95 % interval; nan where one of them is undefined, and then `reason` says why."""

    name: str
    value: float
    low: float
    high: float
    reason: str = ""

    def __post_init__(self) -> None:
        if np.isnan(self.value) and not self.reason:
            raise ValueError(f"{self.name} is undefined without a reason")


@dataclass(frozen=True)
class Evaluation:
    """What a model said against what people said, at one `threshold`.

    Photos without a judgement (no face: “can't tell”) are `unjudged` and in no cell of `confusion`: neither
    found nor falsely alarmed. A model must not look better by declining, so they stay in the denominators:
    accuracy is the share of *all* photos judged rightly, recall the share of *all* faults found, and F1
    follows from recall. Precision is over the flagged photos; AUC and average precision are over the judged
    ones, which alone have an order.
    """

    photos: int
    positives: int
    groups: int
    unjudged: int
    threshold: float
    confusion: Confusion
    figures: tuple[Figure, ...]

    def figure(self, name: str) -> Figure:
        """The figure of that name, one of FIGURES. Raises KeyError for any other."""
        return {figure.name: figure for figure in self.figures}[name]


@dataclass(frozen=True)
class Difference:
    """A figure of a second model less that of a first one, `value`, on the same photos, with its 95 % interval.

    `a` and `b` are the two figures. nan is what is undefined, and then `reason` says why.
    """

    name: str
    value: float
    low: float
    high: float
    reason: str = ""
    a: float = float("nan")
    b: float = float("nan")

    def __post_init__(self) -> None:
        if np.isnan(self.low) and not self.reason:
            raise ValueError(f"{self.name} has no interval and no reason for it")

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out 0: the difference is beyond chance."""
        return bool(self.low > 0 or self.high < 0)


def evaluate(
    truth: np.ndarray,
    probability: np.ndarray,
    groups: Sequence[str] | np.ndarray,
    *,
    threshold: float = 0.5,
    rounds: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """Figures of `probability` (n,) in 0..1, nan where unjudged, against `truth` (n,) of booleans.

    A photo is flagged when its probability is at least `threshold`. Intervals are the 2.5th and 97.5th
    percentiles of `rounds` bootstrap samples of whole `groups` (Field & Welsh, “Bootstrapping clustered
    data”, 2007); samples in which a figure is undefined are left out. Resampling three found blinks out of
    three says 1 every time, which is no knowledge: a figure that never varies has no interval. `groups` are
    names, or whole numbers, which are quicker. Raises ValueError for arrays of different lengths, a truth
    that is not boolean or a probability outside 0..1.

    From more than 5,000 photos on the intervals of AUC and average precision come from scores in at most 512
    bins, and more than 1,000 groups are resampled in 1,000 blocks, so that 100,000 photos take no longer than
    5,000 do (see `resampling`); the figures themselves stay exact.
    """
    _require((threshold,), rounds)
    sample = resampling.sample(truth, probability, groups)
    values = _values([sample], [threshold])[0]
    low, high = _interval(sample, lambda: _drawn([sample], [threshold], rounds, seed)[0])
    return _evaluation(sample, threshold, FIGURES, (values, low, high))


def counted(
    truth: np.ndarray,
    probability: np.ndarray,
    groups: Sequence[str] | np.ndarray,
    *,
    threshold: float = 0.5,
    rounds: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """`evaluate` with no more than the figures in COUNTED: quick enough to follow a threshold that is moved."""
    _require((threshold,), rounds)
    sample = resampling.sample(truth, probability, groups)
    cells = resampling.counts(resampling.in_blocks(sample), threshold)
    values = np.ravel(resampling.from_counts(cells.sum(axis=0, keepdims=True)))
    low, high = _interval(sample, lambda: _drawn_counts(cells, rounds, seed), len(COUNTED))
    return _evaluation(sample, threshold, COUNTED, (values, low, high))


def confusion(truth: np.ndarray, probability: np.ndarray, threshold: float = 0.5) -> Confusion:
    """Counts of the judged photos; arguments as of `evaluate`."""
    flagged = probability >= threshold  # nan is not
    judged = ~np.isnan(probability)
    found = [(truth == faulty) & (flagged == flag) & judged for faulty in (False, True) for flag in (False, True)]
    return Confusion(*(int(np.count_nonzero(cell)) for cell in found))


def values(truth: np.ndarray, probability: np.ndarray, *, threshold: float = 0.5) -> dict[str, float]:
    """FIGURES by name without intervals, nan where undefined; arguments as of `evaluate`."""
    sample = resampling.sample(truth, probability, np.zeros(len(truth), int))
    return dict(zip(FIGURES, _values([sample], [threshold])[0].tolist(), strict=True))


def paired(
    truth: np.ndarray,
    a: np.ndarray,
    b: np.ndarray,
    groups: Sequence[str] | np.ndarray,
    *,
    thresholds: tuple[float, float] = (0.5, 0.5),
    rounds: int = 1000,
    seed: int = 0,
) -> tuple[Difference, ...]:
    """Each of FIGURES of `b` less that of `a`, two probabilities (n,) for the same photos, nan where unjudged.

    Both are judged on the same bootstrap samples of whole `groups`, so that what is hard for both does not widen the
    interval (a paired bootstrap; Efron & Tibshirani, 1993). AUC and average precision are over the photos that *both*
    judged: declining a hard photo is no merit. Rules and errors are those of `evaluate`, bins among them.
    """
    _require(thresholds, rounds)
    samples = [resampling.sample(truth, each, groups) for each in (a, b)]
    first, second = _values(samples, thresholds)
    low, high = _interval(samples[0], lambda: np.subtract(*_drawn(samples, thresholds, rounds, seed)[::-1]))
    return tuple(
        _difference(samples[0], name, *map(float, numbers))
        for name, *numbers in zip(FIGURES, first, second, low, high, strict=True)
    )


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation in the words of JSON, nan as null: what `--json` prints and a card keeps."""
    return {
        "photos": evaluation.photos,
        "positives": evaluation.positives,
        "groups": evaluation.groups,
        "unjudged": evaluation.unjudged,
        "threshold": evaluation.threshold,
        "confusion": evaluation.confusion._asdict(),
        "figures": {figure.name: _figure_as_json(figure) for figure in evaluation.figures},
    }


def difference_as_json(difference: Difference) -> dict[str, Any]:
    """The difference in the words of JSON, nan as null."""
    return {
        "a": _rounded(difference.a),
        "b": _rounded(difference.b),
        **_figure_as_json(difference),
        "sure": difference.sure,
    }


def _rounded(number: float) -> float | None:
    return None if np.isnan(number) else round(number, 4)


def _figure_as_json(figure: Figure | Difference) -> dict[str, float | str | None]:
    numbers = {"value": figure.value, "low": figure.low, "high": figure.high}
    rounded: dict[str, float | str | None] = {name: _rounded(number) for name, number in numbers.items()}
    return rounded | ({"reason": figure.reason} if figure.reason else {})


def _figure(name: str, sample: Sample, value: float, low: float, high: float) -> Figure:
    if np.isnan(value):
        return Figure(name, value, low, high, UNDEFINED[name] if len(sample.truth) else NO_PHOTOS)
    if sample.groups < ENOUGH_GROUPS:
        return Figure(name, value, low, high, f"no interval from fewer than {ENOUGH_GROUPS} groups")
    return Figure(name, value, low, high, UNVARIED if np.isnan(low) else "")


def _difference(sample: Sample, name: str, a: float, b: float, low: float, high: float) -> Difference:
    value, reason = b - a, ""
    if np.isnan(value):
        reason = UNDEFINED[name] if len(sample.truth) else NO_PHOTOS
    elif sample.groups < ENOUGH_GROUPS:
        reason = f"no interval from fewer than {ENOUGH_GROUPS} groups"
    elif np.isnan(low):
        reason = ALIKE
    return Difference(name, value, low, high, reason, a, b)


def _require(thresholds: Sequence[float], rounds: int) -> None:
    if not all(0 < threshold < 1 for threshold in thresholds) or rounds < 1:
        raise ValueError(f"thresholds must lie in 0..1 and rounds from 1 on, got {thresholds} and {rounds}")


def _evaluation(sample: Sample, threshold: float, names: Sequence[str], numbers: Sequence[np.ndarray]) -> Evaluation:
    """An evaluation of the named figures from their values, lower and upper bounds."""
    return Evaluation(
        photos=len(sample.truth),
        positives=int(sample.truth.sum()),
        groups=sample.groups,
        unjudged=int((~sample.judged).sum()),
        threshold=threshold,
        confusion=confusion(sample.truth, sample.probability, threshold),
        figures=tuple(_figure(name, sample, *map(float, three)) for name, *three in zip(names, *numbers, strict=True)),
    )


def _interval(
    sample: Sample, draw: Callable[[], np.ndarray], figures: int = len(FIGURES)
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the figures that `draw` gives, (rounds, figures); nan where the groups are too few to draw from."""
    if sample.groups < ENOUGH_GROUPS:
        unknown = np.full(figures, np.nan)
        return unknown, unknown
    return resampling.bounds(draw())


def _values(samples: Sequence[Sample], thresholds: Sequence[float]) -> np.ndarray:
    """FIGURES of all photos, (models, len(FIGURES))."""
    orders: list[Order] = [partial(resampling.from_order, one) for one in _shared(samples)]
    return _figures(samples, thresholds, orders, np.ones((1, samples[0].groups)))[:, 0]


def _drawn(samples: Sequence[Sample], thresholds: Sequence[float], rounds: int, seed: int) -> np.ndarray:
    """FIGURES of bootstrap samples, the same ones for every model: (models, rounds, len(FIGURES))."""
    width = len(samples[0].truth)
    orders: list[Order] = [partial(resampling.from_order, one) for one in _shared(samples)]
    if width > resampling.EXACT:
        samples = [resampling.in_blocks(one) for one in samples]
        width, orders = 2 * resampling.BINS, [resampling.in_bins(one) for one in _shared(samples)]
    weights = resampling.resampled(samples[0].groups, rounds, np.random.default_rng(seed), width=width)
    return np.concatenate([_figures(samples, thresholds, orders, some) for some in weights], axis=1)


def _drawn_counts(cells: np.ndarray, rounds: int, seed: int) -> np.ndarray:
    """COUNTED of bootstrap samples of the counts (groups, 6) of groups: (rounds, len(COUNTED))."""
    drawn = resampling.weights(len(cells), rounds, seed) @ cells
    return np.stack(resampling.from_counts(drawn), axis=1)


def _shared(samples: Sequence[Sample]) -> list[Sample]:
    """The photos that every model judged: theirs alone is the order that counts."""
    shared = np.logical_and.reduce([one.judged for one in samples])
    return [one._replace(probability=np.where(shared, one.probability, np.nan)) for one in samples]


def _figures(
    samples: Sequence[Sample], thresholds: Sequence[float], orders: Sequence[Order], weights: np.ndarray
) -> np.ndarray:
    """FIGURES for each row of group weights (rounds, groups): (models, rounds, len(FIGURES))."""
    found = []
    for one, threshold, order in zip(samples, thresholds, orders, strict=True):
        counted = resampling.from_counts(weights @ resampling.counts(one, threshold))
        found.append(np.stack([*counted, *order(weights)], axis=1))
    return np.stack(found)
