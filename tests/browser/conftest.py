"""Chromium on a served workbench: one browser and one server for all tests, a page each.

A page that asks any other machine for something, or writes an error to its console, fails its test.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.ui.served import Served, installation, served
from tests.ui.shoot import Frame, frames, shoot
from workbench.settings import from_environment

FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--no-first-run"]
SEEKING = re.compile(r"/\w+/_stcore/(health|host-config)$")
LOCAL = re.compile(r"(http|ws)://127\.0\.0\.1:\d+/|(data|blob):")


@pytest.fixture(scope="session")
def served_sessions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Three sessions: “Ana” with every group, “Big” of 600 photos, “Raw” not screened."""
    environment = installation(tmp_path_factory.mktemp("browser"))
    settings = from_environment(environment)
    torn = [("torn.jpg", "it ends too early")]
    shoot(settings, "Ana", frames(keep=30, blink=4, cant_tell=2), torn)
    shoot(settings, "Big", frames(keep=580, blink=20))
    shoot(settings, "Raw", [Frame(None)] * 3)
    with served(environment) as running:
        yield running
        assert len(running.output.read_text().splitlines()) == 1, "the terminal shows only the address"


@pytest.fixture(scope="session")
def context(chromium: str) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser.new_context(viewport={"width": 1366, "height": 768})
        browser.close()


@dataclass
class Window:
    """A page, and what it asked for and complained about since the test began."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def heard(self, said: ConsoleMessage) -> None:
        """Keeps an error; not that of a server that a test before stopped, which its page looked for until it left."""
        if complains(said) and not gone(said.location["url"]):
            self.complaints.append(said.text)


def complains(said: ConsoleMessage) -> bool:
    """Whether the console was told of an error; Streamlit looks for itself below a page's address before the root."""
    return said.type == "error" and not SEEKING.search(said.location["url"])


def gone(address: str) -> bool:
    """Whether no server listens any more where the page asked."""
    asked = urlsplit(address)
    if asked.hostname != "127.0.0.1" or asked.port is None:
        return False
    with socket.socket() as trial:
        return trial.connect_ex((asked.hostname, asked.port)) != 0


class Visit(Protocol):
    """Show a session by its name, from its first photo and with nothing selected."""

    def __call__(self, name: str, *, fresh: bool = False) -> Page: ...


@pytest.fixture(scope="module")
def window(context: BrowserContext) -> Iterator[Window]:
    """One page for the tests of a file: loading Streamlit again for each would be most of their time."""
    window = Window(context.new_page())
    page = window.page
    page.set_default_timeout(15_000)
    page.on("request", lambda request: window.requests.append(request.url))
    page.on("websocket", lambda opened: window.requests.append(opened.url))
    page.on("console", window.heard)
    page.on("pageerror", lambda error: window.complaints.append(str(error)))
    yield window
    page.close()


@pytest.fixture
def page(window: Window) -> Iterator[Page]:
    """The page, watched: nothing leaves the machine, nothing is written to the console as an error."""
    window.requests.clear()
    window.complaints.clear()
    yield window.page
    window.page.unroute_all()
    assert not window.complaints
    assert not [url for url in window.requests if not LOCAL.match(url)]


@pytest.fixture
def requests(window: Window, page: Page) -> list[str]:
    """Addresses that the page has asked for since the test began."""
    return window.requests


@pytest.fixture
def visit(page: Page, served_sessions: Served) -> Visit:
    def shown(name: str, *, fresh: bool = False) -> Page:
        address = f"{served_sessions.address}/archive?session={name}"
        if fresh or page.url != address:
            page.goto(address)
        page.locator(".tile").first.wait_for()
        for key in ("Escape", "Escape", "Home"):
            page.keyboard.press(key)
        return page

    return shown


def photos_of(requests: list[str], size: int) -> list[str]:
    """Which of the requests were for photos of that size."""
    return [url for url in requests if f"/photo/{size}/" in url]
