"""What goes wrong while a hand-off is written: it is named, and the rest is done."""

from __future__ import annotations

import errno
import json
import random
import resource
import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from tests.archive.test_importing import run
from tests.screening.handed import GROUPS, RED, YELLOW, hand_over, planned, undo
from tests.screening.handing import (
    Shoot,
    digest,
    make,
    says,
    set_fields,
    snapshot,
    taken_in,
)
from workbench.archive import sessions, tables
from workbench.screening import handoff, presets, rewriting, xmp
from workbench.screening.handoff import UnknownHandoff
from workbench.screening.journal import Journal
from workbench.screening.presets import Choice
from workbench.settings import Settings


def test_what_cannot_be_written_is_named_and_the_rest_done(ana: Shoot) -> None:
    ana.path("1.jpg").unlink()
    ana.path("2.tif").chmod(0o444)
    ana.path("4.xmp").write_bytes(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf")
    handed = hand_over(ana)
    reasons = {problem.name: problem.reason for problem in handed.problems}
    assert reasons["1.jpg"] == "it is not there any more" and reasons["2.tif"] == "it is read-only"
    assert "XMP metadata are damaged" in reasons["4.xmp"]
    assert handed.written == 1 and says(ana.path("3.dng")) == YELLOW
    assert ana.path("4.xmp").read_bytes().endswith(b"<rdf")


def test_a_file_that_vanishes_after_the_plan_is_named(ana: Shoot) -> None:
    plan = planned(ana)
    ana.path("1.jpg").unlink()
    ana.path("3.dng").write_bytes(b"another thing")
    handed = handoff.carry_out(ana.settings, ana.engine, plan, labeller="Ana")
    assert {one.name: one.reason for one in handed.problems}["1.jpg"] == "it vanished"
    assert handed.written == 2 and ana.path("3.dng").read_bytes() == b"another thing"
    (made,) = handoff.every(ana.engine)
    assert (made.written, made.problems) == (2, 2)


def test_another_picture_under_a_known_name_is_left_alone(ana: Shoot) -> None:
    make(ana.path("1.jpg"), 77)
    before = digest(ana.path("1.jpg"))
    handed = hand_over(ana)
    (problem,) = handed.problems
    assert problem.name == "1.jpg" and "another picture" in problem.reason and digest(ana.path("1.jpg")) == before


def test_a_read_only_folder_is_named(ana: Shoot) -> None:
    ana.folder.chmod(0o555)
    try:
        handed = hand_over(ana)
    finally:
        ana.folder.chmod(0o755)
    assert handed.written == 0 and {one.reason for one in handed.problems} == {"its folder is read-only"}


def test_mode_and_owner_stay(ana: Shoot) -> None:
    ana.path("1.jpg").chmod(0o640)
    hand_over(ana)
    assert stat.S_IMODE(ana.path("1.jpg").stat().st_mode) == 0o640


def test_a_file_that_an_editor_saves_in_between_is_not_written_over(ana: Shoot) -> None:
    def editor(step: str) -> None:
        if step == "journalled" and not xmp_rating():
            set_fields(ana.path("1.jpg"), {xmp.RATING: "2"})

    def xmp_rating() -> str | None:
        return says(ana.path("1.jpg")).get(xmp.RATING)

    handed = handoff.carry_out(ana.settings, ana.engine, planned(ana), labeller="Ana", at=editor)
    (problem,) = handed.problems
    assert problem.name == "1.jpg" and "meanwhile" in problem.reason
    assert says(ana.path("1.jpg")) == {xmp.RATING: "2"} and handed.written == 3
    assert not list(ana.folder.glob(".*"))


def test_a_sidecar_that_an_editor_makes_in_between_is_not_written_over(ana: Shoot) -> None:
    def editor(step: str) -> None:
        if step == "checked" and not ana.path("4.xmp").exists() and says(ana.path("3.dng")):
            set_fields(ana.path("4.xmp"), {xmp.RATING: "2"})

    handed = handoff.carry_out(ana.settings, ana.engine, planned(ana), labeller="Ana", at=editor)
    assert [problem.name for problem in handed.problems] == ["4.xmp"]
    assert says(ana.path("4.xmp")) == {xmp.RATING: "2"} and not list(ana.folder.glob(".*"))


def test_a_link_out_of_the_allowed_folders_is_never_followed(ana: Shoot, tmp_path: Path) -> None:
    outside = tmp_path / "outside.xmp"
    outside.write_bytes(b"")
    ana.path("4.xmp").symlink_to(outside)
    handed = hand_over(ana)
    assert any("leads out" in problem.reason for problem in handed.problems) and outside.read_bytes() == b""
    assert handed.written == 3


def test_a_linked_photo_is_written_where_it_lies(settings: Settings) -> None:
    real = make(settings.roots[1] / "real/1.jpg", 1)
    (settings.roots[1] / "Ana").mkdir()
    (settings.roots[1] / "Ana/1.jpg").symlink_to(real)
    one = taken_in(settings, settings.roots[1] / "Ana", {"1.jpg": "blink"})
    hand_over(one)
    assert (settings.roots[1] / "Ana/1.jpg").is_symlink() and says(real) == RED


def test_a_drive_that_is_away_at_undo_can_be_undone_later(ana: Shoot) -> None:
    before = snapshot(ana.folder)
    handed = hand_over(ana)
    away = ana.folder.with_name("away")
    ana.folder.rename(away)
    back = undo(ana, handed)
    assert back.written == 0 and {problem.reason for problem in back.problems} == {"its folder is away"}
    away.rename(ana.folder)
    assert undo(ana, handed).written == 4 and snapshot(ana.folder) == before


def test_a_file_that_somebody_put_back_needs_no_undo(ana: Shoot, tmp_path: Path) -> None:
    kept = shutil.copy2(ana.path("1.jpg"), tmp_path / "1.jpg")
    handed = hand_over(ana)
    shutil.copy2(kept, ana.path("1.jpg"))
    ana.path("4.xmp").unlink()
    back = undo(ana, handed)
    assert (back.written, back.problems) == (4, ()) and digest(ana.path("1.jpg")) == digest(Path(kept))


def test_the_newest_hand_off_that_stands_is_found(ana: Shoot) -> None:
    with pytest.raises(UnknownHandoff):
        handoff.find(ana.engine, "latest")
    first = hand_over(ana)
    second = hand_over(ana, Choice("lightroom", {"blink": "Blue"}))
    assert handoff.find(ana.engine, "latest").id == second.id
    undo(ana, second)
    assert handoff.find(ana.engine, "latest", ana.session.id).id == first.id
    with pytest.raises(UnknownHandoff):
        handoff.find(ana.engine, "f" * 32)


def test_a_session_whose_folder_is_away_is_one_sentence(ana: Shoot) -> None:
    ana.folder.rename(ana.folder.with_name("away"))
    with pytest.raises(sessions.FolderAway):
        planned(ana)


def test_a_catalogue_that_is_busy_with_a_hand_off_lets_no_other_begin(ana: Shoot) -> None:
    def other(step: str) -> None:
        if step == "drafted":
            with pytest.raises(handoff.HandoffRuns):
                hand_over(ana)
            assert planned(ana).changes, "a dry run is free"

    done = handoff.carry_out(ana.settings, ana.engine, planned(ana), labeller="Ana", at=other)
    assert done.written == 4


def test_a_disk_that_takes_no_more_leaves_the_file_as_it_was_and_the_rest_is_done(settings: Settings) -> None:
    """As on a full disk the write fails half-way; the limit is larger than the catalogue and smaller than one photo."""
    folder = settings.roots[1] / "Ana"
    make(folder / "1.jpg", 1), make(folder / "2.tif", 2), make(folder / "3.nef", 3)
    noise = np.random.default_rng(0).integers(0, 255, (1200, 1600, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "2.tif")
    one = taken_in(settings, folder, {"1.jpg": "blink", "2.tif": "blink", "3.nef": "blink"})
    before, plan, limits = snapshot(folder), planned(one), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, limits[1]))
    try:
        handed = handoff.carry_out(settings, one.engine, plan, labeller="Ana")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    (problem,) = handed.problems
    assert problem.name == "2.tif" and "the disk takes no file of its size" in problem.reason and handed.written == 2
    assert snapshot(folder)["2.tif"] == before["2.tif"] and not list(folder.glob(".*"))
    assert says(folder / "1.jpg") == says(folder / "3.xmp") == RED
    assert hand_over(one).written == 1, "once there is room"


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "its disk is read-only"), (9999, "strange")]
)
def test_what_a_disk_says_is_said_in_words(number: int, words: str) -> None:
    assert words in rewriting.reason(OSError(number, "something strange"))


