"""Who the archive shows, against whom the photographer wants it to show: a model learns the faces that it was given."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, delete, insert, select

from workbench.archive import tables
from workbench.archive.catalog import writing
from workbench.archive.overview import Overview
from workbench.errors import WorkbenchError

TAGS = ("age_group", "gender", "race")
UNTAGGED = ""


class BadTarget(WorkbenchError):
    """A target that cannot be meant."""

    def __init__(self, tag: str, value: str, share: float) -> None:
        super().__init__(
            f"The target of {share:.0%} for {tag.replace('_', ' ')} “{value}” cannot be: it is a share of 0 to 100 % "
            f"of an age group, gender or race. Nothing was changed."
        )


@dataclass(frozen=True)
class Row:
    """One value of one tag: how many people, sessions and labelled photos have it, and the wanted share of people.

    `value` UNTAGGED stands for sessions without the tag; `share` is of the people who have the tag (0..1); `lacking`
    says how many more people of this value reach the target if nobody else joins.
    """

    tag: str
    value: str
    people: int
    sessions: int
    labelled: int
    share: float
    target: float | None
    lacking: int


def table(overviews: Iterable[Overview], targets: Mapping[tuple[str, str], float]) -> list[Row]:
    """A row for each value of each tag that sessions or targets have, most people first, sessions without it last."""
    known = list(overviews)
    return [row for tag in TAGS for row in _rows(tag, known, targets)]


def targets(engine: Engine) -> dict[tuple[str, str], float]:
    """The photographer's targets: (tag, value) → wanted share of people, 0..1."""
    with engine.connect() as connection:
        return {(row.tag, row.value): row.share for row in connection.execute(select(tables.targets))}


def set_target(engine: Engine, tag: str, value: str, share: float | None) -> None:
    """Writes one target; None takes it away. Raises BadTarget."""
    if tag not in TAGS or not value.strip() or not 0 <= (share or 0) <= 1:
        raise BadTarget(tag, value, share or 0)
    target = tables.targets
    with writing(engine) as connection:
        connection.execute(delete(target).where(target.c.tag == tag, target.c.value == value.strip()))
        if share is not None:
            connection.execute(insert(target).values(tag=tag, value=value.strip(), share=share))


def _rows(tag: str, known: list[Overview], targets: Mapping[tuple[str, str], float]) -> list[Row]:
    by_value: dict[str, list[Overview]] = defaultdict(list)
    for one in known:
        by_value[getattr(one.session, tag) or UNTAGGED].append(one)
    for target_tag, value in targets:
        if target_tag == tag:
            by_value.setdefault(value, [])
    tagged = sum(_people(found) for value, found in by_value.items() if value != UNTAGGED)
    rows = [_row(tag, value, found, tagged, targets) for value, found in by_value.items()]
    return sorted(rows, key=lambda row: (row.value == UNTAGGED, -row.people, row.value))


def _row(tag: str, value: str, found: list[Overview], tagged: int, targets: Mapping[tuple[str, str], float]) -> Row:
    people, target = _people(found), targets.get((tag, value))
    return Row(
        tag=tag,
        value=value,
        people=people,
        sessions=len(found),
        labelled=sum(one.labelled for one in found),
        share=people / tagged if tagged and value != UNTAGGED else 0.0,
        target=target,
        lacking=_lacking(people, tagged, target),
    )


def _people(found: Iterable[Overview]) -> int:
    """Subjects, each once however many sessions they had; a session without a subject counts as somebody else."""
    return len({(one.session.subject or one.session.id).strip().casefold() for one in found})


def _lacking(people: int, tagged: int, target: float | None) -> int:
    """The smallest n with (people + n) / (tagged + n) ≥ target."""
    if target is None or target >= 1:
        return 0
    return max(0, math.ceil((target * tagged - people) / (1 - target) - 1e-9))
