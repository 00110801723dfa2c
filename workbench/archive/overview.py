"""The archive at a glance: each session with its counts, in a handful of queries however large it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, case, distinct, func, select

from workbench.archive import labels, sessions, tables
from workbench.faults import BLINK, Fault


@dataclass(frozen=True)
class Overview:
    """A session's counts: `faulty` are the photos whose label says that the fault is there."""

    id: str
    name: str
    folder: Path
    away: bool
    photos: int
    labelled: int
    faulty: int
    unreadable: int
    no_face: int


def every(engine: Engine, fault: Fault = BLINK) -> list[Overview]:
    """All sessions by name, with their counts."""
    with engine.connect() as connection:
        files, said = _files(connection), _said(connection, fault)
    return [
        Overview(
            id=session.id,
            name=session.name,
            folder=session.folder,
            away=session.away,
            **files.get(session.id, {"photos": 0, "unreadable": 0, "no_face": 0}),
            **said.get(session.id, {"labelled": 0, "faulty": 0}),
        )
        for session in sessions.every(engine)
    ]


def _files(connection: Connection) -> Mapping[str, dict[str, int]]:
    files, photos = tables.files.c, tables.photos.c
    query = select(
        files.session_id,
        func.count(distinct(files.photo_id)).label("photos"),
        func.count(files.problem).label("unreadable"),
        func.count(distinct(_when(photos.faces == 0, files.photo_id))).label("no_face"),
    ).join_from(tables.files, tables.photos, isouter=True)
    return _by_session(connection, query.group_by(files.session_id))


def _said(connection: Connection, fault: Fault) -> Mapping[str, dict[str, int]]:
    files, standing = tables.files.c, labels.standing(fault).subquery()
    query = (
        select(
            files.session_id,
            func.count(distinct(files.photo_id)).label("labelled"),
            func.count(distinct(_when(standing.c.value == fault.positive, files.photo_id))).label("faulty"),
        )
        .join_from(tables.files, standing, standing.c.photo_id == files.photo_id)
        .group_by(files.session_id)
    )
    return _by_session(connection, query)


def _when(condition: ColumnElement[bool], value: Any) -> Any:
    return case((condition, value))


def _by_session(connection: Connection, query: Any) -> Mapping[str, dict[str, int]]:
    return {
        row.session_id: {key: value for key, value in row._mapping.items() if key != "session_id"}
        for row in connection.execute(query)
    }
