"""The top of the Tune page: what would be learnt from, what speaks against it, and the two ways to begin."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from sqlalchemy import Engine

from workbench.learning.readiness import NO_TEST, ONE_PERSON, TOO_FEW, Readiness
from workbench.learning.spaces import OBJECTIVES, PRESETS
from workbench.settings import Settings
from workbench.ui import choosers, frame, reporting, tuning_search_view, tuning_view, work
from workbench.ui.choosers import VIEW

VIEWS = {"models": "Models", "searches": "Searches", "labels": "More labels?"}
MODEL, SEARCH = "model", "search"
_PRESET, _MINUTES, _OBJECTIVE = "tune-preset", "tune-minutes", "tune-objective"

# ---- where the eye is


def choose_view() -> str:
    """The part of the page that its address names, drawn as a choice that writes the address."""
    return choosers.part("Part of the page", VIEWS, lambda view: lead(**{VIEW: view}), key=VIEW)


def lead(**address: str) -> None:
    """Leads to a part of the page, from inside a callback."""
    st.query_params.from_dict({name: value for name, value in address.items() if value != "models"})


# ---- the band


def band(settings: Settings, engine: Engine, ready: Readiness, *, busy: bool) -> None:
    """What would be learnt from, side by side, with the buttons that begin."""
    with st.container(key="band", horizontal=True, vertical_alignment="center", gap="large"):
        for title, counts, purpose in tuning_view.sides(ready):
            st.markdown(f":gray[{title}]  \n{counts}", width="content", help=purpose)
        with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
            _begin(settings, engine, off=busy or not ready.enough, busy=busy)
    _warnings(ready)


def _begin(settings: Settings, engine: Engine, *, off: bool, busy: bool) -> None:
    why = "One training or search at a time: wait for the one that runs, or cancel it." if busy else None
    with st.popover("Search …", disabled=off, help=why, key="search-popover", on_change="rerun") as popover:
        if popover.open:
            _search_form(settings, engine)
    st.button("Retrain", type="primary", disabled=off, help=why, on_click=_start, args=(work.retrain, settings, engine))


def _search_form(settings: Settings, engine: Engine) -> None:
    preset = st.radio(
        "What to search",
        list(PRESETS),
        format_func=lambda name: tuning_search_view.PRESET_TITLES.get(name, name),
        captions=[tuning_search_view.preset_about(name) for name in PRESETS],
        key=_PRESET,
        on_change=_take_minutes,
    )
    st.session_state.setdefault(_MINUTES, int(PRESETS[preset].minutes))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.number_input("Minutes", 1, 24 * 60, key=_MINUTES, width=130, help="It ends then with the best found so far.")
        st.selectbox("Judged by", OBJECTIVES, key=_OBJECTIVE, width=190, help="On the validation side")
        st.button("Start the search", type="primary", on_click=_search, args=(settings, engine))


def _take_minutes() -> None:
    st.session_state[_MINUTES] = int(PRESETS[st.session_state[_PRESET]].minutes)


def _search(settings: Settings, engine: Engine) -> None:
    state = st.session_state
    _start(work.search_networks, settings, engine, state[_PRESET], int(state[_MINUTES]), state[_OBJECTIVE])


def _start(begin: Callable[..., object], settings: Settings, engine: Engine, *about: object) -> None:
    """Starts a job, from inside a callback."""
    with frame.telling():
        begin(settings, engine, *about)


def _warnings(ready: Readiness) -> None:
    """What speaks against a training, calmly; with a way to Label where labels would mend it."""
    if not ready.warnings:
        return
    with st.container(key="mind", horizontal=True, vertical_alignment="center", gap="medium"):
        said = "  \n".join(reporting.plain(warning.sentence) for warning in ready.warnings)
        st.markdown(said, width="stretch")
        if {TOO_FEW, ONE_PERSON, NO_TEST} & {warning.name for warning in ready.warnings}:
            st.page_link(frame.page("label"), label="Go to Label")
