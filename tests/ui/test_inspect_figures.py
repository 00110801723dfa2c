"""What Inspect says of how good a model is, and against which."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
from sqlalchemy import Engine, insert, select

from tests.ui.inspected import (
    MINE,
    OTHER,
    PEOPLE,
    add_model,
    evaluate,
    inspected,
    many,
)
from tests.ui.judged import judged_archive
from tests.ui.visiting import text
from workbench.archive import catalog, splits, tables
from workbench.archive.splits import TEST, VALIDATION
from workbench.faults import BLINK
from workbench.learning import evaluation, inspection, registry
from workbench.settings import Settings
from workbench.ui import (
    inspect_figures,
    inspect_figures_view,
)
from workbench.ui.inspect_choice import Choice
from workbench.ui.inspect_threshold import Tried


def test_photos_newly_right_and_newly_wrong_are_found_the_most_different_first() -> None:
    right, wrong = inspect_figures_view.rows(MINE, OTHER)
    assert right.tolist() == [3, 0], "by .8 and by .6"
    assert wrong.tolist() == [5, 2], "what cannot be judged is not right, and differs most"


def test_only_photos_that_both_were_asked_about_and_neither_learnt_from_are_compared() -> None:
    theirs = replace(OTHER, out_of_fold=np.array([False, True, True, True, True, True])).take(np.arange(5))
    here, there = inspect_figures_view.shared(MINE, theirs)
    assert here.tolist() == there.tolist() == [1, 2, 3, 4]
    right, wrong = inspect_figures_view.rows(MINE, theirs)
    assert (right.tolist(), wrong.tolist()) == ([3], [2])


def test_photos_whose_label_changed_between_two_readings_are_not_compared() -> None:
    relabelled = replace(OTHER, labels=np.array([0, 1, 2, 3, 4, 99]))
    here, _ = inspect_figures_view.shared(MINE, relabelled)
    assert 5 not in here.tolist()


def test_the_difference_is_that_of_the_paired_evaluation_on_the_same_photos() -> None:
    mine, other = many(1), replace(many(2, sharp=0.3), model="other")
    found = inspect_figures_view.compared(mine, other, "current")
    assert found is not None and found.photos == 400
    expected = evaluation.paired(mine.truth, other.probability, mine.probability, mine.group)
    assert found.differences == expected
    assert found.evaluation == evaluation.evaluate(other.truth, other.probability, mine.group)
    assert "mine is better by" in inspect_figures_view.difference(found, "mine")
    assert "on the 400 photos that neither has learnt from" in inspect_figures_view.difference(found, "mine")


def test_a_model_that_was_asked_about_none_of_these_photos_is_not_shown() -> None:
    assert inspect_figures_view.compared(MINE, OTHER.take(np.arange(0)), "current") is None


def test_figures_are_worked_out_once_for_the_same_answers_and_anew_for_others() -> None:
    same, again = inspect_figures_view.known(many(1)), inspect_figures_view.known(many(1))
    assert inspect_figures_view.evaluated(same) is inspect_figures_view.evaluated(again)
    moved = inspect_figures_view.known(many(1).at(0.7))
    other_people = replace(many(1), groups=many(1).photos)
    assert len({same, moved, inspect_figures_view.known(other_people), inspect_figures_view.known(many(3))}) == 4


def test_the_table_shows_each_figure_with_its_doubt_beside_the_report_and_the_aim() -> None:
    mine, other = many(1), replace(many(2, sharp=0.3), model="other")
    beside = inspect_figures_view.compared(mine, other, "current")
    assert beside is not None
    found = evaluation.evaluate(mine.truth, mine.probability, mine.group)
    rows = {row.id: row.cells for row in inspect_figures_view.table_rows(found, [beside])}
    figure = found.figure("recall")
    assert rows["recall"]["mine"] == f"{figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f})"
    assert rows["accuracy"]["name"] == "accuracy (aim 0.8)"
    assert (rows["recall"]["report-initial"], rows["recall"]["report-final"]) == ("0.773", "0.820")
    assert rows["AUC"]["report-final"] == "–", "the report says nothing of it"
    titles = [column.title for column in inspect_figures_view.columns("mine", [beside])]
    assert titles[1:4] == ["mine", "other · current", "Against other"]


def test_the_aim_is_reached_missed_or_open() -> None:
    assert "above the aim of 80 %" in inspect_figures_view.aim(evaluate(many(1)))
    hopeless = replace(many(1), probability=1 - many(1).probability)
    assert "below the aim of 80 %" in inspect_figures_view.aim(evaluate(hopeless))
    few = many(1).take(np.arange(60))
    wrong = np.where(np.random.default_rng(0).random(60) < 0.2, 1 - few.truth, few.truth).astype(float)
    assert "cannot be told yet" in inspect_figures_view.aim(evaluate(replace(few, probability=wrong)))
    assert "cannot be told" in inspect_figures_view.aim(evaluate(many(1).take(np.arange(8))))
    nothing = many(1).take(np.arange(0))
    assert "no labelled photos" in inspect_figures_view.aim(evaluate(nothing))


def test_what_is_lacking_says_why() -> None:
    one_person = replace(MINE, groups=np.full(6, "a", "U32"))
    assert "no interval from fewer than 3 groups" in inspect_figures_view.reasons(evaluate(one_person))
    assert inspect_figures_view.reasons(evaluate(many(1))) == ""
    no_blink = MINE.take(~MINE.truth)
    assert "recall: no photo has the fault" in inspect_figures_view.reasons(evaluate(no_blink))


def test_how_many_photos_the_truth_of_a_test_leaves_is_said() -> None:
    assert inspect_figures_view.on_what(MINE, "validation") == (
        "6 photos · 4 BLINKING · 6 people or shoots · flagged from 0.5 on"
    )
    assert "all of them may stand as test truth" in inspect_figures_view.on_what(MINE, TEST)
    left = inspect_figures_view.on_what(replace(MINE, left_out=14), TEST)
    assert "6 of 20 may stand as test truth: the others were chosen by a model" in left


def test_figures_on_photos_that_were_learnt_from_are_said_to_flatter() -> None:
    assert inspect_figures_view.flattered(MINE) == ""
    learnt = replace(MINE, out_of_fold=np.array([True, False, False, True, True, True]))
    said = "It was trained on 2 of these photos, so its figures here flatter it."
    assert inspect_figures_view.flattered(learnt) == said
    beside = inspect_figures_view.compared(learnt, OTHER, "current")
    assert beside is not None
    assert "other on 4 of them" in inspect_figures_view.partly([beside], len(learnt))
    assert inspect_figures_view.partly([beside], 4) == ""


def test_the_current_model_is_compared_with_the_one_before_and_every_other_with_the_current(settings: Settings) -> None:
    assert inspect_figures.roles(settings, "starter") == []
    for version in ("first", "second"):
        add_model(settings, version)
    assert inspect_figures.roles(settings, "second") == [("starter", "current")]
    registry.promote(settings, BLINK, "first")
    assert inspect_figures.roles(settings, "first") == [("starter", "the one before")]
    assert inspect_figures.roles(settings, "second") == [("starter", "needs no training"), ("first", "current")]
    registry.promote(settings, BLINK, "second")
    assert inspect_figures.roles(settings, "second")[-1] == ("first", "the one before")


def test_a_model_whose_card_is_broken_takes_no_figures_away(archive: Settings) -> None:
    judged_archive(archive, PEOPLE)
    add_model(archive, "second")
    registry.promote(archive, BLINK, "second")
    (archive.models / "blink" / "second" / "card.json").write_text("{")
    assert inspect_figures.roles(archive, "starter") == []
    app = inspected("figures", model="starter")
    assert not app.exception and not app.error and "judged rightly" in text(app)


def test_photos_by_which_a_model_was_chosen_do_not_tell_which_one_is_better() -> None:
    mine, other = many(1), replace(many(2, sharp=0.3), model="other")
    found = inspect_figures_view.compared(mine, other, "current")
    assert found is not None and "beyond chance" in inspect_figures_view.difference(found, "mine")
    said = inspect_figures_view.chosen_by(400, 400, trained=True)
    assert said == "These photos decided when to stop, and the threshold: only the test side says whether it holds."
    flattered = replace(found, doubt=said)
    told = inspect_figures_view.difference(flattered, "mine")
    assert "not said here" in told and told.endswith(said) and "beyond chance" not in told
    again = inspect_figures_view.difference(flattered, "mine", f"Some words. {said}")
    assert again == "Nor do they tell whether mine is better than other (current)."
    one_person = evaluate(mine.take(np.arange(8)))
    assert inspect_figures_view.aim(one_person, said).endswith(f"cannot be told. {said}")
    rows = inspect_figures_view.table_rows(evaluate(mine), [flattered])
    assert {row.cells["sure"] for row in rows} == {"–"}
    assert inspect_figures_view.aim(evaluate(many(1)), said).endswith(f"; the aim is 80 %. {said}")
    assert inspect_figures_view.chosen_by(0, 400, trained=True) == ""
    assert inspect_figures_view.chosen_by(3, 400, trained=False).startswith("3 of these photos decided the threshold:")


def test_only_the_photos_that_a_model_was_validated_on_decided_it(archive: Settings) -> None:
    engine = validated(archive)
    every = inspection.read(archive, engine, BLINK, "second")
    decided = np.isin(every.labels, inspect_figures.decided(archive, engine, "second"))
    assert decided.any() and (decided == (every.sides == VALIDATION)).all(), "everybody of that group, from one photo"
    assert not len(inspect_figures.decided(archive, engine, "starter"))
    registry.set_threshold(archive, BLINK, "starter", 0.4, "on the validation side")
    assert len(inspect_figures.decided(archive, engine, "starter")) == decided.sum()
    said = text(inspected("figures", model="second", side=VALIDATION))
    assert "These photos decided when to stop, and the threshold" in said and "beyond chance" not in said
    assert "decided when to stop" not in text(inspected("figures", model="second", side=TEST))


def validated(settings: Settings) -> Engine:
    """Four people, and a trained model that was validated on one photo of the validation side."""
    judged_archive(settings, PEOPLE)
    engine = catalog.open_catalog(settings)
    add_model(settings, "second")
    folder = settings.models / "blink" / "second"
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | {"training": {"at": "2026-11-22T12:00:00"}}))
    answer_as_the_starter(engine, "second")
    one = next(photo for photo, side in splits.sides(engine).items() if side == VALIDATION)
    (folder / "learnt.txt").write_text(f"{one} {VALIDATION}\n")
    return engine


def answer_as_the_starter(engine: Engine, version: str) -> None:
    said = tables.predictions.c
    with catalog.writing(engine) as connection:
        rows = connection.execute(select(tables.predictions).where(said.model == "starter")).mappings().all()
        connection.execute(insert(tables.predictions), [{**row, "model": version} for row in rows])


def test_a_model_that_was_never_asked_is_named_and_the_next_one_is_compared_with(archive: Settings) -> None:
    judged_archive(archive, PEOPLE)
    engine = catalog.open_catalog(archive)
    for version in ("second", "third"):
        add_model(archive, version)
    registry.promote(archive, BLINK, "second")
    answer_as_the_starter(engine, "third")
    here = inspection.read(archive, engine, BLINK, "third")
    assert inspect_figures.against(archive, engine, here) == ("starter", "needs no training")
    app = inspected("figures", model="third")
    assert "second has not judged these photos yet: evaluate it" in text(app) and "Against starter" in text(app)
    assert "Evaluate second" in {each.label for each in app.button}
    answer_as_the_starter(engine, "second")
    assert inspect_figures.against(archive, engine, here) == ("second", "current")
    assert "has not judged these photos" not in text(app.run())


def test_photos_are_newly_right_at_the_threshold_that_is_tried(archive: Settings) -> None:
    judged_archive(archive, PEOPLE)
    engine = catalog.open_catalog(archive)
    add_model(archive, "second")
    answer_as_the_starter(engine, "second")
    app = inspected("figures", model="second")
    assert "Newly right: 0" in {each.label for each in app.button}
    app.session_state["inspect-tried"] = Tried(Choice("second"), 0.8)
    app.run()
    held = inspection.chosen(inspection.read(archive, engine, BLINK, "second"), inspection.HELD_BACK)
    calm = int((~held.truth & (held.probability > 0.5) & (held.probability < 0.8)).sum())
    assert calm and f"Newly right: {calm}" in {each.label for each in app.button}
