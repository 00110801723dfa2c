"""The face landmarker: finds the subject's face and its 478 landmarks and 52 blendshapes, on LiteRT alone.

The bundle is MediaPipe's face landmarker (Apache-2.0): face detector (BlazeFace, short range), landmarks with
iris, blendshapes. Its own runtime is not used, because that looks up a logging host.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image, ImageOps

from workbench.errors import WorkbenchError
from workbench.vision import anatomy, native

MODELS = ("face_detector.tflite", "face_landmarks_detector.tflite", "face_blendshapes.tflite")
DETECTOR_SIDE = 128
LANDMARKS_SIDE = 256
OVERLAP = 0.3  # boxes that share more than this of their union are one face
SURROUND = (128, 128, 128)  # grey finds more cut-off faces than black
SMALLEST_PART = 256  # pixels; a face that small a part must show has no eyes to look at
LEAST_COMPANION = 0.5  # of the subject's size: who is smaller stands behind by chance
PARTS = (0.5, 0.3)  # sides of the parts searched for small faces, in longer sides of the photo
# The landmarks that the blendshape model reads, in its order.
BLENDSHAPE_POINTS = np.array(
    (
        "0 1 4 5 6 7 8 10 13 14 17 21 33 37 39 40 46 52 53 54 55 58 61 63 65 66 67 70 78 80 81 82 84 87 "
        "88 91 93 95 103 105 107 109 127 132 133 136 144 145 146 148 149 150 152 153 154 155 157 158 159 "
        "160 161 162 163 168 172 173 176 178 181 185 191 195 197 234 246 249 251 263 267 269 270 276 282 "
        "283 284 285 288 291 293 295 296 297 300 308 310 311 312 314 317 318 321 323 324 332 334 336 338 "
        "356 361 362 365 373 374 375 377 378 379 380 381 382 384 385 386 387 388 389 390 397 398 400 402 "
        "405 409 415 454 466 468 469 470 471 472 473 474 475 476 477"
    ).split(),
    dtype=np.intp,
)

Region = tuple[float, float, float, float]


@dataclass(frozen=True)
class Demand:
    """What makes a detection a face: least `score` of the detector and `presence` of the landmark model.

    That model looks at a square `margins` times larger than the box, one after the other until one shows a
    face: it was trained at 1.5; tighter ones help where the frame cuts the face off.
    """

    score: float
    presence: float
    margins: tuple[float, ...] = (1.5,)


WHOLE = Demand(score=0.5, presence=0.5)
CUT_OFF = Demand(score=0.5, presence=0.5, margins=(1.5, 1.35, 1.2))
# Three-quarter views and profiles: the landmark model gives them up, the detector is sure. Their presence stays
# low for all to see: landmarks of such a face may be poor.
TURNED_AWAY = Demand(score=0.75, presence=0)
SMALL = Demand(score=0.6, presence=0.95)  # many parts are searched: cloth and leaves resemble faces now and then


class UnreadableBundle(WorkbenchError):
    """The landmarker's file is not a bundle of the three models."""

    def __init__(self, bundle: Path) -> None:
        super().__init__(f"“{bundle}” is not the face landmarker. Delete it and run `make setup`.")


@dataclass(frozen=True)
class Detection:
    """A face found by the detector, in pixels of the photo.

    `centre` (2,) and `size` (2,) are those of its box; `keypoints` (6, 2) begin with the right and the left
    eye.
    """

    score: float
    centre: np.ndarray
    size: np.ndarray
    keypoints: np.ndarray

    @property
    def area(self) -> float:
        """Of the box, in square pixels."""
        return float(self.size.prod())


