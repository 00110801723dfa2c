"""Shortcuts: can the labels be told without the eyes? Then a model may have learnt the source of a photo instead."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePath

import numpy as np
from PIL import Image
from sqlalchemy import Engine, select

from workbench.archive import tables
from workbench.faults import Fault
from workbench.learning import evaluation, folds, relative
from workbench.learning.evaluation import Figure
from workbench.learning.examples import Examples
from workbench.learning.flags import BACKGROUND, PAINTED, Flag, known, photos
from workbench.learning.registry import Model
from workbench.vision import anatomy, views
from workbench.vision.views import Views

TELLS = 0.6
"""An AUC that lies above this with its whole interval is a shortcut. One half is chance; a little more is honest, for
people who blink also smile, squint and lower their heads, which the rest of a photo shows."""
ENOUGH = 5
"""Photos of each class from which a perfect order, which has no interval, is no chance any more: one in 252."""
APART = 0.1
"""Share of the photos, both classes weighing alike, in groups of one class: with fewer, no class has its own source."""
MOST_PAINTED, MOST = 600, 5000
"""Photos that are looked at, at most: more would take minutes and tell the same."""
THUMBNAIL = (7, 12)
EYE_REACH = (0.8, 0.6)  # half-axes of what is painted over an eye, in distances of its corners: lids, lashes and brow
FACE_REACH = 1.15  # of the landmarks' extent: they end at the forehead and the jaw
_GREY = 128


def eyes_painted(model: Model, examples: Examples, fault: Fault, trained: Collection[str] = ()) -> Flag:
    """Whether the model still tells the classes apart where nothing of the eyes is left.

    Of a frame the eyes are painted over; eye crops become grey, and numbers of the face all the same. The photos
    `trained` (ids) that the model was trained on are left out with their groups: a network may know them by heart.
    """
    rows = np.flatnonzero(examples.face & ~_known_by_heart(examples, trained))
    chosen = examples.take(by_chance(rows, MOST_PAINTED))
    said = model.predict(blinded(chosen), relative.absent(len(chosen))).probability if len(chosen) else np.zeros(0)
    found = evaluation.evaluate(chosen.truth, said, chosen.groups, threshold=model.threshold).figure("AUC")
    raised = tells(found, chosen.truth)
    sentence = _painted(found, model, fault, chosen)
    return Flag(PAINTED, raised, known(found.value), known(found.low), known(found.high), sentence)


def background(engine: Engine, examples: Examples, fault: Fault) -> Flag:
    """Whether a quick classifier tells the classes by what is behind the face, picture size, file kind and light.

    A logistic regression, judged on groups that it was not fitted to. It is raised only where some groups hold one
    class alone: only then can a class have a source of its own.
    """
    rows = np.flatnonzero(examples.face)
    chosen = examples.take(by_chance(rows, MOST))
    said = _held_out(surroundings(engine, chosen), chosen)
    found = evaluation.evaluate(chosen.truth, said, chosen.groups).figure("AUC")
    share = apart(chosen)
    raised = tells(found, chosen.truth) and share >= APART
    sentence = _behind(found, fault, chosen, share)
    return Flag(BACKGROUND, raised, known(found.value), known(found.low), known(found.high), sentence)


def tells(found: Figure, truth: np.ndarray) -> bool:
    """Whether an AUC on photos with that `truth` is more than chance, and more than faces give away."""
    if found.reason == evaluation.UNVARIED:
        return bool(found.value > TELLS and min(truth.sum(), (~truth).sum()) >= ENOUGH)
    return bool(found.low > TELLS)


def by_chance(rows: np.ndarray, most: int) -> np.ndarray:
    """At most so many of the rows, by chance, in their order; the same each time."""
    return np.sort(np.random.default_rng(0).permutation(rows)[:most])


def apart(examples: Examples) -> float:
    """The share of photos in groups of one class, both classes weighing alike; 0 without one of them."""
    _, group = np.unique(np.array(examples.groups, dtype=str), return_inverse=True)
    faulty, size = np.bincount(group, weights=examples.truth), np.bincount(group)
    alone = (faulty == 0) | (faulty == size)
    of_class = [alone[group][examples.truth == truth] for truth in (False, True)]
    return float(np.mean([one.mean() for one in of_class])) if all(map(len, of_class)) else 0.0


def _known_by_heart(examples: Examples, trained: Collection[str]) -> np.ndarray:
    """Mask of the photos whose group holds any of `trained`, bool (n,)."""
    known = set(trained)
    groups = {group for photo, group in zip(examples.photos, examples.groups, strict=True) if photo in known}
    return np.array([group in groups for group in examples.groups], bool)


# ---- pictures without eyes


def blinded(examples: Examples) -> list[Views]:
    """The views of photos with a face in which nothing tells how open the eyes are."""
    grey, middle = np.full(views.EYES, _GREY, np.uint8), np.median(examples.geometry, axis=0).astype(np.float32)
    frames = (painted_eyes(examples.frame[row], in_frame(examples, row)) for row in range(len(examples)))
    return [Views(1, frame, grey, middle, examples.points[row]) for row, frame in enumerate(frames)]


def in_frame(examples: Examples, row: int) -> np.ndarray:
    """The landmarks of a photo in pixels of its frame view (478, 2), which is letterboxed."""
    size = examples.sizes[row].astype(np.float64)
    within = np.array([views.FRAME_WIDTH, views.FRAME_HEIGHT])
    shown = size * (within / size).min()
    return examples.points[row] * shown + (within - shown) / 2


def painted_eyes(frame: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The frame with an ellipse over each eye in the grey of the skin around it; `points` (478, 2) in its pixels."""
    found = frame.copy()
    for eye in anatomy.EYES:
        start, end = points[eye.six[0]], points[eye.six[3]]
        width = max(float(np.hypot(*(end - start))), 1.0)
        away = _away(frame.shape, (start + end) / 2, (end - start) / width, np.array(EYE_REACH) * width)
        around = frame[(away > 1) & (away <= 2)]
        found[away <= 1] = np.median(around) if len(around) else _GREY
    return found


