"""The arithmetic of evaluation: figures of many bootstrap samples at once, each a weight for every group of photos.

Up to EXACT photos every figure of every sample is computed from the photos themselves. Beyond, scores are taken
together in bins, and groups, where there are more than BLOCKS, in blocks dealt by chance: resampling these has the same
variance, known to a few per cent (the random group method; Wolter, “Introduction to Variance Estimation”, 2007).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

EXACT = 5_000
"""Photos beyond which scores are binned."""
BINS = 512
BLOCKS = 1_000
_SAME = 1e-12  # beyond rounding
_CELLS = 1_000_000  # rounds × photos held at a time, so that memory does not grow with the archive

Order = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Gives AUC and average precision for each row of group weights (rounds, groups)."""


class Sample(NamedTuple):
    """Checked arrays of one length, and for each photo the number of its group."""

    truth: np.ndarray
    probability: np.ndarray
    group: np.ndarray
    groups: int

    @property
    def judged(self) -> np.ndarray:
        """Mask of the photos with a probability."""
        return ~np.isnan(self.probability)

    def of(self, rows: np.ndarray) -> Sample:
        """Those photos, their groups numbered as before."""
        return Sample(self.truth[rows], self.probability[rows], self.group[rows], self.groups)


def sample(truth: np.ndarray, probability: np.ndarray, groups: Sequence[str] | np.ndarray) -> Sample:
    """The checked arrays. Raises ValueError for different lengths, a truth that is not boolean, or probabilities
    outside 0..1; `groups` are names, or whole numbers, which are quicker."""
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
    numbered = isinstance(groups, np.ndarray) and groups.dtype.kind in "iu"
    names, group = np.unique(groups if numbered else np.asarray(groups, dtype=str), return_inverse=True)
    return Sample(truth.astype(bool), probability, group, len(names))


def in_blocks(one: Sample) -> Sample:
    """The same photos with their groups dealt into BLOCKS, where there are more groups than that."""
    if one.groups <= BLOCKS:
        return one
    block = np.random.default_rng(0).permutation(one.groups) % BLOCKS
    return one._replace(group=block[one.group], groups=BLOCKS)


def resampled(groups: int, rounds: int, rng: np.random.Generator, *, width: int) -> Iterator[np.ndarray]:
    """How often each of `groups` was drawn, float64 (some rounds, groups), until there were `rounds`.

    `width` numbers are computed with for each round: the more, the fewer rounds at a time.
    """
    step = max(1, _CELLS // max(1, width))
    evenly = np.full(groups, 1 / groups)
    for start in range(0, rounds, step):
        yield rng.multinomial(groups, evenly, size=min(step, rounds - start)).astype(np.float64)


@lru_cache(maxsize=4)
def weights(groups: int, rounds: int, seed: int = 0) -> np.ndarray:
    """All that `resampled` gives, kept for the next threshold; at most BLOCKS groups. Not to be written to."""
    drawn = np.concatenate(list(resampled(groups, rounds, np.random.default_rng(seed), width=groups)))
    drawn.flags.writeable = False
    return drawn


def bounds(drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """2.5th and 97.5th percentile of each column of (rounds, n), nan where it is never defined or never varies."""
    defined = ~np.isnan(drawn).all(axis=0)
    low, high = np.full((2, drawn.shape[1]), np.nan)
    low[defined], high[defined] = np.nanpercentile(drawn[:, defined], [2.5, 97.5], axis=0)
    varied = high - low > _SAME
    return np.where(varied, low, np.nan), np.where(varied, high, np.nan)


def counts(one: Sample, threshold: float) -> np.ndarray:
    """Photos of each group, float64 (groups, 6): tn, fp, fn, tp, unjudged without and with the fault."""
    flagged = np.where(one.judged, one.probability >= threshold, 2).astype(int)
    column = np.array([[0, 1, 4], [2, 3, 5]])[one.truth.astype(int), flagged]
    flat = np.bincount(one.group * 6 + column, minlength=one.groups * 6)
    return flat.reshape(one.groups, 6).astype(np.float64)


def from_counts(cells: np.ndarray) -> tuple[np.ndarray, ...]:
    """Accuracy, precision, recall and F1 of counts (rounds, 6), nan where the denominator is 0."""
    tn, fp, fn, tp, _, declined = cells.T
    missed = fn + declined
    return (
        _ratio(tn + tp, cells.sum(axis=1)),
        _ratio(tp, tp + fp),
        _ratio(tp, tp + missed),
        _ratio(2 * tp, 2 * tp + fp + missed),
    )


def from_order(one: Sample, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """AUC (ties count half) and average precision (steps, not interpolated) of the judged photos, a row each.

    As scikit-learn has roc_auc_score and average_precision_score with sample weights, for all rows of group weights
    (rounds, groups) at once.
    """
    judged = np.flatnonzero(one.judged)
    order = judged[np.argsort(-one.probability[judged], kind="stable")]
    steps = np.append(np.diff(one.probability[order]) != 0, True)[: len(order)]
    each = weights[:, one.group[order]]
    return _areas(_reached(each * one.truth[order], steps), _reached(each * ~one.truth[order], steps))


def in_bins(one: Sample) -> Order:
    """`from_order` of scores in bins: quick however many photos there are.

    The bins are quantiles, half of all scores and half of those of the faults; what binning does to a figure of all
    photos is taken off again.
    """
    truth, probability = one.truth[one.judged], one.probability[one.judged]
    shares = np.linspace(0, 1, BINS // 2 + 1)[1:-1]
    of = [these for these in (probability, probability[truth]) if len(these)]
    edges = np.unique([np.quantile(these, shares) for these in of])
    column = 2 * np.searchsorted(edges, probability, side="right") + truth
    flat = np.bincount(one.group[one.judged] * 2 * BINS + column, minlength=one.groups * 2 * BINS)
    table = flat.reshape(one.groups, 2 * BINS)[:, ::-1].astype(np.float64)
    once = np.ones((1, one.groups))
    off = [binned - exact for binned, exact in zip(_of_bins(once @ table), from_order(one, once), strict=True)]

    def order(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        area, average = _of_bins(weights @ table)
        return area - off[0], average - off[1]

    return order


def _of_bins(held: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """AUC and average precision of photos counted in bins (rounds, 2 × bins): the highest first, faults before good."""
    found, alarms = (np.pad(np.cumsum(each, axis=1), ((0, 0), (1, 0))) for each in (held[:, ::2], held[:, 1::2]))
    return _areas(found, alarms)


def _areas(found: np.ndarray, alarms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """AUC and average precision from running sums (rounds, steps), from 0, of faults and good photos above."""
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
