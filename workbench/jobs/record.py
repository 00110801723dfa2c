"""A job's row in the catalogue. Every change names the state it starts from, so that of two processes one makes it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Engine, Row, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from workbench.archive import tables
from workbench.archive.catalog import writing
from workbench.errors import WorkbenchError

QUEUED, STARTING, RUNNING = "queued", "starting", "running"
DONE, FAILED, CANCELLED, LOST = "done", "failed", "cancelled", "lost"
ACTIVE = (QUEUED, STARTING, RUNNING)
ENDED = (DONE, FAILED, CANCELLED, LOST)
AGAIN = (FAILED, CANCELLED, LOST)
"""How a job ended that can be resumed."""
LATEST = "latest"
_JOBS = tables.jobs
_COLUMNS = _JOBS.c


class UnknownJob(WorkbenchError):
    """No job, or more than one, has this id."""

    def __init__(self, wanted: str, found: int) -> None:
        what = f"{found} jobs have an id that begins with" if found else "There is no job"
        super().__init__(f"{what} “{wanted}”. `python -m workbench jobs` lists them with their ids.")


@dataclass(frozen=True)
class Job:
    """One run of a command of our command line. `done` of `total` (None: unknown) is how far `message` is.

    Times are UTC without a zone. `since_done` and `since_at` are where the present step began, `pid` and
    `process_started` (seconds since 1970) tell its process from a later one of the same number.
    """

    id: str
    command: tuple[str, ...]
    title: str
    heavy: bool
    status: str
    message: str
    done: int
    total: int | None
    since_done: int
    since_at: datetime | None
    result: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    beat_at: datetime | None
    finished_at: datetime | None
    cancel_asked_at: datetime | None
    pid: int | None
    process_started: float | None

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.status in ACTIVE

    @property
    def resumable(self) -> bool:
        """Whether it ended without being done, so that the same command can go on."""
        return self.status in AGAIN

    def rate(self, now: datetime) -> float | None:
        """What the present step did in a second, on average; None before it did anything."""
        if self.since_at is None or self.done <= self.since_done:
            return None
        return (self.done - self.since_done) / max((now - self.since_at).total_seconds(), 0.001)

    def seconds_left(self, now: datetime) -> float | None:
        """Seconds that the present step still takes at its average rate; None when that cannot be told."""
        rate = self.rate(now) if self.status == RUNNING else None
        return None if rate is None or self.total is None else max(self.total - self.done, 0) / rate


@dataclass(frozen=True)
class Step:
    """How far a running command is; `since_*` is where this step began."""

    message: str
    done: int
    total: int | None
    since_done: int
    since_at: datetime


@dataclass(frozen=True)
class End:
    """How a job ended: its status, one sentence, and what a done command gave."""

    status: str
    message: str | None = None
    result: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.status not in ENDED:
            raise ValueError(f"“{self.status}” is no end of a job; there are {ENDED}")


def every(engine: Engine, *, limit: int = 50) -> list[Job]:
    """The newest jobs, newest first."""
    query = select(_JOBS).order_by(_COLUMNS.created_at.desc(), _COLUMNS.id).limit(limit)
    return _jobs(engine, query)


def active(engine: Engine) -> list[Job]:
    """Jobs that wait or run, oldest first: the order in which they get their turn."""
    query = select(_JOBS).where(_is(*ACTIVE)).order_by(_COLUMNS.created_at, _COLUMNS.id)
    return _jobs(engine, query)


def ended(engine: Engine) -> list[Job]:
    """Jobs that are over, newest first."""
    query = select(_JOBS).where(_is(*ENDED)).order_by(_COLUMNS.created_at.desc(), _COLUMNS.id)
    return _jobs(engine, query)


def find(engine: Engine, wanted: str) -> Job:
    """The job of that id, of the beginning of an id, or the newest for `latest`. Raises UnknownJob."""
    if wanted == LATEST:
        found = every(engine, limit=1)
    else:
        query = select(_JOBS).where(_COLUMNS.id.startswith(wanted, autoescape=True)).limit(9)
        found = _jobs(engine, query) if wanted else []
    if len(found) != 1:
        raise UnknownJob(wanted, len(found))
    return found[0]


def add(engine: Engine, command: Sequence[str], title: str, heavy: bool) -> str | None:
    """Queues a command; gives the new job's id, None when the same command waits or runs."""
    job_id = uuid4().hex
    about = {"command": json.dumps(list(command)), "command_key": _key(command), "title": printable(title)}
    try:
        with writing(engine) as connection:
            connection.execute(insert(_JOBS).values(id=job_id, heavy=heavy, status=QUEUED, **about))
    except IntegrityError:
        return None
    return job_id


