"""Fixtures of the hand-off's tests: a reviewed session, and the real programs that read what was written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

import pytest

from tests.screening.handed import GROUPS
from tests.screening.handing import Shoot, again, installation, shoot
from workbench.settings import Settings

PACKAGES = {"exiftool": "libimage-exiftool-perl", "exiv2": "exiv2", "darktable-cli": "darktable"}


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """Gives the path of an installed program. None: the test is skipped, or fails under EYESPY_REQUIRE_BROWSER."""

    def found(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            give_up = pytest.fail if os.environ.get("EYESPY_REQUIRE_BROWSER") else pytest.skip
            give_up(f"{name} is not installed (Debian: {PACKAGES.get(name, name)})")
        return str(path)

    return found


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Shoot:
    """A reviewed session with a photo of each kind, which no test touches."""
    return shoot(installation(tmp_path_factory.mktemp("model")), GROUPS)


@pytest.fixture
def ana(model: Shoot, settings: Settings) -> Shoot:
    """Such a session for a test to write into."""
    return again(model, settings)
