"""Archive: what there is, whom it shows, what to do next, and the way in for new sessions."""

from __future__ import annotations

import streamlit as st

from workbench.archive import overview
from workbench.screening import screen
from workbench.settings import from_environment
from workbench.ui import archive_import, archive_parts, archive_session, archive_view, frame

settings = from_environment()
engine = frame.open_archive(settings)
overviews = overview.every(engine)

asked = st.query_params.get(frame.SESSION)
if asked:
    archive_session.show(settings, engine, asked, overviews)
    st.stop()

if not overviews:
    st.subheader("Bring in your first session")
    archive_import.form(settings, engine, empty=True)
    st.stop()

screened = screen.times(engine)
with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
    view = archive_parts.choose_view()
    st.markdown(archive_view.summary(overviews), width="content")

if view != "import":
    archive_parts.next_step(settings, engine, overviews, set(screened))
if view == "sessions":
    archive_parts.sessions_table(engine, overviews, screened)
elif view == "people":
    archive_parts.people(engine, overviews)
else:
    archive_import.form(settings, engine, empty=False)
