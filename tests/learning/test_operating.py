"""What every threshold does, against scikit-learn, small tables counted by hand, and every empty case."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import calibration, metrics
from sqlalchemy import Engine

from tests import archive_rows
from workbench.archive import catalog, tables
from workbench.faults import BLINK
from workbench.learning import evaluation, operating
from workbench.learning.operating import Point, Share, Sweep
from workbench.settings import Settings

TRUTH = np.array([False, False, False, True, False, True, True])
SAID = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])


@pytest.fixture
def engine(settings: Settings) -> Engine:
    return catalog.open_catalog(settings)


def sample(n: int, *, seed: int = 0, decimals: int = 6, unjudged: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Truth and a probability that knows something of it; few decimals make ties."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.3
    said = np.clip(rng.normal(0.35 + 0.3 * truth, 0.2), 0, 1).round(decimals)
    return truth, np.where(rng.random(n) < unjudged, np.nan, said)


@pytest.mark.parametrize("decimals", [6, 1])
@pytest.mark.parametrize("threshold", [0.05, 0.3, 0.5, 0.7, 0.95, 0.999])
def test_a_threshold_does_what_the_confusion_at_it_says(threshold: float, decimals: int) -> None:
    truth, said = sample(300, decimals=decimals, unjudged=0.1)
    cells = evaluation.confusion(truth, said, threshold)
    assert operating.sweep(truth, said).at(threshold) == Point(cells.fn, cells.fp, cells.tp)


def test_unjudged_photos_count_as_photos_and_are_neither_missed_nor_flagged() -> None:
    swept = operating.sweep(np.array([True, True, False, False]), np.array([0.9, np.nan, 0.1, np.nan]))
    assert (swept.positives, swept.unjudged_positives, swept.negatives, swept.unjudged_negatives) == (2, 1, 2, 1)
    assert swept.at(0.5) == Point(missed=0, alarms=0, found=1)


def test_never_lose_finds_most_without_a_false_alarm_and_never_miss_flags_fewest_without_a_miss() -> None:
    swept = operating.sweep(TRUTH, SAID)
    lose, miss = operating.never_lose(swept), operating.never_miss(swept)
    assert lose is not None and swept.at(lose) == Point(missed=1, alarms=0, found=2) and 0.5 < lose < 0.6
    assert miss is not None and swept.at(miss) == Point(missed=0, alarms=1, found=3) and 0.3 < miss < 0.4


@pytest.mark.parametrize("seed", range(5))
def test_the_three_buttons_are_the_best_of_all_thresholds(seed: int) -> None:
    truth, said = sample(200, seed=seed, decimals=2, unjudged=0.05)
    swept = operating.sweep(truth, said)
    every = [swept.at(threshold) for threshold in np.linspace(0.001, 0.999, 999)]
    lose, miss = operating.never_lose(swept), operating.never_miss(swept)
    if lose is not None:
        assert swept.at(lose).alarms == 0
        assert swept.at(lose).found == max(one.found for one in every if one.alarms == 0)
    assert miss is not None and swept.at(miss).missed == 0
    assert swept.at(miss).alarms == min(one.alarms for one in every if one.missed == 0)
    least = operating.least_work(swept, miss=5, alarm=1, share=0.1)
    assert least is not None
    assert cost(swept, swept.at(least)) == pytest.approx(min(cost(swept, one) for one in every))


def cost(swept: Sweep, does: Point) -> float:
    """At 5 a miss, 1 an alarm and one blink in ten."""
    return 5 * 0.1 * does.missed / swept.judged_positives + 0.9 * does.alarms / swept.judged_negatives


def test_a_costlier_miss_lowers_the_threshold_of_least_work() -> None:
    swept = operating.sweep(*sample(400))
    found = [operating.least_work(swept, miss=cost, alarm=1, share=0.1) for cost in (0.5, 5, 500)]
    assert found == sorted(found, reverse=True) and found[0] > found[2]  # type: ignore[operator, type-var]


def test_least_work_lies_in_the_middle_of_what_costs_least() -> None:
    swept = operating.sweep(np.array([False, True]), np.array([0.1, 0.9]))
    assert operating.least_work(swept, miss=1, alarm=1, share=0.5) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="positive"):
        operating.least_work(swept, miss=0, alarm=1, share=0.5)


@pytest.mark.parametrize(
    ("truth", "said"),
    [([], []), ([False, False], [0.2, 0.8]), ([True, True], [np.nan, np.nan]), ([True, False], [np.nan, 0.4])],
)
def test_where_nothing_can_be_said_there_is_no_threshold(truth: list, said: list) -> None:
    swept = operating.sweep(np.array(truth, bool), np.array(said, float))
    assert operating.never_lose(swept) is None and operating.never_miss(swept) is None
    assert operating.least_work(swept, miss=1, alarm=1, share=0.1) is None
    for curve in (operating.roc(swept), operating.precision_recall(swept)):
        assert curve.reason == "needs judged photos of both classes" and len(curve.x) == 0


def test_without_a_share_there_is_no_least_work() -> None:
    assert operating.least_work(operating.sweep(TRUTH, SAID), miss=1, alarm=1, share=None) is None


def test_the_same_probability_for_all_leaves_nothing_to_choose_but_all_or_none() -> None:
    swept = operating.sweep(TRUTH, np.full(7, 0.4))
    assert operating.never_lose(swept) is None
    miss = operating.never_miss(swept)
    assert miss == 0.4 and swept.at(miss) == Point(0, 4, 3)
    assert list(operating.roc(swept).x) == [0, 1] and list(operating.roc(swept).y) == [0, 1]


@pytest.mark.parametrize("said", [[0.0, 1.0], [1.0, 1.0], [0.0, 0.0], [1e-9, 2e-9], [1 - 1e-12, 1.0]])
def test_probabilities_at_the_very_ends_give_a_threshold_between_or_none(said: list[float]) -> None:
    swept = operating.sweep(np.array([False, True]), np.array(said))
    for found in (
        operating.never_lose(swept),
        operating.never_miss(swept),
        operating.least_work(swept, miss=1, alarm=1, share=0.5),
    ):
        assert found is None or 0 < found < 1
    miss = operating.never_miss(swept)
    assert miss is None or swept.at(miss).missed == 0


# ---- in plain words


def swept_to(missed: int, positives: int, alarms: int, negatives: int, unjudged: int = 0) -> Sweep:
    """What half as threshold does."""
    said = [*[0.1] * missed, *[0.9] * (positives - missed - unjudged), *[np.nan] * unjudged]
    good = [*[0.9] * alarms, *[0.1] * (negatives - alarms)]
    return operating.sweep(np.arange(positives + negatives) < positives, np.array([*said, *good]))


@pytest.mark.parametrize(
    ("counts", "share", "expected"),
    [
        (
            (3, 58, 12, 4508),
            0.03,
            "Misses 3 of 58 blinks and flags 12 of 4,508 good frames: about 1 of each in a session of 400 photos with "
            "3 % blinks.",
        ),
        (
            (0, 58, 120, 4508),
            0.03,
            "Misses none of 58 blinks and flags 120 of 4,508 good frames: none missed and about 10 flagged in a "
            "session of 400 photos with 3 % blinks.",
        ),
        (
            (1, 58, 1, 4508),
            0.005,
            "Misses 1 of 58 blinks and flags 1 of 4,508 good frames: less than 1 of each in a session of 400 photos "
            "with 0.5 % blinks.",
        ),
        ((3, 58, 12, 4508), None, "Misses 3 of 58 blinks and flags 12 of 4,508 good frames."),
        (
            (1, 4, 0, 50),
            0.03,
            "Misses 1 of 4 blinks and flags none of 50 good frames: too few to say what that means for a session.",
        ),
        ((0, 0, 2, 50), 0.03, "There are no blinks among these photos to miss. It flags 2 of 50 good frames."),
        ((1, 20, 0, 0), 0.03, "Misses 1 of 20 blinks and has no good frame to flag."),
    ],
)
def test_a_threshold_is_said_in_plain_words(counts: tuple[int, ...], share: float | None, expected: str) -> None:
    assert operating.sentence(swept_to(*counts), 0.5, share=share) == expected


def test_blinks_that_cannot_be_judged_are_said() -> None:
    said = operating.sentence(swept_to(1, 20, 0, 50, unjudged=2), 0.5, share=None)
    assert said == "Misses 1 of 20 blinks and flags none of 50 good frames; of 2 blinks it cannot tell."


# ---- curves


@pytest.mark.parametrize("decimals", [6, 1])
@pytest.mark.parametrize("seed", range(3))
def test_both_curves_are_those_of_scikit_learn(seed: int, decimals: int) -> None:
    truth, said = sample(300, seed=seed, decimals=decimals)
    swept = operating.sweep(truth, said)
    alarms, found, thresholds = metrics.roc_curve(truth, said, drop_intermediate=False)
    curve = operating.roc(swept)
    assert curve.x == pytest.approx(alarms) and curve.y == pytest.approx(found)
    assert curve.thresholds[1:] == pytest.approx(thresholds[1:])
    precision, recall, _ = metrics.precision_recall_curve(truth, said)
    curve = operating.precision_recall(swept)
    assert curve.x == pytest.approx(recall[::-1]) and curve.y == pytest.approx(precision[::-1])


def test_unjudged_photos_are_on_no_curve() -> None:
    truth, said = sample(300, unjudged=0.2)
    judged = ~np.isnan(said)
    whole, without = (operating.roc(operating.sweep(truth[rows], said[rows])) for rows in (slice(None), judged))
    assert whole.x == pytest.approx(without.x) and whole.y == pytest.approx(without.y)


def test_a_long_curve_is_thinned_to_points_of_itself_and_keeps_its_ends_and_its_area() -> None:
    truth, said = sample(50_000)
    swept = operating.sweep(truth, said)
    curve = operating.roc(swept)
    assert len(curve.x) <= operating.POINTS and (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)
    assert metrics.auc(curve.x, curve.y) == pytest.approx(metrics.roc_auc_score(truth, said), abs=1e-4)
    for x, y, threshold in zip(curve.x[1::50], curve.y[1::50], curve.thresholds[1::50], strict=True):
        does = swept.at(threshold)
        assert (does.alarms / swept.negatives, does.found / swept.positives) == pytest.approx((x, y))


@pytest.mark.parametrize("decimals", [6, 1])
def test_calibration_is_that_of_scikit_learn_with_wilsons_interval(decimals: int) -> None:
    truth, said = sample(400, decimals=decimals, unjudged=0.1)
    judged = ~np.isnan(said)
    observed, predicted = calibration.calibration_curve(truth[judged], said[judged], n_bins=10)
    found = operating.calibration(truth, said, bins=10)
    assert found.observed == pytest.approx(observed) and found.predicted == pytest.approx(predicted)
    assert found.photos.sum() == judged.sum()
    assert ((found.low <= observed) & (observed <= found.high)).all() and found.low.min() >= 0 and found.high.max() <= 1


def test_wilsons_interval_is_the_one_of_the_textbook() -> None:
    found = operating.calibration(np.arange(10) < 1, np.full(10, 0.55), bins=10)
    assert (found.low[0], found.high[0]) == pytest.approx((0.0179, 0.4042), abs=1e-4)


def test_a_histogram_counts_every_judged_photo_once() -> None:
    truth, said = sample(300, unjudged=0.1)
    found = operating.histogram(truth, said, bins=20)
    assert len(found.edges) == 21
    assert found.positives.sum() == (truth & ~np.isnan(said)).sum()
    assert found.negatives.sum() == (~truth & ~np.isnan(said)).sum()


def test_no_photos_make_an_empty_histogram_and_no_calibration() -> None:
    none = np.array([], bool), np.array([], float)
    assert operating.histogram(*none).positives.sum() == 0 and len(operating.calibration(*none).photos) == 0


# ---- the share of blinks


def test_the_share_of_blinks_comes_from_whole_shoots_alone(engine: Engine) -> None:
    assert operating.share_of_blinks(engine, BLINK) == Share(None, 0, 0)
    archive_rows.session(engine, "whole", list("abcdef"))
    archive_rows.session(engine, "part", ["g", "h"])
    archive_rows.session(engine, "sorted", ["i"], kind=tables.CLASSES)
    for photo in "abcdef":
        archive_rows.say(engine, photo, {"a": "BLINKING", "b": "UNSURE"}.get(photo, "NON_BLINKING"))
    for photo in "gi":
        archive_rows.say(engine, photo, "BLINKING")
    assert operating.share_of_blinks(engine, BLINK) == Share(0.2, 5, 1)
