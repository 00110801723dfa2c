"""Fixtures of every test: an installation of its own, the research photographs, Chromium, and no way out."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.settings import Settings, from_environment

# Tests run on all cores: workers whose libraries each take every core for themselves only wait for one another.
for _threads in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = {
    "exiftool": "libimage-exiftool-perl",
    "darktable-cli": "darktable",
    "luac5.1": "lua5.1",
    "luac5.4": "lua5.4",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty installation below `tmp_path`; only the verified assets are the real ones."""
    for name in ("datasets", "models", "pictures"):
        (tmp_path / name).mkdir()
    return from_environment(
        {
            "EYESPY_DATASETS": str(tmp_path / "datasets"),
            "EYESPY_MODELS": str(tmp_path / "models"),
            "EYESPY_ROOTS": str(tmp_path / "pictures"),
            "EYESPY_ASSETS": str(from_environment().assets),
            "EYESPY_LABELLER": "tester",
        }
    )


@pytest.fixture(scope="session")
def research_data() -> Path:
    """The folder of research photographs, which are not part of the repository."""
    folder = os.environ.get("EYESPY_RESEARCH_DATA")
    if not folder:
        pytest.skip("EYESPY_RESEARCH_DATA is not set: it names the folder of the research photographs")
    if not Path(folder).is_dir():
        pytest.skip(f"EYESPY_RESEARCH_DATA names “{folder}”, which is not a folder")
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of an installed Chromium. None: the test is skipped, or fails under EYESPY_REQUIRE_BROWSER."""
    return installed(BROWSERS, f"no browser found: install one of {', '.join(BROWSERS)}")


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """Gives the path of an installed program. None: the test is skipped, or fails under EYESPY_REQUIRE_BROWSER."""
    return lambda name: installed([name], f"{name} is not installed (Debian: {PACKAGES.get(name, name)})")


def installed(names: Iterable[str], otherwise: str) -> str:
    """The path of the first of these programs that is there."""
    found = next((path for path in map(shutil.which, names) if path), None)
    if found is None:
        give_up = pytest.fail if os.environ.get("EYESPY_REQUIRE_BROWSER") else pytest.skip
        give_up(otherwise)
    return str(found)


class OutgoingConnection(AssertionError):
    """A test tried to reach another machine."""

    def __init__(self, address: object) -> None:
        super().__init__(f"a connection to {address} was tried; clients' faces stay on this machine")


def stays_here(address: object) -> bool:
    """Whether a socket address is of this machine: a Unix path, or a loopback name or number."""
    if not isinstance(address, tuple):
        return True
    host = address[0].decode() if isinstance(address[0], bytes) else address[0]
    if host in (None, "", "localhost", "localhost."):
        return True
    try:
        number = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return number.is_loopback or number.is_unspecified


def _guarded(call: Callable[..., Any], position: int, tried: list[object]) -> Callable[..., Any]:
    """`call`, refused when its argument at `position`, an address, leads out, which `tried` then holds."""

    def checked(*arguments: Any, **options: Any) -> Any:
        if not stays_here(arguments[position]):
            tried.append(arguments[position])
            raise OutgoingConnection(arguments[position])
        return call(*arguments, **options)

    return checked


def _look_up(call: Callable[..., Any], tried: list[object]) -> Callable[..., Any]:
    """`getaddrinfo` for names of this machine only: asking a name server is a way out, too."""

    def checked(host: Any, *arguments: Any, **options: Any) -> Any:
        if host != socket.gethostname() and not stays_here((host,)):
            tried.append(host)
            raise OutgoingConnection(host)
        return call(host, *arguments, **options)

    return checked


@pytest.fixture(scope="session", autouse=True)
def _way_out_closed() -> Iterator[list[object]]:
    """Closes every way out of the test process at the socket, its outermost edge; gives the attempts made."""
    tried: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name), 1, tried))
        patch.setattr(socket.socket, "sendto", _guarded(socket.socket.sendto, -1, tried))
        patch.setattr(socket, "getaddrinfo", _look_up(socket.getaddrinfo, tried))
        yield tried


@pytest.fixture(autouse=True)
def outgoing(_way_out_closed: list[object]) -> Iterator[list[object]]:
    """The addresses out that this test tried: it fails on any, even one whose error the code swallowed.

    A test of the guard itself clears the list.
    """
    yield _way_out_closed
    tried = list(_way_out_closed)
    _way_out_closed.clear()
    assert not tried, f"outgoing connections were tried: {tried}"
