"""Why: where the model looked in a photo, and what each number of the face added; worked out in a job."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from sqlalchemy import Engine

from workbench import jobs
from workbench.learning import explanations
from workbench.learning.explanations import Why
from workbench.learning.inspection import Judged
from workbench.settings import Settings
from workbench.ui import frame, inspect_cells, inspect_choice, inspect_sheet, inspect_threshold, reporting
from workbench.ui import inspect_why_view as view
from workbench.ui.inspect_choice import PHOTO
from workbench.ui.inspect_sheet import Shown
from workbench.ui.inspect_why_picture import picture
from workbench.ui.wording import counted
from workbench.vision import store

AT_ONCE = 12
"""Photos that one job explains: the network is loaded once for all of them."""
_LEFT, _RIGHT = 0.5, 0.5


def show(settings: Settings, engine: Engine, judged: Judged, version: str) -> None:
    """Draw the explanation of a photo at the left, the photos of its cell at the right."""
    here = judged.at(inspect_threshold.tried(judged))
    start = inspect_cells.choose(here, with_photo=True)
    if not start.photos:
        st.info(reporting.plain(f"There are {start.named}. Choose other photos above."))
        return
    cell = inspect_cells.of(here, start.cell, None).photos[: inspect_sheet.MOST]
    others = inspect_sheet.judged_so(inspect_sheet.of(engine, judged.fault, version, cell), here)
    photo = start.photo or start.photos[0]
    left, right = st.columns([_LEFT, _RIGHT], gap="medium")
    with left:
        _explanation(settings, engine, here, photo, [one.photo.id for one in others])
    with right:
        title = f"{inspect_cells.TITLES[start.cell]}: choose one"
        inspect_sheet.show({title: others}, here.threshold, scope=f"why-{version}-{start.cell}", on_pick=_choose)


def _choose(photo: str) -> None:
    inspect_choice.write(**{PHOTO: photo})


def _explanation(settings: Settings, engine: Engine, judged: Judged, photo: str, others: Sequence[str]) -> None:
    found = inspect_sheet.of(engine, judged.fault, judged.model, [photo])
    if not found:
        st.info("This photo is not in the archive any more. Choose another one.")
        return
    why = explanations.latest(settings, judged.fault, judged.model, photo)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{reporting.plain(found[0].photo.name)}** :gray[{reporting.plain(found[0].session)}]")
        _explain_button(settings, engine, judged, photo, others, again=why is not None)
    if why is None:
        st.markdown(_NOT_YET)
        return
    _told(settings, judged, photo, why, found[0])


_NOT_YET = (
    "Nobody has asked yet why the model judges this photo as it does. “Explain” shows where it looked, and what each "
    "number of the face added: a few seconds, in the background."
)


def _told(settings: Settings, judged: Judged, photo: str, why: Why, shown: Shown) -> None:
    st.markdown(reporting.plain(view.verdict(why, judged.fault, judged.model, shown, judged.threshold)))
    seen = store.get(settings, [photo]).get(photo)
    picture(
        view.pictures(why, seen, judged.fault),
        view.bars(why),
        than=view.compared_with(why),
        towards=f"towards a {judged.fault.name}",
        away=f"away from a {judged.fault.name}",
        key="why-picture",
    )
    st.caption(reporting.plain("  \n".join(part for part in (view.rest(why), f"How: {view.how(why)}.") if part)))


def _explain_button(
    settings: Settings, engine: Engine, judged: Judged, photo: str, others: Sequence[str], *, again: bool
) -> None:
    fault, version = judged.fault, judged.model
    busy = any(job.command[0] == "explain" and photo in job.command for job in jobs.active(engine))
    known = [one for one in others if explanations.place(settings, fault, version, one).is_file()]
    wanted = view.next_ones(photo, others, known, AT_ONCE)
    st.button(
        "Explain again" if again else "Explain",
        type="secondary" if again else "primary",
        disabled=busy,
        help="It is under way." if busy else f"With the next ones at the right: {counted(len(wanted), 'photo')} in all",
        on_click=_explain,
        args=(settings, engine, version, wanted),
    )


def _explain(settings: Settings, engine: Engine, version: str, photos: Sequence[str]) -> None:
    command = ["explain", *photos, "--model", version]
    with frame.telling():
        jobs.start(settings, engine, command, title=f"Explain {counted(len(photos), 'photo')}", heavy=False)
