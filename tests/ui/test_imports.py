"""What the server's process does not load: each of these costs a second of waiting or hundreds of megabytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.ui.served import installation
from tests.ui.shoot import frames, shoot
from workbench.settings import HOME, from_environment

SERVER = "import workbench.ui.server"
PAGE = """
from streamlit.testing.v1 import AppTest
from workbench.settings import HOME
app = AppTest.from_file("workbench/ui/app.py", default_timeout=20).run()
assert not app.exception and "3 photos" in app.markdown[0].value
for view in ("people", "import"):
    app.query_params["view"] = view
    assert not app.run().exception
app.switch_page(str(HOME / "pages/screen.py")).run()
assert not app.exception and "3 photos" in app.markdown[0].value
"""
TELL = "\nimport sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"


def loaded(program: str, environment: dict[str, str]) -> set[str]:
    """Names of the top-level modules that `program` leaves loaded, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program + TELL],
        cwd=HOME,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_the_server_answers_before_anything_that_reads_photos_or_tables_is_loaded(tmp_path: Path) -> None:
    names = loaded(SERVER, installation(tmp_path))
    assert "streamlit" in names
    assert not names & {"tensorflow", "keras", "pandas", "sklearn", "sqlalchemy", "rawpy"}


def test_the_pages_with_their_tables_and_sheets_load_nothing_that_trains(tmp_path: Path) -> None:
    environment = installation(tmp_path)
    shoot(from_environment(environment), "Ana", frames(keep=2, blink=1))
    names = loaded(PAGE, environment)
    assert "workbench" in names
    assert not names & {"tensorflow", "keras", "keras_tuner", "sklearn", "pandas", "pyarrow"}
