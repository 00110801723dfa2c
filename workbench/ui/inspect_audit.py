"""Can it be trusted: what the last audit found, with the photos it is about, and how to ask again."""

from __future__ import annotations

from datetime import datetime

import streamlit as st
from sqlalchemy import Engine, select

from workbench.archive import tables
from workbench.faults import Fault
from workbench.learning import audit, folds
from workbench.learning.audit import Audit
from workbench.learning.inspection import Judged
from workbench.settings import Settings
from workbench.ui import inspect_audit_view, inspect_choice, inspect_labels, inspect_sheet, reporting
from workbench.ui.inspect_audit_view import CALM, MARKS, Told

FLAG = "flag"
_LEFT, _RIGHT = 0.44, 0.56
_NEVER = (
    "“{}” was not audited yet. Evaluate it: whether it looks at the eyes or at something else, whether the same "
    "picture stands on two sides of the split, and whether labels contradict each other is then said here."
)


def show(settings: Settings, engine: Engine, judged: Judged, version: str) -> None:
    """Draw the flags, raised ones first, and the photos of one of them."""
    found = audit.latest(settings, judged.fault, version)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(reporting.plain(_headline(found, version)), width="stretch")
        _buttons(settings, engine, judged, version, first=found is None)
    if found is None:
        return
    if older := inspect_audit_view.older(found, _labelled_at(engine, judged.fault)):
        st.caption(older)
    said = inspect_audit_view.told(found)
    at = inspect_audit_view.chosen(said, st.query_params.get(FLAG))
    if at is None:
        _flags(said, None)
        return
    left, right = st.columns([_LEFT, _RIGHT], gap="medium")
    with left:
        _flags(said, at)
    with right:
        photos = inspect_sheet.of(engine, judged.fault, version, at.photos)
        inspect_sheet.show({at.title: photos}, judged.threshold, scope=f"audit-{version}-{at.name}")


def _headline(found: Audit | None, version: str) -> str:
    return inspect_audit_view.headline(found) if found else _NEVER.format(version)


def _labelled_at(engine: Engine, fault: Fault) -> datetime | None:
    """When the last label was given or taken back."""
    label = tables.labels.c
    with engine.connect() as connection:
        last = select(label.at).where(label.fault == fault.name).order_by(label.id.desc()).limit(1)
        return connection.execute(last).scalar_one_or_none()


def _flags(said: list[Told], at: Told | None) -> None:
    for one in said:
        mark, title = MARKS[one.state], reporting.plain(one.title)
        figure = f" :gray[· {reporting.plain(one.figure)}]" if one.figure else ""
        head = f"{mark} **{title}**{figure}" if one.state != CALM else f":gray[{mark}] {title}{figure}"
        with st.container(key=f"flag-{one.name}", gap=None):
            st.markdown(f"{head}  \n{reporting.plain(one.sentence)}")
            if one.photos:
                _photos_button(one, shown=one is at)


def _photos_button(one: Told, *, shown: bool) -> None:
    title = f"Shown at the right: {len(one.photos)}" if shown else f"Its photos: {len(one.photos)}"
    address = {FLAG: one.name}
    st.button(
        title, key=f"photos-{one.name}", type="tertiary", disabled=shown, on_click=inspect_choice.write, kwargs=address
    )


def _buttons(settings: Settings, engine: Engine, judged: Judged, version: str, *, first: bool) -> None:
    button, asked = inspect_choice.evaluate_button, (settings, engine, version)
    brings = "Lets it judge every photo again, and audits it."
    button(*asked, "Evaluate" if first else "Evaluate again", told=brings, primary=first)
    if inspect_labels.can_hold_out(settings, judged.fault, version):
        again = " again" if folds.place(settings, judged.fault, version).is_file() else ""
        button(*asked, f"Out-of-fold answers{again}", "--folds", told=inspect_labels.FOLDS_HELP)
