"""Copies and links of keepers in a folder: nothing is written over, and what was made can be taken away again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.screening.handing import Shoot, again, installation, make, set_fields, snapshot, taken_in
from workbench import files
from workbench.errors import OutsideRoots
from workbench.files import DiskFull
from workbench.screening import copies, handoff, xmp
from workbench.screening.copies import COPIES, HARD_LINKS, LINKS, CopyPlan, NoFolder
from workbench.screening.handoff import Handed, NotReviewed
from workbench.screening.outcome import of_session
from workbench.settings import Settings

GROUPS = {"1.jpg": "keep", "2.jpg": "blink", "3.nef": "keep", "4.jpg": "cant_tell"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Shoot:
    """Two keepers, one of them RAW and JPEG, the other a RAW with a sidecar."""
    settings = installation(tmp_path_factory.mktemp("model"))
    folder = settings.roots[-1] / "Ana"
    for number, name in enumerate((*GROUPS, "1.dng")):
        make(folder / name, number)
    set_fields(folder / "3.xmp", {xmp.RATING: "3"})
    return taken_in(settings, folder, GROUPS)


@pytest.fixture
def ana(model: Shoot, settings: Settings) -> Shoot:
    return again(model, settings)


@pytest.fixture
def target(ana: Shoot) -> Path:
    return ana.folder.parent / "deliver/Ana"


def planned(one: Shoot, target: Path, way: str = COPIES) -> CopyPlan:
    return copies.plan_copies(one.settings, one.engine, one.session, target, way=way)


def made(one: Shoot, target: Path, way: str = COPIES) -> Handed:
    return copies.carry_out(one.settings, one.engine, planned(one, target, way), labeller="Ana")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_keepers_are_copied_with_raw_and_sidecar_and_originals_stay(ana: Shoot, target: Path) -> None:
    before = snapshot(ana.folder)
    assert {one.target.name for one in planned(ana, target).twins} == {"1.jpg", "1.dng", "3.nef", "3.xmp"}
    assert not target.exists(), "a dry run makes nothing"
    handed = made(ana, target)
    assert (handed.written, handed.unchanged, handed.problems) == (4, 0, ())
    assert snapshot(target) == {name: before[name] for name in ("1.dng", "1.jpg", "3.nef", "3.xmp")}
    assert snapshot(ana.folder) == before


@pytest.mark.parametrize("way", copies.WAYS)
def test_again_makes_nothing_and_undo_takes_away_what_was_made(ana: Shoot, target: Path, way: str) -> None:
    before = snapshot(ana.folder.parent)
    handed = made(ana, target, way)
    again = made(ana, target, way)
    assert (handed.written, again.id, again.written, again.unchanged) == (4, None, 0, 4)
    back = handoff.undo(ana.settings, ana.engine, str(handed.id))
    assert (back.written, back.left, back.problems) == (4, (), ())
    assert snapshot(ana.folder.parent) == before and not target.parent.exists()


def test_links_lead_to_the_photos(ana: Shoot, target: Path) -> None:
    made(ana, target, LINKS)
    assert (target / "3.nef").readlink() == ana.path("3.nef").resolve()
    made(ana, target.with_name("hard"), HARD_LINKS)
    assert (target.with_name("hard") / "3.nef").stat().st_ino == ana.path("3.nef").stat().st_ino
    assert {one.kind for one in handoff.every(ana.engine)} == {"links"}


@pytest.mark.parametrize("way", copies.WAYS)
def test_another_file_is_never_written_over(ana: Shoot, target: Path, way: str) -> None:
    target.mkdir(parents=True)
    (target / "1.dng").write_bytes(b"mine")
    (target / "3.nef").symlink_to("nowhere")
    made(ana, target, way)
    assert (target / "1.dng").read_bytes() == b"mine" and (target / "3.nef").is_symlink()
    assert names(target) == {"1.dng", "3.nef", "1 (2).dng", "1 (2).jpg", "3 (2).nef", "3 (2).xmp"}


def test_photos_of_one_name_in_two_folders_lie_side_by_side(settings: Settings) -> None:
    folder = settings.roots[1] / "Ana"
    make(folder / "1.jpg", 1), make(folder / "more/1.jpg", 2)
    one = taken_in(settings, folder, {"1.jpg": "keep", "more/1.jpg": "keep"})
    made(one, folder.parent / "deliver")
    assert names(folder.parent / "deliver") == {"1.jpg", "1 (2).jpg"}
    assert made(one, folder.parent / "deliver").unchanged == 2


def test_names_that_some_disks_take_for_one_lie_side_by_side(settings: Settings) -> None:
    folder = settings.roots[1] / "Ana"
    make(folder / "IMG.jpg", 1), make(folder / "more/img.jpg", 2)
    one = taken_in(settings, folder, {"IMG.jpg": "keep", "more/img.jpg": "keep"})
    assert {twin.target.name for twin in planned(one, folder.parent / "deliver").twins} == {"IMG.jpg", "img (2).jpg"}


def test_two_spellings_of_one_accent_lie_side_by_side(settings: Settings) -> None:
    folder = settings.roots[1] / "Ana"
    make(folder / "Zo\u00eb.jpg", 1), make(folder / "more/Zoe\u0308.jpg", 2)
    one = taken_in(settings, folder, {"Zo\u00eb.jpg": "keep", "more/Zoe\u0308.jpg": "keep"})
    made(one, folder.parent / "deliver")
    assert names(folder.parent / "deliver") == {"Zo\u00eb.jpg", "Zoe\u0308 (2).jpg"}


def test_the_raw_of_a_duplicate_keeps_its_name(settings: Settings) -> None:
    folder = settings.roots[1] / "Ana"
    make(folder / "A.jpg", 1), make(folder / "B.dng", 5)
    (folder / "B.jpg").write_bytes((folder / "A.jpg").read_bytes())
    one = taken_in(settings, folder, {"A.jpg": "keep"})
    found = {(twin.source.name, twin.target.name) for twin in planned(one, folder.parent / "deliver").twins}
    assert found == {("B.jpg", "B.jpg"), ("B.dng", "B.dng")}, "whole, and once"


def test_another_picture_of_the_same_name_length_and_time_is_not_taken_for_the_photo(ana: Shoot, target: Path) -> None:
    target.mkdir(parents=True)
    other = bytearray(ana.path("1.jpg").read_bytes())
    other[-30] ^= 1
    (target / "1.jpg").write_bytes(other)
    at = ana.path("1.jpg").stat().st_mtime_ns
    os.utime(target / "1.jpg", ns=(at, at))
    assert made(ana, target).unchanged == 0
    assert (target / "1 (2).jpg").read_bytes() == ana.path("1.jpg").read_bytes()


def test_a_copy_whose_time_a_disk_has_lost_is_known_by_its_content(ana: Shoot, target: Path) -> None:
    made(ana, target)
    os.utime(target / "1.jpg", ns=(0, 0))
    assert made(ana, target).unchanged == 4


@pytest.mark.parametrize("way", copies.WAYS)
def test_a_folder_that_cannot_be_made_is_named_and_no_hand_off_is_begun(ana: Shoot, target: Path, way: str) -> None:
    target.parent.mkdir()
    target.write_text("a file")
    with pytest.raises(NoFolder, match="Nothing was copied"):
        made(ana, target / "sub", way)
    with pytest.raises(NoFolder, match="Nothing was copied"):
        made(ana, target, way)
    assert handoff.every(ana.engine) == []


def test_what_was_changed_since_is_left_by_undo(ana: Shoot, target: Path) -> None:
    handed = made(ana, target)
    (target / "1.jpg").write_bytes(b"worked on")
    (target / "3.xmp").unlink()
    (target / "more.txt").write_text("mine")
    back = handoff.undo(ana.settings, ana.engine, str(handed.id))
    assert names(target) == {"1.jpg", "more.txt"}
    (left,) = back.left
    assert left.name.endswith("deliver/Ana/1.jpg") and "changed it since" in left.reason


def test_a_file_that_cannot_be_made_is_named_and_the_rest_done(ana: Shoot, target: Path) -> None:
    plan = planned(ana, target)
    ana.path("1.jpg").unlink()
    target.mkdir(parents=True)
    (target / "3.xmp").write_bytes(b"came meanwhile")
    handed = copies.carry_out(ana.settings, ana.engine, plan, labeller="Ana")
    reasons = {problem.name.rsplit("/", 1)[-1]: problem.reason for problem in handed.problems}
    assert reasons.keys() == {"1.jpg", "3.xmp"} and "another file came" in reasons["3.xmp"]
    assert handed.written == 2 and (target / "3.xmp").read_bytes() == b"came meanwhile"
    assert not [path for path in target.iterdir() if path.name.startswith(".")]


def test_only_below_the_allowed_folders(ana: Shoot, tmp_path: Path) -> None:
    with pytest.raises(OutsideRoots):
        planned(ana, tmp_path / "elsewhere")
    (ana.folder.parent / "out").symlink_to(tmp_path)
    with pytest.raises(OutsideRoots):
        planned(ana, ana.folder.parent / "out/copies")


def test_only_after_the_review(settings: Settings, target: Path) -> None:
    ben = make(settings.roots[1] / "Ben/1.jpg", 9).parent
    one = taken_in(settings, ben, {"1.jpg": "blink"}, reviewed=False)
    plan = copies.plan_copies(settings, one.engine, one.session, target, groups=("blink",))
    with pytest.raises(NotReviewed):
        copies.carry_out(settings, one.engine, plan, labeller="Ana")
    assert not target.exists()
    assert copies.carry_out(settings, one.engine, plan, labeller="Ana", unreviewed=True).written == 1


def test_copies_that_would_not_fit_are_not_begun(ana: Shoot, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_SPARE", 1 << 62)
    with pytest.raises(DiskFull, match="make links instead"):
        made(ana, target)
    assert not target.exists() and made(ana, target, LINKS).written == 4


@pytest.mark.parametrize("way", copies.WAYS)
@pytest.mark.parametrize("step", ["drafted", "journalled", "checked", "replaced"])
def test_a_copy_that_was_stopped_is_whole_or_not_there(ana: Shoot, target: Path, way: str, step: str) -> None:
    """What a kill leaves in the journal and on disk, without what an orderly end would clear up."""

    def stop(at: str) -> None:
        if at == step:
            raise Stopped

    before = snapshot(ana.folder)
    with pytest.raises(Stopped):
        copies.carry_out(ana.settings, ana.engine, planned(ana, target, way), labeller="Ana", at=stop)
    handoff.settle(ana.settings, ana.engine)
    there = snapshot(target)
    assert len(there) == (step == "replaced") and all(before[name] == state for name, state in there.items())
    assert made(ana, target, way).written == 4 - len(there) and len(names(target)) == 4


class Stopped(BaseException):
    """Ends a hand-off as Ctrl-C does."""


def test_the_names_are_a_plain_list_in_the_order_taken(ana: Shoot) -> None:
    found = of_session(ana.engine, ana.session)
    assert copies.names(ana.engine, ana.session, found.of_groups(("keep",))) == ["3", "1"], "1 has no time"
    assert copies.names(ana.engine, ana.session, found.of_groups(("blink", "cant_tell"))) == ["2", "4"]
    assert found.of_groups(("keep",), only={ana.ids["3.nef"]}) == [ana.ids["3.nef"]]


def test_a_photo_that_is_gone_is_named(ana: Shoot, target: Path) -> None:
    ana.path("3.nef").unlink()
    handed = made(ana, target)
    assert [problem.name for problem in handed.problems] == ["3.nef"]
    assert handed.written == 2 and names(target) == {"1.jpg", "1.dng"}
