"""What the Inspect page says and decides, and what drawing it loads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.judged import Person, judged_archive
from tests.ui.served import installation
from tests.ui.test_imports import loaded
from workbench.archive import catalog, labels, operations
from workbench.archive.photos import Photo
from workbench.archive.splits import TEST, TRAINING, VALIDATION
from workbench.faults import BLINK
from workbench.learning import inspection, operating, registry
from workbench.learning.inspection import FN, FP, HELD_BACK, TN, TP, UNJUDGED, Judged
from workbench.learning.operating import Share
from workbench.settings import HOME, Settings, from_environment
from workbench.ui import (
    inspect_choice,
    inspect_gallery_view,
    inspect_matrix_plot,
    inspect_threshold,
    inspect_threshold_plot,
)
from workbench.ui.charts import Mark
from workbench.ui.inspect_choice import Choice, NothingLikeThat
from workbench.ui.inspect_threshold import Costs, Moved

ANA = Person("Ana", missed=(0.05, 0.2, None), alarms=(0.9, 0.7, 0.6), found=(0.95,) * 4, kept=(0.1,) * 20)
FOUR = [replace(ANA, name=name) for name in ("Ana", "Ben", "Eve", "Zoe")]
OPENED = """
from streamlit.testing.v1 import AppTest
from workbench.settings import HOME
app = AppTest.from_file("workbench/ui/app.py", default_timeout=20).run()
app.switch_page(str(HOME / "pages/inspect.py")).run()
assert not app.exception and not app.error
"""


def judged(probability: list[float], truth: list[bool], *, threshold: float = 0.5, **about: Any) -> Judged:
    """Photos of one person each, named by their number."""
    n = len(truth)
    names = np.array([f"{number:032}" for number in range(n)], "U32")
    vectors = {"photos": names, "sessions": names, "groups": names, "sides": np.full(n, VALIDATION, "U10")}
    flags = {"fair": np.ones(n, bool), "out_of_fold": np.ones(n, bool), "labels": np.arange(n)}
    said = {"truth": np.array(truth, bool), "probability": np.array(probability, float)}
    return Judged(BLINK, "mine", threshold, **vectors, **flags, **said, **about)


SOME = judged([0.1, 0.9, 0.8, 0.3, 0.2, np.nan], [True, True, False, False, False, True])


# ---- what is chosen


def test_an_address_of_nothing_means_the_current_model_and_what_is_held_back() -> None:
    assert inspect_choice.read({}, ["mine", "starter"], {}) == Choice("mine", HELD_BACK, None)
    asked = {"model": "starter", "side": TEST, "session": "Ana"}
    assert inspect_choice.read(asked, ["mine", "starter"], {"a1": "Ana"}) == Choice("starter", TEST, "a1")
    assert inspect_choice.read({"session": "a1"}, ["mine"], {"a1": "Ana"}).session == "a1"


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"model": "gone"}, registry.UnknownModel),
        ({"side": "left"}, NothingLikeThat),
        ({"session": "Eve"}, NothingLikeThat),
    ],
)
def test_an_address_of_what_there_is_not_is_refused(asked: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error, match=next(iter(asked.values()))):
        inspect_choice.read(asked, ["mine"], {"a1": "Ana"})


def test_what_is_looked_at_is_told_with_what_is_left_out() -> None:
    assert inspect_choice.about(SOME) == "6 photos · 3 BLINKING · 6 people or shoots · 1 not judged"
    told = inspect_choice.about(judged([0.5], [True], unpredicted=3, left_out=2))
    assert told.endswith("1 person or shoot · 2 left out, as they prove nothing · 3 labelled ones not evaluated yet")


def test_what_comes_first_is_told_in_the_order_in_which_it_is_done() -> None:
    nothing, here = judged([], []), Choice("mine")
    assert inspect_choice.what_first(nothing, here, labelled=0).page == "label"
    unasked = inspect_choice.what_first(judged([], [], unpredicted=9), here, labelled=9)
    assert unasked.evaluate and "has not judged any of the 9 labelled photos" in unasked.sentence
    for side in inspect_choice.SIDES:
        empty = inspect_choice.what_first(nothing, Choice("mine", side), labelled=9)
        assert empty.sentence and not empty.evaluate and not empty.page
    other = inspect_choice.what_first(nothing, Choice("mine", HELD_BACK, "a1"), labelled=9)
    assert "of this session" in other.sentence


# ---- the cells


def test_the_cells_hold_every_photo_once() -> None:
    counts = inspect_gallery_view.counts(SOME)
    assert counts == {TN: 2, FP: 1, FN: 1, TP: 1, UNJUDGED: 1}
    assert sum(counts.values()) == len(SOME)


@pytest.mark.parametrize(
    ("found", "cell"),
    [
        ({FN: 1, TP: 9, FP: 5, TN: 95}, FN),  # a tenth of the blinks against a twentieth of the others
        ({FN: 1, TP: 99, FP: 5, TN: 95}, FP),
        ({FN: 1, TP: 1, FP: 1, TN: 1}, FN),
        ({FN: 0, TP: 3, FP: 0, TN: 9}, TP),
        ({FN: 0, TP: 0, FP: 0, TN: 9}, TN),
        ({FN: 0, TP: 0, FP: 0, TN: 0}, TN),
    ],
)
def test_the_error_with_the_larger_share_of_its_class_is_looked_at_first(found: dict[str, int], cell: str) -> None:
    assert inspect_gallery_view.worse(found) == cell
    assert inspect_gallery_view.cell_of("nonsense", found) == cell
    assert inspect_gallery_view.cell_of(UNJUDGED, found) == UNJUDGED


def test_every_cell_has_a_key_a_count_and_a_word_on_what_lies_in_it() -> None:
    buttons = inspect_gallery_view.buttons(inspect_gallery_view.counts(SOME), BLINK, {})
    assert [(each["title"], each["count"], each["key"]) for each in buttons] == [
        ("Missed", "1", "1"),
        ("False alarms", "1", "2"),
        ("Found", "1", "3"),
        ("Rightly kept", "2", "4"),
        ("Not judged", "1", "5"),
    ]
    assert [each["wrong"] for each in buttons] == [True, True, False, False, False]
    assert buttons[0]["help"].startswith("BLINKING, and the model does not flag it")
    fewer = inspect_gallery_view.buttons({TN: 1, FP: 0, FN: 0, TP: 0, UNJUDGED: 0}, BLINK, {"newly wrong": 2})
    assert [each["title"] for each in fewer][-2:] == ["Rightly kept", "Newly wrong"]


def test_the_matrix_says_shares_of_what_carries_the_label() -> None:
    found = {FN: 3, TP: 9, FP: 1, TN: 199, UNJUDGED: 2}
    assert inspect_matrix_plot.rates(found) == {TP: 0.75, FN: 0.25, FP: 0.005, TN: 0.995}
    drawn = inspect_matrix_plot.figure(found, BLINK)
    assert [each["text"].split("</b>")[0] for each in drawn["layout"]["annotations"]] == [
        "<b>9",
        "<b>3",
        "<b>1",
        "<b>199",
    ]
    assert "Missed · 25 %" in drawn["layout"]["annotations"][1]["text"]
    assert inspect_matrix_plot.named(found, BLINK)[FN] == "Missed: 3 of 12 BLINKING photos"
    json.dumps(drawn)


def test_a_matrix_without_any_blink_has_no_rate_for_them() -> None:
    found = {FN: 0, TP: 0, FP: 0, TN: 4, UNJUDGED: 0}
    drawn = inspect_matrix_plot.figure(found, BLINK)
    assert "Missed · –" in drawn["layout"]["annotations"][1]["text"]


# ---- the photos of a cell


@pytest.fixture
def archive(settings: Settings) -> Settings:
    judged_archive(settings, [ANA])
    return settings


def read(settings: Settings) -> tuple[Any, Judged]:
    engine = catalog.open_catalog(settings)
    return engine, inspection.read(settings, engine, BLINK, "starter")


def test_a_tile_says_the_label_who_gave_it_and_how_probable_a_blink_is(archive: Settings) -> None:
    engine, found = read(archive)
    shown = inspect_gallery_view.stretch(engine, found, inspection.cell(found, FN))
    tiles = [inspect_gallery_view.tile(each, found.threshold) for each in shown]
    assert [tile["label"] for tile in tiles] == ["blink 5 %", "blink 20 %"]
    assert (tiles[0]["mark"], tiles[0]["said"], tiles[0]["session"]) == ("keep", "BLINKING · Ana", "Ana")
    assert tiles[0]["eyes"] == f"/eyes/{tiles[0]['id']}"
    (unjudged,) = inspect_gallery_view.stretch(engine, found, inspection.cell(found, UNJUDGED))
    assert inspect_gallery_view.tile(unjudged, 0.5)["label"] == "can’t tell"


@pytest.mark.parametrize(
    ("probability", "said"),
    [(0.5, "50 %"), (0.01, "1 %"), (0.994, "99.4 %"), (0.0004, "0.04 %"), (0.0, "0 %"), (1.0, "100 %")],
)
def test_a_probability_near_an_end_has_the_digits_that_tell_it_apart(probability: float, said: str) -> None:
    assert inspect_gallery_view.percent(probability) == said


def test_a_list_is_the_same_after_a_correction_and_another_at_another_threshold() -> None:
    scopes = [inspect_gallery_view.scope(each, "about", FN) for each in (SOME, SOME.at(0.4))]
    assert scopes[0] != scopes[1]
    corrected = judged([0.1, 0.9, 0.8, 0.3, 0.2, np.nan], [False, True, False, False, False, True])
    assert inspect_gallery_view.scope(corrected, "about", FN) == scopes[0]
    assert inspect_gallery_view.lying("about", FN) != inspect_gallery_view.lying("about", FP)


def test_a_correction_is_kept_as_a_review_and_can_be_taken_back(archive: Settings) -> None:
    engine, found = read(archive)
    photo = str(found.photos[inspection.cell(found, FP)[0]])
    client = operations.open_client(engine, "Ben")
    said = {"seq": 1, "kind": "say", "photo": photo, "value": BLINK.positive}
    box = {"client": client, "operations": [said, {"seq": 2, "kind": "undo", "photo": photo, "value": None}]}
    before = inspection.stamp(archive, engine, BLINK, "starter")
    answer = inspect_gallery_view.store(engine, {"turn": 4, "boxes": [{**box, "operations": [said]}]}, BLINK)
    assert (answer.turn, answer.acks, answer.refused) == (4, {client: 1}, [])
    label = labels.current(engine, BLINK)[photo]
    assert (label.value, label.labeller, label.origin, label.queue) == ("BLINKING", "Ben", "review", "inspect")
    assert inspection.stamp(archive, engine, BLINK, "starter") != before, "the matrix follows"
    inspect_gallery_view.store(engine, {"turn": 5, "boxes": [box]}, BLINK)
    assert labels.current(engine, BLINK)[photo].value == "NON_BLINKING"
    assert len(labels.history(engine, photo, BLINK)) == 3


@pytest.mark.parametrize("sent", [None, 3, {}, {"boxes": 3}, {"boxes": [3]}, {"boxes": [{"client": 3}]}])
def test_what_is_no_message_is_not_stored(archive: Settings, sent: object) -> None:
    engine = catalog.open_catalog(archive)
    answer = inspect_gallery_view.store(engine, sent, BLINK)
    assert (answer.acks, answer.refused) == ({}, [])


def test_a_photo_that_is_gone_is_refused_and_those_before_it_are_kept(archive: Settings) -> None:
    engine, found = read(archive)
    client = operations.open_client(engine, "Ben")
    ids = [str(found.photos[0]), "f" * 32]
    sent = [{"seq": n, "kind": "say", "photo": photo, "value": BLINK.positive} for n, photo in enumerate(ids, 1)]
    answer = inspect_gallery_view.store(engine, {"turn": 1, "boxes": [{"client": client, "operations": sent}]}, BLINK)
    assert answer.acks == {client: 1}
    assert [(each.client, each.seq) for each in answer.refused] == [(client, 2)]


def test_photos_of_the_test_side_are_neither_corrected_nor_taken_back(settings: Settings) -> None:
    judged_archive(settings, FOUR)
    engine, found = read(settings)
    client = operations.open_client(engine, "Ana")
    photo, other = (str(found.photos[found.sides == side][0]) for side in (TEST, TRAINING))
    before = labels.current(engine, BLINK)[photo]
    say = {"kind": "say", "value": labels_other(before.value)}
    for seq, sent in ((2, say), (2, {"kind": "undo", "value": None})):
        operations_sent = [{**say, "seq": 1, "photo": other}, {**sent, "seq": seq, "photo": photo}]
        box = {"client": client, "operations": operations_sent}
        answer = inspect_gallery_view.store(engine, {"turn": 1, "boxes": [box]}, BLINK)
        assert answer.acks == {client: 1}, "what came before it is held"
        assert [(each.seq, each.sentence) for each in answer.refused] == [(2, inspect_gallery_view.TEST_STAYS)]
    assert labels.current(engine, BLINK)[photo] == before
    assert len(labels.history(engine, photo, BLINK)) == 1


def labels_other(value: str) -> str:
    return next(each for each in BLINK.classes if each != value)


@pytest.mark.parametrize(
    ("labeller", "origin", "said"),
    [("Ana", "typed", "Ana"), ("Ana", "review", "Ana, review"), ("import", "import", "import")],
)
def test_who_gave_a_label_and_how_is_said_once(labeller: str, origin: str, said: str) -> None:
    photo = Photo("a" * 32, "s", "a.jpg", None, 10, 10, 1)
    shown = inspect_gallery_view.Shown(photo, "Ana", "BLINKING", labeller, origin, 0.5)
    assert inspect_gallery_view.said(shown) == f"BLINKING · {said}"


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
