"""How fast a session is imported and screened, against decoding its photos at a quarter and nothing else.

`python -m benchmarks.screening_speed`: 24 MP JPEGs with and without a camera's embedded preview. Both are measured by
turns in one run, each time in a process of its own, as other work on the machine changes seconds but hardly a ratio.
The files were just written, so that no disk is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from benchmarks import _camera
from benchmarks._cost import Cost, apart, measured
from workbench import assets
from workbench.settings import Settings, from_environment

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from workbench.archive.sessions import Session
    from workbench.learning.registry import Model
    from workbench.screening.screen import Running

KINDS = ("without preview", "with preview")
_FACES = {assets.ASTRONAUT: (80, 0, 380, 300), assets.GRACE_HOPPER: (0, 0, 512, 512)}
"""The demo portraits, and the square of each that makes a headshot."""
SESSION = 600
"""Photos of a long session, whose time is told."""


@dataclass(frozen=True)
class Trial:
    """What is measured: `photos` by each number of `workers`, `rounds` times; `exposures` different pictures."""

    photos: int = 100
    workers: tuple[int, ...] = (1, 2)
    rounds: int = 3
    exposures: int = 8

    def __post_init__(self) -> None:
        if min(self.photos, self.rounds, self.exposures, *self.workers) < 1:
            raise ValueError(f"all numbers must be at least 1, got {self}")

    @property
    def sessions(self) -> tuple[int, ...]:
        """Lengths of the sessions whose memory is compared."""
        return max(1, self.photos // 2), self.photos, 2 * self.photos


@dataclass(frozen=True)
class Speed:
    """One kind of photo by one number of workers; `ratio` is program by plain decoding, median of the rounds.

    `first_seconds` is how long the first verdicts took to be in the catalogue, from the start of the import.
    """

    kind: str
    workers: int
    plain_per_second: float
    program_per_second: float
    ratio: float
    lowest_ratio: float
    highest_ratio: float
    processor_ratio: float
    first_seconds: float = 0.0

    @property
    def session_seconds(self) -> float:
        """What a long session takes, import and screening."""
        return SESSION / self.program_per_second


@dataclass(frozen=True)
class Report:
    """All that was measured. `peaks`: photos of a session → peak memory in MB, by the most workers."""

    photos: int
    megabytes: float
    processors: int
    speeds: tuple[Speed, ...]
    peaks: dict[int, float]


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screening_speed", description=__doc__)
    parser.add_argument("--photos", type=int, default=Trial.photos)
    parser.add_argument("--workers", type=int, nargs="+", default=list(Trial.workers))
    parser.add_argument("--rounds", type=int, default=Trial.rounds)
    parser.add_argument("--quick", action="store_true", help="one photo, once: proves only that it runs")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    chosen = parser.parse_args(arguments)
    try:
        trial = Trial(chosen.photos, tuple(chosen.workers), chosen.rounds)
    except ValueError as error:
        parser.error(str(error))
    report = measure(Trial(photos=1, workers=(1,), rounds=1, exposures=1) if chosen.quick else trial)
    print(json.dumps(as_json(report), indent=2) if chosen.json else shown(report))


def measure(trial: Trial) -> Report:
    """Makes the photos in a temporary folder and measures them."""
    with tempfile.TemporaryDirectory(prefix="eyespy-speed-") as name:
        root = Path(name).resolve()
        folders = {kind: root / "pictures" / kind for kind in KINDS}
        apart(make_photos, folders, trial)
        speeds = [_speed(root, folders[kind], trial, workers) for workers in trial.workers for kind in KINDS]
        most, whole = max(trial.workers), folders[KINDS[0]]
        peaks = {
            count: apart(program, _installation(root), whole, count, most).cost.peak_mb for count in trial.sessions
        }
        sizes = [path.stat().st_size for path in whole.iterdir()]
    return Report(trial.photos, statistics.mean(sizes) / 1e6, os.cpu_count() or 1, tuple(speeds), peaks)


def make_photos(folders: dict[str, Path], trial: Trial) -> None:
    """The photo files of both kinds; those without preview suffice for the longest session."""
    settings = from_environment()
    faces = [(assets.path(settings, name), box) for name, box in _FACES.items()]
    shots = [_camera.expose(*faces[number % len(faces)], seed=number) for number in range(trial.exposures)]
    for kind, folder in folders.items():
        embedded = kind == KINDS[1]
        count = trial.photos if embedded else max(trial.sessions)
        _camera.write_session(folder, shots, count=count, embedded=embedded)


def plain(folder: Path, count: int, workers: int) -> Cost:
    """Reads the files and decodes them at a quarter of their size, no more."""
    files = sorted(folder.iterdir())[:count]
    with measured() as cost, ThreadPoolExecutor(workers) as executor:
        for _ in executor.map(_quarter, files):
            pass
    return cost()


@dataclass(frozen=True)
class Run:
    """What one import with its screening took, and how long the first verdicts did."""

    cost: Cost
    first_seconds: float


def program(home: Path, folder: Path, count: int, workers: int) -> Run:
    """Imports the first `count` photos into a new catalogue below `home` and screens them as they come."""
    from workbench.archive import catalog, folders, importing
    from workbench.learning import registry
    from workbench.vision import analysis

    settings = from_environment(
        {
            "EYESPY_DATASETS": str(home / "datasets"),
            "EYESPY_MODELS": str(home / "models"),
            "EYESPY_ROOTS": str(folder.parent),
            "EYESPY_ASSETS": str(from_environment().assets),
            "EYESPY_WORKERS": str(workers),
        }
    )
    engine = catalog.open_catalog(settings)  # made once in a workbench's life, so it is not counted
    with measured() as cost:
        whole = folders.plan(folder, settings)[0]
        part = replace(whole, files=whole.files[:count])
        judge = registry.current(settings)
        with analysis.pool(settings) as executor:
            live = _Live(settings, engine, judge, executor)
            done = importing.import_session(engine, part, analysis.Analyst(settings), executor, arrived=live.take)
            screening = live.running[0].finish()
    if screening.counts.total() != count or done.no_face or not screening.finished:
        raise RuntimeError(f"{count} photos with a face were to be screened, got {screening} and {done}")
    return Run(cost(), live.first)


class _Live:
    """Takes photos as an import brings them, and notes when the first verdicts were in the catalogue."""

    def __init__(self, settings: Settings, engine: Engine, judge: Model, executor: Executor) -> None:
        self.arguments = (settings, engine, judge, executor)
        self.running: list[Running] = []
        self.began, self.first = time.perf_counter(), 0.0

    def take(self, session: Session, photos: Sequence[str]) -> None:
        from workbench.screening import screen

        settings, engine, judge, executor = self.arguments
        if not self.running:
            self.running.append(screen.begin(settings, engine, session, judge, executor))
        self.running[0].take(photos)
        if not self.first:
            there = screen.latest(engine, session.id)
            self.first = time.perf_counter() - self.began if there and there.verdicts else 0.0


def shown(report: Report) -> str:
    """The report as lines of text."""
    lines = [
        f"{report.photos} photos of 24 MP, {report.megabytes:.1f} MB each, {report.processors} processors",
        "photos a second                  plain 1/4   program   ratio (lowest–highest)   by processor time",
    ]
    for speed in report.speeds:
        span = f"({speed.lowest_ratio:.2f}–{speed.highest_ratio:.2f})"
        lines.append(
            f"  {speed.kind:<16}{speed.workers:>3} worker(s) {speed.plain_per_second:>10.1f}"
            f"{speed.program_per_second:>10.1f}{speed.ratio:>8.2f} {span:<17}{speed.processor_ratio:>13.2f}"
        )
    most = max(speed.workers for speed in report.speeds)
    for speed in (speed for speed in report.speeds if speed.workers == most):
        alone = SESSION / speed.plain_per_second
        lines.append(
            f"{SESSION} photos {speed.kind}, {most} worker(s): {speed.session_seconds:.0f} s "
            f"(plain decoding alone: {alone:.0f} s), first verdicts after {speed.first_seconds:.1f} s"
        )
    peaks = ", ".join(f"{peak:.0f} MB for {count} photos" for count, peak in report.peaks.items())
    return "\n".join([*lines, f"peak memory, {most} worker(s): {peaks}"])


def as_json(report: Report) -> dict[str, Any]:
    """The report as plain values."""
    speeds = [{**asdict(speed), "session_seconds": speed.session_seconds} for speed in report.speeds]
    return {**asdict(report), "speeds": speeds, "session": SESSION}


def _speed(root: Path, folder: Path, trial: Trial, workers: int) -> Speed:
    pairs = []
    for _ in range(trial.rounds):
        yardstick = apart(plain, folder, trial.photos, workers)
        pairs.append((yardstick, apart(program, _installation(root), folder, trial.photos, workers)))
    ratios = [one.seconds / other.cost.seconds for one, other in pairs]
    return Speed(
        kind=folder.name,
        workers=workers,
        plain_per_second=trial.photos / statistics.median(one.seconds for one, _ in pairs),
        program_per_second=trial.photos / statistics.median(other.cost.seconds for _, other in pairs),
        ratio=statistics.median(ratios),
        lowest_ratio=min(ratios),
        highest_ratio=max(ratios),
        processor_ratio=statistics.median(one.processor_seconds / run.cost.processor_seconds for one, run in pairs),
        first_seconds=statistics.median(run.first_seconds for _, run in pairs),
    )


def _quarter(file: Path) -> None:
    with Image.open(file) as image:
        image.draft("RGB", (image.width // 4, image.height // 4))
        image.load()


def _installation(root: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix="installation-", dir=root))


if __name__ == "__main__":
    main()
