"""Bursts: photos taken within seconds of each other, which show nearly the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta


def bursts(taken: Sequence[datetime | None], *, gap: timedelta = timedelta(seconds=3)) -> list[int]:
    """The number of the burst of each photo, given in the order taken; a photo without a time is a burst of its own."""
    numbers: list[int] = []
    for index, moment in enumerate(taken):
        before = taken[index - 1] if index else None
        together = moment is not None and before is not None and moment - before <= gap
        numbers.append(numbers[-1] if together else index)
    return numbers
