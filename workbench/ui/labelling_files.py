"""Labels out of the archive and back, and how far labellers agree: behind one button of the Label page."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import streamlit as st
from sqlalchemy import Engine

from workbench.archive import exchange
from workbench.faults import BLINK
from workbench.learning import agreement
from workbench.learning.agreement import Agreement
from workbench.settings import Settings
from workbench.ui import frame, reporting
from workbench.ui.wording import counted, listed

_UPLOADED = "labels-file"


def button(settings: Settings, engine: Engine) -> None:
    """Draw the button; what is behind it is made when it is asked for."""
    if st.button("Labels …", help="Export and import labels; agreement of labellers"):
        _dialog(settings, engine)


@st.dialog("Labels", width="medium")
def _dialog(settings: Settings, engine: Engine) -> None:
    for pair in agreement.agreements(engine, BLINK):
        st.markdown(reporting.plain(agrees(pair)))
    st.download_button(
        "Export as CSV", lambda: table(engine), "labels.csv", "text/csv", on_click="ignore", key="labels-export"
    )
    if st.button("Fill a folder for each class with links"):
        _folders(settings, engine)
        st.rerun()  # the whole page: it says what came of it, and the dialog is closed
    st.file_uploader("Import a CSV that was exported", type="csv", key=_UPLOADED)
    if st.button("Import", disabled=st.session_state.get(_UPLOADED) is None):
        _take(engine)
        st.rerun()


def agrees(pair: Agreement) -> str:
    """“Ana and Ben agree on 95 of 100 photos (kappa 0.87)”."""
    kappa = "no kappa: both said one class alone" if pair.kappa != pair.kappa else f"Cohen’s kappa {pair.kappa:.2f}"
    return f"{pair.one} and {pair.other} agree on {pair.alike:,} of {counted(pair.photos, 'photo')} ({kappa})"


def table(engine: Engine) -> bytes:
    """All labels as the CSV of `label --export`."""
    with tempfile.TemporaryDirectory(prefix="eyespy-") as folder:
        path = Path(folder) / "labels.csv"
        exchange.export_table(engine, path, BLINK)
        return path.read_bytes()


def take(engine: Engine, uploaded: bytes) -> str:
    """Takes in the labels of a CSV; gives what came of it in a sentence. Raises BadLabelsTable."""
    with tempfile.TemporaryDirectory(prefix="eyespy-") as folder:
        path = Path(folder) / "labels.csv"
        path.write_bytes(uploaded)
        taken = exchange.import_table(engine, path)
    older = f"{taken.older:,} older than what is here" if taken.older else ""
    unknown = f"{len(taken.unknown):,} of photos that are not in the archive" if taken.unknown else ""
    return f"Imported {listed([counted(taken.new, 'new label'), f'{taken.known:,} known', older, unknown])}"


def _take(engine: Engine) -> None:
    uploaded: Any = st.session_state.get(_UPLOADED)
    if uploaded is not None:
        with frame.telling():
            frame.tell(take(engine, uploaded.getvalue()))


def _folders(settings: Settings, engine: Engine) -> None:
    target = settings.datasets / "by-class"
    with frame.telling():
        done = exchange.export_folders(settings, engine, target, BLINK)
        counts = listed(f"{number:,} {name}" for name, number in sorted(done.items()))
        frame.tell(f"{counts or 'No photo is labelled'}: `{target}`")
