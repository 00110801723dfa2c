"""Labels: what people said of photos. Only ever added to: an undo is another entry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, delete, exists, func, insert, select

from workbench.archive import counts, tables
from workbench.archive.catalog import writing
from workbench.errors import WorkbenchError
from workbench.faults import UNSURE, Fault

TYPED, ACCEPTED, REVIEW, AUDIT, IMPORT = "typed", "accepted suggestion", "review", "audit", "import"
ORIGINS = (TYPED, ACCEPTED, REVIEW, AUDIT, IMPORT)
_IDS_AT_ONCE = 500


class NothingToUndo(WorkbenchError):
    """The label to be taken back is not there, or was taken back before."""

    def __init__(self, label_id: int) -> None:
        super().__init__(f"Label {label_id} cannot be taken back: it is not there or was taken back before.")


@dataclass(frozen=True)
class Said:
    """One answer to be written: `value` is a class or UNSURE, `queue` what chose the photo, `at` when (None = now)."""

    photo_id: str
    fault: Fault
    value: str
    origin: str
    labeller: str
    queue: str | None = None
    at: datetime | None = None

    def __post_init__(self) -> None:
        if self.value not in (*self.fault.classes, UNSURE):
            raise ValueError(
                f"“{self.value}” is no answer to {self.fault.name}; there are {self.fault.classes}, {UNSURE}"
            )
        if self.origin not in ORIGINS:
            raise ValueError(f"“{self.origin}” is no origin of a label; there are {ORIGINS}")


@dataclass(frozen=True)
class Label:
    """One entry of the record; `value` None with `undoes` set is an undo."""

    id: int
    photo_id: str
    fault: str
    value: str | None
    origin: str
    queue: str | None
    labeller: str
    at: datetime
    undoes: int | None


def say(connection: Connection, answers: Iterable[Said]) -> list[int]:
    """Adds the answers inside the caller's transaction; gives their ids, in order."""
    rows = [{**vars(answer), "fault": answer.fault.name, "at": answer.at or tables.now()} for answer in answers]
    if not rows:
        return []
    new = insert(tables.labels).returning(tables.labels.c.id, sort_by_parameter_order=True)
    ids = list(connection.execute(new, rows).scalars())
    _stand(connection, {(row["photo_id"], row["fault"]) for row in rows})
    return ids


def undo(engine: Engine, label_id: int, *, labeller: str) -> None:
    """Takes one label back by a further entry. Raises NothingToUndo."""
    with writing(engine) as connection:
        take_back(connection, label_id, labeller=labeller)


def take_back(connection: Connection, label_id: int, *, labeller: str) -> int:
    """`undo` inside the caller's transaction; gives the id of the undo. Raises NothingToUndo."""
    label = tables.labels.c
    row = connection.execute(select(*label).where(label.id == label_id, *_not_undone())).one_or_none()
    if row is None:
        raise NothingToUndo(label_id)
    entry = {"photo_id": row.photo_id, "fault": row.fault, "origin": row.origin, "queue": row.queue}
    new = insert(tables.labels).values(**entry, labeller=labeller, undoes=label_id).returning(label.id)
    undo_id = connection.execute(new).scalar_one()
    _stand(connection, {(row.photo_id, row.fault)})
    return undo_id


def history(engine: Engine, photo_id: str, fault: Fault) -> list[Label]:
    """Everything that was said of a photo, undos too, oldest first."""
    label = tables.labels.c
    query = select(*tables.labels.c).where(label.photo_id == photo_id, label.fault == fault.name).order_by(label.id)
    with engine.connect() as connection:
        return [Label(**row._mapping) for row in connection.execute(query)]


def current(engine: Engine, fault: Fault, session_id: str | None = None) -> dict[str, Label]:
    """The label that stands for each labelled photo (of one session): the last that was not taken back."""
    stands = tables.standing.c
    query = select(*tables.labels.c).join_from(tables.standing, tables.labels, stands.label_id == tables.labels.c.id)
    query = query.where(stands.fault == fault.name)
    if session_id is not None:
        mine = select(tables.files.c.photo_id).where(tables.files.c.session_id == session_id)
        query = query.where(stands.photo_id.in_(mine))
    with engine.connect() as connection:
        return {row.photo_id: Label(**row._mapping) for row in connection.execute(query)}


def effective(fault: Fault) -> Select[Any]:
    """The query for every label that was not taken back, the older ones of a photo too."""
    return select(*tables.labels.c).where(*_not_undone(), tables.labels.c.fault == fault.name)


def imported(connection: Connection, photo_ids: Iterable[str], fault: Fault) -> dict[str, str | None]:
    """What an import said last of each of these photos, so that importing again says nothing twice."""
    label, wanted = tables.labels.c, sorted(set(photo_ids))
    found: dict[str, str | None] = {}
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        some = wanted[start : start + _IDS_AT_ONCE]
        query = select(label.photo_id, label.value).where(
            label.photo_id.in_(some), label.fault == fault.name, label.origin == IMPORT, label.undoes.is_(None)
        )
        found |= {row.photo_id: row.value for row in connection.execute(query.order_by(label.id))}
    return found


def _stand(connection: Connection, touched: Collection[tuple[str, str]]) -> None:
    """Brings the standing label of these (photo, fault) up to date: the last that was not taken back."""
    label, stands = tables.labels.c, tables.standing
    by_fault: dict[str, list[str]] = defaultdict(list)
    for photo, fault in sorted(touched):
        by_fault[fault].append(photo)
    for fault, photos in by_fault.items():
        for start in range(0, len(photos), _IDS_AT_ONCE):
            some = photos[start : start + _IDS_AT_ONCE]
            mine = (label.fault == fault) & label.photo_id.in_(some)
            last = select(func.max(label.id)).where(*_not_undone(), mine).group_by(label.photo_id)
            connection.execute(delete(stands).where(stands.c.fault == fault, stands.c.photo_id.in_(some)))
            now = select(label.photo_id, label.fault, label.id, label.value).where(label.id.in_(last))
            connection.execute(insert(stands).from_select(["photo_id", "fault", "label_id", "value"], now))
    counts.changed(connection, (photo for photo, _ in touched))


def _not_undone() -> tuple[ColumnElement[bool], ...]:
    """Conditions of labels that are no undo and were not taken back."""
    later = tables.labels.alias("later")
    return tables.labels.c.undoes.is_(None), ~exists().where(later.c.undoes == tables.labels.c.id)
