"""The journal of hand-offs: what is to be written, what was, and how it is taken back, also after a kill.

Every file has a row before anything happens to it. Between “writing” and “written” the file is either as it was or
complete, and `settling` finds out which by its hash.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, Row, func, insert, select, union, update

from workbench.archive import photos, sessions, tables
from workbench.archive.catalog import writing
from workbench.archive.identity import Hashes
from workbench.errors import WorkbenchError
from workbench.screening import rewriting
from workbench.settings import Settings

EMBEDDED, SIDECAR, COPY, LINK = "embedded", "sidecar", "copy", "link"
PLANNED, WRITING, WRITTEN, NOT_WRITTEN = "planned", "writing", "written", "not written"
TO_UNDO, UNDOING, UNDONE = "to be undone", "undoing", "undone"
STANDING = (WRITTEN, TO_UNDO, UNDOING)
"""A file that says what the hand-off wrote, as far as the journal knows."""
OPEN = (PLANNED, WRITING, TO_UNDO, UNDOING)
"""A file whose turn has not come, or of which it is not known how far it came (see `settling`)."""
LATEST = "latest"


class HandoffRuns(WorkbenchError):
    """Two hand-offs at once would write over one another's files."""

    def __init__(self) -> None:
        super().__init__("Another hand-off is writing files at this moment. Wait until it is done, then try again.")


class UnknownHandoff(WorkbenchError):
    """No hand-off has this id."""

    def __init__(self, wanted: str) -> None:
        super().__init__(
            f"There is no hand-off “{wanted}” that could be undone. `handoff SESSION --list` shows which there are."
        )


class AlreadyUndone(WorkbenchError):
    """The hand-off was undone before."""

    def __init__(self, one: Handoff) -> None:
        super().__init__(f"The hand-off {one.id} has been undone already, so nothing was changed.")


@dataclass(frozen=True)
class Handoff:
    """One hand-off: its `kind` (xmp, copies, links), its `options`, and how many files it wrote, undid or could not."""

    id: str
    session_id: str
    at: datetime
    labeller: str
    kind: str
    options: dict[str, Any]
    undone_at: datetime | None
    written: int = 0
    undone: int = 0
    problems: int = 0

    @property
    def stands(self) -> bool:
        """Whether any file still says what it wrote, as far as the journal knows."""
        return self.written > 0


@dataclass(frozen=True)
class Entry:
    """What a hand-off does to one file. `about` holds the fields before and after, the photo's group and its time."""

    path: Path
    photo_id: str | None
    kind: str
    status: str = PLANNED
    temporary: str | None = None
    before_hash: str | None = None
    after_hash: str | None = None
    edits: bytes | None = None
    about: dict[str, Any] = field(default_factory=dict)
    problem: str | None = None
    id: int = 0
    handoff_id: str = ""

    @property
    def draft(self) -> Path:
        """Where the new content is written before it takes the file's place."""
        return self.path.with_name(str(self.temporary))

    def place_in(self, folder: Path) -> Path:
        """Where the file is to be sought now that `folder`, links resolved, is its session's: there by its name below
        the folder, unless it still lies where it was written."""
        name = self.about.get("name")
        lies = self.path.exists() and self.path.resolve() == self.path
        return self.path if name is None or lies else folder / name


def every(engine: Engine, session_id: str | None = None) -> list[Handoff]:
    """The hand-offs of a session (or all), newest first."""
    table = tables.handoffs
    query = select(table).order_by(table.c.at.desc(), table.c.id)
    if session_id is not None:
        query = query.where(table.c.session_id == session_id)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
        return [_handoff(row, _counts(connection, row.id)) for row in rows]


def find(engine: Engine, wanted: str, session_id: str | None = None) -> Handoff:
    """The hand-off of that id, or the newest that is not undone for “latest”. Raises UnknownHandoff."""
    known = every(engine, session_id)
    if wanted == LATEST:
        known = [one for one in known if one.stands]
    found = [one for one in known if wanted in (LATEST, one.id)]
    if not found:
        raise UnknownHandoff(wanted)
    return found[0]


def standing(engine: Engine, session_id: str) -> dict[str, list[Entry]]:
    """What the session's hand-offs wrote into photos and sidecars and did not take back, by photo, newest first."""
    table, found = tables.handed_files, defaultdict[str, list[Entry]](list)
    query = select(table).join(tables.handoffs, tables.handoffs.c.id == table.c.handoff_id)
    query = query.where(tables.handoffs.c.session_id == session_id, table.c.status.in_(STANDING))
    with engine.connect() as connection:
        for row in connection.execute(query.where(table.c.kind.in_((EMBEDDED, SIDECAR))).order_by(table.c.id.desc())):
            found[row.photo_id].append(_entry(row))
    return found


