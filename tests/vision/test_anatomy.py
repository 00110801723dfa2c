"""Measures of a face from its landmarks."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.vision import anatomy


def test_the_aspect_ratio_is_height_over_width() -> None:
    eye = np.array([(0, 0), (10, -3), (20, -3), (30, 0), (20, 3), (10, 3)], np.float32)
    assert anatomy.eye_aspect_ratio(eye) == pytest.approx(6 / 30)


def test_a_closed_eye_has_an_aspect_ratio_of_nothing() -> None:
    eye = np.array([(0, 0), (10, 0), (20, 0), (30, 0), (20, 0), (10, 0)], np.float32)
    assert anatomy.eye_aspect_ratio(eye) == 0


def test_an_eye_of_one_point_does_not_divide_by_nothing() -> None:
    assert anatomy.eye_aspect_ratio(np.zeros((6, 2))) == 0


def test_there_are_as_many_blendshapes_as_the_model_gives() -> None:
    assert len(anatomy.BLENDSHAPES) == 52
    assert anatomy.BLENDSHAPES[9:11] == ["eyeBlinkLeft", "eyeBlinkRight"]


def flat_face() -> tuple[np.ndarray, np.ndarray]:
    """A face of four landmarks in one plane, looking straight into the lens."""
    points, depth = np.zeros((478, 2)), np.zeros(478)
    points[anatomy.RIGHT.outer], points[anatomy.LEFT.outer] = (-50, 0), (50, 0)
    points[anatomy.FOREHEAD], points[anatomy.CHIN] = (0, -80), (0, 120)
    return points, depth


def turned(axis: int, degrees: float) -> tuple[float, float, float]:
    """The pose of the flat face after a turn about x (0), y (1) or z (2)."""
    points, depth = flat_face()
    angle = np.radians(degrees)
    one, other = [i for i in range(3) if i != axis]
    turn = np.eye(3)
    turn[[one, one, other, other], [one, other, one, other]] = (
        np.cos(angle),
        -np.sin(angle),
        np.sin(angle),
        np.cos(angle),
    )
    face = np.column_stack([points, depth]) @ turn.T
    return anatomy.head_pose(face[:, :2], face[:, 2])


def test_a_face_straight_into_the_lens_has_no_pose() -> None:
    assert anatomy.head_pose(*flat_face()) == pytest.approx((0, 0, 0))


@pytest.mark.parametrize(("axis", "place"), [(0, 1), (1, 0), (2, 2)])
def test_a_turn_about_one_axis_is_read_back_in_degrees(axis: int, place: int) -> None:
    pose = turned(axis, 20)
    assert abs(pose[place]) == pytest.approx(20, abs=0.01)
    assert [angle for i, angle in enumerate(pose) if i != place] == pytest.approx([0, 0], abs=0.01)


def test_the_signs_are_as_the_docstring_has_them() -> None:
    points, depth = flat_face()
    depth[anatomy.LEFT.outer], depth[anatomy.RIGHT.outer] = (
        30,
        -30,
    )  # the side at the photo's right is farther away
    assert anatomy.head_pose(points, depth)[0] > 0
    points, depth = flat_face()
    depth[anatomy.FOREHEAD], depth[anatomy.CHIN] = 30, -30  # the chin comes nearer
    assert anatomy.head_pose(points, depth)[1] > 0
    points, depth = flat_face()
    points[anatomy.LEFT.outer] += (0, 20)
    assert anatomy.head_pose(points, depth)[2] > 0
