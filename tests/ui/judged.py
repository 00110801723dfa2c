"""Archives whose photos are labelled and judged, for the tests of the Inspect page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert

from tests.ui.shoot import Frame, shoot
from workbench.archive import catalog, labels, photos, splits, tables
from workbench.faults import BLINK
from workbench.settings import Settings


@dataclass(frozen=True)
class Person:
    """A shoot of one person: what the model says of each photo, by the cell in which it lies at one half.

    `asked` is whether the model was asked at all.
    """

    name: str
    missed: Sequence[float | None] = ()
    alarms: Sequence[float] = ()
    found: Sequence[float] = ()
    kept: Sequence[float] = ()
    asked: bool = True

    @property
    def answers(self) -> list[tuple[str, float | None]]:
        """The label and the probability of each photo, in order."""
        faulty = [(BLINK.positive, said) for said in (*self.missed, *self.found)]
        return [*faulty, *((BLINK.negative, said) for said in (*self.alarms, *self.kept))]


def judged_archive(settings: Settings, people: Sequence[Person], *, model: str = "starter") -> dict[str, str]:
    """Shoots of these people, labelled by Ana, dealt to the sides and judged by `model`; gives their ids by name."""
    found = {person.name: _person(settings, person, model) for person in people}
    splits.assign(catalog.open_catalog(settings), BLINK)
    return found


def _person(settings: Settings, person: Person, model: str) -> str:
    session = shoot(settings, person.name, [Frame(None)] * len(person.answers))
    engine = catalog.open_catalog(settings)
    lying = photos.of_session(engine, session)
    judged = [(photo.id, *answer) for photo, answer in zip(lying, person.answers, strict=True)]
    with catalog.writing(engine) as connection:
        said = [labels.Said(photo, BLINK, value, labels.TYPED, "Ana") for photo, value, _ in judged]
        labels.say(connection, said)
        if person.asked:
            rows = [_row(photo, model, probability) for photo, _, probability in judged]
            connection.execute(insert(tables.predictions), rows)
    return session


def _row(photo: str, model: str, probability: float | None) -> dict[str, object]:
    doubt = None if probability is None else abs(probability - 0.5)
    about = {"photo_id": photo, "fault": BLINK.name, "model": model}
    return {**about, "probability": probability, "doubt": doubt, "burst_rank": 0}
