"""Fixtures of the plug-ins' tests: the programs that run them, the workbench as they call it, and a shoot."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.test_cli import environment, portrait
from workbench import assets
from workbench.settings import HOME, Settings, from_environment
from workbench.vision.landmarks import Landmarker
from workbench.vision.synthetic import close_eyes

PLUGIN = HOME / "plugins/lightroom/EyeSpy.lrplugin"
DARKTABLE = HOME / "plugins/darktable/eyespy.lua"
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Shoot:
    """A session on disk: two frames with open eyes, one with shut ones, and one of a wall."""

    folder: Path
    open: tuple[Path, Path]
    shut: Path
    wall: Path


@pytest.fixture(scope="session")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The frames of a shoot, made once."""
    folder = tmp_path_factory.mktemp("frames")
    settings = from_environment()
    for number in (1, 2):
        portrait(folder, f"open {number}.jpg", number)
    with Image.open(folder / "open 1.jpg") as image:
        frame = image.convert("RGB")
    face = Landmarker(assets.path(settings, assets.FACE_LANDMARKER)).subject(frame)
    assert face is not None
    close_eyes(frame, face.points, 1.0, rng=np.random.default_rng(0)).save(folder / "shut.jpg", quality=92)
    Image.new("RGB", (600, 400), "grey").save(folder / "wall.jpg")
    return folder


@pytest.fixture
def shoot(settings: Settings, frames: Path) -> Shoot:
    """A shoot under the allowed root, its name as names are: a space, an apostrophe, a letter that is not ASCII."""
    folder = settings.roots[1] / "Zoë's shoot"
    shutil.copytree(frames, folder)
    return Shoot(folder, (folder / "open 1.jpg", folder / "open 2.jpg"), folder / "shut.jpg", folder / "wall.jpg")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder of the workbench, set up, in a place whose name a shell would stumble over."""
    folder = tmp_path / "Ana's Eye Spy"
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / "workbench").symlink_to(HOME / "workbench")
    python = folder / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return folder


@pytest.fixture
def outside(settings: Settings, tmp_path: Path) -> dict[str, str]:
    """The environment of a photo editor: without the folders that may be read, and with a folder for what passes."""
    (tmp_path / "passing").mkdir()
    ours = {name: value for name, value in environment(settings).items() if name != "EYESPY_ROOTS"}
    rest = {name: value for name, value in os.environ.items() if not name.startswith("EYESPY_")}
    return {**rest, **ours, "TMPDIR": str(tmp_path / "passing")}


def run(command: list[str | Path], environment: dict[str, str]) -> str:
    """Standard output of a command that must succeed."""
    done = subprocess.run(
        [str(word) for word in command], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
