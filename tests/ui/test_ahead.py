"""What the server does while nobody waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.ui.shoot import frames, shoot
from workbench.archive import catalog, photos, previews
from workbench.settings import Settings
from workbench.ui.ahead import Ahead


def tiles(settings: Settings, session: str) -> list[bool]:
    """Which photos of the session have their tile, in the order taken."""
    shown = photos.of_session(catalog.open_catalog(settings), session)
    return [previews.place(settings, photo.id, 320).exists() for photo in shown]


def first(settings: Settings, session: str) -> str:
    return photos.of_session(catalog.open_catalog(settings), session)[0].id


def eventually(true: Callable[[], bool]) -> None:
    for _ in range(600):
        if true():
            return
        time.sleep(0.05)
    pytest.fail("it had not happened after half a minute")


@pytest.fixture
def ahead(settings: Settings) -> Ahead:
    engine = catalog.open_catalog(settings)
    made = Ahead(settings, lambda: engine)
    made.start()
    return made


def test_the_rest_of_a_session_is_made_once_one_photo_was_looked_at(settings: Settings, ahead: Ahead) -> None:
    ana, ben = (shoot(settings, name, frames(keep=20)) for name in ("Ana", "Ben"))
    ahead.opened(first(settings, ana))
    eventually(lambda: all(tiles(settings, ana)))
    assert not any(tiles(settings, ben))


def test_nothing_is_made_while_somebody_waits(settings: Settings, ahead: Ahead) -> None:
    ana = shoot(settings, "Ana", frames(keep=20))
    with ahead.request():
        ahead.opened(first(settings, ana))
        time.sleep(0.3)
        assert not any(tiles(settings, ana))
    eventually(lambda: all(tiles(settings, ana)))


def test_the_session_opened_last_comes_first_and_the_other_is_finished_after(settings: Settings, ahead: Ahead) -> None:
    ana, ben = (shoot(settings, name, frames(keep=60)) for name in ("Ana", "Ben"))
    ahead.opened(first(settings, ana))
    eventually(lambda: any(tiles(settings, ana)))
    ahead.opened(first(settings, ben))
    eventually(lambda: all(tiles(settings, ben)))
    assert not all(tiles(settings, ana))
    eventually(lambda: all(tiles(settings, ana)))


def test_a_photo_that_is_gone_does_not_end_the_work(settings: Settings, ahead: Ahead) -> None:
    ana = shoot(settings, "Ana", frames(keep=5))
    (settings.roots[-1] / "Ana" / "IMG_0002.jpg").unlink()
    ahead.opened("0" * 32)
    ahead.opened(first(settings, ana))
    eventually(lambda: tiles(settings, ana) == [True, True, False, True, True])


def test_room_is_made_once_it_is_quiet(settings: Settings) -> None:
    small = replace(settings, preview_bytes=0)
    left = previews.place(small, "ab" * 16, "eyes-1")
    left.parent.mkdir(parents=True)
    left.write_bytes(b"seen long ago")
    Ahead(small, lambda: catalog.open_catalog(small), settled=0.05).start()
    eventually(lambda: not left.exists())


def test_it_runs_in_one_thread_that_ends_with_the_process(ahead: Ahead) -> None:
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "ahead")
