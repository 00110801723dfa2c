"""Why a model said what it said: on networks that were taught to look at one place, and on the starter's formula."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from tests import archive_rows
from tests.learning import made_up
from workbench.archive import catalog
from workbench.archive.tables import CLASSES
from workbench.faults import BLINK
from workbench.learning import cards, explaining, explanations, networks, recipes, registry, relative, traces
from workbench.learning.cards import Card
from workbench.learning.explaining import ABLATION, EXACT, GRAD_CAM, GRADIENT, Usual
from workbench.learning.explanations import Why
from workbench.learning.inputs import Arrays, of_views
from workbench.learning.model_folder import WEIGHTS
from workbench.learning.registry import Model
from workbench.settings import Settings
from workbench.vision import analysis, views
from workbench.vision.views import GEOMETRY, Views

TINY = replace(recipes.STANDARD[recipes.EYES], filters=4, depth=2, dense=16, dropout=0.0, geometry=False)
NUMBERS = replace(TINY, geometry=True)
FRAMES = {
    recipes.INITIAL: replace(recipes.STANDARD[recipes.INITIAL], filters=4, dense=8),
    recipes.FINAL: replace(recipes.STANDARD[recipes.FINAL], dense=8),
}
PATCH = np.s_[60:90, 30:60]
"""The one place of a frame that a network is made to look at."""
ABSENT = relative.absent(1)


def eyes(count: int) -> tuple[list[Views], np.ndarray]:
    """Photos, every second one with closed eyes: the eyes' middle alone tells, the rest is noise."""
    rng = np.random.default_rng(0)
    closed = np.arange(count) % 2 == 1
    return [made_up.seen(bool(shut), rng) for shut in closed], closed


def taught(settings: Settings, recipe: recipes.Settings, seen: list[Views], truth: np.ndarray) -> Model:
    """A model that was taught quickly."""
    from workbench.learning import training

    training.seed(0)
    network = networks.build(recipe)
    arrays, _ = of_views(recipe, seen, relative.absent(len(seen)))
    network.compile(networks.keras.optimizers.Adam(1e-2), networks.loss(recipe), jit_compile=False)
    network.fit(arrays, truth.astype(int), epochs=8, batch_size=16, verbose=0)
    return written(settings, recipe, network)


def written(settings: Settings, recipe: recipes.Settings, network: networks.keras.Model | None = None) -> Model:
    """A model in a folder of its own, which answers without an export: that takes seconds to make."""
    if network is None:
        networks.keras.utils.set_random_seed(0)
        network = networks.build(recipe)
    folder = settings.models / BLINK.name / "mine"
    folder.mkdir(parents=True)
    about = {"description": "A test's.", "threshold": 0.5, "views": recipe.views, "settings": recipe}
    card = Card(version="mine", fault=BLINK.name, kind="network", **about)  # type: ignore[arg-type]
    cards.create(folder / cards.NAME, card)
    network.save_weights(folder / WEIGHTS)

    def predict(seen: Sequence[Views], own: np.ndarray) -> registry.Answer:
        arrays, there = of_views(recipe, seen, own)
        said = np.full(len(seen), np.nan)
        said[there] = networks.probability(network, recipe, arrays)
        return registry.Answer(said, np.zeros((len(seen), 1)))

    return Model(BLINK, "mine", 0.5, card, predict)


def blinkered(recipe: recipes.Settings) -> networks.keras.Model:
    """A network of the frame that is blind outside the patch: its weights are 0 there."""
    network = networks.build(recipe)
    grid = network.layers[-3].input.shape[1:]  # what is flattened
    height, width = (side / whole for side, whole in zip(grid, views.FRAME, strict=False))
    rows, columns = (np.s_[round(s.start * z) : round(s.stop * z)] for s, z in zip(PATCH, (height, width), strict=True))
    dense = network.get_layer(networks.EMBEDDING)
    kernel, bias = dense.get_weights()
    sighted = np.zeros((*grid, kernel.shape[-1]), np.float32)
    sighted[rows, columns] = kernel.reshape(sighted.shape)[rows, columns]
    dense.set_weights([sighted.reshape(kernel.shape), bias])
    return network


def numbers(of: Views, **changes: float) -> Views:
    """The same photo with other numbers of the face."""
    assert of.geometry is not None
    geometry = of.geometry.copy()
    for name, value in changes.items():
        geometry[GEOMETRY.index(name)] = value
    return replace(of, geometry=geometry)


# ---- where it looked


def test_a_network_taught_by_the_middle_of_the_eyes_is_seen_to_look_there(settings: Settings) -> None:
    seen, closed = eyes(64)
    model = taught(settings, TINY, seen, closed)
    why = explaining.explain(settings, model, seen[1], ABSENT)
    assert why.flagged and why.probability is not None and why.probability > 0.9
    assert why.eyes is not None and why.eyes.shape == views.EYES and why.frame is None
    middle, border = why.eyes[:, 20:36, 16:48].mean(), np.delete(why.eyes, np.s_[8:40], axis=1).mean()
    assert middle > 3 * border and why.eyes.max() == 1
    assert why.how == (GRAD_CAM,) and why.numbers == ()


