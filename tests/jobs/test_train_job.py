"""A training as a job: it ends with its result kept; cancelled, killed or in want of data it leaves nothing half."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.jobs.conftest import Bench
from tests.jobs.test_cancelling import _gone
from tests.learning import made_up
from workbench import jobs
from workbench.faults import BLINK
from workbench.jobs import Job, launching, processes
from workbench.learning import registry
from workbench.vision import store

TRAIN = ("train", "--network", "final", "--name", "mine", "--epochs", "10")


def _learning(bench: Bench, job_id: str) -> Job:
    """The job once its network has learnt for an epoch."""
    job = bench.until(job_id, lambda job: not job.active or (job.message == "Training final" and job.done > 0))
    assert job.status == "running", f"it ended too soon to be a test: {job}"
    return job


def _hidden(bench: Bench) -> list[Path]:
    return [path for path in (bench.settings.models / BLINK.name).glob(".*") if path.is_dir()]


def _nothing_new(bench: Bench) -> bool:
    models = registry.versions(bench.settings), registry.current_version(bench.settings)
    return models == ([registry.STARTER], registry.STARTER)


@pytest.mark.heavy
def test_a_cancelled_training_leaves_no_process_and_no_model(bench: Bench) -> None:
    made_up.archive(bench.settings, bench.engine)
    job = _learning(bench, bench.start((*TRAIN[:-1], "400")).id)
    jobs.cancel(bench.settings, bench.engine, job.id)
    assert _gone(job.pid or 0)
    assert processes.members(job.id, job.pid, job.process_started) == []
    assert bench.find(job.id).status == "cancelled"
    assert _nothing_new(bench) and _hidden(bench) == []


def test_a_killed_training_is_lost_and_resumed_to_the_end_and_what_it_left_is_cleared(bench: Bench) -> None:
    made_up.archive(bench.settings, bench.engine)
    job = _learning(bench, bench.start(TRAIN).id)
    os.kill(job.pid or 0, signal.SIGKILL)
    bench.until(job.id, lambda job: not processes.alive(job.pid, job.process_started))
    (found,) = jobs.refresh(bench.settings, bench.engine)
    assert found.status == "lost" and _nothing_new(bench)
    half = bench.settings.models / BLINK.name / ".0123.part"  # as it leaves it when killed a little later
    half.mkdir(parents=True)
    (half / "weights.weights.h5").write_bytes(b"half")
    jobs.resume(bench.settings, bench.engine, job.id)
    again = bench.ended(job.id)
    assert again.status == "done" and again.result, again.message
    assert again.result["version"] == "mine" and again.result["figures"]["test"]["photos"] == 12
    assert registry.versions(bench.settings) == [registry.STARTER, "mine"] and _hidden(bench) == []
    assert registry.current_version(bench.settings) == registry.STARTER
    log = launching.log_path(bench.settings, job.id).read_text()
    assert "absl" not in log and "cuda" not in log and "XNNPACK" not in log


def test_a_training_whose_photos_are_gone_fails_with_one_sentence(bench: Bench) -> None:
    made_up.archive(bench.settings, bench.engine)
    store.place(bench.settings).unlink()
    job = bench.ended(bench.start(TRAIN).id)
    assert job.status == "failed" and job.message.startswith("72 labelled photos cannot be looked at")
    assert "\n" not in job.message and _nothing_new(bench)
