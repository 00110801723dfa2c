"""What the lower half of the Inspect page says, from plain values, and that each part of it opens alone."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import Engine, insert, select
from streamlit.testing.v1 import AppTest

from tests import archive_rows
from tests.ui.judged import Person, judged_archive
from tests.ui.served import installation
from tests.ui.shoot import Frame, seen, shoot
from tests.ui.test_inspect import judged
from tests.ui.test_pages import opened, text
from workbench.archive import catalog, labels, photos, sessions, splits, tables
from workbench.archive.splits import TEST, TRAINING, VALIDATION
from workbench.faults import BLINK
from workbench.jobs import processes
from workbench.learning import audit, evaluation, explanations, findings, flags, inspection, queues, registry, similar
from workbench.learning.audit import Audit
from workbench.learning.evaluation import Difference
from workbench.learning.explanations import Why
from workbench.learning.flags import Flag
from workbench.learning.inspection import FN, FP, Judged
from workbench.learning.slices import Slice, Slices
from workbench.settings import HOME, Settings, from_environment
from workbench.ui import (
    inspect_audit_view,
    inspect_cells,
    inspect_figures,
    inspect_figures_view,
    inspect_labels,
    inspect_sheet,
    inspect_similar,
    inspect_slices,
    inspect_slices_view,
    inspect_why_view,
)
from workbench.ui.inspect_cells import From
from workbench.ui.inspect_choice import Choice
from workbench.ui.inspect_labels import LEANS, LEAST, SURE
from workbench.ui.inspect_sheet import Shown
from workbench.ui.inspect_threshold import Tried
from workbench.vision import store

VIEWS = ("figures", "slices", "audit", "labels", "similar", "why")
PEOPLE = [
    Person(name, missed=(0.05, 0.2, None), alarms=(0.9, 0.7), found=(0.95,) * 4, kept=(0.1,) * 20)
    for name in ("Ana", "Ben", "Eve", "Zoe")
]


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An empty archive that the pages find in the environment."""
    for name, value in (installation(tmp_path) | {"EYESPY_MODELS": str(tmp_path / "models")}).items():
        monkeypatch.setenv(name, value)
    return from_environment()


def inspected(view: str, **address: str) -> AppTest:
    return opened("pages/inspect.py", view=view, **address)


# ---- how good


MINE = judged([0.9, 0.2, 0.8, 0.1, 0.6, np.nan], [True, True, False, False, True, True])
OTHER = replace(judged([0.3, 0.3, 0.2, 0.9, 0.9, 0.9], [True, True, False, False, True, True]), model="other")


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


def many(seed: int, *, sharp: float = 0.45) -> Judged:
    """400 photos of forty people; the sharper the model, the further the classes are apart."""
    rng = np.random.default_rng(seed)
    truth = np.random.default_rng(0).random(400) < 0.3
    said = np.clip(sharp * truth + (1 - sharp) * rng.random(400), 0, 1)
    people = np.array([f"{number // 10:032}" for number in range(400)], "U32")
    return replace(judged(said.tolist(), truth.tolist()), groups=people)


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


def evaluate(one: Judged) -> evaluation.Evaluation:
    return evaluation.evaluate(one.truth, one.probability, one.group, threshold=one.threshold)


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


def add_model(settings: Settings, version: str) -> None:
    folder = settings.models / "blink" / version
    shutil.copytree(HOME / "models" / "blink" / "starter", folder)
    path = folder / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": version}))


# ---- where it is weak


def part(name: str, *, gap: tuple[float, float, float], kind: str = "head turn", rows: Any = ()) -> Slice:
    reason = "" if gap[1] == gap[1] else "no interval: it differs too little"
    found = evaluate(many(1))
    return Slice(
        kind,
        name,
        name,
        photos=len(rows) or 120,
        positives=9,
        groups=14,
        figures=found.figures,
        gap=Difference("F1", *gap, reason),
        rows=np.array(rows, int),
    )


WEAK = part("turned over 25°", gap=(-0.12, -0.2, -0.04))
LUCKY = part("bright eyes", gap=(-0.03, -0.1, 0.05))
UNSURE = part("Ana", kind="session", gap=(-0.03, np.nan, np.nan))
GOOD = part("sharp", gap=(0.03, 0.01, 0.05))


