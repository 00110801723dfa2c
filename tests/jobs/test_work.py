"""Inside a job: progress reaches the row, and a process that nobody waits for does nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from tests.jobs.conftest import DEADLINE, Bench
from workbench import jobs, report
from workbench.archive import tables
from workbench.archive.importing import Progress
from workbench.jobs import launching, processes, record
from workbench.jobs.record import End
from workbench.jobs.work import Ledger
from workbench.settings import HOME

ENDLESS = """
import sys, time
from workbench import jobs
from workbench.settings import from_environment
with jobs.running(from_environment(), sys.argv[1]) as ledger:
    for number in range(6000):
        ledger.step("work without end", number)
        time.sleep(0.1)
"""


def _claimed(bench: Bench) -> str:
    """A job whose process is this one."""
    job_id = record.add(bench.engine, bench.short, "short", True)
    assert job_id and record.take(bench.engine, job_id)
    assert record.claim(bench.engine, job_id, os.getpid(), processes.started(os.getpid()))
    return job_id


def _run(bench: Bench, job_id: str) -> subprocess.CompletedProcess[str]:
    """Our command line as the process of that job."""
    environment = launching.environment(bench.settings, job_id)
    command = [sys.executable, "-m", "workbench", *bench.short]
    return subprocess.run(command, cwd=HOME, env=environment, capture_output=True, text=True, check=False)


def test_what_a_command_shows_reaches_the_row(bench: Bench) -> None:
    job_id = _claimed(bench)
    ledger = Ledger(bench.engine, job_id)
    with ledger.beating(), report.telling(ledger), report.progress() as bar:
        bar.importing(Progress("Ana", 40, 300))
        bar.importing(Progress("Ana", 60, 300))
        job = bench.until(job_id, lambda job: job.done == 60)
    assert (job.message, job.total, job.since_done) == ("import Ana", 300, 40)
    assert job.beat_at and job.since_at


def test_a_new_step_begins_its_own_count(bench: Bench) -> None:
    job_id = _claimed(bench)
    ledger = Ledger(bench.engine, job_id)
    with ledger.beating(), report.telling(ledger), report.progress() as bar:
        bar.importing(Progress("Ana", 300, 300))
        with report.working("Screening Ana"):
            pass
    job = bench.find(job_id)
    assert (job.message, job.done, job.total) == ("Screening Ana", 0, None)


def test_time_left_counts_only_what_this_run_did(bench: Bench) -> None:
    job_id = _claimed(bench)
    began = tables.now()
    record.beat(bench.engine, job_id, os.getpid(), record.Step("import Ana", 60, 300, 40, began))
    job, later = bench.find(job_id), began + timedelta(seconds=10)
    assert job.rate(later) == pytest.approx(2)
    assert job.seconds_left(later) == pytest.approx(120)
    record.close(bench.engine, job_id, os.getpid(), End("done"))
    assert bench.find(job_id).seconds_left(later) is None


def test_time_left_is_not_guessed_before_anything_was_done(bench: Bench) -> None:
    job_id = _claimed(bench)
    record.beat(bench.engine, job_id, os.getpid(), record.Step("import Ana", 40, 300, 40, tables.now()))
    job = bench.find(job_id)
    assert job.rate(tables.now()) is job.seconds_left(tables.now()) is None


def test_of_a_long_result_the_beginning_is_kept(bench: Bench) -> None:
    ledger = Ledger(bench.engine, "a" * 32)
    ledger.result({"sessions": [{"problems": [str(number) for number in range(9999)]}]})
    assert ledger.document
    problems: list[Any] = ledger.document["sessions"][0]["problems"]
    assert problems == [str(number) for number in range(500)]


def test_a_name_that_is_no_text_can_be_told(bench: Bench) -> None:
    job_id = _claimed(bench)
    ledger = Ledger(bench.engine, job_id)
    with ledger.beating():
        ledger.step("import \udcff", 1, 2)
    assert bench.find(job_id).message == "import �"


def test_a_process_that_lost_its_row_stops_by_itself(bench: Bench) -> None:
    job_id = record.add(bench.engine, bench.short, "short", True)
    assert job_id and record.take(bench.engine, job_id)
    environment = launching.environment(bench.settings, job_id)
    with subprocess.Popen([sys.executable, "-c", ENDLESS, job_id], cwd=HOME, env=environment) as process:
        bench.until(job_id, lambda job: job.done > 0)
        record.close(bench.engine, job_id, process.pid, End("lost"))  # as another who takes it for dead
        assert process.wait(DEADLINE) != 0
    assert bench.find(job_id).status == "lost"


def test_a_process_whose_job_was_cancelled_before_it_began_does_nothing(bench: Bench) -> None:
    job_id = record.add(bench.engine, bench.short, "short", True)
    assert job_id
    jobs.cancel(bench.settings, bench.engine, job_id)
    done = _run(bench, job_id)
    assert done.returncode == 1
    assert "cancelled or given up before it began" in done.stderr
    assert bench.count("sessions") == 0


def test_a_job_whose_installation_was_moved_away_says_so_and_makes_no_new_one(bench: Bench) -> None:
    bench.engine.dispose()
    moved = bench.settings.datasets.rename(bench.settings.datasets.with_name("moved"))
    done = _run(bench, "a" * 32)
    assert done.returncode == 1
    assert "there is no catalogue at" in done.stderr
    assert not bench.settings.datasets.exists()
    shutil.move(moved, bench.settings.datasets)
