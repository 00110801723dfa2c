"""Components of our own: constant HTML, CSS and JavaScript in files beside this one; data stays data.

`grid` is the contact sheet: groups of tiles, a selection, and each photo large on request. Sizes, places and
keys are handled in the browser; Python hears of a selection only when it asks to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent
MARKS = ("", "blink", "cant_tell", "keep")


@dataclass(frozen=True)
class Tile:
    """One photo on the sheet: addresses of its small and large preview, and what is said of it.

    `mark` chooses the shape of the badge, `label` is its text, `note` a longer reason shown when large.
    """

    id: str
    name: str
    thumb: str
    large: str
    mark: str = ""
    label: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.mark not in MARKS:
            raise ValueError(f"mark must be one of {MARKS}, got {self.mark!r} for photo {self.id}")


@dataclass(frozen=True)
class Group:
    """Tiles under one heading, in the order given; an empty group is not shown."""

    title: str
    mark: str
    photos: tuple[Tile, ...]


def _text(*names: str) -> str:
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


_GRID = st.components.v2.component(
    "eyespy_grid",
    html=_text("grid.html"),
    css=_text("grid.css"),
    js=_text("layout.js", "marks.js", "gestures.js", "loupe.js", "grid.js"),
)


def grid(
    groups: Sequence[Group],
    *,
    scope: str,
    aspect: float = 1.0,
    below: int = 0,
    on_selection: Callable[[], None] | None = None,
) -> tuple[str, ...]:
    """Draw the contact sheet over the rest of the window; gives the ids of the selected photos.

    `scope` names what is shown (a session): while it stays, so do selection and place. `aspect` is the tiles'
    width over height, `below` the pixels that the page keeps under the sheet. Without `on_selection` a
    selection stays in the browser, the page does not run again for it, and the result is empty.
    """
    shown: dict[str, Any] = {
        # A tuple: in a list Streamlit would look for data frames, and import pandas and pyarrow to do so.
        "groups": tuple(asdict(group) for group in groups),
        "scope": scope,
        "aspect": aspect,
        "below": below,
        "reports": on_selection is not None,
    }
    result = _GRID(key=f"grid-{scope}", data=shown, on_selection_change=on_selection or (lambda: None))
    return tuple(result.get("selection") or ())
