"""The photos of a cell of the matrix: the component, what it asks for, and what it is answered."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from sqlalchemy import Engine

from workbench.archive.splits import TEST
from workbench.faults import BLINK
from workbench.learning import inspection
from workbench.learning.inspection import CELLS, Judged
from workbench.settings import Settings
from workbench.ui import inspect_choice, inspect_figures, inspect_figures_view, inspect_gallery_view, labelling
from workbench.ui.components import gallery
from workbench.ui.inspect_choice import CELL, PHOTO, VIEW, Choice
from workbench.ui.inspect_gallery_view import NEWLY_RIGHT, NEWLY_WRONG

KEY = "gallery"
FIRST, FURTHER = 60, 240
"""Photos that the browser is given at once, and when it asks for more."""
_CLIENT, _ANSWER, _WANTED, _GIVEN = "gallery-client", "gallery-answer", "gallery-wanted", "gallery-given"


def begin() -> None:
    """The page is drawn anew: the browser may have nothing yet."""
    st.session_state.pop(_GIVEN, None)


def show(settings: Settings, engine: Engine, choice: Choice, here: Judged, cell: str) -> None:
    """Draw the photos of a cell of `here`, which is judged at the threshold that is tried."""
    client, last = labelling.client(engine, settings.labeller, st.session_state.get(_CLIENT))
    st.session_state[_CLIENT] = client
    answer = st.session_state.pop(_ANSWER, labelling.Answer())
    more = newly(settings, engine, here) if cell not in CELLS else {}
    rows = more[cell] if cell in more else inspection.cell(here, cell)
    scope = inspect_gallery_view.scope(here, repr(choice), cell)
    numbers = {name: len(found) for name, found in more.items()}
    gallery(
        {
            "namespace": inspect_gallery_view.namespace(settings),
            "client": client,
            "acks": {client: last, **answer.acks},
            "turn": answer.turn,
            "refused": tuple(asdict(each) for each in answer.refused),
            "answers": inspect_gallery_view.answers(BLINK),
            "closed": inspect_gallery_view.TEST_STAYS if choice.side == TEST else "",
            "cells": inspect_gallery_view.buttons(inspect_gallery_view.counts(here), BLINK, numbers),
            "cell": cell,
            "scope": scope,
            "list": inspect_gallery_view.lying(repr(choice), cell),
            "empty": inspect_gallery_view.empty(cell, BLINK),
            "stretch": _stretch(engine, here, rows, scope, inspect_gallery_view.lying(repr(choice), cell)),
            "below": 8,
        },
        key=KEY,
        on_sent=partial(_store, engine),
        on_wanted=_want,
        on_cell=_choose,
        on_photo=_ask,
    )


def cell(choice: Choice, here: Judged) -> str:
    """The cell that the address names, else the worse error cell."""
    found = inspect_gallery_view.counts(here)
    return inspect_gallery_view.cell_of(st.query_params.get(CELL), found, (NEWLY_RIGHT, NEWLY_WRONG))


def newly(settings: Settings, engine: Engine, here: Judged) -> dict[str, np.ndarray]:
    """Rows that the model newly gets right and wrong, against the model that its figures are compared with."""
    other = inspect_figures.against(settings, engine, here)
    if other is None:
        nothing = np.array([], np.int64)
        return {NEWLY_RIGHT: nothing, NEWLY_WRONG: nothing}
    right, wrong = inspect_figures_view.rows(here, inspect_choice.every(settings, engine, other[0]))
    return {NEWLY_RIGHT: right, NEWLY_WRONG: wrong}


def _stretch(engine: Engine, here: Judged, rows: np.ndarray, scope: str, lying: str) -> dict[str, Any] | None:
    """What the browser asked for of this list, or its beginning where it has not been given it."""
    wanted = st.session_state.pop(_WANTED, None)
    asked = wanted if wanted and wanted[0] == scope else None
    if asked is None and st.session_state.get(_GIVEN) == scope:
        return None
    st.session_state[_GIVEN] = scope
    start = asked[1] if asked else 0
    end = start + (FURTHER if start else FIRST)
    found = inspect_gallery_view.stretch(engine, here, rows[start:end])
    return {
        "scope": scope,
        "list": lying,
        "total": len(rows),
        "whole": end >= len(rows),
        "photos": tuple(inspect_gallery_view.tile(each, here.threshold) for each in found),
    }


# ---- what it heard


def _store(engine: Engine) -> None:
    st.session_state[_ANSWER] = inspect_gallery_view.store(engine, st.session_state[KEY].get("sent"), BLINK)


def _want() -> None:
    asked = st.session_state[KEY].get("wanted")
    if isinstance(asked, dict) and isinstance(asked.get("start"), int) and asked["start"] >= 0:
        st.session_state[_WANTED] = str(asked.get("scope")), asked["start"]


def _choose() -> None:
    cell = st.session_state[KEY].get("cell")
    if cell in CELLS or cell in (NEWLY_RIGHT, NEWLY_WRONG):
        inspect_choice.write(**{CELL: str(cell)})


def _ask() -> None:
    """Another part of the page is asked to tell of a photo."""
    asked = st.session_state[KEY].get("photo")
    if isinstance(asked, dict) and asked.get("view") in inspect_choice.VIEWS:
        inspect_choice.write(**{VIEW: str(asked["view"]), PHOTO: str(asked.get("photo", ""))})
        st.session_state[inspect_choice.WHOLE_PAGE] = True
