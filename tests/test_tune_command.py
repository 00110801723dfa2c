"""`tune` as a person gives it, and the searches it shows."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from tests.learning import searching
from tests.test_cli import ok, run
from workbench.archive import catalog
from workbench.faults import BLINK
from workbench.learning import registry, searches, spaces
from workbench.learning.searches import DONE, STOPPED, Reference, Search, Trial
from workbench.settings import Settings


def _search(settings: Settings, search_id: str, **about: object) -> None:
    """A search with one trial, as it lies on the disk when nobody is at it."""
    place = searches.folder(settings, BLINK, search_id)
    told = {"winner": "eyes-1", "verdict": "The winner is better than the model in use.", "state": STOPPED, **about}
    shape = ("blink", "quick", spaces.OURS, "average precision", "abc", 15.0, 0, datetime(2026, 11, 22, 12, 0))
    references = (Reference("final", None, 0.81),)
    rungs = spaces.plan(9, 3)
    searches.keep(place, Search(search_id, *shape, seconds=90.0, plan=rungs, references=references, **told))  # type: ignore[arg-type]
    settings_ = {"learning_rate": 0.00123456, "geometry": True}
    searches.keep_trial(place, Trial("0000", 2, 0, 1, 1, DONE, 0.987, settings_, (0.987,), 5.0))


def test_searches_are_listed_and_shown(settings: Settings) -> None:
    assert "No search yet" in ok(settings, "tune", "--list")
    _search(settings, "quick-1")
    (_, line) = ok(settings, "tune", "--list").splitlines()
    assert line.split() == ["quick-1", "stopped", "1", "of", "23", "0.9870", "eyes-1", "2026-11-22", "12:00"]
    shown = ok(settings, "tune", "--show", "quick-1")
    for part in (
        "learning_rate=0.001235 geometry=True",
        "1 of 23 trials in 1.5 minutes",
        "“final” as reported: 0.8100",
    ):
        assert part in " ".join(shown.split())
    assert "models promote eyes-1" in shown and "goes on with this search" in shown


def test_searches_are_told_to_programs(settings: Settings) -> None:
    assert json.loads(ok(settings, "tune", "--list", "--json")) == []
    _search(settings, "quick-1", state=DONE)
    (listed,) = json.loads(ok(settings, "tune", "--list", "--json"))
    assert listed == json.loads(ok(settings, "tune", "--show", "quick-1", "--json"))
    assert (listed["state"], listed["done"], listed["planned_trials"], listed["best"]) == ("done", 1, 23, "0000")
    assert listed["trials"][0]["settings"] == {"learning_rate": 0.00123456, "geometry": True}


@pytest.mark.parametrize("name", ["quick-2", "../../starter"])
def test_a_search_that_is_not_there_is_one_sentence(settings: Settings, name: str) -> None:
    result = run(settings, "tune", "--show", name)
    assert result.exit_code == 1 and result.stderr.startswith(f"Error: There is no search “{name}”")


@pytest.mark.parametrize(
    "wrong", [("--preset", "huge"), ("--minutes", "0"), ("--objective", "beauty"), ("--seed", "-1")]
)
def test_what_cannot_be_asked_is_refused(settings: Settings, wrong: tuple[str, str]) -> None:
    result = run(settings, "tune", *wrong)
    assert result.exit_code == 2 and wrong[0] in result.stderr


def test_too_few_labels_are_one_sentence_and_the_current_model_stays(settings: Settings) -> None:
    result = run(settings, "tune", "--json")
    assert result.exit_code == 1 and result.stdout == ""
    assert result.stderr.count("\n") == 1 and "the current model stays" in result.stderr
    assert registry.current_version(settings) == registry.STARTER
    assert searches.every(settings) == []


def test_a_search_prints_one_document_and_nothing_else(settings: Settings) -> None:
    searching.archive(settings, catalog.open_catalog(settings))
    given = ok(settings, "tune", "--preset", "as-reported", "--minutes", "0.0000001", "--objective", "F1", "--json")
    document = json.loads(given)
    (found,) = searches.every(settings)
    assert document == {
        "search": found.id,
        "trials": 0,
        "winner": None,
        "verdict": found.verdict,
        "best": None,
        "seconds": pytest.approx(found.seconds, abs=0.1),
    }
    assert (found.preset, found.objective, found.state) == ("as-reported", "F1", STOPPED)
