"""The page's address, its chooser, and what a page says when something is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.ui.served import Served, installation, served
from tests.ui.shoot import frames, shoot
from workbench.settings import from_environment

pytestmark = pytest.mark.browser
REPORTING = Path(__file__).with_name("reporting_page.py")


def choose(page: Page, name: str) -> None:
    page.get_by_role("combobox").click()
    page.get_by_role("option", name=name, exact=True).click()


def test_choosing_a_session_changes_the_address_and_going_back_returns(page: Page, served_sessions: Served) -> None:
    page.goto(f"{served_sessions.address}/screen?session=Ana")
    expect(page.locator(".review .tile")).to_have_count(4)
    choose(page, "Raw")
    expect(page.get_by_text("3 photos, not screened yet")).to_be_visible()
    expect(page).to_have_url(re.compile(r"session=[0-9a-f]{32}"))
    expect(page.locator(".review .tile")).to_have_count(0)
    page.go_back()
    expect(page.locator(".review .tile")).to_have_count(4)


def test_an_address_of_no_session_is_told_and_another_can_be_chosen(page: Page, served_sessions: Served) -> None:
    page.goto(f"{served_sessions.address}/screen?session=*no*_body_ $1 and $2")
    expect(page.get_by_text("There is no session “*no*_body_ $1 and $2”")).to_be_visible()
    choose(page, "Raw")
    expect(page.get_by_role("button", name="Find the blinks")).to_be_visible()
    expect(page.get_by_text("There is no session")).to_have_count(0)


def test_files_that_could_not_be_read_are_listed_on_request(visit: Visit) -> None:
    page = visit("Ana")
    expect(page.get_by_text("torn.jpg: it ends too early")).to_be_hidden()
    page.get_by_text("1 file could not be read").click()
    expect(page.get_by_text("torn.jpg: it ends too early")).to_be_visible()


@pytest.fixture
def reporting(tmp_path: Path) -> Iterator[Served]:
    """A page that runs again at every selection and shows what it was told."""
    environment = installation(tmp_path)
    shoot(from_environment(environment), "Ana", frames(keep=40, blink=1))
    with served(environment, REPORTING) as running:
        yield running


def test_a_page_hears_the_selection_and_running_again_moves_nothing(page: Page, reporting: Served) -> None:
    page.goto(reporting.address)
    page.locator(".tile").first.wait_for()
    kept = page.locator(".tile").nth(5).element_handle()
    page.keyboard.press("End")
    scroll = page.locator(".scroll")
    before = scroll.evaluate("s => s.scrollTop")
    assert before > 0
    page.keyboard.press("Space")
    expect(page.get_by_text("told of 1 photo, run 2")).to_be_visible()
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.get_by_text("told of 2 photos, run 3")).to_be_visible()
    assert scroll.evaluate("s => s.scrollTop") == before
    assert page.locator('.tile[aria-selected="true"]').count() == 2
    assert kept.evaluate("tile => tile.isConnected"), "a tile that says the same keeps its element"
    expect(page.locator(".tile").first.locator(".badge")).to_have_text("Blink run 3")


def test_photos_whose_folder_is_away_say_so(visit: Visit, page: Page) -> None:
    page.route("**/photo/**", lambda route: route.fulfill(content_type="image/jpeg", body=b""))
    visit("Raw")
    expect(page.locator(".tile[data-missing]")).to_have_count(3)
    page.keyboard.press("Enter")
    expect(page.get_by_text("The original is away: plug in its drive")).to_be_visible()
