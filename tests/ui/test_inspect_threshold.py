"""What Inspect says of the threshold: wishes, curves, and what a first paint costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.inspected import (
    ANA,
    FOUR,
    OPENED,
    SOME,
    judged,
    read,
)
from tests.ui.judged import judged_archive
from tests.ui.served import installation
from tests.ui.test_imports import loaded
from workbench.archive.splits import TEST, TRAINING, VALIDATION
from workbench.faults import BLINK
from workbench.learning import operating, registry
from workbench.learning.operating import Share
from workbench.settings import HOME, Settings, from_environment
from workbench.ui import (
    inspect_threshold,
    inspect_threshold_plot,
)
from workbench.ui.charts import Mark
from workbench.ui.inspect_choice import Choice
from workbench.ui.inspect_threshold import Costs, Moved

# ---- the threshold


SWEPT = operating.sweep(SOME.truth, SOME.probability)


def test_wishes_are_granted_where_they_can_be_and_say_why_where_not() -> None:
    lose, miss, least = inspect_threshold.wishes(SWEPT, Costs(), None)
    assert lose.value is not None and 0.8 < lose.value <= 0.9
    assert miss.value is not None and miss.value <= 0.1
    assert least.value is None and "Costs" in least.help
    _, _, least = inspect_threshold.wishes(SWEPT, Costs(miss=5.0), 0.5)
    assert least.value is not None and "A missed blink costs 5" in least.help
    nothing = operating.sweep(np.array([], bool), np.array([]))
    assert [wish.value for wish in inspect_threshold.wishes(nothing, Costs(), 0.03)] == [None, None, None]


@pytest.mark.parametrize("said", [None, 3, {}, {"value": 0.5}, {"value": "x", "turn": 1}, {"value": 1.0, "turn": 1}])
def test_what_is_no_threshold_is_not_tried(said: object) -> None:
    assert inspect_threshold.moved(said) is None


def test_a_moved_dial_is_answered_by_its_turn() -> None:
    assert inspect_threshold.moved({"value": 0.25, "turn": 7}) == Moved(0.25, 7)


def test_a_threshold_tried_elsewhere_cannot_be_kept_as_chosen_on_the_validation_side(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged_archive(settings, FOUR)
    _, found = read(settings)
    checked = str(found.sessions[found.sides == VALIDATION][0])
    app = opened(settings, monkeypatch, side=TRAINING)
    for elsewhere in ({"side": TRAINING}, {"side": VALIDATION, "session": checked}):
        app.query_params.clear()
        app.query_params.update(elsewhere)
        app.run()
        press(app, "Never miss a blink")
        assert app.session_state["inspect-tried"].value < 0.1
        app.query_params.clear()
        app.query_params["side"] = VALIDATION
        assert not app.run().exception
        assert button(app, "Use this threshold").disabled
    press(app, "Never miss a blink")
    press(app, "Use this threshold")
    assert registry.chosen_threshold(settings, BLINK, "starter") is not None


def test_the_dial_is_answered_by_its_turn_also_after_a_threshold_was_kept_and_given_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged_archive(settings, FOUR)
    app = opened(settings, monkeypatch, side=VALIDATION)
    app.session_state["inspect-turn"] = 7
    for step in ("Never miss a blink", "Use this threshold", "Back to its own 0.5"):
        press(app, step)
        assert app.session_state["inspect-turn"] == 7
    assert "inspect-tried" not in app.session_state


def opened(settings: Settings, monkeypatch: pytest.MonkeyPatch, **address: str) -> AppTest:
    """The Inspect page in this process."""
    for name in ("datasets", "models", "assets"):
        monkeypatch.setenv(f"EYESPY_{name.upper()}", str(getattr(settings, name)))
    app = AppTest.from_file(str(HOME / "workbench/ui/app.py"), default_timeout=20).run()
    app.switch_page(str(HOME / "pages/inspect.py"))
    for name, value in address.items():
        app.query_params[name] = value
    assert not app.run().exception
    return app


def button(app: AppTest, label: str) -> Any:
    return next(each for each in app.button if each.label == label)


def press(app: AppTest, label: str) -> None:
    assert not button(app, label).click().run().exception


def test_only_the_whole_validation_side_keeps_a_threshold() -> None:
    assert inspect_threshold.may_be_kept(Choice("mine", VALIDATION), SOME, 0.4) == ""
    assert "in use" in inspect_threshold.may_be_kept(Choice("mine", VALIDATION), SOME, 0.5)
    for choice in (Choice("mine"), Choice("mine", TEST), Choice("mine", VALIDATION, "a1")):
        assert "Only the whole validation side" in inspect_threshold.may_be_kept(choice, SOME, 0.4)


def test_the_share_of_blinks_says_where_it_comes_from() -> None:
    assert "5.0 %, counted in 400 photos of 2 sessions" in inspect_threshold.measured(Share(0.05, 400, 2))
    assert "not known" in inspect_threshold.measured(Share(None, 0, 0))


# ---- the curves


@pytest.mark.parametrize("kind", list(inspect_threshold_plot.PLOTS))
def test_a_curve_stays_as_it_is_while_the_threshold_moves_over_it(kind: str) -> None:
    drawn = [inspect_threshold_plot.PLOTS[kind](SOME, SWEPT, threshold) for threshold in (0.15, 0.85)]
    assert not isinstance(drawn[0], str) and not isinstance(drawn[1], str)
    assert drawn[0][0] == drawn[1][0] and drawn[0][1] != drawn[1][1]
    json.dumps(drawn[0][0])


@pytest.mark.parametrize("kind", list(inspect_threshold_plot.PLOTS))
def test_a_curve_that_cannot_be_drawn_says_why(kind: str) -> None:
    none = judged([np.nan], [True])
    drawn = inspect_threshold_plot.PLOTS[kind](none, operating.sweep(none.truth, none.probability), 0.5)
    assert isinstance(drawn, str) and drawn.endswith(".")


def test_the_band_of_a_calibration_says_what_it_takes_photos_for() -> None:
    figure, _ = inspect_threshold_plot.calibration(SOME, SWEPT, 0.5)
    (said,) = figure["layout"]["annotations"]
    assert said["text"] == "the band: 95 %, as if each photo were another person"


def test_the_mark_on_a_curve_is_where_its_point_is() -> None:
    figure, mark = inspect_threshold_plot.roc(SOME, SWEPT, 0.5)
    low, high = figure["layout"]["xaxis"]["range"]
    assert mark.across * (high - low) + low == pytest.approx(1 / 3)
    assert mark.up is not None and mark.up * (high - low) + low == pytest.approx(1 / 2)
    assert 'class="upright"' in Mark(0.5).html({"l": 40, "r": 10, "t": 0, "b": 30})


# ---- what it costs


def heavy(environment: dict[str, str]) -> set[str]:
    """What opening the page loads of what is slow to load; Plotly itself only counts with its figures."""
    told = OPENED + "import sys; sys.modules['figures'] = sys.modules.get('plotly.graph_objs._figure')"
    told += "\nif not sys.modules['figures']: del sys.modules['figures']"
    return loaded(told, environment) & {"figures", "pandas", "pyarrow", "sklearn", "tensorflow", "keras"}


def test_an_empty_archive_is_told_without_anything_that_draws_charts(tmp_path: Path) -> None:
    assert heavy(installation(tmp_path)) == set()


def test_the_first_paint_loads_what_draws_its_chart_and_nothing_for_tables_or_training(tmp_path: Path) -> None:
    environment = installation(tmp_path) | {"EYESPY_MODELS": str(tmp_path / "models")}
    judged_archive(from_environment(environment), [ANA])
    assert heavy(environment) == {"figures"}
