"""Two models side by side on the test side, from what both have said of it already: nothing is asked anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import streamlit as st
from sqlalchemy import Engine

from workbench import jobs
from workbench.errors import WorkbenchError
from workbench.faults import BLINK
from workbench.learning import cards, comparing, inspection, registry
from workbench.learning.comparing import Comparison, NothingToCompare
from workbench.settings import Settings
from workbench.ui import frame, inspect_choice, reporting, tuning_view
from workbench.ui.table import table
from workbench.ui.wording import counted

State = tuple[str, int]
"""Of a model: inspection.stamp, in which its answers, its threshold, the labels and the split are; its card's time."""


@dataclass(frozen=True)
class Compared:
    """The comparison, or the sentence that says why there is none; and how many photos of the test side each version
    has not been asked about."""

    comparison: Comparison | None
    sentence: str
    unasked: Mapping[str, int]


def show(settings: Settings, engine: Engine, current: str, version: str) -> None:
    """Draw how `version` differs from the current model, and the way to the answers that are lacking."""
    try:
        states = state(settings, engine, current), state(settings, engine, version)
        with st.spinner(f"Comparing {version} with {current} …"):
            found = known(settings, (current, version), states)
    except WorkbenchError as error:
        st.info(reporting.plain(str(error)))
        return
    if found.comparison:
        _draw(found.comparison)
    else:
        st.info(reporting.plain(found.sentence))
    for each, photos in found.unasked.items():
        _evaluate(settings, engine, each, photos)


def _draw(found: Comparison) -> None:
    first, second = found.versions
    st.markdown(reporting.plain(found.sentence))
    table(
        tuning_view.difference_columns(found),
        tuning_view.difference_rows(found),
        key=f"compared-{first}-{second}",
        label=f"{second} compared with {first}",
    )
    st.caption(tuning_view.compared_on(found))


def _evaluate(settings: Settings, engine: Engine, version: str, photos: int) -> None:
    busy = inspect_choice.evaluating(jobs.active(engine), version)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        said = f"“{version}” has not judged {counted(photos, 'labelled test photo')} yet; what it lacks is left out."
        st.markdown(reporting.plain(said), width="content")
        st.button(
            f"Evaluate {version}",
            disabled=busy,
            help="It is under way." if busy else None,
            on_click=inspect_choice.evaluate,
            args=(settings, engine, version),
        )


def state(settings: Settings, engine: Engine, version: str) -> State:
    """Another one whenever the comparison with that model would come out differently. Raises as registry.folder."""
    card = registry.folder(settings, BLINK, version) / cards.NAME
    return inspection.stamp(settings, engine, BLINK, version), card.stat().st_mtime_ns


@lru_cache(maxsize=8)
def known(settings: Settings, versions: tuple[str, str], _states: tuple[State, State]) -> Compared:
    """The second version compared with the first; worked out once for a state of both, also where it cannot be."""
    engine = frame.open_archive(settings)
    first, second = (inspect_choice.every(settings, engine, version) for version in versions)
    wanted = comparing.tested(engine, BLINK)
    unasked = {each.model: len(wanted - set(each.photos.tolist())) for each in (first, second)}
    unasked = {version: photos for version, photos in unasked.items() if photos}
    try:
        return Compared(comparing.compared(first, second, comparing.silent(settings, BLINK, versions)), "", unasked)
    except NothingToCompare as error:
        return Compared(None, _NOT_ASKED if unasked else str(error), unasked)


_NOT_ASKED = "There is nothing to compare these two on yet: both have to judge the photos of the test side first."
