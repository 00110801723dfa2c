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
from workbench.screening import handoff, review, sampling
from workbench.screening.handoff import Plan
from workbench.screening.presets import COLOURS, DEFAULT_COLOURS, PRESETS, Choice
from workbench.screening.review import Decision
from workbench.screening.screen import GROUPS, KEEP, Screening
from workbench.settings import Settings
from workbench.ui import (
    frame,
    reporting,
    screening_handed,
    screening_handoff_view,
    screening_keeping,
    screening_review,
    screening_view,
)
from workbench.ui.screening_handed import EDITOR
from workbench.ui.screening_handoff_view import FLAG_HELP, FLAGS, NO_COLOUR
from workbench.ui.screening_view import TITLES
from workbench.ui.table import table
from workbench.ui.wording import counted

CHECK = "check"
"""The review's step of random keepers, as the browser calls it."""
PROMISE = "Nothing is ever deleted or moved. The picture data of your originals stays as it is, byte for byte."
AWAY = "The folder of this session is away, so nothing can be written. Names and the table are there all the same."
BESIDE = "handoff-editor"
"""Where on the page is told what went wrong here."""
_LINES = 200


def show(settings: Settings, engine: Engine, session: Session, photos: Sequence[Photo], screening: Screening) -> None:
    """Draw the hand-off; while the review is not complete, what is open and the way there."""
    decisions = review.decisions(engine, session.id, FAULT)
    state = review.state(screening, decisions)
    left, right = st.columns([5, 2], gap="large")
    with left:
        if state.complete:
            _editor(settings, engine, session, review.reviewed(screening, decisions), decisions)
            _checked(session, screening, decisions)
        else:
            _open(session, screening_view.still_open(state, screening.finished))
    with right:
        screening_keeping.labels(settings, engine, session, decisions)
        if state.complete:
            screening_keeping.elsewhere(settings, engine, session, photos, screening, decisions)
            screening_handed.earlier(settings, engine, session)


def _open(session: Session, lines: list[tuple[str, str]]) -> None:
    st.subheader("Not yet: the review is not complete")
    for number, (line, step) in enumerate(lines):
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.markdown(reporting.plain(line), width="content")
            said = f"Look through “{TITLES[step]}”"
            st.button(said, key=f"open-{step}-{number}", on_click=screening_review.lead_to, args=(session, step))
    st.caption(PROMISE)


def _checked(session: Session, screening: Screening, decisions: Mapping[str, Decision]) -> None:
    """What the check of random keepers says, or that there was none."""
    found = sampling.so_far(screening, decisions)
    if found is not None:
        st.caption(reporting.plain(f"Check: {sampling.sentence(found)}"))
    elif screening.counts[KEEP]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption("Check not done: how many blinks are left among the keepers is not known.", width="content")
            st.button("Check some", type="tertiary", on_click=screening_review.lead_to, args=(session, CHECK))


# ---- to the photo editor


def _editor(
    settings: Settings, engine: Engine, session: Session, stands: Screening, decisions: Mapping[str, Decision]
) -> None:
    st.subheader("To your photo editor")
    running = screening_handed.at_work(engine, session)
    if running:
        frame.say_told(BESIDE)
        screening_handed.live(engine, running)
        return
    screening_handed.came(settings, engine, session, EDITOR, stands, decisions)
    choice = _choice()
    urgent: Literal["primary", "secondary"] = "secondary" if st.session_state.get(screening_review.PLAN) else "primary"
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.button(
            "Show what would change",
            on_click=_plan,
            args=(settings, engine, session, choice),
            type=urgent,
            disabled=session.away,
        )
        st.caption(AWAY if session.away else PROMISE)
    frame.say_told(BESIDE)
    plan = st.session_state.get(screening_review.PLAN)
    if isinstance(plan, Plan) and plan.session.id == session.id and plan.choice == choice:
        _dry_run(settings, engine, plan, away=session.away)


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
    with frame.telling(BESIDE):
        st.session_state[screening_review.PLAN] = handoff.plan(settings, engine, session, choice)


def _dry_run(settings: Settings, engine: Engine, plan: Plan, *, away: bool) -> None:
    st.markdown(f"**{reporting.plain(screening_handoff_view.planned(plan))}**")
    for note in plan.notes:
        st.caption(reporting.plain(note))
    if plan.problems:
        with st.expander(f"{counted(len(plan.problems), 'file')} that cannot be written"):
            st.text("\n".join(f"{problem.name}: {problem.reason}" for problem in plan.problems[:_LINES]))
    if not plan.changes:
        return
    if first := PRESETS[plan.choice.preset].first:
        st.warning(reporting.plain(first))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        said = f"Write to {counted(len(plan.changes), 'file')}"
        st.button(said, type="primary", on_click=_write, args=(settings, engine, plan), disabled=away)
        screening_handed.names(engine, plan.session, {change.photo_id for change in plan.changes}, key="planned")
    rows = screening_handoff_view.rows(plan)
    table(screening_handoff_view.columns(plan), rows, key="handoff-rows", label="What would change", tall=True)


def _write(settings: Settings, engine: Engine, plan: Plan) -> None:
    st.session_state.pop(screening_review.PLAN, None)
    words = screening_handoff_view.words(plan.session.id, plan.choice)
    with frame.telling(BESIDE):
        jobs.start(settings, engine, words, title=f"Hand off {plan.session.name}")
