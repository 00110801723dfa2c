"""The Screen page under the photographer's hands: a session reviewed by keys alone, and nothing of it ever lost."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine, insert, update

from tests.ui.served import Served, installation, served
from tests.ui.shoot import Frame, frames, seen, shoot
from workbench.archive import catalog, photos, tables
from workbench.faults import BLINK as FAULT
from workbench.jobs import processes, record
from workbench.jobs.record import End
from workbench.screening import review, screen, verdicts
from workbench.screening.screen import BLINK, CANT_TELL, KEEP, Verdict
from workbench.settings import from_environment
from workbench.ui import components
from workbench.vision import store, views

pytestmark = pytest.mark.browser
WRONG = (2, 5, 6, 11, 14, 17)
"""Which of eighteen suggestions, the surest first, are no blinks."""
BUDGET = 40
TESTS = ("Undo", "Threshold", "Reload", "Gate", "Loupe", "Mouse")


@dataclass
class Bench:
    """A served archive and its catalogue, read directly; sessions by name."""

    running: Served
    engine: Engine
    ids: dict[str, str] = field(default_factory=dict)

    def groups(self, name: str) -> dict[str, str]:
        """The group of each photo of a session as it stands, by the photo's name."""
        session = self.ids[name]
        screening = screen.latest(self.engine, session)
        assert screening
        stands = review.reviewed(screening, review.decisions(self.engine, session, FAULT)).verdicts
        return {photo.name: stands[photo.id].group for photo in photos.of_session(self.engine, session)}

    def state(self, name: str) -> review.State:
        screening = screen.latest(self.engine, self.ids[name])
        assert screening
        return review.state(screening, review.decisions(self.engine, self.ids[name], FAULT))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("screen")
    environment = installation(folder) | {"EYESPY_MODELS": str(folder / "models")}
    settings = from_environment(environment)
    engine = catalog.open_catalog(settings)
    kept = [Frame(KEEP, 0.01 + number / 2000, "eyes open") for number in range(378)]
    doubted = [Frame(CANT_TELL, 0.41 + number / 100, "too uncertain") for number in range(4)]
    suggested = [Frame(BLINK, 0.95 - number / 50, "lids closed") for number in range(18)]
    ids = {"Large": shoot(settings, "Large", [*kept, *doubted, *suggested])}
    for name in TESTS:
        ids[name] = shoot(settings, name, frames(keep=30, blink=4, cant_tell=2))
    ids["Many"] = shoot(settings, "Many", frames(keep=3, blink=60))
    ids["Burst"] = shoot(settings, "Burst", frames(keep=6))
    alike = photos.of_session(engine, ids["Burst"])[:4]
    frame = np.random.default_rng(7).integers(0, 255, views.FRAME, np.uint8)
    store.put(settings, {photo.id: replace(seen(), frame=frame) for photo in alike})
    ids["Arriving"] = shoot(settings, "Arriving", frames(keep=8, blink=4))
    with served(environment) as running:
        yield Bench(running, engine, ids)


