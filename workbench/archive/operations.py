"""Operations of a labelling page: each is stored once, however often and after whatever failure it is sent."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import Connection, Engine, Table, func, insert, select

from workbench.archive import labels, splits, tables
from workbench.archive.catalog import writing
from workbench.archive.labels import Said
from workbench.errors import WorkbenchError
from workbench.faults import UNSURE, Fault

SAY, UNDO = "say", "undo"
ID = re.compile(r"[0-9a-f]{32}")
"""What the id of a photo looks like."""


class RefusedOperations(WorkbenchError):
    """What a page sent cannot be meant; nothing of it was stored."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"These answers were not stored: {reason}. Reload the page and answer again.")


@dataclass(frozen=True)
class Operation:
    """One key press: `value` says something of the photo, or the labeller's last answer to it is taken back."""

    seq: int
    kind: Literal["say", "undo"]
    photo_id: str
    value: str | None = None

    def __post_init__(self) -> None:
        if self.seq < 1 or self.kind not in (SAY, UNDO) or not ID.fullmatch(self.photo_id):
            raise ValueError("an operation has a number from 1 on, a kind and a photo")
        if (self.value is None) != (self.kind == UNDO):
            raise ValueError("what is said has a value, an undo has none")


@dataclass(frozen=True)
class Source:
    """Who says something and why these photos: the page's client, the fault, the origin and the queue."""

    client: str
    fault: Fault
    queue: str
    origin: str = labels.TYPED


def open_client(engine: Engine, labeller: str) -> str:
    """A new client for a page; its operations are of `labeller`."""
    client = uuid4().hex
    with writing(engine) as connection:
        connection.execute(insert(tables.clients).values(id=client, labeller=labeller))
    return client


def read(sent: object) -> list[Operation]:
    """The operations of a list as a page sends it. Raises RefusedOperations."""
    if not isinstance(sent, list):
        raise RefusedOperations("they are no list")
    try:
        return [Operation(whole(one["seq"]), one["kind"], str(one["photo"]), one.get("value")) for one in sent]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RefusedOperations(f"one of them is malformed ({error})") from error


def whole(sent: object) -> int:
    """A number that a page sent. Raises TypeError for anything but a whole one: 1.9 is not 1, nor is True."""
    if type(sent) is not int:
        raise TypeError(f"{sent!r} is no whole number")
    return sent


def acknowledged(engine: Engine, client: str) -> int:
    """Number of the client's last stored operation, 0 before the first. Raises RefusedOperations."""
    with engine.connect() as connection:
        labeller_of(connection, client)
        return last_number(connection, tables.operations, client)


def labeller_of(connection: Connection, client: str, *, lock: bool = False) -> str:
    """Who a client's operations are of. Raises RefusedOperations for an unknown client.

    With `lock` no other transaction numbers operations of this client until this one ends. PostgreSQL needs that;
    SQLite writes one transaction at a time.
    """
    query = select(tables.clients.c.labeller).where(tables.clients.c.id == client)
    row = connection.execute(query.with_for_update() if lock else query).scalar()
    if row is None:
        raise RefusedOperations("this page is not known to the catalogue")
    return str(row)


def last_number(connection: Connection, table: Table, client: str) -> int:
    """The highest `seq` of a client in a table of what pages sent, 0 before the first."""
    return connection.execute(select(func.max(table.c.seq)).where(table.c.client == client)).scalar() or 0


def store(engine: Engine, source: Source, sent: Iterable[Operation]) -> int:
    """Stores what is new and gives the number of the last operation that is held; all or nothing.

    Raises RefusedOperations for an unknown client, photo or answer, and for a gap in the numbers.
    """
    with writing(engine) as connection:
        labeller = labeller_of(connection, source.client, lock=True)
        last = last_number(connection, tables.operations, source.client)
        new = sorted((one for one in sent if one.seq > last), key=lambda one: one.seq)
        if [one.seq for one in new] != list(range(last + 1, last + 1 + len(new))):
            raise RefusedOperations(f"after number {last} some are missing")
        _require(connection, source.fault, new)
        for one in new:
            label_id = _carry_out(connection, source, labeller, one)
            row = {"client": source.client, "seq": one.seq, "label_id": label_id}
            connection.execute(insert(tables.operations).values(row))
        if new and _unsplit(connection, [one.photo_id for one in new]):
            splits.assign_within(connection, source.fault)
        return last + len(new)


def _carry_out(connection: Connection, source: Source, labeller: str, one: Operation) -> int | None:
    if one.kind == SAY:
        said = Said(one.photo_id, source.fault, str(one.value), source.origin, labeller, source.queue)
        return labels.say(connection, [said])[0]
    mine = labels.effective(source.fault).subquery().c
    query = select(func.max(mine.id)).where(mine.photo_id == one.photo_id, mine.labeller == labeller)
    label_id = connection.execute(query).scalar()
    return None if label_id is None else labels.take_back(connection, label_id, labeller=labeller)


def _require(connection: Connection, fault: Fault, new: Sequence[Operation]) -> None:
    wrong = {one.value for one in new if one.kind == SAY} - {*fault.classes, UNSURE}
    if wrong:
        raise RefusedOperations(f"“{min(map(str, wrong))}” is no answer to {fault.name}")
    wanted = {one.photo_id for one in new}
    if len(_known(connection, wanted)) != len(wanted):
        raise RefusedOperations("a photo is not in the archive (any more)")


def _known(connection: Connection, wanted: Collection[str]) -> set[Any]:
    return set(connection.execute(select(tables.photos.c.id).where(tables.photos.c.id.in_(wanted))).scalars())


def _unsplit(connection: Connection, photos: Collection[str]) -> bool:
    """Whether one of the photos has no side yet: only then may its group's first label have come."""
    side = tables.photos.c
    query = select(func.count()).where(side.id.in_(photos), side.side.is_(None))
    return bool(connection.execute(query).scalar_one())
