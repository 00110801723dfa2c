"""Tune: from labels to a better model, in the background, and what came of it."""

from __future__ import annotations

import streamlit as st

from workbench.archive import sessions
from workbench.faults import BLINK
from workbench.learning import readiness
from workbench.settings import from_environment
from workbench.ui import frame, tuning_live, tuning_models, tuning_parts, tuning_searches

settings = from_environment()
engine = frame.open_archive(settings)

if not sessions.every(engine):
    st.info("Nothing to learn from yet. Bring a session in on the Archive page, or make the demo sessions there.")
    st.page_link(frame.page("archive"), label="Go to the Archive")
    st.stop()

ready = readiness.look(engine, BLINK)
busy = tuning_live.busy(engine)
tuning_parts.band(settings, engine, ready, busy=busy)
if busy:
    tuning_live.show(settings, engine)

view = tuning_parts.choose_view()
if view == "models":
    tuning_models.show(settings, engine)
elif view == "searches":
    tuning_searches.show(settings)
else:
    tuning_searches.more_labels(settings, engine, off=busy or not ready.enough)
