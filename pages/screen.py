"""Screen: a session's photos as a contact sheet, blinks first."""

from __future__ import annotations

from shlex import quote

import streamlit as st

from workbench.archive import photos, sessions
from workbench.screening import screen
from workbench.settings import from_environment
from workbench.ui import contact, frame, reporting
from workbench.ui.components import grid

engine = frame.open_archive(from_environment())

chooser, summary = st.columns([1, 3], vertical_alignment="center")
with chooser:
    session = frame.choose_session(engine)

if session is None:
    with st.container(width=640):
        st.subheader("No session yet")
        st.write("Look around in a demo session of public-domain portraits:")
        st.code("python -m workbench demo", language=None)
        st.write("Or bring in a folder of your own photos, which stay where they are and as they are:")
        st.code("python -m workbench import FOLDER", language=None)
        st.write("Then reload this page.")
    st.stop()

shown = photos.of_session(engine, session.id)
screening = screen.latest(engine, session.id)
groups = contact.sheet(shown, screening)
problems = photos.problems(engine, session.id)

if screening is None:
    summary.write(f"{len(shown)} photos, not screened yet")
    st.info(f"To find the blinks, run `python -m workbench screen {quote(session.name)}` and reload this page.")
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
