"""Two models on photos that neither has learnt from, in a real catalogue with made-up views."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, select

from tests import archive_rows
from tests.learning.shelf import add_model, seen
from workbench.archive import catalog, labels, sessions, splits, tables
from workbench.archive.sessions import Session
from workbench.faults import BLINK
from workbench.learning import comparing, evaluation, registry
from workbench.learning.comparing import Comparison, NothingToCompare, SameModel
from workbench.learning.registry import Answer, Model
from workbench.settings import Settings
from workbench.vision import analysis, store
from workbench.vision.views import Views

SHOWN = {0: 0.95, 1: 0.6, 2: 0.1, 3: 0.05}
"""How far the eyes of a session's four photos are closed: the first two are blinks."""


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """A catalogue of fifteen labelled sessions, three of which lie on the test side."""
    engine = catalog.open_catalog(settings)
    for number in range(15):
        shoot(settings, engine, number)
    splits.assign(engine, BLINK)
    assert Counter(splits.sides(engine).values())["test"] == 12
    return engine


def shoot(settings: Settings, engine: Engine, number: int) -> Session:
    """A labelled session of four photos with views, two of them blinks."""
    ids = [f"{number:016x}{photo:016x}" for photo in SHOWN]
    session = archive_rows.session(engine, f"shoot {number}", ids)
    store.put(settings, {photo: seen(blink) for photo, blink in zip(ids, SHOWN.values(), strict=True)})
    values = ["BLINKING", "BLINKING", "NON_BLINKING", "NON_BLINKING"]
    with catalog.writing(engine) as connection:
        said = [labels.Said(*one, labels.TYPED, "Ana") for one in zip(ids, [BLINK] * 4, values, strict=True)]
        labels.say(connection, said)
    return session


def held_back(engine: Engine) -> dict[str, list[str]]:
    """The photos of each group on the test side."""
    group_of, found = splits.groups(engine), dict[str, list[str]]()
    for photo, side in sorted(splits.sides(engine).items()):
        if side == "test":
            found.setdefault(group_of[photo], []).append(photo)
    return found


def session_of(engine: Engine, photo: str) -> str:
    with engine.connect() as connection:
        files = tables.files.c
        return connection.execute(select(files.session_id).where(files.photo_id == photo)).scalar_one()


def model(settings: Settings, version: str, /, learnt: Iterable[str] | None = None, **changes: Any) -> None:
    """A copy of the starter that flags a photo only when it is very sure, and so misses every second blink."""
    folder = add_model(settings, version, **{"threshold": 0.9, **changes})
    if learnt is not None:
        (folder / "learnt.txt").write_text("".join(f"{photo} training\n" for photo in learnt))


def compare(settings: Settings, engine: Engine, a: str = "starter", b: str = "strict") -> Comparison:
    with analysis.pool(settings) as executor:
        first, second = (registry.load(settings, BLINK, version) for version in (a, b))
        return comparing.compare(settings, engine, BLINK, first, second, executor)


def test_two_models_are_compared_on_the_labelled_photos_of_the_test_side(settings: Settings, engine: Engine) -> None:
    model(settings, "strict", [])
    found = compare(settings, engine)
    assert dict(found.groups) == dict.fromkeys(held_back(engine), 4) and found.left_out == 0
    assert (found.a.threshold, found.b.threshold) == (0.5, 0.9)
    assert (found.a.confusion, found.b.confusion) == ((6, 0, 0, 6), (6, 0, 3, 3))
    assert found.difference("recall").value == -0.5 and found.difference("AUC").value == 0


def test_a_group_of_which_one_photo_was_learnt_is_left_out_whole(settings: Settings, engine: Engine) -> None:
    (first, photos), *others = held_back(engine).items()
    model(settings, "strict", photos[:1])
    found = compare(settings, engine)
    assert set(found.groups) == {key for key, _ in others} and first not in found.groups
    assert found.left_out == 1 and found.a.photos == 8


def test_it_does_not_matter_which_of_the_two_has_learnt(settings: Settings, engine: Engine) -> None:
    one, other, third = held_back(engine).values()
    model(settings, "strict", one[:1])
    model(settings, "lax", other[:1], threshold=0.2)
    for a, b in (("strict", "lax"), ("lax", "strict")):
        assert list(compare(settings, engine, a, b).groups) == [splits.groups(engine)[third[0]]]


def test_a_group_that_is_only_named_on_the_card_is_left_out_too(settings: Settings, engine: Engine) -> None:
    (first, _), (_, burst), _ = held_back(engine).items()
    groups = {"training": [first], "validation": [f"{session_of(engine, burst[0])} 3"]}
    model(settings, "strict", training={"groups": groups})
    assert compare(settings, engine).left_out == 2


