"""The queue: jobs are started, wait for their turn, are cancelled, found lost, and resumed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine

from workbench.archive import tables
from workbench.errors import WorkbenchError
from workbench.jobs import keeping, launching, processes, record
from workbench.jobs.record import AGAIN, CANCELLED, LOST, QUEUED, STARTING, End, Job
from workbench.settings import Settings

LONG = ("import", "screen", "evaluate", "explain", "train", "tune", "handoff", "demo")
"""The commands that run as jobs."""
PATIENCE = timedelta(seconds=30)
"""For a job that is starting to have a process."""
LOST_MESSAGE = "Its process ended without a word: it was killed, or the computer went off. Resume goes on from there."


class NotALongCommand(WorkbenchError):
    """Only our own long commands run as jobs."""

    def __init__(self, command: Sequence[str]) -> None:
        wanted = command[0] if command else ""
        super().__init__(f"“{wanted}” does not run as a job. These do: {', '.join(LONG)}.")


class NothingToResume(WorkbenchError):
    """The job is done."""

    def __init__(self, job: Job) -> None:
        super().__init__(f"“{job.title}” is done, so there is nothing to resume. Start it again instead.")


def start(settings: Settings, engine: Engine, command: Sequence[str], *, title: str, heavy: bool = True) -> Job:
    """Starts a long command, or lets it wait for its turn; gives the job in which the same one already is.

    `command` is what follows `python -m workbench`. One heavy job runs at a time, light ones at once. Raises
    NotALongCommand.
    """
    if not command or command[0] not in LONG:
        raise NotALongCommand(command)
    keeping.prune(settings, engine)
    job_id = record.add(engine, command, title, heavy)
    while job_id is None:
        there = record.same(engine, command)
        if there is not None:
            return there
        job_id = record.add(engine, command, title, heavy)  # it ended in between
    advance(settings, engine)
    return record.find(engine, job_id)


def cancel(settings: Settings, engine: Engine, job_id: str) -> None:
    """Ends a job and all its processes within 5 seconds; nothing happens to one that has ended. Raises UnknownJob."""
    job = record.find(engine, job_id)
    record.ask_to_cancel(engine, job.id)
    job = record.find(engine, job.id)
    if job.active:
        _finish_off(engine, job)
    advance(settings, engine)


def resume(settings: Settings, engine: Engine, job_id: str) -> Job:
    """Starts the command of a lost, cancelled or failed job again, which goes on where it was.

    Gives the job in which the same command is active, if there is one. Raises UnknownJob, NothingToResume.
    """
    job = record.find(engine, job_id)
    if job.status not in AGAIN and not job.active:
        raise NothingToResume(job)
    if not record.requeue(engine, job.id):
        return record.same(engine, job.command) or record.find(engine, job.id)
    advance(settings, engine)
    return record.find(engine, job.id)


def refresh(settings: Settings, engine: Engine) -> list[Job]:
    """Brings the rows in line with the processes, starts what may run now, and gives the newest jobs first."""
    moment = tables.now()
    for job in record.active(engine):
        if job.status != QUEUED:
            _look_after(engine, job, moment)
    advance(settings, engine)
    return record.every(engine)


def advance(settings: Settings, engine: Engine) -> None:
    """Starts every waiting job that may run now, oldest first."""
    there = record.active(engine)
    busy = any(job.heavy and job.status != QUEUED for job in there)
    for job in there:
        # the database has the last word; not even asking while a heavy job runs spares it a write at each look
        if job.status == QUEUED and not (job.heavy and busy) and record.take(engine, job.id):
            launching.launch(settings, engine, job)
            busy = busy or job.heavy


def _look_after(engine: Engine, job: Job, moment: datetime) -> None:
    if processes.alive(job.pid, job.process_started):
        # whoever asked for its end may have been ended himself before he saw to it
        if job.cancel_asked_at and moment - job.cancel_asked_at > timedelta(seconds=processes.GRACE):
            _finish_off(engine, job)
    elif job.pid is not None or _stuck(job, moment):
        if record.close(engine, job.id, job.pid, _end_of(job)):
            processes.kill(job.id)


def _finish_off(engine: Engine, job: Job) -> None:
    if processes.end(job.id, job.pid, job.process_started):
        record.close(engine, job.id, job.pid, End(CANCELLED, "Cancelled. What was done is kept."))


def _end_of(job: Job) -> End:
    return End(CANCELLED, "Cancelled. What was done is kept.") if job.cancel_asked_at else End(LOST, LOST_MESSAGE)


def _stuck(job: Job, moment: datetime) -> bool:
    """Whether it was to start long ago and never had a process: its starter was ended in between."""
    return job.status == STARTING and moment - (job.started_at or job.created_at) > PATIENCE
