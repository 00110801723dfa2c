"""The last step on the page: what was decided goes to the photo editor, after a dry run and with a way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import streamlit as st
from sqlalchemy import Engine

from workbench import jobs
from workbench.archive.photos import Photo
from workbench.archive.sessions import Session
from workbench.faults import BLINK as FAULT
from workbench.jobs import Job
from workbench.screening import handoff, review
from workbench.screening.handoff import Plan
from workbench.screening.presets import COLOURS, DEFAULT_COLOURS, PRESETS, Choice
from workbench.screening.review import Decision
from workbench.screening.screen import GROUPS, Screening
from workbench.settings import Settings
from workbench.ui import (
    frame,
    reporting,
    screening_handoff_view,
    screening_keeping,
    screening_review,
    screening_view,
    work,
)
from workbench.ui.screening_handoff_view import FLAG_HELP, FLAGS, NO_COLOUR
from workbench.ui.screening_view import TITLES
from workbench.ui.table import table
from workbench.ui.wording import counted

PROMISE = "Nothing is ever deleted or moved. The picture data of your originals stays as it is, byte for byte."
_LINES = 200


def show(settings: Settings, engine: Engine, session: Session, photos: Sequence[Photo], screening: Screening) -> None:
    """Draw the hand-off; while the review is not complete, what is open and the way there."""
    decisions = review.decisions(engine, session.id, FAULT)
    state = review.state(screening, decisions)
    left, right = st.columns([5, 2], gap="large")
    with left:
        if state.complete:
            _editor(settings, engine, session, decisions)
        else:
            _open(session, screening_view.still_open(state, screening.finished))
    with right:
        screening_keeping.labels(settings, engine, session)
        if state.complete:
            screening_keeping.elsewhere(settings, engine, session, photos, screening, decisions)
            _earlier(settings, engine, session)


def _open(session: Session, lines: list[tuple[str, str]]) -> None:
    st.subheader("Not yet: the review is not complete")
    for number, (line, step) in enumerate(lines):
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.markdown(reporting.plain(line), width="content")
            said = f"Look through “{TITLES[step]}”"
            st.button(said, key=f"open-{step}-{number}", on_click=screening_review.lead_to, args=(session, step))
    st.caption(PROMISE)


# ---- to the photo editor


def _editor(settings: Settings, engine: Engine, session: Session, decisions: Mapping[str, Decision]) -> None:
    st.subheader("To your photo editor")
    running = at_work(engine, session)
    if running:
        st.fragment(_live, run_every=1.0)(engine, running.id)
        return
    _came(engine, session)
    choice = _choice()
    urgent: Literal["primary", "secondary"] = "secondary" if st.session_state.get(screening_review.PLAN) else "primary"
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.button("Show what would change", on_click=_plan, args=(settings, engine, session, choice), type=urgent)
        st.caption(PROMISE)
    plan = st.session_state.get(screening_review.PLAN)
    if isinstance(plan, Plan) and plan.session.id == session.id and plan.choice == choice:
        _dry_run(settings, engine, plan)


def _choice() -> Choice:
    """The choice as it stands in the widgets; what an editor cannot read is not offered."""
    first, *others = st.columns([2, 1, 1, 1])
    with first:
        name = st.selectbox("Editor", list(PRESETS), format_func=lambda each: PRESETS[each].title, key="handoff-preset")
    colours = {}
    for column, group in zip(others, GROUPS, strict=True):
        with column:
            options = [*COLOURS, NO_COLOUR]
            stands = DEFAULT_COLOURS[group] or NO_COLOUR
            title = f"{TITLES[group]} gets"
            colours[group] = st.selectbox(title, options, index=options.index(stands), key=f"handoff-{group}")
    preset = PRESETS[name]
    with st.container(horizontal=True, gap="medium"):
        boxes = {flag: f"handoff-{name}-{flag}" for flag in preset.can}
        asked = [flag for flag, key in boxes.items() if st.checkbox(FLAGS[flag], key=key, help=FLAG_HELP[flag])]
    if preset.note:
        st.caption(preset.note)
    return screening_handoff_view.choice(name, colours, asked)


def _plan(settings: Settings, engine: Engine, session: Session, choice: Choice) -> None:
    st.session_state.pop(screening_review.PLAN, None)
    with frame.telling():
        st.session_state[screening_review.PLAN] = handoff.plan(settings, engine, session, choice)


def _dry_run(settings: Settings, engine: Engine, plan: Plan) -> None:
    st.markdown(f"**{reporting.plain(screening_handoff_view.planned(plan))}**")
    for note in plan.notes:
        st.caption(reporting.plain(note))
    if plan.problems:
        with st.expander(f"{counted(len(plan.problems), 'file')} that cannot be written"):
            st.text("\n".join(f"{problem.name}: {problem.reason}" for problem in plan.problems[:_LINES]))
    if not plan.changes:
        return
    said = f"Write to {counted(len(plan.changes), 'file')}"
    st.button(said, type="primary", on_click=_write, args=(settings, engine, plan))
    rows = screening_handoff_view.rows(plan)
    table(screening_handoff_view.columns(plan), rows, key="handoff-rows", label="What would change", tall=True)


def _write(settings: Settings, engine: Engine, plan: Plan) -> None:
    st.session_state.pop(screening_review.PLAN, None)
    words = screening_handoff_view.words(plan.session.id, plan.choice)
    with frame.telling():
        jobs.start(settings, engine, words, title=f"Hand off {plan.session.name}")


# ---- how it goes, what came of it, and back


def at_work(engine: Engine, session: Session) -> Job | None:
    """The job that hands this session over, or takes it back, at this moment."""
    return next((job for job in jobs.active(engine) if _concerns(job, engine, session)), None)


def _concerns(job: Job, engine: Engine, session: Session) -> bool:
    if job.command[0] != "handoff":
        return False
    named = set(job.command)
    return session.id in named or any(one.id in named for one in handoff.every(engine, session.id))


def _live(engine: Engine, job_id: str) -> None:
    job = jobs.find(engine, job_id)
    if not job.active:
        st.rerun()
    st.progress(min(1.0, job.done / job.total) if job.total else 0.0, text=reporting.plain(work.sentence(job)))


def _came(engine: Engine, session: Session) -> None:
    job = next((job for job in jobs.every(engine) if _concerns(job, engine, session)), None)
    if job is None:
        return
    undone = "--undo" in job.command
    if job.status != "done" and not job.result:
        st.warning(reporting.plain(work.outcome(job)))
        return
    lines = screening_handoff_view.problem_lines(job.result or {})
    said = reporting.plain(screening_handoff_view.came(job.result or {}, undone=undone))
    (st.warning if lines else st.success)(said)
    afterwards = (job.result or {}).get("afterwards")
    if afterwards and (job.result or {}).get("written"):
        st.markdown(f"**Now in your editor:** {reporting.plain(str(afterwards))}")
    if lines:
        with st.expander(f"{counted(len(lines), 'file')} to know of"):
            st.text("\n".join(lines[:_LINES]))


def _earlier(settings: Settings, engine: Engine, session: Session) -> None:
    found = [one for one in handoff.every(engine, session.id) if one.written]
    if not found:
        return
    st.markdown("**Handed off**")
    for one in found[:8]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(reporting.plain(screening_handoff_view.earlier(one)), width="stretch")
            if one.undone_at is None:
                st.button(
                    "Undo hand-off", key=f"undo-{one.id}", on_click=_undo, args=(settings, engine, session, one.id)
                )


def _undo(settings: Settings, engine: Engine, session: Session, handoff_id: str) -> None:
    with frame.telling():
        jobs.start(
            settings,
            engine,
            ["handoff", session.id, "--undo", handoff_id],
            title=f"Undo the hand-off of {session.name}",
        )
