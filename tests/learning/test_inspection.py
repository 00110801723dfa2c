"""What a model says of labelled photos, as vectors out of a real catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, insert

from tests import archive_rows, photographs
from tests.archive.test_importing import run
from tests.learning import made_up
from tests.learning.shelf import add_model
from workbench.archive import catalog, labels, photos, sessions, splits, tables
from workbench.archive.splits import TEST, TRAINING, VALIDATION
from workbench.faults import BLINK
from workbench.learning import assessment, evaluation, inspection, prediction, registry
from workbench.learning.inspection import CELLS, CHOICES, Judged
from workbench.screening import screen
from workbench.settings import Settings
from workbench.vision import analysis


@pytest.fixture
def engine(settings: Settings) -> Engine:
    return catalog.open_catalog(settings)


def judged(truth: list[bool], probability: list[float], **about: object) -> Judged:
    """Photos of one session each."""
    n = len(truth)
    names = np.array([f"{number:032x}" for number in range(n)], "U32")
    found = Judged(
        fault=BLINK,
        model="m",
        threshold=0.5,
        photos=names,
        sessions=names,
        groups=names,
        sides=np.full(n, VALIDATION, "U10"),
        truth=np.array(truth, bool),
        probability=np.array(probability, float),
        labels=np.arange(n),
        fair=np.ones(n, bool),
        out_of_fold=np.ones(n, bool),
    )
    return replace(found, **about)  # type: ignore[arg-type]


def predict(settings: Settings, engine: Engine, version: str = "starter") -> None:
    """Asks the model about every session."""
    with analysis.pool(settings) as executor:
        for session in sessions.every(engine):
            prediction.predict(settings, engine, session, registry.load(settings, BLINK, version), executor)


def say(engine: Engine, said: Mapping[str, float | None], model: str = "starter") -> None:
    """What a model says of photos."""
    rows = [{"photo_id": photo, "fault": "blink", "model": model, "probability": p} for photo, p in said.items()]
    with catalog.writing(engine) as connection:
        connection.execute(insert(tables.predictions), rows)


def read(settings: Settings, engine: Engine, version: str = "starter") -> Judged:
    return inspection.read(settings, engine, BLINK, version)


# ---- the one prediction path


def test_inspecting_evaluating_and_screening_say_the_same_of_a_photo(settings: Settings, engine: Engine) -> None:
    for number in (1, 2, 3):
        photographs.jpeg(settings.roots[1] / f"Ana/{number}.jpg", number)
    run(settings, settings.roots[1] / "Ana")
    made_up.archive(settings, engine, sessions=3)
    for one in photos.of_session(engine, sessions.find(engine, "Ana").id):
        archive_rows.say(engine, one.id, "NON_BLINKING")
    model = registry.current(settings)
    with analysis.pool(settings) as executor:
        found = assessment.assess(settings, engine, sessions.every(engine), model, executor)
        seen = read(settings, engine)
        verdicts = {
            photo: verdict.probability
            for session in sessions.every(engine)
            for photo, verdict in screen.screen(settings, engine, session, model, executor).verdicts.items()
        }
    said = np.array([verdicts[photo] for photo in seen.photos.tolist()], float)
    assert len(seen) == 39 and np.isnan(said).sum() == 3
    np.testing.assert_array_equal(seen.probability, said)
    for groups in (seen.groups, seen.group):
        again = evaluation.evaluate(seen.truth, seen.probability, groups, threshold=seen.threshold)
        assert evaluation.as_json(again) == evaluation.as_json(found)


# ---- reading


def test_every_labelled_photo_the_model_was_asked_about_is_read_by_its_id(settings: Settings, engine: Engine) -> None:
    archive_rows.session(engine, "S", list("cabdef"))
    for photo, value in {
        "a": "BLINKING",
        "b": "NON_BLINKING",
        "c": "NON_BLINKING",
        "d": "UNSURE",
        "e": "BLINKING",
    }.items():
        archive_rows.say(engine, photo, value)
    say(engine, {"a": 0.9, "b": None, "c": 0.2, "d": 0.5, "f": 0.1})
    say(engine, {"e": 0.3}, model="other")
    found = read(settings, engine)
    assert found.photos.tolist() == ["a", "b", "c"] and found.unpredicted == 1
    assert found.truth.tolist() == [True, False, False]
    np.testing.assert_array_equal(found.probability, [0.9, np.nan, 0.2])
    assert found.labels.tolist() == [labels.current(engine, BLINK)[photo].id for photo in "abc"]
    assert found.threshold == 0.5 and found.sides.tolist() == [""] * 3 and len(set(found.sessions)) == 1


def test_groups_and_sides_are_those_of_the_split_however_photos_and_subjects_are_tied(
    settings: Settings, engine: Engine
) -> None:
    made_up.archive(settings, engine, sessions=6, photos=4, closed=1)
    first, second, third, *_ = sessions.every(engine)
    sessions.tag(engine, first.id, subject="Ana")
    sessions.tag(engine, second.id, subject=" ana")
    shared = photos.of_session(engine, third.id)[0].id
    archive_rows.session(engine, "again", [shared], group="tied")
    archive_rows.session(engine, "sorted", ["f" * 32, "e" * 32], kind=tables.CLASSES)
    predict(settings, engine)
    found = read(settings, engine)
    group_of, side_of = splits.groups(engine), splits.sides(engine)
    assert found.groups.tolist() == [group_of[photo] for photo in found.photos.tolist()]
    assert found.sides.tolist() == [side_of[photo] for photo in found.photos.tolist()]
    assert found.sessions[found.photos == shared].tolist() == [third.id], "the older shoot"


def test_an_empty_archive_and_a_model_that_was_never_asked_give_empty_vectors(
    settings: Settings, engine: Engine
) -> None:
    assert len(read(settings, engine)) == 0
    archive_rows.session(engine, "S", ["a"])
    archive_rows.say(engine, "a", "BLINKING")
    found = read(settings, engine)
    assert (len(found), found.unpredicted) == (0, 1)
    for choice in CHOICES:
        assert all(len(inspection.cell(inspection.chosen(found, choice), name)) == 0 for name in CELLS)
    assert inspection.confusion(found) == (0, 0, 0, 0)


def test_a_chosen_threshold_is_the_one_to_judge_by(settings: Settings, engine: Engine) -> None:
    registry.set_threshold(settings, BLINK, "starter", 0.3, "by hand")
    assert read(settings, engine).threshold == 0.3


# ---- what the model has seen


@pytest.fixture
def trained(settings: Settings, engine: Engine) -> Path:
    """An archive with all three sides, and a model that learnt from one photo of each training group."""
    made_up.archive(settings, engine, sessions=10, photos=4, closed=2)
    folder = add_model(settings, "net")
    group_of, side_of = splits.groups(engine), splits.sides(engine)
    firsts = {group_of[photo]: photo for photo in sorted(side_of)}
    lines = [f"{photo} {side_of[photo]}\n" for photo in firsts.values() if side_of[photo] != TEST]
    (folder / "learnt.txt").write_text("".join(lines))
    predict(settings, engine, "net")
    predict(settings, engine)
    return folder


def keep_folds(settings: Settings, answers: Mapping[str, float]) -> None:
    """Out-of-fold answers as a job keeps them."""
    place = settings.models / "blink" / ".inspections" / "net"
    place.mkdir(parents=True, exist_ok=True)
    said = {"photos": np.array(list(answers), "U32"), "probability": np.array(list(answers.values()))}
    np.savez(place / "out_of_fold.npz", **said, fold=np.zeros(len(answers), int), data=np.array("x"))


def test_the_starter_has_seen_nothing_and_a_network_the_groups_it_was_trained_on(
    settings: Settings, engine: Engine, trained: Path
) -> None:
    assert read(settings, engine).out_of_fold.all()
    found = read(settings, engine, "net")
    np.testing.assert_array_equal(found.out_of_fold, found.sides != TRAINING)
    held = inspection.chosen(found, "held back")
    assert set(held.sides.tolist()) == {VALIDATION}
    assert set(inspection.chosen(read(settings, engine), "held back").sides.tolist()) == {VALIDATION, TRAINING}


def test_training_photos_answer_out_of_fold_where_that_was_kept_and_no_others_do(
    settings: Settings, engine: Engine, trained: Path
) -> None:
    before = read(settings, engine, "net")
    some = before.photos[before.sides == TRAINING][:3].tolist()
    others = before.photos[before.sides != TRAINING].tolist()
    keep_folds(settings, {**dict.fromkeys(some, 0.123), **dict.fromkeys(others, 0.999)})
    found = read(settings, engine, "net")
    answered = np.isin(found.photos, some)
    assert (found.probability[answered] == 0.123).all()
    np.testing.assert_array_equal(found.probability[~answered], before.probability[~answered])
    np.testing.assert_array_equal(found.out_of_fold, before.out_of_fold | answered)
    assert len(inspection.chosen(found, "held back")) == len(inspection.chosen(before, "held back")) + 3


def test_a_test_group_that_was_learnt_from_after_all_proves_nothing(
    settings: Settings, engine: Engine, trained: Path
) -> None:
    found = read(settings, engine, "net")
    photo = found.photos[found.sides == TEST][0]
    with (trained / "learnt.txt").open("a") as file:
        file.write(f"{photo} training\n")
    test = inspection.chosen(read(settings, engine, "net"), "test")
    assert test.left_out == 4 and len(test) == (found.sides == TEST).sum() - 4


def test_a_test_group_that_the_threshold_was_chosen_on_proves_nothing(
    settings: Settings, engine: Engine, trained: Path
) -> None:
    """As with a model from elsewhere, whose validation photos may lie anywhere here."""
    found = read(settings, engine, "net")
    photo = found.photos[found.sides == TEST][0]
    with (trained / "learnt.txt").open("a") as file:
        file.write(f"{photo} validation\n")
    test = inspection.chosen(read(settings, engine, "net"), "test")
    assert test.left_out == 4 and len(test) == (found.sides == TEST).sum() - 4


def test_a_group_that_only_the_card_knows_proves_nothing_under_its_new_name(settings: Settings, engine: Engine) -> None:
    made_up.archive(settings, engine, sessions=10, photos=4, closed=2)
    group_of, side_of = splits.groups(engine), splits.sides(engine)
    tested = next(group_of[photo] for photo in sorted(side_of) if side_of[photo] == TEST)
    add_model(settings, "net", training={"groups": {"validation": [tested]}})
    predict(settings, engine, "net")
    before = read(settings, engine, "net")
    session = before.sessions[before.groups == tested][0]
    sessions.tag(engine, session, subject="Ana")  # its group may be known by another key now
    found = read(settings, engine, "net")
    assert not found.out_of_fold[found.sessions == session].any() and inspection.chosen(found, "test").left_out == 4


def test_other_photos_of_the_person_that_a_model_learnt_from_prove_nothing_once_there_are_more_people(
    settings: Settings, engine: Engine
) -> None:
    made_up.archive(settings, engine, sessions=10, photos=4, closed=2)
    found = read_by(settings, engine, "starter")
    ids = found.photos[found.groups == found.groups[found.sides == TEST][0]].tolist()
    folder = add_model(settings, "net", training={"one_person": True})
    (folder / "learnt.txt").write_text(f"{ids[0]} training\n{ids[1]} validation\n")
    test = inspection.chosen(read_by(settings, engine, "net"), "test")
    assert not set(ids) & set(test.photos.tolist()) and test.left_out == 4
    assert len(test) == (found.sides == TEST).sum() - 4


def read_by(settings: Settings, engine: Engine, version: str) -> Judged:
    """What the model says, after it was asked about everything."""
    predict(settings, engine, version)
    return read(settings, engine, version)


def test_out_of_fold_answers_fall_away_where_two_folds_turn_out_to_be_one_person(
    settings: Settings, engine: Engine, trained: Path
) -> None:
    before = read(settings, engine, "net")
    known = list(dict.fromkeys(before.sessions[before.sides == TRAINING].tolist()))
    answers = {photo: known.index(s) % 2 for photo, s in zip(before.photos, before.sessions, strict=True) if s in known}
    place = settings.models / "blink" / ".inspections" / "net"
    place.mkdir(parents=True)
    columns = {"photos": np.array(list(answers)), "fold": np.array(list(answers.values()))}
    np.savez(place / "out_of_fold.npz", **columns, probability=np.full(len(answers), 0.3))
    assert read(settings, engine, "net").out_of_fold.all()
    for session in known[:2]:
        sessions.tag(engine, session, subject="Ana")
    found = read(settings, engine, "net")
    assert set(found.sessions[~found.out_of_fold].tolist()) == set(known[:2])


def test_the_bursts_of_a_single_person_are_told_apart_by_what_the_model_wrote_down(
    settings: Settings, engine: Engine
) -> None:
    made_up.archive(settings, engine, sessions=1, photos=6, closed=2)
    ids = [one.id for one in photos.of_session(engine, sessions.every(engine)[0].id)]
    folder = add_model(settings, "net", training={"one_person": True})
    (folder / "learnt.txt").write_text("".join(f"{p} training\n" for p in ids[:3]) + f"{ids[3]} validation\n")
    predict(settings, engine, "net")
    found = read(settings, engine, "net")
    side_of = dict(zip(found.photos.tolist(), found.sides.tolist(), strict=True))
    assert [side_of[photo] for photo in ids] == [TRAINING] * 3 + [VALIDATION] + [TEST] * 2
    assert inspection.chosen(found, "held back").photos.tolist() == [ids[3]]


# ---- choosing


def test_each_choice_takes_its_side_and_the_test_only_what_may_stand_as_truth() -> None:
    sides = np.array([TRAINING, TRAINING, VALIDATION, TEST, TEST, ""], "U10")
    fair, unseen = np.array([1, 1, 1, 1, 0, 1], bool), np.array([0, 1, 1, 1, 1, 1], bool)
    found = judged([True] * 6, [0.9] * 6, sides=sides, fair=fair, out_of_fold=unseen)
    rows = {choice: [int(p, 16) for p in inspection.chosen(found, choice).photos] for choice in CHOICES}
    assert rows == {"held back": [1, 2, 5], "validation": [2], "test": [3], "training": [0, 1]}
    assert inspection.chosen(found, "test").left_out == 1 and inspection.chosen(found, "validation").left_out == 0


def test_one_session_can_be_chosen_and_a_choice_there_is_not_is_refused() -> None:
    found = judged([True, False], [0.9, 0.1])
    assert inspection.chosen(found, "held back", found.sessions[1]).truth.tolist() == [False]
    assert len(inspection.chosen(found, "held back", "nowhere")) == 0
    with pytest.raises(ValueError, match="only held back"):
        inspection.chosen(found, "all")


# ---- cells


def test_a_cell_has_its_photos_the_worst_first() -> None:
    nan = float("nan")
    truth = [False, False, False, True, True, True, False, True, False, True]
    said = [0.6, 0.9, 0.1, 0.4, 0.05, 0.95, 0.3, 0.55, nan, nan]
    found = {name: inspection.cell(judged(truth, said), name).tolist() for name in CELLS}
    assert found == {"tn": [6, 2], "fp": [1, 0], "fn": [4, 3], "tp": [7, 5], "unjudged": [9, 8]}


def test_cells_are_those_of_the_confusion_at_any_threshold() -> None:
    rng = np.random.default_rng(0)
    truth, said = rng.random(500) < 0.3, np.where(rng.random(500) < 0.1, np.nan, rng.random(500).round(2))
    for threshold in (0.1, 0.5, 0.77):
        found = judged(truth.tolist(), said.tolist()).at(threshold)
        counts = [len(inspection.cell(found, name)) for name in CELLS]
        assert tuple(counts[:4]) == inspection.confusion(found)
        assert sum(counts) == 500 and found.threshold == threshold
        assert (
            inspection.confusion(found) == evaluation.evaluate(truth, said, found.groups, threshold=threshold).confusion
        )


def test_a_photo_at_the_threshold_is_flagged() -> None:
    assert inspection.cell(judged([False], [0.5]), "fp").tolist() == [0]
    with pytest.raises(ValueError, match="no cell"):
        inspection.cell(judged([False], [0.5]), "all")


def test_vectors_of_different_lengths_or_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="truth"):
        replace(judged([True], [0.5]), truth=np.array([1]))
    with pytest.raises(ValueError, match="labels"):
        replace(judged([True], [0.5]), labels=np.arange(2))
    with pytest.raises(ValueError, match="threshold"):
        judged([True], [0.5]).at(1.0)


# ---- the stamp


def test_the_stamp_changes_with_everything_that_is_read_and_with_nothing_else(
    settings: Settings, engine: Engine, trained: Path
) -> None:
    def stamp() -> str:
        return inspection.stamp(settings, engine, BLINK, "net")

    known = [stamp()]
    assert stamp() == known[0]
    photo = read(settings, engine, "net").photos[0]
    archive_rows.say(engine, photo, "UNSURE")
    known.append(stamp())
    labels.undo(engine, labels.current(engine, BLINK)[photo].id, labeller="Ana")
    known.append(stamp())
    sessions.tag(engine, sessions.every(engine)[0].id, subject="Ana")
    known.append(stamp())
    keep_folds(settings, {photo: 0.5})
    known.append(stamp())
    registry.set_threshold(settings, BLINK, "net", 0.2, "by hand")
    known.append(stamp())
    predict(settings, engine, "net")  # its doubts are others at another threshold
    known.append(stamp())
    archive_rows.session(engine, "new", ["a"])
    known.append(stamp())
    assert len(set(known)) == len(known)
