"""Taking a hand-off back when files and folders have moved since: the very file that was written, and no other."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from tests.archive.test_importing import run
from tests.screening.handing import Shoot, make, says, set_fields, shoot, snapshot, taken_in
from workbench.archive import photos, sessions
from workbench.screening import handoff, rewriting, xmp
from workbench.screening.carrying import Handed
from workbench.screening.journal import Journal
from workbench.screening.presets import Choice
from workbench.settings import Settings

LIGHTROOM = Choice("lightroom")
RED = {xmp.LABEL: "Red", xmp.LABEL_COLOR: "red"}


def hand_over(one: Shoot, choice: Choice = LIGHTROOM) -> str:
    """Plan and writing; gives the hand-off's id."""
    plan = handoff.plan(one.settings, one.engine, one.session, choice)
    return str(handoff.carry_out(one.settings, one.engine, plan, labeller="Ana").id)


def undo(one: Shoot, handed: str) -> Handed:
    """Takes a hand-off back."""
    return handoff.undo(one.settings, one.engine, handed)


def moved(one: Shoot, name: str) -> Shoot:
    """The session with its folder renamed, which the catalogue is told."""
    folder = one.folder.rename(one.folder.with_name(name))
    return replace(one, session=sessions.move(one.engine, one.session, folder))


def twice(settings: Settings) -> Shoot:
    """A session with one picture under the same name in two of its folders."""
    folder = settings.roots[-1] / "Ana"
    make(folder / "0.jpg", 0), make(folder / "A/x.jpg", 1)
    (folder / "B").mkdir()
    shutil.copy(folder / "A/x.jpg", folder / "B/x.jpg")
    return taken_in(settings, folder, {"0.jpg": "keep", "A/x.jpg": "blink"})


def test_a_backup_that_is_a_session_itself_is_not_taken_for_the_files_that_are_away(settings: Settings) -> None:
    ana = shoot(settings, {"1.jpg": "blink", "2.jpg": "keep"})
    before, backup = snapshot(ana.folder), ana.folder.with_name("Backup")
    shutil.copytree(ana.folder, backup)
    taken_in(settings, backup, {"1.jpg": "blink", "2.jpg": "keep"})
    handed, away = hand_over(ana), settings.datasets / "unplugged"
    ana.folder.rename(away)
    assert [problem.reason for problem in undo(ana, handed).problems] == ["its folder is away"]
    away.rename(ana.folder)
    assert undo(ana, handed).written == 1 and snapshot(ana.folder) == before


def test_a_namesake_of_the_same_picture_is_not_taken_for_a_file_that_went(settings: Settings) -> None:
    ana = twice(settings)
    handed = hand_over(ana)
    (ana.folder / "B").rename(ana.folder.with_name("elsewhere"))
    for _ in range(2):
        assert [problem.name for problem in undo(ana, handed).problems] == ["B/x.jpg"]
        assert says(ana.path("A/x.jpg")) == {}
    ana.folder.with_name("elsewhere").rename(ana.folder / "B")
    assert undo(ana, handed).problems == () and says(ana.path("B/x.jpg")) == {}


def test_namesakes_of_one_picture_are_each_found_in_a_folder_that_moved(settings: Settings) -> None:
    ana = twice(settings)
    before, handed = snapshot(ana.folder), hand_over(ana)
    ana = moved(ana, "Moved")
    back = undo(ana, handed)
    assert (back.written, back.problems) == (2, ()) and snapshot(ana.folder) == before


def test_a_later_hand_off_is_still_seen_when_the_folder_has_moved(settings: Settings) -> None:
    ana = shoot(settings, {"1.jpg": "blink", "2.nef": "blink"})
    before = snapshot(ana.folder)
    first, second = hand_over(ana), hand_over(ana, Choice("lightroom", reject=True))
    ana = moved(ana, "Moved")
    assert {left.name for left in undo(ana, first).left} == {"1.jpg", "2.xmp"}
    assert says(ana.path("1.jpg"))[xmp.LABEL] == says(ana.path("2.xmp"))[xmp.LABEL] == "Red", "it is the later one's"
    undo(ana, second)
    assert snapshot(ana.folder) == before


