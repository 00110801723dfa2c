"""Imports of real files into a real catalogue."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from tests import photographs
from workbench.archive import catalog, copying, folders, identity, importing, labels, photos, sessions, tables
from workbench.archive.importing import NameTaken, Summary
from workbench.faults import BLINK
from workbench.settings import HOME, Settings
from workbench.vision import analysis, store


@pytest.fixture
def pictures(settings: Settings) -> Path:
    """The allowed root of the test installation."""
    return settings.roots[1]


def run(settings: Settings, folder: Path, *, copy: bool = False) -> list[Summary]:
    """One import, as the command does it."""
    engine = catalog.open_catalog(settings)
    plans = [copying.copy(plan, settings) if copy else plan for plan in folders.plan(folder, settings)]
    with analysis.pool(settings) as executor:
        reader = analysis.Analyst(settings)
        return [importing.import_session(engine, plan, reader, executor) for plan in plans]


def outcome(summary: Summary) -> dict[str, int]:
    """The counts that are not zero."""
    return {name: count for name, count in summary.counts.items() if count}


def state(folder: Path) -> dict[str, tuple[str, int]]:
    """Content and time of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows(engine: Engine) -> dict[str, int]:
    """Rows by table."""
    with engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (tables.sessions, tables.photos, tables.files, tables.labels)
        }


def test_an_import_brings_in_what_is_there_and_a_second_one_changes_nothing(settings: Settings, pictures: Path) -> None:
    for number in range(5):
        photographs.jpeg(pictures / f"Ana/{number}.jpg", number, made=datetime(2026, 11, 20, 10, 59 - number))
    (first,) = run(settings, pictures / "Ana")
    engine = catalog.open_catalog(settings)
    before = rows(engine)
    (second,) = run(settings, pictures / "Ana")
    assert (outcome(first), outcome(second)) == ({"new": 5}, {"known": 5})
    assert rows(engine) == before
    names = [photo.name for photo in photos.of_session(engine, first.session.id)]
    assert names == ["4.jpg", "3.jpg", "2.jpg", "1.jpg", "0.jpg"]  # in the order taken


def test_originals_keep_their_bytes_and_times(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "Ana/1.jpg", 1)
    photographs.other(pictures / "Ana/2.png", 2)
    photographs.dng(pictures / "Ana/3.dng", photographs.picture(3))
    before = state(pictures)
    run(settings, pictures / "Ana")
    run(settings, pictures / "Ana", copy=True)
    assert state(pictures) == before


def test_a_copy_has_the_same_bytes_and_times_and_is_made_once(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "Ana/1.jpg", 1)
    photographs.jpeg(pictures / "Ana/deep/2.jpg", 2)
    (first,) = run(settings, pictures / "Ana", copy=True)
    (second,) = run(settings, pictures / "Ana", copy=True)
    assert first.session.folder == second.session.folder == settings.datasets / "sessions/Ana"
    copies = {name: seen for name, seen in state(first.session.folder).items() if name.endswith(".jpg")}
    assert copies == state(pictures / "Ana")
    assert outcome(second) == {"known": 2}


def test_copies_of_two_folders_of_one_name_stay_apart(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "one/Ana/1.jpg", 1)
    photographs.jpeg(pictures / "two/Ana/1.jpg", 2)
    found = [run(settings, pictures / place / "Ana", copy=True)[0] for place in ("one", "two")]
    assert [summary.session.name for summary in found] == ["Ana", "Ana (2)"]
    assert [outcome(summary) for summary in found] == [{"new": 1}, {"new": 1}]


def test_a_renamed_photo_is_moved_and_keeps_its_label(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "Ana/1.jpg", 1)
    (first,) = run(settings, pictures / "Ana")
    engine = catalog.open_catalog(settings)
    (photo,) = photos.of_session(engine, first.session.id)
    with catalog.writing(engine) as connection:
        labels.say(connection, [labels.Said(photo.id, BLINK, "BLINKING", labels.TYPED, "Ana")])
    (pictures / "Ana/1.jpg").rename(pictures / "Ana/best.jpg")
    (second,) = run(settings, pictures / "Ana")
    assert outcome(second) == {"moved": 1} and second.gone == 0
    (moved,) = photos.of_session(engine, first.session.id)
    assert (moved.id, moved.name) == (photo.id, "best.jpg")
    assert labels.current(engine, BLINK)[photo.id].value == "BLINKING"