def painted_face(frame: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The frame with an ellipse over the face in the mean grey of the rest; `points` (478, 2) in its pixels."""
    low, high = points.min(axis=0), points.max(axis=0)
    away = _away(frame.shape, (low + high) / 2, np.array([1.0, 0.0]), np.maximum((high - low) / 2, 1) * FACE_REACH)
    rest = frame[away > 1]
    return np.where(away <= 1, rest.mean() if len(rest) else _GREY, frame).astype(np.uint8)


def _away(shape: tuple[int, ...], middle: np.ndarray, along: np.ndarray, half: np.ndarray) -> np.ndarray:
    """How far each pixel is from the middle of an ellipse, squared, 1 on its edge; `half` its axes."""
    rows, columns = np.indices(shape)
    x, y = columns + 0.5 - middle[0], rows + 0.5 - middle[1]
    across, down = x * along[0] + y * along[1], y * along[0] - x * along[1]
    return np.asarray((across / half[0]) ** 2 + (down / half[1]) ** 2)


# ---- what is behind the face


def surroundings(engine: Engine, examples: Examples) -> np.ndarray:
    """What is known of photos without looking at the face, float64 (n, d)."""
    kind = _kinds(engine, examples.photos)
    width, height = np.log(np.maximum(examples.sizes, 1)).T
    each = [
        [*_thumbnail(face_free), face_free.mean(), face_free.std()]
        for face_free in (painted_face(examples.frame[row], in_frame(examples, row)) for row in range(len(examples)))
    ]
    seen = np.reshape(each, (len(examples), -1)) if each else np.zeros((0, 1))
    return np.column_stack([seen, width, height, width - height, *[kind == one for one in np.unique(kind)]])


def _thumbnail(frame: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(frame).resize(THUMBNAIL, Image.Resampling.BOX), np.float64).ravel()


def _kinds(engine: Engine, wanted: Sequence[str]) -> np.ndarray:
    """The kind of each photo's file by its ending."""
    files = tables.files.c
    with engine.connect() as connection:
        rows = connection.execute(select(files.photo_id, files.name).where(files.photo_id.is_not(None)))
        kind = {row.photo_id: PurePath(row.name).suffix.lower() for row in rows}
    return np.array([kind.get(photo, "") for photo in wanted], dtype=str)


def _held_out(numbers: np.ndarray, examples: Examples) -> np.ndarray:
    """What the classifier says of groups that it was not fitted to (n,), nan where there are too few to try."""
    from sklearn.linear_model import LogisticRegression  # a second that only this needs
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    said = np.full(len(examples), np.nan)
    try:
        dealt = folds.deal(examples.truth, examples.groups)
    except folds.TooFewToHoldOut:
        return said
    for held in (dealt == number for number in range(dealt.max() + 1)):
        ask = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=300))
        said[held] = ask.fit(numbers[~held], examples.truth[~held]).predict_proba(numbers[held])[:, 1]
    return said


# ---- in words


def _with_interval(found: Figure) -> str:
    between = "" if np.isnan(found.low) else f", {found.low:.2f}–{found.high:.2f}"
    return f"AUC {found.value:.2f}{between}"


def _painted(found: Figure, model: Model, fault: Fault, looked_at: Examples) -> str:
    on = f"on {photos(len(looked_at))} that it was not trained on"
    if np.isnan(found.value):
        return f"Not enough to say what “{model.version}” tells with the eyes painted over: {found.reason}, {on}."
    if tells(found, looked_at.truth):
        return (
            f"With the eyes painted over, “{model.version}” still tells {fault.positive} from {fault.negative} "
            f"({_with_interval(found)}, {on}): it has learnt something else than the eyes. Train the network “eyes”, "
            f"or label photos of both classes in the same sessions."
        )
    if "frame" not in model.card.views:
        return (
            f"“{model.version}” sees nothing but the eyes and what was measured of the face; with these away it "
            f"cannot tell {fault.positive} from {fault.negative} ({_with_interval(found)}, {on})."
        )
    unsure = f"; {found.reason}" if np.isnan(found.low) else ""
    return (
        f"With the eyes painted over, “{model.version}” does not tell {fault.positive} from {fault.negative} beyond "
        f"what faces give away ({_with_interval(found)}, {on}{unsure})."
    )


def _behind(found: Figure, fault: Fault, looked_at: Examples, share: float) -> str:
    on = f"on {photos(len(looked_at))}"
    if np.isnan(found.value):
        counts = [int((looked_at.truth == truth).sum()) for truth in (True, False)]
        return (
            f"Not enough to say whether the background alone tells the classes apart: {counts[0]:,} {fault.positive} "
            f"and {counts[1]:,} {fault.negative} with a face are too few to try it on people that it was not fitted to."
        )
    told = f"({_with_interval(found)}, {on})"
    if not tells(found, looked_at.truth):
        return f"The background alone does not tell {fault.positive} from {fault.negative} {told}."
    said = f"The background alone tells {fault.positive} from {fault.negative} {told}"
    if share < APART:
        return f"{said}, but nearly all people have photos of both, so neither class has a source of its own."
    return (
        f"{said}: whatever learns from these photos can learn where they come from instead of the eyes, and "
        f"{share:.0%} of them are of people who have photos of one class alone. Label both classes in the same "
        f"sessions, and trust figures only on photos of other cameras."
    )
