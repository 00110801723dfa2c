"""Views that were computed, kept beside the catalogue so that nothing is decoded twice; may be deleted at any time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from workbench.settings import Settings
from workbench.vision import views
from workbench.vision.views import Views

_SCHEMA = """
CREATE TABLE IF NOT EXISTS views (
    photo TEXT, version INTEGER, faces INTEGER NOT NULL,
    frame BLOB NOT NULL, eyes BLOB, geometry BLOB, points BLOB,
    PRIMARY KEY (photo, version)
) WITHOUT ROWID
"""
_AT_ONCE = 500


def place(settings: Settings) -> Path:
    """The file that holds the views."""
    return settings.cache / "views.db"


def put(settings: Settings, found: Mapping[str, Views]) -> None:
    """Keeps the views of photos (id → views) under the present vision version."""
    rows = [
        (photo, views.VERSION, seen.faces, *map(_bytes, (seen.frame, seen.eyes, seen.geometry, seen.points)))
        for photo, seen in found.items()
    ]
    with _open(settings) as connection:
        connection.executemany("INSERT OR REPLACE INTO views VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def get(settings: Settings, photos: Iterable[str]) -> dict[str, Views]:
    """The views of those photos that are kept in the present version."""
    wanted = list(photos)
    found: dict[str, Views] = {}
    if not place(settings).exists():
        return found
    with _open(settings) as connection:
        for some in _slices(wanted):
            marks = ",".join("?" * len(some))
            query = f"SELECT * FROM views WHERE version = ? AND photo IN ({marks})"
            for photo, _, faces, *arrays in connection.execute(query, (views.VERSION, *some)):
                found[photo] = _views(faces, arrays)
    return found


def forget(settings: Settings, photos: Iterable[str]) -> None:
    """Erases the views of those photos in every version, to the last byte."""
    if not place(settings).exists():
        return
    with _open(settings) as connection:
        connection.executemany("DELETE FROM views WHERE photo = ?", [(photo,) for photo in photos])
    with closing(sqlite3.connect(place(settings))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _open(settings: Settings) -> Iterator[sqlite3.Connection]:
    place(settings).parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(place(settings), timeout=30)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")  # it can be made again
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute(_SCHEMA)
        with connection:
            yield connection


def _views(faces: int, arrays: list[bytes | None]) -> Views:
    frame, eyes, geometry, points = arrays
    return Views(
        faces=faces,
        frame=np.frombuffer(frame or b"", np.uint8).reshape(views.FRAME),
        eyes=None if eyes is None else np.frombuffer(eyes, np.uint8).reshape(views.EYES),
        geometry=None if geometry is None else np.frombuffer(geometry, np.float32),
        points=None if points is None else np.frombuffer(points, np.float32).reshape(-1, 2),
    )


def _bytes(array: np.ndarray | None) -> bytes | None:
    return None if array is None else np.ascontiguousarray(array).tobytes()


def _slices(wanted: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(wanted), _AT_ONCE):
        yield wanted[start : start + _AT_ONCE]
