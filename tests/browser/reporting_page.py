"""A page for tests: the contact sheet with its selection reported, and a badge that changes at every run."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from workbench.archive import photos, sessions
from workbench.screening import screen
from workbench.settings import from_environment
from workbench.ui import contact, frame
from workbench.ui.components import Group, grid

run = st.session_state["run"] = st.session_state.get("run", 0) + 1
engine = frame.open_archive(from_environment())
session = sessions.find(engine, "Ana")
blink, *rest = contact.sheet(photos.of_session(engine, session.id), screen.latest(engine, session.id))
changing = Group(blink.title, blink.mark, tuple(replace(tile, label=f"Blink run {run}") for tile in blink.photos))

told = grid([changing, *rest], scope=session.id, below=40, on_selection=lambda: None)
st.write(f"told of {len(told)} photo{'' if len(told) == 1 else 's'}, run {run}")
