"""What models must reach on the research photographs, through import, training and evaluation as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.learning import made_up
from tests.test_cli import environment, ok
from workbench.archive import catalog, splits
from workbench.archive.splits import SIDES
from workbench.faults import BLINK
from workbench.learning import cards
from workbench.settings import Settings, from_environment

pytestmark = pytest.mark.research


def _reading(settings: Settings, folder: Path) -> Settings:
    return from_environment({**environment(settings), "EYESPY_ROOTS": str(folder)})


@pytest.fixture(scope="module")
def cew(research_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation into which Closed Eyes In The Wild was imported, faces of one source photo as one group."""
    home = tmp_path_factory.mktemp("cew")
    folders = {"EYESPY_DATASETS": home / "datasets", "EYESPY_MODELS": home / "models", "EYESPY_ROOTS": research_data}
    for name in ("EYESPY_DATASETS", "EYESPY_MODELS"):
        folders[name].mkdir()
    assets = {"EYESPY_ASSETS": str(from_environment().assets)}
    bench = from_environment({name: str(folder) for name, folder in folders.items()} | assets)
    ok(bench, "import", research_data / "cew", "--group-by", r"closed_eye_(\d+)")
    return bench


@pytest.mark.heavy
def test_the_starter_tells_closed_eyes_in_the_wild(cew: Settings) -> None:
    found = json.loads(ok(cew, "evaluate", "cew", "--json"))
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


@pytest.mark.heavy
def test_the_network_of_the_eyes_learns_closed_eyes_from_750_photos(cew: Settings) -> None:
    said = ok(cew, "train", "--network", "eyes", "--photos", "750", "--name", "eyes")
    card = cards.read(cew.models / BLINK.name / "eyes" / cards.NAME)
    tested = next(one for one in card.measured if one.on == "test side")
    assert sum(card.learnt_from.values()) == 750 and card.learnt_groups
    assert tested.photos > 300 and tested.figures["AUC"]["value"] >= 0.99
    assert tested.figures["AUC"]["low"] is not None
    assert "come from different sources" in said and "of 80% accuracy is reached" in said


@pytest.mark.heavy
def test_labels_added_afterwards_move_no_group_between_the_sides(cew: Settings) -> None:
    engine = catalog.open_catalog(cew)
    splits.assign(engine, BLINK)
    before, groups = splits.sides(engine), splits.groups(engine)
    assert set(before.values()) == set(SIDES)
    sides_of: dict[str, set[str]] = {}
    for photo, side in before.items():
        sides_of.setdefault(groups[photo], set()).add(side)
    assert all(len(sides) == 1 for sides in sides_of.values())
    made_up.archive(cew, engine, sessions=4, start=900)
    after = splits.sides(engine)
    assert len(after) == len(before) + 48 and {photo: after[photo] for photo in before} == before
    engine.dispose()
