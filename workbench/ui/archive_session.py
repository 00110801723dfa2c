"""One session on the Archive page: its figures and tags, what to do with it, and all its photos."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import streamlit as st
from sqlalchemy import Engine

from workbench import jobs
from workbench.archive import forgetting, labels, photos, relinking, sessions
from workbench.archive.overview import Overview
from workbench.faults import BLINK
from workbench.learning import traces
from workbench.screening import screen, settling
from workbench.settings import Settings
from workbench.ui import archive_parts, archive_view, contact, frame, reporting, work
from workbench.ui.components import grid
from workbench.ui.table import table
from workbench.ui.wording import counted
from workbench.vision import store


def show(settings: Settings, engine: Engine, asked: str, overviews: Sequence[Overview]) -> None:
    """The session that the address names. Raises UnknownSession."""
    session = sessions.find(engine, asked)
    known = next(one for one in overviews if one.session.id == session.id)
    screening = screen.latest(engine, session.id)
    _head(settings, engine, known, screened=screening is not None)
    _figures(engine, known, overviews, screening.at if screening else None)
    if known.away:
        _relink(settings, engine, session)
    _sheet(engine, session, screening)


def _head(settings: Settings, engine: Engine, known: Overview, *, screened: bool) -> None:
    session = known.session
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("← All sessions", type="tertiary", on_click=archive_parts.show_view, args=("sessions",))
        st.markdown(f"**{reporting.plain(session.name)}**", width="stretch")
        st.button(
            "Screen again" if screened else "Screen this session",
            type="secondary" if screened else "primary",
            disabled=known.away,
            on_click=archive_parts.screen,
            args=(settings, engine, session),
        )
        st.button("Import again", disabled=known.away, on_click=_import_again, args=(settings, engine, session))
        if st.button("Forget …"):
            st.dialog(f"Forget “{reporting.plain(session.name)}”?")(_confirm)(settings, engine, session)


def _figures(engine: Engine, known: Overview, overviews: Sequence[Overview], at: datetime | None) -> None:
    table(
        archive_view.columns(overviews, opens=False),
        [archive_view.row(known, at)],
        key=f"session-{known.session.id}",
        label=f"Figures and tags of {known.session.name}",
        on_edit=lambda edit: archive_parts.write_tag(engine, edit),
    )


def _sheet(engine: Engine, session: sessions.Session, screening: screen.Screening | None) -> None:
    shown = photos.of_session(engine, session.id)
    problems = photos.problems(engine, session.id)
    groups = contact.sheet(shown, screening, labels.current(engine, BLINK, session.id))
    if any(group.photos for group in groups):
        grid(groups, scope=session.id, aspect=contact.aspect(shown), below=52 if problems else 8)
    else:
        st.info("No photo of this session can be shown.")
    if problems:
        with st.expander(f"{counted(len(problems), 'file')} could not be read"):
            for problem in problems:
                st.text(f"{problem.name}: {problem.reason}")


def _import_again(settings: Settings, engine: Engine, session: sessions.Session) -> None:
    with frame.telling():
        work.import_folder(settings, engine, str(session.folder), copy=False, screen=False)


# ---- a folder that is away


def _relink(settings: Settings, engine: Engine, session: sessions.Session) -> None:
    st.warning(
        reporting.plain(
            f"The folder of this session is away ({session.folder}). Plug in its drive and reload this page, or say "
            f"where the photos are now. Labels and previews are kept."
        )
    )
    with st.form("relink", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        folder = st.text_input("Where the photos are now", placeholder="Path of the folder")
        if st.form_submit_button("Find them there") and folder.strip():
            with frame.telling():
                found = relinking.relink(settings, engine, session, Path(folder.strip()))
                frame.tell(f"“{found.name}” is now linked to {found.folder}.")
            st.rerun()


# ---- forgetting


def _confirm(settings: Settings, engine: Engine, session: sessions.Session) -> None:
    would = _forget(settings, engine, session, dry_run=True)
    originals = "" if would.copies else f" The photos in {session.folder} stay as they are."
    st.write(reporting.plain(f"This erases {archive_view.going(would)}.{originals} {would.stays} It cannot be undone."))
    with st.container(horizontal=True):
        if st.button("Erase it all", on_click=_erase, args=(settings, engine, session)):
            st.rerun()
        if st.button("Keep the session", type="primary"):
            st.rerun()


def _erase(settings: Settings, engine: Engine, session: sessions.Session) -> None:
    with frame.telling():
        jobs.require_rest(engine)
        jobs.forget(settings, engine, jobs.words_of(engine, session))
        done = _forget(settings, engine, session, dry_run=False)
        erased = f"“{session.name}” is forgotten: {archive_view.going(done)} were erased."
        frame.tell(f"{erased} {done.stays}".strip())
        archive_parts.show_view("sessions")


def _forget(settings: Settings, engine: Engine, session: sessions.Session, *, dry_run: bool) -> forgetting.Forgotten:
    return forgetting.forget(
        settings,
        engine,
        session,
        forget_views=lambda ids: store.forget(settings, ids),
        forget_models=partial(traces.forget, settings),
        handing_over=partial(settling.at_rest, settings, engine),
        dry_run=dry_run,
    )
