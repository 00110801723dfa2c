"""The starter: a known shape on plain numbers. The photographs it was measured on lie elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.learning import starter
from workbench.vision.views import GEOMETRY


def rows(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Geometry that is .7 everywhere but for the eyes, so that a wrong column shows."""
    geometry = np.full((len(left), len(GEOMETRY)), 0.7, np.float32)
    geometry[:, GEOMETRY.index("eyeBlinkLeft")] = left
    geometry[:, GEOMETRY.index("eyeBlinkRight")] = right
    return geometry


def test_one_half_lies_at_point_four() -> None:
    level = np.array([0.4, 0.2, 0.6])
    assert starter.probability(rows(level, level[[0, 2, 1]])) == pytest.approx([0.5, 0.5, 0.5], abs=1e-6)


def test_a_known_value_of_the_shifted_logit() -> None:
    closed = np.array([0.8])  # odds of 4 over odds of 2/3 are 6
    assert starter.probability(rows(closed, closed)) == pytest.approx([6 / 7], abs=1e-6)


def test_a_more_closed_eye_never_lowers_the_probability() -> None:
    steps = np.linspace(0, 1, 1001)
    probability = starter.probability(rows(steps, steps))
    assert np.all(np.diff(probability) >= 0)
    assert np.all(np.diff(probability)[1:-1] > 0)


def test_wide_open_and_fully_closed_stay_finite_and_near_the_ends() -> None:
    ends = np.array([0.0, 1.0])
    low, high = starter.probability(rows(ends, ends))
    assert 0 < low < 1e-4 and 1 - 1e-4 < high < 1


def test_both_eyes_count_alike() -> None:
    one, other = np.array([0.9]), np.array([0.1])
    assert starter.probability(rows(one, other)) == pytest.approx(starter.probability(rows(other, one)))


def test_a_face_that_was_not_found_stays_unknown() -> None:
    level = np.array([0.6, np.nan])
    found, missing = starter.probability(rows(level, level))
    assert found > 0.5 and np.isnan(missing)


def test_no_photos_give_no_probabilities() -> None:
    assert starter.probability(np.empty((0, len(GEOMETRY)))).shape == (0,)


@pytest.mark.parametrize("shape", [(len(GEOMETRY),), (3, len(GEOMETRY) + 1)])
def test_rows_of_another_width_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="shape"):
        starter.probability(np.zeros(shape))
