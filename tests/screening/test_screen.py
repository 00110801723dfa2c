"""A session through a model into three groups."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from tests import archive_rows, photographs
from tests.archive.test_importing import run
from workbench.archive import catalog, photos, sessions
from workbench.archive.photos import Photo
from workbench.learning import registry
from workbench.learning.prediction import Predicted
from workbench.screening import screen
from workbench.screening.screen import BLINK, CANT_TELL, KEEP, NothingToScreen, Screening, Verdict
from workbench.settings import Settings
from workbench.vision import analysis, views
from workbench.vision.views import Views

PHOTO = Photo("a" * 32, "b" * 32, "1.jpg", datetime(2026, 11, 20), 120, 80, 1)
SEEN = Views(
    faces=1,
    frame=np.zeros(views.FRAME, np.uint8),
    eyes=np.zeros(views.EYES, np.uint8),
    geometry=np.ones(len(views.GEOMETRY), np.float32),
    points=np.zeros((478, 2), np.float32),
)
NO_FACE = replace(SEEN, faces=0, eyes=None, geometry=None, points=None)


@pytest.mark.parametrize(
    ("probability", "group"),
    [(0.0, KEEP), (0.39, KEEP), (0.41, CANT_TELL), (0.499, CANT_TELL), (0.5, BLINK), (1.0, BLINK)],
)
def test_the_group_follows_the_probability(probability: float, group: str) -> None:
    assert screen.decide(Predicted(PHOTO, SEEN, probability), 0.5).group == group


def test_a_face_that_is_hardly_one_cannot_be_told() -> None:
    faint = np.where(np.array(views.GEOMETRY) == "presence", 0.4, 1.0).astype(np.float32)
    verdict = screen.decide(Predicted(PHOTO, replace(SEEN, geometry=faint), 0.9), 0.5)
    assert (verdict.group, verdict.probability) == (CANT_TELL, 0.9)


@pytest.mark.parametrize(("seen", "reason"), [(NO_FACE, "no face found"), (None, "the file is away")])
def test_what_was_not_seen_cannot_be_told(seen: Views | None, reason: str) -> None:
    verdict = screen.decide(Predicted(PHOTO, seen, None), 0.5)
    assert (verdict.group, verdict.probability, verdict.reason) == (CANT_TELL, None, reason)


def test_what_wants_to_be_looked_at_comes_first() -> None:
    said = [("k", KEEP, 0.1), ("b", BLINK, 0.6), ("n", CANT_TELL, None), ("c", BLINK, 0.9), ("t", CANT_TELL, 0.45)]
    ordered = screen.in_order(Verdict(name, group, probability, "") for name, group, probability in said)
    assert [verdict.photo_id for verdict in ordered] == ["c", "b", "t", "n", "k"]


@pytest.mark.parametrize(("group", "probability"), [("delete", 0.5), (KEEP, 1.5)])
def test_a_verdict_that_cannot_be_is_refused(group: str, probability: float) -> None:
    with pytest.raises(ValueError):
        Verdict("a", group, probability, "")


def _screen(settings: Settings, engine: Engine, name: str) -> Screening:
    with analysis.pool(settings) as executor:
        session = sessions.find(engine, name)
        return screen.screen(settings, engine, session, registry.current(settings), executor)


def test_a_screening_is_kept_and_the_newest_one_is_shown(settings: Settings) -> None:
    photographs.jpeg(settings.roots[1] / "Ana/1.jpg", 1)
    run(settings, settings.roots[1] / "Ana")
    engine = catalog.open_catalog(settings)
    first, second = _screen(settings, engine, "Ana"), _screen(settings, engine, "Ana")
    kept = screen.latest(engine, first.session_id)
    assert kept == second and kept is not None and kept.id != first.id
    assert kept.counts == {CANT_TELL: 1}


def test_a_photo_whose_file_and_views_are_gone_is_said_to_be_away(settings: Settings) -> None:
    path: Path = photographs.jpeg(settings.roots[1] / "Ana/1.jpg", 1)
    (summary,) = run(settings, settings.roots[1] / "Ana")
    engine = catalog.open_catalog(settings)
    (photo,) = photos.of_session(engine, summary.session.id)
    path.unlink()
    (settings.cache / "views.db").unlink()
    assert _screen(settings, engine, "Ana").verdicts[photo.id].reason == "the file is away"


def test_a_session_without_photos_is_refused(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    archive_rows.session(engine, "Ana", [])
    with pytest.raises(NothingToScreen):
        _screen(settings, engine, "Ana")
    assert screen.latest(engine, sessions.find(engine, "Ana").id) is None
