"""What makes a photo hard to judge, as numbers, and how they are kept beside the views."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from tests.learning import made_up
from workbench.settings import Settings
from workbench.vision import measures, store, views
from workbench.vision.landmarks import Landmarker
from workbench.vision.measures import Measures
from workbench.vision.views import GEOMETRY, Views


def seen(seed: int = 0, **numbers: float) -> Views:
    """Views of a made-up face with those numbers of the geometry."""
    one = made_up.seen(False, np.random.default_rng(seed))
    assert one.geometry is not None
    geometry = one.geometry.copy()
    for name, value in numbers.items():
        geometry[GEOMETRY.index(name)] = value
    return replace(one, geometry=geometry)


def test_a_portrait_is_measured(eileen: Image.Image, landmarker: Landmarker) -> None:
    whole = measures.measure(views.look(eileen, landmarker, scale=2))
    small = measures.measure(views.look(eileen, landmarker))
    assert whole.eye_pixels == pytest.approx(2 * small.eye_pixels) and 40 < small.eye_pixels < 120
    assert 0 <= small.turn < 15 and 40 < small.brightness < 220 and small.sharpness > 0


def test_a_blurred_portrait_is_less_sharp_and_a_darkened_one_less_bright(
    eileen: Image.Image, landmarker: Landmarker
) -> None:
    plain = measures.measure(views.look(eileen, landmarker))
    blurred = measures.measure(views.look(eileen.filter(ImageFilter.GaussianBlur(3)), landmarker))
    dark = measures.measure(views.look(eileen.point(lambda value: value * 0.5), landmarker))
    assert blurred.sharpness < plain.sharpness / 3
    assert dark.brightness == pytest.approx(plain.brightness / 2, rel=0.1)


def test_a_head_turned_to_either_side_is_turned() -> None:
    assert measures.measure(seen(yaw=-20)).turn == measures.measure(seen(yaw=20)).turn == 20


def test_the_sharpness_is_the_variance_of_the_laplacian() -> None:
    eyes = np.zeros((2, 48, 64), np.uint8)
    assert measures.sharpness(eyes) == 0
    eyes[0, 10, 10] = 8
    laplacian = np.zeros(2 * 46 * 62)
    laplacian[:5] = [-32, 8, 8, 8, 8]
    assert measures.sharpness(eyes) == pytest.approx(laplacian.var(), rel=1e-5)
    eyes[:] = 255
    assert measures.sharpness(eyes) == 0, "whole numbers of eight bits do not overflow"


def test_without_a_face_there_is_nothing_to_measure() -> None:
    assert np.isnan(measures.measure(made_up.seen(False, np.random.default_rng(0), face=False))).all()


# ---- kept


def test_measures_are_kept_with_the_views_and_read_for_many_photos_at_once(settings: Settings) -> None:
    kept = {
        "a": seen(1, eyeDistance=80),
        "b": seen(2, yaw=-30),
        "c": made_up.seen(True, np.random.default_rng(0), face=False),
    }
    store.put(settings, kept)
    found = store.measured(settings, ["b", "nowhere", "c", "a"])
    assert found.eye_pixels.shape == (4,) and found.turn[0] == 30 and found.eye_pixels[3] == 80
    assert np.isnan(np.array(found)[:, 1:3]).all()
    assert [column[3] for column in found] == pytest.approx(measures.measure(kept["a"]))


def test_views_that_are_replaced_are_measured_again(settings: Settings) -> None:
    store.put(settings, {"a": seen(yaw=10)})
    store.put(settings, {"a": seen(yaw=40)})
    assert store.measured(settings, ["a"]).turn.tolist() == [40]


def test_before_anything_was_looked_at_nothing_is_known(settings: Settings) -> None:
    assert np.isnan(store.measured(settings, ["a", "b"]).turn).all()
    assert store.measured(settings, []).turn.shape == (0,)


def test_views_of_before_there_were_measures_are_measured_a_stretch_at_a_time(settings: Settings) -> None:
    ids = [f"{number:04}" for number in range(1200)]
    one = seen(yaw=5)
    store.put(settings, dict.fromkeys(ids, one))
    with sqlite3.connect(store.place(settings)) as connection:
        connection.execute("DROP TABLE measures")
    first = store.measured(settings, ids, at_once=500)
    assert np.isfinite(first.turn).sum() == 500
    assert np.isfinite(store.measured(settings, ids).turn).all()


def test_measures_of_another_version_are_not_read(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(settings, {"a": seen(yaw=5)})
    with sqlite3.connect(store.place(settings)) as connection:
        connection.execute("UPDATE measures SET version = 'older', turn = 99")
    assert store.measured(settings, ["a"]).turn.tolist() == [5]


def test_forgetting_a_photo_takes_its_measures_in_every_version(settings: Settings) -> None:
    store.put(settings, {"a" * 32: seen(), "b" * 32: seen()})
    with sqlite3.connect(store.place(settings)) as connection:
        connection.execute("INSERT INTO measures SELECT photo, 'older', 1, 2, 3, 4 FROM measures")
    store.forget(settings, iter(["a" * 32]))
    with sqlite3.connect(store.place(settings)) as connection:
        assert {row[0] for row in connection.execute("SELECT photo FROM measures")} == {"b" * 32}
    assert all(b"a" * 32 not in path.read_bytes() for path in Path(store.place(settings).parent).glob("views.db*"))


def test_large_archives_are_read_whole_and_small_ones_by_photo_alike(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(settings, {"a": seen(yaw=5), "b": seen(yaw=7), "c": seen(yaw=9)})
    by_photo = store.measured(settings, ["c", "a"])
    monkeypatch.setattr(store, "_MANY", 1)
    np.testing.assert_array_equal(store.measured(settings, ["c", "a"]), by_photo)


def test_a_measure_is_one_number() -> None:
    assert Measures._fields == ("eye_pixels", "turn", "brightness", "sharpness") == measures.Measured._fields
