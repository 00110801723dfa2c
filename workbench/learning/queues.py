"""What to label next: each queue is an order of photos, fetched a stretch at a time by one indexed query.

Photos of the test split are never queued by a model's opinion: what a model is tested on must not be chosen by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Engine, Select, and_, case, distinct, exists, func, insert, literal, or_, select

from workbench.archive import labels, splits, tables
from workbench.archive.catalog import writing
from workbench.errors import WorkbenchError
from workbench.faults import BLINK, Fault

IN_ORDER, RANDOM, DOUBTFUL, LIST, DISAGREEMENTS, SECOND_LOOK = (
    "session", "random", "doubtful", "list", "disagreements", "second-look",
)  # fmt: skip
CONFIDENT = 0.9
"""A model this sure of the other class disagrees with a label."""
STRETCH = 60
_LONGEST = 1000


class NoSuchQueue(WorkbenchError):
    """A queue that there is not, or that lacks what it needs."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"There is nothing to label in this order: {reason}. Choose another order at the top of the page."
        )


@dataclass(frozen=True)
class Queue:
    """An order of photos and what to leave out.

    `name` is one of KINDS; `session_id`, `value` (a class or UNSURE) and `unlabelled` narrow it down; `model` is the
    version whose opinion counts, `labeller` who asks, `list_id` the stored list.
    """

    name: str = IN_ORDER
    fault: Fault = BLINK
    session_id: str | None = None
    unlabelled: bool = False
    value: str | None = None
    model: str | None = None
    labeller: str | None = None
    list_id: str | None = None

    def __post_init__(self) -> None:
        if self.name not in KINDS:
            raise NoSuchQueue(f"“{self.name}” is none of {', '.join(KINDS)}")
        if self.value is not None and self.value not in (*self.fault.classes, "UNSURE"):
            raise NoSuchQueue(f"“{self.value}” is no answer to {self.fault.name}")
        if self.name == IN_ORDER and self.session_id is None:
            raise NoSuchQueue("it needs a session")
        if self.name == LIST and self.list_id is None:
            raise NoSuchQueue("it needs a stored list")
        if self.name in (DOUBTFUL, DISAGREEMENTS) and self.model is None:
            raise NoSuchQueue("it needs a model")

    @property
    def says(self) -> str:
        """What is written beside a label as the queue that chose the photo."""
        return self.name if self.list_id is None else f"{self.name} {self.list_id}"


@dataclass(frozen=True)
class Queued:
    """A photo of a queue with one of the places where it lies, what stands for it, and the queue's model's opinion.

    `width`, `height` and `faces` are as in `photos.Photo`; `probability` is None where the model said nothing.
    """

    photo_id: str
    session_id: str
    session: str
    name: str
    captured_at: Any
    width: int
    height: int
    faces: int | None
    value: str | None
    probability: float | None


def stretch(engine: Engine, queue: Queue, *, start: int = 0, size: int = STRETCH) -> list[Queued]:
    """The photos of the queue from position `start` on, at most `size`."""
    wanted = _ORDERS[queue.name](queue).offset(max(0, start)).limit(min(max(1, size), _LONGEST))
    with engine.connect() as connection:
        ids = [row[0] for row in connection.execute(wanted)]
        known = {row.photo_id: Queued(*row) for row in connection.execute(_described(queue, ids))}
    return [known[photo] for photo in ids if photo in known]


def length(engine: Engine, queue: Queue) -> int:
    """How many photos the queue has now."""
    counted = _ORDERS[queue.name](queue).order_by(None).subquery()
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(counted)).scalar_one()


def keep_list(engine: Engine, name: str, photo_ids: Sequence[str]) -> str:
    """Stores a list of photos to label, in that order; gives its id."""
    list_id = uuid4().hex
    rows = [{"list_id": list_id, "position": n, "photo_id": photo} for n, photo in enumerate(dict.fromkeys(photo_ids))]
    with writing(engine) as connection:
        connection.execute(insert(tables.lists).values(id=list_id, name=name))
        if rows:
            connection.execute(insert(tables.listed), rows)
    return list_id


def lists(engine: Engine) -> dict[str, str]:
    """The stored lists, newest first: id → name."""
    query = select(tables.lists.c.id, tables.lists.c.name).order_by(tables.lists.c.made_at.desc())
    with engine.connect() as connection:
        return {row.id: row.name for row in connection.execute(query)}


def _in_order(queue: Queue) -> Select[Any]:
    photo, file = tables.photos.c, tables.files.c
    first = func.min(file.name)
    query = select(photo.id).join_from(tables.files, tables.photos).where(file.session_id == queue.session_id)
    return (
        query.where(*_filters(queue))
        .group_by(photo.id, photo.captured_at)
        .order_by(photo.captured_at.is_(None), photo.captured_at, first)
    )


