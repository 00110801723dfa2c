"""What is inspected: a model, a side of the archive, a session, kept in the page's address; and what comes first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import streamlit as st
from sqlalchemy import Engine, func, select

from workbench import jobs
from workbench.archive import sessions, tables
from workbench.archive.splits import TEST, TRAINING, VALIDATION
from workbench.errors import WorkbenchError
from workbench.faults import BLINK, Fault
from workbench.learning import inspection, registry
from workbench.learning.inspection import HELD_BACK, Judged
from workbench.settings import Settings
from workbench.ui import choosers, frame, reporting
from workbench.ui.choosers import VIEW
from workbench.ui.wording import counted, listed

MODEL, SIDE, SESSION, CELL, PHOTO = "model", "side", frame.SESSION, "cell", "photo"
VIEWS = {
    "photos": "Photos",
    "figures": "How good",
    "slices": "Where it is weak",
    "audit": "Can it be trusted",
    "labels": "Wrong labels",
    "similar": "Similar photos",
    "why": "Why",
}
SIDES = {HELD_BACK: "Held back", VALIDATION: "Validation", TEST: "Test", TRAINING: "Training"}
EXPLAINED = """\
**Held back**: all that the model was not trained on, but for the test side. Look here to learn.

**Validation**: the people by whom a model and its threshold are chosen.

**Test**: the people by whom nothing is ever chosen: the final word. Look here last.

**Training**: what it was trained on. It does better here than anywhere else."""
ANY = ""
WHOLE_PAGE = "inspect-whole-page"
"""Set in a callback of a part that changes more than the part: then the whole page runs."""


class NothingLikeThat(WorkbenchError):
    """The address names a side or a session that there is not."""

    def __init__(self, asked: str) -> None:
        super().__init__(f"There is no “{asked}” to inspect. Choose what to look at above.")


@dataclass(frozen=True)
class Choice:
    """What the address asks for: a model's version, one of inspection.CHOICES, and one session or all (None)."""

    model: str
    side: str = HELD_BACK
    session: str | None = None

    def __post_init__(self) -> None:
        if self.side not in SIDES:
            raise NothingLikeThat(self.side)


# ---- the parts of the page


def choose_view() -> str:
    """The part of the page that its address names, drawn as a choice that writes the address."""
    return choosers.part("Part of the page", VIEWS, lambda view: write(**{VIEW: view}), key="inspect-view")


def write(**asked: str) -> None:
    """Changes the address; what is empty, or what goes without saying, leaves it."""
    unsaid = {(VIEW, "photos"), (SIDE, HELD_BACK)}
    kept = {**st.query_params.to_dict(), **asked}
    st.query_params.from_dict({name: value for name, value in kept.items() if value and (name, value) not in unsaid})


# ---- what is looked at


def choose(settings: Settings, engine: Engine) -> Choice:
    """What the address asks for, drawn as choosers that write it.

    Raises UnknownModel, and NothingLikeThat for a side or a session that there is not.
    """
    models = known_models(settings)
    names = {one.id: one.name for one in sessions.every(engine)}
    asked = st.query_params.to_dict()
    try:
        found = read(asked, list(models), names)
    except WorkbenchError:
        draw(Choice(next(iter(models))), models, names)
        raise
    draw(found, models, names)
    return found


def known_models(settings: Settings) -> dict[str, str]:
    """The models that can be inspected, version → words: the current one first, then the newest."""
    known = [one for one in registry.listed(settings, BLINK) if one.card is not None]
    known.sort(key=lambda one: (not one.is_current, one.shipped))
    return {one.version: f"{one.version} · current" if one.is_current else one.version for one in known}


def read(asked: Mapping[str, str], models: Sequence[str], names: Mapping[str, str]) -> Choice:
    """The choice in an address; `names` are the sessions by id. Raises as `choose` does."""
    model = asked.get(MODEL) or models[0]
    if model not in models:
        raise registry.UnknownModel(BLINK, model, models)
    wanted = asked.get(SESSION, ANY)
    session = next((key for key, name in names.items() if wanted and wanted in (key, name)), None)
    if wanted and session is None:
        raise NothingLikeThat(wanted)
    return Choice(model, asked.get(SIDE, HELD_BACK), session)


def draw(choice: Choice, models: Mapping[str, str], names: Mapping[str, str]) -> None:
    """The choosers, which write the address. What is chosen anew is looked at from its first cell: a photo that the
    address names may not lie there."""
    afresh = {CELL: ANY, PHOTO: ANY}
    _select("Model", models, choice.model, lambda model: write(**{MODEL: model, **afresh}), width=190)
    _select("Side", SIDES, choice.side, lambda side: write(**{SIDE: side, **afresh}), width=120)
    everywhere = {ANY: "All sessions", **names}
    _select("Session", everywhere, choice.session or ANY, lambda one: write(**{SESSION: one, **afresh}), width=190)


def _select(label: str, options: Mapping[str, str], chosen: str, act: Callable[[str], None], *, width: int) -> None:
    choosers.select(label, options, chosen, act, key=f"inspect-{label}", width=width)


# ---- what the model said of it