def test_a_kill_between_the_two_names_of_a_new_sidecar_is_cleared_up(ana: Shoot) -> None:
    """A new file gets its name beside that of its temporary: both are there for a moment."""
    hand_over(ana)
    (entry,) = [one for one in Journal(ana.settings, ana.engine).entries() if one.path.name == "4.xmp"]
    entry.draft.hardlink_to(entry.path)
    Journal(ana.settings, ana.engine).note(entry, status="writing")
    assert handoff.settle(ana.settings, ana.engine) == 1
    assert says(ana.path("4.xmp")) == RED and not entry.draft.exists()
    (made,) = handoff.every(ana.engine)
    assert made.written == 4


def test_real_programs_read_the_hand_off_over_what_they_wrote(ana: Shoot, program: Callable[[str], str]) -> None:
    exiftool, exiv2 = program("exiftool"), program("exiv2")
    earlier = ["-XMP-xmp:Rating=4", "-XMP-xmp:Label=Green", "-XMP-dc:Subject=studio"]
    names = ("1.jpg", "2.tif", "3.dng")
    command = [exiftool, "-q", "-overwrite_original", *earlier, *(str(ana.path(name)) for name in names)]
    subprocess.run(command, check=True)
    subprocess.run([exiftool, "-q", "-o", ana.path("4.xmp"), *earlier, ana.path("4.nef")], check=True)
    one = taken_in(ana.settings, ana.folder, {**GROUPS, "3.dng": "blink"})
    before = snapshot(one.folder)
    handed = hand_over(one, Choice("lightroom", reject=True))
    wanted = [str(one.path(name)) for name in (*names, "4.xmp")]
    said = subprocess.run([exiftool, "-j", "-G1", "-XMP:all", *wanted], check=True, capture_output=True).stdout
    for told in json.loads(said):
        assert (told["XMP-xmp:Label"], told["XMP-photoshop:LabelColor"]) == ("Red", "red"), told
        assert (told["XMP-xmp:Rating"], told["XMP-dc:Subject"]) == (4, "studio")
        assert (told["XMP-xmpDM:Pick"], told["XMP-xmpDM:Good"]) == (-1, False)
    for name in ("1.jpg", "2.tif"):
        read = [exiv2, "-K", "Xmp.xmp.Label", "-K", "Xmp.xmp.Rating", "-Pv", str(one.path(name))]
        assert subprocess.run(read, check=True, capture_output=True, text=True).stdout.split() == ["Red", "4"]
    undo(one, handed)
    assert snapshot(one.folder) == before


