"""Everybody's faces but the subject's, on the demo portraits side by side."""

from __future__ import annotations

import numpy as np
from PIL import Image

from workbench.vision import views
from workbench.vision.landmarks import Landmarker


def beside(portraits: list[Image.Image], *, sides: tuple[int, ...]) -> Image.Image:
    """The portraits from left to right on grey, each as large as its side says."""
    scene = Image.new("RGB", (sum(sides) + 40 * (len(sides) + 1), max(sides) + 80), (128, 128, 128))
    left = 40
    for portrait, side in zip(portraits, sides, strict=True):
        scene.paste(portrait.resize((side, side)), (left, 40))
        left += side + 40
    return scene


def heads(eileen: Image.Image, grace: Image.Image) -> list[Image.Image]:
    return [eileen.crop((80, 0, 380, 300)), grace.crop((0, 0, 512, 512))]


def test_every_face_but_the_subjects_is_found_once_the_largest_first(
    eileen: Image.Image, grace: Image.Image, landmarker: Landmarker
) -> None:
    one, other = heads(eileen, grace)
    scene = beside([other, one, other], sides=(300, 520, 420))
    subject = landmarker.subject(scene)
    assert subject is not None and 380 < subject.points[:, 0].mean() < 900
    found = landmarker.others(scene, subject.points)
    assert [round(float(face.points[:, 0].mean()) / scene.width, 1) for face in found] == [0.8, 0.1]
    assert found[0].size > found[1].size and found[0].count == 3


def test_a_group_of_small_faces_is_found_whole_and_bystanders_are_left_out(
    eileen: Image.Image, grace: Image.Image, landmarker: Landmarker
) -> None:
    one, other = heads(eileen, grace)
    scene = Image.new("RGB", (2400, 1600), (128, 128, 128))
    for portrait, side, place in ((one, 420, (200, 300)), (other, 380, (1000, 500)), (one, 360, (1700, 300))):
        scene.paste(portrait.resize((side, side)), place)
    scene.paste(other.resize((170, 170)), (300, 1300))
    subject = landmarker.subject(scene)
    assert subject is not None and max(subject.size) < 0.18 * scene.width
    found = landmarker.others(scene, subject.points)
    places = sorted(int(face.points[:, 0].mean()) // 100 for face in [subject, *found])
    assert places == [4, 11, 18]


def test_a_subject_alone_has_nobody_beside(eileen: Image.Image, grace: Image.Image, landmarker: Landmarker) -> None:
    for portrait in (eileen, grace, *heads(eileen, grace)):
        subject = landmarker.subject(portrait)
        assert subject is not None and landmarker.others(portrait, subject.points) == []


def test_another_face_has_views_of_its_own(eileen: Image.Image, grace: Image.Image, landmarker: Landmarker) -> None:
    one, other = heads(eileen, grace)
    scene = beside([one, other], sides=(520, 420))
    subject = views.look(scene, landmarker)
    assert subject.points is not None and subject.eyes is not None
    (found,) = views.look_at_others(scene, landmarker, subject.points, scale=2)
    assert found.faces == subject.faces == 2 and found.points is not None and found.eyes is not None
    assert abs(found.points[:, 0].mean() - subject.points[:, 0].mean()) > 0.3
    assert not np.array_equal(found.eyes, subject.eyes) and np.array_equal(found.frame, subject.frame)
