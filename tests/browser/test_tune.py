"""The Tune page under the photographer's hands."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import archive_rows
from tests.ui.served import Served, installation, served
from workbench.archive import catalog, splits, tables
from workbench.faults import BLINK
from workbench.jobs import processes, record
from workbench.jobs.record import End, Step
from workbench.learning import registry, searches, sizing, spaces
from workbench.learning.searches import Search, Trial
from workbench.settings import HOME, Settings, from_environment

pytestmark = pytest.mark.browser
SEARCH = "quick-ab"


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Labels of three people, the models “first” and “second”, a search of three trials, an answer about labels."""
    folder = tmp_path_factory.mktemp("tuned")
    environment = installation(folder) | {"EYESPY_MODELS": str(folder / "models")}
    settings = from_environment(environment)
    label(settings)
    for version in ("first", "second"):
        add_model(settings, version)
    searches.keep(place(settings), begun())
    for number, score in enumerate((0.91, 0.947, 0.93)):
        searches.keep_trial(place(settings), trial(number, score))
    keep_sizes(settings)
    with served(environment) as running:
        yield running


def label(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    for name in ("Ana", "Ben", "Zoe"):
        ids = [f"{name}{number:02}" for number in range(20)]
        archive_rows.session(engine, name, ids)
        for number, photo in enumerate(ids):
            archive_rows.say(engine, photo, BLINK.positive if number < 6 else BLINK.negative)
    splits.assign(engine, BLINK)


def add_model(settings: Settings, version: str) -> None:
    folder = settings.models / "blink" / version
    shutil.copytree(HOME / "models" / "blink" / "starter", folder)
    path = folder / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": version}))
    (folder / "curves.json").write_text('{"loss": [0.7, 0.5, 0.4], "val_loss": [0.6, 0.55, 0.5]}')
    (folder / "summary.txt").write_text("Total params: 16,796,545")


def keep_sizes(settings: Settings) -> None:
    figure = {"accuracy": {"value": 0.9, "low": 0.8, "high": 0.95}}
    known = tuple(sizing.Size(share, int(40 * share), 10, figure) for share in sizing.SHARES)
    sizing.keep(settings, BLINK, sizing.Sizes("2026-11-22T16:00:00", "ab", known, "More is worth it."))


def begun() -> Search:
    about = {"space": "ours", "objective": "average precision", "fingerprint": "ab", "minutes": 15, "seed": 0}
    plan = spaces.plan(9, 3)
    return Search(SEARCH, "blink", "quick", started_at=tables.now(), plan=plan, verdict="It is no better.", **about)


def trial(number: int, score: float) -> Trial:
    varied = {"filters": 8 + 8 * number, "geometry": number % 2 == 0}
    return Trial(f"{number:04}", 2, 0, 1, 1, "done", score, varied, (score - 0.1, score), 3.0)


def place(settings: Settings) -> Path:
    return searches.folder(settings, BLINK, SEARCH)


@pytest.fixture
def opened(page: Page, tuned: Served) -> Page:
    page.goto(f"{tuned.address}/tune")
    page.get_by_role("link", name="second", exact=True).wait_for()
    return page


def test_everything_up_to_the_next_step_is_seen_without_turning_the_page(opened: Page) -> None:
    expect(opened.locator(".js-plotly-plot")).to_be_visible()
    for name in ("Retrain", "Promote", "Compare with current", "Delete …"):
        expect(opened.get_by_role("button", name=name)).to_be_in_viewport()
    expect(opened.get_by_text("6 blinks · 14 others · 1 group").first).to_be_in_viewport()
    expect(opened.locator(".modebar")).to_have_count(0)


def test_keys_alone_choose_a_search_and_its_minutes_follow_the_preset(opened: Page) -> None:
    opened.get_by_role("button", name="Search …").focus()
    opened.keyboard.press("Enter")
    expect(opened.get_by_role("spinbutton", name="Minutes")).to_have_value("15")
    opened.get_by_role("radio", name=re.compile("Quick")).focus()
    opened.keyboard.press("ArrowDown")
    expect(opened.get_by_role("spinbutton", name="Minutes")).to_have_value("60")
    opened.keyboard.press("Escape")
    expect(opened.get_by_role("spinbutton", name="Minutes")).to_have_count(0)


def test_a_row_opens_its_model_which_is_promoted_and_rolled_back(opened: Page, tuned: Served) -> None:
    opened.get_by_role("link", name="first", exact=True).click()
    expect(opened).to_have_url(re.compile(r"/tune\?model=first$"))
    opened.get_by_role("button", name="Promote").click()
    expect(opened.get_by_text("first is the current model now")).to_be_visible()
    assert registry.current_version(tuned.settings, BLINK) == "first"
    opened.get_by_role("button", name="Roll back to starter").click()
    expect(opened.get_by_text("starter is the current model again")).to_be_visible()
    assert registry.current_version(tuned.settings, BLINK) == "starter"


def test_a_search_is_drawn_and_listed_without_webgl(opened: Page) -> None:
    opened.get_by_role("radio", name="Searches").or_(opened.get_by_role("button", name="Searches")).first.click()
    expect(opened.get_by_text("It is no better.")).to_be_visible()
    expect(opened.locator(".js-plotly-plot .scatterlayer .trace")).to_have_count(3)
    assert opened.locator("canvas").count() == 0
    expect(opened.locator("tbody tr")).to_have_count(3)
    expect(opened.locator("tbody tr").first).to_contain_text("0.9470")


def test_what_more_labels_would_bring_is_shown_with_its_band(page: Page, tuned: Served) -> None:
    page.goto(f"{tuned.address}/tune?view=labels")
    expect(page.get_by_text("More is worth it.")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_be_visible()
    expect(page.get_by_role("button", name="Ask again")).to_be_in_viewport()


def test_a_running_search_goes_on_by_itself_and_moves_nothing_else(opened: Page, tuned: Served) -> None:
    settings = tuned.settings
    engine = catalog.open_catalog(settings)
    job = str(record.add(engine, ["tune", "--preset", "quick"], "Search (quick)", True))
    record.take(engine, job)
    record.claim(engine, job, os.getpid(), processes.started(os.getpid()))
    record.beat(engine, job, os.getpid(), Step("Searching: trial 4 of 23", 3, 23, 0, tables.now()))
    with searches.held(place(settings)):
        opened.reload()
        live = opened.locator(".st-key-live")
        expect(live).to_contain_text("3 of 23 trials done")
        opened.get_by_text("model.summary()").click()
        expect(opened.get_by_text("Total params: 16,796,545")).to_be_visible()
        before = opened.get_by_text("Total params").bounding_box()
        searches.keep_trial(place(settings), trial(3, 0.96))
        expect(live).to_contain_text("4 of 23 trials done")
        expect(live).to_contain_text("0.960")
        assert opened.get_by_text("Total params").bounding_box() == before
        expect(live.locator("i.done")).to_have_count(4)
    record.close(engine, job, os.getpid(), End("cancelled"))
    expect(live).to_have_count(0)
    (place(settings) / searches.TRIALS / "0003.json").unlink()
