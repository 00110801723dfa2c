"""Exceptions of a session: eyes that are closed and no blink, and whose eyes matter.

A sign is what else may have closed the lids. It is looked for in every photo and written down; it changes a group only
where the session says so, and only of photos that the model suspects.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import groupby

from sqlalchemy import Engine, delete, insert, select

from workbench.archive import tables
from workbench.archive.catalog import writing
from workbench.archive.photos import Photo
from workbench.errors import WorkbenchError
from workbench.learning import starter
from workbench.learning.bursts import bursts
from workbench.learning.prediction import Predicted
from workbench.screening import verdicts
from workbench.screening.verdicts import GROUPS, LAUGHING, LOOKING_DOWN, ON_PURPOSE, SIGNS
from workbench.vision.views import Views

NAMES = SIGNS
"""The signs."""
FACES, ANY = "faces", "any"
"""Of several faces the subject's alone counts, or any of them when the exception “faces” counts as “any”."""

_SMILE, _SQUINT = 0.8, 0.5
_DOWN, _DOWN_BEYOND_BLINK = 0.6, 0.2
_SUCCESSIVE, _LONGEST = 3, timedelta(seconds=1)


class BadException(WorkbenchError):
    """An exception that there is not."""

    def __init__(self, name: str, counts_as: str) -> None:
        super().__init__(
            f"“{name}” cannot count as “{counts_as}”. {', '.join(f'“{sign}”' for sign in NAMES)} count as "
            f"{', '.join(GROUPS)}; “{FACES}” counts as {ANY}."
        )


def of_session(engine: Engine, session_id: str) -> dict[str, str]:
    """What the session's exceptions count as, by name: signs as a group, “faces” as “any”; others are not in it."""
    table = tables.exceptions.c
    with engine.connect() as connection:
        rows = connection.execute(select(table.name, table.counts_as).where(table.session_id == session_id))
        return {name: counts_as for name, counts_as in rows}


def set_one(engine: Engine, session_id: str, name: str, counts_as: str | None) -> None:
    """Says what a sign counts as in a session, or whose faces count; None: nothing special.

    The newest screening is regrouped at once by a sign. “faces” takes a new screening, for the other faces must be
    looked at. Raises BadException.
    """
    if counts_as is not None and counts_as not in choices(name):
        raise BadException(name, counts_as)
    table = tables.exceptions
    with writing(engine) as connection:
        connection.execute(delete(table).where(table.c.session_id == session_id, table.c.name == name))
        if counts_as is not None:
            connection.execute(insert(table).values(session_id=session_id, name=name, counts_as=counts_as))
        screening = verdicts.read(connection, session_id)
        if screening is not None:
            signs = verdicts.counting(connection, session_id)
            verdicts.rewrite(connection, verdicts.regrouped(screening, screening.threshold, signs))


def choices(name: str) -> tuple[str, ...]:
    """What an exception may count as; nothing when there is none of that name."""
    return (ANY,) if name == FACES else GROUPS if name in NAMES else ()


def signs(predicted: Sequence[Predicted], runs: Collection[str] | None = None) -> dict[str, str]:
    """The sign of each photo (by id) that shows one, of a session's photos in the order taken.

    `runs` is what `held` says of the subject, where a photo in `predicted` may show a bystander.

    *Laughing*: mouthSmile of at least .8 with eyeSquint of at least .5, each the mean of both sides. *Looking down*:
    eyeLookDown of at least .6 and by .2 above eyeBlink, for lids that close raise both. *Closed on purpose*: eyeBlink
    of at least .4 in three successive photos of a burst that lie more than a second apart in all: a blink lasts .1 to
    .4 s (Schiffman, “Sensation and Perception”, 2001; BioNumbers 100706).

    The numbers were chosen by looking at 1,911 research portraits: “Closed Eyes In The Wild” (every other photo: 596
    shut, 616 open ones from the press), Caltech Faces 1999 (169, in series) and portraits of free licence (530). By
    them 12 % of the shut eyes are laughing and 9 % look down, of the open ones 7 % and 1 %, of the series 2 % and none,
    of the portraits, which smile, 18 % and 1 %. One photo hardly tells a gaze downwards from shut lids, so no sign
    decides by itself. The landmarker's cheekSquint is always 0 and of no use.
    """
    found = {one.photo.id: sign for one in predicted if one.views is not None and (sign := _shown(one.views))}
    runs = held(predicted) if runs is None else runs
    return found | {photo: ON_PURPOSE for photo in runs if found.get(photo) != LAUGHING}


def _shown(seen: Views) -> str | None:
    """What a single photo shows: laughing before looking down."""
    smile, squint, down, blink = (_both(seen, name) for name in ("mouthSmile", "eyeSquint", "eyeLookDown", "eyeBlink"))
    if smile >= _SMILE and squint >= _SQUINT:
        return LAUGHING
    return LOOKING_DOWN if down >= _DOWN and down - blink >= _DOWN_BEYOND_BLINK else None


def _both(seen: Views, name: str) -> float:
    """Mean of both sides of a blendshape; 0 without a face."""
    return ((seen.measure(f"{name}Left") or 0.0) + (seen.measure(f"{name}Right") or 0.0)) / 2


def held(predicted: Sequence[Predicted]) -> list[str]:
    """Photos of every run of one person's shut eyes that is longer than any blink."""
    numbers = bursts([one.photo.captured_at for one in predicted])
    closed = [one.views is not None and _both(one.views, "eyeBlink") >= starter.HALF for one in predicted]
    runs = groupby(zip(predicted, numbers, closed, strict=True), key=lambda shot: shot[1:])
    found: list[str] = []
    for (_, is_closed), shots in runs:
        run = [one.photo for one, _, _ in shots]
        if is_closed and len(run) >= _SUCCESSIVE and _span(run) > _LONGEST:
            found += [photo.id for photo in run]
    return found


def _span(run: Sequence[Photo]) -> timedelta:
    first, last = run[0].captured_at, run[-1].captured_at
    return last - first if first is not None and last is not None else timedelta(0)
