"""Hand-offs of a small shoot, for tests."""

from __future__ import annotations

from tests.screening.handing import (
    Shoot,
)
from workbench.screening import handoff, xmp
from workbench.screening.handoff import Handed, Plan
from workbench.screening.presets import Choice

LIGHTROOM = Choice("lightroom")
GROUPS = {"1.jpg": "blink", "2.tif": "blink", "3.dng": "cant_tell", "4.nef": "blink", "5.jpg": "keep"}
RED = {xmp.LABEL: "Red", xmp.LABEL_COLOR: "red"}
YELLOW = {xmp.LABEL: "Yellow", xmp.LABEL_COLOR: "yellow"}


def planned(one: Shoot, choice: Choice = LIGHTROOM) -> Plan:
    """The dry run."""
    return handoff.plan(one.settings, one.engine, one.session, choice)


def hand_over(one: Shoot, choice: Choice = LIGHTROOM) -> Handed:
    """Plan and writing."""
    return handoff.carry_out(one.settings, one.engine, planned(one, choice), labeller="Ana")


def undo(one: Shoot, handed: Handed) -> Handed:
    """Takes a hand-off back."""
    assert handed.id is not None
    return handoff.undo(one.settings, one.engine, handed.id)
