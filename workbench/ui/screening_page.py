"""A session on the Screen page: the line above, the review, and the hand-off. What changes runs again by itself."""

from __future__ import annotations

import streamlit as st
from sqlalchemy import Engine

from workbench.archive import photos
from workbench.archive.sessions import Session
from workbench.screening import screen
from workbench.settings import Settings
from workbench.ui import frame, reporting, screening_handoff, screening_parts, screening_review


def above(settings: Settings, engine: Engine, session: Session) -> None:
    """Draw what stands beside the chooser: how the screening goes, what counts in this session, what is wrong."""
    every = 1.0 if screening_parts.at_work(engine, session) else None
    st.fragment(_summary, run_every=every)(settings, engine, session, every is not None)
    screening_parts.exceptions_popover(settings, engine, session)
    screening_parts.problems_popover(photos.problems(engine, session.id))


def below(settings: Settings, engine: Engine, session: Session) -> None:
    """Draw the review over the rest of the window, or the hand-off; each second again while photos are looked at."""
    screening_parts.away(session)
    screening_review.begin()
    every = 1.0 if screening_parts.at_work(engine, session) else None
    st.fragment(_review, run_every=every)(settings, engine, session)


def _summary(settings: Settings, engine: Engine, session: Session, at_work: bool) -> None:
    if at_work != screening_parts.at_work(engine, session):
        st.rerun()
    shown = photos.of_session(engine, session.id)
    screening_parts.summary(settings, engine, session, shown, screen.latest(engine, session.id))


def _review(settings: Settings, engine: Engine, session: Session) -> None:
    frame.say_told()  # what a callback in here has told: then this part alone is run again
    shown = photos.of_session(engine, session.id)
    screening = screen.latest(engine, session.id)
    if screening is not None and screening.verdicts:
        screening_review.show(settings, engine, session, shown, screening)
        if screening_review.handing(session):
            screening_handoff.show(settings, engine, session, shown, screening)
    elif screening_parts.at_work(engine, session):
        st.info("The first photos are being looked at …")
    elif not shown:
        st.info(reporting.plain(f"“{session.name}” has no photo that can be shown."))
    else:
        st.info("Not looked at yet. “Find the blinks” sorts the photos into blinks, keepers and what cannot be told.")
