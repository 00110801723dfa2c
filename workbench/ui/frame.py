"""What every page stands in: its look, the archive it reads, and its session."""

from __future__ import annotations

from functools import lru_cache

import sqlalchemy
import streamlit as st

from workbench.archive import catalog, sessions
from workbench.settings import Settings
from workbench.ui import theme

SESSION = "session"


def dress() -> None:
    """Give the page its title and its look; once, before anything is drawn."""
    st.set_page_config(page_title="Eye Spy", layout="wide", menu_items=None)
    st.html(theme.CSS)


@lru_cache(maxsize=4)
def open_archive(settings: Settings) -> sqlalchemy.Engine:
    """The catalogue of `settings`, opened once a process. Raises what `catalog.open_catalog` raises."""
    return catalog.open_catalog(settings)


def choose_session(engine: sqlalchemy.Engine) -> sessions.Session | None:
    """The session named in the page's address, or the first; drawn as a chooser that writes the address.

    None when the archive is empty. Raises UnknownSession for an address that names none.
    """
    known = sessions.every(engine)
    if not known:
        return None
    names = {each.id: each.name for each in known}
    asked = st.query_params.get(SESSION, known[0].id)
    # The address is the truth: a link, or the browser's way back, moves the chooser too.
    st.session_state[SESSION] = next((each.id for each in known if asked in (each.id, each.name)), None)
    st.selectbox(
        "Session",
        list(names),
        format_func=lambda each: names.get(each, each),
        key=SESSION,
        on_change=_write_address,
        label_visibility="collapsed",
        placeholder="Choose a session",
    )
    return sessions.find(engine, asked)


def _write_address() -> None:
    st.query_params[SESSION] = st.session_state[SESSION]
