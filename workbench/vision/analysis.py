"""From a file to what a photo shows: each file is read once; hash, picture, face and views come from the same bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from workbench import assets
from workbench.archive import formats, identity, photos
from workbench.archive.decoding import UnreadablePhoto, decode, read_bytes
from workbench.archive.importing import Reading
from workbench.archive.photos import Photo
from workbench.archive.sessions import Session
from workbench.errors import OutsideRoots
from workbench.settings import Settings
from workbench.vision import store, views
from workbench.vision.landmarks import Landmarker
from workbench.vision.views import Views

DECODED_AT_LEAST = 1440
"""Longer side in pixels at which photos are looked at: a 24 MP JPEG decodes at a quarter, its eyes keep 64 pixels."""

_own = threading.local()


class Analyst:
    """Reads files for an import: `read` for workers, `keep` for what they saw (`importing.Reader`)."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.read: Callable[[Path], Reading] = partial(read_photo, bundle=assets.path(settings, "face_landmarker.task"))

    def keep(self, readings: Mapping[str, Reading]) -> None:
        """Keeps the views in the cache."""
        seen = {photo: one.views for photo, one in readings.items() if isinstance(one.views, Views)}
        store.put(self.settings, seen)


@contextmanager
def pool(settings: Settings) -> Iterator[Executor]:
    """The executor that analyses by default: threads, for decoding and LiteRT both leave the interpreter free."""
    with ThreadPoolExecutor(max_workers=settings.workers, thread_name_prefix="analyse") as executor:
        try:
            yield executor
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise


def read_photo(path: Path, *, bundle: Path) -> Reading:
    """Everything about one file; a file that cannot be read gives its problem instead of an error."""
    try:
        state = path.stat()
        data = read_bytes(path)
        image, facts = decode(data, at_least=DECODED_AT_LEAST, name=path.name)
    except UnreadablePhoto as error:
        return Reading(problem=error.reason)
    except OSError as error:
        return Reading(problem=f"the disk does not give it ({error.strerror})")
    seen = views.look(image, _landmarker(bundle), scale=facts["width"] / image.width)
    hashes = identity.hashes(data)
    return Reading(
        identity=hashes.identity,
        file_hash=hashes.file,
        size=state.st_size,
        modified_ns=state.st_mtime_ns,
        captured_at=facts["captured_at"],
        width=facts["width"],
        height=facts["height"],
        faces=seen.faces,
        views=seen,
        note=_misnamed(path, facts["format"]),
    )


def views_of(settings: Settings, session: Session, wanted: list[Photo], executor: Executor) -> dict[str, Views]:
    """The views of a session's photos: from the cache, and from the files again where it was thrown away.

    Photos whose files are away are left out.
    """
    found = store.get(settings, (photo.id for photo in wanted))
    lacking = [photo for photo in wanted if photo.id not in found]
    if not lacking or session.away:
        return found
    analyst = Analyst(settings)
    for photo, reading in zip(lacking, executor.map(analyst.read, _places(settings, session, lacking)), strict=True):
        if isinstance(reading.views, Views) and _is_still(reading, photo):
            store.put(settings, {photo.id: reading.views})
            found[photo.id] = reading.views
    return found


def others_of(
    settings: Settings, session: Session, wanted: Sequence[Photo], executor: Executor
) -> dict[str, list[Views]]:
    """The views of the other faces of photos that show several, the largest first: kept, or read again once.

    Photos whose files are away, or that the cache knows nothing of, are left out.
    """
    found = store.others(settings, (photo.id for photo in wanted))
    lacking = [photo for photo in wanted if photo.id not in found]
    if not lacking or session.away:
        return found
    kept = store.get(settings, (photo.id for photo in lacking))
    subjects = {photo: seen.points for photo, seen in kept.items() if seen.points is not None}
    lacking = [photo for photo in lacking if photo.id in subjects]
    look = partial(_read_others, bundle=assets.path(settings, "face_landmarker.task"))
    read = executor.map(look, _places(settings, session, lacking), [subjects[photo.id] for photo in lacking])
    for photo, (reading, seen) in zip(lacking, read, strict=True):
        if reading.problem is None and _is_still(reading, photo):
            store.put_others(settings, photo.id, seen)
            found[photo.id] = seen
    return found


def _read_others(path: Path, subject: np.ndarray, *, bundle: Path) -> tuple[Reading, list[Views]]:
    """Who the photo in a file is, and its faces but the subject's, whose landmarks are given."""
    try:
        state = path.stat()
        data = read_bytes(path)
        image, facts = decode(data, at_least=DECODED_AT_LEAST, name=path.name)
    except (UnreadablePhoto, OSError) as error:
        return Reading(problem=str(error)), []
    seen = views.look_at_others(image, _landmarker(bundle), subject, scale=facts["width"] / image.width)
    return Reading(identity.identity(data), size=state.st_size, modified_ns=state.st_mtime_ns), seen


def _is_still(reading: Reading, photo: Photo) -> bool:
    """Whether the file that was read holds the photo: another picture may lie under its name by now."""
    same = (reading.size, reading.modified_ns) == (photo.size, photo.modified_ns)
    return same or photo.is_picture(reading.identity)


def _places(settings: Settings, session: Session, wanted: Sequence[Photo]) -> list[Path]:
    places = []
    for photo in wanted:
        try:
            places.append(settings.inside(photos.path(session, photo)))
        except OutsideRoots:
            places.append(Path())  # reads as a problem; the photo stays without views
    return places


def _landmarker(bundle: Path) -> Landmarker:
    """This thread's own landmarker: an interpreter serves one thread at a time."""
    if getattr(_own, "bundle", None) != bundle:
        _own.landmarker, _own.bundle = Landmarker(bundle), bundle
    return _own.landmarker


def _misnamed(path: Path, found: str) -> str | None:
    if found == "RAW" or path.suffix.lower() in formats.NAMES_BY_FORMAT[found]:
        return None
    return f"it is a {found} picture in spite of its name"
