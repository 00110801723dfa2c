"""Long work started from a page: it outlives the server, is one however many start it, and ends when told to."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import func, select

from tests import photographs
from tests.ui.served import Served, installation, served
from workbench import jobs
from workbench.archive import catalog, tables
from workbench.jobs import Job, processes
from workbench.settings import from_environment

pytestmark = pytest.mark.browser
PHOTOS, FEW = 300, 60
LONG = 90_000
"""Milliseconds, generous: a test machine may be busy."""


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shoots “Ana” of 300 and “Ben” of 60 small photos."""
    folder = tmp_path_factory.mktemp("shoots")
    for number in range(PHOTOS):
        photographs.jpeg(folder / "Ana" / f"{number:03}.jpg", number)
    for number in range(FEW):
        photographs.jpeg(folder / "Ben" / f"{number:03}.jpg", number)
    return folder.resolve()


@pytest.fixture
def environment(tmp_path: Path, photos: Path) -> dict[str, str]:
    """An empty installation that may read the shoot."""
    return {**installation(tmp_path), "EYESPY_ROOTS": str(photos), "EYESPY_WORKERS": "1"}


def chosen(page: Page, running: Served, name: str = "Ana") -> Page:
    """The page with a shoot chosen and nothing left to do but press Import."""
    page.goto(f"{running.address}/archive?view=import")
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_text(re.compile("^1 session, [0-9]+ photos"))).to_be_visible()
    page.get_by_text("Look for blinks when they are in").click()
    return page


def line(page: Page) -> Callable[[str], None]:
    """Waits until the line about running work says so."""
    return lambda said: expect(page.locator(".st-key-work")).to_contain_text(said, timeout=LONG)


def known(environment: dict[str, str]) -> list[Job]:
    return jobs.every(catalog.open_catalog(from_environment(environment)))


def in_catalogue(environment: dict[str, str]) -> int:
    with catalog.open_catalog(from_environment(environment)).connect() as connection:
        return int(connection.execute(select(func.count()).select_from(tables.photos)).scalar_one())


def test_an_import_outlives_a_killed_server_and_the_next_one_shows_it(
    context: BrowserContext, environment: dict[str, str]
) -> None:
    page = context.new_page()  # not watched: its browser complains, as it should, of the server that is gone
    with served(environment) as running:
        chosen(page, running).get_by_role("button", name="Import", exact=True).click()
        line(page)("of 300")
        os.kill(running.process.pid, signal.SIGKILL)
        running.process.wait()
    (job,) = known(environment)
    assert job.active and processes.alive(job.pid, job.process_started), "the job goes on by itself"
    with served(environment) as running:
        page.goto(running.address)
        line(page)("Imported Ana: 300 new")
        expect(page.get_by_role("link", name="Ana", exact=True)).to_be_visible()
    assert [each.id for each in known(environment)] == [job.id]
    assert in_catalogue(environment) == PHOTOS
    page.close()


@pytest.mark.heavy
def test_two_tabs_that_press_import_at_once_start_one_job_and_cancel_leaves_no_process(
    context: BrowserContext, environment: dict[str, str]
) -> None:
    tabs = [context.new_page() for _ in range(2)]
    with served(environment) as running:
        for tab in tabs:
            chosen(tab, running)
        for tab in tabs:
            press = "document.querySelectorAll('button').forEach(b => b.textContent.trim() === 'Import' && b.click())"
            tab.evaluate(f"setTimeout(() => {{ {press} }}, {400 - 200 * tabs.index(tab)})")
        for tab in tabs:
            line(tab)("of 300")
        (job,) = known(environment)
        tabs[1].get_by_role("button", name="Cancel").click()
        for tab in tabs:
            line(tab)("Import Ana: cancelled. What was done is kept.")
        assert not processes.members(job.id, job.pid, job.process_started)
    assert 0 < in_catalogue(environment) < PHOTOS
    for tab in tabs:
        tab.close()


@pytest.mark.heavy
def test_a_job_that_was_killed_is_told_and_goes_on_when_it_is_resumed(page: Page, environment: dict[str, str]) -> None:
    with served(environment) as running:
        chosen(page, running, "Ben").get_by_role("button", name="Import", exact=True).click()
        line(page)(f"of {FEW}")
        (job,) = known(environment)
        os.kill(job.pid or 0, signal.SIGKILL)
        line(page)("Import Ben: Its process ended without a word")
        page.get_by_role("button", name="Resume").click()
        line(page)("Imported Ben:")
    assert in_catalogue(environment) == FEW
