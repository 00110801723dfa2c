"""Views that were computed, kept beside the catalogue so that nothing is decoded twice; may be deleted at any time.

Beside each stand its photo's measures, so that those of many photos are read without any picture.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from workbench.settings import Settings
from workbench.vision import measures, views
from workbench.vision.measures import Measured, Measures
from workbench.vision.views import Views

_SCHEMA = """
CREATE TABLE IF NOT EXISTS views (
    photo TEXT, version INTEGER, faces INTEGER NOT NULL,
    frame BLOB NOT NULL, eyes BLOB, geometry BLOB, points BLOB,
    PRIMARY KEY (photo, version)
) WITHOUT ROWID
"""
_MEASURES = f"""
CREATE TABLE IF NOT EXISTS measures (
    photo TEXT, version TEXT, {", ".join(f"{name} REAL" for name in Measures._fields)},
    PRIMARY KEY (photo, version)
) WITHOUT ROWID
"""
_OTHERS = """
CREATE TABLE IF NOT EXISTS others (
    photo TEXT, version INTEGER, number INTEGER, faces INTEGER NOT NULL,
    frame BLOB NOT NULL, eyes BLOB, geometry BLOB, points BLOB,
    PRIMARY KEY (photo, version, number)
) WITHOUT ROWID
"""
_PUT_OTHER = "INSERT INTO others VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_AT_ONCE = 500
_MANY = 5_000  # photos from which on reading all rows is quicker than asking for each


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
        _put_measures(connection, {photo: measures.measure(seen) for photo, seen in found.items()})


def get(settings: Settings, photos: Iterable[str]) -> dict[str, Views]:
    """The views of those photos that are kept in the present version."""
    wanted = list(photos)
    found: dict[str, Views] = {}
    if not place(settings).exists():
        return found
    with _open(settings) as connection:
        for some in _slices(wanted):
            found |= _of(connection, some)
    return found


def put_others(settings: Settings, photo: str, found: Sequence[Views]) -> None:
    """Keeps the views of a photo's other faces, the largest first; that there are none is kept, too."""
    looked = (photo, views.VERSION, 0, len(found), b"", None, None, None)  # says that the photo was looked at
    with _open(settings) as connection:
        connection.execute("DELETE FROM others WHERE photo = ?", (photo,))
        connection.execute(_PUT_OTHER, looked)
        for number, seen in enumerate(found, start=1):
            arrays = map(_bytes, (seen.frame, seen.eyes, seen.geometry, seen.points))
            connection.execute(_PUT_OTHER, (photo, views.VERSION, number, seen.faces, *arrays))


def others(settings: Settings, photos: Iterable[str]) -> dict[str, list[Views]]:
    """The views of the other faces of those photos that were looked at for them, in the present version."""
    wanted = list(photos)
    found: dict[str, list[Views]] = {}
    if not wanted or not place(settings).exists():
        return found
    query = "SELECT photo, number, faces, frame, eyes, geometry, points FROM others WHERE version = ? AND photo IN "
    with _open(settings) as connection:
        for some in _slices(wanted):
            rows = connection.execute(f"{query}({','.join('?' * len(some))}) ORDER BY number", (views.VERSION, *some))
            for photo, number, faces, *arrays in rows:
                found.setdefault(photo, []).extend([_views(faces, arrays)] if number else [])
    return found


def measured(settings: Settings, photos: Sequence[str], *, at_once: int = 2_000) -> Measured:
    """The measures of those photos as vectors float64 (n,), in that order; nan where nothing was measured.

    Photos whose views were kept before there were measures are measured now, so many of them `at_once`.
    """
    if not place(settings).exists():
        return Measured(*np.full((len(Measures._fields), len(photos)), np.nan))
    with _open(settings) as connection:
        kept = _kept_measures(connection, photos)
        if _measure(connection, [photo for photo in photos if photo not in kept], at_once):
            kept = _kept_measures(connection, photos)
    unknown = (np.nan,) * len(Measures._fields)
    rows = np.array([kept.get(photo, unknown) for photo in photos], np.float64)  # None becomes nan
    return Measured(*rows.reshape(len(photos), len(Measures._fields)).T)


def forget(settings: Settings, photos: Iterable[str]) -> None:
    """Erases the views and measures of those photos in every version, to the last byte."""
    if not place(settings).exists():
        return
    with _open(settings) as connection:
        going = [(photo,) for photo in photos]
        for table in ("views", "others", "measures"):
            connection.executemany(f"DELETE FROM {table} WHERE photo = ?", going)
    with closing(sqlite3.connect(place(settings))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _open(settings: Settings) -> Iterator[sqlite3.Connection]:
    place(settings).parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(place(settings), timeout=30)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")  # it can be made again
        connection.execute("PRAGMA secure_delete=ON")
        for schema in (_SCHEMA, _OTHERS, _MEASURES):
            connection.execute(schema)
        with connection:
            yield connection


def _put_measures(connection: sqlite3.Connection, found: Mapping[str, Measures]) -> None:
    rows = [(photo, measures.VERSION, *row) for photo, row in found.items()]
    connection.executemany(f"INSERT OR REPLACE INTO measures VALUES (?, ?{', ?' * len(Measures._fields)})", rows)


def _measure(connection: sqlite3.Connection, photos: list[str], most: int) -> int:
    """Measures photos whose views are kept until `most` are done; gives how many."""
    done = 0
    for some in _slices(photos):
        if done >= most:
            break
        found = _of(connection, some)
        _put_measures(connection, {photo: measures.measure(seen) for photo, seen in found.items()})
        done += len(found)
    return done


def _kept_measures(connection: sqlite3.Connection, photos: Sequence[str]) -> dict[str, tuple[float | None, ...]]:
    query = f"SELECT photo, {', '.join(Measures._fields)} FROM measures WHERE version = ?"
    if len(photos) > _MANY:
        return {photo: tuple(row) for photo, *row in connection.execute(query, (measures.VERSION,))}
    found: dict[str, tuple[float | None, ...]] = {}
    for some in _slices(list(photos)):
        wanted = f"{query} AND photo IN ({','.join('?' * len(some))})"
        found |= {photo: tuple(row) for photo, *row in connection.execute(wanted, (measures.VERSION, *some))}
    return found


def _of(connection: sqlite3.Connection, photos: Sequence[str]) -> dict[str, Views]:
    """The kept views of at most _AT_ONCE photos."""
    query = f"SELECT * FROM views WHERE version = ? AND photo IN ({','.join('?' * len(photos))})"
    rows = connection.execute(query, (views.VERSION, *photos))
    return {photo: _views(faces, arrays) for photo, _, faces, *arrays in rows}


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
