"""A search as a job: cancelled it leaves nobody behind, resumed it goes on, and what it lacks is one sentence."""

from __future__ import annotations

import pytest

from tests.jobs.conftest import Bench
from tests.jobs.test_cancelling import _gone
from tests.learning import searching
from workbench import jobs
from workbench.jobs import processes
from workbench.learning import registry, searches
from workbench.learning.searches import RUNNING, STOPPED

COMMAND = ("tune", "--preset", "as-reported", "--minutes", "0.000001")


def _learning(bench: Bench) -> bool:
    """Whether a trial has learnt for an epoch."""
    return any(trial.epochs for search in searches.every(bench.settings) for trial in search.trials)


@pytest.mark.heavy
def test_a_cancelled_search_leaves_no_process_behind_and_goes_on_when_resumed(bench: Bench) -> None:
    searching.archive(bench.settings, bench.engine)
    job = bench.start((*COMMAND[:-1], "10"))
    running = bench.until(job.id, lambda job: not job.active or _learning(bench))
    (found,) = searches.every(bench.settings)
    assert found.state == RUNNING and "Searching: trial" in running.message
    jobs.cancel(bench.settings, bench.engine, job.id)
    assert bench.find(job.id).status == "cancelled"
    assert _gone(running.pid or 0)
    assert processes.members(job.id, running.pid, running.process_started) == []
    (found,) = searches.every(bench.settings)
    assert (found.state, found.winner) == (STOPPED, None)
    assert all(trial.status != RUNNING for trial in found.trials)
    again = bench.ended(bench.start(COMMAND).id)
    assert again.status == "done" and again.result
    assert again.result["search"] == found.id and again.result["trials"] >= found.done
    assert registry.current_version(bench.settings) == registry.STARTER


def test_a_search_without_labels_fails_with_one_sentence(bench: Bench) -> None:
    job = bench.ended(bench.start(COMMAND).id)
    assert job.status == "failed" and "Label" in job.message and "\n" not in job.message
    assert registry.versions(bench.settings) == [registry.STARTER]
