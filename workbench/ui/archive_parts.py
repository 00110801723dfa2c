"""The parts of the Archive page: the next step, the sessions, the people that they show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import streamlit as st
from sqlalchemy import Engine

from workbench import jobs
from workbench.archive import advice, diversity, sessions
from workbench.archive.overview import Overview
from workbench.errors import WorkbenchError
from workbench.faults import BLINK
from workbench.screening import review
from workbench.settings import Settings
from workbench.ui import archive_view, choosers, frame, reporting, work
from workbench.ui.choosers import VIEW
from workbench.ui.table import Edit, table

VIEWS = {"sessions": "Sessions", "people": "People", "import": "Import"}


class NotAPercentage(WorkbenchError):
    """What was typed as a target is no number."""

    def __init__(self, text: str) -> None:
        super().__init__(f"“{text}” is no share in percent: write a number from 0 to 100. Nothing was changed.")


# ---- where the eye is


def choose_view() -> str:
    """The part of the page that its address names, drawn as a choice that writes the address."""
    return choosers.part("Part of the archive", VIEWS, show_view, key=VIEW)


def show_view(view: str) -> None:
    """Leads to a part of the page, from inside a callback."""
    st.query_params.from_dict({} if view == "sessions" else {VIEW: view})


def open_session(session_id: str) -> None:
    """Leads to a session, from inside a callback."""
    st.query_params.from_dict({frame.SESSION: session_id})


# ---- the next step


def next_step(settings: Settings, engine: Engine, overviews: Sequence[Overview], screened: set[str]) -> None:
    """The next useful thing in one sentence, with the button that does it."""
    in_hand = work.sessions_in_hand(jobs.active(engine), [one.session for one in overviews])
    step = advice.next_step(overviews, screened | in_hand, review.open_suggestions(engine, BLINK))
    with st.container(key="step", horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(f"**Next:** {reporting.plain(step.sentence)}", width="content")
        if step.page == "screen" and step.session_id:
            session = sessions.find(engine, step.session_id)
            st.button("Screen it", type="primary", on_click=screen, args=(settings, engine, session))
        elif step.page == "review" and step.session_id:
            if st.button("Review them", type="primary"):
                st.switch_page(frame.page("screen"), query_params={frame.SESSION: step.session_id})
        elif step.page == "label" and step.session_id:
            if st.button("Label them", type="primary"):
                st.switch_page(frame.page("label"), query_params={frame.SESSION: step.session_id, "unlabelled": "1"})
        elif step.page == "relink" and step.session_id:
            st.button("Find its folder", type="primary", on_click=open_session, args=(step.session_id,))
        elif step.page == "import":
            st.button("Import a session", type="primary", on_click=show_view, args=("import",))


def screen(settings: Settings, engine: Engine, session: sessions.Session) -> None:
    """Starts the screening of a session, from inside a callback."""
    with frame.telling():
        work.screen_session(settings, engine, session)


# ---- sessions


def sessions_table(engine: Engine, overviews: Sequence[Overview], times: dict[str, datetime]) -> None:
    """All sessions with their counts; a row opens, the tags are edited in place."""
    table(
        archive_view.columns(overviews),
        [archive_view.row(one, times.get(one.session.id)) for one in overviews],
        key="sessions-table",
        label="Sessions of the archive",
        tall=True,
        on_open=open_session,
        on_edit=lambda edit: write_tag(engine, edit),
    )


def write_tag(engine: Engine, edit: Edit) -> None:
    """Writes one tag that was edited; what another person wrote meanwhile stays, and is told."""
    if edit.column in sessions.TAGS:
        with frame.telling():
            sessions.retag(engine, edit.row, edit.column, edit.value, before=edit.before)


# ---- people


def people(engine: Engine, overviews: Sequence[Overview]) -> None:
    """Whom the archive shows, against the photographer's own targets."""
    shares = diversity.table(overviews, diversity.targets(engine))
    st.caption(
        "A model learns the faces that it was given. Say in percent whom you want it to see; "
        "people are counted once by their subject tag, however many sessions they had."
    )
    table(
        archive_view.PEOPLE,
        archive_view.people(shares),
        key="people-table",
        label="People of the archive against your targets",
        on_edit=lambda edit: write_target(engine, edit),
    )
    _new_target(engine)


def write_target(engine: Engine, edit: Edit) -> None:
    """Writes one target that was edited."""
    tag, _, value = edit.row.partition(":")
    with frame.telling():
        diversity.set_target(engine, tag, value, _share(edit.value))


def _new_target(engine: Engine) -> None:
    """A target for somebody whom no session shows yet."""
    with (
        st.form("new-target", border=False, clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        tag = st.selectbox(
            "Target for", diversity.TAGS, format_func=lambda tag: archive_view.TAG_TITLES[tag], width=160
        )
        value = st.text_input("Who", width=200, placeholder="in your own words")
        wanted = st.text_input("Percent", width=110)
        if st.form_submit_button("Add the target"):
            with frame.telling():
                diversity.set_target(engine, tag, value, _share(wanted))
            st.rerun()


def _share(text: str) -> float | None:
    try:
        return archive_view.target(text)
    except ValueError as error:
        raise NotAPercentage(text) from error
