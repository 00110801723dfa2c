"""The Label page under the photographer's hands: every key press is one label, whatever happens to the server."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine, func, insert, select

from tests.browser.conftest import LOCAL
from tests.ui.served import Served, installation, served
from tests.ui.shoot import Frame, frames, shoot
from workbench.archive import catalog, labels, photos, tables
from workbench.faults import BLINK
from workbench.settings import Settings, from_environment

pytestmark = pytest.mark.browser
KEYS = {"b": "BLINKING", "n": "NON_BLINKING", "s": "UNSURE"}
FORGED = """({ client, photo, value }) => {
  const name = Object.keys(sessionStorage).find(each => each.endsWith(".boxes"))
  const operations = [{ seq: 1, kind: "say", photo, value, queue: "session", origin: "typed" }]
  sessionStorage.setItem(name, JSON.stringify([{ client, last: 1, operations }]))
}"""

# What is on the screen at the moment of each key press, before anything hears of the key.
WATCH = """() => {
  const roots = [...document.querySelectorAll("*")].map(each => each.shadowRoot).filter(Boolean)
  const loupe = roots.map(root => root.querySelector(".desk > .loupe")).find(Boolean)
  window.shown = []
  addEventListener("keydown", () => shown.push(loupe.querySelector(".standin").alt), { capture: true })
}"""


@dataclass
class Bench:
    """A workbench that can be killed and started again; its catalogue is read directly."""

    environment: dict[str, str]
    settings: Settings
    engine: Engine
    stack: ExitStack
    running: Served | None = None

    def start(self) -> None:
        self.running = self.stack.enter_context(served(self.environment))

    def kill(self) -> None:
        assert self.running
        os.kill(self.running.process.pid, signal.SIGKILL)
        self.running.process.wait(10)

    def address(self, session: str, more: str = "") -> str:
        return f"http://127.0.0.1:{self.settings.port}/label?session={session}{more}"

    def said(self, session: str) -> list[str | None]:
        """What stands for each photo of a session, in order."""
        standing = labels.current(self.engine, BLINK, session)
        ordered = photos.of_session(self.engine, session)
        return [standing[photo.id].value if photo.id in standing else None for photo in ordered]

    def entries(self) -> int:
        with self.engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(tables.labels)).scalar_one()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    environment = installation(tmp_path_factory.mktemp("label"))
    settings = from_environment(environment)
    with ExitStack() as stack:
        bench = Bench(environment, settings, catalog.open_catalog(settings), stack)
        bench.start()
        yield bench


@pytest.fixture
def session(bench: Bench, request: pytest.FixtureRequest) -> Callable[[int], str]:
    """A new session of so many photos; gives its id."""
    return lambda count: shoot(bench.settings, f"{request.node.name} {count}", [Frame(None)] * count)


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    page.set_default_timeout(15_000)
    asked: list[str] = []
    failed: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    yield page
    page.close()
    assert not failed
    assert not [url for url in asked if not LOCAL.match(url)]


def opened(page: Page, address: str) -> Page:
    page.goto(address)
    page.locator(".desk > .loupe .standin").wait_for()
    return page


def here(page: Page) -> str:
    return page.locator(".desk > .loupe .place").inner_text()


def saved(page: Page) -> None:
    expect(page.locator(".said .unsaved")).to_have_text("", timeout=15_000)


def test_two_hundred_presses_without_a_pause_are_two_hundred_labels_of_what_was_shown(
    page: Page, bench: Bench, session: Callable[[int], str]
) -> None:
    ana = session(201)
    opened(page, bench.address(ana))
    expect(page.locator(".desk > .loupe .place")).to_have_text("1 of 201")
    pressed = ["bnns"[number % 4] for number in range(200)]
    page.evaluate(WATCH)
    for key in pressed:
        page.keyboard.press(key)
    saved(page)
    shown = page.evaluate("() => shown")
    assert here(page) == "201 of 201"
    names = [photo.name for photo in photos.of_session(bench.engine, ana)]
    assert shown == names[:200]
    assert bench.said(ana) == [*(KEYS[key] for key in pressed), None]


def test_keys_pressed_in_one_burst_of_events_are_all_kept(
    page: Page, bench: Bench, session: Callable[[int], str]
) -> None:
    ana = session(61)
    opened(page, bench.address(ana))
    page.evaluate(
        """() => { for (let i = 0; i < 60; i++)
          document.body.dispatchEvent(new KeyboardEvent("keydown", { key: i % 3 ? "n" : "b", bubbles: true })) }"""
    )
    expect(page.locator(".desk > .loupe .place")).to_have_text("61 of 61")
    saved(page)
    assert bench.said(ana) == [*(KEYS["n" if number % 3 else "b"] for number in range(60)), None]


def test_a_server_that_was_killed_gets_every_answer_once_without_another_key(
    page: Page, bench: Bench, session: Callable[[int], str]
) -> None:
    ana = session(61)
    opened(page, bench.address(ana))
    before = bench.entries()
    for number in range(60):
        if number == 20:
            bench.kill()
        page.keyboard.press("b" if number % 5 == 0 else "n")
    expect(page.locator(".said .unsaved")).to_contain_text("unsaved")
    time.sleep(2)
    bench.start()
    expect(page.locator(".said .unsaved")).to_have_text("", timeout=60_000)
    assert bench.said(ana) == [*(KEYS["b" if number % 5 == 0 else "n"] for number in range(60)), None]
    assert bench.entries() == before + 60
    assert here(page) == "61 of 61"


def test_a_reload_in_the_middle_goes_on_at_the_same_photo_with_its_undo(
    page: Page, bench: Bench, session: Callable[[int], str]
) -> None:
    ana = session(12)
    opened(page, bench.address(ana, "&unlabelled=1"))
    for key in ("b", "n", "ArrowRight", "n", "n"):
        page.keyboard.press(key)
    page.reload()
    page.locator(".desk > .loupe .standin").wait_for()
    expect(page.locator(".desk > .loupe .place")).to_have_text("6 of 12")
    expect(page.locator(".desk > .loupe .title")).to_contain_text("IMG_0005.jpg")
    saved(page)
    assert bench.said(ana)[:5] == ["BLINKING", "NON_BLINKING", None, "NON_BLINKING", "NON_BLINKING"]
    page.keyboard.press("u")
    expect(page.locator(".desk > .loupe .title")).to_contain_text("IMG_0004.jpg")
    saved(page)
    assert bench.said(ana)[3:5] == ["NON_BLINKING", None]
    for _ in range(4):
        page.keyboard.press("ArrowUp")
    expect(page.locator(".stands")).to_have_text("Labelled BLINKING")
    expect(page.locator(".desk > .loupe .place")).to_have_text("1 of 12")


def test_answers_that_only_the_browser_has_survive_a_reload(
    page: Page, bench: Bench, session: Callable[[int], str]
) -> None:
    ana = session(8)
    opened(page, bench.address(ana))
    page.evaluate("() => { WebSocket.prototype.send = () => {} }")
    for _ in range(5):
        page.keyboard.press("n")
    expect(page.locator(".said .unsaved")).to_have_text("5 unsaved")
    page.reload()
    page.locator(".desk > .loupe .standin").wait_for()
    expect(page.locator(".desk > .loupe .place")).to_have_text("6 of 8")
    saved(page)
    assert bench.said(ana) == [*["NON_BLINKING"] * 5, *[None] * 3]


def test_two_windows_on_one_session_lose_nothing(
    page: Page, context: BrowserContext, bench: Bench, session: Callable[[int], str]
) -> None:
    ana = session(31)
    browser = context.browser
    assert browser
    with other_window(browser) as other:
        opened(page, bench.address(ana))
        opened(other, bench.address(ana))
        for _ in range(30):
            page.keyboard.press("b")
            other.keyboard.press("n")
        saved(page)
        saved(other)
    ids = [photo.id for photo in photos.of_session(bench.engine, ana)][:30]
    for photo in ids:
        assert sorted(str(said.value) for said in labels.history(bench.engine, photo, BLINK)) == [
            "BLINKING",
            "NON_BLINKING",
        ]


@contextmanager
def other_window(browser: Browser) -> Iterator[Page]:
    """A second window of its own: other cookies, other storage."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    yield context.new_page()
    context.close()