@pytest.mark.parametrize(("network", "how"), [(recipes.INITIAL, GRAD_CAM), (recipes.FINAL, GRADIENT)])
def test_a_network_that_sees_one_patch_of_the_frame_is_seen_to_look_there(
    settings: Settings, network: str, how: str
) -> None:
    networks.keras.utils.set_random_seed(0)
    model = written(settings, FRAMES[network], blinkered(FRAMES[network]))
    photo = Views(faces=0, frame=np.random.default_rng(0).integers(0, 255, views.FRAME, dtype=np.uint8))
    both = [explaining.explain(settings, replace(model, threshold=t), photo, ABSENT) for t in (0.01, 0.99)]
    assert all(why.eyes is None and why.how == (how,) for why in both)
    heat = np.sum([why.frame for why in both], axis=0)  # for a blink and against one
    elsewhere = heat.copy()
    elsewhere[45:105, 15:75] = 0
    assert heat[PATCH].mean() > 0.1 and elsewhere.max() < 1e-3


def test_what_speaks_against_a_blink_is_shown_for_open_eyes(settings: Settings) -> None:
    """The two answers are explained by opposite evidence, whatever the network looks at."""
    model = written(settings, TINY)
    (photo, *_), _ = eyes(2)
    low, high = (explaining.explain(settings, replace(model, threshold=t), photo, ABSENT).eyes for t in (0.01, 0.99))
    assert low is not None and high is not None and low.max() > 0 and high.max() > 0
    assert not ((low > 0.5) & (high > 0.5)).any()


def test_the_watched_network_is_the_same_network() -> None:
    network, (seen, _) = networks.build(NUMBERS), eyes(20)
    arrays: Arrays = of_views(NUMBERS, seen, relative.absent(20))[0]
    before = networks.probability(network, NUMBERS, arrays)
    heat = networks.attention(network, NUMBERS, arrays)
    assert heat.shape == (20, 2, 12, 16)
    alone = networks.attention(network, NUMBERS, {name: array[17:18] for name, array in arrays.items()})
    assert alone[0] == pytest.approx(heat[17], abs=1e-5), "in batches as alone"
    assert np.array_equal(networks.probability(network, NUMBERS, arrays), before)


# ---- what the numbers added


@pytest.mark.parametrize(("left", "right"), [(0.9, 0.7), (0.05, 0.1), (0.9, 0.1), (0.4, 0.4), (1.0, 1.0), (0.0, 0.8)])
def test_both_eyes_of_the_starter_add_up_to_its_log_odds(settings: Settings, left: float, right: float) -> None:
    photo = numbers(eyes(1)[0][0], eyeBlinkLeft=left, eyeBlinkRight=right)
    why = explaining.explain(settings, registry.current(settings), photo, ABSENT)
    assert why.how == (EXACT,) and why.together == why.log_odds
    assert sum(value for _, value in why.numbers) == pytest.approx(why.log_odds, abs=0.02)
    signs = {name.split()[0]: value > 0 for name, value in why.numbers}
    expected = {name: value > 0.4 for name, value in (("left", left), ("right", right)) if value != 0.4}
    assert signs == expected


def test_the_starter_names_each_eye_with_how_far_it_is_closed(settings: Settings) -> None:
    photo = numbers(eyes(1)[0][0], eyeBlinkLeft=0.9, eyeBlinkRight=0.1)
    (first, _), (second, _) = explaining.explain(settings, registry.current(settings), photo, ABSENT).numbers
    assert (first, second) == (
        "left eye closed by 0.90 (undecided at 0.40)",
        "right eye closed by 0.10 (undecided at 0.40)",
    )


def test_closed_eyes_speak_for_a_blink_and_the_rest_of_the_face_is_named_in_words(settings: Settings) -> None:
    seen, closed = eyes(64)
    blank = [replace(one, eyes=np.full(views.EYES, 128, np.uint8)) for one in seen]  # the numbers alone tell
    model = taught(settings, NUMBERS, blank, closed)
    usual = Usual(np.median([one.geometry for one in seen[::2]], axis=0), of_session=False)  # type: ignore[misc]
    why = explaining.explain(settings, model, blank[1], ABSENT, usual)
    added = dict(why.numbers)
    assert why.flagged and why.together is not None and why.together > 0
    assert added["left eye open less than in the good photos it learnt from"] > 0
    assert added["right lid further down than in the good photos it learnt from"] > 0
    assert why.together == pytest.approx((why.log_odds or 0) - _log_odds_of(model, blank[1], usual), abs=0.01)
    sizes = [abs(value) for _, value in why.numbers]
    assert sizes == sorted(sizes, reverse=True) and why.how == (GRAD_CAM, ABLATION)
    assert not any(name.startswith(("face ", "head leaning")) for name in added), "the network does not look at these"


def _log_odds_of(model: Model, photo: Views, usual: Usual) -> float:
    swapped = replace(photo, geometry=usual.geometry.astype(np.float32))
    return explanations.log_odds(float(model.predict([swapped], ABSENT).probability[0]))


