"""Where labelling stands: labels by class against the aim, the pace, and how they spread over sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select

from workbench.archive import overview, tables
from workbench.faults import UNSURE, Fault

FIRST_AIM, FURTHER_AIM = 500, 250
"""Labels of each class to start with, and by how many the aim then rises."""


@dataclass(frozen=True)
class Standing:
    """Standing labels by class, the next `aim` for each class, and this hour's pace of one labeller.

    `sessions` have labels, `with_fault` of them have the fault, and `half` of these hold half of all faults.
    """

    positive: int
    negative: int
    unsure: int
    aim: int
    this_hour: int
    sessions: int
    with_fault: int
    half: int


def standing(engine: Engine, fault: Fault, labeller: str, *, now: datetime | None = None) -> Standing:
    """Where labelling of a fault stands."""
    moment = now or tables.now()
    stands, said = tables.standing.c, tables.labels.c
    with engine.connect() as connection:
        by_class = select(stands.value, func.count()).where(stands.fault == fault.name).group_by(stands.value)
        counted = {row[0]: row[1] for row in connection.execute(by_class)}
        recent = select(func.count()).where(
            said.labeller == labeller, said.at > moment - timedelta(hours=1), said.undoes.is_(None)
        )
        pace = connection.execute(recent).scalar_one()
    sessions = overview.every(engine, fault)
    faulty = sorted((one.faulty for one in sessions if one.faulty), reverse=True)
    positive, negative = counted.get(fault.positive, 0), counted.get(fault.negative, 0)
    return Standing(
        positive=positive,
        negative=negative,
        unsure=counted.get(UNSURE, 0),
        aim=aim(min(positive, negative)),
        this_hour=pace,
        sessions=sum(one.labelled > 0 for one in sessions),
        with_fault=len(faulty),
        half=_half(faulty),
    )


def aim(reached: int) -> int:
    """The next aim for each class: 500, then 250 more each time it is reached."""
    if reached < FIRST_AIM:
        return FIRST_AIM
    return FIRST_AIM + FURTHER_AIM * ((reached - FIRST_AIM) // FURTHER_AIM + 1)


def _half(descending: list[int]) -> int:
    """How many of the largest numbers make up half of their sum."""
    together = 0
    for number, count in enumerate(descending, start=1):
        together += count
        if 2 * together >= sum(descending):
            return number
    return 0
