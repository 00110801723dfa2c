"""The catalogue opens, grows older catalogues, and refuses what it must not touch."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from tests import archive_rows
from workbench.archive import backups, catalog, labels, tables
from workbench.archive.catalog import UnusableCatalog
from workbench.faults import BLINK
from workbench.settings import Settings

OLDER = Path(__file__).parent / "catalog_0001.sql"


def _stored(settings: Settings) -> None:
    """Puts the stored older catalogue in place."""
    with closing(sqlite3.connect(settings.datasets / "catalog.db")) as connection:
        connection.executescript(OLDER.read_text(encoding="utf-8"))


def test_a_new_catalogue_has_todays_tables(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def test_a_stored_older_catalogue_is_brought_up_to_date_and_keeps_everything(settings: Settings) -> None:
    _stored(settings)
    engine = catalog.open_catalog(settings)
    assert catalog.schema_version(engine) == catalog.LATEST
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
    standing = labels.current(engine, BLINK)
    assert {photo[0]: label.value for photo, label in standing.items()} == {
        "a": "BLINKING",
        "b": "NON_BLINKING",
    }
    assert len(labels.history(engine, "b" * 32, BLINK)) == 3


def test_an_older_catalogue_is_backed_up_before_it_is_changed(settings: Settings) -> None:
    _stored(settings)
    catalog.open_catalog(settings)
    (kept,) = backups.every(settings)
    with closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert connection.execute("SELECT count(*) FROM labels").fetchone() == (4,)


def test_a_catalogue_of_a_newer_program_is_left_alone(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    with catalog.writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UnusableCatalog, match="newer Eye Spy"):
        catalog.open_catalog(settings)


def test_a_file_that_is_no_database_is_refused_and_kept(settings: Settings) -> None:
    path = settings.datasets / "catalog.db"
    path.write_bytes(b"my shopping list" * 100)
    with pytest.raises(UnusableCatalog, match="Nothing was changed"):
        catalog.open_catalog(settings)
    assert path.read_bytes() == b"my shopping list" * 100


def test_a_failed_transaction_leaves_nothing_behind(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    with pytest.raises(RuntimeError), catalog.writing(engine) as connection:
        archive_rows.photo(connection, "a" * 32)
        raise RuntimeError("power cut")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM photos")).scalar() == 0


def test_ten_backups_are_kept_and_each_is_whole(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    for number in range(13):
        with catalog.writing(engine) as connection:
            archive_rows.photo(connection, f"{number:032x}")
        backups.make(settings, "test")
    kept = backups.every(settings)
    assert len(kept) == backups.KEPT == 10
    with closing(sqlite3.connect(kept[-1])) as connection:
        assert connection.execute("SELECT count(*) FROM photos").fetchone() == (13,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_daily_backup_is_made_once_a_day(settings: Settings) -> None:
    catalog.open_catalog(settings)
    assert backups.make_if_due(settings) is not None
    assert backups.make_if_due(settings) is None
