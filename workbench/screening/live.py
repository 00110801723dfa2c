"""A screening that goes on: photos are judged as they come in, and once more when all are there.

The first verdicts are provisional, for what a photo is compared with, the session's other photos, still grows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine

from workbench.archive import photos
from workbench.archive.catalog import writing
from workbench.archive.sessions import Session
from workbench.errors import WorkbenchError
from workbench.learning import prediction, registry
from workbench.learning.prediction import Predicted
from workbench.learning.registry import Model
from workbench.screening import exceptions, verdicts
from workbench.screening.verdicts import Screening, Verdict
from workbench.settings import Settings
from workbench.vision import analysis, store

_GROWTH = 10
"""What came in is judged when it is this part of what is there: each photo is looked up a few times, not hundreds."""
_BATCH = 16
Tell = Callable[[int, int], None]


class NothingToScreen(WorkbenchError):
    """The session has no photo that could be read."""

    def __init__(self, session: Session) -> None:
        super().__init__(f"“{session.name}” has no readable photo to screen. Import its folder again.")


@dataclass
class Running:
    """One screening while it runs. `take` photos as they come in, then `finish`."""

    settings: Settings
    engine: Engine
    session: Session
    model: Model
    executor: Executor
    threshold: float
    screening_id: str | None = None
    _told: set[str] = field(default_factory=set)
    _waiting: list[str] = field(default_factory=list)

    def take(self, photo_ids: Iterable[str]) -> None:
        """Gives photos whose views are kept their first verdicts, now or together with those that come next."""
        self._waiting += [photo for photo in dict.fromkeys(photo_ids) if photo not in self._told]
        if self._waiting and len(self._waiting) * _GROWTH >= len(self._told):
            self._tell()

    def finish(self) -> Screening:
        """Judges all photos of the session against one another, writes the final verdicts, and gives them.

        Raises NothingToScreen, and UnknownSession when the session was forgotten meanwhile.
        """
        predicted = prediction.predict(self.settings, self.engine, self.session, self.model, self.executor)
        if not predicted:
            raise NothingToScreen(self.session)
        held = exceptions.held(predicted)
        if exceptions.of_session(self.engine, self.session.id).get(exceptions.FACES) == exceptions.ANY:
            predicted = prediction.with_others(self.settings, self.session, self.model, self.executor, predicted)
        judged = _judged(predicted, self.threshold, held)
        with writing(self.engine) as connection:
            self.screening_id = self._opened(connection)
            return verdicts.close(connection, self.screening_id, judged)

    def _tell(self) -> None:
        """Provisional verdicts; photos that were forgotten meanwhile are passed over.

        Where another run has finished the screening meanwhile, its verdicts stand until this one's are final too.
        """
        some, self._waiting = self._waiting, []
        self._told.update(some)
        predicted = prediction.provisional(self.settings, self.engine, self.session, self.model, some)
        with writing(self.engine) as connection:
            if self.screening_id is None:
                self.screening_id = self._opened(connection)
            verdicts.write(connection, self.screening_id, _judged(predicted, self.threshold))

    def _opened(self, connection: Connection) -> str:
        return verdicts.open_one(connection, self.session, self.model, self.threshold, begun=self.screening_id)


def begin(
    settings: Settings,
    engine: Engine,
    session: Session,
    model: Model,
    executor: Executor,
    *,
    threshold: float | None = None,
) -> Running:
    """A screening to be fed with photos; nothing is written yet. `threshold` is the model's unless another is given.

    An unfinished one of the same session, model and threshold is gone on with.
    """
    return Running(settings, engine, session, model, executor, threshold or model.threshold)


def kept_threshold(settings: Settings, engine: Engine, session: Session, model: Model) -> float:
    """The threshold for photos that come to a session: that of its last screening by this model, where the photographer
    may have moved it, unless the model was given another one since; else the model's.
    """
    with engine.connect() as connection:
        last = verdicts.last_finished(connection, session.id, model)
    if last is None:
        return model.threshold
    threshold, at = last
    chosen = registry.chosen_threshold(settings, model.fault, model.version)
    return model.threshold if chosen is not None and chosen.at > at else threshold


def whole(running: Running, *, tell: Tell = lambda done, total: None) -> Screening:
    """Screens all that there is; photos whose views are not kept are read again and told of meanwhile.

    `tell` takes how many photos can be judged, and of how many.
    """
    settings, session = running.settings, running.session
    there = photos.of_session(running.engine, session.id)
    kept = store.get(settings, (photo.id for photo in there)).keys()
    lacking = [photo for photo in there if photo.id not in kept]
    tell(len(there) - len(lacking), len(there))
    for start in range(0, len(lacking), _BATCH):
        some = lacking[start : start + _BATCH]
        running.take(analysis.views_of(settings, session, some, running.executor))
        tell(len(there) - len(lacking) + start + len(some), len(there))
    return running.finish()


def _judged(predicted: Sequence[Predicted], threshold: float, held: Collection[str] | None = None) -> list[Verdict]:
    signs = exceptions.signs(predicted, held)
    return [verdicts.decide(one, threshold, sign=signs.get(one.photo.id)) for one in predicted]
