"""The workbench's charts: Plotly figures in the greys of the page. Plotly is imported only when one is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from workbench.ui import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

DIM, FAINT = "#a3a3a3", "#6b6b6b"
BAND = "rgba(169, 189, 214, 0.18)"
"""The accent, so thin that what lies under it can be read."""
_APART = 0.1
"""Of an axis: words nearer to each other would touch."""
_FONT = {"family": str(theme.OPTIONS["theme.font"]), "size": 12, "color": DIM}
_AXIS = {"gridcolor": "#2c2c2c", "linecolor": theme.LINE, "zeroline": False, "ticks": "", "fixedrange": True}
_CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}


@dataclass(frozen=True)
class Line:
    """A named line: `y` over `x`; the one to look at is `main`, and may have its interval from `low` to `high`."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    main: bool = False
    dashed: bool = False
    low: Sequence[float] = ()
    high: Sequence[float] = ()

    def __post_init__(self) -> None:
        lengths = {len(each) for each in (self.x, self.y, self.low or self.x, self.high or self.x)}
        if len(lengths) != 1:
            raise ValueError(f"“{self.name}” has lists of different lengths: {sorted(lengths)}")


@dataclass(frozen=True)
class Axis:
    """An axis of a parallel-coordinates plot: the value of each line there, and words for some of them."""

    title: str
    values: Sequence[float]
    words: Mapping[float, str] | None = None

    def share(self, value: float) -> float:
        """Where a value lies, from 0 at the foot of the axis to 1; in the middle where all are the same."""
        low, high = min(self.values), max(self.values)
        return (value - low) / (high - low) if high > low else 0.5

    @property
    def said(self) -> Mapping[float, str]:
        """The words beside the axis, those that would lie over others left out; without any, its ends."""
        words = self.words or {end: f"{end:.3f}" for end in (min(self.values), max(self.values))}
        kept: dict[float, str] = {}
        for value in sorted(words, key=lambda value: (0 < self.share(value) < 1, value)):  # the ends come first
            if all(abs(self.share(value) - self.share(other)) >= _APART for other in kept):
                kept[value] = words[value]
        return kept


def look(*, height: int, across: str = "", up: str = "") -> dict[str, Any]:
    """A figure's layout in the look of the page, without frame or movement; `across` and `up` name its axes."""
    return {
        "height": height,
        "margin": {"l": 66, "r": 12, "t": 10, "b": 38},
        "paper_bgcolor": theme.GROUND,
        "plot_bgcolor": theme.GROUND,
        "font": _FONT,
        "hoverlabel": {"bgcolor": theme.RAISED, "bordercolor": theme.LINE, "font": {**_FONT, "color": theme.TEXT}},
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {**_FONT, "color": theme.TEXT}},
        "transition": {"duration": 0},
        "dragmode": False,
        "xaxis": {"title": {"text": across, "standoff": 6}, **_AXIS},
        "yaxis": {"title": {"text": up, "standoff": 10}, **_AXIS},
    }


def dressed(figure: go.Figure, *, height: int, across: str = "", up: str = "") -> go.Figure:
    """The figure in the look of the page; `across` and `up` name its axes."""
    return figure.update_layout(look(height=height, across=across, up=up))


def lines(known: Sequence[Line], *, across: str, up: str, height: int = 220, until: int | None = None) -> go.Figure:
    """Lines over a common axis, the main ones on top; with `until` the axis counts whole steps from 1 to there."""
    import plotly.graph_objects as go

    named = sum(bool(line.name) for line in known) > 1
    figure = go.Figure(strokes(known), {**look(height=height, across=across, up=up), "showlegend": named})
    if until is not None:
        figure.update_xaxes(range=[0.8, max(until, 2) + 0.2], tick0=1, dtick=max(1, round(until / 10)))
    return figure.update_layout(margin_t=34 if named else 10)


