"""Forgetting a client: everything about a session goes, in the catalogue, its backups and the cache."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, delete, func, select, update

from workbench.archive import backups, copying, counts, previews, splits, tables
from workbench.archive.catalog import writing
from workbench.archive.sessions import Session
from workbench.settings import Settings


@dataclass(frozen=True)
class Forgotten:
    """What goes, or would go: rows by table, files of the cache, backups, and copies of the photos."""

    session: str
    photos: int
    labels: int
    predictions: int
    screenings: int
    previews: int
    backups: int
    copies: bool


def forget(
    settings: Settings,
    engine: Engine,
    session: Session,
    *,
    forget_views: Callable[[Iterable[str]], None],
    dry_run: bool = False,
) -> Forgotten:
    """Erases a session and every photo that no other session has; originals stay where they are.

    Copies that an import made are ours and go too. All backups go, for they hold the client; one of what is left
    is made at once. `forget_views` erases what the cache has of the photos given.
    """
    with engine.connect() as connection:
        going, orphans = _only_here(connection, session), _orphans(connection)
        copies = _may_delete(settings, connection, session)
        report = _report(settings, connection, session, going, copies=copies)
    if dry_run:
        return report
    forget_views([*going, *orphans])
    for photo in (*going, *orphans):
        previews.erase(settings, photo)
    if copies:
        shutil.rmtree(session.folder)
    with writing(engine) as connection:
        _erase_rows(connection, session, going)
    _compact(engine)
    backups.erase(settings)
    backups.make(settings, "after-forgetting")
    return report


def _only_here(connection: Connection, session: Session) -> list[str]:
    files = tables.files.c
    mine = select(files.photo_id).where(files.session_id == session.id, files.photo_id.is_not(None))
    others = select(files.photo_id).where(files.session_id != session.id, files.photo_id.is_not(None))
    return sorted(connection.execute(mine.where(files.photo_id.not_in(others)).distinct()).scalars())


def _orphans(connection: Connection) -> list[str]:
    """Photos whose file was overwritten by another picture: nobody can tell whose they were, so their faces go."""
    lying = select(tables.files.c.photo_id).where(tables.files.c.photo_id.is_not(None))
    return list(connection.execute(select(tables.photos.c.id).where(tables.photos.c.id.not_in(lying))).scalars())


def _may_delete(settings: Settings, connection: Connection, session: Session) -> bool:
    """Whether the session's folder is a copy that an import made, and no other session lies in, on or above it."""
    if not copying.is_copy(session.folder, settings):
        return False
    others = select(tables.sessions.c.folder).where(tables.sessions.c.id != session.id)
    folders = [Path(folder) for folder in connection.execute(others).scalars()]
    mine = session.folder
    return not any(other.is_relative_to(mine) or mine.is_relative_to(other) for other in folders)


def _report(
    settings: Settings, connection: Connection, session: Session, going: list[str], *, copies: bool
) -> Forgotten:
    return Forgotten(
        session=session.name,
        photos=len(going),
        labels=_count(connection, tables.labels, going),
        predictions=_count(connection, tables.predictions, going),
        screenings=_rows(connection, session),
        previews=sum(len(previews.every(settings, photo)) for photo in going),
        backups=len(backups.every(settings)),
        copies=copies,
    )


def _count(connection: Connection, table: Table, going: list[str]) -> int:
    query = select(func.count()).select_from(table)
    return sum(connection.execute(query.where(table.c.photo_id == photo)).scalar_one() for photo in going)


def _rows(connection: Connection, session: Session) -> int:
    query = select(func.count()).select_from(tables.screenings)
    return connection.execute(query.where(tables.screenings.c.session_id == session.id)).scalar_one()


def _erase_rows(connection: Connection, session: Session, going: list[str]) -> None:
    before = _group_keys(connection)
    own = select(tables.screenings.c.id).where(tables.screenings.c.session_id == session.id)
    connection.execute(delete(tables.verdicts).where(tables.verdicts.c.screening_id.in_(own)))
    connection.execute(delete(tables.screenings).where(tables.screenings.c.session_id == session.id))
    counts.session_changed(connection, session.id)
    connection.execute(delete(tables.files).where(tables.files.c.session_id == session.id))
    for photo in going:
        for table in (tables.verdicts, tables.predictions, tables.standing, tables.listed):
            connection.execute(delete(table).where(table.c.photo_id == photo))
        said, operations = tables.labels.c, tables.operations
        theirs = operations.c.label_id.in_(select(said.id).where(said.photo_id == photo))
        connection.execute(update(operations).where(theirs).values(label_id=None))  # the numbers stay: none comes twice
        connection.execute(delete(tables.labels).where(said.photo_id == photo, said.undoes.is_not(None)))
        connection.execute(delete(tables.labels).where(said.photo_id == photo))
        connection.execute(delete(tables.photos).where(tables.photos.c.id == photo))
    connection.execute(delete(tables.sessions).where(tables.sessions.c.id == session.id))
    emptied = before - _group_keys(connection)
    for key in emptied:
        connection.execute(delete(tables.splits).where(tables.splits.c.group_key == key))


def _group_keys(connection: Connection) -> set[str]:
    return set().union(*splits.groups_of_photos(connection).values())


def _compact(engine: Engine) -> None:
    """SQLite keeps what was deleted in free pages and in its log until both are rewritten."""
    if engine.dialect.name != "sqlite":
        return
    with closing(engine.raw_connection()) as connection:  # outside any transaction: VACUUM refuses to run in one
        cursor = connection.cursor()
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
