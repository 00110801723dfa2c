"""The shortcut flags on photographs whose two classes come from different sources, and on some that do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.learning.sources import closed_eyes_in_the_wild, drawn_blinks, examples_of
from workbench import assets
from workbench.archive import catalog
from workbench.faults import BLINK
from workbench.learning import recipes, registry, shortcuts, training
from workbench.settings import Settings
from workbench.vision.landmarks import Landmarker

pytestmark = [pytest.mark.research, pytest.mark.heavy]

SMALL_INITIAL = replace(recipes.STANDARD[recipes.INITIAL], filters=8, dense=32, epochs=10, patience=10)
"""A network of the report's first kind that learns what there is to learn of a few hundred photos in seconds."""


@pytest.fixture
def landmarker(settings: Settings) -> Landmarker:
    return Landmarker(assets.path(settings, "face_landmarker.task"))


def test_both_shortcuts_are_told_where_the_classes_come_from_different_sources(
    settings: Settings, research_data: Path, landmarker: Landmarker
) -> None:
    found = examples_of(closed_eyes_in_the_wild(research_data / "cew", landmarker, 300))
    version = training.train(settings, found, SMALL_INITIAL, version="small-initial")
    trained = found.of("training").photos
    painted = shortcuts.eyes_painted(registry.load(settings, BLINK, version), found, BLINK, trained)
    behind = shortcuts.background(catalog.open_catalog(settings), found, BLINK)
    print(painted.sentence, behind.sentence, sep="\n")
    assert painted.raised and behind.raised


def test_neither_is_told_where_both_classes_come_from_one_source(
    settings: Settings, research_data: Path, landmarker: Landmarker
) -> None:
    found = examples_of(drawn_blinks(research_data / "clean_portraits" / "us_congress", landmarker, 300))
    version = training.train(settings, found, SMALL_INITIAL, version="small-initial")
    trained = found.of("training").photos
    painted = shortcuts.eyes_painted(registry.load(settings, BLINK, version), found, BLINK, trained)
    behind = shortcuts.background(catalog.open_catalog(settings), found, BLINK)
    print(painted.sentence, behind.sentence, sep="\n")
    assert not painted.raised and not behind.raised
    assert painted.figure is not None and behind.figure is not None
