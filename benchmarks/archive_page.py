"""Whether the Archive page stays quick as the archive grows: 1,000 photos in 3 sessions against 100,000 in 250.

`python -m benchmarks.archive_page`: both catalogues are served side by side and their pages opened by turns in a
Chromium without a window, so that the ratio holds on a machine that does other things as well.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks import _served
from benchmarks._served import Running, median
from workbench.settings import from_environment

AIM_RATIO, AIM_SECONDS = 1.2, 2.0
ADDRESS = "/archive"
# When the page says how many photos there are and its table names the sessions: milliseconds since navigation.
SHOWN = """photos => new Promise(done => {
  const look = () => {
    const roots = [...document.querySelectorAll("*")].map(each => each.shadowRoot).filter(Boolean)
    const table = roots.some(root => root.textContent.includes("2026 session 0"))
    const told = document.body?.innerText?.includes(`${photos} photos`)
    told && table ? requestAnimationFrame(() => done(performance.now())) : setTimeout(look, 50)
  }
  look()
})"""


@dataclass(frozen=True)
class Archive:
    """A catalogue to be made: so many photos, spread evenly over so many sessions."""

    photos: int
    sessions: int


@dataclass(frozen=True)
class Opened:
    """Seconds from navigation to a page that tells everything: the very first time, and the median of later ones."""

    photos: int
    sessions: int
    first: float
    later: float


@dataclass(frozen=True)
class Report:
    """Both archives, by turns in one run."""

    small: Opened
    large: Opened

    @property
    def ratio(self) -> float:
        """The large archive by the small one."""
        return self.large.later / self.small.later


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.archive_page", description=__doc__)
    parser.add_argument("--tries", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="small archives, once: proves only that it runs")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    chosen = parser.parse_args(arguments)
    if chosen.quick:
        report = measure(Archive(30, 3), Archive(300, 30), tries=1)
    else:
        report = measure(Archive(1_000, 3), Archive(100_000, 250), tries=chosen.tries)
    print(json.dumps({**asdict(report), "ratio": report.ratio}, indent=2) if chosen.json else shown(report))


def measure(small: Archive, large: Archive, *, tries: int) -> Report:
    """Makes both catalogues in a temporary folder and opens their Archive pages by turns."""
    with tempfile.TemporaryDirectory(prefix="eyespy-archive-") as name, _served.chromium() as browser:
        root = Path(name).resolve()
        environments = [_made(root / str(archive.photos), archive) for archive in (small, large)]
        with _served.served(environments[0]) as one, _served.served(environments[1]) as other:
            places = ((one, small), (other, large))
            times = [[_opened(browser, *place) for place in places] for _ in range(tries + 1)]
    (first_small, first_large), *later = times
    later_small, later_large = (median(each) for each in zip(*later, strict=True))
    return Report(
        Opened(small.photos, small.sessions, first_small, later_small),
        Opened(large.photos, large.sessions, first_large, later_large),
    )


def _made(folder: Path, archive: Archive) -> dict[str, str]:
    environment = _served.installation(folder)
    settings = from_environment(environment)
    each, over = divmod(archive.photos, archive.sessions)
    for number in range(archive.sessions):
        _served.add_session(settings, f"2026 session {number}", each + (number < over))
    return environment


def _opened(browser: Browser, running: Running, archive: Archive) -> float:
    context = browser.new_context(viewport=_served.WINDOW)
    try:
        page = context.new_page()
        page.goto(running.address + ADDRESS, wait_until="commit")
        milliseconds: float = page.evaluate(SHOWN, f"{archive.photos:,}")
        return milliseconds / 1000
    finally:
        context.close()


def shown(report: Report) -> str:
    """The report as a table."""
    lines = [f"{'photos':>9}{'sessions':>10}{'first, counting':>17}{'later':>8}   seconds from navigation to the table"]
    for each in (report.small, report.large):
        lines.append(f"{each.photos:9,}{each.sessions:10}{each.first:17.2f}{each.later:8.2f}")
    ratio, seconds = report.ratio, report.large.later
    lines.append(f"ratio {ratio:.2f} (aim: at most {AIM_RATIO:g}) {_met(ratio <= AIM_RATIO)}")
    lines.append(f"{seconds:.2f} s (aim: at most {AIM_SECONDS:g}) {_met(seconds <= AIM_SECONDS)}")
    return "\n".join(lines)


def _met(met: bool) -> str:
    return "ok" if met else "MISSED"


if __name__ == "__main__":
    main()
