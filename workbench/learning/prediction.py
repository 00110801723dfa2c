"""The one prediction path: screening, evaluation and queues all ask a model about a session's photos here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Engine, bindparam, delete, func, insert, select, update

from workbench.archive import photos, sessions, tables
from workbench.archive.catalog import writing
from workbench.archive.photos import Photo
from workbench.archive.sessions import Session
from workbench.archive.tables import FOLDER
from workbench.faults import Fault
from workbench.learning import relative
from workbench.learning.bursts import bursts
from workbench.learning.registry import Answer, Model
from workbench.settings import Settings
from workbench.vision import analysis, store
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
    predicted = _joined(wanted, seen, dict(zip([photo.id for photo in there], said.probability, strict=True)))
    _write(engine, model, predicted)
    return predicted


def provisional(
    settings: Settings, engine: Engine, session: Session, model: Model, some: Collection[str]
) -> list[Predicted]:
    """What the model says of some photos of a session while others still come in; nothing is written or read again.

    Numbers relative to the session are those of the photos that are there. Photos whose views are not kept are left
    out.
    """
    known, wanted = photos.of_session(engine, session.id), set(some)
    seen = store.get(settings, (photo.id for photo in known))
    there = [photo for photo in known if photo.id in seen]
    asked = [index for index, photo in enumerate(there) if photo.id in wanted]
    if not asked:
        return []
    numbers = _numbers(session, [seen[photo.id] for photo in there])[asked]
    shown = [there[index] for index in asked]
    said = model.predict([seen[photo.id] for photo in shown], numbers)
    return _joined(shown, seen, dict(zip([photo.id for photo in shown], said.probability, strict=True)))


def with_others(
    settings: Settings, session: Session, model: Model, executor: Executor, predicted: Sequence[Predicted]
) -> list[Predicted]:
    """The same, each photo of several people by the face that has the fault most likely: its views and probability.

    The other faces are looked for once and kept. They have no numbers relative to the session: it is the subject's.
    """
    several = [one.photo for one in predicted if one.views is not None and one.views.faces > 1]
    others = analysis.others_of(settings, session, several, executor)
    faces = [(photo, face) for photo, found in others.items() for face in found]
    if not faces:
        return list(predicted)
    said = model.predict([face for _, face in faces], relative.absent(len(faces))).probability
    likeliest: dict[str, tuple[float, Views]] = {}
    for (photo, face), chance in zip(faces, map(float, said), strict=True):
        if np.isfinite(chance) and chance > likeliest.get(photo, (-1.0,))[0]:
            likeliest[photo] = (chance, face)
    return [_likelier(one, likeliest.get(one.photo.id)) for one in predicted]


def answer(model: Model, session: Session, seen: Sequence[Views]) -> Answer:
    """What the model says of all photos of a session that can be seen, in that order."""
    return model.predict(seen, _numbers(session, seen))


def rejudge(engine: Engine, fault: Fault, version: str, threshold: float) -> int:
    """Doubts, and places within bursts, of all that a model has said, by another threshold; gives of how many photos.

    What it said stays. To be called where its threshold is set or reset.
    """
    said = tables.predictions.c
    mine = (said.fault == fault.name) & (said.model == version)
    with engine.connect() as connection:
        rows = connection.execute(select(said.photo_id, said.probability, said.burst_rank).where(mine))
        known = {row.photo_id: (row.probability, row.burst_rank) for row in rows}
    moved: dict[str, int | None] = {}
    for session in sessions.every(engine):
        shown = [photo for photo in photos.of_session(engine, session.id) if photo.id in known]
        _, places = _judged(shown, [known[photo.id][0] for photo in shown], threshold)
        moved |= {photo.id: place for photo, place in zip(shown, places, strict=True)}
    moved = {photo: place for photo, place in moved.items() if place != known[photo][1]}
    with writing(engine) as connection:
        doubts = update(tables.predictions).where(mine).values(doubt=func.abs(said.probability - threshold))
        connection.execute(doubts)
        if moved:  # within bursts alone, and few of those
            theirs = update(tables.predictions).where(mine, said.photo_id == bindparam("which"))
            connection.execute(theirs, [{"which": photo, "burst_rank": place} for photo, place in moved.items()])
    return len(known)


def ranks(doubts: Sequence[float | None], burst: Sequence[int]) -> list[int | None]:
    """Each photo's place by doubt within its burst, the most doubtful 0; None where nothing was predicted."""
    order = sorted((doubt, index) for index, doubt in enumerate(doubts) if doubt is not None)
    places: list[int | None] = [None] * len(doubts)
    taken: Counter[int] = Counter()
    for _, index in order:
        places[index] = taken[burst[index]]
        taken[burst[index]] += 1
    return places


def _numbers(session: Session, seen: Sequence[Views]) -> np.ndarray:
    """Numbers relative to the session; a folder of classes is none."""
    return relative.of_session(seen) if session.kind == FOLDER else relative.absent(len(seen))


def _joined(
    asked: Sequence[Photo], seen: Mapping[str, Views], probability: Mapping[str, float | np.floating]
) -> list[Predicted]:
    chances = {photo: float(chance) for photo, chance in probability.items() if np.isfinite(chance)}
    return [Predicted(photo, seen.get(photo.id), chances.get(photo.id)) for photo in asked]


def _likelier(one: Predicted, other: tuple[float, Views] | None) -> Predicted:
    if other is None or other[0] <= (-1.0 if one.probability is None else one.probability):
        return one
    return replace(one, probability=other[0], views=other[1])


def _write(engine: Engine, model: Model, predicted: Sequence[Predicted]) -> None:
    said = tables.predictions
    about = {"fault": model.fault.name, "model": model.version}
    judged = _judged([one.photo for one in predicted], [one.probability for one in predicted], model.threshold)
    rows = [
        {"photo_id": one.photo.id, "probability": one.probability, "doubt": doubt, "burst_rank": place, **about}
        for one, doubt, place in zip(predicted, *judged, strict=True)
    ]
    with writing(engine) as connection:
        mine = (said.c.fault == model.fault.name) & (said.c.model == model.version)
        known, ids = set[str](), tables.photos.c.id
        for start in range(0, len(rows), _AT_ONCE):
            some = [str(row["photo_id"]) for row in rows[start : start + _AT_ONCE]]
            connection.execute(delete(said).where(mine, said.c.photo_id.in_(some)))
            known |= set(connection.execute(select(ids).where(ids.in_(some))).scalars())
        there = [row for row in rows if row["photo_id"] in known]  # the others were forgotten meanwhile
        if there:
            connection.execute(insert(said), there)


def _judged(
    shown: Sequence[Photo], probability: Sequence[float | None], threshold: float
) -> tuple[list[float | None], list[int | None]]:
    """Doubt and place within its burst of each photo of a session, given in the order taken."""
    doubts = [None if one is None else abs(one - threshold) for one in probability]
    return doubts, ranks(doubts, bursts([photo.captured_at for photo in shown]))
