"""Models on the shelf, for tests of the registry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from workbench.learning import registry, relative
from workbench.learning.cards import Measurement
from workbench.settings import Settings
from workbench.vision.views import GEOMETRY, Views

MEASURED = Measurement("two people", "evaluate", "2026-11-22", 6, 3, 2, {})


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


def ask(model: registry.Model, photos: list[Views]) -> np.ndarray:
    """What a model says of photos that are of no session."""
    return model.predict(photos, relative.absent(len(photos))).probability


def history(settings: Settings) -> list[str]:
    """The lines of the file that names the model in use."""
    return (settings.models / "blink" / "current").read_text().splitlines()


def names(settings: Settings) -> list[str]:
    """Everything that lies beside the models, hidden or not."""
    return sorted(path.name for path in (settings.models / "blink").iterdir())
