"""Synthetic blinks on the two demo portraits, and on the eye crops that are kept of them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy.interpolate import PchipInterpolator

from workbench.vision import anatomy, synthetic, views
from workbench.vision.landmarks import Face, Landmarker


def enlarged(portrait: Image.Image, roll: float = 0) -> Image.Image:
    large = portrait.resize((portrait.width * 2, portrait.height * 2), Image.Resampling.LANCZOS)
    return large.rotate(roll, Image.Resampling.BICUBIC)


def closed(image: Image.Image, face: Face, amount: float, **options: object) -> Image.Image:
    return synthetic.close_eyes(image, face.points, amount, rng=np.random.default_rng(0), **options)  # type: ignore


def seen(image: Image.Image, landmarker: Landmarker) -> Face:
    face = landmarker.subject(image)
    assert face is not None
    return face


@pytest.mark.parametrize("roll", [0, 25, -15])
def test_the_landmarker_sees_the_eyes_of_eileen_close_step_by_step_at_any_lean(
    roll: float, eileen: Image.Image, landmarker: Landmarker
) -> None:
    image = enlarged(eileen, roll)
    face = seen(image, landmarker)
    blink = [seen(closed(image, face, amount), landmarker).eye_blink for amount in (0, 0.25, 0.5, 0.75, 1)]
    assert blink == sorted(blink)
    assert blink[0] < 0.1 and blink[-1] > 0.4


def test_the_landmarker_sees_the_eyes_of_grace_close_behind_spectacles(
    grace: Image.Image, landmarker: Landmarker
) -> None:
    image = enlarged(grace)
    face = seen(image, landmarker)
    blink = [seen(closed(image, face, amount), landmarker).eye_blink for amount in (0, 0.25, 0.5, 0.75, 1)]
    assert blink == sorted(blink)
    # Dark bags and the frame's shadow hold the blendshape down here; .39 was measured, against .6 for Eileen.
    assert blink[0] < 0.1 and blink[-1] > 0.35


def test_an_open_control_looks_the_same_but_was_resampled(eileen: Image.Image, eileens_face: Face) -> None:
    before, after = np.asarray(eileen, float), np.asarray(closed(eileen, eileens_face, 0), float)
    eye = eileens_face.points[anatomy.RIGHT.iris].astype(int)
    around = (slice(eye[1] - 8, eye[1] + 8), slice(eye[0] - 8, eye[0] + 8))
    assert np.abs(before[around] - after[around]).mean() > 0.5, "there are no traces"
    assert np.corrcoef(before[around].ravel(), after[around].ravel())[0, 1] > 0.95


def test_only_the_surroundings_of_the_eyes_are_touched(eileen: Image.Image, eileens_face: Face) -> None:
    changed = (np.asarray(eileen) != np.asarray(closed(eileen, eileens_face, 1))).any(axis=2)
    rows, columns = np.nonzero(changed)
    right, left = (eileens_face.points[eye.iris] for eye in anatomy.EYES)
    reach = 1.5 * eileens_face.eye_distance
    assert right[0] - reach < columns.min() and columns.max() < left[0] + reach
    assert right[1] - reach < rows.min() and rows.max() < left[1] + reach


def test_there_is_no_tear_at_the_rim_of_what_is_touched(eileen: Image.Image, eileens_face: Face) -> None:
    large = Face(1, 1, eileens_face.points * 4, eileens_face.depth, eileens_face.blendshapes)
    flat = Image.new("RGB", (2048, 2048), (180, 140, 120))
    after = np.asarray(closed(flat, large, 1), float)
    steps = np.abs(np.diff(after, axis=0)).max(), np.abs(np.diff(after, axis=1)).max()
    assert max(steps) < 60, "an even skin shows no edge but the lash line"
    smooth = np.tile(np.linspace(60, 200, 512)[:, None, None], (1, 512, 3)).astype(np.uint8)
    control = np.asarray(closed(Image.fromarray(smooth), eileens_face, 0), float)
    assert np.abs(control - smooth).max() <= 2


def test_one_eye_alone_can_be_closed(eileen: Image.Image, landmarker: Landmarker) -> None:
    image = enlarged(eileen)
    face = seen(image, landmarker)
    wink = closed(image, face, 1, sides=["left"])
    right, left = views.eyes(image, face.points)
    winking_right, winking_left = views.eyes(wink, face.points)
    assert np.array_equal(right, winking_right)
    assert np.abs(left.astype(float) - winking_left).mean() > 5
    after = seen(wink, landmarker).blendshapes
    assert after[anatomy.BLENDSHAPES.index("eyeBlinkLeft")] > after[anatomy.BLENDSHAPES.index("eyeBlinkRight")]


def test_the_same_chance_gives_the_same_blink_and_the_photo_stays_as_it_was(
    eileen: Image.Image, eileens_face: Face
) -> None:
    before = eileen.tobytes()
    assert closed(eileen, eileens_face, 0.7).tobytes() == closed(eileen, eileens_face, 0.7).tobytes()
    assert eileen.tobytes() == before


def test_an_eye_outside_the_photo_is_left_out(eileen: Image.Image, eileens_face: Face) -> None:
    x = int(eileens_face.points[anatomy.RIGHT.inner, 0]) + 10
    half = eileen.crop((x, 0, 512, 512))
    shifted = Face(1, 1, eileens_face.points - np.float32((x, 0)), eileens_face.depth, eileens_face.blendshapes)
    assert closed(half, shifted, 1).size == half.size
    away = Face(1, 1, eileens_face.points - np.float32(5000), eileens_face.depth, eileens_face.blendshapes)
    assert closed(eileen, away, 1).tobytes() == eileen.tobytes()


@pytest.mark.parametrize("amount", [-0.1, 1.1])
def test_an_amount_outside_its_range_is_refused(amount: float, eileen: Image.Image, eileens_face: Face) -> None:
    with pytest.raises(ValueError, match=r"amount must lie in 0\.\.1"):
        closed(eileen, eileens_face, amount)


def crops(image: Image.Image, face: Face) -> tuple[np.ndarray, np.ndarray]:
    """Both eyes and the landmarks in them, by way of what is kept of a photo."""
    shares = (face.points / np.array(image.size)).astype(np.float32)
    return views.eyes(image, face.points), views.in_crops(shares, image.size)


def closed_crops(eyes: np.ndarray, points: np.ndarray, amount: float) -> np.ndarray:
    return synthetic.close_crops(eyes, points, amount, rng=np.random.default_rng(0))


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


@pytest.mark.parametrize("roll", [0, 25])
@pytest.mark.parametrize("amount", [0, 0.25, 0.6, 1])
def test_lids_drawn_down_in_the_crops_look_like_lids_drawn_down_in_the_photo(
    amount: float, roll: float, eileen: Image.Image, landmarker: Landmarker
) -> None:
    image = enlarged(eileen, roll)
    face = seen(image, landmarker)
    eyes, points = crops(image, face)
    after = closed_crops(eyes, points, amount)
    wanted = views.eyes(closed(image, face, amount), face.points)
    for side in (0, 1):
        assert likeness(after[side], wanted[side]) > 0.93
        if amount >= 0.6:
            assert likeness(eyes[side], wanted[side]) < likeness(after[side], wanted[side]) - 0.05


def test_the_whites_and_the_iris_of_both_eyes_vanish_step_by_step(eileen: Image.Image, landmarker: Landmarker) -> None:
    image = enlarged(eileen)
    eyes, points = crops(image, seen(image, landmarker))
    steps = [closed_crops(eyes, points, amount) for amount in (0, 0.25, 0.5, 0.75, 1)]
    for side, eye in enumerate(anatomy.EYES):
        column, row = points[side, eye.iris].astype(int)
        ball = (slice(row - 3, row + 3), slice(column - 10, column + 10))
        contrast = [float(step[side][ball].std()) for step in steps]
        assert contrast == sorted(contrast, reverse=True)
        assert contrast[-1] < contrast[0] / 2


def test_an_open_control_of_the_crops_looks_the_same_but_was_resampled(eileen: Image.Image, eileens_face: Face) -> None:
    eyes, points = crops(eileen, eileens_face)
    control = closed_crops(eyes, points, 0)
    assert likeness(eyes, control) > 0.95
    assert np.abs(eyes.astype(float) - control).mean() > 0.5, "there are no traces"


def test_the_same_chance_closes_crops_in_the_same_way_and_leaves_them_as_they_were(
    eileen: Image.Image, eileens_face: Face
) -> None:
    eyes, points = crops(eileen, eileens_face)
    before = eyes.copy(), points.copy()
    first = closed_crops(eyes, points, 0.8)
    assert first.shape == views.EYES and first.dtype == np.uint8
    assert np.array_equal(first, closed_crops(eyes, points, 0.8))
    other = synthetic.close_crops(eyes, points, 0.8, rng=np.random.default_rng(1))
    assert not np.array_equal(first, other)
    assert np.array_equal(eyes, before[0]) and np.array_equal(points, before[1])


def test_the_two_crops_do_not_reach_into_each_other(eileen: Image.Image, eileens_face: Face) -> None:
    eyes, points = crops(eileen, eileens_face)
    dark = np.stack([eyes[0], np.zeros_like(eyes[1])])
    assert np.array_equal(closed_crops(eyes, points, 1)[0], closed_crops(dark, points, 1)[0])


def test_crops_refuse_an_amount_outside_its_range(eileen: Image.Image, eileens_face: Face) -> None:
    with pytest.raises(ValueError, match=r"amount must lie in 0\.\.1"):
        closed_crops(*crops(eileen, eileens_face), 1.1)


def test_the_curve_of_a_lid_is_that_of_scipy() -> None:
    rng = np.random.default_rng(0)
    x = np.linspace(-1.1, 1.1, 50)
    for _ in range(50):
        places, heights = np.sort(rng.uniform(-1, 1, 9)) + np.arange(9) * 1e-3, rng.normal(size=9)
        known = PchipInterpolator(places, heights, extrapolate=True)(x)
        assert synthetic.curve_through(places, heights, x) == pytest.approx(known, rel=1e-6, abs=1e-6)
