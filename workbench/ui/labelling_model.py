"""The model behind the queues of the Label page: which one is in use, and how it gets to see photos."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from sqlalchemy import Engine

from workbench import jobs
from workbench.archive.overview import Overview
from workbench.archive.sessions import Session
from workbench.learning import registry
from workbench.learning.cards import BadCard
from workbench.learning.queues import Queue
from workbench.settings import Settings
from workbench.ui import frame, labelling_choice, work


def version(settings: Settings) -> str | None:
    """The version of the model in use; None where it is gone or malformed, so that labelling goes on without it."""
    try:
        return registry.current(settings).version
    except (registry.UnknownModel, registry.BadVersion, BadCard):
        return None


def offer(settings: Settings, engine: Engine, queue: Queue, overviews: Sequence[Overview]) -> None:
    """A button that lets the model judge the queue's sessions, where it has judged none of them."""
    if labelling_choice.seen_by_model(engine, queue):
        return
    wanted = [one.session for one in overviews if queue.session_id in (None, one.session.id) and not one.away]
    busy = work.sessions_in_hand(jobs.active(engine), wanted)
    waiting = [session for session in wanted if session.id not in busy]
    if waiting:
        st.button("Find the blinks", type="primary", on_click=screen, args=(settings, engine, waiting))


def screen(settings: Settings, engine: Engine, wanted: Sequence[Session]) -> None:
    """Starts the screening of these sessions, from inside a callback."""
    with frame.telling():
        for session in wanted:
            work.screen_session(settings, engine, session)
