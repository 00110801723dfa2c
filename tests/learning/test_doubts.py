"""Labels that may be wrong: the least believed first, and never of the test side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.learning.sources import closed_eyes_in_the_wild, examples_of
from workbench import assets
from workbench.faults import BLINK
from workbench.learning import doubts, recipes
from workbench.learning.inspection import Judged
from workbench.settings import Settings
from workbench.vision.landmarks import Landmarker


def judged(probability: list[float], truth: list[bool], **changes: object) -> Judged:
    """Photos of the validation side, each of its own group."""
    count = len(probability)
    names = np.array([f"{number:032x}" for number in range(count)], "U32")
    vectors = {
        "photos": names,
        "sessions": names,
        "groups": names,
        "sides": np.full(count, "validation", "U10"),
        "truth": np.array(truth, bool),
        "probability": np.array(probability, np.float64),
        "labels": np.arange(count, dtype=np.int64),
        "fair": np.ones(count, bool),
        "out_of_fold": np.ones(count, bool),
    }
    return Judged(BLINK, "mine", 0.5, **{**vectors, **changes})  # type: ignore[arg-type]


def test_the_label_that_is_believed_in_least_comes_first() -> None:
    found = judged([0.9, 0.1, 0.4, 0.95], [False, True, True, True])
    assert doubts.wrong_labels(found).tolist() == [0, 1, 2, 3]
    assert doubts.wrong_labels(judged([0.2, 0.99], [False, False])).tolist() == [1, 0]


def test_test_photos_learnt_ones_and_unjudged_ones_are_never_queued() -> None:
    sides = np.array(["test", "training", "validation", "training", ""], "U10")
    unseen = np.array([True, False, True, True, True])
    found = judged([0.9, 0.9, np.nan, 0.9, 0.9], [False] * 5, sides=sides, out_of_fold=unseen)
    assert doubts.wrong_labels(found).tolist() == [3, 4]
    assert doubts.wrong_labels(judged([], [])).tolist() == []
    assert doubts.suspects(judged([], [])).tolist() == []


def test_suspects_are_those_that_look_like_the_other_class() -> None:
    """Blinks get .8 on average, so an open label with .9 is one and another with .6 is none."""
    found = judged([0.7, 0.8, 0.9, 0.05, 0.9, 0.6, 0.02], [True, True, True, True, False, False, False])
    assert doubts.suspects(found).tolist() == [3, 4]
    assert doubts.suspects(judged([0.9, 0.8], [False, False])).tolist() == []


@pytest.mark.heavy
@pytest.mark.research
def test_the_first_tenth_holds_most_labels_that_were_flipped_on_purpose(
    settings: Settings, research_data: Path
) -> None:
    """On Closed Eyes In The Wild with one label in twenty turned round, quick networks find at least 70 % of these."""
    from workbench.learning import training

    landmarker = Landmarker(assets.path(settings, "face_landmarker.task"))
    right = examples_of(closed_eyes_in_the_wild(research_data / "cew", landmarker, 800))
    flipped = np.random.default_rng(0).permutation(len(right)) < len(right) // 20
    said = training.out_of_fold(
        replace(right, truth=right.truth ^ flipped), replace(recipes.STANDARD[recipes.EYES], epochs=2), folds=3
    )
    seen = judged(said.tolist(), (right.truth ^ flipped).tolist(), sides=right.sides)
    queue = doubts.wrong_labels(seen)
    assert set(queue.tolist()) == set(np.flatnonzero(right.sides != "test").tolist())
    share = flipped[queue[: len(queue) // 10]].sum() / flipped[queue].sum()
    print(f"{share:.3f} of {flipped[queue].sum()} flipped labels are among the first {len(queue) // 10}")
    assert share >= 0.7
