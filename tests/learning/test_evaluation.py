"""Figures against scikit-learn, intervals against what they promise, and every empty case."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from sklearn import metrics

from workbench.learning.evaluation import (
    COUNTED,
    FIGURES,
    Difference,
    Evaluation,
    as_json,
    confusion,
    counted,
    difference_as_json,
    evaluate,
    paired,
)

SKLEARN = {
    "accuracy": lambda truth, p: metrics.accuracy_score(truth, p >= 0.5),
    "precision": lambda truth, p: metrics.precision_score(truth, p >= 0.5),
    "recall": lambda truth, p: metrics.recall_score(truth, p >= 0.5),
    "F1": lambda truth, p: metrics.f1_score(truth, p >= 0.5),
    "AUC": metrics.roc_auc_score,
    "average precision": metrics.average_precision_score,
}


def sample(n: int, *, seed: int = 0, decimals: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Truth and a probability that knows something of it; few decimals make ties."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.3
    probability = np.clip(rng.normal(0.35 + 0.3 * truth, 0.2), 0, 1).round(decimals)
    return truth, probability


def alone(n: int) -> list[str]:
    return [f"photo {number}" for number in range(n)]


def values(evaluation: Evaluation) -> dict[str, float]:
    return {figure.name: figure.value for figure in evaluation.figures}


def width(evaluation: Evaluation, name: str) -> float:
    figure = evaluation.figure(name)
    return figure.high - figure.low


@pytest.mark.parametrize("decimals", [6, 1])
@pytest.mark.parametrize("seed", range(5))
def test_every_figure_is_that_of_scikit_learn_ties_included(seed: int, decimals: int) -> None:
    truth, probability = sample(300, seed=seed, decimals=decimals)
    evaluation = evaluate(truth, probability, alone(300), rounds=5)
    expected = {name: measure(truth, probability) for name, measure in SKLEARN.items()}
    assert values(evaluation) == pytest.approx(expected, abs=1e-12)
    assert evaluation.confusion == tuple(metrics.confusion_matrix(truth, probability >= 0.5).ravel())


@pytest.mark.parametrize("name", ["AUC", "average precision", "F1"])
def test_an_interval_is_that_of_resampling_by_hand(name: str) -> None:
    truth, probability = sample(60, decimals=1)
    groups = [f"person {number // 4}" for number in range(60)]
    figure = evaluate(truth, probability, groups, rounds=100, seed=7).figure(name)
    weights = np.random.default_rng(7).multinomial(15, np.full(15, 1 / 15), size=100)
    number = np.unique(groups, return_inverse=True)[1]
    rows = [np.repeat(np.arange(60), drawn[number]) for drawn in weights]
    by_hand = [SKLEARN[name](truth[row], probability[row]) for row in rows]
    assert (figure.low, figure.high) == pytest.approx(tuple(np.percentile(by_hand, [2.5, 97.5])), abs=1e-9)


def test_intervals_cover_the_true_accuracy_about_as_often_as_they_say() -> None:
    covered = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        truth = rng.random(200) < 0.5
        right = rng.random(200) < 0.8
        accuracy = evaluate(truth, np.where(right, truth, ~truth), alone(200), rounds=200).figure("accuracy")
        covered += accuracy.low <= 0.8 <= accuracy.high
    assert 87 <= covered <= 100


def test_photos_of_one_person_do_not_pass_for_many_people() -> None:
    rng = np.random.default_rng(1)
    people = np.repeat(np.arange(20), 30)
    right = np.repeat(rng.random(20) < 0.7, 30)
    truth = rng.random(600) < 0.5
    probability = np.where(right, truth, ~truth).astype(float)
    grouped = evaluate(truth, probability, [str(person) for person in people])
    ungrouped = evaluate(truth, probability, alone(600))
    assert grouped.figure("accuracy").value == ungrouped.figure("accuracy").value
    assert width(grouped, "accuracy") > 3 * width(ungrouped, "accuracy")


def test_a_photo_without_a_judgement_is_neither_found_nor_a_false_alarm() -> None:
    truth = np.array([True, True, True, False, False, False])
    probability = np.array([0.9, 0.2, np.nan, 0.1, 0.7, np.nan])
    evaluation = evaluate(truth, probability, alone(6))
    assert (evaluation.unjudged, evaluation.confusion) == (2, (1, 1, 1, 1))
    assert values(evaluation) == pytest.approx(
        {"accuracy": 2 / 6, "precision": 1 / 2, "recall": 1 / 3, "F1": 2 / 5}
        | {"AUC": 3 / 4, "average precision": 5 / 6}
    )


def test_declining_to_judge_never_looks_better_than_judging_wrongly() -> None:
    truth, probability = sample(200)
    wrong = truth & (probability < 0.5)
    judged = evaluate(truth, probability, alone(200), rounds=1)
    declined = evaluate(truth, np.where(wrong, np.nan, probability), alone(200), rounds=1)
    for name in ("accuracy", "recall", "F1"):
        assert declined.figure(name).value == judged.figure(name).value


def test_a_probability_at_the_threshold_is_flagged() -> None:
    evaluation = evaluate(np.array([True, False]), np.array([0.8, 0.79]), alone(2), threshold=0.8)
    assert evaluation.confusion == (1, 0, 0, 1)


@pytest.mark.parametrize("fault", [True, False])
def test_a_single_class_leaves_what_it_cannot_say_undefined_with_a_reason(fault: bool) -> None:
    evaluation = evaluate(np.full(4, fault), np.array([0.9, 0.8, 0.1, 0.6]), alone(4))
    undefined = {figure.name for figure in evaluation.figures if np.isnan(figure.value)}
    assert undefined == ({"AUC", "average precision"} if fault else {"recall", "AUC", "average precision"})
    assert all(figure.reason for figure in evaluation.figures if figure.name in undefined)


def test_no_photos_at_all_say_so_in_every_figure() -> None:
    evaluation = evaluate(np.array([], dtype=bool), np.array([]), [])
    assert (evaluation.photos, evaluation.groups, evaluation.confusion) == (0, 0, (0, 0, 0, 0))
    assert {figure.reason for figure in evaluation.figures} == {"no labelled photos"}


def test_photos_without_any_judgement_do_not_crash() -> None:
    evaluation = evaluate(np.array([True, False, True]), np.full(3, np.nan), alone(3))
    assert evaluation.unjudged == 3
    assert evaluation.figure("recall").value == 0
    assert evaluation.figure("precision").reason == "no photo was flagged"


@pytest.mark.parametrize("people", [1, 2])
def test_one_or_two_people_give_figures_but_no_interval(people: int) -> None:
    truth, probability = sample(50)
    evaluation = evaluate(truth, probability, [str(number % people) for number in range(50)])
    for figure in evaluation.figures:
        assert np.isfinite(figure.value) and np.isnan([figure.low, figure.high]).all()
        assert figure.reason == "no interval from fewer than 3 groups"


def test_three_blinks_out_of_three_do_not_pass_for_certainty() -> None:
    truth = np.arange(30) < 3
    for figure in evaluate(truth, truth.astype(float), alone(30)).figures:
        assert figure.value == 1 and np.isnan([figure.low, figure.high]).all()
        assert "too few errors" in figure.reason


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    truth, probability = sample(100)
    one, again, other = (evaluate(truth, probability, alone(100), rounds=50, seed=seed) for seed in (1, 1, 2))
    assert one == again and one != other


def test_an_archive_too_large_for_one_piece_gets_the_same_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    truth, probability = sample(100)
    whole = evaluate(truth, probability, alone(100), rounds=50)
    monkeypatch.setattr("workbench.learning.resampling._CELLS", 700)
    assert evaluate(truth, probability, alone(100), rounds=50) == whole


def test_arguments_stay_as_they_were() -> None:
    truth, probability = sample(50)
    before = truth.copy(), probability.copy()
    evaluate(truth, probability, alone(50), rounds=5)
    assert np.array_equal(truth, before[0]) and np.array_equal(probability, before[1])


def test_json_has_null_and_a_reason_where_a_figure_is_undefined() -> None:
    evaluation = evaluate(np.array([False, False]), np.array([0.1, 0.2]), alone(2))
    figures = json.loads(json.dumps(as_json(evaluation), allow_nan=False))["figures"]
    assert list(figures) == list(FIGURES)
    assert figures["recall"] == {"value": None, "low": None, "high": None, "reason": "no photo has the fault"}
    assert figures["accuracy"]["value"] == 1


@pytest.mark.parametrize(
    ("truth", "probability", "groups", "complaint"),
    [
        ([True], [0.5, 0.5], ["a"], "one length"),
        ([True], [0.5], ["a", "b"], "one length"),
        (["BLINKING"], [0.5], ["a"], "boolean"),
        ([True], [1.5], ["a"], "0..1"),
        ([True], [np.inf], ["a"], "0..1"),
    ],
)
def test_nonsense_is_refused(truth: list, probability: list, groups: Sequence[str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        evaluate(np.array(truth), np.array(probability), groups)


# ---- two models on the same photos


def better(truth: np.ndarray, probability: np.ndarray, *, by: float) -> np.ndarray:
    """The probability, nearer to the truth."""
    return probability + by * (truth - probability)


def by_name(found: tuple[Difference, ...]) -> dict[str, Difference]:
    assert [one.name for one in found] == list(FIGURES)
    return {one.name: one for one in found}


def test_a_difference_is_that_of_both_evaluations_at_their_own_thresholds() -> None:
    truth, a = sample(200)
    b = better(truth, a, by=0.2)
    one, other = evaluate(truth, a, alone(200), threshold=0.5), evaluate(truth, b, alone(200), threshold=0.6)
    for found in paired(truth, a, b, alone(200), thresholds=(0.5, 0.6), rounds=20):
        assert (found.a, found.b) == (one.figure(found.name).value, other.figure(found.name).value)
        assert found.value == pytest.approx(found.b - found.a)


@pytest.mark.parametrize("name", ["AUC", "accuracy"])
def test_an_interval_of_a_difference_is_that_of_resampling_the_same_groups_for_both(name: str) -> None:
    truth, a = sample(60, decimals=1)
    b = better(truth, a, by=0.3).round(2)
    groups = [f"person {number // 4}" for number in range(60)]
    found = by_name(paired(truth, a, b, groups, rounds=100, seed=7))[name]
    weights = np.random.default_rng(7).multinomial(15, np.full(15, 1 / 15), size=100)
    number = np.unique(groups, return_inverse=True)[1]
    rows = [np.repeat(np.arange(60), drawn[number]) for drawn in weights]
    by_hand = [SKLEARN[name](truth[row], b[row]) - SKLEARN[name](truth[row], a[row]) for row in rows]
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(by_hand, [2.5, 97.5])), abs=1e-9)


def test_what_is_hard_for_both_does_not_hide_that_one_is_better() -> None:
    truth, a = sample(400)
    b = better(truth, a, by=0.04)
    found = by_name(paired(truth, a, b, alone(400)))["AUC"]
    apart = [evaluate(truth, each, alone(400)).figure("AUC") for each in (a, b)]
    assert found.sure and found.low > 0
    assert apart[0].high > apart[1].low, "unpaired, the two intervals overlap"


def test_two_models_that_know_equally_much_are_called_different_as_rarely_as_the_interval_says() -> None:
    sure = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        truth = rng.random(200) < 0.5
        a, b = (np.where(rng.random(200) < 0.8, truth, ~truth).astype(float) for _ in range(2))
        sure += by_name(paired(truth, a, b, alone(200), rounds=200))["accuracy"].sure
    assert sure <= 12


def test_a_difference_the_other_way_round_is_its_opposite() -> None:
    truth, a = sample(100)
    b = better(truth, a, by=0.2)
    for there, back in zip(
        paired(truth, a, b, alone(100), rounds=50), paired(truth, b, a, alone(100), rounds=50), strict=True
    ):
        assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))


def test_a_model_that_declines_the_hard_photos_gains_nothing_in_auc_over_one_that_does_not() -> None:
    truth, a = sample(200)
    wrong = (a >= 0.5) != truth
    b = np.where(wrong, np.nan, a)
    found = by_name(paired(truth, a, b, alone(200)))
    assert found["AUC"].value == 0 and not found["AUC"].sure
    assert found["accuracy"].value == 0 and found["recall"].value == 0


def test_a_model_has_no_difference_from_itself_and_no_interval() -> None:
    truth, a = sample(100)
    for found in paired(truth, a, a, alone(100), rounds=50):
        assert (found.value, found.sure) == (0, False)
        assert np.isnan([found.low, found.high]).all() and "the same difference in every resample" in found.reason


def test_one_or_two_people_give_a_difference_but_no_interval() -> None:
    truth, a = sample(50)
    for found in paired(truth, a, better(truth, a, by=0.4), [str(number % 2) for number in range(50)]):
        assert np.isfinite(found.value) and np.isnan(found.low) and not found.sure
        assert found.reason == "no interval from fewer than 3 groups"


def test_a_difference_that_is_undefined_says_why() -> None:
    truth, a = np.zeros(5, bool), np.array([0.1, 0.2, 0.3, 0.6, np.nan])
    found = by_name(paired(truth, a, a, alone(5)))
    assert np.isnan(found["recall"].value) and found["recall"].reason == "no photo has the fault"
    none = paired(np.array([], bool), np.array([]), np.array([]), [])
    assert {one.reason for one in none} == {"no labelled photos"}
    document = json.loads(json.dumps(difference_as_json(found["recall"]), allow_nan=False))
    assert document == {"a": None, "b": None, "value": None, "low": None, "high": None} | {
        "reason": "no photo has the fault",
        "sure": False,
    }


def test_thresholds_that_cannot_be_are_refused() -> None:
    truth, a = sample(10)
    with pytest.raises(ValueError, match="thresholds"):
        paired(truth, a, a, alone(10), thresholds=(0.5, 1.0))
    with pytest.raises(ValueError, match="one length"):
        paired(truth, a, a[:5], alone(10))


# ---- many photos


def persons(n: int, groups: int) -> np.ndarray:
    """The group of each photo, as numbers."""
    return np.random.default_rng(9).integers(0, groups, n)


@pytest.mark.parametrize("decimals", [6, 2])
def test_of_many_photos_the_figures_are_exact_and_binned_intervals_agree_with_exact_ones(
    decimals: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth, probability = sample(6000, decimals=decimals)
    groups = persons(6000, 200)
    binned = evaluate(truth, probability, groups, rounds=400)
    monkeypatch.setattr("workbench.learning.resampling.EXACT", 6000)
    exact = evaluate(truth, probability, groups, rounds=400)
    for one, other in zip(binned.figures, exact.figures, strict=True):
        assert one.value == other.value
        assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=2e-3)


def test_of_many_photos_a_difference_is_exact_and_its_interval_agrees_with_the_exact_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    truth, a = sample(6000)
    b, groups = better(truth, a, by=0.05), persons(6000, 200)
    binned = paired(truth, a, b, groups, rounds=200)
    monkeypatch.setattr("workbench.learning.resampling.EXACT", 6000)
    for one, other in zip(binned, paired(truth, a, b, groups, rounds=200), strict=True):
        assert one.value == other.value and one.sure == other.sure
        assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=2e-3)


def test_very_many_groups_drawn_in_blocks_give_an_interval_as_wide_as_each_on_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    truth, probability = sample(6000)
    blocked = evaluate(truth, probability, alone(6000), rounds=300)
    monkeypatch.setattr("workbench.learning.resampling.EXACT", 6000)
    monkeypatch.setattr("workbench.learning.resampling.BLOCKS", 6000)
    each = evaluate(truth, probability, alone(6000), rounds=300)
    for name in FIGURES:
        assert width(blocked, name) == pytest.approx(width(each, name), rel=0.25)


def test_many_photos_of_a_single_class_or_a_single_score_or_none_at_all_do_not_crash() -> None:
    truth, probability = sample(6000)
    groups = persons(6000, 50)
    good = evaluate(np.zeros(6000, bool), probability, groups, rounds=20)
    assert good.figure("AUC").reason == "needs judged photos of both classes"
    same = evaluate(truth, np.full(6000, 0.4), groups, rounds=20).figure("AUC")
    assert same.value == 0.5 and np.isnan(same.low) and same.reason
    none = evaluate(truth, np.full(6000, np.nan), groups, rounds=20)
    assert none.unjudged == 6000 and none.figure("average precision").reason


def test_figures_that_are_only_counted_are_those_of_the_whole_evaluation() -> None:
    for n, people in ((300, 40), (6000, 40)):
        truth, probability = sample(n)
        groups = persons(n, people)
        whole, quick = (each(truth, probability, groups, threshold=0.4, rounds=100) for each in (evaluate, counted))
        assert [figure.name for figure in quick.figures] == list(COUNTED)
        assert quick.confusion == whole.confusion == confusion(truth, probability, 0.4)
        for figure in quick.figures:
            other = whole.figure(figure.name)
            expected = other.value, other.low, other.high
            assert (figure.value, figure.low, figure.high) == pytest.approx(expected, abs=1e-12)


def test_counted_figures_have_the_same_reasons() -> None:
    assert {figure.reason for figure in counted(np.array([], bool), np.array([]), []).figures} == {"no labelled photos"}
    few = counted(np.array([True, False]), np.array([0.9, 0.1]), alone(2))
    assert {figure.reason for figure in few.figures} == {"no interval from fewer than 3 groups"}
    with pytest.raises(ValueError, match="threshold"):
        counted(np.array([True]), np.array([0.9]), alone(1), threshold=0)


def test_groups_may_be_numbers() -> None:
    truth, probability = sample(100)
    numbers = persons(100, 10)
    names = [f"{number:02}" for number in numbers]
    assert evaluate(truth, probability, numbers, rounds=20) == evaluate(truth, probability, names, rounds=20)
