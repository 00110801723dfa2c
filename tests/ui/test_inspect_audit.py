"""What Inspect says of warnings, labels in doubt and similar photos."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np

from tests import archive_rows
from tests.ui.inspected import (
    MINE,
    PEOPLE,
    audited,
    flag,
    judged,
    many,
)
from tests.ui.judged import judged_archive
from tests.ui.shoot import Frame, shoot
from workbench.archive import catalog, photos
from workbench.archive.splits import TEST, TRAINING
from workbench.faults import BLINK
from workbench.learning import flags, similar
from workbench.learning.inspection import FN, FP, Judged
from workbench.settings import Settings
from workbench.ui import (
    inspect_audit_view,
    inspect_cells,
    inspect_figures_view,
    inspect_labels,
    inspect_similar,
)
from workbench.ui.inspect_cells import From
from workbench.ui.inspect_labels import LEANS, LEAST, SURE

# ---- can it be trusted


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
