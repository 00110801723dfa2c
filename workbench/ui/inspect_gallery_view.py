"""What the gallery says and hears: the cells with their counts, the photos of one, and corrections that were held."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Engine, Row, and_, func, select

from workbench.archive import labels, operations, tables
from workbench.archive.operations import Operation, RefusedOperations, Source
from workbench.archive.photos import Photo
from workbench.archive.splits import TEST
from workbench.faults import UNSURE, Fault
from workbench.learning import inspection
from workbench.learning.inspection import CELLS, FN, FP, TN, TP, UNJUDGED, Judged
from workbench.ui import labelling, tiles
from workbench.ui.labelling import Answer, Refused

QUEUE = "inspect"
"""What stands beside a correction as the reason why this photo was looked at."""
TEST_STAYS = (
    "Photos of the test side are not corrected here: only the model’s errors would be. Look at them on the Label page "
    "in a random order."
)
NEWLY_RIGHT, NEWLY_WRONG = "newly right", "newly wrong"
TITLES = {FN: "Missed", FP: "False alarms", TP: "Found", TN: "Rightly kept", UNJUDGED: "Not judged"}
KEYS = {FN: "1", FP: "2", TP: "3", TN: "4", UNJUDGED: "5"}
_HELP = {
    FN: "{positive}, and the model does not flag it; the least suspected first",
    FP: "{negative}, and the model flags it; the most suspected first",
    TP: "{positive}, and the model flags it; the nearest to the threshold first",
    TN: "{negative}, and the model does not flag it; the nearest to the threshold first",
    UNJUDGED: "The model could not judge it: no face was found",
}
_EMPTY = {
    FN: "No {positive} photo is missed here.",
    FP: "No {negative} photo is flagged here.",
    TP: "No {positive} photo is found here.",
    TN: "Every {negative} photo is flagged here. Raise the threshold.",
    UNJUDGED: "Every photo here was judged.",
}


# ---- the cells


def counts(judged: Judged) -> dict[str, int]:
    """How many photos lie in each cell at the threshold of `judged`."""
    found = inspection.confusion(judged)
    return {**found._asdict(), UNJUDGED: len(judged) - sum(found)}


def worse(found: Mapping[str, int]) -> str:
    """The error cell to begin with: the one with the larger share of its class, missed faults where they are alike.

    Where nothing is wrong, the photos that were found.
    """
    missed, alarms = _share(found[FN], found[TP]), _share(found[FP], found[TN])
    if not found[FN] and not found[FP]:
        return TP if found[TP] else TN
    return FN if missed >= alarms else FP


def _share(part: int, other: int) -> float:
    return part / (part + other) if part + other else 0.0


def cell_of(asked: str | None, found: Mapping[str, int], more: Sequence[str] = ()) -> str:
    """The cell that the address names, one of CELLS or of `more`; else the worse error cell."""
    return asked if asked and asked in (*CELLS, *more) else worse(found)


def buttons(found: Mapping[str, int], fault: Fault, more: Mapping[str, int]) -> tuple[dict[str, Any], ...]:
    """The cells as buttons: counts, keys and what lies in each; a cell for the unjudged where there are any."""
    shown = [cell for cell in TITLES if cell != UNJUDGED or found[cell]]
    names = {"positive": fault.positive, "negative": fault.negative}
    cells = [_button(cell, TITLES[cell], found[cell], _HELP[cell].format(**names)) for cell in shown]
    return (*cells, *(_button(name, name.capitalize(), count, _NEWLY[name]) for name, count in more.items()))


_NEWLY = {
    NEWLY_RIGHT: "The model it is compared with was wrong here",
    NEWLY_WRONG: "The model it is compared with was right here",
}


def _button(name: str, title: str, count: int, said: str) -> dict[str, Any]:
    wrong = name in (FN, FP, NEWLY_WRONG)
    return {
        "name": name,
        "title": title,
        "count": f"{count:,}",
        "wrong": wrong,
        "key": KEYS.get(name, ""),
        "help": said,
    }


def empty(cell: str, fault: Fault) -> str:
    """Why a cell shows nothing."""
    return _EMPTY.get(cell, "No photo here.").format(positive=fault.positive, negative=fault.negative)


def scope(judged: Judged, about: str, cell: str) -> str:
    """Names a list of photos, so that a browser knows whether it shows that one; corrections do not change it."""
    return _hashed(f"{about}\n{judged.model}\n{judged.threshold}\n{cell}")


def lying(about: str, cell: str) -> str:
    """Names the cell of what is inspected, whatever the threshold: where the eye is stays while that moves."""
    return _hashed(f"{about}\n{cell}")


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


# ---- the photos


@dataclass(frozen=True)
class Shown:
    """A photo of a cell: where it lies, the label that stands and who gave it, and how probable the fault is."""

    photo: Photo
    session: str
    value: str
    labeller: str
    origin: str
    probability: float | None


def stretch(engine: Engine, judged: Judged, rows: np.ndarray) -> list[Shown]:
    """The photos of those rows, in that order; what was forgotten or has no label any more is left out."""
    ids = judged.photos[rows].tolist()
    known = {row.id: row for row in _rows(engine, judged.fault, ids)}
    said = dict(zip(ids, judged.probability[rows].tolist(), strict=True))
    return [_shown(known[photo], said[photo]) for photo in ids if photo in known]


def _rows(engine: Engine, fault: Fault, ids: Sequence[str]) -> list[Row[Any]]:
    """Each photo at one of the places where it lies, with its standing label."""
    photo, file, shoot = tables.photos.c, tables.files.c, tables.sessions.c
    stands, label = tables.standing.c, tables.labels.c
    place = select(func.min(file.id)).where(file.photo_id.in_(ids)).group_by(file.photo_id)
    about = (photo.captured_at, photo.width, photo.height, photo.faces)
    query = select(
        photo.id,
        file.session_id,
        file.name,
        *about,
        shoot.name.label("shoot"),
        label.value,
        label.labeller,
        label.origin,
    )
    query = query.join_from(tables.files, tables.photos).join(tables.sessions, shoot.id == file.session_id)
    query = query.join(tables.standing, and_(stands.photo_id == photo.id, stands.fault == fault.name))
    query = query.join(tables.labels, label.id == stands.label_id).where(file.id.in_(place))
    with engine.connect() as connection:
        return list(connection.execute(query))


def _shown(row: Row[Any], probability: float) -> Shown:
    photo = Photo(row.id, row.session_id, row.name, row.captured_at, row.width, row.height, row.faces)
    said = None if probability != probability else probability
    return Shown(photo, row.shoot, row.value, row.labeller, row.origin, said)


def tile(shown: Shown, threshold: float) -> dict[str, Any]:
    """What the browser is told of a photo."""
    stands = said(shown)
    return {
        **tiles.facts(shown.photo),
        "session": shown.session,
        "value": shown.value,
        "said": stands,
        "note": f"labelled {stands}",
        **opinion(shown.probability, threshold),
    }


def said(shown: Shown) -> str:
    """The label and who gave it: “BLINKING · Ana, review”, “BLINKING · import”."""
    how = "" if shown.origin in (labels.TYPED, shown.labeller) else f", {shown.origin}"
    return f"{shown.value} · {shown.labeller}{how}"


def opinion(probability: float | None, threshold: float) -> dict[str, str]:
    """What the model says: the shape of the badge, and how probable a blink is."""
    if probability is None:
        return {"mark": "cant_tell", "label": "can’t tell"}
    return {"mark": "blink" if probability >= threshold else "keep", "label": f"blink {percent(probability)}"}


def percent(probability: float) -> str:
    """“93 %”, “0.4 %”, “99.8 %”: near the ends a whole number would say nothing."""
    near = min(probability, 1 - probability)
    return f"{100 * probability:.{0 if near >= 0.01 or near == 0 else 1 if near >= 0.001 else 2}f} %"


# ---- corrections


def store(engine: Engine, sent: Any, fault: Fault) -> Answer:
    """Stores the corrections that a gallery sent, {turn, boxes: [{client, operations}]}, with the origin *review*.

    One that cannot be meant, or is about a photo of the test side, is refused by itself: those before it are stored,
    those after it wait.
    """
    told = sent if isinstance(sent, dict) else {}
    turn, boxes = told.get("turn"), told.get("boxes")
    answer = Answer(turn=turn if isinstance(turn, int) else 0)
    for box in boxes if isinstance(boxes, list) else []:
        client = box.get("client") if isinstance(box, dict) else None
        if isinstance(client, str):
            _store_box(engine, Source(client, fault, QUEUE, labels.REVIEW), box.get("operations"), answer)
    return answer


def _store_box(engine: Engine, source: Source, sent: Any, answer: Answer) -> None:
    try:
        answer.acks[source.client] = operations.acknowledged(engine, source.client)
        read = operations.read(sent)
        closed = _of_the_test_side(engine, [one.photo_id for one in read])
    except RefusedOperations as error:
        answer.refused.append(Refused(source.client, 0, str(error)))
        return
    for one in read:
        if one.photo_id in closed:
            answer.refused.append(Refused(source.client, one.seq, TEST_STAYS))
            return
        if not _store_one(engine, source, one, answer):
            return


def _of_the_test_side(engine: Engine, ids: Sequence[str]) -> set[str]:
    """Those of the photos on which figures are tested: a model's errors alone, once mended, would flatter it."""
    photo = tables.photos.c
    with engine.connect() as connection:
        found = connection.execute(select(photo.id).where(photo.id.in_(ids), photo.side == TEST))
        return set(found.scalars())


def _store_one(engine: Engine, source: Source, one: Operation, answer: Answer) -> bool:
    try:
        answer.acks[source.client] = operations.store(engine, source, [one])
    except RefusedOperations as error:
        answer.refused.append(Refused(source.client, one.seq, str(error)))
        return False
    return True


def answers(fault: Fault) -> dict[str, str]:
    """What a key says of a photo."""
    return {"b": fault.positive, "n": fault.negative, "s": UNSURE}


def namespace(settings: Any) -> str:
    """Names what a browser keeps unsent: of this catalogue and labeller, and apart from the labelling desk's."""
    return f"{labelling.namespace(settings)}.inspect"
