"""When the kept counts of a session are no longer true: whoever writes files or labels says so while writing."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, select

from workbench.archive import tables

_AT_ONCE = 500


def changed(connection: Connection, photo_ids: Iterable[str]) -> None:
    """Says that something about these photos changes, so that the counts of their sessions are no longer true."""
    wanted = sorted(set(photo_ids))
    files, counts = tables.files.c, tables.counts
    for start in range(0, len(wanted), _AT_ONCE):
        of = select(files.session_id).where(files.photo_id.in_(wanted[start : start + _AT_ONCE]))
        connection.execute(delete(counts).where(counts.c.session_id.in_(of)))


def session_changed(connection: Connection, session_id: str) -> None:
    """Says that the session's own files change."""
    connection.execute(delete(tables.counts).where(tables.counts.c.session_id == session_id))
