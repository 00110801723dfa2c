"""A session whose folder has moved is found again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine, select

from workbench.archive import copying, photos, sessions, tables
from workbench.archive.decoding import UnreadablePhoto, read_bytes
from workbench.archive.folders import NotAFolder
from workbench.archive.identity import identity
from workbench.archive.sessions import Session
from workbench.errors import WorkbenchError
from workbench.settings import Settings

_SAMPLE = 20


class NotThisSession(WorkbenchError):
    """The folder to relink to holds none of the session's photos."""

    def __init__(self, session: Session, folder: Path) -> None:
        super().__init__(
            f"“{folder}” holds none of the photos of “{session.name}” under their names, so nothing was changed. "
            f"Give the folder into which its photos were moved."
        )


def relink(settings: Settings, engine: Engine, session: Session, folder: Path) -> Session:
    """The session with `folder` as its place, if a sample of its photos lies there unchanged.

    Raises OutsideRoots, NotAFolder, NotThisSession.
    """
    real = settings.inside(folder)
    if not real.is_dir():
        raise NotAFolder(folder)
    if not _holds(engine, session, real):
        raise NotThisSession(session, real)
    session = replace(session, copied=copying.is_copy(real, settings))
    return sessions.move(engine, session, real)


def _holds(engine: Engine, session: Session, folder: Path) -> bool:
    files = tables.files.c
    query = select(files.name, files.photo_id).where(
        files.session_id == session.id, files.photo_id.is_not(None), files.file_hash.is_not(None)
    )
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(files.id)).all()
        there = [row for row in rows if (folder / row.name).is_file()][:_SAMPLE]
        known = {row.photo_id: photos.identities(connection, row.photo_id) for row in there}
    return any(_is(folder / row.name, known[row.photo_id]) for row in there)


def _is(path: Path, identities: frozenset[str]) -> bool:
    try:
        return identity(read_bytes(path)) in identities
    except UnreadablePhoto:
        return False
