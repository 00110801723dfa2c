"""Running work as every page shows it: one line with what is going on, how long it takes, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

import streamlit as st
from sqlalchemy import Engine

from workbench import jobs
from workbench.archive import sessions, tables
from workbench.archive.sessions import Session
from workbench.jobs import Job
from workbench.screening.presets import PRESETS
from workbench.settings import Settings
from workbench.ui import frame, place, reporting
from workbench.ui.wording import counted, listed, time_left

_DOING = {"import": "Importing", "copy": "Copying", "screen": "Screening"}
_IMPORTED = {
    "new": "new",
    "moved": "moved",
    "known": "known",
    "duplicate": "also elsewhere in the archive",
    "unreadable": "unreadable",
}
_PUT = {"xmp": "written for", "copies": "copied to", "links": "linked in"}


# ---- what is said


def sentence(job: Job, *, figures: bool = True) -> str:
    """One line about a job: “Importing Ana — 120 of 412 · 35 s left”, or how it ended.

    Without `figures` where the page itself says how far it is: two counts would contradict one another.
    """
    if not job.active:
        return outcome(job)
    if job.cancel_asked_at:
        return f"Cancelling: {job.title}"
    if job.status == "queued":
        return f"Waiting: {job.title}"
    if not figures:
        return f"{_doing(job)} …"
    left = job.seconds_left(tables.now())
    far = listed([f"{job.done:,} of {job.total:,}" if job.total else "", time_left(left) if left is not None else ""])
    return f"{_doing(job)} — {far}" if far else f"{_doing(job)} …"


def outcome(job: Job) -> str:
    """How an ended job ended, with the figures of what it gave."""
    result = job.result or {}
    if job.status == "done":
        return _done(job.command[0], job.title, result)
    if job.status == "cancelled":
        return f"{job.title}: cancelled. What was done is kept."
    return f"{job.title}: {job.message or job.status}"


def _done(kind: str, title: str, result: dict[str, Any]) -> str:
    if kind == "import":
        return imported(result)
    if kind == "screen":
        return screened(title, result)
    if kind in ("train", "tune"):
        return learnt(kind, title, result)
    if kind == "evaluate":
        return evaluated(result)
    if kind == "handoff":
        return handed(title, result)
    return "The demo sessions are ready" if kind == "demo" else f"{title}: done"


def evaluated(result: dict[str, Any]) -> str:
    """What an evaluation was of, and what its audit raised."""
    raised = sum(flag.get("raised", False) for flag in (result.get("audit") or {}).get("flags", []))
    warned = f"{counted(raised, 'flag')} raised" if raised else ""
    return (
        f"Evaluated {result.get('model', '')}: {listed([counted(result.get('photos', 0), 'labelled photo'), warned])}"
    )


def imported(result: dict[str, Any]) -> str:
    """An import's summary in a line."""
    done = result.get("sessions", [])
    name = done[0]["session"] if len(done) == 1 else counted(len(done), "session")
    sums = {kind: sum(each.get(kind, 0) for each in done) for kind in (*_IMPORTED, "no_face")}
    parts = [f"{sums[kind]:,} {words}" for kind, words in _IMPORTED.items() if sums[kind]] or ["nothing new"]
    faceless = [f"{sums['no_face']:,} without a face"] if sums["no_face"] else []
    return f"Imported {name}: {listed([*parts, *faceless])}"


def screened(title: str, result: dict[str, Any]) -> str:
    """A screening's counts in a line."""
    found = result.get("counts", {})
    parts = [
        counted(found.get("blink", 0), "blink"),
        f"{found.get('cant_tell', 0):,} can’t tell",
        f"{found.get('keep', 0):,} keep",
    ]
    return f"Screened {result.get('session', title)}: {listed(parts)}"