def test_photos_that_were_tied_to_learnt_ones_afterwards_are_left_out(settings: Settings, engine: Engine) -> None:
    one, other, _ = held_back(engine).values()
    model(settings, "strict", one[:1])
    assert compare(settings, engine).left_out == 1
    for photos in (one, other):
        sessions.tag(engine, session_of(engine, photos[0]), subject="Ana")
    found = compare(settings, engine)
    assert found.a.photos == 4 and not {*one, *other} & {
        photo for key in found.groups for photo in held_back(engine)[key]
    }


def test_accepted_suggestions_are_no_test_truth(settings: Settings, engine: Engine) -> None:
    photos = next(iter(held_back(engine).values()))
    archive_rows.say(engine, photos[0], "NON_BLINKING", origin=labels.ACCEPTED)
    model(settings, "strict", [])
    assert compare(settings, engine).a.photos == 11


def test_of_a_test_session_labelled_in_part_only_what_came_at_random_is_truth(
    settings: Settings, engine: Engine
) -> None:
    photos = next(iter(held_back(engine).values()))
    archive_rows.session(engine, "more of the first", [*photos, "f" * 32])
    last = labels.current(engine, BLINK)[photos[0]]
    labels.undo(engine, last.id, labeller="Ana")
    with catalog.writing(engine) as connection:
        labels.say(connection, [labels.Said(photos[1], BLINK, "BLINKING", labels.TYPED, "Ana", "random")])
    model(settings, "strict", [])
    assert compare(settings, engine).a.photos == 9


def test_photos_that_a_model_chose_are_no_test_truth(settings: Settings, engine: Engine) -> None:
    photos = next(iter(held_back(engine).values()))
    with catalog.writing(engine) as connection:
        labels.say(connection, [labels.Said(photos[0], BLINK, "BLINKING", labels.TYPED, "Ana", "doubtful")])
    model(settings, "strict", [])
    assert compare(settings, engine).a.photos == 11


def test_unsure_photos_and_those_without_a_face_are_treated_as_in_every_evaluation(
    settings: Settings, engine: Engine
) -> None:
    unsure, faceless, *_ = [photo for photos in held_back(engine).values() for photo in photos]
    archive_rows.say(engine, unsure, "UNSURE")
    store.put(settings, {faceless: seen(None)})
    model(settings, "strict", [])
    found = compare(settings, engine)
    assert (found.a.photos, found.a.unjudged, found.b.unjudged) == (11, 1, 1)


def test_a_photo_in_two_sessions_counts_once(settings: Settings, engine: Engine) -> None:
    photos = next(iter(held_back(engine).values()))
    archive_rows.session(engine, "again", photos[:2])
    model(settings, "strict", [])
    assert compare(settings, engine).a.photos == 12


def test_both_models_leave_their_predictions_for_the_whole_sessions(settings: Settings, engine: Engine) -> None:
    model(settings, "strict", [])
    compare(settings, engine)
    with engine.connect() as connection:
        said = connection.execute(select(tables.predictions.c.model, tables.predictions.c.photo_id)).all()
    assert Counter(row.model for row in said) == {"starter": 12, "strict": 12}


def test_where_everything_was_learnt_from_the_sentence_says_by_whom(settings: Settings, engine: Engine) -> None:
    one, other, third = held_back(engine).values()
    model(settings, "strict", [one[0], other[0]])
    model(settings, "lax", [third[0]])
    with pytest.raises(NothingToCompare, match=r"of 3 people.*“strict” learnt from 2 and “lax” learnt from 1"):
        compare(settings, engine, "strict", "lax")


