"""The audit of a review: random keepers are looked at, and say how many blinks were missed among all of them."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import comb

from workbench.screening.review import Decision
from workbench.screening.screen import BLINK, KEEP, Screening

SIZE = 20
"""Keepers that are drawn at once."""
_TAIL = Fraction(25, 1000)  # on either side: the interval is one of 95 %


@dataclass(frozen=True)
class Estimate:
    """What a sample says: `drawn` of `keepers` were looked at and `found` of them are blinks.

    `expected` blinks among all keepers, those found too, and at least `low` and at most `high` (95 %).
    """

    drawn: int
    found: int
    keepers: int
    expected: float
    low: int
    high: int


def keepers(screening: Screening, decided: Mapping[str, Decision]) -> tuple[str, ...]:
    """The photos that the model keeps and that nobody decided but as a random keeper, in the order of the draw.

    The order is chance, and the same for the same screening. `screening` holds the model's groups, not the reviewed
    ones; the keepers that were looked at stay among them, whatever was found.
    """
    kept = (photo for photo, verdict in screening.verdicts.items() if verdict.group == KEEP)
    open_to_chance = (photo for photo in kept if photo not in decided or decided[photo].audited)
    return tuple(sorted(open_to_chance, key=lambda photo: hashlib.sha256(f"{screening.id}{photo}".encode()).digest()))


def sample(screening: Screening, decided: Mapping[str, Decision], size: int = SIZE) -> tuple[str, ...]:
    """The first `size` keepers of the draw; a larger size extends the sample."""
    return keepers(screening, decided)[:size]


def looked_at(screening: Screening, decided: Mapping[str, Decision], size: int = SIZE) -> tuple[str, ...]:
    """The part of the draw that was looked at to its end, in whole samples of `size` (the last may be smaller).

    A sample that is being looked at does not count yet: in it the blinks are told first.
    """
    drawn = keepers(screening, decided)
    done = next((number for number, photo in enumerate(drawn) if photo not in decided), len(drawn))
    return drawn[: done if done == len(drawn) else done - done % size]


def so_far(screening: Screening, decided: Mapping[str, Decision], size: int = SIZE) -> Estimate | None:
    """What the keepers say that were looked at so far; None before the first whole sample."""
    seen = looked_at(screening, decided, size)
    if not seen:
        return None
    found = sum(decided[photo].group == BLINK for photo in seen)
    return estimate(len(seen), found, len(keepers(screening, decided)))


def estimate(drawn: int, found: int, keepers: int) -> Estimate:
    """How many of all `keepers` are blinks when `found` of `drawn` random ones are.

    Each number of blinks is in the interval unless so few, or so many, would be found with a probability under 2.5 %:
    the hypergeometric test inverted, which is Clopper & Pearson's interval for a finite population (Buonaccorsi, “A
    Note on Confidence Intervals for Proportions in Finite Populations”, The American Statistician 41, 1987). It holds
    the truth with at least 95 %. Raises ValueError for what no sample is.
    """
    if not 0 <= found <= drawn <= keepers or (keepers and not drawn):
        raise ValueError(f"{found} found among {drawn} of {keepers} keepers is no sample")
    if drawn == keepers:
        return Estimate(drawn, found, keepers, float(found), found, found)
    possible = range(found, keepers - (drawn - found) + 1)
    low = bisect_left(possible, True, key=lambda blinks: _at_least(found, drawn, blinks, keepers) >= _TAIL)
    beyond = bisect_left(possible, True, key=lambda blinks: _at_most(found, drawn, blinks, keepers) < _TAIL)
    expected = found + found / drawn * (keepers - drawn)
    return Estimate(drawn, found, keepers, expected, possible[low], possible[beyond - 1])


def sentence(one: Estimate) -> str:
    """The estimate in plain words."""
    if not one.keepers:
        return "There is no keeper to check."
    if one.drawn == one.keepers:
        return f"All keepers were looked at. {_blinks(one.found, str(one.keepers))}."
    expected = f"about {one.expected:.0f}" if one.found else "0"
    bounds = f"at least {one.low}, at most {one.high}" if one.low else f"at most {one.high}"
    drawn = f"{one.drawn} random keeper{'s' * (one.drawn > 1)}"
    return f"{_blinks(one.found, drawn)}: {expected} expected among {one.keepers}, {bounds} (95 %)."


def _blinks(found: int, of: str) -> str:
    """“2 of 20 random keepers are blinks”."""
    number = str(found) if found else "None"
    return f"{number} of {of} {'are blinks' if found > 1 else 'is a blink'}"


def _at_most(found: int, drawn: int, blinks: int, keepers: int) -> Fraction:
    """How probable it is to draw no more than `found` of so many blinks (hypergeometric, exact)."""
    ways = sum(comb(blinks, each) * comb(keepers - blinks, drawn - each) for each in range(found + 1))
    return Fraction(ways, comb(keepers, drawn))


def _at_least(found: int, drawn: int, blinks: int, keepers: int) -> Fraction:
    return 1 - _at_most(found - 1, drawn, blinks, keepers)
