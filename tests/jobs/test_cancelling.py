"""A cancelled job ends with everything that it started, and the queue goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from uuid import uuid4

import psutil

from tests.jobs.conftest import DEADLINE, PHOTOS, Bench
from workbench import jobs
from workbench.jobs import processes, record

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""  # noqa: E501


def _gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _wait_until_gone(*pids: int) -> None:
    deadline = time.monotonic() + DEADLINE
    while not all(map(_gone, pids)):
        assert time.monotonic() < deadline, f"still there: {[pid for pid in pids if not _gone(pid)]}"
        time.sleep(0.02)


def test_cancelling_keeps_what_was_done_starts_the_next_and_can_be_resumed(bench: Bench) -> None:
    first, second = bench.start(bench.long), bench.start(bench.short)
    running = bench.under_way(first.id)
    jobs.cancel(bench.settings, bench.engine, first.id)
    assert _gone(running.pid or 0)
    assert processes.members(first.id, running.pid, running.process_started) == []
    assert bench.find(first.id).status == "cancelled"
    assert bench.ended(second.id).status == "done"
    assert 0 < bench.count("photos") < PHOTOS + 1
    jobs.resume(bench.settings, bench.engine, first.id)
    assert bench.ended(first.id).status == "done"
    assert bench.count("files") == bench.count("photos") == PHOTOS + 1


def test_a_job_that_is_just_being_started_can_be_cancelled(bench: Bench) -> None:
    job = bench.start(bench.long)
    jobs.cancel(bench.settings, bench.engine, job.id)
    assert bench.find(job.id).status == "cancelled"
    assert processes.members(job.id, job.pid, job.process_started) == []
    assert bench.count("photos") == 0


def test_a_waiting_job_is_cancelled_without_touching_the_running_one(bench: Bench) -> None:
    first, second = bench.start(bench.long), bench.start(bench.short)
    jobs.cancel(bench.settings, bench.engine, second.id)
    assert bench.find(second.id).status == "cancelled"
    assert bench.find(first.id).active


def test_cancelling_what_is_over_changes_nothing(bench: Bench) -> None:
    job = bench.ended(bench.start(bench.short).id)
    jobs.cancel(bench.settings, bench.engine, job.id)
    assert bench.find(job.id) == job


def test_a_process_that_will_not_end_is_ended_with_its_children(bench: Bench) -> None:
    job_id = uuid4().hex
    parent = subprocess.Popen(
        [sys.executable, "-c", STUBBORN],
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, processes.VARIABLE: job_id},
        text=True,
    )
    assert parent.stdout
    lines = [parent.stdout.readline().strip() for _ in range(2)]
    child = int(next(line for line in lines if line != "up"))
    assert processes.end(job_id, parent.pid, processes.started(parent.pid))
    _wait_until_gone(parent.pid, child)
    parent.communicate()


def test_children_of_a_killed_job_are_ended_when_it_is_found_lost(bench: Bench) -> None:
    job_id = record.add(bench.engine, bench.short, "short", True)
    assert job_id and record.take(bench.engine, job_id)
    parent = subprocess.Popen(
        [sys.executable, "-c", STUBBORN],
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, processes.VARIABLE: job_id},
        text=True,
    )
    assert parent.stdout
    child = int(next(line for line in (parent.stdout.readline().strip() for _ in range(2)) if line != "up"))
    record.claim(bench.engine, job_id, parent.pid, processes.started(parent.pid))
    parent.kill()
    parent.wait()
    jobs.refresh(bench.settings, bench.engine)
    assert bench.find(job_id).status == "lost"
    _wait_until_gone(child)
    parent.stdout.close()


def test_a_job_whose_canceller_was_killed_half_way_is_cancelled_by_the_next_look(bench: Bench) -> None:
    job = bench.start(bench.long)
    record.ask_to_cancel(bench.engine, job.id)
    os.kill(job.pid or 0, signal.SIGKILL)
    _wait_until_gone(job.pid or 0)
    jobs.refresh(bench.settings, bench.engine)
    assert bench.find(job.id).status == "cancelled"
