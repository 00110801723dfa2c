"""What a training would learn from, and what is said against its figures."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from sqlalchemy import Engine, update

from tests import archive_rows
from workbench.archive import catalog, splits, tables
from workbench.archive.catalog import writing
from workbench.faults import BLINK, UNSURE
from workbench.learning import lessons, readiness
from workbench.learning.readiness import Side
from workbench.settings import Settings


@pytest.fixture
def engine(settings: Settings) -> Engine:
    return catalog.open_catalog(settings)


def label(engine: Engine, photos: Iterable[str], value: str) -> None:
    for photo in photos:
        archive_rows.say(engine, photo, value)


def shoot(engine: Engine, name: str, *, blinks: int, others: int, **about: str) -> None:
    """A labelled session of its own photos."""
    ids = [f"{name}{number:03}" for number in range(blinks + others)]
    archive_rows.session(engine, name, ids, **about)
    label(engine, ids[:blinks], BLINK.positive)
    label(engine, ids[blinks:], BLINK.negative)
    splits.assign(engine, BLINK)


def names(engine: Engine) -> list[str]:
    return [warning.name for warning in readiness.look(engine, BLINK).warnings]


def test_labels_are_counted_by_class_side_and_group(engine: Engine) -> None:
    for name in "abcde":
        shoot(engine, name, blinks=20, others=30)
    found = readiness.look(engine, BLINK)
    assert (found.labelled, found.blinks, found.others, found.sessions, found.unsided) == (250, 100, 150, 5, 0)
    assert found.sides == {"training": Side(60, 90, 3), "validation": Side(20, 30, 1), "test": Side(20, 30, 1)}
    assert found.warnings == () and found.enough


def test_counts_agree_with_the_split_that_training_uses(engine: Engine) -> None:
    for name, about in (("a", {"subject": "Ana"}), ("b", {"subject": " ana "}), ("c", {}), ("d", {}), ("e", {})):
        shoot(engine, name, blinks=5, others=5, **about)
    found, side_of, group_of = readiness.look(engine, BLINK), splits.sides(engine), splits.groups(engine)
    for side, counted in found.sides.items():
        mine = [photo for photo, its in side_of.items() if its == side]
        assert counted.blinks + counted.others == len(mine)
        assert counted.groups == len({group_of[photo] for photo in mine})
    assert sum(side.groups for side in found.sides.values()) == 4, "one subject is one group"


def test_unsure_is_no_class_and_a_photo_in_two_sessions_counts_once(engine: Engine) -> None:
    shoot(engine, "a", blinks=1, others=1)
    archive_rows.session(engine, "again", ["a000", "a001", "doubt"])
    archive_rows.say(engine, "doubt", UNSURE)
    assert readiness.look(engine, BLINK).labelled == 2


def test_an_archive_without_labels_says_what_is_needed(engine: Engine) -> None:
    found = readiness.look(engine, BLINK)
    assert not found.enough and [warning.name for warning in found.warnings] == ["too few"]
    assert "Nothing is labelled yet" in found.warnings[0].sentence


def test_a_training_without_blinks_to_be_checked_by_says_what_to_label(engine: Engine) -> None:
    for name in "abc":
        shoot(engine, name, blinks=1, others=20)
    found = readiness.look(engine, BLINK)
    assert not found.enough
    assert "needs 2 BLINKING photos to be checked by and has 1" in found.warnings[0].sentence


def test_what_is_too_little_for_one_person_is_told_by_class(engine: Engine) -> None:
    shoot(engine, "a", blinks=1, others=20)
    found = readiness.look(engine, BLINK)
    assert not found.enough and "label 3 BLINKING more" in found.warnings[0].sentence


def test_few_blinks_can_be_learnt_from_and_are_told(engine: Engine) -> None:
    for name in "abc":
        shoot(engine, name, blinks=3, others=20)
    found = readiness.look(engine, BLINK)
    assert found.enough and names(engine) == ["few blinks"]
    assert "Only 9 photos" in found.warnings[0].sentence


def test_one_person_cannot_be_held_back(engine: Engine) -> None:
    shoot(engine, "a", blinks=100, others=20)
    found = readiness.look(engine, BLINK)
    assert found.unsided == 120 and found.enough
    assert names(engine) == ["one person"]


def test_a_test_side_without_a_blink_tells_nothing(engine: Engine) -> None:
    for name in "abc":
        shoot(engine, name, blinks=60, others=10)
    assert names(engine) == []
    in_test = [photo for photo, side in splits.sides(engine).items() if side == "test"]
    label(engine, in_test, BLINK.negative)
    assert names(engine) == ["no test"]
    assert "labelled BLINKING" in readiness.look(engine, BLINK).warnings[0].sentence


def test_classes_from_different_sources_are_told(engine: Engine) -> None:
    ids = [f"{number:03}" for number in range(230)]
    archive_rows.session(engine, "web", ids, kind=tables.CLASSES)
    with writing(engine) as connection:
        for number, photo in enumerate(ids[:200]):  # two faces of one picture are one group, of one class
            group = update(tables.files).where(tables.files.c.photo_id == photo)
            connection.execute(group.values(group_name=f"{number // 2}"))
    label(engine, ids[:200], BLINK.positive)
    label(engine, ids[200:], BLINK.negative)
    splits.assign(engine, BLINK)
    found = readiness.look(engine, BLINK)
    assert names(engine) == ["different sources"]
    assert sum(side.groups for side in found.sides.values()) == 100 + 30


def test_a_few_shoots_with_both_classes_end_that_warning(engine: Engine) -> None:
    ids = [f"{number:03}" for number in range(230)]
    archive_rows.session(engine, "web", ids, kind=tables.CLASSES)
    label(engine, ids[:200], BLINK.positive)
    label(engine, ids[200:], BLINK.negative)
    splits.assign(engine, BLINK)
    assert names(engine) == ["different sources"]
    shoot(engine, "a", blinks=30, others=10)
    assert names(engine) == []


def test_sessions_whose_labels_are_all_of_one_class_are_told(engine: Engine) -> None:
    for name in "abc":
        shoot(engine, name, blinks=40, others=10)
    for name in "defg":
        shoot(engine, name, blinks=0, others=9)
    (warning,) = readiness.look(engine, BLINK).warnings
    assert warning.name == "one-sided sessions" and "In 4 of 7 labelled sessions" in warning.sentence


def test_the_page_asks_for_what_training_asks_for() -> None:
    assert (readiness.FEWEST_OTHERS, readiness.FEWEST_CHECKED) == (lessons.FEWEST, lessons.FEWEST_CHECKED)
