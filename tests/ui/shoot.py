"""Small shoots for the pages' tests: real JPEGs in a folder, known to the catalogue, screened or not."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
from PIL import Image, ImageDraw
from sqlalchemy import Connection, insert

from workbench.archive import catalog, sessions, tables
from workbench.settings import Settings
from workbench.vision import anatomy, store, views
from workbench.vision.views import Views

MORNING = datetime(2026, 11, 20, 9, 0)
SIZE = (320, 480)
EYES = (((110, 160), (176, 64, 64)), ((210, 160), (64, 64, 176)))
"""Middle and colour of the eyes that every photo has, the one at its left first."""
CORNERS = 40
"""Pixels between the corners of an eye."""

AT = datetime(2026, 11, 20, 12)
"""When everything here was screened."""


@dataclass(frozen=True)
class Frame:
    """One photo of the shoot, and what the screening said of it (None: nothing)."""

    group: str | None
    probability: float | None = None
    reason: str = "eyes open"


def frames(keep: int = 0, blink: int = 0, cant_tell: int = 0) -> list[Frame]:
    """Keepers first and blinks last, as no page should show them."""
    return [
        *(Frame("keep", 0.02, "both eyes open") for _ in range(keep)),
        *(Frame("cant_tell", None, "no face found") for _ in range(cant_tell)),
        *(Frame("blink", 0.97, "both eyes shut") for _ in range(blink)),
    ]


def shoot(settings: Settings, name: str, taken: Sequence[Frame], problems: Sequence[tuple[str, str]] = ()) -> str:
    """A session of small JPEGs under the allowed root; gives its id. Screened when any frame has a group."""
    folder = settings.roots[-1] / name
    folder.mkdir(parents=True)
    with catalog.writing(catalog.open_catalog(settings)) as connection:
        session = sessions.add(connection, sessions.Session("", name, folder)).id
        ids = [_photo(connection, session, folder, number) for number in range(len(taken))]
        for file, reason in problems:
            connection.execute(insert(tables.files).values(session_id=session, name=file, problem=reason))
        store.put(settings, dict.fromkeys(ids, seen()))
        if any(frame.group for frame in taken):
            _screening(connection, session, dict(zip(ids, taken, strict=True)))
    return session


def _photo(connection: Connection, session: str, folder: Path, number: int) -> str:
    name = f"IMG_{number:04}.jpg"
    draw(folder / name, number)
    photo = hashlib.sha256(f"{session}{number}".encode()).hexdigest()[:32]
    at = MORNING + timedelta(seconds=2 * number)
    connection.execute(insert(tables.photos).values(id=photo, captured_at=at, width=320, height=480, faces=1))
    connection.execute(insert(tables.files).values(session_id=session, name=name, photo_id=photo))
    return photo


def draw(path: Path, number: int) -> None:
    """A grey backdrop with two eyes and a number on it: each photo is another one."""
    image = Image.new("RGB", SIZE, (90 + number % 60, 90, 96))
    for middle, colour in EYES:
        ImageDraw.Draw(image).circle(middle, CORNERS / 2, fill=colour)
    ImageDraw.Draw(image).text((140, 220), str(number), fill="white", font_size=48)
    image.save(path, quality=70)


def seen() -> Views:
    """What was found in each photo: a face whose eyes lie where they were drawn."""
    points = np.full((anatomy.LANDMARKS, 2), 0.5, np.float32)
    for eye, ((across, down), _) in zip(anatomy.EYES, EYES, strict=True):
        for corner, sign in ((eye.six[0], -1), (eye.six[3], 1)):
            points[corner] = (across + sign * CORNERS / 2) / SIZE[0], down / SIZE[1]
    geometry = np.zeros(len(views.GEOMETRY), np.float32)
    return Views(1, np.zeros(views.FRAME, np.uint8), np.zeros(views.EYES, np.uint8), geometry, points)


def _screening(connection: Connection, session: str, judged: dict[str, Frame]) -> None:
    screening = uuid4().hex
    values = {"id": screening, "session_id": session, "fault": "blink", "model": "starter", "threshold": 0.5}
    connection.execute(insert(tables.screenings).values(at=AT, finished_at=AT, **values))
    verdicts = [
        {
            "screening_id": screening,
            "photo_id": photo,
            "group": frame.group,
            "probability": frame.probability,
            "reason": frame.reason,
            "obstacle": frame.reason if frame.probability is None else None,
        }
        for photo, frame in judged.items()
        if frame.group
    ]
    connection.execute(insert(tables.verdicts), verdicts)
