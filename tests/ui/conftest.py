"""One served workbench for all tests of the server, and pages that are opened without needless work."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Engine
from streamlit.components.v2 import manifest_scanner

from tests.ui.served import Served, installation, served
from tests.ui.shoot import frames, shoot
from workbench.archive import catalog
from workbench.settings import Settings, from_environment


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A workbench with one screened session, “Ana”."""
    environment = installation(tmp_path_factory.mktemp("served"))
    shoot(from_environment(environment), "Ana", frames(keep=3, blink=1))
    with served(environment) as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def packages_are_looked_through_once() -> Iterator[None]:
    """Streamlit reads the description of every installed package for each page that a test opens: .5 s each time."""
    name = "scan_component_manifests"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, name, cache(getattr(manifest_scanner, name)))
        yield


@pytest.fixture(scope="module", autouse=True)
def what_other_tests_loaded_is_not_collected_after_every_run() -> Iterator[None]:
    """Streamlit collects garbage after each run of a page, which takes a second where TensorFlow was imported."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An empty archive that the pages find in the environment."""
    for name, value in (installation(tmp_path) | {"EYESPY_MODELS": str(tmp_path / "models")}).items():
        monkeypatch.setenv(name, value)
    return from_environment()


@pytest.fixture
def engine(archive: Settings) -> Engine:
    """The catalogue of `archive`."""
    return catalog.open_catalog(archive)
