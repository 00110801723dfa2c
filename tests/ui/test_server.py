"""The server from outside: who is refused, what every answer carries, and which files can be reached."""

from __future__ import annotations

import io
import signal
import socket
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path

import psutil
import pytest
from PIL import Image

from tests.ui.served import Served, installation, served
from workbench.archive import catalog, photos, sessions
from workbench.settings import from_environment
from workbench.ui.server import PortTaken, serve

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    body: bytes


def ask(server: Served, path: str, method: str = "GET", **headers: str) -> Answer:
    """One request exactly as given: neither the path nor the headers are tidied up on the way."""
    connection = HTTPConnection("127.0.0.1", server.settings.port, timeout=10)
    connection.putrequest(method, path, skip_host="host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    response = connection.getresponse()
    body = b"" if response.status == 101 else response.read()
    connection.close()
    return Answer(response.status, response.headers, body)


@pytest.fixture
def photo(server: Served) -> str:
    """The id of a photo of the served session."""
    engine = catalog.open_catalog(server.settings)
    return photos.of_session(engine, sessions.find(engine, "Ana").id)[0].id


@pytest.mark.parametrize("size", [320, 1600])
def test_a_photo_is_served_by_its_id_and_may_be_kept_by_the_browser(server: Served, photo: str, size: int) -> None:
    answer = ask(server, f"/photo/{size}/{photo}")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    with Image.open(io.BytesIO(answer.body)) as image:
        assert max(image.size) <= size


def test_unknown_and_malformed_ids_get_the_same_answer(server: Served, photo: str) -> None:
    wrong = [
        f"/photo/320/{'0' * 32}",
        f"/photo/320/{'A' * 32}",
        f"/photo/320/{photo}0",
        f"/photo/320/{photo}%0A",
        f"/photo/320/{photo}.jpg",
        f"/photo/320/{photo}/more",
        f"/photo/640/{photo}",
        f"/photo/0320/{photo}",
        "/photo/320/",
        "/photo/",
    ]
    answers = [ask(server, path) for path in wrong]
    assert {(answer.status, answer.body) for answer in answers} == {(404, b"No such photo.")}


@pytest.mark.parametrize(
    "path",
    [
        "/photo/320/../../catalog.db",
        "/photo/320/..%2f..%2fcatalog.db",
        "/photo/../catalog.db",
        "/photo/320/%2e%2e/%2e%2e/catalog.db",
        "/../catalog.db",
        "/photo/320//etc/passwd",
        "/photo/320/%00",
        "/app/static/../catalog.db",
    ],
)
def test_no_path_leads_to_another_file(server: Served, path: str) -> None:
    answer = ask(server, path)
    assert answer.status in (400, 403, 404)
    assert b"SQLite" not in answer.body and b"root:" not in answer.body


def test_a_link_in_the_cache_does_not_lead_out_of_it(server: Served, tmp_path: Path) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"not for the browser")
    kept = server.settings.cache / "previews" / "320" / "ab" / f"{'ab' * 16}.jpg"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.symlink_to(secret)
    assert ask(server, f"/photo/320/{'ab' * 16}").status == 404


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1.example.com", "localhost.example.com:80", "0.0.0.0", ""])
@pytest.mark.parametrize("path", ["/", "/healthz", "/_stcore/health"])
def test_a_wrong_host_is_refused(server: Served, host: str, path: str) -> None:
    assert ask(server, path, host=host).status == 400


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "localhost:9999"])
def test_this_machine_is_answered_under_its_own_names(server: Served, host: str) -> None:
    assert ask(server, "/healthz", host=host).status == 200


@pytest.mark.parametrize("origin", ["https://example.com", "http://127.0.0.1:1", "null", "http://localhost"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/photo/320/0"), ("GET", "/healthz"), ("POST", "/_stcore/x")])
def test_a_foreign_origin_is_refused(server: Served, origin: str, method: str, path: str) -> None:
    assert ask(server, path, method, origin=origin).status == 403


def test_a_photo_cannot_be_shown_inside_another_site(server: Served, photo: str) -> None:
    for site in ("cross-site", "same-site"):
        assert ask(server, f"/photo/320/{photo}", sec_fetch_site=site).status == 403
    assert ask(server, f"/photo/320/{photo}", sec_fetch_site="same-origin").status == 200


def test_a_web_socket_opens_for_the_page_and_for_no_other_site(server: Served) -> None:
    def knock(origin: str) -> int:
        return ask(server, "/_stcore/stream", **UPGRADE, origin=origin).status

    assert knock(server.address) == 101
    assert knock("https://example.com") == 403
    assert knock("http://127.0.0.1:1") == 403


@pytest.mark.parametrize("path", ["/", "/screen", "/healthz", "/photo/320/x", "/_stcore/health", "/favicon.png"])
def test_every_answer_carries_the_headers(server: Served, path: str) -> None:
    headers = ask(server, path).headers
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "'unsafe-eval'" not in policy and "script-src 'self' blob: 'sha256-" in policy
    assert headers.get("access-control-allow-origin") is None


def test_a_refusal_carries_them_too(server: Served) -> None:
    assert "default-src 'none'" in ask(server, "/", host="example.com").headers["content-security-policy"]


def test_it_listens_on_this_machine_alone(server: Served) -> None:
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(server.process.pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]


def test_a_taken_port_is_named_with_the_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"Port {port} is taken.*EYESPY_PORT"):
            serve(from_environment({"EYESPY_PORT": str(port)}), browser=False)


def test_ctrl_c_stops_it_quietly_after_one_line(tmp_path: Path) -> None:
    with served(installation(tmp_path)) as running:
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(10) == 0
        assert running.output.read_text() == f"Eye Spy is at {running.address}  (Ctrl-C stops it)\n"
