"""Labels that may be wrong: what a network that never saw the photo's group thinks of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.archive.splits import TEST

if TYPE_CHECKING:
    from workbench.learning.inspection import Judged


def wrong_labels(judged: Judged) -> np.ndarray:
    """Rows of `judged`, those first whose label the model believes in least.

    Ranked by self-confidence, the out-of-fold probability of the label given (Northcutt et al., “Confident Learning”,
    2021). Photos of the test side are left out, as what a model is tested on must not be chosen by it; so are those
    that the model learnt from and has no out-of-fold answer for, and unjudged ones.
    """
    rows = _rows(judged)
    confidence = _confidence(judged)[rows]
    return rows[np.lexsort((judged.photos[rows], confidence))]


def suspects(judged: Judged) -> np.ndarray:
    """The rows of `wrong_labels`, in that order, that the model would give the other label.

    It finds the other class at least as likely as it does on average for photos of that class (ibid.): a class that it
    is never sure of needs less.
    """
    rows = wrong_labels(judged)
    against = 1 - _confidence(judged)
    usual = {truth: _mean(1 - against[rows][judged.truth[rows] == truth]) for truth in (False, True)}
    needed = np.where(judged.truth[rows], usual[False], usual[True])
    return rows[against[rows] >= np.maximum(needed, 0.5)]


def _rows(judged: Judged) -> np.ndarray:
    return np.flatnonzero(judged.out_of_fold & (judged.sides != TEST) & ~np.isnan(judged.probability))


def _confidence(judged: Judged) -> np.ndarray:
    return np.asarray(np.where(judged.truth, judged.probability, 1 - judged.probability))


def _mean(values: np.ndarray) -> float:
    """The mean, above every probability where there is none."""
    return float(values.mean()) if len(values) else 2.0
