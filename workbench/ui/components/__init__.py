"""Components of our own: constant HTML, CSS and JavaScript in files beside this one; data stays data.

`grid` is the contact sheet: groups of tiles, a selection, and each photo large on request. `loupe` is that large view
on the page itself: one photo of many, with both eyes beside it. `desk` is both for labelling: a key says what a photo
is, and what was said is sent until Python acknowledges it. `gallery` shows the photos of a cell of a confusion matrix,
where a key corrects a label, `cells` the buttons over that matrix, and `dial` the threshold that decides in which cell
a photo lies. `review` is what the photographer decides on after a screening, step by step. Sizes, places and keys are
handled in the browser; Python hears of a selection or a place only when it asks to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent
MARKS = ("", "blink", "cant_tell", "keep")


@dataclass(frozen=True)
class Tile:
    """One photo for the browser: addresses of its pictures, and what is said of it.

    `thumb` and `large` are its previews, `eyes` both eyes side by side in one picture (8:3), `zoom` its own pixels
    with the eyes in the middle; an empty address is not asked for. `mark` chooses the shape of the badge, `label` is
    its text, `note` a longer reason shown when large. `taken` says when, `shape` is width over height of the upright
    photo (0: not known), by which its place is laid out before any of it has arrived.
    """

    id: str
    name: str
    thumb: str
    large: str
    mark: str = ""
    label: str = ""
    note: str = ""
    eyes: str = ""
    zoom: str = ""
    taken: str = ""
    shape: float = 0.0

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


def _filled(html: str, parts: Mapping[str, str]) -> str:
    for place, part in parts.items():
        html = html.replace(place, part)
    return html


_FAMILY = ("layout.js", "marks.js", "gestures.js", "pictures.js", "loupe.js")
_SHEET = _text("grid.html").replace("<!-- loupe.html -->", _text("loupe.html"))
_GRID = st.components.v2.component(
    "eyespy_grid",
    html=_SHEET,
    css=_text("family.css", "grid.css", "loupe.css"),
    js=_text(*_FAMILY, "grid.js", "sheet.js"),
)
_LOUPE = st.components.v2.component(
    "eyespy_loupe",
    html=_text("loupe.html"),
    css=_text("family.css", "loupe.css"),
    js=_text(*_FAMILY, "single.js"),
)
_BESIDE = {"<!-- desk.html -->": _text("desk_beside.html"), "<!-- desk keys -->": _text("desk_keys.html")}
_DESK = st.components.v2.component(
    "eyespy_desk",
    html=_filled(
        _text("desk.html"), {"<!-- loupe.html -->": _filled(_text("loupe.html"), _BESIDE), "<!-- grid.html -->": _SHEET}
    ),
    css=_text("family.css", "grid.css", "loupe.css", "desk.css"),
    js=_text(*_FAMILY, "grid.js", "memory.js", "outbox.js", "sitting.js", "desk.js"),
)

_CORRECTING = {"<!-- desk.html -->": "", "<!-- desk keys -->": _text("gallery_keys.html")}
_GALLERY = st.components.v2.component(
    "eyespy_gallery",
    html=_filled(_text("gallery.html"), {"<!-- loupe.html -->": _filled(_text("loupe.html"), _CORRECTING)}),
    css=_text("family.css", "grid.css", "loupe.css", "gallery.css"),
    js=_text(*_FAMILY, "closeups.js", "memory.js", "outbox.js", "gallery.js"),
)
_DIAL = st.components.v2.component(
    "eyespy_dial", html=_text("dial.html"), css=_text("family.css", "dial.css"), js=_text("odds.js", "dial.js")
)
_DECIDING = {"<!-- desk.html -->": _text("review_beside.html"), "<!-- desk keys -->": _text("review_keys.html")}
_PARTS = tuple(f"review_{part}.js" for part in "groups words wall deeds bar compare keys large".split())
_REVIEW = st.components.v2.component(
    "eyespy_review",
    html=_filled(
        _text("review.html"),
        {
            "<!-- loupe.html -->": _filled(_text("loupe.html"), _DECIDING),
            "<!-- review keys -->": _text("review_keys.html"),
        },
    ),
    css=_text("family.css", "grid.css", "loupe.css", "review.css"),
    js=_text(*_FAMILY, "closeups.js", "odds.js", "memory.js", "outbox.js", *_PARTS, "review.js"),
)

_CELLS = st.components.v2.component(
    "eyespy_cells", html=_text("cells.html"), css=_text("family.css", "cells.css"), js=_text("cells.js")
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


def loupe(
    photos: Sequence[Tile], *, scope: str, at: int = 0, below: int = 0, on_photo: Callable[[], None] | None = None
) -> str | None:
    """Draw one photo of `photos` large over the rest of the window, with keys to the others; gives its id.

    `scope` names what is shown (a session, a queue): while it stays, so does the place, also when photos come or go;
    with a new one `at` is where it begins. `below` are the pixels that the page keeps under it. Without `on_photo` the
    place stays in the browser, the page does not run again for it, and the result is None.
    """
    shown: dict[str, Any] = {
        "photos": tuple(asdict(photo) for photo in photos),
        "scope": scope,
        "at": at,
        "below": below,
        "reports": on_photo is not None,
    }
    result = _LOUPE(key=f"loupe-{scope}", data=shown, on_photo_change=on_photo or (lambda: None))
    return result.get("photo")


def desk(
    data: Mapping[str, Any],
    *,
    key: str,
    on_sent: Callable[[], None],
    on_wanted: Callable[[], None],
    on_history: Callable[[], None],
) -> None:
    """Draw the labelling desk over the rest of the window; what `data` holds is said in `labelling_desk`.

    The callbacks read what was sent from the session state of `key`: `sent` are operations and the turn to be answered
    in `data`, `wanted` the position from which more photos are asked for, `history` the photo whose history is.
    """
    _DESK(key=key, data=dict(data), on_sent_change=on_sent, on_wanted_change=on_wanted, on_history_change=on_history)


def gallery(
    data: Mapping[str, Any],
    *,
    key: str,
    on_sent: Callable[[], None],
    on_wanted: Callable[[], None],
    on_cell: Callable[[], None],
    on_photo: Callable[[], None],
) -> None:
    """Draw the photos of a cell over the rest of the window; what `data` holds is said in `inspect_gallery`.

    The callbacks read the session state of `key`: `sent` are corrections as the desk sends its answers, `wanted` the
    list and the position from which more photos are asked for, `cell` the cell that was chosen, `photo` the photo that
    another part of the page is asked to tell of, and which one.
    """
    _GALLERY(
        key=key,
        # One thing in a tuple: in a mapping Streamlit would look for data frames, and import pandas to do so.
        data=(dict(data),),
        on_sent_change=on_sent,
        on_wanted_change=on_wanted,
        on_cell_change=on_cell,
        on_photo_change=on_photo,
    )


def review(
    data: Mapping[str, Any],
    *,
    key: str,
    on_sent: Callable[[], None],
    on_wanted: Callable[[], None],
    on_threshold: Callable[[], None],
    on_step: Callable[[], None],
    on_more: Callable[[], None],
) -> None:
    """Draw the review of a screening over the rest of the window; what `data` holds is said in `screening_review`.

    The callbacks read the session state of `key`: `sent` are gestures as the desk sends its answers, `wanted` that the
    browser lacks the photos, `threshold` the one that was let go, `step` “handoff” where the page itself is to draw the
    last step and nothing where it is left, `more` that more random keepers are asked for.
    """
    _REVIEW(
        key=key,
        # One thing in a tuple: in a mapping Streamlit would look for data frames, and import pandas to do so.
        data=(dict(data),),
        on_sent_change=on_sent,
        on_wanted_change=on_wanted,
        on_threshold_change=on_threshold,
        on_step_change=on_step,
        on_more_change=on_more,
    )


def dial(*, value: float, stored: float | None, turn: int, said: str, key: str, on_moved: Callable[[], None]) -> None:
    """Draw a threshold between 0 and 1 that can be moved; `stored` is marked on it, `said` is what it means.

    `on_moved` reads `moved` from the session state of `key`: the `value` and the `turn` that is to be given back.
    """
    shown = {"value": value, "stored": stored, "turn": turn, "said": said}
    _DIAL(key=key, data=shown, on_moved_change=on_moved)


def cells(named: Mapping[str, str], chosen: str, *, high: int, key: str, on_cell: Callable[[], None]) -> None:
    """Draw four buttons, two rows of `high` pixels, over a figure that draws what they are; `named` says that in words.

    `on_cell` reads the name of the one that was pressed, `cell`, from the session state of `key`.
    """
    shown = {
        "cells": tuple({"name": name, "says": says} for name, says in named.items()),
        "chosen": chosen,
        "high": high,
    }
    _CELLS(key=key, data=shown, on_cell_change=on_cell)
