"""What benchmarks of the app share: an archive of photos on disk, the served app, a browser, and a table."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, ViewportSize, sync_playwright
from sqlalchemy import Connection, insert

from workbench.archive import catalog, tables
from workbench.settings import HOME, Settings, from_environment

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--no-first-run"]
WINDOW = ViewportSize(width=1366, height=768)
_AT = datetime(2026, 11, 20, 9)
_BASE = {"fault": "blink", "model": "starter", "threshold": 0.5, "at": _AT, "finished_at": _AT}


@dataclass(frozen=True)
class Running:
    """A served app: its process, its address, and when the process was started (time.time())."""

    process: subprocess.Popen[bytes]
    address: str
    started: float


def installation(folder: Path) -> dict[str, str]:
    """The environment of an empty installation below `folder`, on a port that is free now."""
    for name in ("datasets", "pictures"):
        (folder / name).mkdir(parents=True)
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    return {
        "EYESPY_DATASETS": str(folder / "datasets"),
        "EYESPY_ROOTS": str(folder / "pictures"),
        "EYESPY_PORT": str(port),
        "EYESPY_NO_BROWSER": "1",
    }


@contextmanager
def served(environment: dict[str, str], program: Sequence[str] = ("-m", "workbench", "app")) -> Iterator[Running]:
    """Start `program` with this environment and go on as soon as it answers; stopped at the end."""
    settings = from_environment(environment)
    started = time.time()
    with (settings.datasets / "terminal.txt").open("wb") as terminal:
        process = subprocess.Popen(
            [sys.executable, *program], cwd=HOME, env={**os.environ, **environment}, stdout=terminal, stderr=terminal
        )
    try:
        _await_answer(settings.port, process)
        yield Running(process, f"http://127.0.0.1:{settings.port}", started)
    finally:
        process.terminate()
        process.wait(20)


def _await_answer(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(3000):
        if process.poll() is not None:
            raise RuntimeError("the server ended before it answered")
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/_stcore/health")
            if connection.getresponse().status == 200:
                return
        except ConnectionError:
            time.sleep(0.01)
    raise RuntimeError("the server does not answer")


@contextmanager
def chromium() -> Iterator[Browser]:
    """An installed Chromium without a window."""
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if found is None:
        raise SystemExit(f"no browser found: install one of {', '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


def add_session(settings: Settings, name: str, count: int, *, photos: Path | None = None) -> str:
    """A screened session of `count` photos, half of them labelled; gives its id.

    With `photos`, a folder of files named 0000.jpg and so on; without, its folder is away.
    """
    key = hashlib.sha256(name.encode()).hexdigest()[:32]
    rng = random.Random(name)
    ids = [f"{rng.getrandbits(128):032x}" for _ in range(count)]
    with catalog.writing(catalog.open_catalog(settings)) as connection:
        _add(connection, tables.sessions, [{"id": key, "name": name, "folder": str(photos or f"/nowhere/{name}"),
             "kind": "session", "copied": False}])  # fmt: skip
        _add(connection, tables.photos, [{"id": id, "width": 6000, "height": 4000, "faces": 1,
             "captured_at": _AT + timedelta(seconds=at)} for at, id in enumerate(ids)])  # fmt: skip
        lying = [{"session_id": key, "name": f"{at:04d}.jpg", "photo_id": id} for at, id in enumerate(ids)]
        _add(connection, tables.files, lying)
        _judge(connection, key, ids, rng)
    return key


def _judge(connection: Connection, session: str, ids: list[str], rng: random.Random) -> None:
    _add(connection, tables.screenings, [{**_BASE, "id": session, "session_id": session}])
    blinks = [rng.random() < 0.05 for _ in ids]
    _add(connection, tables.verdicts, [{"screening_id": session, "photo_id": id, "probability": 0.9 if blink else 0.1,
         "group": "blink" if blink else "keep", "reason": "lids closed" if blink else "eyes open"}
         for id, blink in zip(ids, blinks, strict=True)])  # fmt: skip
    said = [{"photo_id": id, "fault": "blink", "value": "BLINKING" if blink else "NON_BLINKING", "origin": "typed",
             "labeller": "benchmark"} for id, blink in list(zip(ids, blinks, strict=True))[::2]]  # fmt: skip
    _add(connection, tables.labels, said)


def _add(connection: Connection, table: tables.Table, rows: Sequence[Mapping[str, object]]) -> None:
    connection.execute(insert(table), [dict(row) for row in rows])


def write_photos(folder: Path, count: int, size: tuple[int, int]) -> Path:
    """`count` different JPEGs of this size, detailed enough to cost what photos cost to decode."""
    folder.mkdir(parents=True)
    grain = Image.effect_noise(size, 40).convert("RGB")
    for number in range(count):
        tint = Image.new("RGB", size, (60 + number % 120, 90, 150 - number % 120))
        Image.blend(grain, tint, 0.6).save(folder / f"{number:04d}.jpg", quality=85)
    return folder


def median(values: Sequence[float]) -> float:
    """The middle of several tries."""
    return statistics.median(values)
