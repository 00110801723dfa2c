"""`screen` as a person, a script and an editor's plug-in give it: a session, a folder, a list of photos."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from tests import photographs
from tests.archive.test_importing import state
from tests.test_cli import environment, ok, portrait, run
from workbench import report
from workbench.archive import catalog, operations, photos, sessions
from workbench.archive.sessions import Session
from workbench.cli import main
from workbench.faults import BLINK
from workbench.jobs import command as jobs_command
from workbench.screening import exceptions, review, screen
from workbench.screening.review import MOVE, Gesture
from workbench.settings import Settings


@pytest.fixture
def pictures(settings: Settings) -> Path:
    """The allowed root of the test installation."""
    return settings.roots[1]


@pytest.fixture
def ana(pictures: Path) -> Path:
    """A folder that is no session yet: two portraits and a wall."""
    for number in range(2):
        portrait(pictures / "Ana", f"{number}.jpg", number)
    Image.new("RGB", (300, 200), "grey").save(pictures / "Ana/wall.jpg")
    return pictures / "Ana"


def listed(settings: Settings, *arguments: str | Path, paths: list[str] | bytes) -> Result:
    """The command with such a list of photos on its standard input."""
    text = paths if isinstance(paths, bytes) else "\n".join(paths).encode()
    return CliRunner().invoke(main, [str(one) for one in arguments], env=environment(settings), input=text)


def session_of(settings: Settings, name: str) -> Session:
    return sessions.find(catalog.open_catalog(settings), name)


def test_a_folder_that_is_no_session_yet_is_brought_in_and_screened_in_one_go(settings: Settings, ana: Path) -> None:
    before = state(ana)
    document = json.loads(ok(settings, "screen", ana, "--json"))
    assert document["counts"] == {"keep": 2, "blink": 0, "cant_tell": 1} and document["finished"]
    assert {row["path"] for row in document["photos"]} == {str(ana / name) for name in ("wall.jpg", "0.jpg", "1.jpg")}
    assert document["photos"][0]["file"] == "wall.jpg", "what wants to be looked at comes first"
    assert document["failed"] == [] and state(ana) == before
    again = json.loads(ok(settings, "screen", ana, "--json"))
    assert again["session"] == document["session"] == "Ana" and len(again["photos"]) == 3
    assert "1 can't tell" in ok(settings, "screen", "Ana"), "and by its name"


def test_a_folder_of_sessions_gives_them_all_and_their_sum(settings: Settings, pictures: Path) -> None:
    for name in ("Ana", "Ben"):
        photographs.jpeg(pictures / f"shoots/{name}/1.jpg", len(name) + ord(name[0]))
    document = json.loads(ok(settings, "screen", pictures / "shoots", "--json"))
    assert document["counts"]["cant_tell"] == 2
    assert [one["session"] for one in document["sessions"]] == ["Ana", "Ben"]
    text = ok(settings, "screen", pictures / "shoots")
    assert "Ana: 0 keep" in text and "Ben: 0 keep" in text


def test_lines_are_group_probability_and_path(settings: Settings, ana: Path) -> None:
    rows = [line.split("\t") for line in ok(settings, "screen", ana, "--lines").splitlines()]
    assert sorted((group, path) for group, _, path in rows) == [
        ("cant_tell", str(ana / "wall.jpg")),
        ("keep", str(ana / "0.jpg")),
        ("keep", str(ana / "1.jpg")),
    ]
    assert all(float(probability) < 0.5 for group, probability, _ in rows if group == "keep")
    assert [probability for group, probability, _ in rows if group == "cant_tell"] == [""]


def test_only_the_photos_of_a_list_are_brought_in_and_told_about(settings: Settings, ana: Path) -> None:
    done = listed(settings, "screen", ana, "--photos", "-", "--lines", paths=[str(ana / "1.jpg"), ""])
    assert done.exit_code == 0
    assert [line.split("\t")[2] for line in done.stdout.splitlines()] == [str(ana / "1.jpg")]
    engine = catalog.open_catalog(settings)
    assert [photo.name for photo in photos.of_session(engine, session_of(settings, "Ana").id)] == ["1.jpg"]
    wall = listed(settings, "screen", "Ana", "--photos", "-", "--json", paths=[str(ana / "wall.jpg")])
    assert [row["file"] for row in json.loads(wall.stdout)["photos"]] == ["wall.jpg"]
    assert len(photos.of_session(engine, session_of(settings, "Ana").id)) == 2


def test_a_list_needs_no_folder_and_may_come_from_a_file_of_another_system(
    settings: Settings, ana: Path, tmp_path: Path
) -> None:
    for number, name in enumerate(("cover", "2026/1")):
        photographs.jpeg(ana.parent / f"Ben/{name}.jpg", 9 + number)
    ok(settings, "import", ana.parent / "Ben")
    paths = [ana / "0.jpg", ana.parent / "Ben/2026/1.jpg"]
    (tmp_path / "list.txt").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(map(str, paths)).encode())
    text = ok(settings, "screen", "--photos", tmp_path / "list.txt", "--lines")
    assert sorted(line.split("\t")[2] for line in text.splitlines()) == sorted(map(str, paths))
    names = {session.name for session in sessions.every(catalog.open_catalog(settings))}
    assert names == {"Ana", "Ben"}, "a photo of a known session stays one of it"


def test_a_raw_is_told_by_the_path_that_was_asked_for(settings: Settings, pictures: Path) -> None:
    portrait(pictures / "Ana", "1.jpg", 1)
    with Image.open(pictures / "Ana/1.jpg") as preview:
        photographs.dng(pictures / "Ana/1.dng", preview.convert("RGB"))
    raw, both = str(pictures / "Ana/1.dng"), [str(pictures / "Ana/1.dng"), str(pictures / "Ana/1.jpg")]
    alone = listed(settings, "screen", "--photos", "-", "--lines", paths=[raw])
    assert [line.split("\t")[2] for line in alone.stdout.splitlines()] == [raw]
    pair = listed(settings, "screen", "--photos", "-", "--lines", paths=both)
    assert sorted(line.split("\t")[2] for line in pair.stdout.splitlines()) == both


def test_what_of_a_list_cannot_be_taken_is_named_and_the_rest_is_done(
    settings: Settings, ana: Path, tmp_path: Path
) -> None:
    (ana / "torn.jpg").write_bytes(b"no photo")
    (ana / "notes.txt").write_text("no photo")
    Image.new("RGB", (30, 20)).save(tmp_path / "outside.jpg")
    bad = [ana / "torn.jpg", ana / "notes.txt", ana / "gone.jpg", tmp_path / "outside.jpg"]
    done = listed(settings, "screen", "--photos", "-", "--json", paths=list(map(str, [ana / "0.jpg", *bad])))
    assert done.exit_code == 3
    document = json.loads(done.stdout)
    assert [row["file"] for row in document["photos"]] == ["0.jpg"]
    assert {problem["name"] for problem in document["failed"]} == set(map(str, bad))
    for path in bad:
        assert str(path) in done.stderr


@pytest.mark.parametrize(
    ("paths", "sentence"),
    [(b"\n\n", "it is empty"), (b"/nowhere/1.jpg", "outside the folders"), (b"\xff\xfe\n", "outside the folders")],
)
def test_a_list_without_one_photo_is_refused_with_a_sentence(settings: Settings, paths: bytes, sentence: str) -> None:
    done = listed(settings, "screen", "--photos", "-", paths=paths)
    assert done.exit_code == 1 and sentence in done.stderr and done.stdout == ""


def test_an_unreadable_file_is_named_and_the_status_says_so(settings: Settings, ana: Path) -> None:
    (ana / "torn.jpg").write_bytes(b"no photo")
    done = run(settings, "screen", ana)
    assert done.exit_code == 3 and "1 can't tell" in done.stdout and str(ana / "torn.jpg") in done.stderr
    for path in ana.glob("[!t]*.jpg"):
        path.unlink()
    for number in (1, 2):
        (ana / f"torn {number}.jpg").write_bytes(b"no photo either")
    nothing = run(settings, "screen", _renamed(ana))
    assert nothing.exit_code == 1 and "no readable photo" in nothing.stderr and "torn 2.jpg" in nothing.stderr


def _renamed(folder: Path) -> Path:
    return folder.rename(folder.with_name("Nobody"))


def test_the_threshold_holds_for_this_screening_alone(settings: Settings, ana: Path) -> None:
    strict = json.loads(ok(settings, "screen", ana, "--threshold", "0.0001", "--json"))
    assert (strict["threshold"], strict["counts"]["blink"]) == (0.0001, 2)
    engine = catalog.open_catalog(settings)
    kept = screen.latest(engine, session_of(settings, "Ana").id)
    assert kept is not None and kept.threshold == 0.0001
    assert json.loads(ok(settings, "screen", "Ana", "--json"))["counts"]["blink"] == 0


def test_exceptions_stay_with_the_session(settings: Settings, ana: Path) -> None:
    ok(settings, "screen", ana, "--exceptions", "looking-down=keep", "--exceptions", "faces=any")
    engine = catalog.open_catalog(settings)
    known = session_of(settings, "Ana").id
    assert exceptions.of_session(engine, known) == {"looking down": "keep", "faces": "any"}
    ok(settings, "screen", "Ana", "--exceptions", "faces=nothing")
    assert exceptions.of_session(engine, known) == {"looking down": "keep"}


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("Ana", "--exceptions", "crying=keep"),
        ("Ana", "--exceptions", "laughing"),
        ("Ana", "--threshold", "1"),
        ("Ana", "--json", "--lines"),
        ("Ana", "--to", "xmp"),
        ("Ana", "--to", "mail"),
    ],
)
def test_wrong_usage_has_a_status_of_its_own(settings: Settings, arguments: tuple[str, ...]) -> None:
    assert run(settings, "screen", *arguments).exit_code == 2
    assert sessions.every(catalog.open_catalog(settings)) == []


def test_a_dry_run_for_an_editor_shows_every_change_and_writes_nothing(settings: Settings, ana: Path) -> None:
    before = state(ana)
    text = ok(settings, "screen", ana, "--to", "xmp", "--preset", "lightroom", "--dry-run")
    assert "wall.jpg" in text and "Yellow" in text and "Nothing was written" in text
    assert state(ana) == before


def test_a_session_is_not_handed_over_before_its_review(settings: Settings, ana: Path) -> None:
    before = state(ana)
    refused = run(settings, "screen", ana, "--to", "xmp", "--preset", "lightroom")
    assert refused.exit_code == 1 and "not reviewed" in refused.stderr and state(ana) == before


def test_an_editor_that_reviews_itself_gets_its_photos_at_once(settings: Settings, ana: Path) -> None:
    before = state(ana)
    arguments = ("--to", "xmp", "--preset", "lightroom", "--unreviewed", "--json", "--photos", "-")
    done = listed(settings, "screen", *arguments, paths=[str(ana / "wall.jpg"), str(ana / "0.jpg")])
    document = json.loads(done.stdout)
    assert done.exit_code == 0 and document["handed_over"]["written"] == 1 and len(document["photos"]) == 2
    changed = [name for name, was in state(ana).items() if before.get(name) != was]
    assert changed == ["wall.jpg"]
    assert b"Yellow" in (ana / "wall.jpg").read_bytes()
    again = json.loads(ok(settings, "screen", ana, "--json"))
    assert again["counts"]["cant_tell"] == 1 and len(again["photos"]) == 3, "it is still the same photo"


def test_a_table_has_one_row_for_each_photo_of_every_session(
    settings: Settings, pictures: Path, tmp_path: Path
) -> None:
    for name in ("Ana", "Ben"):
        photographs.jpeg(pictures / f"shoots/{name}/=1.jpg", ord(name[0]))
    ok(settings, "screen", pictures / "shoots", "--csv", tmp_path / "out.csv")
    rows = list(csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8")))
    assert [(row["session"], row["file"]) for row in rows] == [("Ana", "'=1.jpg"), ("Ben", "'=1.jpg")]


def test_a_name_that_breaks_lines_breaks_none(settings: Settings, pictures: Path) -> None:
    name = "two\nlines\t.jpg"
    photographs.jpeg(pictures / "Ana" / name, 1)
    (line,) = ok(settings, "screen", pictures / "Ana", "--lines").splitlines()
    assert line.count("\t") == 2 and line.endswith("two\\nlines\\t.jpg")


def test_a_folder_outside_the_roots_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    done = run(settings, "screen", tmp_path / "secret")
    assert done.exit_code == 1 and "outside the folders" in done.stderr
    gone = run(settings, "screen", settings.roots[1] / "gone")
    assert gone.exit_code == 1 and "is not a folder" in gone.stderr


def test_a_relative_folder_is_meant_as_such_also_in_a_job(
    settings: Settings, ana: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ana.parent)
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    with main.make_context("workbench", ["sessions"]) as context:
        main.invoke(context)
        for given in ("Ana", f"Ana{os.sep}", f".{os.sep}Ana"):
            assert jobs_command._checked(context, ("screen", given)) == ["screen", str(ana)]
        assert "Ana: 2 keep" in ok(settings, "screen", "Ana")
        assert jobs_command._checked(context, ("screen", "Ana")) == ["screen", "Ana"], "it is a session by now"
        assert jobs_command._checked(context, ("screen", f"Ana{os.sep}")) == ["screen", str(ana)]


def test_a_line_that_is_no_path_is_named_and_the_rest_done(settings: Settings, ana: Path) -> None:
    lines = [b"\0.jpg", b"~nobody-of-that-name/1.jpg", f"{ana}/{'n' * 5000}".encode(), str(ana / "0.jpg").encode()]
    done = listed(settings, "screen", "--photos", "-", "--json", paths=b"\n".join(lines))
    document = json.loads(done.stdout)
    assert done.exit_code == 3 and len(document["photos"]) == 1
    assert [problem["reason"] for problem in document["failed"]] == ["it is no path"] * 3


def test_a_folder_that_is_brought_in_again_keeps_the_threshold_that_was_set(settings: Settings, ana: Path) -> None:
    ok(settings, "import", ana, "--screen")
    engine, found = catalog.open_catalog(settings), session_of(settings, "Ana")
    screen.set_threshold(engine, found.id, 0.9)
    portrait(ana, "2.jpg", 2)
    ok(settings, "import", ana, "--screen")
    newest = screen.latest(engine, found.id)
    assert newest is not None and (newest.threshold, len(newest.verdicts)) == (0.9, 4)
    ok(settings, "screen", "Ana")
    judged = screen.latest(engine, found.id)
    assert judged is not None and judged.threshold == 0.5, "screened anew, the model judges as before"


# ---- several sessions handed over at once


@pytest.fixture
def shoots(pictures: Path) -> Path:
    """A folder of two sessions, each of a photo that cannot be told."""
    for name in ("Ana", "Ben"):
        photographs.jpeg(pictures / f"shoots/{name}/{name}.jpg", ord(name[0]))
    return pictures / "shoots"


TO_LIGHTROOM = ("--to", "xmp", "--preset", "lightroom")


def decided(settings: Settings, name: str) -> None:
    """What can't be told of that session is decided."""
    engine, session = catalog.open_catalog(settings), session_of(settings, name)
    ids = tuple(photo.id for photo in photos.of_session(engine, session.id))
    client = operations.open_client(engine, "Ana")
    review.store(engine, session.id, BLINK, client, [Gesture(1, MOVE, ids, "blink", None)])