def _random(queue: Queue) -> Select[Any]:
    """By identity: a hash of the picture is chance enough, the same on every day, and an index."""
    photo = tables.photos.c
    return select(photo.id).where(*_filters(queue), *_of_session(queue)).order_by(photo.id)


def _doubtful(queue: Queue) -> Select[Any]:
    said = tables.predictions.c
    return _predicted(queue).where(said.doubt.is_not(None)).order_by(said.burst_rank, said.doubt)


def _disagreements(queue: Queue) -> Select[Any]:
    said, stands = tables.predictions.c, tables.standing.c
    against = or_(
        and_(stands.value == queue.fault.negative, said.probability >= CONFIDENT),
        and_(stands.value == queue.fault.positive, said.probability <= 1 - CONFIDENT),
    )
    query = _predicted(queue).join(tables.standing, stands.photo_id == said.photo_id)
    return query.where(stands.fault == queue.fault.name, against).order_by(said.doubt.desc(), said.photo_id)


def _predicted(queue: Queue) -> Select[Any]:
    """Photos that the model judged, but for those it is tested on."""
    said, photo = tables.predictions.c, tables.photos.c
    query = select(said.photo_id).join_from(tables.predictions, tables.photos)
    query = query.where(said.fault == queue.fault.name, said.model == queue.model)
    untested = or_(photo.side.is_(None), photo.side != splits.TEST)
    return query.where(untested, *_filters(queue), *_of_session(queue))


def _listed(queue: Queue) -> Select[Any]:
    listed, photo = tables.listed.c, tables.photos.c
    query = select(photo.id).join_from(tables.listed, tables.photos).where(listed.list_id == queue.list_id)
    return query.where(*_filters(queue), *_of_session(queue)).order_by(listed.position)


def _second_look(queue: Queue) -> Select[Any]:
    """Photos with different answers, or answered by others but not by who asks; those with most answers first."""
    answers, photo = labels.effective(queue.fault).subquery(), tables.photos.c
    said = answers.c
    mine = func.count(case((said.labeller == queue.labeller, 1)))
    differ = func.count(distinct(said.value)) > 1
    by_others_alone = and_(mine == 0, literal(queue.labeller is not None))
    query = select(photo.id).join_from(tables.photos, answers, said.photo_id == photo.id)
    query = query.where(*_filters(queue), *_of_session(queue)).group_by(photo.id)
    return query.having(or_(differ, by_others_alone)).order_by(func.count(distinct(said.value)).desc(), photo.id)


def _filters(queue: Queue) -> list[ColumnElement[bool]]:
    stands, photo = tables.standing.alias("filtered"), tables.photos.c
    said = exists().where(stands.c.photo_id == photo.id, stands.c.fault == queue.fault.name)
    found: list[ColumnElement[bool]] = []
    if queue.unlabelled:
        found.append(~said)
    if queue.value is not None:
        found.append(said.where(stands.c.value == queue.value))
    return found


def _of_session(queue: Queue) -> list[ColumnElement[bool]]:
    if queue.session_id is None:
        return []
    files = tables.files.alias("lying")
    return [exists().where(files.c.photo_id == tables.photos.c.id, files.c.session_id == queue.session_id)]


def _described(queue: Queue, ids: Sequence[str]) -> Select[Any]:
    photo, file, session, stands = tables.photos.c, tables.files.c, tables.sessions.c, tables.standing.c
    here = [] if queue.session_id is None else [file.session_id == queue.session_id]
    place = select(func.min(file.id)).where(file.photo_id.in_(ids), *here).group_by(file.photo_id)
    said = tables.predictions.c
    seen = (photo.captured_at, photo.width, photo.height, photo.faces)
    query = select(
        photo.id.label("photo_id"), session.id, session.name, file.name, *seen, stands.value, said.probability
    )
    query = query.join_from(tables.files, tables.photos).join(tables.sessions, session.id == file.session_id)
    about = and_(stands.photo_id == photo.id, stands.fault == queue.fault.name)
    opinion = and_(said.photo_id == photo.id, said.fault == queue.fault.name, said.model == queue.model)
    query = query.join(tables.standing, about, isouter=True).join(tables.predictions, opinion, isouter=True)
    return query.where(file.id.in_(place))


_ORDERS: dict[str, Callable[[Queue], Select[Any]]] = {
    IN_ORDER: _in_order,
    RANDOM: _random,
    DOUBTFUL: _doubtful,
    LIST: _listed,
    DISAGREEMENTS: _disagreements,
    SECOND_LOOK: _second_look,
}
KINDS = tuple(_ORDERS)