class Presses:
    """The keyboard, which counts."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def __call__(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.count += 1

    def reach(self, index: int, columns: int) -> None:
        """Goes forwards to the tile of that place, by whole rows where that is shorter."""
        places = self.page.locator(".review .tile").evaluate_all("all => all.map(t => t.ariaSelected)")
        down, across = divmod(index - places.index("true"), columns)
        self(*["ArrowDown"] * down, *["ArrowRight"] * across)


def opened(page: Page, bench: Bench, name: str) -> Page:
    if page.url.endswith(f"/screen?session={bench.ids[name]}"):
        page.keyboard.press("1")
    elif page.url.startswith(f"{bench.running.address}/screen"):  # loading Streamlit again would be most of the time
        page.get_by_role("combobox").first.click()
        page.get_by_role("option", name=name, exact=True).click()
        expect(page).to_have_url(re.compile(bench.ids[name]))
    else:
        page.goto(f"{bench.running.address}/screen?session={bench.ids[name]}")
    expect(page.locator(f".review[data-scope='{bench.ids[name]}']")).to_have_count(1)
    return page


def step(page: Page, title: str) -> Locator:
    return page.locator(".steps button").filter(has_text=title)


def at(page: Page, title: str) -> None:
    expect(step(page, title)).to_have_attribute("aria-pressed", "true")


def count(page: Page, title: str, number: int) -> None:
    expect(step(page, title).locator("b")).to_have_text(str(number))


def saved(page: Page) -> None:
    expect(page.locator(".review .unsaved")).to_have_text("")


def looked(page: Page) -> None:
    """Waits until every photo of the step was to be seen: what was not is not accepted."""
    expect(page.locator(".lead .next")).not_to_contain_text("not seen yet")


def badges(page: Page) -> list[str]:
    return page.locator(".review .tile .badge").all_text_contents()


def test_four_hundred_photos_are_reviewed_with_forty_key_presses(page: Page, bench: Bench) -> None:
    press = Presses(opened(page, bench, "Large"))
    tiles = page.locator(".review .tile")
    expect(tiles).to_have_count(18)
    expect(tiles.last).to_be_in_viewport(ratio=1)
    names = tiles.locator(".name").all_text_contents()
    columns = int(tiles.first.evaluate("t => getComputedStyle(t.parentElement).gridTemplateColumns.split(' ').length"))
    for index in WRONG:
        press.reach(index, columns)
        press("k")
    looked(page)
    press("Enter")
    at(page, "Can’t tell")
    looked(page)
    press("k", "b", "Enter")
    at(page, "Check")
    expect(tiles).to_have_count(20)
    looked(page)
    press("Enter")
    expect(page.locator(".lead .says")).to_contain_text("None of 20 random keepers is a blink: 0 expected among 378")
    saved(page)
    assert press.count <= BUDGET
    state = bench.state("Large")
    assert state.complete and state.audited == 20
    stands = bench.groups("Large")
    assert [name for name in names if stands[name] == KEEP] == [names[index] for index in WRONG]
    assert sorted(stands.values()).count(BLINK) == 12 + 1
    press("Enter")
    expect(page.get_by_role("button", name="Show what would change")).to_be_visible()


def test_a_key_moves_a_photo_which_stays_where_it_lies(page: Page, bench: Bench) -> None:
    opened(page, bench, "Undo")
    page.keyboard.press("k")
    first = page.locator(".review .tile").first
    expect(first).to_have_class(re.compile("away"))
    expect(first.locator(".badge")).to_have_text("Keep · you")
    expect(page.locator(".tile:focus .name")).to_have_text("IMG_0033.jpg")
    count(page, "Blink", 3)
    count(page, "Keep", 31)
    saved(page)
    assert bench.groups("Undo")["IMG_0032.jpg"] == KEEP
    page.keyboard.press("u")
    count(page, "Blink", 4)
    expect(page.locator(".tile:focus .name")).to_have_text("IMG_0032.jpg")
    saved(page)
    assert bench.groups("Undo")["IMG_0032.jpg"] == BLINK


def test_an_accepted_group_is_taken_back_as_a_whole(page: Page, bench: Bench) -> None:
    opened(page, bench, "Undo")
    looked(page)
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    at(page, "Can’t tell")
    saved(page)
    assert bench.state("Undo").open_blink == 0
    page.keyboard.press("u")
    at(page, "Blink")
    assert badges(page) == ["Blink · you", "Blink 97 %", "Blink 97 %", "Blink 97 %"]
    saved(page)
    assert bench.state("Undo").open_blink == 3


def test_what_was_not_on_the_screen_is_shown_before_it_is_accepted(page: Page, bench: Bench) -> None:
    opened(page, bench, "Many")
    expect(page.locator(".lead .next")).to_contain_text(re.compile(r"^4\d not seen yet"))
    page.keyboard.press("Enter")
    at(page, "Blink")
    expect(page.locator(".review .tile").first).not_to_be_in_viewport()
    assert bench.state("Many").open_blink == 60
    for _ in range(80):
        if step(page, "Check").get_attribute("aria-pressed") == "true":
            break
        page.wait_for_timeout(150)
        page.keyboard.press("Enter")
    at(page, "Check")
    saved(page)
    assert bench.state("Many").open_blink == 0


def test_the_threshold_regroups_at_once_and_is_kept(page: Page, bench: Bench) -> None:
    opened(page, bench, "Threshold")
    slider = page.locator(".threshold input")
    regrouped = slider.evaluate(
        "s => { s.value = s.max; s.dispatchEvent(new Event('input')); "
        "return s.getRootNode().querySelector('.steps b').textContent }"
    )
    assert regrouped == "0", "before anything hears of it"
    count(page, "Keep", 34)
    expect(page.locator(".review .nothing")).to_have_text("No blink was found.")
    kept = None
    for _ in range(60):
        kept = screen.latest(bench.engine, bench.ids["Threshold"])
        if kept and kept.threshold > 0.98:
            break
        page.wait_for_timeout(50)
    assert kept and kept.threshold == 0.99 and kept.counts[BLINK] == 0
    page.reload()
    count(page, "Keep", 34)
    expect(page.locator(".threshold output")).to_have_text("0.990")


def test_a_reload_keeps_decisions_step_and_the_way_back(page: Page, bench: Bench) -> None:
    opened(page, bench, "Reload")
    looked(page)
    for key in ("k", "Enter", "t"):
        page.keyboard.press(key)
    saved(page)
    page.reload()
    page.locator(".review .tile").first.wait_for()
    at(page, "Can’t tell")
    count(page, "Blink", 3)
    assert badges(page) == ["Can’t tell · you", "Can’t tell"]
    for key in ("u", "u"):
        page.keyboard.press(key)
    at(page, "Blink")
    saved(page)
    state = bench.state("Reload")
    assert (state.open_blink, state.open_cant_tell, state.moved) == (3, 2, 1)


def test_what_is_open_keeps_the_hand_off_closed_and_leads_there(page: Page, bench: Bench) -> None:
    opened(page, bench, "Gate")
    page.keyboard.press("6")
    expect(page.get_by_text("Not yet: the review is not complete")).to_be_visible()
    expect(page.get_by_text("4 suggested blinks that you have not decided on")).to_be_visible()
    expect(page.get_by_text("Nothing is ever deleted or moved")).to_be_visible()
    page.get_by_role("button", name="Look through “Can’t tell”").click()
    at(page, "Can’t tell")
    expect(page.locator(".review .tile")).to_have_count(2)
    expect(page.get_by_text("Not yet: the review is not complete")).to_have_count(0)
    for key in ("Enter", "1", "Enter", "6"):
        looked(page)
        page.keyboard.press(key)
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_text("6 files would change: 4 blink · 2 can’t tell")).to_be_visible()
    expect(page.get_by_role("cell", name="colour label Red")).to_have_count(4)
    expect(page.get_by_role("button", name="Write to 6 files")).to_be_visible()


def test_the_loupe_has_the_same_keys(page: Page, bench: Bench) -> None:
    opened(page, bench, "Loupe")
    page.keyboard.press("o")
    expect(page.locator(".loupe .title")).to_have_text("IMG_0032.jpg")
    page.keyboard.press("k")
    expect(page.locator(".loupe .title")).to_have_text("IMG_0033.jpg")
    page.keyboard.press("u")
    expect(page.locator(".loupe .title")).to_have_text("IMG_0032.jpg")
    expect(page.locator(".loupe .verdict")).to_contain_text("Blink 97 %")
    page.keyboard.press("Escape")
    saved(page)
    assert bench.state("Loupe").open_blink == 4


def test_frames_of_a_burst_stand_side_by_side_and_move_together(page: Page, bench: Bench) -> None:
    opened(page, bench, "Burst")
    page.keyboard.press("3")
    expect(page.locator(".burst .tile")).to_have_count(4)
    expect(page.locator(".burst .tile.best")).to_have_count(1)
    page.keyboard.press("Enter")
    pictures = page.locator(".beside .stage img.there")
    expect(pictures).to_have_count(4)
    before = pictures.evaluate_all("all => all.map(i => [i.style.left, i.style.top, i.style.width])")
    assert len({tuple(each) for each in before}) == 1, "one scale, one place"
    page.keyboard.press("Shift+ArrowLeft")
    after = pictures.evaluate_all("all => all.map(i => [i.style.left, i.style.top, i.style.width])")
    assert len({tuple(each) for each in after}) == 1 and after != before
    for key in ("ArrowRight", "b"):
        page.keyboard.press(key)
    expect(page.locator(".beside .frame").nth(1).locator(".badge")).to_have_text("Blink · you")
    expect(page.locator(".beside .frame.on").locator(".name")).to_have_text(
        page.locator(".burst .tile").nth(2).locator(".name").text_content() or ""
    )
    page.keyboard.press("Escape")
    count(page, "Blink", 1)


def test_photos_appear_while_they_are_looked_at_and_do_not_move(page: Page, bench: Bench) -> None:
    session = bench.ids["Arriving"]
    found = screen.latest(bench.engine, session)
    assert found
    late = [one for one in found.verdicts.values() if one.group == BLINK][:2]
    said, screenings = tables.verdicts, tables.screenings
    job = str(record.add(bench.engine, ["screen", session], "Screen Arriving", True))
    record.take(bench.engine, job)
    record.claim(bench.engine, job, os.getpid(), processes.started(os.getpid()))
    with catalog.writing(bench.engine) as connection:
        connection.execute(update(screenings).where(screenings.c.id == found.id).values(finished_at=None))
        connection.execute(said.delete().where(said.c.photo_id.in_([one.photo_id for one in late])))
    opened(page, bench, "Arriving")
    expect(page.locator(".review .tile")).to_have_count(2)
    expect(page.get_by_text("10 of 12 looked at")).to_be_visible()
    before = page.locator(".review .tile .name").all_text_contents()
    with catalog.writing(bench.engine) as connection:
        rows = [{**vars(one), "probability": 0.99, "screening_id": found.id} for one in late]
        connection.execute(insert(said), rows)
    expect(page.locator(".review .tile")).to_have_count(4)
    assert page.locator(".review .tile .name").all_text_contents()[:2] == before, "what was there stays in its place"
    with catalog.writing(bench.engine) as connection:
        connection.execute(update(screenings).where(screenings.c.id == found.id).values(finished_at=tables.now()))
    record.close(bench.engine, job, os.getpid(), End("done", "", {}))
    expect(page.get_by_text("12 photos · starter")).to_be_visible()


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
