"""What a model says of labelled photos, as vectors: everything that is inspected is chosen and counted from these."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, and_, func, select

from workbench.archive import sessions, splits, tables
from workbench.archive.splits import TEST, TRAINING, VALIDATION, Groups
from workbench.archive.tables import FOLDER
from workbench.faults import Fault
from workbench.learning import evaluation, folds, registry, traces, truth
from workbench.learning.evaluation import Confusion
from workbench.settings import Settings

HELD_BACK = "held back"
CHOICES = (HELD_BACK, VALIDATION, TEST, TRAINING)
"""What can be looked at: *held back* is validation and whatever else the model has never seen, but for the test."""
TN, FP, FN, TP, UNJUDGED = "tn", "fp", "fn", "tp", "unjudged"
CELLS = (TN, FP, FN, TP, UNJUDGED)
_KINDS = {
    "photos": "U",
    "sessions": "U",
    "groups": "U",
    "sides": "U",
    "truth": "b",
    "probability": "f",
    "labels": "i",
    "fair": "b",
    "out_of_fold": "b",
}
"""The vectors and the kind of number that each holds, as numpy names them."""


@dataclass(frozen=True)
class Judged:
    """n labelled photos with what the model `model` says of them, as vectors (n,), in the order of the photos' ids.

    `photos`, `sessions` (of several the first shoot) and `groups` are ids; `sides` are training, validation, test or
    empty; `truth` is whether the fault is there and `labels` the id of the label that says so; `probability` is nan
    where the model cannot tell. `fair`: the label may stand as test truth. `out_of_fold`: said by a network that was
    never trained on the photo's group; of the test side nor stopped by it, nor given its threshold. `threshold` is the
    one to judge by. `unpredicted` labelled photos are left out as the model has not been asked about them, `left_out`
    of the chosen side because they prove nothing.
    """

    fault: Fault
    model: str
    threshold: float
    photos: np.ndarray
    sessions: np.ndarray
    groups: np.ndarray
    sides: np.ndarray
    truth: np.ndarray
    probability: np.ndarray
    labels: np.ndarray
    fair: np.ndarray
    out_of_fold: np.ndarray
    unpredicted: int = 0
    left_out: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1:
            raise ValueError(f"the threshold must lie between 0 and 1, got {self.threshold}")
        for name, kind in _KINDS.items():
            vector = getattr(self, name)
            if vector.shape != self.photos.shape or vector.dtype.kind != kind:
                raise ValueError(f"{name} must be {kind} {self.photos.shape}, got {vector.dtype} {vector.shape}")

    def __len__(self) -> int:
        return len(self.photos)

    @cached_property
    def group(self) -> np.ndarray:
        """A number for each photo's group, int64 (n,): quicker to count by than its name."""
        return np.unique(self.groups, return_inverse=True)[1]

    def take(self, rows: np.ndarray) -> Judged:
        """Those rows: a mask (n,) or positions."""
        taken = replace(self, **{name: getattr(self, name)[rows] for name in _KINDS})
        return _grouped(taken, self.group[rows])

    def at(self, threshold: float) -> Judged:
        """The same, judged at another threshold. Raises ValueError outside 0..1."""
        return _grouped(replace(self, threshold=threshold), self.group)


def _grouped(judged: Judged, group: np.ndarray) -> Judged:
    """The same, its groups numbered already: counting names takes longer than everything else about a threshold."""
    judged.__dict__["group"] = group
    return judged


def read(settings: Settings, engine: Engine, fault: Fault, version: str) -> Judged:
    """Every labelled photo that the model was asked about; a training photo by its out-of-fold answer where one is
    kept. A photo that lies in several sessions is there once.

    Raises UnknownModel, BadVersion, BadCard and BadThreshold.
    """
    asked, unpredicted = _asked(engine, fault, version)
    groups, session_of = splits.known_groups(engine), _sessions(engine)
    fair, (ids, sides, values, labels, said) = truth.fair(engine, fault), asked
    found = Judged(
        fault=fault,
        model=version,
        threshold=registry.threshold(settings, fault, version),
        photos=np.array(ids, "U32"),
        sessions=np.array([session_of.get(photo, "") for photo in ids], "U32"),
        groups=np.array([groups.of_photo.get(photo, photo) for photo in ids], "U32"),
        sides=np.array([side or "" for side in sides], "U10"),
        truth=np.array([value == fault.positive for value in values], bool),
        probability=np.array(said, np.float64),  # None becomes nan
        labels=np.array(labels, np.int64),
        fair=np.array([photo in fair for photo in ids], bool),
        out_of_fold=np.ones(len(ids), bool),
        unpredicted=unpredicted,
    )
    return _as_unseen(settings, found, groups)


