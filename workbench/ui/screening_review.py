"""The review on the page: the component, what it asks for, and what it is answered."""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache, partial
from typing import Any

import streamlit as st
from sqlalchemy import Engine

from workbench.archive.photos import Photo
from workbench.archive.sessions import Session
from workbench.errors import WorkbenchError
from workbench.faults import BLINK
from workbench.learning import registry
from workbench.screening import exceptions, likeness, review, sampling, screen
from workbench.screening.likeness import Burst
from workbench.screening.review import Decision
from workbench.screening.screen import DOUBT, Screening
from workbench.settings import Settings
from workbench.ui import frame, screening_gestures, screening_view
from workbench.ui.components import review as review_component
from workbench.ui.labelling import Answer

KEY = "review"
HAND_OFF = "handoff"
PLAN = "handoff-plan"
"""Where the dry run stands that was shown last; it goes when anything changes that it is about."""
_CLIENT, _ANSWER, _GIVEN, _GO, _STEP, _MORE = (
    f"review-{name}" for name in ("client", "answer", "given", "go", "step", "more")
)


def begin() -> None:
    """The page is drawn anew: the browser may have nothing yet."""
    st.session_state.pop(_GIVEN, None)


def handing(session: Session) -> bool:
    """Whether the photographer is at the last step, which the page itself draws."""
    return bool(st.session_state.get(_STEP) == (session.id, HAND_OFF))


def lead_to(session: Session, step: str) -> None:
    """Leads to a step of the review, from inside a callback."""
    turn = st.session_state.get(_GO, {"turn": 0})["turn"] + 1
    st.session_state[_GO] = {"turn": turn, "step": step}
    st.session_state[_STEP] = session.id, step


def show(settings: Settings, engine: Engine, session: Session, photos: list[Photo], screening: Screening) -> None:
    """Draw the review of a screening over the rest of the window."""
    client, last = screening_gestures.client(engine, settings.labeller, st.session_state.get(_CLIENT))
    st.session_state[_CLIENT] = client
    answer = st.session_state.pop(_ANSWER, Answer())
    decisions = review.decisions(engine, session.id, BLINK)
    review_component(
        {
            "namespace": screening_view.namespace(settings),
            "client": client,
            "acks": {client: last, **answer.acks},
            "turn": answer.turn,
            "refused": tuple(asdict(each) for each in answer.refused),
            "scope": session.id,
            **_screened(settings, engine, session, photos, screening),
            **_sample(screening, decisions),
            "decisions": screening_view.decided(decisions),
            "step": HAND_OFF if handing(session) else "",
            "go": st.session_state.get(_GO),
            "below": 8,
        },
        key=KEY,
        on_sent=partial(_store, engine),
        on_wanted=begin,
        on_threshold=partial(_set_threshold, engine, session),
        on_step=partial(_remember_step, session),
        on_more=partial(_more, session, screening, decisions),
    )


def _screened(
    settings: Settings, engine: Engine, session: Session, photos: list[Photo], screening: Screening
) -> dict[str, Any]:
    """The rule of the groups; the photos only where the browser has not been given them as they are now."""
    printed = screening_view.fingerprint(screening)
    counts_as = exceptions.of_session(engine, session.id)
    told: dict[str, Any] = {
        "print": printed,
        "finished": screening.finished,
        "threshold": screening.threshold,
        "own": _own(settings, screening),
        "doubt": DOUBT,
        "counts_as": {name: group for name, group in counts_as.items() if name in exceptions.NAMES},
        "photos": None,
    }
    if st.session_state.get(_GIVEN) == printed:
        return told
    st.session_state[_GIVEN] = printed
    shown = screening_view.judged(photos, screening)
    bursts = _bursts(settings, engine, session, _Kept(screening)) if screening.finished else ()
    return {
        **told,
        "photos": screening_view.rows(shown, screening),
        "bursts": screening_view.burst_places(bursts, shown),
    }


def _own(settings: Settings, screening: Screening) -> float | None:
    """The threshold that the model itself judges by; None where that model is gone."""
    try:
        return registry.threshold(settings, BLINK, screening.model)
    except WorkbenchError:
        return None


class _Kept:
    """A screening as a key: the bursts of one are found once, whatever its threshold is."""

    def __init__(self, screening: Screening) -> None:
        self.screening = screening
        self.name = screening_view.fingerprint(screening)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Kept) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)


@lru_cache(maxsize=4)
def _bursts(settings: Settings, engine: Engine, session: Session, kept: _Kept) -> tuple[Burst, ...]:
    return tuple(likeness.bursts(settings, engine, session, kept.screening))


def _sample(screening: Screening, decisions: dict[str, Decision]) -> dict[str, Any]:
    """The random keepers, and what those that were looked at say of the others."""
    if not screening.finished:
        return {"sample": (), "audit": ""}
    size = screening_view.sample_size(decisions, st.session_state.get(_MORE, {}).get(screening.session_id, 0))
    found = sampling.so_far(screening, decisions)
    return {
        "sample": sampling.sample(screening, decisions, size),
        "audit": "" if found is None else sampling.sentence(found),
    }


# ---- what it heard


def _heard(name: str) -> Any:
    return st.session_state[KEY].get(name)


def _store(engine: Engine) -> None:
    st.session_state.pop(PLAN, None)
    st.session_state[_ANSWER] = screening_gestures.store(engine, _heard("sent"))


def _set_threshold(engine: Engine, session: Session) -> None:
    value = _heard("threshold")
    st.session_state.pop(PLAN, None)
    if isinstance(value, int | float):
        with frame.telling():
            screen.set_threshold(engine, session.id, float(value))


def _remember_step(session: Session) -> None:
    st.session_state[_STEP] = session.id, HAND_OFF if _heard("step") == HAND_OFF else ""


def _more(session: Session, screening: Screening, decisions: dict[str, Decision]) -> None:
    if _heard("more"):
        asked = st.session_state.setdefault(_MORE, {})
        asked[session.id] = screening_view.sample_size(decisions, asked.get(session.id, 0)) + sampling.SIZE
