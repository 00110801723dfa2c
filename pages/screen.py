"""Screen: a session's photos as a contact sheet, blinks first."""

from __future__ import annotations

import streamlit as st

from workbench.archive import photos, sessions
from workbench.screening import screen
from workbench.settings import from_environment
from workbench.ui import archive_parts, contact, frame, reporting
from workbench.ui.components import grid

settings = from_environment()
engine = frame.open_archive(settings)

chooser, summary = st.columns([1, 3], vertical_alignment="center")
with chooser:
    session = frame.choose_session(engine)

if session is None:
    st.info("No session yet. Bring one in on the Archive page, or make the demo sessions there.")
    st.page_link(frame.page("archive"), label="Go to the Archive")
    st.stop()

shown = photos.of_session(engine, session.id)
screening = screen.latest(engine, session.id)
groups = contact.sheet(shown, screening)
problems = photos.problems(engine, session.id)

if screening is None:
    summary.write(f"{len(shown)} photos, not screened yet")
    st.button("Find the blinks", type="primary", on_click=archive_parts.screen, args=(settings, engine, session))
else:
    summary.write(f"{contact.counts(groups)} :gray[— {contact.screened(screening)}]")
if session.away:
    st.warning(reporting.plain(str(sessions.FolderAway(session))))

if any(group.photos for group in groups):
    grid(groups, scope=session.id, aspect=contact.aspect(shown), below=52 if problems else 8)
else:
    st.info(reporting.plain(f"“{session.name}” has no photo that can be shown."))

if problems:
    with st.expander(f"{len(problems)} could not be read"):
        for problem in problems:
            st.text(f"{problem.name}: {problem.reason}")
