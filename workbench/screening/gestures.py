"""Gestures of a review, one for each key press, each stored once, however often and after whatever failure it is sent.

They are numbered by the page's client, and only ever added to: an undo is another one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, Row, Select, insert, select

from workbench.archive import tables
from workbench.archive.catalog import writing
from workbench.archive.operations import ID, RefusedOperations, labeller_of, last_number, whole
from workbench.faults import Fault
from workbench.screening.screen import GROUPS

MOVE, ACCEPT, AUDIT, UNDO = "move", "accept", "audit", "undo"
KINDS = (MOVE, ACCEPT, AUDIT, UNDO)
"""Where photos belong that were looked at one by one; that a group is right as a whole; what random keepers are; and
that an earlier gesture is taken back.

A gesture concerns the photos that it names and no others: a page names what was on the screen. Of an undo that is
itself taken back nothing remains: what it took back stands again.
"""
MOST_PHOTOS = 50_000
"""Photos that one gesture may name: more than a session has."""
_AT_ONCE = 500
Entry: TypeAlias = Row[*tuple[Any, ...]]
"""A row of `reviews`: one photo of one gesture."""


@dataclass(frozen=True)
class Gesture:
    """What one key press did: it puts `photos` into `group`, or takes the client's own gesture `undoes` back."""

    seq: int
    kind: str
    photos: tuple[str, ...] = ()
    group: str | None = None
    undoes: int | None = None

    def __post_init__(self) -> None:
        if self.seq < 1 or self.kind not in KINDS:
            raise ValueError("a gesture has a number from 1 on and a kind")
        if self.kind == UNDO:
            self._check_undo()
        else:
            self._check_decision()

    def _check_undo(self) -> None:
        if self.undoes is None or self.undoes < 1 or self.photos or self.group is not None:
            raise ValueError("an undo names an earlier gesture and nothing else")

    def _check_decision(self) -> None:
        if self.group not in GROUPS or self.undoes is not None:
            raise ValueError("photos go into one of the three groups")
        if not self.photos or not all(ID.fullmatch(photo) for photo in self.photos):
            raise ValueError("it names no photos")
        if len(set(self.photos)) != len(self.photos):
            raise ValueError("it names a photo twice")
        if len(self.photos) > MOST_PHOTOS:
            raise ValueError(f"it names more than {MOST_PHOTOS} photos")


def read(sent: object) -> list[Gesture]:
    """The gestures of a list as a page sends it (`seq`, `kind`, `photos` and `group`, or `undoes`).

    Raises RefusedOperations.
    """
    if not isinstance(sent, list):
        raise RefusedOperations("they are no list")
    try:
        return [_gesture(one) for one in sent]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RefusedOperations(f"one of them is malformed ({error})") from error


def store(engine: Engine, session_id: str, fault: Fault, client: str, sent: Iterable[Gesture]) -> int:
    """Stores what is new and gives the number of the client's last gesture that is held; all or nothing.

    Raises RefusedOperations for an unknown client, a photo that is not of the session, a gap in the numbers, and an
    undo of what there is not.
    """
    with writing(engine) as connection:
        about = {"session_id": session_id, "fault": fault.name, "client": client}
        about["labeller"] = labeller_of(connection, client, lock=True)
        last = last_number(connection, tables.reviews, client)
        new = sorted((one for one in sent if one.seq > last), key=lambda one: one.seq)
        if [one.seq for one in new] != list(range(last + 1, last + 1 + len(new))):
            raise RefusedOperations(f"after number {last} some are missing")
        _require(connection, session_id, new)
        for one in new:
            _add(connection, about, one)
        return last + len(new)


def acknowledged(engine: Engine, client: str) -> int:
    """Number of the client's last stored gesture, 0 before the first. Raises RefusedOperations."""
    with engine.connect() as connection:
        labeller_of(connection, client)
        return last_number(connection, tables.reviews, client)


def of_session(connection: Connection, fault: Fault, session_id: str) -> list[Entry]:
    """The rows of all gestures of a session, oldest first."""
    return list(connection.execute(_rows(fault).where(tables.reviews.c.session_id == session_id)))


def of_photos(connection: Connection, fault: Fault, photo_ids: Collection[str]) -> defaultdict[str, list[Entry]]:
    """The rows of the gestures that concern these photos, oldest first, by session."""
    found, wanted = defaultdict[str, list[Entry]](list), sorted(photo_ids)
    for start in range(0, len(wanted), _AT_ONCE):
        some = tables.reviews.c.photo_id.in_(wanted[start : start + _AT_ONCE])
        for row in connection.execute(_rows(fault).where(some)):
            found[row.session_id].append(row)
    return found


def _rows(fault: Fault) -> Select[Any]:
    table = tables.reviews.c
    columns = (table.session_id, table.client, table.seq, table.kind, table.undoes)
    query = select(*columns, table.photo_id, table.group, table.labeller, table.at)
    return query.where(table.fault == fault.name).order_by(table.id)


def _gesture(one: Any) -> Gesture:
    if one["kind"] == UNDO:
        return Gesture(whole(one["seq"]), UNDO, undoes=whole(one["undoes"]))
    if not isinstance(one["photos"], (list, tuple)):
        raise TypeError("its photos are no list")
    return Gesture(whole(one["seq"]), one["kind"], tuple(map(str, one["photos"])), one["group"])


def _require(connection: Connection, session_id: str, new: Sequence[Gesture]) -> None:
    files = tables.files.c
    wanted = {photo for one in new for photo in one.photos}
    known = connection.execute(select(files.photo_id).where(files.session_id == session_id)).scalars()
    if not wanted <= set(known):
        raise RefusedOperations("a photo is not of this session (any more)")


def _add(connection: Connection, about: Mapping[str, str], one: Gesture) -> None:
    """One row for each photo of the gesture; an undo concerns those of what it takes back."""
    touched = one.photos if one.kind != UNDO else _of_gesture(connection, about, one)
    row = {**about, "seq": one.seq, "kind": one.kind, "group": one.group, "undoes": one.undoes, "at": tables.now()}
    connection.execute(insert(tables.reviews), [{**row, "photo_id": photo} for photo in touched])


def _of_gesture(connection: Connection, about: Mapping[str, str], undo: Gesture) -> Collection[str]:
    table = tables.reviews.c
    here = [table[name] == about[name] for name in ("session_id", "fault", "client")]
    earlier = table.seq == min(undo.undoes or 0, undo.seq)  # of its own number, and after it, nothing is stored yet
    found = connection.execute(select(table.photo_id).where(*here, earlier)).scalars().all()
    if not found:
        raise RefusedOperations(f"there is no number {undo.undoes} of this page to take back")
    return found
