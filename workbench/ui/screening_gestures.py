"""Gestures of a review as the page sends them: stored by session, in runs, and answered by what is held."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from typing import Any

from sqlalchemy import Engine

from workbench.archive import operations
from workbench.archive.operations import RefusedOperations
from workbench.faults import BLINK, Fault
from workbench.screening import review
from workbench.screening.gestures import Gesture
from workbench.ui.labelling import Answer, Refused


def client(engine: Engine, labeller: str, before: str | None) -> tuple[str, int]:
    """The page's client, the one from before if the catalogue knows it, and its last stored gesture."""
    if before is not None:
        with suppress(RefusedOperations):  # another catalogue may lie there now
            return before, review.acknowledged(engine, before)
    return operations.open_client(engine, labeller), 0


def store(engine: Engine, sent: Any, fault: Fault = BLINK) -> Answer:
    """Stores what a page sent: {turn, boxes: [{client, operations}]}; each operation tells its session.

    A gesture that cannot be meant is refused by itself: those before it are stored, those after it wait.
    """
    turn = sent.get("turn") if isinstance(sent, dict) else None
    answer = Answer(turn=turn if isinstance(turn, int) else 0)
    boxes = sent.get("boxes") if isinstance(sent, dict) else None
    for box in boxes if isinstance(boxes, list) else []:
        client = box.get("client") if isinstance(box, dict) else None
        if isinstance(client, str):
            _store_box(engine, client, box.get("operations"), fault, answer)
    return answer


def _store_box(engine: Engine, client: str, sent: Any, fault: Fault, answer: Answer) -> None:
    try:
        answer.acks[client] = review.acknowledged(engine, client)
        runs = list(_runs(sent))
    except RefusedOperations as error:
        answer.refused.append(Refused(client, 0, str(error)))
        return
    for session, some in runs:
        for one in some:
            try:
                answer.acks[client] = review.store(engine, session, fault, client, [one])
            except RefusedOperations as error:
                answer.refused.append(Refused(client, one.seq, str(error)))
                return


def _runs(sent: Any) -> Iterator[tuple[str, list[Gesture]]]:
    """The gestures in runs of one session; all of them are read before any is stored. Raises RefusedOperations."""
    read = review.read(sent)
    sessions = [str(each.get("session") or "") for each in sent]
    for session, run in groupby(zip(sessions, read, strict=True), key=lambda pair: pair[0]):
        yield session, [gesture for _, gesture in run]
