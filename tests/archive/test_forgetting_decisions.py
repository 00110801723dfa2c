"""Forgetting a client takes decisions, exceptions and hand-offs along, and leaves those of others."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, func, insert, select

from tests import photographs
from tests.archive.test_forgetting import _everything, _forget
from tests.archive.test_importing import run
from workbench.archive import catalog, operations, photos, sessions, tables
from workbench.archive.sessions import Session
from workbench.settings import Settings

TABLES = (tables.exceptions, tables.reviews, tables.aliases, tables.handoffs, tables.handed_files)


def _session(settings: Settings, engine: Engine, name: str, seed: int) -> Session:
    photographs.jpeg(settings.roots[1] / name / f"{name}.jpg", seed)
    photographs.jpeg(settings.roots[1] / name / "shared.jpg", 99)
    run(settings, settings.roots[1] / name)
    session = sessions.find(engine, name)
    client = operations.open_client(engine, "tester")
    with catalog.writing(engine) as connection:
        connection.execute(insert(tables.exceptions).values(session_id=session.id, name="laughing", counts_as="keep"))
        handoff = f"{seed:032x}"
        about = {"session_id": session.id, "labeller": "tester", "kind": "xmp", "options": f"{{{name}}}"}
        connection.execute(insert(tables.handoffs).values(id=handoff, **about))
        for number, photo in enumerate(photos.of_session(engine, session.id), start=1):
            _say(connection, session, client, number, photo.id)
            path = f"/{name}/{photo.name}"
            values = {
                "handoff_id": handoff,
                "path": path,
                "kind": "embedded",
                "status": "done",
                "edits": photo.id.encode(),
            }
            connection.execute(insert(tables.handed_files).values(photo_id=photo.id, **values))
    return session


def _say(connection: Connection, session: Session, client: str, seq: int, photo: str) -> None:
    about = {"fault": "blink", "kind": "move", "group": "blink", "labeller": "tester", "at": tables.now()}
    connection.execute(
        insert(tables.reviews).values(session_id=session.id, photo_id=photo, client=client, seq=seq, **about)
    )


def _rows(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES
        }


def test_decisions_exceptions_aliases_and_hand_offs_go_with_their_session(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    zacharias, _ = (_session(settings, engine, name, seed) for seed, name in enumerate(("Zacharias", "Ben"), 1))
    own = next(photo.id for photo in photos.of_session(engine, zacharias.id) if photo.name == "Zacharias.jpg")
    with catalog.writing(engine) as connection:
        connection.execute(insert(tables.aliases).values(identity="a" * 32, photo_id=own))
    _forget(settings, "Zacharias")
    left = _everything(settings)
    for trace in (own, zacharias.id, "Zacharias", "a" * 32):
        assert trace.encode() not in left
    assert _rows(engine) == {"exceptions": 1, "reviews": 2, "aliases": 0, "handoffs": 1, "handed_files": 2}


def test_a_shared_photo_keeps_what_the_other_session_says_of_it(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    _, ben = (_session(settings, engine, name, seed) for seed, name in enumerate(("Zacharias", "Ben"), 1))
    shared = next(photo.id for photo in photos.of_session(engine, ben.id) if photo.name == "shared.jpg")
    with catalog.writing(engine) as connection:
        connection.execute(insert(tables.aliases).values(identity="a" * 32, photo_id=shared))
    _forget(settings, "Zacharias")
    assert _rows(engine)["aliases"] == 1
    with engine.connect() as connection:
        said = connection.execute(select(tables.reviews.c.session_id, tables.reviews.c.photo_id)).all()
    assert (ben.id, shared) in {tuple(row) for row in said} and len(said) == 2
