"""A watched folder: sessions are taken up whole, on drives that tell nothing and on those that fail now and then."""

from __future__ import annotations

import errno
import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import photographs
from workbench.archive.arrivals import Seen
from workbench.commands import watching
from workbench.commands.watching import Watching
from workbench.errors import WorkbenchError
from workbench.settings import Settings

DEADLINE = 60
"""Seconds, generous: a test machine may be busy."""


class Busy(WorkbenchError):
    """What stands in the way of a session for a while."""

    def __init__(self) -> None:
        super().__init__("Another hand-off is writing files.")


class Enough(Exception):
    """Ends a watch."""


@pytest.fixture
def folder(settings: Settings) -> Path:
    """The watched folder, beside which linked sessions can lie."""
    watched = settings.roots[1] / "watched"
    watched.mkdir()
    return watched


def linked(folder: Path, name: str) -> Path:
    """A session that lies elsewhere: no system tells what is written behind a link. Gives where it lies."""
    real = folder.with_name("elsewhere") / name
    photographs.jpeg(real / "0.jpg", 1)
    (folder / name).symlink_to(real)
    return real


def taken(folder: Path, settings: Settings) -> tuple[list[str], bool]:
    """The names of the sessions that a watch takes up at once, and whether something failed."""
    names: list[str] = []

    def take(seen: Seen) -> bool:
        names.append(seen.plan.name)
        return True

    watch = Watching(settings, folder, 0.05, take, once=True)
    watch.run()
    return names, watch.failed


@pytest.fixture
def follow(folder: Path, settings: Settings) -> Iterator[Callable[[Callable[[Seen], bool]], queue.Queue[Seen]]]:
    """Watches on, in a thread, until the test is over; gives what is taken up, as it is."""
    over, threads = threading.Event(), list[threading.Thread]()

    def begin(take: Callable[[Seen], bool]) -> queue.Queue[Seen]:
        said: queue.Queue[Seen] = queue.Queue()

        def each(seen: Seen) -> bool:
            if over.is_set():
                raise Enough
            said.put(seen)
            return take(seen)

        def run() -> None:
            try:
                Watching(settings, folder, 0.05, each).run()
            except Enough:
                pass

        threads.append(threading.Thread(target=run, daemon=True))
        threads[0].start()
        return said

    yield begin
    over.set()
    photographs.jpeg(folder / "the last/1.jpg", 1)
    for thread in threads:
        thread.join(DEADLINE)


def test_sessions_that_still_grow_are_not_taken_up_by_half_where_the_drive_tells_nothing(
    folder: Path, settings: Settings
) -> None:
    places = [linked(folder, name) for name in ("Ana", "Bo")]
    lying: dict[str, int] = {}

    def grow() -> None:
        for number in range(1, 30):
            time.sleep(0.05)
            for place in places:
                (place / f"{number}.jpg").write_bytes(b"photo")

    def take(seen: Seen) -> bool:
        lying[seen.plan.name] = len(seen.plan.files)
        return True

    growing = threading.Thread(target=grow)
    growing.start()
    Watching(settings, folder, 0.8, take, once=True).run()
    growing.join()
    assert lying == {"Ana": 30, "Bo": 30}


def test_what_joins_a_linked_session_is_noticed(
    folder: Path, follow: Callable[..., queue.Queue[Seen]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "UNPROMPTED_EVERY", 0.1)
    real = linked(folder, "Ana")
    said = follow(lambda seen: True)
    assert len(said.get(timeout=DEADLINE).plan.files) == 1
    photographs.jpeg(real / "1.jpg", 2)
    assert len(said.get(timeout=DEADLINE).plan.files) == 2


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A disk that refuses to list folders of a name those times."""

    def refuse(times: set[int], name: str = "Ana") -> None:
        count, real = 0, Path.iterdir

        def iterdir(path: Path) -> Iterator[Path]:
            nonlocal count
            count += path.name == name
            if path.name == name and count in times:
                raise OSError(errno.EIO, "Input/output error")
            return real(path)

        monkeypatch.setattr(Path, "iterdir", iterdir)

    return refuse


@pytest.mark.parametrize("times", [{1}, {3}, {1, 2, 5}], ids=str)
@pytest.mark.parametrize("name", ["Ana", "watched"])
def test_a_disk_that_fails_for_a_moment_loses_no_session(
    folder: Path, settings: Settings, failing: Callable[..., None], name: str, times: set[int]
) -> None:
    photographs.jpeg(folder / "Ana/1.jpg", 1)
    failing(times, name)
    assert taken(folder, settings) == (["Ana"], False)


def test_a_disk_that_fails_for_good_is_named_and_the_others_are_done(
    folder: Path, settings: Settings, failing: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    photographs.jpeg(folder / "Ana/1.jpg", 1)
    photographs.jpeg(folder / "Bo/1.jpg", 2)
    failing(set(range(1000)))
    assert taken(folder, settings) == (["Bo"], True)
    told = capsys.readouterr().err
    assert told.count("Ana: “") == 1 and "cannot be read (Input/output error)" in told


def test_what_could_not_be_taken_up_is_tried_again_and_named_once(
    folder: Path,
    follow: Callable[..., queue.Queue[Seen]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(watching, "AGAIN_AFTER", 0.01)
    photographs.jpeg(folder / "Ana/1.jpg", 1)
    tries = [Busy(), Busy(), None]

    def take(seen: Seen) -> bool:
        if error := tries.pop(0) if tries else None:
            raise error
        return True

    said = follow(take)
    assert [said.get(timeout=DEADLINE).plan.name for _ in range(3)] == ["Ana"] * 3
    assert capsys.readouterr().err == "Ana: Another hand-off is writing files.\n"


def test_with_once_what_could_not_be_taken_up_is_a_failure(folder: Path, settings: Settings) -> None:
    photographs.jpeg(folder / "Ana/1.jpg", 1)

    def take(seen: Seen) -> bool:
        raise Busy

    watch = Watching(settings, folder, 0.05, take, once=True)
    watch.run()
    assert watch.failed
