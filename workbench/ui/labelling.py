"""What the labelling desk says and hears: a queue's photos, operations and what was held of them, a history."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Engine

from workbench.archive import labels, operations, photos, sessions
from workbench.archive.labels import Label
from workbench.archive.operations import Operation, RefusedOperations, Source
from workbench.archive.progress import Standing
from workbench.faults import BLINK, Fault
from workbench.learning import queues
from workbench.learning.queues import Queue, Queued
from workbench.settings import Settings
from workbench.ui import tiles
from workbench.ui.wording import counted, listed

ORIGINS = (labels.TYPED, labels.ACCEPTED)
"""How a desk may come to an answer."""
_LONGEST_REASON = 80
_SHIFTING = (queues.DISAGREEMENTS, queues.SECOND_LOOK)


@dataclass(frozen=True)
class Refused:
    """An operation that was not stored, or a whole client (`seq` 0), and why."""

    client: str
    seq: int
    sentence: str


@dataclass
class Answer:
    """What a message of a desk came to: the last operation held of each client, and what was refused."""

    turn: int = 0
    acks: dict[str, int] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)


# ---- photos of a queue


def photo(queued: Queued) -> dict[str, Any]:
    """What the browser is told of a photo: a tile's facts, its session, its label and the model's opinion."""
    taken: tuple[Any, ...] = (queued.captured_at, queued.width, queued.height, queued.faces)
    about = photos.Photo(queued.photo_id, queued.session_id, queued.name, *taken)
    probability = None if queued.probability is None else round(queued.probability, 3)
    return {**tiles.facts(about), "session": queued.session, "value": queued.value, "p": probability}


def shifts(queue: Queue) -> bool:
    """Whether answering takes photos out of the queue, so that the places of the others change."""
    return queue.unlabelled or queue.value is not None or queue.name in _SHIFTING


def opens_at_unlabelled(queue: Queue) -> bool:
    """Whether a sitting begins with the first photo that has no label; a second look begins at the start."""
    return queue.value is None and queue.name not in _SHIFTING


def scope(queue: Queue) -> str:
    """Names what is queued, so that a browser knows its place in it again."""
    return hashlib.sha256(repr(queue).encode()).hexdigest()[:16]


def namespace(settings: Settings) -> str:
    """Names catalogue and labeller, so that no browser mixes what it keeps of one with another's."""
    return hashlib.sha256(f"{settings.database}\n{settings.labeller}".encode()).hexdigest()[:16]


# ---- operations


def client(engine: Engine, labeller: str, before: str | None) -> tuple[str, int]:
    """The page's client, the one from before if the catalogue knows it, and its last stored operation."""
    if before is not None:
        with suppress(RefusedOperations):  # another catalogue may lie there now
            return before, operations.acknowledged(engine, before)
    return operations.open_client(engine, labeller), 0


def store(engine: Engine, sent: Any, fault: Fault = BLINK) -> Answer:
    """Stores what a desk sent: {turn, boxes: [{client, operations}]}; each operation tells its queue and origin.

    An operation that cannot be meant is refused by itself: those before it are stored, those after it wait.
    """
    answer = Answer(turn=_turn(sent))
    boxes = sent.get("boxes") if isinstance(sent, dict) else None
    for box in boxes if isinstance(boxes, list) else []:
        client = box.get("client") if isinstance(box, dict) else None
        if isinstance(client, str):
            _store_box(engine, client, box.get("operations"), fault, answer)
    return answer


def _turn(sent: Any) -> int:
    turn = sent.get("turn") if isinstance(sent, dict) else None
    return turn if isinstance(turn, int) else 0


def _store_box(engine: Engine, client: str, sent: Any, fault: Fault, answer: Answer) -> None:
    try:
        answer.acks[client] = operations.acknowledged(engine, client)
        read = operations.read(sent)
        runs = list(_runs(client, fault, read, sent))
    except RefusedOperations as error:
        answer.refused.append(Refused(client, 0, str(error)))
        return
    for source, some in runs:
        try:
            answer.acks[client] = operations.store(engine, source, some)
        except RefusedOperations:
            _store_singly(engine, source, some, answer)
            if any(each.client == client for each in answer.refused):
                return