def test_a_gap_beyond_chance_is_marked_and_one_within_it_is_not() -> None:
    assert [inspect_slices_view.worse(one) for one in (WEAK, LUCKY, UNSURE, GOOD)] == [
        "▼ beyond chance",
        "within chance",
        "cannot be told",
        "–",
    ]
    assert inspect_slices_view.gap(WEAK) == "F1 −0.120 (−0.200 to −0.040)"


def test_a_row_leads_to_its_photos_and_keeps_the_rest_of_the_address() -> None:
    row, *_ = inspect_slices_view.rows(Slices((WEAK, UNSURE), 0, 0), {"view": "slices", "model": "mine"})
    assert row.href == "inspect?view=slices&model=mine&slice=head+turn%3Aturned+over+25%C2%B0"
    assert (row.cells["kind"], row.cells["photos"], row.cells["groups"]) == ("Head turn", 120, 14)
    assert set(row.cells) == {column.name for column in inspect_slices_view.COLUMNS}


def test_what_is_hidden_or_in_no_part_is_counted() -> None:
    said = inspect_slices_view.headline(Slices((WEAK, LUCKY), 2, 7))
    assert said.startswith("1 part is worse than the rest beyond chance.")
    assert "2 parts with fewer than 20 photos are not shown" in said
    assert "7 photos without a face or its views in no part by size, turn or light." in said
    assert "1 part with fewer than 20 photos is not shown." in inspect_slices_view.headline(Slices((GOOD,), 1, 0))
    assert "Chance alone would mark about 0.1 of the 2 compared (one in forty)." in said
    some = inspect_slices_view.headline(Slices((WEAK, UNSURE), 0, 0))
    assert "0.0 of the 1 compared" in some, "what has no interval could not be marked"
    assert inspect_slices_view.headline(Slices((GOOD,), 0, 0)) == "No part is worse than the rest beyond chance."
    assert "No part has 20 photos" in inspect_slices_view.headline(Slices((), 3, 0))


def test_the_slice_of_the_address_is_shown_and_the_worst_where_it_names_none() -> None:
    found = Slices((WEAK, UNSURE), 0, 0)
    assert inspect_slices_view.chosen(found, "session:Ana") is UNSURE
    assert inspect_slices_view.chosen(found, "session:nobody") is WEAK
    assert inspect_slices_view.chosen(Slices((), 0, 0), None) is None


def test_the_wrong_photos_of_a_slice_come_first_and_no_more_than_asked_for() -> None:
    here = part("some", gap=(0, 0, 0), rows=[0, 1, 2, 3, 5])
    found = inspect_slices_view.photos(MINE, here, 4)
    assert {title: [int(photo) for photo in some] for title, some in found.items()} == {
        "Missed": [1],
        "False alarms": [2],
        "Not judged": [5],
        "Found": [0],
    }
    assert "4 are shown, the wrong ones first" in inspect_slices_view.about(here, 4)


# ---- can it be trusted


def flag(name: str, *, raised: bool = False, figure: float | None = 0.0, shown: tuple[str, ...] = ()) -> Flag:
    between = (0.91, 0.95) if figure is not None and name in (flags.PAINTED, flags.BACKGROUND) else (None, None)
    return Flag(name, raised, figure, *between, f"What of {name}.", shown)


def audited(**named: Flag) -> Audit:
    known = {one.name: one for one in named.values()}
    all_of_them = tuple(known.get(name, flag(name)) for name in flags.NAMES)
    return Audit("mine", "2026-11-22T16:00:00", "ab", 4566, all_of_them)


WARNED = audited(
    first=flag(flags.DIFFERENT, raised=True, figure=12.0, shown=("a" * 32, "b" * 32)),
    second=flag(flags.PAINTED, figure=None),
    third=flag(flags.BACKGROUND, figure=0.93),
    fourth=flag(flags.DUPLICATES, figure=0.0321, shown=("c" * 32,)),
)


def test_raised_flags_come_first_then_what_could_not_be_told() -> None:
    said = inspect_audit_view.told(WARNED)
    assert [one.state for one in said] == ["warning", "not known", *["fine"] * 4]
    assert said[0].name == flags.DIFFERENT and said[1].name == flags.PAINTED


