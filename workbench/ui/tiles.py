"""What every tile tells of its photo, whatever page it lies on: its pictures, its shape, and when it was taken."""

from __future__ import annotations

from typing import Any

from workbench.archive.photos import Photo


def facts(photo: Photo) -> dict[str, Any]:
    """The fields of `components.Tile` that come from the photo itself. Eyes are not asked for where no face is."""
    return {
        "id": photo.id,
        "name": photo.name,
        "thumb": f"/photo/320/{photo.id}",
        "large": f"/photo/1600/{photo.id}",
        "eyes": f"/eyes/{photo.id}" if photo.faces != 0 else "",
        "zoom": f"/zoom/{photo.id}",
        "taken": f"{photo.captured_at:%-d %b %Y, %H:%M:%S}" if photo.captured_at else "",
        "shape": photo.width / photo.height if photo.width and photo.height else 0.0,
    }
