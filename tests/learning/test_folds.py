"""Out-of-fold answers: every group once held back, nobody of the test side touched, and what is kept read again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from tests.learning import made_up
from tests.learning.test_training import FLAT, TINY, gathered
from workbench.archive import catalog
from workbench.faults import BLINK
from workbench.learning import folds, recipes, registry, training
from workbench.learning.examples import Examples
from workbench.settings import Settings


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Engine, Examples]:
    from workbench.settings import from_environment

    home = tmp_path_factory.mktemp("folds")
    env = {"EYESPY_DATASETS": str(home / "datasets"), "EYESPY_MODELS": str(home / "models"), "EYESPY_ROOTS": str(home)}
    settings = from_environment(env)
    engine = catalog.open_catalog(settings)
    made_up.archive(settings, engine, sessions=10)
    return settings, engine, gathered(settings, engine)


def test_every_group_lies_in_one_fold_and_both_classes_in_each() -> None:
    rng = np.random.default_rng(0)
    groups = [f"g{number}" for number in rng.integers(0, 40, 400)]
    truth = rng.random(400) < 0.2
    dealt = folds.deal(truth, groups)
    assert set(dealt.tolist()) == {0, 1, 2, 3, 4}
    assert all(len(set(dealt[np.array(groups) == group].tolist())) == 1 for group in set(groups))
    shares = [truth[dealt == number].mean() for number in range(5)]
    assert max(shares) - min(shares) < 0.1 and np.array_equal(dealt, folds.deal(truth, groups))


def test_few_blinks_make_fewer_folds_and_too_few_are_refused_with_what_to_do() -> None:
    groups = [f"g{number}" for number in range(20)]
    truth = np.arange(20) < 5
    assert set(folds.deal(truth, groups).tolist()) == {0, 1}
    with pytest.raises(folds.TooFewToHoldOut, match="Label more people"):
        folds.deal(np.arange(20) < 3, groups)
    with pytest.raises(folds.TooFewToHoldOut):
        folds.deal(truth, ["one"] * 20)
    with pytest.raises(folds.TooFewToHoldOut):
        folds.deal(np.zeros(0, bool), [])


def test_the_test_side_and_photos_without_a_face_are_in_no_fold(bench: tuple[Settings, Engine, Examples]) -> None:
    found = bench[2]
    faceless = replace(found, face=np.arange(len(found)) % 7 > 0)
    dealt = folds.parted(faceless, TINY)
    assert np.array_equal(dealt < 0, (found.sides == "test") | ~faceless.face)
    frame = folds.parted(faceless, recipes.STANDARD[recipes.FINAL])
    assert np.array_equal(frame < 0, found.sides == "test")


def test_the_fold_that_is_held_back_chooses_nothing_and_is_not_learnt_from(
    bench: tuple[Settings, Engine, Examples],
) -> None:
    found = bench[2]
    dealt = folds.parted(found, TINY)
    part = folds.without(found, dealt, 1)
    held = {found.photos[row] for row in np.flatnonzero(dealt == 1)}
    assert set(part.of("validation").photos) == held and not set(part.of("training").groups) & set(
        part.of("validation").groups
    )
    quick = folds.quick(replace(TINY, epochs=30, patience=2))
    assert (quick.epochs, quick.patience) == (folds.EPOCHS, folds.EPOCHS)


@pytest.mark.heavy
def test_out_of_fold_answers_tell_photos_of_people_that_were_never_seen(
    bench: tuple[Settings, Engine, Examples],
) -> None:
    settings, _, found = bench
    told: list[tuple[int, int]] = []
    said = training.out_of_fold(
        found,
        replace(TINY, epochs=4, synthetic=0.0),
        folds=2,
        tell=lambda what, done, total: told.append((done, total)),
    )
    there = ~np.isnan(said)
    assert np.array_equal(there, found.sides != "test") and told == [(0, 2), (1, 2), (2, 2)]
    assert ((said[there] >= 0.5) == found.truth[there]).mean() >= 0.95
    folds.keep(settings, BLINK, "mine", found, said, folds.parted(found, TINY, 2))
    kept = folds.read(settings, BLINK, "mine") or {}
    assert kept == {found.photos[row]: said[row] for row in np.flatnonzero(there)}


def test_answers_for_people_that_two_folds_share_by_now_are_none(settings: Settings) -> None:
    photos = [f"{number:032x}" for number in range(6)]
    path = folds.place(settings, BLINK, "mine")
    path.parent.mkdir(parents=True)
    np.savez(path, photos=np.array(photos), probability=np.linspace(0, 1, 6), fold=np.array([0, 0, 1, 1, 0, 1]))
    apart = dict(zip(photos, "aabbcd", strict=True))
    assert list(folds.read(settings, BLINK, "mine", apart) or {}) == photos
    tied = dict(zip(photos, "aaaacd", strict=True))
    assert list(folds.read(settings, BLINK, "mine", tied) or {}) == photos[4:]
    assert list(folds.read(settings, BLINK, "mine") or {}) == photos, "not asked about groups"


def test_an_out_of_fold_answer_does_not_know_the_photos_own_label(bench: tuple[Settings, Engine, Examples]) -> None:
    """The labels of one fold are turned round: what was said of it stays the same."""
    found = bench[2]
    quick = FLAT
    mine = folds.parted(found, quick, 2) == 0
    turned = replace(found, truth=np.where(mine, ~found.truth, found.truth))
    dealt = folds.parted(found, quick, 2)
    first, second = (_said_without(one, quick, dealt) for one in (found, turned))
    assert np.array_equal(first, second)


def _said_without(found: Examples, recipe: recipes.Settings, dealt: np.ndarray) -> np.ndarray:
    from workbench.learning import inputs, lessons, networks

    training.seed(0)
    model = networks.build(recipe)
    training.fit(model, folds.quick(recipe), lessons.lesson(folds.without(found, dealt, 0), recipe))
    return networks.probability(model, recipe, inputs.of_examples(recipe, found.take(dealt == 0)))


@pytest.mark.parametrize("damage", ["nothing", "text", "other arrays"])
def test_where_nothing_of_ours_is_kept_there_is_none(settings: Settings, damage: str) -> None:
    path = folds.place(settings, BLINK, "mine")
    path.parent.mkdir(parents=True)
    if damage == "text":
        path.write_text("hello")
    elif damage == "other arrays":
        np.savez(path, other=np.zeros(3))
    assert folds.read(settings, BLINK, "mine") is None


def test_a_name_that_is_none_leads_nowhere(settings: Settings) -> None:
    with pytest.raises(registry.BadVersion):
        folds.place(settings, BLINK, "../../elsewhere")


def test_a_full_disk_is_one_sentence(settings: Settings, bench: tuple[Settings, Engine, Examples]) -> None:
    from workbench.learning.keeping import NotKept

    Path(settings.models / "blink").mkdir()
    (settings.models / "blink" / ".inspections").write_text("a file where the folder should be")
    with pytest.raises(NotKept, match="Make room"):
        folds.keep(settings, BLINK, "mine", bench[2], np.zeros(len(bench[2])), np.zeros(len(bench[2]), int))
