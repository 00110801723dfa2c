"""The confusion matrix as a figure: counts and rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.faults import Fault
from workbench.learning.inspection import FN, FP, TN, TP
from workbench.ui import charts, theme
from workbench.ui.inspect_gallery_view import TITLES
from workbench.ui.wording import counted, listed, share

WIDTH, HEIGHT = 436, 196
MARGIN = {"l": 92, "r": 4, "t": 24, "b": 4}
ROW = (HEIGHT - MARGIN["t"] - MARGIN["b"]) // 2
PLACES = {TP: (0, 0), FN: (1, 0), FP: (0, 1), TN: (1, 1)}
"""Column and row of each cell: what the model says across, what people said down."""
_WRONG = (242, 184, 102)
_RIGHT = (169, 189, 214)
_PALEST, _FULLEST = 0.06, 0.42
_LABELLED = {TP: 0, FN: 0, FP: 1, TN: 1}


def rates(found: Mapping[str, int]) -> dict[str, float]:
    """The share of each cell in what carries its label; nan where nothing does."""
    rows = {0: found[TP] + found[FN], 1: found[FP] + found[TN]}
    return {cell: found[cell] / rows[row] if rows[row] else float("nan") for cell, row in _LABELLED.items()}


def sentence(found: Mapping[str, int], fault: Fault) -> str:
    """The matrix in words, for who cannot see it."""
    cells = listed(f"{TITLES[cell].lower()} {found[cell]:,}" for cell in (FN, FP, TP, TN))
    return f"{fault.positive} and {fault.negative} against what the model says: {cells}"


def named(found: Mapping[str, int], fault: Fault) -> dict[str, str]:
    """Each cell in words, row by row: “Missed: 3 of 58 BLINKING photos”."""
    return {cell: _told(cell, found, fault) for cell in PLACES}


def figure(found: Mapping[str, int], fault: Fault) -> dict[str, Any]:
    """The matrix as Plotly's data and layout: square markers without ink, grounds by the share, counts and rates."""
    cells = list(PLACES)
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True, "tickmode": "array", "tickvals": [0, 1]}
    layout = {
        **charts.look(height=HEIGHT),
        "width": WIDTH,
        "margin": MARGIN,
        "shapes": [_rectangle(cell, rates(found)[cell]) for cell in cells],
        "annotations": [_words(cell, found) for cell in cells],
        "xaxis": {**axis, "range": [-0.5, 1.5], "side": "top", "ticktext": ["flagged", "not flagged"]},
        "yaxis": {**axis, "range": [1.5, -0.5], "ticktext": [_split(fault.positive), _split(fault.negative)]},
    }
    places = {"x": [PLACES[cell][0] for cell in cells], "y": [PLACES[cell][1] for cell in cells]}
    clear = {"symbol": "square", "size": 74, "color": "rgba(0,0,0,0)"}
    return {"data": [{"type": "scatter", "mode": "markers", "marker": clear, **places}], "layout": layout}


def _split(value: str) -> str:
    return value.replace("_", "_<br>") if len(value) > 9 else value


def _told(cell: str, found: Mapping[str, int], fault: Fault) -> str:
    value = fault.classes[1 - _LABELLED[cell]]
    return f"{TITLES[cell]}: {found[cell]:,} of {counted(_row(cell, found), f'{value} photo')}"


def _row(cell: str, found: Mapping[str, int]) -> int:
    return sum(found[other] for other, row in _LABELLED.items() if row == _LABELLED[cell])


def _rectangle(cell: str, rate: float) -> dict[str, object]:
    """The ground of a cell: the fuller the larger its share, the errors in another tone."""
    across, down = PLACES[cell]
    red, green, blue = _WRONG if cell in (FN, FP) else _RIGHT
    strength = _PALEST + (_FULLEST - _PALEST) * (0.0 if rate != rate else rate**0.5)
    gap = 0.012
    return {
        "type": "rect",
        "layer": "below",
        "x0": across - 0.5 + gap,
        "x1": across + 0.5 - gap,
        "y0": down - 0.5 + gap,
        "y1": down + 0.5 - gap,
        "fillcolor": f"rgba({red}, {green}, {blue}, {strength:.3f})",
        "line": {"width": 0},
    }


def _words(cell: str, found: Mapping[str, int]) -> dict[str, object]:
    across, down = PLACES[cell]
    rate = share(found[cell], _row(cell, found)) if _row(cell, found) else "–"
    return {
        "x": across,
        "y": down,
        "text": f"<b>{found[cell]:,}</b><br><span style='font-size:12px'>{TITLES[cell]} · {rate}</span>",
        "font": {"size": 20, "color": theme.TEXT},
        "showarrow": False,
        "captureevents": False,
    }
