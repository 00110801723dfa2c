"""The catalogue: one database for the facts that cannot be made again.

SQLite in WAL mode by default; nothing here that PostgreSQL would refuse.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError

from workbench.archive import backups
from workbench.errors import WorkbenchError
from workbench.settings import Settings

LATEST = "0006"


class UnusableCatalog(WorkbenchError):
    """The database cannot be opened as a catalogue."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(
            f"The catalogue at {where} cannot be opened: {reason}. "
            f"Nothing was changed; put back a copy from the backups folder beside it, or set EYESPY_DATABASE."
        )


def open_catalog(settings: Settings) -> Engine:
    """The catalogue's engine; made when missing, brought up to date (after a backup) when old.

    Raises UnusableCatalog when the file is not a catalogue, or was written by a newer Eye Spy.
    """
    settings.datasets.mkdir(parents=True, exist_ok=True)
    engine = _engine(settings.database)
    try:
        version = schema_version(engine)
        if version != LATEST:
            _migrate(settings, engine, version)
    except DatabaseError as error:
        raise UnusableCatalog(_shown(settings), str(error.orig)) from error
    return engine


def schema_version(engine: Engine) -> str | None:
    """Number of the newest migration that the catalogue has had; None for an empty database."""
    with engine.connect() as connection:
        return _version_on(connection)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: whole or not at all, and one at a time."""
    with engine.connect().execution_options(eyespy_writes=True) as connection, connection.begin():
        yield connection


def _engine(url: str) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late for schema changes and locks
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("eyespy_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(settings: Settings, engine: Engine, version: str | None) -> None:
    from alembic import command  # a quarter of a second that only an old catalogue needs
    from alembic.config import Config

    if version is not None and version > LATEST:
        raise UnusableCatalog(_shown(settings), f"it is of a newer Eye Spy (step {version}, known: {LATEST})")
    if version is not None:
        backups.make(settings, f"before-step-{LATEST}")
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    with writing(engine) as connection:
        if connection.dialect.name != "sqlite" or _version_on(connection) == version:
            config.attributes["connection"] = connection
            command.upgrade(config, LATEST)


def _version_on(connection: Connection) -> str | None:
    """The schema's number as this transaction sees it: another process may have migrated meanwhile."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _shown(settings: Settings) -> str:
    return make_url(settings.database).render_as_string(hide_password=True)
