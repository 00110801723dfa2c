"""A trained model's folder: written under a hidden name and put in place in one step, so that it is never seen half.

card.json  weights.weights.h5  model.tflite  curves.json  summary.txt  predictions.npz  learnt.txt
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import uuid4

import numpy as np

from workbench.archive.splits import SIDES, TRAINING, VALIDATION
from workbench.errors import WorkbenchError
from workbench.faults import Fault
from workbench.learning import cards, evaluation, inputs, litert, recipes, registry
from workbench.learning.examples import Examples
from workbench.learning.traces import LEARNT, PREDICTIONS
from workbench.settings import Settings

WEIGHTS, CURVES = "weights.weights.h5", "curves.json"
_UNFINISHED = ".part"


class ModelNotWritten(WorkbenchError):
    """The new model could not be written to disk."""

    def __init__(self, folder: Path, error: OSError) -> None:
        super().__init__(
            f"The new model could not be written below “{folder}” ({error.strerror or error}). Make room there and "
            f"train again; the current model stays."
        )


class NameTaken(WorkbenchError):
    """A model of that name is there."""

    def __init__(self, version: str) -> None:
        super().__init__(f"There is a model “{version}” already. Choose another name, or delete that one first.")


def require_free(settings: Settings, fault: Fault, version: str) -> None:
    """Raises BadVersion for what is no name, and NameTaken for one that is taken."""
    try:
        registry.folder(settings, fault, version)
    except registry.UnknownModel:
        place = settings.models / fault.name / version
        if not place.exists() and not place.is_symlink():  # anything of that name would be in the way in the end
            return
    raise NameTaken(version)


@contextmanager
def new(settings: Settings, fault: Fault, version: str) -> Iterator[Path]:
    """A hidden folder to write the model into, which takes its place when all went well and goes when not.

    Raises ModelNotWritten when the disk does not take it.
    """
    parent = settings.models / fault.name
    hidden = parent / f".{uuid4().hex}{_UNFINISHED}"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with _writing(parent):
            hidden.mkdir()
            yield hidden
            hidden.rename(parent / version)
    except OSError as error:
        raise ModelNotWritten(parent, error) from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


@contextmanager
def _writing(parent: Path) -> Iterator[None]:
    """Says that somebody writes here; where nobody else does, what a killed process left behind goes first.

    The lock goes with the process, however that ends.
    """
    place = os.open(parent, os.O_RDONLY)
    try:
        if _locked(place, fcntl.LOCK_EX | fcntl.LOCK_NB):
            _sweep(parent)
        _locked(place, fcntl.LOCK_SH)
        yield
    finally:
        os.close(place)


def _locked(place: int, how: int) -> bool:
    try:
        fcntl.flock(place, how)
    except OSError:  # another holds it, or this disk knows no locks: then nothing is swept
        return False
    return True


def _sweep(parent: Path) -> None:
    for left in parent.glob(f".*{_UNFINISHED}"):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)


def measure(folder: Path, card: cards.Card, examples: Examples) -> None:
    """Writes predictions and figures of each side, by the export, as screening will have them."""
    assert card.settings is not None
    probability = np.full(len(examples), np.nan)
    there = examples.face if card.settings.network == recipes.EYES else np.ones(len(examples), bool)
    arrays = inputs.of_examples(card.settings, examples.take(there))
    probability[there] = litert.Network(folder / litert.FILE).answer(arrays).probability
    for side in SIDES:
        rows = examples.sides == side
        if rows.any():
            these = examples.take(rows)
            found = evaluation.evaluate(these.truth, probability[rows], these.groups, threshold=card.threshold)
            today = date.today().isoformat()
            cards.add(folder / cards.NAME, cards.measurement(found, on=f"{side} side", command="train", date=today))
    _keep_predictions(folder, examples, probability)


def _keep_predictions(folder: Path, examples: Examples, probability: np.ndarray) -> None:
    held = examples.sides != TRAINING
    columns = {
        "photos": np.array(examples.photos, dtype="U32")[held],
        "groups": np.array(examples.groups, dtype=str)[held],
        "sides": examples.sides[held],
        "truth": examples.truth[held],
        "probability": probability[held],
    }
    np.savez_compressed(folder / PREDICTIONS, allow_pickle=False, **columns)
    learnt = [f"{p} {s}\n" for p, s in zip(examples.photos, examples.sides, strict=True) if s in (TRAINING, VALIDATION)]
    (folder / LEARNT).write_text("".join(learnt), encoding="utf-8")
