"""The hand-off: what a plan says, what is written, what stays, and that all of it can be taken back."""

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
from tests.screening.handing import (
    Shoot,
    again,
    digest,
    installation,
    make,
    pixels,
    says,
    screened,
    set_fields,
    shoot,
    snapshot,
    taken_in,
)
from workbench.archive import catalog, identity, photos, sessions, tables
from workbench.screening import handoff, presets, rewriting, xmp
from workbench.screening.handoff import AlreadyUndone, Handed, NotReviewed, Plan, UnknownHandoff
from workbench.screening.journal import Journal
from workbench.screening.outcome import NothingScreened
from workbench.screening.presets import Choice
from workbench.settings import Settings

LIGHTROOM = Choice("lightroom")
GROUPS = {"1.jpg": "blink", "2.tif": "blink", "3.dng": "cant_tell", "4.nef": "blink", "5.jpg": "keep"}
RED = {xmp.LABEL: "Red", xmp.LABEL_COLOR: "red"}
YELLOW = {xmp.LABEL: "Yellow", xmp.LABEL_COLOR: "yellow"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Shoot:
    """A reviewed session with a photo of each kind, which no test touches."""
    return shoot(installation(tmp_path_factory.mktemp("model")), GROUPS)


@pytest.fixture
def ana(model: Shoot, settings: Settings) -> Shoot:
    """Such a session for a test to write into."""
    return again(model, settings)


def planned(one: Shoot, choice: Choice = LIGHTROOM) -> Plan:
    """The dry run."""
    return handoff.plan(one.settings, one.engine, one.session, choice)


def hand_over(one: Shoot, choice: Choice = LIGHTROOM) -> Handed:
    """Plan and writing."""
    return handoff.carry_out(one.settings, one.engine, planned(one, choice), labeller="Ana")


def undo(one: Shoot, handed: Handed) -> Handed:
    """Takes a hand-off back."""
    assert handed.id is not None
    return handoff.undo(one.settings, one.engine, handed.id)


def test_a_dry_run_tells_each_change_and_writes_nothing(ana: Shoot) -> None:
    before = snapshot(ana.folder)
    plan = planned(ana)
    told = {one.path.name: (one.kind, dict(one.before), dict(one.after)) for one in plan.changes}
    nothing = dict.fromkeys(RED)
    assert told == {
        "1.jpg": ("embedded", nothing, RED),
        "2.tif": ("embedded", nothing, RED),
        "3.dng": ("embedded", nothing, YELLOW),
        "4.xmp": ("sidecar", nothing, RED),
    }
    assert snapshot(ana.folder) == before and not plan.problems and not plan.unchanged
    assert handoff.every(ana.engine, ana.session.id) == []


def test_colours_are_written_where_the_editor_looks_and_the_pictures_stay(ana: Shoot) -> None:
    shown = {name: pixels(ana.path(name)) for name in ("1.jpg", "2.tif", "5.jpg")}
    raw, keeper = digest(ana.path("4.nef")), digest(ana.path("5.jpg"))
    handed = hand_over(ana)
    assert (handed.written, handed.unchanged, handed.problems) == (4, 0, ())
    assert says(ana.path("1.jpg")) == says(ana.path("2.tif")) == says(ana.path("4.xmp")) == RED
    assert says(ana.path("3.dng")) == YELLOW
    assert (digest(ana.path("4.nef")), digest(ana.path("5.jpg"))) == (raw, keeper)
    assert {name: pixels(ana.path(name)) for name in shown} == shown
    assert identity.identity(ana.path("1.jpg").read_bytes()) == ana.ids["1.jpg"]
    assert not list(ana.folder.glob(".*"))


def test_undo_gives_back_every_file_to_the_byte_and_its_time(ana: Shoot) -> None:
    before = snapshot(ana.folder)
    handed = hand_over(ana)
    assert snapshot(ana.folder) != before
    back = undo(ana, handed)
    assert (back.written, back.problems, back.left) == (4, (), ())
    assert snapshot(ana.folder) == before
    (made,) = handoff.every(ana.engine, ana.session.id)
    assert made.undone_at is not None and (made.written, made.undone) == (0, 4)
    with pytest.raises(AlreadyUndone):
        undo(ana, handed)


def test_the_same_hand_off_again_changes_nothing(ana: Shoot) -> None:
    hand_over(ana)
    before = snapshot(ana.folder)
    again = hand_over(ana)
    assert (again.id, again.written, again.unchanged) == (None, 0, 4)
    assert snapshot(ana.folder) == before and len(handoff.every(ana.engine)) == 1


def test_the_photos_are_still_the_same_to_the_catalogue(ana: Shoot) -> None:
    hand_over(ana)
    for name, photo in ana.ids.items():
        assert next(photos.places(ana.settings, ana.engine, photo)) == ana.path(name).resolve()
    (summary,) = run(ana.settings, ana.folder)
    assert summary.counts == {"known": 5}
    with ana.engine.connect() as connection:
        known = {row.name: row for row in connection.execute(select(tables.files))}
        aliases = dict(connection.execute(select(tables.aliases.c.identity, tables.aliases.c.photo_id)).all())
    for name in ("1.jpg", "2.tif", "3.dng"):
        found = identity.hashes(ana.path(name).read_bytes())
        assert known[name].file_hash == found.file
        assert name == "1.jpg" or aliases[found.identity] == ana.ids[name]


def test_a_moved_tiff_is_the_same_photo_by_its_alias(ana: Shoot) -> None:
    hand_over(ana)
    (ana.folder / "sub").mkdir()
    shutil.move(ana.path("2.tif"), ana.folder / "sub/2.tif")
    run(ana.settings, ana.folder)
    assert {photo.id for photo in photos.of_session(ana.engine, ana.session.id)} >= {ana.ids["2.tif"]}
    with ana.engine.connect() as connection:
        assert len(connection.execute(select(tables.photos)).all()) == len(GROUPS)


def test_stars_and_strange_fields_survive(ana: Shoot) -> None:
    strange = b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:my="http://example.org/my/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" my:thing="kept" xmp:Rating="4" xmp:Label="Blue"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'  # noqa: E501
    ana.path("4.xmp").write_bytes(strange)
    set_fields(ana.path("1.jpg"), {xmp.RATING: "5"})
    run(ana.settings, ana.folder)
    handed = hand_over(ana)
    assert says(ana.path("4.xmp")) == {**RED, xmp.RATING: "4"} and b'my:thing="kept"' in ana.path("4.xmp").read_bytes()
    assert says(ana.path("1.jpg")) == {**RED, xmp.RATING: "5"}
    undo(ana, handed)
    assert ana.path("4.xmp").read_bytes() == strange


def test_a_rating_is_written_only_when_asked_and_lost_stars_are_told(ana: Shoot) -> None:
    set_fields(ana.path("1.jpg"), {xmp.RATING: "3"})
    told = {one.path.name: one for one in planned(ana, Choice("bridge", rating=True)).changes}
    assert (told["1.jpg"].before[xmp.RATING], told["1.jpg"].after[xmp.RATING]) == ("3", "-1")
    assert xmp.RATING not in told["3.dng"].after
    assert all(xmp.RATING not in one.after for one in planned(ana, Choice("bridge")).changes)


def test_only_after_the_review_unless_it_happens_elsewhere(settings: Settings) -> None:
    one = shoot(settings, {"1.jpg": "blink", "2.jpg": "cant_tell"}, reviewed=False)
    before = snapshot(one.folder)
    plan = planned(one)
    with pytest.raises(NotReviewed, match="1 marked as a blink and 1 marked as something that the model can't tell"):
        handoff.carry_out(one.settings, one.engine, plan, labeller="Ana")
    assert len(plan.changes) == 2 and snapshot(one.folder) == before
    done = handoff.carry_out(one.settings, one.engine, plan, labeller="Ana", unreviewed=True)
    assert done.written == 2


def test_what_was_decided_counts_and_not_what_the_model_said(ana: Shoot) -> None:
    ana.review({"1.jpg": "keep", "5.jpg": "blink"})
    assert {one.path.name for one in planned(ana).changes} == {"2.tif", "3.dng", "4.xmp", "5.jpg"}


def test_a_session_that_was_not_screened_has_nothing_to_hand_over(settings: Settings) -> None:
    make(settings.roots[1] / "Ben/1.jpg", 1)
    (summary,) = run(settings, settings.roots[1] / "Ben")

    with pytest.raises(NothingScreened):
        handoff.plan(settings, catalog.open_catalog(settings), summary.session, LIGHTROOM)


def test_a_photo_that_becomes_a_keeper_later_loses_the_colour_that_it_was_given(ana: Shoot) -> None:
    set_fields(ana.path("1.jpg"), {xmp.LABEL: "Blue"})
    run(ana.settings, ana.folder)
    first = hand_over(ana)
    ana.review({"1.jpg": "keep", "4.nef": "keep"})
    second = hand_over(ana)
    assert second.written == 2 and second.unchanged == 2
    assert says(ana.path("1.jpg")) == {xmp.LABEL: "Blue"} and says(ana.path("4.xmp")) == {}
    assert hand_over(ana).id is None
    undo(ana, second)
    assert says(ana.path("1.jpg")) == says(ana.path("4.xmp")) == RED
    undo(ana, first)
    assert says(ana.path("1.jpg")) == {xmp.LABEL: "Blue"} and not ana.path("4.xmp").exists()


def test_a_colour_that_the_photographer_changed_is_not_taken_for_ours(ana: Shoot) -> None:
    hand_over(ana)
    set_fields(ana.path("1.jpg"), {xmp.LABEL: "Green", xmp.LABEL_COLOR: "green"})
    ana.review({"1.jpg": "keep"})
    assert not planned(ana).changes


def test_undo_after_an_editor_changed_the_file_gives_back_only_what_is_ours(ana: Shoot) -> None:
    handed = hand_over(ana)
    set_fields(ana.path("1.jpg"), {xmp.RATING: "5"})
    set_fields(ana.path("2.tif"), {xmp.LABEL: "Green"})
    set_fields(ana.path("4.xmp"), {xmp.RATING: "2"})
    back = undo(ana, handed)
    assert says(ana.path("1.jpg")) == {xmp.RATING: "5"}
    assert says(ana.path("2.tif")) == {xmp.LABEL: "Green"}
    assert says(ana.path("4.xmp")) == {xmp.RATING: "2"} and says(ana.path("3.dng")) == {}
    (left,) = back.left
    assert left.name == "2.tif" and "colour label “Green”" in left.reason
    assert back.written == 4 and not back.problems
    assert next(photos.places(ana.settings, ana.engine, ana.ids["1.jpg"])) == ana.path("1.jpg").resolve()


def test_a_later_hand_off_lies_over_an_earlier_one(ana: Shoot) -> None:
    before = snapshot(ana.folder)
    first = hand_over(ana)
    second = hand_over(ana, Choice("lightroom", {"blink": "Purple"}, reject=True))
    reject = {xmp.PICK: "-1", xmp.GOOD: "False"}
    assert says(ana.path("1.jpg")) == {xmp.LABEL: "Purple", xmp.LABEL_COLOR: "purple", **reject}
    undo(ana, second)
    assert says(ana.path("1.jpg")) == RED
    undo(ana, first)
    assert snapshot(ana.folder) == before


@pytest.mark.parametrize("again", [False, True])
def test_undoing_the_earlier_one_first_leaves_the_later_and_then_nothing_of_either(ana: Shoot, again: bool) -> None:
    before = snapshot(ana.folder)
    first = hand_over(ana)
    if again:  # the very same bytes were written and taken back before
        undo(ana, first)
        first = hand_over(ana)
    second = hand_over(ana, Choice("lightroom", {"blink": "Green", "cant_tell": "Blue"}))
    back = undo(ana, first)
    assert len(back.left) == 4 and says(ana.path("4.xmp"))[xmp.LABEL] == "Green"
    undo(ana, second)
    assert snapshot(ana.folder) == before


def test_an_undone_hand_off_of_the_same_bytes_does_not_pull_a_later_one_down(ana: Shoot) -> None:
    undo(ana, hand_over(ana))
    hand_over(ana)
    third = hand_over(ana, Choice("lightroom", {"blink": "Green", "cant_tell": "Blue"}))
    undo(ana, third)
    assert says(ana.path("1.jpg")) == RED


def test_raw_and_jpeg_of_one_stem_are_written_both(settings: Settings) -> None:
    folder = settings.roots[1] / "Ana"
    make(folder / "1.jpg", 1), make(folder / "1.nef", 1)
    make(folder / "2.jpg", 2), make(folder / "2.dng", 2)
    one = taken_in(settings, folder, {"1.jpg": "blink", "2.jpg": "blink"})
    before = snapshot(folder)
    handed = hand_over(one)
    assert handed.written == 4
    assert says(folder / "1.jpg") == says(folder / "1.xmp") == says(folder / "2.jpg") == says(folder / "2.dng") == RED
    (summary,) = run(settings, folder)
    assert summary.counts == {"known": 2}
    undo(one, handed)
    assert snapshot(folder) == before


def test_darktable_and_digikam_have_sidecars_by_whole_name(ana: Shoot) -> None:
    set_fields(ana.path("1.jpg.xmp"), {xmp.RATING: "1"})
    set_fields(ana.path("4.xmp"), {xmp.RATING: "2"})
    before = snapshot(ana.folder)
    handed = hand_over(ana, Choice("digikam"))
    numbered = {**RED, xmp.DIGIKAM_COLOR: "1"}
    assert says(ana.path("4.nef.xmp")) == says(ana.path("1.jpg")) == numbered
    assert says(ana.path("1.jpg.xmp")) == {**numbered, xmp.RATING: "1"}
    assert says(ana.path("4.xmp")) == {**numbered, xmp.RATING: "2"}
    undo(ana, handed)
    assert snapshot(ana.folder) == before
    hand_over(ana)
    assert says(ana.path("1.jpg.xmp")) == {xmp.RATING: "1"}, "Lightroom does not read it"


def test_a_sidecar_in_capitals_is_the_one_that_is_merged_into(ana: Shoot) -> None:
    set_fields(ana.path("4.XMP.xmp"), {xmp.RATING: "2"})
    ana.path("4.XMP.xmp").rename(ana.path("4.XMP"))
    hand_over(ana)
    assert b"Red" in ana.path("4.XMP").read_bytes() and not ana.path("4.xmp").exists()


def test_formats_that_hold_no_xmp_of_ours_get_a_sidecar_and_the_plan_says_so(settings: Settings) -> None:
    one = shoot(settings, {"1.png": "blink", "2.webp": "blink"})
    told = {change.path.name: change.note for change in planned(one).changes}
    assert set(told) == {"1.xmp", "2.xmp"} and "may not read one beside a .png file" in told["1.xmp"]


def test_flags_are_written_where_the_editor_has_them(ana: Shoot) -> None:
    hand_over(ana, Choice("digikam", dict.fromkeys(GROUPS.values()), pick=True, reject=True))
    assert says(ana.path("1.jpg")) == {xmp.DIGIKAM_PICK: "1"} and says(ana.path("5.jpg")) == {xmp.DIGIKAM_PICK: "3"}
    assert says(ana.path("3.dng")) == {}


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


def test_only_the_photos_that_were_asked_for(ana: Shoot) -> None:
    plan = handoff.plan(ana.settings, ana.engine, ana.session, LIGHTROOM, only={ana.ids["2.tif"], ana.ids["5.jpg"]})
    assert [one.path.name for one in plan.changes] == ["2.tif"]


def test_a_session_whose_folder_is_away_is_one_sentence(ana: Shoot) -> None:
    ana.folder.rename(ana.folder.with_name("away"))
    with pytest.raises(sessions.FolderAway):
        planned(ana)


def test_copies_of_our_own_are_said_to_be_copies(settings: Settings) -> None:
    folder = settings.roots[1] / "Ana"
    make(folder / "1.jpg", 1)
    run(settings, folder, copy=True)

    engine = catalog.open_catalog(settings)
    session = sessions.find(engine, "Ana")
    (photo,) = photos.of_session(engine, session.id)
    screened(engine, session, {photo.id: "blink"})
    (note,) = handoff.plan(settings, engine, session, LIGHTROOM).notes
    assert "copies" in note and str(session.folder) in note


def test_how_far_it_is_is_told(ana: Shoot) -> None:
    told: list[tuple[str, int, int]] = []
    handed = handoff.carry_out(
        ana.settings, ana.engine, planned(ana), labeller="Ana", tell=lambda *one: told.append(one)
    )
    assert told[-1] == ("Writing", 4, 4) and len(told) == 4 and handed.written == 4


def test_every_preset_can_be_written_and_taken_back(ana: Shoot) -> None:
    before = snapshot(ana.folder)
    for preset in presets.PRESETS.values():
        flags = dict.fromkeys(preset.can, True)
        handed = hand_over(ana, Choice(preset.name, **flags))
        assert handed.written >= 4 and not handed.problems
        undo(ana, handed)
        assert snapshot(ana.folder) == before, preset.name


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
