"""Fixtures of the jobs' tests: photos that take a while, an installation that may read them, nothing left behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from tests import photographs
from workbench import jobs
from workbench.archive import catalog, tables
from workbench.jobs import Job
from workbench.settings import Settings

PHOTOS = 26
DEADLINE = 60
"""Seconds, generous: a test machine may be busy, and no test asserts how quick anything is."""


@dataclass(frozen=True)
class Bench:
    """An installation in use: real settings, a real catalogue, and the import of a long shoot and of two short ones."""

    settings: Settings
    engine: Engine
    long: tuple[str, ...]
    short: tuple[str, ...]
    other: tuple[str, ...]

    def start(self, command: tuple[str, ...], **options: bool) -> Job:
        """A job of that command."""
        return jobs.start(self.settings, self.engine, command, title=" ".join(command), **options)

    def find(self, job_id: str) -> Job:
        """The job as its row stands now."""
        return jobs.find(self.engine, job_id)

    def until(self, job_id: str, reached: Callable[[Job], bool]) -> Job:
        """The job once it is so far; the test fails when that never happens. Nothing is refreshed meanwhile."""
        deadline = time.monotonic() + DEADLINE
        while not reached(job := self.find(job_id)):
            log = jobs.log_path(self.settings, job_id)
            text = log.read_text() if log.exists() else "no log"
            assert time.monotonic() < deadline, f"it never came: {job}\n{text}"
            time.sleep(0.02)
        return job

    def under_way(self, job_id: str) -> Job:
        """The job in the middle of its work."""
        job = self.until(job_id, lambda job: not job.active or job.done > 0)
        assert job.status == "running", f"it ended too soon to be a test: {job}"
        return job

    def ended(self, job_id: str) -> Job:
        """The job when it is over."""
        return self.until(job_id, lambda job: not job.active)

    def count(self, name: str) -> int:
        """Rows of a table of the catalogue."""
        with self.engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(tables.metadata.tables[name])).scalar_one()


@pytest.fixture(scope="session")
def shoots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the shoots “long”, “short” and “other”."""
    folder = tmp_path_factory.mktemp("shoots")
    for number in range(PHOTOS):
        photographs.jpeg(folder / "long" / f"{number:03d}.jpg", number, size=(1500, 1000))
    photographs.jpeg(folder / "short" / "1.jpg", 1000)
    photographs.jpeg(folder / "other" / "2.jpg", 1001)
    return folder.resolve()


@pytest.fixture
def bench(settings: Settings, shoots: Path) -> Iterator[Bench]:
    """The installation; whatever still runs when the test is over is cancelled."""
    settings = replace(settings, roots=(settings.datasets, shoots), workers=1)
    engine = catalog.open_catalog(settings)
    imports = [("import", str(shoots / name)) for name in ("long", "short", "other")]
    yield Bench(settings, engine, *imports)
    for job in reversed(jobs.active(engine)):
        jobs.cancel(settings, engine, job.id)
    engine.dispose()
