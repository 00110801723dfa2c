"""`watch` as a person starts it: a real process, real folders that fill, grow and go away, and a real Ctrl-C."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from tests import photographs
from tests.archive.test_importing import state
from tests.screening import packets
from tests.screening.carriers import XMP, segment
from tests.test_cli import environment, ok, portrait, run
from workbench.archive import catalog, sessions, tables
from workbench.screening import journal, screen
from workbench.settings import HOME, Settings

DEADLINE = 60
"""Seconds, generous: a test machine may be busy."""
SHOTS = 8
AT_ONCE = ("--once", "--quiet-for", "0.05")


@pytest.fixture
def pictures(settings: Settings) -> Path:
    """The watched folder: the allowed root of the test installation."""
    return settings.roots[1]


def screenings(settings: Settings) -> int:
    """How many screenings the catalogue holds."""
    engine = catalog.open_catalog(settings)
    with engine.connect() as connection:
        return len(connection.execute(select(tables.screenings.c.id)).all())


@dataclass
class Watcher:
    """A running `watch`, and the lines that it has said so far."""

    process: subprocess.Popen[str]
    lines: queue.Queue[str] = field(default_factory=queue.Queue)

    def read(self) -> None:
        """Collects its lines until it ends."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def says(self, wanted: str) -> str:
        """Its next line that contains the words; the test fails when none comes."""
        heard, deadline = list[str](), time.monotonic() + DEADLINE
        while not heard or wanted not in heard[-1]:
            try:
                heard.append(self.lines.get(timeout=max(0.01, deadline - time.monotonic())))
            except queue.Empty:
                pytest.fail(f"it never said “{wanted}”, but {heard}")
        return heard[-1]

    def stop(self) -> tuple[int, list[str]]:
        """Ctrl-C; gives its exit status and what it said that was not yet heard."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(DEADLINE)
        rest = list[str]()
        while not self.lines.empty():
            rest.append(self.lines.get())
        return status, rest


@pytest.fixture
def start(settings: Settings) -> Iterator[Callable[..., Watcher]]:
    """Starts `watch` in a process of its own; whatever still runs when the test is over is ended."""
    started: list[Watcher] = []

    def begin(*arguments: str | Path, **variables: str) -> Watcher:
        process = subprocess.Popen(
            [sys.executable, "-m", "workbench", "watch", *map(str, arguments)],
            cwd=HOME,
            env={**os.environ, **environment(settings), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A shell that runs tests in its background has them ignore Ctrl-C, and so would their children.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        watcher = Watcher(process)
        threading.Thread(target=watcher.read, daemon=True).start()
        started.append(watcher)
        return watcher

    yield begin
    for watcher in started:
        watcher.process.kill()
        watcher.process.communicate()


def test_sessions_are_screened_as_they_arrive_and_grow_and_ctrl_c_ends_it_calmly(
    settings: Settings, pictures: Path, start: Callable[..., Watcher]
) -> None:
    portrait(pictures / "Ana", "1.jpg", 1)
    before = state(pictures)
    watcher = start(pictures, "--quiet-for", "0.3")
    assert watcher.says("Watching") == f"Watching “{pictures}” for new sessions. Ctrl-C ends it."
    assert watcher.says("Ana:") == "Ana: 1 keep · 0 blink · 0 can't tell"
    portrait(pictures / "Bo", "2.jpg", 2)
    assert watcher.says("Bo:") == "Bo: 1 keep · 0 blink · 0 can't tell"
    portrait(pictures / "Ana", "3.jpg", 3)
    assert watcher.says("Ana:") == "Ana: 2 keep · 0 blink · 0 can't tell"
    assert watcher.stop() == (0, ["Stopped watching. What was done is kept."])
    after = state(pictures)
    assert before.items() <= after.items(), "photos are only read"


def test_ctrl_c_in_the_middle_of_a_session_is_calm_too_and_the_next_watch_goes_on(
    settings: Settings, pictures: Path, start: Callable[..., Watcher]
) -> None:
    for number in range(SHOTS):
        photographs.jpeg(pictures / f"Ana/{number}.jpg", number, size=(900, 600))
    watcher = start(pictures, "--quiet-for", "0.1", EYESPY_WORKERS="1")
    watcher.says("Watching")
    engine, deadline = catalog.open_catalog(settings), time.monotonic() + DEADLINE
    while (read := _files(engine)) == 0:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert watcher.stop() == (0, ["Stopped watching. What was done is kept."]), (
        f"it was over too soon, {read} were read"
    )
    assert 0 < _files(engine) < SHOTS
    assert ok(settings, "watch", pictures, *AT_ONCE) == f"Ana: 0 keep · 0 blink · {SHOTS} can't tell\n"


def _files(engine: Engine) -> int:
    with engine.connect() as connection:
        return len(connection.execute(select(tables.files.c.id)).all())


def test_half_a_file_is_not_read(settings: Settings, pictures: Path, start: Callable[..., Watcher]) -> None:
    whole = photographs.jpeg(settings.datasets.parent / "card.jpg", 1).read_bytes()
    watcher = start(pictures, "--quiet-for", "1.5")
    watcher.says("Watching")
    (pictures / "Ana").mkdir()
    with (pictures / "Ana/1.jpg").open("wb") as copy:
        for begin in range(0, len(whole), len(whole) // 9):  # longer in all than a session must be quiet
            copy.write(whole[begin : begin + len(whole) // 9])
            copy.flush()
            time.sleep(0.2)
    assert watcher.says("Ana:") == "Ana: 0 keep · 0 blink · 1 can't tell", "it was not taken for a broken photo before"


def test_a_folder_that_goes_away_is_said_and_waited_for(
    settings: Settings, pictures: Path, start: Callable[..., Watcher]
) -> None:
    watcher = start(pictures, "--quiet-for", "0.2", "--poll")
    assert "looking every 2 seconds" in watcher.says("Watching")
    pictures.rename(pictures.with_name("unplugged"))
    assert watcher.says("away") == f"“{pictures}” is away. Waiting for it to come back."
    photographs.jpeg(pictures.with_name("unplugged") / "Ana/1.jpg", 1)
    pictures.with_name("unplugged").rename(pictures)
    watcher.says("Watching")
    watcher.says("Ana: 0 keep")
    assert watcher.stop()[0] == 0


def test_what_is_screened_and_unchanged_is_left_alone_by_the_next_watch(settings: Settings, pictures: Path) -> None:
    portrait(pictures / "Ana", "1.jpg", 1)
    assert ok(settings, "watch", pictures, *AT_ONCE) == "Ana: 1 keep · 0 blink · 0 can't tell\n"
    assert ok(settings, "watch", pictures, *AT_ONCE) == ""
    assert screenings(settings) == 1


def test_a_screening_that_was_stopped_is_gone_on_with(settings: Settings, pictures: Path) -> None:
    portrait(pictures / "Ana", "1.jpg", 1)
    ok(settings, "import", pictures / "Ana")
    assert ok(settings, "watch", pictures, *AT_ONCE) == "Ana: 1 keep · 0 blink · 0 can't tell\n"
    engine = catalog.open_catalog(settings)
    with catalog.writing(engine) as connection:
        connection.execute(tables.screenings.update().values(finished_at=None))
    assert ok(settings, "watch", pictures, *AT_ONCE) == "Ana: 1 keep · 0 blink · 0 can't tell\n"
    newest = screen.latest(engine, sessions.find(engine, "Ana").id)
    assert newest is not None and newest.finished


def test_one_bad_session_is_named_and_the_others_are_done(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "Bad/1.jpg", 1)
    (pictures / "Bad/labels.csv").write_text("nothing\n")
    (pictures / "Torn").mkdir()
    (pictures / "Torn/1.jpg").write_bytes(b"no photo")
    photographs.jpeg(pictures / "Zoe/1.jpg", 2)
    (pictures / "Zoe/2.jpg").write_bytes(b"no photo")
    result = run(settings, "watch", pictures, *AT_ONCE)
    assert result.exit_code == 3
    assert result.stdout == "Zoe: 0 keep · 0 blink · 1 can't tell · 1 could not be read\n"
    assert "Bad: “" in result.stderr and "Torn: none of 1 file could be read." in result.stderr


def test_an_empty_folder_gives_nothing_to_do(settings: Settings, pictures: Path) -> None:
    assert ok(settings, "watch", pictures, *AT_ONCE) == ""


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["/etc"], 1, "lies outside the folders that Eye Spy may read"),
        (["{pictures}/none"], 1, "is not a folder"),
        (["{pictures}/../datasets"], 1, "holds Eye Spy's own archive"),
        (["{pictures}", "--quiet-for", "0"], 2, "--quiet-for"),
        (["{pictures}", "--to", "xmp", "--preset", "bridge"], 2, "--unreviewed"),
        (["{pictures}", "--to", "copies", "--unreviewed", "--folder", "{pictures}/kept"], 2, "in the watched folder"),
        (["{pictures}", "--to", "csv", "--unreviewed", "--file", "out.csv"], 2, "over the one before"),
    ],
)
def test_what_cannot_be_watched_gets_one_sentence(
    settings: Settings, pictures: Path, arguments: list[str], status: int, sentence: str
) -> None:
    result = run(settings, "watch", *(one.format(pictures=pictures) for one in arguments))
    assert result.exit_code == status and sentence in result.stderr


def test_sessions_are_handed_to_the_editor_when_asked_to(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "Ana/1.jpg", 1)
    before = state(pictures)
    asked = ("--to", "xmp", "--preset", "lightroom", "--unreviewed")
    assert "Would write 1 file" in ok(
        settings, "watch", pictures, *AT_ONCE, "--to", "xmp", "--preset", "lightroom", "--dry-run"
    )
    assert state(pictures) == before
    photographs.jpeg(pictures / "Bo/2.jpg", 2)
    out = ok(settings, "watch", pictures, *AT_ONCE, *asked)
    assert out.startswith("Bo: 0 keep · 0 blink · 1 can't tell\n  Wrote 1 file")
    assert b"Yellow" in (pictures / "Bo/2.jpg").read_bytes()
    assert b"Yellow" not in (pictures / "Ana/1.jpg").read_bytes(), "a session that was screened before is left alone"
    assert ok(settings, "watch", pictures, *AT_ONCE, *asked) == "", "what it wrote itself is no arrival"


def test_a_hand_off_that_failed_is_made_up_for_by_the_next_watch(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "Ana/1.jpg", 1)
    asked = ("--to", "xmp", "--preset", "lightroom", "--unreviewed")
    with journal.alone(settings):
        result = run(settings, "watch", pictures, *AT_ONCE, *asked)
    assert result.exit_code == 3 and "Ana: Another hand-off is writing files" in result.stderr
    assert b"Yellow" not in (pictures / "Ana/1.jpg").read_bytes()
    assert "Wrote 1 file" in ok(settings, "watch", pictures, *AT_ONCE, *asked)
    assert b"Yellow" in (pictures / "Ana/1.jpg").read_bytes()
    assert ok(settings, "watch", pictures, *AT_ONCE, *asked) == ""


def test_files_that_could_not_be_written_are_tried_again_by_the_next_watch(settings: Settings, pictures: Path) -> None:
    whole = photographs.jpeg(pictures / "Ana/1.jpg", 1).read_bytes()
    photographs.jpeg(pictures / "Ana/2.jpg", 2)
    twice = segment(0xE1, XMP + packets.packet("")) * 2
    (pictures / "Ana/1.jpg").write_bytes(whole[:2] + twice + whole[2:])
    asked = ("--to", "xmp", "--preset", "lightroom", "--unreviewed")
    for _ in range(2):
        result = run(settings, "watch", pictures, *AT_ONCE, *asked)
        assert result.exit_code == 3 and "1.jpg: XMP cannot be written into this file" in result.stderr
    assert b"Yellow" in (pictures / "Ana/2.jpg").read_bytes()
    (pictures / "Ana/1.jpg").write_bytes(whole)
    assert "Wrote 1 file" in ok(settings, "watch", pictures, *AT_ONCE, *asked)
