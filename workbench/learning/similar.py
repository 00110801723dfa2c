"""Photos alike: the unlabelled ones that a model judges by nearly the same numbers as it judged those it got wrong.

What it judged by, its embedding, is kept when it is evaluated: `.inspections/<version>/embeddings.npz`, with photos
(U32) and embedding (float16).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import Engine, exists, or_, select

from workbench.archive import splits, tables
from workbench.faults import Fault
from workbench.learning import findings
from workbench.learning.traces import UNREADABLE
from workbench.settings import Settings

COUNT = 60
LOOKED_FROM = 200
"""Photos from which others are looked for, at most: the first ones."""


def keep(settings: Settings, fault: Fault, version: str, photos: Sequence[str], embedding: np.ndarray) -> int:
    """Keeps the embeddings (n, width) of photos in place of their earlier ones; gives how many are kept now.

    Rows of nan, photos that there was nothing to judge by, are left out, and so is what was kept in another width.
    Raises NotKept.
    """
    there = ~np.isnan(embedding).any(axis=1)
    names = np.array(photos, dtype="U32")
    before = _read(settings, fault, version)
    if before and before[1].shape[1] == embedding.shape[1]:
        others = ~np.isin(before[0], names)
        names, embedding = np.append(before[0][others], names), np.vstack([before[1][others], embedding])
        there = np.append(np.ones(others.sum(), bool), there)
    limits = np.finfo(np.float16)
    columns = {"photos": names[there], "embedding": embedding[there].clip(limits.min, limits.max).astype(np.float16)}
    path = findings.folder(settings, fault, version) / findings.EMBEDDINGS
    findings.keep(path, lambda file: np.savez(file, allow_pickle=False, **columns))
    return len(columns["photos"])


def count(settings: Settings, fault: Fault, version: str) -> int:
    """How many photos the model's embedding is kept of: 0 before it was evaluated."""
    kept = _read(settings, fault, version)
    return 0 if kept is None else len(kept[0])


def nearest(
    settings: Settings, engine: Engine, fault: Fault, version: str, photos: Sequence[str], *, count: int = COUNT
) -> list[tuple[str, float]]:
    """The unlabelled photos (id, distance) nearest to any of `photos`, nearest first, at most `count`.

    Exact, by the Euclidean distance of the model's embeddings. Photos of the test side are never looked from and never
    found; neither is one of `photos`. Of many, the first LOOKED_FROM are looked from. Nothing where nothing is kept.
    """
    kept = _read(settings, fault, version)
    if kept is None:
        return []
    row_of = {photo: row for row, photo in enumerate(kept[0].tolist())}
    asked = set(photos)
    among = [photo for photo in _unlabelled(engine, fault) if photo in row_of and photo not in asked]
    tested = _tested(engine)
    known = [photo for photo in dict.fromkeys(photos) if photo in row_of and photo not in tested]
    if not among or not known:
        return []
    rows = [row_of[photo] for photo in among]
    away, found = _search(kept[1][rows], kept[1][[row_of[photo] for photo in known[:LOOKED_FROM]]], count)
    return [(among[row], float(distance)) for row, distance in zip(found, away, strict=True)]


def _search(among: np.ndarray, asked: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Distance to the nearest of `asked`, and row, of the `count` rows of `among` that are nearest to any of them."""
    from sklearn.neighbors import NearestNeighbors  # a second that only this needs

    count = min(count, len(among))
    search = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(among.astype(np.float32))
    away, rows = search.kneighbors(asked.astype(np.float32))
    # what is among the nearest to any one is among the nearest to its own nearest one
    order = np.lexsort((rows.ravel(), away.ravel()))
    _, first = np.unique(rows.ravel()[order], return_index=True)
    taken = order[np.sort(first)[:count]]
    return away.ravel()[taken], rows.ravel()[taken]


def _read(settings: Settings, fault: Fault, version: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Kept ids (n,) and embeddings (n, width)."""
    try:
        with np.load(findings.folder(settings, fault, version) / findings.EMBEDDINGS, allow_pickle=False) as kept:
            photos, embedding = kept["photos"], kept["embedding"]
    except (OSError, *UNREADABLE):
        return None
    return (photos, embedding) if embedding.ndim == 2 and photos.shape == embedding.shape[:1] else None


def _unlabelled(engine: Engine, fault: Fault) -> list[str]:
    """Ids of photos without a label, but for those of the test side."""
    photo, stands = tables.photos.c, tables.standing.c
    said = exists().where(stands.photo_id == photo.id, stands.fault == fault.name)
    untested = or_(photo.side.is_(None), photo.side != splits.TEST)
    with engine.connect() as connection:
        return list(connection.execute(select(photo.id).where(~said, untested).order_by(photo.id)).scalars().all())


def _tested(engine: Engine) -> set[str]:
    photo = tables.photos.c
    with engine.connect() as connection:
        return set(connection.execute(select(photo.id).where(photo.side == splits.TEST)).scalars().all())
