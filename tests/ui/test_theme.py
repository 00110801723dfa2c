"""The greys can be read: WCAG AA asks for a contrast of 4.5 between text and what lies under it."""

from __future__ import annotations

import re

import pytest

from workbench.ui import theme
from workbench.ui.components import HERE

PAIRS = [
    (theme.TEXT, theme.GROUND),
    (theme.TEXT, theme.RAISED),
    (theme.ACCENT, theme.GROUND),
    (theme.ON_ACCENT, theme.ACCENT),
    (theme.OPTIONS["theme.redTextColor"], theme.OPTIONS["theme.redBackgroundColor"]),
    (theme.OPTIONS["theme.yellowTextColor"], theme.OPTIONS["theme.yellowBackgroundColor"]),
]


def variables() -> dict[str, str]:
    written = "".join(path.read_text() for path in sorted(HERE.glob("*.css")))
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", written))


def luminance(colour: str) -> float:
    """Relative luminance, 0..1, of `#rrggbb`: WCAG 2.2."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_has_the_known_contrast() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_words_of_the_page_can_be_read(text: str, ground: str) -> None:
    assert contrast(text, ground) >= 4.5


@pytest.mark.parametrize("text", ["text", "blink", "doubt"])
@pytest.mark.parametrize("ground", ["ground", "tile-ground", "on-ground"])
def test_words_of_a_tile_can_be_read_selected_or_not(text: str, ground: str) -> None:
    assert contrast(variables()[text], variables()[ground]) >= 4.5


def test_the_sheet_lies_on_the_ground_of_the_page() -> None:
    assert variables()["ground"] == theme.GROUND


@pytest.mark.parametrize("colour", [theme.GROUND, theme.RAISED, theme.LINE, theme.TEXT])
def test_what_surrounds_the_photos_is_neutral(colour: str) -> None:
    assert colour[1:3] == colour[3:5] == colour[5:7]
