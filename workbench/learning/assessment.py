"""How good a model is on photos whose labels are known. What it saw on the way is kept to inspect it by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
from sqlalchemy import Engine

from workbench.archive import labels, splits
from workbench.archive.sessions import Session
from workbench.errors import WorkbenchError
from workbench.learning import evaluation, prediction, similar
from workbench.learning.evaluation import Evaluation
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

    A photo that lies in several sessions counts once. The embedding and the measures of every photo are kept, labelled
    or not. `tell` hears of sessions done and in all. Raises NothingLabelled and NotKept.
    """
    said, seen = dict[str, float | None](), list[tuple[list[str], np.ndarray]]()
    for done, session in enumerate(sessions, start=1):
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