def test_left_goes_back_and_takes_back_and_up_only_looks(
    page: Page, bench: Bench, session: Callable[[int], str]
) -> None:
    ana = session(5)
    opened(page, bench.address(ana))
    for key in ("b", "n", "ArrowUp"):
        page.keyboard.press(key)
    expect(page.locator(".stands")).to_have_text("Labelled NON_BLINKING")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".said .last")).to_have_text("Taken back: BLINKING of IMG_0000.jpg")
    expect(page.locator(".stands")).to_have_text("No label yet")
    saved(page)
    assert bench.said(ana) == [None, "NON_BLINKING", None, None, None]


def test_the_last_photo_says_that_it_was_and_its_answer_can_be_taken_back(
    page: Page, bench: Bench, session: Callable[[int], str]
) -> None:
    ana = session(2)
    opened(page, bench.address(ana))
    page.keyboard.press("n")
    page.keyboard.press("b")
    expect(page.locator(".said .last")).to_have_text("IMG_0001.jpg: BLINKING · that was the last of 2")
    page.keyboard.press("ArrowLeft")
    saved(page)
    assert bench.said(ana) == ["NON_BLINKING", None]


def test_buttons_do_what_keys_do_and_a_held_key_says_only_one_thing(
    page: Page, bench: Bench, session: Callable[[int], str]
) -> None:
    ana = session(6)
    opened(page, bench.address(ana))
    page.locator(".said").get_by_role("button", name="Not blinking").click()
    page.keyboard.down("b")
    for _ in range(5):
        page.keyboard.down("b")
    page.keyboard.up("b")
    page.locator(".said").get_by_role("button", name="Unsure").click()
    page.locator(".said").get_by_role("button", name="Undo").click()
    saved(page)
    assert bench.said(ana) == ["NON_BLINKING", "BLINKING", None, None, None, None]