def test_each_flag_has_its_figure_in_words() -> None:
    said = {one.name: one.figure for one in inspect_audit_view.told(WARNED)}
    assert said[flags.DIFFERENT] == "12 photos"
    assert said[flags.PAINTED] == ""
    assert said[flags.BACKGROUND] == "AUC 0.93 (0.91–0.95); chance is 0.50"
    assert said[flags.DUPLICATES] == "3.2 %"
    assert said[flags.SUBJECTS] == "0 people"
    assert set(inspect_audit_view.TITLES) == set(flags.NAMES)


def test_the_headline_counts_what_speaks_against_the_figures() -> None:
    assert "over 4,566 labelled photos: one finding speaks against its figures" in inspect_audit_view.headline(WARNED)
    assert "nothing speaks against its figures" in inspect_audit_view.headline(audited())


def test_an_audit_older_than_the_last_label_says_so() -> None:
    assert inspect_audit_view.older(WARNED, datetime(2026, 11, 22, 15)) == ""
    assert inspect_audit_view.older(WARNED, None) == ""
    assert "evaluate again" in inspect_audit_view.older(WARNED, datetime(2026, 11, 22, 16, 0, 1))


def test_the_photos_of_a_raised_flag_are_shown_until_another_is_asked_for() -> None:
    said = inspect_audit_view.told(WARNED)
    first, other = inspect_audit_view.chosen(said, None), inspect_audit_view.chosen(said, flags.DUPLICATES)
    assert first is not None and first.name == flags.DIFFERENT
    assert other is not None and other.name == flags.DUPLICATES
    assert inspect_audit_view.chosen(inspect_audit_view.told(audited()), "nonsense") is None


# ---- wrong labels


def test_labels_in_doubt_are_told_apart_by_how_much() -> None:
    rest = [0.02] * 40 + [0.98] * 40
    truth = [False] * 40 + [True] * 40
    _, found = ranked(judged([0.99, 0.6, 0.4, *rest], [False, False, True, *truth]))
    assert {title: [int(photo) for photo in some] for title, some in found.items()} == {SURE: [0], LEANS: [1, 2]}


def test_where_the_model_leans_to_no_other_label_the_least_believed_are_offered() -> None:
    calm = judged([0.4, 0.1, 0.9], [False, False, True])
    _, found = ranked(calm)
    assert [int(photo) for photo in found[LEAST]] == [0, 1, 2]
    assert "would give none otherwise" in inspect_labels.sentence(calm, 3, found)


def test_the_test_side_and_what_was_learnt_from_are_never_called_into_doubt() -> None:
    tested = replace(MINE, sides=np.full(6, TEST, "U10"))
    assert ranked(tested) == (0, {})
    assert "must not be chosen by it" in inspect_labels.sentence(tested, 0, {})
    learnt = replace(MINE, sides=np.full(6, TRAINING, "U10"), out_of_fold=np.zeros(6, bool))
    assert ranked(learnt) == (0, {})
    assert "Out-of-fold answers" in inspect_labels.sentence(learnt, 0, {})


def ranked(one: Judged) -> tuple[int, dict[str, list[str]]]:
    return inspect_labels.ranking(inspect_figures_view.known(one))


def test_labels_are_ranked_once_for_the_same_answers() -> None:
    assert ranked(many(1))[1] is ranked(many(1))[1]


def test_how_many_labels_are_in_doubt_and_how_many_cannot_be_ranked_is_said() -> None:
    said = inspect_labels.sentence(MINE, 5, {SURE: ["a"], LEANS: ["b", "c"]})
    assert "Of 5 labels on photos that it was not trained on" in said
    assert "is sure of another one for 1 and leans to another one for 2 more" in said
    assert "1 photo cannot be ranked" in said


# ---- from which photos


def test_a_part_sets_out_from_the_photo_or_the_cell_that_the_address_names() -> None:
    assert inspect_cells.of(MINE, FP, None).photos == (MINE.photos[2],)
    assert inspect_cells.of(MINE, "nonsense", "no photo").cell == FP, "the worse error cell"
    one = inspect_cells.of(MINE, FN, "a" * 32)
    assert (one.photos, one.cell, one.named) == (("a" * 32,), FN, "the chosen photo")
    assert inspect_cells.of(MINE, FN, None).named == "1 photo under “Missed”"


