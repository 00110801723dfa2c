"""The landmarker and the demo portraits that set-up fetched."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from workbench import assets
from workbench.settings import Settings, from_environment
from workbench.vision.landmarks import Face, Landmarker


@pytest.fixture(scope="session")
def settings() -> Settings:
    return from_environment()


@pytest.fixture(scope="session")
def bundle(settings: Settings) -> Path:
    return assets.path(settings, assets.FACE_LANDMARKER)


@pytest.fixture(scope="session")
def landmarker(bundle: Path) -> Landmarker:
    return Landmarker(bundle)


@pytest.fixture(scope="session")
def eileen(settings: Settings) -> Image.Image:
    with Image.open(assets.path(settings, assets.ASTRONAUT)) as portrait:
        return portrait.convert("RGB")


@pytest.fixture(scope="session")
def grace(settings: Settings) -> Image.Image:
    with Image.open(assets.path(settings, assets.GRACE_HOPPER)) as portrait:
        return portrait.convert("RGB")


@pytest.fixture(scope="session")
def eileens_face(eileen: Image.Image, landmarker: Landmarker) -> Face:
    face = landmarker.subject(eileen)
    assert face is not None
    return face
