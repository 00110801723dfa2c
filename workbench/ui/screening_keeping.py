"""Beside the hand-off: corrections kept as labels, and the keepers as copies, links, a table or a list of names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st
from sqlalchemy import Engine

from workbench import jobs
from workbench.archive.photos import Photo
from workbench.archive.sessions import Session
from workbench.faults import BLINK as FAULT
from workbench.screening import copies, review
from workbench.screening.review import Decision
from workbench.screening.screen import GROUPS, KEEP, Screening
from workbench.settings import Settings
from workbench.ui import frame, reporting, screening_handoff_view
from workbench.ui.screening_view import TITLES
from workbench.ui.wording import counted

_KEPT = "screen-kept"
_APART = {"on a line": "\n", "after a space": " ", "after a comma": ", "}
_COPIES, _LINKS = "copies", "links"
_WAYS = {_COPIES: "Copies", _LINKS: "Links, which take no room"}


def labels(settings: Settings, engine: Engine, session: Session) -> None:
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
    else:
        st.caption("Every decision is a label, or there is none yet.")


def _keep(settings: Settings, engine: Engine, session: Session) -> None:
    with frame.telling():
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
        _folder(settings, engine, session)
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


def _folder(settings: Settings, engine: Engine, session: Session) -> None:
    usual = str(session.folder.with_name(f"{session.folder.name} keepers"))
    folder = st.text_input("Folder, inside the folders that Eye Spy may use", value=usual, key=f"keepers-{session.id}")
    way = st.radio("As", tuple(_WAYS), format_func=lambda each: _WAYS[each], key="keepers-way")
    st.caption("Another file is never written over; undo takes away what was made and nobody has changed.")
    st.button("Make them", on_click=_make, args=(settings, engine, session, folder, way))


def _make(settings: Settings, engine: Engine, session: Session, folder: str, way: str) -> None:
    with frame.telling():
        target = settings.inside(Path(folder.strip()))
        words = ["handoff", session.id, "--to", way, "--folder", str(target)]
        jobs.start(settings, engine, words, title=f"Keepers of {session.name}")
