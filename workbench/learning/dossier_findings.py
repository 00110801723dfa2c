"""The second half of the report on a model: where it is weak, the audit, its worst errors, and its card."""

from __future__ import annotations

import base64
import io
from html import escape

from PIL import Image
from sqlalchemy import Engine

from workbench.learning import inspection, slices
from workbench.learning.audit import Audit
from workbench.learning.cards import Card, Measurement
from workbench.learning.comparing import signed
from workbench.learning.dossier_markup import NONE, OPAQUE, Names, counted, interval, paragraphs, table, with_interval
from workbench.learning.flags import photos
from workbench.learning.inspection import FN, FP, Judged
from workbench.learning.slices import Slice, Slices
from workbench.settings import Settings
from workbench.vision import closeups

_WORST = 12
"""Errors of each kind that are listed."""
_SLICES = 20
_EYES = (480, 180)


def weak(weak: Slices, names: Names) -> str:
    """Its slices, the worst first."""
    shown = list(weak)[:_SLICES]
    rows = [
        [
            f"{'● ' if one.marked else ''}{_sliced(one, names)}",
            f"{one.photos:,}",
            f"{one.positives:,}",
            *(with_interval(figure) for figure in one.figures if figure.name in ("precision", "recall")),
            f"{one.gap.name} {signed(one.gap)}",
        ]
        for one in shown
    ]
    left = f" {len(weak) - len(shown):,} more are better than these." if len(weak) > len(shown) else ""
    about = (
        f"Slices of the photos held back, the worst first; {weak.hidden:,} with too few photos are hidden.{left} Those "
        f"with ● are worse than the rest by more than their interval."
    )
    head = ("slice", "photos", "with the fault", "precision", "recall", "gap to the rest (95 % interval)")
    return f"<h2>Where it is weak</h2>{paragraphs(about)}{table(head, rows) if rows else ''}"


def audit(audit: Audit | None, names: Names) -> str:
    """Every flag of the audit, those that are raised first."""
    if audit is None:
        return "<h2>Can it be trusted</h2>" + paragraphs(
            "No audit was made yet: python -m workbench evaluate makes one."
        )
    flags = sorted(audit.flags, key=lambda flag: not flag.raised)
    items = "".join(
        f'<tr><td class="{"raised" if flag.raised else "dim"}">{"raised" if flag.raised else "not raised"}</td>'
        f"<td>{escape(flag.name)}</td><td>{escape(names.out_of(flag.sentence))}</td></tr>"
        for flag in flags
    )
    about = f"Audit of {audit.at} UTC on {photos(audit.photos)}: {len(audit.raised)} of {len(flags)} flags are raised."
    return f"<h2>Can it be trusted</h2>{paragraphs(about)}<table>{items}</table>"


def errors(settings: Settings, engine: Engine, held: Judged, *, faces: bool) -> str:
    """The photos that it got most wrong; with `faces` both eyes of each."""
    kinds = {FN: f"{held.fault.name}s that it missed", FP: "good frames that it flagged"}
    parts = []
    for cell, caption in kinds.items():
        every = inspection.cell(held, cell)
        parts.append(f"<h3>{escape(caption.capitalize())}: {len(every):,}, the worst first</h3>")
        rows = "".join(_error(settings, engine, held, int(row), faces=faces) for row in every[:_WORST])
        head = f"<tr><th>photo</th><th>session</th><th>side</th><th>probability</th>{'<th>eyes</th>' * faces}</tr>"
        parts.append(f"<table>{head}{rows}</table>" if rows else paragraphs("None."))
    return f"<h2>Its worst errors among the photos held back</h2>{''.join(parts)}"


def _error(settings: Settings, engine: Engine, held: Judged, row: int, *, faces: bool) -> str:
    photo, session = str(held.photos[row]), str(held.sessions[row])
    eyes = f"<td>{_eyes(settings, engine, photo)}</td>" if faces else ""
    cells = (photo[:OPAQUE], session[:OPAQUE], str(held.sides[row]) or NONE, f"{held.probability[row]:.3f}")
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}{eyes}</tr>"


def _eyes(settings: Settings, engine: Engine, photo: str) -> str:
    """Both eyes as an image within the page; words where there are none to show."""
    try:
        path = closeups.eyes(settings, engine, photo)
    except closeups.NoEyes:
        return "no face was found"
    if path is None:
        return "its file is away"
    data = io.BytesIO()
    with Image.open(path) as image:  # drawn anew: no metadata comes along
        image.convert("RGB").resize(_EYES).save(data, "JPEG", quality=72)
    text = base64.b64encode(data.getvalue()).decode()
    return f'<img class="eyes" alt="both eyes" src="data:image/jpeg;base64,{text}">'


def card(card: Card, names: Names) -> str:
    """What the model says of itself, and every measurement on its card."""
    about = [card.description, card.how, *(f"Limit: {one}" for one in card.limits)]
    learnt = ", ".join(f"{number:,} {name}" for name, number in card.learnt_from.items())
    about += [f"Learnt from: {learnt}."] if learnt else []
    about += [f"Licence: {one}" for one in card.licences]
    said = paragraphs(*(names.out_of(one) for one in about if one))
    return f"<h2>Its card</h2>{said}{''.join(_measured(one, names) for one in card.measured)}"


def _measured(one: Measurement, names: Names) -> str:
    counts = (
        f"{photos(one.photos)}, {one.positives:,} of them with the fault, {counted(one.groups, 'group')}, {one.date}"
    )
    rows = [
        [name, interval(*(figure[key] for key in ("value", "low", "high")))] for name, figure in one.figures.items()
    ]
    return f"<h3>{escape(names.out_of(one.on))}</h3>{paragraphs(counts, kind='dim')}" + table(
        ("figure", "value (95 % interval)"), rows
    )


def _sliced(one: Slice, names: Names) -> str:
    if one.kind == slices.SESSION:
        return f"session {one.key[:OPAQUE]}"
    return f"{one.kind.replace('_', ' ')}: {names.out_of(one.name)}"
