"""Jobs take turns, are found when they are lost, and end with a sentence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.jobs.conftest import Bench
from workbench import jobs
from workbench.archive import tables
from workbench.archive.catalog import writing
from workbench.jobs import NotALongCommand, NothingToResume, UnknownJob, launching, processes, record
from workbench.settings import from_environment


def _set(bench: Bench, job_id: str, **values: object) -> None:
    with writing(bench.engine) as connection:
        connection.execute(update(tables.jobs).where(tables.jobs.c.id == job_id).values(**values))


def test_a_job_that_never_got_a_process_is_lost_after_a_while_and_not_before(bench: Bench) -> None:
    job_id = record.add(bench.engine, bench.short, "short", True)
    assert job_id and record.take(bench.engine, job_id)
    jobs.refresh(bench.settings, bench.engine)
    assert bench.find(job_id).status == "starting"
    _set(bench, job_id, started_at=tables.now() - timedelta(seconds=31))
    jobs.refresh(bench.settings, bench.engine)
    assert bench.find(job_id).status == "lost"


def test_resuming_while_the_same_command_runs_gives_the_running_job(bench: Bench) -> None:
    lost = bench.start(bench.long)
    jobs.cancel(bench.settings, bench.engine, lost.id)
    running = bench.start(bench.long)
    assert running.id != lost.id
    assert jobs.resume(bench.settings, bench.engine, lost.id).id == running.id
    assert bench.find(lost.id).status == "cancelled"


def test_only_our_own_long_commands_are_started(bench: Bench) -> None:
    for command in ((), ("forget", "Ana"), ("rm", "-rf", "x"), ("-c", "print()")):
        with pytest.raises(NotALongCommand):
            jobs.start(bench.settings, bench.engine, command, title="no")
    assert jobs.every(bench.engine) == []


def test_a_job_works_with_every_setting_of_its_starter(bench: Bench) -> None:
    settings = bench.settings
    assert from_environment(launching.environment(settings, "a" * 32)) == settings


def test_heavy_jobs_take_turns_by_themselves_and_a_light_one_does_not_wait(bench: Bench) -> None:
    first, second = bench.start(bench.short), bench.start(bench.other)
    light = bench.start(("screen", "Nobody"), heavy=False)
    assert (first.status, second.status, light.status) == ("starting", "queued", "starting")
    jobs.refresh(bench.settings, bench.engine)
    assert bench.find(second.id).status == "queued"
    done = bench.ended(second.id)  # nothing is refreshed here: the first job itself starts the second
    assert done.status == "done" and done.started_at
    assert done.started_at >= (bench.find(first.id).finished_at or done.created_at)


def test_the_queue_goes_on_after_its_running_job_was_killed(bench: Bench) -> None:
    first, second = bench.start(bench.long), bench.start(bench.short)
    os.kill(first.pid or 0, signal.SIGKILL)
    bench.until(first.id, lambda job: not processes.alive(job.pid, job.process_started))
    jobs.refresh(bench.settings, bench.engine)
    assert bench.find(first.id).status == "lost"
    assert bench.ended(second.id).status == "done"


def test_a_failed_command_leaves_its_sentence(bench: Bench) -> None:
    job = bench.ended(bench.start(("screen", "Nobody")).id)
    assert job.status == "failed" and job.resumable
    assert job.message.startswith("There is no session “Nobody”")
    log = jobs.log_path(bench.settings, job.id)
    bench.until(job.id, lambda _: job.message in log.read_text())  # the process writes it last of all


def test_a_done_command_may_be_started_again_but_not_resumed(bench: Bench) -> None:
    first = bench.ended(bench.start(bench.short).id)
    with pytest.raises(NothingToResume, match="Start it again"):
        jobs.resume(bench.settings, bench.engine, first.id)
    second = bench.ended(bench.start(bench.short).id)
    assert first.id != second.id and second.result
    assert second.result["sessions"][0]["known"] == 1


def test_a_later_process_of_the_same_number_is_not_taken_for_the_job(bench: Bench) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as later:
        job_id = record.add(bench.engine, bench.short, "short", True)
        assert job_id
        earlier = {"pid": later.pid, "process_started": processes.started(later.pid) - 3600}
        for look in (jobs.cancel, lambda *about: jobs.refresh(*about[:2])):
            _set(bench, job_id, status="running", **earlier)
            look(bench.settings, bench.engine, job_id)
            assert not bench.find(job_id).active
            assert later.poll() is None
        later.communicate(b"\n")


def test_an_unknown_job_is_named_and_an_id_may_be_cut_short(bench: Bench) -> None:
    job_id = record.add(bench.engine, bench.short, "short", True)
    assert job_id and jobs.find(bench.engine, job_id[:6]).id == jobs.find(bench.engine, "latest").id == job_id
    for wrong in ("beef" * 8, "", "%"):
        with pytest.raises(UnknownJob, match="`python -m workbench jobs` lists them"):
            jobs.find(bench.engine, wrong)
