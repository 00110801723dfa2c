"""What a network learns from: the labelled photos as arrays, from kept views; no photo is decoded again."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from sqlalchemy import Engine

from workbench.archive import labels, photos, sessions, splits
from workbench.archive.photos import Photo
from workbench.archive.sessions import Session
from workbench.archive.splits import SIDES
from workbench.archive.tables import FOLDER
from workbench.faults import BLINK, Fault
from workbench.learning import relative
from workbench.learning.bursts import bursts
from workbench.settings import Settings
from workbench.vision import analysis, anatomy, views
from workbench.vision.views import GEOMETRY, Views

_OF_ALL = ("one_person", "away")
"""Fields of Examples that are not of one photo each."""


@dataclass(frozen=True)
class Examples:
    """n labelled photos, each once, as arrays of one length.

    `groups` are opaque keys of what a split keeps together; `sides` says training, validation or test; `truth` is
    whether the fault is there; `face` whether one was found. `frame` uint8 (n, 178, 100), `eyes` uint8 (n, 2, 48, 64),
    `geometry` float32 (n, 26), `relative` float32 (n, 4) and `points` float32 (n, 478, 2) in shares of the photo, whose
    `sizes` (n, 2) are width and height; without a face they are 0, `relative` nan. `one_person`: there are too few
    groups to hold one back, so that the sides are bursts of the same people. `away`: so many more photos are labelled
    that cannot be looked at, since their views were thrown away and their files cannot be read.
    """

    photos: tuple[str, ...]
    sessions: tuple[str, ...]
    groups: tuple[str, ...]
    sides: np.ndarray
    truth: np.ndarray
    face: np.ndarray
    frame: np.ndarray
    eyes: np.ndarray
    geometry: np.ndarray
    relative: np.ndarray
    points: np.ndarray
    sizes: np.ndarray
    one_person: bool = False
    away: int = 0

    def __len__(self) -> int:
        return len(self.photos)

    def take(self, wanted: np.ndarray) -> Examples:
        """Those rows: a mask (n,) or positions."""
        rows = np.flatnonzero(wanted) if np.asarray(wanted).dtype == bool else np.asarray(wanted, int)
        taken: dict[str, Any] = {
            field.name: _rows(getattr(self, field.name), rows) for field in fields(self) if field.name not in _OF_ALL
        }
        return Examples(**taken, one_person=self.one_person, away=self.away)

    def of(self, side: str) -> Examples:
        """The photos of one side."""
        return self.take(self.sides == side)

    def seen(self, views_of: Collection[str]) -> Examples:
        """The photos that have those views: without a face there are neither eyes nor geometry."""
        return self if set(views_of) <= {"frame"} else self.take(self.face)

    @property
    def fingerprint(self) -> str:
        """What the data are known by: the same photos with the same labels and sides give the same one."""
        lines = sorted(f"{p} {t:d} {s}" for p, t, s in zip(self.photos, self.truth, self.sides, strict=True))
        return hashlib.sha256("\n".join([f"views {views.VERSION}", *lines]).encode()).hexdigest()[:16]


def gather(
    settings: Settings,
    engine: Engine,
    executor: Executor,
    *,
    fault: Fault = BLINK,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Examples:
    """Every labelled photo of the archive whose views are kept, or whose file is there; in the order of their ids.

    A group that had no side gets one, and no group ever changes it. `tell` hears of sessions done and in all.
    """
    splits.assign(engine, fault)
    standing = labels.current(engine, fault)
    truth = {photo: label.value == fault.positive for photo, label in standing.items() if label.value in fault.classes}
    rows: dict[str, dict[str, Any]] = {}
    every = sessions.every(engine)
    for done, session in enumerate(every):
        tell(done, len(every))
        for row in _of_session(settings, engine, session, truth, executor):
            known = rows.get(row["photos"])
            if known is None or (np.isnan(known["relative"][0]) and not np.isnan(row["relative"][0])):
                rows[row["photos"]] = row
    tell(len(every), len(every))
    found = _stacked(engine, [rows[photo] for photo in sorted(rows)])
    return replace(found, away=len(truth) - len(rows))


def _of_session(
    settings: Settings, engine: Engine, session: Session, truth: Mapping[str, bool], executor: Executor
) -> Iterator[dict[str, Any]]:
    """The labelled photos of a session as rows, with numbers relative to all its photos."""
    wanted = photos.of_session(engine, session.id)
    if not any(photo.id in truth for photo in wanted):
        return
    if session.kind != FOLDER:  # every photo another person: nothing to be relative to
        wanted = [photo for photo in wanted if photo.id in truth]
    seen = analysis.views_of(settings, session, wanted, executor)
    yield from _rows_of(session, wanted, [seen.get(photo.id) for photo in wanted], truth)


def _rows_of(
    session: Session, wanted: Sequence[Photo], seen: Sequence[Views | None], truth: Mapping[str, bool]
) -> Iterator[dict[str, Any]]:
    numbers = relative.of_session(seen) if session.kind == FOLDER else relative.absent(len(seen))
    burst = bursts([photo.captured_at for photo in wanted])
    for photo, views_, row, number in zip(wanted, seen, numbers, burst, strict=True):
        if views_ is not None and photo.id in truth:
            yield {
                "photos": photo.id,
                "sessions": session.id,
                "burst": f"{session.id} {number}",
                "truth": truth[photo.id],
                "face": views_.geometry is not None,
                "frame": views_.frame,
                "eyes": _or_zeros(views_.eyes, views.EYES, np.uint8),
                "geometry": _or_zeros(views_.geometry, (len(GEOMETRY),), np.float32),
                "relative": row,
                "points": _or_zeros(views_.points, (anatomy.LANDMARKS, 2), np.float32),
                "sizes": (photo.width, photo.height),
            }


def _stacked(engine: Engine, rows: Sequence[Mapping[str, Any]]) -> Examples:
    group_of, side_of = splits.groups(engine), splits.sides(engine)
    one_person = bool(rows) and not any(row["photos"] in side_of for row in rows)
    sides = _by_burst(rows) if one_person else [side_of.get(row["photos"], "") for row in rows]
    return Examples(
        photos=tuple(row["photos"] for row in rows),
        sessions=tuple(row["sessions"] for row in rows),
        groups=tuple(row["burst"] if one_person else group_of[row["photos"]] for row in rows),
        sides=np.array(sides, dtype=f"U{max(map(len, SIDES))}"),
        truth=np.array([row["truth"] for row in rows], bool),
        face=np.array([row["face"] for row in rows], bool),
        frame=_array(rows, "frame", views.FRAME, np.uint8),
        eyes=_array(rows, "eyes", views.EYES, np.uint8),
        geometry=_array(rows, "geometry", (len(GEOMETRY),), np.float32),
        relative=_array(rows, "relative", (len(relative.RELATIVE),), np.float32),
        points=_array(rows, "points", (anatomy.LANDMARKS, 2), np.float32),
        sizes=_array(rows, "sizes", (2,), np.int32),
        one_person=one_person,
    )


def _by_burst(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Sides for the photos of one or two people: a burst is kept together, nothing is written down."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(row["burst"], Counter())[str(row["truth"])] += 1
    side = splits.share_out(counts, {})
    return [side[row["burst"]] for row in rows]


def _array(rows: Sequence[Mapping[str, Any]], name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    return np.array([row[name] for row in rows], dtype).reshape(len(rows), *shape)


def _or_zeros(array: np.ndarray | None, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    return np.zeros(shape, dtype) if array is None else array


def _rows(values: Any, rows: np.ndarray) -> Any:
    return values[rows] if isinstance(values, np.ndarray) else tuple(values[row] for row in rows)
