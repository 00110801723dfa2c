"""A job outlives its server, comes back from a kill -9 whole, and is one however many start it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from tests.jobs.conftest import PHOTOS, Bench
from workbench import jobs
from workbench.jobs import launching, processes
from workbench.settings import HOME

STARTER = """
import sys, time
from workbench import jobs
from workbench.archive import catalog
from workbench.settings import from_environment
settings = from_environment()
engine = catalog.open_catalog(settings)
print("ready", flush=True)
sys.stdin.readline()
print(jobs.start(settings, engine, sys.argv[1:], title="a shoot").id, flush=True)
time.sleep(600)
"""


def _starter(bench: Bench, command: tuple[str, ...]) -> subprocess.Popen[str]:
    """Another process of the workbench, as a server is: told a line, it starts the command, and stays."""
    environment = launching.environment(bench.settings, "")
    del environment[processes.VARIABLE]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    arguments = [sys.executable, "-c", STARTER, *command]
    process = subprocess.Popen(arguments, cwd=HOME, env=environment, **pipes)  # type: ignore[call-overload]
    assert process.stdout.readline() == "ready\n"
    return process


def _told_to_start(starter: subprocess.Popen[str]) -> None:
    assert starter.stdin
    starter.stdin.write("go\n")
    starter.stdin.flush()


def _answer(starter: subprocess.Popen[str]) -> str:
    assert starter.stdout
    return starter.stdout.readline().strip()


def _killed(starter: subprocess.Popen[str]) -> None:
    starter.kill()
    starter.communicate()


def test_a_job_outlives_the_server_that_started_it(bench: Bench) -> None:
    server = _starter(bench, bench.long)
    _told_to_start(server)
    job_id = _answer(server)
    bench.under_way(job_id)
    _killed(server)
    assert bench.find(job_id).status == "running"
    job = bench.ended(job_id)
    assert job.status == "done" and job.result
    assert job.result["sessions"][0]["new"] == PHOTOS
    assert bench.count("photos") == PHOTOS


def test_a_job_killed_outright_is_lost_and_resuming_makes_it_whole(bench: Bench) -> None:
    job = bench.under_way(bench.start(bench.long).id)
    os.kill(job.pid or 0, signal.SIGKILL)
    _until_dead(bench, job)
    (found,) = jobs.refresh(bench.settings, bench.engine)
    assert found.status == "lost" and found.resumable
    read_before = bench.count("photos")
    assert 0 < read_before < PHOTOS
    assert jobs.resume(bench.settings, bench.engine, job.id).id == job.id
    again = bench.ended(job.id)
    assert again.status == "done" and again.result
    (session,) = again.result["sessions"]
    assert (session["known"], session["new"]) == (read_before, PHOTOS - read_before)
    assert bench.count("files") == bench.count("photos") == PHOTOS
    assert bench.count("sessions") == 1


def _until_dead(bench: Bench, job: jobs.Job) -> None:
    bench.until(job.id, lambda job: not processes.alive(job.pid, job.process_started))


def test_two_processes_that_start_the_same_command_at_once_start_one_job(bench: Bench) -> None:
    tabs = [_starter(bench, bench.short) for _ in range(2)]
    for tab in tabs:
        _told_to_start(tab)
    answers = {_answer(tab) for tab in tabs}
    for tab in tabs:
        _killed(tab)
    (job_id,) = answers
    assert bench.ended(job_id).status == "done"
    assert [job.id for job in jobs.every(bench.engine)] == [job_id]
    assert bench.count("photos") == 1
