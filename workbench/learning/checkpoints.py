"""What a search keeps to go on from: the best weights of trials, and a copy of Keras Tuner's own files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from workbench.files import write_whole
from workbench.learning.searches import NAME, TRIALS

PROJECT, COPY = "tuner", "tuner.json"


def keep_weights(place: Path, trial: str, weights: Sequence[np.ndarray]) -> None:
    """Keeps a network's weights as those of a trial, whole."""
    write_whole(_weights(place, trial), lambda file: np.savez(file, *weights, allow_pickle=False))


def weights(place: Path, trial: str) -> list[np.ndarray]:
    """The weights that were kept of a trial. Raises OSError where there are none."""
    with np.load(_weights(place, trial), allow_pickle=False) as kept:
        return [kept[f"arr_{number}"] for number in range(len(kept.files))]


def drop_weights(place: Path) -> None:
    """Erases the weights of all trials: the search is over."""
    for path in (place / TRIALS).glob("*.npz"):
        path.unlink()


def copy(place: Path) -> None:
    """Copies all that Keras Tuner has written into one file that is whole: it writes its own ones in place."""
    project = place / PROJECT
    texts = {path.relative_to(project).as_posix(): path.read_text("utf-8") for path in project.rglob("*.json")}
    write_whole(place / COPY, lambda file: file.write(json.dumps(texts).encode()))


def restore(place: Path) -> None:
    """Puts Keras Tuner's files back as the copy has them; without one it begins anew."""
    shutil.rmtree(place / PROJECT, ignore_errors=True)
    if not (place / COPY).exists():
        return
    for name, text in json.loads((place / COPY).read_text("utf-8")).items():
        (place / PROJECT / name).parent.mkdir(parents=True, exist_ok=True)
        (place / PROJECT / name).write_text(text, "utf-8")


def clear(place: Path) -> None:
    """Erases what is there of a search."""
    for name in (TRIALS, PROJECT):
        shutil.rmtree(place / name, ignore_errors=True)
    for name in (COPY, NAME):
        (place / name).unlink(missing_ok=True)


def _weights(place: Path, trial: str) -> Path:
    return place / TRIALS / f"{trial}.npz"
