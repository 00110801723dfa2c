from __future__ import annotations

import numpy as np
import pytest

from tests.learning import made_up
from workbench.learning import relative
from workbench.learning.relative import ENOUGH, RELATIVE
from workbench.vision.views import GEOMETRY, Views


def shoot(count: int, *, closed: int = 1, narrow: float = 0.0) -> list[Views]:
    """Photos of one person, whose eyes are narrower than others' by so much."""
    rng = np.random.default_rng(0)
    seen = [made_up.seen(index < closed, rng) for index in range(count)]
    for one in seen:
        assert one.geometry is not None
        one.geometry[[GEOMETRY.index("earLeft"), GEOMETRY.index("earRight")]] -= narrow
    return seen


def test_eyes_that_are_narrow_by_nature_are_like_others_against_their_own() -> None:
    wide, narrow = (relative.of_session(shoot(ENOUGH + 4, narrow=less)) for less in (0.0, 0.1))
    assert narrow == pytest.approx(wide, abs=1e-6)
    ear = RELATIVE.index("earLeft")
    assert wide[0, ear] < -0.1 and np.abs(wide[1:, ear]).max() < 0.1


def test_a_photo_without_a_face_has_none_and_does_not_count() -> None:
    rng = np.random.default_rng(0)
    faceless = made_up.seen(True, rng, face=False)
    seen = shoot(ENOUGH)
    found = relative.of_session([*seen, faceless, None])
    assert np.isnan(found[-2:]).all() and np.array_equal(found[:-2], relative.of_session(seen))
    assert np.isnan(relative.of_session([*seen[1:], faceless, None])).all()


def test_there_is_nothing_to_be_relative_to_in_a_handful_of_photos() -> None:
    assert np.isnan(relative.of_session(shoot(ENOUGH - 1))).all()
    assert not np.isnan(relative.of_session(shoot(ENOUGH))).any()
    assert relative.of_session([]).shape == relative.absent(0).shape == (0, len(RELATIVE))
