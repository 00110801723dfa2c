"""From which photos a part of the Inspect page sets out: one that the address names, or a cell of the matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st
from sqlalchemy import Engine, func, select

from workbench.archive import tables
from workbench.archive.splits import TEST
from workbench.learning import inspection
from workbench.learning.explanations import PHOTO_ID
from workbench.learning.inspection import CELLS, UNJUDGED, Judged
from workbench.ui import inspect_choice, inspect_gallery_view
from workbench.ui.inspect_choice import CELL, PHOTO
from workbench.ui.inspect_gallery_view import TITLES
from workbench.ui.wording import counted

_KEY = "inspect-cell-of"


@dataclass(frozen=True)
class From:
    """Photos to set out from, the worst first: a `cell`, or the one `photo` that the address names."""

    cell: str
    photo: str | None
    photos: tuple[str, ...]

    @property
    def named(self) -> str:
        """“the chosen photo”, “12 photos under “Missed””."""
        if self.photo:
            return "the chosen photo"
        return f"{counted(len(self.photos), 'photo')} under “{TITLES[self.cell]}”"


def choose(judged: Judged, *, with_photo: bool = False) -> From:
    """What the address names, with the cells drawn as a choice that writes it.

    With `with_photo` a cell stands chosen beside the photo, as the one whose photos are listed.
    """
    found = inspect_gallery_view.counts(judged)
    chosen = of(judged, st.query_params.get(CELL), st.query_params.get(PHOTO))
    st.session_state[_KEY] = None if chosen.photo and not with_photo else chosen.cell
    st.segmented_control(
        "Photos of a cell",
        shown(found),
        format_func=lambda cell: f"{TITLES[cell]} {found[cell]:,}",
        key=_KEY,
        on_change=_write,
        label_visibility="collapsed",
    )
    return chosen


def of(judged: Judged, cell: str | None, photo: str | None) -> From:
    """The photos of what was asked for; the worse error cell where nothing that there is was."""
    known = inspect_gallery_view.cell_of(cell if cell in CELLS else None, inspect_gallery_view.counts(judged))
    if photo and PHOTO_ID.fullmatch(photo):
        return From(known, photo, (photo,))
    return From(known, None, tuple(judged.photos[inspection.cell(judged, known)].tolist()))


def all_tested(engine: Engine, photos: Sequence[str]) -> bool:
    """Whether the archive holds each of these photos on its test side, whatever side is looked at."""
    photo = tables.photos.c
    tested = select(func.count()).where(photo.side == TEST, photo.id.in_(photos))
    with engine.connect() as connection:
        return connection.execute(tested).scalar_one() == len(set(photos))


def shown(found: Mapping[str, int]) -> list[str]:
    """The cells to choose from: the four, and the unjudged where there are any."""
    return [cell for cell in TITLES if cell != UNJUDGED or found[cell]]


def _write() -> None:
    chosen = st.session_state[_KEY]
    inspect_choice.write(**({CELL: chosen, PHOTO: ""} if chosen else {PHOTO: ""}))
