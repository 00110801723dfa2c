"""The landmarker on photographs of many people and cameras, which only those who may use them have."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from sklearn.metrics import roc_auc_score

from workbench.vision.landmarks import Face, Landmarker

pytestmark = pytest.mark.research


@pytest.fixture(scope="module")
def research() -> Path:
    folder = os.environ.get("EYESPY_RESEARCH_DATA")
    if not folder or not (Path(folder) / "portraits").is_dir():
        pytest.skip("EYESPY_RESEARCH_DATA does not name the folder of the research photographs")
    return Path(folder)


def subjects(photos: list[Path], landmarker: Landmarker) -> list[Face]:
    found = []
    for photo in photos:
        with Image.open(photo) as opened:
            face = landmarker.subject(ImageOps.exif_transpose(opened))
        assert face is not None, f"no face was found in {photo.name}"
        found.append(face)
    return found


def test_on_portraits_all_blinks_are_found_with_at_most_two_false_alarms(
    research: Path, landmarker: Landmarker
) -> None:
    with (research / "portraits" / "labels.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    blinking = np.array([row["label"] == "BLINKING" for row in rows])
    photos = [research / "portraits" / row["session"] / row["file"] for row in rows]
    called = np.array([face.eye_blink >= 0.4 for face in subjects(photos, landmarker)])
    assert called[blinking].all()
    assert called[~blinking].sum() <= 2


def test_on_every_eighth_photo_of_closed_eyes_in_the_wild_the_blendshape_alone_does_as_measured(
    research: Path, landmarker: Landmarker
) -> None:
    photos = sorted((research / "cew").rglob("*.jpg"))[::8]
    blinking = np.array([photo.parent.name == "BLINKING" for photo in photos])
    blink = np.array([face.eye_blink for face in subjects(photos, landmarker)])
    assert roc_auc_score(blinking, blink) > 0.975
    assert ((blink >= 0.4) == blinking).mean() > 0.93
