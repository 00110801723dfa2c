"""Views: the arrays that a model looks at, cut from one upright photo; and the eyes, cut out for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from workbench.vision import anatomy
from workbench.vision.landmarks import Face, Landmarker

VERSION = 1  # raise it whenever a view changes: views kept in another version are computed again
FRAME_HEIGHT, FRAME_WIDTH = 178, 100
EYE_HEIGHT, EYE_WIDTH = 48, 64
FRAME = (FRAME_HEIGHT, FRAME_WIDTH)
EYES = (2, EYE_HEIGHT, EYE_WIDTH)
EYE_MARGIN = 1.7  # an eye's crop is this many times as wide as the distance of its corners
SUPERSAMPLING = 4  # at most; a crop is averaged from up to this many pixels each way
SHAPES = (
    "eyeBlinkLeft eyeBlinkRight eyeSquintLeft eyeSquintRight eyeWideLeft eyeWideRight eyeLookDownLeft "
    "eyeLookDownRight eyeLookUpLeft eyeLookUpRight cheekSquintLeft cheekSquintRight browDownLeft "
    "browDownRight browInnerUp mouthSmileLeft mouthSmileRight jawOpen"
).split()
GEOMETRY = (*SHAPES, *"earLeft earRight yaw pitch roll eyeDistance score presence".split())
_SHAPE_ROWS = np.array([anatomy.BLENDSHAPES.index(name) for name in SHAPES])


@dataclass(frozen=True)
class Views:
    """All views of one photo; those of the face are None when no face was found.

    `faces` is how many were seen; `frame` uint8 (178, 100); `eyes` uint8 (2, 48, 64), the subject's right eye
    first; `geometry` float32 in the order of GEOMETRY; `points` float32 (478, 2), 0..1 across and down the
    upright photo (a little beyond for a face cut off by the frame).
    """

    faces: int
    frame: np.ndarray
    eyes: np.ndarray | None = None
    geometry: np.ndarray | None = None
    points: np.ndarray | None = None

    def __post_init__(self) -> None:
        _demand("frame", self.frame, FRAME, np.uint8)
        of_the_face = (self.eyes, self.geometry, self.points)
        if any((array is None) != (self.faces == 0) for array in of_the_face):
            raise ValueError(f"eyes, geometry and points must be given exactly when a face is, got {self.faces} faces")
        if self.eyes is not None and self.geometry is not None and self.points is not None:
            _demand("eyes", self.eyes, EYES, np.uint8)
            _demand("geometry", self.geometry, (len(GEOMETRY),), np.float32)
            _demand("points", self.points, (anatomy.LANDMARKS, 2), np.float32)

    def measure(self, name: str) -> float | None:
        """One number of the geometry by its name, None without a face."""
        return None if self.geometry is None else float(self.geometry[GEOMETRY.index(name)])


def look(image: Image.Image, landmarker: Landmarker, *, scale: float = 1.0) -> Views:
    """Every view of an upright photo; `scale`: pixels of the original to one pixel of `image`."""
    image = image if image.mode == "RGB" else image.convert("RGB")
    face = landmarker.subject(image)
    return Views(faces=0, frame=frame(image)) if face is None else _of_face(image, face, scale)


def look_at_others(
    image: Image.Image, landmarker: Landmarker, subject: np.ndarray, *, scale: float = 1.0
) -> list[Views]:
    """The views of every other face of an upright photo, the largest first.

    `subject` (478, 2) are the known face's landmarks, 0..1 as `Views` keeps them.
    """
    image = image if image.mode == "RGB" else image.convert("RGB")
    return [_of_face(image, face, scale) for face in landmarker.others(image, subject * image.size)]


def _of_face(image: Image.Image, face: Face, scale: float) -> Views:
    return Views(
        faces=face.count,
        frame=frame(image),
        eyes=eyes(image, face.points),
        geometry=geometry(face, scale=scale),
        points=(face.points / np.array(image.size)).astype(np.float32),
    )


def frame(image: Image.Image) -> np.ndarray:
    """The whole photo in grey, letterboxed in black: uint8 (178, 100)."""
    box = letterbox(image.size)
    small = image.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.BILINEAR, reducing_gap=2.0).convert("L")
    letterboxed = Image.new("L", (FRAME_WIDTH, FRAME_HEIGHT))
    letterboxed.paste(small, box)
    return np.asarray(letterboxed)


def letterbox(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where a photo of `size` (width, height) lies in its frame: left, top, right, bottom in pixels."""
    width, height = size
    zoom = min(FRAME_WIDTH / width, FRAME_HEIGHT / height)
    across, down = max(1, round(width * zoom)), max(1, round(height * zoom))
    left, top = (FRAME_WIDTH - across) // 2, (FRAME_HEIGHT - down) // 2
    return left, top, left + across, top + down


