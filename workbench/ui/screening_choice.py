"""What the Screen page is about: a session of the archive, a folder to screen, or photos that are uploaded."""

from __future__ import annotations

import re
import time
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, BinaryIO

import streamlit as st
from sqlalchemy import Engine

from workbench import jobs
from workbench.archive import browsing, folders, formats, sessions
from workbench.archive.sessions import Session
from workbench.errors import WorkbenchError
from workbench.files import write_whole
from workbench.jobs import Job
from workbench.settings import Settings
from workbench.ui import archive_import, archive_view, choosers, frame, reporting, work
from workbench.ui.table import NUMBER, OPEN, Column, Row, table

FOLDER, NEW = "folder", "new"
UPLOADS = "uploads"
_PATH = "screen-folder"
_COLUMNS = (
    Column("name", "Folder", OPEN),
    Column("photos", "Photos in it", NUMBER),
    Column("folders", "Folders", NUMBER),
)
_NAME = re.compile(r"[^\w .,()’'+-]+")


class NothingUploaded(WorkbenchError):
    """None of the uploaded files is a photo that can be read."""

    def __init__(self) -> None:
        super().__init__("None of these files is a photo that Eye Spy can read. Choose JPEG, PNG, TIFF, HEIC or RAW.")


def new() -> None:
    """Leads to choosing a folder, from inside a callback."""
    st.query_params.from_dict({choosers.VIEW: NEW})


def asked_for_new() -> bool:
    """Whether the address asks for a folder to screen, or for the screening of one that has just begun."""
    return st.query_params.get(choosers.VIEW) == NEW or FOLDER in st.query_params


def choose_new(settings: Settings, engine: Engine) -> None:
    """Draw what leads from a folder to its session: choosing it, then how its import goes."""
    if FOLDER in st.query_params:
        _follow(settings, engine, st.query_params[FOLDER])
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("← Back", type="tertiary", on_click=st.query_params.clear)
        st.markdown("**Screen a folder**", width="stretch")
    left, right = st.columns([3, 2], gap="large")
    with left:
        _browse(settings)
    with right:
        _offer(settings, engine)
        with st.expander("Upload photos instead"):
            _upload(settings, engine)


# ---- a folder


def _browse(settings: Settings) -> None:
    st.session_state.setdefault(_PATH, _first(settings))
    st.text_input("Folder of the session", key=_PATH, placeholder="Type or paste a path, or choose below")
    chosen, wrong = archive_import.where(settings, st.session_state[_PATH].strip())
    if wrong:
        st.error(reporting.plain(wrong))
    there = archive_import.around(settings, chosen, _go)
    if not there:
        st.caption("No folders in here.")
        return
    named = [(one, one.path.name if chosen else str(one.path)) for one in there]
    cells = [Row(str(one.path), {"name": name, "photos": one.photos, "folders": one.folders}) for one, name in named]
    rows = [Row(row.id, row.cells, href=f"screen?{choosers.VIEW}={NEW}") for row in cells]
    table(_COLUMNS, rows, key="screen-folders", label="Folders", tall=True, on_open=_go)


def _first(settings: Settings) -> str:
    photos = [root for root in browsing.roots(settings) if root != settings.datasets]
    return str(photos[0]) if len(photos) == 1 else ""


def _go(folder: str) -> None:
    st.session_state[_PATH] = folder


def _offer(settings: Settings, engine: Engine) -> None:
    chosen = st.session_state[_PATH].strip()
    if not chosen or archive_import.where(settings, chosen)[1]:
        st.info("Choose the folder of a session.")
        return
    real = settings.inside(Path(chosen))
    if browsing.entries(real, archive_import.QUICK) >= archive_import.QUICK:
        st.info("This folder holds very many files. Choose the folder of one session in it.")
        return
    try:
        found = _look(settings, real, int(time.monotonic() / archive_import.FRESH))
    except folders.NothingToImport:
        st.info("No photo in here. Choose another folder.")
        return
    st.markdown(f"**{reporting.plain(found.sentence)}**")
    many = len(found.sessions)
    if st.button(f"Find the blinks in all {many} sessions" if many > 1 else "Find the blinks", type="primary"):
        _start(settings, engine, real)
    st.caption("Originals are only read: they stay where they are, as they are.")


@lru_cache(maxsize=8)
def _look(settings: Settings, folder: Path, moment: int) -> archive_view.Preview:
    """Looked into once for each `moment`, not at every click."""
    return archive_view.preview(folders.plan(folder, settings))


def _start(settings: Settings, engine: Engine, folder: Path) -> None:
    with frame.telling():
        work.import_folder(settings, engine, str(folder), copy=False, screen=True)
        st.query_params.from_dict({FOLDER: str(folder)})
    st.rerun()


# ---- an upload


def _upload(settings: Settings, engine: Engine) -> None:
    st.caption("For photos that are not on this computer. A folder on it is quicker: nothing is copied.")
    name = st.text_input("Name of the session", placeholder="2026-11-20 Ana")
    files = st.file_uploader("Photos", accept_multiple_files=True, label_visibility="collapsed")
    if st.button("Upload and find the blinks", disabled=not (files and name.strip())):
        with frame.telling():
            folder = kept_upload(settings, name, [(file.name, file.getvalue()) for file in files])
            work.import_folder(settings, engine, str(folder), copy=False, screen=True)
            st.query_params.from_dict({FOLDER: str(folder)})
        st.rerun()


def kept_upload(settings: Settings, name: str, files: list[tuple[str, bytes]]) -> Path:
    """Writes uploaded photos below the archive, in a folder of that name, and gives it. Raises NothingUploaded.

    What is no photo is left out; a file that is there already is never written over.
    """
    photos = [(Path(file).name, data) for file, data in files if formats.is_photo(Path(file))]
    if not photos:
        raise NothingUploaded()
    folder = settings.datasets / UPLOADS / (_NAME.sub(" ", name).strip(" .") or "Upload")
    for file, data in photos:
        target = _free(folder / file, data)
        if target is not None:
            write_whole(target, partial(_pour, data))
    return folder


def _pour(data: bytes, opened: BinaryIO) -> None:
    opened.write(data)


def _free(path: Path, data: bytes) -> Path | None:
    """A name that is free; None where this very file is there already."""
    number = 1
    candidate = path
    while candidate.exists():
        if candidate.read_bytes() == data:
            return None
        number += 1
        candidate = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return candidate


# ---- until the session is there


def _follow(settings: Settings, engine: Engine, folder: str) -> None:
    st.fragment(_waiting, run_every=1.0)(engine, Path(folder))
    st.button("Screen another folder", on_click=new)


def _waiting(engine: Engine, folder: Path) -> None:
    session = session_of(engine, folder)
    if session is not None:
        st.query_params.from_dict({frame.SESSION: session.id})
        st.rerun()
    job = importing(engine, folder)
    if job is None:
        st.info(reporting.plain(f"Nothing is known of an import of “{folder}”."))
    elif job.active:
        st.progress(min(1.0, job.done / job.total) if job.total else 0.0, text=reporting.plain(work.sentence(job)))
    else:
        st.warning(reporting.plain(work.outcome(job)))


def importing(engine: Engine, folder: Path) -> Job | None:
    """The newest import of that folder."""
    mine: Any = (job for job in jobs.every(engine) if job.command[:2] == ("import", str(folder)))
    return next(mine, None)


def session_of(engine: Engine, folder: Path) -> Session | None:
    """The session of that folder, or the first one below it."""
    below = [one for one in sessions.every(engine) if one.folder.is_relative_to(folder)]
    return min(below, key=lambda one: (one.folder != folder, one.name), default=None)
