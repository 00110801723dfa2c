"""Previews of photos, made on first need and kept in the cache."""

from __future__ import annotations

import time
from pathlib import Path

from PIL import Image
from sqlalchemy import Engine, select

from workbench.archive import photos, tables
from workbench.archive.decoding import UnreadablePhoto, open_upright
from workbench.errors import OutsideRoots
from workbench.files import write_whole
from workbench.settings import Settings

SIZES = (320, 1600)
"""Longer sides in pixels: a tile, and the photo itself."""
_DAY = 86_400
_QUALITY = {320: 80, 1600: 88}


def preview(settings: Settings, engine: Engine, photo_id: str, size: int) -> Path | None:
    """A JPEG of the photo, upright, at most `size` pixels on its longer side.

    None when no such photo is known, or its original is away (or outside the allowed folders) and none was kept.
    """
    kept = place(settings, photo_id, size)
    if kept.is_file():
        _mark_used(kept)
        return kept
    with engine.connect() as connection:
        known = connection.execute(select(tables.photos.c.id).where(tables.photos.c.id == photo_id)).scalar()
    if known is None:
        return None
    image = _original(settings, engine, photo_id, size)
    if image is None:
        return None
    write(image, kept, size)
    return kept


def place(settings: Settings, photo_id: str, size: int) -> Path:
    """Where the preview is kept, made or not."""
    return settings.cache / "previews" / str(size) / photo_id[:2] / f"{photo_id}.jpg"


def write(image: Image.Image, target: Path, size: int) -> None:
    """Writes `image` scaled to `size`; a wide colour profile stays with it, as browsers honour it."""
    small = image.copy()
    small.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=2.0)
    profile = image.info.get("icc_profile")
    write_whole(target, lambda file: small.save(file, "JPEG", quality=_QUALITY[size], icc_profile=profile))


def trim(settings: Settings) -> int:
    """Deletes the previews that were not looked at for longest until all fit the limit; gives how many went."""
    found = sorted(
        (path.stat().st_mtime, path.stat().st_size, path) for path in (settings.cache / "previews").glob("*/*/*.jpg")
    )
    too_much, gone = sum(size for _, size, _ in found) - settings.preview_bytes, 0
    for _, size, path in found:
        if too_much <= 0:
            break
        path.unlink(missing_ok=True)
        too_much, gone = too_much - size, gone + 1
    return gone


def erase(settings: Settings, photo_id: str) -> int:
    """Deletes a photo's previews; gives how many there were."""
    kept = [path for size in SIZES if (path := place(settings, photo_id, size)).exists()]
    for path in kept:
        path.unlink()
    return len(kept)


def _mark_used(kept: Path) -> None:
    """The time of a preview says when it was last looked at, to the day: one write a day is cheap."""
    if time.time() - kept.stat().st_mtime > _DAY:
        kept.touch()


def _original(settings: Settings, engine: Engine, photo_id: str, size: int) -> Image.Image | None:
    larger = place(settings, photo_id, max(SIZES))
    if size < max(SIZES) and larger.is_file():
        return Image.open(larger)
    for path in photos.places(engine, photo_id):
        try:
            return open_upright(settings.inside(path), at_least=size)
        except (UnreadablePhoto, OutsideRoots):
            continue  # the RAW of the pair, or the same photo in another session, may still be there
    return None
