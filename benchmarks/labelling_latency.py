"""How long from a key press to the next photo on the screen, labelling photos of 24 MP.

`python -m benchmarks.labelling_latency`: the Label page, and a plain Streamlit page that shows the same files by
`st.image` and counts on with a button, in one run and one Chromium without a window; then the Label page once more
with two busy processes beside it, at the niceness that our own jobs have.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page
from sqlalchemy import func, select

from benchmarks import _camera, _served
from benchmarks._served import Running
from workbench import assets
from workbench.archive import catalog, folders, importing, sessions, tables
from workbench.settings import Settings, from_environment
from workbench.vision import analysis

AIMS = {"p50 ms": 50.0, "p95 ms": 100.0, "p95 ms, busy": 150.0}
PORTRAIT, FACE = "astronaut.png", (80, 0, 380, 300)
NICE = 15
PAUSE = 350
"""Milliseconds between presses: at about 150 a minute, half as fast again as the aim of a hundred."""
BUSY = f"import os; os.nice({NICE})\nwhile True: sum(range(10**6))"
PLAIN = """
from pathlib import Path
import streamlit as st
files = sorted(Path(FOLDER).glob("*.jpg"))
st.session_state.setdefault("at", 0)
def on(): st.session_state["at"] += 1
at = st.session_state["at"] % len(files)
st.button("On", on_click=on, shortcut="n")
st.image(str(files[at]))
"""
# The moment of the key press, and the frame after the next photo was decoded: milliseconds between both.
READY = """() => {
  const all = document.querySelectorAll("*")
  const roots = [...all].map(each => each.shadowRoot).filter(Boolean)
  window.loupe = roots.map(root => root.querySelector(".desk > .loupe")).find(Boolean)
  return Boolean(loupe?.querySelector(".large.there"))
}"""
# CURRENT gives the element that shows the photo; the time runs until the frame after the next one was decoded.
TIMED = """() => new Promise((done, failed) => {
  setTimeout(() => failed(new Error("no other photo within 20 s of the key")), 20000)
  const current = CURRENT
  const before = current()
  const was = before?.src
  const painted = pressed => requestAnimationFrame(() => done(performance.now() - pressed))
  addEventListener("keydown", event => {
    const look = () => {
      const now = current()
      if (!now || (now === before && now.src === was)) return requestAnimationFrame(look)
      now.decode().then(() => painted(event.timeStamp), failed)
    }
    look()
  }, { capture: true, once: true })
})"""
DESK = TIMED.replace("CURRENT", '() => loupe.querySelector(".large")')
IMAGE = TIMED.replace("CURRENT", '() => document.querySelector("[data-testid=stImage] img, .stImage img")')


@dataclass(frozen=True)
class Latency:
    """Milliseconds from key press to paint over `presses`."""

    presses: int
    p50: float
    p95: float


@dataclass(frozen=True)
class Report:
    """The Label page, the plain page, and the Label page beside busy processes; `stored` of `said` answers."""

    photos: int
    desk: Latency
    plain: Latency
    busy: Latency
    said: int
    stored: int

    @property
    def ratio(self) -> float:
        """The Label page by the plain one, by their medians."""
        return self.desk.p50 / self.plain.p50


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.labelling_latency", description=__doc__)
    parser.add_argument("--presses", type=int, default=100)
    parser.add_argument("--quick", action="store_true", help="a few presses: proves only that it runs")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    chosen = parser.parse_args(arguments)
    report = measure(6 if chosen.quick else chosen.presses, plain_presses=4 if chosen.quick else 30)
    print(json.dumps({**asdict(report), "ratio": report.ratio}, indent=2) if chosen.json else shown(report))


def measure(presses: int, *, plain_presses: int) -> Report:
    """Imports a session of 24 MP photos into a temporary folder and labels it twice, from its first photo on."""
    with tempfile.TemporaryDirectory(prefix="eyespy-label-") as name, _served.chromium() as browser:
        root = Path(name).resolve()
        environment = _served.installation(root)
        settings = from_environment(environment)
        count = presses + 12
        session = _imported(settings, count)
        address = f"/label?session={session}"
        with _served.served(environment) as running:
            desk = _pressed(browser, running, address, presses)
            with _beside(2):
                busy = _pressed(browser, running, address, presses)
        script = root / "plain.py"
        script.write_text(f"FOLDER = {str(settings.roots[1] / 'Ana')!r}\n{PLAIN}")
        command = ("-m", "streamlit", "run", str(script), "--server.port", str(settings.port))
        quiet = ("--server.headless", "true", "--browser.gatherUsageStats", "false", "--server.address", "127.0.0.1")
        with _served.served(environment, (*command, *quiet)) as running:
            plain = _plain(browser, running, plain_presses)
        return Report(count, desk, plain, busy, 2 * presses, _stored(settings))


def _imported(settings: Settings, count: int) -> str:
    portrait = assets.path(settings, PORTRAIT)
    folder = settings.roots[1] / "Ana"
    shots = [_camera.expose(portrait, FACE, seed) for seed in range(4)]
    _camera.write_session(folder, shots, count=count, embedded=True)
    engine = catalog.open_catalog(settings)
    with analysis.pool(settings) as executor:
        for plan in folders.plan(folder, settings):
            importing.import_session(engine, plan, analysis.Analyst(settings), executor)
    return sessions.every(engine)[0].id


def _pressed(browser: Browser, running: Running, address: str, presses: int) -> Latency:
    context = browser.new_context(viewport=_served.WINDOW)
    try:
        page = context.new_page()
        page.goto(running.address + address)
        page.wait_for_function(READY, timeout=60_000)
        page.keyboard.press("Home")
        page.wait_for_timeout(3000)
        return _latency([_once(page, DESK, "n", pause=PAUSE) for _ in range(presses)])
    finally:
        context.close()


def _plain(browser: Browser, running: Running, presses: int) -> Latency:
    context = browser.new_context(viewport=_served.WINDOW)
    try:
        page = context.new_page()
        page.goto(running.address)
        page.locator("img").first.wait_for()
        page.wait_for_timeout(1000)
        return _latency([_once(page, IMAGE, "n", pause=PAUSE) for _ in range(presses)])
    finally:
        context.close()


def _once(page: Page, script: str, key: str, *, pause: int) -> float:
    """One press, and a pause after it."""
    page.evaluate(f"() => {{ window.measured = ({script})(); window.measured.catch(() => 0) }}")
    page.keyboard.press(key)
    milliseconds: float = page.evaluate("() => window.measured")
    page.wait_for_timeout(pause)
    return milliseconds


def _latency(times: Sequence[float]) -> Latency:
    return Latency(len(times), float(np.percentile(times, 50)), float(np.percentile(times, 95)))


@contextmanager
def _beside(count: int) -> Iterator[None]:
    """So many busy processes, as nice as our own jobs."""
    started = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        time.sleep(0.5)
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def _stored(settings: Settings) -> int:
    with catalog.open_catalog(settings).connect() as connection:
        return connection.execute(select(func.count()).select_from(tables.labels)).scalar_one()


def shown(report: Report) -> str:
    """The report as a table."""
    lines = [f"{report.photos} photos of 24 MP; milliseconds from key press to the next photo painted", ""]
    rows = {"Label page": report.desk, "Label page, two busy": report.busy, "plain st.image page": report.plain}
    lines.append(f"{'':24}{'presses':>8}{'p50':>8}{'p95':>8}")
    lines += [f"{name:24}{row.presses:8}{row.p50:8.0f}{row.p95:8.0f}" for name, row in rows.items()]
    lines += ["", f"as a ratio to the plain page: {report.ratio:.2f}"]
    lines.append(f"answers stored: {report.stored} of {report.said}")
    found = (report.desk.p50, report.desk.p95, report.busy.p95)
    for (aim, limit), value in zip(AIMS.items(), found, strict=True):
        lines.append(f"{aim}: {value:.0f} (aim: at most {limit:g}) {'ok' if value <= limit else 'MISSED'}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
