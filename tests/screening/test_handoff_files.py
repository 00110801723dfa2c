"""Which file a hand-off writes into: the photo that was judged, in the state that was looked at, and no other."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.archive.test_importing import run
from tests.screening.handing import Shoot, digest, make, says, set_fields, shoot, snapshot, taken_in
from workbench.archive import photos, relinking, tables
from workbench.screening import handoff, rewriting, xmp
from workbench.screening.carrying import Handed
from workbench.screening.handoff import Plan
from workbench.screening.presets import Choice
from workbench.settings import Settings
from workbench.vision import analysis, store

LIGHTROOM = Choice("lightroom")
RED = {xmp.LABEL: "Red", xmp.LABEL_COLOR: "red"}


def planned(one: Shoot, choice: Choice = LIGHTROOM) -> Plan:
    """The dry run."""
    return handoff.plan(one.settings, one.engine, one.session, choice)


def carry_out(one: Shoot, plan: Plan | None = None, choice: Choice = LIGHTROOM) -> Handed:
    """The writing of a plan, or of a new one."""
    return handoff.carry_out(one.settings, one.engine, plan or planned(one, choice), labeller="Ana")


@pytest.mark.parametrize("name", ["1.jpg", "1.tif"])
def test_a_picture_that_took_the_name_after_the_plan_is_left_alone_and_stays_a_stranger(
    settings: Settings, name: str
) -> None:
    ana = shoot(settings, {name: "blink", "2.jpg": "keep"})
    plan = planned(ana)
    make(ana.path(name), 77)
    stranger = digest(ana.path(name))
    (problem,) = carry_out(ana, plan).problems
    assert problem.name == name and "another picture" in problem.reason
    assert digest(ana.path(name)) == stranger and not list(ana.folder.glob(".*"))
    run(settings, ana.folder)
    now = {photo.name: photo.id for photo in photos.of_session(ana.engine, ana.session.id)}
    assert now[name] == rewriting.hashes(ana.path(name)).identity != ana.ids[name]


def test_a_sidecar_is_not_written_for_a_raw_that_went_or_was_replaced_after_the_plan(settings: Settings) -> None:
    ana = shoot(settings, {"1.nef": "blink", "2.nef": "blink", "3.nef": "blink"})
    plan = planned(ana)
    make(ana.path("1.nef"), 77)
    ana.path("2.nef").unlink()
    handed = carry_out(ana, plan)
    reasons = {problem.name: problem.reason for problem in handed.problems}
    assert "another picture" in reasons["1.xmp"] and reasons["2.xmp"] == "its photo vanished"
    assert handed.written == 1 and {path.name for path in ana.folder.glob("*.xmp")} == {"3.xmp"}


def test_a_photo_that_was_rated_after_the_plan_is_written(settings: Settings) -> None:
    ana = shoot(settings, {"1.jpg": "blink"})
    plan = planned(ana)
    set_fields(ana.path("1.jpg"), {xmp.RATING: "4"})
    assert carry_out(ana, plan).written == 1 and says(ana.path("1.jpg")) == {**RED, xmp.RATING: "4"}


def test_an_editor_that_saves_between_reading_and_drafting_is_not_written_over(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The edits are of the file as it was read: in another state they would give it two packets."""
    ana = shoot(settings, {"1.jpg": "blink"})
    plan, draft = planned(ana), rewriting.draft

    def editor_first(*args: object, **named: object) -> object:
        set_fields(ana.path("1.jpg"), {xmp.LABEL: "Blue", xmp.RATING: "5"})
        return draft(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(rewriting, "draft", editor_first)
    (problem,) = carry_out(ana, plan).problems
    assert "meanwhile" in problem.reason and says(ana.path("1.jpg")) == {xmp.LABEL: "Blue", xmp.RATING: "5"}


def test_a_tiff_whose_time_alone_changes_after_a_hand_off_is_the_same_photo(settings: Settings) -> None:
    ana = shoot(settings, {"1.tif": "blink"})
    carry_out(ana)
    os.utime(ana.path("1.tif"))
    plan = planned(ana, Choice("lightroom", {"blink": "Blue"}))
    assert plan.problems == () and len(plan.changes) == 1
    (photo,) = photos.of_session(ana.engine, ana.session.id)
    assert photo.is_picture(rewriting.hashes(ana.path("1.tif")).identity) and photo.is_picture(photo.id)
    assert not photo.is_picture("0" * 32)
    store.forget(settings, [photo.id])
    with analysis.pool(settings) as executor:
        assert analysis.views_of(settings, ana.session, [photo], executor).keys() == {photo.id}


def test_a_session_of_tiffs_is_found_again_after_a_hand_off_though_times_have_changed(settings: Settings) -> None:
    ana = shoot(settings, {"1.tif": "blink"})
    carry_out(ana)
    folder = ana.folder.rename(ana.folder.with_name("Moved"))
    os.utime(folder / "1.tif")
    assert relinking.relink(settings, ana.engine, ana.session, folder).folder == folder


def test_what_the_catalogue_knows_is_what_was_written_and_not_what_an_editor_saved_at_once(
    settings: Settings,
) -> None:
    ana = shoot(settings, {"1.jpg": "blink"})

    def editor(step: str) -> None:
        if step == "replaced":
            make(ana.path("1.jpg"), 77)

    handoff.carry_out(settings, ana.engine, planned(ana), labeller="Ana", at=editor)
    assert list(photos.places(settings, ana.engine, ana.ids["1.jpg"])) == []


def test_a_killed_hand_off_does_not_take_a_stranger_for_the_photo(settings: Settings) -> None:
    ana = shoot(settings, {"1.jpg": "blink"})

    def killed(step: str) -> None:
        if step == "replaced":
            make(ana.path("1.jpg"), 77)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        handoff.carry_out(settings, ana.engine, planned(ana), labeller="Ana", at=killed)
    handoff.settle(settings, ana.engine)
    assert list(photos.places(settings, ana.engine, ana.ids["1.jpg"])) == []


def pair(settings: Settings) -> Shoot:
    """A DNG and its JPEG, beside a keeper."""
    folder = settings.roots[-1] / "Ana"
    make(folder / "0.jpg", 0), make(folder / "1.jpg", 1), make(folder / "1.dng", 1)
    return taken_in(settings, folder, {"0.jpg": "keep", "1.jpg": "blink"})


def test_another_raw_under_the_name_of_a_pairs_is_left_alone_until_it_is_imported(settings: Settings) -> None:
    ana = pair(settings)
    make(ana.path("1.dng"), 66)
    before = digest(ana.path("1.dng"))
    handed = carry_out(ana)
    (problem,) = handed.problems
    assert problem.name == "1.dng" and "another picture" in problem.reason and digest(ana.path("1.dng")) == before
    run(settings, ana.folder)
    assert carry_out(ana).written == 1 and says(ana.path("1.dng")) == RED


def test_the_raw_of_a_pair_is_known_after_a_hand_off_and_its_undo(settings: Settings) -> None:
    ana = pair(settings)
    before, handed = snapshot(ana.folder), carry_out(ana)
    assert handed.written == 2 and planned(ana).problems == ()
    with ana.engine.connect() as connection:
        files = {row.name: row for row in connection.execute(select(tables.files))}
    assert files["1.dng"].size == ana.path("1.dng").stat().st_size and files["1.dng"].file_hash is None
    (summary,) = run(settings, ana.folder)
    assert summary.counts == {"known": 2}
    handoff.undo(settings, ana.engine, str(handed.id))
    assert snapshot(ana.folder) == before and planned(ana).problems == ()


@pytest.mark.parametrize(("other", "also"), [("keep", ()), ("cant_tell", ()), ("keep", ("1.webp",))])
def test_a_sidecar_of_two_photos_that_are_not_to_say_the_same_is_left_alone_and_both_are_named(
    settings: Settings, other: str, also: tuple[str, ...]
) -> None:
    ana = shoot(settings, {"1.png": "blink", "1.webp": other, "2.png": "blink"})
    only = {ana.ids[name] for name in ("1.png", "2.png", *also)}
    plan = handoff.plan(settings, ana.engine, ana.session, LIGHTROOM, only=only)
    assert [change.path.name for change in plan.changes] == ["2.xmp"]
    (problem,) = plan.problems
    assert problem.name == "1.xmp" and "1.png" in problem.reason and "1.webp" in problem.reason


def test_a_sidecar_of_two_photos_loses_the_colour_when_neither_is_a_blink_any_more(settings: Settings) -> None:
    ana = shoot(settings, {"1.png": "blink", "1.webp": "blink"})
    before, first = snapshot(ana.folder), carry_out(ana)
    assert first.written == 1
    ana.review({"1.png": "keep"})
    assert planned(ana).changes == () and len(planned(ana).problems) == 1, "they disagree: nothing is written"
    ana.review({"1.webp": "keep"})
    second = carry_out(ana)
    assert says(ana.path("1.xmp")) == {}
    handoff.undo(settings, ana.engine, str(second.id))
    handoff.undo(settings, ana.engine, str(first.id))
    assert snapshot(ana.folder) == before


def test_an_undo_sees_a_later_hand_off_of_the_other_photo_of_a_sidecar(settings: Settings) -> None:
    ana = shoot(settings, {"1.png": "blink", "1.webp": "blink"})
    before = snapshot(ana.folder)
    made = []
    for name, reject in (("1.png", False), ("1.webp", True)):
        choice = Choice("lightroom", reject=reject)
        plan = handoff.plan(settings, ana.engine, ana.session, choice, only={ana.ids[name]})
        made.append(handoff.carry_out(settings, ana.engine, plan, labeller="Ana").id)
    handoff.undo(settings, ana.engine, str(made[0]))
    assert says(ana.path("1.xmp"))[xmp.LABEL] == "Red"
    handoff.undo(settings, ana.engine, str(made[1]))
    assert snapshot(ana.folder) == before


def test_a_second_name_of_a_file_on_the_disk_is_told_in_the_plan(settings: Settings, tmp_path: Path) -> None:
    ana = shoot(settings, {"1.jpg": "blink", "2.jpg": "blink"})
    (ana.folder.parent / "second.jpg").hardlink_to(ana.path("1.jpg"))
    (note,) = planned(ana).notes
    assert "1 file has a second name" in note
    assert carry_out(ana).written == 2 and says(ana.folder.parent / "second.jpg") == {}


def test_a_packet_that_says_two_things_at_once_is_not_taken_for_unchanged(settings: Settings) -> None:
    ana = shoot(settings, {"1.nef": "blink"})
    set_fields(ana.path("1.xmp"), RED)
    packet = ana.path("1.xmp").read_text()
    one = next(one for one in re.findall(r"<rdf:Description .*?/>", packet, re.DOTALL) if "Red" in one)
    ana.path("1.xmp").write_text(packet.replace(one, one + one.replace("Red", "Blue")))
    before, plan = digest(ana.path("1.xmp")), planned(ana)
    (problem,) = plan.problems
    assert problem.name == "1.xmp" and "“Red” in one place and “Blue” in another" in problem.reason
    assert plan.unchanged == 0 and carry_out(ana, plan).written == 0 and digest(ana.path("1.xmp")) == before


def test_a_photo_behind_a_link_is_taken_back_where_it_lies_though_the_folder_of_links_went(settings: Settings) -> None:
    real = make(settings.roots[-1] / "real/1.jpg", 1)
    folder = settings.roots[-1] / "Ana"
    folder.mkdir()
    (folder / "1.jpg").symlink_to(real)
    before = digest(real)
    ana = taken_in(settings, folder, {"1.jpg": "blink"})
    handed = carry_out(ana)
    shutil.move(folder, folder.with_name("moved"))
    assert says(real) == RED
    handoff.undo(settings, ana.engine, str(handed.id))
    assert digest(real) == before
