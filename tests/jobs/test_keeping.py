"""Old jobs go, and those that name a forgotten client."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests import archive_rows
from tests.jobs.conftest import Bench
from tests.test_cli import run
from workbench import jobs
from workbench.archive import sessions
from workbench.archive.catalog import writing
from workbench.archive.tables import jobs as rows
from workbench.jobs import record
from workbench.jobs.record import End
from workbench.learning import findings


def _ended(
    bench: Bench, command: tuple[str, ...], *, title: str = "a job", end: End | None = None, log: str = ""
) -> str:
    """A job that is over, with its log."""
    job_id = record.add(bench.engine, command, title, False)
    assert job_id and record.take(bench.engine, job_id)
    record.close(bench.engine, job_id, None, end or End("done"))
    path = jobs.log_path(bench.settings, job_id)
    path.parent.mkdir(exist_ok=True)
    path.write_text(log, encoding="utf-8")
    return job_id


def test_nothing_is_forgotten_while_a_job_may_write_it_down_again(bench: Bench) -> None:
    jobs.require_rest(bench.engine)
    job_id = record.add(bench.engine, ("import", "/shoots/Ana"), "Import Ana", True)
    with pytest.raises(jobs.WorkGoesOn, match=r"“Import Ana”.*Nothing was erased"):
        jobs.require_rest(bench.engine)
    record.ask_to_cancel(bench.engine, str(job_id))
    jobs.require_rest(bench.engine)


def test_every_place_that_names_a_client_is_forgotten_and_the_rest_stays(bench: Bench) -> None:
    naming = [
        _ended(bench, ("import", "/shoots/2026-11-20 Ana")),
        _ended(bench, ("screen", "x"), title="Screen 2026-11-20 Ana"),
        _ended(bench, ("screen", "y"), end=End("failed", "The folder of “2026-11-20 Ana” is away.")),
        _ended(bench, ("import", "/shoots"), end=End("done", result={"sessions": [{"session": "2026-11-20 Ana"}]})),
        _ended(bench, ("evaluate",), log="looking at 2026-11-20 Ana\n"),
    ]
    other = _ended(bench, ("import", "/shoots/2026-11-21 Ben"), log="2026-11-21 Ben\n")
    assert jobs.forget(bench.settings, bench.engine, ["2026-11-20 Ana"]) == len(naming)
    assert [job.id for job in jobs.every(bench.engine)] == [other]
    assert [path.name for path in (bench.settings.datasets / "logs").iterdir()] == [f"{other}.log"]


def test_a_name_is_found_however_its_accents_and_quotes_are_written(bench: Bench) -> None:
    _ended(bench, ("import", "/shoots/Zoe\u0308"))
    _ended(bench, ("import", "/shoots"), end=End("done", result={"sessions": [{"session": 'Ann "A"'}]}))
    assert jobs.forget(bench.settings, bench.engine, ["Zo\u00eb", 'Ann "A"', ""]) == 2
    assert jobs.every(bench.engine) == []


def test_a_job_that_waits_is_not_forgotten(bench: Bench) -> None:
    waiting = record.add(bench.engine, ("screen", "Ana"), "Ana", True)
    assert jobs.forget(bench.settings, bench.engine, ["Ana"]) == 0
    assert [job.id for job in jobs.active(bench.engine)] == [waiting]


def test_no_trace_of_a_forgotten_job_is_left_in_the_database_file(bench: Bench) -> None:
    _ended(bench, ("import", "/shoots/Xanthippe"))
    jobs.forget(bench.settings, bench.engine, ["Xanthippe"])
    with bench.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    bench.engine.dispose()  # the last to leave empties SQLite's log into the file
    left = [path for path in bench.settings.datasets.glob("catalog.db*") if b"Xanthippe" in path.read_bytes()]
    assert left == []


def test_the_last_two_hundred_ended_jobs_are_kept_with_their_logs(bench: Bench) -> None:
    first = datetime(2026, 1, 1)
    with writing(bench.engine) as connection:
        for number in range(203):
            about = {"command": "[]", "command_key": "", "title": "", "heavy": True, "status": "done"}
            at = first + timedelta(minutes=number)
            connection.execute(rows.insert().values(id=f"{number:032x}", created_at=at, **about))
    logs = [jobs.log_path(bench.settings, f"{number:032x}") for number in range(203)]
    logs[0].parent.mkdir()
    for path in logs:
        path.touch()
    assert jobs.prune(bench.settings, bench.engine) == 3
    assert len(jobs.every(bench.engine, limit=999)) == 200
    assert [path.exists() for path in logs] == [False] * 3 + [True] * 200


PHOTOS = ["a1" * 16, "b2" * 16]


def test_photos_are_found_by_their_ids_also_inside_longer_words(bench: Bench) -> None:
    naming = [
        _ended(bench, ("explain", PHOTOS[0])),
        _ended(bench, ("screen", "x"), end=End("done", result={"rows": [{"photo": PHOTOS[1]}]})),
        _ended(bench, ("screen", "y"), log=f"views/0f{PHOTOS[0]}7.npz\n"),
    ]
    other = _ended(bench, ("explain", "c3" * 16), log=f"{PHOTOS[0][:-1]}\n")
    assert jobs.forget(bench.settings, bench.engine, PHOTOS) == len(naming)
    assert [job.id for job in jobs.every(bench.engine)] == [other]


def test_each_log_is_read_once_however_many_photos_are_forgotten(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    _ended(bench, ("screen", "x"), log="nothing\n")
    read: list[Path] = []
    real = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda path, *how, **so: read.append(path) or real(path, *how, **so))
    jobs.forget(bench.settings, bench.engine, [f"{number:032x}" for number in range(1000)])
    assert len(read) == 1


def test_a_photo_that_was_overwritten_is_among_the_words_of_any_session(bench: Bench) -> None:
    session = archive_rows.session(bench.engine, "Ana", [PHOTOS[0]])
    with writing(bench.engine) as connection:
        archive_rows.photo(connection, PHOTOS[1])
    words = jobs.words_of(bench.engine, session)
    assert words == ["Ana", session.id, str(session.folder), *PHOTOS]
    _ended(bench, ("explain", "x"), end=End("done", result={"photos": [{"id": PHOTOS[1]}]}))
    assert jobs.forget(bench.settings, bench.engine, words) == 1


def test_a_forgetting_that_is_stopped_has_left_no_name_in_a_job(bench: Bench) -> None:
    archive_rows.session(bench.engine, "Ana", [PHOTOS[0]])
    _ended(bench, ("explain", PHOTOS[0]), title="Explain a photo of Ana")
    stumbles = bench.settings.models / "blink" / findings.FOLDER / "mine" / ".half.part" / "in the way"
    stumbles.mkdir(parents=True)
    with pytest.raises(OSError):
        run(bench.settings, "forget", "Ana", "--yes")
    assert jobs.every(bench.engine) == [], "the client can be named once more, the job could not"
    assert [session.name for session in sessions.every(bench.engine)] == ["Ana"]


def test_a_model_that_a_job_works_with_is_in_use(bench: Bench) -> None:
    job_id = record.add(bench.engine, ("screen", "Ana", "--model", "mine"), "Screen Ana", True)
    jobs.require_unused(bench.engine, "min")
    with pytest.raises(jobs.StillAtWork, match=r"“mine” was not deleted.*“Screen Ana”"):
        jobs.require_unused(bench.engine, "mine")
    record.ask_to_cancel(bench.engine, str(job_id))
    jobs.require_unused(bench.engine, "mine")