@pytest.mark.parametrize("forged", ["client", "photo", "value"])
def test_what_cannot_be_meant_is_refused_in_a_sentence_and_changes_nothing(
    page: Page, bench: Bench, session: Callable[[int], str], forged: str
) -> None:
    ana = session(3)
    opened(page, bench.address(ana))
    page.keyboard.press("n")
    saved(page)
    first = photos.of_session(bench.engine, ana)[1].id
    client = catalog_client(bench.engine)
    told = {"client": client, "photo": first, "value": "BLINKING"}
    told |= {"client": {"client": "f" * 32, "photo": "0" * 32}, "photo": {"photo": "0" * 32}}.get(
        forged, {"value": "SLEEPING"}
    )
    page.evaluate(FORGED, told)
    page.reload()
    expect(page.locator(".refused")).to_contain_text("were not stored")
    saved(page)
    assert bench.said(ana) == ["NON_BLINKING", None, None]
    page.keyboard.press("b")
    saved(page)
    assert bench.said(ana) == ["NON_BLINKING", "BLINKING", None]


def catalog_client(engine: Engine) -> str:
    from workbench.archive import operations

    return operations.open_client(engine, "Ana")


def test_the_history_tells_who_said_what_and_takes_any_entry_back(
    page: Page, bench: Bench, session: Callable[[int], str]
) -> None:
    ana = session(3)
    first = photos.of_session(bench.engine, ana)[0].id
    with catalog.writing(bench.engine) as connection:
        labels.say(connection, [labels.Said(first, BLINK, "BLINKING", labels.IMPORT, "Ben")])
    opened(page, bench.address(ana))
    page.keyboard.press("ArrowUp")
    expect(page.locator(".stands")).to_have_text("Labelled BLINKING")
    page.keyboard.press("h")
    entry = page.locator(".history li")
    expect(entry).to_contain_text("Ben")
    entry.get_by_role("button", name="Take back").click()
    expect(entry).to_contain_text("taken back by")
    expect(page.locator(".stands")).to_have_text("No label yet")
    page.keyboard.press("Escape")
    expect(entry).to_be_hidden()
    assert bench.said(ana) == [None, None, None]


