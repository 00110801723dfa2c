"""The hand-off: what a plan says, what is written, what stays, and that all of it can be taken back."""

from __future__ import annotations

import shutil

import pytest
from sqlalchemy import select

from tests.archive.test_importing import run
from tests.screening.handed import GROUPS, LIGHTROOM, RED, YELLOW, hand_over, planned, undo
from tests.screening.handing import (
    Shoot,
    digest,
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
from workbench.screening import handoff, presets, xmp
from workbench.screening.handoff import AlreadyUndone, NotReviewed
from workbench.screening.outcome import NothingScreened
from workbench.screening.presets import Choice
from workbench.settings import Settings


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


def test_only_the_photos_that_were_asked_for(ana: Shoot) -> None:
    plan = handoff.plan(ana.settings, ana.engine, ana.session, LIGHTROOM, only={ana.ids["2.tif"], ana.ids["5.jpg"]})
    assert [one.path.name for one in plan.changes] == ["2.tif"]


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
