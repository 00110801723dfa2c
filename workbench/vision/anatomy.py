"""Where things are among the 478 landmarks of a face, and what can be measured from them.

“Right” and “left” are the subject's own: the right eye is at the left of the photo. Indices are those of the
MediaPipe face mesh; 468–477 are the two irises.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LANDMARKS = 478
BLENDSHAPES = (
    "neutral browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff "
    "cheekSquintLeft cheekSquintRight eyeBlinkLeft eyeBlinkRight eyeLookDownLeft eyeLookDownRight "
    "eyeLookInLeft eyeLookInRight eyeLookOutLeft eyeLookOutRight eyeLookUpLeft eyeLookUpRight "
    "eyeSquintLeft eyeSquintRight eyeWideLeft eyeWideRight jawForward jawLeft jawOpen jawRight "
    "mouthClose mouthDimpleLeft mouthDimpleRight mouthFrownLeft mouthFrownRight mouthFunnel mouthLeft "
    "mouthLowerDownLeft mouthLowerDownRight mouthPressLeft mouthPressRight mouthPucker mouthRight "
    "mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthSmileLeft mouthSmileRight "
    "mouthStretchLeft mouthStretchRight mouthUpperUpLeft mouthUpperUpRight noseSneerLeft "
    "noseSneerRight"
).split()


@dataclass(frozen=True)
class Eye:
    """Indices of one eye: its corners, both lid edges from outer to inner corner, iris, six for the EAR.

    The six start at the corner that is at the left of the photo, as Soukupová & Čech count them.
    """

    outer: int
    inner: int
    upper: tuple[int, ...]
    lower: tuple[int, ...]
    six: tuple[int, ...]
    iris: int


RIGHT = Eye(
    outer=33,
    inner=133,
    upper=(33, 246, 161, 160, 159, 158, 157, 173, 133),
    lower=(33, 7, 163, 144, 145, 153, 154, 155, 133),
    six=(33, 160, 158, 133, 153, 144),
    iris=468,
)
LEFT = Eye(
    outer=263,
    inner=362,
    upper=(263, 466, 388, 387, 386, 385, 384, 398, 362),
    lower=(263, 249, 390, 373, 374, 380, 381, 382, 362),
    six=(362, 385, 387, 263, 373, 380),
    iris=473,
)
EYES = (RIGHT, LEFT)
FOREHEAD, CHIN = 10, 152


def eye_aspect_ratio(eye: np.ndarray) -> float:
    """Openness of one eye from six landmarks, shape (6, 2) in pixels: about .3 open, under .15 closed.

    Soukupová & Čech, “Real-Time Eye Blink Detection using Facial Landmarks”, 2016.
    """
    width, *heights = (float(np.linalg.norm(eye[a] - eye[b])) for a, b in ((0, 3), (1, 5), (2, 4)))
    return sum(heights) / (2 * max(width, 1e-6))


def eye_distance(points: np.ndarray) -> float:
    """Distance between the middles of both eyes, in the units of `points` (478, 2)."""
    right, left = (points[[eye.outer, eye.inner]].mean(axis=0) for eye in EYES)
    return float(np.linalg.norm(left - right))


def head_pose(points: np.ndarray, depth: np.ndarray) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees from landmarks (478, 2) and their depth (478,), both in pixels.

    All are 0 when the face looks straight into the lens. Yaw is positive when the subject turns to the right
    of the photo, pitch when the chin goes up, roll when the head leans clockwise. Depth grows away from the
    camera.
    """
    face = np.column_stack([points, depth]).astype(np.float64)
    across = _unit(face[LEFT.outer] - face[RIGHT.outer])
    down = face[CHIN] - face[FOREHEAD]
    down = _unit(down - across * (down @ across))
    into = np.cross(across, down)
    yaw = np.degrees(np.arctan2(-into[0], into[2]))
    pitch = np.degrees(np.arcsin(np.clip(into[1], -1, 1)))
    roll = np.degrees(np.arctan2(across[1], across[0]))
    return float(yaw), float(pitch), float(roll)


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)
