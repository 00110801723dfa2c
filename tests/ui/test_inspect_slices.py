"""What Inspect says of where a model is weak."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ui.inspected import (
    MINE,
    evaluate,
    many,
)
from workbench.learning.evaluation import Difference
from workbench.learning.slices import Slice, Slices
from workbench.ui import (
    inspect_slices_view,
)


def part(name: str, *, gap: tuple[float, float, float], kind: str = "head turn", rows: Any = ()) -> Slice:
    reason = "" if gap[1] == gap[1] else "no interval: it differs too little"
    found = evaluate(many(1))
    return Slice(
        kind,
        name,
        name,
        photos=len(rows) or 120,
        positives=9,
        groups=14,
        figures=found.figures,
        gap=Difference("F1", *gap, reason),
        rows=np.array(rows, int),
    )


WEAK = part("turned over 25°", gap=(-0.12, -0.2, -0.04))
LUCKY = part("bright eyes", gap=(-0.03, -0.1, 0.05))
UNSURE = part("Ana", kind="session", gap=(-0.03, np.nan, np.nan))
GOOD = part("sharp", gap=(0.03, 0.01, 0.05))


def test_a_gap_beyond_chance_is_marked_and_one_within_it_is_not() -> None:
    assert [inspect_slices_view.worse(one) for one in (WEAK, LUCKY, UNSURE, GOOD)] == [
        "▼ beyond chance",
        "within chance",
        "cannot be told",
        "–",
    ]
    assert inspect_slices_view.gap(WEAK) == "F1 −0.120 (−0.200 to −0.040)"


def test_a_row_leads_to_its_photos_and_keeps_the_rest_of_the_address() -> None:
    row, *_ = inspect_slices_view.rows(Slices((WEAK, UNSURE), 0, 0), {"view": "slices", "model": "mine"})
    assert row.href == "inspect?view=slices&model=mine&slice=head+turn%3Aturned+over+25%C2%B0"
    assert (row.cells["kind"], row.cells["photos"], row.cells["groups"]) == ("Head turn", 120, 14)
    assert set(row.cells) == {column.name for column in inspect_slices_view.COLUMNS}


def test_what_is_hidden_or_in_no_part_is_counted() -> None:
    said = inspect_slices_view.headline(Slices((WEAK, LUCKY), 2, 7))
    assert said.startswith("1 part is worse than the rest beyond chance.")
    assert "2 parts with fewer than 20 photos are not shown" in said
    assert "7 photos without a face or its views in no part by size, turn or light." in said
    assert "1 part with fewer than 20 photos is not shown." in inspect_slices_view.headline(Slices((GOOD,), 1, 0))
    assert "Chance alone would mark about 0.1 of the 2 compared (one in forty)." in said
    some = inspect_slices_view.headline(Slices((WEAK, UNSURE), 0, 0))
    assert "0.0 of the 1 compared" in some, "what has no interval could not be marked"
    assert inspect_slices_view.headline(Slices((GOOD,), 0, 0)) == "No part is worse than the rest beyond chance."
    assert "No part has 20 photos" in inspect_slices_view.headline(Slices((), 3, 0))


def test_the_slice_of_the_address_is_shown_and_the_worst_where_it_names_none() -> None:
    found = Slices((WEAK, UNSURE), 0, 0)
    assert inspect_slices_view.chosen(found, "session:Ana") is UNSURE
    assert inspect_slices_view.chosen(found, "session:nobody") is WEAK
    assert inspect_slices_view.chosen(Slices((), 0, 0), None) is None


def test_the_wrong_photos_of_a_slice_come_first_and_no_more_than_asked_for() -> None:
    here = part("some", gap=(0, 0, 0), rows=[0, 1, 2, 3, 5])
    found = inspect_slices_view.photos(MINE, here, 4)
    assert {title: [int(photo) for photo in some] for title, some in found.items()} == {
        "Missed": [1],
        "False alarms": [2],
        "Not judged": [5],
        "Found": [0],
    }
    assert "4 are shown, the wrong ones first" in inspect_slices_view.about(here, 4)
