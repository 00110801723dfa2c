"""Plots as inline SVG, from 0 to 1 both ways; the page that holds them gives the colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from workbench.learning.operating import Calibration, Curve, Histogram

_WIDTH, _HEIGHT = 308, 240
_LEFT, _TOP, _SIDE = 52.0, 10.0, 190.0
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def curve(line: Curve, *, across: str, up: str, mark: tuple[float, float] | None, said: str) -> str:
    """A curve, such as ROC; `mark` is the point that the threshold in use gives, `said` tells it in words."""
    if not len(line.x):
        return _frame([_nothing(line.reason)], across, up, said)
    parts = [_path(zip(line.x, line.y, strict=True), "line")]
    if mark is not None and np.isfinite(mark).all():
        parts.append(_dot(*mark, "mark", radius=4.5))
    return _frame(parts, across, up, said)


def histogram(counts: Histogram, *, threshold: float, across: str, said: str) -> str:
    """Probabilities of photos without and with the fault, each as shares of the largest bin, above each other."""
    parts = []
    for values, kind in ((counts.negatives, "good"), (counts.positives, "faulty")):
        most = max(1, int(values.max(initial=0)))
        shares = values / most * 0.96
        parts += [
            _bar(a, b, share, kind)
            for a, b, share in zip(counts.edges[:-1], counts.edges[1:], shares, strict=True)
            if share
        ]
    parts.append(_path([(threshold, 0), (threshold, 1)], "threshold"))
    return _frame(parts, across, "share of the highest bar", said)


def calibration(found: Calibration, *, across: str, up: str, said: str) -> str:
    """Observed shares over predicted ones with their intervals, beside the diagonal on which they should lie."""
    parts = [_path([(0, 0), (1, 1)], "diagonal")]
    for x, y, low, high in zip(found.predicted, found.observed, found.low, found.high, strict=True):
        parts += [_path([(x, low), (x, high)], "interval"), _dot(x, y, "mark", radius=3.5)]
    return _frame(parts or [_nothing("no judged photos")], across, up, said)


def _frame(parts: Sequence[str], across: str, up: str, said: str) -> str:
    grid = [_path([(0, tick), (1, tick)], "grid") + _path([(tick, 0), (tick, 1)], "grid") for tick in _TICKS]
    words = [_word(_x(tick), _y(0) + 15, f"{tick:g}", "middle") for tick in _TICKS]
    words += [_word(_LEFT - 6, _y(tick) + 4, f"{tick:g}", "end") for tick in _TICKS]
    words.append(_word(_x(0.5), _HEIGHT - 6, across, "middle"))
    middle = _y(0.5)
    words.append(f'<text transform="translate(11 {middle:.0f}) rotate(-90)" text-anchor="middle">{escape(up)}</text>')
    label = f'role="img" aria-label="{escape(said)}"'
    body = "".join((*grid, *parts, *words))
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" {label}>{body}</svg>'


def _x(share: float) -> float:
    return _LEFT + _SIDE * 1.25 * share


def _y(share: float) -> float:
    return _TOP + _SIDE * (1 - share)


def _path(points: Iterable[tuple[float, float]], kind: str) -> str:
    steps = " L".join(f"{_x(x):.1f} {_y(y):.1f}" for x, y in points)
    return f'<path class="{kind}" d="M{steps}"/>'


def _dot(x: float, y: float, kind: str, *, radius: float) -> str:
    return f'<circle class="{kind}" cx="{_x(x):.1f}" cy="{_y(y):.1f}" r="{radius}"/>'


def _bar(start: float, end: float, height: float, kind: str) -> str:
    x, y = _x(start), _y(height)
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{_x(end) - x:.1f}" height="{_y(0) - y:.1f}"/>'


def _word(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _nothing(reason: str) -> str:
    return _word(_x(0.5), _y(0.5), f"nothing to draw: {reason}", "middle")
