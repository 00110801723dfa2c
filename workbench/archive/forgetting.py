"""Forgetting a client: everything about a session goes, in the catalogue, its backups and the cache."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, Table, delete, func, select, update

from workbench.archive import backups, copying, counts, previews, splits, tables
from workbench.archive.catalog import writing
from workbench.archive.sessions import Session
from workbench.settings import Settings

_OF_PHOTOS = (
    tables.verdicts,
    tables.predictions,
    tables.standing,
    tables.listed,
    tables.reviews,
    tables.aliases,
    tables.handed_files,
)
"""What says something of single photos, but labels, which stand in each other's way."""


@dataclass(frozen=True)
class Forgotten:
    """What goes, or would go: rows by table, files of the cache, backups, and copies of the photos.

    `models` learnt from the photos. They keep no list of them any more, but their weights stay. So does what standing
    `handoffs` wrote into photos and folders, which nothing can take back afterwards.
    """

    session: str
    photos: int
    labels: int
    predictions: int
    screenings: int
    previews: int
    backups: int
    copies: bool
    models: int = 0
    handoffs: int = 0

    @property
    def stays(self) -> str:
        """What is not erased, in a sentence each: models that learnt from the photos, hand-offs; empty where none."""
        return " ".join(sentence for sentence in (_of_models(self.models), _of_handoffs(self.handoffs)) if sentence)


class ForgetModels(Protocol):
    """Erases photos (ids), groups (opaque keys) and names of sessions from what models keep beside their weights."""

    def __call__(
        self, photos: Collection[str], groups: Collection[str], *, names: Collection[str], dry_run: bool
    ) -> int:
        """How many models learnt from them."""


class HandingOver(Protocol):
    """Keeps hand-offs at rest, and none half done, as long as it lasts; a dry run only looks."""

    def __call__(self, session_id: str, *, dry_run: bool) -> AbstractContextManager[int]:
        """How many hand-offs of the session stand."""


def forget(
    settings: Settings,
    engine: Engine,
    session: Session,
    *,
    forget_views: Callable[[Iterable[str]], None],
    forget_models: ForgetModels,
    handing_over: HandingOver,
    dry_run: bool = False,
) -> Forgotten:
    """Erases a session and every photo that no other session has; originals stay where they are.

    Copies that an import made are ours and go too. All backups go, for they hold the client; one of what is left
    is made at once. `forget_views` erases what the cache has of the photos given, `forget_models` what models keep.
    Raises what `handing_over` does where a hand-off writes at this moment.
    """
    erase = partial(_erase, settings, engine, session, forget_views=forget_views, forget_models=forget_models)
    with handing_over(session.id, dry_run=dry_run) as standing:
        return replace(erase(dry_run=dry_run), handoffs=standing)


def _erase(
    settings: Settings,
    engine: Engine,
    session: Session,
    *,
    forget_views: Callable[[Iterable[str]], None],
    forget_models: ForgetModels,
    dry_run: bool,
) -> Forgotten:
    with engine.connect() as connection:
        going = _only_here(connection, session)
        groups, copies = _own_groups(connection, session), _may_delete(settings, connection, session)
        report = _report(settings, connection, session, going, copies=copies)
    gone = [*going, *orphans(engine)]
    known_by = {*groups, session.id}
    learnt = forget_models(gone, known_by, names=[session.name], dry_run=dry_run)
    report = replace(report, models=learnt)
    if dry_run:
        return report
    forget_views(gone)
    for photo in gone:
        previews.erase(settings, photo)
    if copies:
        shutil.rmtree(session.folder)
    with writing(engine) as connection:
        _erase_rows(connection, session, going)
    _compact(engine)
    backups.erase(settings)
    backups.make(settings, "after-forgetting")
    return report


