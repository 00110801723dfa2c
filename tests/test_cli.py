"""The commands as a person gives them, on real small files; and what none of them may ever do."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from tests import photographs
from tests.archive.test_importing import state
from workbench import assets
from workbench.archive import catalog, photos, previews, sessions
from workbench.cli import main
from workbench.jobs import record
from workbench.screening import screen as screening
from workbench.settings import HOME, Settings, from_environment


@pytest.fixture
def pictures(settings: Settings) -> Path:
    """The allowed root of the test installation."""
    return settings.roots[1]


def environment(settings: Settings) -> dict[str, str]:
    """The test installation as environment variables."""
    return {
        "EYESPY_DATASETS": str(settings.datasets),
        "EYESPY_MODELS": str(settings.models),
        "EYESPY_ROOTS": str(settings.roots[1]),
        "EYESPY_ASSETS": str(settings.assets),
    }


def run(settings: Settings, *arguments: str | Path) -> Result:
    """One command in this process, under the test's own block of outgoing connections."""
    result = CliRunner().invoke(main, [str(one) for one in arguments], env=environment(settings))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def ok(settings: Settings, *arguments: str | Path) -> str:
    """Standard output of a command that must succeed."""
    result = run(settings, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def portrait(folder: Path, name: str, shift: int) -> None:
    """A portrait with open eyes; another photo for each shift."""
    with Image.open(assets.path(from_environment(), assets.GRACE_HOPPER)) as image:
        folder.mkdir(parents=True, exist_ok=True)
        image.convert("RGB").crop((shift, 0, 512, 600)).save(folder / name, quality=92)


def test_a_session_is_imported_screened_and_compared_with_labels(settings: Settings, pictures: Path) -> None:
    for number in range(4):
        portrait(pictures / "x/Grace", f"{number}.jpg", number)
    Image.new("RGB", (600, 400), "grey").save(pictures / "x/Grace/wall.jpg")
    rows = "".join(f"Grace,{number}.jpg,NON_BLINKING\n" for number in range(4))
    (pictures / "x/labels.csv").write_text(f"session,file,label\n{rows}", encoding="utf-8")
    (imported,) = json.loads(ok(settings, "import", pictures / "x", "--json"))
    assert (imported["new"], imported["no_face"], imported["labelled"]) == (5, 1, 4)
    screened = json.loads(ok(settings, "screen", "Grace", "--json"))
    assert screened["counts"] == {"keep": 4, "blink": 0, "cant_tell": 1}
    assert screened["photos"][0]["file"] == "wall.jpg" and screened["photos"][0]["probability"] is None
    evaluated = json.loads(ok(settings, "evaluate", "--json"))
    assert evaluated["photos"] == 4 and evaluated["figures"]["accuracy"]["value"] == 1
    assert "wall.jpg" in ok(settings, "screen", "Grace") and "0.jpg" not in ok(settings, "screen", "Grace")
    assert "0.jpg" in ok(settings, "screen", "Grace", "--all")


def test_originals_keep_bytes_and_times_through_everything(settings: Settings, pictures: Path, tmp_path: Path) -> None:
    for number in range(3):
        portrait(pictures / f"x/{'NON_' if number else ''}BLINKING", f"{number}.jpg", number)
    photographs.dng(pictures / "x/BLINKING/raw.dng", photographs.picture(1))
    before = state(pictures)
    ok(settings, "import", pictures / "x")
    ok(settings, "screen", "x", "--csv", tmp_path / "out.csv")
    ok(settings, "evaluate")
    ok(settings, "label", "--export", tmp_path / "labels.csv")
    engine = catalog.open_catalog(settings)
    for photo in photos.of_session(engine, sessions.find(engine, "x").id):
        assert previews.preview(settings, engine, photo.id, 1600)
    ok(settings, "import", pictures / "x", "--copy")
    ok(settings, "forget", "x", "--yes")
    assert state(pictures) == before


def test_figures_are_recorded_on_the_models_card(settings: Settings, pictures: Path) -> None:
    shutil.copytree(HOME / "models/blink/starter", settings.models / "blink/starter")
    for number in range(3):
        portrait(pictures / f"x/{'NON_' if number else ''}BLINKING", f"{number}.jpg", number)
    ok(settings, "import", pictures / "x")
    ok(settings, "evaluate", "x", "--record", "three portraits")
    measured = json.loads((settings.models / "blink/starter/card.json").read_text(encoding="utf-8"))["measured"]
    (mine,) = [one for one in measured if one["on"] == "three portraits"]
    assert (mine["photos"], mine["command"]) == (3, "evaluate x")
    assert mine["figures"]["accuracy"]["value"] == pytest.approx(2 / 3, abs=1e-4)


def test_labels_go_out_and_in_and_their_standing_is_told(settings: Settings, pictures: Path, tmp_path: Path) -> None:
    photographs.jpeg(pictures / "x/BLINKING/1.jpg", 1)
    photographs.jpeg(pictures / "x/NON_BLINKING/2.jpg", 2)
    ok(settings, "import", pictures / "x")
    assert "2 labels written" in ok(settings, "label", "--export", tmp_path / "out.csv")
    assert "0 new labels, 2 known" in ok(settings, "label", "--import", tmp_path / "out.csv")
    assert "1 BLINKING, 1 NON_BLINKING" in ok(settings, "label", "--folders", pictures / "sorted")
    assert "1 of 500 BLINKING" in ok(settings, "label")
    told = json.loads(ok(settings, "label", "--status", "--json"))["status"]
    assert (told["positive"], told["negative"], told["agreements"]) == (1, 1, [])
    refused = run(settings, "label", "--import", tmp_path / "none.csv")
    assert refused.exit_code == 1 and "not a readable table" in refused.stderr


def test_a_screening_as_csv_has_every_photo_and_no_formula(settings: Settings, pictures: Path, tmp_path: Path) -> None:
    photographs.jpeg(pictures / "Ana/=1+1.jpg", 1)
    ok(settings, "import", pictures / "Ana")
    ok(settings, "screen", "Ana", "--csv", tmp_path / "out.csv")
    (row,) = csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8"))
    assert row["file"] == "'=1+1.jpg" and row["verdict"] == "cant_tell"


def test_import_tells_each_file_that_it_could_not_take(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "Ana/good.jpg", 1)
    (pictures / "Ana/two\nlines.jpg").write_bytes(b"")
    out = ok(settings, "import", pictures / "Ana")
    assert "two\\nlines.jpg: not imported, the file is empty" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["import", "/etc"], "lies outside the folders that Eye Spy may read"),
        (["import", "none"], "lies outside"),
        (["screen", "Ana"], "There is no session “Ana”"),
        (["evaluate"], "Label some, or import a labels.csv"),
        (["forget", "Ana", "--yes"], "There is no session “Ana”"),
        (["relink", "Ana", "/etc"], "There is no session “Ana”"),
    ],
)
def test_bad_input_gets_one_sentence_and_status_one(settings: Settings, arguments: list[str], sentence: str) -> None:
    result = run(settings, *arguments)
    assert result.exit_code == 1 and sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1 and "Traceback" not in result.output


