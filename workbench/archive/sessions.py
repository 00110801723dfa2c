"""Sessions: the shoots of the archive, each the photos of one subject in a folder."""

from __future__ import annotations

import difflib
import shlex
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, Engine, Row, insert, select, update

from workbench.archive import splits, tables
from workbench.archive.catalog import writing
from workbench.archive.tables import FOLDER
from workbench.errors import WorkbenchError

TAGS = ("subject", "age_group", "gender", "race")
"""What a photographer may say of a session's subject."""


class UnknownSession(WorkbenchError):
    """No session has this name or id."""

    def __init__(self, wanted: str, names: list[str]) -> None:
        near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.4)
        hint = f"Did you mean {' or '.join(f'“{name}”' for name in near)}?" if near else ""
        unknown = f"There is no session “{wanted}” in the archive."
        self.on_page = f"{unknown} {hint or 'Choose one above, or on the Archive page.'}"
        super().__init__(f"{unknown} {hint or '`sessions` lists them.'}")


class FolderAway(WorkbenchError):
    """A session's folder is not there now, so its photos cannot be read."""

    def __init__(self, session: Session) -> None:
        away = f"The folder of “{session.name}” is away ({session.folder}). Plug in its drive, or tell where it is now"
        self.on_page = f"{away} on the Archive page. Labels and previews are kept."
        command = f"python -m workbench relink {shlex.quote(session.name)} FOLDER"
        super().__init__(f"{away}: {command}. Labels and previews are kept.")


class TagChanged(WorkbenchError):
    """A tag says something else than what its new value was to replace."""

    def __init__(self, session: Session, name: str, wanted: str | None, now: str | None) -> None:
        there, not_written = (f"“{text}”" if text else "nothing" for text in (now, wanted))
        super().__init__(
            f"The {name.replace('_', ' ')} of “{session.name}” was changed meanwhile: it is {there} now, and "
            f"{not_written} was not written. Write it again if it is right."
        )


@dataclass(frozen=True)
class Session:
    """One shoot: `folder` holds its photos, `copied` says that they are copies of our own."""

    id: str
    name: str
    folder: Path
    kind: str = FOLDER
    copied: bool = False
    subject: str | None = None
    age_group: str | None = None
    gender: str | None = None
    race: str | None = None
    created_at: datetime | None = None

    @property
    def away(self) -> bool:
        """Whether the folder is not there now, for instance on a drive that is not plugged in."""
        return not self.folder.is_dir()

    def require_folder(self) -> Path:
        """The folder. Raises FolderAway."""
        if self.away:
            raise FolderAway(self)
        return self.folder


def every(engine: Engine) -> list[Session]:
    """All sessions by name."""
    with engine.connect() as connection:
        rows = connection.execute(select(tables.sessions).order_by(tables.sessions.c.name)).all()
    return [_session(row) for row in rows]


def find(engine: Engine, name_or_id: str) -> Session:
    """The session of that name or id. Raises UnknownSession, which names the nearest ones."""
    known = every(engine)
    for session in known:
        if name_or_id in (session.name, session.id):
            return session
    raise UnknownSession(name_or_id, [session.name for session in known])


def add(connection: Connection, session: Session) -> Session:
    """Writes a new session; gives it with its id."""
    new = replace(session, id=uuid4().hex)
    values = {**vars(new), "folder": str(new.folder)}
    connection.execute(insert(tables.sessions).values({k: v for k, v in values.items() if v is not None}))
    return new


def move(engine: Engine, session: Session, folder: Path) -> Session:
    """The same session with its photos in another folder."""
    with writing(engine) as connection:
        connection.execute(
            update(tables.sessions)
            .where(tables.sessions.c.id == session.id)
            .values(folder=str(folder), copied=session.copied)
        )
    return replace(session, folder=folder)


def tag(engine: Engine, session_id: str, **tags: str | None) -> None:
    """Writes tags (of TAGS) of a session in the photographer's own words; an empty one is taken away.

    Raises ValueError for what is no tag.
    """
    if wrong := tags.keys() - set(TAGS):
        raise ValueError(f"{min(wrong)} is no tag of a session; there are {TAGS}")
    values = {name: _meant(text) for name, text in tags.items()}
    with writing(engine) as connection:
        connection.execute(update(tables.sessions).where(tables.sessions.c.id == session_id).values(**values))
        if "subject" in tags:
            splits.refresh(connection)  # the subject's sessions are one group now


def retag(engine: Engine, session_id: str, name: str, text: str, *, before: str) -> None:
    """Writes one tag if it still says `before`, so that what another person wrote meanwhile is not lost.

    Raises TagChanged, UnknownSession, and ValueError for what is no tag.
    """
    if name not in TAGS:
        raise ValueError(f"{name} is no tag of a session; there are {TAGS}")
    table, wanted = tables.sessions.c, _meant(text)
    column = table[name]
    same = column.is_(None) if _meant(before) is None else column == _meant(before)
    with writing(engine) as connection:
        changed = connection.execute(
            update(tables.sessions).where(table.id == session_id, same).values({name: wanted})
        ).rowcount
        if changed and name == "subject":
            splits.refresh(connection)
    if not changed:
        session = find(engine, session_id)
        if getattr(session, name) != wanted:
            raise TagChanged(session, name, wanted, getattr(session, name))


def _meant(text: str | None) -> str | None:
    return (text or "").strip() or None


def _session(row: Row[tuple[object, ...]]) -> Session:
    return Session(**{**row._mapping, "folder": Path(row.folder)})
