"""The models: a list, and the chosen one with its curves, figures, limits and what can be done with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import streamlit as st
from sqlalchemy import Engine

from workbench import jobs
from workbench.faults import BLINK
from workbench.learning import registry, traces
from workbench.learning.cards import Card
from workbench.learning.registry import Listed
from workbench.settings import Settings
from workbench.ui import charts, frame, reporting, tuning_compare, tuning_parts, tuning_view
from workbench.ui.table import table

_COMPARE = "compare"
_SHOWN = 6
"""Models that the list shows without turning."""


def show(settings: Settings, engine: Engine) -> None:
    """The list, and below it the model that the address names, else the newest."""
    known = registry.listed(settings, BLINK)
    with st.container(height=250 if len(known) > _SHOWN else "content", border=False):
        table(
            tuning_view.MODELS,
            [tuning_view.model_row(one) for one in known],
            key="models-table",
            label="Models",
            on_open=lambda version: tuning_parts.lead(model=version),
        )
    chosen = _chosen(settings, known, st.query_params.get(tuning_parts.MODEL))
    if chosen.card is None:
        st.error(reporting.plain(chosen.problem or ""))
        _delete_button(settings, engine, chosen)
        return
    _head(settings, engine, chosen, chosen.card)
    _comparison(settings, engine, chosen)
    _body(settings, chosen.card)


def _chosen(settings: Settings, known: Sequence[Listed], asked: str | None) -> Listed:
    """The model asked for. Raises UnknownModel for one that there is not."""
    if asked:
        found = next((one for one in known if one.version == asked), None)
        if found is None:
            raise registry.UnknownModel(BLINK, asked, [one.version for one in known])
        return found
    mine = [one for one in known if not one.shipped]
    return (mine or list(known))[0]


# ---- what can be done with it


def _head(settings: Settings, engine: Engine, chosen: Listed, card: Card) -> None:
    with st.container(key="model-head", horizontal=True, vertical_alignment="center", gap="small"):
        mark = " :gray[· current]" if chosen.is_current else ""
        st.markdown(f"**{reporting.plain(chosen.version)}**{mark}", width="content")
        st.markdown(f":gray[{reporting.plain(_about(settings, card))}]", width="stretch")
        if chosen.is_current:
            _back_button(settings)
        else:
            _compare_button(chosen)
            _delete_button(settings, engine, chosen)
            st.button("Promote", type="primary", on_click=_promote, args=(settings, chosen.version))


def _about(settings: Settings, card: Card) -> str:
    """How it came to be; a threshold that was kept and cannot be read is said where the model would be used."""
    try:
        return tuning_view.about(card, registry.chosen_threshold(settings, BLINK, card.version))
    except registry.BadThreshold as error:
        return f"{tuning_view.about(card)} · {error}"


def _compare_button(chosen: Listed) -> None:
    if st.query_params.get(_COMPARE):
        st.button("Hide the comparison", on_click=tuning_parts.lead, kwargs={"model": chosen.version})
    else:
        about = {"model": chosen.version, _COMPARE: "1"}
        st.button("Compare with current", on_click=tuning_parts.lead, kwargs=about)


def _back_button(settings: Settings) -> None:
    before = registry.previous(settings, BLINK)
    if before:
        st.button(f"Roll back to {before}", on_click=_roll_back, args=(settings,))


def _delete_button(settings: Settings, engine: Engine, chosen: Listed) -> None:
    if not chosen.shipped and not chosen.is_current and st.button("Delete …"):
        st.dialog(f"Delete {reporting.plain(chosen.version)}?")(_confirm)(settings, engine, chosen.version)


def _promote(settings: Settings, version: str) -> None:
    with frame.telling():
        registry.promote(settings, BLINK, version)
        frame.tell(f"{version} is the current model now. Screen a session again to see what it says.")


def _roll_back(settings: Settings) -> None:
    with frame.telling():
        frame.tell(f"{registry.rollback(settings, BLINK)} is the current model again.")


def _confirm(settings: Settings, engine: Engine, version: str) -> None:
    st.write("Its weights, its figures and what it said of photos go; your labels stay. It cannot be undone.")
    with st.container(horizontal=True):
        if st.button("Delete the model", on_click=_delete, args=(settings, engine, version)):
            st.rerun()
        if st.button("Keep it", type="primary"):
            st.rerun()


def _delete(settings: Settings, engine: Engine, version: str) -> None:
    with frame.telling():
        jobs.require_unused(engine, version)
        registry.delete(settings, BLINK, version)
        traces.forget_model(settings, engine, BLINK, version)
        frame.tell(f"{version} is deleted.")
        tuning_parts.lead()


# ---- its comparison with the current one


def _comparison(settings: Settings, engine: Engine, chosen: Listed) -> None:
    """What the training said of it, or the whole comparison where it was asked for."""
    current = registry.current_version(settings, BLINK)
    if st.query_params.get(_COMPARE) and not chosen.is_current:
        tuning_compare.show(settings, engine, current, chosen.version)
        return
    said = next((said for job in jobs.every(engine) if (said := _said_by(job.result or {}, chosen.version))), "")
    if said and not chosen.is_current:
        st.markdown(reporting.plain(said))


def _said_by(result: dict[str, Any], version: str) -> str:
    return str(result.get("comparison") or "") if result.get("version") == version else ""


# ---- what it is


def _body(settings: Settings, card: Card) -> None:
    curves = tuning_view.curves(_curves(settings, card.version))
    if curves:
        left, right = st.columns([4, 5], gap="medium")
        with left:
            figure = charts.lines(curves, across="epoch", up="loss", height=236, until=len(curves[0].x))
            charts.show(figure, key=f"curves-{card.version}", said=f"Loss of {card.version} by epoch")
        with right:
            _figures(card)
    else:
        _figures(card)
    _card(card)
    summary = registry.summary(settings, BLINK, card.version)
    if summary:
        with st.expander("model.summary()"):
            st.code(summary, language=None)


def _figures(card: Card) -> None:
    table(
        tuning_view.figure_columns(card),
        tuning_view.figure_rows(card),
        key=f"figures-{card.version}",
        label=f"Figures of {card.version}",
    )


def _card(card: Card) -> None:
    with st.expander("What it is and what it does badly"):
        st.markdown(reporting.plain(card.description))
        st.markdown(reporting.plain(card.how))
        st.markdown("\n".join(f"- {reporting.plain(each)}" for each in card.limits))


def _curves(settings: Settings, version: str) -> dict[str, list[float]]:
    """The learning curves; none where there are none, as of a model from elsewhere."""
    path = registry.folder(settings, BLINK, version) / "curves.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
