from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.learning.shelf import add_model
from workbench.faults import BLINK
from workbench.learning import litert, registry
from workbench.learning.cards import BadCard
from workbench.settings import Settings

EYES = {"network": "eyes", "filters": 4, "depth": 1, "dense": 8}


def network(settings: Settings, **changes: object) -> Path:
    """The folder of a network without its export."""
    return add_model(settings, "mine", kind="network", views=["eyes", "geometry"], **({"settings": EYES} | changes))


@pytest.mark.parametrize("content", [None, b"", b"no flatbuffer", b"TFL3" * 64])
def test_an_export_that_is_missing_or_damaged_is_one_sentence(settings: Settings, content: bytes | None) -> None:
    folder = network(settings)
    if content is not None:
        (folder / litert.FILE).write_bytes(content)
    with pytest.raises(BadCard, match=r"model\.tflite is missing or damaged"):
        registry.load(settings, BLINK, "mine")


def test_an_export_that_was_cut_short_is_one_sentence(settings: Settings) -> None:
    import zipfile

    with zipfile.ZipFile(settings.assets / "face_landmarker.task") as bundle:
        model = bundle.read("face_detector.tflite")
    (network(settings) / litert.FILE).write_bytes(model[: len(model) // 2])
    with pytest.raises(BadCard, match=r"model\.tflite is missing or damaged"):
        registry.load(settings, BLINK, "mine")


def test_a_network_whose_card_lacks_its_settings_is_refused(settings: Settings) -> None:
    folder = network(settings)
    card = json.loads((folder / "card.json").read_text())
    del card["settings"]
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(BadCard, match="nothing of the network's settings"):
        registry.load(settings, BLINK, "mine")
