"""What the Inspect page says and decides, and what drawing it loads."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.ui.inspected import (
    ANA,
    FOUR,
    SOME,
    judged,
    read,
)
from tests.ui.judged import judged_archive
from workbench.archive import catalog, labels, operations
from workbench.archive.photos import Photo
from workbench.archive.splits import TEST, TRAINING
from workbench.faults import BLINK
from workbench.learning import inspection, registry
from workbench.learning.inspection import FN, FP, HELD_BACK, TN, TP, UNJUDGED
from workbench.settings import Settings
from workbench.ui import (
    inspect_choice,
    inspect_gallery_view,
    inspect_matrix_plot,
)
from workbench.ui.inspect_choice import Choice, NothingLikeThat

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
