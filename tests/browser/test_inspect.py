"""The Inspect page under the photographer's hands: cells, corrections and the threshold, by keys alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine

from tests.ui.judged import Person, judged_archive
from tests.ui.served import Served, installation, served
from workbench.archive import catalog, labels, photos, splits
from workbench.faults import BLINK
from workbench.learning import registry
from workbench.settings import from_environment

pytestmark = pytest.mark.browser
PEOPLE = [
    Person(name, missed=(0.05, 0.2), alarms=(0.9, 0.7, 0.6), found=(0.95,) * 4, kept=(0.1,) * 20)
    for name in ("Ana", "Ben", "Eve", "Zoe")
]
MANY = Person("Many", missed=tuple(number / 400 for number in range(180)))


@dataclass
class Bench:
    """A served archive of four people and one with many misses, and its catalogue, read directly.

    `one` and `other` are shoots that no test is made on: which ones these are is chance.
    """

    running: Served
    engine: Engine
    one: str
    other: str


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("inspect")
    environment = installation(folder) | {"EYESPY_MODELS": str(folder / "models")}
    settings = from_environment(environment)
    ids = judged_archive(settings, [*PEOPLE, MANY])
    engine = catalog.open_catalog(settings)
    held = [person.name for person in PEOPLE if side(engine, ids[person.name]) != splits.TEST]
    with served(environment) as running:
        yield Bench(running, engine, *held[:2])


def side(engine: Engine, session: str) -> str | None:
    return splits.sides(engine).get(photos.of_session(engine, session)[0].id)


def opened(page: Page, bench: Bench, address: str = "") -> Page:
    page.goto(f"{bench.running.address}/inspect{address or f'?session={bench.one}'}")
    page.locator(".gallery .tile").first.wait_for()
    page.locator(".js-plotly-plot").first.wait_for()
    return page


def cell(page: Page, title: str) -> Locator:
    return page.locator(".cells button").filter(has_text=title)


def count(page: Page, title: str) -> Locator:
    return cell(page, title).locator("b")


def shown(page: Page) -> list[str]:
    return page.locator(".gallery .tile .badge").all_text_contents()


def matrix(page: Page) -> Locator:
    # While a part is drawn again, Streamlit may keep the figure from before beside the new one for a moment.
    return page.locator(".st-key-inspect-matrix:not([data-stale=true])")


def saved(page: Page) -> None:
    expect(page.locator(".gallery .unsaved")).to_have_text("")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_the_worse_error_cell_is_open_with_the_most_wrong_photo_first(page: Page, bench: Bench) -> None:
    opened(page, bench)
    expect(cell(page, "Missed")).to_have_attribute("aria-pressed", "true")
    assert shown(page) == ["blink 5 %", "blink 20 %"]
    expect(page.locator(".gallery .tile .stands").first).to_have_text("BLINKING · Ana")
    expect(page.locator(".gallery .tile .both").first).to_have_js_property("complete", True)
    expect(matrix(page)).to_contain_text("Missed · 33 %")
    expect(page.get_by_text("Misses 2 of 6 blinks and flags 3 of 23 good frames")).to_be_in_viewport()


def test_keys_alone_choose_a_cell_move_correct_undo_and_open_the_loupe(page: Page, bench: Bench) -> None:
    opened(page, bench)
    press(page, "2")
    expect(cell(page, "False alarms")).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile("cell=fp"))
    expect(page.locator(".gallery .tile")).to_have_count(3)
    assert shown(page) == ["blink 90 %", "blink 70 %", "blink 60 %"]
    press(page, "ArrowRight", "b")
    corrected = page.locator(".gallery .tile").nth(1)
    expect(corrected).to_have_class(re.compile("corrected"))
    expect(count(page, "False alarms")).to_have_text("2")
    expect(count(page, "Found")).to_have_text("5")
    expect(matrix(page)).to_contain_text("Found · 71 %")
    expect(page.locator(".gallery .tile")).to_have_count(3)
    photo = str(corrected.get_attribute("data-photo"))
    saved(page)
    stands = labels.current(bench.engine, BLINK)[photo]
    assert (stands.value, stands.origin, stands.queue) == (BLINK.positive, labels.REVIEW, "inspect")
    press(page, "u")
    expect(count(page, "False alarms")).to_have_text("3")
    saved(page)
    assert labels.current(bench.engine, BLINK)[photo].value == BLINK.negative
    assert len(labels.history(bench.engine, photo, BLINK)) == 3, "nothing of it is forgotten"
    press(page, "o")
    expect(page.locator(".gallery .loupe .place")).to_have_text("2 of 3")
    press(page, "ArrowRight")
    expect(page.locator(".gallery .loupe .place")).to_have_text("3 of 3")
    press(page, "Escape")
    expect(page.locator(".gallery .tile:focus")).to_have_attribute("aria-label", re.compile("blink 60 %"))


def test_a_click_anywhere_on_a_cell_of_the_matrix_shows_its_photos(page: Page, bench: Bench) -> None:
    opened(page, bench)
    box = page.locator(".st-key-inspect-matrix .nsewdrag").bounding_box()
    assert box
    corners = [
        (0.03, 0.95, "False alarms"),
        (0.97, 0.94, "Rightly kept"),
        (0.45, 0.03, "Found"),
        (0.55, 0.05, "Missed"),
    ]
    for across, down, title in corners:
        page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])
        expect(cell(page, title)).to_have_attribute("aria-pressed", "true")
        expect(page.locator(".matrix [aria-pressed=true]")).to_have_attribute("aria-label", re.compile(f"^{title}: "))
    page.mouse.click(box["x"] + 0.6 * box["width"], box["y"] + 0.4 * box["height"])
    page.wait_for_timeout(400)
    expect(cell(page, "Missed")).to_have_attribute("aria-pressed", "true")


def test_buttons_of_the_cells_are_reached_by_tab(page: Page, bench: Bench) -> None:
    opened(page, bench)
    cell(page, "Missed").focus()
    press(page, "Tab", "Tab", "Enter")
    expect(cell(page, "Found")).to_have_attribute("aria-pressed", "true")
    expect(cell(page, "Found")).to_be_focused()


def test_a_moved_threshold_moves_the_sentence_the_matrix_and_the_photos(page: Page, bench: Bench) -> None:
    opened(page, bench)
    dial = page.get_by_role("slider", name="Threshold")
    dial.focus()
    for _ in range(40):
        dial.press("ArrowLeft")
    expect(page.locator(".dial .value")).to_have_text("0.12")
    expect(page.get_by_text("Misses 1 of 6 blinks and flags 3 of 23 good frames")).to_be_visible()
    expect(matrix(page)).to_contain_text("Missed · 17 %")
    expect(count(page, "Missed")).to_have_text("1")
    dial.press("2")
    expect(cell(page, "False alarms")).to_have_attribute("aria-pressed", "true")


def test_only_the_whole_validation_side_keeps_a_threshold_and_the_test_side_then_speaks(
    page: Page, bench: Bench
) -> None:
    opened(page, bench, "?side=held+back")
    expect(page.get_by_role("button", name="Use this threshold")).to_be_disabled()
    opened(page, bench, "?side=validation")
    expect(page.get_by_role("button", name="Use this threshold")).to_be_disabled()
    page.get_by_role("button", name="Never miss a blink").click()
    expect(page.get_by_text("Misses none of")).to_be_visible()
    page.get_by_role("button", name="Use this threshold").click()
    expect(page.get_by_text(re.compile("flags from .* on now. On the test side: misses"))).to_be_visible()
    chosen = registry.chosen_threshold(bench.running.settings, BLINK, "starter")
    assert chosen and chosen.threshold < 0.1 and chosen.how.startswith("chosen on the validation side")
    page.get_by_role("button", name="Back to its own").click()
    expect(page.get_by_text("the threshold of its card")).to_be_visible()
    assert registry.chosen_threshold(bench.running.settings, BLINK, "starter") is None


def turn(dial: Locator, value: Locator, key: str, until: str) -> None:
    """Presses a key of the dial until it says so: on a busy machine one press may come while the page is drawn anew."""
    for _ in range(20):
        if value.text_content() == until:
            break
        dial.press(key)
    expect(value).to_have_text(until)


def test_the_dial_listens_after_a_threshold_was_kept_and_given_up(page: Page, bench: Bench) -> None:
    opened(page, bench, "?side=validation")
    dial, value = page.get_by_role("slider", name="Threshold"), page.locator(".dial .value")
    turn(dial, value, "ArrowLeft", "0.38")
    page.get_by_role("button", name="Use this threshold").click()
    expect(page.get_by_text(re.compile("flags from .* on now"))).to_be_visible()
    expect(value).to_have_text("0.38")
    page.get_by_role("button", name="Back to its own").click()
    expect(page.get_by_text("the threshold of its card")).to_be_visible()
    expect(value).to_have_text("0.50")
    turn(dial, value, "ArrowRight", "0.62")
    expect(page.get_by_role("button", name="Use this threshold")).to_be_enabled()


def test_photos_of_the_test_side_are_looked_at_and_not_corrected(page: Page, bench: Bench) -> None:
    opened(page, bench, "?side=test")
    expect(page.locator(".gallery .closed")).to_contain_text("on the Label page in a random order")
    tile = page.locator(".gallery .tile").first
    photo, missed = str(tile.get_attribute("data-photo")), count(page, "Missed").text_content()
    said = len(labels.history(bench.engine, photo, BLINK))
    press(page, "n")
    expect(page.locator(".gallery .last")).to_contain_text("not corrected here")
    press(page, "u", "o", "b", "Escape")
    saved(page)
    expect(page.locator(".gallery .tile.corrected")).to_have_count(0)
    expect(count(page, "Missed")).to_have_text(str(missed))
    assert len(labels.history(bench.engine, photo, BLINK)) == said
    opened(page, bench)
    expect(page.locator(".gallery .closed")).to_have_text("")


def test_the_cells_leave_the_slider_its_room(page: Page, bench: Bench) -> None:
    page.goto(f"{bench.running.address}/inspect?cell=newly+wrong")
    page.get_by_text("No photo here.").wait_for()
    slider = page.get_by_label("Size of the photos").bounding_box()
    assert slider
    for each in page.locator(".cells button").all():
        box = each.bounding_box()
        assert box and (box["x"] + box["width"] <= slider["x"] or box["y"] >= slider["y"] + slider["height"])
        expect(each).to_be_in_viewport(ratio=1)


def test_the_rest_of_many_photos_comes_as_one_looks_on(page: Page, bench: Bench) -> None:
    opened(page, bench, "?session=Many")
    expect(page.locator(".gallery .tile")).to_have_count(60)
    press(page, "End")
    expect(page.locator(".gallery .tile")).to_have_count(180, timeout=30_000)
    press(page, "End")
    expect(page.locator(".gallery .tile:focus")).to_have_attribute("aria-label", re.compile("blink 45 %"))


def test_a_correction_does_not_move_the_photos_and_is_gone_when_the_cell_is_looked_at_again(
    page: Page, bench: Bench
) -> None:
    opened(page, bench, f"?session={bench.other}")
    before = page.locator(".gallery .tile").nth(1).bounding_box()
    press(page, "n")
    expect(count(page, "Missed")).to_have_text("1")
    assert page.locator(".gallery .tile").nth(1).bounding_box() == before
    press(page, "3")
    expect(page.locator(".gallery .tile")).to_have_count(4)
    press(page, "1")
    expect(page.locator(".gallery .tile")).to_have_count(1)
    assert shown(page) == ["blink 20 %"]


def test_a_photo_leads_to_what_is_similar_to_it(page: Page, bench: Bench) -> None:
    opened(page, bench)
    photo = page.locator(".gallery .tile").first.get_attribute("data-photo")
    press(page, "f")
    expect(page).to_have_url(re.compile(f"view=similar.*photo={photo}|photo={photo}.*view=similar"))
    expect(page.locator(".gallery")).to_have_count(0)


@pytest.mark.parametrize(
    "address", ["?cell=nonsense&session={}", "?side=nonsense", "?model=nonsense", "?session=nonsense"]
)
def test_an_address_of_nothing_is_a_sentence_or_a_fair_beginning(page: Page, bench: Bench, address: str) -> None:
    page.goto(f"{bench.running.address}/inspect{address.format(bench.one)}")
    if "cell" in address:
        expect(cell(page, "Missed")).to_have_attribute("aria-pressed", "true")
    else:
        expect(page.locator('[data-testid="stAlert"]')).to_contain_text("nonsense")
        expect(page.get_by_role("combobox")).to_have_count(3)
