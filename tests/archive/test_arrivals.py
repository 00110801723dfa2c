"""Sessions that arrive below a watched folder: when they are there whole, and what has something new."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import photographs
from workbench.archive import arrivals
from workbench.archive.arrivals import Arrivals, Seen
from workbench.archive.folders import BadLabelsFile
from workbench.errors import OutsideRoots
from workbench.settings import Settings

QUIET = 10.0


@pytest.fixture
def folder(settings: Settings) -> Path:
    """The watched folder: the allowed root of the test installation."""
    return settings.roots[1]


def look(folder: Path, settings: Settings) -> list[Seen]:
    """Everything below the watched folder."""
    return [seen for unit in arrivals.units(folder) for seen in arrivals.look(unit, folder, settings)]


def after(known: Arrivals, folder: Path, settings: Settings, now: float, *, touched: bool = False) -> Arrivals:
    """After a look at everything at that second."""
    return known.noticed(arrivals.units(folder), look(folder, settings), now, touched=touched)


def names(seen: list[Seen]) -> list[str]:
    return [one.plan.name for one in seen]


def test_a_session_is_due_when_nothing_changed_in_it_for_so_long(folder: Path, settings: Settings) -> None:
    photographs.jpeg(folder / "Ana/1.jpg", 1)
    known = after(Arrivals(), folder, settings, 0)
    assert known.due(QUIET - 1, QUIET) == []
    assert names(known.due(QUIET, QUIET)) == ["Ana"]


def test_a_file_that_still_grows_keeps_its_session_waiting(folder: Path, settings: Settings) -> None:
    whole = photographs.jpeg(folder / "Ana/1.jpg", 1).read_bytes()
    (folder / "Ana/1.jpg").write_bytes(whole[:900])
    known = after(Arrivals(), folder, settings, 0)
    (folder / "Ana/1.jpg").write_bytes(whole)
    known = after(known, folder, settings, QUIET)
    assert known.due(QUIET, QUIET) == []
    known = after(known, folder, settings, QUIET + 5)
    assert names(known.due(2 * QUIET, QUIET)) == ["Ana"]


def test_the_second_half_of_a_raw_and_jpeg_pair_counts_as_change(folder: Path, settings: Settings) -> None:
    photographs.jpeg(folder / "Ana/1.jpg", 1)
    (folder / "Ana/1.nef").write_bytes(b"half")
    before = look(folder, settings)
    (folder / "Ana/1.nef").write_bytes(b"the whole of it")
    assert before[0].stamps != look(folder, settings)[0].stamps


def test_writing_beside_the_photos_keeps_a_session_waiting_but_makes_none_wait(
    folder: Path, settings: Settings
) -> None:
    photographs.jpeg(folder / "Ana/1.jpg", 1)
    known = after(Arrivals(), folder, settings, 0)
    known = after(known, folder, settings, 8, touched=True)  # a copy under a temporary name, for instance
    assert known.due(12, QUIET) == []
    (seen,) = known.due(18, QUIET)
    assert after(known.took(seen), folder, settings, 20, touched=True).waiting == {}


def test_what_was_taken_up_is_left_alone_until_a_photo_joins_it_or_changes(folder: Path, settings: Settings) -> None:
    photographs.jpeg(folder / "Ana/1.jpg", 1)
    photographs.jpeg(folder / "Ana/2.jpg", 2)
    (seen,) = after(Arrivals(), folder, settings, 0).due(QUIET, QUIET)
    known = Arrivals().took(seen)
    assert after(known, folder, settings, 50).waiting == {}
    (folder / "Ana/2.jpg").unlink()
    assert after(known, folder, settings, 60).waiting == {}, "a photo that is taken away is no arrival"
    photographs.jpeg(folder / "Ana/3.jpg", 3)
    assert names(after(known, folder, settings, 70).due(80, QUIET)) == ["Ana"]
    (folder / "Ana/3.jpg").unlink()
    os.utime(folder / "Ana/1.jpg", (0, 0))
    assert names(after(known, folder, settings, 90).due(100, QUIET)) == ["Ana"]


def test_sessions_that_wait_longest_come_first(folder: Path, settings: Settings) -> None:
    photographs.jpeg(folder / "Zoe/1.jpg", 1)
    known = after(Arrivals(), folder, settings, 0)
    photographs.jpeg(folder / "Ana/2.jpg", 2)
    known = after(known, folder, settings, 5)
    assert names(known.due(20, QUIET)) == ["Zoe", "Ana"]


def test_a_session_that_goes_away_waits_no_longer(folder: Path, settings: Settings) -> None:
    path = photographs.jpeg(folder / "Ana/1.jpg", 1)
    known = after(Arrivals(), folder, settings, 0)
    path.unlink()
    path.parent.rmdir()
    known = known.noticed({folder / "Ana"}, arrivals.look(folder / "Ana", folder, settings), 1)
    assert known.waiting == {}


def test_loose_photos_are_a_session_without_those_of_the_folders_beside_them(folder: Path, settings: Settings) -> None:
    photographs.jpeg(folder / "Ana/1.jpg", 1)
    photographs.jpeg(folder / "2026/Bo/2.jpg", 2)
    photographs.jpeg(folder / "2026/Cy/3.jpg", 3)
    photographs.jpeg(folder / "4.jpg", 4)
    photographs.jpeg(folder / ".hidden/5.jpg", 5)
    found = {one.plan.name: [file.name for file in one.plan.files] for one in look(folder, settings)}
    assert found == {folder.name: ["4.jpg"], "Ana": ["1.jpg"], "Bo": ["2.jpg"], "Cy": ["3.jpg"]}


def test_sorted_folders_and_those_with_labels_stay_one(folder: Path, settings: Settings) -> None:
    photographs.jpeg(folder / "BLINKING/1.jpg", 1)
    photographs.jpeg(folder / "NON_BLINKING/2.jpg", 2)
    (seen,) = look(folder, settings)
    assert (seen.plan.kind, len(seen.stamps), arrivals.units(folder)) == ("classes", 2, [folder])
    assert arrivals.units_of(folder, {folder / "BLINKING/1.jpg"}) == {folder}


def test_a_folder_that_cannot_be_taken_up_says_why(folder: Path, settings: Settings, tmp_path: Path) -> None:
    photographs.jpeg(folder / "Ana/1.jpg", 1)
    (folder / "Ana/labels.csv").write_text("nothing\n")
    with pytest.raises(BadLabelsFile):
        arrivals.look(folder / "Ana", folder, settings)
    photographs.jpeg(tmp_path / "elsewhere/2.jpg", 2)
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutsideRoots):
        arrivals.look(folder / "linked", folder, settings)
    (folder / "empty").mkdir()
    assert arrivals.look(folder / "empty", folder, settings) == []


@pytest.mark.parametrize(
    ("touched", "units"),
    [
        ("Ana/1.jpg", {"Ana"}),
        ("Ana/raw/deep/1.nef", {"Ana"}),
        ("Ana/.1.jpg.x8dk", {"Ana"}),
        ("Ana", {"Ana"}),
        ("4.jpg", {""}),
        (".4.jpg.part", {""}),
        (".Trash/1.jpg", set()),
        ("../elsewhere/1.jpg", set()),
    ],
)
def test_a_touched_path_belongs_to_the_folder_below_the_watched_one(
    folder: Path, touched: str, units: set[str]
) -> None:
    (folder / "Ana").mkdir()
    path = folder.parent / touched.removeprefix("../") if touched.startswith("..") else folder / touched
    assert arrivals.units_of(folder, {path}) == {folder / unit for unit in units}


def test_a_folder_is_gone_when_it_is_away_or_another_one_lies_in_its_place(folder: Path) -> None:
    gone = arrivals.gone(folder)
    assert not gone()
    folder.rename(folder.with_name("away"))
    assert gone() and arrivals.gone(folder)()
    folder.mkdir()
    assert gone() and not arrivals.gone(folder)()
