"""The lower half of the Inspect page under the photographer's hands: from errors to the Label page, by keys."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, insert, select

from tests.ui.judged import Person, judged_archive
from tests.ui.served import Served, installation, served
from tests.ui.shoot import Frame, shoot
from workbench.archive import catalog, photos, sessions, tables
from workbench.faults import BLINK
from workbench.learning import audit, flags, queues, similar
from workbench.learning.audit import Audit
from workbench.learning.flags import Flag
from workbench.settings import HOME, Settings, from_environment

pytestmark = pytest.mark.browser
PEOPLE = [
    Person(name, missed=(0.05, 0.2), alarms=(0.9, 0.7, 0.6), found=(0.95,) * 4, kept=(0.1,) * 20)
    for name in ("Ana", "Ben", "Eve", "Zoe")
]


@dataclass
class Bench:
    """A served archive of four people that two models have judged, and an unlabelled session."""

    running: Served
    engine: Engine


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("panels")
    environment = installation(folder) | {"EYESPY_MODELS": str(folder / "models")}
    settings = from_environment(environment)
    known = judged_archive(settings, PEOPLE)
    shoot(settings, "New", [Frame(None)] * 5)
    engine = catalog.open_catalog(settings)
    second_model(settings, engine)
    every = [one.id for session in sessions.every(engine) for one in photos.of_session(engine, session.id)]
    similar.keep(settings, BLINK, "starter", every, np.random.default_rng(0).random((len(every), 4)))
    ana = tuple(one.id for one in photos.of_session(engine, known["Ana"])[:3])
    audit.keep(settings, BLINK, audited(ana))
    with served(environment) as running:
        yield Bench(running, engine)


def second_model(settings: Settings, engine: Engine) -> None:
    """A model that misses nothing and never raises a false alarm."""
    folder = settings.models / "blink" / "second"
    shutil.copytree(HOME / "models" / "blink" / "starter", folder)
    path = folder / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": "second"}))
    with catalog.writing(engine) as connection:
        for photo, value in connection.execute(select(tables.standing.c.photo_id, tables.standing.c.value)).all():
            said = {"probability": 0.9 if value == BLINK.positive else 0.1, "doubt": 0.4, "burst_rank": 0}
            row = {"photo_id": photo, "fault": BLINK.name, "model": "second", **said}
            connection.execute(insert(tables.predictions).values(**row))


def audited(some: tuple[str, ...]) -> Audit:
    raised = {flags.DIFFERENT: some, flags.DUPLICATES: some[:1]}
    found = (
        Flag(name, name == flags.DIFFERENT, 3.0, None, None, f"What of {name}.", raised.get(name, ()))
        for name in flags.NAMES
    )
    return Audit("starter", "2026-11-22T16:00:00", "ab", 116, tuple(found))


def opened(page: Page, bench: Bench, view: str, more: str = "") -> Page:
    page.goto(f"{bench.running.address}/inspect?view={view}{more}")
    page.get_by_role("radio", name="How good").or_(page.get_by_role("button", name="How good")).first.wait_for()
    return page


def listed(bench: Bench, page: Page) -> list[str]:
    """The photos of the list that the Label page was opened with."""
    page.locator(".loupe").first.wait_for()
    (list_id,) = re.findall(r"list=([0-9a-f]{32})", page.url)
    return [one.photo_id for one in queues.stretch(bench.engine, queues.Queue(queues.LIST, list_id=list_id))]


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=name).focus()
    page.keyboard.press("Enter")


def test_figures_stand_beside_the_report_and_lead_to_what_is_newly_right(page: Page, bench: Bench) -> None:
    opened(page, bench, "figures", "&model=second")
    accuracy = page.locator("tbody tr").first
    expect(accuracy).to_contain_text("accuracy (aim 0.8)")
    expect(accuracy).to_contain_text("0.790")
    expect(page.locator("thead")).to_contain_text("starter · current")
    newly = page.get_by_role("button", name="Newly right")
    expect(newly).to_have_text(re.compile(r"Newly right: (10|15|20)"))
    wanted = int(str(newly.text_content()).rpartition(" ")[2])
    press(page, re.compile("Newly right"))
    expect(page).to_have_url(re.compile(r"cell=newly(\+|%20)right"))
    page.locator(".gallery .tile").first.wait_for()
    expect(page.locator(".gallery .tile")).to_have_count(wanted)
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_a_row_opens_the_photos_of_a_part_by_keys_the_wrong_ones_first(page: Page, bench: Bench) -> None:
    opened(page, bench, "slices")
    row = page.locator("tbody a").last
    row.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("slice="))
    expect(page.locator(".group .heading").first).to_contain_text("Missed")
    assert page.locator(".tile").first.locator("img").get_attribute("src", timeout=5000)
    expect(page.locator(".sheet").last).to_be_in_viewport()  # the one before may not be gone yet


def test_a_session_that_is_weak_is_looked_at_alone(page: Page, bench: Bench) -> None:
    opened(page, bench, "slices")
    page.locator("tbody tr").filter(has_text="Session").first.locator("a").click()
    page.get_by_role("button", name="Look at this session alone").click()
    expect(page).to_have_url(re.compile(r"/inspect\?session=[0-9a-f]{32}$"))
    page.locator(".gallery .tile").first.wait_for()
    expect(page.locator(".gallery .tile")).to_have_count(2)


def test_warnings_come_first_with_their_photos_and_others_are_a_key_away(page: Page, bench: Bench) -> None:
    opened(page, bench, "audit")
    expect(page.locator("[class*=st-key-flag]").first).to_contain_text("Do labels contradict each other?")
    expect(page.locator(".tile")).to_have_count(3)
    press(page, "Its photos: 1")
    expect(page).to_have_url(re.compile("flag="))
    expect(page.locator(".tile")).to_have_count(1)
    expect(page.get_by_role("button", name="Evaluate again")).to_be_in_viewport()


def test_labels_in_doubt_go_to_the_label_page_in_one_press(page: Page, bench: Bench) -> None:
    opened(page, bench, "labels")
    button = page.get_by_role("button", name=re.compile("Look at .* labels again"))
    expect(page.locator(".tile").first).to_be_visible()
    wanted = int(re.findall(r"\d+", str(button.text_content()))[0])
    shown = [str(each.get_attribute("data-photo")) for each in page.locator(".tile").all()]
    press(page, re.compile("Look at"))
    expect(page).to_have_url(re.compile(r"/label\?queue=list"))
    assert listed(bench, page) == shown[:wanted]


def test_similar_photos_of_a_cell_go_to_the_label_page_in_one_press(page: Page, bench: Bench) -> None:
    opened(page, bench, "similar")
    alarms = page.get_by_role("radio", name=re.compile("False alarms")).or_(
        page.get_by_role("button", name=re.compile("False alarms"))
    )
    alarms.first.click()
    expect(page).to_have_url(re.compile("cell=fp"))
    expect(page.get_by_text("5 unlabelled photos that the model sees most like")).to_be_visible()
    expect(page.locator(".group").filter(has_text="Most alike").locator(".tile")).to_have_count(5)
    press(page, "Label these 5")
    expect(page).to_have_url(re.compile(r"/label\?queue=list"))
    unlabelled = {one.id for one in photos.of_session(bench.engine, sessions.find(bench.engine, "New").id)}
    assert set(listed(bench, page)) == unlabelled


def test_a_photo_is_explained_in_the_background_and_told_without_a_reload(page: Page, bench: Bench) -> None:
    opened(page, bench, "why", "&cell=fp")
    press(page, "Explain")
    expect(page.get_by_role("button", name="Explain again")).to_be_visible(timeout=90_000)
    expect(page.locator(".why .row")).to_have_count(2)
    expect(page.locator(".why .row").first).to_contain_text("eye closed by")
    before = page.locator(".why .bars").bounding_box()
    page.locator(".sheet .tile").nth(1).click()
    expect(page).to_have_url(re.compile("photo=[0-9a-f]{32}"))
    expect(page.locator(".why .row")).to_have_count(2)
    assert page.locator(".why .bars").bounding_box() == before, "nothing moves from one photo to the next"
