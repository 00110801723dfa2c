"""How good: the figures with their doubt, beside the aim, the first report and other models on the same photos."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import lru_cache

import numpy as np
import streamlit as st
from sqlalchemy import Engine

from workbench.archive.splits import VALIDATION
from workbench.faults import BLINK
from workbench.learning import inspection, registry, traces
from workbench.learning.evaluation import Evaluation
from workbench.learning.inspection import HELD_BACK, Judged
from workbench.learning.registry import STARTER
from workbench.settings import Settings
from workbench.ui import frame, inspect_choice, inspect_figures_view, inspect_threshold, reporting
from workbench.ui.inspect_choice import CELL, SIDE, VIEW
from workbench.ui.inspect_figures_view import Compared
from workbench.ui.table import table

CURRENT, BEFORE = "current", "the one before"


def show(settings: Settings, engine: Engine, judged: Judged, version: str) -> None:
    """Draw the figures of the chosen photos."""
    with st.spinner("Working out the figures …"):
        mine = inspect_figures_view.evaluated(inspect_figures_view.known(judged))
        stand = roles(settings, version)
        answers = asked(settings, engine, stand)
        others = beside(settings, engine, judged, answers)
    st.caption(inspect_figures_view.on_what(judged, st.query_params.get(SIDE, HELD_BACK)))
    table(
        inspect_figures_view.columns(version, others),
        inspect_figures_view.table_rows(mine, others),
        key=f"figures-{version}",
        label=f"Figures of {version}",
    )
    aim = inspect_figures_view.flattered(judged) or _aim(settings, engine, judged, mine)
    told = [
        aim,
        inspect_figures_view.difference(others[-1], version, aim) if others else "",
        inspect_figures_view.partly(others, len(judged)),
        "" if stand else _ALONE.format(version),
    ]
    st.markdown("  \n".join(reporting.plain(one) for one in told if one))
    if reasons := inspect_figures_view.reasons(mine):
        st.caption(reporting.plain(f"{reasons}."))
    if found := comparable(judged, answers):
        _newly(judged, found[-1][1])
    for other in unasked(judged, answers):
        _evaluate(settings, engine, other)


def _aim(settings: Settings, engine: Engine, judged: Judged, mine: Evaluation) -> str:
    return inspect_figures_view.aim(mine, doubt(settings, engine, judged.labels, judged.model))


_ALONE = "There is no other model yet to compare “{}” with. Train one on the Tune page."


# ---- the other models


Answers = list[tuple[str, Judged]]
"""Which model each is, and what it says of all labelled photos."""


def asked(settings: Settings, engine: Engine, stand: list[tuple[str, str]]) -> Answers:
    """What the models of `roles` say, in that order; without one whose threshold cannot be read, as that takes nothing
    from the model that is inspected."""
    found = []
    for version, role in stand:
        with suppress(registry.BadThreshold):
            found.append((role, inspect_choice.every(settings, engine, version)))
    return found


def comparable(judged: Judged, answers: Answers) -> Answers:
    """Those that say something of these photos, where neither model has learnt them."""
    return [(role, theirs) for role, theirs in answers if len(inspect_figures_view.shared(judged, theirs)[0])]


def unasked(judged: Judged, answers: Answers) -> list[str]:
    """The versions that were asked about none of these photos."""
    return [theirs.model for _, theirs in answers if not np.isin(judged.labels, theirs.labels).any()]


def beside(settings: Settings, engine: Engine, judged: Judged, answers: Answers) -> list[Compared]:
    """The starter, and last the model to compare with: `against`."""
    found = []
    for role, theirs in answers:
        if one := inspect_figures_view.compared(judged, theirs, role):
            here, _ = inspect_figures_view.shared(judged, theirs)
            said = doubt(settings, engine, judged.labels[here], judged.model, theirs.model)
            found.append(replace(one, doubt=said))
    return found


def against(settings: Settings, engine: Engine, judged: Judged) -> tuple[str, str] | None:
    """The model that these photos are compared with, its version and which one it is; None where there is none.

    The current model, or the one that was current before it; the starter where that says nothing of these photos that
    it has not learnt.
    """
    found = comparable(judged, asked(settings, engine, roles(settings, judged.model)))
    return (found[-1][1].model, found[-1][0]) if found else None


def roles(settings: Settings, version: str) -> list[tuple[str, str]]:
    """The other models that stand beside `version`, the one to compare with last, each with what it is.

    One whose card cannot be read is none of them.
    """
    known = inspect_choice.known_models(settings)
    current = registry.current_version(settings, BLINK)
    other, role = (current, CURRENT) if current != version else (registry.previous(settings, BLINK), BEFORE)
    found = [(STARTER, "needs no training")] if STARTER not in (version, other) else []
    return found + ([(other, role)] if other in known else [])


def doubt(settings: Settings, engine: Engine, labels: np.ndarray, *versions: str) -> str:
    """That any of these models was chosen by some of these labels (ids); empty where none was."""
    by = np.concatenate([decided(settings, engine, version) for version in versions])
    trained = any(registry.read_card(settings, BLINK, version).training for version in versions)
    return inspect_figures_view.chosen_by(int(np.isin(labels, by).sum()), len(labels), trained=trained)


def decided(settings: Settings, engine: Engine, version: str) -> np.ndarray:
    """Labels (ids, int64) of the photos by which the model was chosen: by these people it was decided when its training
    stops, which search wins, and which threshold it has. None of a model that was not chosen by any."""
    return _decided(settings, version, inspection.stamp(settings, engine, BLINK, version))


@lru_cache(maxsize=4)
def _decided(settings: Settings, version: str, _stamp: str) -> np.ndarray:
    judged = inspect_choice.every(settings, frame.open_archive(settings), version)
    training = registry.read_card(settings, BLINK, version).training or {}
    lines = (line.split() for line in traces.learnt_lines(registry.folder(settings, BLINK, version)))
    photos = [photo for photo, side in lines if side == VALIDATION]
    rows = np.isin(judged.photos, np.array(photos, "U32"))
    if not training.get("one_person"):  # there, bursts of that person lie on every side
        groups = {*judged.groups[rows].tolist(), *training.get("groups", {}).get(VALIDATION, ())}
        rows = np.isin(judged.groups, np.array([*groups], "U32"))
    if registry.chosen_threshold(settings, BLINK, version):
        rows = rows | (judged.sides == VALIDATION)
    return judged.labels[rows]


# ---- on to the photos


def _newly(judged: Judged, theirs: Judged) -> None:
    """Two buttons, which lead to the photos; counted at the threshold that is tried, as they are listed there."""
    right, wrong = inspect_figures_view.rows(judged.at(inspect_threshold.tried(judged)), theirs)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(reporting.plain(f"Against {theirs.model}:"), width="content")
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


def _evaluate(settings: Settings, engine: Engine, version: str) -> None:
    """A model that could stand beside this one once it is evaluated."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(reporting.plain(f"{version} has not judged these photos yet: evaluate it."), width="content")
        inspect_choice.evaluate_button(settings, engine, version, f"Evaluate {version}")