def test_nothing_is_written_unless_all_sessions_are_reviewed(settings: Settings, shoots: Path) -> None:
    ok(settings, "screen", shoots)
    decided(settings, "Ana")
    before = state(shoots)
    refused = run(settings, "screen", shoots, *TO_LIGHTROOM)
    assert refused.exit_code == 1 and "Nothing was written" in refused.stderr and "“Ben”" in refused.stderr
    assert state(shoots) == before
    decided(settings, "Ben")
    ok(settings, "screen", shoots, *TO_LIGHTROOM)
    assert all(b"Red" in file.read_bytes() for file in shoots.rglob("*.jpg"))


class Row:
    """Where a job's progress and result go."""

    def __init__(self, at: Callable[[str], object] = lambda what: None) -> None:
        self.at, self.kept = at, dict[str, Any]()

    def step(self, what: str, done: int = 0, total: int | None = None) -> None:
        self.at(what)

    def result(self, result: dict[str, Any]) -> None:
        self.kept = result


def test_a_session_that_cannot_be_handed_over_is_named_and_what_was_done_is_told(
    settings: Settings, shoots: Path
) -> None:
    def unplug(what: str) -> None:
        if what == "Writing" and (shoots / "Ben").exists():
            (shoots / "Ben").rename(shoots.parent / "away")

    with report.telling(row := Row(unplug)):
        done = run(settings, "screen", shoots, *TO_LIGHTROOM, "--unreviewed", "--json")
    document = json.loads(done.stdout)
    assert b"Yellow" in (shoots / "Ana/Ana.jpg").read_bytes()
    assert [one["handed_over"].get("written") for one in document["sessions"]] == [1, None]
    for told in (document, row.kept):
        ((name, reason),) = [(problem["name"], problem["reason"]) for problem in told["failed"]]
        assert name == "Ben" and "is away" in reason
    assert "Ben: " in done.stderr and "is away" in done.stderr


def test_one_table_holds_every_session_that_is_handed_over(settings: Settings, shoots: Path, tmp_path: Path) -> None:
    table = tmp_path / "out.csv"
    document = json.loads(ok(settings, "screen", shoots, "--to", "csv", "--file", table, "--unreviewed", "--json"))
    with table.open(encoding="utf-8") as file:
        assert [row["session"] for row in csv.DictReader(file)] == ["Ana", "Ben"]
    assert [len(one["photos"]) for one in document["sessions"]] == [1, 1]
    assert [one["handed_over"]["photos"][0]["session"] for one in document["sessions"]] == ["Ana", "Ben"]


@pytest.mark.parametrize("way", [TO_LIGHTROOM, ("--to", "csv"), ("--to", "list")])
def test_a_job_holds_nothing_photo_by_photo(
    settings: Settings, shoots: Path, tmp_path: Path, way: tuple[str, ...]
) -> None:
    """For its row is not searched photo by photo when a client is forgotten."""
    with report.telling(row := Row()):
        ok(settings, "screen", shoots, *way, "--unreviewed", "--file", tmp_path / "out.csv")
    kept = json.dumps(row.kept)
    assert '"handed_over"' in kept and "Ana.jpg" not in kept and "Ben.jpg" not in kept
