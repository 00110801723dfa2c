"""What each editor is given, as FACTS of their formats say: colours by exact words, flags only where they are read."""

from __future__ import annotations

import pytest

from workbench.screening import presets, xmp
from workbench.screening.presets import COLOURS, PRESETS, Choice, NotOffered, UnknownPreset
from workbench.screening.screen import BLINK, CANT_TELL, KEEP


def test_the_editors() -> None:
    assert list(PRESETS) == ["lightroom", "bridge", "capture-one", "photo-mechanic", "digikam", "darktable"]
    assert all(name == preset.name and preset.afterwards.endswith(".") for name, preset in PRESETS.items())
    assert {name for name, preset in PRESETS.items() if preset.sidecar_by == "name"} == {"digikam", "darktable"}


@pytest.mark.parametrize("name", PRESETS)
def test_a_colour_label_is_all_that_is_written_by_default(name: str) -> None:
    choice = Choice(name)
    numbers = set(PRESETS[name].numbers)
    assert presets.fields(choice, BLINK).keys() == {xmp.LABEL, xmp.LABEL_COLOR} | numbers
    assert presets.fields(choice, CANT_TELL)[xmp.LABEL] == "Yellow" and presets.fields(choice, KEEP) == {}
    assert xmp.RATING not in presets.fields(choice, BLINK)


@pytest.mark.parametrize("colour", COLOURS)
def test_colours_are_spelt_as_editors_compare_them(colour: str) -> None:
    fields = presets.fields(Choice("lightroom", {KEEP: colour}), KEEP)
    assert fields == {xmp.LABEL: colour, xmp.LABEL_COLOR: colour.lower()} and colour == colour.capitalize()
    assert all(colour in numbers for preset in PRESETS.values() for numbers in preset.numbers.values())


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("lightroom", ("pick", "reject")),
        ("bridge", ("rating",)),
        ("capture-one", ()),
        ("photo-mechanic", ("pick",)),
        ("digikam", ("pick", "reject")),
        ("darktable", ("rating",)),
    ],
)
def test_what_an_editor_does_not_read_is_refused(name: str, flags: tuple[str, ...]) -> None:
    assert PRESETS[name].can == flags
    for flag in (presets.PICK, presets.REJECT, presets.RATING):
        if flag in flags:
            assert Choice(name, **{flag: True}).asked == (flag,)
        else:
            with pytest.raises(NotOffered, match=f"does not read what --{flag}"):
                Choice(name, **{flag: True})


@pytest.mark.parametrize(
    ("choice", "group", "fields"),
    [
        (Choice("lightroom", {}, pick=True, reject=True), BLINK, {xmp.PICK: "-1", xmp.GOOD: "False"}),
        (Choice("lightroom", {}, pick=True, reject=True), KEEP, {xmp.PICK: "1", xmp.GOOD: "True"}),
        (Choice("lightroom", {}, pick=True, reject=True), CANT_TELL, {}),
        (Choice("bridge", {}, rating=True), BLINK, {xmp.RATING: "-1"}),
        (Choice("bridge", {}, rating=True), KEEP, {}),
        (Choice("photo-mechanic", {}, pick=True), KEEP, {xmp.TAGGED: "True"}),
        (Choice("digikam", {}, reject=True), BLINK, {xmp.DIGIKAM_PICK: "1"}),
        (Choice("darktable", {}, rating=True), BLINK, {xmp.RATING: "-1"}),
    ],
)
def test_flags(choice: Choice, group: str, fields: dict[str, str]) -> None:
    assert presets.fields(choice, group) == fields


def test_nonsense_is_refused() -> None:
    with pytest.raises(UnknownPreset, match="picasa"):
        Choice("picasa", pick=True)
    with pytest.raises(UnknownPreset):
        presets.find("picasa")
    with pytest.raises(ValueError, match="no colour"):
        Choice("lightroom", {BLINK: "red"})
    with pytest.raises(ValueError, match="no group"):
        Choice("lightroom", {"delete": "Red"})


def test_every_field_has_a_name_for_people() -> None:
    assert presets.TITLES.keys() == set(xmp.FIELDS)