# ---- similar photos


def test_why_nothing_similar_is_found_is_said() -> None:
    some = From(FN, None, ("a", "b"))
    assert "Evaluate it" in inspect_similar.sentence(0, 0, some)
    assert "60 unlabelled photos that the model sees most like 2 photos" in inspect_similar.sentence(60, 9, some)
    assert "nothing to look from" in inspect_similar.sentence(0, 9, From(FN, None, ()))
    assert "never looked from" in inspect_similar.sentence(0, 9, some, tested=True)
    assert "has its label" in inspect_similar.sentence(0, 9, some)
    assert inspect_similar.heading(some, found=True) == "Looked from"
    assert inspect_similar.heading(some, found=False) == "Photos of this cell"
    assert inspect_similar.heading(From(FN, None, ("a",) * 9), found=True) == "Looked from, the first 6 of 9"


def test_a_photo_that_got_its_label_meanwhile_is_not_found_again(archive: Settings) -> None:
    known = judged_archive(archive, PEOPLE[:1])
    engine = catalog.open_catalog(archive)
    asked = photos.of_session(engine, known["Ana"])[0].id
    others = [one.id for one in photos.of_session(engine, shoot(archive, "New", [Frame(None)] * 4))]
    places = np.arange(5.0)[:, None].repeat(3, axis=1)
    similar.keep(archive, BLINK, "starter", [asked, *others], places)
    assert inspect_similar.near(archive, engine, "starter", (asked,)) == tuple(others)
    archive_rows.say(engine, others[0], BLINK.positive)
    assert inspect_similar.near(archive, engine, "starter", (asked,)) == tuple(others[1:])


# ---- close-ups


def test_a_close_up_tells_label_opinion_and_session(archive: Settings) -> None:
    known = judged_archive(archive, PEOPLE[:1])
    engine = catalog.open_catalog(archive)
    first = photos.of_session(engine, known["Ana"])[0].id
    new = photos.of_session(engine, shoot(archive, "New", [Frame(None)]))[0].id
    shown = inspect_sheet.of(engine, BLINK, "starter", [new, "f" * 32, first])
    assert [one.photo.id for one in shown] == [new, first], "in the order asked for, without what is not there"
    unlabelled, labelled = (inspect_sheet.tile(one, 0.5) for one in shown)
    assert labelled.thumb == f"/eyes/{first}" and labelled.label == "blink 5 %"
    assert labelled.note == "Ana · labelled BLINKING by Ana · the model says blink 5 %"
    assert unlabelled.note == "New · not labelled · not judged"


def test_a_photo_without_a_face_is_shown_whole_and_an_out_of_fold_answer_stands_first(archive: Settings) -> None:
    engine = catalog.open_catalog(archive)
    session = archive_rows.session(engine, "Ana", [])
    with catalog.writing(engine) as connection:
        photo = archive_rows.photo(connection, "0" * 32, faces=0)
        connection.execute(insert(tables.files).values(session_id=session.id, name="a.jpg", photo_id=photo))
    (shown,) = inspect_sheet.of(engine, BLINK, "starter", [photo])
    assert inspect_sheet.tile(shown, 0.5).thumb == f"/photo/320/{photo}"
    (again,) = inspect_sheet.judged_so([shown], judged([0.8], [True]))
    assert again.probability == 0.8
    (unjudged,) = inspect_sheet.judged_so([again], judged([np.nan], [True]))
    assert unjudged.probability is None
    unknown = replace(again, photo=replace(again.photo, id="f" * 32))
    said = inspect_sheet.judged_so([unknown, again], judged([0.3, 0.6], [True, True]))
    assert [one.probability for one in said] == [0.8, 0.3], "one that was not judged keeps its stored answer"
    assert inspect_sheet.judged_so([again], judged([], [])) == [again]


# ---- why


NUMBERS = (
    ("left eye open less than in the subject's other photos", 1.2),
    ("mouth open more than in the subject's other photos", -0.3),
)
WHY = Why(np.zeros((2, 48, 64), np.float32), None, NUMBERS, 0.97, 0.46, 0.8, ("Grad-CAM",))


