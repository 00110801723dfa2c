"""A job's own side: inside its process, the command's progress, result and end go to its row."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import click
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from workbench.archive import backups, catalog, tables
from workbench.errors import WorkbenchError
from workbench.jobs import processes, queue, record
from workbench.jobs.record import CANCELLED, DONE, FAILED, LOST, End, Step
from workbench.settings import Settings

NICE = 15
"""Pages stay quick beside a job."""
HEARTBEAT, PAUSE = 5.0, 0.25
"""Seconds between signs of life at most, and between two writings at least."""
_LISTED = 500


class NotExpected(WorkbenchError):
    """The process of a job finds that nobody waits for it."""

    def __init__(self, job_id: str, reason: str) -> None:
        super().__init__(f"The job {job_id} does not run: {reason}.")


class Ledger:
    """What a command tells of itself while it runs; a thread of its own writes it to the row, so telling is quick."""

    def __init__(self, engine: Engine, job_id: str) -> None:
        self.engine, self.job_id, self.pid = engine, job_id, os.getpid()
        self.document: dict[str, Any] | None = None
        self._step: Step | None = None
        self._news, self._over = threading.Event(), threading.Event()

    def step(self, what: str, done: int = 0, total: int | None = None) -> None:
        """Says what is being done and how far it is; `total` None is unknown."""
        before, what = self._step, record.printable(what)
        if before is not None and before.message == what:
            self._step = replace(before, done=done, total=total)
        else:
            self._step = Step(what, done, total, since_done=done, since_at=tables.now())
        self._news.set()

    def result(self, document: dict[str, Any]) -> None:
        """Hands over what the command gave, as JSON values; of long lists the first 500 are kept."""
        self.document = _shortened(document)

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Signs of life as long as this lasts; how far it came is written before it ends."""
        thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._news.set()
            thread.join()
            self._write()

    def _beat(self) -> None:
        while not self._over.is_set():
            self._news.wait(HEARTBEAT)
            self._news.clear()
            if not self._over.is_set() and not self._write():
                os.kill(self.pid, signal.SIGTERM)  # the job was given up, perhaps started anew: two would collide
                return
            self._over.wait(PAUSE)

    def _write(self) -> bool:
        try:
            return record.beat(self.engine, self.job_id, self.pid, self._step)
        except DatabaseError:  # busy beyond its patience: the next beat tells the same and more
            return True


@contextmanager
def running(settings: Settings, job_id: str) -> Iterator[Ledger]:
    """Makes this process the job: its row shows progress, and how it ends; then the next in the queue is started.

    Raises NotExpected when the job was cancelled before it began, or is not in the catalogue.
    """
    engine = _catalog(settings, job_id)
    _claim(engine, job_id)
    _be_modest()
    ledger, end = Ledger(engine, job_id), End(LOST)
    try:
        with ledger.beating():
            yield ledger
        end = End(DONE, result=ledger.document)
    except BaseException as error:
        end = _end_of(error, engine, ledger)
        raise
    finally:
        signal.signal(signal.SIGTERM, _ignore)
        record.close(engine, job_id, ledger.pid, end)
        queue.advance(settings, engine)


def _catalog(settings: Settings, job_id: str) -> Engine:
    """The catalogue that has the job's row; a new one in place of one that was moved away would not."""
    file = backups.database_file(settings)
    if file is not None and not file.exists():
        raise NotExpected(job_id, f"there is no catalogue at {file} any more; start it again where that is now")
    return catalog.open_catalog(settings)


def _claim(engine: Engine, job_id: str) -> None:
    pid = os.getpid()
    if not record.claim(engine, job_id, pid, processes.started(pid)):
        raise NotExpected(job_id, "it was cancelled or given up before it began, or has been started twice")


def _be_modest() -> None:
    """Gives way to the pages, and lets a polite end be one: SIGTERM unwinds as Ctrl-C does."""
    os.nice(max(0, NICE - os.nice(0)))
    signal.signal(signal.SIGTERM, _stop)


def _stop(number: int, frame: object) -> None:
    signal.signal(signal.SIGTERM, _ignore)
    raise KeyboardInterrupt


def _ignore(number: int, frame: object) -> None:
    """Once is enough. A function, as SIG_IGN would be handed on to the next job's process."""


def _end_of(error: BaseException, engine: Engine, ledger: Ledger) -> End:
    if isinstance(error, KeyboardInterrupt):
        return _stopped(engine, ledger)
    if isinstance(error, WorkbenchError):
        return End(FAILED, str(error))
    if isinstance(error, click.ClickException):
        return End(FAILED, error.format_message())
    if isinstance(error, SystemExit | click.exceptions.Exit):
        status = error.code if isinstance(error, SystemExit) else error.exit_code
        return End(FAILED, f"It ended with status {status}; its log tells more.") if status else End(DONE)
    return End(FAILED, f"An error of the program stopped it ({type(error).__name__}: {error}); its log tells more.")


def _stopped(engine: Engine, ledger: Ledger) -> End:
    with suppress(record.UnknownJob):
        if record.find(engine, ledger.job_id).cancel_asked_at:
            return End(CANCELLED, "Cancelled. What was done is kept.")
    return End(LOST, "It was stopped from outside. Resume goes on from there.")


def _shortened(document: Any) -> Any:
    if isinstance(document, dict):
        return {key: _shortened(value) for key, value in document.items()}
    return [_shortened(one) for one in document[:_LISTED]] if isinstance(document, list | tuple) else document
