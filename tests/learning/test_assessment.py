"""Figures of sessions: apart from what the model has seen, and each photo with its session's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from tests import archive_rows
from tests.learning import made_up
from tests.learning.shelf import add_model
from workbench.archive import catalog, photos, sessions, splits, tables
from workbench.archive.sessions import Session
from workbench.archive.splits import TEST, TRAINING, VALIDATION
from workbench.faults import BLINK
from workbench.learning import assessment, evaluation, registry
from workbench.learning.assessment import Apart
from workbench.learning.evaluation import Evaluation
from workbench.learning.registry import Answer, Model
from workbench.settings import Settings
from workbench.vision import analysis
from workbench.vision.views import Views


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """Ten labelled sessions of four photos, on all three sides."""
    found = catalog.open_catalog(settings)
    made_up.archive(settings, found, sessions=10, photos=4, closed=2)
    return found


def on(engine: Engine, side: str) -> list[str]:
    """The photos of a side."""
    return sorted(photo for photo, one in splits.sides(engine).items() if one == side)


def model(settings: Settings, lines: Sequence[str], **training: object) -> Path:
    """A model that wrote down what it learnt from."""
    folder = add_model(settings, "net", training=training)
    (folder / "learnt.txt").write_text("".join(f"{line}\n" for line in lines))
    return folder


def assess(
    settings: Settings, engine: Engine, asked: Sequence[Session] | None = None, version: str = "net"
) -> tuple[Evaluation, Apart]:
    """Everything that is measured on those sessions, by default on all."""
    asked, judge = asked or sessions.every(engine), registry.load(settings, BLINK, version)
    with analysis.pool(settings) as executor:
        found = assessment.assess(settings, engine, asked, judge, executor)
    return found, assessment.apart(settings, engine, asked, judge)


def count(found: Evaluation | None) -> int:
    return found.photos if found else 0


def test_what_a_model_learnt_from_is_apart_from_what_it_never_saw(settings: Settings, engine: Engine) -> None:
    sides = [f"{photo} {side}" for side in (TRAINING, VALIDATION) for photo in on(engine, side)]
    model(settings, sides)
    found, parts = assess(settings, engine)
    assert found.photos == 40 and parts.learnt_from == 40 - len(on(engine, TEST)) == len(sides)
    assert count(parts.fresh) == count(parts.test) == len(on(engine, TEST))
    assert count(parts.held_back) == len(on(engine, VALIDATION))


def test_a_photo_of_a_person_it_learnt_from_is_not_new_to_it(settings: Settings, engine: Engine) -> None:
    model(settings, [f"{on(engine, TRAINING)[0]} training"])
    assert assess(settings, engine)[1].learnt_from == 4


def test_of_the_sessions_asked_only(settings: Settings, engine: Engine) -> None:
    group_of = splits.groups(engine)
    asked = sessions.every(engine)[:2]
    ids = [photos.of_session(engine, one.id)[0].id for one in asked]
    model(settings, [f"{ids[0]} training"])
    found, parts = assess(settings, engine, asked)
    assert (found.photos, parts.learnt_from, count(parts.fresh)) == (8, 4, 4)
    assert group_of[ids[0]] != group_of[ids[1]]
    alone = assess(settings, engine, asked[:1])[1]
    assert (alone.learnt_from, alone.fresh) == (4, None)


def test_the_starter_has_learnt_from_nothing(settings: Settings, engine: Engine) -> None:
    found, parts = assess(settings, engine, version="starter")
    assert parts.learnt_from == 0 and parts.fresh is not None
    assert evaluation.as_json(parts.fresh) == evaluation.as_json(found)


def test_of_a_single_person_the_bursts_it_did_not_learn_from_are_new(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    made_up.archive(settings, engine, sessions=1, photos=6, closed=2)
    ids = [one.id for one in photos.of_session(engine, sessions.every(engine)[0].id)]
    model(settings, [*(f"{photo} training" for photo in ids[:3]), f"{ids[3]} validation"], one_person=True)
    parts = assess(settings, engine)[1]
    assert (parts.learnt_from, count(parts.fresh)) == (4, 2)


@pytest.mark.parametrize("folder_first", [True, False])
def test_a_photo_in_a_shoot_and_a_class_folder_is_judged_by_its_shoots_numbers(
    settings: Settings, folder_first: bool
) -> None:
    engine = catalog.open_catalog(settings)
    made_up.archive(settings, engine, sessions=1, photos=12)
    ids = [one.id for one in photos.of_session(engine, sessions.every(engine)[0].id)]
    archive_rows.session(engine, "A sorted" if folder_first else "Z sorted", ids, kind=tables.CLASSES)

    def knows_its_session(seen: Sequence[Views], relative: np.ndarray) -> Answer:
        return Answer(np.isfinite(relative).all(axis=1) * 0.8 + 0.1, np.zeros((len(seen), 1)))

    card = registry.read_card(settings, BLINK, "starter")
    with analysis.pool(settings) as executor:
        judge = Model(BLINK, "starter", 0.5, card, knows_its_session)
        found = assessment.assess(settings, engine, sessions.every(engine), judge, executor)
    tn, fp, fn, tp = found.confusion
    assert (tn, fp, fn, tp) == (0, 8, 0, 4), "all were judged with numbers"


def test_class_folders_are_asked_about_first_and_the_oldest_shoot_last(tmp_path: Path) -> None:
    def session(name: str, kind: str, day: int) -> Session:
        return Session(name, name, tmp_path, kind=kind, created_at=datetime(2026, 11, day))

    made = [session("old", tables.FOLDER, 1), session("sorted", tables.CLASSES, 2), session("new", tables.FOLDER, 3)]
    assert [one.name for one in assessment.in_order(made)] == ["sorted", "new", "old"]