def judged(settings: Settings, engine: Engine, choice: Choice) -> Judged:
    """What the model says of the photos that were chosen; worked out once for what the catalogue holds."""
    return chosen(settings, choice, inspection.stamp(settings, engine, BLINK, choice.model))


def every(settings: Settings, engine: Engine, model: str) -> Judged:
    """What the model says of all labelled photos, whatever their side."""
    return _read(settings, model, inspection.stamp(settings, engine, BLINK, model))


@lru_cache(maxsize=3)
def _read(settings: Settings, model: str, _stamp: str) -> Judged:
    return inspection.read(settings, frame.open_archive(settings), BLINK, model)


@lru_cache(maxsize=8)
def chosen(settings: Settings, choice: Choice, stamp: str) -> Judged:
    """`judged`, for the stamp of inspection.stamp."""
    return inspection.chosen(_read(settings, choice.model, stamp), choice.side, choice.session)


def about(judged: Judged) -> str:
    """“4,566 photos · 58 BLINKING · 25 people or shoots”, and how many do not count or were not asked about."""
    unfair = "left out, as they prove nothing"
    unjudged = int(np.isnan(judged.probability).sum())
    people = int(np.count_nonzero(np.bincount(judged.group)))
    return listed(
        [
            counted(len(judged), "photo"),
            f"{int(judged.truth.sum()):,} {judged.fault.positive}",
            counted(people, "person or shoot", "people or shoots"),
            f"{unjudged:,} not judged" if unjudged else "",
            f"{judged.left_out:,} {unfair}" if judged.left_out else "",
            f"{judged.unpredicted:,} labelled ones not evaluated yet" if judged.unpredicted else "",
        ]
    )


# ---- what comes first


@dataclass(frozen=True)
class First:
    """Why there is nothing to inspect, and what to do about it: `page` leads there, `evaluate` starts the job."""

    sentence: str
    page: str = ""
    evaluate: bool = False


def what_first(found: Judged, choice: Choice, labelled: int) -> First:
    """What to do before anything can be inspected, where nothing was `found`; `labelled` photos have a class."""
    if not labelled:
        return First(_NO_LABELS, page="label")
    if found.unpredicted == labelled:
        model = f"“{choice.model}” has not judged any of the {counted(labelled, 'labelled photo')} yet."
        return First(f"{model} Evaluate it: that takes about a minute for a thousand photos.", evaluate=True)
    return First(_EMPTY_SIDE[choice.side] if choice.session is None else _EMPTY_SESSION)


_NO_LABELS = (
    f"No photo is labelled {BLINK.positive} or {BLINK.negative} yet, so nothing can be right or wrong. "
    "Label some first."
)
_EMPTY_SESSION = "No labelled photo of this session lies on this side. Choose another session, or another side, above."
_EMPTY_SIDE = {
    HELD_BACK: "Nothing is held back: the model learnt from every labelled photo that is not on the test side. "
    "Label photos of other people, or evaluate with out-of-fold answers.",
    VALIDATION: "No labelled photo lies on the validation side. People are dealt to the sides once three of them have "
    "labels; look at “Held back” until then.",
    TEST: "No photo of the test side may stand as the truth of a test. Label a session of people that no model has "
    "seen to its end, or label the random sample.",
    TRAINING: "This model was trained on none of the labelled photos. Look at “Held back”.",
}


def labelled(engine: Engine, fault: Fault = BLINK) -> int:
    """How many photos have a class."""
    stands = tables.standing.c
    with engine.connect() as connection:
        query = select(func.count()).where(stands.fault == fault.name, stands.value.in_(fault.classes))
        return connection.execute(query).scalar_one()


def offer(settings: Settings, engine: Engine, choice: Choice, found: Judged) -> None:
    """Draw what comes first, where nothing was found, with the one button or link that does it."""
    first = what_first(found, choice, labelled(engine))
    st.info(reporting.plain(first.sentence))
    if first.page:
        st.page_link(frame.page(first.page), label=f"Go to {frame.PAGES[first.page]}")
    if first.evaluate:
        evaluate_button(settings, engine, choice.model, "Evaluate", primary=True)


def evaluate_button(
    settings: Settings,
    engine: Engine,
    model: str,
    title: str,
    *options: str,
    told: str = "",
    primary: bool = False,
) -> None:
    """Draw a button that evaluates a model with the command's `options`; `told` says over it what that brings."""
    busy = evaluating(jobs.active(engine), model)
    st.button(
        title,
        type="primary" if primary else "secondary",
        disabled=busy,
        help="It is under way." if busy else told or None,
        on_click=evaluate,
        args=(settings, engine, model, *options),
    )


def evaluating(active: Iterable[jobs.Job], model: str) -> bool:
    """Whether the model is being evaluated, or will be."""
    return any(job.command[0] == "evaluate" and model in job.command for job in active)


def evaluate(settings: Settings, engine: Engine, model: str, *options: str) -> None:
    """Starts the evaluation of a model on the whole archive, from inside a callback."""
    with frame.telling():
        jobs.start(settings, engine, ["evaluate", "--model", model, *options], title=f"Evaluate {model}")
