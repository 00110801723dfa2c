"""The archive at a glance: each session with its counts.

A session is counted once and its counts are kept until something about it changes, so that an archive of a hundred
thousand photos opens as quickly as a small one (see `counts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, case, delete, distinct, func, insert, select

from workbench.archive import sessions, tables
from workbench.archive.catalog import writing
from workbench.archive.sessions import Session
from workbench.faults import BLINK, Fault

_COUNTS = ("photos", "labelled", "faulty", "unreadable", "no_face")


@dataclass(frozen=True)
class Overview:
    """A session's counts: `faulty` are the photos whose label says that the fault is there."""

    session: Session
    away: bool
    photos: int
    labelled: int
    faulty: int
    unreadable: int
    no_face: int

    @property
    def unlabelled(self) -> int:
        """Photos that nobody has said anything of."""
        return self.photos - self.labelled


def every(engine: Engine, fault: Fault = BLINK) -> list[Overview]:
    """All sessions by name, with their counts."""
    known = sessions.every(engine)
    kept = _kept(engine, fault)
    lacking = [session.id for session in known if session.id not in kept]
    if lacking:
        kept |= _count(engine, lacking, fault)
    return [Overview(session, session.away, **kept[session.id]) for session in known]


def _kept(engine: Engine, fault: Fault) -> dict[str, dict[str, int]]:
    with engine.connect() as connection:
        rows = connection.execute(select(tables.counts).where(tables.counts.c.fault == fault.name)).all()
    return {row.session_id: {name: getattr(row, name) for name in _COUNTS} for row in rows}


def _count(engine: Engine, lacking: Sequence[str], fault: Fault) -> dict[str, dict[str, int]]:
    """Counts sessions and keeps the counts; in one transaction, so that no change falls between."""
    found = {}
    with writing(engine) as connection:
        for session_id in lacking:
            found[session_id] = {**_files(connection, session_id), **_said(connection, session_id, fault)}
        session_ids = tables.counts.c.session_id
        for session_id in lacking:
            connection.execute(
                delete(tables.counts).where(session_ids == session_id, tables.counts.c.fault == fault.name)
            )
        rows = [{"session_id": session_id, "fault": fault.name, **counts} for session_id, counts in found.items()]
        connection.execute(insert(tables.counts), rows)
    return found


def _files(connection: Connection, session_id: str) -> dict[str, int]:
    files, photos = tables.files.c, tables.photos.c
    query = select(
        func.count(distinct(files.photo_id)).label("photos"),
        func.count(files.problem).label("unreadable"),
        func.count(distinct(case((photos.faces == 0, files.photo_id)))).label("no_face"),
    ).join_from(tables.files, tables.photos, isouter=True)
    return _one(connection, query.where(files.session_id == session_id))


def _said(connection: Connection, session_id: str, fault: Fault) -> dict[str, int]:
    stands, files = tables.standing.c, tables.files.c
    mine = select(files.photo_id).where(files.session_id == session_id)
    query = select(
        func.count().label("labelled"), func.count(case((stands.value == fault.positive, 1))).label("faulty")
    ).where(stands.fault == fault.name, stands.photo_id.in_(mine))
    return _one(connection, query)


def _one(connection: Connection, query: Any) -> dict[str, int]:
    return dict(connection.execute(query).one()._mapping)
