"""The Archive page under the photographer's hands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests import photographs
from tests.ui.served import Served, installation, served
from tests.ui.shoot import Frame, frames, shoot
from workbench import jobs
from workbench.archive import catalog, diversity, sessions
from workbench.settings import from_environment

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Fourteen sessions to search in, “Ana” with a file that is torn, and a folder “New” that is not imported."""
    environment = installation(tmp_path_factory.mktemp("archive"))
    settings = from_environment(environment)
    shoot(settings, "Ana", frames(keep=3, blink=2), [("torn.jpg", "it ends too early")])
    for number in range(13):
        shoot(settings, f"Zoë {number + 1}", [Frame(None)])
    photographs.jpeg(settings.roots[-1] / "Year" / "New" / "1.jpg", 1)
    with served(environment) as running:
        yield running


@pytest.fixture
def opened(page: Page, archive: Served) -> Page:
    page.goto(f"{archive.address}/archive")
    page.get_by_role("link", name="Ana", exact=True).wait_for()
    return page


def read(archive: Served, name: str) -> sessions.Session:
    return sessions.find(catalog.open_catalog(archive.settings), name)


def test_a_row_opens_its_session_and_the_browsers_way_back_returns(opened: Page) -> None:
    opened.get_by_role("link", name="Ana", exact=True).click()
    expect(opened.locator(".tile")).to_have_count(5)
    expect(opened).to_have_url(re.compile(r"/archive\?session=[0-9a-f]{32}$"))
    expect(opened.get_by_text("1 file could not be read")).to_be_visible()
    opened.go_back()
    expect(opened.get_by_role("link", name="Ana", exact=True)).to_be_visible()
    opened.go_forward()
    expect(opened.locator(".tile")).to_have_count(5)


def test_keys_alone_lead_to_a_session(opened: Page) -> None:
    expect(opened.get_by_role("link", name="Ana", exact=True)).to_be_focused()
    opened.keyboard.press("ArrowDown")
    expect(opened.get_by_role("link", name="Zoë 1", exact=True)).to_be_focused()
    opened.keyboard.press("ArrowUp")
    opened.keyboard.press("Enter")
    expect(opened.locator(".tile")).to_have_count(5)


def test_help_opens_with_a_question_mark(opened: Page) -> None:
    opened.keyboard.press("?")
    expect(opened.get_by_role("heading", name="Keys")).to_be_visible()
    opened.keyboard.press("Escape")
    expect(opened.get_by_role("heading", name="Keys")).to_be_hidden()


def test_finding_forgives_accents_and_sorting_counts_as_people_do(opened: Page) -> None:
    opened.keyboard.press("/")
    opened.keyboard.type("zoe 1")
    names = opened.locator("tbody tr:not([hidden]) a")
    expect(names).to_have_text(["Zoë 1", "Zoë 10", "Zoë 11", "Zoë 12", "Zoë 13"])
    opened.get_by_label("Find in the table").fill("")
    opened.get_by_role("button", name="Session").click()
    opened.get_by_role("button", name="Session").click()
    expect(names.first).to_have_text("Zoë 13")
    opened.get_by_role("button", name="Photos").click()
    expect(names.first).to_have_text("Ana")


def test_tags_are_written_from_row_to_row_with_the_keyboard(opened: Page, archive: Served) -> None:
    opened.get_by_role("button", name="Session").click()
    opened.get_by_label("Gender, Ana", exact=True).click()
    for word in ("woman", "man", "woman"):
        opened.keyboard.type(word)
        opened.keyboard.press("Enter")
    expect(opened.locator("input.waiting")).to_have_count(0)
    expect(opened.get_by_label("Gender, Zoë 3", exact=True)).to_be_focused()
    assert [read(archive, name).gender for name in ("Ana", "Zoë 1", "Zoë 2")] == ["woman", "man", "woman"]
    opened.reload()
    expect(opened.get_by_label("Gender, Zoë 1", exact=True)).to_have_value("man")


