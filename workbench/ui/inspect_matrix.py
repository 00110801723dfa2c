"""The Photos part of the Inspect page: the matrix and the threshold at the left, the photos of a cell at the right."""

from __future__ import annotations

import streamlit as st
from sqlalchemy import Engine

from workbench.faults import BLINK
from workbench.learning import inspection
from workbench.settings import Settings
from workbench.ui import (
    charts,
    inspect_choice,
    inspect_gallery,
    inspect_gallery_view,
    inspect_matrix_plot,
    inspect_threshold,
)
from workbench.ui.components import cells
from workbench.ui.inspect_choice import CELL, Choice

KEY, CELLS_KEY = "inspect-matrix", "inspect-cells"
_LEFT, _RIGHT = 0.34, 0.66
_CSS = """
<style>
[data-testid="stColumn"]:has(.st-key-inspect-left) { flex: 0 0 WIDTHpx; min-width: WIDTHpx; }
.st-key-inspect-left { gap: 4px; }
.st-key-inspect-left p { line-height: 1.4; }
/* Room for three lines, so that nothing below the sentence moves while the threshold does. */
.st-key-inspect-sentence { min-height: 62px; }
.st-key-inspect-left [data-testid="stButton"] button, .st-key-inspect-left [data-testid="stPopover"] button {
  min-height: 30px; padding: 2px 8px; white-space: nowrap; }
.st-key-inspect-left button p { font-size: 13px; }
/* What lies over a figure: the mark of the threshold, and the buttons of the matrix. */
[class*="st-key-over-"] { position: relative; overflow: hidden; gap: 0; }
.st-key-inspect-left [data-testid="stElementContainer"]:has(i.upright, i.dot) {
  position: absolute; inset: 0; width: auto; pointer-events: none; }
.st-key-inspect-left [data-testid="stElementContainer"]:has(i.upright, i.dot) :not(i) { position: static; }
[class*="st-key-over-"] i { position: absolute; z-index: 2; }
i.upright { width: 2px; margin-left: -1px; background: #d8d8d8; }
i.dot { width: 11px; height: 11px; margin: -6px 0 0 -6px; border-radius: 50%;
  background: #d8d8d8; box-shadow: 0 0 0 2px #1e1e1e; }
.st-key-inspect-cells { position: absolute; inset: MATRIX; width: auto !important; z-index: 2; }
</style>
""".replace("WIDTH", str(inspect_matrix_plot.WIDTH)).replace(
    "MATRIX", "{t}px {r}px {b}px {l}px".format(**inspect_matrix_plot.MARGIN)
)


def show(settings: Settings, engine: Engine, choice: Choice) -> None:
    """Draw this part; what is done in it runs it alone."""
    inspect_gallery.begin()
    st.html(_CSS)
    _part(settings, engine, choice)


@st.fragment
def _part(settings: Settings, engine: Engine, choice: Choice) -> None:
    if st.session_state.pop(inspect_choice.WHOLE_PAGE, False):
        st.rerun()
    stamp = inspection.stamp(settings, engine, BLINK, choice.model)
    judged = inspect_choice.chosen(settings, choice, stamp)
    here = judged.at(inspect_threshold.tried(judged))
    cell = inspect_gallery.cell(choice, here)
    found = inspect_gallery_view.counts(here)
    left, right = st.columns([_LEFT, _RIGHT], gap="medium")
    with left, st.container(key="inspect-left"):
        st.caption(inspect_choice.about(judged), help=inspect_choice.EXPLAINED)
        matrix = st.container()
        inspect_threshold.show(settings, choice, judged, stamp)
    with right:
        inspect_gallery.show(settings, engine, choice, here, cell)
    # Last, as Plotly is read from the disk when the first figure is drawn: the photos need not wait for it.
    with matrix:
        drawn, said = inspect_matrix_plot.figure(found, BLINK), inspect_matrix_plot.sentence(found, BLINK)
        with charts.sized(drawn, key=KEY, said=said):
            named = inspect_matrix_plot.named(found, BLINK)
            cells(named, cell, high=inspect_matrix_plot.ROW, key=CELLS_KEY, on_cell=_pick)


def _pick() -> None:
    cell = st.session_state[CELLS_KEY].get("cell")
    if cell in inspect_matrix_plot.PLACES:
        inspect_choice.write(**{CELL: str(cell)})