def orphans(engine: Engine) -> list[str]:
    """Photos whose file was overwritten by another picture: nobody can tell whose they were, so their faces go."""
    lying = select(tables.files.c.photo_id).where(tables.files.c.photo_id.is_not(None))
    with engine.connect() as connection:
        return list(connection.execute(select(tables.photos.c.id).where(tables.photos.c.id.not_in(lying))).scalars())


def _of_models(count: int) -> str:
    if not count:
        return ""
    which, them = ("1 model", "it") if count == 1 else (f"{count} models", "them")
    return f"{which} learnt from these photos: weights stay. Train anew and delete {them} to be rid of that."


def _of_handoffs(count: int) -> str:
    if not count:
        return ""
    which, them = ("1 hand-off stands", "it") if count == 1 else (f"{count} hand-offs stand", "them")
    return f"{which}: undo {them} first if the colours, copies or links that were made shall go."


def _only_here(connection: Connection, session: Session) -> list[str]:
    files = tables.files.c
    mine = select(files.photo_id).where(files.session_id == session.id, files.photo_id.is_not(None))
    others = select(files.photo_id).where(files.session_id != session.id, files.photo_id.is_not(None))
    return sorted(connection.execute(mine.where(files.photo_id.not_in(others)).distinct()).scalars())


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
    emptied = _own_groups(connection, session)
    _erase_screened(connection, session)
    counts.session_changed(connection, session.id)
    connection.execute(delete(tables.files).where(tables.files.c.session_id == session.id))
    for photo in going:
        for table in _OF_PHOTOS:
            connection.execute(delete(table).where(table.c.photo_id == photo))
        said, operations = tables.labels.c, tables.operations
        theirs = operations.c.label_id.in_(select(said.id).where(said.photo_id == photo))
        connection.execute(update(operations).where(theirs).values(label_id=None))  # the numbers stay: none comes twice
        connection.execute(delete(tables.labels).where(said.photo_id == photo, said.undoes.is_not(None)))
        connection.execute(delete(tables.labels).where(said.photo_id == photo))
        connection.execute(delete(tables.photos).where(tables.photos.c.id == photo))
    connection.execute(delete(tables.sessions).where(tables.sessions.c.id == session.id))
    for key in emptied:
        connection.execute(delete(tables.splits).where(tables.splits.c.group_key == key))


def _erase_screened(connection: Connection, session: Session) -> None:
    """What was said of the session as such: screenings, exceptions, decisions, and what was handed to an editor."""
    for table, key, parts in (
        (tables.screenings, tables.verdicts.c.screening_id, tables.verdicts),
        (tables.handoffs, tables.handed_files.c.handoff_id, tables.handed_files),
    ):
        own = select(table.c.id).where(table.c.session_id == session.id)
        connection.execute(delete(parts).where(key.in_(own)))
        connection.execute(delete(table).where(table.c.session_id == session.id))
    for table in (tables.exceptions, tables.reviews):
        connection.execute(delete(table).where(table.c.session_id == session.id))


def _own_groups(connection: Connection, session: Session) -> set[str]:
    """Keys of groups that no photo of another session is known by."""
    files, shoots = tables.files.c, tables.sessions.c
    columns = (files.session_id, files.photo_id, files.group_name, shoots.kind, shoots.subject)
    query = select(*columns).join_from(tables.files, tables.sessions).where(files.photo_id.is_not(None))
    mine, others = set[str](), set[str]()
    for row in connection.execute(query):
        own = splits.own_group(row.kind, row.group_name, row.photo_id)
        keys = splits.group_keys(row.session_id, row.kind, row.subject, own)
        (mine if row.session_id == session.id else others).update(keys)
    return mine - others


def _compact(engine: Engine) -> None:
    """SQLite keeps what was deleted in free pages and in its log until both are rewritten."""
    if engine.dialect.name != "sqlite":
        return
    with closing(engine.raw_connection()) as connection:  # outside any transaction: VACUUM refuses to run in one
        cursor = connection.cursor()
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
