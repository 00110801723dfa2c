"""Where a model is weak, in words: a row for each part of the photos, the worst first."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from urllib.parse import urlencode

import numpy as np

from workbench.archive.diversity import TAGS
from workbench.learning import inspection, slices
from workbench.learning.evaluation import FIGURES
from workbench.learning.inspection import FN, FP, TN, TP, UNJUDGED, Judged
from workbench.learning.slices import FEWEST, Slice, Slices
from workbench.ui.archive_view import TAG_TITLES
from workbench.ui.inspect_figures_view import PEOPLE, said
from workbench.ui.inspect_gallery_view import TITLES
from workbench.ui.table import NUMBER, OPEN, Column, Row
from workbench.ui.tuning_view import NOTHING, signed
from workbench.ui.wording import counted, listed

SLICE = "slice"
ONE_IN = 40
"""Of so many parts that are no worse than the rest, one is marked by chance (slices.slices)."""
KINDS = {slices.SESSION: "Session", **{tag: TAG_TITLES.get(tag, tag.capitalize()) for tag in TAGS}}
COLUMNS = (
    Column("name", "Part of the photos", OPEN),
    Column("kind", "By"),
    Column("photos", "Photos", NUMBER),
    Column("positives", "Blinks", NUMBER),
    Column("groups", "People", NUMBER, help="People or shoots"),
    Column("gap", "Against the rest", NUMBER, help="F1, or accuracy where blinks are few; 95 % interval"),
    Column("worse", "Worse"),
    *(Column(name, name, NUMBER, help="95 % interval over people or shoots") for name in FIGURES),
)


def row_id(one: Slice) -> str:
    """Names a slice in an address."""
    return f"{one.kind}:{one.key}"


def rows(found: Slices, address: Mapping[str, str]) -> list[Row]:
    """A row for each slice; `address` is that of the page."""
    return [
        Row(
            row_id(one),
            {
                "name": one.name,
                "kind": KINDS.get(one.kind, one.kind.capitalize()),
                "photos": one.photos,
                "positives": one.positives,
                "groups": one.groups,
                "gap": gap(one),
                "worse": worse(one),
                **{figure.name: said(figure) for figure in one.figures},
            },
            href=f"inspect?{urlencode({**address, SLICE: row_id(one)})}",
            label=one.name,
        )
        for one in found
    ]


def gap(one: Slice) -> str:
    """“F1 −0.120 (−0.200 to −0.040)”."""
    if isnan(one.gap.value):
        return NOTHING
    return f"{one.gap.name} {signed(one.gap.value, one.gap.low, one.gap.high)}"


def worse(one: Slice) -> str:
    """Whether it is worse than the rest, and whether that may be chance."""
    if one.marked:
        return "▼ beyond chance"
    if isnan(one.gap.value) or one.gap.value >= 0:
        return NOTHING
    return "cannot be told" if isnan(one.gap.low) else "within chance"


def headline(found: Slices) -> str:
    """How many parts are worse beyond chance, how many chance alone would mark, and what is not shown."""
    marked = [one for one in found if one.marked]
    if not len(found):
        told = f"No part has {FEWEST} photos, so nothing can be said of any."
    elif not marked:
        told = "No part is worse than the rest beyond chance."
    else:
        told = f"{counted(len(marked), 'part is', 'parts are')} worse than the rest beyond chance. {_by_chance(found)}"
    return f"{told} {_unseen(found)}".strip()


def _by_chance(found: Slices) -> str:
    """How many would be marked if none were worse: an interval of 95 % is left by one in forty on that side."""
    compared = sum(not isnan(one.gap.high) for one in found)
    return f"Chance alone would mark about {compared / ONE_IN:.1f} of the {compared} compared (one in forty)."


def _unseen(found: Slices) -> str:
    hidden = counted(found.hidden, "part", "parts") + f" with fewer than {FEWEST} photos " if found.hidden else ""
    is_hidden = ("is not shown" if found.hidden == 1 else "are not shown") if found.hidden else ""
    without = f"{counted(found.unmeasured, 'photo')} without a face or its views in no part by size, turn or light"
    parts = listed([f"{hidden}{is_hidden}", without if found.unmeasured else ""])
    return f"{parts}." if parts else ""


# ---- one of them


def chosen(found: Slices, asked: str | None) -> Slice | None:
    """The slice that the address names, else the worst; None where there is none."""
    return next((one for one in found if row_id(one) == asked), found[0] if len(found) else None)


def about(one: Slice, most: int) -> str:
    """“turned over 25°: 420 photos · 9 blinks · 14 people or shoots · 120 are shown, the wrong ones first”."""
    counts = counted(one.photos, "photo"), counted(one.positives, "blink"), counted(one.groups, *PEOPLE)
    some = f"{most} are shown, the wrong ones first" if one.photos > most else ""
    return f"{one.name}: {listed([*counts, some])}"


def photos(judged: Judged, one: Slice, most: int) -> dict[str, list[str]]:
    """Ids of its photos by what became of them, the wrong ones first, at most so many in all."""
    here = judged.take(one.rows)
    found: dict[str, list[str]] = {}
    for cell in (FN, FP, UNJUDGED, TP, TN):
        some = here.photos[inspection.cell(here, cell)[: max(0, most - sum(map(len, found.values())))]]
        found[TITLES[cell]] = np.asarray(some).tolist()
    return {title: some for title, some in found.items() if some}
