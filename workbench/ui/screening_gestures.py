"""Gestures of a review as the page sends them: stored by session, in runs, and answered by what is held."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sqlalchemy import Engine

from workbench.archive import operations
from workbench.archive.operations import RefusedOperations
from workbench.faults import BLINK, Fault
from workbench.screening import review
from workbench.ui.labelling import Answer, Refused


def client(engine: Engine, labeller: str, before: str | None) -> tuple[str, int]:
    """The page's client, the one from before if the catalogue knows it, and its last stored gesture."""
    if before is not None:
        with suppress(RefusedOperations):  # another catalogue may lie there now
            return before, review.acknowledged(engine, before)
    return operations.open_client(engine, labeller), 0


def store(engine: Engine, sent: Any, fault: Fault = BLINK) -> Answer:
    """Stores what a page sent: {turn, boxes: [{client, operations}]}; each operation tells its session.

    A gesture that cannot be meant is refused by itself: those before it are stored, those after it wait, in the boxes
    after its own too, so that nothing older is ever stored over what is newer.
    """
    turn = sent.get("turn") if isinstance(sent, dict) else None
    answer = Answer(turn=turn if isinstance(turn, int) else 0)
    boxes = sent.get("boxes") if isinstance(sent, dict) else None
    for box in boxes if isinstance(boxes, list) else []:
        client = box.get("client") if isinstance(box, dict) else None
        if isinstance(client, str) and not answer.refused:
            _store_box(engine, client, box.get("operations"), fault, answer)
    return answer


def _store_box(engine: Engine, client: str, sent: Any, fault: Fault, answer: Answer) -> None:
    try:
        answer.acks[client] = review.acknowledged(engine, client)
        if not isinstance(sent, list):
            raise RefusedOperations("they are no list")
    except RefusedOperations as error:
        answer.refused.append(Refused(client, 0, str(error)))
        return
    for one in sent:
        try:
            gestures = review.read([one])
            answer.acks[client] = review.store(engine, str(one.get("session") or ""), fault, client, gestures)
        except RefusedOperations as error:
            answer.refused.append(Refused(client, _number(one), str(error)))
            return


def _number(one: Any) -> int:
    """The number of what was sent, 0 where it has none that could be named."""
    seq = one.get("seq") if isinstance(one, dict) else None
    return max(0, seq) if type(seq) is int else 0