def test_without_a_labelled_test_photo_the_sentence_says_so(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    shoot(settings, engine, 1)
    model(settings, "strict", [])
    with pytest.raises(NothingToCompare, match="no photo on the test side is labelled BLINKING or NON_BLINKING"):
        compare(settings, engine)


def test_a_model_is_not_compared_with_itself(settings: Settings, engine: Engine) -> None:
    with pytest.raises(SameModel, match="Name another model"):
        compare(settings, engine, "starter", "starter")


def test_a_network_that_does_not_say_what_it_learnt_from_is_doubted(settings: Settings, engine: Engine) -> None:
    model(settings, "foreign", settings={"network": "eyes"})
    model(settings, "own", ["f" * 32], settings={"network": "eyes"})
    assert "“foreign” does not say which photos it learnt from" in compare(settings, engine, b="foreign").sentence
    assert compare(settings, engine, b="own").doubts == ()


def test_a_comparison_is_json_that_any_program_can_read(settings: Settings, engine: Engine) -> None:
    model(settings, "strict", [])
    document = json.loads(json.dumps(comparing.as_json(compare(settings, engine)), allow_nan=False))
    assert document["a"]["model"] == "starter" and document["b"]["figures"]["recall"]["value"] == 0.5
    assert document["differences"]["recall"]["value"] == -0.5 and document["better"] is None
    assert sum(document["groups"].values()) == 12 and document["left_out"] == 0


# ---- the sentence


def said(truth: np.ndarray, a: np.ndarray, b: np.ndarray, groups: list[str]) -> Comparison:
    """A comparison of two models' answers."""
    both = (evaluation.evaluate(truth, each, groups, rounds=200) for each in (a, b))
    differences = evaluation.paired(truth, a, b, groups, rounds=200)
    return Comparison(("old", "new"), *both, differences, dict(Counter(groups)), 0)


def sample(groups: int = 40) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Truth, a probability that knows something of it, and groups of five photos."""
    rng = np.random.default_rng(3)
    truth = rng.random(groups * 5) < 0.4
    return truth, np.clip(rng.normal(0.35 + 0.3 * truth, 0.25), 0, 1), [str(n // 5) for n in range(groups * 5)]


def test_the_better_one_is_named_first_with_its_lead_and_its_interval() -> None:
    truth, old, groups = sample()
    new = old + 0.3 * (truth - old)
    for found in (said(truth, old, new, groups), said(truth, new, old, groups)):
        better, worse = ("new", "old") if found.deciding.value > 0 else ("old", "new")
        lead, low, high = sorted([abs(found.deciding.value), abs(found.deciding.low), abs(found.deciding.high)])[:3]
        assert found.better == better
        assert found.sentence.startswith(f"“{better}” is better than “{worse}”: AUC 0.9")
        assert f"+{abs(found.deciding.value):.3f} ({lead:.3f}–{high:.3f}), on 200 photos of 40 people" in found.sentence
        assert f"accuracy is higher for “{better}”" in found.sentence and low > 0


def test_a_difference_within_chance_is_called_none() -> None:
    truth, old, groups = sample()
    rng = np.random.default_rng(4)
    found = said(truth, old, np.clip(old + rng.normal(0, 0.02, len(old)), 0, 1), groups)
    assert found.better is None
    assert found.sentence.startswith("No difference in AUC beyond chance: AUC 0.")


def test_too_few_people_leave_it_open() -> None:
    truth, old, groups = sample(2)
    found = said(truth, old, old + 0.3 * (truth - old), groups)
    assert found.better is None
    assert found.sentence.startswith("It cannot be told which is better") and "fewer than 3 groups" in found.sentence


def test_models_that_order_photos_alike_differ_in_what_they_flag(settings: Settings, engine: Engine) -> None:
    model(settings, "strict", [])
    model(settings, "blind", [], threshold=0.999)
    found = compare(settings, engine, b="blind")
    assert found.sentence.startswith("No difference in AUC: 1.000 for “starter” and “blind” alike, on 12 photos of 3")


def test_without_blinks_accuracy_decides() -> None:
    truth, old, groups = sample()
    good = np.zeros(len(truth), bool)
    found = said(good, old, old * 0.5, groups)
    assert found.deciding.name == "accuracy" and found.better == "new"


def test_what_one_could_not_judge_is_said() -> None:
    judged = np.array([[0.1, np.nan, 0.3], [0.1, 0.2, 0.3]])
    (doubt,) = comparing._partly_judged(*judged)
    assert doubt == "AUC and average precision are over the 2 photos that both could judge."


def test_a_photo_that_also_lies_in_a_class_folder_is_compared_and_kept_by_its_shoots_numbers(
    settings: Settings, engine: Engine
) -> None:
    ids = [f"{99:016x}{number:016x}" for number in range(12)]
    store.put(settings, {photo: seen(0.5) for photo in ids})
    tested = sorted(photo for some in held_back(engine).values() for photo in some)[0]
    with catalog.writing(engine) as connection:  # enough photos for its shoot to have numbers
        for photo in ids:
            archive_rows.photo(connection, photo)
            row = {"session_id": session_of(engine, tested), "name": f"{photo}.jpg", "photo_id": photo}
            connection.execute(tables.files.insert().values(**row, group_name=None))
    for photo in ids:
        archive_rows.say(engine, photo, "UNSURE")
    archive_rows.session(engine, "sorted", [tested], kind=tables.CLASSES)

    def knows_its_session(views: Sequence[Views], relative: np.ndarray) -> Answer:
        return Answer(np.isfinite(relative).all(axis=1) * 0.8 + 0.1, np.zeros((len(views), 1)))

    model(settings, "strict", [])
    card = registry.read_card(settings, BLINK, "starter")
    a, b = (Model(BLINK, name, 0.5, card, knows_its_session) for name in ("starter", "strict"))
    with analysis.pool(settings) as executor:
        comparing.compare(settings, engine, BLINK, a, b, executor)
    said = tables.predictions.c
    with engine.connect() as connection:
        kept = connection.execute(select(said.probability).where(said.photo_id == tested)).scalars().all()
    assert kept == pytest.approx([0.9, 0.9])
