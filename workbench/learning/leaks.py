"""Leaks: what the sides of the split share that they must not, and labels that contradict each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

import numpy as np
from PIL import Image
from sqlalchemy import Engine, select

from workbench.archive import labels, sessions, tables
from workbench.archive.labels import AUDIT, REVIEW
from workbench.archive.splits import TRAINING, VALIDATION
from workbench.archive.tables import FOLDER
from workbench.faults import Fault
from workbench.learning.examples import Examples
from workbench.learning.flags import DIFFERENT, DUPLICATES, IMBALANCE, SHOWN, SUBJECTS, Flag, photos
from workbench.learning.shortcuts import by_chance

ALIKE = 0.98
"""Correlation, over frame and eyes alike, from which on two photos show the same picture."""
SAME = 0.995
"""Correlation from which on the eyes are the same, too: closer than frames of one burst with a lid in motion."""
LEAKS = 0.01
"""Share of the photos held back that have a near-duplicate elsewhere: with more, figures may be too good by as much."""
ONE_SIDED, BEYOND_CHANCE = 0.5, 0.2
"""Share of a class in sessions without the other one, from which on a session tells the class; and by how much it must
exceed what chance gives: where blinks are rare, most sessions of ten photos have none."""
MOST = 20_000
"""Photos that are compared, at most: all pairs of more take minutes."""
_FRAME, _EYE = (10, 18), (16, 12)
_NEIGHBOURS = 6


def likeness(examples: Examples) -> np.ndarray:
    """Vectors float32 (n, 564) whose inner product is the correlation of two photos.

    Half of it is the frame, half the eyes, each in grey, small, less its mean; without a face the frame is all. A
    picture of one grey is like no other.
    """
    frame = _level(np.array([_small(one, _FRAME) for one in examples.frame]), len(examples))
    eyes = _level(np.array([[_small(eye, _EYE) for eye in pair] for pair in examples.eyes]), len(examples))
    weight = np.where(examples.face, 0.5, 0.0)[:, None]
    return np.hstack([frame * np.sqrt(1 - weight), eyes * np.sqrt(weight)]).astype(np.float32)


def near_duplicates(examples: Examples) -> Flag:
    """Photos that are held back from training, of which another side has the same picture."""
    chosen = examples.take(by_chance(np.arange(len(examples)), MOST))
    pairs = [(TRAINING, VALIDATION), ((TRAINING, VALIDATION), "test")]
    found = [row for known, held in pairs for row in _copies(chosen, known, held)]
    looked_at = int((chosen.sides != TRAINING).sum())
    held_back = len({held for held, _ in found})
    share = held_back / looked_at if looked_at else None
    both = dict.fromkeys(chosen.photos[row] for pair in found for row in pair)
    return Flag(
        DUPLICATES,
        bool(share and share > LEAKS),
        share,
        None,
        None,
        _copied(held_back, looked_at, one_person=examples.one_person),
        tuple(both)[:SHOWN],
    )


def subjects(engine: Engine) -> Flag:
    """Subjects by name who stand on several sides. There can be none: it guards against a mistake of our own."""
    shoots, files, photo = tables.sessions.c, tables.files.c, tables.photos.c
    query = select(shoots.subject, photo.side, photo.id).join_from(tables.files, tables.sessions)
    query = query.join(tables.photos, photo.id == files.photo_id).where(shoots.subject.is_not(None))
    of: dict[str, dict[str, str]] = defaultdict(dict)
    with engine.connect() as connection:
        for row in connection.execute(query.where(photo.side.is_not(None))):
            of[row.subject.strip().casefold()][row.side] = row.id
    torn = [sides for name, sides in of.items() if name and len(sides) > 1]
    named = sum(1 for name in of if name)
    if torn:
        sentence = (
            f"{len(torn)} of {named} named subjects have photos on several sides, which must never be. Do not trust "
            f"figures of the test side, and report this."
        )
    else:
        sentence = f"No subject stands on several sides; {named} are named. Unnamed ones are known by their session."
    ids = tuple(photo for sides in torn for photo in sides.values())
    return Flag(SUBJECTS, bool(torn), float(len(torn)), None, None, sentence, ids[:SHOWN])


def imbalance(engine: Engine, examples: Examples, fault: Fault) -> Flag:
    """How much of a class lies in sessions whose labels are all of that class; for the class where it is the most
    beyond what chance would give.

    In a folder of classes every group is a session of its own.
    """
    folders = {one.id for one in sessions.every(engine) if one.kind == FOLDER}
    keys = [s if s in folders else g for s, g in zip(examples.sessions, examples.groups, strict=True)]
    _, session = np.unique(np.array(keys, dtype=str), return_inverse=True)
    if not 0 < examples.truth.sum() < len(examples):
        return Flag(IMBALANCE, False, None, None, None, "Not enough to say: there are no labels of both classes.")
    found = {truth: _alone(examples.truth == truth, session) for truth in (True, False)}
    truth = max(found, key=lambda one: found[one][0] - found[one][1])
    share, chance = found[truth]
    raised = share > ONE_SIDED and share > chance + BEYOND_CHANCE
    sentence = (
        f"{share:.0%} of the photos labelled {fault.classes[truth]} lie in sessions without any other label; "
        f"{chance:.0%} would by chance."
    )
    if raised:
        sentence += " There the session tells the class: label photos of both classes in the same sessions."
    return Flag(IMBALANCE, raised, share, None, None, sentence)


def contradictions(engine: Engine, examples: Examples, fault: Fault) -> Flag:
    """Photos that labellers answered differently and nobody looked at again, and twins with different labels."""
    disputed, twins = _disputed(engine, fault), _twins(examples)
    both = tuple(dict.fromkeys([*disputed, *twins]))
    sentence = (
        f"{photos(len(disputed))} got different answers by several labellers and no second look, and "
        f"{photos(len(twins))} look the same as another one with the other label."
    )
    if both:
        sentence += " Look at them again on the Label page: one of the two labels is wrong."
    return Flag(DIFFERENT, bool(both), float(len(both)), None, None, sentence, both[:SHOWN])


# ---- pictures that are the same


def _small(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX), np.float32).ravel()


def _level(pictures: np.ndarray, count: int) -> np.ndarray:
    """Rows (n, d) less their mean, of length one; a row of one grey is 0."""
    rows = pictures.reshape(count, -1) if count else np.zeros((0, 1), np.float32)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6))


def _nearest(among: np.ndarray, asked: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Correlation with, and row of, the `count` nearest of `among` for each row asked, both (n, count)."""
    from sklearn.neighbors import NearestNeighbors  # a second that only this needs

    found = NearestNeighbors(n_neighbors=min(count, len(among)), algorithm="brute").fit(among)
    away, rows = found.kneighbors(asked)
    length, lengths = (asked**2).sum(axis=1)[:, None], (among**2).sum(axis=1)[rows]
    return (length + lengths - away**2) / 2, rows


