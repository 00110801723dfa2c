"""Fixtures of the hand-off's tests: a reviewed session, and the real programs that read what was written."""

from __future__ import annotations

import pytest

from tests.screening.handed import GROUPS
from tests.screening.handing import Shoot, again, installation, shoot
from workbench.settings import Settings


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Shoot:
    """A reviewed session with a photo of each kind, which no test touches."""
    return shoot(installation(tmp_path_factory.mktemp("model")), GROUPS)


@pytest.fixture
def ana(model: Shoot, settings: Settings) -> Shoot:
    """Such a session for a test to write into."""
    return again(model, settings)
