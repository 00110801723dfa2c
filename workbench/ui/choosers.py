"""Choosers that show what the page's address says, and write it: a link, or the browser's way back, moves them too."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

VIEW = "view"
"""What an address calls the part of a page."""


def part(title: str, views: Mapping[str, str], act: Callable[[str], None], *, key: str) -> str:
    """The part of the page that its address names, else the first, as a switch; `act` writes the address."""
    first = next(iter(views))
    asked = st.query_params.get(VIEW, first)
    st.session_state[key] = asked if asked in views else first
    st.segmented_control(
        title,
        list(views),
        format_func=lambda view: views[view],
        key=key,
        on_change=lambda: act(st.session_state[key] or first),
        required=True,
        label_visibility="collapsed",
    )
    return str(st.session_state[key])


def select(
    label: str, options: Mapping[str, str], chosen: str, act: Callable[[str], None], *, key: str, width: int
) -> None:
    """One of `options` (value → words) in a list that stands at `chosen`; `act` writes the address."""
    st.session_state[key] = chosen
    st.selectbox(
        label,
        list(options),
        format_func=lambda each: options.get(each, each),
        key=key,
        on_change=lambda: act(st.session_state[key]),
        label_visibility="collapsed",
        width=width,
    )
