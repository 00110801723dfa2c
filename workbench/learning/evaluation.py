"""How good a model is: figures with intervals that do not take many photos of one person for many people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

FIGURES = ("accuracy", "precision", "recall", "F1", "AUC", "average precision")
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
_SAME = 1e-12  # beyond rounding
_CELLS = 1_000_000  # rounds × photos held at a time, so that memory does not grow with the archive


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


class _Sample(NamedTuple):
    """Checked arrays of one length, and for each photo the number of its group."""

    truth: np.ndarray
    probability: np.ndarray
    group: np.ndarray
    groups: int


def evaluate(
    truth: np.ndarray,
    probability: np.ndarray,
    groups: Sequence[str],
    *,
    threshold: float = 0.5,
    rounds: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """Figures of `probability` (n,) in 0..1, nan where unjudged, against `truth` (n,) of booleans.

    A photo is flagged when its probability is at least `threshold`. Intervals are the 2.5th and 97.5th
    percentiles of `rounds` bootstrap samples of whole `groups` (Field & Welsh, “Bootstrapping clustered
    data”, 2007); samples in which a figure is undefined are left out. Resampling three found blinks out of
    three says 1 every time, which is no knowledge: a figure that never varies has no interval. Raises
    ValueError for arrays of different lengths, a truth that is not boolean or a probability outside 0..1.
    """
    if not 0 < threshold < 1 or rounds < 1:
        raise ValueError(f"threshold must lie in 0..1 and rounds from 1 on, got {threshold} and {rounds}")
    sample = _sample(truth, probability, groups)
    values = _figures(sample, threshold, np.ones((1, sample.groups)))[0]
    low, high = _interval(sample, threshold, rounds, np.random.default_rng(seed))
    return Evaluation(
        photos=len(sample.truth),
        positives=int(sample.truth.sum()),
        groups=sample.groups,
        unjudged=int(np.isnan(sample.probability).sum()),
        threshold=threshold,
        confusion=Confusion(*_cells(sample, threshold).sum(axis=0)[:4].astype(int).tolist()),
        figures=tuple(
            _figure(name, sample, *map(float, bounds)) for name, *bounds in zip(FIGURES, values, low, high, strict=True)
        ),
    )


def values(truth: np.ndarray, probability: np.ndarray, *, threshold: float = 0.5) -> dict[str, float]:
    """FIGURES by name without intervals, nan where undefined; arguments as of `evaluate`."""
    sample = _sample(truth, probability, [""] * len(truth))
    return dict(zip(FIGURES, _figures(sample, threshold, np.ones((1, 1)))[0].tolist(), strict=True))


def paired(
    truth: np.ndarray,
    a: np.ndarray,
    b: np.ndarray,
    groups: Sequence[str],
    *,
    thresholds: tuple[float, float] = (0.5, 0.5),
    rounds: int = 1000,
    seed: int = 0,
) -> tuple[Difference, ...]:
    """Each of FIGURES of `b` less that of `a`, two probabilities (n,) for the same photos, nan where unjudged.

    Both are judged on the same bootstrap samples of whole `groups`, so that what is hard for both does not widen the
    interval (a paired bootstrap; Efron & Tibshirani, 1993). AUC and average precision are over the photos that *both*
    judged: declining a hard photo is no merit. Rules and errors are those of `evaluate`.
    """
    if not all(0 < threshold < 1 for threshold in thresholds) or rounds < 1:
        raise ValueError(f"thresholds must lie in 0..1 and rounds from 1 on, got {thresholds} and {rounds}")
    samples = _sample(truth, a, groups), _sample(truth, b, groups)
    once = np.ones((1, samples[0].groups))
    first, second = (values[0] for values in _both(samples, thresholds, once))
    low, high = np.full((2, len(FIGURES)), np.nan)
    if samples[0].groups >= ENOUGH_GROUPS:
        drawn = (
            _both(samples, thresholds, weights)
            for weights in _resampled(samples[0], rounds, np.random.default_rng(seed))
        )
        low, high = _bounds(np.concatenate([others - ones for ones, others in drawn]))
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


def _sample(truth: np.ndarray, probability: np.ndarray, groups: Sequence[str]) -> _Sample:
    truth, probability = np.asarray(truth), np.asarray(probability, dtype=np.float64)
    if not truth.shape == probability.shape == (len(groups),):
        raise ValueError(
            f"truth, probability and groups must be of one length, "
            f"got {truth.shape}, {probability.shape} and {len(groups)}"
        )
    if truth.dtype != bool and len(truth):
        raise ValueError(f"truth must be boolean, got {truth.dtype}")
    outside = ~np.isnan(probability) & ~((probability >= 0) & (probability <= 1))
    if outside.any():
        raise ValueError(f"probability must lie in 0..1 or be nan, got {probability[outside][0]}")
    names, group = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    return _Sample(truth.astype(bool), probability, group, len(names))


def _figure(name: str, sample: _Sample, value: float, low: float, high: float) -> Figure:
    if np.isnan(value):
        return Figure(name, value, low, high, UNDEFINED[name] if len(sample.truth) else NO_PHOTOS)
    if sample.groups < ENOUGH_GROUPS:
        return Figure(name, value, low, high, f"no interval from fewer than {ENOUGH_GROUPS} groups")
    return Figure(name, value, low, high, UNVARIED if np.isnan(low) else "")


def _difference(sample: _Sample, name: str, a: float, b: float, low: float, high: float) -> Difference:
    value, reason = b - a, ""
    if np.isnan(value):
        reason = UNDEFINED[name] if len(sample.truth) else NO_PHOTOS
    elif sample.groups < ENOUGH_GROUPS:
        reason = f"no interval from fewer than {ENOUGH_GROUPS} groups"
    elif np.isnan(low):
        reason = ALIKE
    return Difference(name, value, low, high, reason, a, b)


def _interval(
    sample: _Sample, threshold: float, rounds: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """2.5th and 97.5th percentile of each figure, nan where no round defines it or all say the same."""
    unknown = np.full(len(FIGURES), np.nan)
    if sample.groups < ENOUGH_GROUPS:
        return unknown, unknown
    return _bounds(np.concatenate([_figures(sample, threshold, w) for w in _resampled(sample, rounds, rng)]))


def _bounds(drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """2.5th and 97.5th percentile of each column of (rounds, n), nan where it is never defined or never varies."""
    defined = ~np.isnan(drawn).all(axis=0)
    low, high = np.full((2, drawn.shape[1]), np.nan)
    low[defined], high[defined] = np.nanpercentile(drawn[:, defined], [2.5, 97.5], axis=0)
    varied = high - low > _SAME
    return np.where(varied, low, np.nan), np.where(varied, high, np.nan)


def _resampled(sample: _Sample, rounds: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """How often each group was drawn, shape (some rounds, groups), until there were `rounds`."""
    step = max(1, _CELLS // len(sample.truth))
    for start in range(0, rounds, step):
        evenly = np.full(sample.groups, 1 / sample.groups)
        yield rng.multinomial(sample.groups, evenly, size=min(step, rounds - start)).astype(np.float64)


def _figures(sample: _Sample, threshold: float, weights: np.ndarray, *, ordered: _Sample | None = None) -> np.ndarray:
    """All FIGURES for each row of group weights, shape (rounds, groups) → (rounds, len(FIGURES)).

    `ordered` has the photos whose order counts, where these are not all that were judged.
    """
    counted = _from_counts(weights @ _cells(sample, threshold))
    ranked = _from_order(ordered or sample, weights)
    return np.stack([*counted, *ranked], axis=1)


def _both(
    samples: tuple[_Sample, _Sample], thresholds: tuple[float, float], weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The figures of two models for each row of group weights, their order that of photos that both judged."""
    missing = np.isnan(samples[0].probability) | np.isnan(samples[1].probability)
    shared = (one._replace(probability=np.where(missing, np.nan, one.probability)) for one in samples)
    first, second = (
        _figures(one, threshold, weights, ordered=ordered)
        for one, threshold, ordered in zip(samples, thresholds, shared, strict=True)
    )
    return first, second


