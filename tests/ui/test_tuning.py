"""What the Tune page says and draws, from plain values."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.judged import judged_archive
from tests.ui.tuned import PEOPLE, card
from workbench.archive import catalog
from workbench.archive.splits import TEST
from workbench.faults import BLINK
from workbench.jobs import processes, record
from workbench.jobs.record import End
from workbench.learning import comparing, recipes, registry
from workbench.learning.comparing import Comparison, NothingToCompare
from workbench.learning.evaluation import Difference, evaluate
from workbench.learning.inspection import Judged
from workbench.learning.readiness import Readiness, Side
from workbench.learning.registry import Listed
from workbench.settings import HOME, Settings
from workbench.ui import tuning_compare, tuning_view

# ---- what would be learnt from


def test_each_side_is_said_with_its_classes_and_groups() -> None:
    sides = {"training": Side(60, 660, 11), "validation": Side(1, 1, 1), "test": Side()}
    found = tuning_view.sides(Readiness(sides, 4, 726, 61, 13, ()))
    assert [(title, counts) for title, counts, _ in found] == [
        ("Training", "60 blinks · 660 others · 11 groups"),
        ("Validation", "1 blink · 1 other · 1 group"),
        ("Test", "0 blinks · 0 others"),
        ("New", "4 photos"),
    ]


def test_labels_without_sides_are_said_as_a_whole() -> None:
    sides = dict.fromkeys(("training", "validation", "test"), Side())
    ((title, counts, _),) = tuning_view.sides(Readiness(sides, 40, 40, 10, 1, ()))
    assert (title, counts) == ("Labelled", "10 blinks · 30 others")


# ---- models


def test_a_model_is_listed_with_what_it_learnt_from_and_its_figures_with_their_doubt() -> None:
    row = tuning_view.model_row(Listed("mine", card(), None, True, False))
    assert row.href == "tune?model=mine"
    assert row.cells["state"] == "current" and row.cells["network"] == "eyes"
    assert row.cells["learnt"] == "720 photos · 60 blinks · 11 groups"
    assert row.cells["accuracy"] == "0.946 (0.936–0.954)"
    assert row.cells["validation"] == "–", "what was not measured is not made up"


def test_a_model_that_cannot_be_used_is_listed_all_the_same() -> None:
    row = tuning_view.model_row(Listed("torn", None, "It is torn.", False, False))
    assert row.cells["network"] == "cannot be used" and set(row.cells) == {each.name for each in tuning_view.MODELS}


def test_figures_stand_beside_those_of_the_first_report() -> None:
    final = card(settings=recipes.STANDARD["final"])
    assert [column.title for column in tuning_view.figure_columns(final)] == ["Figure", "Test", "First report"]
    accuracy = tuning_view.figure_rows(final)[0]
    assert accuracy.cells == {"name": "accuracy (aim 0.8)", "on0": "0.946 (0.936–0.954)", "reported": "0.790"}
    assert [column.title for column in tuning_view.figure_columns(card())] == ["Figure", "Test"]


def test_figures_on_the_same_people_are_marked_as_such() -> None:
    training = {**(card().training or {}), "one_person": True}
    alone = card(training=training)
    assert tuning_view.learnt_from(alone) == "720 photos · 60 blinks · same people on all sides"
    assert tuning_view.figure_columns(alone)[1].title == "Test (same people)"


def test_a_figure_without_an_interval_says_so() -> None:
    assert tuning_view.ranged({"value": 1.0, "low": None, "high": None}) == "1.000 (no interval)"
    assert tuning_view.ranged({"value": None, "low": None, "high": None}) == "–"


def test_how_a_model_came_to_be_is_one_line(settings: Settings) -> None:
    said = "141,346 parameters · best epoch 9 of 12 · trained in 71 s · threshold 0.46 · seed 3"
    assert tuning_view.about(card()) == said
    starter = registry.read_card(settings, BLINK, "starter")
    assert tuning_view.about(starter) == "threshold 0.50"


def test_a_threshold_that_was_chosen_is_told_before_the_one_of_the_card() -> None:
    said = tuning_view.about(card(), registry.Chosen(0.1234, "by hand", datetime(2026, 11, 22)))
    assert "threshold 0.123, chosen (its card: 0.46; the figures below are at that)" in said


def test_learning_curves_are_of_both_losses_and_none_is_missed() -> None:
    found = tuning_view.curves({"loss": [0.7, 0.4], "val_loss": [0.6, 0.5], "val_average_precision": [0.8, 0.9]})
    assert [(line.name, list(line.x), line.main) for line in found] == [
        ("training", [1, 2], False),
        ("validation", [1, 2], True),
    ]
    assert tuning_view.curves({}) == []


def test_two_models_are_compared_with_what_is_beyond_chance() -> None:
    known = evaluate(np.array([True, False]), np.array([0.9, 0.1]), ["a", "b"])
    sure, unsure = Difference("AUC", 0.02, 0.01, 0.03, "", 0.95, 0.97), Difference("recall", -0.01, -0.02, 0.01)
    undefined = Difference("precision", float("nan"), float("nan"), float("nan"), "no photo was flagged")
    found = Comparison(("starter", "mine"), known, known, (sure, unsure, undefined), {"a": 5, "b": 6}, left_out=1)
    rows = tuning_view.difference_rows(found)
    assert rows[0].cells["difference"] == "+0.020 (+0.010 to +0.030)" and rows[0].cells["said"] == "yes"
    assert rows[1].cells["difference"].startswith("−0.010 (−0.020 to +0.010)") and rows[1].cells["said"] == "no"
    assert rows[2].cells["difference"] == "–" and rows[2].cells["said"] == "no photo was flagged"
    assert tuning_view.compared_on(found) == (
        "Compared on 11 test photos of 2 groups that neither learnt from; 1 group left out, as one of them learnt "
        "from it."
    )


def said(model: str, probability: list[float], **about: Any) -> Judged:
    """What a model says of eight test photos of four people, two a person, the first with a blink."""
    photos, people = (np.array([f"{n // many:032}" for n in range(8)], "U32") for many in (1, 2))
    known = {"photos": photos, "sessions": people, "groups": people, "sides": np.full(8, TEST, "U10")}
    flags = {"fair": np.ones(8, bool), "out_of_fold": np.ones(8, bool), "labels": np.arange(8)}
    truth, answers = np.array([True, False] * 4), np.array(probability)
    return Judged(BLINK, model, 0.5, **{**known, **flags, "truth": truth, "probability": answers, **about})


GOOD, BAD = [0.9, 0.1] * 4, [0.9, 0.1, 0.1, 0.9] * 2


def test_two_models_are_compared_by_what_both_have_said_of_people_that_neither_learnt_from() -> None:
    learnt = np.array([True] * 6 + [False] * 2)
    found = comparing.compared(said("starter", BAD), said("mine", GOOD, out_of_fold=learnt))
    assert found.versions == ("starter", "mine")
    assert (sum(found.groups.values()), len(found.groups), found.left_out) == (6, 3, 1)
    accuracy = found.difference("accuracy")
    assert (accuracy.a, accuracy.b) == (pytest.approx(4 / 6), 1.0)
    some = comparing.compared(said("starter", GOOD), said("mine", [np.nan, *GOOD[1:]]))
    assert "over the 7 photos that both could judge" in some.sentence


def test_models_that_learnt_from_all_test_people_have_nothing_to_be_compared_on() -> None:
    with pytest.raises(NothingToCompare, match="“mine” learnt from 4"):
        comparing.compared(said("starter", GOOD), said("mine", GOOD, out_of_fold=np.zeros(8, bool)))


def test_a_comparison_is_worked_out_anew_when_a_threshold_or_a_card_changes(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    judged_archive(settings, PEOPLE)
    states = [tuning_compare.state(settings, engine, "starter")]
    registry.set_threshold(settings, BLINK, "starter", 0.3, "by hand")
    states.append(tuning_compare.state(settings, engine, "starter"))
    assert tuning_compare.state(settings, engine, "starter") == states[-1]
    assert len(set(states)) == 2
    shutil.copytree(HOME / "models" / "blink" / "starter", settings.models / "blink" / "mine")
    states.append(tuning_compare.state(settings, engine, "mine"))
    os.utime(settings.models / "blink" / "mine" / "card.json", ns=(1, 1))
    assert tuning_compare.state(settings, engine, "mine") != states[-1]


def test_a_comparison_that_cannot_be_made_says_what_is_lacking_and_is_not_tried_again(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    judged_archive(settings, PEOPLE)
    add_model(settings, "mine")
    versions = "starter", "mine"
    states = tuning_compare.state(settings, engine, "starter"), tuning_compare.state(settings, engine, "mine")
    found = tuning_compare.known(settings, versions, states)
    assert found.comparison is None and found.sentence.endswith("both have to judge the photos of the test side first.")
    assert list(found.unasked) == ["mine"] and found.unasked["mine"] == 6
    assert tuning_compare.known(settings, versions, states) is found


def add_model(settings: Settings, version: str) -> None:
    folder = settings.models / "blink" / version
    shutil.copytree(HOME / "models" / "blink" / "starter", folder)
    path = folder / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": version}))


def test_a_model_that_a_job_works_with_is_not_deleted(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("datasets", "models", "assets"):
        monkeypatch.setenv(f"EYESPY_{name.upper()}", str(getattr(settings, name)))
    judged_archive(settings, PEOPLE)
    add_model(settings, "mine")
    engine = catalog.open_catalog(settings)
    job = str(record.add(engine, ["evaluate", "--model", "mine"], "Evaluate mine", True))
    record.take(engine, job)
    record.claim(engine, job, os.getpid(), processes.started(os.getpid()))
    app = AppTest.from_file(str(HOME / "workbench/ui/app.py"), default_timeout=20).run()
    app.switch_page(str(HOME / "pages/tune.py"))
    app.query_params["model"] = "mine"
    delete(app.run())
    assert ["Evaluate mine" in each.value for each in app.error] == [True]
    assert "mine" in registry.versions(settings, BLINK)
    record.close(engine, job, os.getpid(), End("cancelled"))
    delete(app.run())
    assert not app.exception and "mine" not in registry.versions(settings, BLINK)


def delete(app: AppTest) -> None:
    for label in ("Delete …", "Delete the model"):
        next(each for each in app.button if each.label == label).click()
        app.run()


@pytest.mark.parametrize(("seconds", "said"), [(35.4, "35 s"), (240, "4 min"), (4200, "1 h 10 min")])
def test_how_long_it_took_is_said_as_people_do(seconds: float, said: str) -> None:
    assert tuning_view.duration(seconds) == said


def test_the_tail_of_a_log_shows_a_bar_that_was_written_over_once() -> None:
    text = "".join(f"line {n}\n" for n in range(30)) + "\r10 %\r20 %\rdone\n"
    assert tuning_view.tail(text, lines=2) == "line 29\ndone"