def test_bars_are_as_long_as_what_they_add_and_say_once_what_they_compare_with() -> None:
    assert inspect_why_view.bars(WHY) == [
        {"name": "left eye open less", "figure": "+1.20", "share": 1.0},
        {"name": "mouth open more", "figure": "−0.30", "share": -0.25},
    ]
    assert inspect_why_view.compared_with(WHY) == "the subject's other photos"
    exact = replace(WHY, numbers=(("left eye closed by 0.80", 2.0),))
    assert inspect_why_view.compared_with(exact) == "" and inspect_why_view.bars(exact)[0]["name"].startswith("left")
    assert inspect_why_view.bars(replace(WHY, numbers=())) == []


def test_the_verdict_is_told_with_threshold_and_label() -> None:
    photo = photos.Photo("a" * 32, "s", "a.jpg", None, 1, 1, 1)
    said = inspect_why_view.verdict(WHY, BLINK, "mine", Shown(photo, "Ana", BLINK.negative, "Ana"), 0.46)
    assert said == (
        "“mine” flags it: a blink is 97 % likely, and it flags from 46 % on. It is labelled NON_BLINKING by Ana."
    )
    assert "does not flag it" in inspect_why_view.verdict(replace(WHY, probability=0.1), BLINK, "mine", None, 0.46)
    assert "no face was found" in inspect_why_view.verdict(replace(WHY, probability=None), BLINK, "mine", None, 0.46)


def test_a_threshold_that_moved_since_the_explanation_is_said_beside_the_old_one() -> None:
    said = inspect_why_view.verdict(WHY, BLINK, "mine", None, 0.98)
    assert said.startswith("“mine” does not flag it: a blink is 97 % likely, and it flags from 98 % on")
    assert said.endswith(" (from 46 % on when it was explained).")


def test_numbers_that_overlap_are_not_passed_off_as_a_sum() -> None:
    assert "+0.80 of +3.48 log-odds in all; they overlap" in inspect_why_view.rest(WHY)
    assert inspect_why_view.rest(replace(WHY, numbers=())) == ""


def test_heat_tints_a_picture_only_where_there_is_heat() -> None:
    grey, heat = np.full((2, 2), 100, np.uint8), np.array([[0.0, 1.0], [0.0, 0.0]])
    found = inspect_why_view.heated(grey, heat)
    assert (found[0, 0] == 100).all() and (found[1] == 100).all()
    red, _, blue = found[0, 1].tolist()
    assert red > 150 and blue < 100, "orange"


def test_a_picture_is_shown_for_what_the_model_looks_at_and_nothing_else() -> None:
    (eyes,) = inspect_why_view.pictures(WHY, seen(), BLINK)
    assert "what spoke for a blink" in eyes["title"]
    image = Image.open(io.BytesIO(base64.b64decode(eyes["sources"][1].partition(",")[2])))
    assert image.size == (512, 192)
    (frame,) = inspect_why_view.pictures(
        replace(WHY, eyes=None, frame=np.zeros((178, 100), np.float32), probability=0.1), seen(), BLINK
    )
    assert "against a blink" in frame["title"] and not frame["wide"]
    assert inspect_why_view.pictures(WHY, None, BLINK) == []
    assert inspect_why_view.pictures(replace(WHY, eyes=None), seen(), BLINK) == []


def test_a_job_explains_the_photo_and_those_after_it_that_nobody_explained() -> None:
    others = ["a", "b", "c", "d", "e"]
    assert inspect_why_view.next_ones("b", others, ["c"], 3) == ["b", "d", "e"]
    assert inspect_why_view.next_ones("z", others, [], 2) == ["z", "a"]
    assert inspect_why_view.next_ones("b", others, others, 12) == ["b"], "asked for again"


# ---- the page


def all_parts(**address: str) -> None:
    app = inspected(VIEWS[0], **address)
    for view in VIEWS:
        app.query_params["view"] = view
        app.run()
        assert not app.exception and not app.error, view


def test_every_part_opens_and_nothing_is_written_by_looking(archive: Settings) -> None:
    judged_archive(archive, PEOPLE)
    all_parts()
    assert not (archive.models / "blink" / findings.FOLDER).exists()
    assert not queues.lists(catalog.open_catalog(archive))


