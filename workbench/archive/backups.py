"""Copies of the catalogue: the last ten, once a day and before every change of its structure."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import make_url

from workbench.settings import Settings

KEPT = 10
_EVERY = timedelta(days=1)


def database_file(settings: Settings) -> Path | None:
    """The catalogue's file; None when it lies in a database server, which has backups of its own."""
    url = make_url(settings.database)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def every(settings: Settings) -> list[Path]:
    """The backups, oldest first."""
    return sorted(settings.backups.glob("catalog-*.db"))


def make(settings: Settings, reason: str) -> Path | None:
    """A whole copy of the catalogue as it is now, open or not; the oldest beyond ten go."""
    source = database_file(settings)
    if source is None or not source.exists():
        return None
    settings.backups.mkdir(parents=True, exist_ok=True)
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    target = settings.backups / f"catalog-{moment}-{reason}.db"
    unfinished = target.with_suffix(".part")
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(unfinished)) as new:
        old.backup(new)
    with unfinished.open("rb") as written:
        os.fsync(written.fileno())
    unfinished.replace(target)
    others = [path for path in every(settings) if path != target]  # never this one, whatever the clock says
    for oldest in others[: max(0, len(others) - KEPT + 1)]:
        oldest.unlink(missing_ok=True)
    return target


def make_if_due(settings: Settings) -> Path | None:
    """The day's backup, unless one was made within a day."""
    kept = every(settings)
    ages = [abs(datetime.now(UTC) - datetime.fromtimestamp(path.stat().st_mtime, UTC)) for path in kept]
    if ages and min(ages) < _EVERY:
        return None
    return make(settings, "daily")


def erase(settings: Settings) -> int:
    """Deletes every backup, for they hold what is to be forgotten; gives how many there were."""
    kept = [*every(settings), *settings.backups.glob("catalog-*.part")]
    for path in kept:
        path.unlink()
    return len(kept)
