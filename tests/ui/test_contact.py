"""What lies on the contact sheet, and in which order."""

from __future__ import annotations

from datetime import datetime

import pytest

from workbench.archive.labels import Label
from workbench.archive.photos import Photo
from workbench.screening.screen import Screening, Verdict
from workbench.ui import contact
from workbench.ui.components import Tile

AT = datetime(2026, 11, 20, 12)


def photo(id: str, width: int = 2000, height: int = 3000) -> Photo:
    return Photo(id, "session", f"{id}.jpg", AT, width, height, 1)


def screening(*verdicts: Verdict) -> Screening:
    return Screening("id", "session", "blink", "starter", 0.5, AT, AT, {each.photo_id: each for each in verdicts})


def test_blinks_come_first_the_surest_before_the_others() -> None:
    judged = screening(
        Verdict("a", "keep", 0.1, ""), Verdict("b", "blink", 0.6, ""), Verdict("c", "cant_tell", 0.45, ""),
        Verdict("d", "blink", 0.9, ""),
    )  # fmt: skip
    groups = contact.sheet([photo(id) for id in "abcd"], judged)
    assert [(group.title, [tile.id for tile in group.photos]) for group in groups if group.photos] == [
        ("Blink", ["d", "b"]),
        ("Can’t tell", ["c"]),
        ("Keep", ["a"]),
    ]


def test_keepers_stay_in_the_order_they_were_taken() -> None:
    judged = screening(*(Verdict(id, "keep", p, "") for id, p in zip("abc", (0.1, 0.3, 0.2), strict=True)))
    keep = contact.sheet([photo(id) for id in "abc"], judged)[2]
    assert [tile.id for tile in keep.photos] == ["a", "b", "c"]


def test_photos_that_came_after_the_screening_are_shown_and_counted() -> None:
    groups = contact.sheet([photo("a"), photo("new")], screening(Verdict("a", "keep", 0.1, "")))
    assert groups[-1].title == "Not screened yet" and [tile.id for tile in groups[-1].photos] == ["new"]


def test_a_badge_says_it_in_words_and_the_note_says_why() -> None:
    blink = contact.tile(photo("a"), Verdict("a", "blink", 0.974, "lids closed"))
    assert (blink.label, blink.note) == ("Blink 97%", "lids closed")
    keep = contact.tile(photo("a"), Verdict("a", "keep", 0.04, "eyes open"))
    assert (keep.label, keep.note) == ("Keep", "eyes open · blink 4% likely")
    lost = contact.tile(photo("a"), Verdict("a", "cant_tell", None, "no face found"))
    assert (lost.label, lost.note) == ("Can’t tell", "no face found")


def test_tiles_take_the_shape_of_most_photos() -> None:
    assert contact.aspect([photo("a"), photo("b"), photo("c", 3000, 2000)]) == pytest.approx(2 / 3)
    assert contact.aspect([photo("a", 3000, 2000)]) == 1.5
    assert contact.aspect([photo("panorama", 9000, 1000)]) == 1.5
    assert contact.aspect([]) == 1.0


def test_a_tile_refuses_a_mark_that_has_no_shape() -> None:
    with pytest.raises(ValueError, match="mark must be one of"):
        Tile("a", "a.jpg", "/t", "/l", mark="<b>")


@pytest.mark.parametrize(
    ("group", "value", "said"),
    [
        ("keep", "NON_BLINKING", "Keep · labelled"),
        ("keep", "BLINKING", "Keep · you: blink"),
        ("blink", "BLINKING", "Blink 97% · labelled"),
        ("blink", "NON_BLINKING", "Blink 97% · you: open"),
        ("cant_tell", "UNSURE", "Can’t tell · you: unsure"),
    ],
)
def test_a_label_stands_beside_the_verdict(group: str, value: str, said: str) -> None:
    tile = contact.tile(photo("a"), Verdict("a", group, 0.974, "why"), label(value))
    assert tile.label == said
    assert tile.note.endswith(f"labelled {value} by Ana")


def test_a_labelled_photo_that_was_not_screened_says_its_label() -> None:
    (group,) = [group for group in contact.sheet([photo("a")], None, {"a": label("BLINKING")}) if group.photos]
    assert group.photos[0].label == "you: blink"


def label(value: str) -> Label:
    return Label(1, "a", "blink", value, "typed", None, "Ana", AT, None)
