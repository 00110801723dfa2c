"""Import: what lies in a folder becomes sessions, photos and labels of the catalogue. Originals are only read.

Each file is read once, by workers; what they found is written in small whole steps, so that an import that was
killed goes on where it was when the same command is given again.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Row, Select, insert, select, update
from sqlalchemy.exc import IntegrityError

from workbench.archive import counts, labels, sessions, splits, tables
from workbench.archive.catalog import writing
from workbench.archive.folders import Found, Plan
from workbench.archive.photos import Problem
from workbench.archive.sessions import Session
from workbench.errors import WorkbenchError
from workbench.faults import BLINK

NEW, KNOWN, MOVED, DUPLICATE, UNREADABLE = "new", "known", "moved", "duplicate", "unreadable"
_FIRST, _BATCH = 4, 16
"""Files of one step: the first is small, so that there is something to see at once."""
_AHEAD = 4
"""Files under way for each worker: enough to keep it busy, few enough that memory does not grow with the session."""


class NameTaken(WorkbenchError):
    """A session of this name lies in another folder, which is away."""

    def __init__(self, session: Session, folder: Path) -> None:
        command = f"python -m workbench relink {shlex.quote(session.name)} {shlex.quote(str(folder))}"
        super().__init__(
            f"The archive has a session “{session.name}” whose folder is away ({session.folder}). If it has moved to "
            f"{folder}, run: {command}. If it is another shoot, rename its folder and import again."
        )


@dataclass(frozen=True)
class Reading:
    """What reading one file gave: who the photo is and what it shows, or the `problem` that kept it out."""

    identity: str = ""
    file_hash: str = ""
    size: int = 0
    modified_ns: int = 0
    captured_at: datetime | None = None
    width: int = 0
    height: int = 0
    faces: int | None = None
    views: object = None
    note: str | None = None
    problem: str | None = None


class Reader(Protocol):
    """Reads files in workers (`read`, picklable) and keeps what they saw (`keep`, in this process)."""

    @property
    def read(self) -> Callable[[Path], Reading]:
        """The function that workers call; it returns a problem and never raises on a bad file."""

    def keep(self, readings: Mapping[str, Reading]) -> None:
        """Stores the views of what was read (photo → reading)."""


@dataclass
class Summary:
    """What an import did to one session: files by outcome, and what to know about them."""

    session: Session
    counts: Counter[str] = field(default_factory=Counter)
    no_face: int = 0
    labelled: int = 0
    gone: int = 0
    others: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    missing: tuple[str, ...] = ()

    @property
    def files(self) -> int:
        """Photo files that were looked at."""
        return self.counts.total()


@dataclass(frozen=True)
class Progress:
    """How far an import is, in files."""

    session: str
    done: int
    total: int


Tell = Callable[[Progress], None]
Arrived = Callable[[Session, Sequence[str]], None]
"""Takes photos (ids) that are in the catalogue and whose views are kept, some at a time."""


def import_session(
    engine: Engine,
    plan: Plan,
    reader: Reader,
    executor: Executor,
    *,
    tell: Tell = lambda progress: None,
    arrived: Arrived = lambda session, photos: None,
    only: Collection[str] | None = None,
) -> Summary:
    """Brings one session in, or brings it up to date; the same call again changes nothing.

    `arrived` is called with the photos that were known before, then after each step with its own. `only` names the
    files to bring in, others are not even counted; None: all of them. Raises NameTaken when another session of that
    name has its folder away.
    """
    session = _session_of(engine, plan)
    summary = Summary(session, others=plan.others, missing=plan.missing)
    books = _Books(engine, session, plan, summary)
    books.refuse(problem for problem in plan.problems if only is None or problem.name in only)
    wanted = [found for found in plan.files if only is None or not {found.name, found.raw}.isdisjoint(only)]
    unread = [found for found in wanted if not books.knows(found)]
    done, total = len(wanted) - len(unread), len(wanted)
    tell(Progress(plan.name, done, total))
    arrived(session, books.known_of(wanted, unread))
    for batch in _batches(_read_all(unread, reader, executor)):
        read = books.write(batch)
        reader.keep(read)
        done += len(batch)
        tell(Progress(plan.name, done, total))
        arrived(session, list(read))
    books.write_labels()
    splits.assign(engine, BLINK)
    return summary


def held(engine: Engine, session: Session) -> dict[str, str]:
    """Photo by file of a session, RAWs beside a JPEG among them; names below its folder."""
    files = tables.files.c
    query = select(files.name, files.photo_id).where(files.session_id == session.id, files.photo_id.is_not(None))
    with engine.connect() as connection:
        return {name: photo for name, photo in connection.execute(query)}


def _session_of(engine: Engine, plan: Plan) -> Session:
    known = sessions.every(engine)
    name, number = plan.name, 1
    for session in known:
        if session.folder == plan.folder and re.fullmatch(rf"{re.escape(name)}( \(\d+\))?", session.name):
            return session
    taken = {session.name: session for session in known}
    while name in taken:
        if taken[name].away:
            raise NameTaken(taken[name], plan.folder)
        number += 1
        name = f"{plan.name} ({number})"
    try:
        with writing(engine) as connection:
            return sessions.add(connection, Session("", name, plan.folder, plan.kind, plan.copied))
    except IntegrityError:  # another import has just brought it in
        return _session_of(engine, plan)


def _read_all(files: Sequence[Found], reader: Reader, executor: Executor) -> Iterator[tuple[Found, Reading]]:
    """Readings as they are done, with no more files under way than keep the workers busy."""
    limit = _AHEAD * max(1, getattr(executor, "_max_workers", 1))
    waiting: dict[Future[Reading], Found] = {}
    for found in files:
        waiting[executor.submit(reader.read, found.path)] = found
        if len(waiting) >= limit:
            yield from _finished(waiting, reader)
    while waiting:
        yield from _finished(waiting, reader)


def _finished(waiting: dict[Future[Reading], Found], reader: Reader) -> Iterator[tuple[Found, Reading]]:
    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
        found, reading = waiting.pop(future), future.result()
        yield found, reading
        if reading.problem is not None and found.raw is not None:  # the shot is not lost while its RAW is good
            raw = replace(found, path=_raw(found), name=found.raw, raw=None)
            yield raw, reader.read(raw.path)


def _batches(readings: Iterable[tuple[Found, Reading]]) -> Iterator[list[tuple[Found, Reading]]]:
    batch: list[tuple[Found, Reading]] = []
    size = _FIRST
    for one in readings:
        batch.append(one)
        if len(batch) == size:
            yield batch
            batch, size = [], _BATCH
    if batch:
        yield batch


def _raw(found: Found) -> Path:
    """Where the RAW beside a picture lies."""
    return found.path.with_name(Path(str(found.raw)).name)


def _state(path: Path) -> dict[str, Any]:
    """Size and time of a file, by which it is known again; nothing where it vanished."""
    try:
        state = path.stat()
    except OSError:
        return {}
    return {"size": state.st_size, "modified_ns": state.st_mtime_ns}


def _known_state(row: Row[Any]) -> dict[str, Any]:
    return {"size": row.size, "modified_ns": row.modified_ns}


class _Books:
    """One session's rows while an import runs: what was there before, what is on disk, what was counted."""

    def __init__(self, engine: Engine, session: Session, plan: Plan, summary: Summary) -> None:
        self.engine, self.session, self.plan, self.summary = engine, session, plan, summary
        self.on_disk = {found.name for found in plan.files} | {found.raw for found in plan.files if found.raw}
        with engine.connect() as connection:
            self.rows = {row.name: row for row in connection.execute(self._files())}
        self.by_photo: dict[str, list[str]] = {}
        for row in self.rows.values():
            if row.photo_id:
                self.by_photo.setdefault(row.photo_id, []).append(row.name)
        self.photo_of = {name: row.photo_id for name, row in self.rows.items() if row.photo_id}
        summary.gone = len(self.rows.keys() - self.on_disk - {problem.name for problem in plan.problems})

    def knows(self, found: Found) -> bool:
        """Whether the file was read before and has not changed since; counts it if so."""
        row = self.rows.get(found.name)
        if row is None or row.photo_id is None or row.file_hash is None:  # a pair's RAW was never read itself
            return False
        if row.problem or row.group_name != found.group or _state(found.path) != _known_state(row):
            return False
        if found.raw and not self._knows_raw(found):
            return False
        self.summary.counts[KNOWN] += 1
        self._note_faces(row.faces)
        if row.note:
            self.summary.notes.append(Problem(found.name, row.note))
        return True

    def _knows_raw(self, found: Found) -> bool:
        row = self.rows.get(str(found.raw))
        return row is not None and (row.size is None or _state(_raw(found)) == _known_state(row))

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Writes down the files that were not even read."""
        with writing(self.engine) as connection:
            counts.session_changed(connection, self.session.id)
            for problem in problems:
                self._put(connection, problem.name, {"problem": problem.reason})
                self._count_problem(problem)

    def known_of(self, wanted: Iterable[Found], unread: Iterable[Found]) -> list[str]:
        """The photos of those files that need not be read."""
        without = {found.name for found in unread}
        return [self.photo_of[found.name] for found in wanted if found.name not in without]

    def write(self, batch: Iterable[tuple[Found, Reading]]) -> dict[str, Reading]:
        """One whole step: the photos and files of a batch; gives what was read of each photo."""
        read: dict[str, Reading] = {}
        with writing(self.engine) as connection:
            counts.session_changed(connection, self.session.id)
            for found, reading in batch:
                if reading.problem is not None:
                    self._put(connection, found.name, {"problem": reading.problem})
                    self._count_problem(Problem(found.name, reading.problem))
                else:
                    read[self._write_photo(connection, found, reading)] = reading
        return read

    def write_labels(self) -> None:
        """The labels that came with the files, each said once however often it is imported."""
        told = [(self.photo_of[found.name], found) for found in self.plan.files if found.name in self.photo_of]
        with writing(self.engine) as connection:
            before = labels.imported(connection, (photo for photo, found in told if found.label), BLINK)
            fresh = dict.fromkeys(
                (photo, found.label) for photo, found in told if found.label and before.get(photo) != found.label
            )
            said = (labels.Said(photo, BLINK, str(value), labels.IMPORT, "import", "import") for photo, value in fresh)
            self.summary.labelled = len(labels.say(connection, said))

    def _write_photo(self, connection: Connection, found: Found, reading: Reading) -> str:
        photo = self._joined(found) or self._alias(connection, reading.identity) or reading.identity
        photos = tables.photos
        exists = connection.execute(select(photos.c.id).where(photos.c.id == photo)).scalar()
        facts = {"width": reading.width, "height": reading.height, "faces": reading.faces}
        if exists is None:
            connection.execute(insert(photos).values(id=photo, captured_at=reading.captured_at, **facts))
        self._count(found, photo, known=exists is not None, connection=connection)
        state = {"file_hash": reading.file_hash, "size": reading.size, "modified_ns": reading.modified_ns}
        about = {"group_name": found.group, "note": reading.note, "problem": None}
        self._put(connection, found.name, {"photo_id": photo, **state, **about})
        if found.raw:
            about = {"group_name": found.group, "problem": None, **_state(_raw(found))}
            self._put(connection, found.raw, {"photo_id": photo, **about})
        self._note_faces(reading.faces)
        if reading.note:
            self.summary.notes.append(Problem(found.name, reading.note))
        return photo

    def _alias(self, connection: Connection, identity: str) -> str | None:
        """The photo that has these bytes because a hand-off of ours wrote into its file."""
        aliases = tables.aliases.c
        return connection.execute(select(aliases.photo_id).where(aliases.identity == identity)).scalar()

    def _joined(self, found: Found) -> str | None:
        """The photo that the file's other half (RAW or JPEG) already is, so that its labels stay with it."""
        row = self.rows.get(found.name)
        if found.raw is None:  # a RAW whose JPEG is gone: it was never hashed itself
            return row.photo_id if row is not None and row.photo_id and row.file_hash is None else None
        photo = self.photo_of.get(found.raw)
        others = (name for name in self.by_photo.get(photo or "", []) if name not in (found.name, found.raw))
        taken = any(name in self.on_disk for name in others)
        return photo if self.photo_of.get(found.name) is None and not taken else None

    def _count(self, found: Found, photo: str, *, known: bool, connection: Connection) -> None:
        elsewhere = [name for name in self.by_photo.get(photo, []) if name not in (found.name, found.raw)]
        vanished = [name for name in elsewhere if name not in self.on_disk]
        if photo in (self.photo_of.get(found.name), self.photo_of.get(found.raw or "")):
            outcome = KNOWN
        elif vanished:
            outcome = MOVED
            files = tables.files
            here = (files.c.session_id == self.session.id) & files.c.name.in_(vanished)
            connection.execute(files.delete().where(here))
            self.by_photo[photo] = [name for name in self.by_photo[photo] if name not in vanished]
            self.summary.gone -= len(vanished)
        else:
            outcome = DUPLICATE if known else NEW
        self.summary.counts[outcome] += 1
        self.by_photo.setdefault(photo, []).append(found.name)
        self.photo_of[found.name] = photo

    def _put(self, connection: Connection, name: str, values: dict[str, object]) -> None:
        files = tables.files
        here = (files.c.session_id == self.session.id) & (files.c.name == name)
        if connection.execute(update(files).where(here).values(**values)).rowcount == 0:
            connection.execute(insert(files).values(session_id=self.session.id, name=name, **values))

    def _files(self) -> Select[Any]:
        files, photos = tables.files, tables.photos
        query = select(files, photos.c.faces).join_from(files, photos, isouter=True)
        return query.where(files.c.session_id == self.session.id)

    def _count_problem(self, problem: Problem) -> None:
        self.summary.counts[UNREADABLE] += 1
        self.summary.problems.append(problem)

    def _note_faces(self, faces: int | None) -> None:
        self.summary.no_face += faces == 0
