"""The workbench served for tests: the real server in a process of its own, on a free port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from workbench.settings import HOME, Settings, from_environment

OUTGOING = "OUTGOING"
START = """
import sys
def tell(event, arguments):
    # Every socket of this process passes here, whichever library opens it.
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if isinstance(address, tuple) and not str(address[0]).startswith(("127.", "::1")):
            print("OUTGOING", event, address, flush=True)
    elif event == "socket.getaddrinfo" and arguments[0] not in (None, "", "localhost", "127.0.0.1", "::1"):
        print("OUTGOING", event, arguments[0], flush=True)
sys.addaudithook(tell)
from pathlib import Path
from workbench.settings import from_environment
from workbench.ui import server
if len(sys.argv) > 1:
    server.SCRIPT = Path(sys.argv[1])
server.serve(from_environment(), browser=False)
"""


@dataclass(frozen=True)
class Served:
    """A running workbench: its settings, and what it wrote to the terminal."""

    settings: Settings
    process: subprocess.Popen[bytes]
    output: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"


def installation(folder: Path) -> dict[str, str]:
    """The environment of an empty installation below `folder`, on a port that is free now."""
    for name in ("datasets", "pictures"):
        (folder / name).mkdir(parents=True)
    return {
        "EYESPY_DATASETS": str(folder / "datasets"),
        "EYESPY_ROOTS": str(folder / "pictures"),
        "EYESPY_PORT": str(free_port()),
    }


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def served(environment: dict[str, str], script: Path | None = None) -> Iterator[Served]:
    """Serve the installation of `environment` until the block ends; `script` stands in for the pages."""
    settings = from_environment(environment)
    output = settings.datasets / "terminal.txt"
    command = [sys.executable, "-c", START, *([str(script)] if script else [])]
    with output.open("wb") as terminal:
        process = subprocess.Popen(
            command, cwd=HOME, env={**os.environ, **environment}, stdout=terminal, stderr=terminal
        )
    try:
        _wait(settings.port, process, output)
        yield Served(settings, process, output)
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int, process: subprocess.Popen[bytes], output: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended: {output.read_text()}")
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except ConnectionError:
            time.sleep(0.1)
    raise RuntimeError(f"the server does not answer: {output.read_text()}")
