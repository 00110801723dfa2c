"""Close-ups for people: both eyes cut out level and enlarged, and the original's own pixels around them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image
from sqlalchemy import Engine

from workbench import assets
from workbench.archive import photos, previews
from workbench.errors import WorkbenchError
from workbench.settings import Settings
from workbench.vision import analysis, anatomy, store, views
from workbench.vision.views import Views

EYE = (480, 360)
"""Width and height of one eye; the picture shows two of them side by side."""
KIND = f"eyes-{views.VERSION}"
"""Where eyes are kept beside the previews: those of another vision version are cut out again."""
WINDOW = (2400, 1600)
"""The most that a zoom shows, in pixels of the original."""
LARGE = max(previews.SIZES)
_SHARP_ENOUGH = 0.4  # of EYE; a JPEG decodes at ½ or whole, and whole takes twice the time for a little more
_WITHOUT_FACE = np.array([0.5, 0.4])  # where a headshot's eyes would be
_QUALITY, _ZOOM_QUALITY = 88, 92
_GROUND = (22, 22, 22)  # as the loupe's


class NoEyes(WorkbenchError):
    """The photo is known, and no face was found in it."""

    def __init__(self) -> None:
        super().__init__("No face was found in this photo, so there are no eyes to show large.")


def eyes(settings: Settings, engine: Engine, photo_id: str) -> Path | None:
    """A JPEG of both eyes in colour and level, 960 × 360, the subject's right eye first; made once and kept.

    None when no such photo is known, or its original is away and none was kept. Raises NoEyes.
    """
    found = previews.kept(settings, photo_id, KIND)
    if found or not previews.dimensions(engine, photo_id):
        return found
    seen = _seen(settings, engine, photo_id)
    if seen is None:
        return None
    if seen.points is None:
        raise NoEyes()
    _make(settings, engine, photo_id, seen)
    return previews.kept(settings, photo_id, KIND)


def large(settings: Settings, engine: Engine, photo_id: str) -> Path | None:
    """The photo's largest preview as `previews.preview` gives it; its eyes are cut from the same decoding."""
    found = previews.kept(settings, photo_id, str(LARGE))
    if found or not previews.dimensions(engine, photo_id):
        return found
    _make(settings, engine, photo_id, store.get(settings, [photo_id]).get(photo_id))
    return previews.kept(settings, photo_id, str(LARGE))


def zoom(settings: Settings, engine: Engine, photo_id: str) -> bytes | None:
    """A JPEG of the upright original's pixels, one to one, with the middle of both eyes in its very middle.

    At most 2400 × 1600; grey where it reaches beyond the photo. Without a face it shows where one would be. None
    when no such photo is known or its original is away.
    """
    image = previews.original(settings, engine, photo_id) if previews.dimensions(engine, photo_id) else None
    if image is None:
        return None
    seen = store.get(settings, [photo_id]).get(photo_id)
    shown = around(image, _middle(None if seen is None else seen.points) * image.size)
    buffer = io.BytesIO()
    shown.save(buffer, "JPEG", quality=_ZOOM_QUALITY, icc_profile=image.info.get("icc_profile"))
    return buffer.getvalue()


def pair(image: Image.Image, points: np.ndarray) -> Image.Image:
    """Both eyes side by side, each of EYE; `points` (478, 2) are 0..1 across and down `image`."""
    right, left = views.close_up(image, points * np.array(image.size), size=EYE)
    both = Image.new("RGB", (2 * EYE[0], EYE[1]))
    both.paste(right, (0, 0))
    both.paste(left, (EYE[0], 0))
    both.info = dict(image.info)
    return both


def around(image: Image.Image, middle: np.ndarray) -> Image.Image:
    """The pixels of `image` around `middle` (x, y), which becomes the middle; as many as WINDOW and the photo have."""
    reach = [min(room / 2, max(at, side - at)) for at, side, room in zip(middle, image.size, WINDOW, strict=True)]
    left, top = (round(float(at - half)) for at, half in zip(middle, reach, strict=True))
    size = (round(2 * reach[0]), round(2 * reach[1]))
    shown = Image.new("RGB", size, _GROUND)
    shown.paste(image, (-left, -top))
    return shown


def _make(settings: Settings, engine: Engine, photo_id: str, seen: Views | None) -> None:
    """Makes what is lacking of the largest preview and the eyes, from one decoding."""
    with previews.alone(photo_id):
        points = seen.points if seen and not previews.kept(settings, photo_id, KIND) else None
        shown = previews.kept(settings, photo_id, str(LARGE))
        if shown and points is None:
            return
        side = _side(points, previews.dimensions(engine, photo_id))
        image = previews.original(settings, engine, photo_id, at_least=side)
        if image is None:
            return
        if not shown:
            previews.keep_previews(settings, engine, photo_id, image, LARGE)
        if points is not None:
            previews.keep(settings, engine, photo_id, KIND, pair(image, points), quality=_QUALITY)


def _side(points: np.ndarray | None, whole: tuple[int, int] | None) -> int:
    """The longer side that a decoding of the `whole` photo needs for a sharp preview and sharp eyes."""
    if points is None or whole is None:
        return LARGE
    ends = np.array([points[[eye.outer, eye.inner]] for eye in anatomy.EYES]) * whole
    span = float(np.hypot(*(ends[:, 0] - ends[:, 1]).T).max())
    return max(LARGE, round(max(whole) * _SHARP_ENOUGH * EYE[0] / (views.EYE_MARGIN * max(span, 1.0))))


def _seen(settings: Settings, engine: Engine, photo_id: str) -> Views | None:
    """What is kept of the photo; looked at again where the cache was thrown away. None when its file is away."""
    if found := store.get(settings, [photo_id]).get(photo_id):
        return found
    bundle = assets.path(settings, "face_landmarker.task")
    for path in photos.places(settings, engine, photo_id):
        again = analysis.read_photo(path, bundle=bundle).views
        if isinstance(again, Views):
            store.put(settings, {photo_id: again})
            if not previews.dimensions(engine, photo_id):  # forgotten meanwhile
                store.forget(settings, [photo_id])
            return again
    return None


def _middle(points: np.ndarray | None) -> np.ndarray:
    if points is None:
        return _WITHOUT_FACE
    return np.mean([points[[eye.outer, eye.inner]].mean(axis=0) for eye in anatomy.EYES], axis=0)
