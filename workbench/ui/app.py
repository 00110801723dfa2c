"""Eye Spy's pages and their navigation; Streamlit runs this file for every page."""

from __future__ import annotations

import streamlit as st

from workbench.errors import WorkbenchError
from workbench.settings import from_environment
from workbench.ui import frame, reporting, work

settings = from_environment()
frame.dress()


def root() -> None:
    """The server's root is no page of its own: it leads to the last place, which has an address."""
    frame.go_on(settings)


start = st.Page(root, title="Eye Spy", default=True, visibility="hidden")
page = st.navigation([start, *(frame.page(name) for name in frame.PAGES)], position="top")
try:
    if page.url_path:
        frame.remember(settings, page.url_path)
        work.status(settings, frame.open_archive(settings), page.url_path)
        frame.say_told()
    page.run()
except WorkbenchError as error:
    reporting.report(error)