def test_the_same_photo_twice_is_a_duplicate(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "Ana/1.jpg", 1)
    photographs.jpeg(pictures / "Ana/2.jpg", 1)
    photographs.jpeg(pictures / "Ben/1.jpg", 1)
    (ana,), (ben,) = run(settings, pictures / "Ana"), run(settings, pictures / "Ben")
    assert (outcome(ana), outcome(ben)) == ({"new": 1, "duplicate": 1}, {"duplicate": 1})
    engine = catalog.open_catalog(settings)
    assert rows(engine)["photos"] == 1
    assert len(photos.of_session(engine, ana.session.id)) == len(photos.of_session(engine, ben.session.id)) == 1


def test_a_photo_rated_by_an_editor_is_the_same_photo_with_the_same_labels(settings: Settings, pictures: Path) -> None:
    exiftool = shutil.which("exiftool")
    if exiftool is None:
        pytest.skip("exiftool is not installed (Debian: libimage-exiftool-perl)")
    path = photographs.jpeg(pictures / "Ana/1.jpg", 1)
    (first,) = run(settings, pictures / "Ana")
    engine = catalog.open_catalog(settings)
    (photo,) = photos.of_session(engine, first.session.id)
    with catalog.writing(engine) as connection:
        labels.say(connection, [labels.Said(photo.id, BLINK, "BLINKING", labels.TYPED, "Ana")])
    subprocess.run([exiftool, "-q", "-overwrite_original", "-XMP:Rating=5", str(path)], check=True)
    (second,) = run(settings, pictures / "Ana")
    assert outcome(second) == {"known": 1}
    assert [one.id for one in photos.of_session(engine, first.session.id)] == [photo.id]
    assert labels.current(engine, BLINK, first.session.id)[photo.id].value == "BLINKING"


def test_raw_and_jpeg_are_one_photo_whichever_came_first(settings: Settings, pictures: Path) -> None:
    photographs.dng(pictures / "Ana/1.dng", photographs.picture(1))
    (first,) = run(settings, pictures / "Ana")
    engine = catalog.open_catalog(settings)
    (photo,) = photos.of_session(engine, first.session.id)
    photographs.jpeg(pictures / "Ana/1.jpg", 2)
    (second,) = run(settings, pictures / "Ana")
    (joined,) = photos.of_session(engine, first.session.id)
    assert (joined.id, joined.name) == (photo.id, "1.jpg")
    assert outcome(second) == {"known": 1}
    assert outcome(run(settings, pictures / "Ana")[0]) == {"known": 1}


def test_the_raw_of_a_pair_is_known_by_size_and_time_and_read_itself_once_it_is_alone(
    settings: Settings, pictures: Path
) -> None:
    photographs.jpeg(pictures / "Ana/1.jpg", 1)
    raw = photographs.dng(pictures / "Ana/1.dng", photographs.picture(1))
    (first,) = run(settings, pictures / "Ana")
    engine = catalog.open_catalog(settings)
    (photo,) = photos.of_session(engine, first.session.id)
    assert raw in photos.places(settings, engine, photo.id)
    photographs.dng(raw, photographs.picture(2))
    assert raw not in photos.places(settings, engine, photo.id), "until it is imported again"
    assert outcome(run(settings, pictures / "Ana")[0]) == {"known": 1}
    assert raw in photos.places(settings, engine, photo.id)
    (pictures / "Ana/1.jpg").unlink()
    run(settings, pictures / "Ana")
    assert raw in photos.places(settings, engine, photo.id)
    with engine.connect() as connection:
        row = connection.execute(select(tables.files).where(tables.files.c.name == "1.dng")).one()
    assert row.file_hash == identity.file_hash(raw.read_bytes())


def test_labels_come_in_once_and_never_over_a_later_answer(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "x/BLINKING/1.jpg", 1)
    photographs.jpeg(pictures / "x/NON_BLINKING/2.jpg", 2)
    (first,) = run(settings, pictures / "x")
    engine = catalog.open_catalog(settings)
    blinking = next(p for p in photos.of_session(engine, first.session.id) if p.name == "BLINKING/1.jpg")
    with catalog.writing(engine) as connection:
        labels.say(connection, [labels.Said(blinking.id, BLINK, "NON_BLINKING", labels.TYPED, "Ana")])
    (second,) = run(settings, pictures / "x")
    assert (first.labelled, second.labelled) == (2, 0)
    assert labels.current(engine, BLINK)[blinking.id].value == "NON_BLINKING"
    assert [label.origin for label in labels.history(engine, blinking.id, BLINK)] == ["import", "typed"]


