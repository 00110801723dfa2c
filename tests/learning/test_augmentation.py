"""Training pictures under other light and other cameras."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.learning.augmentation import augmented
from workbench.vision import views


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def pairs(n: int) -> np.ndarray:
    """n photos of two eyes, each a dark disc on light skin; the right one has a bright corner, the left one none."""
    rows, columns = np.indices((views.EYE_HEIGHT, views.EYE_WIDTH))
    eye = np.where(np.hypot(rows - 23.5, columns - 31.5) < 8, 40, 150)
    both = np.stack([eye, eye])
    both[0, :8, :8] = 230
    return np.tile(both, (n, 1, 1, 1)).astype(np.uint8)


def changed(n: int = 64, strength: float = 1.0, seed: int = 0) -> np.ndarray:
    return augmented(pairs(n), strength, np.random.default_rng(seed))


def test_at_strength_0_the_pictures_are_unchanged_floats() -> None:
    same = changed(strength=0)
    assert same.dtype == np.float32
    assert np.array_equal(same, pairs(64))


def test_a_very_small_strength_changes_very_little() -> None:
    before, after = pairs(32).astype(float), changed(32, strength=0.001)
    nearer = np.minimum(
        np.abs(after - before).mean(axis=(1, 2, 3)), np.abs(after - before[:, ::-1]).mean(axis=(1, 2, 3))
    )
    assert nearer.max() < 1, "apart from the mirrored ones all are as they were"


@pytest.mark.parametrize("strength", [0.5, 1, 2])
def test_pictures_stay_pictures(strength: float) -> None:
    after = changed(strength=strength)
    assert after.shape == (64, *views.EYES) and after.dtype == np.float32
    assert np.isfinite(after).all() and after.min() >= 0 and after.max() <= 255


def test_the_same_chance_gives_the_same_pictures_and_another_one_others() -> None:
    assert np.array_equal(changed(seed=3), changed(seed=3))
    assert not np.array_equal(changed(seed=3), changed(seed=4))


def test_the_pictures_given_stay_as_they_were() -> None:
    before = pairs(16)
    augmented(before, 1, np.random.default_rng(0))
    assert np.array_equal(before, pairs(16))


def test_every_photo_is_changed_in_its_own_way_and_more_so_with_more_strength() -> None:
    after = changed()
    light = after.mean(axis=(1, 2, 3))
    assert len(np.unique(light.round(3))) == 64 and light.std() > 15

    def change(strength: float) -> float:
        return float(np.abs(changed(strength=strength) - pairs(64)).mean())

    assert change(0.25) < change(0.5) < change(1) < change(2)


def test_about_half_of_the_photos_are_mirrored_which_swaps_their_eyes() -> None:
    after = changed(200, strength=0.05)
    corner = after[:, :, 1:5, 1:5].mean(axis=(2, 3)) - after[:, :, 1:5, 40:].mean(axis=(2, 3))
    right_first = corner[:, 0] > corner[:, 1]
    assert (np.abs(corner[:, 0] - corner[:, 1]) > 40).mean() > 0.95, "one eye of each photo has the bright corner"
    assert 0.4 < right_first.mean() < 0.6


def test_both_eyes_of_a_photo_share_their_light_and_their_camera() -> None:
    plain = np.full((200, *views.EYES), 128, np.uint8)
    after = augmented(plain, 1, np.random.default_rng(0))
    light, noise = np.median(after, axis=(2, 3)), np.diff(after, axis=3).std(axis=(2, 3))
    assert likeness(light[:, 0], light[:, 1]) > 0.95
    assert np.corrcoef(noise.T)[0, 1] > 0.5


def test_the_light_from_a_side_falls_upon_the_mirrored_eye_from_the_other() -> None:
    after = augmented(np.full((300, *views.EYES), 128, np.uint8), 1, np.random.default_rng(0))
    side = np.median(after[..., :16], axis=(2, 3)) - np.median(after[..., -16:], axis=(2, 3))
    assert likeness(side[:, 0], side[:, 1]) < -0.5


def test_each_eye_is_moved_by_up_to_a_tenth_of_its_crop() -> None:
    rows, columns = np.indices((views.EYE_HEIGHT, views.EYE_WIDTH))
    dot = np.where(np.hypot(rows - 23.5, columns - 31.5) < 5, 20, 130).astype(np.uint8)
    after = augmented(np.tile(dot, (300, 2, 1, 1)), 1, np.random.default_rng(0))[..., 12:36, 10:54]
    dark = after < (after.min(axis=(2, 3), keepdims=True) + np.median(after, axis=(2, 3), keepdims=True)) / 2
    away = np.stack([np.nanmedian(np.where(dark, at[12:36, 10:54], np.nan), axis=(2, 3)) for at in (rows, columns)])
    away = np.abs(away - np.array([23.5, 31.5])[:, None, None])
    assert np.median(away, axis=(1, 2)) == pytest.approx((2.4, 3.2), abs=0.7), "half of ten percent of 48 and of 64"
    assert np.percentile(away, 80, axis=(1, 2)) == pytest.approx((3.8, 5.1), abs=1)
    assert np.median(np.abs(away[:, :, 0] - away[:, :, 1])) > 0.5, "each eye by itself"


def test_no_photo_is_drowned_in_black_or_white() -> None:
    dark, light = np.full((64, *views.EYES), 12, np.uint8), np.full((64, *views.EYES), 245, np.uint8)
    assert np.median(augmented(dark, 1, np.random.default_rng(0)), axis=(1, 2, 3)).min() > 0
    assert np.median(augmented(light, 1, np.random.default_rng(0)), axis=(1, 2, 3)).max() < 255


def test_an_eye_is_still_known_in_most_of_its_pictures() -> None:
    before, after = pairs(100), changed(100)
    known = [likeness(before[row, 1, 10:38, 14:50], after[row, 1, 10:38, 14:50]) for row in range(100)]
    assert np.median(known) > 0.5


def test_no_photo_gives_none() -> None:
    assert augmented(np.empty((0, *views.EYES), np.uint8), 1, np.random.default_rng(0)).shape == (0, *views.EYES)


@pytest.mark.parametrize("strength", [-0.1, 2.1])
def test_a_strength_outside_its_range_is_refused(strength: float) -> None:
    with pytest.raises(ValueError, match=r"strength must lie in 0\.\.2"):
        changed(strength=strength)