def handed(title: str, result: dict[str, Any]) -> str:
    """How many files a hand-off, or its undo, wrote, and for which editor or where to."""
    failed = len(result.get("problems", []))
    preset = PRESETS.get(result.get("preset", ""))
    target = preset.title if preset else PurePath(result.get("folder", "")).name
    put = f"{_PUT[result['to']]} {target}" if target and result.get("to") in _PUT else "written"
    wrote = f"{counted(result.get('written', 0), 'file')} {'taken back' if 'undone' in result else put}"
    return f"{title}: {listed([wrote, f'{failed:,} could not be' if failed else ''])}"


def learnt(kind: str, title: str, result: dict[str, Any]) -> str:
    """What a training or a search gave, in a line."""
    if kind == "tune":
        found = counted(result.get("trials", 0), "trial")
        return f"Searched {found}: {_first_sentence(result.get('verdict')) or 'no winner'}"
    if "sizes" in result:
        return f"{title}: {result.get('sentence') or 'done'}"
    return f"Trained {result.get('version', title)}. {_first_sentence(result.get('comparison'))}".strip()


def _first_sentence(text: str | None) -> str:
    """The line has room for one; the page that it leads to says the rest."""
    first, stop, _ = (text or "").partition(". ")
    return first + stop.strip()


def leads_to(job: Job) -> tuple[str, dict[str, str]] | None:
    """The page that shows what a done job gave, with its address; None where there is nothing to show."""
    result = job.result or {}
    if job.status != "done":
        return None
    if job.command[0] in ("screen", "handoff"):
        return "screen", {frame.SESSION: job.command[1]}
    if job.command[0] in ("train", "tune"):
        return "tune", _on_tune(job.command[0], result)
    if job.command[0] in ("evaluate", "explain"):
        return "inspect", _on_inspect(job.command[0], result)
    done = result.get("sessions", [])
    return "archive", {frame.SESSION: done[0]["id"]} if len(done) == 1 and "id" in done[0] else {}


def _on_tune(kind: str, result: dict[str, Any]) -> dict[str, str]:
    if kind == "tune":
        return {"view": "searches", "search": str(result.get("search", ""))}
    return {"view": "labels"} if "sizes" in result else {"model": str(result.get("version", ""))}


def _on_inspect(kind: str, result: dict[str, Any]) -> dict[str, str]:
    if "model" not in result:
        return {}
    model, explained = {"model": str(result["model"])}, result.get("photos", [])
    return {**model, "view": "why", "photo": str(explained[0]["photo"])} if kind == "explain" and explained else model


def sessions_in_hand(active: Iterable[Job], those: Iterable[Session]) -> set[str]:
    """Ids of those sessions that waiting or running jobs are about: nobody needs to be told to begin with them."""
    known = list(those)
    return {
        session.id
        for job in active
        for session in known
        if session.id in job.command
        or job.message.partition(" ")[2] == session.name
        or any(session.folder.is_relative_to(word) for word in job.command if word.startswith("/"))
    }


def foremost(found: Sequence[Job], dismissed: Sequence[str]) -> Job | None:
    """The job that the line is about: a running one, else one that went wrong, else the newest that ended."""
    active = sorted((job for job in found if job.active), key=lambda job: (job.status == "queued", job.created_at))
    news = [job for job in found if not job.active and job.id not in dismissed]
    wrong = [job for job in news if job.status in ("lost", "failed")]
    return next(iter([*active, *wrong, *news]), None)


def _doing(job: Job) -> str:
    verb, _, name = job.message.partition(" ")
    return f"{_DOING[verb]} {name}" if verb in _DOING else job.message or job.title


# ---- what is started


def import_folder(settings: Settings, engine: Engine, folder: str, *, copy: bool, screen: bool) -> Job:
    """A job that imports a folder, by copy or by link, and screens what came in."""
    options = [*(["--copy"] if copy else []), *(["--screen"] if screen else [])]
    name = folder.rstrip("/").rpartition("/")[2] or folder
    return jobs.start(settings, engine, ["import", folder, *options], title=f"Import {name}")


