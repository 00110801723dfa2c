"""Pictures made from photos for people to look at, kept in the cache: previews, and what other rooms cut out.

Each lies under its *kind*: “320” and “1600” are the previews; another room may add a kind of its own by `keep`. All
kinds are bounded together by `trim` and forgotten together by `erase`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from sqlalchemy import Engine, select

from workbench.archive import photos, tables
from workbench.archive.decoding import UnreadablePhoto, open_upright
from workbench.files import write_whole
from workbench.settings import Settings

SIZES = (320, 1600)
"""Longer sides in pixels: a tile, and the photo itself."""
_DAY = 86_400
_QUALITY = {320: 80, 1600: 88}
_making: dict[str, tuple[threading.Lock, int]] = {}
_making_lock = threading.Lock()


def preview(settings: Settings, engine: Engine, photo_id: str, size: int) -> Path | None:
    """A JPEG of the photo, upright, at most `size` pixels on its longer side.

    None when no such photo is known, or its original is away (or outside the allowed folders) and none was kept.
    Requests for one photo at the same time decode it once.
    """
    found = kept(settings, photo_id, str(size))
    if found or not dimensions(engine, photo_id):
        return found
    with alone(photo_id):
        if found := kept(settings, photo_id, str(size)):
            return found
        image = _larger(settings, photo_id, size) or original(settings, engine, photo_id, at_least=size)
        return keep_previews(settings, engine, photo_id, image, size) if image else None


def keep_previews(settings: Settings, engine: Engine, photo_id: str, image: Image.Image, size: int) -> Path | None:
    """Keeps the preview of `size` made from the upright `image`, and the smaller ones too where they are not yet."""
    path = None
    for each in (size, *(smaller for smaller in SIZES if smaller < size)):
        if each == size or not place(settings, photo_id, str(each)).is_file():
            small = scaled(image, each)
            made = keep(settings, engine, photo_id, str(each), small, quality=_QUALITY[each])
            path, image = path or made, small
    return path


def keep(
    settings: Settings, engine: Engine, photo_id: str, kind: str, image: Image.Image, *, quality: int
) -> Path | None:
    """Keeps `image` as the photo's JPEG of this kind; a wide colour profile stays with it, as browsers honour it.

    None when the photo was forgotten while the picture was made: then nothing of it is left behind.
    """
    target, profile = place(settings, photo_id, kind), image.info.get("icc_profile")
    write_whole(target, lambda file: image.save(file, "JPEG", quality=quality, icc_profile=profile))
    if dimensions(engine, photo_id):
        return target
    target.unlink(missing_ok=True)
    return None


def scaled(image: Image.Image, size: int) -> Image.Image:
    """`image` with its longer side at most `size` pixels, its colour profile kept."""
    scale = min(1.0, size / max(image.size))
    fitting = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    small = image.resize(fitting, Image.Resampling.HAMMING)  # as sharp as bicubic when reducing, in half the time
    small.info = dict(image.info)
    return small


def original(settings: Settings, engine: Engine, photo_id: str, *, at_least: int | None = None) -> Image.Image | None:
    """The upright photo from its file, reduced as `decoding.open_upright` does; None when none can be read now."""
    for path in photos.places(settings, engine, photo_id):
        try:
            return open_upright(path, at_least=at_least)
        except UnreadablePhoto:
            continue  # the RAW of the pair, or the same photo in another session, may still be there
    return None


def dimensions(engine: Engine, photo_id: str) -> tuple[int, int] | None:
    """Width and height of the upright photo in pixels; None when the catalogue does not know it."""
    query = select(tables.photos.c.width, tables.photos.c.height).where(tables.photos.c.id == photo_id)
    with engine.connect() as connection:
        found = connection.execute(query).first()
    return found and (found.width, found.height)


def beside(engine: Engine, photo_id: str) -> list[str]:
    """The photos of the session (or sessions) that the photo is of, itself among them, in the order taken."""
    query = select(tables.files.c.session_id).where(tables.files.c.photo_id == photo_id).distinct()
    with engine.connect() as connection:
        found = list(connection.execute(query).scalars())
    return [photo.id for session_id in found for photo in photos.of_session(engine, session_id)]


def place(settings: Settings, photo_id: str, kind: str | int) -> Path:
    """Where the picture of this kind is kept, made or not."""
    return settings.cache / "previews" / str(kind) / photo_id[:2] / f"{photo_id}.jpg"


def kept(settings: Settings, photo_id: str, kind: str) -> Path | None:
    """The picture of this kind if it was made before; it counts as looked at."""
    path = place(settings, photo_id, kind)
    try:
        if time.time() - path.stat().st_mtime > _DAY:
            path.touch()  # its time says when it was last looked at, to the day: one write a day is cheap
    except FileNotFoundError:
        return None
    return path


@contextmanager
def alone(photo_id: str) -> Iterator[None]:
    """One maker at a time for a photo in this process; the others wait and find what it made."""
    with _making_lock:
        lock, users = _making.get(photo_id, (threading.Lock(), 0))
        _making[photo_id] = lock, users + 1
    try:
        with lock:
            yield
    finally:
        with _making_lock:
            lock, users = _making.pop(photo_id)
            if users > 1:
                _making[photo_id] = lock, users - 1


def trim(settings: Settings) -> int:
    """Deletes the pictures that were not looked at for longest until all fit the limit; gives how many went."""
    folder = settings.cache / "previews"
    _sweep(folder)
    found = sorted((path.stat().st_mtime, path.stat().st_size, path) for path in folder.glob("*/*/*.jpg"))
    too_much, gone = sum(size for _, size, _ in found) - settings.preview_bytes, 0
    for _, size, path in found:
        if too_much <= 0:
            break
        path.unlink(missing_ok=True)
        too_much, gone = too_much - size, gone + 1
    return gone


def erase(settings: Settings, photo_id: str) -> int:
    """Deletes a photo's pictures of every kind; gives how many there were."""
    found = every(settings, photo_id)
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def every(settings: Settings, photo_id: str) -> list[Path]:
    """A photo's kept pictures of every kind."""
    return list((settings.cache / "previews").glob(f"*/{photo_id[:2]}/{photo_id}.jpg"))


def _sweep(folder: Path) -> None:
    """Deletes what a killed process left half written."""
    for path in folder.glob("*/*/.*.part"):
        if time.time() - path.stat().st_mtime > _DAY:
            path.unlink(missing_ok=True)


def _larger(settings: Settings, photo_id: str, size: int) -> Image.Image | None:
    path = place(settings, photo_id, max(SIZES))
    return Image.open(path) if size < max(SIZES) and path.is_file() else None
