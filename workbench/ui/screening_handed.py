"""What came of hand-offs on the page: how one goes, what it did, what has changed since, and the way back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import streamlit as st
from sqlalchemy import Engine

from workbench import jobs
from workbench.archive.sessions import Session
from workbench.jobs import Job
from workbench.screening import copies, handoff
from workbench.screening.handoff import Handoff
from workbench.screening.journal import Journal
from workbench.screening.presets import PRESETS
from workbench.screening.review import Decision
from workbench.screening.screen import GROUPS, KEEP, Screening
from workbench.settings import Settings
from workbench.ui import frame, reporting, screening_handoff_view, work
from workbench.ui.wording import counted

EDITOR, FOLDER = "editor", "folder"
"""The two parts of the page that hand over: into the photos for an editor, and the keepers into a folder."""
BESIDE = "handoff-undo"
_UNDO = "--undo"
_LINES, _SHOWN = 200, 8


def at_work(engine: Engine, session: Session) -> Job | None:
    """The job that hands this session over, or takes it back, at this moment."""
    made = handoff.every(engine, session.id)
    return next((job for job in jobs.active(engine) if _part(job, session, made)), None)


def _part(job: Job, session: Session, made: Sequence[Handoff]) -> str | None:
    """Which part of the page such a job belongs to; None for one that does not hand this session over."""
    if job.command[0] != "handoff":
        return None
    undone = next((one for one in made if one.id in job.command), None)
    if undone is not None:
        return EDITOR if undone.kind == handoff.XMP else FOLDER
    if session.id not in job.command:
        return None
    return EDITOR if handoff.XMP in job.command else FOLDER


def live(engine: Engine, job: Job) -> None:
    """Draw how far a hand-off is."""
    st.fragment(_live, run_every=1.0)(engine, job.id)


def _live(engine: Engine, job_id: str) -> None:
    job = jobs.find(engine, job_id)
    if not job.active:
        st.rerun()
    st.progress(min(1.0, job.done / job.total) if job.total else 0.0, text=reporting.plain(work.sentence(job)))


# ---- what came of it


def came(
    settings: Settings,
    engine: Engine,
    session: Session,
    part: str,
    stands: Screening,
    decisions: Mapping[str, Decision],
) -> None:
    """Draw what the newest job of a part did; `stands` are the groups after review. One that was undone is passed."""
    made = handoff.every(engine, session.id)
    job = next((job for job in jobs.every(engine) if not job.active and _part(job, session, made) == part), None)
    if job is None:
        return
    result = job.result or {}
    if not result:
        st.warning(reporting.plain(work.outcome(job)))
        return
    done = next((one for one in made if one.id in (result.get("undone"), result.get("handoff"))), None)
    if done is not None and done.undone_at is not None and "undone" not in result:
        return
    entries = Journal(settings, engine).entries(done.id) if done else []
    at = job.finished_at or job.created_at
    if "undone" in result:
        said = screening_handoff_view.taken_back(result, at, screening_handoff_view.by_fields(entries))
    else:
        said = screening_handoff_view.came(result, at)
    lines = screening_handoff_view.problem_lines(result)
    (st.warning if lines else st.success)(reporting.plain(said))
    if done is not None and "undone" not in result:
        changed = screening_handoff_view.changed_since(entries, stands, decisions, at, _gives(done))
        _since(changed)
    if part == EDITOR and result.get("written"):
        preset = PRESETS.get(str(done.options.get("preset"))) if done else None
        what = str(result.get("afterwards") or (preset.afterwards if preset else ""))
        _afterwards(engine, session, what, {str(one.photo_id) for one in entries})
    if lines:
        with st.expander(f"{counted(len(lines), 'file')} to know of"):
            st.text("\n".join(lines[:_LINES]))


def _gives(done: Handoff) -> set[str]:
    """The groups that a hand-off gives something to."""
    if done.kind != handoff.XMP:
        return {KEEP}
    return {group for group in GROUPS if done.options.get("colours", {}).get(group)}


def _since(changed: int) -> None:
    if changed:
        st.info(f"{counted(changed, 'decision')} {'has' if changed == 1 else 'have'} changed since.")


def _afterwards(engine: Engine, session: Session, what: str, photos: Collection[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if what:
            st.markdown(f"**Now in your editor:** {reporting.plain(what)}", width="content")
        names(engine, session, photos, key="written")


def names(engine: Engine, session: Session, photos: Collection[str], *, key: str) -> None:
    """“Copy these 15 names”: the names of photos, to find them by in the editor."""
    found = copies.names(engine, session, photos)
    if found:
        with st.popover(f"Copy these {len(found):,} names" if len(found) > 1 else "Copy this name", key=f"names-{key}"):
            st.code(" ".join(found), language=None, wrap_lines=True)


# ---- earlier ones, and back


def earlier(settings: Settings, engine: Engine, session: Session) -> None:
    """Draw the hand-offs that were made, also those that were undone, each with its way back where there is one."""
    found = [one for one in handoff.every(engine, session.id) if one.written or one.undone]
    if not found:
        return
    st.markdown("**Handed off**")
    frame.say_told(BESIDE)
    can = screening_handoff_view.newest(found)
    for one in found[:_SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(reporting.plain(screening_handoff_view.earlier(one)), width="stretch")
            if one.id in can:
                _way_back(settings, engine, session, one)
            elif one.stands:
                st.caption("after the newer one", width="content")
    if any(one.id in can and _first(one) for one in found):
        st.caption(
            f"Before you undo: {reporting.plain(next(_first(one) for one in found if one.id in can and _first(one)))}"
        )


def _first(one: Handoff) -> str:
    preset: Any = PRESETS.get(str(one.options.get("preset")))
    return str(preset.first) if preset else ""


def _way_back(settings: Settings, engine: Engine, session: Session, one: Handoff) -> None:
    away = session.away and one.kind == handoff.XMP
    st.button(
        "Undo hand-off",
        key=f"undo-{one.id}",
        on_click=_undo,
        args=(settings, engine, session, one.id),
        disabled=away,
        help="The folder of this session is away." if away else None,
    )


def _undo(settings: Settings, engine: Engine, session: Session, handoff_id: str) -> None:
    with frame.telling(BESIDE):
        words = ["handoff", session.id, _UNDO, handoff_id]
        jobs.start(settings, engine, words, title=f"Undo the hand-off of {session.name}")
