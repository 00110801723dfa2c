"""A table of our own: rows that open, cells that are edited in place; constant HTML, CSS and JavaScript beside this.

Streamlit's own tables need pandas (0.75 s and 70 MB more before the first paint, measured) and draw on a canvas; this
one is a plain HTML table, so that a screen reader, the keyboard and the browser's search know what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent
OPEN, TEXT, NUMBER, EDIT = "open", "text", "number", "edit"
KINDS = (OPEN, TEXT, NUMBER, EDIT)


@dataclass(frozen=True)
class Column:
    """A column: `kind` says what its cells are, `options` what is suggested where they are edited."""

    name: str
    title: str
    kind: str = TEXT
    options: tuple[str, ...] = ()
    help: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {KINDS}, got {self.kind!r} for column {self.name}")


@dataclass(frozen=True)
class Row:
    """A row: what stands in its cells by column, and the address that its OPEN cell leads to.

    `label` names it where a cell is edited, for who cannot see it; a `locked` row is not edited.
    """

    id: str
    cells: Mapping[str, str | int]
    href: str = ""
    label: str = ""
    locked: bool = False


@dataclass(frozen=True)
class Edit:
    """One cell that was changed: what stood there when it was, and what was written."""

    row: str
    column: str
    before: str
    value: str


def _text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


_TABLE = st.components.v2.component(
    "eyespy_table", html=_text("table.html"), css=_text("table.css"), js=_text("table.js")
)


def table(
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    key: str,
    label: str,
    tall: bool = False,
    on_open: Callable[[str], None] = lambda row: None,
    on_edit: Callable[[Edit], None] = lambda edit: None,
) -> None:
    """Draw a table; `label` names it for who cannot see it, `tall` lets it take what the window has left.

    `on_open` hears the id of a row that was opened, `on_edit` each edit once, in order, however often it is sent.
    """
    shown: dict[str, Any] = {
        # Tuples: in a list Streamlit would look for data frames, and import pandas and pyarrow to do so.
        "columns": tuple(asdict(column) for column in columns),
        "rows": tuple(asdict(row) for row in rows),
        "scope": key,
        "label": label,
        "tall": tall,
        "heard": st.session_state.get(_heard(key), 0),
    }
    _TABLE(
        key=key,
        data=shown,
        on_opened_change=partial(_opened, key, on_open),
        on_edits_change=partial(_edited, key, on_edit),
    )


def unheard(said: Any, heard: int) -> list[tuple[int, Edit]]:
    """The edits that a browser sent and that were not heard before, in order; what is malformed is left out."""
    fresh = {}
    for each in said if isinstance(said, list | tuple) else ():
        number, *rest = (each.get(name) for name in ("seq", "row", "column", "before", "value"))
        if isinstance(number, int) and number > heard and all(isinstance(text, str) for text in rest):
            fresh[number] = Edit(*rest)
    return sorted(fresh.items())


def _heard(key: str) -> str:
    return f"{key}-heard"


def _opened(key: str, on_open: Callable[[str], None]) -> None:
    row = st.session_state[key].get("opened")
    if isinstance(row, str):
        on_open(row)


def _edited(key: str, on_edit: Callable[[Edit], None]) -> None:
    for number, edit in unheard(st.session_state[key].get("edits"), st.session_state.get(_heard(key), 0)):
        on_edit(edit)
        st.session_state[_heard(key)] = number
