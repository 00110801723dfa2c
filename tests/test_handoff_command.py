"""`handoff` as a person or an editor's export action gives it: what it says, what it writes, how it ends."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from tests.screening.handing import Shoot, again, installation, says, set_fields, shoot, snapshot
from tests.test_cli import environment
from workbench import report
from workbench.cli import main
from workbench.commands import handoff as command
from workbench.screening import xmp
from workbench.settings import Settings

GROUPS = {"1.jpg": "blink", "2.tif": "cant_tell", "3.nef": "blink", "4.jpg": "keep"}
TO_LIGHTROOM = ("Ana", "--to", "xmp", "--preset", "lightroom")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Shoot:
    return shoot(installation(tmp_path_factory.mktemp("model")), GROUPS)


@pytest.fixture
def ana(model: Shoot, settings: Settings) -> Shoot:
    """A reviewed session."""
    return again(model, settings)


def run(settings: Settings, *arguments: str | Path) -> Result:
    """`handoff` in this process."""
    said = ["handoff", *map(str, arguments)]
    result = CliRunner().invoke(main, said, env=environment(settings) | {"EYESPY_LABELLER": "Ana"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def ok(settings: Settings, *arguments: str | Path) -> str:
    result = run(settings, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def document(settings: Settings, *arguments: str | Path) -> Any:
    return json.loads(ok(settings, *arguments, "--json"))


def test_a_dry_run_lists_every_change_and_writes_nothing(ana: Shoot) -> None:
    before = snapshot(ana.folder)
    said = ok(ana.settings, *TO_LIGHTROOM, "--dry-run")
    assert "1.jpg: colour label none → “Red”, label colour none → “red”" in said
    assert "2.tif: colour label none → “Yellow”" in said and "3.xmp: colour label" in said and "4.jpg" not in said
    assert "Would write 3 files. Nothing was written." in said and snapshot(ana.folder) == before
    told = document(ana.settings, *TO_LIGHTROOM, "--dry-run")
    assert (told["dry_run"], told["planned"], told["written"], told["handoff"]) == (True, 3, 0, None)
    assert [(one["file"], one["kind"], one["group"]) for one in told["changes"]] == [
        ("1.jpg", "embedded", "blink"),
        ("2.tif", "embedded", "cant_tell"),
        ("3.xmp", "sidecar", "blink"),
    ]


def test_written_listed_and_taken_back(ana: Shoot) -> None:
    before = snapshot(ana.folder)
    said = ok(ana.settings, *TO_LIGHTROOM)
    assert "Wrote 3 files." in said and "Read Metadata from Files" in said and "handoff --undo " in said
    assert says(ana.path("1.jpg"))[xmp.LABEL] == "Red"
    assert "There was nothing to write; 3 are so already." in ok(ana.settings, *TO_LIGHTROOM)
    (made,) = document(ana.settings, "Ana", "--list")
    assert (made["kind"], made["labeller"], made["written"], made["options"]["preset"]) == (
        "xmp",
        "Ana",
        3,
        "lightroom",
    )
    assert f"{made['id']}" in (told := ok(ana.settings, "--list")) and "xmp lightroom: 3 files" in told
    assert "Took back 3 files" in ok(ana.settings, "--undo", "latest")
    assert snapshot(ana.folder) == before and "undone" in ok(ana.settings, "Ana", "--list")
    again = run(ana.settings, "--undo", made["id"])
    assert again.exit_code == 1 and "has been undone already" in again.output


def test_colours_and_flags_are_chosen(ana: Shoot) -> None:
    chosen = ("--blink", "purple", "--cant-tell", "none", "--keep", "Green", "--pick", "--reject")
    told = document(ana.settings, *TO_LIGHTROOM, *chosen)
    after = {one["file"]: one["after"] for one in told["changes"]}
    assert after["1.jpg"] == {"xmp:Label": "Purple", "photoshop:LabelColor": "purple"} | {
        "xmpDM:pick": "-1",
        "xmpDM:good": "False",
    }
    assert after["4.jpg"]["xmp:Label"] == "Green" and after["4.jpg"]["xmpDM:pick"] == "1" and "2.tif" not in after


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("Nobody", "--to", "xmp", "--preset", "lightroom"), 1, "There is no session “Nobody”"),
        (("Ana", "--to", "xmp", "--preset", "capture-one", "--reject"), 1, "does not read what --reject"),
        (("--undo", "latest"), 1, "There is no hand-off “latest”"),
        (("Ana", "--to", "copies", "--folder", "/"), 1, "lies outside the folders"),
        (("Ana", "--to", "xmp"), 2, "--to xmp needs --preset"),
        (("Ana", "--to", "links"), 2, "--to links needs --folder"),
        (("Ana", "--to", "csv"), 2, "--to csv needs --file"),
        (("Ana",), 2, "Name a SESSION and what it is handed over as"),
        (("Ana", "--to", "move"), 2, "'move' is not one of"),
        (("Ana", "--to", "xmp", "--preset", "picasa"), 2, "'picasa' is not one of"),
        (("Ana", "--to", "xmp", "--preset", "bridge", "--blink", "pink"), 2, "'pink' is not one of"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(ana: Shoot, arguments: tuple[str, ...], status: int, words: str) -> None:
    before = snapshot(ana.folder)
    result = run(ana.settings, *arguments)
    assert (result.exit_code, words in result.output) == (status, True), result.output
    assert snapshot(ana.folder) == before


def test_files_that_fail_are_named_and_the_status_is_three(ana: Shoot) -> None:
    ana.path("1.jpg").chmod(0o444)
    dry = run(ana.settings, *TO_LIGHTROOM, "--dry-run")
    assert dry.exit_code == 3 and "1.jpg: it is read-only" in dry.stderr
    result = run(ana.settings, *TO_LIGHTROOM, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 3 and "1.jpg: it is read-only" in result.stderr
    assert told["written"] == 2 and told["problems"] == [{"name": "1.jpg", "reason": "it is read-only"}]


def test_what_others_changed_is_told_by_undo(ana: Shoot) -> None:
    ok(ana.settings, *TO_LIGHTROOM)
    set_fields(ana.path("1.jpg"), {xmp.LABEL: "Green"})
    told = document(ana.settings, "Ana", "--undo", "latest")
    assert told["written"] == 3 and [one["name"] for one in told["left"]] == ["1.jpg"]


def test_only_after_the_review_unless_said_otherwise(settings: Settings) -> None:
    ben = shoot(settings, {"1.jpg": "blink"}, reviewed=False, name="Ben")
    dry = ok(settings, "Ben", *TO_LIGHTROOM[1:], "--dry-run")
    assert "The review is not complete yet." in dry
    for asked in (TO_LIGHTROOM[1:], ("--to", "list"), ("--to", "csv", "--file", settings.roots[1] / "out.csv")):
        result = run(settings, "Ben", *asked)
        assert result.exit_code == 1 and "is not reviewed yet" in result.output
    assert "Wrote 1 file." in ok(settings, "Ben", *TO_LIGHTROOM[1:], "--unreviewed")
    assert says(ben.path("1.jpg"))


def test_copies_and_links(ana: Shoot) -> None:
    target = ana.folder.parent / "deliver"
    said = ok(ana.settings, "Ana", "--to", "copies", "--folder", target, "--dry-run")
    assert f"→ {target / '4.jpg'}" in said and not target.exists()
    assert document(ana.settings, "Ana", "--to", "copies", "--folder", target)["written"] == 1
    hard = document(ana.settings, "Ana", "--to", "links", "--hard", "--folder", target / "x", "--group", "blink")
    assert hard["written"] == 2 and (target / "x/1.jpg").samefile(ana.path("1.jpg"))
    assert document(ana.settings, "Ana", "--to", "links", "--folder", target / "y")["written"] == 1
    assert (target / "y/4.jpg").is_symlink()
    for _ in range(3):
        ok(ana.settings, "--undo", "latest")
    assert not target.exists() and ana.path("4.jpg").exists()


def test_a_list_of_names_to_paste(ana: Shoot) -> None:
    assert ok(ana.settings, "Ana", "--to", "list") == "3\n1\n"
    assert ok(ana.settings, "Ana", "--to", "list", "--separator", "space") == "3 1\n"
    everything = ("--group", "keep", "--group", "blink", "--group", "cant-tell")
    assert ok(ana.settings, "Ana", "--to", "list", "--separator", "comma", *everything) == "3, 1, 2, 4\n"
    assert document(ana.settings, "Ana", "--to", "list")["names"] == ["3", "1"]
    ana.review({"1.jpg": "keep", "3.nef": "keep"})
    assert ok(ana.settings, "Ana", "--to", "list") == ""


def test_a_table_whose_cells_no_spreadsheet_runs(settings: Settings) -> None:
    shoot(settings, {"=1+1.jpg": "blink", "2.jpg": "keep"})
    out = settings.roots[1] / "out.csv"
    assert "Would write 2 rows" in ok(settings, "Ana", "--to", "csv", "--file", out, "--dry-run") and not out.exists()
    assert "Wrote 2 rows" in ok(settings, "Ana", "--to", "csv", "--file", out)
    with out.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["file"], row["verdict"], row["reason"]) for row in rows] == [
        ("'=1+1.jpg", "blink", "reviewed"),
        ("2.jpg", "keep", "told by the test"),
    ]


def test_a_job_keeps_what_was_done_and_ends_well(ana: Shoot) -> None:
    kept: list[dict[str, Any]] = []
    steps: list[tuple[str, int, int | None]] = []

    class Row:
        def step(self, what: str, done: int = 0, total: int | None = None) -> None:
            steps.append((what, done, total))

        def result(self, result: dict[str, Any]) -> None:
            kept.append(result)

    ana.path("1.jpg").chmod(0o444)
    with report.telling(Row()):
        result = run(ana.settings, *TO_LIGHTROOM)
    assert result.exit_code == 0, "a job whose files failed in part is done; its result names them"
    assert (kept[0]["written"], len(kept[0]["problems"])) == (2, 1) and kept[0]["handoff"]
    assert steps[-1] == ("Writing", 2, 2)


def test_the_options_are_there_for_other_commands(ana: Shoot) -> None:
    """As `screen FOLDER --to xmp …` uses them, for some photos alone."""

    class Bench:
        settings, engine = ana.settings, ana.engine

    @click.command()
    @command.options
    def screen(**given: Any) -> None:
        asked = command.request(given)
        assert asked is not None
        only = [ana.ids["1.jpg"], ana.ids["4.jpg"]]
        command.hand_over(Bench(), ana.session, asked, as_json=True, only=only, about={"screening": "x"})

    result = CliRunner().invoke(screen, ["--to", "xmp", "--preset", "lightroom", "--dry-run"])
    told = json.loads(result.stdout)
    assert told["screening"] == "x" and [one["file"] for one in told["changes"]] == ["1.jpg"]
    assert command.request({"to": None}) is None


def test_an_undone_file_that_is_away_can_be_undone_later(ana: Shoot) -> None:
    ok(ana.settings, *TO_LIGHTROOM)
    away = ana.folder.with_name("away")
    ana.folder.rename(away)
    result = run(ana.settings, "--undo", "latest")
    assert result.exit_code == 3 and "its folder is away" in result.stderr
    away.rename(ana.folder)
    assert "Took back 3 files" in ok(ana.settings, "--undo", "latest")


def test_names_with_escape_codes_are_shown_and_not_obeyed(settings: Settings) -> None:
    shoot(settings, {"a\x1b[31m.jpg": "blink"})
    said = ok(settings, "Ana", "--to", "xmp", "--preset", "lightroom", "--dry-run")
    assert "\x1b" not in said and "\\x1b[31m.jpg" in said
