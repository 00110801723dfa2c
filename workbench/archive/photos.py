"""Photos of the archive, as the catalogue knows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from workbench.archive import decoding, formats, identity, tables
from workbench.archive.sessions import Session
from workbench.errors import OutsideRoots
from workbench.settings import Settings


@dataclass(frozen=True)
class Photo:
    """One picture of a session: `name` is its path below the folder, with `/`; `faces` None = not looked at.

    `aliases` are identities that hand-offs of ours gave its files (TIFF, DNG).
    """

    id: str
    session_id: str
    name: str
    captured_at: datetime | None
    width: int
    height: int
    faces: int | None
    group_name: str | None = None
    size: int | None = None
    modified_ns: int | None = None
    aliases: frozenset[str] = frozenset()

    def is_picture(self, identity: str) -> bool:
        """Whether a picture of this identity is the photo: its own, or one that a hand-off of ours gave its file."""
        return identity == self.id or identity in self.aliases


@dataclass(frozen=True)
class Problem:
    """A file that could not be brought in, and why."""

    name: str
    reason: str


_COLUMNS = (
    tables.photos.c.id,
    tables.files.c.session_id,
    tables.files.c.name,
    tables.photos.c.captured_at,
    tables.photos.c.width,
    tables.photos.c.height,
    tables.photos.c.faces,
    tables.files.c.group_name,
    tables.files.c.size,
    tables.files.c.modified_ns,
)


def of_session(engine: Engine, session_id: str) -> list[Photo]:
    """A session's photos in the order they were taken, each once; RAW + JPEG of one stem go by the JPEG's name."""
    query = select(*_COLUMNS).join_from(tables.files, tables.photos).where(tables.files.c.session_id == session_id)
    with engine.connect() as connection:
        known = _aliases(connection, session_id)
        found = [Photo(**row._mapping, aliases=known.get(row.id, frozenset())) for row in connection.execute(query)]
    found.sort(key=lambda photo: (formats.is_raw(Path(photo.name)), photo.name))
    once = {photo.id: photo for photo in reversed(found)}
    return sorted(once.values(), key=_order_taken)


def problems(engine: Engine, session_id: str) -> list[Problem]:
    """A session's files that could not be read, by name."""
    columns = tables.files.c
    query = select(columns.name, columns.problem).where(columns.session_id == session_id, columns.problem.is_not(None))
    with engine.connect() as connection:
        return [Problem(*row) for row in connection.execute(query.order_by(columns.name))]


def places(settings: Settings, engine: Engine, photo_id: str) -> Iterator[Path]:
    """Where the photo's files lie now, links resolved, the picture before the RAW.

    A file that holds another picture by now is none, nor is one that a link has led out of the allowed folders since.
    """
    query = (
        select(tables.files.c.name, tables.files.c.size, tables.files.c.modified_ns, tables.sessions.c.folder)
        .join_from(tables.files, tables.sessions)
        .where(tables.files.c.photo_id == photo_id)
    )
    with engine.connect() as connection:
        found = {Path(row.folder) / row.name: (row.size, row.modified_ns) for row in connection.execute(query)}
        known = identities(connection, photo_id)
    for path in sorted(found, key=formats.is_raw):
        try:
            real = settings.inside(path)
        except OutsideRoots:
            continue
        if _is_still(real, known, found[path]):
            yield real


def identities(connection: Connection, photo_id: str) -> frozenset[str]:
    """By what a file is known to hold the photo: its identity, and those that hand-offs of ours gave its files."""
    aliases = tables.aliases.c
    query = select(aliases.identity).where(aliases.photo_id == photo_id)
    return frozenset((photo_id, *connection.execute(query).scalars()))


def path(session: Session, photo: Photo) -> Path:
    """Where the photo's picture lies."""
    return session.folder / photo.name


def _aliases(connection: Connection, session_id: str) -> dict[str, frozenset[str]]:
    aliases, files = tables.aliases.c, tables.files.c
    mine = select(files.photo_id).where(files.session_id == session_id)
    query = select(aliases.photo_id, aliases.identity).where(aliases.photo_id.in_(mine))
    found = defaultdict[str, set[str]](set)
    for photo_id, alias in connection.execute(query):
        found[photo_id].add(alias)
    return {photo_id: frozenset(known) for photo_id, known in found.items()}


def _is_still(path: Path, identities: frozenset[str], known: tuple[int | None, int | None]) -> bool:
    """Whether the file holds the photo: as it was when it was read, or rated since but the same picture."""
    try:
        state = path.stat()
        if known[0] is None or (state.st_size, state.st_mtime_ns) == known:  # None: a pair's RAW, imported long ago
            return True
        return identity.identity(decoding.read_bytes(path)) in identities
    except (OSError, decoding.UnreadablePhoto):
        return False


def _order_taken(photo: Photo) -> tuple[bool, datetime, str]:
    return photo.captured_at is None, photo.captured_at or datetime.min, photo.name
