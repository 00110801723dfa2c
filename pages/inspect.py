"""Inspect: what a model gets wrong, why, and what to do about it."""

from __future__ import annotations

import streamlit as st

from workbench.archive import sessions
from workbench.settings import from_environment
from workbench.ui import (
    frame,
    inspect_audit,
    inspect_choice,
    inspect_figures,
    inspect_labels,
    inspect_matrix,
    inspect_similar,
    inspect_slices,
    inspect_why,
)

settings = from_environment()
engine = frame.open_archive(settings)

if not sessions.every(engine):
    st.info("Nothing to inspect yet. Bring a session in on the Archive page, or make the demo sessions there.")
    st.page_link(frame.page("archive"), label="Go to the Archive")
    st.stop()

with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    view = inspect_choice.choose_view()
    choice = inspect_choice.choose(settings, engine)

judged = inspect_choice.judged(settings, engine, choice)
if not len(judged):
    inspect_choice.offer(settings, engine, choice, judged)
    st.stop()

if view == "photos":
    inspect_matrix.show(settings, engine, choice)
elif view == "figures":
    inspect_figures.show(settings, engine, judged, choice.model)
elif view == "slices":
    inspect_slices.show(settings, engine, judged, choice.model)
elif view == "audit":
    inspect_audit.show(settings, engine, judged, choice.model)
elif view == "labels":
    inspect_labels.show(settings, engine, judged, choice.model)
elif view == "similar":
    inspect_similar.show(settings, engine, judged, choice.model)
else:
    inspect_why.show(settings, engine, judged, choice.model)
