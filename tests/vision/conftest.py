"""The landmarker and the demo portraits that set-up fetched."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from workbench import assets
from workbench.settings import Settings, from_environment
from workbench.vision.landmarks import Face, Landmarker


@pytest.fixture(scope="session")
def installed() -> Settings:
    return from_environment()


@pytest.fixture(scope="session")
def bundle(installed: Settings) -> Path:
    return assets.path(installed, assets.FACE_LANDMARKER)


@pytest.fixture(scope="session")
def landmarker(bundle: Path) -> Landmarker:
    return Landmarker(bundle)


@pytest.fixture(scope="session")
def eileen(installed: Settings) -> Image.Image:
    with Image.open(assets.path(installed, assets.ASTRONAUT)) as portrait:
        return portrait.convert("RGB")


@pytest.fixture(scope="session")
def grace(installed: Settings) -> Image.Image:
    with Image.open(assets.path(installed, assets.GRACE_HOPPER)) as portrait:
        return portrait.convert("RGB")


@pytest.fixture(scope="session")
def eileens_face(eileen: Image.Image, landmarker: Landmarker) -> Face:
    face = landmarker.subject(eileen)
    assert face is not None
    return face
