"""Sessions whose suggestions were accepted, for tests."""

from __future__ import annotations

from sqlalchemy import Engine

from workbench.archive import operations
from workbench.faults import BLINK as FAULT
from workbench.screening import gestures, screen
from workbench.screening.gestures import ACCEPT, Gesture
from workbench.screening.screen import BLINK, CANT_TELL


def accept(engine: Engine, session: str) -> None:
    """Everything that is suggested is as it was suggested."""
    found = screen.latest(engine, session)
    assert found
    client = operations.open_client(engine, "tester")
    for seq, group in enumerate((BLINK, CANT_TELL), start=1):
        there = tuple(one.photo_id for one in found.verdicts.values() if one.group == group)
        if there:
            gestures.store(engine, session, FAULT, client, [Gesture(seq, ACCEPT, there, group)])
