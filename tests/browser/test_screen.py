"""The Screen page under the photographer's hands: a session reviewed by keys alone, and nothing of it ever lost."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert, update

from tests.browser.reviewing import (
    BUDGET,
    WRONG,
    Bench,
    Presses,
    at,
    badges,
    count,
    looked,
    opened,
    reviewing,
    saved,
    step,
)
from workbench.archive import catalog, tables
from workbench.jobs import processes, record
from workbench.jobs.record import End
from workbench.screening import screen
from workbench.screening.screen import BLINK, KEEP

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with reviewing(tmp_path_factory.mktemp("screen")) as bench:
        yield bench


def test_four_hundred_photos_are_reviewed_with_forty_key_presses(page: Page, bench: Bench) -> None:
    press = Presses(opened(page, bench, "Large"))
    tiles = page.locator(".review .tile")
    expect(tiles).to_have_count(18)
    expect(tiles.last).to_be_in_viewport(ratio=1)
    names = tiles.locator(".name").all_text_contents()
    looked(page)
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
    expect(page.locator(".lead .says")).to_contain_text(
        "None of 20 random keepers is a blink. That shows only that at most"
    )
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
    expect(page.locator(".review .nothing p")).to_have_text("None above 0.990; 4 at the model’s 0.50.")
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
    page.keyboard.press("u")
    expect(page.locator(".threshold output")).to_have_text("0.50")
    count(page, "Blink", 4)
    slider.evaluate("s => { s.value = s.max; s.dispatchEvent(new Event('input')) }")
    count(page, "Blink", 0)
    page.get_by_role("button", name="Back to 0.50").click()
    count(page, "Blink", 4)


def test_a_reload_keeps_decisions_step_and_the_way_back(page: Page, bench: Bench) -> None:
    opened(page, bench, "Reload")
    looked(page)
    for key in ("k", "Enter", "t"):
        looked(page)
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
    page.get_by_text("30 keepers into a folder").click()
    page.get_by_label("Folder, inside the folders").fill("/etc")
    page.get_by_role("button", name="Copy 30 keepers").click()
    expect(page.get_by_text("lies outside the folders")).to_be_visible()


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
    expect(page.locator(".review .tile")).to_have_count(4)
    names = page.locator(".review .tile .name").all_text_contents()
    assert names[:2] == before, "nor does anything move when all were looked at"
    page.get_by_role("button", name="Sort by certainty").click()
    assert page.locator(".review .tile .name").all_text_contents() == names[2:] + before