@pytest.mark.parametrize("pattern", ["[", "no group"])
def test_a_pattern_that_cannot_group_is_refused(settings: Settings, pictures: Path, pattern: str) -> None:
    result = run(settings, "import", pictures, "--group-by", pattern)
    assert result.exit_code == 2 and "--group-by" in result.stderr


def test_an_unknown_model_is_refused_with_those_that_are_there(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "Ana/1.jpg", 1)
    ok(settings, "import", pictures / "Ana")
    result = run(settings, "screen", "Ana", "--model", "best")
    assert result.exit_code == 1 and "starter" in result.stderr


def test_an_import_screens_what_came_in_when_asked_to(settings: Settings, pictures: Path) -> None:
    for shift in range(2):
        portrait(pictures / "shoots/Ana", f"{shift}.jpg", shift)
    (pictures / "shoots/Broken").mkdir()
    (pictures / "shoots/Broken/torn.jpg").write_bytes(b"no photo")
    ok(settings, "import", pictures / "shoots", "--screen")
    engine = catalog.open_catalog(from_environment(environment(settings)))
    (screened,) = screening.times(engine)
    assert sessions.find(engine, screened).name == "Ana", "one without a readable photo is told of, and no error"


def test_forgetting_a_client_takes_the_jobs_that_name_him(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "Ana/1.jpg", 1)
    ok(settings, "import", pictures / "Ana")
    engine = catalog.open_catalog(from_environment(environment(settings)))
    job = str(record.add(engine, ["import", str(pictures / "Ana")], "Import Ana", True))
    refused = run(settings, "forget", "Ana", "--yes")
    assert refused.exit_code == 1 and "while work goes on" in refused.stderr
    record.ask_to_cancel(engine, job)
    ok(settings, "forget", "Ana", "--yes")
    assert record.every(engine) == []


