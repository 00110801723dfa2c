"""The next step, the tags of sessions and the table of who the archive shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import archive_rows
from workbench.archive import advice, catalog, diversity, overview, sessions
from workbench.archive.diversity import BadTarget, Row
from workbench.archive.overview import Overview
from workbench.archive.sessions import Session
from workbench.settings import Settings


def _seen(
    name: str, *, photos: int = 10, labelled: int = 0, faulty: int = 0, away: bool = False, **tags: str
) -> Overview:
    return Overview(Session(name, name, Path(name), **tags), away, photos, labelled, faulty, 0, 0)  # type: ignore[arg-type]


def test_an_empty_archive_wants_a_first_session() -> None:
    assert advice.next_step([], set()).page == "import"


def test_what_is_not_screened_comes_before_labelling() -> None:
    step = advice.next_step([_seen("Ana"), _seen("Ben", photos=20)], {"Ana"})
    assert (step.page, step.session_id) == ("screen", "Ben")


def test_what_is_screened_is_reviewed_before_anything_is_labelled() -> None:
    seen = [_seen("Ana", labelled=4, faulty=1), _seen("Ben", photos=99), _seen("Cem", labelled=10)]
    screened = {"Ana", "Ben", "Cem"}
    step = advice.next_step(seen, screened, {"Ana": 12, "Ben": 1, "Cem": 40})  # Cem's photos are all labelled
    assert (step.page, step.session_id, step.sentence) == ("review", "Ana", "Review 12 suggestions in “Ana”.")
    assert advice.next_step(seen, screened, {"Ben": 1}).sentence == "Review 1 suggestion in “Ben”."
    assert advice.next_step(seen, screened, {"Cem": 40}).page == "label"
    assert advice.next_step(seen, {"Ana"}, {"Ana": 12}).page == "screen"


def test_the_session_that_was_begun_is_labelled_to_its_end() -> None:
    step = advice.next_step([_seen("Ana", labelled=4, faulty=1), _seen("Ben", photos=99)], {"Ana", "Ben"})
    assert (step.page, step.session_id) == ("label", "Ana")
    assert step.sentence.startswith("6 photos of “Ana” are unlabelled; the archive has 1 of 500 BLINKING")


def test_a_folder_that_is_away_is_asked_for_when_nothing_else_is_left() -> None:
    step = advice.next_step([_seen("Ana", labelled=10, away=True)], set())
    assert (step.page, step.session_id) == ("relink", "Ana")


def test_tags_are_kept_in_the_photographers_words_and_taken_away_by_an_empty_one(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    session = archive_rows.session(engine, "Ana", ["a" * 32])
    sessions.tag(engine, session.id, gender=" non-binary ", race="black / asian")
    sessions.tag(engine, session.id, gender="")
    found = sessions.find(engine, "Ana")
    assert (found.gender, found.race, found.age_group) == (None, "black / asian", None)
    with pytest.raises(ValueError, match="no tag"):
        sessions.tag(engine, session.id, folder="/etc")


def _row(rows: list[Row], value: str) -> Row:
    (row,) = [row for row in rows if row.value == value and row.tag == "gender"]
    return row


def test_people_count_once_and_shares_leave_out_the_untagged() -> None:
    rows = diversity.table(
        [
            _seen("Ana in May", gender="female", subject="Ana", labelled=5),
            _seen("Ana in June", gender="female", subject="ana ", labelled=5),
            _seen("Ben", gender="male"),
            _seen("who knows"),
        ],
        {},
    )
    female = _row(rows, "female")
    assert (female.people, female.sessions, female.labelled, female.share) == (1, 2, 10, 0.5)
    assert _row(rows, diversity.UNTAGGED).people == 1 and rows[-1].value == diversity.UNTAGGED


@pytest.mark.parametrize(
    ("women", "men", "target", "lacking"), [(1, 3, 0.5, 2), (2, 2, 0.5, 0), (0, 4, 0.2, 1), (0, 0, 0.5, 0)]
)
def test_lacking_people_are_just_enough_to_reach_the_target(women: int, men: int, target: float, lacking: int) -> None:
    seen = [_seen(f"w{n}", gender="female") for n in range(women)] + [_seen(f"m{n}", gender="male") for n in range(men)]
    row = _row(diversity.table(seen, {("gender", "female"): target}), "female")
    assert row.lacking == lacking
    assert (women + lacking) >= target * (women + men + lacking) - 1e-9


def test_targets_are_kept_and_impossible_ones_refused(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    diversity.set_target(engine, "gender", "female", 0.5)
    diversity.set_target(engine, "gender", "female", 0.4)
    diversity.set_target(engine, "race", "black", 0.3)
    diversity.set_target(engine, "race", "black", None)
    assert diversity.targets(engine) == {("gender", "female"): 0.4}
    for tag, value, share in (("gender", "female", 1.5), ("folder", "x", 0.5), ("gender", " ", 0.5)):
        with pytest.raises(BadTarget, match="Nothing was changed"):
            diversity.set_target(engine, tag, value, share)
    assert overview.every(engine) == []
