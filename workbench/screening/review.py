"""The review: what the photographer decides about the photos of a screened session. Only ever added to.

Decisions belong to a session and its photos, not to a screening: they outlive a new one by another model.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from sqlalchemy import Connection, Engine, select

from workbench.archive import labels, splits, tables
from workbench.archive.catalog import writing
from workbench.archive.labels import Said
from workbench.archive.sessions import Session
from workbench.faults import Fault
from workbench.screening.gestures import (
    ACCEPT,
    AUDIT,
    MOVE,
    UNDO,
    Entry,
    Gesture,
    acknowledged,
    of_photos,
    of_session,
    read,
    store,
)
from workbench.screening.screen import BLINK, CANT_TELL, KEEP, Screening, Verdict

__all__ = [
    "ACCEPT",
    "AUDIT",
    "MOVE",
    "UNDO",
    "Decision",
    "Gesture",
    "Kept",
    "State",
    "acknowledged",
    "decisions",
    "keep_labels",
    "open_suggestions",
    "read",
    "reviewed",
    "state",
    "store",
    "unkept",
]
REVIEWED = "reviewed"
"""The reason of a verdict that a person gave."""
QUEUES = {MOVE: "screen", ACCEPT: "screen", AUDIT: "audit"}
"""What is written beside a label as the queue that chose the photo; both are `splits.BY_OPINION`."""


@dataclass(frozen=True)
class Decision:
    """What stands for a photo: its `group`, by which `kind` of gesture, who and when (UTC).

    `audited` is whether the photo was looked at as a random keeper, whatever was said of it since.
    """

    photo_id: str
    group: str
    kind: str
    labeller: str
    at: datetime
    audited: bool = False


@dataclass(frozen=True)
class State:
    """How far the review of a screening is.

    `open_blink` and `open_cant_tell` are photos of these groups that nobody has decided; `moved` those that stand in
    another group than the screening put them; `audited` the random keepers that were looked at. `complete`: nothing
    is open, and the screening has seen every photo.
    """

    open_blink: int
    open_cant_tell: int
    moved: int
    audited: int
    complete: bool


@dataclass(frozen=True)
class Kept:
    """What `keep_labels` did: new labels that say the fault is there (`blink`) or not (`open`), and `unchanged` ones.

    `withdrawn` labels of an earlier review were taken back, as their decisions were; `differing` are photos of which a
    person's own label, or another session's newer review of the same photo, says otherwise and stands.
    """

    blink: int = 0
    open: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    differing: int = 0


def decisions(engine: Engine, session_id: str, fault: Fault) -> dict[str, Decision]:
    """What stands for each photo that was decided: by the newest gesture that was not taken back."""
    with engine.connect() as connection:
        return standing(of_session(connection, fault, session_id))


def open_suggestions(engine: Engine, fault: Fault) -> dict[str, int]:
    """How many photos of each session wait in blink or can't tell for a decision, by its newest finished screening.

    A session without any is not in it.
    """
    with engine.connect() as connection:
        suggested = _suggested(connection, fault)
        known = of_photos(connection, fault, set().union(*suggested.values()))
    waiting = {session: len(photos - standing(known[session]).keys()) for session, photos in suggested.items()}
    return {session: count for session, count in waiting.items() if count}


def reviewed(screening: Screening, decided: Mapping[str, Decision]) -> Screening:
    """The screening's groups as they stand after review: a decision beats the model."""
    verdicts = {photo: _stands(verdict, decided.get(photo)) for photo, verdict in screening.verdicts.items()}
    return replace(screening, verdicts=verdicts)


def state(screening: Screening, decided: Mapping[str, Decision]) -> State:
    """How far the review is; `screening` holds the model's groups, not the `reviewed` ones."""
    there = screening.verdicts
    waiting = [verdict.group for photo, verdict in there.items() if photo not in decided]
    blink, cant_tell = waiting.count(BLINK), waiting.count(CANT_TELL)
    mine = [one for photo, one in decided.items() if photo in there]
    return State(
        open_blink=blink,
        open_cant_tell=cant_tell,
        moved=sum(one.group != there[one.photo_id].group for one in mine),
        audited=sum(one.audited for one in mine),
        complete=not (blink or cant_tell) and screening.finished,
    )


def keep_labels(engine: Engine, session: Session, fault: Fault, labeller: str) -> Kept:
    """Makes labels of the decisions that stand, all or nothing; photos that nobody decided get none.

    Keep becomes the class without the fault, blink the class with it, can't tell none. What stands already is not said
    again. A person's own label that says otherwise is superseded by a move or an audit that came after it, never by a
    group that was accepted as a whole. What an earlier call said is taken back by `labeller` where the decision was
    taken back since, or became can't tell; the other labels are of whoever decided.
    """
    with writing(engine) as connection:
        change = _change(connection, session.id, fault)
        labels.say(connection, change.said)
        for label_id in chain.from_iterable(change.withdrawn.values()):
            labels.take_back(connection, label_id, labeller=labeller)
        if change.said:
            splits.assign_within(connection, fault)
    return change.kept(fault)


def unkept(engine: Engine, session: Session, fault: Fault) -> int:
    """How many labels `keep_labels` would say or take back now."""
    with engine.connect() as connection:
        change = _change(connection, session.id, fault)
    return len(change.said) + len(change.withdrawn)


def standing(rows: Iterable[Entry]) -> dict[str, Decision]:
    """`decisions` of the rows of one session's gestures, oldest first."""
    known = list(rows)
    undone, found = _undone(known), dict[str, Decision]()
    for row in known:
        if row.kind != UNDO and (row.client, row.seq) not in undone:
            audited = row.kind == AUDIT or (row.photo_id in found and found[row.photo_id].audited)
            found[row.photo_id] = Decision(row.photo_id, row.group, row.kind, row.labeller, row.at, audited)
    return found