@dataclass(frozen=True)
class Face:
    """The subject's face.

    `score` is the detector's and `presence` the landmark model's confidence, both 0..1; `points` (478, 2) and
    `depth` (478,) are float32 in pixels of the photo, depth relative to the face and growing away from the
    camera; `blendshapes` (52,) float32, 0..1, in the order of `anatomy.BLENDSHAPES`; `count` is how many
    faces were seen in the photo, this one included.
    """

    score: float
    presence: float
    points: np.ndarray
    depth: np.ndarray
    blendshapes: np.ndarray
    count: int = 1

    def __post_init__(self) -> None:
        if self.points.shape != (anatomy.LANDMARKS, 2):
            raise ValueError(f"points must have shape ({anatomy.LANDMARKS}, 2), got {self.points.shape}")
        if self.blendshapes.shape != (len(anatomy.BLENDSHAPES),):
            raise ValueError(f"blendshapes must have shape (52,), got {self.blendshapes.shape}")

    @property
    def eye_distance(self) -> float:
        """Between the middles of both eyes, in pixels."""
        return anatomy.eye_distance(self.points)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the landmarks' box, in pixels."""
        width, height = np.ptp(self.points, axis=0)
        return float(width), float(height)

    @property
    def eye_blink(self) -> float:
        """Mean of eyeBlinkLeft and eyeBlinkRight: the starter model's one number."""
        left = anatomy.BLENDSHAPES.index("eyeBlinkLeft")
        return float(self.blendshapes[left : left + 2].mean())


