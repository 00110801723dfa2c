from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.learning import made_up
from tests.learning.test_examples import gathered
from workbench.archive import catalog
from workbench.learning import lessons, recipes
from workbench.learning.examples import Examples
from workbench.learning.recipes import EYES, FINAL, STANDARD
from workbench.settings import Settings
from workbench.vision import store

FLAT = replace(STANDARD[FINAL], batch=7)


@pytest.fixture
def found(settings: Settings) -> Examples:
    engine = catalog.open_catalog(settings)
    made_up.archive(settings, engine)
    return gathered(settings, engine)


def test_every_photo_comes_once_an_epoch_and_both_classes_weigh_the_same(found: Examples) -> None:
    learn = lessons.lesson(found, FLAT)
    batches = lessons.batches(FLAT, learn, np.random.default_rng(0))
    epoch = [next(batches) for _ in range(7)]  # 48 photos
    frames = np.concatenate([arrays["frame"] for arrays, _, _ in epoch])
    truth, weights = (np.concatenate([batch[column] for batch in epoch]) for column in (1, 2))
    assert len(frames) == len(learn.training) and truth.sum() == learn.training.truth.sum()
    assert weights[truth == 1].sum() == pytest.approx(weights[truth == 0].sum()) == pytest.approx(24)
    assert not np.array_equal(truth, np.concatenate([next(batches)[1] for _ in range(7)]))


def test_the_eyes_get_drawn_blinks_of_the_training_side_alone(found: Examples) -> None:
    learn = lessons.lesson(found, replace(STANDARD[EYES], synthetic=0.5))
    assert learn.synthetic.truth.sum() == learn.training.truth.sum() == 16 and learn.share == 0.5
    assert learn.synthetic.rows.max() < len(learn.training)
    assert not set(learn.training.groups) & set(learn.validation.groups)
    assert not set(learn.training.photos) & set(found.of("test").photos)


def test_what_is_counted_is_by_class_group_and_face(found: Examples) -> None:
    from workbench.faults import BLINK

    counts = lessons.counts(replace(found, face=np.zeros(len(found), bool)), BLINK)
    assert counts["training"] == {"NON_BLINKING": 32, "BLINKING": 16, "groups": 4, "without_a_face": 48}
    assert counts["test"]["groups"] == 1


@pytest.mark.parametrize(
    ("side", "faulty", "what"),
    [
        ("training", False, "10 photos without the fault on the training side"),
        ("training", True, "2 photos with the fault on the training side"),
        ("validation", True, "2 photos with the fault on the validation side"),
        ("validation", False, "2 photos without the fault on the validation side"),
    ],
)
def test_what_is_lacking_is_named_with_its_number(found: Examples, side: str, faulty: bool, what: str) -> None:
    lacking = found.take(~((found.sides == side) & (found.truth == faulty)))
    with pytest.raises(lessons.TooFewLabels, match=f"Training needs {what}, and there are 0"):
        lessons.require_enough(lacking, FLAT)


def test_a_part_that_is_too_little_to_learn_from_is_not_told_as_too_few_labels(found: Examples) -> None:
    lessons.require_parts(found, FLAT, 0.5)
    with pytest.raises(lessons.TooFewToTell, match="48 photos on the training side are too few to be parted"):
        lessons.require_parts(found, FLAT, 0.25)
    with pytest.raises(lessons.TooFewLabels):
        lessons.require_parts(found.of("training"), FLAT, 0.5)


def test_photos_that_cannot_be_looked_at_are_counted_and_told(settings: Settings, found: Examples) -> None:
    engine = catalog.open_catalog(settings)
    assert (found.away, lessons.left_out(found)) == (0, [])
    store.forget(settings, [photo for photo in found.of("training").photos[:5]])
    fewer = gathered(settings, engine)
    assert fewer.away == fewer.of("training").away == 5 and len(fewer) == len(found) - 5
    lessons.require_enough(fewer, recipes.STANDARD[FINAL])
    assert "5 labelled photos could not be looked at" in lessons.left_out(fewer)[0]
    store.forget(settings, found.photos)
    with pytest.raises(lessons.PhotosAway, match="72 labelled photos cannot be looked at"):
        lessons.require_enough(gathered(settings, engine), recipes.STANDARD[FINAL])


def test_a_share_of_all_is_all_and_at_most_is_no_more_than_there_are(found: Examples) -> None:
    assert lessons.share_of(found, 1.0).photos == lessons.at_most(found, 1000).photos == found.photos
