"""While the workbench runs, its process reaches no other machine."""

from __future__ import annotations

import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

from tests import photographs
from tests.archive.test_importing import run
from tests.ui.served import OUTGOING, START, installation, served
from workbench.archive import catalog, photos
from workbench.settings import from_environment


def test_the_watch_over_sockets_tells_of_a_way_out() -> None:
    watch = START.split("from pathlib import Path")[0]
    code = f"{watch}\nimport socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 9))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert OUTGOING in told.stdout and "192.0.2.1" in told.stdout


def test_a_server_that_shows_pages_and_makes_previews_reaches_nobody(tmp_path: Path) -> None:
    environment = installation(tmp_path)
    settings = from_environment(environment)
    photographs.jpeg(settings.roots[1] / "Ana/1.jpg", 1)
    (summary,) = run(settings, settings.roots[1] / "Ana")
    (photo,) = photos.of_session(catalog.open_catalog(settings), summary.session.id)
    with served(environment) as running:
        for path in ("/archive", "/screen", f"/photo/320/{photo.id}", "/healthz"):
            connection = HTTPConnection("127.0.0.1", settings.port, timeout=30)
            connection.request("GET", path)
            assert connection.getresponse().status == 200, path
    assert OUTGOING not in running.output.read_text()
