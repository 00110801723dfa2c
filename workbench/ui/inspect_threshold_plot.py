"""Curves of every threshold, each with the one that is tried marked on it; as Plotly's plain data and layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from workbench.learning import operating
from workbench.learning.inspection import Judged
from workbench.learning.operating import Curve, Sweep
from workbench.ui import charts, inspect_matrix_plot, theme
from workbench.ui.charts import Line, Mark

WIDTH, HEIGHT = inspect_matrix_plot.WIDTH, 226
BINS = 40
_LOW, _HIGH = -0.03, 1.03
"""The axes of shares, so that their ends are seen."""
SCORES, ROC, PRECISION, CALIBRATION = "Scores", "ROC", "Precision–recall", "Calibration"
_MARGIN = {"l": 44, "r": 10, "t": 10, "b": 34}
_NAMED = {**_MARGIN, "t": 40}
_ABOVE = {"xref": "paper", "yref": "paper", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom", "yshift": 22}
_BAND = {
    **_ABOVE,
    "text": "the band: 95 %, as if each photo were another person",
    "font": {"size": 11},
    "showarrow": False,
}
"""Wilson's interval takes photos for independent; those of one shoot are not, so that it is too narrow."""
_NOTHING = "No photo here was judged."
Drawn = tuple[dict[str, Any], Mark] | str
"""A figure, the same for every threshold, and the mark of the one that is tried; or why there is none."""


def show(kind: str, judged: Judged, swept: Sweep, threshold: float) -> None:
    """Draw one of PLOTS, or say why it cannot be drawn."""
    drawn = PLOTS[kind](judged, swept, threshold)
    if isinstance(drawn, str):
        st.caption(drawn)
        return
    figure, mark = drawn
    with charts.sized(figure, key=f"curve-{kind}", said=f"{kind} of {judged.model}, the threshold marked"):
        charts.lay(mark, figure)


def scores(judged: Judged, swept: Sweep, threshold: float) -> Drawn:
    """How often each probability was said of either class, on a root scale: blinks are few."""
    found = operating.histogram(judged.truth, judged.probability, BINS)
    both = {judged.fault.negative: found.negatives, judged.fault.positive: found.positives}
    highest = int(max(found.negatives.max(), found.positives.max()))
    if not highest:
        return _NOTHING
    middles = ((found.edges[1:] + found.edges[:-1]) / 2).tolist()
    places = _steps(highest)
    layout = _layout("probability of a blink", "", margin=_NAMED)
    layout["xaxis"] |= {"range": [0, 1]}
    layout["yaxis"] |= {"tickvals": [place**0.5 for place in places], "ticktext": [f"{place:,}" for place in places]}
    layout |= {"barmode": "overlay", "bargap": 0.08}
    colours = (charts.FAINT, theme.ACCENT)
    data = [_bars(name, middles, both[name], colour) for name, colour in zip(both, colours, strict=True)]
    return {"data": data, "layout": layout}, Mark(threshold)


def _bars(name: str, middles: Sequence[float], counts: np.ndarray, colour: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "x": list(middles),
        "y": np.sqrt(counts).tolist(),
        "customdata": counts.tolist(),
        "name": name,
        "marker": {"color": colour, "line": {"width": 0}},
        "hovertemplate": "%{customdata:,}" + f"<extra>{name}</extra>",
    }


def roc(judged: Judged, swept: Sweep, threshold: float) -> Drawn:
    """Good frames flagged against blinks found."""
    curve = operating.roc(swept)
    if curve.reason:
        return f"No curve: it {curve.reason}."
    does = swept.at(threshold)
    x, y = does.alarms / swept.judged_negatives, does.found / swept.judged_positives
    return _curve(curve, _layout("good frames flagged", "blinks found")), _at(x, y)


def precision_recall(judged: Judged, swept: Sweep, threshold: float) -> Drawn:
    """Blinks found against how many of the flagged are blinks."""
    curve = operating.precision_recall(swept)
    if curve.reason:
        return f"No curve: it {curve.reason}."
    does = swept.at(threshold)
    flagged = does.found + does.alarms
    x, y = does.found / swept.judged_positives, does.found / flagged if flagged else 1.0
    return _curve(curve, _layout("recall: blinks found", "precision")), _at(x, y)


def calibration(judged: Judged, swept: Sweep, threshold: float) -> Drawn:
    """Whether of the photos with probability p a share of p blinks."""
    found = operating.calibration(judged.truth, judged.probability)
    if not len(found.photos):
        return _NOTHING
    said, seen = found.predicted.tolist(), found.observed.tolist()
    line = Line("as it is", said, seen, main=True, low=found.low.tolist(), high=found.high.tolist())
    layout = _layout("probability said", "share of blinks", margin=_NAMED)
    layout["xaxis"] |= {"range": [0, 1]}
    layout["yaxis"] |= {"range": [0, 1.02]}
    layout["annotations"] = [_BAND]
    data = charts.strokes([Line("as said", [0, 1], [0, 1], dashed=True), line])
    return {"data": data, "layout": layout}, Mark(threshold)


PLOTS: dict[str, Callable[[Judged, Sweep, float], Drawn]] = {
    SCORES: scores,
    ROC: roc,
    PRECISION: precision_recall,
    CALIBRATION: calibration,
}


def _layout(across: str, up: str, *, margin: dict[str, int] = _MARGIN) -> dict[str, Any]:
    return {**charts.look(height=HEIGHT, across=across, up=up), "width": WIDTH, "margin": margin}


def _curve(curve: Curve, layout: dict[str, Any]) -> dict[str, Any]:
    (line,) = charts.strokes([Line("", curve.x.tolist(), curve.y.tolist(), main=True)])
    layout["xaxis"] |= {"range": [_LOW, _HIGH]}
    layout["yaxis"] |= {"range": [_LOW, _HIGH]}
    return {"data": [line | {"mode": "lines"}], "layout": layout | {"showlegend": False}}


def _at(x: float, y: float) -> Mark:
    return Mark(*((each - _LOW) / (_HIGH - _LOW) for each in (x, y)))


def _steps(highest: int) -> list[int]:
    """A few round numbers up to `highest`, far enough apart on a root scale."""
    found = [step * 10**power for power in range(len(str(highest))) for step in (1, 4) if step * 10**power <= highest]
    kept = [0]
    for step in found:
        if step**0.5 - kept[-1] ** 0.5 > 0.12 * highest**0.5:
            kept.append(step)
    return kept
