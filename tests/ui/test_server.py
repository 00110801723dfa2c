"""The server from outside: who is refused, what every answer carries, and which files can be reached."""

from __future__ import annotations

import io
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from tests.ui.served import Served, installation, served
from workbench.archive import catalog, photos, sessions
from workbench.settings import from_environment
from workbench.ui.server import PortTaken, serve
from workbench.vision import store
from workbench.vision.views import Views

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


PICTURES = ("/photo/320", "/photo/1600", "/eyes", "/zoom")
MALFORMED = ("/", f"/{'0' * 32}", f"/{'A' * 32}", "/%30", "/x/y")


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


def all_photos(server: Served) -> list[photos.Photo]:
    """The photos of the served session."""
    engine = catalog.open_catalog(server.settings)
    return photos.of_session(engine, sessions.find(engine, "Ana").id)


@pytest.fixture
def photo(server: Served) -> str:
    """The id of the first of them."""
    return all_photos(server)[0].id


@pytest.mark.parametrize("size", [320, 1600])
def test_a_photo_is_served_by_its_id_and_may_be_kept_by_the_browser(server: Served, photo: str, size: int) -> None:
    answer = ask(server, f"/photo/{size}/{photo}")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    with Image.open(io.BytesIO(answer.body)) as image:
        assert max(image.size) <= size


def test_both_eyes_are_one_picture_that_may_be_kept_for_a_day(server: Served, photo: str) -> None:
    answer = ask(server, f"/eyes/{photo}")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["cache-control"] == "private, max-age=86400"
    with Image.open(io.BytesIO(answer.body)) as image:
        assert image.size == (960, 360)


def test_the_originals_pixels_are_served_around_the_eyes(server: Served, photo: str) -> None:
    answer = ask(server, f"/zoom/{photo}")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    with Image.open(io.BytesIO(answer.body)) as image:
        assert image.size == (320, 640)


def test_a_photo_without_a_face_has_no_eyes_and_that_is_no_error(server: Served) -> None:
    faceless = all_photos(server)[1].id
    store.put(server.settings, {faceless: Views(faces=0, frame=np.zeros((178, 100), np.uint8))})
    answer = ask(server, f"/eyes/{faceless}")
    assert (answer.status, answer.body) == (204, b"")
    assert ask(server, f"/zoom/{faceless}").status == 200


def test_photos_whose_folder_is_away_are_not_found_but_for_what_was_kept(server: Served) -> None:
    away, folder = all_photos(server)[2], server.settings.roots[-1] / "Ana"
    assert ask(server, f"/photo/320/{away.id}").status == 200
    folder.rename(folder.with_name("unplugged"))
    try:
        found = {path: ask(server, f"{path}/{away.id}") for path in PICTURES}
    finally:
        folder.with_name("unplugged").rename(folder)
    assert {path: answer.status for path, answer in found.items()} == {
        **dict.fromkeys(PICTURES, 404),
        "/photo/320": 200,
    }
    assert {answer.headers["cache-control"] for answer in found.values() if answer.status == 404} == {"no-store"}
    assert ask(server, f"/eyes/{away.id}").status == 200, "once its folder is back"


def test_many_requests_for_one_new_photo_all_succeed(server: Served) -> None:
    new = all_photos(server)[3].id
    with ThreadPoolExecutor(8) as executor:
        answers = list(executor.map(lambda path: ask(server, f"{path}/{new}"), PICTURES * 4))
    assert {answer.status for answer in answers} == {200}


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
        "/photo/eyes/" + photo,
        *(f"{path}{rest}" for path in ("/eyes", "/zoom") for rest in MALFORMED),
        *(f"{path}/{photo}{rest}" for path in ("/eyes", "/zoom") for rest in ("0", ".jpg", "/more", "%0A")),
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
        "/eyes/../catalog.db",
        "/eyes/..%2f..%2fcatalog.db",
        "/eyes//etc/passwd",
        "/eyes/%00",
        "/zoom/%2e%2e/%2e%2e/catalog.db",
        "/zoom/../../../../etc/passwd",
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
@pytest.mark.parametrize("path", ["/", "/healthz", "/_stcore/health", "/photo/320/0", "/eyes/0", "/zoom/0"])
def test_a_wrong_host_is_refused(server: Served, host: str, path: str) -> None:
    assert ask(server, path, host=host).status == 400


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "localhost:9999"])
def test_this_machine_is_answered_under_its_own_names(server: Served, host: str) -> None:
    assert ask(server, "/healthz", host=host).status == 200


@pytest.mark.parametrize("origin", ["https://example.com", "http://127.0.0.1:1", "null", "http://localhost"])
@pytest.mark.parametrize(
    ("method", "path"),
    [*(("GET", f"{path}/0") for path in PICTURES), ("GET", "/healthz"), ("HEAD", "/eyes/0"), ("POST", "/_stcore/x")],
)
def test_a_foreign_origin_is_refused(server: Served, origin: str, method: str, path: str) -> None:
    assert ask(server, path, method, origin=origin).status == 403


def test_a_photo_cannot_be_shown_inside_another_site(server: Served, photo: str) -> None:
    for path in PICTURES:
        for site in ("cross-site", "same-site"):
            assert ask(server, f"{path}/{photo}", sec_fetch_site=site).status == 403
        assert ask(server, f"{path}/{photo}", sec_fetch_site="same-origin").status == 200


def test_a_web_socket_opens_for_the_page_and_for_no_other_site(server: Served) -> None:
    def knock(origin: str) -> int:
        return ask(server, "/_stcore/stream", **UPGRADE, origin=origin).status

    assert knock(server.address) == 101
    assert knock("https://example.com") == 403
    assert knock("http://127.0.0.1:1") == 403


def test_a_web_socket_is_refused_to_rebound_names_and_other_sites(server: Served) -> None:
    def knock(**headers: str) -> int:
        return ask(server, "/_stcore/stream", **UPGRADE, **headers).status

    assert knock(host="example.com", origin="http://example.com") == 403
    assert knock(host=f"example.com:{server.settings.port}", origin=server.address) == 403
    assert knock(origin="null") == 403
    assert knock(origin=server.address, sec_fetch_site="cross-site") == 403
    assert knock(origin=server.address.replace("127.0.0.1", "localhost")) == 403, "not the name that was asked"


@pytest.mark.parametrize(
    "path",
    ["/", "/screen", "/healthz", "/photo/320/x", "/eyes/x", "/zoom/x", "/_stcore/health", "/favicon.png"],
)
def test_every_answer_carries_the_headers(server: Served, path: str) -> None:
    headers = ask(server, path).headers
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
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
