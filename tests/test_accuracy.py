"""What the starter must reach on the research photographs, through import and evaluation as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.test_cli import environment, ok
from workbench.settings import Settings, from_environment

pytestmark = pytest.mark.research


def _reading(settings: Settings, folder: Path) -> Settings:
    return from_environment({**environment(settings), "EYESPY_ROOTS": str(folder)})


def test_the_starter_tells_closed_eyes_in_the_wild(settings: Settings, research_data: Path) -> None:
    bench = _reading(settings, research_data)
    ok(bench, "import", research_data / "cew", "--group-by", r"closed_eye_(\d+)")
    found = json.loads(ok(bench, "evaluate", "cew", "--json"))
    assert (found["photos"], found["positives"], found["unjudged"]) == (2423, 1192, 0)
    assert found["groups"] < 2400  # faces of one source photo are one group
    assert found["figures"]["AUC"]["value"] >= 0.985
    assert found["figures"]["accuracy"]["value"] >= 0.94


def test_the_starter_finds_the_blinks_of_the_portraits_with_few_false_alarms(
    settings: Settings, research_data: Path
) -> None:
    bench = _reading(settings, research_data)
    sessions = json.loads(ok(bench, "import", research_data / "portraits", "--json"))
    found = json.loads(ok(bench, "evaluate", "--json"))
    tn, fp, fn, tp = found["confusion"].values()
    assert (len(sessions), tp, fn) == (16, 3, 0)
    assert fp <= 2 and tn + fp == 166
    screened = [json.loads(ok(bench, "screen", one["session"], "--json"))["counts"] for one in sessions]
    assert sum(counts["blink"] for counts in screened) <= 5
    assert sum(counts["cant_tell"] for counts in screened) <= 8
