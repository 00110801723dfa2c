"""How long the workbench takes to show a session of 600 photos, and how much memory its server then holds.

`python -m benchmarks.app_start`: process start → first paint → first screen of tiles, in a Chromium without a window,
by turns with a bare Streamlit app (one `st.write`) served in the same way: seconds change with the machine, their ratio
hardly. The files were just written, so that no disk is measured.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import psutil
from playwright.sync_api import Browser, Page

from benchmarks import _served
from benchmarks._served import Running, median
from workbench.settings import from_environment

AIMS = {"cold start to first paint": 2.5, "first screen of tiles": 1.5, "memory in MB": 300.0}
PHOTO = (1800, 1200)
T = TypeVar("T")
BARE = """
import sys
import streamlit as st
from workbench.settings import from_environment
from workbench.ui import server
st.App(sys.argv[1]).run(config=server.options(from_environment()))
"""
# When every tile that can be seen has its picture: milliseconds since 1970, on the same clock as time.time(). Only the
# tiles themselves are measured, and only from time to time: their contents are not laid out until they are seen.
TILES = """() => new Promise((done, fail) => {
  const until = performance.now() + 60000
  const look = () => {
    const roots = [...document.querySelectorAll("*")].map(each => each.shadowRoot).filter(Boolean)
    const scroll = roots.map(root => root.querySelector(".scroll")).find(Boolean)
    const view = scroll?.getBoundingClientRect()
    const seen = [...(scroll?.querySelectorAll(".tile") ?? [])].filter(tile => {
      const box = tile.getBoundingClientRect()
      return box.height && box.top < view.bottom - 1 && box.bottom > view.top + 1
    })
    const there = seen.map(tile => tile.querySelector("img")).every(image => image.complete && image.naturalWidth)
    if (seen.length && there) requestAnimationFrame(() => done(performance.timeOrigin + performance.now()))
    else if (performance.now() > until) fail(new Error("a tile had no picture after a minute"))
    else setTimeout(look, 50)
  }
  look()
})"""
TEXT = """() => new Promise(done => {
  const look = () => document.body?.innerText?.includes("Hello from a bare app")
    ? requestAnimationFrame(() => done(performance.timeOrigin + performance.now())) : setTimeout(look, 50)
  look()
})"""
PAINT = """() => new Promise(done => {
  const observer = new PerformanceObserver(list => {
    const found = list.getEntriesByName("first-contentful-paint")[0]
    if (found) done(performance.timeOrigin + found.startTime)
  })
  observer.observe({ type: "paint", buffered: true })
})"""
ORIGIN = "() => performance.timeOrigin"
SCROLL = """() => {
  const roots = [...document.querySelectorAll("*")].map(each => each.shadowRoot).filter(Boolean)
  const scroll = roots.find(root => root.querySelector(".scroll")).querySelector(".scroll")
  scroll.scrollTop += scroll.clientHeight
  return scroll.scrollTop + scroll.clientHeight >= scroll.scrollHeight - 2
}"""


@dataclass(frozen=True)
class Start:
    """Seconds from the start of the process (`cold_`) and from the navigation: first paint, and content shown."""

    answers: float
    cold_paint: float
    cold_shown: float
    paint: float
    shown: float


@dataclass(frozen=True)
class Held:
    """What the server holds after all photos were shown: resident memory, and whether TensorFlow is loaded."""

    megabytes: float
    tensorflow: bool | None


@dataclass(frozen=True)
class Report:
    """Medians of all tries; `first_look` has no preview yet, `again` is a visit to a server that runs already,
    `bare_again` one to the bare app.
    """

    photos: int
    tries: int
    bare: Start
    first_look: Start
    kept: Start
    bare_again: float
    again: float
    held: Held

    @property
    def ratio(self) -> float:
        """Cold start to content, by that of the bare app."""
        return self.kept.cold_shown / self.bare.cold_shown


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.app_start", description=__doc__)
    parser.add_argument("--photos", type=int, default=600)
    parser.add_argument("--tries", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a few photos, once: proves only that it runs")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    chosen = parser.parse_args(arguments)
    report = measure(30, 1) if chosen.quick else measure(chosen.photos, chosen.tries)
    print(json.dumps({**asdict(report), "ratio": report.ratio}, indent=2) if chosen.json else shown(report))


def measure(photos: int, tries: int) -> Report:
    """Makes a session in a temporary folder and opens it `tries` times."""
    with tempfile.TemporaryDirectory(prefix="eyespy-start-") as name, _served.chromium() as browser:
        root = Path(name).resolve()
        environment = _served.installation(root)
        settings = from_environment(environment)
        folder = _served.write_photos(settings.roots[1] / "Ana", photos, PHOTO)
        session = _served.add_session(settings, "Ana", photos, photos=folder)
        script = root / "bare.py"
        script.write_text("import streamlit as st\n\nst.write('Hello from a bare app')\n")
        bare, first, kept, bare_again, again, held = [], [], [], [], [], []
        for _ in range(tries):
            with _served.served(environment, ("-c", BARE, str(script))) as running:
                bare.append(_start(running, browser, "/", TEXT))
                bare_again.append(_start(running, browser, "/", TEXT).shown)
            shutil.rmtree(settings.cache, ignore_errors=True)
            address = f"/screen?session={session}"
            with _served.served(environment) as running:
                first.append(_start(running, browser, address, TILES))
                held.append(_held(running, browser, address))
            with _served.served(environment) as running:
                kept.append(_start(running, browser, address, TILES))
                again.append(_start(running, browser, address, TILES).shown)
        most = max(held, key=lambda each: each.megabytes)
        starts = (_medians(bare), _medians(first), _medians(kept))
        return Report(photos, tries, *starts, median(bare_again), median(again), most)


def _start(running: Running, browser: Browser, address: str, ready: str) -> Start:
    answered = time.time()
    return _in_page(browser, lambda page: _timed(page, running, address, ready, answered))


def _timed(page: Page, running: Running, address: str, ready: str, answered: float) -> Start:
    page.goto(running.address + address, wait_until="commit")
    content = page.evaluate(ready) / 1000
    origin, paint = page.evaluate(ORIGIN) / 1000, page.evaluate(PAINT) / 1000
    since = running.started
    return Start(answered - since, paint - since, content - since, paint - origin, content - origin)


def _held(running: Running, browser: Browser, address: str) -> Held:
    """Shows every photo once and looks at the server's process."""

    def through(page: Page) -> None:
        page.goto(running.address + address)
        page.evaluate(TILES)
        while not page.evaluate(SCROLL):
            page.evaluate(TILES)
        page.evaluate(TILES)

    _in_page(browser, through)
    process = psutil.Process(running.process.pid)
    return Held(process.memory_info().rss / 1e6, _loaded(process, "tensorflow"))