def eyes(image: Image.Image, points: np.ndarray) -> np.ndarray:
    """Both eyes in grey and level, uint8 (2, 48, 64): the right one, then the left one, mirrored.

    `points` are landmarks (478, 2) in pixels of `image`. Each crop is 1.7 times as wide as the corners are
    apart.
    """
    right, left = _level_crops(image, points, (EYE_WIDTH, EYE_HEIGHT), EYE_MARGIN)
    return np.stack([np.asarray(right.convert("L")), np.asarray(left.convert("L"))[:, ::-1]])


def close_up(image: Image.Image, points: np.ndarray, *, size: tuple[int, int] = (256, 192)) -> list[Image.Image]:
    """Both eyes in colour and level, each of `size`, not mirrored: the subject's right one first.

    `points` are landmarks (478, 2) in pixels of `image`.
    """
    return list(_level_crops(image, points, size, EYE_MARGIN))


def in_crops(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Where the landmarks lie in both crops of `eyes`, float64 (2, 478, 2) in their pixels, the left one mirrored.

    `points` (478, 2) are shares 0..1 of a photo of `size` (width, height), as `Views` keeps them. A whole number is the
    edge of a pixel and not its middle: the middle between the corners of an eye is (32, 24).
    """
    in_photo = points.astype(np.float64) * np.asarray(size, np.float64)
    right, left = (_in_crop(in_photo, in_photo[eye.six[0]], in_photo[eye.six[3]]) for eye in anatomy.EYES)
    return np.stack([right, left * (-1, 1) + (EYE_WIDTH, 0)])


def geometry(face: Face, *, scale: float = 1.0) -> np.ndarray:
    """What was measured of a face, float32 (len(GEOMETRY),): blendshapes 0..1, EAR, pose in degrees and more.

    The eye distance is in pixels of the original photo, `scale` of which make one pixel of the photo looked
    at.
    """
    ears = [anatomy.eye_aspect_ratio(face.points[list(eye.six)]) for eye in (anatomy.LEFT, anatomy.RIGHT)]
    pose = anatomy.head_pose(face.points, face.depth)
    rest = [*ears, *pose, face.eye_distance * scale, face.score, face.presence]
    return np.concatenate([face.blendshapes[_SHAPE_ROWS], rest]).astype(np.float32)


def _level_crops(image: Image.Image, points: np.ndarray, size: tuple[int, int], margin: float) -> Iterator[Image.Image]:
    for eye in anatomy.EYES:
        start, end = points[eye.six[0]], points[eye.six[3]]
        yield _level_crop(image, start, end, size, margin)


def _level_crop(
    image: Image.Image, start: np.ndarray, end: np.ndarray, size: tuple[int, int], margin: float
) -> Image.Image:
    """A crop whose x axis runs from `start` to `end`, the two ends in its middle."""
    cosine, sine, distance = _direction(start, end)
    step = margin * distance / size[0]
    finer = int(np.clip(np.ceil(step), 1, SUPERSAMPLING))
    turn = step / finer * np.array([[cosine, -sine], [sine, cosine]])
    wide = (size[0] * finer, size[1] * finer)
    origin = (start + end) / 2 - turn @ np.array(wide) / 2
    matrix = np.column_stack([turn, origin])
    crop = image.transform(wide, Image.Transform.AFFINE, tuple(matrix.ravel()), Image.Resampling.BILINEAR)
    return crop.reduce(finer) if finer > 1 else crop


def _in_crop(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Places of a photo, in its pixels, as places of the level crop of `eyes` around `start` and `end`."""
    cosine, sine, distance = _direction(start, end)
    turn = EYE_WIDTH / (EYE_MARGIN * distance) * np.array([[cosine, -sine], [sine, cosine]])
    return (points - (start + end) / 2) @ turn + (EYE_WIDTH / 2, EYE_HEIGHT / 2)


def _direction(start: np.ndarray, end: np.ndarray) -> tuple[float, float, float]:
    """Cosine and sine of the line from `start` to `end`, and its length, at least one pixel."""
    along = np.asarray(end - start, np.float64)
    distance = max(float(np.hypot(*along)), 1.0)
    cosine, sine = along / distance
    return cosine, sine, distance


def _demand(name: str, array: np.ndarray, shape: tuple[int, ...], dtype: type[np.generic]) -> None:
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} must be {np.dtype(dtype)} {shape}, got {array.dtype} {array.shape}")
