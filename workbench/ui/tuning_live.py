"""A training or a search while it runs: how far it is, its rungs and curves, and what its log says."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from sqlalchemy import Engine

from workbench import jobs
from workbench.faults import BLINK
from workbench.jobs import Job
from workbench.learning import searches
from workbench.learning.searches import Search
from workbench.settings import Settings
from workbench.ui import charts, frame, reporting, tuning_search_view, tuning_view, work

_EVERY = 1.5
_SEARCHING = "Searching"
"""How the command begins what it says as long as it tries; then it trains the winner."""
_LAST = 6000
"""Bytes at the end of a log that are read."""


def busy(engine: Engine) -> bool:
    """Whether a training or a search waits or runs."""
    return bool(tuning_view.training_jobs(jobs.active(engine)))


def show(settings: Settings, engine: Engine) -> None:
    """Draw what runs, by itself every second or two; nothing else on the page is drawn again for it."""
    st.fragment(_live, run_every=_EVERY)(settings, engine)


def _live(settings: Settings, engine: Engine) -> None:
    active = tuning_view.training_jobs(jobs.active(engine))
    if not active:
        return
    job = active[0]
    with st.container(key="live"):
        found = running_search(settings) if job.command[0] == "tune" and job.status == "running" else None
        _head(settings, engine, job, found)
        if found:
            _search(found)
        with st.expander("Log"):
            st.code(tuning_view.tail(_end_of_log(settings, job)) or "Nothing yet.", language=None)


def running_search(settings: Settings) -> Search | None:
    """The search that was gone on with last, if it runs."""
    return next((one for one in searches.every(settings, BLINK) if one.state == "running"), None)


def _head(settings: Settings, engine: Engine, job: Job, found: Search | None) -> None:
    done, total = (found.done, found.planned_trials) if found else (job.done, job.total or 0)
    said = reporting.plain(work.sentence(job))
    if found:
        searching = job.message.startswith(_SEARCHING)
        said = tuning_search_view.progress(found) if searching else tuning_search_view.after(found, said)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.progress(min(1.0, done / total) if total else 0.0, text=said, width="stretch")
        if not job.cancel_asked_at:
            _button("Cancel", jobs.cancel, settings, engine, job)


def _button(
    label: str, act: Callable[[Settings, Engine, str], object], settings: Settings, engine: Engine, job: Job
) -> None:
    if st.button(label, key=f"live-{label}-{job.id}"):
        with frame.telling():
            act(settings, engine, job.id)
        st.rerun()


def _search(found: Search) -> None:
    left, right = st.columns([4, 5], gap="medium")
    with left:
        st.caption(tuning_search_view.where(found) or "No trial runs at this moment.")
        st.markdown(tuning_search_view.ladder(found), unsafe_allow_html=True)
    with right:
        trial_curves(found, key="live-curves", height=210)


def trial_curves(found: Search, *, key: str, height: int) -> None:
    """Each trial's curve, the best one bright; a sentence while there is none."""
    lines = tuning_search_view.trial_lines(found)
    if not lines:
        st.caption("The first curve comes with the first epoch.")
        return
    until = max(rung.epochs for rung in found.plan) if found.plan else max(len(line.x) for line in lines)
    figure = charts.lines(lines, across="epoch", up=found.objective, height=height, until=until)
    charts.show(figure, key=key, said=f"{found.objective} of each trial by epoch; {tuning_search_view.best(found)}")


def _end_of_log(settings: Settings, job: Job) -> str:
    path = jobs.log_path(settings, job.id)
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LAST))
        return file.read().decode("utf-8", errors="replace")
