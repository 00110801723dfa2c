"""The demo sessions: files, times, truth, labels, and that they pass for a shoot."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.assets import MissingAsset
from workbench.settings import Settings
from workbench.vision import demo
from workbench.vision.landmarks import Landmarker

PHOTOS = 8


@pytest.fixture(scope="module")
def sessions(installed: Settings, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return demo.make(installed, tmp_path_factory.mktemp("demo"), photos=PHOTOS)


def table(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened))


def taken(photo: Path) -> datetime:
    with Image.open(photo) as opened:
        exif = opened.getexif().get_ifd(demo.EXIF_FOLDER)
    return datetime.strptime(f"{exif[demo.TAKEN]}.{exif[demo.TAKEN_SUBSECONDS]}", "%Y:%m:%d %H:%M:%S.%f")


def test_both_sessions_hold_their_photos_and_nothing_temporary(sessions: list[Path]) -> None:
    assert [session.name for session in sessions] == ["2026-11-14 Grace", "2026-11-15 Eileen"]
    names = [f"IMG_{number:04}.jpg" for number in range(1, PHOTOS + 1)]
    for session in sessions:
        assert sorted(file.name for file in session.iterdir()) == [*names, "truth.csv"]
    around = {file.name for file in sessions[0].parent.iterdir()}
    assert around == {"labels.csv", *(session.name for session in sessions)}


def test_photos_are_taken_in_the_order_of_their_names_on_the_day_of_their_session(sessions: list[Path]) -> None:
    for session in sessions:
        times = [taken(photo) for photo in sorted(session.glob("*.jpg"))]
        assert times == sorted(times) and len(set(times)) == PHOTOS
        assert {time.date().isoformat() for time in times} == {session.name[:10]}


def test_photos_come_in_bursts_of_three_to_six() -> None:
    for sitting in demo.SITTINGS:
        shots = list(demo.shots(sitting, np.random.default_rng(0), 60))
        gaps = np.diff([shot.taken.timestamp() for shot in shots])
        starts = [0, *(np.flatnonzero(gaps > 2) + 1), len(shots)]
        lengths = np.diff(starts)
        assert ((lengths[:-1] >= 3) & (lengths[:-1] <= 6)).all()


def test_metadata_says_what_they_are_and_names_no_camera_or_person(sessions: list[Path]) -> None:
    with Image.open(sessions[0] / "IMG_0001.jpg") as photo:
        exif = photo.getexif()
        assert photo.size == (demo.WIDTH, demo.HEIGHT)
    assert exif[demo.DESCRIPTION] == "Eye Spy demo, made from a public-domain portrait"
    assert set(exif) == {demo.DESCRIPTION, demo.ORIENTATION, demo.EXIF_FOLDER}


def test_labels_follow_the_truth_and_leave_out_what_nobody_could_say(sessions: list[Path]) -> None:
    labels = {(row["session"], row["file"]): row["label"] for row in table(sessions[0].parent / "labels.csv")}
    for session in sessions:
        for row in table(session / "truth.csv"):
            closed = float(row["closed"])
            expected = "BLINKING" if closed >= 0.5 else None if closed >= 0.3 else "NON_BLINKING"
            assert labels.pop((session.name, row["file"]), None) == expected
    assert not labels


def test_a_tenth_are_blinks_and_some_are_half_closed_or_lowered() -> None:
    closed = demo.lids(np.random.default_rng(3), 60)
    assert (closed >= 0.5).sum() == 6
    assert ((closed >= 0.3) & (closed < 0.5)).sum() == 3
    assert ((closed >= 0.08) & (closed < 0.3)).sum() >= 6
    assert (closed < 0.08).sum() > 40


def test_every_photo_shows_one_face_and_only_closed_eyes_look_closed(
    sessions: list[Path], landmarker: Landmarker
) -> None:
    for session in sessions:
        for row in table(session / "truth.csv"):
            with Image.open(session / row["file"]) as photo:
                face = landmarker.subject(photo)
            assert face is not None and face.count == 1
            if float(row["closed"]) < 0.3:
                assert face.eye_blink < 0.3
            if float(row["closed"]) > 0.85:
                assert face.eye_blink > 0.3


def test_no_photo_has_an_empty_corner(sessions: list[Path]) -> None:
    for session in sessions:
        for photo in session.glob("*.jpg"):
            with Image.open(photo) as opened:
                pixels = np.asarray(opened.convert("L"), np.float32)
            for corner in (pixels[:24, :24], pixels[:24, -24:], pixels[-24:, :24], pixels[-24:, -24:]):
                assert corner.std() > 0.5, f"{photo.name} has a corner without a picture"


def test_the_same_seed_makes_the_same_bytes_and_another_one_others(installed: Settings, tmp_path: Path) -> None:
    first, again, other = (
        [photo.read_bytes() for session in made for photo in sorted(session.glob("*.jpg"))]
        for made in (
            demo.make(replace(installed, workers=1), tmp_path / "first", seed=1, photos=2),
            demo.make(replace(installed, workers=2), tmp_path / "again", seed=1, photos=2),
            demo.make(installed, tmp_path / "other", seed=2, photos=2),
        )
    )
    assert first == again
    assert all(one != another for one, another in zip(first, other, strict=True))


def test_a_session_that_is_there_stays_as_it_is(installed: Settings, tmp_path: Path) -> None:
    grace, eileen = demo.make(installed, tmp_path, photos=2)
    before = {file: file.stat().st_mtime_ns for file in [*grace.iterdir(), tmp_path / "labels.csv"]}
    for file in eileen.iterdir():
        file.unlink()
    eileen.rmdir()
    assert demo.make(installed, tmp_path, photos=2) == [grace, eileen]
    assert len(list(eileen.glob("*.jpg"))) == 2
    assert {file: file.stat().st_mtime_ns for file in before} == before


def test_a_folder_of_somebody_elses_photos_is_not_taken_for_a_demo(installed: Settings, tmp_path: Path) -> None:
    (tmp_path / demo.SITTINGS[0].name).mkdir()
    with pytest.raises(demo.FolderTaken, match="not a demo session"):
        demo.make(installed, tmp_path, photos=2)


def test_without_its_portraits_nothing_is_left_behind(installed: Settings, tmp_path: Path) -> None:
    with pytest.raises(MissingAsset, match="run `make setup`"):
        demo.make(replace(installed, assets=tmp_path / "nowhere"), tmp_path / "demo", photos=2)
    assert not any((tmp_path / "demo").iterdir())
