"""The queue's two rules are held by the database itself."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

from tests.jobs.conftest import Bench
from workbench.archive import tables
from workbench.jobs import record
from workbench.jobs.record import End


def test_the_same_command_is_queued_once_until_it_is_over(bench: Bench) -> None:
    first = record.add(bench.engine, ("screen", "Ana"), "Ana", True)
    assert first
    assert record.add(bench.engine, ("screen", "Ana"), "Ana again", False) is None
    assert record.add(bench.engine, ("screen", "Ana", "--all"), "Ana", True)
    record.ask_to_cancel(bench.engine, first)
    assert record.add(bench.engine, ("screen", "Ana"), "Ana", True)


def test_one_heavy_job_is_taken_at_a_time_and_light_ones_as_they_come(bench: Bench) -> None:
    heavy = [record.add(bench.engine, ("screen", name), name, True) or "" for name in ("Ana", "Ben")]
    light = [record.add(bench.engine, ("screen", name), name, False) or "" for name in ("Cy", "Dee")]
    assert [record.take(bench.engine, job_id) for job_id in (*heavy, *light)] == [True, False, True, True]
    record.close(bench.engine, heavy[0], None, End("done"))
    assert record.take(bench.engine, heavy[1])


def test_an_ended_job_is_not_ended_again_nor_by_another_process(bench: Bench) -> None:
    job_id = record.add(bench.engine, ("screen", "Ana"), "Ana", True) or ""
    record.take(bench.engine, job_id)
    record.claim(bench.engine, job_id, 111, 1.0)
    assert not record.close(bench.engine, job_id, 222, End("lost"))
    assert record.close(bench.engine, job_id, 111, End("done"))
    assert not record.close(bench.engine, job_id, 111, End("lost"))
    assert bench.find(job_id).status == "done"


def test_an_end_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no end of a job"):
        End("running")


@pytest.mark.parametrize("name", ["jobs_once", "jobs_one_heavy"])
def test_both_rules_are_written_for_postgresql_too(name: str) -> None:
    (index,) = [index for index in tables.jobs.indexes if index.name == name]
    written = str(CreateIndex(index).compile(dialect=postgresql.dialect()))
    assert written.startswith("CREATE UNIQUE INDEX") and "WHERE" in written and "status IN" in written
