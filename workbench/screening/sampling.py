"""The audit of a review: random keepers are looked at, and say how many blinks were missed among all of them."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import comb

from workbench.screening.review import ACCEPT, Decision
from workbench.screening.screen import BLINK, CANT_TELL, KEEP, Screening

SIZE = 20
"""Keepers that are drawn at once."""
_TAIL = Fraction(25, 1000)  # on either side: the interval is one of 95 %


@dataclass(frozen=True)
class Estimate:
    """What a sample says: `drawn` of `keepers` were looked at and `found` of them are blinks.

    `expected` blinks among all keepers, those found too, and at least `low` and at most `high` (95 %). Of `cant_tell`
    nobody could say what they are: `high` counts them as blinks, `expected` and `low` do not.
    """

    drawn: int
    found: int
    keepers: int
    expected: float
    low: int
    high: int
    cant_tell: int = 0


def keepers(screening: Screening, decided: Mapping[str, Decision]) -> tuple[str, ...]:
    """The photos that the model keeps, in the order of the draw; without those that were accepted as a whole group.

    The order is chance, and the same for every screening of a session: what was looked at stays so when another photo
    comes. `screening` holds the model's groups, not the reviewed ones. A keeper stays in its place whatever was decided
    of it, and in whatever step: if those that were found to be blinks left, the sample would look better than it is.
    """
    kept = (photo for photo, verdict in screening.verdicts.items() if verdict.group == KEEP)
    mine = (photo for photo in kept if not _as_a_group(decided.get(photo)))
    return tuple(sorted(mine, key=lambda photo: hashlib.sha256(f"{screening.session_id}{photo}".encode()).digest()))


def _as_a_group(one: Decision | None) -> bool:
    """Whether it was accepted while the model suspected it, at another threshold, and never as a random keeper."""
    return one is not None and one.kind == ACCEPT and not one.audited


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
    """What the keepers say that were looked at so far; None before the first whole sample.

    It is said of them and of the keepers that are still open to chance: not of those that were decided elsewhere, one
    by one, and that no sample has reached.
    """
    seen = looked_at(screening, decided, size)
    if not seen:
        return None
    groups = [decided[photo].group for photo in seen]
    beyond = keepers(screening, decided)[len(seen) :]
    still = sum(photo not in decided or decided[photo].audited for photo in beyond)
    return estimate(len(seen), groups.count(BLINK), len(seen) + still, groups.count(CANT_TELL))


def estimate(drawn: int, found: int, keepers: int, cant_tell: int = 0) -> Estimate:
    """How many of all `keepers` are blinks when `found` of `drawn` random ones are, and `cant_tell` may be.

    Each number of blinks is in the interval unless so few, or so many, would be found with a probability under 2.5 %:
    the hypergeometric test inverted, which is Clopper & Pearson's interval for a finite population (Buonaccorsi, “A
    Note on Confidence Intervals for Proportions in Finite Populations”, The American Statistician 41, 1987). It holds
    the truth with at least 95 %. Raises ValueError for what no sample is.
    """
    most = found + cant_tell
    if not 0 <= found <= most <= drawn <= keepers or (keepers and not drawn):
        raise ValueError(f"{found} found and {cant_tell} in doubt among {drawn} of {keepers} keepers is no sample")
    if drawn == keepers:
        return Estimate(drawn, found, keepers, float(found), found, most, cant_tell)
    few, many = (range(each, keepers - (drawn - each) + 1) for each in (found, most))
    low = bisect_left(few, True, key=lambda blinks: _at_least(found, drawn, blinks, keepers) >= _TAIL)
    beyond = bisect_left(many, True, key=lambda blinks: _at_most(most, drawn, blinks, keepers) < _TAIL)
    expected = found + found / drawn * (keepers - drawn)
    return Estimate(drawn, found, keepers, expected, few[low], many[beyond - 1], cant_tell)


def sentence(one: Estimate) -> str:
    """The estimate in plain words."""
    if not one.keepers:
        return "There is no keeper to check."
    if one.drawn == one.keepers:
        return f"All keepers were looked at. {_blinks(one, str(one.keepers))}."
    drawn = f"{one.drawn} random keeper{'s' * (one.drawn > 1)}"
    if not one.found:
        shows = f"That shows only that at most {one.high} of the {one.keepers} are blinks (95 %){_would_show(one)}"
        return f"{_blinks(one, drawn)}. {shows}."
    bounds = f"at least {one.low}, at most {one.high}"
    return f"{_blinks(one, drawn)}: about {one.expected:.0f} expected among {one.keepers}, {bounds} (95 %)."


def _would_show(one: Estimate) -> str:
    """What three times as many photos would say if there is no blink among them either."""
    more = 3 * one.drawn
    if more >= one.keepers:
        return f"; looking at all {one.keepers} would tell"
    most = estimate(more, 0, one.keepers).high
    return "" if one.cant_tell or most >= one.high else f"; {more} without one would show at most {most}"


def _blinks(one: Estimate, of: str) -> str:
    """“2 of 20 random keepers are blinks, 1 cannot be told”."""
    number = str(one.found) if one.found else "None"
    doubt = f", {one.cant_tell} cannot be told" if one.cant_tell else ""
    return f"{number} of {of} {'are blinks' if one.found > 1 else 'is a blink'}{doubt}"


def _at_most(found: int, drawn: int, blinks: int, keepers: int) -> Fraction:
    """How probable it is to draw no more than `found` of so many blinks (hypergeometric, exact)."""
    ways = sum(comb(blinks, each) * comb(keepers - blinks, drawn - each) for each in range(found + 1))
    return Fraction(ways, comb(keepers, drawn))


def _at_least(found: int, drawn: int, blinks: int, keepers: int) -> Fraction:
    return 1 - _at_most(found - 1, drawn, blinks, keepers)