def _cells(sample: _Sample, threshold: float) -> np.ndarray:
    """Counts of each group, shape (groups, 6): tn, fp, fn, tp, unjudged without and with the fault."""
    flagged = np.where(np.isnan(sample.probability), 2, sample.probability >= threshold).astype(int)
    column = np.array([[0, 1, 4], [2, 3, 5]])[sample.truth.astype(int), flagged]
    flat = np.bincount(sample.group * 6 + column, minlength=sample.groups * 6)
    return flat.reshape(sample.groups, 6).astype(np.float64)


def _from_counts(cells: np.ndarray) -> tuple[np.ndarray, ...]:
    """Accuracy, precision, recall and F1 of counts (rounds, 6), nan where the denominator is 0."""
    tn, fp, fn, tp, _, declined = cells.T
    missed = fn + declined
    return (
        _ratio(tn + tp, cells.sum(axis=1)),
        _ratio(tp, tp + fp),
        _ratio(tp, tp + missed),
        _ratio(2 * tp, 2 * tp + fp + missed),
    )


def _from_order(sample: _Sample, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """AUC (ties count half) and average precision (steps, not interpolated) of the judged photos, a row each.

    As scikit-learn has roc_auc_score and average_precision_score with sample weights, for all rows at once.
    """
    judged = np.flatnonzero(~np.isnan(sample.probability))
    order = judged[np.argsort(-sample.probability[judged], kind="stable")]
    steps = np.append(np.diff(sample.probability[order]) != 0, True)[: len(order)]
    each = weights[:, sample.group[order]]
    found = _reached(each * sample.truth[order], steps)
    alarms = _reached(each * ~sample.truth[order], steps)
    both = found[:, -1] * alarms[:, -1]
    area = (np.diff(alarms, axis=1) * (found[:, 1:] + found[:, :-1]) / 2).sum(axis=1)
    precision = _ratio(found[:, 1:], found[:, 1:] + alarms[:, 1:], empty=0.0)
    average = (np.diff(found, axis=1) * precision).sum(axis=1)
    return _ratio(area, both), _ratio(average, np.where(both > 0, found[:, -1], 0))


def _reached(each: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Running sums along the order, from 0, at the ends of ties, shape (rounds, 1 + steps)."""
    return np.pad(np.cumsum(each, axis=1)[:, steps], ((0, 0), (1, 0)))


def _ratio(part: np.ndarray, whole: np.ndarray, *, empty: float = np.nan) -> np.ndarray:
    return np.divide(part, whole, out=np.full(np.shape(whole), empty), where=whole > 0)
