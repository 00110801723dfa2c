"""Settling: how far a hand-off came that was killed, and clearing up after it; before a client is forgotten as well.

Between “writing” and “written” a file is either as it was or complete: its hash tells which.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, func, select

from workbench.archive import tables
from workbench.errors import WorkbenchError
from workbench.screening import journal, rewriting
from workbench.screening.journal import (
    NOT_WRITTEN,
    OPEN,
    PLANNED,
    STANDING,
    TO_UNDO,
    UNDOING,
    UNDONE,
    WRITING,
    WRITTEN,
    Entry,
    Journal,
)
from workbench.screening.rewriting import Step
from workbench.settings import Settings


def settle(book: Journal) -> int:
    """Finds out how far a killed hand-off came and sweeps what it left; gives how many files were open.

    A file of which nothing can be told now (its drive is away, nobody may read it) stays open, with the reason, and
    stops no other.
    """
    unsettled = book.entries(None, *OPEN)
    for entry in unsettled:
        try:
            if entry.path.parent.is_dir():  # on a drive that is away nothing can be told
                _settle(book, entry)
        except (OSError, WorkbenchError, ValueError) as error:
            book.note(entry, problem=f"how far it came cannot be told: {_reason(error)}")
    for handoff_id in {entry.handoff_id for entry in unsettled if entry.status in (TO_UNDO, UNDOING)}:
        book.close(handoff_id)
    return len(unsettled)


@contextmanager
def settled(settings: Settings, engine: Engine, at: Step = rewriting.nothing) -> Iterator[Journal]:
    """The journal for one hand-off alone, with what was killed before settled; `at` hears each step.

    Raises HandoffRuns.
    """
    with journal.alone(settings):
        book = Journal(settings, engine, at)
        settle(book)
        yield book


@contextmanager
def at_rest(settings: Settings, engine: Engine, session_id: str, *, dry_run: bool = False) -> Iterator[int]:
    """As long as this lasts no hand-off writes, and none was left half done; a dry run looks only, and holds nobody up.

    Gives how many hand-offs of the session stand in its files: whoever forgets the session cannot undo them any more.
    Raises HandoffRuns.
    """
    if dry_run:
        yield _standing(engine, session_id)
        return
    with settled(settings, engine):
        yield _standing(engine, session_id)


def _standing(engine: Engine, session_id: str) -> int:
    """Hand-offs of which a file says what they wrote, or may say so."""
    files, made = tables.handed_files.c, tables.handoffs.c
    query = select(func.count(made.id.distinct())).join_from(tables.handoffs, tables.handed_files)
    with engine.connect() as connection:
        mine = (made.session_id == session_id) & files.status.in_((*OPEN, *STANDING))
        return connection.execute(query.where(mine)).scalar_one()


def _settle(book: Journal, entry: Entry) -> None:
    """One file. What the hand-off drafted goes first: a draft that cannot be taken away is not lost sight of."""
    drafted = entry.draft.exists() or entry.draft.is_symlink()
    now = rewriting.digest(entry.path) if entry.status in (WRITING, UNDOING) else None
    entry.draft.unlink(missing_ok=True)
    if entry.problem:
        book.note(entry, problem=None)
    if entry.status == PLANNED:
        book.note(entry, status=NOT_WRITTEN, problem="it was stopped before this file’s turn")
    elif entry.status == TO_UNDO:
        book.note(entry, status=WRITTEN)
    elif entry.status == WRITING:
        came = now == entry.after_hash or (now not in (None, entry.before_hash) and not drafted)
        book.found(entry, came, WRITTEN, NOT_WRITTEN)
    else:
        result = entry.about.get("result")
        went = now == result or (result is not None and now not in (None, entry.after_hash) and not drafted)
        book.found(entry, went, UNDONE, WRITTEN)


def _reason(error: OSError | WorkbenchError | ValueError) -> str:
    return "it is empty" if isinstance(error, ValueError) else rewriting.reason(error)
