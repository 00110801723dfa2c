"""What lies in a folder that is to be imported."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests import photographs
from workbench.archive import folders
from workbench.archive.folders import BadLabelsFile, NotAFolder, NothingToImport
from workbench.errors import OutsideRoots
from workbench.settings import Settings


@pytest.fixture
def pictures(settings: Settings) -> Path:
    """The allowed root of the test installation."""
    return settings.roots[1]


def _touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_a_folder_of_photos_is_one_session_with_its_sub_folders(settings: Settings, pictures: Path) -> None:
    _touch(
        pictures / "Ana/1.jpg",
        pictures / "Ana/selects/2.JPG",
        pictures / "Ana/notes.txt",
        pictures / "Ana/.x.jpg",
    )
    (plan,) = folders.plan(pictures / "Ana", settings)
    assert (plan.name, plan.others) == ("Ana", 1)
    assert [found.name for found in plan.files] == ["1.jpg", "selects/2.JPG"]


def test_a_folder_of_folders_is_a_session_each(settings: Settings, pictures: Path) -> None:
    _touch(pictures / "2026/Ana/1.jpg", pictures / "2026/Ben/1.jpg", pictures / "2026/Empty/notes.txt")
    assert [plan.name for plan in folders.plan(pictures / "2026", settings)] == ["Ana", "Ben"]


def test_class_folders_give_labels_and_groups(settings: Settings, pictures: Path) -> None:
    _touch(
        pictures / "x/BLINKING/7_a.jpg",
        pictures / "x/NON_BLINKING/7_b.jpg",
        pictures / "x/NON_BLINKING/open.jpg",
    )
    (plan,) = folders.plan(pictures / "x", settings, group_by=re.compile(r"^(\d+)_"))
    assert [(found.name, found.label, found.group) for found in plan.files] == [
        ("BLINKING/7_a.jpg", "BLINKING", "7"),
        ("NON_BLINKING/7_b.jpg", "NON_BLINKING", "7"),
        ("NON_BLINKING/open.jpg", "NON_BLINKING", None),
    ]


def test_a_labels_file_names_sessions_labels_and_groups(settings: Settings, pictures: Path) -> None:
    _touch(pictures / "x/c0/1.jpg", pictures / "x/c0/2.jpg", pictures / "x/c1/1.jpg")
    rows = "session,file,label,group\nc0,1.jpg,BLINKING,Ana\nc0,3.jpg,NON_BLINKING,\nc1,1.jpg,UNSURE,Ben\n"
    (pictures / "x/labels.csv").write_text(rows, encoding="utf-8")
    one, other = folders.plan(pictures / "x", settings)
    assert [(found.name, found.label, found.group) for found in one.files] == [
        ("1.jpg", "BLINKING", "Ana"),
        ("2.jpg", None, None),
    ]
    assert one.missing == ("3.jpg",)
    assert [(found.label, found.group) for found in other.files] == [("UNSURE", "Ben")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("session,file\na,b\n", "column label is missing"),
        ("session,file,label\nc0,1.jpg,SLEEPING\n", "unknown label “SLEEPING”"),
        ("", "column file, label, session is missing"),
        ("session,file,label\nc0,1.jpg\n", "line 2 has not one cell"),
        ('session,file,label\n"c0,1.jpg\n', "not a readable table"),
    ],
)
def test_a_wrong_labels_file_is_refused_with_its_reason(
    settings: Settings, pictures: Path, text: str, reason: str
) -> None:
    _touch(pictures / "x/c0/1.jpg")
    (pictures / "x/labels.csv").write_text(text, encoding="utf-8")
    with pytest.raises(BadLabelsFile, match=reason):
        folders.plan(pictures / "x", settings)


def test_a_labels_file_cannot_lead_out_of_its_folder(settings: Settings, pictures: Path, tmp_path: Path) -> None:
    _touch(tmp_path / "secret/1.jpg", pictures / "x/1.jpg")
    (pictures / "x/labels.csv").write_text("session,file,label\n../../secret,1.jpg,BLINKING\n", encoding="utf-8")
    with pytest.raises(OutsideRoots):
        folders.plan(pictures / "x", settings)


def test_raw_and_jpeg_of_one_stem_are_one_photo(settings: Settings, pictures: Path) -> None:
    _touch(
        *(pictures / "Ana" / name for name in ("1.NEF", "1.jpg", "2.nef", "3.jpg", "4.cr3", "4.HIF", "5.arw", "5.tif"))
    )
    (plan,) = folders.plan(pictures / "Ana", settings)
    assert sorted((found.name, found.raw) for found in plan.files) == [
        ("1.jpg", "1.NEF"),
        ("2.nef", None),
        ("3.jpg", None),
        ("4.HIF", "4.cr3"),
        ("5.arw", None),
        ("5.tif", None),
    ]


def test_links_that_circle_lead_out_or_lead_nowhere_are_named(
    settings: Settings, pictures: Path, tmp_path: Path
) -> None:
    _touch(pictures / "Ana/1.jpg", tmp_path / "secret/2.jpg")
    (pictures / "Ana/again").symlink_to(pictures / "Ana")
    (pictures / "Ana/self").symlink_to(pictures / "Ana/self")
    (pictures / "Ana/out").symlink_to(tmp_path / "secret")
    (pictures / "Ana/out.jpg").symlink_to(tmp_path / "secret/2.jpg")
    (pictures / "Ana/gone.jpg").symlink_to(pictures / "Ana/none.jpg")
    (plan,) = folders.plan(pictures / "Ana", settings)
    assert [found.name for found in plan.files] == ["1.jpg"]
    assert {problem.name: problem.reason.split()[-1] for problem in plan.problems} == {
        "again": "circle",
        "self": "circle",
        "out": "folders",
        "out.jpg": "folders",
        "gone.jpg": "there",
    }


@pytest.mark.parametrize("path", ["../secret", "Ana/../../secret", "link"])
def test_paths_out_of_the_allowed_folders_are_refused(
    settings: Settings, pictures: Path, tmp_path: Path, path: str
) -> None:
    _touch(tmp_path / "secret/1.jpg", pictures / "Ana/1.jpg")
    (pictures / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(OutsideRoots, match="EYESPY_ROOTS"):
        folders.plan(pictures / path, settings)


def test_an_empty_folder_and_a_missing_one_are_refused(settings: Settings, pictures: Path) -> None:
    with pytest.raises(NothingToImport):
        folders.plan(pictures, settings)
    with pytest.raises(NotAFolder):
        folders.plan(pictures / "none", settings)


def test_odd_names_are_taken_as_they_are(settings: Settings, pictures: Path) -> None:
    names = ["smile 😀.jpg", "two\nlines.jpg", f"{'x' * 251}.jpg", "=1+1.jpg", "'quote\".jpg"]
    for number, name in enumerate(names):
        photographs.jpeg(pictures / "Ana" / name, number)
    (plan,) = folders.plan(pictures / "Ana", settings)
    assert {found.name for found in plan.files} == set(names)


@pytest.mark.skipif(os.uname().sysname == "Darwin", reason="macOS allows no such names")
def test_a_name_that_is_no_text_is_reported(settings: Settings, pictures: Path) -> None:
    (pictures / "Ana").mkdir()
    Path(os.fsdecode(os.fsencode(pictures / "Ana") + b"/caf\xe9.jpg")).write_bytes(b"x")
    (plan,) = folders.plan(pictures / "Ana", settings)
    (problem,) = plan.problems
    assert problem.name == "caf�.jpg" and "rename" in problem.reason