def learnt_sides(settings: Settings, fault: Fault, version: str) -> dict[str, str]:
    """The side, training or validation, of each photo (id) that the model learnt from, as it wrote that down."""
    lines = traces.learnt_lines(registry.folder(settings, fault, version))
    return {photo: side for photo, side in (line.split() for line in lines)}


def stamp(settings: Settings, engine: Engine, fault: Fault, version: str) -> str:
    """Another text whenever `read` would give something else; a few queries that read no rows.

    What a model says is told from the number and the sum of its doubts, which one index holds.
    """
    said, files, label = tables.predictions.c, tables.files.c, tables.labels.c
    mine = (said.fault == fault.name) & (said.model == version)
    shoot = tables.sessions.c
    queries = (
        select(func.max(label.id)),
        select(func.count(), func.sum(said.doubt)).where(mine),
        select(func.max(files.id)),
        select(func.max(tables.splits.c.at), func.count(tables.splits.c.group_key)),
        select(shoot.id, shoot.subject, shoot.kind).order_by(shoot.id),
    )
    with engine.connect() as connection:
        found = [[tuple(row) for row in connection.execute(query)] for query in queries]
    kept = (folds.place(settings, fault, version), registry.threshold_file(settings, fault, version))
    return hashlib.sha256(repr((version, found, [*map(_written, kept)])).encode()).hexdigest()[:32]


def chosen(judged: Judged, choice: str, session_id: str | None = None) -> Judged:
    """The rows of one of CHOICES, of one session where one is named.

    Of the *test* side only photos whose label may stand as truth and that the model has never seen; `left_out` counts
    the others. Raises ValueError for a choice that there is not.
    """
    if choice not in CHOICES:
        raise ValueError(f"there is no “{choice}” to choose, only {', '.join(CHOICES)}")
    side, proves = _side(judged, choice)
    here = side if session_id is None else side & (judged.sessions == session_id)
    found = judged.take(here & proves)
    return _grouped(replace(found, left_out=int((here & ~proves).sum())), found.group)


def cell(judged: Judged, name: str) -> np.ndarray:
    """Positions of the photos of one of CELLS, int64, the worst first.

    A false alarm is the worse the surer the model was, a miss likewise; what is right comes by how near it was to
    the threshold, and blinks before good frames where the model could not tell.
    """
    if name not in CELLS:
        raise ValueError(f"there is no cell “{name}”, only {', '.join(CELLS)}")
    said, flagged = judged.probability, judged.probability >= judged.threshold  # nan is not flagged
    if name == UNJUDGED:
        rows = np.flatnonzero(np.isnan(said))
        return rows[np.argsort(~judged.truth[rows], kind="stable")]
    wanted_truth, wanted_flag = name in (FN, TP), name in (FP, TP)
    rows = np.flatnonzero((judged.truth == wanted_truth) & (flagged == wanted_flag) & ~np.isnan(said))
    falling = name in (FP, TN)  # of the good frames the highest is the worst
    return rows[np.argsort(-said[rows] if falling else said[rows], kind="stable")]


def confusion(judged: Judged) -> Confusion:
    """Counts of judged photos at the threshold."""
    return evaluation.confusion(judged.truth, judged.probability, judged.threshold)


def _side(judged: Judged, choice: str) -> tuple[np.ndarray, np.ndarray]:
    """Masks of the photos of a choice, and of those that prove something."""
    if choice == HELD_BACK:
        return (judged.sides != TEST) & judged.out_of_fold, judged.out_of_fold
    proves = {TEST: judged.fair & judged.out_of_fold, VALIDATION: judged.out_of_fold}
    return judged.sides == choice, proves.get(choice, np.ones(len(judged), bool))


