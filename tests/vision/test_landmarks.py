"""The face landmarker on real portraits: near, far, cut off, turned, several, none."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.vision import anatomy
from workbench.vision.landmarks import Face, Landmarker, UnreadableBundle


def middle(face: Face) -> np.ndarray:
    return face.points.mean(axis=0)


def on_grey(size: tuple[int, int]) -> Image.Image:
    return Image.new("RGB", size, (128, 128, 128))


def test_both_portraits_have_one_open_eyed_face(
    eileen: Image.Image, grace: Image.Image, landmarker: Landmarker
) -> None:
    for portrait in (eileen, grace):
        face = landmarker.subject(portrait)
        assert face is not None
        assert face.count == 1
        assert face.presence > 0.9
        assert face.eye_blink < 0.3


def test_the_irises_lie_between_the_corners_of_their_eyes(eileens_face: Face) -> None:
    for eye in anatomy.EYES:
        xs = sorted(eileens_face.points[[eye.outer, eye.inner], 0])
        assert xs[0] < eileens_face.points[eye.iris, 0] < xs[1]
    right, left = (eileens_face.points[eye.iris, 0] for eye in anatomy.EYES)
    assert right < left, "the subject's right eye is at the left of the photo"


def test_landmarks_follow_the_face_when_the_photo_is_moved_and_scaled(
    eileen: Image.Image, eileens_face: Face, landmarker: Landmarker
) -> None:
    wide = on_grey((1500, 1100))
    wide.paste(eileen.resize((1024, 1024)), (300, 40))
    face = landmarker.subject(wide)
    assert face is not None
    assert middle(face) == pytest.approx(middle(eileens_face) * 2 + (300, 40), abs=0.1 * face.eye_distance)
    assert face.eye_distance == pytest.approx(2 * eileens_face.eye_distance, rel=0.05)


def test_a_leaning_head_is_found_and_its_lean_measured(eileen: Image.Image, landmarker: Landmarker) -> None:
    upright, leaning = landmarker.subject(eileen), landmarker.subject(eileen.rotate(-25))
    assert upright is not None and leaning is not None
    lean = anatomy.head_pose(leaning.points, leaning.depth)[2] - anatomy.head_pose(upright.points, upright.depth)[2]
    assert lean == pytest.approx(25, abs=4)


def test_a_face_cut_off_by_the_frame_is_found(eileen: Image.Image, eileens_face: Face, landmarker: Landmarker) -> None:
    eyes = eileens_face.points[[33, 263]]
    x, y = eyes.mean(axis=0)
    reach = eileens_face.eye_distance
    tight = eileen.crop((round(x - reach), round(y - 0.7 * reach), round(x + reach), round(y + 1.3 * reach)))
    face = landmarker.subject(tight)
    assert face is not None
    offset = np.array((round(x - reach), round(y - 0.7 * reach)))
    assert face.points[[33, 263]] + offset == pytest.approx(eyes, abs=0.15 * reach)


@pytest.mark.parametrize("corner", [(40, 30), (1300, 800), (700, 400)])
def test_a_face_of_a_tenth_of_the_frame_is_found(
    corner: tuple[int, int], eileen: Image.Image, eileens_face: Face, landmarker: Landmarker
) -> None:
    zoom = 110 / eileens_face.size[1]
    small = eileen.resize((round(512 * zoom), round(512 * zoom)), Image.Resampling.LANCZOS)
    wide = on_grey((1600, 1067))
    wide.paste(small, corner)
    face = landmarker.subject(wide)
    assert face is not None
    assert middle(face) == pytest.approx(middle(eileens_face) * zoom + corner, abs=15)


def test_the_largest_of_several_faces_is_the_subject(
    eileen: Image.Image, grace: Image.Image, landmarker: Landmarker
) -> None:
    group = on_grey((1100, 600))
    group.paste(eileen.crop((100, 0, 350, 300)).resize((500, 600)), (0, 0))
    group.paste(grace, (560, 0))
    face, alone = landmarker.subject(group), landmarker.subject(grace)
    assert face is not None and alone is not None
    assert face.count == 2
    assert middle(face) - (560, 0) == pytest.approx(middle(alone), abs=10)


def test_a_photo_without_a_face_has_no_subject(eileen: Image.Image, landmarker: Landmarker) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    assert landmarker.subject(on_grey((640, 480))) is None
    assert landmarker.subject(Image.fromarray(noise)) is None
    assert landmarker.subject(eileen.crop((0, 300, 512, 512))) is None, "a space suit is not a face"
    assert landmarker.subject(Image.new("RGB", (1, 1))) is None


def test_a_grey_photo_is_looked_at_like_any_other(eileen: Image.Image, landmarker: Landmarker) -> None:
    assert landmarker.subject(eileen.convert("L")) is not None


def test_a_landmarker_for_each_thread_gives_what_one_gives_alone(bundle: Path, eileen: Image.Image) -> None:
    found: list[Face | None] = []

    def look() -> None:
        own = Landmarker(bundle)
        found.extend(own.subject(eileen) for _ in range(3))

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = Landmarker(bundle).subject(eileen)
    assert alone is not None and len(found) == 9
    assert all(face is not None and np.array_equal(face.points, alone.points) for face in found)


def test_a_file_that_is_no_bundle_is_refused_with_what_to_do(tmp_path: Path) -> None:
    other = tmp_path / "face_landmarker.task"
    other.write_bytes(b"not a zip")
    with pytest.raises(UnreadableBundle, match="run `make setup`"):
        Landmarker(other)


def test_a_face_refuses_arrays_of_another_shape() -> None:
    with pytest.raises(ValueError, match="points must have shape"):
        Face(1, 1, np.zeros((468, 2)), np.zeros(468), np.zeros(52))
