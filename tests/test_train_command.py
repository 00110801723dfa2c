"""`train` as a person gives it, on made-up photos; figures of real ones are in test_accuracy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.learning import made_up
from tests.test_cli import environment, ok, run
from workbench.archive import catalog
from workbench.commands import train
from workbench.faults import BLINK
from workbench.learning import recipes, registry, sizing
from workbench.settings import HOME, Settings, from_environment
from workbench.vision import store

QUICK = ("train", "--network", "final", "--epochs", "1")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation with six labelled sessions."""
    home = tmp_path_factory.mktemp("train")
    for name in ("datasets", "models", "pictures"):
        (home / name).mkdir()
    folders = {"EYESPY_DATASETS": "datasets", "EYESPY_MODELS": "models", "EYESPY_ROOTS": "pictures"}
    env = {variable: str(home / name) for variable, name in folders.items()}
    settings = from_environment({**env, "EYESPY_ASSETS": str(from_environment().assets)})
    engine = catalog.open_catalog(settings)
    made_up.archive(settings, engine, photos=16, closed=5)
    engine.dispose()
    return settings


@pytest.fixture(scope="module")
def told(bench: Settings) -> dict[str, Any]:
    """What one training tells a program: in a process of its own, for its libraries write past Python."""
    command = [sys.executable, "-m", "workbench", *QUICK, "--name", "first", "--json"]
    done = subprocess.run(
        command, cwd=HOME, env={**os.environ, **environment(bench)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_one_json_document_is_all_that_a_program_gets(bench: Settings, told: dict[str, Any]) -> None:
    assert (told["version"], told["network"], told["parameters"]) == ("first", "final", 4_559_626)
    assert told["counts"]["training"]["BLINKING"] == 20
    assert told["reported"] == recipes.REPORTED["final"] and told["objective"] == 0.8
    assert [told["figures"][side]["photos"] for side in ("training", "validation", "test")] == [64, 16, 16]
    assert told["promoted"] is False and registry.current_version(bench) == registry.STARTER


def test_figures_stand_beside_the_reported_ones_and_the_objective(bench: Settings) -> None:
    out = ok(bench, *QUICK, "--name", "second")
    rows = {line.split()[0]: line.split() for line in out.splitlines() if line.strip()}
    for name, reported in {"accuracy": ["0.86", "0.79"], "precision": ["–", "0.77"], "recall": ["–", "0.82"]}.items():
        assert rows[name][-2:] == reported
    assert rows["F1"][-1] == "0.775" and "reached on the test side" in out
    assert "second: 4,559,626 parameters" in out and "of 80% accuracy is" in out
    assert "Only 30 photos are labelled" in out and "models promote second" in out


def test_the_first_network_of_the_report_has_its_own_figures_beside_it(
    told: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    train._show({**told, "network": "initial", "reported": recipes.REPORTED["initial"]})
    lines = capsys.readouterr().out.splitlines()
    last = {line.split()[0]: line.split()[-1] for line in lines if line.strip()}
    wanted = {"accuracy": "0.777", "precision": "0.7785", "recall": "0.7733", "F1": "0.7759"}
    assert {name: last[name] for name in wanted} == wanted
    assert next(line for line in lines if line.startswith("accuracy")).split()[-2] == "0.817"


def test_fewer_photos_are_learnt_from_and_a_model_is_in_use_at_once_when_that_is_asked_for(
    bench: Settings, told: dict[str, Any]
) -> None:
    few = json.loads(ok(bench, *QUICK, "--photos", "24", "--name", "few", "--promote", "--json"))
    assert few["promoted"] is True and registry.current_version(bench) == "few"
    registry.rollback(bench)
    counts, whole = few["counts"], told["counts"]
    assert (counts["training"]["BLINKING"], counts["training"]["NON_BLINKING"]) == (8, 16)
    assert (counts["validation"], counts["test"]) == (whole["validation"], whole["test"])


@pytest.mark.heavy
def test_more_and_more_labels_give_a_sentence_and_no_model(bench: Settings) -> None:
    before = registry.versions(bench)
    document = json.loads(ok(bench, *QUICK, "--sizes", "--json"))
    assert [size["share"] for size in document["sizes"]] == [0.25, 0.5, 0.75, 1.0]
    assert document["side"] == "validation" and "From 32 to 64 labelled photos" in document["sentence"]
    kept = sizing.latest(bench)
    assert kept and kept.sentence == document["sentence"]
    assert registry.versions(bench) == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--network", "vgg"], "'vgg' is not one of"),
        (["--epochs", "0"], "--epochs"),
        (["--synthetic", "2"], "--synthetic"),
        (["--sizes", "--promote"], "--sizes makes no model"),
        (["--sizes", "--name", "x"], "--sizes makes no model"),
    ],
)
def test_what_cannot_be_asked_is_refused(bench: Settings, arguments: list[str], sentence: str) -> None:
    result = run(bench, "train", *arguments)
    assert result.exit_code == 2 and sentence in result.stderr


@pytest.mark.parametrize(("name", "sentence"), [("starter", "already"), ("odd", "already"), ("../x", "cannot name")])
def test_a_name_that_cannot_be_given_is_one_sentence(bench: Settings, name: str, sentence: str) -> None:
    (bench.models / BLINK.name / "odd").mkdir(parents=True, exist_ok=True)  # no model, and yet in the way
    result = run(bench, *QUICK, "--name", name)
    assert result.exit_code == 1 and sentence in result.stderr.splitlines()[-1]


def test_too_few_labels_are_one_sentence_and_the_current_model_stays(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    made_up.archive(settings, engine, sessions=3, photos=3, closed=1)
    refused(settings, "Label 8 more, in other sessions")


def test_photos_that_cannot_be_looked_at_any_more_are_one_sentence(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    made_up.archive(settings, engine)
    store.place(settings).unlink()
    refused(settings, "72 labelled photos cannot be looked at")


def refused(settings: Settings, sentence: str) -> None:
    """The command ends with that sentence, and nothing was made."""
    result = run(settings, *QUICK, "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert sentence in result.stderr and len(result.stderr.strip().splitlines()) == 1
    assert registry.versions(settings) == [registry.STARTER]
    assert not list(Path(settings.models).rglob(".*"))
