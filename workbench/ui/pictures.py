"""The pictures behind the server's addresses: previews, both eyes, and the original around them, as JPEG bytes."""

from __future__ import annotations

from pathlib import Path

from workbench.archive import previews
from workbench.errors import WorkbenchError
from workbench.settings import Settings
from workbench.ui import ahead, frame

TILE, LARGE = (str(size) for size in previews.SIZES)
EYES, ZOOM = "eyes", "zoom"
KINDS = (TILE, LARGE, EYES, ZOOM)


def kept(settings: Settings, kind: str, photo_id: str) -> bytes | None:
    """The picture if it was made before and lies in the cache."""
    if kind == ZOOM:
        return None
    if kind == EYES:
        from workbench.vision import closeups  # not before the first loupe: tiles do without numpy and LiteRT

        kind = closeups.KIND
    return _read(settings, previews.kept(settings, photo_id, kind))


def made(settings: Settings, kind: str, photo_id: str) -> bytes | None:
    """The picture, made now: None when the photo is unknown or away, empty for the eyes of one without a face."""
    try:
        with ahead.of(settings).request():
            if kind == TILE:
                return _tile(settings, photo_id)
            return _close(settings, kind, photo_id)
    except WorkbenchError:
        return None


def _tile(settings: Settings, photo_id: str) -> bytes | None:
    path = previews.preview(settings, frame.open_archive(settings), photo_id, int(TILE))
    if path is not None:
        ahead.of(settings).opened(photo_id)
    return _read(settings, path)


def _close(settings: Settings, kind: str, photo_id: str) -> bytes | None:
    from workbench.vision import closeups

    engine = frame.open_archive(settings)
    if kind == ZOOM:
        return closeups.zoom(settings, engine, photo_id)
    if kind == LARGE:
        return _read(settings, closeups.large(settings, engine, photo_id))
    try:
        return _read(settings, closeups.eyes(settings, engine, photo_id))
    except closeups.NoEyes:
        return b""


def _read(settings: Settings, path: Path | None) -> bytes | None:
    """The file's bytes, if it lies in the cache itself and not behind a link that leads out of it."""
    if path is None or not path.resolve().is_relative_to(settings.cache):
        return None
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None  # another process has just made room, or forgotten the client
