"""Where it is weak: the figures by session, tag, size of the eyes, turn of the head, light and sharpness."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import streamlit as st
from sqlalchemy import Engine

from workbench.archive import sessions
from workbench.archive.sessions import Session
from workbench.learning import slices
from workbench.learning.inspection import Judged
from workbench.learning.slices import SESSION, Slice, Slices
from workbench.settings import Settings
from workbench.ui import frame, inspect_choice, inspect_figures_view, inspect_sheet, reporting
from workbench.ui import inspect_slices_view as view
from workbench.ui.inspect_choice import CELL, PHOTO, VIEW
from workbench.ui.inspect_figures_view import Known
from workbench.ui.table import table
from workbench.vision import store

_HEIGHT = 250
_FEW = 5
"""Rows that need no turning."""


def show(settings: Settings, engine: Engine, judged: Judged, version: str) -> None:
    """Draw the slices, the worst first, and the photos of one of them, its errors first."""
    with st.spinner("Comparing parts of the photos …"):
        known, shoots = inspect_figures_view.known(judged), tuple(sessions.every(engine))
        found = _sliced(settings, known, shoots, views_written(settings))
    flattered = inspect_figures_view.flattered(judged)
    st.markdown(reporting.plain(f"{view.headline(found)} {flattered}".strip()))
    at = view.chosen(found, st.query_params.get(view.SLICE))
    if at is None:
        return
    with st.container(height=_HEIGHT if len(found) > _FEW else "content", border=False):
        table(
            view.COLUMNS,
            view.rows(found, st.query_params.to_dict()),
            key="slices-table",
            label="Parts of the photos, the weakest first",
            on_open=lambda row: inspect_choice.write(**{view.SLICE: row}),
        )
    _photos(engine, judged, at)


@lru_cache(maxsize=4)
def _sliced(
    settings: Settings, known: Known, _sessions: tuple[Session, ...], _written: tuple[int | None, ...]
) -> Slices:
    """The slices, worked out once for what is judged, for the sessions' tags and for the views that are kept."""
    return slices.slices(known.judged, frame.open_archive(settings), settings)


def views_written(settings: Settings) -> tuple[int | None, ...]:
    """When the views were last written: the store's file and its log, in nanoseconds; None for what is not there.

    An empty log says nothing: whoever only reads makes and removes one.
    """
    place = store.place(settings)
    return tuple(_written_at(path) for path in (place, place.with_name(f"{place.name}-wal")))


def _written_at(path: Path) -> int | None:
    try:
        about = path.stat()
    except FileNotFoundError:
        return None
    return about.st_mtime_ns if about.st_size else None


def _photos(engine: Engine, judged: Judged, at: Slice) -> None:
    parts = view.photos(judged, at, inspect_sheet.MOST)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{reporting.plain(view.about(at, inspect_sheet.MOST))}**", width="content")
        if at.kind == SESSION:
            st.button("Look at this session alone", type="tertiary", on_click=_open, args=(at.key,))
    ids = [photo for some in parts.values() for photo in some]
    found = inspect_sheet.judged_so(inspect_sheet.of(engine, judged.fault, judged.model, ids), judged)
    known = {one.photo.id: one for one in found}
    shown = {title: [known[photo] for photo in some if photo in known] for title, some in parts.items()}
    inspect_sheet.show(shown, judged.threshold, scope=f"slice-{judged.model}-{view.row_id(at)}")


def _open(session_id: str) -> None:
    inspect_choice.write(**{VIEW: "photos", inspect_choice.SESSION: session_id, CELL: "", PHOTO: "", view.SLICE: ""})
