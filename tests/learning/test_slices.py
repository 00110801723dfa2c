"""Where a model is weak: parts of the photos against the rest, in a real catalogue with measures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Engine

from tests import archive_rows
from tests.learning import made_up
from tests.vision.test_measures import seen
from workbench.archive import catalog, sessions
from workbench.faults import BLINK
from workbench.learning import evaluation, slices
from workbench.learning.inspection import Judged
from workbench.learning.slices import Slice, Slices
from workbench.settings import Settings
from workbench.vision import store

PEOPLE, EACH = 8, 30


@pytest.fixture
def engine(settings: Settings) -> Engine:
    return catalog.open_catalog(settings)


@pytest.fixture
def judged(engine: Engine) -> Judged:
    """Eight sessions of thirty photos, ten blinks in each; the model finds nearly all, and S0's hardly ever."""
    rng = np.random.default_rng(0)
    names = [[f"{person:016x}{photo:016x}" for photo in range(EACH)] for person in range(PEOPLE)]
    made = [archive_rows.session(engine, f"S{person}", ids) for person, ids in enumerate(names)]
    truth = np.tile(np.arange(EACH) < 10, PEOPLE)
    right = rng.random(PEOPLE * EACH) < np.repeat([0.4, *[0.95] * (PEOPLE - 1)], EACH)
    said = np.where(truth == right, 0.8, 0.2) + rng.normal(0, 0.05, len(truth))
    owners = np.repeat([one.id for one in made], EACH).astype("U32")
    n = len(truth)
    return Judged(
        fault=BLINK,
        model="m",
        threshold=0.5,
        photos=np.array(names, "U32").ravel(),
        sessions=owners,
        groups=owners,
        sides=np.full(n, "validation", "U10"),
        truth=truth,
        probability=said,
        labels=np.arange(n),
        fair=np.ones(n, bool),
        out_of_fold=np.ones(n, bool),
    )


def of_kind(found: Slices, kind: str) -> dict[str, Slice]:
    return {one.name: one for one in found if one.kind == kind}


def test_the_weak_session_comes_first_and_is_marked(settings: Settings, engine: Engine, judged: Judged) -> None:
    found = slices.slices(judged, engine, settings)
    assert len(of_kind(found, "session")) == PEOPLE and found[0].name == "S0"
    assert found[0].marked and found[0].gap.name == "F1" and found[0].gap.high < 0
    assert found[0].key == sessions.find(engine, "S0").id
    assert sum(one.marked for one in found) <= 2


def test_the_figures_of_a_slice_are_those_of_its_photos_alone(
    settings: Settings, engine: Engine, judged: Judged
) -> None:
    for one in slices.slices(judged, engine, settings):
        some = judged.take(one.rows)
        alone = evaluation.values(some.truth, some.probability, threshold=0.5)
        assert {figure.name: figure.value for figure in one.figures} == pytest.approx(alone)
        assert (one.photos, one.positives, one.groups) == (len(some), some.truth.sum(), len(set(some.groups)))
        rest = judged.take(np.setdiff1d(np.arange(len(judged)), one.rows))
        others = evaluation.values(rest.truth, rest.probability, threshold=0.5)
        assert one.gap.value == pytest.approx(alone["F1"] - others["F1"])
        assert one.gap.low <= one.gap.value <= one.gap.high


def test_a_gap_over_groups_has_the_interval_of_resampling_them_by_hand(
    settings: Settings, engine: Engine, judged: Judged
) -> None:
    for person in range(PEOPLE):
        sessions.tag(engine, sessions.find(engine, f"S{person}").id, gender="female" if person < 4 else "male")
    one = of_kind(slices.slices(judged, engine, settings), "gender")["female"]
    drawn = np.random.default_rng(0).multinomial(PEOPLE, np.full(PEOPLE, 1 / PEOPLE), size=slices.ROUNDS)
    by_hand = []
    for weights in drawn:
        rows = np.repeat(np.arange(len(judged)), weights[judged.group])
        here = np.isin(rows, one.rows)
        figures = [f1(judged.take(some)) for some in (rows[here], rows[~here])]
        by_hand.append(figures[0] - figures[1])
    assert (one.gap.low, one.gap.high) == pytest.approx(tuple(np.nanpercentile(by_hand, [2.5, 97.5])))