def test_every_part_opens_on_the_test_side_and_with_nonsense_in_its_address(archive: Settings) -> None:
    judged_archive(archive, PEOPLE)
    all_parts(side=TEST, cell="nonsense", photo="'; drop", slice="session:nobody", flag="none")


def test_every_part_opens_where_the_only_photo_cannot_be_judged(archive: Settings) -> None:
    judged_archive(archive, [Person("Ana", missed=(None,))])
    all_parts()


def test_figures_without_another_model_lead_to_training(archive: Settings) -> None:
    judged_archive(archive, PEOPLE)
    said = text(inspected("figures"))
    assert "no other model yet to compare “starter” with" in said
    assert "82.8 % of the photos are judged rightly; the aim is 80 %" in said


def test_two_models_are_compared_with_a_way_to_what_is_newly_right_and_wrong(archive: Settings) -> None:
    known = judged_archive(archive, PEOPLE)
    add_model(archive, "second")
    engine = catalog.open_catalog(archive)
    with catalog.writing(engine) as connection:
        for session in known.values():
            standing = labels.current(engine, BLINK)
            for photo in photos.of_session(engine, session):
                said = 0.9 if standing[photo.id].value == BLINK.positive else 0.6
                row = {"photo_id": photo.id, "fault": BLINK.name, "model": "second", "probability": said, "doubt": 0.1}
                connection.execute(insert(tables.predictions).values(**row, burst_rank=0))
    app = inspected("figures", model="second")
    theirs = inspection.chosen(inspection.read(archive, engine, BLINK, "starter"), inspection.HELD_BACK)
    missed = int((theirs.truth & ~(theirs.probability >= 0.5)).sum())
    labelled = {each.label: each for each in app.button}
    assert f"Newly right: {missed}" in labelled, "all three of each person that the starter missed"
    labelled[f"Newly right: {missed}"].click().run()
    assert app.query_params["cell"] == "newly right" and "view" not in app.query_params


def test_an_audit_is_shown_with_its_warnings_and_photos(archive: Settings) -> None:
    known = judged_archive(archive, PEOPLE)
    engine = catalog.open_catalog(archive)
    some = tuple(one.id for one in photos.of_session(engine, known["Ana"])[:3])
    said = text(inspected("audit"))
    assert "was not audited yet" in said
    kept = audited(first=flag(flags.DIFFERENT, raised=True, figure=3.0, shown=some))
    audit.keep(archive, BLINK, replace(kept, version="starter"))
    app = inspected("audit")
    said = text(app)
    assert "one finding speaks against its figures" in said and "Labels were given or taken back since" in said
    assert "Do labels contradict each other?" in said.partition("Does it look at the eyes?")[0]
    assert "Out-of-fold answers" not in {each.label for each in app.button}, "the starter learnt from nothing"


def test_labels_in_doubt_are_kept_as_a_list_that_the_label_page_opens(archive: Settings) -> None:
    judged_archive(archive, PEOPLE)
    engine = catalog.open_catalog(archive)
    app = inspected("labels")
    (send,) = (each for each in app.button if each.label.startswith("Look at"))
    send.click().run()
    ((list_id, name),) = queues.lists(engine).items()
    assert name == "Labels that starter doubts"
    kept = queues.stretch(engine, queues.Queue(queues.LIST, list_id=list_id))
    held = inspection.chosen(inspection.read(archive, engine, BLINK, "starter"), inspection.HELD_BACK)
    assert send.label == f"Look at {len(kept)} labels again"
    assert {one.photo_id for one in kept} <= set(held.photos.tolist())
    assert inspect_sheet.to_label(list_id) == {"queue": "list", "list": list_id}


def test_similar_photos_are_offered_once_the_model_has_looked_at_the_archive(archive: Settings) -> None:
    judged_archive(archive, PEOPLE)
    engine = catalog.open_catalog(archive)
    app = inspected("similar")
    assert "not kept yet" in text(app)
    new = [one.id for one in photos.of_session(engine, shoot(archive, "New", [Frame(None)] * 5))]
    every = [one.id for session in sessions.every(engine) for one in photos.of_session(engine, session.id)]
    similar.keep(archive, BLINK, "starter", every, np.random.default_rng(0).random((len(every), 4)))
    app = inspected("similar")
    assert "5 unlabelled photos that the model sees most like" in text(app)
    (send,) = (each for each in app.button if each.label == "Label these 5")
    send.click().run()
    ((list_id, _),) = queues.lists(engine).items()
    assert {one.photo_id for one in queues.stretch(engine, queues.Queue(queues.LIST, list_id=list_id))} == set(new)


