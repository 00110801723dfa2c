"""What every page stands in: its look, the archive it reads, its session, and what it was told to say."""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import contextmanager
from functools import lru_cache

import sqlalchemy
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from workbench.archive import catalog, sessions
from workbench.errors import WorkbenchError
from workbench.settings import HOME, Settings
from workbench.ui import place, reporting, theme

SESSION = "session"
PAGES = {"archive": "Archive", "label": "Label", "tune": "Tune", "inspect": "Inspect", "screen": "Screen"}
"""The pages by their address, in the order of the work."""
_TOLD = "told"


def dress() -> None:
    """Give the page its title and its look; once, before anything is drawn."""
    st.set_page_config(page_title="Eye Spy", layout="wide", menu_items=None)
    st.html(theme.CSS)


def page(name: str) -> StreamlitPage:
    """The page of that address."""
    return st.Page(HOME / "pages" / f"{name}.py", title=PAGES[name], url_path=name)


@lru_cache(maxsize=4)
def open_archive(settings: Settings) -> sqlalchemy.Engine:
    """The catalogue of `settings`, opened once a process. Raises what `catalog.open_catalog` raises."""
    return catalog.open_catalog(settings)


# ---- the session


def asked_session(settings: Settings) -> str | None:
    """What the page's address calls its session; where it names none, the session that any page showed last."""
    asked: str | None = st.query_params.get(SESSION)
    return asked or place.last(settings).recent


def choose_session(settings: Settings, engine: sqlalchemy.Engine) -> sessions.Session | None:
    """The session named in the page's address, else that of the last time, else the first; drawn as a chooser that
    writes the address.

    None when the archive is empty. Raises UnknownSession for an address that names none.
    """
    known = sessions.every(engine)
    if not known:
        return None
    names = {each.id: each.name for each in known}
    asked = st.query_params.get(SESSION) or _last(settings, names) or known[0].id
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


def _last(settings: Settings, known: Container[str]) -> str | None:
    before = place.last(settings).recent
    return before if before in known else None


def _write_address() -> None:
    st.query_params[SESSION] = st.session_state[SESSION]


# ---- the last place


def go_on(settings: Settings) -> None:
    """Leads from the server's root to where the photographer was last; an address that says more wins."""
    before = place.last(settings)
    known = {each.id for each in sessions.every(open_archive(settings))}
    remembered = {SESSION: before.session} if before.session in known else {}
    name = before.page if before.page in PAGES else place.FIRST
    st.switch_page(page(name), query_params=st.query_params.to_dict() or remembered)


def remember(settings: Settings, name: str) -> None:
    """Keeps the page that is shown, and its session, for the next time."""
    asked = st.query_params.get(SESSION)
    before = place.last(settings)
    try:
        place.remember(settings, place.Place(name, asked, before.dismissed, asked or before.recent))
    except ValueError:  # an address that names a session by its name, or nonsense
        place.remember(settings, place.Place(name, None, before.dismissed, before.recent))


# ---- what a step before had to say


def tell(text: str, *, wrong: bool = False, beside: str = "") -> None:
    """Has a sentence said when the page runs next: for callbacks, and before a page is left.

    It is said at the top of the page, or `beside` what it is about: where `say_told` is called with that name.
    """
    st.session_state.setdefault(_TOLD, []).append((text, wrong, beside))


@contextmanager
def telling(beside: str = "") -> Iterator[None]:
    """A named error inside becomes its sentence on the page."""
    try:
        yield
    except WorkbenchError as error:
        tell(reporting.sentence(error), wrong=True, beside=beside)


def say_told(beside: str = "") -> None:
    """Draw what was told to be said here, once."""
    told = st.session_state.pop(_TOLD, [])
    st.session_state[_TOLD] = [each for each in told if each[2] != beside]
    for text, wrong, place_of in told:
        if place_of == beside:
            (st.error if wrong else st.success)(reporting.plain(text))
