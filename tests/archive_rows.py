"""Rows written straight into a catalogue, for tests that need no files."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, insert

from workbench.archive import labels, sessions, tables
from workbench.archive.catalog import writing
from workbench.archive.sessions import Session
from workbench.faults import BLINK


def photo(connection: Connection, photo_id: str, *, faces: int | None = 1) -> str:
    """A photo without a file."""
    connection.execute(insert(tables.photos).values(id=photo_id, width=120, height=80, faces=faces))
    return photo_id


def session(engine: Engine, name: str, photo_ids: list[str], *, group: str | None = None, **about: str) -> Session:
    """A session with those photos, new or known; their files are named after them."""
    with writing(engine) as connection:
        known = set(connection.execute(tables.photos.select().with_only_columns(tables.photos.c.id)).scalars())
        new = sessions.add(connection, Session("", name, Path("/nowhere") / name, **about))  # type: ignore[arg-type]
        for photo_id in photo_ids:
            if photo_id not in known:
                photo(connection, photo_id)
            row = {"session_id": new.id, "name": f"{photo_id}.jpg", "photo_id": photo_id, "group_name": group}
            connection.execute(insert(tables.files).values(row))
    return new


def say(engine: Engine, photo_id: str, value: str, *, origin: str = labels.TYPED, labeller: str = "Ana") -> None:
    """One label."""
    with writing(engine) as connection:
        labels.say(connection, [labels.Said(photo_id, BLINK, value, origin, labeller)])
