"""Eye Spy's pages and their navigation; Streamlit runs this file for every page."""

from __future__ import annotations

import streamlit as st

from workbench.errors import WorkbenchError
from workbench.settings import HOME
from workbench.ui import frame, reporting

PAGES = [st.Page(HOME / "pages" / "screen.py", title="Screen", url_path="screen", default=True)]

frame.dress()
page = st.navigation(PAGES, position="top")
try:
    page.run()
except WorkbenchError as error:
    reporting.report(error)
