"""Label: one photo after the other, one key each, and nothing ever lost."""

from __future__ import annotations

import streamlit as st

from workbench.archive import overview
from workbench.settings import from_environment
from workbench.ui import frame, labelling_choice, labelling_desk, labelling_files, labelling_model

settings = from_environment()
engine = frame.open_archive(settings)
overviews = [one for one in overview.every(engine) if one.photos]

if not overviews:
    st.info("No photo to label yet. Bring a session in on the Archive page, or make the demo sessions there.")
    st.page_link(frame.page("archive"), label="Go to the Archive")
    st.stop()

with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    choice = labelling_choice.choose(engine, overviews)
    labelling_files.button(settings, engine)

queue = choice.queue(settings.labeller, labelling_model.version(settings))
empty = labelling_choice.why_empty(engine, queue)
if empty and choice.by_model:
    labelling_model.offer(settings, engine, queue, overviews)
labelling_desk.show(settings, engine, queue, empty=empty)