def _asked(engine: Engine, fault: Fault, version: str) -> tuple[list[tuple[Any, ...]], int]:
    """Photos with a class about which the model was asked, by id: columns of ids, sides, values, ids of labels and
    probabilities; and how many with a class it was not asked about."""
    stands, said, photo = tables.standing.c, tables.predictions.c, tables.photos.c
    columns = (stands.photo_id, photo.side, stands.value, stands.label_id, said.probability)
    mine = and_(said.photo_id == stands.photo_id, said.fault == stands.fault, said.model == version)
    query = select(*columns, said.model).join_from(tables.standing, tables.photos)
    query = query.join(tables.predictions, mine, isouter=True)  # so that it goes along the labels, which is quicker
    classes = query.where(stands.fault == fault.name, stands.value.in_(fault.classes)).order_by(stands.photo_id)
    with engine.connect() as connection:
        rows = connection.execute(classes).all()
    asked = [row for row in rows if row[-1] is not None]
    return list(zip(*asked, strict=True))[:-1] or [()] * len(columns), len(rows) - len(asked)


def _sessions(engine: Engine) -> dict[str, str]:
    """The session of each photo: of several the oldest shoot."""
    files = tables.files.c
    rank = {one.id: (one.kind != FOLDER, one.created_at or datetime.min, one.id) for one in sessions.every(engine)}
    found: dict[str, str] = {}
    with engine.connect() as connection:
        query = select(files.photo_id, files.session_id).where(files.photo_id.is_not(None))
        places = connection.execute(query).all()
    for photo, session in places:
        before = found.get(photo)
        if session in rank and (before is None or rank[session] < rank[before]):  # else it was forgotten meanwhile
            found[photo] = session
    return found


def _as_unseen(settings: Settings, judged: Judged, groups: Groups) -> Judged:
    """The same with what the model was trained on marked, or answered by a network that was not.

    Of the test side all groups are marked that anything was learnt from, when it stops and its threshold, too.
    """
    card = registry.read_card(settings, judged.fault, judged.model)
    learnt = learnt_sides(settings, judged.fault, judged.model)
    spoilt = (judged.sides == TEST) & _among(judged, traces.as_known(groups, learnt, card.learnt_groups))
    if card.one_person:  # its sides are bursts, which the catalogue does not know
        own = np.array([learnt.get(photo, "") for photo in judged.photos.tolist()], "U10")
        sides = np.where(judged.sides == "", np.where(own == "", TEST, own), judged.sides).astype("U10")
        return _answered_by_folds(settings, replace(judged, sides=sides, out_of_fold=~((own == TRAINING) | spoilt)))
    trained = [photo for photo, side in learnt.items() if side == TRAINING]
    said = (card.training or {}).get("groups", {}).get(TRAINING, ())
    seen = _among(judged, traces.as_known(groups, trained, said))
    return _answered_by_folds(settings, replace(judged, out_of_fold=~(seen | spoilt)), groups.of_photo)


def _among(judged: Judged, groups: Collection[str]) -> np.ndarray:
    return np.array([group in groups for group in judged.groups.tolist()], bool)


def _answered_by_folds(settings: Settings, judged: Judged, group_of: Mapping[str, str] | None = None) -> Judged:
    """Where the model was trained on a photo, the answer of a network that was not, if one is kept.

    By `group_of` it is told which; of a single person the folds are bursts, which lie in one group.
    """
    kept = folds.read(settings, judged.fault, judged.model, group_of) or {}
    said = np.array([kept.get(photo, np.nan) for photo in judged.photos.tolist()], np.float64)
    answered = ~judged.out_of_fold & (judged.sides != TEST) & ~np.isnan(said)
    probability = np.where(answered, said, judged.probability)
    return replace(judged, probability=probability, out_of_fold=judged.out_of_fold | answered)


def _written(path: Path) -> int | None:
    return path.stat().st_mtime_ns if path.is_file() else None