def f1(some: Judged) -> float:
    return evaluation.values(some.truth, some.probability, threshold=0.5)["F1"]


def test_tags_are_sliced_by_value_and_sessions_without_one_are_in_none(
    settings: Settings, engine: Engine, judged: Judged
) -> None:
    for person, age in enumerate(["young", "young", "old"]):
        sessions.tag(engine, sessions.find(engine, f"S{person}").id, age_group=age, subject="Ana")
    ages = of_kind(slices.slices(judged, engine, settings), "age_group")
    assert {name: one.photos for name, one in ages.items()} == {"young": 2 * EACH, "old": EACH}
    assert set(judged.sessions[ages["old"].rows]) == {sessions.find(engine, "S2").id}


def test_slices_under_twenty_photos_are_hidden_and_counted(settings: Settings, engine: Engine, judged: Judged) -> None:
    found = slices.slices(judged.take(np.arange(EACH + 19)), engine, settings)
    assert [one.name for one in found] == ["S0"] and found.hidden == 1
    assert len(slices.slices(judged.take(np.arange(EACH + 20)), engine, settings)) == 2


def test_photos_are_sliced_by_what_was_measured_of_them(settings: Settings, engine: Engine, judged: Judged) -> None:
    ids = judged.photos.tolist()
    turned = {photo: seen(number, yaw=-40 if number % 3 == 0 else 3) for number, photo in enumerate(ids[:120])}
    hidden = made_up.seen(False, np.random.default_rng(0), face=False)
    store.put(settings, {**turned, **dict.fromkeys(ids[120:150], hidden)})
    found = slices.slices(judged, engine, settings)
    turns = of_kind(found, "head turn")
    assert {name: one.photos for name, one in turns.items()} == {"turned over 25°": 40, "turned under 10°": 80}
    assert (turns["turned over 25°"].rows == np.arange(0, 120, 3)).all()
    assert sorted(one.photos for one in of_kind(found, "sharpness").values()) == [40, 40, 40]
    assert found.unmeasured == 120


def test_without_measures_there_are_no_such_slices(settings: Settings, engine: Engine, judged: Judged) -> None:
    found = slices.slices(judged, engine, settings)
    assert {one.kind for one in found} == {"session"} and found.unmeasured == len(judged)


def test_a_slice_with_hardly_any_blink_is_told_by_accuracy(settings: Settings, engine: Engine, judged: Judged) -> None:
    truth = judged.truth.copy()
    truth[4:EACH] = False
    first = of_kind(slices.slices(replace(judged, truth=truth), engine, settings), "session")["S0"]
    assert first.gap.name == "accuracy" and first.positives == 4


def test_a_single_session_has_nothing_to_be_compared_with(settings: Settings, engine: Engine, judged: Judged) -> None:
    (one,) = slices.slices(judged.take(np.arange(EACH)), engine, settings)
    assert not one.marked and one.gap.reason == "there are no other photos"


def test_photos_of_one_class_or_without_judgement_do_not_crash(
    settings: Settings, engine: Engine, judged: Judged
) -> None:
    for changes in ({"truth": np.zeros(len(judged), bool)}, {"probability": np.full(len(judged), np.nan)}):
        found = slices.slices(replace(judged, **changes), engine, settings)  # type: ignore[arg-type]
        assert len(found) == PEOPLE and not any(one.marked for one in found)
    assert len(slices.slices(judged.take(np.array([], int)), engine, settings)) == 0


def test_sessions_that_are_alike_are_marked_about_as_rarely_as_the_interval_says(
    settings: Settings, engine: Engine, judged: Judged
) -> None:
    marked = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        right = rng.random(len(judged)) < 0.85
        said = np.where(judged.truth == right, 0.8, 0.2)
        marked += sum(one.marked for one in slices.slices(replace(judged, probability=said), engine, settings))
    assert marked <= 10, "of 80, two are to be expected"