def of_file(entries: Sequence[Entry], path: Path, folder: Path) -> list[Entry]:
    """The rows of that file; where there are none, those of its name in a folder that has become `folder` since."""
    here = [entry for entry in entries if entry.path == path]
    return here or [entry for entry in entries if entry.place_in(folder) == path]


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """As long as this lasts no other process writes a hand-off; a killed one holds nobody up. Raises HandoffRuns."""
    settings.datasets.mkdir(parents=True, exist_ok=True)
    with (settings.datasets / ".handoff.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HandoffRuns() from error
        except OSError:  # a disk without locks, on a server perhaps: then nothing can be known of others
            pass
        yield


@dataclass(frozen=True)
class Journal:
    """The journal, open for writing: use it inside `alone`. `at` is called with each step's name."""

    settings: Settings
    engine: Engine
    at: rewriting.Step = rewriting.nothing

    def begin(self, session_id: str, labeller: str, kind: str, options: Mapping[str, Any]) -> str:
        """A new hand-off; gives its id. Raises UnknownSession when the session was forgotten meanwhile."""
        sessions.find(self.engine, session_id)
        new = uuid4().hex
        about = {"session_id": session_id, "labeller": labeller, "kind": kind, "options": json.dumps(dict(options))}
        with writing(self.engine) as connection:
            connection.execute(insert(tables.handoffs).values(id=new, **about))
        return new

    def plan(self, handoff_id: str, wanted: Iterable[Entry]) -> list[Entry]:
        """Writes down what is going to be done, each file with the name of its temporary; gives the rows."""
        rows = [_values(one) | {"handoff_id": handoff_id, "temporary": _temporary()} for one in wanted]
        with writing(self.engine) as connection:
            if rows:
                connection.execute(insert(tables.handed_files), rows)
        return self.entries(handoff_id)

    def entries(self, handoff_id: str | None = None, *statuses: str) -> list[Entry]:
        """The rows of a hand-off (or all), in order; only those of some statuses if any are named."""
        table = tables.handed_files
        query = select(table).order_by(table.c.id)
        if handoff_id is not None:
            query = query.where(table.c.handoff_id == handoff_id)
        if statuses:
            query = query.where(table.c.status.in_(statuses))
        with self.engine.connect() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def plan_undo(self, handoff_id: str) -> list[Entry]:
        """Writes down that all that stands of a hand-off is going to be taken back; gives those rows, last first."""
        table = tables.handed_files
        with writing(self.engine) as connection:
            these = (table.c.handoff_id == handoff_id) & (table.c.status == WRITTEN)
            connection.execute(update(table).where(these).values(status=TO_UNDO, problem=None))
        return self.entries(handoff_id, TO_UNDO)[::-1]

    def same_file(self, entry: Entry) -> list[Entry]:
        """What any hand-off did to the same file, newest first; other photos of the session may share a sidecar."""
        table, made = tables.handed_files, tables.handoffs
        session = select(made.c.session_id).where(made.c.id == entry.handoff_id).scalar_subquery()
        hand_offs = select(made.c.id).where(made.c.session_id == session)
        near = (table.c.photo_id == entry.photo_id) | table.c.handoff_id.in_(hand_offs)  # these have indexes
        query = select(table).where(near, table.c.path == str(entry.path)).order_by(table.c.id.desc())
        with self.engine.connect() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def move(self, entry: Entry, path: Path) -> Entry:
        """Writes down, in every row of a file, that it lies elsewhere now; gives the row. Raises NotWritten."""
        table, same = tables.handed_files, self.same_file(entry)
        there = table.c.handoff_id.in_({one.handoff_id for one in same}) & (table.c.path == str(path))
        with writing(self.engine) as connection:
            if connection.execute(select(table.c.id).where(there)).first() is not None:
                raise rewriting.NotWritten("another file of this hand-off lies in its place now")
            these = table.c.id.in_([one.id for one in same])
            connection.execute(update(table).where(these).values(path=str(path)))
        return replace(entry, path=path)

    def holds_photo(self, entry: Entry, file: Path) -> bool:
        """Whether a file holds the photo of the row still, as far as the catalogue can tell."""
        return file in photos.places(self.settings, self.engine, str(entry.photo_id))

    def note(self, entry: Entry, **values: Any) -> None:
        """Writes values of a row."""
        with writing(self.engine) as connection:
            _note(connection, entry, **values)

    def write(self, entry: Entry, new: rewriting.Draft, edits: bytes, about: Mapping[str, Any]) -> None:
        """Puts a finished draft in place, written down before and after. Raises NotWritten and OSError."""
        hashes = {"before_hash": new.before_hash, "after_hash": new.after_hash}
        known = new.hashes if entry.kind == EMBEDDED else None
        self._replace(entry, new, WRITTEN, known, status=WRITING, edits=edits, about=about, **hashes)

    def take_back(self, entry: Entry, new: rewriting.Draft, left: Mapping[str, Any]) -> None:
        """Puts the draft of a file as it was in place. Raises NotWritten and OSError; the file is as it was then.

        A picture that took the photo's name meanwhile does not become the photo.
        """
        about = {**entry.about, "result": new.after_hash, "left": dict(left)}
        known = new.hashes if entry.kind == EMBEDDED and self.holds_photo(entry, entry.path) else None
        self._replace(entry, new, UNDONE, known, status=UNDOING, about=about)

    def take_away(self, entry: Entry) -> None:
        """Removes a file that the hand-off made and nobody changed. Raises NotWritten and OSError."""
        self.note(entry, status=UNDOING, about={**entry.about, "result": None})
        self.at("journalled")
        rewriting.remove(entry.path, str(entry.after_hash), self.at)
        self.note(entry, status=UNDONE)
        self.at("booked")

    def refuse(self, entry: Entry, reason: str, status: str = NOT_WRITTEN) -> None:
        """Writes down why a file was not written, or (status WRITTEN) not taken back."""
        self.note(entry, status=status, problem=reason)

    def close(self, handoff_id: str) -> bool:
        """Marks a hand-off as undone when nothing of it stands any more; gives whether that is so."""
        if self.entries(handoff_id, PLANNED, WRITING, *STANDING):
            return False
        table = tables.handoffs
        with writing(self.engine) as connection:
            this = (table.c.id == handoff_id) & table.c.undone_at.is_(None)
            connection.execute(update(table).where(this).values(undone_at=tables.now()))
        return True

    def found(self, entry: Entry, done: bool, then: str, otherwise: str) -> None:
        """Writes down how far a file had come when the hand-off was killed. Raises OSError, ValueError if empty."""
        if done and entry.path.exists():
            state = entry.path.lstat()
            self._book(entry, then, rewriting.hashes(entry.path) if entry.kind == EMBEDDED else None, state)
        else:
            self.note(entry, status=then if done else otherwise)

    def _replace(self, entry: Entry, new: rewriting.Draft, then: str, known: Hashes | None, **values: Any) -> None:
        """Journal, file, journal. The picture's new identity is known before an import could come upon the file."""
        state = new.temporary.lstat()
        with writing(self.engine) as connection:
            _note(connection, entry, **values)
            if known is not None and entry.photo_id is not None:
                _know(connection, entry.photo_id, known.identity)
        self.at("journalled")
        rewriting.put(new, self.at)
        self._book(entry, then, known, state)
        self.at("booked")

    def _book(self, entry: Entry, status: str, known: Hashes | None, state: os.stat_result) -> None:
        """The row's new status, and what the catalogue knows of a file with the photo's picture, in one step."""
        with writing(self.engine) as connection:
            _note(connection, entry, status=status)
            if known is not None and known.identity in photos.identities(connection, str(entry.photo_id)):
                now = {"file_hash": known.file, "size": state.st_size, "modified_ns": state.st_mtime_ns}
                _bring_up_to_date(connection, entry, now)


def _bring_up_to_date(connection: Connection, entry: Entry, now: Mapping[str, Any]) -> None:
    """Size, time and hash of the file wherever sessions know it; the RAW of a pair has no hash, as it was not read."""
    files, shoots = tables.files, tables.sessions
    query = select(files.c.id, files.c.name, files.c.file_hash, shoots.c.folder).join_from(files, shoots)
    for row in connection.execute(query.where(files.c.photo_id == entry.photo_id)).all():
        if (Path(row.folder) / row.name).resolve() == entry.path:
            values = {**now, "file_hash": now["file_hash"] if row.file_hash else None}
            connection.execute(update(files).where(files.c.id == row.id).values(**values))


def _know(connection: Connection, photo_id: str, identity: str) -> None:
    """Writes down that a picture of this identity is the photo as well."""
    known_as, aliases = tables.photos.c, tables.aliases.c
    known = union(
        select(known_as.id).where(known_as.id == identity), select(aliases.identity).where(aliases.identity == identity)
    )
    if connection.execute(known).first() is None:
        connection.execute(insert(tables.aliases).values(identity=identity, photo_id=photo_id))


def _temporary() -> str:
    return f".eyespy-{uuid4().hex}.part"


def _counts(connection: Connection, handoff_id: str) -> dict[str, Any]:
    table = tables.handed_files.c
    query = select(table.status, table.problem.is_not(None), func.count()).group_by(
        table.status, table.problem.is_not(None)
    )
    rows = connection.execute(query.where(table.handoff_id == handoff_id)).all()
    return {
        "written": sum(count for status, _, count in rows if status in STANDING),
        "undone": sum(count for status, _, count in rows if status == UNDONE),
        "problems": sum(count for _, problem, count in rows if problem),
    }


def _handoff(row: Row[Any], counts: dict[str, Any]) -> Handoff:
    return Handoff(**{**row._mapping, "options": json.loads(row.options)}, **counts)


def _values(entry: Entry) -> dict[str, Any]:
    values = {name: value for name, value in vars(entry).items() if name not in ("id", "about")}
    return {**values, "path": str(entry.path), "fields": json.dumps(entry.about)}


def _entry(row: Row[Any]) -> Entry:
    values = {name: value for name, value in row._mapping.items() if name != "fields"}
    return Entry(**{**values, "path": Path(row.path), "about": json.loads(row.fields or "{}")})


def _note(connection: Connection, entry: Entry, **values: Any) -> None:
    if "about" in values:
        values["fields"] = json.dumps(dict(values.pop("about")))
    table = tables.handed_files
    connection.execute(update(table).where(table.c.id == entry.id).values(**values))
