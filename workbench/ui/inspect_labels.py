"""Wrong labels: those that the model believes in least, of photos that it was never trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import streamlit as st
from sqlalchemy import Engine

from workbench.archive.splits import TEST
from workbench.faults import Fault
from workbench.learning import doubts, registry
from workbench.learning.inspection import Judged
from workbench.settings import Settings
from workbench.ui import inspect_choice, inspect_figures_view, inspect_sheet, reporting
from workbench.ui.inspect_figures_view import Known
from workbench.ui.wording import counted

NEXT = 60
"""Labels to look at again where the model leans to no other one: those that it believes in least."""
SURE, LEANS, LEAST = "Sure of another label", "Leaning to another label", "Believed least"


def show(settings: Settings, engine: Engine, judged: Judged, version: str) -> None:
    """Draw the labels in doubt, the worst first, and the button that sends them to the Label page."""
    ranked, doubted = ranking(inspect_figures_view.known(judged))
    wanted = [photo for some in doubted.values() for photo in some]
    st.markdown(reporting.plain(sentence(judged, ranked, doubted)))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if wanted:
            title = f"Look at {counted(len(wanted), 'label')} again"
            inspect_sheet.label_button(engine, f"Labels that {version} doubts", title, wanted)
        if not judged.out_of_fold.all() and can_hold_out(settings, judged.fault, version):
            title, option = "Ask for out-of-fold answers", "--folds"
            inspect_choice.evaluate_button(settings, engine, version, title, option, told=FOLDS_HELP)
    if not wanted:
        return
    first = inspect_sheet.of(engine, judged.fault, version, wanted[: inspect_sheet.MOST])
    said = {one.photo.id: one for one in inspect_sheet.judged_so(first, judged)}
    shown = {title: [said[photo] for photo in some if photo in said] for title, some in doubted.items()}
    inspect_sheet.show(shown, judged.threshold, scope=f"labels-{version}")


@lru_cache(maxsize=4)
def ranking(known: Known) -> tuple[int, dict[str, list[str]]]:
    """How many labels can be ranked, and `parts` of them; worked out once for the same answers."""
    ranked = doubts.wrong_labels(known.judged)
    return len(ranked), parts(known.judged, ranked)


def parts(judged: Judged, ranked: np.ndarray) -> dict[str, list[str]]:
    """Ids of the photos whose label is in doubt, of the rows `ranked` by doubts.wrong_labels; the least believed first.

    Where the model leans to no other label, the NEXT ones that it believes in least.
    """
    sure = doubts.suspects(judged)
    leans = ranked[(judged.probability[ranked] >= 0.5) != judged.truth[ranked]]
    leans = leans[~np.isin(leans, sure)]
    found = {SURE: sure, LEANS: leans} if len(sure) or len(leans) else {LEAST: ranked[:NEXT]}
    return {title: judged.photos[rows].tolist() for title, rows in found.items() if len(rows)}


def sentence(judged: Judged, ranked: int, doubted: Mapping[str, Sequence[str]]) -> str:
    """How many labels the model would give otherwise, out of how many, and why not more."""
    if not ranked:
        return _WHY_NONE[bool(len(judged)) and bool((judged.sides == TEST).all())]
    sure, leans = len(doubted.get(SURE, ())), len(doubted.get(LEANS, ()))
    of = f"Of {counted(ranked, 'label')} on photos that it was not trained on, “{judged.model}”"
    left = _left_out(judged, ranked)
    if not sure and not leans:
        return f"{of} would give none otherwise. Below are those that it believes in least.{left}"
    leaning = f"leans to another one for {leans:,}{' more' if sure else ''}" if leans else ""
    certain = f"is sure of another one for {sure:,}" if sure else ""
    does = " and ".join(part for part in (certain, leaning) if part)
    return f"{of} {does}. The label may be wrong, or the model: look again.{left}"


_WHY_NONE = {
    True: "What a model is tested on must not be chosen by it, so no label of the test side is called into doubt. "
    "Choose “Held back” above.",
    False: "The model was trained on all of these photos, so it would only repeat their labels. Out-of-fold answers "
    "come from networks that were trained without them.",
}


def _left_out(judged: Judged, ranked: int) -> str:
    left = len(judged) - ranked
    return f" {counted(left, 'photo')} cannot be ranked: of the test side, not judged, or learnt from." if left else ""


def can_hold_out(settings: Settings, fault: Fault, version: str) -> bool:
    """Whether the model learnt from labels by a recipe of ours: then it can be trained without some of them."""
    return registry.read_card(settings, fault, version).settings is not None


FOLDS_HELP = (
    "Trains the same network five times, each time without a fifth of the people, and keeps what it says of those it "
    "never saw. Then labels of the training side can be doubted, too. Takes about as long as training did, five times."
)