def test_a_session_whose_folder_was_renamed_since_is_known_by_its_photos(ana: Shoot) -> None:
    before = snapshot(ana.folder)
    handed = hand_over(ana)
    folder = ana.folder.rename(ana.folder.with_name("Ana 2026"))
    moved = replace(ana, session=sessions.move(ana.engine, ana.session, folder))
    moved.review({"1.jpg": "keep"})
    assert [(one.path.name, one.after) for one in planned(moved).changes] == [("1.jpg", dict.fromkeys(RED))]
    back = undo(moved, handed)
    assert (back.written, back.problems) == (4, ()) and snapshot(folder) == before


def test_a_killed_hand_off_makes_no_new_photo_of_a_tiff_that_is_imported_before_it_is_settled(ana: Shoot) -> None:
    """Between the file's new bytes and the catalogue's knowledge of them an import may come upon it."""

    def stop(step: str) -> None:
        if step == "replaced" and says(ana.path("2.tif")):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        handoff.carry_out(ana.settings, ana.engine, planned(ana), labeller="Ana", at=stop)
    (summary,) = run(ana.settings, ana.folder)
    assert summary.counts["new"] == 0
    hand_over(ana)
    with ana.engine.connect() as connection:
        assert len(connection.execute(select(tables.photos)).all()) == len(GROUPS)


@pytest.mark.parametrize("seed", range(4))
def test_hand_offs_of_any_kind_undone_in_any_order_leave_every_field_as_it_was(ana: Shoot, seed: int) -> None:
    rng = random.Random(seed)
    set_fields(ana.path("1.jpg"), {xmp.LABEL: "Blue", xmp.RATING: "3", xmp.PICK: "1"})
    set_fields(ana.path("3.nef.xmp"), {xmp.LABEL: "winner"})
    before = {path.name: says(path) for path in ana.folder.iterdir() if path.suffix != ".nef"}
    made = []
    for _ in range(5):
        preset = rng.choice(list(presets.PRESETS.values()))
        colours = {group: rng.choice([None, *presets.COLOURS]) for group in ("blink", "cant_tell", "keep")}
        made.append(hand_over(ana, Choice(preset.name, colours, **{flag: rng.random() < 0.5 for flag in preset.can})))
        if rng.random() < 0.5:
            ana.review({rng.choice(list(GROUPS)): rng.choice(["blink", "keep"])})
    for handed in rng.sample(made, len(made)):
        if handed.id is not None:
            assert undo(ana, handed).problems == ()
    after = {path.name: says(path) for path in ana.folder.iterdir() if path.suffix != ".nef"}
    assert {name: fields for name, fields in after.items() if name in before} == before
    assert all(fields == {} for name, fields in after.items() if name not in before)
