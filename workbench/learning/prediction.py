"""The one prediction path: screening, evaluation and queues all ask a model about a session's photos here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Engine, delete, insert

from workbench.archive import photos, tables
from workbench.archive.catalog import writing
from workbench.archive.photos import Photo
from workbench.archive.sessions import Session
from workbench.archive.tables import FOLDER
from workbench.learning import relative
from workbench.learning.bursts import bursts
from workbench.learning.registry import Answer, Model
from workbench.settings import Settings
from workbench.vision import analysis
from workbench.vision.views import Views

_AT_ONCE = 500


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
    there = [photo for photo in wanted if photo.id in seen]
    said = answer(model, session, [seen[photo.id] for photo in there])
    probabilities = {photo.id: float(p) for photo, p in zip(there, said.probability, strict=True) if np.isfinite(p)}
    predicted = [Predicted(photo, seen.get(photo.id), probabilities.get(photo.id)) for photo in wanted]
    _write(engine, model, predicted)
    return predicted


def answer(model: Model, session: Session, seen: Sequence[Views]) -> Answer:
    """What the model says of all photos of a session that can be seen, in that order."""
    numbers = relative.of_session(seen) if session.kind == FOLDER else relative.absent(len(seen))
    return model.predict(seen, numbers)


def ranks(doubts: Sequence[float | None], burst: Sequence[int]) -> list[int | None]:
    """Each photo's place by doubt within its burst, the most doubtful 0; None where nothing was predicted."""
    order = sorted((doubt, index) for index, doubt in enumerate(doubts) if doubt is not None)
    places: list[int | None] = [None] * len(doubts)
    taken: Counter[int] = Counter()
    for _, index in order:
        places[index] = taken[burst[index]]
        taken[burst[index]] += 1
    return places


def _write(engine: Engine, model: Model, predicted: Sequence[Predicted]) -> None:
    said = tables.predictions
    about = {"fault": model.fault.name, "model": model.version}
    doubts = [None if one.probability is None else abs(one.probability - model.threshold) for one in predicted]
    places = ranks(doubts, bursts([one.photo.captured_at for one in predicted]))
    rows = [
        {"photo_id": one.photo.id, "probability": one.probability, "doubt": doubt, "burst_rank": place, **about}
        for one, doubt, place in zip(predicted, doubts, places, strict=True)
    ]
    with writing(engine) as connection:
        mine = (said.c.fault == model.fault.name) & (said.c.model == model.version)
        for start in range(0, len(rows), _AT_ONCE):
            some = [row["photo_id"] for row in rows[start : start + _AT_ONCE]]
            connection.execute(delete(said).where(mine, said.c.photo_id.in_(some)))
        if rows:
            connection.execute(insert(said), rows)