def _runs(
    client: str, fault: Fault, read: Sequence[Operation], sent: Sequence[Any]
) -> Iterator[tuple[Source, list[Operation]]]:
    """The operations in runs of one queue and one origin, as they are stored."""
    reasons = [(str(each.get("queue") or "")[:_LONGEST_REASON], each.get("origin", labels.TYPED)) for each in sent]
    for (queue, origin), run in groupby(zip(reasons, read, strict=True), key=lambda pair: pair[0]):
        if origin not in ORIGINS:
            raise RefusedOperations(f"“{origin}” is no origin of an answer")
        yield Source(client, fault, queue, origin), [operation for _, operation in run]


def _store_singly(engine: Engine, source: Source, some: Iterable[Operation], answer: Answer) -> None:
    for one in some:
        try:
            answer.acks[source.client] = operations.store(engine, source, [one])
        except RefusedOperations as error:
            answer.refused.append(Refused(source.client, one.seq, str(error)))
            return


# ---- a photo's history


def history(engine: Engine, photo_id: str, fault: Fault = BLINK) -> dict[str, Any]:
    """Everything that was said of a photo, newest first, and the label that stands."""
    said = labels.history(engine, photo_id, fault)
    undone = {entry.undoes: entry for entry in said if entry.undoes is not None}
    answers = [entry for entry in said if entry.undoes is None]
    stands = [entry.value for entry in answers if entry.id not in undone]
    return {
        "photo": photo_id,
        "value": stands[-1] if stands else None,
        "entries": tuple(_entry(entry, undone.get(entry.id)) for entry in reversed(answers)),
    }


def _entry(said: Label, undone: Label | None) -> dict[str, Any]:
    how = "" if said.origin == labels.TYPED else said.origin
    return {
        "id": said.id,
        "value": said.value,
        "by": listed([said.labeller, clock(said.at), how]),
        "undone": f"taken back by {undone.labeller}, {clock(undone.at)}" if undone else "",
    }


def clock(at: datetime) -> str:
    """A time of the catalogue (UTC) by the photographer's clock."""
    return f"{at.replace(tzinfo=UTC).astimezone():%-d %b %Y, %H:%M}"


# ---- where we stand


def standing(found: Standing, fault: Fault = BLINK) -> tuple[str, ...]:
    """Labels against the aim, this hour's pace and how the classes spread, each in a line."""
    spread = f"in {counted(found.sessions, 'session')}"
    if found.with_fault:
        spread += f"; half of the blinks come from {found.half} of {found.with_fault}"
    return (
        f"{found.positive:,} of {found.aim:,} {fault.positive}",
        f"{found.negative:,} of {found.aim:,} {fault.negative}",
        listed([f"{found.unsure:,} unsure" if found.unsure else "", f"{found.this_hour:,} this hour"]),
        spread,
    )


# ---- three examples


def examples(settings: Settings, engine: Engine) -> tuple[dict[str, str], ...]:
    """Three photos of a demo session with their meaning; none where there is no demo. Never a client's photo."""
    demo = settings.datasets / "demo"
    for session in sessions.every(engine):
        if session.folder.is_relative_to(demo) and (session.folder / "truth.csv").is_file():
            return _examples(engine, session)
    return ()


def _examples(engine: Engine, session: sessions.Session) -> tuple[dict[str, str], ...]:
    from workbench.vision.demo import CLOSED, HALF_OPEN

    with (session.folder / "truth.csv").open(newline="", encoding="utf-8") as table:
        lids = {row["file"]: float(row["closed"]) for row in csv.DictReader(table)}
    known = {photo.name: photo for photo in photos.of_session(engine, session.id) if photo.name in lids}
    shut = [name for name in known if lids[name] >= CLOSED]
    lowered = [name for name in known if lids[name] < HALF_OPEN]
    if not shut or not lowered:
        return ()
    chosen = (
        (max(shut, key=lids.__getitem__), f"{BLINK.positive}: closed"),
        (min(shut, key=lids.__getitem__), f"{BLINK.positive}: partially closed"),
        (max(lowered, key=lids.__getitem__), f"{BLINK.negative}: lowered"),
    )
    return tuple({"eyes": f"/eyes/{known[name].id}", "says": says} for name, says in chosen)
