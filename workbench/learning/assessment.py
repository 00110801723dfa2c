"""How good a model is on photos whose labels are known. What it saw on the way is kept to inspect it by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from sqlalchemy import Engine

from workbench.archive import labels, photos, splits
from workbench.archive.sessions import Session
from workbench.archive.tables import FOLDER
from workbench.errors import WorkbenchError
from workbench.learning import evaluation, inspection, prediction, registry, similar, traces
from workbench.learning.evaluation import Evaluation
from workbench.learning.inspection import Judged
from workbench.learning.prediction import Predicted
from workbench.learning.registry import Answer, Model
from workbench.settings import Settings
from workbench.vision import store
from workbench.vision.views import Views


class NothingLabelled(WorkbenchError):
    """No photo of the sessions has a label that a model can be compared with."""

    def __init__(self, sessions: Sequence[Session], model: Model) -> None:
        names = ", ".join(f"“{session.name}”" for session in sessions) or "the archive"
        super().__init__(
            f"No photo of {names} is labelled {model.fault.positive} or {model.fault.negative}, so there is nothing to "
            f"compare “{model.version}” with. Label some, or import a labels.csv."
        )


class NothingHeldBack(WorkbenchError):
    """Figures were to be recorded that a model reaches only on what it learnt from."""

    def __init__(self, model: Model, learnt_from: int) -> None:
        super().__init__(
            f"“{model.version}” learnt from all {learnt_from} labelled photos that it was asked about, or from others "
            f"of the same people, so its figures there say nothing and are not recorded. Evaluate other sessions."
        )


@dataclass(frozen=True)
class Apart:
    """The figures of an evaluation parted by what the model had seen; None where no photo is left.

    `learnt_from` so many of its photos are of groups that the model was trained or validated on, and `fresh` are the
    figures over all others. `held_back` and `test` are over those choices of inspection. About `unpredicted` labelled
    photos of the archive the model was never asked.
    """

    learnt_from: int
    fresh: Evaluation | None
    held_back: Evaluation | None
    test: Evaluation | None
    unpredicted: int


def assess(
    settings: Settings,
    engine: Engine,
    sessions: Sequence[Session],
    model: Model,
    executor: Executor,
    *,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Evaluation:
    """The model's figures over the labelled photos of those sessions, intervals over groups.

    A photo that lies in several sessions counts once, by what is said of it in the oldest shoot. The embedding and the
    measures of every photo are kept, labelled or not. `tell` hears of sessions done and in all. Raises NothingLabelled
    and NotKept.
    """
    said, seen = dict[str, float | None](), list[tuple[list[str], np.ndarray]]()
    for done, session in enumerate(in_order(sessions), start=1):
        predicted, embedding = _heard(settings, engine, session, model, executor)
        said |= {one.photo.id: one.probability for one in predicted}
        seen.append(([one.photo.id for one in predicted if one.views is not None], embedding))
        tell(done, len(sessions))
    _keep(settings, model, seen)
    standing = labels.current(engine, model.fault)
    judged = {p: said[p] for p, label in standing.items() if p in said and label.value in model.fault.classes}
    if not judged:
        raise NothingLabelled(sessions, model)
    group_of = splits.groups(engine)
    truth = np.array([standing[photo].value == model.fault.positive for photo in judged])
    probability = np.array([np.nan if p is None else p for p in judged.values()])
    return evaluation.evaluate(truth, probability, [group_of[photo] for photo in judged], threshold=model.threshold)


def apart(settings: Settings, engine: Engine, sessions: Sequence[Session], model: Model) -> Apart:
    """What `assess` has just measured on those sessions, without what the model has seen.

    Raises UnknownModel, BadVersion, BadCard and BadThreshold.
    """
    read = inspection.read(settings, engine, model.fault, model.version)
    asked = {one.id for session in sessions for one in photos.of_session(engine, session.id)}
    judged = read.take(np.array([photo in asked for photo in read.photos.tolist()], bool))
    learnt = _learnt_from(settings, engine, model, judged)
    held_back, test = (inspection.chosen(judged, choice) for choice in (inspection.HELD_BACK, splits.TEST))
    fresh, held, tested = map(_figures, (judged.take(~learnt), held_back, test))
    return Apart(int(learnt.sum()), fresh, held, tested, read.unpredicted)


def in_order(sessions: Sequence[Session]) -> list[Session]:
    """The sessions in the order to ask about them, so that what is said of a photo last is what stands.

    Class folders come first, as a photo has numbers relative to its session only in a shoot; of these the oldest last,
    which is also where a photo is inspected.
    """
    return sorted(sessions, key=lambda one: (one.kind != FOLDER, one.created_at or datetime.min, one.id), reverse=True)


def _learnt_from(settings: Settings, engine: Engine, model: Model, judged: Judged) -> np.ndarray:
    """Mask of photos whose group the model was trained or validated on; of a single person's the bursts, bool (n,)."""
    if model.card.one_person and not splits.sides(engine):
        learnt = traces.learnt_photos(registry.folder(settings, model.fault, model.version))
        return np.isin(judged.photos, sorted(learnt))
    return np.isin(judged.groups, sorted(traces.learnt_groups(settings, engine, model)))


def _figures(judged: Judged) -> Evaluation | None:
    if not len(judged):
        return None
    groups = judged.groups.tolist()
    return evaluation.evaluate(judged.truth, judged.probability, groups, threshold=judged.threshold)


def _heard(
    settings: Settings, engine: Engine, session: Session, model: Model, executor: Executor
) -> tuple[list[Predicted], np.ndarray]:
    """What the one prediction path gives, and the embedding of each photo with views that it came by, (n, width)."""
    answers: list[Answer] = []

    def listening(views: Sequence[Views], relative: np.ndarray) -> Answer:
        answers.append(model.predict(views, relative))
        return answers[-1]

    predicted = prediction.predict(settings, engine, session, replace(model, predict=listening), executor)
    store.measured(settings, [one.photo.id for one in predicted], at_once=len(predicted))  # so that no page has to wait
    return predicted, answers[-1].embedding


def _keep(settings: Settings, model: Model, seen: Sequence[tuple[list[str], np.ndarray]]) -> None:
    """Keeps what the model judged by; a session without anything to judge by has rows of another width."""
    rows = [
        (photo, row) for photos, each in seen for photo, row in zip(photos, each, strict=True) if np.isfinite(row).all()
    ]
    if rows:
        photos, embedding = zip(*rows, strict=True)
        similar.keep(settings, model.fault, model.version, photos, np.stack(embedding))
