"""A page for tests: the loupe on the page itself, beginning with the third photo, and where it is."""

from __future__ import annotations

import streamlit as st

from workbench.archive import photos, sessions
from workbench.settings import from_environment
from workbench.ui import contact, frame
from workbench.ui.components import loupe

st.set_page_config(layout="wide")
engine = frame.open_archive(from_environment())
shown = photos.of_session(engine, sessions.find(engine, "Ana").id)
names = {photo.id: photo.name for photo in shown}
now = loupe([contact.tile(photo) for photo in shown], scope="Ana", at=2, below=60, on_photo=lambda: None)
st.write(f"at {names.get(now or '')}")
