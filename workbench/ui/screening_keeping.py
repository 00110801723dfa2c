"""Beside the hand-off: corrections kept as labels, and the keepers as copies, links, a table or a list of names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st
from sqlalchemy import Engine

from workbench import jobs
from workbench.archive.photos import Photo
from workbench.archive.sessions import Session
from workbench.errors import WorkbenchError
from workbench.faults import BLINK as FAULT
from workbench.screening import copies, review
from workbench.screening.review import Decision
from workbench.screening.screen import GROUPS, KEEP, Screening
from workbench.settings import Settings
from workbench.ui import frame, reporting, screening_handed, screening_handoff_view
from workbench.ui.screening_view import TITLES
from workbench.ui.wording import counted

_KEPT = "screen-kept"
_APART = {"on a line": "\n", "after a space": " ", "after a comma": ", "}
_COPIES, _LINKS = "copies", "links"
_DO = {_COPIES: "Copy", _LINKS: "Link"}
_LABELS, _MAKE = "keeping-labels", "keeping-folder"
"""Where on the page is told what went wrong."""
_WAYS = {_COPIES: "Copies", _LINKS: "Links, which take no room"}


class OwnFolder(WorkbenchError):
    """The keepers were to be copied into the very folder that they lie in."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"“{folder}” is the session’s own folder: the keepers lie there already. Name another folder.")


def labels(settings: Settings, engine: Engine, session: Session, decisions: Mapping[str, Decision]) -> None:
    """“Keep 38 reviewed photos as labels”, in one press, and what came of it."""
    waiting = review.unkept(engine, session, FAULT)
    st.markdown("**Learn from this review**")
    if waiting:
        said = f"Keep {counted(waiting, 'reviewed photo')} as labels"
        st.button(said, on_click=_keep, args=(settings, engine, session))
    told = st.session_state.get(_KEPT)
    if told and told[0] == session.id:
        st.caption(reporting.plain(f"{told[1]}. This session counts as archive now."))
    elif waiting:
        st.caption("What you decided becomes labels that models learn from; photos that you did not decide on do not.")
    elif decisions:
        st.caption("What you decided is kept already.")
    else:
        st.caption("You have decided on no photo of this session yet, so there is nothing to learn from.")
    frame.say_told(_LABELS)


def _keep(settings: Settings, engine: Engine, session: Session) -> None:
    with frame.telling(_LABELS):
        done = review.keep_labels(engine, session, FAULT, settings.labeller)
        st.session_state[_KEPT] = session.id, screening_handoff_view.kept(done)


def elsewhere(
    settings: Settings,
    engine: Engine,
    session: Session,
    photos: Sequence[Photo],
    screening: Screening,
    decisions: Mapping[str, Decision],
) -> None:
    """The keepers in a folder of their own, as a table, or as names to paste."""
    stands = review.reviewed(screening, decisions)
    keepers = stands.counts[KEEP]
    with st.expander(f"{counted(keepers, 'keeper')} into a folder"):
        _folder(settings, engine, session, keepers)
    frame.say_told(_MAKE)
    screening_handed.came(settings, engine, session, screening_handed.FOLDER, stands, decisions)
    with st.expander("Names to paste into an editor’s search"):
        _names(engine, session, stands)
    text = screening_handoff_view.table_text(photos, stands, decisions)
    st.download_button("Download as CSV", text, file_name=f"{session.name}.csv", mime="text/csv", on_click="ignore")


def _names(engine: Engine, session: Session, stands: Screening) -> None:
    group = st.radio("Of", GROUPS, format_func=lambda each: TITLES[each], horizontal=True, key="names-of")
    apart = st.radio("Each", tuple(_APART), horizontal=True, key="names-apart")
    wanted = [photo for photo, verdict in stands.verdicts.items() if verdict.group == group]
    names = copies.names(engine, session, wanted)
    st.code(_APART[apart].join(names) or "–", language=None, height=160)


def _folder(settings: Settings, engine: Engine, session: Session, keepers: int) -> None:
    usual = str(session.folder.with_name(f"{session.folder.name} keepers"))
    st.text_input("Folder, inside the folders that Eye Spy may use", value=usual, key=_target(session))
    way = st.radio("As", tuple(_WAYS), format_func=lambda each: _WAYS[each], key="keepers-way")
    st.caption("Another file is never written over; undo takes away what was made and nobody has changed.")
    if session.away:
        st.caption("The folder of this session is away, so nothing can be copied or linked.")
    busy = screening_handed.at_work(engine, session) is not None
    said = f"{_DO[way]} {counted(keepers, 'keeper')}"
    st.button(said, on_click=_make, args=(settings, engine, session, way), disabled=session.away or busy)


def _target(session: Session) -> str:
    return f"keepers-{session.id}"


def _make(settings: Settings, engine: Engine, session: Session, way: str) -> None:
    with frame.telling(_MAKE):
        target = settings.inside(Path(st.session_state[_target(session)].strip()))
        if target == session.folder.resolve():
            raise OwnFolder(target)
        words = ["handoff", session.id, "--to", way, "--folder", str(target)]
        jobs.start(settings, engine, words, title=f"Keepers of {session.name}")
