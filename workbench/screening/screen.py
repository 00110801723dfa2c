"""Screening: a session through a model into three groups. People decide; nothing is moved or deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection, Engine, func, insert, select

from workbench.archive import tables
from workbench.archive.catalog import writing
from workbench.archive.sessions import Session
from workbench.errors import WorkbenchError
from workbench.learning import prediction
from workbench.learning.prediction import Predicted
from workbench.learning.registry import Model
from workbench.settings import Settings

KEEP, BLINK, CANT_TELL = "keep", "blink", "cant_tell"
GROUPS = (BLINK, CANT_TELL, KEEP)
"""In the order in which they want to be looked at."""
DOUBT = 2 / 3
"""Odds of at least this share of the threshold's are too uncertain to be kept unseen: from .4 on where that is ½."""
LEAST_PRESENCE = 0.5
"""How sure the landmarker must be that the landmarks lie on a face; profiles and covered faces stay under it."""


class NothingToScreen(WorkbenchError):
    """The session has no photo that could be read."""

    def __init__(self, session: Session) -> None:
        super().__init__(f"“{session.name}” has no readable photo to screen. Import its folder again.")


@dataclass(frozen=True)
class Verdict:
    """What stands for one photo: its group, the probability of the fault (None = not judged), and why."""

    photo_id: str
    group: str
    probability: float | None
    reason: str

    def __post_init__(self) -> None:
        if self.group not in GROUPS:
            raise ValueError(f"“{self.group}” is no group of a screening; there are {GROUPS}")
        if self.probability is not None and not 0 <= self.probability <= 1:
            raise ValueError(f"probability must lie in 0..1, got {self.probability} for photo {self.photo_id}")


@dataclass(frozen=True)
class Screening:
    """One run of a session through a model."""

    id: str
    session_id: str
    fault: str
    model: str
    threshold: float
    at: datetime
    verdicts: dict[str, Verdict] = field(repr=False)

    @property
    def counts(self) -> Counter[str]:
        """Photos by group."""
        return Counter(verdict.group for verdict in self.verdicts.values())


def screen(settings: Settings, engine: Engine, session: Session, model: Model, executor: Executor) -> Screening:
    """Looks at every photo of the session and writes the screening down. Raises NothingToScreen."""
    predicted = prediction.predict(settings, engine, session, model, executor)
    if not predicted:
        raise NothingToScreen(session)
    verdicts = {one.photo.id: decide(one, model.threshold) for one in predicted}
    done = Screening(uuid4().hex, session.id, model.fault.name, model.version, model.threshold, tables.now(), verdicts)
    with writing(engine) as connection:
        _write(connection, done)
    return done


def decide(one: Predicted, threshold: float) -> Verdict:
    """The group of one photo at `threshold`."""
    return Verdict(one.photo.id, *_group(one, threshold))


def latest(engine: Engine, session_id: str) -> Screening | None:
    """The session's newest screening; None when it has none."""
    table = tables.screenings
    query = select(table).where(table.c.session_id == session_id).order_by(table.c.at.desc()).limit(1)
    with engine.connect() as connection:
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        verdicts = tables.verdicts.c
        columns = select(verdicts.photo_id, verdicts.group, verdicts.probability, verdicts.reason)
        rows = connection.execute(columns.where(verdicts.screening_id == row.id))
        return Screening(**row._mapping, verdicts={one.photo_id: Verdict(*one) for one in rows})


def times(engine: Engine) -> dict[str, datetime]:
    """When each session was last screened (UTC, without a zone); a session that was not is not in it."""
    table = tables.screenings.c
    with engine.connect() as connection:
        rows = connection.execute(select(table.session_id, func.max(table.at)).group_by(table.session_id))
        return {session_id: at for session_id, at in rows}


def in_order(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Blinks first, surest first; then what cannot be told; then the keepers."""
    return sorted(verdicts, key=lambda verdict: (GROUPS.index(verdict.group), -(verdict.probability or 0)))


def _group(one: Predicted, threshold: float) -> tuple[str, float | None, str]:
    if one.views is None:
        return CANT_TELL, None, "the file is away"
    if one.views.faces == 0 or one.probability is None:
        return CANT_TELL, one.probability, "no face found"
    if (one.views.measure("presence") or 0.0) < LEAST_PRESENCE:
        return CANT_TELL, one.probability, "face turned away or hidden"
    if one.probability >= threshold:
        return BLINK, one.probability, "lids closed"
    if one.probability * (1 - threshold) >= DOUBT * threshold * (1 - one.probability):
        return CANT_TELL, one.probability, "too uncertain"
    return KEEP, one.probability, "eyes open"


def _write(connection: Connection, done: Screening) -> None:
    columns = {key: value for key, value in vars(done).items() if key != "verdicts"}
    connection.execute(insert(tables.screenings).values(**columns))
    connection.execute(
        insert(tables.verdicts),
        [{"screening_id": done.id, **vars(verdict)} for verdict in done.verdicts.values()],
    )
