"""What a model looks at."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from workbench.vision import anatomy, views
from workbench.vision.landmarks import Face, Landmarker


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of two pictures."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def test_the_frame_holds_the_whole_photo_between_black_bars() -> None:
    wide = views.frame(Image.new("RGB", (1500, 1000), "white"))
    assert wide.shape == (178, 100) and wide.dtype == np.uint8
    rows = np.flatnonzero(wide.mean(axis=1) > 200)
    assert len(rows) == 67 and (wide[rows] == 255).all()
    assert abs((178 - 1 - rows[-1]) - rows[0]) <= 1, "the photo stands in the middle"
    tall = views.frame(Image.new("RGB", (300, 1000), "white"))
    assert len(np.flatnonzero(tall.mean(axis=0) > 200)) == 53


def test_the_frame_of_a_photo_thinner_than_a_pixel_exists() -> None:
    assert views.frame(Image.new("RGB", (3000, 1))).shape == (178, 100)


def test_both_eyes_are_level_and_look_alike(eileen: Image.Image, eileens_face: Face) -> None:
    both = views.eyes(eileen, eileens_face.points)
    assert both.shape == (2, 48, 64) and both.dtype == np.uint8
    assert likeness(*both) > 0.8
    assert likeness(both[0], both[1, :, ::-1]) < likeness(*both)


def test_the_corners_of_an_eye_lie_level_at_their_place_in_the_crop(eileens_face: Face) -> None:
    marked = np.zeros((512, 512, 3), np.uint8)
    for corner in (anatomy.RIGHT.outer, anatomy.RIGHT.inner):
        x, y = eileens_face.points[corner].round().astype(int)
        marked[y - 1 : y + 2, x - 1 : x + 2] = 255
    ys, xs = np.nonzero(views.eyes(Image.fromarray(marked), eileens_face.points)[0] > 100)
    apart = 64 / views.EYE_MARGIN
    assert xs.min() == pytest.approx(32 - apart / 2, abs=5) and xs.max() == pytest.approx(32 + apart / 2, abs=5)
    assert ys.mean() == pytest.approx(24, abs=2)


def test_the_eyes_of_a_leaning_head_are_the_same(eileen: Image.Image, landmarker: Landmarker) -> None:
    upright = views.look(eileen, landmarker)
    leaning = views.look(eileen.rotate(20, Image.Resampling.BICUBIC), landmarker)
    assert upright.eyes is not None and leaning.eyes is not None
    assert likeness(upright.eyes, leaning.eyes) > 0.9


def test_a_mirrored_photo_swaps_the_eyes(eileen: Image.Image, landmarker: Landmarker) -> None:
    seen, mirrored = views.look(eileen, landmarker), views.look(ImageOps.mirror(eileen), landmarker)
    assert seen.eyes is not None and mirrored.eyes is not None
    assert likeness(seen.eyes, mirrored.eyes[::-1]) > 0.9


def test_fine_stripes_become_grey_and_no_new_pattern(eileens_face: Face) -> None:
    stripes = np.zeros((1536, 1536, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = views.eyes(Image.fromarray(stripes), eileens_face.points * 3)
    assert crop.std() < 40, "a crop that skips pixels would show bands of 60 and more"


def test_the_close_up_is_in_colour_and_not_mirrored(eileen: Image.Image, eileens_face: Face) -> None:
    right, left = views.close_up(eileen, eileens_face.points, size=(128, 96))
    assert right.size == left.size == (128, 96) and right.mode == "RGB"
    small = np.asarray(left.convert("L").resize((64, 48)))
    assert likeness(small, views.eyes(eileen, eileens_face.points)[1, :, ::-1]) > 0.95


def dotted(place: np.ndarray, size: tuple[int, int]) -> Image.Image:
    """A black photo with one soft white dot whose middle lies exactly at a place (2,)."""
    width, height = size
    across, down = (np.arange(length) + 0.5 - middle for length, middle in zip((width, height), place, strict=True))
    grey = 255 * np.exp(-(down[:, None] ** 2 + across**2) / (2 * 6**2))
    return Image.fromarray(grey.round().astype(np.uint8)).convert("RGB")


@pytest.mark.parametrize("lean", [0, 25])
@pytest.mark.parametrize("side", [0, 1])
def test_landmarks_lie_in_the_crops_where_a_mark_painted_there_is_seen(
    lean: float, side: int, eileens_face: Face
) -> None:
    size = (1400, 1000)
    turn = np.radians(lean)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    points = (((eileens_face.points - eileens_face.points.mean(axis=0)) * 4) @ matrix + (700, 600)).astype(np.float32)
    found = views.in_crops(points / np.array(size, np.float32), size)
    assert found.shape == (2, 478, 2)
    eye = anatomy.EYES[side]
    for landmark in (eye.iris, eye.outer, eye.upper[4], eye.lower[2]):
        seen = views.eyes(dotted(points[landmark], size), points)[side].astype(float)
        rows, columns = np.indices(seen.shape) + 0.5
        middle = (columns * seen).sum() / seen.sum(), (rows * seen).sum() / seen.sum()
        assert found[side, landmark] == pytest.approx(middle, abs=0.15)


def test_in_both_crops_the_outer_corner_lies_left_and_the_lids_above_each_other(eileens_face: Face) -> None:
    for eye, places in zip(anatomy.EYES, views.in_crops(eileens_face.points / 512, (512, 512)), strict=True):
        half = 64 / views.EYE_MARGIN / 2
        assert places[eye.outer] == pytest.approx((32 - half, 24), abs=1e-3)
        assert places[eye.inner] == pytest.approx((32 + half, 24), abs=1e-3)
        assert places[eye.upper[4], 1] < places[eye.iris, 1] < places[eye.lower[4], 1]


def test_geometry_has_a_number_for_every_name(eileens_face: Face) -> None:
    numbers = dict(zip(views.GEOMETRY, views.geometry(eileens_face, scale=3.0), strict=True))
    assert numbers["eyeDistance"] == pytest.approx(3 * eileens_face.eye_distance)
    assert numbers["eyeBlinkLeft"] == pytest.approx(eileens_face.blendshapes[9])
    assert numbers["mouthSmileLeft"] > 0.5, "she smiles"
    assert 0.2 < numbers["earLeft"] < 0.4
    assert abs(numbers["yaw"]) < 10
    assert numbers["presence"] > 0.9


def test_a_look_gives_every_view_and_points_as_shares_of_the_photo(
    eileen: Image.Image, eileens_face: Face, landmarker: Landmarker
) -> None:
    seen = views.look(eileen, landmarker, scale=2.0)
    assert seen.faces == 1
    assert seen.points == pytest.approx(eileens_face.points / 512)
    assert seen.measure("eyeDistance") == pytest.approx(2 * eileens_face.eye_distance)


def test_a_photo_without_a_face_has_a_frame_only(landmarker: Landmarker) -> None:
    seen = views.look(Image.new("RGB", (640, 480), "grey"), landmarker)
    assert seen.faces == 0
    assert seen.eyes is None and seen.geometry is None and seen.points is None
    assert seen.measure("yaw") is None


def test_views_of_another_shape_are_refused() -> None:
    frame = np.zeros((178, 100), np.uint8)
    with pytest.raises(ValueError, match="frame must be uint8"):
        views.Views(faces=0, frame=frame.T)
    with pytest.raises(ValueError, match="given exactly when a face is"):
        views.Views(faces=1, frame=frame)
    with pytest.raises(ValueError, match="eyes must be uint8"):
        views.Views(
            faces=1,
            frame=frame,
            eyes=np.zeros((2, 64, 48), np.uint8),
            geometry=np.zeros(len(views.GEOMETRY), np.float32),
            points=np.zeros((478, 2), np.float32),
        )
