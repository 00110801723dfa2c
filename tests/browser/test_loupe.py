"""The loupe under the photographer's hands: one photo large, its eyes beside it, its pixels on request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit, photos_of
from tests.ui.served import Served, installation, served
from tests.ui.shoot import EYES, frames, shoot
from workbench.archive import catalog, previews
from workbench.settings import from_environment

pytestmark = pytest.mark.browser
SINGLE = Path(__file__).with_name("single_page.py")
WINDOWS = {"laptop": (1366, 768), "desk": (1920, 1080), "upright": (820, 1180)}


def opened(visit: Visit, *, fresh: bool = False) -> Page:
    """The loupe on the second photo of “Ana”, with everything there."""
    page = visit("Ana", fresh=fresh)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    there(page)
    return page


def there(page: Page) -> None:
    page.locator(".loupe .large.there").wait_for()
    expect(page.locator(".loupe .blind")).to_have_text("")
    page.wait_for_function(f"() => ({MIDDLE})(document, 0)[3] > 0")


# Colour in the middle of one eye's canvas, wherever on the page the loupe is.
MIDDLE = """(document, index) => {
  const roots = [document, ...[...document.querySelectorAll("*")].map(e => e.shadowRoot).filter(Boolean)]
  const eye = roots.flatMap(root => [...root.querySelectorAll(".loupe .eye")])[index]
  return [...eye.getContext("2d").getImageData(eye.width / 2, eye.height / 2, 1, 1).data]
}"""


def colour(page: Page, index: int) -> list[int]:
    found: list[int] = page.evaluate(f"i => ({MIDDLE})(document, i)", index)
    return found[:3]


def box(page: Page, selector: str) -> dict[str, float]:
    found = page.locator(f".loupe {selector}").first.bounding_box()
    assert found
    return {**found, "right": found["x"] + found["width"], "bottom": found["y"] + found["height"]}


def test_both_eyes_stand_beside_the_photo_as_they_are_in_it(visit: Visit) -> None:
    page = opened(visit)
    for index, (_, wanted) in enumerate(EYES):
        assert all(abs(a - b) < 30 for a, b in zip(colour(page, index), wanted, strict=True))
    expect(page.locator(".loupe .title")).to_have_text("IMG_0033.jpg")
    expect(page.locator(".loupe .taken")).to_have_text("20 Nov 2026, 09:01:06")
    expect(page.locator(".loupe .verdict")).to_have_text("Blink 97%both eyes shut")
    expect(page.locator(".loupe .place")).to_have_text("2 of 36")


@pytest.mark.parametrize("size", WINDOWS)
def test_the_photo_is_the_largest_thing_in_every_window_and_nothing_is_cut_off(visit: Visit, size: str) -> None:
    page = opened(visit)
    wide, high = WINDOWS[size]
    page.set_viewport_size({"width": wide, "height": high})
    photo, eyes, controls = box(page, ".photo"), box(page, ".eyes"), box(page, ".controls")
    if wide > high:
        assert eyes["x"] >= photo["right"] and photo["height"] > 0.95 * high
    else:
        assert eyes["y"] >= photo["bottom"] and eyes["width"] > 0.95 * wide
    assert photo["width"] * photo["height"] > eyes["width"] * eyes["height"]
    assert eyes["width"] > 0.2 * wide and max(eyes["right"], controls["right"]) <= wide
    assert max(photo["bottom"], eyes["bottom"], controls["bottom"]) <= high
    page.set_viewport_size({"width": 1366, "height": 768})


def test_nothing_moves_while_pictures_arrive(visit: Visit) -> None:
    page = visit("Ana", fresh=True)
    waiting: list[Route] = []
    held = True
    for pictures in ("**/photo/1600/**", "**/eyes/**"):
        page.route(pictures, lambda route: waiting.append(route) if held else route.continue_())
    page.keyboard.press("Enter")
    page.locator(".loupe .standin").wait_for()
    expect(page.locator(".loupe .standin")).to_have_js_property("complete", True)
    before = [box(page, each) for each in (".photo", ".eyes", ".standin", ".title")]
    held = False
    for route in waiting:
        route.continue_()
    there(page)
    assert [box(page, each) for each in (".photo", ".eyes", ".large.there", ".title")] == before


def test_a_photo_that_was_fetched_ahead_is_there_at_once_with_its_eyes(visit: Visit, requests: list[str]) -> None:
    page = opened(visit, fresh=True)
    page.wait_for_timeout(600)
    ids = page.locator(".tile").evaluate_all("tiles => tiles.map(tile => tile.dataset.photo)")
    asked = {url.rsplit("/", 1)[1] for url in photos_of(requests, 1600)}
    assert set(ids[0:10]) <= asked, "the one before, itself, eight ahead"
    assert not asked & set(ids[14:])
    page.keyboard.press("ArrowRight")
    assert page.locator(".loupe .large").get_attribute("class") == "there large"
    assert colour(page, 0)[0] > 120


def test_keys_lead_to_the_ends_and_back_to_the_sheet(visit: Visit) -> None:
    page = opened(visit)
    page.keyboard.press("End")
    expect(page.locator(".loupe .place")).to_have_text("36 of 36")
    page.keyboard.press("Home")
    expect(page.locator(".loupe .title")).to_have_text("IMG_0032.jpg")
    page.keyboard.press("End")
    page.keyboard.press("Escape")
    expect(page.locator(".loupe")).to_be_hidden()
    expect(page.locator(".tile:focus .name")).to_have_text("IMG_0029.jpg")
    expect(page.locator(".tile:focus")).to_be_in_viewport()


def test_z_shows_the_originals_pixels_one_to_one_with_the_eyes_in_the_middle(visit: Visit) -> None:
    page = opened(visit)
    page.keyboard.press("z")
    zoom = page.locator(".loupe .zoom.there")
    zoom.wait_for()
    assert zoom.evaluate("i => [i.naturalWidth, i.naturalHeight]") == [320, 640]
    shown, stage = box(page, ".zoom"), box(page, ".photo")
    assert (shown["width"], shown["height"]) == (320, 640)
    assert abs(shown["x"] + shown["right"] - stage["x"] - stage["right"]) <= 2
    expect(page.get_by_role("button", name="1:1")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(page.locator(".loupe .zoom")).to_have_count(0)
    expect(page.locator(".loupe .eyes")).to_be_visible()


def test_the_next_photo_shows_the_same_place_at_one_to_one(visit: Visit) -> None:
    page = opened(visit)
    page.set_viewport_size({"width": 820, "height": 480})
    page.keyboard.press("z")
    page.locator(".loupe .zoom.there").wait_for()
    before = box(page, ".zoom")
    stage = box(page, ".photo")
    page.mouse.move(stage["x"] + 300, stage["y"] + 200)
    page.mouse.down()
    page.mouse.move(stage["x"] + 300, stage["y"] + 150, steps=3)
    page.mouse.up()
    moved = box(page, ".zoom")
    assert moved["y"] == before["y"] - 50
    page.keyboard.press("Shift+ArrowUp")
    assert box(page, ".zoom")["y"] > moved["y"]
    there = box(page, ".zoom")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".loupe .place")).to_have_text("3 of 36")
    page.locator(".loupe .zoom.there").wait_for()
    assert box(page, ".zoom") == there
    page.set_viewport_size({"width": 1366, "height": 768})


def test_a_click_goes_in_and_out_and_space_shows_it_while_held(visit: Visit) -> None:
    page = opened(visit)
    page.locator(".loupe .photo").click()
    expect(page.locator(".loupe.zoomed")).to_have_count(1)
    page.locator(".loupe .photo").click()
    expect(page.locator(".loupe.zoomed")).to_have_count(0)
    page.keyboard.down("Space")
    expect(page.locator(".loupe.zoomed")).to_have_count(1)
    page.keyboard.up("Space")
    expect(page.locator(".loupe.zoomed")).to_have_count(0)
    expect(page.locator(".loupe .chosen")).to_have_text("")
    page.keyboard.press("Space")
    expect(page.locator(".loupe .chosen")).to_have_text("Selected")


def test_help_tells_the_keys_and_its_escape_leaves_the_loupe_open(visit: Visit) -> None:
    page = opened(visit)
    page.keyboard.press("?")
    expect(page.get_by_text("The eyes at 1:1, pixel for pixel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("The eyes at 1:1, pixel for pixel")).to_be_hidden()
    expect(page.locator(".loupe")).to_be_visible()


def test_the_mouse_and_a_finger_do_what_keys_do(visit: Visit) -> None:
    page = opened(visit)
    page.get_by_role("button", name="Next photo").click()
    expect(page.locator(".loupe .place")).to_have_text("3 of 36")
    page.get_by_role("button", name="Photo before").click()
    for kind, x in (("pointerdown", 600), ("pointermove", 400), ("pointerup", 400)):
        touch = {"pointerId": 1, "pointerType": "touch", "isPrimary": True, "button": 0, "clientX": x, "clientY": 300}
        page.evaluate("() => { Element.prototype.setPointerCapture = () => {} }")
        page.locator(".loupe .photo").dispatch_event(kind, touch)
    expect(page.locator(".loupe .place")).to_have_text("3 of 36")
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".loupe")).to_be_hidden()


def test_an_original_that_is_away_is_said_calmly_and_the_eyes_that_were_kept_stay(
    visit: Visit, served_sessions: Served
) -> None:
    page = opened(visit)
    folder = served_sessions.settings.roots[-1] / "Ana"
    folder.rename(folder.with_name("unplugged"))
    try:
        page.route("**/zoom/**", lambda route: route.fulfill(content_type="image/jpeg", body=b""))
        page.keyboard.press("z")
        expect(page.get_by_text("The original is away: plug in its drive to see its pixels")).to_be_visible()
        page.keyboard.press("z")
        expect(page.locator(".away-note")).to_have_count(0)
        assert colour(page, 0)[0] > 120
    finally:
        folder.with_name("unplugged").rename(folder)


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A page that is a loupe and nothing else, and hears of every photo."""
    environment = installation(tmp_path_factory.mktemp("single"))
    settings = from_environment(environment)
    session = shoot(settings, "Ana", frames(keep=9, blink=1))
    assert previews.beside(catalog.open_catalog(settings), "0" * 32) == [] and session
    with served(environment, SINGLE) as running:
        yield running


def test_the_loupe_stands_on_a_page_of_its_own_and_tells_where_it_is(page: Page, single: Served) -> None:
    page.goto(single.address)
    there(page)
    expect(page.locator(".loupe .place")).to_have_text("3 of 10")
    frame = page.locator(".loupe").bounding_box()
    assert frame and frame["width"] > 1200 and frame["y"] + frame["height"] <= 768 - 40
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("at IMG_0003.jpg")).to_be_visible()
    expect(page.locator(".loupe .place")).to_have_text("4 of 10")
    page.keyboard.press("z")
    page.locator(".loupe .zoom.there").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator(".loupe")).to_be_visible()
    expect(page.get_by_role("button", name="Close")).to_have_count(0)
