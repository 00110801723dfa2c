"""The contact sheet under the photographer's hands."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit, photos_of

pytestmark = pytest.mark.browser


def selected(page: Page) -> list[str]:
    return page.locator('.tile[aria-selected="true"] .name').all_text_contents()


def focused(page: Page) -> str:
    return page.locator(".tile:focus .name").text_content() or ""


def painted(image: Locator) -> None:
    expect(image).to_have_js_property("complete", True)
    expect(image).not_to_have_js_property("naturalWidth", 0)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_the_blinks_lie_first_with_their_counts(visit: Visit) -> None:
    page = visit("Ana")
    headings = page.locator(".heading").all_text_contents()
    assert [" ".join(each.split()) for each in headings] == ["Blink4", "Can’t tell2", "Keep30"]
    said = "IMG_0032.jpg, Blink 97%, both eyes shut"
    expect(page.locator(".tile").first).to_have_attribute("aria-label", said)
    assert page.locator(".tile .badge").all_text_contents()[:5] == ["Blink 97%"] * 4 + ["Can’t tell"]


def test_the_photos_are_painted_in_their_own_shape(visit: Visit) -> None:
    page = visit("Ana")
    image = page.locator(".tile img").first
    painted(image)
    assert image.evaluate("i => [i.naturalWidth, i.naturalHeight]") == [213, 320]
    box = image.bounding_box()
    assert box and abs(box["width"] / box["height"] - 2 / 3) < 0.02
    assert image.evaluate("i => getComputedStyle(i).objectFit") == "contain"


def test_keys_go_from_row_to_row_and_across_groups(visit: Visit) -> None:
    page = visit("Ana")
    assert focused(page) == "IMG_0032.jpg"
    press(page, "ArrowRight", "ArrowRight", "ArrowDown")
    assert focused(page) == "IMG_0031.jpg", "a shorter row takes its last tile"
    press(page, "ArrowDown", "Home")
    assert focused(page) == "IMG_0032.jpg"
    press(page, "End")
    assert focused(page) == "IMG_0029.jpg"
    expect(page.locator(".tile:focus")).to_be_in_viewport()
    press(page, "PageUp")
    assert focused(page) < "IMG_0024.jpg", "at least a row up"
    press(page, *["PageUp"] * 7)
    assert focused(page) == "IMG_0033.jpg", "in the column of the shorter row on the way"


def test_keys_select_extend_and_clear(visit: Visit) -> None:
    page = visit("Ana")
    press(page, "Space", "ArrowRight", "ArrowRight", "Space")
    assert selected(page) == ["IMG_0032.jpg", "IMG_0034.jpg"]
    expect(page.locator(".sheet .status")).to_have_text("2 of 36 selected")
    press(page, "Space", "Shift+ArrowRight")
    assert selected(page) == ["IMG_0034.jpg", "IMG_0035.jpg"]
    press(page, "Control+a")
    expect(page.locator(".sheet .status")).to_have_text("36 of 36 selected")
    press(page, "Escape")
    assert selected(page) == []


def test_the_mouse_selects_one_some_and_all_between(visit: Visit) -> None:
    page = visit("Ana")
    tiles = page.locator(".tile")
    tiles.nth(0).click()
    tiles.nth(3).click(modifiers=["Shift"])
    assert len(selected(page)) == 4
    tiles.nth(1).click(modifiers=["ControlOrMeta"])
    assert selected(page) == ["IMG_0032.jpg", "IMG_0034.jpg", "IMG_0035.jpg"]
    tiles.nth(4).click()
    assert selected(page) == ["IMG_0030.jpg"]


def test_a_drag_selects_what_its_frame_touches_and_nothing_else(visit: Visit) -> None:
    page = visit("Ana")
    first, third = (page.locator(".tile").nth(at).bounding_box() for at in (0, 2))
    assert first and third
    page.mouse.move(first["x"] + 30, first["y"] + 60)
    page.mouse.down()
    page.mouse.move(third["x"] + 10, third["y"] + 90, steps=5)
    expect(page.locator(".band")).to_be_visible()
    expect(page.locator(".sheet .status")).to_have_text("3 of 36 selected")
    page.mouse.up()
    assert selected(page) == ["IMG_0032.jpg", "IMG_0033.jpg", "IMG_0034.jpg"]
    expect(page.locator(".band")).to_have_count(0)


def test_a_photo_opens_large_turns_and_closes_where_it_was_left(visit: Visit, requests: list[str]) -> None:
    page = visit("Ana", fresh=True)
    press(page, "Enter")
    large = page.locator(".loupe .large.there")
    expect(page.locator(".loupe .title")).to_have_text("IMG_0032.jpg")
    painted(large)
    assert page.locator(".loupe").bounding_box() == {"x": 0, "y": 0, "width": 1366, "height": 768}
    expect(page.locator(".loupe .verdict")).to_have_text("Blink 97%both eyes shut")
    press(page, "ArrowRight", "Space", "ArrowRight")
    expect(page.locator(".loupe .place")).to_have_text("3 of 36")
    page.wait_for_function(
        "n => performance.getEntriesByType('resource').filter(e => e.name.includes('/photo/1600/')).length >= n", arg=11
    )
    assert len(set(photos_of(requests, 1600))) == 11, "eight photos ahead are fetched before they are asked for"
    press(page, "Escape")
    expect(page.locator(".loupe")).to_be_hidden()
    assert (focused(page), selected(page)) == ("IMG_0034.jpg", ["IMG_0033.jpg"])
    page.locator(".tile").nth(1).dblclick()
    expect(page.locator(".loupe .title")).to_have_text("IMG_0033.jpg")
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".loupe")).to_be_hidden()


def test_help_opens_with_a_question_mark_and_closes_with_escape(visit: Visit) -> None:
    page = visit("Ana")
    press(page, "?")
    expect(page.get_by_role("heading", name="Keys and gestures")).to_be_visible()
    press(page, "Escape")
    expect(page.locator(".sheet-keys")).to_be_hidden()
    assert focused(page) == "IMG_0032.jpg"


def test_tiles_grow_and_the_size_is_remembered(visit: Visit) -> None:
    page = visit("Ana")
    before = page.locator(".tile").first.bounding_box()
    press(page, *["+"] * 6)
    after = page.locator(".tile").first.bounding_box()
    assert before and after and after["width"] > before["width"] * 1.3
    visit("Ana", fresh=True)
    assert page.locator(".tile").first.bounding_box() == after


def test_six_hundred_tiles_fetch_only_what_is_near_the_screen(visit: Visit, requests: list[str]) -> None:
    page = visit("Big")
    expect(page.locator(".tile")).to_have_count(600)
    page.wait_for_timeout(700)
    near = len(photos_of(requests, 320))
    assert 12 <= near <= 120
    press(page, "End")
    painted(page.locator(".tile img").last)
    assert len(photos_of(requests, 320)) <= near + 120
