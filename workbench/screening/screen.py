"""Screening: a session through a model into three groups. People decide; nothing is moved or deleted."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from datetime import datetime

from sqlalchemy import Engine, func, select

from workbench.archive import tables
from workbench.archive.catalog import writing
from workbench.archive.sessions import Session
from workbench.errors import WorkbenchError
from workbench.learning.registry import BadThreshold, Model
from workbench.screening import live, verdicts
from workbench.screening.live import NothingToScreen, Running, begin
from workbench.screening.verdicts import (
    BLINK,
    CANT_TELL,
    DOUBT,
    GROUPS,
    KEEP,
    Screening,
    Verdict,
    decide,
    regrouped,
)
from workbench.settings import Settings

__all__ = [
    "BLINK",
    "CANT_TELL",
    "DOUBT",
    "GROUPS",
    "KEEP",
    "NotScreened",
    "NothingToScreen",
    "Running",
    "Screening",
    "Verdict",
    "begin",
    "decide",
    "in_order",
    "latest",
    "regrouped",
    "screen",
    "set_threshold",
    "times",
]


class NotScreened(WorkbenchError):
    """The session has no screening yet."""

    def __init__(self) -> None:
        super().__init__("This session has not been screened yet. Screen it first.")


def screen(settings: Settings, engine: Engine, session: Session, model: Model, executor: Executor) -> Screening:
    """Looks at every photo of the session and writes the screening down. Raises NothingToScreen.

    Photos whose views are not kept are read again, and their verdicts appear while that goes on.
    """
    return live.whole(begin(settings, engine, session, model, executor))


def latest(engine: Engine, session_id: str) -> Screening | None:
    """The session's newest screening, running or finished; None when it has none."""
    with engine.connect() as connection:
        return verdicts.read(connection, session_id)


def set_threshold(engine: Engine, session_id: str, threshold: float) -> Screening:
    """Stores another threshold for the session's newest screening alone, and gives it regrouped.

    Raises BadThreshold outside 0..1, and NotScreened.
    """
    if not 0 < threshold < 1:
        raise BadThreshold(f"A threshold of {threshold:g} cannot be set", "Choose one between 0 and 1.")
    with writing(engine) as connection:
        screening = verdicts.read(connection, session_id)
        if screening is None:
            raise NotScreened()
        new = regrouped(screening, threshold, verdicts.counting(connection, session_id))
        verdicts.rewrite(connection, new)
    return new


def times(engine: Engine) -> dict[str, datetime]:
    """When each session was last screened to its end (UTC, without a zone); one that was not is not in it."""
    table = tables.screenings.c
    query = select(table.session_id, func.max(table.at)).where(table.finished_at.is_not(None))
    with engine.connect() as connection:
        return {session_id: at for session_id, at in connection.execute(query.group_by(table.session_id))}


def in_order(said: Iterable[Verdict]) -> list[Verdict]:
    """Blinks first, surest first; then what cannot be told; then the keepers."""
    return sorted(said, key=lambda verdict: (GROUPS.index(verdict.group), -(verdict.probability or 0)))
