"""What the line about running work says, and which job it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from workbench.archive import tables
from workbench.archive.sessions import Session
from workbench.jobs import Job
from workbench.ui import work

NOW = tables.now()
ANA = {"session": "Ana", "id": "a" * 32, "new": 300, "known": 0, "unreadable": 3, "no_face": 2}


def job(status: str = "running", **about: Any) -> Job:
    empty = dict.fromkeys(("total", "since_at", "result", "started_at", "beat_at", "finished_at", "cancel_asked_at"))
    fixed = {"heavy": True, "message": "", "done": 0, "since_done": 0, "pid": None, "process_started": None}
    given = {"id": "1" * 32, "command": ("import", "/shoots/Ana"), "title": "Import Ana", "created_at": NOW}
    return Job(**{**empty, **fixed, **given, "status": status, **about})


def test_running_work_says_how_far_it_is_and_how_long_it_takes() -> None:
    began = tables.now() - timedelta(seconds=10)
    running = job(message="import Ana", done=100, total=400, since_at=began)
    assert work.sentence(running) == "Importing Ana — 100 of 400 · 30 s left"
    assert work.sentence(job(message="Screening Ana")) == "Screening Ana …"
    assert work.sentence(job()) == "Import Ana …"


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (job("queued"), "Waiting: Import Ana"),
        (job(cancel_asked_at=NOW), "Cancelling: Import Ana"),
        (job("cancelled"), "Import Ana: cancelled. What was done is kept."),
        (job("failed", message="The folder is away."), "Import Ana: The folder is away."),
        (job("done", result={"sessions": [ANA]}), "Imported Ana: 300 new · 3 unreadable · 2 without a face"),
        (
            job("done", result={"sessions": [ANA, ANA]}),
            "Imported 2 sessions: 600 new · 6 unreadable · 4 without a face",
        ),
        (
            job("done", result={"sessions": [{"session": "Ben", "new": 0, "duplicate": 43}]}),
            "Imported Ben: 43 also elsewhere in the archive",
        ),
        (job("done", result={"sessions": [{"session": "Ben", "new": 0}]}), "Imported Ben: nothing new"),
        (
            job("done", command=("handoff", "x"), result={"to": "xmp", "preset": "bridge", "written": 15}),
            "Import Ana: 15 files written for Adobe Bridge",
        ),
        (
            job("done", command=("handoff", "x"), result={"to": "copies", "folder": "/p/Ana keepers", "written": 1}),
            "Import Ana: 1 file copied to Ana keepers",
        ),
        (job("done", command=("demo",)), "The demo sessions are ready"),
        (
            job("done", command=("screen", "x"), result={"session": "Ana", "counts": {"blink": 1, "keep": 1200}}),
            "Screened Ana: 1 blink · 0 can’t tell · 1,200 keep",
        ),
    ],
)
def test_how_a_job_ended_is_said_in_one_line(ended: Job, said: str) -> None:
    assert work.sentence(ended) == said


def test_an_evaluation_says_what_its_audit_raised_and_leads_to_inspect() -> None:
    result = {"model": "e1", "photos": 1204, "audit": {"flags": [{"raised": True}, {"raised": False}]}}
    done = job("done", command=("evaluate", "--model", "e1"), result=result)
    assert work.sentence(done) == "Evaluated e1: 1,204 labelled photos · 1 flag raised"
    assert work.leads_to(done) == ("inspect", {"model": "e1"})


def test_an_explanation_leads_to_why_of_its_first_photo() -> None:
    result = {"model": "e1", "photos": [{"photo": "a" * 32}, {"photo": "b" * 32}]}
    done = job("done", command=("explain", "a" * 32, "b" * 32), result=result)
    assert work.leads_to(done) == ("inspect", {"model": "e1", "view": "why", "photo": "a" * 32})


def test_a_done_job_leads_to_what_it_gave() -> None:
    assert work.leads_to(job("done", result={"sessions": [ANA]})) == ("archive", {"session": "a" * 32})
    assert work.leads_to(job("done", result={"sessions": [ANA, ANA]})) == ("archive", {})
    assert work.leads_to(job("done", command=("screen", "b" * 32))) == ("screen", {"session": "b" * 32})
    assert work.leads_to(job("failed")) is None


def test_sessions_that_work_is_about_are_known_by_id_by_folder_and_by_name() -> None:
    ana, ben, eve, zoe = (Session(name, name, Path("/shoots") / name) for name in ("Ana", "Ben", "Eve", "Zoe"))
    active = [job("queued", command=("screen", "Ben")), job(), job(command=("demo",), message="import Eve")]
    assert work.sessions_in_hand(active, [ana, ben, eve, zoe]) == {"Ana", "Ben", "Eve"}
    assert work.sessions_in_hand([job(command=("import", "/shoots"))], [ana, zoe]) == {"Ana", "Zoe"}


def test_running_work_comes_before_what_went_wrong_and_that_before_what_went_well() -> None:
    running, waiting, lost, done = (
        job(status, id=status, created_at=NOW + timedelta(seconds=at))
        for at, status in enumerate(("running", "queued", "lost", "done"))
    )
    assert work.foremost([done, lost, waiting, running], ()) == running
    assert work.foremost([done, lost], ()) == lost
    assert work.foremost([done, lost], ("lost",)) == done
    assert work.foremost([done, lost], ("lost", "done")) is None
    assert work.foremost([replace(waiting, status="queued")], ("queued",)) == waiting


@pytest.mark.parametrize(
    ("command", "result", "said", "leads_to"),
    [
        (
            ("train",),
            {"version": "eyes-1", "comparison": "“eyes-1” is better."},
            "Trained eyes-1. “eyes-1” is better.",
            {"model": "eyes-1"},
        ),
        (("train",), {"version": "eyes-1"}, "Trained eyes-1.", {"model": "eyes-1"}),
        (
            ("train", "--sizes"),
            {"sizes": [], "sentence": "Worth it."},
            "Import Ana: Worth it.",
            {"view": "labels"},
        ),
        (
            ("tune",),
            {"search": "quick-1", "trials": 22, "verdict": "The winner is no better. AUC is .9."},
            "Searched 22 trials: The winner is no better.",
            {"view": "searches", "search": "quick-1"},
        ),
    ],
)
def test_what_was_learnt_is_said_and_led_to(
    command: tuple[str, ...], result: dict[str, Any], said: str, leads_to: dict[str, str]
) -> None:
    done = job("done", command=command, result=result)
    assert work.sentence(done) == said
    assert work.leads_to(done) == ("tune", leads_to)