def test_what_another_wrote_meanwhile_stays_and_is_told(opened: Page, archive: Served) -> None:
    expect(opened.get_by_label("Race, Ana", exact=True)).to_have_value("")
    sessions.tag(catalog.open_catalog(archive.settings), read(archive, "Ana").id, race="black")
    opened.get_by_label("Race, Ana", exact=True).fill("asian")
    opened.keyboard.press("Enter")
    expect(opened.get_by_text("it is “black” now, and “asian” was not written")).to_be_visible()
    expect(opened.get_by_label("Race, Ana", exact=True)).to_have_value("black")
    assert read(archive, "Ana").race == "black"


def test_a_target_is_set_in_place_and_lacking_people_are_said(page: Page, archive: Served) -> None:
    engine = catalog.open_catalog(archive.settings)
    for name, group in (("Ana", "25–50"), ("Zoë 1", "50+"), ("Zoë 2", "50+")):
        sessions.tag(engine, read(archive, name).id, age_group=group)
    page.goto(f"{archive.address}/archive?view=people")
    page.get_by_label("Target %, Age group 25–50").fill("50")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 more “25–50” would reach 50 %")).to_be_visible()
    assert diversity.targets(engine)["age_group", "25–50"] == 0.5
    page.get_by_label("Target %, Age group 25–50").fill("all of them")
    page.keyboard.press("Enter")
    expect(page.get_by_text("“all of them” is no share in percent")).to_be_visible()
    expect(page.get_by_label("Target %, Age group 25–50")).to_have_value("50")


def test_a_folder_is_found_by_clicking_through_imported_and_screened(page: Page, archive: Served) -> None:
    page.goto(f"{archive.address}/archive?view=import")
    page.get_by_role("link", name="Year", exact=True).click()
    expect(page.get_by_text("1 session, 1 photo")).to_be_visible()
    page.get_by_role("link", name="New", exact=True).click()
    expect(page.get_by_label("Folder of a session")).to_have_value(re.compile(r"/Year/New$"))
    page.get_by_role("button", name="Import", exact=True).click()
    line = page.locator(".st-key-work")
    expect(line).to_contain_text("Imported New: 1 new", timeout=60_000)
    expect(page.get_by_role("link", name="New", exact=True)).to_be_visible()
    line.get_by_role("button", name="Show").click()
    expect(page.locator(".tile")).to_have_count(1)
    line.get_by_role("button", name="✕").click()
    expect(line).to_have_count(0)
    page.reload()
    expect(page.locator(".tile")).to_have_count(1)
    expect(line).to_have_count(0)


def test_a_client_is_forgotten_and_the_page_says_what_went(page: Page, archive: Served) -> None:
    gone = read(archive, "Zoë 13")
    page.goto(f"{archive.address}/archive?session={gone.id}")
    page.get_by_role("button", name="Forget …").click()
    expect(page.get_by_text("This erases 1 photo")).to_be_visible()
    page.get_by_role("button", name="Keep the session").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Forget …").click()
    page.get_by_role("button", name="Erase it all").click()
    expect(page.get_by_text("“Zoë 13” is forgotten: 1 photo")).to_be_visible()
    expect(page.get_by_role("link", name="Zoë 12", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Zoë 13", exact=True)).to_have_count(0)
    assert gone.folder.is_dir() and not jobs.active(catalog.open_catalog(archive.settings))


def test_stopped_and_started_again_it_comes_back_where_it_was(context: BrowserContext, tmp_path: Path) -> None:
    environment = installation(tmp_path)
    ana = shoot(from_environment(environment), "Ana", frames(blink=3))
    page = context.new_page()
    with served(environment) as running:
        page.goto(f"{running.address}/screen?session={ana}")
        expect(page.locator(".tile")).to_have_count(3)
    with served(environment) as running:
        page.goto(running.address)
        expect(page).to_have_url(f"{running.address}/screen?session={ana}")
        expect(page.locator(".tile")).to_have_count(3)
        page.goto(f"{running.address}/archive")
        expect(page.get_by_role("link", name="Ana", exact=True)).to_be_visible()
    page.close()
