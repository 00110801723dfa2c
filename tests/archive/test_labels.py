"""Labels are only ever added to."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from tests import archive_rows
from workbench.archive import catalog, labels, sessions, splits, tables
from workbench.archive.labels import NothingToUndo
from workbench.faults import BLINK
from workbench.settings import Settings

A, B = "a" * 32, "b" * 32


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """A catalogue with one session of two photos."""
    engine = catalog.open_catalog(settings)
    archive_rows.session(engine, "Ana", [A, B])
    return engine


def test_the_last_answer_stands_and_all_are_kept(engine: Engine) -> None:
    archive_rows.say(engine, A, "BLINKING")
    archive_rows.say(engine, A, "NON_BLINKING", labeller="Ben")
    assert labels.current(engine, BLINK)[A].value == "NON_BLINKING"
    assert [(said.value, said.labeller) for said in labels.history(engine, A, BLINK)] == [
        ("BLINKING", "Ana"),
        ("NON_BLINKING", "Ben"),
    ]


def test_undo_brings_the_answer_before_back_and_is_itself_an_entry(engine: Engine) -> None:
    archive_rows.say(engine, A, "BLINKING")
    archive_rows.say(engine, A, "UNSURE")
    labels.undo(engine, labels.current(engine, BLINK)[A].id, labeller="Ana")
    assert labels.current(engine, BLINK)[A].value == "BLINKING"
    assert [said.value for said in labels.history(engine, A, BLINK)] == ["BLINKING", "UNSURE", None]


def test_a_photo_whose_only_label_was_taken_back_has_none(settings: Settings, engine: Engine) -> None:
    archive_rows.say(engine, A, "BLINKING")
    labels.undo(engine, labels.current(engine, BLINK)[A].id, labeller="Ana")
    assert labels.current(catalog.open_catalog(settings), BLINK) == {}


def test_nothing_is_undone_twice_and_an_undo_cannot_be_undone(engine: Engine) -> None:
    archive_rows.say(engine, A, "BLINKING")
    (said,) = labels.history(engine, A, BLINK)
    labels.undo(engine, said.id, labeller="Ana")
    undo = labels.history(engine, A, BLINK)[-1]
    for number in (said.id, undo.id, 999):
        with pytest.raises(NothingToUndo):
            labels.undo(engine, number, labeller="Ana")
    assert len(labels.history(engine, A, BLINK)) == 2


def test_current_labels_of_one_session_leave_out_the_others(engine: Engine) -> None:
    other = archive_rows.session(engine, "Ben", [B])
    archive_rows.say(engine, A, "BLINKING")
    archive_rows.say(engine, B, "BLINKING")
    assert labels.current(engine, BLINK, other.id).keys() == {B}


@pytest.mark.parametrize(("value", "origin"), [("SLEEPING", "typed"), ("BLINKING", "guessed")])
def test_an_answer_that_is_none_is_refused(value: str, origin: str) -> None:
    with pytest.raises(ValueError):
        labels.Said(A, BLINK, value, origin, "Ana")


def _many(engine: Engine, sessions: int, photos: int = 10) -> list[str]:
    ids = []
    for number in range(sessions):
        mine = [f"{number:016x}{index:016x}" for index in range(photos)]
        archive_rows.session(engine, f"s{number}", mine)
        for index, photo in enumerate(mine):
            archive_rows.say(engine, photo, "BLINKING" if index == 0 else "NON_BLINKING")
        ids += mine
    return ids


def test_splits_are_given_to_whole_sessions_near_the_wanted_shares(engine: Engine) -> None:
    ids = _many(engine, 20)
    splits.assign(engine, BLINK)
    sides = splits.sides(engine)
    for number in range(20):
        assert len({sides[photo] for photo in ids if photo.startswith(f"{number:016x}")}) == 1
    for side, share in splits.SHARES.items():
        assert abs(sum(sides[photo] == side for photo in ids) / len(ids) - share) <= 0.1


def test_new_sessions_join_and_old_ones_stay(engine: Engine) -> None:
    _many(engine, 6)
    splits.assign(engine, BLINK)
    before = splits.sides(engine)
    archive_rows.session(engine, "later", [A])
    archive_rows.say(engine, A, "BLINKING")
    splits.assign(engine, BLINK)
    after = splits.sides(engine)
    assert {photo: after[photo] for photo in before} == before and A in after
    assert splits.assign(engine, BLINK) == {}


def test_fewer_than_three_groups_are_not_split(engine: Engine) -> None:
    _many(engine, 2)
    assert splits.assign(engine, BLINK) == {} and splits.sides(engine) == {}


def test_every_side_gets_a_group_when_there_are_three(engine: Engine) -> None:
    _many(engine, 3)
    splits.assign(engine, BLINK)
    assert set(splits.sides(engine).values()) == set(splits.SIDES)


def test_one_subject_in_two_sessions_is_one_group(engine: Engine) -> None:
    one = archive_rows.session(engine, "Ana in May", ["c" * 32], subject="Ana B.")
    other = archive_rows.session(engine, "Ana in June", ["d" * 32], subject=" ana b.")
    groups = splits.groups(engine)
    assert one.id != other.id and groups["c" * 32] == groups["d" * 32] != groups[A]


def test_a_subject_named_later_ties_the_sessions_of_photos_at_once(engine: Engine) -> None:
    ids = _many(engine, 12)
    splits.assign(engine, BLINK)
    sides = splits.sides(engine)
    numbers = {side: next(int(photo[:16], 16) for photo in ids if sides[photo] == side) for side in splits.SIDES}
    trained, tested = (f"s{numbers[side]}" for side in (splits.TRAINING, splits.TEST))
    for name in (trained, tested):
        sessions.tag(engine, sessions.find(engine, name).id, subject="Ana")
    photo = next(photo for photo in ids if int(photo[:16], 16) == numbers[splits.TEST])
    with engine.connect() as connection:
        kept = connection.execute(select(tables.photos.c.side).where(tables.photos.c.id == photo)).scalar()
    assert kept == splits.sides(engine)[photo] == splits.TRAINING


def test_naming_a_subject_and_taking_the_name_away_leaves_every_photo_on_its_side(engine: Engine) -> None:
    _many(engine, 6)
    splits.assign(engine, BLINK)
    before = splits.sides(engine)
    for name in ("s0", "s1", "s2"):
        sessions.tag(engine, sessions.find(engine, name).id, subject=f"person {name}")
    assert splits.sides(engine) == before
    for name in ("s0", "s1", "s2"):
        sessions.tag(engine, sessions.find(engine, name).id, subject="")
    assert splits.sides(engine) == before


def test_the_same_photo_in_two_sessions_ties_their_groups_towards_training(engine: Engine) -> None:
    ids = _many(engine, 12)
    splits.assign(engine, BLINK)
    sides = splits.sides(engine)
    trained = next(photo for photo in ids if sides[photo] == splits.TRAINING)
    tested = next(photo for photo in ids if sides[photo] == splits.TEST)
    archive_rows.session(engine, "both", [trained, tested])
    assert splits.groups(engine)[trained] == splits.groups(engine)[tested]
    assert splits.sides(engine)[tested] == splits.TRAINING
    assert splits.assign(engine, BLINK) == {}


def test_a_group_of_an_import_is_kept_together_across_sessions(engine: Engine) -> None:
    archive_rows.session(engine, "x", ["c" * 32], group="person 7")
    archive_rows.session(engine, "y", ["d" * 32], group="person 7")
    groups = splits.groups(engine)
    assert groups["c" * 32] == groups["d" * 32]
    assert "person" not in groups["c" * 32]