def screen_session(settings: Settings, engine: Engine, session: Session) -> Job:
    """A job that screens a session."""
    return jobs.start(settings, engine, ["screen", session.id], title=f"Screen {session.name}")


def make_demo(settings: Settings, engine: Engine) -> Job:
    """A job that makes, imports and screens the demo sessions."""
    return jobs.start(settings, engine, ["demo"], title="Make the demo sessions")


def retrain(settings: Settings, engine: Engine) -> Job:
    """A job that trains the standard network on all labels."""
    return jobs.start(settings, engine, ["train"], title="Retrain")


def search_networks(settings: Settings, engine: Engine, preset: str, minutes: int, objective: str) -> Job:
    """A job that searches for better settings; the same on the same labels goes on where it was."""
    options = ["--preset", preset, "--minutes", str(minutes), "--objective", objective]
    return jobs.start(settings, engine, ["tune", *options], title=f"Search ({preset})")


def try_fewer_labels(settings: Settings, engine: Engine) -> Job:
    """A job that trains on a part of the labels, to tell what more of them would bring."""
    return jobs.start(settings, engine, ["train", "--sizes"], title="Try with fewer labels")


# ---- what is drawn


def status(settings: Settings, engine: Engine, page: str) -> None:
    """Draw the line; it runs by itself each second as long as there is work, and the whole page once that changes."""
    known = frozenset(job.id for job in jobs.active(engine))
    st.fragment(_line, run_every=1.0 if known else None)(settings, engine, known, page)


def _line(settings: Settings, engine: Engine, known: frozenset[str], page: str) -> None:
    found = jobs.refresh(settings, engine)
    active = frozenset(job.id for job in found if job.active)
    if active != known:
        st.rerun()
    job = foremost(found, place.last(settings).dismissed)
    if job is None:
        return
    waiting = len(active) - 1 if job.active else 0
    with st.container(key="work", horizontal=True, vertical_alignment="center", gap="small", width="content"):
        words = sentence(job, figures=not (page == "screen" and _shown(settings, engine, job)))
        said = reporting.plain(words) + (f" :gray[· {waiting} more waiting]" if waiting > 0 else "")
        st.markdown(said, width="content", help=words if len(words) > 70 else None)
        _buttons(settings, engine, job)


def _shown(settings: Settings, engine: Engine, job: Job) -> bool:
    """Whether the Screen page shows at this moment how far this very job is."""
    asked, known = frame.asked_session(settings), sessions.every(engine)
    shown = [one for one in known if asked in (one.id, one.name)] or known[:1]
    brings_in = job.command[0] in ("import", "screen", "demo")
    return brings_in and bool(shown) and bool(sessions_in_hand([job], shown))


def _buttons(settings: Settings, engine: Engine, job: Job) -> None:
    if job.active:
        if not job.cancel_asked_at:
            _button("Cancel", jobs.cancel, settings, engine, job)
        return
    target = leads_to(job)
    if target and st.button("Show", key=f"show-{job.id}", type="tertiary"):
        st.switch_page(frame.page(target[0]), query_params=target[1])
    if job.resumable:
        _button("Resume", jobs.resume, settings, engine, job)
    if st.button("✕", key=f"dismiss-{job.id}", type="tertiary", help="Dismiss"):
        _dismiss(settings, engine, job)
        st.rerun()


def _button(label: str, act: Any, settings: Settings, engine: Engine, job: Job) -> None:
    if st.button(label, key=f"{label}-{job.id}", type="tertiary"):
        with frame.telling():
            act(settings, engine, job.id)
        st.rerun()


def _dismiss(settings: Settings, engine: Engine, job: Job) -> None:
    """Puts away a job's outcome, and with it the older ones that went well."""
    before = place.last(settings)
    well = [each.id for each in jobs.every(engine) if each.status == "done" and each.created_at <= job.created_at]
    gone = dict.fromkeys((*before.dismissed, *well, job.id))
    place.remember(settings, replace(before, dismissed=tuple(gone)))
