"""Photos as close-ups of their eyes, for every part of the Inspect page that shows some; Enter opens one large."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from sqlalchemy import Engine, Row, and_, func, select

from workbench.archive import tables
from workbench.archive.photos import Photo
from workbench.faults import Fault
from workbench.learning import queues
from workbench.learning.inspection import Judged
from workbench.ui import frame, inspect_gallery_view, labelling_choice, tiles
from workbench.ui.components import Group, Tile, grid
from workbench.ui.wording import listed

SHAPE = 8 / 3
"""Width over height of both eyes side by side."""
MOST = 120
"""Photos that a sheet shows at most: nobody looks at more before doing something about them."""
_EDGE = 8


@dataclass(frozen=True)
class Shown:
    """A photo where it lies, the label that stands (None: none) with who gave it, and what the model said of it."""

    photo: Photo
    session: str
    value: str | None = None
    labeller: str = ""
    probability: float | None = None


def of(engine: Engine, fault: Fault, model: str, ids: Sequence[str]) -> list[Shown]:
    """The photos of those ids, in that order, with the model's stored answer; what was forgotten is left out."""
    known = {row.id: row for row in _rows(engine, fault, model, ids)}
    return [_shown(known[one]) for one in dict.fromkeys(ids) if one in known]


def judged_so(found: Sequence[Shown], judged: Judged) -> list[Shown]:
    """The same photos with what `judged` says of them: an out-of-fold answer stands before the stored one.

    A few are looked up in the order of their ids, in which `judged` is.
    """
    ids = np.array([one.photo.id for one in found], judged.photos.dtype)
    rows = np.searchsorted(judged.photos, ids).clip(max=max(0, len(judged) - 1))
    there = judged.photos[rows] == ids if len(judged) else np.zeros(len(ids), bool)
    return [
        _saying(one, float(judged.probability[row]) if known else one.probability)
        for one, row, known in zip(found, rows, there, strict=True)
    ]


def tile(shown: Shown, threshold: float) -> Tile:
    """A close-up with the model's opinion; where no face was found, the photo itself."""
    facts = tiles.facts(shown.photo)
    label = f"labelled {shown.value} by {shown.labeller}" if shown.value else "not labelled"
    opinion = inspect_gallery_view.opinion(shown.probability, threshold)
    said = f"the model says {opinion['label']}" if shown.probability is not None else "not judged"
    about: dict[str, Any] = {**facts, **opinion, "thumb": facts["eyes"] or facts["thumb"]}
    return Tile(**about, note=listed([shown.session, label, said]))


def groups(parts: Mapping[str, Sequence[Shown]], threshold: float) -> list[Group]:
    """The photos under their headings."""
    return [Group(title, "", tuple(tile(one, threshold) for one in some)) for title, some in parts.items()]


def show(
    parts: Mapping[str, Sequence[Shown]],
    threshold: float,
    *,
    scope: str,
    on_pick: Callable[[str], None] | None = None,
) -> None:
    """Draw the photos over the rest of the window. `scope` names what is shown: while it stays, so does the place.

    `on_pick` hears the id of a photo that was chosen.
    """
    act = None if on_pick is None else lambda: _picked(scope, on_pick)
    grid(groups(parts, threshold), scope=scope, aspect=SHAPE, below=_EDGE, on_selection=act)


def _picked(scope: str, act: Callable[[str], None]) -> None:
    chosen = st.session_state[f"grid-{scope}"].get("selection")
    if isinstance(chosen, list | tuple) and len(chosen) == 1 and isinstance(chosen[0], str):
        act(chosen[0])


# ---- on to the Label page


def label_button(engine: Engine, name: str, title: str, photos: Sequence[str]) -> None:
    """Draw a button that keeps the photos as a list of that name, and leads to the Label page with it."""
    if st.button(title, type="primary", disabled=not photos):
        with frame.telling():
            kept = queues.keep_list(engine, name, photos)
            st.switch_page(frame.page("label"), query_params=to_label(kept))


def to_label(list_id: str) -> dict[str, str]:
    """The Label page's address of a stored list."""
    return {labelling_choice.QUEUE: queues.LIST, labelling_choice.LIST: list_id}


# ---- from the catalogue


def _rows(engine: Engine, fault: Fault, model: str, ids: Sequence[str]) -> list[Row[Any]]:
    """Each photo at one of the places where it lies, with its standing label and the model's answer, if any."""
    photo, file, shoot, said = tables.photos.c, tables.files.c, tables.sessions.c, tables.predictions.c
    stands, label = tables.standing.c, tables.labels.c
    place = select(func.min(file.id)).where(file.photo_id.in_(ids)).group_by(file.photo_id)
    about = (photo.captured_at, photo.width, photo.height, photo.faces)
    opinion = (label.value, label.labeller, said.probability)
    query = select(photo.id, file.session_id, file.name, *about, shoot.name.label("shoot"), *opinion)
    query = query.join_from(tables.files, tables.photos).join(tables.sessions, shoot.id == file.session_id)
    standing = and_(stands.photo_id == photo.id, stands.fault == fault.name)
    query = query.join(tables.standing, standing, isouter=True)
    query = query.join(tables.labels, label.id == stands.label_id, isouter=True)
    mine = and_(said.photo_id == photo.id, said.fault == fault.name, said.model == model)
    query = query.join(tables.predictions, mine, isouter=True).where(file.id.in_(place))
    with engine.connect() as connection:
        return list(connection.execute(query))


def _shown(row: Row[Any]) -> Shown:
    photo = Photo(row.id, row.session_id, row.name, row.captured_at, row.width, row.height, row.faces)
    return Shown(photo, row.shoot, row.value, row.labeller or "", row.probability)


def _saying(one: Shown, probability: float | None) -> Shown:
    known = None if probability is None or probability != probability else probability
    return Shown(one.photo, one.session, one.value, one.labeller, known)
