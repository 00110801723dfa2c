"""Random keepers say how many blinks were missed, with an interval that holds the truth."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import hypergeom

from workbench.archive import tables
from workbench.screening import sampling
from workbench.screening.review import ACCEPT, AUDIT, MOVE, Decision
from workbench.screening.sampling import Estimate
from workbench.screening.screen import BLINK, CANT_TELL, KEEP, Screening, Verdict

IDS = tuple(f"{number:032x}" for number in range(100))


def _screening(session: str = "s", keep: int = 100, name: str = "e" * 32) -> Screening:
    groups = [KEEP] * keep + [BLINK, CANT_TELL] * 50
    verdicts = {photo: Verdict(photo, group, 0.1, "") for photo, group in zip(IDS, groups, strict=False)}
    return Screening(name, session, "blink", "starter", 0.5, tables.now(), tables.now(), verdicts)


def _audit(*photos: str, group: str = KEEP, kind: str = AUDIT) -> dict[str, Decision]:
    return {photo: Decision(photo, group, kind, "Ana", tables.now(), kind == AUDIT) for photo in photos}


# ---- the draw


def test_the_sample_is_the_same_each_time_and_more_of_it_begins_with_it() -> None:
    drawn = sampling.sample(_screening(), {})
    assert len(set(drawn)) == 20 and drawn == sampling.sample(_screening(), {})
    assert sampling.sample(_screening(), {}, 40)[:20] == drawn
    assert sampling.sample(_screening("another session"), {}) != drawn


def test_what_was_looked_at_counts_in_the_next_screening_too_and_a_late_photo_takes_its_place_in_the_draw() -> None:
    drawn = sampling.sample(_screening(keep=99), {})
    later = _screening(keep=100, name="f" * 32)
    assert set(drawn) >= set(sampling.sample(later, {})) - {IDS[99]}
    assert sampling.so_far(_screening(name="f" * 32), _audit(*sampling.sample(_screening(), {})))


def test_every_keeper_is_drawn_as_often_as_the_others() -> None:
    often = Counter(photo for each in range(400) for photo in sampling.sample(_screening(f"{each:032x}"), {}))
    assert set(often) == set(IDS) and 40 < min(often.values()) and max(often.values()) < 120  # 80 ± 5 deviations


def test_only_what_the_model_keeps_is_drawn_and_nothing_that_was_accepted_as_a_group() -> None:
    screening = _screening(keep=30)
    decided = _audit(*IDS[5:8], kind=ACCEPT) | _audit(IDS[60], group=KEEP, kind=MOVE)
    drawn = {*IDS[:5], *IDS[8:30]}
    assert set(sampling.keepers(screening, decided)) == drawn
    assert set(sampling.sample(screening, decided, 999)) == drawn


def test_a_blink_of_the_sample_that_is_moved_in_another_step_is_found_all_the_same() -> None:
    drawn = sampling.sample(_screening(), {})
    decided = _audit(*drawn[:3], group=BLINK, kind=MOVE) | _audit(*drawn[3:])
    assert sampling.sample(_screening(), decided) == drawn
    assert sampling.so_far(_screening(), decided) == sampling.estimate(20, 3, 100)


def test_of_keepers_that_were_moved_and_that_no_sample_has_reached_nothing_is_said() -> None:
    drawn = sampling.sample(_screening(), {}, 30)
    decided = _audit(*drawn[:20]) | _audit(*drawn[24:30], group=BLINK, kind=MOVE)
    assert sampling.so_far(_screening(), decided) == sampling.estimate(20, 0, 94)


def test_a_keeper_that_nobody_can_tell_counts_as_a_blink_in_the_upper_bound_only() -> None:
    drawn = sampling.sample(_screening(), {})
    decided = _audit(*drawn[:2], group=BLINK) | _audit(drawn[2], group=CANT_TELL) | _audit(*drawn[3:])
    one, surely, perhaps = sampling.so_far(_screening(), decided), *(sampling.estimate(20, n, 100) for n in (2, 3))
    assert one == Estimate(20, 2, 100, surely.expected, surely.low, perhaps.high, 1)
    assert sampling.estimate(20, 0, 400, 20).high == 400
    assert sampling.estimate(12, 2, 12, 3) == Estimate(12, 2, 12, 2.0, 2, 5, 3)


def test_what_was_looked_at_stays_in_the_sample_whatever_was_found() -> None:
    drawn = sampling.sample(_screening(), {})
    audited = _audit(*drawn[:19]) | _audit(drawn[19], group=BLINK)
    for kind in (MOVE, ACCEPT):
        since = {drawn[0]: Decision(drawn[0], BLINK, kind, "Ana", tables.now(), audited=True)}
        assert sampling.sample(_screening(), audited | since) == drawn
        assert sampling.so_far(_screening(), audited | since) == sampling.estimate(20, 2, 100)


def test_a_sample_counts_when_all_of_it_was_looked_at() -> None:
    """In one that is begun the blinks are told first, so that its share of them says nothing."""
    drawn = sampling.sample(_screening(), {}, 40)
    assert sampling.so_far(_screening(), _audit(drawn[3], group=BLINK)) is None
    first = _audit(*drawn[:20])
    begun = first | _audit(*drawn[20:23], group=BLINK)
    assert sampling.looked_at(_screening(), begun) == drawn[:20]
    assert sampling.so_far(_screening(), begun) == sampling.estimate(20, 0, 100)
    assert sampling.so_far(_screening(), begun | _audit(*drawn[23:])) == sampling.estimate(40, 3, 100)


def test_of_few_keepers_all_are_looked_at() -> None:
    few = _screening(keep=7)
    assert sampling.so_far(few, _audit(*IDS[:6])) is None
    assert sampling.so_far(few, _audit(*IDS[:7])) == Estimate(7, 0, 7, 0.0, 0, 0)
    assert sampling.sample(_screening(keep=0), {}) == () and sampling.so_far(_screening(keep=0), {}) is None


# ---- the estimate


def test_the_interval_is_that_of_counting_every_possible_draw() -> None:
    for keepers in range(1, 9):
        for drawn in range(1, keepers + 1):
            chances = [_by_counting(keepers, drawn, blinks) for blinks in range(keepers + 1)]
            for found in range(drawn + 1):
                possible = [
                    blinks
                    for blinks, chance in enumerate(chances)
                    if min(chance[: found + 1].sum(), chance[found:].sum()) >= 0.025 and chance[found] > 0
                ]
                one = sampling.estimate(drawn, found, keepers)
                assert list(range(one.low, one.high + 1)) == possible, (keepers, drawn, found)


def _by_counting(keepers: int, drawn: int, blinks: int) -> np.ndarray:
    """How probable each number of found blinks is: every draw is looked at."""
    found = [sum(each < blinks for each in draw) for draw in combinations(range(keepers), drawn)]
    return np.bincount(found, minlength=drawn + 1) / len(found)


@pytest.mark.parametrize(("keepers", "drawn"), [(380, 20), (380, 40), (57, 20), (600, 1)])
def test_the_interval_agrees_with_scipy_and_holds_the_truth_in_95_of_100_draws(keepers: int, drawn: int) -> None:
    blinks, found = np.arange(keepers + 1)[:, None], np.arange(drawn + 1)
    chance = hypergeom.pmf(found, keepers, blinks, drawn)
    few, many = hypergeom.cdf(found, keepers, blinks, drawn), hypergeom.sf(found - 1, keepers, blinks, drawn)
    held = np.minimum(few, many) >= 0.025
    told = [sampling.estimate(drawn, each, keepers) for each in found]
    assert [(one.low, one.high) for one in told] == [tuple(np.flatnonzero(column)[[0, -1]]) for column in held.T]
    covered = np.array([(one.low <= blinks[:, 0]) & (blinks[:, 0] <= one.high) for one in told]).T
    assert (chance * covered).sum(axis=1).min() >= 0.95


def test_what_is_expected_is_the_share_of_the_sample() -> None:
    assert sampling.estimate(20, 1, 380).expected == pytest.approx(19)
    assert sampling.estimate(380, 3, 380) == Estimate(380, 3, 380, 3.0, 3, 3)


@pytest.mark.parametrize(
    "sample", [(0, 0, 5), (6, 0, 5), (3, 4, 5), (3, -1, 5), (-1, -1, 0), (3, 2, 5, 2), (3, 2, 5, -1)]
)
def test_what_is_no_sample_is_refused(sample: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="no sample"):
        sampling.estimate(*sample)


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        (
            (20, 0, 380),
            "None of 20 random keepers is a blink. That shows only that at most 62 of the 380 are blinks (95 %); "
            "60 without one would show at most 20.",
        ),
        (
            (20, 0, 25),
            "None of 20 random keepers is a blink. That shows only that at most 2 of the 25 are blinks (95 %); "
            "looking at all 25 would tell.",
        ),
        (
            (20, 1, 380),
            "1 of 20 random keepers is a blink: about 19 expected among 380, at least 1, at most 92 (95 %).",
        ),
        (
            (40, 2, 380),
            "2 of 40 random keepers are blinks: about 19 expected among 380, at least 3, at most 61 (95 %).",
        ),
        (
            (20, 0, 380, 1),
            "None of 20 random keepers is a blink, 1 cannot be told. That shows only that at most 92 of the 380 are "
            "blinks (95 %).",
        ),
        ((12, 2, 12, 1), "All keepers were looked at. 2 of 12 are blinks, 1 cannot be told."),
        ((12, 0, 12), "All keepers were looked at. None of 12 is a blink."),
        ((12, 2, 12), "All keepers were looked at. 2 of 12 are blinks."),
        ((0, 0, 0), "There is no keeper to check."),
    ],
)
def test_the_estimate_is_said_in_plain_words(sample: tuple[int, ...], words: str) -> None:
    assert sampling.sentence(sampling.estimate(*sample)) == words