def _copies(examples: Examples, known: str | Collection[str], held: str) -> list[tuple[int, int]]:
    """Rows of the side `held` with the row of the `known` sides that shows the same picture."""
    sides = [known] if isinstance(known, str) else list(known)
    there, asked = np.flatnonzero(np.isin(examples.sides, sides)), np.flatnonzero(examples.sides == held)
    if not len(there) or not len(asked):
        return []
    vectors = likeness(examples)
    alike, rows = _nearest(vectors[there], vectors[asked], 1)
    same = np.flatnonzero(alike[:, 0] >= ALIKE)
    return [(int(asked[row]), int(there[rows[row, 0]])) for row in same]


def _twins(examples: Examples) -> list[str]:
    """Photos with a face that look the same as another one with the other label."""
    chosen = examples.take(by_chance(np.flatnonzero(examples.face), MOST))
    if len(chosen) < 2:
        return []
    vectors = likeness(chosen)
    alike, rows = _nearest(vectors, vectors, _NEIGHBOURS)
    against = (alike >= SAME) & (chosen.truth[rows] != chosen.truth[:, None])
    return [chosen.photos[row] for row in np.flatnonzero(against.any(axis=1))]


# ---- what was said


def _disputed(engine: Engine, fault: Fault) -> list[str]:
    """Photos to which labellers gave different classes, unless the last answer was a second look."""
    said: dict[str, dict[str, str]] = defaultdict(dict)
    last: dict[str, str] = {}
    with engine.connect() as connection:
        for row in connection.execute(labels.effective(fault).order_by(tables.labels.c.id)):
            if row.value in fault.classes:
                said[row.photo_id][row.labeller] = row.value
            last[row.photo_id] = row.origin
    return [one for one, by in said.items() if len(set(by.values())) > 1 and last[one] not in (REVIEW, AUDIT)]


def _alone(mine: np.ndarray, session: np.ndarray) -> tuple[float, float]:
    """Share of the photos of a class, `mine` (n,), in sessions without the other one; and what it would be if labels
    were dealt to sessions by chance: that all others of a session are of that class."""
    size, of_class = np.bincount(session), np.bincount(session, weights=mine)
    expected = mine.mean() ** (size - 1)
    weight = of_class / of_class.sum()
    return float(weight @ (of_class == size)), float(weight @ expected)


def _copied(held_back: int, looked_at: int, *, one_person: bool) -> str:
    if not looked_at:
        return "Not enough to say: no labelled photo is held back."
    of = f"{held_back:,} of {photos(looked_at)} held back"
    if not held_back:
        return f"No photo held back looks the same as one of another side ({photos(looked_at)} looked at)."
    if one_person:
        return f"{of} look the same as one that was learnt from: these are bursts of one or two people."
    return (
        f"{of} look the same as one of another side. Import such sessions as one, or give both the same subject, so "
        f"that they stand on one side."
    )
