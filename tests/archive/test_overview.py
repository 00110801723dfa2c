"""Counts of sessions are right after every kind of change, however they are kept."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from tests import archive_rows, photographs
from tests.archive.test_importing import run
from workbench.archive import catalog, labels, overview, tables
from workbench.faults import BLINK
from workbench.settings import Settings

A, B = "a" * 32, "b" * 32


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """A catalogue with one session of two photos."""
    engine = catalog.open_catalog(settings)
    archive_rows.session(engine, "Ana", [A, B])
    return engine


def _counts(engine: Engine, name: str = "Ana") -> tuple[int, int, int]:
    (found,) = [one for one in overview.every(engine) if one.session.name == name]
    return found.photos, found.labelled, found.faulty


def test_a_label_a_second_one_and_an_undo_are_counted(engine: Engine) -> None:
    assert _counts(engine) == (2, 0, 0)
    archive_rows.say(engine, A, "BLINKING")
    assert _counts(engine) == (2, 1, 1)
    archive_rows.say(engine, A, "NON_BLINKING")
    assert _counts(engine) == (2, 1, 0)
    labels.undo(engine, labels.current(engine, BLINK)[A].id, labeller="Ana")
    assert _counts(engine) == (2, 1, 1)


def test_a_label_counts_in_every_session_of_its_photo(engine: Engine) -> None:
    archive_rows.session(engine, "Ben", [B])
    assert _counts(engine, "Ben") == (1, 0, 0)
    archive_rows.say(engine, B, "BLINKING")
    assert _counts(engine) == (2, 1, 1) and _counts(engine, "Ben") == (1, 1, 1)


def test_unchanged_sessions_are_not_counted_again(engine: Engine) -> None:
    overview.every(engine)
    with catalog.writing(engine) as connection:  # behind the archive's back
        connection.execute(tables.counts.update().values(photos=77))
    assert _counts(engine)[0] == 77
    archive_rows.say(engine, A, "BLINKING")
    assert _counts(engine)[0] == 2


def test_an_import_is_counted_with_its_problems_and_faceless_photos(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    folder = settings.roots[1] / "Ben"
    photographs.jpeg(folder / "1.jpg", 1)
    run(settings, folder)
    assert _counts(engine, "Ben") == (1, 0, 0)
    photographs.jpeg(folder / "2.jpg", 2)
    (folder / "3.jpg").write_bytes(b"")
    run(settings, folder)
    (found,) = overview.every(engine)
    assert (found.photos, found.unreadable, found.no_face, found.away) == (2, 1, 2, False)
    with engine.connect() as connection:
        assert len(connection.execute(select(tables.counts)).all()) == 1
