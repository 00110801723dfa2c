"""Numbers relative to the session: how open the eyes are against the subject's other photos.

They take away what is the face's own (eyes that are narrow when open) and carry what nothing else does: lids that are
half closed. Computed when read, never kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.vision.views import GEOMETRY, Views

RELATIVE = ("earLeft", "earRight", "eyeBlinkLeft", "eyeBlinkRight")
ENOUGH = 8
"""Photos with a face from which a session's median says something."""
_COLUMNS = [GEOMETRY.index(name) for name in RELATIVE]


def of_session(seen: Sequence[Views | None]) -> np.ndarray:
    """Each photo's numbers less the session's median, float32 (n, len(RELATIVE)), from all photos of the session.

    A row is nan without a face; all are when fewer than ENOUGH photos show one.
    """
    rows = np.full((len(seen), len(RELATIVE)), np.nan, np.float32)
    for index, views in enumerate(seen):
        if views is not None and views.geometry is not None:
            rows[index] = views.geometry[_COLUMNS]
    known = rows[~np.isnan(rows[:, 0])]
    if len(known) < ENOUGH:
        return np.full_like(rows, np.nan)
    return rows - np.median(known, axis=0)


def absent(count: int) -> np.ndarray:
    """Rows for photos that are of no session: folders of classes."""
    return np.full((count, len(RELATIVE)), np.nan, np.float32)