class Landmarker:
    """Finds the subject in a photo. Each thread needs one of its own; LiteRT lets others run meanwhile."""

    def __init__(self, bundle: Path, *, threads: int = 1) -> None:
        try:
            with zipfile.ZipFile(bundle) as models:
                contents = [models.read(name) for name in MODELS]
        except (OSError, KeyError, zipfile.BadZipFile) as reason:
            raise UnreadableBundle(bundle) from reason
        self._detector, self._landmarks, self._blendshapes = (_Network(model, threads) for model in contents)

    def subject(self, image: Image.Image) -> Face | None:
        """The largest face of an upright photo, None when there is none.

        A photo without one is looked at again in a wider frame (the detector misses a face that fills the
        photo), then for a face turned far away (its `presence` is low), and then in overlapping parts (one
        under a fifth of the photo's height is missed, too).
        """
        image = image if image.mode == "RGB" else image.convert("RGB")
        if face := self._search(image, [(0, 0, *image.size)], WHOLE):
            return face
        certain = self._in_wider_frame(image) or self._search(image, [(0, 0, *image.size)], TURNED_AWAY)
        return certain or self._in_parts(image)

    def others(self, image: Image.Image, subject: np.ndarray) -> list[Face]:
        """Every other face of an upright photo, the largest first; `subject` (478, 2): the landmarks of the known one.

        The whole photo, a wider frame, and overlapping parts are searched. Faces less than half as large as the
        subject's are bystanders and left out.
        """
        image = image if image.mode == "RGB" else image.convert("RGB")
        least = float(np.ptp(subject, axis=0).max()) * LEAST_COMPANION
        found: list[Face] = []
        for face in sorted(self._every(image), key=lambda face: -max(face.size)):
            known = [subject, *(other.points for other in found)]
            if max(face.size) >= least and not any(_is_same(face.points, points) for points in known):
                found.append(face)
        return [replace(face, count=len(found) + 1) for face in found]

    def _every(self, image: Image.Image) -> Iterator[Face]:
        """All faces wherever `subject` looks for one; the same may come several times."""
        border = max(image.size) // 3
        wider = ImageOps.expand(image, border, fill=SURROUND)
        sides = [side for share in PARTS if (side := share * max(image.size)) >= SMALLEST_PART]
        parts = [tile for side in sides for tile in _tiles(*image.size, side)]
        for where, regions, demand, shift in (
            (image, [(0.0, 0.0, *image.size)], WHOLE, 0),
            (wider, [(0.0, 0.0, *wider.size)], CUT_OFF, border),
            (image, parts, SMALL, 0),
        ):
            for box in _suppressed([box for region in regions for box in self._detect(where, region, demand.score)]):
                if face := self._meeting(where, box, demand):
                    yield replace(face, points=face.points - np.float32(shift))

    def _in_wider_frame(self, image: Image.Image) -> Face | None:
        border = max(image.size) // 3
        wider = ImageOps.expand(image, border, fill=SURROUND)
        face = self._search(wider, [(0, 0, *wider.size)], CUT_OFF)
        return replace(face, points=face.points - np.float32(border)) if face else None

    def _in_parts(self, image: Image.Image) -> Face | None:
        for side in (share * max(image.size) for share in PARTS):
            if side < SMALLEST_PART:
                return None
            if face := self._search(image, _tiles(*image.size, side), SMALL):
                return face
        return None

    def _search(self, image: Image.Image, regions: list[Region], demand: Demand) -> Face | None:
        """The largest face in these regions of the photo that meets the demand."""
        boxes = [box for region in regions for box in self._detect(image, region, demand.score)]
        detections = sorted(_suppressed(boxes), key=lambda detection: -detection.area)
        for detection in detections:
            if face := self._meeting(image, detection, demand):
                return replace(face, count=len(detections))
        return None

    def _meeting(self, image: Image.Image, detection: Detection, demand: Demand) -> Face | None:
        for margin in demand.margins:
            face = self._landmarked(image, detection, margin)
            if face.presence >= demand.presence:
                return face
        return None

    def _detect(self, image: Image.Image, region: Region, score: float) -> list[Detection]:
        """Every box in a region of the photo that is likely to be a face; one face has many."""
        frame, zoom, origin = _letterboxed(image, region)
        offsets, logits = self._detector(frame / 127.5 - 1)
        scores = _sigmoid(logits[0, :, 0])
        likely = np.flatnonzero(scores > score)
        boxes = offsets[0, likely].reshape(-1, 8, 2)
        boxes[:, 0] += ANCHORS[likely]
        boxes[:, 2:] += ANCHORS[likely, None]
        boxes /= zoom
        boxes[:, 0] += origin
        boxes[:, 2:] += origin
        return [Detection(float(s), b[0], b[1], b[2:]) for s, b in zip(scores[likely], boxes, strict=True)]

    def _landmarked(self, image: Image.Image, detection: Detection, margin: float) -> Face:
        matrix = _crop_matrix(detection, margin)
        side = (LANDMARKS_SIDE, LANDMARKS_SIDE)
        crop = image.transform(side, Image.Transform.AFFINE, tuple(matrix.ravel()), Image.Resampling.BILINEAR)
        raw, presence, _ = self._landmarks(np.asarray(crop, np.float32) / 255)
        raw = raw.reshape(anatomy.LANDMARKS, 3)
        points = (raw[:, :2] @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
        return Face(
            score=detection.score,
            presence=float(_sigmoid(presence.ravel()[0])),
            points=points,
            depth=(raw[:, 2] * np.hypot(*matrix[:, 0])).astype(np.float32),
            blendshapes=self._blendshapes(points[BLENDSHAPE_POINTS])[0].ravel(),
        )


class _Network:
    """One LiteRT model: an array in, its outputs in the model's order."""

    def __init__(self, model: bytes, threads: int) -> None:
        self._interpreter = Interpreter(model_content=model, num_threads=threads)
        with native.quiet():
            self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = [output["index"] for output in self._interpreter.get_output_details()]

    def __call__(self, array: np.ndarray) -> list[np.ndarray]:
        self._interpreter.set_tensor(self._input, array[None])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._outputs]


def _anchors() -> np.ndarray:
    """Centres (896, 2) that the detector's boxes are relative to, in its pixels: 16×16×2, then 8×8×6."""
    grids = []
    for cells, repeats in ((16, 2), (8, 6)):
        middles = (np.arange(cells) + 0.5) * DETECTOR_SIDE / cells
        y, x = np.meshgrid(middles, middles, indexing="ij")
        grids.append(np.column_stack([x.ravel(), y.ravel()]).repeat(repeats, axis=0))
    return np.concatenate(grids).astype(np.float32)


