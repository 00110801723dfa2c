"""Searches as plain files: what is written is read, and what is broken does no harm."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from workbench.archive import tables
from workbench.faults import BLINK
from workbench.learning import recipes, searches, spaces
from workbench.learning.searches import (
    DONE,
    FAILED,
    RUNNING,
    STOPPED,
    WAITING,
    Reference,
    Search,
    SearchRuns,
    Trial,
    UnknownSearch,
)
from workbench.learning.spaces import OURS, Asked, Preset, Rung
from workbench.settings import Settings

STARTED = datetime(2026, 11, 22, 12, 0)


def _search(search_id: str = "quick-1", **changes: object) -> Search:
    about = Search(
        search_id, "blink", "quick", OURS, "average precision", "abc", 15.0, 0, STARTED,
        seconds=60.0, plan=spaces.plan(2, 2), references=(Reference("final", None, 0.9),), run_seconds=60.0,
    )  # fmt: skip
    return replace(about, **changes)  # type: ignore[arg-type]


def _trial(trial_id: str, **changes: object) -> Trial:
    about = Trial(trial_id, 1, 0, 1, 1, DONE, 0.5, {"filters": 8, "geometry": True}, (0.5,), 2.0, None, 0.3)
    return replace(about, **changes)  # type: ignore[arg-type]


def _place(settings: Settings, search_id: str = "quick-1") -> Path:
    return searches.folder(settings, BLINK, search_id)


def _kept(settings: Settings, *trials: Trial, **changes: object) -> Path:
    place = _place(settings)
    searches.keep(place, _search(**changes))
    for trial in trials:
        searches.keep_trial(place, trial)
    return place


def test_what_was_written_is_read(settings: Settings) -> None:
    _kept(settings, _trial("0000"), winner="eyes-1", verdict="Better.", state=DONE, winner_trial="0000")
    found = searches.read(settings, BLINK, "quick-1")
    assert found == _search(
        trials=(_trial("0000"),), winner="eyes-1", verdict="Better.", state=DONE, winner_trial="0000"
    )
    assert searches.every(settings, BLINK) == [found]


def test_a_trial_that_goes_on_from_another_has_the_whole_curve(settings: Settings) -> None:
    later = _trial("0002", rung=1, epochs=2, planned_epochs=2, curve=(0.7,), continued_from="0000")
    _kept(settings, _trial("0000"), later)
    assert [trial.curve for trial in searches.read(settings, BLINK, "quick-1").trials] == [(0.5,), (0.5, 0.7)]


def test_a_figure_that_is_none_stays_none(settings: Settings) -> None:
    place = _kept(settings, _trial("0000", score=None, curve=(math.nan,), status=FAILED, loss=math.nan))
    assert "NaN" not in (place / "trials" / "0000.json").read_text()
    (trial,) = searches.read(settings, BLINK, "quick-1").trials
    assert trial.score is None and math.isnan(trial.curve[0]) and trial.loss is None


def test_a_search_runs_as_long_as_its_lock_is_held(settings: Settings) -> None:
    began = tables.now() - timedelta(seconds=30)
    place = _kept(settings, _trial("0000", status=RUNNING), state=RUNNING, run_started_at=began, run_seconds=10.0)
    with searches.held(place):
        found = searches.read(settings, BLINK, "quick-1")
        assert (found.state, found.running) == (RUNNING, 1)
        assert 30 <= found.run_seconds < 120 and found.seconds == pytest.approx(50 + found.run_seconds)
    found = searches.read(settings, BLINK, "quick-1")
    assert (found.state, found.trials[0].status, found.seconds_left) == (STOPPED, WAITING, None)


def test_nobody_else_runs_a_search_that_runs(settings: Settings) -> None:
    place = _place(settings)
    with searches.held(place), pytest.raises(SearchRuns, match="running already"), searches.held(place):
        pass
    with searches.held(place):
        assert searches.is_held(place)


def test_the_newest_search_is_the_first(settings: Settings) -> None:
    for name, day in (("a", 1), ("b", 3), ("c", 2)):
        searches.keep(_place(settings, name), _search(name, started_at=datetime(2026, 11, day)))
    assert [search.id for search in searches.every(settings)] == ["b", "c", "a"]


@pytest.mark.parametrize(
    "broken",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: "[" * 100_000,
        lambda text: json.dumps({"id": "quick-1", "trials": 7}),  # an older shape
        lambda text: text.replace("average precision", "beauty"),
        lambda text: text.replace('"size"', '"width"'),
        lambda text: text.replace("2026-11-22T12:00:00", "yesterday"),
    ],
)
def test_a_search_that_cannot_be_read_is_left_out(settings: Settings, broken: Callable[[str], str]) -> None:
    searches.keep(_place(settings, "whole"), _search("whole"))
    file = _kept(settings) / "search.json"
    file.write_text(broken(file.read_text()))
    assert [search.id for search in searches.every(settings)] == ["whole"]
    with pytest.raises(UnknownSearch, match="quick-1"):
        searches.read(settings, BLINK, "quick-1")


def test_a_search_of_a_newer_or_an_older_shape_is_read_as_far_as_it_is_known(settings: Settings) -> None:
    file = _kept(settings) / "search.json"
    document = json.loads(file.read_text())
    del document["winner_trial"], document["run_seconds"]
    file.write_text(json.dumps(document | {"colour": "grey"}))
    assert searches.read(settings, BLINK, "quick-1") == _search(run_seconds=0.0)


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"id": "0001"}', '{"curve": 3}', '{"curve": [], "settings": 4}'])
def test_a_trial_that_cannot_be_read_is_left_out(settings: Settings, text: str) -> None:
    place = _kept(settings, _trial("0000"))
    (place / "trials" / "0001.json").write_text(text)
    assert [trial.id for trial in searches.read(settings, BLINK, "quick-1").trials] == ["0000"]


@pytest.mark.parametrize("name", ["", "../starter", "a/b", ".hidden", "a" * 200, "quick"])
def test_what_is_no_search_is_refused_by_name(settings: Settings, name: str) -> None:
    assert searches.every(settings) == []
    with pytest.raises(UnknownSearch, match="tune --list"):
        searches.read(settings, BLINK, name)


def test_the_name_of_a_search_follows_from_preset_objective_data_and_seed() -> None:
    name = searches.identify("quick", "average precision", "0123456789abcdef", 0)
    assert name == "quick-average-precision-0123456789abcdef"
    others = [("thorough", "loss", "0123", 0), ("thorough", "F1", "0123", 0), ("thorough", "F1", "0123", 1)]
    assert len({searches.identify(*other) for other in others}) == 3


def test_the_best_trial_is_the_best_finished_one_and_the_smaller_loss_decides() -> None:
    trials = (
        _trial("0", score=0.9, loss=0.4),
        _trial("1", score=0.9, loss=0.2),
        _trial("2", score=0.99, status=RUNNING),
        _trial("3", score=None, status=FAILED),
    )
    best, least = (_search(trials=trials, objective=name).best for name in ("average precision", "loss"))
    assert best and least and (best.id, least.id) == ("1", "1")
    worse = _search(trials=(_trial("0", score=0.3), _trial("1", score=0.2)), objective="loss").best
    assert worse and worse.id == "1" and _search().best is None


@pytest.mark.parametrize(
    ("objective", "one", "other", "better"),
    [
        ("F1", (0.9, 0.5), (0.8, 0.1), True),
        ("F1", (0.8, 0.1), (0.8, 0.2), True),
        ("F1", (0.8, 0.2), (0.8, 0.2), False),
        ("loss", (0.1, 0.1), (0.2, 0.2), True),
        ("loss", (0.1, 0.1), (None, None), True),
        ("accuracy", (math.nan, math.nan), (None, None), False),
        ("accuracy", (math.nan, 0.1), (0.2, 0.3), False),
    ],
)
def test_a_score_is_better_or_of_equal_ones_the_smaller_loss(
    objective: str, one: tuple[float, float], other: tuple[float | None, float | None], better: bool
) -> None:
    assert searches.is_better(objective, one, other) is better


def test_time_left_is_what_the_trials_need_and_at_most_the_budget() -> None:
    running = _search(state=RUNNING, run_seconds=60.0, minutes=2.0)
    assert running.seconds_left == 60
    plan = (Rung(1, 0, 2, 1), Rung(1, 1, 1, 2))
    done = replace(running, plan=plan, trials=(_trial("0", seconds=4.0), _trial("1", seconds=6.0)))
    assert done.seconds_left == 5  # one more trial of one more epoch
    later = _trial("2", rung=1, epochs=2, planned_epochs=2, seconds=5.0)
    assert replace(done, trials=(*done.trials, later)).seconds_left == 0


@pytest.mark.parametrize(("max_epochs", "trials"), [(9, 23), (10, 30), (27, 70)])
def test_the_presets_plan_so_many_trials(max_epochs: int, trials: int) -> None:
    assert sum(rung.size for rung in spaces.plan(max_epochs, 3)) == trials


def test_every_preset_is_of_a_space_whose_names_are_settings() -> None:
    assert all(hasattr(recipes.Settings(), name) for names in spaces.SPACES.values() for name in names)
    assert {preset.space for preset in spaces.PRESETS.values()} == set(spaces.SPACES) == set(spaces.SUGGEST)


@pytest.mark.parametrize("wrong", [{"space": "theirs"}, {"max_epochs": 0}, {"factor": 1}, {"minutes": 0}])
def test_a_preset_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Preset(**{"name": "odd", "space": OURS, "max_epochs": 9, "factor": 3, "minutes": 1, **wrong})  # type: ignore[arg-type]


def test_a_trial_says_with_its_settings_what_was_trained() -> None:
    varied = spaces.recipe_of({"filters": 8, "synthetic": spaces.AUTO, "geometry": False}, recipes.Settings(dense=96))
    assert (varied.filters, varied.synthetic, varied.geometry, varied.dense) == (8, None, False, 96)


@pytest.mark.parametrize("wrong", [{"objective": "beauty"}, {"minutes": 0}])
def test_what_no_search_can_be_asked_for_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Asked(**{"preset": spaces.PRESETS["quick"], **wrong})  # type: ignore[arg-type]
