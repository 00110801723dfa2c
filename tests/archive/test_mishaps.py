"""What photographers do to their folders must not move a label to another picture, or delete what is theirs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests import archive_rows, photographs
from tests.archive.test_forgetting import _forget
from tests.archive.test_importing import outcome, run
from workbench.archive import catalog, exchange, labels, photos, previews, relinking, sessions, splits
from workbench.archive.catalog import writing
from workbench.faults import BLINK
from workbench.files import NotOverwritten
from workbench.settings import Settings
from workbench.vision import analysis


@pytest.fixture
def pictures(settings: Settings) -> Path:
    """The allowed root of the test installation."""
    return settings.roots[1]


def test_forgetting_a_copied_session_that_was_relinked_deletes_no_original(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "Ana/1.jpg", 1)
    run(settings, pictures / "Ana", copy=True)
    mine = settings.datasets / "my originals"
    shutil.copytree(pictures / "Ana", mine)
    engine = catalog.open_catalog(settings)
    relinking.relink(settings, engine, sessions.find(engine, "Ana"), mine)
    _forget(settings, "Ana")
    assert (mine / "1.jpg").exists()


def test_forgetting_a_copy_whose_folder_is_gone_already_is_whole(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "Ana/1.jpg", 1)
    (summary,) = run(settings, pictures / "Ana", copy=True)
    shutil.rmtree(summary.session.folder)
    _forget(settings, "Ana")
    assert b"Ana" not in (settings.datasets / "catalog.db").read_bytes()


def test_the_faces_of_a_photo_that_was_overwritten_go_with_a_forgotten_client(
    settings: Settings, pictures: Path
) -> None:
    photographs.jpeg(pictures / "Ana/1.jpg", 1)
    (summary,) = run(settings, pictures / "Ana")
    engine = catalog.open_catalog(settings)
    (before,) = photos.of_session(engine, summary.session.id)
    previews.preview(settings, engine, before.id, 320)
    photographs.jpeg(pictures / "Ana/1.jpg", 2)
    run(settings, pictures / "Ana")
    _forget(settings, "Ana")
    assert not previews.place(settings, before.id, 320).exists()


def test_a_picture_is_never_shown_under_the_name_of_another(settings: Settings, pictures: Path) -> None:
    for number, colour in ((1, "red"), (2, "blue")):
        (pictures / "Ana").mkdir(exist_ok=True)
        Image.new("RGB", (60, 40), colour).save(pictures / f"Ana/{number}.jpg")
    (summary,) = run(settings, pictures / "Ana")
    engine = catalog.open_catalog(settings)
    red = next(photo for photo in photos.of_session(engine, summary.session.id) if photo.name == "1.jpg")
    (pictures / "Ana/1.jpg").rename(pictures / "Ana/x.jpg")
    (pictures / "Ana/2.jpg").rename(pictures / "Ana/1.jpg")
    assert previews.preview(settings, engine, red.id, 320) is None
    shutil.rmtree(settings.cache)
    with analysis.pool(settings) as executor:
        seen = analysis.views_of(settings, summary.session, photos.of_session(engine, summary.session.id), executor)
    assert red.id not in seen
    run(settings, pictures / "Ana")
    shown = previews.preview(settings, engine, red.id, 320)
    assert shown is not None and Image.open(shown).getpixel((5, 5))[0] > 200  # type: ignore[index]


def test_a_raw_whose_jpeg_was_deleted_stays_the_same_photo(settings: Settings, pictures: Path) -> None:
    photographs.dng(pictures / "Ana/1.dng", photographs.picture(1))
    photographs.jpeg(pictures / "Ana/1.jpg", 1)
    (first,) = run(settings, pictures / "Ana")
    engine = catalog.open_catalog(settings)
    (photo,) = photos.of_session(engine, first.session.id)
    (pictures / "Ana/1.jpg").unlink()
    run(settings, pictures / "Ana")
    assert [one.id for one in photos.of_session(engine, first.session.id)] == [photo.id]
    photographs.jpeg(pictures / "Ana/1.jpg", 1)
    run(settings, pictures / "Ana")
    assert [one.id for one in photos.of_session(engine, first.session.id)] == [photo.id]


def test_no_file_of_one_stem_is_swallowed(settings: Settings, pictures: Path) -> None:
    photographs.dng(pictures / "Ana/a.dng", photographs.picture(1))
    photographs.jpeg(pictures / "Ana/a.jpg", 1)
    (first,) = run(settings, pictures / "Ana")
    photographs.jpeg(pictures / "Ana/A.jpeg", 2)
    photographs.dng(pictures / "Ana/a.nef", photographs.picture(3))
    (second,) = run(settings, pictures / "Ana")
    engine = catalog.open_catalog(settings)
    shown = {photo.name: photo.id for photo in photos.of_session(engine, second.session.id)}
    assert shown.keys() == {"A.jpeg", "a.jpg"}  # each with a RAW of its own
    assert len(set(shown.values())) == 2 and second.counts["known"] == first.counts["new"] == 1


def test_a_good_raw_saves_the_shot_whose_jpeg_is_damaged(settings: Settings, pictures: Path) -> None:
    photographs.dng(pictures / "Ana/1.dng", photographs.picture(1))
    (pictures / "Ana/1.jpg").write_bytes(b"")
    (summary,) = run(settings, pictures / "Ana")
    engine = catalog.open_catalog(settings)
    assert [photo.name for photo in photos.of_session(engine, summary.session.id)] == ["1.dng"]
    assert outcome(summary) == {"new": 1, "unreadable": 1}


def test_a_labels_file_that_is_corrected_twice_is_heard_twice(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "x/Ana/1.jpg", 1)
    engine = catalog.open_catalog(settings)
    for label in ("BLINKING", "NON_BLINKING", "BLINKING"):
        (pictures / "x/labels.csv").write_text(f"session,file,label\nAna,1.jpg,{label}\n", encoding="utf-8")
        run(settings, pictures / "x")
        assert [said.value for said in labels.current(engine, BLINK).values()] == [label]


def test_a_group_that_is_told_later_counts(settings: Settings, pictures: Path) -> None:
    for number in range(2):
        photographs.jpeg(pictures / f"x/s{number}/1.jpg", number)
    for group in ("", "Ana"):
        rows = "".join(f"s{number},1.jpg,BLINKING,{group}\n" for number in range(2))
        (pictures / "x/labels.csv").write_text(f"session,file,label,group\n{rows}", encoding="utf-8")
        run(settings, pictures / "x")
    assert len(set(splits.groups(catalog.open_catalog(settings)).values())) == 1


def test_renamed_class_photos_stay_on_their_side(settings: Settings, pictures: Path) -> None:
    for number in range(12):
        photographs.jpeg(pictures / f"x/{'NON_' if number % 2 else ''}BLINKING/{number}.jpg", number)
    run(settings, pictures / "x")
    engine = catalog.open_catalog(settings)
    before = splits.sides(engine)
    for path in list((pictures / "x").rglob("*.jpg")):
        path.rename(path.with_name(f"renamed {path.name}"))
    run(settings, pictures / "x")
    assert len(before) == 12 and splits.sides(engine) == before


def test_what_was_tied_to_training_once_is_never_tested_on_again(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    for number in range(6):
        archive_rows.session(engine, f"s{number}", [f"{number:032x}"])
        archive_rows.say(engine, f"{number:032x}", "BLINKING")
    splits.assign(engine, BLINK)
    sides = splits.sides(engine)
    tested = next(photo for photo, side in sides.items() if side == splits.TEST)
    trained = next(photo for photo, side in sides.items() if side == splits.TRAINING)
    for subject in ("Ana", ""):
        for photo in (tested, trained):
            sessions.tag(engine, sessions.find(engine, f"s{int(photo, 16)}").id, subject=subject)
        assert splits.sides(engine)[tested] == splits.TRAINING


def test_what_a_model_chose_to_be_labelled_never_becomes_test() -> None:
    from collections import Counter

    groups = {f"g{number}": Counter({"BLINKING": 1, "NON_BLINKING": 9}) for number in range(20)}
    by_opinion = {f"g{number}" for number in range(10)}
    new = splits.share_out(groups, {}, by_opinion=by_opinion)
    assert not [key for key in by_opinion if new[key] == splits.TEST]
    assert splits.TEST in new.values() and len(new) == 20


def test_a_session_labelled_from_a_list_that_a_model_made_never_becomes_test(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    for number in range(12):
        archive_rows.session(engine, f"s{number}", [f"{number:032x}"])
        queue = "list " + "a" * 32 if number < 8 else None
        with writing(engine) as connection:
            said = labels.Said(f"{number:032x}", BLINK, BLINK.positive, labels.TYPED, "Ana", queue)
            labels.say(connection, [said])
    splits.assign(engine, BLINK)
    sides = splits.sides(engine)
    assert len(sides) == 12
    assert {int(photo, 16) >= 8 for photo, side in sides.items() if side == splits.TEST} == {True}


def test_a_table_is_never_written_over_a_photo(settings: Settings, pictures: Path) -> None:
    path = photographs.jpeg(pictures / "Ana/1.jpg", 1)
    before = path.read_bytes()
    with pytest.raises(NotOverwritten):
        exchange.export_table(catalog.open_catalog(settings), path, BLINK)
    assert path.read_bytes() == before


def test_times_with_a_zone_are_taken_as_utc(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "Ana/1.jpg", 1)
    (summary,) = run(settings, pictures / "Ana")
    engine = catalog.open_catalog(settings)
    (photo,) = photos.of_session(engine, summary.session.id)
    head = "session,file,photo,fault,label,origin,labeller,time\n"
    for time in ("2026-11-20T10:00:00+05:00", "2026-11-20T06:00:00Z"):
        row = f"Ana,1.jpg,{photo.id},blink,BLINKING,typed,Ben,{time}\n"
        (pictures / "in.csv").write_text(head + row + row, encoding="utf-8")
        assert exchange.import_table(engine, pictures / "in.csv").new == 1
    assert [said.at.hour for said in labels.history(engine, photo.id, BLINK)] == [5, 6]


def test_a_file_that_is_whole_again_is_no_problem_any_more(settings: Settings, pictures: Path) -> None:
    path = photographs.jpeg(pictures / "Ana/1.jpg", 1)
    photographs.jpeg(pictures / "elsewhere.jpg", 1)
    run(settings, pictures / "Ana")
    path.rename(pictures / "kept.jpg")
    path.symlink_to(pictures / "none.jpg")
    (broken,) = run(settings, pictures / "Ana")
    path.unlink()
    (pictures / "kept.jpg").rename(path)
    (whole,) = run(settings, pictures / "Ana")
    engine = catalog.open_catalog(settings)
    assert broken.problems and not whole.problems and photos.problems(engine, whole.session.id) == []


def test_a_file_that_a_link_led_away_is_not_put_into_class_folders(
    settings: Settings, pictures: Path, tmp_path: Path
) -> None:
    path = photographs.jpeg(pictures / "x/BLINKING/1.jpg", 1)
    photographs.jpeg(pictures / "x/NON_BLINKING/2.jpg", 2)
    run(settings, pictures / "x")
    path.rename(tmp_path / "secret.jpg")
    path.symlink_to(tmp_path / "secret.jpg")
    engine = catalog.open_catalog(settings)
    done = exchange.export_folders(settings, engine, pictures / "sorted", BLINK, copy=True)
    assert done == {"away": 1, "NON_BLINKING": 1}
