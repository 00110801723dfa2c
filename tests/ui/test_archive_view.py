"""What the Archive page says, from plain values."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from workbench.archive import diversity
from workbench.archive.folders import Found, Plan
from workbench.archive.forgetting import Forgotten
from workbench.archive.overview import Overview
from workbench.archive.photos import Problem
from workbench.archive.sessions import Session
from workbench.ui import archive_view, wording


def seen(name: str, photos: int = 100, labelled: int = 50, faulty: int = 5, **tags: str) -> Overview:
    return Overview(Session(name * 32, name, Path("/shoots") / name, **tags), False, photos, labelled, faulty, 2, 1)


def test_the_archive_is_summed_up_with_its_class_balance() -> None:
    assert archive_view.summary([seen("a", 1000), seen("b", 204)]) == (
        "2 sessions · 1,204 photos · 100 labelled: 10 blinks, 90 others (10 % blinks)"
    )
    assert archive_view.summary([seen("a", 1, 0, 0)]) == "1 session · 1 photo · 0 labelled"


def test_tags_suggest_the_photographers_own_words() -> None:
    columns = archive_view.columns([seen("a", gender="woman"), seen("b", gender="man"), seen("c", gender="woman")])
    assert {each.name: each.options for each in columns}["gender"] == ("man", "woman")
    assert [each.name for each in columns if each.kind == "edit"] == ["subject", "age_group", "gender", "race"]


def test_a_row_leads_to_its_session_and_says_what_is_away() -> None:
    away = Overview(Session("a" * 32, "Ana", Path("/Volumes/Red/Ana")), True, 3, 0, 0, 0, 0)
    row = archive_view.row(away, datetime(2026, 11, 20, 12))
    assert row.href == f"archive?session={'a' * 32}"
    assert row.cells["folder"] == "away: /Volumes/Red/Ana" and row.cells["screened"] == "2026-11-20"
    assert archive_view.row(away, None).cells["screened"] == "–"


def test_lacking_people_are_said_in_words() -> None:
    known = [seen("a", gender="woman"), *(seen(name, gender="man") for name in "bcde"), seen("f")]
    shares = diversity.table(known, {("gender", "woman"): 0.5, ("gender", "non-binary"): 0.125})
    said = {(row.cells["tag"], row.cells["value"]): row for row in archive_view.people(shares)}
    assert said["Gender", "woman"].cells["lacking"] == "3 more “woman” would reach 50 %"
    assert said["Gender", "non-binary"].cells["target"] == "12.5"
    assert said["Gender", "man"].cells["share"] == "80 %"
    untagged = said["Gender", "not tagged"]
    assert untagged.locked and untagged.cells["lacking"] == "tag 1 session on the Sessions tab"


@pytest.mark.parametrize(("typed", "share"), [("50", 0.5), (" 12,5 % ", 0.125), ("", None), ("0", 0.0)])
def test_a_target_is_typed_as_percent(typed: str, share: float | None) -> None:
    assert archive_view.target(typed) == share


def test_what_an_import_would_find_is_told_before() -> None:
    files = tuple(Found(Path(name), name) for name in ("1.jpg", "2.jpg"))
    plans = [
        Plan("Ana", Path("/a"), files=files, problems=(Problem("torn", "it is a link"),)),
        Plan("Ben", Path("/b"), files=files[:1]),
        Plan("all", Path("/"), problems=(Problem("x", "y"),)),
    ]
    found = archive_view.preview(plans)
    assert found.sentence == "2 sessions, 3 photos, 2 files that cannot be taken"
    assert found.sessions == (("Ana", 2), ("Ben", 1))


def test_what_forgetting_erases_is_said_in_words() -> None:
    erased = Forgotten("Ana", photos=300, labels=1, predictions=3, screenings=2, previews=600, backups=3, copies=False)
    assert archive_view.going(erased) == "300 photos, 1 label, 2 screenings, 600 previews and 3 backups"
    empty = Forgotten("Ana", photos=0, labels=0, predictions=0, screenings=0, previews=0, backups=0, copies=False)
    assert archive_view.going(empty) == "its entry in the catalogue"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "1 s left"), (35.2, "35 s left"), (240, "4 min left"), (4200, "1 h 10 min left"), (3600, "1 h left")],
)
def test_time_left_is_said_as_people_do(seconds: float, said: str) -> None:
    assert wording.time_left(seconds) == said
