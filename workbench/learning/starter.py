"""The starter model: the face landmarker's own eyeBlink as a probability. It needs no training photos."""

from __future__ import annotations

import numpy as np

from workbench.vision.views import GEOMETRY

HALF = 0.4  # the eyeBlink at which blinking and not blinking are equally likely, chosen on real closed eyes
EYES = ("eyeBlinkLeft", "eyeBlinkRight")
_COLUMNS = tuple(GEOMETRY.index(eye) for eye in EYES)
_MARGIN = 1e-6  # logits stay finite


def probability(geometry: np.ndarray) -> np.ndarray:
    """Probability of a blink for each row of `geometry`, shape (n, len(GEOMETRY)) → (n,).

    The mean eyeBlink b of both eyes is shifted on the logit scale, sigmoid(logit(b) − logit(.4)): the order
    of photos stays, ½ comes to lie at b = .4, and 0 and 1 stay (nearly) 0 and 1. A row of nan gives nan.
    Raises ValueError when the rows are not as wide as GEOMETRY.
    """
    rows = np.asarray(geometry, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != len(GEOMETRY):
        raise ValueError(f"geometry must have the shape (n, {len(GEOMETRY)}), got {rows.shape}")
    blink = np.clip(rows[:, _COLUMNS].mean(axis=1), _MARGIN, 1 - _MARGIN)
    return 1 / (1 + np.exp(_logit(HALF) - _logit(blink)))


def _logit(share: np.ndarray | float) -> np.ndarray:
    return np.asarray(np.log(share) - np.log1p(-np.asarray(share)))
