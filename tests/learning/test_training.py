from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from tests.learning import made_up
from workbench.archive import catalog, sessions
from workbench.faults import BLINK
from workbench.learning import cards, examples, lessons, litert, model_folder, prediction, recipes, registry, training
from workbench.learning.examples import Examples
from workbench.learning.synthesis import Synthetic
from workbench.settings import Settings

TINY = replace(
    recipes.STANDARD[recipes.EYES], filters=4, depth=2, dense=16, epochs=6, steps=10, batch=16, synthetic=0.3
)

FLAT = replace(recipes.STANDARD[recipes.FINAL], dense=8, epochs=1)
"""The quickest network there is."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Engine, Examples]:
    from workbench.settings import from_environment

    home = tmp_path_factory.mktemp("training")
    env = {"EYESPY_DATASETS": str(home / "datasets"), "EYESPY_MODELS": str(home / "models"), "EYESPY_ROOTS": str(home)}
    (home / "models").mkdir()
    settings = from_environment({**env, "EYESPY_ASSETS": str(from_environment().assets)})
    engine = catalog.open_catalog(settings)
    made_up.archive(settings, engine, sessions=8)
    return settings, engine, gathered(settings, engine)


@pytest.fixture(scope="module")
def trained(bench: tuple[Settings, Engine, Examples]) -> str:
    settings, _, found = bench
    return training.train(settings, found, TINY, version="first", warnings=["One-sided."])


def gathered(settings: Settings, engine: Engine) -> Examples:
    with ThreadPoolExecutor(1) as executor:
        return examples.gather(settings, engine, executor)


def card_of(settings: Settings, version: str) -> cards.Card:
    return cards.read(settings.models / BLINK.name / version / cards.NAME)


def hidden(settings: Settings) -> list[Path]:
    return [path for path in (settings.models / BLINK.name).iterdir() if path.name.startswith(".")]


def test_a_trained_network_tells_eyes_apart_that_it_never_saw(
    bench: tuple[Settings, Engine, Examples], trained: str
) -> None:
    measured = {one.on: one for one in card_of(bench[0], trained).measured}
    assert set(measured) == {"training side", "validation side", "test side"}
    assert measured["test side"].figures["accuracy"]["value"] >= 0.95
    assert measured["test side"].photos == len(bench[2].of("test"))


def test_its_folder_holds_everything_and_nothing_half_is_left(
    bench: tuple[Settings, Engine, Examples], trained: str
) -> None:
    settings = bench[0]
    names = {path.name for path in (settings.models / BLINK.name / trained).iterdir()}
    assert names == {
        cards.NAME, litert.FILE, model_folder.WEIGHTS, model_folder.CURVES, registry.SUMMARY,
        model_folder.PREDICTIONS, model_folder.LEARNT,
    }  # fmt: skip
    assert hidden(settings) == []
    curves = json.loads((settings.models / BLINK.name / trained / model_folder.CURVES).read_text())
    assert len(curves["loss"]) == len(curves["val_loss"]) == len(curves["val_average_precision"])


def test_its_card_says_what_it_learnt_from(bench: tuple[Settings, Engine, Examples], trained: str) -> None:
    settings, _, found = bench
    card = card_of(settings, trained)
    about = card.training or {}
    assert card.settings == TINY and card.kind == "network" and "One-sided." in card.limits
    assert about["data"] == found.fingerprint and about["deterministic"] is True
    assert about["counts"]["training"]["BLINKING"] == found.of("training").truth.sum()
    assert set(about["groups"]["training"]) == set(found.of("training").groups)
    assert about["synthetic"] > 0 and "synthetic" in about["imbalance"]
    assert not any(session.name in json.dumps(dict(about)) for session in sessions.every(bench[1]))


def test_its_kept_predictions_are_those_of_screening_and_hold_no_training_photo(
    bench: tuple[Settings, Engine, Examples], trained: str
) -> None:
    settings, engine, found = bench
    kept = np.load(settings.models / BLINK.name / trained / model_folder.PREDICTIONS, allow_pickle=False)
    assert set(kept["sides"]) == {"validation", "test"}
    assert not set(kept["photos"]) & set(found.of("training").photos)
    model = registry.load(settings, BLINK, trained)
    with ThreadPoolExecutor(1) as executor:
        said = {
            one.photo.id: one.probability
            for session in sessions.every(engine)
            for one in prediction.predict(settings, engine, session, model, executor)
        }
    assert [said[photo] for photo in kept["photos"]] == pytest.approx(kept["probability"].tolist(), abs=1e-5)


def test_nothing_of_the_test_side_is_learnt_from_or_chosen_by(bench: tuple[Settings, Engine, Examples]) -> None:
    """Other labels on the test side make the same network with the same threshold."""
    settings, _, found = bench
    flipped = replace(found, truth=np.where(found.sides == "test", ~found.truth, found.truth))
    names = [training.train(settings, one, FLAT, version=f"test-{n}") for n, one in enumerate((found, flipped))]
    weights = [weights_of(settings, name) for name in names]
    assert all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))
    assert card_of(settings, names[0]).threshold == card_of(settings, names[1]).threshold


def test_the_same_data_and_seed_give_the_same_network_and_another_seed_another(
    bench: tuple[Settings, Engine, Examples],
) -> None:
    quick = replace(TINY, epochs=2, steps=2)
    one, again, other = (fitted(bench[2], recipe) for recipe in (quick, quick, replace(quick, seed=5)))
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(again, other, strict=True))


def fitted(found: Examples, recipe: recipes.Settings) -> list[np.ndarray]:
    """Weights of a network as `train` makes it, without what comes after the last epoch."""
    assert training.seed(recipe.seed)
    model = training.networks.build(recipe)
    training.fit(model, recipe, lessons.lesson(found, recipe))
    return [np.asarray(each) for each in model.get_weights()]


def weights_of(settings: Settings, version: str) -> list[np.ndarray]:
    model = training.networks.build(card_of(settings, version).settings or TINY)
    model.load_weights(settings.models / BLINK.name / version / model_folder.WEIGHTS)
    return [np.asarray(each) for each in model.get_weights()]


@pytest.mark.parametrize("network", [pytest.param("initial", marks=pytest.mark.heavy), "final"])
def test_the_reported_networks_train_on_the_frame(bench: tuple[Settings, Engine, Examples], network: str) -> None:
    settings, _, found = bench
    recipe = replace(recipes.STANDARD[network], epochs=2, filters=4, learning_rate=1e-3)
    version = training.train(settings, found, recipe, version=f"frame-{network}")
    card = card_of(settings, version)
    assert card.views == ("frame",) and (card.training or {})["synthetic"] == 0
    assert registry.load(settings, BLINK, version).predict([], np.zeros((0, 4))).probability.shape == (0,)


def test_too_few_labels_are_refused_with_what_to_label(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    made_up.archive(settings, engine, sessions=3, photos=3, closed=1)
    with pytest.raises(lessons.TooFewLabels, match=r"Label \d+ more"):
        training.train(settings, gathered(settings, engine), TINY)
    assert registry.versions(settings) == ["starter"]


def test_without_a_real_blink_on_the_training_side_it_learns_from_drawn_ones(
    bench: tuple[Settings, Engine, Examples],
) -> None:
    found = bench[2]
    kept = ~((found.sides == "training") & found.truth)
    learn = lessons.lesson(found.take(kept), replace(TINY, synthetic=None))
    assert not learn.training.truth.any() and learn.synthetic.truth.any() and learn.share == 1
    with pytest.raises(lessons.TooFewLabels):
        lessons.lesson(found.take(kept), replace(TINY, synthetic=0.0))


def test_half_of_every_batch_are_blinks_and_both_classes_are_warped_alike(
    bench: tuple[Settings, Engine, Examples],
) -> None:
    learn = lessons.lesson(bench[2], replace(TINY, synthetic=0.5))
    batches = lessons.batches(replace(TINY, batch=200), learn, np.random.default_rng(0))
    arrays, truth, _ = next(batches)
    assert truth.mean() == 0.5
    without = arrays["numbers"][:, -2] == 0
    assert without[truth == 1].mean() == pytest.approx(without[truth == 0].mean(), abs=0.15)


def test_a_group_on_both_sides_is_refused(bench: tuple[Settings, Engine, Examples]) -> None:
    found = bench[2].of("training")
    none = Synthetic(np.zeros((0, 2, 48, 64), np.uint8), np.zeros(0, bool), np.zeros(0, int))
    with pytest.raises(ValueError, match="both sides"):
        lessons.Lesson(found, found, none, 0.0)


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow beyond 10 kB: the nearest thing to a full disk that needs no rights."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_one_sentence_and_the_current_model_stays(bench: tuple[Settings, Engine, Examples]) -> None:
    settings, _, found = bench
    before = registry.current(settings).version
    quick = replace(TINY, epochs=1, steps=1)
    with full_disk(), pytest.raises(model_folder.ModelNotWritten, match="Make room"):
        training.train(settings, found, quick, version="full")
    assert "full" not in registry.versions(settings) and hidden(settings) == []
    assert registry.current(settings).version == before


def test_a_name_that_is_taken_or_none_is_refused_before_anything_is_trained(
    bench: tuple[Settings, Engine, Examples], trained: str
) -> None:
    settings, _, found = bench
    with pytest.raises(model_folder.NameTaken):
        training.train(settings, found, TINY, version=trained)
    with pytest.raises(registry.BadVersion):
        training.train(settings, found, TINY, version="../elsewhere")


def test_a_model_from_elsewhere_comes_in_by_its_settings_and_weights(
    bench: tuple[Settings, Engine, Examples], trained: str, tmp_path: Path
) -> None:
    settings, *_ = bench
    source = settings.models / BLINK.name / trained
    (tmp_path / cards.NAME).write_bytes((source / cards.NAME).read_bytes())
    (tmp_path / model_folder.WEIGHTS).write_bytes((source / model_folder.WEIGHTS).read_bytes())
    (tmp_path / litert.FILE).write_bytes(b"not ours to run")
    version = training.adopt(settings, BLINK, tmp_path, "guest")
    views = [made_up.seen(bool(n % 2), np.random.default_rng(n)) for n in range(6)]
    absent = np.full((6, 4), np.nan, np.float32)
    said = [registry.load(settings, BLINK, name).predict(views, absent).probability for name in (trained, version)]
    assert said[0] == pytest.approx(said[1], abs=1e-5)
    assert card_of(settings, version).measured == ()


@pytest.mark.parametrize("fault", ["other network", "no weights", "no file of weights", "starter"])
def test_what_does_not_fit_is_refused_by_name(
    bench: tuple[Settings, Engine, Examples], trained: str, tmp_path: Path, fault: str
) -> None:
    settings = bench[0]
    source = settings.models / BLINK.name / trained
    card = json.loads((source / cards.NAME).read_text())
    weights = (source / model_folder.WEIGHTS).read_bytes()
    if fault == "other network":
        card["settings"]["dense"] = 32
    elif fault == "starter":
        card["kind"] = "starter"
    (tmp_path / cards.NAME).write_text(json.dumps(card))
    if fault != "no weights":
        (tmp_path / model_folder.WEIGHTS).write_bytes(b"\x80\x04pickle" if fault == "no file of weights" else weights)
    with pytest.raises(training.DoesNotFit, match=str(tmp_path)):
        training.adopt(settings, BLINK, tmp_path, "misfit")
    assert "misfit" not in registry.versions(settings) and hidden(settings) == []


def test_more_and_more_labels_are_answered_with_a_sentence(bench: tuple[Settings, Engine, Examples]) -> None:
    from workbench.learning import sizing

    settings, _, found = bench
    answer = training.at_sizes(found, FLAT)
    assert [size.share for size in answer.sizes] == [0.25, 0.5, 0.75, 1.0]
    assert [size.photos for size in answer.sizes] == sorted(size.photos for size in answer.sizes)
    assert str(answer.sizes[-1].photos) in answer.sentence
    sizing.keep(settings, BLINK, answer)
    assert sizing.latest(settings) == answer
