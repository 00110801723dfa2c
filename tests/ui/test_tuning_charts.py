"""What Tune draws: searches, more labels, charts."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.ui.judged import judged_archive
from tests.ui.served import installation
from tests.ui.shoot import frames, shoot
from tests.ui.test_imports import loaded
from tests.ui.tuned import PAGE, PEOPLE, PLAN, search, trial
from workbench.archive import catalog
from workbench.faults import BLINK
from workbench.learning import sizing, spaces
from workbench.learning.searches import Reference
from workbench.learning.sizing import Size, Sizes
from workbench.settings import Settings, from_environment
from workbench.ui import charts, tuning_search_view, tuning_searches
from workbench.ui.charts import Axis, Line

# ---- searches


def test_a_search_says_how_far_it_is_and_what_is_best() -> None:
    running = trial(2, score=None, status="running")
    found = search(trial(0, score=0.91), trial(1, score=0.947), running, seconds=66.0)
    assert tuning_search_view.progress(found) == (
        "**2 of 23 trials** done, 1 running · best average precision **0.947** · 66 s spent"
    )
    assert tuning_search_view.where(found) == "Bracket 2, rung 0: 9 trials of up to 1 epoch"
    assert tuning_search_view.where(search()) == ""


def test_the_ladder_has_a_place_for_every_planned_trial() -> None:
    found = search(trial(0), trial(1, status="failed", score=None), trial(2, score=None, status="running"))
    marks = tuning_search_view.rung_marks(found.trials, PLAN[0])
    assert marks == ["done", "failed", "running", *["planned"] * 6]
    drawn = tuning_search_view.ladder(found)
    assert drawn.count("<i ") == found.planned_trials == sum(rung.size for rung in PLAN)
    assert 'aria-label="Rung 0, up to 1 epoch: 2 of 9 trials done"' in drawn
    assert re.findall(r"Bracket \d", drawn) == ["Bracket 2", "Bracket 1", "Bracket 0"]


def test_a_trial_that_waits_to_be_run_again_keeps_a_planned_place() -> None:
    assert tuning_search_view.rung_marks([trial(0, status="waiting", score=None)], PLAN[0]) == ["planned"] * 9


def test_trials_are_listed_from_the_best_with_what_varied() -> None:
    found = search(
        trial(0, score=0.9), trial(1, score=0.95, continued_from="0000"), trial(2, score=None, status="failed")
    )
    rows = tuning_search_view.rows(found)
    assert [row.cells["trial"] for row in rows] == ["1", "0", "2"]
    assert [row.cells["state"] for row in rows] == ["best", "done", "failed"]
    best = rows[0].cells
    assert (best["from"], best["set-filters"], best["set-learning_rate"], best["set-geometry"]) == (
        "0",
        "16",
        "0.1",
        "yes",
    )
    titles = [column.title for column in tuning_search_view.columns(found)]
    assert "Learning rate" in titles and "Average precision" in titles


def test_by_loss_the_smallest_is_the_best() -> None:
    found = search(trial(0, score=0.3), trial(1, score=0.2), objective="loss")
    assert tuning_search_view.rows(found)[0].cells["trial"] == "1"
    _, worth, best = tuning_search_view.axes(found)
    assert worth == [-0.3, -0.2] and best == 1


def test_the_axes_hold_numbers_words_and_learning_rates_evenly_apart() -> None:
    settings = [
        {"filters": filters, "learning_rate": rate, "geometry": geometry, "synthetic": synthetic}
        for filters, rate, geometry, synthetic in (
            (8, 1e-2, True, "auto"),
            (16, 1e-3, False, 0.5),
            (8, 1e-4, True, 0.5),
        )
    ]
    found, _, _ = tuning_search_view.axes(search(*(trial(n, settings=each) for n, each in enumerate(settings))))
    by_title = {axis.title: axis for axis in found}
    assert list(by_title) == ["filters", "learning rate", "geometry", "synthetic", "average precision"]
    assert [round(by_title["learning rate"].share(each), 6) for each in by_title["learning rate"].values] == [1, 0.5, 0]
    assert by_title["geometry"].said == {0: "no", 1: "yes"} and by_title["geometry"].values == [1, 0, 1]
    assert sorted(by_title["synthetic"].said.values()) == ["0.5", "auto"]


def test_one_trial_is_not_compared_with_itself() -> None:
    assert tuning_search_view.axes(search(trial(0)))[0] == []
    assert tuning_search_view.axes(search())[0] == []


def test_curves_are_there_from_the_first_epoch_and_the_best_one_stands_out() -> None:
    found = search(trial(0, score=0.8), trial(1, score=0.95), trial(2, curve=(), score=None, status="running"))
    lines = tuning_search_view.trial_lines(found)
    assert [(line.main, line.name) for line in lines] == [(False, ""), (True, "best: trial 1")]


def test_the_networks_of_the_first_report_stand_beside_a_search() -> None:
    found = search(references=(Reference("initial", "v1", 0.9), Reference("final", None, 0.88)))
    assert tuning_search_view.beside(found).endswith("initial 0.900 · final 0.880.")
    assert tuning_search_view.beside(search()) == ""


def test_a_verdict_begins_with_its_sentence_and_a_stopped_search_says_how_to_go_on() -> None:
    first, rest = tuning_search_view.verdict(search(trial(0), verdict="It is better. AUC .99 against .98."))
    assert first == "**It is better.**"
    assert rest == "AUC .99 against .98. **1 of 23 trials** done. Start the same search again to go on from there."
    assert tuning_search_view.verdict(search(state="done", verdict="It is better."))[1] == ""
    assert tuning_search_view.verdict(search(trial(0)))[0].startswith("**1 of 23 trials** done. Start the same search")


def test_every_preset_says_what_it_does() -> None:
    for name in spaces.PRESETS:
        assert "minutes" in tuning_search_view.preset_about(name)
        assert tuning_search_view.PRESET_TITLES[name]


# ---- more labels


def sizes(**about: Any) -> Sizes:
    figure = {"value": 0.9, "low": 0.8, "high": 0.95} | about
    known = tuple(Size(share, int(400 * share), int(100 * share), {"accuracy": figure}) for share in (0.25, 0.5, 1.0))
    return Sizes("2026-11-22T16:00:00", "ab", known, "It is worth it.")


def test_accuracy_over_labels_has_its_band() -> None:
    line = tuning_searches.size_line(sizes())
    assert line is not None
    assert (list(line.x), list(line.low), list(line.high)) == ([100, 200, 400], [0.8] * 3, [0.95] * 3)
    assert tuning_searches.size_rows(sizes())[0].cells == {
        "photos": 100,
        "blinks": 25,
        "accuracy": "0.900 (0.800–0.950)",
    }


def test_without_an_interval_there_is_no_band_and_without_a_value_no_line() -> None:
    line = tuning_searches.size_line(sizes(low=None, high=None))
    assert line is not None and list(line.low) == []
    assert tuning_searches.size_line(sizes(value=None)) is None


def test_an_old_answer_says_how_many_labels_came_since(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    judged_archive(settings, PEOPLE)
    assert tuning_searches.said_since(engine, "2020-01-01T00:00:00") == 24
    assert tuning_searches.said_since(engine, "2999-01-01T00:00:00") == 0
    told = tuning_searches.asked(sizes(), 24)
    assert told.startswith("Asked on 2026-11-22; the band is the 95 % interval. 24 labels were added or changed since")
    assert tuning_searches.asked(sizes(low=None, high=None), 0) == "Asked on 2026-11-22."


# ---- charts


def test_every_figure_wears_the_greys_of_the_page_and_nothing_moves() -> None:
    line = Line("best", [1, 2], [0.5, 0.6], main=True, low=[0.4, 0.5], high=[0.6, 0.7])
    axes = [Axis("filters", [8, 16]), Axis("score", [0.5, 0.6])]
    for figure in (charts.lines([line], across="epoch", up="loss"), charts.parallel(axes, [0.5, 0.6], best=1)):
        layout = json.loads(figure.to_json())["layout"]
        assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "#1e1e1e"
        assert layout["transition"]["duration"] == 0 and layout["dragmode"] is False


def test_the_best_line_is_drawn_last_and_bright() -> None:
    axes = [Axis("filters", [8, 16, 32]), Axis("score", [0.5, 0.7, 0.6])]
    drawn = json.loads(charts.parallel(axes, [0.5, 0.7, 0.6], best=1).to_json())["data"]
    assert drawn[-1]["y"] == [pytest.approx(1 / 3), 1] and drawn[-1]["line"]["color"] == "#a9bdd6"
    assert not {"parcoords"} & {each["type"] for each in drawn}, "WebGL is not everywhere"


def test_an_axis_of_one_value_has_its_line_in_the_middle() -> None:
    assert Axis("depth", [3, 3]).share(3) == 0.5


def test_words_that_would_lie_over_each_other_give_way_to_the_ends() -> None:
    axis = Axis("rate", [1, 1.02, 1.5, 1.98, 2], {1: "one", 1.02: "near", 1.5: "mid", 1.98: "close", 2: "two"})
    assert sorted(axis.said.values()) == ["mid", "one", "two"]


def test_a_line_with_lists_of_different_lengths_is_refused() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        Line("a", [1, 2], [1])
    with pytest.raises(ValueError, match="different lengths"):
        replace(Line("a", [1, 2], [1, 2]), low=[1])


def test_the_page_with_its_charts_loads_nothing_that_trains(tmp_path: Path) -> None:
    environment = installation(tmp_path) | {"EYESPY_MODELS": str(tmp_path / "models")}
    shoot(from_environment(environment), "Ana", frames(keep=2, blink=1))
    sizing.keep(from_environment(environment), BLINK, sizes())
    names = loaded(PAGE, environment)
    assert "plotly" in names, "a chart was drawn"
    assert not names & {"tensorflow", "keras", "keras_tuner", "sklearn", "pandas", "pyarrow"}
