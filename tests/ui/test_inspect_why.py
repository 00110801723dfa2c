"""What Inspect shows of single photos, and why a model says what it says."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
from PIL import Image
from sqlalchemy import insert

from tests import archive_rows
from tests.ui.inspected import (
    PEOPLE,
    WHY,
    judged,
)
from tests.ui.judged import judged_archive
from tests.ui.shoot import Frame, seen, shoot
from workbench.archive import catalog, photos, tables
from workbench.faults import BLINK
from workbench.settings import Settings
from workbench.ui import (
    inspect_sheet,
    inspect_why_view,
)
from workbench.ui.inspect_sheet import Shown

# ---- close-ups


def test_a_close_up_tells_label_opinion_and_session(archive: Settings) -> None:
    known = judged_archive(archive, PEOPLE[:1])
    engine = catalog.open_catalog(archive)
    first = photos.of_session(engine, known["Ana"])[0].id
    new = photos.of_session(engine, shoot(archive, "New", [Frame(None)]))[0].id
    shown = inspect_sheet.of(engine, BLINK, "starter", [new, "f" * 32, first])
    assert [one.photo.id for one in shown] == [new, first], "in the order asked for, without what is not there"
    unlabelled, labelled = (inspect_sheet.tile(one, 0.5) for one in shown)
    assert labelled.thumb == f"/eyes/{first}" and labelled.label == "blink 5 %"
    assert labelled.note == "Ana · labelled BLINKING by Ana · the model says blink 5 %"
    assert unlabelled.note == "New · not labelled · not judged"


def test_a_photo_without_a_face_is_shown_whole_and_an_out_of_fold_answer_stands_first(archive: Settings) -> None:
    engine = catalog.open_catalog(archive)
    session = archive_rows.session(engine, "Ana", [])
    with catalog.writing(engine) as connection:
        photo = archive_rows.photo(connection, "0" * 32, faces=0)
        connection.execute(insert(tables.files).values(session_id=session.id, name="a.jpg", photo_id=photo))
    (shown,) = inspect_sheet.of(engine, BLINK, "starter", [photo])
    assert inspect_sheet.tile(shown, 0.5).thumb == f"/photo/320/{photo}"
    (again,) = inspect_sheet.judged_so([shown], judged([0.8], [True]))
    assert again.probability == 0.8
    (unjudged,) = inspect_sheet.judged_so([again], judged([np.nan], [True]))
    assert unjudged.probability is None
    unknown = replace(again, photo=replace(again.photo, id="f" * 32))
    said = inspect_sheet.judged_so([unknown, again], judged([0.3, 0.6], [True, True]))
    assert [one.probability for one in said] == [0.8, 0.3], "one that was not judged keeps its stored answer"
    assert inspect_sheet.judged_so([again], judged([], [])) == [again]


# ---- why


def test_bars_are_as_long_as_what_they_add_and_say_once_what_they_compare_with() -> None:
    assert inspect_why_view.bars(WHY) == [
        {"name": "left eye open less", "figure": "+1.20", "share": 1.0},
        {"name": "mouth open more", "figure": "−0.30", "share": -0.25},
    ]
    assert inspect_why_view.compared_with(WHY) == "the subject's other photos"
    exact = replace(WHY, numbers=(("left eye closed by 0.80", 2.0),))
    assert inspect_why_view.compared_with(exact) == "" and inspect_why_view.bars(exact)[0]["name"].startswith("left")
    assert inspect_why_view.bars(replace(WHY, numbers=())) == []


def test_the_verdict_is_told_with_threshold_and_label() -> None:
    photo = photos.Photo("a" * 32, "s", "a.jpg", None, 1, 1, 1)
    said = inspect_why_view.verdict(WHY, BLINK, "mine", Shown(photo, "Ana", BLINK.negative, "Ana"), 0.46)
    assert said == (
        "“mine” flags it: a blink is 97 % likely, and it flags from 46 % on. It is labelled NON_BLINKING by Ana."
    )
    assert "does not flag it" in inspect_why_view.verdict(replace(WHY, probability=0.1), BLINK, "mine", None, 0.46)
    assert "no face was found" in inspect_why_view.verdict(replace(WHY, probability=None), BLINK, "mine", None, 0.46)


def test_a_threshold_that_moved_since_the_explanation_is_said_beside_the_old_one() -> None:
    said = inspect_why_view.verdict(WHY, BLINK, "mine", None, 0.98)
    assert said.startswith("“mine” does not flag it: a blink is 97 % likely, and it flags from 98 % on")
    assert said.endswith(" (from 46 % on when it was explained).")


def test_numbers_that_overlap_are_not_passed_off_as_a_sum() -> None:
    assert "+0.80 of +3.48 log-odds in all; they overlap" in inspect_why_view.rest(WHY)
    assert inspect_why_view.rest(replace(WHY, numbers=())) == ""


def test_heat_tints_a_picture_only_where_there_is_heat() -> None:
    grey, heat = np.full((2, 2), 100, np.uint8), np.array([[0.0, 1.0], [0.0, 0.0]])
    found = inspect_why_view.heated(grey, heat)
    assert (found[0, 0] == 100).all() and (found[1] == 100).all()
    red, _, blue = found[0, 1].tolist()
    assert red > 150 and blue < 100, "orange"


def test_a_picture_is_shown_for_what_the_model_looks_at_and_nothing_else() -> None:
    (eyes,) = inspect_why_view.pictures(WHY, seen(), BLINK)
    assert "what spoke for a blink" in eyes["title"]
    image = Image.open(io.BytesIO(base64.b64decode(eyes["sources"][1].partition(",")[2])))
    assert image.size == (512, 192)
    (frame,) = inspect_why_view.pictures(
        replace(WHY, eyes=None, frame=np.zeros((178, 100), np.float32), probability=0.1), seen(), BLINK
    )
    assert "against a blink" in frame["title"] and not frame["wide"]
    assert inspect_why_view.pictures(WHY, None, BLINK) == []
    assert inspect_why_view.pictures(replace(WHY, eyes=None), seen(), BLINK) == []


def test_a_job_explains_the_photo_and_those_after_it_that_nobody_explained() -> None:
    others = ["a", "b", "c", "d", "e"]
    assert inspect_why_view.next_ones("b", others, ["c"], 3) == ["b", "d", "e"]
    assert inspect_why_view.next_ones("z", others, [], 2) == ["z", "a"]
    assert inspect_why_view.next_ones("b", others, others, 12) == ["b"], "asked for again"