@dataclass(frozen=True)
class _Change:
    """What would make the labels say what was decided; `withdrawn` are labels by photo."""

    said: list[Said]
    withdrawn: dict[str, list[int]]
    unchanged: int
    differing: int

    def kept(self, fault: Fault) -> Kept:
        blink = sum(said.value == fault.positive for said in self.said)
        return Kept(blink, len(self.said) - blink, self.unchanged, len(self.withdrawn), self.differing)


def _change(connection: Connection, session_id: str, fault: Fault) -> _Change:
    rows = of_session(connection, fault, session_id)
    decided, told = standing(rows), _told(connection, session_id, fault)
    values = {photo: value for photo, one in decided.items() if (value := _value(fault, one)) is not None}
    elsewhere = _elsewhere(connection, session_id, fault, {row.photo_id for row in rows})
    differing = {photo for photo, value in values.items() if _yields(decided[photo], value, told[photo])}
    differing |= {photo for photo in values if _outdone(fault, decided[photo], told[photo], elsewhere.get(photo))}
    wanted = values.keys() - differing
    unchanged = {photo for photo in wanted if told[photo] and told[photo][-1].value == values[photo]}
    said = [_said(fault, decided[photo], values[photo]) for photo in sorted(wanted - unchanged)]
    lost = {row.photo_id for row in rows} - wanted
    lost = {photo for photo in lost if told[photo] and _of_review(told[photo][-1])}
    lost -= elsewhere.keys()  # its label may be that session's
    withdrawn = {photo: [label.id for label in told[photo] if _of_review(label)] for photo in sorted(lost)}
    return _Change(said, withdrawn, len(unchanged), len(differing))


def _said(fault: Fault, one: Decision, value: str) -> Said:
    origin = labels.AUDIT if one.kind == AUDIT else labels.REVIEW
    return Said(one.photo_id, fault, value, origin, one.labeller, QUEUES[one.kind])


def _value(fault: Fault, one: Decision) -> str | None:
    """The class that a decision says, None for can't tell."""
    return {BLINK: fault.positive, KEEP: fault.negative}.get(one.group)


def _yields(one: Decision, value: str, there: Sequence[Entry]) -> bool:
    """Whether a person's own label says otherwise and is newer, or was looked at more closely than a whole group is."""
    own = next((label for label in reversed(there) if _own(label)), None)
    return own is not None and own.value != value and (one.kind == ACCEPT or one.at <= own.at)


def _own(label: Entry) -> bool:
    return label.origin != labels.ACCEPTED and not _of_review(label)


def _of_review(label: Entry) -> bool:
    return label.queue in QUEUES.values()


def _told(connection: Connection, session_id: str, fault: Fault) -> defaultdict[str, list[Entry]]:
    """The labels of each photo ever decided that were not taken back, oldest first: the last one stands."""
    said, table = labels.effective(fault).subquery().c, tables.reviews.c
    mine = select(table.photo_id).where(table.session_id == session_id, table.fault == fault.name)
    found = defaultdict[str, list[Entry]](list)
    columns = select(said.id, said.photo_id, said.value, said.origin, said.queue, said.at)
    for row in connection.execute(columns.where(said.photo_id.in_(mine)).order_by(said.id)):
        found[row.photo_id].append(row)
    return found


def _outdone(fault: Fault, one: Decision, there: Sequence[Entry], other: Decision | None) -> bool:
    """Whether another session's decision differs, is newer and has its label: else the two would relabel for ever."""
    if other is None or other.group == one.group or other.at < one.at:
        return False
    return bool(there) and _of_review(there[-1]) and there[-1].value == _value(fault, other)


def _elsewhere(connection: Connection, session_id: str, fault: Fault, photos: set[str]) -> dict[str, Decision]:
    """What another session's review says of these photos, its newest word; can't tell says nothing of a label."""
    known = of_photos(connection, fault, photos)
    others = [standing(rows).values() for session, rows in known.items() if session != session_id]
    told = sorted((one for one in chain.from_iterable(others) if one.group != CANT_TELL), key=lambda one: one.at)
    return {one.photo_id: one for one in told}


def _undone(rows: Iterable[Entry]) -> set[tuple[str, int]]:
    """The gestures that were taken back: the last of a client first, so that an undo that was undone counts nothing."""
    undos = {(row.client, row.seq): row.undoes for row in rows if row.kind == UNDO}
    undone: set[tuple[str, int]] = set()
    for client, seq in sorted(undos, key=lambda key: key[1], reverse=True):
        if (client, seq) not in undone:
            undone.add((client, undos[client, seq]))
    return undone


def _stands(verdict: Verdict, decision: Decision | None) -> Verdict:
    return verdict if decision is None else replace(verdict, group=decision.group, reason=REVIEWED)


def _suggested(connection: Connection, fault: Fault) -> dict[str, set[str]]:
    """The photos that the newest finished screening of each session puts into blink or can't tell."""
    run, said = tables.screenings.c, tables.verdicts.c
    finished = select(run.id, run.session_id).where(run.fault == fault.name, run.finished_at.is_not(None))
    newest = {session: screening for screening, session in connection.execute(finished.order_by(run.at))}
    of_run = dict(zip(newest.values(), newest.keys(), strict=True))
    waiting = select(said.screening_id, said.photo_id).where(said.group.in_((BLINK, CANT_TELL)))
    found = defaultdict[str, set[str]](set)
    for screening, photo in connection.execute(waiting.where(said.screening_id.in_(of_run))):
        found[of_run[screening]].add(photo)
    return found
