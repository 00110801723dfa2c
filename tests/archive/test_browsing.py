"""Folders to choose from, below the allowed roots and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import photographs
from workbench.archive import browsing
from workbench.archive.folders import NotAFolder
from workbench.errors import OutsideRoots
from workbench.settings import Settings


@pytest.fixture
def pictures(settings: Settings) -> Path:
    """A picture folder with “Ana” (two photos), “Year” (one session in it), a hidden folder and a way out."""
    folder = settings.roots[-1]
    for number in range(2):
        photographs.jpeg(folder / "Ana" / f"{number}.jpg", number)
    photographs.jpeg(folder / "Year" / "Ben" / "1.jpg", 3)
    (folder / "Ana" / "notes.txt").write_text("no photo")
    (folder / ".hidden").mkdir()
    (folder / "out").symlink_to("/")
    return folder


def test_folders_are_listed_with_what_lies_right_in_them(settings: Settings, pictures: Path) -> None:
    found = [(one.path.name, one.photos, one.folders) for one in browsing.below(settings, pictures)]
    assert found == [("Ana", 2, 0), ("Year", 0, 1)]


def test_our_own_folders_are_not_offered(settings: Settings) -> None:
    for folder in (settings.cache, settings.backups, settings.datasets / "logs", settings.datasets / "demo"):
        folder.mkdir()
    assert [one.path.name for one in browsing.below(settings, settings.datasets)] == ["demo"]


@pytest.mark.parametrize("away", ["..", "../..", "Ana/../../..", "out"])
def test_a_folder_outside_is_refused(settings: Settings, pictures: Path, away: str) -> None:
    with pytest.raises(OutsideRoots):
        browsing.below(settings, pictures / away)
    with pytest.raises(OutsideRoots):
        browsing.above(settings, pictures / away)


def test_a_file_is_no_folder(settings: Settings, pictures: Path) -> None:
    with pytest.raises(NotAFolder):
        browsing.below(settings, pictures / "Ana" / "0.jpg")


def test_the_way_leads_from_the_root_to_the_folder(settings: Settings, pictures: Path) -> None:
    way = browsing.above(settings, pictures / "Year" / "Ben")
    assert way == [pictures, pictures / "Year", pictures / "Year" / "Ben"]


def test_the_programs_own_folder_comes_last_and_one_that_is_away_not_at_all(settings: Settings, pictures: Path) -> None:
    assert browsing.roots(settings) == [pictures, settings.datasets]
    pictures.rename(pictures.with_name("elsewhere"))
    assert browsing.roots(settings) == [settings.datasets]


def test_counting_stops_where_it_is_enough(pictures: Path) -> None:
    assert browsing.entries(pictures / "Ana", 100) == 3
    assert browsing.entries(pictures, 2) == 2