def parallel(axes: Sequence[Axis], worth: Sequence[float], best: int, *, height: int = 300) -> go.Figure:
    """A parallel-coordinates plot: a line for each trial, the lighter the more it is worth, `best` on top.

    Drawn as plain lines, as Plotly's own kind needs WebGL and shows nothing where there is none.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for at in sorted(range(len(worth)), key=lambda at: (at == best, worth[at])):
        figure.add_trace(_across(axes, at, _grey(worth, at), is_best=at == best))
    for place, axis in enumerate(axes):
        figure.add_vline(place, line={"color": FAINT, "width": 1})
        for value, word in axis.said.items():
            mark = {"text": word, "showarrow": False, "xanchor": "left", "xshift": 5, "bgcolor": "rgba(30,30,30,.75)"}
            figure.add_annotation(x=place, y=axis.share(value), **mark)
    dressed(figure, height=height).update_layout(showlegend=False, margin={"l": 24, "r": 56, "t": 34, "b": 12})
    figure.update_yaxes(visible=False, range=[-0.06, 1.06])
    titles = {"tickvals": list(range(len(axes))), "ticktext": [axis.title for axis in axes]}
    return figure.update_xaxes(side="top", showgrid=False, linewidth=0, range=[-0.05, len(axes) - 0.95], **titles)


def _across(axes: Sequence[Axis], at: int, colour: str, *, is_best: bool) -> go.Scatter:
    import plotly.graph_objects as go

    return go.Scatter(
        x=list(range(len(axes))),
        y=[axis.share(axis.values[at]) for axis in axes],
        mode="lines",
        line={"color": theme.ACCENT if is_best else colour, "width": 2.6 if is_best else 1.2},
        hoverinfo="skip",
    )


def _grey(worth: Sequence[float], at: int) -> str:
    """From hardly seen to plain, by rank and not by value: a single bad trial must not make all others alike."""
    rank = sorted(worth).index(worth[at]) / max(1, len(worth) - 1)
    return f"rgba(216, 216, 216, {0.12 + 0.5 * rank * rank:.2f})"


@dataclass(frozen=True)
class Mark:
    """A place over a figure whose axes are fixed, as shares of the way across and up; no `up` is a line."""

    across: float
    up: float | None = None

    def html(self, margin: Mapping[str, int]) -> str:
        """The mark as HTML of our own numbers, laid over the figure with these margins."""
        left = f"calc({margin['l']}px + {self.across:.5f} * (100% - {margin['l'] + margin['r']}px))"
        if self.up is None:
            return f'<i class="upright" style="left:{left};top:{margin["t"]}px;bottom:{margin["b"]}px"></i>'
        top = f"calc({margin['t']}px + {1 - self.up:.5f} * (100% - {margin['t'] + margin['b']}px))"
        return f'<i class="dot" style="left:{left};top:{top}"></i>'


def show(figure: go.Figure | dict[str, Any], *, key: str, said: str) -> None:
    """Draw a figure as wide as there is room; `said` tells what it shows to who cannot see it."""
    st.plotly_chart(figure, key=key, theme=None, config=_CONFIG, alt=said)


@contextmanager
def sized(figure: dict[str, Any], *, key: str, said: str) -> Iterator[None]:
    """Draw a figure whose layout has a width and a height, where nothing moves while it is; what follows lies over it.

    Streamlit draws a figure that changed from the ground up, which takes a tenth of a second and is seen; and where it
    is to find the width itself it misses it now and then. So what moves is laid over a figure that stays as it is.
    """
    layout = figure["layout"]
    with st.container(key=f"over-{key}", height=layout["height"], width=layout["width"], border=False):
        st.plotly_chart(figure, key=key, theme=None, config=_CONFIG, alt=said, width="content")
        yield


def lay(mark: Mark, figure: dict[str, Any]) -> None:
    """Lay a mark over the figure that was just drawn by `sized`."""
    st.markdown(mark.html(figure["layout"]["margin"]), unsafe_allow_html=True)


def strokes(known: Sequence[Line]) -> list[dict[str, Any]]:
    """Lines as Plotly's traces, each on its interval, the main ones on top."""
    return [
        trace
        for line in sorted(known, key=lambda line: line.main)
        for trace in ([_band(line)] if line.low else []) + [_line(line)]
    ]


def _line(line: Line) -> dict[str, Any]:
    few = len(line.x) < 30
    style = {
        "color": theme.ACCENT if line.main else (DIM if line.dashed else FAINT),
        "width": 2.2 if line.main else 1.2,
        "dash": "dot" if line.dashed else "solid",
    }
    return {
        "type": "scatter",
        "x": list(line.x),
        "y": list(line.y),
        "name": line.name,
        "mode": "lines+markers" if few else "lines",
        "line": style,
        "marker": {"size": 6 if line.main else 4},
        "hovertemplate": "%{x}: %{y:.3f}" + f"<extra>{line.name}</extra>",
        "showlegend": bool(line.name),
    }


def _band(line: Line) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [*line.x, *reversed(line.x)],
        "y": [*line.high, *reversed(line.low)],
        "mode": "lines",
        "fill": "toself",
        "fillcolor": BAND,
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }
