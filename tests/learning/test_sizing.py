from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.faults import BLINK
from workbench.learning import evaluation, sizing
from workbench.learning.evaluation import Difference
from workbench.learning.keeping import NotKept
from workbench.learning.sizing import Size, Sizes
from workbench.settings import Settings

HALF, WHOLE = (Size(share, photos, photos // 2, {}) for share, photos in ((0.5, 500), (1.0, 1000)))


def compared(half_right: int, whole_right: int, photos: int = 400) -> Difference:
    """Accuracy of two networks on photos of as many people, of which so many are judged rightly."""
    truth = np.arange(photos) % 2 == 1
    groups = [str(number) for number in range(photos)]
    said = [np.where(np.arange(photos) < right, truth, ~truth).astype(float) for right in (half_right, whole_right)]
    found = evaluation.paired(truth, *said, groups)
    return next(one for one in found if one.name == sizing.FIGURE)


def test_a_gain_beyond_chance_is_drawn_out_to_250_more_of_each() -> None:
    said = sizing.sentence(HALF, WHOLE, compared(300, 360))
    assert "From 500 to 1,000 labelled photos" in said and "+0.150" in said
    # from 1,000 to 1,500 is .585 of a doubling
    assert "250 more of each would bring about +0.088" in said


@pytest.mark.parametrize("whole_right", [301, 300, 250])
def test_no_gain_beyond_chance_is_said_to_be_hardly_worth_it(whole_right: int) -> None:
    said = sizing.sentence(HALF, WHOLE, compared(300, whole_right))
    assert "would bring" not in said and ("hardly worth it" in said or "too few photos or errors" in said)


def test_too_few_errors_give_no_promise() -> None:
    assert "too few photos or errors" in sizing.sentence(HALF, WHOLE, compared(12, 12, photos=12))


def test_the_answer_is_kept_and_found_again(settings: Settings) -> None:
    figures = {"accuracy": {"value": 0.9, "low": None, "high": None}}
    found = Sizes("2026-11-22T12:00:00", "abc", (Size(0.5, 500, 250, figures),), "From 500 …")
    assert sizing.latest(settings) is None
    sizing.keep(settings, BLINK, found)
    assert sizing.latest(settings) == found


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sizes": 3}', '{"sizes": [{"share": 1}], "at": ""}', "\xff"])
def test_a_file_that_is_none_of_ours_is_no_answer(settings: Settings, text: str) -> None:
    place = settings.models / BLINK.name / ".sizes.json"
    place.parent.mkdir()
    place.write_text(text, encoding="latin-1")
    assert sizing.latest(settings) is None


def test_a_disk_that_does_not_take_the_answer_is_one_sentence(settings: Settings) -> None:
    Path(settings.models / BLINK.name).touch()  # a file where a folder is wanted: nothing can be written below it
    with pytest.raises(NotKept, match="Make room there"):
        sizing.keep(settings, BLINK, Sizes("", "", (), ""))