def test_a_place_that_another_file_of_the_hand_off_holds_is_refused(settings: Settings) -> None:
    ana = shoot(settings, {"1.jpg": "blink", "2.jpg": "blink"})
    handed = hand_over(ana)
    entries = {entry.path.name: entry for entry in Journal(settings, ana.engine).entries()}
    ana = moved(ana, "Moved")
    Journal(settings, ana.engine).note(entries["1.jpg"], path=str(ana.path("2.jpg")))
    back = undo(ana, handed)
    assert any("another file of this hand-off" in problem.reason for problem in back.problems)


def test_a_link_left_where_the_shoot_lay_does_not_stand_in_the_way(settings: Settings) -> None:
    ana = shoot(settings, {"1.jpg": "blink", "2.nef": "blink"})
    before, handed = snapshot(ana.folder), hand_over(ana)
    disk = ana.folder.rename(ana.folder.with_name("disk"))
    ana.folder.symlink_to(disk)
    ana.review({"1.jpg": "keep"})
    plan = handoff.plan(settings, ana.engine, ana.session, LIGHTROOM)
    assert [(one.path, one.after) for one in plan.changes] == [(disk / "1.jpg", dict.fromkeys(RED))]
    back = undo(ana, handed)
    assert (back.written, back.problems) == (2, ()) and snapshot(disk) == before


def test_a_link_out_of_the_allowed_folders_where_the_shoot_lay_is_not_followed(
    settings: Settings, tmp_path: Path
) -> None:
    ana = shoot(settings, {"1.jpg": "blink"})
    handed = hand_over(ana)
    outside = ana.folder.rename(tmp_path / "outside")
    ana.folder.symlink_to(outside)
    assert undo(ana, handed).written == 0 and says(outside / "1.jpg") == RED
    outside.rename(settings.roots[-1] / "back")
    ana.folder.unlink()
    (settings.roots[-1] / "back").rename(ana.folder)
    assert undo(ana, handed).written == 1, "the journal was not led away"


def test_a_file_that_an_editor_saves_while_it_is_taken_back_is_not_written_over(settings: Settings) -> None:
    ana = shoot(settings, {"1.jpg": "blink"})
    handed, path = hand_over(ana), ana.path("1.jpg")
    set_fields(path, {xmp.RATING: "1"})

    def editor(step: str) -> None:
        if step == "opened":
            set_fields(path, {xmp.RATING: "5"})

    back = handoff.undo(settings, ana.engine, handed, at=editor)
    assert [problem.name for problem in back.problems] == ["1.jpg"]
    assert says(path) == {**RED, xmp.RATING: "5"} and not list(ana.folder.glob(".*"))


def test_a_draft_of_a_moved_file_that_is_not_used_is_taken_away(settings: Settings) -> None:
    ana = shoot(settings, {"1.jpg": "blink"})
    handed = hand_over(ana)
    (entry,) = Journal(settings, ana.engine).entries()
    Journal(settings, ana.engine).note(entry, before_hash="0" * 64)  # what was kept gives something else back
    ana = moved(ana, "Moved")
    assert undo(ana, handed).written == 0
    assert not list(ana.folder.glob(".*")) and rewriting.digest(ana.path("1.jpg")) == entry.after_hash


def test_a_stranger_under_a_known_name_does_not_become_the_photo_when_its_colour_is_taken_back(
    settings: Settings,
) -> None:
    ana = shoot(settings, {"1.jpg": "blink"})
    handed = hand_over(ana)
    make(ana.path("1.jpg"), 77)
    set_fields(ana.path("1.jpg"), RED)
    undo(ana, handed)
    run(settings, ana.folder)
    own = rewriting.hashes(ana.path("1.jpg")).identity
    assert [photo.id for photo in photos.of_session(ana.engine, ana.session.id)] == [own] != [ana.ids["1.jpg"]]
