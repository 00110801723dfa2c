"""The Archive page's import: a folder is chosen, looked into, brought in by a job, and summed up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from sqlalchemy import Engine

from workbench import jobs
from workbench.archive import browsing, folders
from workbench.errors import WorkbenchError
from workbench.jobs import Job
from workbench.settings import Settings
from workbench.ui import archive_parts, archive_view, frame, reporting, work
from workbench.ui.table import NUMBER, OPEN, Column, Row, table
from workbench.ui.wording import counted

FOLDER = "folder"
QUICK = 20_000
"""Files and folders that are looked through without being asked to."""
FRESH = 10
"""Seconds for which a look into a folder holds."""
_LOOK = "look"
_LISTED = 100
_IN_FOLDER = (
    Column("name", "Folder", OPEN),
    Column("photos", "Photos in it", NUMBER),
    Column("folders", "Folders in it", NUMBER),
)
_SUMMARY = (
    Column("session", "Session", OPEN),
    *(Column(name, name.capitalize(), NUMBER) for name in ("new", "known", "moved", "duplicate", "unreadable")),
    Column("no_face", "No face", NUMBER),
    Column("labelled", "Labels", NUMBER),
)


def form(settings: Settings, engine: Engine, *, empty: bool) -> None:
    """Choose a folder, see what would come in, start the import, follow it."""
    _default_folder(settings)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.text_input(
            "Folder of a session, or of many sessions", key=FOLDER, placeholder="Type or paste a path, or choose below"
        )
        _browse(settings)
    with right:
        _offer(settings, engine)
        follow(settings, engine)
        if empty:
            _demo(settings, engine)


def _default_folder(settings: Settings) -> None:
    """With one place for photos there is nothing to choose between."""
    photos = [root for root in browsing.roots(settings) if root != settings.datasets]
    if FOLDER not in st.session_state:
        st.session_state[FOLDER] = str(photos[0]) if len(photos) == 1 else ""


def where(settings: Settings, typed: str) -> tuple[Path | None, str]:
    """The folder to look around in for what was typed (None: the allowed places), and what is wrong with that, or “”.

    Where there is no such folder it is the nearest one above it that may be read.
    """
    if not typed:
        return None, ""
    try:
        browsing.below(settings, Path(typed))
        return Path(typed), ""
    except WorkbenchError as error:
        return _nearest(settings, Path(typed)), reporting.sentence(error)


def _nearest(settings: Settings, typed: Path) -> Path | None:
    with suppress(WorkbenchError):
        return next((path for path in browsing.above(settings, typed)[::-1] if path.is_dir()), None)
    return None


def around(settings: Settings, folder: Path | None, go: Callable[[str], None]) -> list[browsing.Folder]:
    """Draw the way to a folder; gives the folders in it, or the allowed places."""
    if folder is None:
        return [browsing.Folder(root, 0, 0) for root in browsing.roots(settings)]
    way(settings, browsing.above(settings, folder), go)
    return browsing.below(settings, folder)


def _browse(settings: Settings) -> None:
    chosen, wrong = where(settings, st.session_state[FOLDER].strip())
    if wrong:
        st.error(reporting.plain(wrong))
    there = around(settings, chosen, _go)
    if not there:
        st.caption("No folders in here.")
        return
    rows = [
        Row(
            str(one.path),
            {"name": one.path.name if chosen else str(one.path), "photos": one.photos, "folders": one.folders},
        )
        for one in there
    ]
    table(
        _IN_FOLDER if chosen else _IN_FOLDER[:1],
        [Row(row.id, row.cells, href="archive?view=import") for row in rows],
        key="folders-table",
        label="Folders",
        tall=True,
        on_open=_go,
    )


def way(settings: Settings, steps: list[Path], go: Callable[[str], None]) -> None:
    """The way down to the folder, each step of it a button that says to `go` there."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if len(browsing.roots(settings)) > 1:
            st.button("All places", type="tertiary", on_click=go, args=("",))
        for number, path in enumerate(steps):
            said = reporting.plain(str(path) if number == 0 else path.name)
            if number == len(steps) - 1:
                st.markdown(f"**{said}**", width="content")
            else:
                st.button(said, key=f"way-{path}", type="tertiary", on_click=go, args=(str(path),))


def _go(folder: str) -> None:
    st.session_state[FOLDER] = folder


# ---- what would come in


