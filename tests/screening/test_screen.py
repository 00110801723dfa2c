"""A session through a model into three groups."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from tests import archive_rows, photographs
from tests.archive import test_catalog
from tests.archive.test_importing import run
from tests.learning import made_up
from workbench.archive import catalog, photos, sessions
from workbench.archive.photos import Photo
from workbench.learning import registry
from workbench.learning.prediction import Predicted
from workbench.learning.registry import BadThreshold
from workbench.screening import exceptions, screen, verdicts
from workbench.screening.screen import BLINK, CANT_TELL, KEEP, NothingToScreen, NotScreened, Screening, Verdict
from workbench.settings import Settings
from workbench.vision import analysis, store, views
from workbench.vision.views import Views

PHOTO = Photo("a" * 32, "b" * 32, "1.jpg", datetime(2026, 11, 20), 120, 80, 1)
SEEN = Views(
    faces=1,
    frame=np.zeros(views.FRAME, np.uint8),
    eyes=np.zeros(views.EYES, np.uint8),
    geometry=np.ones(len(views.GEOMETRY), np.float32),
    points=np.zeros((478, 2), np.float32),
)
SIDES = ("Left", "Right")
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
    assert kept.finished and kept.finished_at is not None and kept.finished_at >= kept.at


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


@pytest.mark.parametrize(
    ("threshold", "groups"),
    [(0.5, (KEEP, CANT_TELL, BLINK)), (0.42, (CANT_TELL, BLINK, BLINK)), (0.8, (KEEP, KEEP, CANT_TELL))],
)
def test_another_threshold_regroups_and_an_obstacle_stays_one(threshold: float, groups: tuple[str, ...]) -> None:
    said = {str(p): screen.decide(Predicted(replace(PHOTO, id=str(p)), SEEN, p), 0.5) for p in (0.38, 0.45, 0.75)}
    said["away"] = screen.decide(Predicted(replace(PHOTO, id="away"), None, None), 0.5)
    before = Screening("a", "b", "blink", "starter", 0.5, datetime(2026, 11, 20), None, said)
    after = screen.regrouped(before, threshold, {})
    assert tuple(after.verdicts[name].group for name in ("0.38", "0.45", "0.75")) == groups
    assert after.verdicts["away"] == said["away"] and after.threshold == threshold
    assert screen.regrouped(after, 0.5, {}) == before, "moving it back is as if nothing had been"


def test_a_sign_counts_for_suspected_photos_alone_and_only_where_the_session_says_so() -> None:
    laughing = Verdict("a", BLINK, 0.9, "", sign="laughing")
    assert verdicts.placed(laughing, 0.5, {}).group == BLINK
    assert verdicts.placed(laughing, 0.5, {"looking down": KEEP}).group == BLINK
    kept = verdicts.placed(laughing, 0.5, {"laughing": KEEP})
    assert (kept.group, kept.reason) == (KEEP, "laughing")
    assert verdicts.placed(replace(laughing, probability=0.45), 0.5, {"laughing": BLINK}).group == BLINK
    assert verdicts.placed(replace(laughing, probability=0.1), 0.5, {"laughing": BLINK}).group == KEEP
    assert verdicts.placed(replace(laughing, obstacle="no face found"), 0.5, {"laughing": KEEP}).group == CANT_TELL


def test_a_threshold_is_stored_for_the_newest_screening_alone(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    ana, ben = made_up.archive(settings, engine, sessions=2, photos=6, closed=2)
    for each in (ana, ben):
        _screen(settings, engine, each.name)
    moved = screen.set_threshold(engine, ana.id, 0.97)
    assert moved.counts[BLINK] == 0 and screen.latest(engine, ana.id) == moved
    other = screen.latest(engine, ben.id)
    assert other is not None and (other.threshold, other.counts[BLINK]) == (0.5, 2)
    assert _screen(settings, engine, ana.name).threshold == 0.5, "the model judges as before"


@pytest.mark.parametrize("threshold", [0, 1, -0.5, float("nan")])
def test_a_threshold_that_cannot_be_is_refused_and_changes_nothing(settings: Settings, threshold: float) -> None:
    engine = catalog.open_catalog(settings)
    (ana,) = made_up.archive(settings, engine, sessions=1, photos=4, closed=1)
    with pytest.raises(NotScreened):
        screen.set_threshold(engine, ana.id, 0.4)
    before = _screen(settings, engine, ana.name)
    with pytest.raises(BadThreshold):
        screen.set_threshold(engine, ana.id, threshold)
    assert screen.latest(engine, ana.id) == before


def test_screenings_of_an_older_catalogue_are_finished_and_keep_their_obstacles(settings: Settings) -> None:
    test_catalog._stored(settings)
    with closing(sqlite3.connect(settings.datasets / "catalog.db")) as connection, connection:
        (session, photo) = connection.execute("SELECT session_id, photo_id FROM files LIMIT 1").fetchone()
        connection.execute("DELETE FROM verdicts")
        connection.execute("DELETE FROM screenings")
        about = ("x" * 32, session, "2026-11-20 12:00:00.000000")
        connection.execute("INSERT INTO screenings VALUES (?, ?, 'blink', 'starter', 0.5, ?)", about)
        verdict = ("x" * 32, photo, "cant_tell", 0.9, "face turned away or hidden")
        connection.execute("INSERT INTO verdicts VALUES (?, ?, ?, ?, ?)", verdict)
    engine = catalog.open_catalog(settings)
    there = screen.latest(engine, session)
    assert there is not None and there.finished_at == there.at
    (old,) = there.verdicts.values()
    assert (old.obstacle, old.sign) == ("face turned away or hidden", None)
    assert screen.set_threshold(engine, session, 0.1).verdicts[old.photo_id].group == CANT_TELL


def test_exceptions_of_the_session_are_heeded_by_a_screening(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    (ana,) = made_up.archive(settings, engine, sessions=1, photos=6, closed=2)
    (shut, *_) = _screen(settings, engine, ana.name).verdicts
    smiling = made_up.seen(True, np.random.default_rng(0))
    assert smiling.geometry is not None
    smiling.geometry[
        [views.GEOMETRY.index(f"{name}{side}") for name in ("mouthSmile", "eyeSquint") for side in SIDES]
    ] = 1
    store.put(settings, {shut: smiling})
    exceptions.set_one(engine, ana.id, "laughing", KEEP)
    verdict = _screen(settings, engine, ana.name).verdicts[shut]
    assert (verdict.group, verdict.sign, verdict.reason) == (KEEP, "laughing", "laughing")
