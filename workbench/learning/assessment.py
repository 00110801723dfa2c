"""How good a model is on photos whose labels are known."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor

import numpy as np
from sqlalchemy import Engine

from workbench.archive import labels, splits
from workbench.archive.sessions import Session
from workbench.errors import WorkbenchError
from workbench.learning import evaluation, prediction
from workbench.learning.evaluation import Evaluation
from workbench.learning.registry import Model
from workbench.settings import Settings


class NothingLabelled(WorkbenchError):
    """No photo of the sessions has a label that a model can be compared with."""

    def __init__(self, sessions: Sequence[Session], model: Model) -> None:
        names = ", ".join(f"“{session.name}”" for session in sessions) or "the archive"
        super().__init__(
            f"No photo of {names} is labelled {model.fault.positive} or {model.fault.negative}, so there is nothing to "
            f"compare “{model.version}” with. Label some, or import a labels.csv."
        )


def assess(
    settings: Settings, engine: Engine, sessions: Sequence[Session], model: Model, executor: Executor
) -> Evaluation:
    """The model's figures over the labelled photos of those sessions, intervals over groups.

    A photo that lies in several sessions counts once. Raises NothingLabelled.
    """
    standing = labels.current(engine, model.fault)
    group_of = splits.groups(engine)
    judged = {
        one.photo.id: one.probability
        for session in sessions
        for one in prediction.predict(settings, engine, session, model, executor)
        if one.photo.id in standing and standing[one.photo.id].value in model.fault.classes
    }
    if not judged:
        raise NothingLabelled(sessions, model)
    truth = np.array([standing[photo].value == model.fault.positive for photo in judged])
    probability = np.array([np.nan if p is None else p for p in judged.values()])
    return evaluation.evaluate(truth, probability, [group_of[photo] for photo in judged], threshold=model.threshold)