def _offer(settings: Settings, engine: Engine) -> None:
    folder = st.session_state[FOLDER].strip()
    if not folder or where(settings, folder)[1]:
        st.info("Choose the folder of a session, or a folder that holds sessions.")
        return
    real = settings.inside(Path(folder))
    if browsing.entries(real, QUICK) >= QUICK and st.session_state.get(_LOOK) != folder:
        st.info(
            "This folder holds very many files. Choose a folder in it, or look through all of it; that takes a while."
        )
        st.button("Look through it", on_click=lambda: st.session_state.update({_LOOK: folder}))
        return
    try:
        with st.spinner("Looking into the folder …"):
            found = _preview(settings, real, int(time.monotonic() / FRESH))
    except folders.NothingToImport:
        st.info("No photo in here. Choose another folder.")
        return
    st.markdown(f"**{found.sentence}**")
    _listing(found)
    _start(settings, engine, str(real))


@lru_cache(maxsize=8)
def _preview(settings: Settings, folder: Path, moment: int) -> archive_view.Preview:
    """Looked into once for each `moment`, not at every click."""
    return archive_view.preview(folders.plan(folder, settings))


def _listing(found: archive_view.Preview) -> None:
    if len(found.sessions) > 1:
        with st.expander(f"The {len(found.sessions)} sessions"):
            _lines(f"{name}: {counted(photos, 'photo')}" for name, photos in found.sessions)
    if found.problems:
        with st.expander(f"{counted(len(found.problems), 'file')} that cannot be taken"):
            _lines(f"{problem.name}: {problem.reason}" for problem in found.problems)


def _start(settings: Settings, engine: Engine, folder: str) -> None:
    copy = st.radio(
        "Originals",
        [False, True],
        format_func={False: "Leave them where they are", True: "Copy them into the archive"}.get,
        captions=["They are only read, never changed", "For cards and drives that go away"],
        label_visibility="collapsed",
    )
    screen = st.checkbox("Look for blinks when they are in", value=True)
    if st.button("Import", type="primary"):
        with frame.telling():
            work.import_folder(settings, engine, folder, copy=bool(copy), screen=screen)
        st.rerun()


# ---- how it goes


def follow(settings: Settings, engine: Engine) -> None:
    """The newest import: live while it runs, then its summary."""
    newest = next((job for job in jobs.every(engine) if job.command[0] in ("import", "demo")), None)
    if newest is None:
        return
    if newest.active:
        st.fragment(_live, run_every=1.0)(engine, newest.id)
    elif newest.result:
        summed_up(newest)


def _live(engine: Engine, job_id: str) -> None:
    job = jobs.find(engine, job_id)
    st.progress(min(1.0, job.done / job.total) if job.total else 0.0, text=reporting.plain(work.sentence(job)))


def summed_up(job: Job) -> None:
    """What an import did: a row for each session, then every file that wants attention by name and reason."""
    done: list[dict[str, Any]] = (job.result or {}).get("sessions", [])
    st.markdown(f"**{reporting.plain(work.imported(job.result or {}))}**")
    rows = [
        Row(
            one["id"],
            {column.name: one.get(column.name, 0) for column in _SUMMARY},
            href=f"archive?session={one['id']}",
        )
        for one in done
        if "id" in one
    ]
    table(
        _SUMMARY, rows, key=f"imported-{job.id}", label="What the last import did", on_open=archive_parts.open_session
    )
    problems = [
        f"{one['session']}: {each['name']}: {each['reason']}" for one in done for each in one.get("problems", [])
    ]
    notes = [f"{one['session']}: {each['name']}: {each['reason']}" for one in done for each in one.get("notes", [])]
    gone = [
        f"{one['session']}: {counted(one['gone'], 'known file')} not in the folder now; labels are kept"
        for one in done
        if one.get("gone")
    ]
    missing = [
        f"{one['session']}: {name}: named in labels.csv, but not there"
        for one in done
        for name in one.get("missing", [])
    ]
    for title, lines in (("could not be read", problems), ("to know of", [*notes, *gone, *missing])):
        if lines:
            with st.expander(f"{counted(len(lines), 'file')} {title}"):
                _lines(lines)


def _lines(lines: Iterable[str]) -> None:
    """Lines of text as they stand, the first hundred of them."""
    known = list(lines)
    rest = [f"… and {len(known) - _LISTED:,} more"] if len(known) > _LISTED else []
    st.text("\n".join([*known[:_LISTED], *rest]))


def _demo(settings: Settings, engine: Engine) -> None:
    st.divider()
    st.markdown("**Or look around first** in two demo sessions, made from public-domain portraits.")
    if st.button("Make the demo sessions"):
        with frame.telling():
            work.make_demo(settings, engine)
        st.rerun()
