"""How long jobs are remembered: the last ones, and none that names a client who is to be forgotten."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from workbench.archive import forgetting, photos
from workbench.archive.sessions import Session
from workbench.errors import WorkbenchError
from workbench.jobs import launching, record
from workbench.jobs.record import Job
from workbench.settings import Settings

KEPT = 200
_ID = re.compile(r"[0-9a-f]{32}")
_ROW = re.compile(r"[0-9a-f]{32,}")


class WorkGoesOn(WorkbenchError):
    """Nothing can be forgotten while a job may write it down again."""

    def __init__(self, job: Job) -> None:
        super().__init__(
            f"Nothing can be forgotten while work goes on (“{job.title}”). Wait until it has ended, or cancel it; "
            f"then try again. Nothing was erased."
        )


class StillAtWork(WorkbenchError):
    """A model cannot go while a job would write down what it says."""

    def __init__(self, job: Job, version: str) -> None:
        super().__init__(
            f"“{version}” was not deleted, for work with it goes on (“{job.title}”). Wait until that has ended, or "
            f"cancel it; then try again."
        )


def prune(settings: Settings, engine: Engine) -> int:
    """Erases ended jobs beyond the newest 200 with their logs; gives how many."""
    ended = record.ended(engine)
    return _erase(settings, engine, ended[KEPT:]) if len(ended) > KEPT else 0


def require_rest(engine: Engine) -> None:
    """Raises WorkGoesOn when a job waits or runs."""
    for job in record.active(engine):
        raise WorkGoesOn(job)


def require_unused(engine: Engine, version: str) -> None:
    """Raises StillAtWork when a job waits or runs whose command names that model."""
    for job in record.active(engine):
        if version in job.command:
            raise StillAtWork(job, version)


def forget(settings: Settings, engine: Engine, words: Sequence[str]) -> int:
    """Erases every ended job that has one of the words in its command, title, message, result or log; gives how many.

    Jobs that wait or run stay: cancel them first. Ids, of which there may be many thousands, are looked up; it is
    called before a client's rows go, so that what is stopped in the middle can be done again.
    """
    wanted = {_plain(word) for word in words if word}
    ids = {word for word in wanted if _ID.fullmatch(word)}
    naming = [job for job in record.ended(engine) if _names(_everything(settings, job), ids, wanted - ids)]
    return _erase(settings, engine, naming)


def words_of(engine: Engine, session: Session) -> list[str]:
    """What a job may know a session by: to be asked for before the session is erased.

    Photos that lie nowhere any more are among them: they are forgotten with any session.
    """
    shown = [photo.id for photo in photos.of_session(engine, session.id)]
    return [session.name, session.id, str(session.folder), *shown, *forgetting.orphans(engine)]


def _names(text: str, ids: Collection[str], words: Collection[str]) -> bool:
    if any(word in text for word in words):
        return True
    rows = _ROW.findall(text) if ids else []  # an id may also stand within a longer row of digits
    return any(row[start : start + 32] in ids for row in rows for start in range(len(row) - 31))


def _erase(settings: Settings, engine: Engine, jobs: Iterable[Job]) -> int:
    """The log goes first: with the row gone nobody would know of it."""
    erased = 0
    for job in jobs:
        launching.log_path(settings, job.id).unlink(missing_ok=True)
        erased += record.erase(engine, job.id)
    return erased


def _everything(settings: Settings, job: Job) -> str:
    log = _text(launching.log_path(settings, job.id))
    return _plain("\n".join((*job.command, job.title, job.message, *_strings(job.result), log)))


def _strings(document: Any) -> Iterator[str]:
    """Every text in a JSON document, its keys among them."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        yield from (text for pair in document.items() for part in pair for text in _strings(part))
    elif isinstance(document, list):
        yield from (text for part in document for text in _strings(part))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _plain(text: str) -> str:
    """One spelling for what looks the same: a Mac's file names have their accents apart."""
    return unicodedata.normalize("NFC", record.printable(text))
