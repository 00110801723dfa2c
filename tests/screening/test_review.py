"""What the photographer decided beats the model, and becomes labels only where a person looked."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, delete, insert, select, update

from tests import archive_rows
from workbench.archive import catalog, labels, operations, splits, tables
from workbench.archive.sessions import Session
from workbench.faults import BLINK as FAULT
from workbench.faults import UNSURE
from workbench.learning import truth
from workbench.screening import review
from workbench.screening.review import ACCEPT, AUDIT, MOVE, UNDO, Decision, Gesture, Kept
from workbench.screening.screen import BLINK, CANT_TELL, GROUPS, KEEP, Screening, Verdict
from workbench.settings import Settings

IDS = tuple(f"{number:032x}" for number in range(8))
SHUT, OPEN = FAULT.positive, FAULT.negative


class Reviewer:
    """A page of one session that numbers its own gestures."""

    def __init__(self, engine: Engine, session: Session, name: str = "Ana") -> None:
        self.engine, self.session, self.name = engine, session, name
        self.client, self.seq = operations.open_client(engine, name), 0

    def __call__(self, kind: str, group: str | None = None, *photos: str, undoes: int | None = None) -> int:
        self.seq += 1
        gesture = Gesture(self.seq, kind, photos, group, undoes)
        assert review.store(self.engine, self.session.id, FAULT, self.client, [gesture]) == self.seq
        return self.seq

    def keep(self) -> Kept:
        return review.keep_labels(self.engine, self.session, FAULT, self.name)

    @property
    def unkept(self) -> int:
        return review.unkept(self.engine, self.session, FAULT)

    @property
    def labels(self) -> dict[str, str | None]:
        return {photo: one.value for photo, one in labels.current(self.engine, FAULT, self.session.id).items()}


@pytest.fixture
def engine(settings: Settings) -> Engine:
    return catalog.open_catalog(settings)


@pytest.fixture
def ana(engine: Engine) -> Reviewer:
    """A session of eight photos, looked at by Ana."""
    return Reviewer(engine, archive_rows.session(engine, "Ana", list(IDS)))


def _screening(session_id: str, groups: Mapping[str, str], *, finished: bool = True) -> Screening:
    verdicts = {photo: Verdict(photo, group, 0.5, "as the model says") for photo, group in groups.items()}
    at = tables.now()
    return Screening("e" * 32, session_id, FAULT.name, "starter", 0.5, at, at if finished else None, verdicts)


def _decided(photo: str, group: str, kind: str = MOVE) -> dict[str, Decision]:
    return {photo: Decision(photo, group, kind, "Ana", tables.now(), kind == AUDIT)}


# ---- groups


def test_a_decision_beats_the_model_and_says_so() -> None:
    screening = _screening("s", {IDS[0]: BLINK, IDS[1]: BLINK})
    stands = review.reviewed(screening, _decided(IDS[0], KEEP) | _decided(IDS[7], KEEP))
    assert {photo: (one.group, one.reason) for photo, one in stands.verdicts.items()} == {
        IDS[0]: (KEEP, "reviewed"),
        IDS[1]: (BLINK, "as the model says"),
    }
    assert screening.verdicts[IDS[0]].group == BLINK and stands.id == screening.id


def test_the_review_is_complete_when_all_that_is_suspected_is_decided() -> None:
    screening = _screening("s", {IDS[0]: BLINK, IDS[1]: BLINK, IDS[2]: CANT_TELL, IDS[3]: KEEP, IDS[4]: KEEP})
    assert review.state(screening, {}) == review.State(2, 1, 0, 0, False)
    some = _decided(IDS[0], KEEP) | _decided(IDS[1], BLINK, ACCEPT) | _decided(IDS[3], BLINK, AUDIT)
    assert review.state(screening, some) == review.State(0, 1, 2, 1, False)
    whole = some | _decided(IDS[2], CANT_TELL, ACCEPT)
    assert review.state(screening, whole) == review.State(0, 0, 2, 1, True)
    assert not review.state(replace(screening, finished_at=None), whole).complete
    assert review.state(_screening("s", {IDS[3]: KEEP}), {}).complete  # nothing is suspected


def test_decisions_outlive_a_screening_that_puts_photos_elsewhere(ana: Reviewer, engine: Engine) -> None:
    ana(MOVE, KEEP, IDS[0])
    ana(ACCEPT, BLINK, IDS[1])
    decided = review.decisions(engine, ana.session.id, FAULT)
    again = _screening(ana.session.id, {IDS[0]: CANT_TELL, IDS[1]: KEEP, IDS[2]: BLINK})
    assert review.reviewed(again, decided).counts == {KEEP: 1, BLINK: 2}
    assert review.state(again, decided).open_blink == 1


def test_what_waits_is_counted_by_the_newest_finished_screening(ana: Reviewer, engine: Engine) -> None:
    start = tables.now()
    runs = [({IDS[0]: BLINK, IDS[1]: CANT_TELL}, True), ({IDS[0]: BLINK, IDS[1]: BLINK, IDS[2]: BLINK}, True)]
    for number, (groups, finished) in enumerate([*runs, ({IDS[0]: BLINK}, False)]):
        at = start + timedelta(seconds=number if number == 2 else -number)  # the newer of the two was written first
        _write(engine, ana.session, f"{number:032x}", groups, finished_at=at if finished else None, at=at)
    _write(engine, archive_rows.session(engine, "Ben", [IDS[7]]), "b" * 32, {IDS[7]: KEEP}, at=start, finished_at=start)
    assert review.open_suggestions(engine, FAULT) == {ana.session.id: 2}
    seq = ana(MOVE, KEEP, IDS[0])
    assert review.open_suggestions(engine, FAULT) == {ana.session.id: 1}
    ana(ACCEPT, CANT_TELL, IDS[1])
    assert review.open_suggestions(engine, FAULT) == {}
    ana(UNDO, undoes=seq)
    assert review.open_suggestions(engine, FAULT) == {ana.session.id: 1}


def _write(engine: Engine, session: Session, screening: str, groups: dict[str, str], **times: object) -> None:
    about = {"session_id": session.id, "fault": FAULT.name, "model": "starter", "threshold": 0.5, **times}
    with catalog.writing(engine) as connection:
        connection.execute(insert(tables.screenings).values(id=screening, **about))
        rows = [{"screening_id": screening, "photo_id": photo, "group": group} for photo, group in groups.items()]
        connection.execute(insert(tables.verdicts), [{**row, "reason": "", "probability": 0.5} for row in rows])


# ---- labels


def test_only_what_was_decided_becomes_a_label_and_only_once(ana: Reviewer, engine: Engine) -> None:
    ana(MOVE, KEEP, IDS[0])
    ana(ACCEPT, BLINK, IDS[1], IDS[2])
    ana(MOVE, CANT_TELL, IDS[3])
    ana(AUDIT, KEEP, IDS[4])
    assert ana.unkept == 4
    assert ana.keep() == Kept(blink=2, open=2)
    assert ana.labels == {IDS[0]: OPEN, IDS[1]: SHUT, IDS[2]: SHUT, IDS[4]: OPEN}
    said = labels.current(engine, FAULT)
    assert {(said[photo].origin, said[photo].queue) for photo in IDS[:3]} == {(labels.REVIEW, "screen")}
    assert (said[IDS[4]].origin, said[IDS[4]].queue) == (labels.AUDIT, "audit")
    assert (ana.keep(), ana.unkept) == (Kept(unchanged=4), 0)
    assert len(labels.history(engine, IDS[0], FAULT)) == 1


def test_a_label_is_of_whoever_decided(ana: Reviewer, engine: Engine) -> None:
    ben = Reviewer(engine, ana.session, "Ben")
    ben(MOVE, KEEP, IDS[0])
    ana.keep()
    assert labels.current(engine, FAULT)[IDS[0]].labeller == "Ben"


def test_what_says_the_same_already_is_not_said_again(ana: Reviewer, engine: Engine) -> None:
    archive_rows.say(engine, IDS[0], SHUT)
    ana(ACCEPT, BLINK, IDS[0])
    assert ana.keep() == Kept(unchanged=1)
    assert [said.origin for said in labels.history(engine, IDS[0], FAULT)] == [labels.TYPED]


@pytest.mark.parametrize("value", [SHUT, UNSURE])
@pytest.mark.parametrize("origin", [labels.TYPED, labels.IMPORT])
def test_a_persons_own_label_yields_to_a_look_at_the_photo_but_not_to_a_whole_group(
    ana: Reviewer, engine: Engine, value: str, origin: str
) -> None:
    for photo in IDS[:3]:
        archive_rows.say(engine, photo, value, origin=origin)
    ana(MOVE, KEEP, IDS[0])
    ana(AUDIT, KEEP, IDS[1])
    ana(ACCEPT, KEEP, IDS[2], IDS[3])
    assert ana.keep() == Kept(open=3, differing=1)
    assert ana.labels == {IDS[0]: OPEN, IDS[1]: OPEN, IDS[2]: value, IDS[3]: OPEN}
    assert ana.unkept == 0


def test_a_persons_own_label_that_is_newer_than_the_decision_stands(ana: Reviewer, engine: Engine) -> None:
    ana(MOVE, KEEP, IDS[0])
    ana.keep()
    archive_rows.say(engine, IDS[0], SHUT)
    assert ana.keep() == Kept(differing=1)
    assert ana.labels == {IDS[0]: SHUT}


def test_a_label_of_the_same_moment_as_the_decision_stands(ana: Reviewer, engine: Engine) -> None:
    ana(MOVE, KEEP, IDS[0])
    archive_rows.say(engine, IDS[0], SHUT)
    with catalog.writing(engine) as connection:
        at = connection.execute(select(tables.reviews.c.at)).scalar_one()
        connection.execute(update(tables.labels).values(at=at))
    assert ana.keep() == Kept(differing=1) and ana.labels == {IDS[0]: SHUT}


def test_a_photo_that_left_the_session_keeps_its_label_and_gets_no_other(ana: Reviewer, engine: Engine) -> None:
    ana(MOVE, KEEP, IDS[0])
    ana.keep()
    with catalog.writing(engine) as connection:
        connection.execute(delete(tables.files).where(tables.files.c.photo_id == IDS[0]))
    assert (ana.unkept, ana.keep()) == (0, Kept(unchanged=1))


def test_an_accepted_suggestion_yields_to_an_accepted_group(ana: Reviewer, engine: Engine) -> None:
    archive_rows.say(engine, IDS[0], SHUT, origin=labels.ACCEPTED)
    ana(ACCEPT, KEEP, IDS[0])
    assert ana.keep() == Kept(open=1) and ana.labels == {IDS[0]: OPEN}


def test_what_is_taken_back_after_it_became_a_label_loses_it_and_the_older_one_stands(
    ana: Reviewer, engine: Engine
) -> None:
    archive_rows.say(engine, IDS[0], SHUT)
    seq = ana(MOVE, KEEP, IDS[0])
    ana(MOVE, BLINK, IDS[1])
    ana.keep()
    ana(MOVE, KEEP, IDS[1])
    ana.keep()
    ana(UNDO, undoes=seq)
    ana(MOVE, CANT_TELL, IDS[1])
    assert ana.unkept == 2
    assert ana.keep() == Kept(withdrawn=2)
    assert ana.labels == {IDS[0]: SHUT} and ana.unkept == 0


def test_what_another_session_decided_of_the_same_photo_is_not_taken_back(ana: Reviewer, engine: Engine) -> None:
    ben = Reviewer(engine, archive_rows.session(engine, "Ben", [IDS[0]]), "Ben")
    ben(MOVE, BLINK, IDS[0])
    ben.keep()
    ana(UNDO, undoes=ana(MOVE, KEEP, IDS[0]))
    assert ana.keep() == Kept() and ana.labels == {IDS[0]: SHUT}


def test_of_two_sessions_that_decided_one_photo_differently_the_newer_one_has_the_label(
    ana: Reviewer, engine: Engine
) -> None:
    ben = Reviewer(engine, archive_rows.session(engine, "Ben", [IDS[0]]), "Ben")
    ana(MOVE, BLINK, IDS[0])
    ana.keep()
    newer = ben(ACCEPT, KEEP, IDS[0])
    assert ana.keep() == Kept(unchanged=1), "Ben has no label yet"
    assert ben.keep() == Kept(open=1)
    assert (ana.unkept, ana.keep(), ben.keep()) == (0, Kept(differing=1), Kept(unchanged=1))
    assert ana.labels == ben.labels == {IDS[0]: OPEN}
    ben(UNDO, undoes=newer)
    ben.keep()
    assert ana.keep() == Kept(blink=1) and ana.labels == {IDS[0]: SHUT}
    ana(MOVE, KEEP, IDS[0])
    ben(MOVE, BLINK, IDS[0])
    for one in (ana, ben, ana):  # whoever keeps first
        one.keep()
    assert (ana.unkept, ben.unkept, ana.labels) == (0, 0, {IDS[0]: SHUT})


def test_reviewed_labels_are_learnt_from_and_never_tested_on(engine: Engine) -> None:
    for number in range(9):
        photos = [f"{10 * number + each:032x}" for each in range(4)]
        reviewer = Reviewer(engine, archive_rows.session(engine, f"s{number}", photos))
        reviewer(ACCEPT, BLINK, *photos[:2])
        reviewer(AUDIT, KEEP, *photos[2:])
        assert reviewer.keep() == Kept(blink=2, open=2)
    sides = splits.sides(engine)
    assert len(sides) == 36 and set(sides.values()) == {splits.TRAINING, splits.VALIDATION}
    assert truth.fair(engine, FAULT) == set()  # though every photo of these sessions has a label
    archive_rows.say(engine, f"{0:032x}", SHUT)
    assert truth.fair(engine, FAULT) == {f"{0:032x}"}


@dataclass
class _Record:
    """What was pressed and typed, and what must follow from it."""

    typed: dict[str, tuple[int, str]] = field(default_factory=dict)
    pressed: dict[int, tuple[int, str, str, tuple[str, ...]]] = field(default_factory=dict)

    @property
    def labels(self) -> dict[str, str]:
        expected = {photo: value for photo, (_, value) in self.typed.items()}
        for photo, (when, kind, group) in self.decided.items():
            value = {BLINK: SHUT, KEEP: OPEN}.get(group)
            typed, own = self.typed.get(photo, (-1, None))
            if value is not None and (own is None or (kind != ACCEPT and when > typed)):
                expected[photo] = value
        return expected

    @property
    def decided(self) -> dict[str, tuple[int, str, str]]:
        found: dict[str, tuple[int, str, str]] = {}
        for _, (when, kind, group, photos) in sorted(self.pressed.items()):
            found |= dict.fromkeys(photos, (when, kind, group))
        return found


@pytest.mark.parametrize("seed", range(5))
def test_whatever_is_decided_typed_and_taken_back_the_labels_follow(ana: Reviewer, engine: Engine, seed: int) -> None:
    chance, record = random.Random(seed), _Record()
    for when in range(60):
        event = chance.choices(["type", "press", "undo", "keep"], [2, 4, 2, 2])[0]
        if event == "type":
            photo, value = chance.choice(IDS), chance.choice([SHUT, OPEN, UNSURE])
            archive_rows.say(engine, photo, value)
            record.typed[photo] = when, value
        elif event == "press":
            photos, kind = tuple(chance.sample(IDS, 3)), chance.choice([MOVE, ACCEPT, AUDIT])
            group = chance.choice(GROUPS)
            record.pressed[ana(kind, group, *photos)] = when, kind, group, photos
        elif event == "undo" and record.pressed:
            gone = chance.choice(sorted(record.pressed))
            ana(UNDO, undoes=gone)
            del record.pressed[gone]
        elif event == "keep":
            ana.keep()
            assert (ana.labels, ana.unkept) == (record.labels, 0)
            again = ana.keep()
            assert (again.blink, again.open, again.withdrawn) == (0, 0, 0)
