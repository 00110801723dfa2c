"""The line above the review: which session, how its screening goes, what counts in it, and what could not be read."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from sqlalchemy import Engine

from workbench import jobs
from workbench.archive import tables
from workbench.archive.photos import Photo, Problem
from workbench.archive.sessions import FolderAway, Session
from workbench.jobs import Job
from workbench.screening import exceptions
from workbench.screening.screen import GROUPS, Screening
from workbench.settings import Settings
from workbench.ui import archive_parts, frame, reporting, screening_review, screening_view
from workbench.ui.screening_view import TITLES
from workbench.ui.wording import counted

_AS_FOUND = "as found"


def job_of(engine: Engine, session: Session) -> Job | None:
    """The newest job that screens this session, or imports the folder that it lies in."""
    return next((job for job in jobs.every(engine) if concerns(job, session)), None)


def at_work(engine: Engine, session: Session) -> bool:
    """Whether photos of this session are being looked at, or wait for it."""
    return any(concerns(job, session) for job in jobs.active(engine))


def concerns(job: Job, session: Session) -> bool:
    """Whether a job brings this session in or screens it."""
    kind, *words = job.command
    if kind == "demo":
        return job.active and "demo" in session.folder.parts
    if kind == "screen":
        return bool(words) and words[0] in (session.id, session.name, str(session.folder))
    return kind == "import" and bool(words) and session.folder.is_relative_to(words[0])


def summary(
    settings: Settings, engine: Engine, session: Session, photos: Sequence[Photo], screening: Screening | None
) -> None:
    """What the screening is, or how far it is, in a line; and the button that goes on with it."""
    job = job_of(engine, session)
    active = job if job is not None and job.active else None
    if screening is not None and screening.finished and active is None:
        st.markdown(f":gray[{reporting.plain(screening_view.about(screening, len(photos)))}]", width="stretch")
        _newcomers(settings, engine, session, photos, screening)
    elif active is None and screening is None:
        st.markdown(f"{counted(len(photos), 'photo')}, not screened yet", width="stretch")
        _go_on(settings, engine, session, job, "Find the blinks", primary=True)
    else:
        now = tables.now()
        rate, left = (active.rate(now), active.seconds_left(now)) if active else (None, None)
        said = screening_view.progress(active, screening, _expected(active, photos), rate, left)
        st.markdown(f"**{reporting.plain(said)}**", width="stretch")
        if active is None:
            _go_on(settings, engine, session, job, "Resume", primary=True)


def _expected(job: Job | None, photos: Sequence[Photo]) -> int:
    """While photos come in, the job knows better how many there will be."""
    return max(len(photos), (job.total or 0) if job is not None and job.command[0] == "import" else 0)


def _newcomers(
    settings: Settings, engine: Engine, session: Session, photos: Sequence[Photo], screening: Screening
) -> None:
    new = sum(photo.id not in screening.verdicts for photo in photos)
    if new:
        st.markdown(f"{counted(new, 'photo')} came after the screening", width="content")
        _go_on(settings, engine, session, None, "Screen again")


def _go_on(
    settings: Settings, engine: Engine, session: Session, job: Job | None, label: str, *, primary: bool = False
) -> None:
    resumes = job is not None and job.resumable
    act, about = (jobs.resume, (settings, engine, job.id)) if resumes and job else (archive_parts.screen, None)
    if st.button(label, type="primary" if primary else "secondary", disabled=session.away, key="go-on"):
        with frame.telling():
            act(*(about or (settings, engine, session)))
        st.rerun()


# ---- what counts in this session


def exceptions_popover(settings: Settings, engine: Engine, session: Session) -> None:
    """“In this session …”: what laughing, looking down and eyes closed on purpose count as, and whose eyes matter."""
    known = exceptions.of_session(engine, session.id)
    label = f"In this session … ({len(known)})" if known else "In this session …"
    with st.popover(label, width="content"):
        st.caption("What the model suspects may be no blink. Photos that you have decided on stay as you decided.")
        for name, title in screening_view.EXCEPTIONS.items():
            _sign(engine, session, name, title, known.get(name, _AS_FOUND))
        _faces(settings, engine, session, known.get(exceptions.FACES))


def _sign(engine: Engine, session: Session, name: str, title: str, stands: str) -> None:
    key = f"sign-{session.id}-{name}"
    st.session_state[key] = stands

    def write() -> None:
        st.session_state.pop(screening_review.PLAN, None)
        chosen = st.session_state[key]
        with frame.telling():
            exceptions.set_one(engine, session.id, name, None if chosen == _AS_FOUND else chosen)

    options = (_AS_FOUND, *GROUPS)
    words = {_AS_FOUND: "as the eyes are", **{group: TITLES[group].lower() for group in GROUPS}}
    st.selectbox(f"{title} counts as", options, format_func=lambda each: words[each], key=key, on_change=write)


def _faces(settings: Settings, engine: Engine, session: Session, stands: str | None) -> None:
    key = f"faces-{session.id}"
    st.session_state[key] = stands or ""

    def write() -> None:
        with frame.telling():
            exceptions.set_one(engine, session.id, exceptions.FACES, st.session_state[key] or None)

    words = {"": "the subject’s eyes (the largest face)", exceptions.ANY: "anybody’s eyes"}
    st.radio(
        "Where there are several faces", tuple(words), format_func=lambda each: words[each], key=key, on_change=write
    )
    st.caption("The other faces are looked at when the session is screened again.")
    st.button("Screen again", on_click=archive_parts.screen, args=(settings, engine, session), disabled=session.away)


# ---- what is wrong


def away(session: Session) -> None:
    """Says that the folder is away, and what works all the same."""
    if session.away:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.warning(reporting.plain(reporting.sentence(FolderAway(session))), width="stretch")
            st.page_link(frame.page("archive"), label="Tell where it is now", query_params={frame.SESSION: session.id})


def problems_popover(problems: Sequence[Problem]) -> None:
    """Every file that could not be read, by name and reason."""
    if problems:
        with st.popover(f"{len(problems)} could not be read", width="content"):
            st.text("\n".join(f"{problem.name}: {problem.reason}" for problem in problems[:200]))
