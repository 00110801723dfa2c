"""The guard that the other tests rely on: nothing leaves this machine unseen."""

from __future__ import annotations

import contextlib
import socket
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import OutgoingConnection, stays_here
from workbench.settings import Settings

ABROAD = ("192.0.2.1", 80)  # RFC 5737: an address for documentation, nobody's machine


def test_a_connection_to_another_machine_is_refused_and_named(outgoing: list[object]) -> None:
    with socket.socket() as connection, pytest.raises(OutgoingConnection, match=r"192\.0\.2\.1"):
        connection.connect(ABROAD)
    assert outgoing == [ABROAD]
    outgoing.clear()


def test_a_datagram_to_another_machine_is_refused(outgoing: list[object]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, pytest.raises(OutgoingConnection):
        sender.sendto(b"?", ABROAD)
    outgoing.clear()


def test_an_attempt_whose_error_was_swallowed_is_still_known(outgoing: list[object]) -> None:
    with contextlib.suppress(Exception):
        urllib.request.urlopen("http://example.invalid/", timeout=1)
    assert outgoing == ["example.invalid"]
    outgoing.clear()


def test_a_connection_within_this_machine_works() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname(), timeout=5) as client:
            client.sendall(b"here")
            accepted, _ = server.accept()
            with accepted:
                assert accepted.recv(4) == b"here"


@pytest.mark.parametrize("address", ["/run/some.socket", ("localhost", 1), ("127.0.0.9", 1), ("::1", 1, 0, 0)])
def test_this_machine_is_known_by_all_its_names(address: object) -> None:
    assert stays_here(address)


@pytest.mark.parametrize("address", [("10.0.0.1", 1), ("2001:db8::1", 1, 0, 0), ("127.0.0.1.example.org", 1)])
def test_other_machines_are_not_taken_for_this_one(address: object) -> None:
    assert not stays_here(address)


def test_the_installation_of_a_test_is_its_own(settings: Settings, tmp_path: Path) -> None:
    assert settings.datasets.is_relative_to(tmp_path.resolve())
    assert settings.models.is_relative_to(tmp_path.resolve())
    assert str(tmp_path.resolve()) in settings.database
    assert settings.inside(tmp_path / "pictures" / "a.jpg")
