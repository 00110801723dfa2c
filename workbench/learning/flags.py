"""A flag of the audit: one thing that could make a model's figures look better than the model is."""

from __future__ import annotations

import math
from dataclasses import dataclass

PAINTED = "shortcut: eyes painted over"
BACKGROUND = "shortcut: background alone"
DUPLICATES = "leakage: near-duplicates"
SUBJECTS = "leakage: one subject on both sides"
IMBALANCE = "imbalance by session"
DIFFERENT = "same photo, different labels"
NAMES = (PAINTED, BACKGROUND, DUPLICATES, SUBJECTS, IMBALANCE, DIFFERENT)
SHOWN = 200
"""Photos that a flag names at most."""


@dataclass(frozen=True)
class Flag:
    """What one look found: whether it is `raised`, its `figure` with a 95 % interval where it has one, and in words.

    None is what could not be told, and then the sentence says why. `photos` are ids to look at, at most SHOWN.
    """

    name: str
    raised: bool
    figure: float | None
    low: float | None
    high: float | None
    sentence: str
    photos: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise ValueError(f"“{self.name}” is no flag; there are {', '.join(NAMES)}")
        if self.raised and self.figure is None:
            raise ValueError(f"“{self.name}” cannot be raised without a figure")
        if any(number is not None and not math.isfinite(number) for number in (self.figure, self.low, self.high)):
            raise ValueError(f"the numbers of “{self.name}” must be finite or None")
        if len(self.photos) > SHOWN:
            raise ValueError(f"“{self.name}” names {len(self.photos)} photos, at most {SHOWN} are shown")


def known(number: float) -> float | None:
    """A number, None for nan."""
    return None if math.isnan(number) else float(number)


def photos(count: int) -> str:
    """So many photos, in words."""
    return "1 photo" if count == 1 else f"{count:,} photos"