def _loaded(process: psutil.Process, library: str) -> bool | None:
    """Whether any file that the process has mapped is of that library; None where the system does not tell."""
    if not hasattr(process, "memory_maps"):
        return None
    return any(f"/{library}/" in each.path for each in process.memory_maps())


def _in_page(browser: Browser, act: Callable[[Page], T]) -> T:
    context = browser.new_context(viewport=_served.WINDOW)  # a cache of its own: nothing is there already
    try:
        return act(context.new_page())
    finally:
        context.close()


def _medians(starts: list[Start]) -> Start:
    return Start(*(median([getattr(each, name) for each in starts]) for name in Start.__dataclass_fields__))


def shown(report: Report) -> str:
    """The report as a table."""
    rows = [("bare app", report.bare), ("workbench, no preview yet", report.first_look), ("workbench", report.kept)]
    lines = [f"{report.photos} photos, medians of {report.tries}, in seconds", ""]
    lines.append(f"{'':28}{'answers':>9}{'first paint':>13}{'shown':>8}   navigation: {'paint':>6}{'shown':>8}")
    for name, start in rows:
        cold = f"{start.answers:9.2f}{start.cold_paint:13.2f}{start.cold_shown:8.2f}"
        lines.append(f"{name:28}{cold}{'':15}{start.paint:6.2f}{start.shown:8.2f}")
    held = report.held
    told = {True: "LOADED", False: "not loaded", None: "unknown on this system"}[held.tensorflow]
    found = (report.kept.cold_paint, report.again, held.megabytes)
    lines += ["", f"cold start to tiles, as a ratio to the bare app's text: {report.ratio:.2f}"]
    once = f"{report.bare_again:.2f} bare, {report.again:.2f} workbench"
    lines.append(f"a visit to a running server: {once}, ratio {report.again / report.bare_again:.2f}")
    for (aim, limit), value in zip(AIMS.items(), found, strict=True):
        lines.append(f"{aim}: {value:.2f} (aim: at most {limit:g}) {'ok' if value <= limit else 'MISSED'}")
    return "\n".join([*lines, f"TensorFlow in the server: {told}"])


if __name__ == "__main__":
    main()
