"""The one prediction path: screening, evaluation and queues all ask a model about a session's photos here."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Engine, delete, insert

from workbench.archive import photos, tables
from workbench.archive.catalog import writing
from workbench.archive.photos import Photo
from workbench.archive.sessions import Session
from workbench.learning.registry import Model
from workbench.settings import Settings
from workbench.vision import analysis
from workbench.vision.views import Views


@dataclass(frozen=True)
class Predicted:
    """A photo, what it shows (None when its file is away and nothing was kept), and the model's probability.

    `probability` of the fault is None where there is nothing to judge by.
    """

    photo: Photo
    views: Views | None
    probability: float | None


def predict(settings: Settings, engine: Engine, session: Session, model: Model, executor: Executor) -> list[Predicted]:
    """What the model says of every photo of a session, in the order taken; written to the catalogue."""
    wanted = photos.of_session(engine, session.id)
    seen = analysis.views_of(settings, session, wanted, executor)
    ids = list(seen)
    said = model.predict([seen[photo] for photo in ids])
    probabilities = {photo: float(p) for photo, p in zip(ids, said, strict=True) if np.isfinite(p)}
    _write(engine, model, probabilities, [photo.id for photo in wanted])
    return [Predicted(photo, seen.get(photo.id), probabilities.get(photo.id)) for photo in wanted]


def _write(engine: Engine, model: Model, probabilities: Mapping[str, float], wanted: list[str]) -> None:
    said = tables.predictions
    about = {"fault": model.fault.name, "model": model.version}
    with writing(engine) as connection:
        for photo in wanted:
            mine = (said.c.photo_id == photo) & (said.c.fault == model.fault.name) & (said.c.model == model.version)
            connection.execute(delete(said).where(mine))
        rows = [{"photo_id": photo, "probability": probabilities.get(photo), **about} for photo in wanted]
        if rows:
            connection.execute(insert(said), rows)
