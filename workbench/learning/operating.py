"""Where to set the threshold: what every threshold would miss and flag, in plain words and as curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from sqlalchemy import Engine, select

from workbench.archive import tables
from workbench.archive.tables import FOLDER
from workbench.faults import BLINK, UNSURE, Fault
from workbench.learning import truth as truths

ENOUGH = 10
"""Blinks, and good frames, from which a rate can be carried over to another session."""
POINTS = 500
"""The most that a curve is drawn with."""
NEEDS_BOTH = "needs judged photos of both classes"
_EDGE = 1e-6  # a threshold lies at least so far from 0 and 1
_95 = 1.959964  # of the normal distribution


class Point(NamedTuple):
    """What one threshold does: faults missed, good photos flagged, faults found."""

    missed: int
    alarms: int
    found: int


@dataclass(frozen=True)
class Sweep:
    """What every threshold does to photos whose labels are known.

    A threshold in (thresholds[i-1], thresholds[i]] misses missed[i] faults and flags alarms[i] good photos; the last
    of `thresholds`, infinity, flags nothing. `positives` and `negatives` are all photos with and without the fault;
    `unjudged_positives` and `unjudged_negatives` of these have no probability: they are neither missed nor flagged.
    """

    thresholds: np.ndarray
    missed: np.ndarray
    alarms: np.ndarray
    positives: int
    negatives: int
    unjudged_positives: int = 0
    unjudged_negatives: int = 0

    @property
    def judged_positives(self) -> int:
        """Photos with the fault that have a probability."""
        return self.positives - self.unjudged_positives

    @property
    def judged_negatives(self) -> int:
        """Photos without the fault that have a probability."""
        return self.negatives - self.unjudged_negatives

    def at(self, threshold: float) -> Point:
        """What `threshold` does; takes as long for 100,000 photos as for a hundred."""
        row = int(np.searchsorted(self.thresholds, threshold))
        missed = int(self.missed[row])
        return Point(missed, int(self.alarms[row]), self.judged_positives - missed)


@dataclass(frozen=True)
class Curve:
    """A curve to be drawn, each vector of at most POINTS; empty with a `reason` where there is none.

    `thresholds` has for each point the lowest probability that is flagged there.
    """

    x: np.ndarray
    y: np.ndarray
    thresholds: np.ndarray
    reason: str = ""


@dataclass(frozen=True)
class Histogram:
    """Judged photos without and with the fault in each of n bins of probability; `edges` (n + 1,)."""

    edges: np.ndarray
    negatives: np.ndarray
    positives: np.ndarray


@dataclass(frozen=True)
class Calibration:
    """For each bin of probability that has photos: the mean `predicted` and the `observed` share of faults.

    `low` and `high` are the 95 % interval of the share (Wilson, 1927: it takes photos for independent, so that it is
    too narrow where many are of one person); `photos` how many there are.
    """

    predicted: np.ndarray
    observed: np.ndarray
    low: np.ndarray
    high: np.ndarray
    photos: np.ndarray


@dataclass(frozen=True)
class Share:
    """The share of faults in whole shoots; None where no shoot is labelled to its end."""

    value: float | None
    photos: int
    sessions: int


def sweep(truth: np.ndarray, probability: np.ndarray) -> Sweep:
    """Every threshold at once: `truth` (n,) of booleans, `probability` (n,) in 0..1, nan where unjudged.

    A photo is flagged when its probability is at least the threshold.
    """
    judged = ~np.isnan(probability)
    scores, place = np.unique(probability[judged], return_inverse=True)
    faults = np.bincount(place[truth[judged]], minlength=len(scores))
    good = np.bincount(place[~truth[judged]], minlength=len(scores))
    below, good_below = (np.append(0, np.cumsum(counts)) for counts in (faults, good))
    return Sweep(
        thresholds=np.append(scores, np.inf),
        missed=below,
        alarms=good_below[-1] - good_below,
        positives=int(truth.sum()),
        negatives=int((~truth).sum()),
        unjudged_positives=int((truth & ~judged).sum()),
        unjudged_negatives=int((~truth & ~judged).sum()),
    )


def never_lose(swept: Sweep) -> float | None:
    """The threshold that finds most faults without flagging a good photo; None where that would find none."""
    row = int(np.argmax(swept.alarms == 0))
    if not swept.judged_negatives or swept.missed[row] == swept.judged_positives:
        return None
    return _within(swept, row, row)


def never_miss(swept: Sweep) -> float | None:
    """The threshold that flags fewest good photos without missing a judged fault; None where no fault is judged."""
    if not swept.judged_positives:
        return None
    row = int(np.flatnonzero(swept.missed == 0)[-1])
    return _within(swept, row, row)


def least_work(swept: Sweep, *, miss: float, alarm: float, share: float | None) -> float | None:
    """The threshold of the least cost: what a missed fault costs against a good photo flagged, at that share of faults.

    In the middle of the longest stretch where the cost is the least. None without judged photos of both classes, or
    without a share. Raises ValueError for costs that are not positive.
    """
    if not (miss > 0 and alarm > 0):
        raise ValueError(f"both costs must be positive, got {miss} and {alarm}")
    if share is None or not swept.judged_positives or not swept.judged_negatives:
        return None
    missed, flagged = swept.missed / swept.judged_positives, swept.alarms / swept.judged_negatives
    cost = miss * share * missed + alarm * (1 - share) * flagged
    least = cost <= cost.min() + 1e-12
    starts = np.flatnonzero(least & ~np.append(False, least[:-1]))
    ends = np.flatnonzero(least & ~np.append(least[1:], False))
    stretches = [_upper(swept, int(end)) - _lower(swept, int(start)) for start, end in zip(starts, ends, strict=True)]
    longest = int(np.argmax(stretches))
    return _within(swept, int(starts[longest]), int(ends[longest]))


def sentence(swept: Sweep, threshold: float, *, share: float | None, photos: int = 400, fault: Fault = BLINK) -> str:
    """What a threshold does, in plain words, and what that comes to in a session of so many photos.

    “Misses 3 of 58 blinks and flags 12 of 4,508 good frames: about 1 of each in a session of 400 photos with 3 %
    blinks.” From fewer than ENOUGH of either nothing is carried over.
    """
    does, faults = swept.at(threshold), f"{fault.name}s"
    told = f"{_missed(swept, does, faults)} {_flagged(swept, does)}"
    if swept.unjudged_positives:
        told += f"; of {swept.unjudged_positives:,} {faults} it cannot tell"
    if share is None or not swept.positives or not swept.negatives:
        return f"{told}."
    if min(swept.positives, swept.negatives) < ENOUGH:
        return f"{told}: too few to say what that means for a session."
    missed = photos * share * does.missed / swept.positives
    alarms = photos * (1 - share) * does.alarms / swept.negatives
    return f"{told}: {_each(missed, alarms)} in a session of {photos:,} photos with {_percent(share)} {faults}."


def roc(swept: Sweep) -> Curve:
    """Share of good photos flagged (x) against share of faults found (y), of the judged photos; from nothing flagged.

    As scikit-learn's roc_curve, thinned where it has more points than can be seen.
    """
    if not swept.judged_positives or not swept.judged_negatives:
        return _no_curve()
    alarms = swept.alarms[::-1] / swept.judged_negatives
    found = 1 - swept.missed[::-1] / swept.judged_positives
    return _thinned(alarms, found, swept.thresholds[::-1])


def precision_recall(swept: Sweep) -> Curve:
    """Recall (x) against precision (y) of the judged photos; from nothing flagged, where the precision counts as 1.

    As scikit-learn's precision_recall_curve, thinned where it has more points than can be seen.
    """
    if not swept.judged_positives or not swept.judged_negatives:
        return _no_curve()
    found = swept.judged_positives - swept.missed[::-1]
    flagged = found + swept.alarms[::-1]
    precision = np.divide(found, flagged, out=np.ones(len(found)), where=flagged > 0)
    return _thinned(found / swept.judged_positives, precision, swept.thresholds[::-1])


def histogram(truth: np.ndarray, probability: np.ndarray, bins: int = 40) -> Histogram:
    """How often each probability was said of photos with and without the fault; bins of equal width over 0..1."""
    edges = np.linspace(0, 1, bins + 1)
    judged = ~np.isnan(probability)
    good, faults = (np.histogram(probability[judged & (truth == value)], edges)[0] for value in (False, True))
    return Histogram(edges, good, faults)


def calibration(truth: np.ndarray, probability: np.ndarray, bins: int = 10) -> Calibration:
    """Whether of the photos with probability p a share of p has the fault; bins of equal width over 0..1.

    As scikit-learn's calibration_curve (strategy “uniform”): bins without photos are left out.
    """
    judged = ~np.isnan(probability)
    said, faulty = probability[judged], truth[judged]
    edges = np.linspace(0, 1, bins + 1)
    place = np.searchsorted(edges[1:-1], said)
    photos = np.bincount(place, minlength=bins)
    there = photos > 0
    mean, observed = (np.bincount(place, each, bins)[there] / photos[there] for each in (said, faulty))
    low, high = _wilson(observed, photos[there])
    return Calibration(mean, observed, low, high, photos[there])


def share_of_blinks(engine: Engine, fault: Fault) -> Share:
    """The share of faults among the labelled photos of shoots that are labelled to their end.

    Folders sorted by class do not count: they hold as many of each as somebody put in.
    """
    shoots = [one for one in truths.finished(engine, fault) if one.session.kind == FOLDER]
    stands, files = tables.standing.c, tables.files.c
    unsure = select(files.session_id).join_from(tables.standing, tables.files, files.photo_id == stands.photo_id)
    with engine.connect() as connection:
        doubts = connection.execute(unsure.where(stands.fault == fault.name, stands.value == UNSURE)).scalars().all()
    whole = {one.session.id for one in shoots}
    doubted = sum(session in whole for session in doubts)
    photos = sum(one.labelled for one in shoots) - doubted
    return Share(sum(one.faulty for one in shoots) / photos if photos else None, photos, len(shoots))


def _lower(swept: Sweep, row: int) -> float:
    """On the log-odds scale, the threshold under which row `row` begins."""
    return _log_odds(float(swept.thresholds[row - 1])) if row else _log_odds(0.0)


def _upper(swept: Sweep, row: int) -> float:
    return _log_odds(float(min(swept.thresholds[row], 1.0)))


def _within(swept: Sweep, start: int, end: int) -> float | None:
    """The threshold that does what the rows `start` to `end` do, as far from the photos on both sides as can be.

    None where only 0, or more than 1, would do it.
    """
    low = float(swept.thresholds[start - 1]) if start else None
    high = float(swept.thresholds[end])
    if low is None:  # nothing lies below: right at the lowest photo
        return high if 0 < high < 1 else (1 - _EDGE if high >= 1 else None)
    middle = _probability((_log_odds(low) + _log_odds(min(high, 1.0))) / 2)
    fits = low < middle <= high and 0 < middle < 1
    return middle if fits else (high if 0 < high < 1 else None)


def _log_odds(probability: float) -> float:
    clipped = min(max(probability, _EDGE), 1 - _EDGE)
    return float(np.log(clipped) - np.log1p(-clipped))


def _probability(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))


def _missed(swept: Sweep, does: Point, faults: str) -> str:
    if not swept.positives:
        return f"There are no {faults} among these photos to miss. It"
    return f"Misses {_part(does.missed)} of {swept.positives:,} {faults} and"


def _flagged(swept: Sweep, does: Point) -> str:
    if not swept.negatives:
        return "has no good frame to flag"
    return f"flags {_part(does.alarms)} of {swept.negatives:,} good frames"


def _part(number: int) -> str:
    return f"{number:,}" if number else "none"


def _each(missed: float, alarms: float) -> str:
    """“about 1 of each”, “about 1 missed and 4 flagged”."""
    one, other = _about(missed), _about(alarms)
    if one == other:
        return "none of either" if one == "none" else f"{one} of each"
    return f"{one} missed and {other} flagged"


def _about(number: float) -> str:
    if number == 0:
        return "none"
    return "less than 1" if number < 0.5 else f"about {round(number):,}"


def _percent(share: float) -> str:
    percent = 100 * share
    return f"{percent:.1f} %" if 0 < percent < 0.95 else f"{percent:.0f} %"


def _no_curve() -> Curve:
    return Curve(np.empty(0), np.empty(0), np.empty(0), NEEDS_BOTH)


def _thinned(x: np.ndarray, y: np.ndarray, thresholds: np.ndarray) -> Curve:
    """At most POINTS of the curve, spread evenly along its way, both ends among them."""
    if len(x) > POINTS:
        way = np.append(0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y))))
        rows = np.unique(np.append(np.searchsorted(way, np.linspace(0, way[-1], POINTS - 1)), len(x) - 1))
        x, y, thresholds = x[rows], y[rows], thresholds[rows]
    return Curve(x, y, thresholds)


def _wilson(share: np.ndarray, photos: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The 95 % interval of a share among so many photos (Wilson, 1927)."""
    square = _95**2
    middle = (share + square / (2 * photos)) / (1 + square / photos)
    half = _95 / (1 + square / photos) * np.sqrt(share * (1 - share) / photos + square / (4 * photos**2))
    return np.clip(middle - half, 0, share), np.clip(middle + half, share, 1)  # rounding may leave 0..1
