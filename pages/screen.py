"""Screen: find a session's blinks, look through what was found, and hand it to the photo editor."""

from __future__ import annotations

import streamlit as st

from workbench.archive import sessions
from workbench.settings import from_environment
from workbench.ui import frame, screening_choice, screening_page

settings = from_environment()
engine = frame.open_archive(settings)

if screening_choice.asked_for_new():
    screening_choice.choose_new(settings, engine)
    st.stop()

if not sessions.every(engine):
    st.info("No session yet. Screen a folder of photos, or make the demo sessions on the Archive page.")
    st.button("Screen a folder", type="primary", on_click=screening_choice.new)
    st.page_link(frame.page("archive"), label="Go to the Archive")
    st.stop()

with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    with st.container(width=260):
        session = frame.choose_session(settings, engine)
    st.button("Screen a folder …", on_click=screening_choice.new)
    if session is not None:
        screening_page.above(settings, engine, session)

if session is not None:
    screening_page.below(settings, engine, session)
