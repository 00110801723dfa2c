"""What a page has not saved yet: whatever is refused, late or said twice, the rest is stored, and U takes back its own.

The browser's code and the server's, without the page between them.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from playwright.sync_api import Page
from sqlalchemy import Engine

from tests import archive_rows
from workbench.archive import catalog
from workbench.archive.sessions import Session
from workbench.faults import BLINK as FAULT
from workbench.screening import review
from workbench.screening.screen import BLINK, KEEP
from workbench.settings import Settings
from workbench.ui import components, screening_gestures

pytestmark = pytest.mark.browser
IDS = [f"{number:032x}" for number in range(8)]
STRANGER = "f" * 32
CODE = "\n".join((components.HERE / name).read_text(encoding="utf-8") for name in ("outbox.js", "review_deeds.js"))
BEGIN = f"""([scope, again]) => {{ {CODE}
  const store = again ? window.tab.store : {{}}
  const memory = {{ read: name => store[name], write: (name, value) => {{ store[name] = structuredClone(value) }} }}
  const sent = []
  const decisions = new Map()
  const decide = (id, decision) => (decision ? decisions.set(id, decision) : decisions.delete(id))
  const deeds = new Deeds(memory, message => sent.push(message))
  deeds.begin(scope, {{ decisions, decide }}, again ? window.tab.deeds.done : [])
  window.tab = {{ store, sent, deeds }}
}}"""
PUT = """([photos, group, step]) => {
  tab.deeds.put({ kind: "move", photos, group }, step)
  clearTimeout(tab.deeds.soon)
}"""
UNDO = """() => { const gone = tab.deeds.undo(); clearTimeout(tab.deeds.soon); return gone && gone.step }"""
SEND = """() => { tab.deeds.outbox.sentAt = -Infinity; tab.deeds.outbox.send(); return tab.sent.splice(0) }"""


class Tab:
    """A page of one session: the browser's code, answered by the server's."""

    def __init__(self, page: Page, engine: Engine, session: Session) -> None:
        self.page, self.engine, self.session = page, engine, session
        self.wire: list[tuple[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        page.goto("about:blank")
        self.load(again=False)

    def load(self, *, again: bool) -> None:
        """The page is loaded, or loaded again: what it kept is there, and the server gives it another client."""
        self.page.evaluate(BEGIN, [self.session.id, again])
        self.client, _ = screening_gestures.client(self.engine, "Ana", None)
        self.answers.clear()
        self.hear({"acks": {self.client: 0}, "turn": 0, "refused": []})

    def put(self, *photos: str, group: str = KEEP, press: int = 0) -> None:
        self.page.evaluate(PUT, [photos, group, press])

    def undo(self) -> int | None:
        """Which press was taken back."""
        return self.page.evaluate(UNDO)  # type: ignore[no-any-return]

    def send(self) -> None:
        self.wire += [(self.client, message) for message in self.page.evaluate(SEND)]

    def serve(self) -> None:
        """The server stores the oldest message and answers the page that sent it, if that is still there."""
        client, message = self.wire.pop(0)
        answer = screening_gestures.store(self.engine, message)
        if client == self.client:
            self.answers.append(asdict(answer))

    def hear(self, answer: dict[str, Any]) -> None:
        self.page.evaluate("data => { tab.deeds.hear(data) }", {"client": self.client, **answer})

    def settle(self) -> None:
        """Until nothing is unsaved."""
        for _ in range(40):
            self.send()
            while self.wire:
                self.serve()
            while self.answers:
                self.hear(self.answers.pop(0))
            if not self.page.evaluate("tab.deeds.unsaved"):
                return
        raise AssertionError("something is never saved")

    @property
    def groups(self) -> dict[str, str]:
        return {photo: one.group for photo, one in review.decisions(self.engine, self.session.id, FAULT).items()}


@pytest.fixture
def tab(page: Page, settings: Settings) -> Tab:
    engine = catalog.open_catalog(settings)
    return Tab(page, engine, archive_rows.session(engine, "Ana", IDS))


@pytest.mark.parametrize("waits", [True, False], ids=["before the refusal", "after it"])
def test_after_a_refusal_an_undo_takes_back_its_own_and_the_next_press_is_stored(tab: Tab, waits: bool) -> None:
    tab.put(STRANGER, group=BLINK, press=1)
    for press, photo in enumerate(IDS[:3], start=2):
        tab.put(photo, press=press)
    if not waits:
        tab.settle()
    assert tab.undo() == 4
    tab.put(IDS[3], group=BLINK, press=5)
    tab.settle()
    assert tab.groups == {IDS[0]: KEEP, IDS[1]: KEEP, IDS[3]: BLINK}
    assert [tab.undo() for _ in range(4)] == [5, 3, 2, None], "what was refused is not there to be taken back"
    tab.settle()
    assert tab.groups == {}


def test_an_undo_of_what_was_refused_goes_with_it(tab: Tab) -> None:
    tab.put(STRANGER)
    tab.undo()
    tab.put(IDS[0])
    tab.settle()
    assert tab.groups == {IDS[0]: KEEP}


def test_where_all_is_refused_the_next_press_is_stored(tab: Tab) -> None:
    tab.put(IDS[0])
    tab.settle()
    tab.put(IDS[1])
    tab.send()
    tab.hear({"acks": {tab.client: 1}, "turn": 2, "refused": [{"client": tab.client, "seq": 0}]})
    tab.wire.clear()
    tab.put(IDS[2])
    tab.settle()
    assert tab.groups == {IDS[0]: KEEP, IDS[2]: KEEP}


def test_a_refusal_that_is_heard_twice_costs_one_gesture(tab: Tab) -> None:
    """A slow server is sent the same once more, and refuses it once more."""
    tab.put(STRANGER)
    tab.put(IDS[0])
    tab.put(IDS[1])
    tab.send()
    tab.send()
    tab.settle()
    assert tab.groups == {IDS[0]: KEEP, IDS[1]: KEEP}


def test_what_waits_for_a_client_that_the_catalogue_does_not_know_is_stored_under_another(tab: Tab) -> None:
    tab.put(IDS[0], press=1)
    tab.put(IDS[1], press=2)
    tab.undo()
    tab.page.evaluate("tab.deeds.outbox.boxes[0].client = tab.deeds.done[0].client = 'e'.repeat(32)")
    tab.page.evaluate("tab.deeds.outbox.keep()")
    tab.load(again=True)
    tab.settle()
    assert tab.groups == {IDS[0]: KEEP}
    assert tab.undo() == 1
    tab.settle()
    assert tab.groups == {}


def test_a_catalogue_from_a_backup_counts_on_from_what_it_holds(tab: Tab) -> None:
    for press, photo in enumerate(IDS[:3], start=1):
        tab.put(photo, press=press)
    tab.settle()
    with catalog.writing(tab.engine) as connection:
        connection.exec_driver_sql("delete from reviews where seq > 1")
    tab.put(IDS[4], press=4)
    tab.settle()
    assert tab.groups == {IDS[0]: KEEP, IDS[4]: KEEP}
    assert [tab.undo() for _ in range(3)] == [4, 1, None]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_refused_late_said_twice_or_loaded_again_what_stands_is_what_was_pressed(
    tab: Tab, seed: int
) -> None:
    chance, pressed, undone = random.Random(seed), list[tuple[tuple[str, ...], str]](), set[int]()

    def press() -> None:
        photos = (STRANGER,) if chance.random() < 0.3 else tuple(chance.sample(IDS, 2))
        pressed.append((photos, chance.choice([BLINK, KEEP])))
        tab.put(*photos, group=pressed[-1][1], press=len(pressed) - 1)

    def take_back() -> None:
        gone = tab.undo()
        undone.update(() if gone is None else (gone,))

    def serve() -> None:
        if tab.wire:
            tab.serve()

    def hear() -> None:
        if tab.answers:
            tab.hear(tab.answers[0])
            del tab.answers[: chance.choice([0, 1, 1])]

    events: list[Callable[[], None]] = [press, take_back, tab.send, serve, hear, lambda: tab.load(again=True)]
    for event in chance.choices(events, [6, 3, 4, 4, 4, 0.5], k=120):
        event()
    tab.settle()
    expected: dict[str, str] = {}
    for number, (photos, group) in enumerate(pressed):
        if number not in undone and photos != (STRANGER,):
            expected |= dict.fromkeys(photos, group)
    assert tab.groups == expected
