"""What to label next: the choice at the top of the Label page, kept in its address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st
from sqlalchemy import Engine

from workbench.archive.overview import Overview
from workbench.faults import BLINK, UNSURE
from workbench.learning import queues
from workbench.learning.queues import NoSuchQueue, Queue
from workbench.ui import choosers, frame

KINDS = {
    queues.IN_ORDER: "A session in order",
    queues.RANDOM: "Random sample of the archive",
    queues.DOUBTFUL: "Most doubtful first",
    queues.LIST: "A stored list",
    queues.DISAGREEMENTS: "Disagreements with the model",
    queues.SECOND_LOOK: "Second look",
}
EXPLAINED = {
    queues.IN_ORDER: "as they were taken",
    queues.RANDOM: "the same chance for every photo, for honest figures",
    queues.DOUBTFUL: "where the model is least sure; one photo of a burst before its neighbours",
    queues.LIST: "photos that were set aside to be labelled",
    queues.DISAGREEMENTS: "your label says one thing, a confident model the other",
    queues.SECOND_LOOK: "answered differently, or by somebody else alone",
}
BY_MODEL = (queues.DOUBTFUL, queues.DISAGREEMENTS)
QUEUE, SESSION, UNLABELLED, CLASS, LIST = "queue", frame.SESSION, "unlabelled", "class", "list"
ANY = ""


@dataclass(frozen=True)
class Choice:
    """What the address asks for; an empty text is “any”."""

    name: str = queues.IN_ORDER
    session: str = ANY
    unlabelled: bool = False
    value: str = ANY
    list_id: str = ANY

    @property
    def by_model(self) -> bool:
        """Whether the model's opinion chooses the photos."""
        return self.name in BY_MODEL

    def queue(self, labeller: str, model: str | None) -> Queue:
        """The queue that it means. Raises NoSuchQueue."""
        return Queue(
            self.name,
            session_id=self.session or None,
            unlabelled=self.unlabelled,
            value=self.value or None,
            model=model,
            labeller=labeller,
            list_id=self.list_id or None,
        )


def choose(engine: Engine, overviews: Sequence[Overview]) -> Choice:
    """The choice in the page's address, drawn. Raises NoSuchQueue, with a choice drawn to go on with."""
    lists = queues.lists(engine)
    try:
        choice = read(st.query_params.to_dict(), overviews, list(lists))
    except NoSuchQueue:
        draw(Choice(session=begun(overviews).session.id), overviews, lists)
        raise
    if choice.session and not st.query_params.get(SESSION):
        st.query_params[SESSION] = choice.session  # the address is whole: a reload leads to the same session
    draw(choice, overviews, lists)
    return choice


def why_empty(engine: Engine, queue: Queue) -> str:
    """Why there is nothing to label and what to do next; empty where there is something."""
    if queues.stretch(engine, queue, size=1):
        return ""
    if queue.name in BY_MODEL and not seen_by_model(engine, queue):
        return "The model in use has not judged a photo here yet. Find the blinks first; then it knows its doubts."
    here = "here" if queue.session_id is None else "of this session"
    if queue.value is not None:
        return f"No photo {here} is labelled {queue.value}. Choose other photos above."
    if queue.unlabelled:
        return f"Every photo {here} has its label. Choose another session, or all photos, above."
    return _WHY_EMPTY.get(queue.name, "No photo here. Choose another session above.")


def seen_by_model(engine: Engine, queue: Queue) -> bool:
    """Whether the queue's model has judged any photo that it may queue."""
    return bool(queues.stretch(engine, Queue(queues.DOUBTFUL, session_id=queue.session_id, model=queue.model), size=1))


_WHY_EMPTY = {
    queues.DISAGREEMENTS: "No label contradicts a confident model. Label more, or take the most doubtful first.",
    queues.SECOND_LOOK: "Nobody has answered differently from you, or without you. Choose another order above.",
    queues.LIST: "This list is empty, or its photos were forgotten. Choose another one above.",
}


def read(asked: dict[str, str], overviews: Sequence[Overview], lists: Sequence[str]) -> Choice:
    """The choice in an address; a session in order begins with the one that was begun. Raises NoSuchQueue."""
    name = asked.get(QUEUE, queues.IN_ORDER)
    if name not in KINDS:
        raise NoSuchQueue(f"“{name}” is none of {', '.join(KINDS)}")
    session = _session(asked.get(SESSION, ANY), overviews)
    value = asked.get(CLASS, ANY)
    if value and value not in (*BLINK.classes, UNSURE):
        raise NoSuchQueue(f"“{value}” is no answer to {BLINK.name}")
    if name == queues.IN_ORDER and not session:
        session = begun(overviews).session.id
    list_id = asked.get(LIST) or (lists[0] if lists and name == queues.LIST else ANY)
    return Choice(name, session, asked.get(UNLABELLED) == "1" and not value, value, list_id)


def begun(overviews: Sequence[Overview]) -> Overview:
    """The session to go on with: one that was begun, else the one with most to do."""
    return max(overviews, key=lambda one: (bool(one.unlabelled), one.labelled > 0, one.unlabelled))


def _session(asked: str, overviews: Sequence[Overview]) -> str:
    found = next((one.session.id for one in overviews if asked in (one.session.id, one.session.name)), None)
    if asked and found is None:
        raise NoSuchQueue("the session in the address is not in the archive")
    return found or ANY


def draw(choice: Choice, overviews: Sequence[Overview], lists: dict[str, str]) -> None:
    """The choice as widgets, which write the address."""
    names = {one.session.id: one.session.name for one in overviews}
    everywhere = {} if choice.name == queues.IN_ORDER else {ANY: "All sessions"}
    _select("What to label", KINDS, choice.name, lambda name: write(queue=name), width=220)
    if choice.name == queues.LIST and lists:
        _select("List", lists, choice.list_id, lambda list_id: write(list=list_id), width=170)
    _select("Session", {**everywhere, **names}, choice.session, lambda session: write(session=session), width=220)
    classes = {ANY: "Any label", "1": "Unlabelled only", **{name: f"Labelled {name}" for name in _ANSWERS}}
    narrowed = "1" if choice.unlabelled else choice.value
    _select("Which photos", classes, narrowed, _write_narrowed, width=170)


_ANSWERS = (*reversed(BLINK.classes), UNSURE)


def _select(label: str, options: Mapping[str, str], chosen: str, act: Callable[[str], None], *, width: int) -> None:
    choosers.select(label, options, chosen, act, key=f"choose-{label}", width=width)


def _write_narrowed(chosen: str) -> None:
    write(**{UNLABELLED: "1" if chosen == "1" else ANY, CLASS: ANY if chosen == "1" else chosen})


def write(**asked: str) -> None:
    """Changes the address; what is empty leaves it."""
    kept = {**st.query_params.to_dict(), **asked}
    st.query_params.from_dict({name: value for name, value in kept.items() if value})