def test_a_file_that_became_unreadable_keeps_its_photo_and_label(settings: Settings, pictures: Path) -> None:
    path = photographs.jpeg(pictures / "x/BLINKING/1.jpg", 1)
    photographs.jpeg(pictures / "x/NON_BLINKING/2.jpg", 2)
    run(settings, pictures / "x")
    path.write_bytes(b"")
    (second,) = run(settings, pictures / "x")
    assert [problem.name for problem in second.problems] == ["BLINKING/1.jpg"]
    engine = catalog.open_catalog(settings)
    assert len(photos.of_session(engine, second.session.id)) == 2
    assert len(labels.current(engine, BLINK, second.session.id)) == 2


def test_a_hundred_damaged_files_are_each_accounted_for(settings: Settings, pictures: Path) -> None:
    made = photographs.malformed(pictures / "Ana", 100)
    photographs.jpeg(pictures / "Ana/good.jpg", 1)
    (summary,) = run(settings, pictures / "Ana")
    named = {problem.name for problem in summary.problems}
    engine = catalog.open_catalog(settings)
    shown = {photo.name for photo in photos.of_session(engine, summary.session.id)}
    assert named | shown == {path.name for path in made} | {"good.jpg"}
    assert summary.files == 101 and not named & shown
    assert all(problem.reason for problem in summary.problems)
    assert len(named) >= 70  # a few flipped bits leave a JPEG readable, and a misnamed PNG is one
    assert {note.name for note in summary.notes} >= {path.name for path in made if "misnamed" in path.name}
    assert {problem.name: problem.reason for problem in photos.problems(engine, summary.session.id)} == {
        problem.name: problem.reason for problem in summary.problems
    }


def test_a_session_of_the_same_name_elsewhere_gets_a_number(settings: Settings, pictures: Path) -> None:
    for number, place in enumerate(("one", "two")):
        photographs.jpeg(pictures / place / "Ana/1.jpg", number)
    found = [run(settings, pictures / place / "Ana")[0].session.name for place in ("one", "two", "two")]
    assert found == ["Ana", "Ana (2)", "Ana (2)"]


def test_a_session_whose_folder_has_moved_is_not_taken_for_another(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "one/Ana/1.jpg", 1)
    run(settings, pictures / "one/Ana")
    (pictures / "one").rename(pictures / "two")
    with pytest.raises(NameTaken, match="relink"):
        run(settings, pictures / "two/Ana")


def test_views_are_kept_and_made_again_when_the_cache_is_gone(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "Ana/1.jpg", 1)
    (summary,) = run(settings, pictures / "Ana")
    engine = catalog.open_catalog(settings)
    wanted = photos.of_session(engine, summary.session.id)
    kept = store.get(settings, [photo.id for photo in wanted])
    shutil.rmtree(settings.cache)
    with analysis.pool(settings) as executor:
        again = analysis.views_of(settings, summary.session, wanted, executor)
    assert kept.keys() == again.keys() == {wanted[0].id}
    assert (kept[wanted[0].id].frame == again[wanted[0].id].frame).all()


def test_an_import_killed_in_the_middle_goes_on_and_nothing_is_lost_or_twice(
    settings: Settings, pictures: Path
) -> None:
    for number in range(40):
        label = "BLINKING" if number % 3 == 0 else "NON_BLINKING"
        photographs.jpeg(pictures / f"x/{label}/{number}.jpg", number, size=(1200, 800))
    command = [sys.executable, "-m", "workbench", "import", str(pictures / "x")]
    environment = {
        **os.environ,
        "EYESPY_DATASETS": str(settings.datasets),
        "EYESPY_ROOTS": str(pictures),
        "EYESPY_WORKERS": "1",
        "PYTHONPATH": str(HOME),
    }
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    engine = catalog.open_catalog(settings)
    deadline = time.monotonic() + 60
    while rows(engine)["photos"] < 16 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    at_kill = rows(engine)["photos"]
    assert 16 <= at_kill < 40
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert rows(engine) == {"sessions": 1, "photos": 40, "files": 40, "labels": 40}
    assert "Traceback" not in done.stderr
    (session,) = sessions.every(engine)
    assert len(labels.current(engine, BLINK, session.id)) == 40
