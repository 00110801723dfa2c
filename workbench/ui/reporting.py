"""The end of every error on a page: a named one as its sentence, any other as a calm one and a log entry."""

from __future__ import annotations

import logging
import logging.handlers
import re
from pathlib import Path

import streamlit as st

from workbench.errors import WorkbenchError
from workbench.settings import Settings

LOG = logging.getLogger("eyespy")


def report(error: Exception) -> bool:
    """Tell of `error` on the page that is being drawn. Gives True: it is dealt with."""
    if isinstance(error, WorkbenchError):
        st.error(plain(sentence(error)))
    else:
        LOG.error("A page failed", exc_info=error)
        st.error("Something went wrong on this page. Reload it; what happened is in the log, workbench.log.")
    return True


def sentence(error: WorkbenchError) -> str:
    """What a page says of a named error: without commands, where there is another way on the page."""
    return error.on_page or str(error)


def plain(text: str) -> str:
    """`text` as Markdown that shows it as it stands, but for `code`: names of folders may hold any sign."""
    pieces = text.split("`")
    pieces[::2] = [re.sub(r"([\\*_\[\]<>$#~:])", r"\\\1", piece) for piece in pieces[::2]]
    return "`".join(pieces)


def log_file(settings: Settings) -> Path:
    """Where the workbench writes what went wrong."""
    return settings.datasets / "workbench.log"


def log_to(path: Path) -> None:
    """Keep what goes wrong in the file `path`, at most a few megabytes of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=1_000_000, backupCount=2, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    LOG.handlers[:] = [handler]
    LOG.propagate = False
