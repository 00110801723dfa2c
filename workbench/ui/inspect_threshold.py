"""The threshold on the page: moved by hand or by what matters, said in plain words, and kept with the model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

import streamlit as st
from sqlalchemy import Engine

from workbench.archive.splits import TEST, VALIDATION
from workbench.faults import BLINK
from workbench.learning import inspection, operating, prediction, registry
from workbench.learning.inspection import HELD_BACK, Judged
from workbench.learning.operating import Share, Sweep
from workbench.settings import Settings
from workbench.ui import frame, inspect_choice, inspect_threshold_plot, reporting
from workbench.ui.components import dial
from workbench.ui.inspect_choice import SESSION, SIDE, Choice
from workbench.ui.wording import counted

KEY = "inspect-dial"
SESSION_OF = 400
"""Photos of the session that a threshold is told for."""
_TRIED, _TURN, _COSTS, _PLOT = "inspect-tried", "inspect-turn", "inspect-costs", "inspect-plot"
_SAME = 5e-5
"""Thresholds nearer to each other are one: the dial tells four digits."""


@dataclass(frozen=True)
class Tried:
    """The threshold that is looked at for what was chosen: on another side or session it was not tried."""

    choice: Choice
    value: float

    def __post_init__(self) -> None:
        if not 0 < self.value < 1:
            raise ValueError(f"a threshold lies between 0 and 1, got {self.value}")


class Moved(NamedTuple):
    """What a dial told: a threshold, and the turn that is to be given back to it."""

    value: float
    turn: int


@dataclass(frozen=True)
class Costs:
    """What a missed blink costs against a good frame flagged, and the share of blinks that was set by hand, if any."""

    miss: float = 5.0
    alarm: float = 1.0
    share: float | None = None


# ---- what is tried


def tried(judged: Judged) -> float:
    """The threshold that is looked at: the model's own until another one is tried on what the address names."""
    before = st.session_state.get(_TRIED)
    return before.value if before and before.choice == _asked(judged.model) else judged.threshold


def _asked(model: str) -> Choice:
    """What the address names, as it names it: the parts of the page that know no choice look there, too."""
    return Choice(model, st.query_params.get(SIDE, HELD_BACK), st.query_params.get(SESSION))


def _try(choice: Choice, value: float) -> None:
    st.session_state[_TRIED] = Tried(choice, value)


def moved(said: object) -> Moved | None:
    """What a dial told; None where it is no threshold."""
    if not isinstance(said, dict):
        return None
    value, turn = said.get("value"), said.get("turn")
    if not isinstance(value, float) or not isinstance(turn, int) or not 0 < value < 1:
        return None
    return Moved(value, turn)


def _move(choice: Choice, key: str) -> None:
    found = moved(st.session_state[key].get("moved"))
    if found:
        st.session_state[_TURN] = found.turn
        _try(choice, found.value)


# ---- what is drawn


def show(settings: Settings, choice: Choice, judged: Judged, stamp: str) -> None:
    """Draw the dial, what it means, the three wishes, and the curves.

    `judged` is what was chosen, judged by the model's own threshold; `stamp` is inspection.stamp of the model.
    """
    value = tried(judged)
    swept, costs = sweep(settings, choice, stamp), st.session_state.get(_COSTS, Costs())
    known = share_of_blinks(settings, stamp)
    share = costs.share if costs.share is not None else known.value
    said = operating.sentence(swept, value, share=share, photos=SESSION_OF)
    _dial(_asked(choice.model), value, judged.threshold, said)
    with st.container(key="inspect-sentence"):
        st.markdown(reporting.plain(said))
    with st.container(horizontal=True, gap="xsmall"):
        for wish in wishes(swept, costs, share):
            _wish_button(_asked(choice.model), wish)
    with st.container(horizontal=True, gap="xsmall"):
        _costs_form(costs, known)
        _keep_button(settings, choice, judged, value)
        _reset_button(settings, choice)
    _plots(settings, choice, stamp, value)


def _dial(choice: Choice, value: float, stored: float, said: str) -> None:
    """A dial for each choice: what one was still about to tell when the side changed is not heard as another's."""
    key = f"{KEY}-{choice.model}-{choice.side}-{choice.session or ''}"
    # Kept apart from the value: a dial does not listen to what answers a turn before its own.
    turn = st.session_state.get(_TURN, 0)
    dial(value=value, stored=stored, turn=turn, said=said, key=key, on_moved=partial(_move, choice, key))


@lru_cache(maxsize=8)
def sweep(settings: Settings, choice: Choice, stamp: str) -> Sweep:
    """What every threshold does to what was chosen; worked out once for what the catalogue holds."""
    here = inspect_choice.chosen(settings, choice, stamp)
    return operating.sweep(here.truth, here.probability)


@lru_cache(maxsize=4)
def share_of_blinks(settings: Settings, _stamp: str) -> Share:
    """The share of blinks in the sessions that are labelled to their end."""
    return operating.share_of_blinks(frame.open_archive(settings), BLINK)


# ---- three wishes


@dataclass(frozen=True)
class Wish:
    """A button that tries a threshold; without a `value` it cannot be granted, and `help` says why."""

    title: str
    value: float | None
    help: str


