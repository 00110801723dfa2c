"""Edits of a table are heard once, in order, whatever a browser sends."""

from __future__ import annotations

import re

import pytest

from tests.ui.test_theme import contrast
from workbench.ui.table import HERE, Column, Edit, unheard


def sent(seq: int, value: str = "woman") -> dict[str, object]:
    return {"seq": seq, "row": "ana", "column": "gender", "before": "", "value": value}


def test_edits_are_heard_in_order_and_none_twice() -> None:
    said = [sent(3, "c"), sent(1, "a"), sent(2, "b")]
    assert [edit.value for _, edit in unheard(said, 1)] == ["b", "c"]
    assert unheard(said, 3) == []
    assert unheard([sent(4)], 3) == [(4, Edit("ana", "gender", "", "woman"))]


@pytest.mark.parametrize("said", [None, "x", 3, [{}], [{**sent(1), "value": None}], [{**sent(1), "seq": "1"}]])
def test_what_is_no_edit_is_left_out(said: object) -> None:
    assert unheard(said, 0) == []


def test_a_column_refuses_a_kind_that_is_not_drawn() -> None:
    with pytest.raises(ValueError, match="kind must be one of"):
        Column("a", "A", "html")


def test_words_of_the_table_can_be_read() -> None:
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", (HERE / "table.css").read_text()))
    for text in (colours["text"], colours["dim"], colours["faint"], colours["accent"]):
        for ground in (colours["ground"], colours["row-ground"]):
            assert contrast(text, ground) >= 4.5
