"""Synthetic blinks of photos whose views are kept, here of a demo portrait in many brightnesses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image

from workbench import assets
from workbench.learning import synthesis
from workbench.learning.examples import Examples
from workbench.settings import from_environment
from workbench.vision import views
from workbench.vision.landmarks import Landmarker
from workbench.vision.views import Views


@pytest.fixture(scope="module")
def eileen() -> Views:
    installed = from_environment()
    with Image.open(assets.path(installed, assets.ASTRONAUT)) as portrait:
        return views.look(portrait.convert("RGB"), Landmarker(assets.path(installed, assets.FACE_LANDMARKER)))


def examples(seen: Views, groups: Sequence[str], **columns: Any) -> Examples:
    """A photo for each group, open-eyed and with a face unless `columns` says otherwise; each a little darker."""
    assert seen.eyes is not None and seen.geometry is not None and seen.points is not None
    n = len(groups)
    darker = np.linspace(1, 0.5, max(n, 1))[:n, None, None, None]
    arrays: dict[str, Any] = {
        "photos": tuple(f"p{row}" for row in range(n)),
        "sessions": tuple(groups),
        "groups": tuple(groups),
        "sides": np.full(n, "training"),
        "truth": np.zeros(n, bool),
        "face": np.ones(n, bool),
        "frame": np.zeros((n, *views.FRAME), np.uint8),
        "eyes": (np.tile(seen.eyes, (n, 1, 1, 1)) * darker).astype(np.uint8).reshape(n, *views.EYES),
        "geometry": np.tile(seen.geometry, (n, 1)).reshape(n, len(views.GEOMETRY)),
        "relative": np.full((n, 4), np.nan, np.float32),
        "points": np.tile(seen.points, (n, 1, 1)).reshape(n, 478, 2),
        "sizes": np.tile(np.array([512, 512], np.int32), (n, 1)),
    }
    return Examples(**(arrays | columns))


def made_of(found: Examples, count: int, seed: int = 0) -> synthesis.Synthetic:
    return synthesis.synthesize(found, count, np.random.default_rng(seed))


def with_measure(seen: Views, name: str, values: Sequence[float]) -> np.ndarray:
    geometry = np.tile(np.asarray(seen.geometry), (len(values), 1))
    geometry[:, views.GEOMETRY.index(name)] = values
    return geometry


def test_there_are_as_many_open_controls_as_blinks_of_the_same_photos(eileen: Views) -> None:
    made = made_of(examples(eileen, "aaabbb"), 5)
    assert made.eyes.shape == (10, *views.EYES) and made.eyes.dtype == np.uint8
    assert made.truth.tolist() == [True] * 5 + [False] * 5
    assert sorted(made.rows[made.truth]) == sorted(made.rows[~made.truth])


def test_controls_look_like_the_photo_they_are_made_of_and_blinks_do_not(eileen: Views) -> None:
    found = examples(eileen, ["a"] * 10)
    made = made_of(found, 30)
    ball = (slice(None), slice(18, 30), slice(20, 44))
    likeness = np.array(
        [
            np.corrcoef(eyes[ball].ravel(), found.eyes[row][ball].ravel())[0, 1]
            for eyes, row in zip(made.eyes, made.rows, strict=True)
        ]
    )
    assert likeness[~made.truth].min() > likeness[made.truth].max()


def test_blinks_are_made_of_open_eyes_with_both_in_sight_only(eileen: Views) -> None:
    groups = list("abcdef")
    geometry = with_measure(eileen, "yaw", [0, 0, 0, 45, -45, 10])
    geometry[2] = with_measure(eileen, "presence", [0.2])[0]
    truth, face = np.arange(6) == 0, np.arange(6) != 1
    made = made_of(examples(eileen, groups, geometry=geometry, truth=truth, face=face), 4)
    assert set(made.rows) == {5}
    assert len(made) == 8, "one photo is warped several times"


def test_no_usable_photo_gives_empty_arrays(eileen: Views) -> None:
    for found in (examples(eileen, []), examples(eileen, "ab", truth=np.ones(2, bool))):
        made = made_of(found, 10)
        assert made.eyes.shape == (0, *views.EYES) and made.eyes.dtype == np.uint8
        assert len(made) == len(made.truth) == 0
    assert len(made_of(examples(eileen, "ab"), 0)) == 0


def test_the_same_chance_gives_the_same_blinks_and_several_of_one_photo_differ(eileen: Views) -> None:
    found = examples(eileen, "a")
    one, same, other = made_of(found, 3), made_of(found, 3), made_of(found, 3, seed=1)
    assert np.array_equal(one.eyes, same.eyes) and not np.array_equal(one.eyes, other.eyes)
    assert len(np.unique(one.eyes.reshape(6, -1), axis=0)) == 6


def test_progress_is_told_to_the_end_and_the_number_is_bounded(eileen: Views, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthesis, "MOST", 4)
    heard: list[tuple[int, int]] = []
    found = examples(eileen, "ab")
    made = synthesis.synthesize(found, 9, np.random.default_rng(0), tell=lambda *at: heard.append(at))
    assert len(made) == 8
    assert heard == [(done, 8) for done in range(1, 9)]


def test_one_long_session_does_not_dominate() -> None:
    groups = ["long"] * 500 + ["one"] * 20 + ["two"] * 20
    taken = synthesis.spread(groups, 60, np.random.default_rng(0))
    assert Counter(groups[row] for row in taken) == {"long": 20, "one": 20, "two": 20}
    assert len(set(taken)) == 60, "no photo comes again while others of its group are left"


def test_a_session_of_few_photos_is_not_warped_over_and_over() -> None:
    groups = ["long"] * 500 + ["short"] * 2
    taken = synthesis.spread(groups, 400, np.random.default_rng(0))
    counts = Counter(taken.tolist())
    assert len(taken) == 400
    assert max(counts.values()) == synthesis.WARPS and min(counts[500], counts[501]) == synthesis.WARPS


def test_with_fewer_photos_than_blinks_each_comes_equally_often() -> None:
    taken = synthesis.spread(list("abc"), 90, np.random.default_rng(0))
    assert set(Counter(taken.tolist()).values()) == {30}
    assert synthesis.spread([], 5, np.random.default_rng(0)).tolist() == []


def side(real: int, open_eyed: int = 1000) -> np.ndarray:
    return np.arange(real + open_eyed) < real


@pytest.mark.parametrize(
    ("real", "share", "number"),
    [
        (500, None, 0),
        (300, None, 0),
        (299, None, 299),
        (100, None, 100),
        (40, None, 160),
        (20, None, 180),
        (1, None, 199),
        (0, None, 800),
        (100, 0.0, 0),
        (0, 0.0, 0),
        (100, 0.5, 100),
        (500, 0.5, 500),
        (100, 0.25, 33),
        (10, 0.9, 90),
        (500, 0.9, 800),
        (0, 0.3, 800),
        (100, 1.0, 800),
    ],
)
def test_how_many_are_wanted_follows_the_share_or_the_number_of_real_ones(
    real: int, share: float | None, number: int
) -> None:
    assert synthesis.wanted(side(real), share) == number


def test_few_open_photos_give_few_blinks() -> None:
    assert synthesis.wanted(side(0, 10)) == 10 * synthesis.WARPS
    assert synthesis.wanted(side(50, 3)) == 3 * synthesis.WARPS
    assert synthesis.wanted(side(50, 0)) == 0
    assert synthesis.wanted(side(0, 0)) == 0


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_outside_its_range_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match=r"share must lie in 0\.\.1"):
        synthesis.wanted(side(1), share)


def test_made_eyes_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="eyes must be uint8"):
        synthesis.Synthetic(np.zeros((2, 48, 64), np.uint8), np.zeros(1, bool), np.zeros(1, int))
    with pytest.raises(ValueError, match="rows must be"):
        synthesis.Synthetic(np.zeros((1, *views.EYES), np.uint8), np.zeros(1, bool), np.zeros(2, int))
