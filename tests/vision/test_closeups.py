"""Close-ups for people: the right pixels, in the right order, made once, and forgotten with the photo."""

from __future__ import annotations

import io
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import delete

from tests.ui import shoot
from workbench.archive import catalog, decoding, photos, previews, sessions, tables
from workbench.settings import Settings
from workbench.vision import closeups, store
from workbench.vision.views import Views

UNKNOWN = "f" * 32


@pytest.fixture
def photo(settings: Settings) -> str:
    """The id of one drawn photo whose eyes are red (at the left) and blue."""
    session = shoot.shoot(settings, "Ana", shoot.frames(keep=1))
    return photos.of_session(catalog.open_catalog(settings), session)[0].id


def engine(settings: Settings):  # type: ignore[no-untyped-def]
    return catalog.open_catalog(settings)


def middle(image: Image.Image) -> tuple[int, ...]:
    pixel = image.getpixel((image.width // 2, image.height // 2))
    assert isinstance(pixel, tuple)
    return pixel


def alike(pixel: tuple[int, ...], colour: tuple[int, ...]) -> bool:
    return max(abs(a - b) for a, b in zip(pixel, colour, strict=True)) < 30


def test_both_eyes_stand_side_by_side_as_in_the_photo(settings: Settings, photo: str) -> None:
    path = closeups.eyes(settings, engine(settings), photo)
    assert path
    both = Image.open(path)
    assert both.size == (960, 360)
    halves = (both.crop((0, 0, 480, 360)), both.crop((480, 0, 960, 360)))
    for half, (_, colour) in zip(halves, shoot.EYES, strict=True):
        assert alike(middle(half), colour)
        # The drawn eye is as wide as its corners are apart: 1/1.7 of the crop.
        reddest = np.abs(np.asarray(half, np.int16) - np.array(colour)).max(axis=2) < 40
        assert reddest[180].mean() == pytest.approx(1 / 1.7, abs=0.06)


def test_eyes_of_a_tilted_head_are_cut_level() -> None:
    image = Image.new("RGB", (400, 400), "grey")
    image.paste("white", (0, 0, 400, 200))
    image = image.rotate(30, center=(200, 200), fillcolor="grey")
    points = shoot.seen().points
    assert points is not None
    along = np.array([np.cos(np.radians(30)), -np.sin(np.radians(30))]) * 0.05
    for eye in closeups.anatomy.EYES:
        points[eye.six[0]], points[eye.six[3]] = 0.5 - along, 0.5 + along
    eye = np.asarray(closeups.pair(image, points).crop((0, 0, 480, 360)).convert("L"))
    assert eye[:170].mean() > 240 and eye[190:].mean() < 140


def test_a_zoom_shows_the_originals_pixels_with_the_eyes_in_the_middle(settings: Settings, photo: str) -> None:
    data = closeups.zoom(settings, engine(settings), photo)
    assert data
    shown = Image.open(io.BytesIO(data))
    assert shown.size == (320, 640), "as far as the photo reaches, on both sides of the eyes"
    (left, right), gap = (colour for _, colour in shoot.EYES), 50
    assert alike(shown.convert("RGB").getpixel((shown.width // 2 - gap, shown.height // 2)), left)  # type: ignore[arg-type]
    assert alike(shown.convert("RGB").getpixel((shown.width // 2 + gap, shown.height // 2)), right)  # type: ignore[arg-type]


def test_a_zoom_is_bounded_and_one_to_one() -> None:
    image = Image.effect_noise((6000, 4000), 60).convert("RGB")
    shown = closeups.around(image, np.array([1500, 1700]))
    assert shown.size == closeups.WINDOW
    assert np.array_equal(np.asarray(shown), np.asarray(image.crop((300, 900, 2700, 2500))))


def test_a_photo_without_a_face_has_no_eyes_but_a_zoom(settings: Settings, photo: str) -> None:
    store.put(settings, {photo: Views(faces=0, frame=np.zeros((178, 100), np.uint8))})
    with pytest.raises(closeups.NoEyes, match="No face was found"):
        closeups.eyes(settings, engine(settings), photo)
    assert closeups.zoom(settings, engine(settings), photo)


def test_eyes_and_large_preview_come_from_one_decoding(
    settings: Settings, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = _counted(monkeypatch)
    with ThreadPoolExecutor(8) as executor:
        asked: list[Callable[..., Path | None]] = [closeups.eyes, closeups.large] * 8
        found = list(executor.map(lambda ask: ask(settings, engine(settings), photo), asked))
    assert all(found) and len(set(found)) == 2
    assert len(decoded) == 1
    assert previews.place(settings, photo, 320).exists(), "and the tile with them"


def test_many_first_requests_for_a_tile_decode_once(
    settings: Settings, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = _counted(monkeypatch)
    with ThreadPoolExecutor(8) as executor:
        made = list(executor.map(lambda _: previews.preview(settings, engine(settings), photo, 320), range(16)))
    assert set(made) == {previews.place(settings, photo, 320)}
    assert len(decoded) == 1


def test_what_was_made_is_shown_while_the_folder_is_away(settings: Settings, photo: str) -> None:
    closeups.eyes(settings, engine(settings), photo)
    shutil.move(settings.roots[-1] / "Ana", settings.roots[-1] / "elsewhere")
    assert closeups.eyes(settings, engine(settings), photo)
    assert closeups.large(settings, engine(settings), photo)
    assert closeups.zoom(settings, engine(settings), photo) is None
    previews.erase(settings, photo)
    assert closeups.eyes(settings, engine(settings), photo) is None
    assert closeups.large(settings, engine(settings), photo) is None


def test_an_unknown_photo_has_nothing(settings: Settings) -> None:
    for ask in (closeups.eyes, closeups.large, closeups.zoom):
        assert ask(settings, engine(settings), UNKNOWN) is None


def test_eyes_are_found_again_when_the_cache_was_thrown_away(settings: Settings) -> None:
    from workbench import assets

    session = sessions.Session("", "Eileen", settings.roots[-1] / "Eileen")
    session.folder.mkdir()
    with Image.open(assets.path(settings, assets.ASTRONAUT)) as portrait:
        portrait.convert("RGB").save(session.folder / "eileen.jpg")
    with catalog.writing(engine(settings)) as connection:
        id = sessions.add(connection, session).id
        connection.execute(tables.photos.insert().values(id=UNKNOWN, width=512, height=512, faces=1))
        connection.execute(tables.files.insert().values(session_id=id, name="eileen.jpg", photo_id=UNKNOWN))
    assert closeups.eyes(settings, engine(settings), UNKNOWN)
    assert store.get(settings, [UNKNOWN])[UNKNOWN].faces == 1


def test_erasing_takes_every_kind_and_trimming_counts_it(settings: Settings, photo: str) -> None:
    path = closeups.eyes(settings, engine(settings), photo)
    assert path and len(previews.every(settings, photo)) == 3
    assert previews.erase(settings, photo) == 3
    assert not path.exists() and previews.every(settings, photo) == []


def test_a_photo_forgotten_while_its_preview_is_made_leaves_none(
    settings: Settings, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, forgotten = threading.Event(), threading.Event()
    really = decoding.open_upright

    def slow(*arguments: object, **options: object) -> Image.Image:
        image = really(*arguments, **options)  # type: ignore[arg-type]
        opened.set()
        assert forgotten.wait(10)
        return image

    monkeypatch.setattr(previews, "open_upright", slow)
    with ThreadPoolExecutor(1) as executor:
        made = executor.submit(closeups.large, settings, engine(settings), photo)
        assert opened.wait(10)
        with catalog.writing(engine(settings)) as connection:
            for table in (tables.verdicts, tables.files):
                connection.execute(delete(table).where(table.c.photo_id == photo))
            connection.execute(delete(tables.photos).where(tables.photos.c.id == photo))
        previews.erase(settings, photo)
        forgotten.set()
        assert made.result() is None
    assert previews.every(settings, photo) == []


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every decoding of an original from now on."""
    decoded: list[object] = []
    really = decoding.open_upright

    def counting(source: Path, *, at_least: int | None = None, name: str = "") -> Image.Image:
        decoded.append(source)
        return really(source, at_least=at_least, name=name)

    monkeypatch.setattr(previews, "open_upright", counting)
    return decoded