def wishes(swept: Sweep, costs: Costs, share: float | None) -> list[Wish]:
    """The thresholds that a photographer may want, with what each means."""
    lose, miss = operating.never_lose(swept), operating.never_miss(swept)
    least = operating.least_work(swept, miss=costs.miss, alarm=costs.alarm, share=share)
    no_share = "Say in “Costs …” how many of your photos are blinks; no session is labelled to its end yet."
    work = (
        f"A missed blink costs {costs.miss:g}, a good frame flagged {costs.alarm:g}: the threshold of the least cost."
    )
    return [
        Wish(
            "Never lose a good frame",
            lose,
            "The most blinks found with no good frame flagged." if lose else "No blink is surer than every good frame.",
        ),
        Wish(
            "Never miss a blink",
            miss,
            "The fewest good frames flagged with no blink missed." if miss else "No blink was judged here.",
        ),
        Wish("Least work", least, work if least else no_share if share is None else "It needs judged photos of both."),
    ]


def _wish_button(choice: Choice, wish: Wish) -> None:
    off = wish.value is None or choice.side == TEST
    why = "Nothing is chosen by the test side." if choice.side == TEST else wish.help
    act = partial(_try, choice, wish.value) if wish.value is not None else None
    st.button(wish.title, key=f"wish-{wish.title}", disabled=off, help=why, on_click=act)


def _costs_form(costs: Costs, known: Share) -> None:
    with st.popover("Costs …"):
        options: Any = {"min_value": 0.1, "max_value": 1000.0, "step": 1.0, "format": "%g", "on_change": _set_costs}
        st.number_input("A missed blink costs", value=costs.miss, key="cost-miss", **options)
        st.number_input("A good frame flagged costs", value=costs.alarm, key="cost-alarm", **options)
        st.number_input(
            "Blinks in a session, percent",
            min_value=0.1,
            max_value=99.0,
            step=0.5,
            format="%g",
            value=None if costs.share is None else 100 * costs.share,
            placeholder=f"{100 * known.value:.1f}" if known.value is not None else "not known",
            key="cost-share",
            on_change=_set_costs,
            help=measured(known),
        )


def measured(known: Share) -> str:
    """Where the share of blinks comes from when it is not set by hand."""
    if known.value is None:
        return "No session is labelled to its end yet, so this is not known. Set it by hand, or label one to its end."
    of = f"{counted(known.photos, 'photo')} of {counted(known.sessions, 'session')} labelled to the end"
    return f"Left empty: {100 * known.value:.1f} %, counted in {of}."


def _set_costs() -> None:
    state = st.session_state
    share = state["cost-share"]
    state[_COSTS] = Costs(state["cost-miss"], state["cost-alarm"], share / 100 if share else None)


# ---- what is kept


def may_be_kept(choice: Choice, judged: Judged, value: float) -> str:
    """Why the threshold that is tried cannot be kept; empty where it can."""
    if choice.side != VALIDATION or choice.session is not None:
        return "Only the whole validation side sets a threshold: choose “Validation” and all sessions above."
    if abs(value - judged.threshold) < _SAME:
        return "This is the threshold in use."
    return ""


def _keep_button(settings: Settings, choice: Choice, judged: Judged, value: float) -> None:
    why = may_be_kept(choice, judged, value)
    means = "Screening flags by it from now on; you are then told what it gives on the test side."
    keep = partial(_keep, settings, choice, value)
    st.button("Use this threshold", type="primary", disabled=bool(why), help=why or means, on_click=keep)


def _keep(settings: Settings, choice: Choice, value: float) -> None:
    engine = frame.open_archive(settings)
    with frame.telling():
        stamp = inspection.stamp(settings, engine, BLINK, choice.model)
        how = operating.sentence(sweep(settings, choice, stamp), value, share=None)
        registry.set_threshold(settings, BLINK, choice.model, value, f"chosen on the validation side: {how}")
        prediction.rejudge(engine, BLINK, choice.model, value)
        frame.tell(kept(settings, engine, choice.model, value))
    st.session_state.pop(_TRIED, None)
    st.session_state[inspect_choice.WHOLE_PAGE] = True


def kept(settings: Settings, engine: Engine, model: str, value: float) -> str:
    """What a threshold that was just kept gives on the test side."""
    said = f"“{model}” flags from {value:.4g} on now."
    test = inspect_choice.judged(settings, engine, Choice(model, TEST))
    if not len(test):
        return f"{said} No photo of the test side may stand as truth yet, so what it gives there is not known."
    told = operating.sentence(operating.sweep(test.truth, test.probability), value, share=None)
    return f"{said} On the test side: {told[0].lower()}{told[1:]}"


def _reset_button(settings: Settings, choice: Choice) -> None:
    if registry.chosen_threshold(settings, BLINK, choice.model) is None:
        return
    own = registry.read_card(settings, BLINK, choice.model).threshold
    st.button(f"Back to its own {own:.4g}", on_click=partial(_reset, settings, choice.model, own))


def _reset(settings: Settings, model: str, own: float) -> None:
    with frame.telling():
        registry.reset_threshold(settings, BLINK, model)
        prediction.rejudge(frame.open_archive(settings), BLINK, model, own)
        frame.tell(f"“{model}” flags from {own:.4g} on again, the threshold of its card.")
    st.session_state.pop(_TRIED, None)
    st.session_state[inspect_choice.WHOLE_PAGE] = True


# ---- the curves


def _plots(settings: Settings, choice: Choice, stamp: str, value: float) -> None:
    kinds = list(inspect_threshold_plot.PLOTS)
    st.session_state.setdefault(_PLOT, kinds[0])
    st.segmented_control("Curve", kinds, key=_PLOT, required=True, label_visibility="collapsed")
    kind = st.session_state[_PLOT] or kinds[0]
    here = inspect_choice.chosen(settings, choice, stamp)
    inspect_threshold_plot.show(kind, here, sweep(settings, choice, stamp), value)