def test_a_selection_of_the_sheet_is_one_gesture_and_one_undo(
    page: Page, bench: Bench, session: Callable[[int], str]
) -> None:
    ana = session(40)
    opened(page, bench.address(ana))
    page.keyboard.press("g")
    page.locator(".board .tile").first.wait_for()
    page.keyboard.press("Control+a")
    page.keyboard.press("n")
    expect(page.locator(".board .badge").first).to_have_text("not blinking")
    expect(page.locator(".gestures .unsaved")).to_have_text("")
    assert bench.said(ana) == ["NON_BLINKING"] * 40
    page.keyboard.press("u")
    expect(page.locator(".gestures .last")).to_have_text("Taken back: 40 photos")
    expect(page.locator(".gestures .unsaved")).to_have_text("")
    assert bench.said(ana) == [None] * 40
    page.keyboard.press("End")
    page.keyboard.press("g")
    expect(page.locator(".desk > .loupe .title")).to_contain_text("IMG_0039.jpg")


def test_suggestions_above_what_the_photographer_sets_are_accepted_as_such(page: Page, bench: Bench) -> None:
    ana = shoot(bench.settings, "suggested", frames(keep=6, blink=2))
    known = photos.of_session(bench.engine, ana)
    chances = [0.01, 0.02, 0.04, 0.2, 0.6, None, 0.97, 0.99]
    with catalog.writing(bench.engine) as connection:
        rows = [
            {"photo_id": photo.id, "fault": "blink", "model": "starter", "probability": chance, "doubt": 0.1}
            for photo, chance in zip(known, chances, strict=True)
        ]
        connection.execute(insert(tables.predictions), rows)
    opened(page, bench.address(ana))
    page.keyboard.press("g")
    expect(page.locator(".board .badge").first).to_have_text("not blinking 99 %?")
    expect(page.locator(".accept")).to_have_text("Accept 5")
    page.locator(".least").fill("98")
    expect(page.locator(".accept")).to_have_text("Accept 3")
    page.locator(".accept").click()
    expect(page.locator(".gestures .unsaved")).to_have_text("")
    expected = ["NON_BLINKING", "NON_BLINKING", None, None, None, None, None, "BLINKING"]
    assert bench.said(ana) == expected
    assert {label.origin for label in labels.current(bench.engine, BLINK, ana).values()} == {labels.ACCEPTED}


def test_nothing_moves_when_the_desk_goes_on(page: Page, bench: Bench, session: Callable[[int], str]) -> None:
    ana = session(8)
    opened(page, bench.address(ana))
    parts = (".photo", ".eyes", ".answers", ".know", ".controls")
    boxes = lambda: [page.locator(f".desk > .loupe {each}").bounding_box() for each in parts]  # noqa: E731
    page.keyboard.press("n")
    saved(page)
    before = boxes()
    for key in "bns":
        page.keyboard.press(key)
        assert boxes() == before
    saved(page)
    assert boxes() == before
    photo, eyes = before[0], before[1]
    assert photo and eyes and photo["width"] * photo["height"] > eyes["width"] * eyes["height"]


def test_an_empty_queue_says_why_and_the_queue_is_in_the_address(
    page: Page, bench: Bench, session: Callable[[int], str]
) -> None:
    ana = session(2)
    page.goto(bench.address(ana, "&queue=random&class=BLINKING"))
    expect(page.locator(".nothing")).to_have_text(
        "No photo of this session is labelled BLINKING. Choose other photos above."
    )
    page.goto(f"http://127.0.0.1:{bench.settings.port}/label?queue=best")
    expect(page.get_by_text("is none of session")).to_be_visible()


def test_the_page_opens_in_a_browser_on_an_empty_archive(page: Page, tmp_path: Path) -> None:
    with served(installation(tmp_path)) as running:
        page.goto(f"{running.address}/label")
        expect(page.get_by_text("No photo to label yet")).to_be_visible()
