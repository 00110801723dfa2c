"""Out-of-fold answers: what a network that never saw a photo's group says of it, for all photos that are learnt from.

They are kept as `models/<fault>/.inspections/<version>/out_of_fold.npz`: photos (U32), probability, the fold
that each was held back in, and `data`, the fingerprint of the labels, as an audit has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from workbench.archive.splits import TEST, TRAINING, VALIDATION
from workbench.errors import WorkbenchError
from workbench.faults import Fault
from workbench.learning import findings, recipes
from workbench.learning.examples import Examples
from workbench.learning.traces import UNREADABLE
from workbench.settings import Settings

FOLDS = 5
EPOCHS = 6
"""Of a network that is trained without a fold: it need not be as good as the model itself."""
FEWEST = 2
"""Photos of each class that a fold must hold."""


class TooFewToHoldOut(WorkbenchError):
    """The labels are of too few groups to train without some of them."""

    def __init__(self, groups: int, faults: int) -> None:
        super().__init__(
            f"The {faults} photos with the fault and those without it, of {groups} people or shoots, cannot be parted "
            f"into two halves that both hold {FEWEST} of each. Label more people, then ask again."
        )


def deal(truth: np.ndarray, groups: Sequence[str], folds: int = FOLDS) -> np.ndarray:
    """The number of the fold of each photo (n,), from 0 on: a group in one fold, the classes spread evenly.

    There are fewer folds where a fold would hold fewer than FEWEST photos of a class. Raises TooFewToHoldOut.
    """
    from sklearn.model_selection import StratifiedGroupKFold  # a second that only this needs

    truth, names = np.asarray(truth, bool), np.array(groups, dtype=str)
    fewest = min(int(truth.sum()), int((~truth).sum())) // FEWEST
    for number in range(min(folds, fewest, len(set(groups))), 1, -1):
        dealt = np.empty(len(truth), int)
        parting = StratifiedGroupKFold(number, shuffle=True, random_state=0)
        for fold, (_, held) in enumerate(parting.split(truth, truth, names)):
            dealt[held] = fold
        counts = [np.bincount(dealt[truth == value], minlength=number) for value in (False, True)]
        if np.min(counts) >= FEWEST:
            return dealt
    raise TooFewToHoldOut(len(set(groups)), int(truth.sum()))


def parted(examples: Examples, recipe: recipes.Settings, folds: int = FOLDS) -> np.ndarray:
    """The fold of each photo (n,); −1 for the test side, which is never learnt from, and for what cannot be seen."""
    there = np.ones(len(examples), bool) if set(recipe.views) <= {"frame"} else examples.face
    rows = np.flatnonzero(there & np.isin(examples.sides, (TRAINING, VALIDATION)))
    found = np.full(len(examples), -1)
    found[rows] = deal(examples.truth[rows], [examples.groups[row] for row in rows], folds)
    return found


def without(examples: Examples, fold: np.ndarray, number: int) -> Examples:
    """The photos of all folds: that one is held back as validation side, the others are the training side."""
    sides = np.where(fold == number, VALIDATION, TRAINING).astype(examples.sides.dtype)
    return replace(examples, sides=np.where(fold < 0, TEST, sides)).take(fold >= 0)


def quick(recipe: recipes.Settings) -> recipes.Settings:
    """The recipe with fewer epochs; it never stops early, so that the fold held back chooses nothing."""
    epochs = min(recipe.epochs, EPOCHS)
    return replace(recipe, epochs=epochs, patience=max(epochs, 1))


def place(settings: Settings, fault: Fault, version: str) -> Path:
    """The file of a model's out-of-fold answers, whether it is there or not. Raises BadVersion."""
    return findings.folder(settings, fault, version) / findings.OUT_OF_FOLD


def keep(
    settings: Settings, fault: Fault, version: str, examples: Examples, probability: np.ndarray, fold: np.ndarray
) -> None:
    """Keeps the answers (n,), nan where there is none, in place of earlier ones; `fold` (n,) as `parted` gives it.

    Raises NotKept.
    """
    there = np.flatnonzero(~np.isnan(probability))
    columns = {
        "photos": np.array([examples.photos[row] for row in there], dtype="U32"),
        "probability": probability[there],
        "fold": fold[there],
        "data": np.array(examples.fingerprint),
    }
    findings.keep(
        place(settings, fault, version), lambda file: np.savez_compressed(file, allow_pickle=False, **columns)
    )


def read(
    settings: Settings, fault: Fault, version: str, group_of: Mapping[str, str] | None = None
) -> dict[str, float] | None:
    """The kept answer for each photo (id); None where there are none, or the file is not one of ours.

    With `group_of` (photo → group as it is known now) without those whose group holds photos of several folds: it was
    tied since, so that each of these networks may have seen the person.
    """
    try:
        with np.load(place(settings, fault, version), allow_pickle=False) as kept:
            photos, said, fold = (kept[name].tolist() for name in ("photos", "probability", "fold"))
            answers = dict(zip(photos, said, strict=True))
            folds_of = _folds_by_group(dict(zip(photos, fold, strict=True)), group_of or {})
    except (OSError, *UNREADABLE):
        return None
    tied = {group for group, numbers in folds_of.items() if len(numbers) > 1}
    return {photo: one for photo, one in answers.items() if (group_of or {}).get(photo) not in tied}


def _folds_by_group(fold_of: Mapping[str, int], group_of: Mapping[str, str]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for photo, fold in fold_of.items():
        if photo in group_of:
            found.setdefault(group_of[photo], set()).add(fold)
    return found
