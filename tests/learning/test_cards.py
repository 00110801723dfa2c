"""Cards keep what was measured, and are whole at every moment."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.learning import cards
from workbench.learning.evaluation import evaluate
from workbench.settings import HOME

STARTER = HOME / "models" / "blink" / "starter" / "card.json"


def measured(on: str, *, positives: int = 2) -> cards.Measurement:
    truth = np.arange(6) < positives
    result = evaluate(truth, np.array([0.9, 0.4, 0.2, 0.1, 0.6, np.nan]), list("abcdef"), rounds=20)
    return cards.measurement(result, on=on, command="python -m workbench evaluate SESSION", date="2026-11-22")


@pytest.fixture
def card(tmp_path: Path) -> Path:
    copy = tmp_path / "card.json"
    copy.write_text(json.dumps(json.loads(STARTER.read_text()) | {"measured": [], "mine": {"note": "kept"}}))
    return copy


def _change(card: Path, **changes: Any) -> None:
    card.write_text(json.dumps(json.loads(card.read_text()) | changes))


def test_the_shipped_card_can_be_read_and_says_what_it_does_badly() -> None:
    shipped = cards.read(STARTER)
    assert any("Partial blinks" in limit for limit in shipped.limits)
    assert shipped.views == ("geometry",)


def test_a_measurement_comes_back_as_it_was_written(card: Path) -> None:
    cards.add(card, measured("two sessions"))
    (back,) = cards.read(card).measured
    assert (back.on, back.photos, back.command) == ("two sessions", 6, "python -m workbench evaluate SESSION")
    assert back.figures["recall"]["value"] == 0.5
    assert back.figures["recall"]["low"] <= 0.5 <= back.figures["recall"]["high"]


def test_measuring_the_same_photos_again_replaces_the_earlier_figures(card: Path) -> None:
    cards.add(card, measured("one"))
    cards.add(card, measured("other"))
    cards.add(card, measured("one", positives=3))
    assert [each.on for each in cards.read(card).measured] == ["other", "one"]


def test_an_undefined_figure_is_null_with_its_reason(card: Path) -> None:
    cards.add(card, measured("no blinks", positives=0))
    (back,) = cards.read(card).measured
    assert back.figures["recall"] | {"low": None, "high": None} == back.figures["recall"]
    assert back.figures["recall"]["reason"] == "no photo has the fault"


def test_what_the_card_holds_besides_stays(card: Path) -> None:
    cards.add(card, measured("one"))
    assert json.loads(card.read_text())["mine"] == {"note": "kept"}


def test_a_measurement_that_cannot_be_written_leaves_the_card_as_it_was(card: Path) -> None:
    before = card.read_bytes()
    figures = {"AUC": {"value": float("nan"), "low": None, "high": None}}
    with pytest.raises(ValueError, match="JSON"):
        cards.add(card, cards.Measurement("x", "y", "2026-11-22", 1, 1, 1, figures))
    assert card.read_bytes() == before
    assert [path.name for path in card.parent.iterdir()] == ["card.json"]


def test_a_date_that_is_none_and_a_figure_without_an_interval_are_refused() -> None:
    with pytest.raises(ValueError, match="isoformat"):
        cards.Measurement("x", "y", "yesterday", 1, 1, 1, {})
    with pytest.raises(ValueError, match="needs value, low and high"):
        cards.Measurement("x", "y", "2026-11-22", 1, 1, 1, {"AUC": {"value": 1.0}})


@pytest.mark.parametrize(
    "figures", [[], {"AUC": "high"}, {"AUC": {"value": "high", "low": None, "high": None}}, {"AUC": {"value": 1}}]
)
def test_figures_that_could_not_be_shown_are_refused_when_the_card_is_read(card: Path, figures: Any) -> None:
    about = {"on": "x", "command": "y", "date": "2026-11-22", "photos": 1, "positives": 1, "groups": 1}
    _change(card, measured=[{**about, "figures": figures}])
    with pytest.raises(cards.BadCard):
        cards.read(card)


@pytest.mark.parametrize(
    "training",
    [
        {"at": "yesterday"},
        {"at": 7},
        {"counts": {"training": [1]}},
        {"counts": {"training": {"BLINKING": "many"}}},
        {"groups": {"training": "key"}},
        {"groups": [["key"]]},
    ],
)
def test_a_training_that_could_not_be_shown_is_refused_when_the_card_is_read(card: Path, training: Any) -> None:
    _change(card, training=training)
    with pytest.raises(cards.BadCard):
        cards.read(card)


def test_a_number_that_json_does_not_know_is_refused(card: Path) -> None:
    card.write_text(card.read_text().replace('"threshold": 0.5', '"threshold": NaN'))
    with pytest.raises(cards.BadCard, match="NaN"):
        cards.read(card)


def test_a_trained_model_says_what_it_learnt_from_and_when(card: Path) -> None:
    counts = {
        "training": {"NON_BLINKING": 30, "BLINKING": 12, "groups": 3, "without_a_face": 1},
        "test": {"BLINKING": 9},
    }
    groups = {"training": ["a", "b"], "validation": ["c"], "test": ["d"]}
    _change(
        card, settings={"network": "eyes"}, training={"at": "2026-11-22T10:00:00", "counts": counts, "groups": groups}
    )
    found = cards.read(card)
    assert found.network == "eyes" and found.trained_at == datetime(2026, 11, 22, 10)
    assert dict(found.learnt_from) == {"BLINKING": 12, "NON_BLINKING": 30}
    assert found.learnt_groups == {"a", "b", "c"}


def test_what_was_not_trained_says_so() -> None:
    shipped = cards.read(STARTER)
    assert shipped.network == "starter" and shipped.trained_at is None
    assert not shipped.learnt_from and not shipped.learnt_groups


def test_a_model_is_known_by_its_own_test_side_and_else_by_what_was_measured_last(card: Path) -> None:
    assert cards.read(card).tested is None
    for on in ("test side", "training side", "Client test"):
        cards.add(card, measured(on))
    assert getattr(cards.read(card).tested, "on", None) == "test side"
    assert getattr(cards.read(STARTER).tested, "on", "").startswith("Closed Eyes In The Wild")
