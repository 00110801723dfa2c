"""The labelling desk on the page: the component, what it asks for, and what it is answered."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from functools import partial
from typing import Any

import streamlit as st
from sqlalchemy import Engine

from workbench.archive import labels, progress
from workbench.archive.labels import NothingToUndo
from workbench.faults import BLINK, UNSURE
from workbench.learning import queues
from workbench.learning.queues import Queue
from workbench.settings import Settings
from workbench.ui import labelling
from workbench.ui.components import desk

KEY = "desk"
STRETCH = 600
"""Photos that the browser is given at once."""
_CLIENT, _ANSWER, _WANTED, _HISTORY = "desk-client", "desk-answer", "desk-wanted", "desk-history"


def show(settings: Settings, engine: Engine, queue: Queue, *, empty: str) -> None:
    """Draw the desk; `empty` says why there may be nothing to label. What it sends runs again itself alone."""
    st.session_state[_WANTED] = 0  # the page itself runs: the browser may have nothing yet
    _desk(settings, engine, queue, empty)


@st.fragment
def _desk(settings: Settings, engine: Engine, queue: Queue, empty: str) -> None:
    client, last = labelling.client(engine, settings.labeller, st.session_state.get(_CLIENT))
    st.session_state[_CLIENT] = client
    answer = st.session_state.pop(_ANSWER, labelling.Answer())
    data = {
        **_constant(settings, engine, queue),
        "empty": empty,
        "client": client,
        "acks": {client: last, **answer.acks},
        "turn": answer.turn,
        "refused": tuple(asdict(each) for each in answer.refused),
        "stretch": _stretch(engine, queue, st.session_state.pop(_WANTED, None)),
        "history": st.session_state.pop(_HISTORY, None),
        "standing": labelling.standing(progress.standing(engine, BLINK, settings.labeller)),
    }
    desk(
        data,
        key=KEY,
        on_sent=partial(_store, engine),
        on_wanted=_want,
        on_history=partial(_history, engine, settings.labeller),
    )


def _constant(settings: Settings, engine: Engine, queue: Queue) -> dict[str, Any]:
    return {
        "namespace": labelling.namespace(settings),
        "scope": labelling.scope(queue),
        "queue": queue.says,
        "shifts": labelling.shifts(queue),
        "seeks": labelling.opens_at_unlabelled(queue),
        "meaning": f"{BLINK.positive}: {BLINK.meaning}",
        "answers": {"b": BLINK.positive, "n": BLINK.negative, "s": UNSURE},
        "examples": labelling.examples(settings, engine),
        "below": 8,
    }


def _stretch(engine: Engine, queue: Queue, start: int | None) -> dict[str, Any] | None:
    if start is None:
        return None
    found = queues.stretch(engine, queue, start=start, size=STRETCH)
    return {
        "scope": labelling.scope(queue),
        "whole": len(found) < STRETCH,
        "length": queues.length(engine, queue),
        "photos": tuple(labelling.photo(each) for each in found),
    }


def _store(engine: Engine) -> None:
    st.session_state[_ANSWER] = labelling.store(engine, st.session_state[KEY].get("sent"))


def _want() -> None:
    asked = st.session_state[KEY].get("wanted")
    if isinstance(asked, int) and asked >= 0:
        st.session_state[_WANTED] = asked


def _history(engine: Engine, labeller: str) -> None:
    asked = st.session_state[KEY].get("history")
    if not isinstance(asked, dict) or not isinstance(asked.get("photo"), str):
        return
    undone = asked.get("undo")
    if isinstance(undone, int) and undone in {said.id for said in labels.history(engine, asked["photo"], BLINK)}:
        with suppress(NothingToUndo):  # somebody, or an earlier try of the same press, took it back: history says so
            labels.undo(engine, undone, labeller=labeller)
    st.session_state[_HISTORY] = labelling.history(engine, asked["photo"])
