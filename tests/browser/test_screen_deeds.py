"""The Screen page: the mouse, the rest of a group, exceptions, pictures that cannot be drawn."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reviewing import (
    Bench,
    at,
    count,
    looked,
    opened,
    reviewing,
    saved,
    step,
)
from workbench.archive import photos
from workbench.screening import screen, verdicts
from workbench.screening.screen import BLINK, CANT_TELL, KEEP, Verdict
from workbench.ui import components

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with reviewing(tmp_path_factory.mktemp("screen")) as bench:
        yield bench


def test_a_mouse_does_what_keys_do(page: Page, bench: Bench) -> None:
    opened(page, bench, "Mouse")
    step(page, "Keep").click()
    at(page, "Keep")
    expect(page.locator(".review .tile")).to_have_count(30)
    step(page, "Blink").click()
    page.locator(".review .tile").nth(2).click()
    page.keyboard.press("k")
    expect(page.locator(".review .tile").nth(2).locator(".badge")).to_have_text("Keep · you")
    page.get_by_role("button", name="Accept the other 3 as blinks").click()
    at(page, "Can’t tell")
    saved(page)
    assert bench.state("Mouse").open_blink == 0


def test_the_rest_is_kept_with_one_key_and_taken_back_with_one(page: Page, bench: Bench) -> None:
    opened(page, bench, "Rest")
    looked(page)
    page.keyboard.press("b")
    page.keyboard.press("Shift+K")
    at(page, "Can’t tell")
    count(page, "Blink", 1)
    looked(page)
    expect(page.locator(".lead .next")).to_contain_text("Leave these 2 undecided")
    page.get_by_role("button", name="Keep all 2").click()
    at(page, "Check")
    count(page, "Keep", 35)
    for key in ("u", "u"):
        page.keyboard.press(key)
    at(page, "Blink")
    saved(page)
    assert (bench.state("Rest").open_blink, bench.state("Rest").open_cant_tell) == (3, 2)


def test_each_session_keeps_its_own_way_back(page: Page, bench: Bench) -> None:
    opened(page, bench, "Rest")
    before = bench.state("Rest").open_blink
    looked(page)
    page.keyboard.press("End")
    page.keyboard.press("k")
    saved(page)
    opened(page, bench, "Signs")
    page.keyboard.press("u")
    expect(page.locator(".lead .last")).to_have_text("Nothing to take back")
    opened(page, bench, "Rest")
    page.keyboard.press("u")
    expect(page.locator(".lead .last")).to_have_text("Taken back")
    saved(page)
    assert bench.state("Rest").open_blink == before


def test_what_an_exception_keeps_is_said_and_stands_apart(page: Page, bench: Bench) -> None:
    opened(page, bench, "Signs")
    count(page, "Blink", 3)
    page.get_by_role("button", name="1 stands as laughing").click()
    at(page, "Keep")
    expect(page.locator(".burst .heading").first).to_have_text("Kept because laughing1")
    expect(page.locator(".tile:focus .badge")).to_have_text("Keep · laughing")


def test_a_picture_that_cannot_be_drawn_is_not_accepted_with_the_others(page: Page, bench: Bench) -> None:
    broken = next(each for each in photos.of_session(bench.engine, bench.ids["Blank"]) if each.name == "IMG_0033.jpg")
    page.route(f"**/eyes/{broken.id}", lambda route: route.fulfill(body="torn", content_type="image/jpeg"))
    opened(page, bench, "Blank")
    tile = page.locator(".review .tile").nth(1)
    expect(tile.locator(".faceless")).to_have_text("not drawn")
    expect(page.locator(".lead .next")).to_contain_text("Accept the other 3 as blinks")
    expect(page.locator(".lead .missing")).to_have_text("1 picture could not be drawn: decide on it by key")
    page.keyboard.press("Enter")
    saved(page)
    assert bench.state("Blank").open_blink == 1
    tile.click()
    page.keyboard.press("k")
    saved(page)
    assert bench.groups("Blank")["IMG_0033.jpg"] == KEEP


def test_a_key_shows_a_photo_that_lies_outside_before_it_decides(page: Page, bench: Bench) -> None:
    opened(page, bench, "Many")
    page.keyboard.press("1")
    page.keyboard.press("Home")
    before = bench.groups("Many")
    page.locator(".review .scroll").evaluate("s => { s.scrollTop = s.scrollHeight }")
    expect(page.locator(".tile[aria-selected=true]")).not_to_be_in_viewport()
    page.keyboard.press("t")
    expect(page.locator(".tile[aria-selected=true]")).to_be_in_viewport()
    expect(page.locator(".lead .last")).to_have_text("Here it is: press the key again")
    saved(page)
    assert bench.groups("Many") == before


def test_the_keys_belong_to_a_session_that_was_chosen_also_when_its_folder_is_away(page: Page, bench: Bench) -> None:
    page.goto(f"{bench.running.address}/screen?session={bench.ids['Rest']}")
    page.locator(".review .tile").first.wait_for()
    there = (bench.running.settings.roots[-1] / "Rest" / "IMG_0001.jpg").read_bytes()
    page.route(re.compile(r"/(eyes|photo/\d+)/"), lambda route: route.fulfill(body=there, content_type="image/jpeg"))
    opened(page, bench, "Away")
    expect(page.get_by_text("The folder of “Away” is away")).to_be_visible()
    page.keyboard.press("3")
    at(page, "Bursts")
    expect(page).to_have_url(re.compile(bench.ids["Away"]))
    page.goto("about:blank")


def test_short_bursts_share_a_line(page: Page, bench: Bench) -> None:
    opened(page, bench, "Burst")
    code = "\n".join((components.HERE / name).read_text(encoding="utf-8") for name in ("layout.js", "review_wall.js"))
    lines = page.evaluate(f"() => {{ {code}\n return packed([2, 2, 3, 6, 1, 1, 4, 2], 4) }}")
    assert lines == [4, 3, 6, 2, 4, 2]
    room = {"width": 1314, "height": 580, "shape": 0.67}
    for number in (3, 12, 17, 24):
        made = page.evaluate(f"([number, room]) => {{ {code}\n return fitAll(number, 'eyes', room) }}", [number, room])
        rows = -(-number // made["columns"])
        assert rows * ((made.get("high") or made["tall"]) + 30 + 6) <= room["height"], "all of them lie on the screen"


def test_the_browser_sorts_photos_as_the_screening_does(page: Page, bench: Bench) -> None:
    opened(page, bench, "Mouse")
    chance = random.Random(7)
    cases = []
    for _ in range(600):
        probability = chance.choice([None, chance.random(), 0.0, 1.0, 0.25])
        sign, obstacle = chance.choice([None, "laughing", "looking down"]), chance.choice([None, None, "no face found"])
        verdict = Verdict("p", KEEP, probability, "", obstacle, sign)
        counts_as = chance.choice([{}, {"laughing": KEEP}, {"laughing": BLINK, "looking down": CANT_TELL}])
        cases.append((verdict, chance.choice([0.25, 0.5, chance.random()]), counts_as))
    code = (components.HERE / "review_groups.js").read_text(encoding="utf-8")
    given = [
        {
            "p": one.probability,
            "obstacle": one.obstacle or "",
            "sign": one.sign or "",
            "threshold": at,
            "counts_as": signs,
        }
        for one, at, signs in cases
    ]
    grouped = page.evaluate(
        f"([cases, doubt]) => {{ {code}\n return cases.map(each => groupOf(each, {{ ...each, doubt }})) }}",
        [given, screen.DOUBT],
    )
    assert grouped == [verdicts.group_of(*case) for case in cases]
