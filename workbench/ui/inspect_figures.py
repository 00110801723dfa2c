"""How good: the figures with their doubt, beside the aim, the first report and other models on the same photos."""

from __future__ import annotations

import numpy as np
import streamlit as st
from sqlalchemy import Engine

from workbench.faults import BLINK
from workbench.learning import registry
from workbench.learning.inspection import HELD_BACK, Judged
from workbench.learning.registry import STARTER
from workbench.settings import Settings
from workbench.ui import inspect_choice, inspect_figures_view, reporting
from workbench.ui.inspect_choice import CELL, SIDE, VIEW
from workbench.ui.inspect_figures_view import Compared
from workbench.ui.table import table

CURRENT, BEFORE = "current", "the one before"


def show(settings: Settings, engine: Engine, judged: Judged, version: str) -> None:
    """Draw the figures of the chosen photos."""
    mine = inspect_figures_view.evaluated(inspect_figures_view.known(judged))
    others = beside(settings, engine, judged)
    st.caption(inspect_figures_view.on_what(judged, st.query_params.get(SIDE, HELD_BACK)))
    table(
        inspect_figures_view.columns(version, others),
        inspect_figures_view.table_rows(mine, others),
        key=f"figures-{version}",
        label=f"Figures of {version}",
    )
    told = [
        inspect_figures_view.flattered(judged) or inspect_figures_view.aim(mine),
        inspect_figures_view.difference(others[-1], version) if others else _alone(version),
        inspect_figures_view.partly(others, len(judged)),
    ]
    st.markdown("  \n".join(reporting.plain(one) for one in told if one))
    if reasons := inspect_figures_view.reasons(mine):
        st.caption(reporting.plain(f"{reasons}."))
    if others:
        _newly(settings, engine, judged, others[-1])


def beside(settings: Settings, engine: Engine, judged: Judged) -> list[Compared]:
    """The starter, and last the model to compare with: the current one, or the one that was current before it."""
    found = []
    for version, role in roles(settings, judged.model):
        theirs = inspect_choice.every(settings, engine, version)
        found.append(inspect_figures_view.compared(judged, theirs, role))
    return [one for one in found if one is not None]


def roles(settings: Settings, version: str) -> list[tuple[str, str]]:
    """The other models that stand beside `version`, the one to compare with last, each with what it is."""
    current = registry.current_version(settings, BLINK)
    against, role = (current, CURRENT) if current != version else (registry.previous(settings, BLINK), BEFORE)
    known = registry.versions(settings, BLINK)
    found = [(STARTER, "needs no training")] if STARTER not in (version, against) else []
    return found + ([(against, role)] if against in known else [])


def _alone(version: str) -> str:
    return f"There is no other model yet to compare “{version}” with. Train one on the Tune page."


def _newly(settings: Settings, engine: Engine, judged: Judged, other: Compared) -> None:
    """Two buttons, which lead to the photos."""
    theirs = inspect_choice.every(settings, engine, other.version)
    right, wrong = inspect_figures_view.rows(judged, theirs)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(reporting.plain(f"Against {other.version}:"), width="content")
        _lead("newly right", right)
        _lead("newly wrong", wrong)


def _lead(cell: str, found: np.ndarray) -> None:
    address = {VIEW: "photos", CELL: cell}
    st.button(
        f"{cell.capitalize()}: {len(found):,}",
        disabled=not len(found),
        on_click=inspect_choice.write,
        kwargs=address,
        help=None if len(found) else "No such photo.",
    )
