"""One served workbench for all tests of the server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ui.served import Served, installation, served
from tests.ui.shoot import frames, shoot
from workbench.settings import from_environment


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A workbench with one screened session, “Ana”."""
    environment = installation(tmp_path_factory.mktemp("served"))
    shoot(from_environment(environment), "Ana", frames(keep=3, blink=1))
    with served(environment) as running:
        yield running
