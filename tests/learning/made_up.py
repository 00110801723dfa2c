"""Made-up photos whose eyes are easy to tell: a dark iris in an open eye, a dark line where one is closed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sqlalchemy import Engine

from tests import archive_rows
from workbench.archive import splits
from workbench.archive.sessions import Session
from workbench.faults import BLINK
from workbench.settings import Settings
from workbench.vision import store, views
from workbench.vision.views import GEOMETRY, Views


def eye(closed: bool, rng: np.random.Generator) -> np.ndarray:
    """One eye, uint8 (48, 64)."""
    picture = np.full((views.EYE_HEIGHT, views.EYE_WIDTH), rng.uniform(130, 180))
    if closed:
        picture[26:29, 14:50] -= 90
    else:
        picture[16:32, 14:50] += 50
        picture[16:32, 25:39] -= 140
    return (picture + rng.normal(0, 6, picture.shape)).clip(0, 255).astype(np.uint8)


def seen(closed: bool, rng: np.random.Generator, *, face: bool = True) -> Views:
    """The views of a made-up photo."""
    frame = np.full(views.FRAME, 40 if closed else 200, np.uint8)
    if not face:
        return Views(faces=0, frame=frame)
    geometry = np.zeros(len(GEOMETRY), np.float32)
    for name, value in {"eyeBlinkLeft": 0.8 if closed else 0.1, "earLeft": 0.08 if closed else 0.3}.items():
        for side in (name, name.replace("Left", "Right")):
            geometry[GEOMETRY.index(side)] = value + rng.normal(0, 0.02)
    geometry[GEOMETRY.index("presence")] = geometry[GEOMETRY.index("score")] = 1
    return Views(1, frame, np.stack([eye(closed, rng), eye(closed, rng)]), geometry, points(rng))


def points(rng: np.random.Generator) -> np.ndarray:
    """Landmarks of a face that looks straight ahead, its eyes a little open."""
    from workbench.vision import anatomy

    found = rng.uniform(0.3, 0.7, (anatomy.LANDMARKS, 2))
    for middle, lids in ((0.4, anatomy.RIGHT), (0.6, anatomy.LEFT)):
        for edge, height in ((lids.upper, -0.02), (lids.lower, 0.02)):
            for place, point in zip(np.linspace(-0.05, 0.05, len(edge)), edge, strict=True):
                found[point] = middle + place, 0.4 + height * (1 - (place / 0.05) ** 2)
        for corner, place in ((lids.six[0], -0.05), (lids.six[3], 0.05)):
            found[corner] = middle + place, 0.4
    return found.astype(np.float32)


def archive(
    settings: Settings, engine: Engine, *, sessions: int = 6, photos: int = 12, closed: int = 4, start: int = 0
) -> list[Session]:
    """Labelled sessions of so many photos, the first `closed` of each with closed eyes."""
    rng = np.random.default_rng(start)
    made = []
    for number in range(start, start + sessions):
        shown = {f"{number:04x}{index:028x}": index < closed for index in range(photos)}
        made.append(archive_rows.session(engine, f"S{number}", list(shown)))
        put(settings, shown, rng)
        for photo, shut in shown.items():
            archive_rows.say(engine, photo, BLINK.classes[shut])
    splits.assign(engine, BLINK)
    return made


def put(settings: Settings, shown: Mapping[str, bool], rng: np.random.Generator) -> None:
    """Keeps the views of photos (id → closed)."""
    store.put(settings, {photo: seen(shut, rng) for photo, shut in shown.items()})