def test_in_a_session_a_number_and_its_difference_to_the_others_are_one_fact(settings: Settings) -> None:
    model = written(settings, NUMBERS)
    photo = numbers(eyes(1)[0][0], earLeft=0.1)
    assert photo.geometry is not None
    usual = Usual(numbers(photo, earLeft=0.3).geometry, of_session=True)  # type: ignore[arg-type]
    row = np.array([-0.2, 0, 0, 0], np.float32)
    why = explaining.explain(settings, model, photo, row, usual)
    as_usual = model.predict([numbers(photo, earLeft=0.3)], np.zeros((1, 4), np.float32)).probability[0]
    ((name, value),) = why.numbers
    assert name == "left eye open less than in the subject's other photos"
    assert value == pytest.approx((why.log_odds or 0) - explanations.log_odds(float(as_usual)), abs=1e-4)


def test_a_photo_without_a_face_has_nothing_to_explain(settings: Settings) -> None:
    faceless = made_up.seen(True, np.random.default_rng(0), face=False)
    why = explaining.explain(settings, registry.current(settings), faceless, ABSENT)
    assert (why.probability, why.flagged, why.log_odds, why.numbers, why.how) == (None, None, None, (), ())


def test_damaged_weights_are_one_sentence(settings: Settings) -> None:
    model = written(settings, TINY)
    (settings.models / BLINK.name / "mine" / WEIGHTS).write_bytes(b"\x80\x04pickle")
    with pytest.raises(cards.BadCard, match=r"weights.*missing or damaged"):
        explaining.explain(settings, model, eyes(1)[0][0], ABSENT)


# ---- a photo of the archive


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """Two shoots of 12 labelled photos."""
    engine = catalog.open_catalog(settings)
    made_up.archive(settings, engine, sessions=2)
    return engine


def of_photos(settings: Settings, engine: Engine, model: Model, *wanted: str) -> dict[str, Why]:
    with analysis.pool(settings) as executor:
        return explaining.of_photos(settings, engine, model, wanted, executor)


def test_photos_are_judged_against_their_own_session_and_kept(settings: Settings, engine: Engine) -> None:
    model = written(settings, NUMBERS)
    found = of_photos(settings, engine, model, f"{0:032x}", f"{1:04x}{11:028x}")
    assert all(name.endswith("the subject's other photos") for why in found.values() for name, _ in why.numbers)
    for photo, why in found.items():
        kept = explaining.latest(settings, BLINK, "mine", photo)
        assert kept is not None and kept.eyes is not None and why.eyes is not None
        assert kept.eyes == pytest.approx(why.eyes, abs=1 / 255)
        assert kept.probability == why.probability and kept.how == why.how and kept.together is not None
        assert dict(kept.numbers) == pytest.approx(dict(why.numbers), abs=1e-4)


def test_a_photo_of_a_folder_of_classes_is_compared_with_good_photos_that_were_learnt_from(
    settings: Settings, engine: Engine
) -> None:
    model = written(settings, NUMBERS)
    archive_rows.session(engine, "sorted", ["f" * 32], kind=CLASSES)
    made_up.put(settings, {"f" * 32: True}, np.random.default_rng(5))
    assert of_photos(settings, engine, model, "f" * 32)["f" * 32].numbers == (), "nothing is known to compare with"
    learnt = "".join(f"{0:04x}{index:028x} training\n" for index in range(12))
    (settings.models / BLINK.name / "mine" / traces.LEARNT).write_text(learnt)
    found = of_photos(settings, engine, model, "f" * 32)["f" * 32].numbers
    assert found and all(name.endswith("the good photos it learnt from") for name, _ in found)


def test_what_cannot_be_explained_is_said_and_the_others_are_kept(settings: Settings, engine: Engine) -> None:
    model, known = registry.current(settings), f"{0:032x}"
    with pytest.raises(explaining.NotInTheArchive, match=r"no photo “\.\./x”"):
        of_photos(settings, engine, model, known, "../x")
    assert explaining.latest(settings, BLINK, "starter", known) is None
    archive_rows.session(engine, "away", ["e" * 32])
    with pytest.raises(explaining.NothingToLookAt, match="1 of the photos could not be looked at"):
        of_photos(settings, engine, model, "e" * 32, known)
    assert explaining.latest(settings, BLINK, "starter", known) is not None


def test_what_is_kept_but_damaged_or_no_photo_is_nothing(settings: Settings, tmp_path: Path) -> None:
    photo = "a" * 32
    why = Why(None, np.zeros(views.FRAME), (("left eye open less", 1.5),), probability=0.25)
    explanations.keep(settings, BLINK, "starter", photo, why)
    path = explanations.place(settings, BLINK, "starter", photo)
    good = json.loads(path.read_text())
    for damaged in ("{", "[]", "null", json.dumps({**good, "frame": "AAAA"}), json.dumps({**good, "frame": "é"})):
        path.write_text(damaged)
        assert explaining.latest(settings, BLINK, "starter", photo) is None
    (tmp_path / "x.json").write_text(json.dumps(good))
    assert explaining.latest(settings, BLINK, "starter", "../../../../x") is None
    assert explaining.latest(settings, BLINK, "../starter", photo) is None
