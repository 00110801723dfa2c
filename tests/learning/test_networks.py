from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest

from tests.learning import made_up
from workbench.learning import inputs, litert, networks, recipes, relative
from workbench.learning.recipes import EYES, FINAL, INITIAL, STANDARD

TINY = replace(STANDARD[EYES], filters=4, depth=2, dense=8)


def photos(count: int = 5) -> list[made_up.Views]:
    rng = np.random.default_rng(0)
    return [made_up.seen(bool(index % 2), rng) for index in range(count)]


@pytest.mark.parametrize(("name", "parameters"), [(INITIAL, 16_796_545), (FINAL, 4_559_626)])
def test_the_reported_networks_have_as_many_parameters_as_reported(name: str, parameters: int) -> None:
    model = networks.build(STANDARD[name])
    assert model.count_params() == parameters
    assert f"{parameters:,}" in networks.summary(model)


def test_the_probability_of_final_is_that_of_the_second_of_its_first_two_outputs() -> None:
    settings = replace(STANDARD[FINAL], dense=8)
    model = networks.build(settings)
    arrays, _ = inputs.of_views(settings, photos(), relative.absent(5))
    logits = np.asarray(model(arrays))
    assert logits.shape == (5, 10)
    softmax = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = softmax[:, 1] / (softmax[:, 0] + softmax[:, 1])
    assert networks.probability(model, settings, arrays) == pytest.approx(expected, abs=1e-5)
    assert np.asarray(networks.with_probability(model, settings)(arrays)["probability"]) == pytest.approx(
        expected, abs=1e-5
    )


@pytest.mark.parametrize(
    "settings",
    [TINY, replace(TINY, geometry=False), replace(STANDARD[FINAL], dense=8), replace(STANDARD[INITIAL], filters=4)],
    ids=["eyes", "eyes without geometry", "final", "initial"],
)
def test_the_export_says_what_the_network_says_for_any_number_of_photos(
    settings: recipes.Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = networks.build(settings)
    file = tmp_path_factory.mktemp("export") / litert.FILE
    file.write_bytes(networks.export(model, settings))
    network = litert.Network(file)
    for count in (1, 5, 70):
        arrays, _ = inputs.of_views(settings, photos(count), relative.absent(count))
        said = network.answer(arrays)
        assert said.probability == pytest.approx(networks.probability(model, settings, arrays), abs=1e-3)
        assert said.embedding.shape == (count, settings.dense)


def test_photos_without_the_views_of_a_network_get_no_probability(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("export") / litert.FILE
    file.write_bytes(networks.export(networks.build(TINY), TINY))
    faceless = made_up.seen(True, np.random.default_rng(0), face=False)
    said = litert.predict(litert.Network(file), TINY, [photos(1)[0], faceless], relative.absent(2))
    assert np.isfinite(said.probability[0]) and np.isnan(said.probability[1])
    assert np.isfinite(said.embedding[0]).all() and np.isnan(said.embedding[1]).all()
    none = litert.predict(litert.Network(file), TINY, [faceless], relative.absent(1))
    assert np.isnan(none.probability).all()


def test_the_network_of_the_eyes_takes_photos_that_have_nothing_to_be_relative_to() -> None:
    model, seen = networks.build(TINY), photos(4)
    known = np.zeros((4, len(relative.RELATIVE)), np.float32)
    known[:2] = np.nan
    arrays, _ = inputs.of_views(TINY, seen, known)
    assert np.isfinite(arrays["numbers"]).all()
    assert arrays["numbers"][:, -1].tolist() == [0, 0, 1, 1]
    assert np.isfinite(networks.probability(model, TINY, arrays)).all()


def test_the_light_of_a_picture_does_not_change_what_the_eyes_say() -> None:
    model = networks.build(replace(TINY, geometry=False))
    eyes = np.stack([view.eyes for view in photos(6)]).astype(np.float32) / 2 + 20
    said = [networks.probability(model, TINY, {"eyes": each}) for each in (eyes, eyes + 40)]
    assert said[0] == pytest.approx(said[1], abs=1e-3)


def test_settings_that_cannot_be_are_refused() -> None:
    for wrong in ({"network": "vgg"}, {"dropout": 1.5}, {"epochs": 0}, {"synthetic": 2.0}, {"filters": True}):
        with pytest.raises(ValueError):
            recipes.Settings(**wrong)  # type: ignore[arg-type]


def test_settings_come_back_from_json_and_foreign_names_do_not() -> None:
    for settings in STANDARD.values():
        assert recipes.from_json(recipes.as_json(settings)) == settings
    for wrong in (None, {}, {"network": "eyes", "layers": 3}, {"network": "eyes", "dense": 1.5}):
        with pytest.raises(ValueError):
            recipes.from_json(wrong)


def test_warnings_of_tensorflow_stay_out_of_the_terminal_and_errors_do_not() -> None:
    logger = networks.tf.get_logger()
    assert not logger.isEnabledFor(logging.WARNING) and logger.isEnabledFor(logging.ERROR)
