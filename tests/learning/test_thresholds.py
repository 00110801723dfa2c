from __future__ import annotations

import numpy as np
import pytest

from workbench.learning import thresholds

FIVE = [False] * 5 + [True] * 5


def test_the_threshold_lies_in_the_middle_between_the_classes_on_the_logit_scale() -> None:
    said = np.array([0.01, 0.01, 0.02, 0.05, 0.1, 0.9, 0.95, 0.98, 0.99, 0.99])
    threshold, how = thresholds.choose(np.array(FIVE), said)
    assert threshold == pytest.approx(0.5) and "best F1" in how


def test_the_best_f1_decides() -> None:
    said = np.array([0.1, 0.1, 0.1, 0.1, 0.62, 0.3, 0.35, 0.6, 0.7, 0.8])
    threshold, _ = thresholds.choose(np.array(FIVE), said)
    scores = {t: 2 * (said[5:] >= t).sum() / (5 + (said >= t).sum()) for t in [*np.linspace(0.05, 0.95, 91), threshold]}
    assert scores[threshold] == max(scores.values())
    assert 0.1 < threshold < 0.3


@pytest.mark.parametrize("truth", [[True] * 4 + [False] * 20, [True] * 20 + [False] * 4, []])
def test_too_few_of_a_class_leave_it_at_one_half_and_say_so(truth: list[bool]) -> None:
    threshold, how = thresholds.choose(np.array(truth, bool), np.linspace(0.1, 0.9, len(truth)))
    assert threshold == 0.5 and "too few" in how


def test_one_answer_for_all_leaves_it_at_one_half() -> None:
    threshold, how = thresholds.choose(np.array(FIVE), np.full(10, 0.3))
    assert threshold == 0.5 and "same" in how


def test_photos_that_were_not_judged_do_not_count() -> None:
    said = np.array([0.1] * 5 + [0.9] * 5 + [np.nan] * 3)
    assert thresholds.choose(np.array([*FIVE, True, False, True]), said)[0] == pytest.approx(0.5)


def test_the_threshold_never_leaves_what_a_card_can_say() -> None:
    said = np.array([1e-9] * 5 + [1e-8] * 5)
    assert 0 < thresholds.choose(np.array(FIVE), said)[0] < 1
