"""Similar photos: unlabelled ones that the model sees as it sees those that it got wrong, on their way to a label."""

from __future__ import annotations

from functools import lru_cache

import streamlit as st
from sqlalchemy import Engine

from workbench.faults import BLINK
from workbench.learning import findings, inspection, similar
from workbench.learning.inspection import Judged
from workbench.settings import Settings
from workbench.ui import frame, inspect_cells, inspect_choice, inspect_sheet, inspect_threshold, reporting
from workbench.ui.inspect_cells import From
from workbench.ui.wording import counted

_SHOWN = 6
"""Photos looked from that are shown."""
_BRINGS = "Looks at every photo of the archive, those of new sessions, too."


def show(settings: Settings, engine: Engine, judged: Judged, version: str) -> None:
    """Draw what is looked from, what was found, and the button that sends it to the Label page."""
    here = judged.at(inspect_threshold.tried(judged))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        start = inspect_cells.choose(here)
        ways = st.container(horizontal=True, horizontal_alignment="right", gap="small")
    kept = similar.count(settings, judged.fault, version)
    found = near(settings, engine, version, start.photos[: similar.LOOKED_FROM]) if kept and start.photos else ()
    tested = bool(start.photos) and not found and inspect_cells.all_tested(engine, start.photos[: similar.LOOKED_FROM])
    st.markdown(reporting.plain(sentence(len(found), kept, start, tested=tested)))
    with ways:
        title = "Evaluate again" if kept else "Evaluate"
        inspect_choice.evaluate_button(settings, engine, version, title, told=_BRINGS, primary=not kept)
        if found:
            name = f"Like {'a chosen photo' if start.photo else start.named.partition(' ')[2]}"
            inspect_sheet.label_button(engine, name, f"Label these {len(found)}", found)
    if start.photos:
        _sheet(engine, here, start, found)


def near(settings: Settings, engine: Engine, version: str, photos: tuple[str, ...]) -> tuple[str, ...]:
    """The unlabelled photos nearest to any of these, nearest first; looked for once for what is kept and labelled."""
    path = findings.folder(settings, BLINK, version) / findings.EMBEDDINGS
    return _near(settings, version, photos, path.stat().st_mtime_ns, inspection.stamp(settings, engine, BLINK, version))


@lru_cache(maxsize=16)
def _near(settings: Settings, version: str, photos: tuple[str, ...], _written: int, _stamp: str) -> tuple[str, ...]:
    found = similar.nearest(settings, frame.open_archive(settings), BLINK, version, photos)
    return tuple(photo for photo, _ in found)


def sentence(found: int, kept: int, start: From, *, tested: bool = False) -> str:
    """What was found, or why nothing was; `kept` photos have an embedding to be compared by, and all of those that are
    looked from may be `tested` by."""
    if not kept:
        return (
            "What the model sees in each photo is not kept yet, so nothing can be compared. Evaluate it: that looks at "
            "every photo of the archive."
        )
    if found:
        which = f"The {counted(found, 'unlabelled photo')} that the model sees most like {start.named}"
        return f"{which}. Labels on these teach it where it is weak."
    if not start.photos:
        return f"There are {start.named}, so there is nothing to look from. Choose other photos above."
    if tested:
        return (
            "Photos of the test side are never looked from: what a model is tested on must not choose what it learns. "
            "Choose “Held back” above."
        )
    return (
        f"No unlabelled photo is known near {start.named}: every photo that the model has seen has its label, or lies "
        f"on the test side. Import more sessions, then evaluate again."
    )


def heading(start: From, *, found: bool) -> str:
    """What stands over the photos that were looked from, or that nothing was found for."""
    title = "Looked from" if found else "The chosen photo" if start.photo else "Photos of this cell"
    return f"{title}, the first {_SHOWN} of {len(start.photos):,}" if len(start.photos) > _SHOWN else title


def _sheet(engine: Engine, judged: Judged, start: From, found: tuple[str, ...]) -> None:
    first = start.photos[:_SHOWN]
    known = inspect_sheet.of(engine, judged.fault, judged.model, [*first, *found])
    looked_from = inspect_sheet.judged_so([one for one in known if one.photo.id in first], judged)
    alike = [one for one in known if one.photo.id not in first]
    parts = {heading(start, found=bool(found)): looked_from, "Most alike, not labelled": alike}
    inspect_sheet.show(parts, judged.threshold, scope=f"similar-{judged.model}-{start.photo or start.cell}")