ANCHORS = _anchors()


def _tiles(width: int, height: int, side: float) -> list[Region]:
    """Squares of `side` that cover the photo and overlap by half."""
    columns, rows = (_starts(length, side) for length in (width, height))
    return [(x, y, min(x + side, width), min(y + side, height)) for y in rows for x in columns]


def _starts(length: int, side: float) -> list[float]:
    steps = max(0, int(np.ceil((length - side) / (side / 2))))
    return [float(start) for start in np.linspace(0, max(0, length - side), steps + 1)]


def _letterboxed(image: Image.Image, region: Region) -> tuple[np.ndarray, float, np.ndarray]:
    """The region fitted into the detector's black square, its zoom, and where in the photo it begins."""
    left, top, right, bottom = region
    zoom = DETECTOR_SIDE / max(right - left, bottom - top)
    middle = np.array([left + right, top + bottom], np.float32) / 2
    origin = middle - DETECTOR_SIDE / 2 / zoom
    box = (max(left, 0), max(top, 0), min(right, image.width), min(bottom, image.height))
    size = (max(1, round((box[2] - box[0]) * zoom)), max(1, round((box[3] - box[1]) * zoom)))
    small = image.resize(size, Image.Resampling.BILINEAR, box=box, reducing_gap=2.0)
    x, y = (round((box[i] - origin[i]) * zoom) for i in (0, 1))
    frame = np.zeros((DETECTOR_SIDE, DETECTOR_SIDE, 3), np.float32)
    part = frame[y : y + size[1], x : x + size[0]]
    part[:] = np.asarray(small)[: part.shape[0], : part.shape[1]]
    return frame, zoom, origin


def _suppressed(boxes: list[Detection]) -> list[Detection]:
    """One detection a face: the mean of all boxes that overlap the likeliest one, weighted by score."""
    left = sorted(boxes, key=lambda box: -box.score)
    faces = []
    while left:
        same = [box is left[0] or _shared(box, left[0]) > OVERLAP for box in left]
        faces.append(_averaged([box for box, is_same in zip(left, same, strict=True) if is_same]))
        left = [box for box, is_same in zip(left, same, strict=True) if not is_same]
    return faces


def _shared(one: Detection, other: Detection) -> float:
    """Intersection over union."""
    low = np.maximum(one.centre - one.size / 2, other.centre - other.size / 2)
    high = np.minimum(one.centre + one.size / 2, other.centre + other.size / 2)
    both = float(np.clip(high - low, 0, None).prod())
    return both / max(one.area + other.area - both, 1e-9)


def _is_same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two sets of landmarks (478, 2) lie on one face: the middle of each within the other's half width."""
    apart = np.abs(one.mean(axis=0) - other.mean(axis=0))
    return bool((apart < np.maximum(np.ptp(one, axis=0), np.ptp(other, axis=0)) / 2).all())


def _averaged(boxes: list[Detection]) -> Detection:
    weights = np.array([box.score for box in boxes])

    def mean(values: list[np.ndarray]) -> np.ndarray:
        return np.average(np.stack(values), axis=0, weights=weights)

    centre, size, keypoints = (mean([getattr(b, name) for b in boxes]) for name in ("centre", "size", "keypoints"))
    return Detection(float(weights.max()), centre, size, keypoints)


def _crop_matrix(detection: Detection, margin: float) -> np.ndarray:
    """The affine map (2, 3) from the landmark model's square to the photo: the face level, in its middle."""
    (x0, y0), (x1, y1) = detection.keypoints[:2]
    angle = np.arctan2(y1 - y0, x1 - x0)
    scale = detection.size.max() * margin / LANDMARKS_SIDE
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([turn, detection.centre - turn @ np.full(2, LANDMARKS_SIDE / 2)])


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(logits, -80, 80)))