def test_a_photo_of_the_test_side_is_never_looked_from_and_goes_with_another_side(archive: Settings) -> None:
    judged_archive(archive, PEOPLE)
    engine = catalog.open_catalog(archive)
    sides = splits.sides(engine)
    tested = next(photo for photo, side in sides.items() if side == TEST)
    learnt = next(photo for photo, side in sides.items() if side != TEST)
    assert inspect_cells.all_tested(engine, (tested,)) and not inspect_cells.all_tested(engine, (tested, learnt))
    similar.keep(archive, BLINK, "starter", list(sides), np.random.default_rng(0).random((len(sides), 4)))
    for side in (TEST, inspection.HELD_BACK):
        assert "never looked from" in text(inspected("similar", photo=tested, side=side)), side
    app = inspected("similar", photo=tested, side=TEST)
    app.selectbox(key="inspect-Side").set_value(inspection.HELD_BACK).run()
    assert "photo" not in app.query_params and "never looked from" not in text(app)
    app = inspected("similar", photo=tested)
    app.selectbox(key="inspect-Session").set_value(sessions.every(engine)[0].id).run()
    assert "photo" not in app.query_params


def test_views_that_were_kept_meanwhile_count_at_once_and_looking_changes_nothing(archive: Settings) -> None:
    known = judged_archive(archive, PEOPLE)
    ids = [one.id for each in known.values() for one in photos.of_session(catalog.open_catalog(archive), each)]
    store.forget(archive, ids)
    app = inspected("slices")
    assert "without a face or its views" in text(app)
    store.put(archive, dict.fromkeys(ids, seen()))
    assert "without a face or its views" not in text(app.run())
    before = inspect_slices.views_written(archive)
    store.get(archive, ids)
    assert inspect_slices.views_written(archive) == before


def test_a_model_that_is_being_evaluated_is_not_evaluated_twice(archive: Settings) -> None:
    judged_archive(archive, PEOPLE)
    app = inspected("similar")
    (button,) = (each for each in app.button if each.label == "Evaluate")
    assert not button.disabled
    engine = catalog.open_catalog(archive)
    with catalog.writing(engine) as connection:
        connection.execute(insert(tables.jobs).values(**under_way("evaluate", "--model", "starter")))
    (button,) = (each for each in app.run().button if each.label == "Evaluate")
    assert button.disabled and button.help == "It is under way."


def under_way(*command: str) -> dict[str, Any]:
    """The row of a job that this process works on."""
    alive = {"pid": os.getpid(), "process_started": processes.started(os.getpid())}
    times = dict.fromkeys(("created_at", "started_at", "beat_at"), tables.now())
    said = {"command": json.dumps(command), "command_key": "a", "title": "Evaluate", "heavy": True}
    return {"id": "1" * 32, "status": "running", **said, **alive, **times}


def test_an_explanation_that_was_kept_is_told_and_one_that_was_not_is_offered(archive: Settings) -> None:
    known = judged_archive(archive, PEOPLE)
    engine = catalog.open_catalog(archive)
    photo = photos.of_session(engine, known["Ana"])[0].id
    app = inspected("why", photo=photo)
    assert "Explain" in {each.label for each in app.button} and "Nobody has asked yet" in text(app)
    explanations.keep(archive, BLINK, "starter", photo, replace(WHY, eyes=None))
    app = inspected("why", photo=photo)
    assert "flags it: a blink is 97 % likely" in text(app) and "How: Grad-CAM." in text(app)
    assert "Explain again" in {each.label for each in app.button}


def test_a_photo_that_was_forgotten_is_said_to_be_gone(archive: Settings) -> None:
    judged_archive(archive, PEOPLE)
    app = inspected("why", photo="f" * 32)
    assert not app.exception and "not in the archive any more" in text(app)
