"""Where a model's threshold is set: on the validation side alone."""

from __future__ import annotations

import numpy as np

HALF = 0.5
ENOUGH = 5
"""Faults on the validation side from which a threshold can be chosen there."""
_LOW, _HIGH = 0.02, 0.98


def choose(truth: np.ndarray, probability: np.ndarray) -> tuple[float, str]:
    """The threshold of the best F1 over judged photos, in the middle of where it is the best, and how it was found.

    `truth` (n,) of booleans, `probability` (n,), nan where unjudged. One half where there are fewer than ENOUGH
    faults or good photos to choose by.
    """
    judged = ~np.isnan(probability)
    truth, logit = truth[judged], _logit(probability[judged])
    faults, good = int(truth.sum()), int((~truth).sum())
    if min(faults, good) < ENOUGH:
        return HALF, f"one half: {faults} faults and {good} good photos on the validation side are too few to choose by"
    edges = np.unique(logit)
    middles = (edges[1:] + edges[:-1]) / 2
    if not len(middles):
        return HALF, "one half: the network says the same of every photo of the validation side"
    scores = np.array([_f1(truth, logit >= edge) for edge in middles])
    best = scores == scores.max()
    # the longest stretch of equally good ones: its middle is the farthest from an error on either side
    starts = np.flatnonzero(best & ~np.append(False, best[:-1]))
    ends = np.flatnonzero(best & ~np.append(best[1:], False))
    longest = np.argmax(edges[ends + 1] - edges[starts])
    middle = (edges[starts[longest]] + edges[ends[longest] + 1]) / 2
    threshold = float(np.clip(1 / (1 + np.exp(-middle)), _LOW, _HIGH))
    return round(threshold, 4), f"the best F1 on {faults} faults and {good} good photos of the validation side"


def _f1(truth: np.ndarray, flagged: np.ndarray) -> float:
    hits = 2 * int((truth & flagged).sum())
    return hits / max(1, int(truth.sum()) + int(flagged.sum()))


def _logit(probability: np.ndarray) -> np.ndarray:
    clipped = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped) - np.log1p(-clipped))