def same(engine: Engine, command: Sequence[str]) -> Job | None:
    """The job in which this very command waits or runs."""
    mine = (_COLUMNS.command_key == _key(command)) & _is(*ACTIVE)
    return next(iter(_jobs(engine, select(_JOBS).where(mine))), None)


def requeue(engine: Engine, job_id: str) -> bool:
    """Puts an ended job back into the queue; False when it is not ended, or its command is active elsewhere."""
    empty = dict.fromkeys(("total", "since_at", "result", "started_at", "beat_at", "finished_at"))
    no_process = dict.fromkeys(("cancel_asked_at", "pid", "process_started"))
    fresh = {"status": QUEUED, "message": "", "done": 0, "since_done": 0, **empty, **no_process}
    return _change(engine, job_id, _is(*AGAIN), fresh)


def take(engine: Engine, job_id: str) -> bool:
    """Takes a job out of the queue in order to start it; False when another did, or it must wait its turn."""
    return _change(engine, job_id, _is(QUEUED), {"status": STARTING, "started_at": tables.now()})


def note_process(engine: Engine, job_id: str, pid: int, started: float) -> None:
    """Writes down the process that was made for a job, unless that has done so itself."""
    _change(engine, job_id, _is(STARTING), {"pid": pid, "process_started": started})


def claim(engine: Engine, job_id: str, pid: int, started: float) -> bool:
    """A job's process says that it is there; False when nobody waits for it any more."""
    moment = tables.now()
    about = {"pid": pid, "process_started": started, "started_at": moment, "beat_at": moment}
    return _change(engine, job_id, _is(STARTING), {"status": RUNNING, **about})


def beat(engine: Engine, job_id: str, pid: int, step: Step | None) -> bool:
    """A sign of life and how far it is; False when the row is no longer this process's own."""
    how_far = vars(step) if step else {}
    return _change(engine, job_id, _is(RUNNING) & _of(pid), {"beat_at": tables.now(), **how_far})


def ask_to_cancel(engine: Engine, job_id: str) -> None:
    """Cancels what has no process yet, and notes for the rest that its end is wanted."""
    moment = tables.now()
    over = {"status": CANCELLED, "message": "Cancelled before it began.", "finished_at": moment}
    if not _change(engine, job_id, _is(QUEUED) | (_is(STARTING) & _of(None)), over):
        _change(engine, job_id, _is(STARTING, RUNNING), {"cancel_asked_at": moment})


def close(engine: Engine, job_id: str, pid: int | None, end: End) -> bool:
    """Ends the run of a job that process `pid` (None: no process yet) has; False when it had ended before."""
    values: dict[str, Any] = {"status": end.status, "finished_at": tables.now()}
    if end.message is not None:
        values["message"] = printable(end.message)
    if end.result is not None:
        values["result"] = json.dumps(end.result, default=str)
    return _change(engine, job_id, _is(STARTING, RUNNING) & _of(pid), values)


def erase(engine: Engine, job_id: str) -> bool:
    """Deletes the row of a job that has ended; False when it is active again, or gone."""
    with writing(engine) as connection:
        return connection.execute(delete(_JOBS).where(_COLUMNS.id == job_id, _is(*ENDED))).rowcount == 1


def printable(text: str) -> str:
    """`text` as any database takes it; bytes of a file name that are not text are shown as �."""
    return os.fsencode(text).decode("utf-8", errors="replace")


def _change(engine: Engine, job_id: str, condition: ColumnElement[bool], values: dict[str, Any]) -> bool:
    """Changes a row that meets the condition; False when it does not, or the queue's rules forbid the change."""
    try:
        with writing(engine) as connection:
            changed = connection.execute(update(_JOBS).where(_COLUMNS.id == job_id, condition).values(**values))
            return changed.rowcount == 1
    except IntegrityError:
        return False


def _is(*statuses: str) -> ColumnElement[bool]:
    return _COLUMNS.status.in_(statuses)


def _of(pid: int | None) -> ColumnElement[bool]:
    return _COLUMNS.pid == pid


def _key(command: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(command)).encode()).hexdigest()


def _jobs(engine: Engine, query: Select[Any]) -> list[Job]:
    with engine.connect() as connection:
        return [_job(row) for row in connection.execute(query)]


def _job(row: Row[tuple[Any, ...]]) -> Job:
    result = None if row.result is None else json.loads(row.result)
    plain = {name: value for name, value in row._mapping.items() if name != "command_key"}
    return Job(**{**plain, "command": tuple(json.loads(row.command)), "result": result})
