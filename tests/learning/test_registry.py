"""Models in real folders: what is current, what is refused, and what the shipped starter says of itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.errors import WorkbenchError
from workbench.faults import BLINK
from workbench.learning import registry
from workbench.learning.cards import BadCard
from workbench.learning.registry import BadVersion, UnknownModel
from workbench.settings import HOME, Settings
from workbench.vision.views import GEOMETRY, Views


def card(version: str, /, **changes: Any) -> dict[str, Any]:
    plain = {"version": version, "fault": "blink", "kind": "starter", "description": "A test's model."}
    return plain | {"threshold": 0.7, "views": ["geometry"]} | changes


def add_model(settings: Settings, version: str, /, **changes: Any) -> Path:
    folder = settings.models / "blink" / version
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(json.dumps(card(version, **changes)))
    return folder


def seen(blink: float | None) -> Views:
    """Views of a photo whose eyes are closed as far as `blink`, or of one without a face."""
    frame = np.zeros((178, 100), np.uint8)
    if blink is None:
        return Views(faces=0, frame=frame, eyes=None, geometry=None, points=None)
    geometry = np.zeros(len(GEOMETRY), np.float32)
    geometry[[GEOMETRY.index("eyeBlinkLeft"), GEOMETRY.index("eyeBlinkRight")]] = blink
    eyes = np.zeros((2, 48, 64), np.uint8)
    return Views(faces=1, frame=frame, eyes=eyes, geometry=geometry, points=np.zeros((478, 2), np.float32))


def test_before_any_training_the_shipped_starter_is_current(settings: Settings) -> None:
    model = registry.current(settings)
    assert (model.fault, model.version, model.threshold) == (BLINK, "starter", 0.5)
    assert "no training" in model.card.description and model.card.limits and "Apache" in model.card.licences[0]


def test_the_starter_judges_photos_and_leaves_those_without_a_face_open(settings: Settings) -> None:
    probability = registry.current(settings).predict([seen(0.05), seen(None), seen(0.4), seen(0.9)])
    assert probability.shape == (4,)
    assert probability[0] < 0.1 and np.isnan(probability[1]) and probability[3] > 0.9
    assert probability[2] == pytest.approx(0.5, abs=1e-6)


def test_no_photos_are_no_trouble(settings: Settings) -> None:
    assert registry.current(settings).predict([]).shape == (0,)


def test_judging_never_imports_tensorflow(settings: Settings) -> None:
    code = """
import sys
from workbench.learning import evaluation, registry
from workbench.settings import from_environment
registry.current(from_environment({"EYESPY_MODELS": sys.argv[1]})).predict([])
print({"tensorflow", "keras", "mediapipe"} & set(sys.modules) or "none of them")
"""
    command = [sys.executable, "-c", code, str(settings.models)]
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "none of them"


def test_a_promoted_model_is_current_and_the_starter_can_come_back(settings: Settings) -> None:
    add_model(settings, "2026-12-01")
    registry.promote(settings, BLINK, "2026-12-01")
    assert (registry.current(settings).version, registry.current(settings).threshold) == ("2026-12-01", 0.7)
    registry.promote(settings, BLINK, "starter")
    assert registry.current(settings).version == "starter"


def test_promoting_leaves_one_whole_file_and_nothing_beside_it(settings: Settings) -> None:
    add_model(settings, "a")
    registry.promote(settings, BLINK, "a")
    assert sorted(path.name for path in (settings.models / "blink").iterdir()) == ["a", "current"]
    assert (settings.models / "blink" / "current").read_text() == "a\n"


def test_a_failed_promotion_changes_nothing(settings: Settings) -> None:
    add_model(settings, "good")
    add_model(settings, "broken", threshold="high")
    registry.promote(settings, BLINK, "good")
    with pytest.raises(BadCard):
        registry.promote(settings, BLINK, "broken")
    assert registry.current(settings).version == "good"


def test_every_lists_shipped_models_first_and_passes_over_folders_without_a_card(settings: Settings) -> None:
    for version in ("b", "a"):
        add_model(settings, version)
    (settings.models / "blink" / "half-written").mkdir()
    (settings.models / "blink" / ".a.tmp").mkdir()
    (settings.models / "blink" / ".a.tmp" / "card.json").write_text("{}")
    assert [model.version for model in registry.every(settings)] == ["starter", "a", "b"]


def test_the_installations_own_starter_comes_before_the_shipped_one(settings: Settings) -> None:
    add_model(settings, "starter", description="Adjusted here.")
    assert registry.current(settings).card.description == "Adjusted here."
    assert [model.version for model in registry.every(settings)] == ["starter"]


def test_an_unknown_model_is_refused_with_what_there_is(settings: Settings) -> None:
    add_model(settings, "mine")
    with pytest.raises(UnknownModel, match="no model “other” for blink; there is starter, mine"):
        registry.load(settings, BLINK, "other")


@pytest.mark.parametrize("version", ["../../etc", "..", "a/b", "a\\b", "", ".hidden", "current", "x" * 65, "a\n"])
def test_a_version_that_leads_elsewhere_is_refused(settings: Settings, version: str) -> None:
    for refuse in (registry.load, registry.promote):
        with pytest.raises(BadVersion):
            refuse(settings, BLINK, version)


@pytest.mark.parametrize("content", ["gone", "", "../starter", "\xff\xfe"])
def test_a_current_file_that_names_no_model_is_said_so_not_replaced_in_silence(
    settings: Settings, content: str
) -> None:
    folder = settings.models / "blink"
    folder.mkdir()
    (folder / "current").write_bytes(content.encode("latin-1"))
    with pytest.raises(UnknownModel, match="there is starter"):
        registry.current(settings)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"threshold": 1.5}, "between 0 and 1"),
        ({"threshold": None}, "number"),
        ({"threshold": True}, "number"),
        ({"views": ["x-ray"]}, "views"),
        ({"views": "geometry"}, "list"),
        ({"description": 7}, "text"),
        ({"kind": "oracle"}, "kind “oracle” is not known"),
        ({"kind": ["starter"]}, "text"),
        ({"fault": "yawn"}, "fault"),
        ({"version": "other"}, "card of blink/other"),
        ({"measured": [{"on": "x"}]}, "missing"),
        ({"measured": "well"}, "measured"),
    ],
)
def test_a_malformed_card_is_refused_with_its_path_and_reason(
    settings: Settings, changes: dict[str, Any], reason: str
) -> None:
    folder = add_model(settings, "odd", **changes)
    with pytest.raises(BadCard, match=reason) as refused:
        registry.load(settings, BLINK, "odd")
    assert str(folder / "card.json") in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"version": "odd"}'])
def test_a_card_that_is_no_card_is_a_sentence_not_a_stack_trace(settings: Settings, content: bytes) -> None:
    (add_model(settings, "odd") / "card.json").write_bytes(content)
    with pytest.raises(WorkbenchError, match="Put back the card"):
        registry.load(settings, BLINK, "odd")