def test_forget_asks_first_and_a_no_changes_nothing(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "Ana/1.jpg", 1)
    ok(settings, "import", pictures / "Ana")
    runner = CliRunner()
    refused = runner.invoke(main, ["forget", "Ana"], env=environment(settings), input="n\n")
    assert refused.exit_code == 1 and "Would erase “Ana”" in refused.stdout
    assert "Ana" in ok(settings, "sessions")
    assert "Erased “Ana”" in ok(settings, "forget", "Ana", "--yes")
    assert "No session yet" in ok(settings, "sessions")


def test_relink_and_sessions_say_where_a_session_is(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "Ana/1.jpg", 1)
    ok(settings, "import", pictures / "Ana")
    (pictures / "Ana").rename(pictures / "Ana B")
    assert json.loads(ok(settings, "sessions", "--json"))[0]["away"] is True
    ok(settings, "relink", "Ana", pictures / "Ana B")
    assert json.loads(ok(settings, "sessions", "--json"))[0]["away"] is False


def test_doctor_is_content_with_a_good_installation_and_names_the_cure_for_a_bad_one(
    settings: Settings, tmp_path: Path
) -> None:
    assert "wrong" not in ok(settings, "doctor")
    bad = {**environment(settings), "EYESPY_ASSETS": str(tmp_path / "none")}
    result = CliRunner().invoke(main, ["doctor"], env=bad)
    assert result.exit_code == 1 and "make setup" in result.stdout
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged/catalog.db").write_bytes(b"x" * 5000)
    result = CliRunner().invoke(
        main, ["doctor"], env={**environment(settings), "EYESPY_DATASETS": str(tmp_path / "damaged")}
    )
    assert result.exit_code == 1 and "backups folder" in result.stdout


def test_every_command_explains_itself(settings: Settings) -> None:
    for name in main.commands:
        assert len(ok(settings, name, "--help").splitlines()) > 4


def test_screening_never_imports_tensorflow_streamlit_or_keras(settings: Settings, pictures: Path) -> None:
    portrait(pictures / "Grace", "1.jpg", 1)
    code = (
        "import sys; from workbench.cli import main\n"
        "for arguments in (['import', sys.argv[1]], ['screen', 'Grace'], ['evaluate']):\n"
        "    try: main(arguments)\n"
        "    except SystemExit: pass\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'tensorflow', 'keras', 'streamlit'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(pictures / "Grace")],
        env={**os.environ, **environment(settings), "PYTHONPATH": str(HOME)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "1 keep" in done.stdout and done.stdout.strip().endswith("[]")


def test_commands_that_find_no_photo_leave_the_archive_empty(settings: Settings, pictures: Path) -> None:
    assert run(settings, "import", pictures).exit_code == 1
    assert "No session yet" in ok(settings, "sessions")
