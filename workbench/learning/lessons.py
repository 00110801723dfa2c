"""What a network is shown: photos of the training side in batches, and those of the validation side to check it by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from workbench.archive.splits import SIDES, TRAINING, VALIDATION
from workbench.errors import WorkbenchError
from workbench.faults import Fault
from workbench.learning import inputs, recipes, synthesis
from workbench.learning.augmentation import augmented
from workbench.learning.examples import Examples
from workbench.learning.inputs import Arrays
from workbench.learning.synthesis import Synthetic

FEWEST, FEWEST_BLINKS, FEWEST_CHECKED = 10, 2, 2
"""Photos of the training side without the fault, with it, and of each class on the validation side."""
_HIDDEN = 0.25  # share of training photos whose numbers are hidden

Tell = Callable[[str, int, int], None]


class TooFewLabels(WorkbenchError):
    """There is too little to learn from or to check by."""

    def __init__(self, what: str, found: int, needed: int) -> None:
        super().__init__(
            f"Training needs {needed} {what}, and there are {found}. Label {needed - found} more, in other sessions if "
            f"they can be had; the current model stays."
        )


class TooFewToTell(WorkbenchError):
    """There is enough for a training, and too little to leave most of it out."""

    def __init__(self, photos: int) -> None:
        super().__init__(
            f"It cannot be told yet what more labels would bring: that takes networks which learn from a part of them, "
            f"and {photos} photos on the training side are too few to be parted. Label more; the current model stays."
        )


class PhotosAway(WorkbenchError):
    """There are labels enough, but their photos cannot be looked at."""

    def __init__(self, photos: int) -> None:
        super().__init__(
            f"{photos} labelled photos cannot be looked at: what Eye Spy kept of them was thrown away, and their files "
            f"cannot be read. Connect their disk, or relink their session, and train again; the current model stays."
        )


@dataclass(frozen=True)
class Lesson:
    """What a network learns from: photos of the training side, warped copies of some, and photos to check it by."""

    training: Examples
    validation: Examples
    synthetic: Synthetic
    share: float

    def __post_init__(self) -> None:
        if set(self.training.groups) & set(self.validation.groups):
            raise ValueError("a group stands on both sides of the split")


def lesson(examples: Examples, settings: recipes.Settings, tell: Tell = lambda what, done, total: None) -> Lesson:
    """The photos that the network can see, by side, with synthetic blinks of training photos.

    Raises TooFewLabels or PhotosAway.
    """
    require_enough(examples, settings)
    seen = examples.seen(settings.views)
    training, validation = seen.of(TRAINING), seen.of(VALIDATION)
    wanted = _wanted(training, settings)
    rng = np.random.default_rng(settings.seed)
    made = synthesis.synthesize(training, wanted, rng, tell=lambda done, total: tell("Drawing blinks", done, total))
    blinks, drawn = int(training.truth.sum()), int(made.truth.sum())
    return Lesson(training, validation, made, drawn / max(1, blinks + drawn))


Batch = tuple[Arrays, np.ndarray, np.ndarray]
"""Arrays by the names of the network's inputs, the truth (n,) as 0 and 1, and what each photo weighs (n,)."""


def batches(settings: recipes.Settings, learn: Lesson, rng: np.random.Generator) -> Iterator[Batch]:
    """Batches without end. Of *eyes* half are always blinks; else the photos in a new order each time, both classes
    weighing the same."""
    if settings.network == recipes.EYES:
        yield from _balanced(settings, learn, rng)
    arrays, truth = inputs.of_examples(settings, learn.training), learn.training.truth.astype(np.int32)
    weights = (len(truth) / 2 / np.maximum(1, np.bincount(truth, minlength=2)))[truth].astype(np.float32)
    while True:
        order = rng.permutation(len(truth))
        for start in range(0, len(order), settings.batch):
            rows = order[start : start + settings.batch]
            yield {name: array[rows] for name, array in arrays.items()}, truth[rows], weights[rows]


def counts(examples: Examples, fault: Fault) -> dict[str, dict[str, int]]:
    """Photos by side: of each class, the groups they are of, and how many show no face."""
    found = {}
    for side in SIDES:
        these = examples.of(side)
        classes = Counter(fault.classes[int(truth)] for truth in these.truth)
        found[side] = {name: classes[name] for name in fault.classes} | {
            "groups": len(set(these.groups)),
            "without_a_face": int((~these.face).sum()),
        }
    return found


def left_out(examples: Examples) -> list[str]:
    """What a card says of labelled photos that nothing could be learnt from."""
    return [f"{examples.away} labelled photos could not be looked at and were left out."] if examples.away else []


def share_of(examples: Examples, share: float) -> Examples:
    """The examples with a share of the training side's photos, the same of both classes; the other sides stay.

    People come in an order of chance, each with all photos, so that a smaller share is of fewer people, not of fewer
    photos of each; a larger share holds every smaller one.
    """
    rng = np.random.default_rng(0)
    names = sorted(set(examples.groups))
    rank = dict(zip(names, rng.permutation(len(names)), strict=True))
    kept = examples.sides != TRAINING
    for truth in (False, True):
        rows = np.flatnonzero((examples.sides == TRAINING) & (examples.truth == truth))
        order = sorted(rows, key=lambda row: (rank[examples.groups[row]], examples.photos[row]))
        kept[order[: round(share * len(order))]] = True
    return examples.take(kept)


def at_most(examples: Examples, photos: int) -> Examples:
    """The examples with at most so many photos on the training side, as `share_of` chooses them."""
    there = int((examples.sides == TRAINING).sum())
    return examples if there <= photos else share_of(examples, photos / there)


def _balanced(settings: recipes.Settings, learn: Lesson, rng: np.random.Generator) -> Iterator[Batch]:
    """Half blinks, half not; of both the same share is warped, so that the warp itself tells nothing."""
    arrays = inputs.of_examples(settings, learn.training)
    pools = [_Pool.of(learn, truth) for truth in (False, True)]
    while True:
        truth = np.arange(settings.batch) % 2 == 1
        picked = [pools[int(value)].draw(rng, learn.share) for value in truth]
        eyes = np.stack([(learn.synthetic.eyes if made else learn.training.eyes)[row] for made, row in picked])
        batch: Arrays = {"eyes": augmented(eyes, settings.augmentation, rng)}
        if "numbers" in arrays:
            # a warped eye has no numbers of its own, closed or open alike
            own = np.stack([arrays["numbers"][0] * 0 if made else arrays["numbers"][row] for made, row in picked])
            batch["numbers"] = inputs.hidden(own, _HIDDEN, rng)
        yield batch, truth.astype(np.int32), np.ones(len(truth), np.float32)


@dataclass(frozen=True)
class _Pool:
    """Rows of one class: real photos and warped ones."""

    real: np.ndarray
    made: np.ndarray

    @classmethod
    def of(cls, learn: Lesson, truth: bool) -> _Pool:
        return cls(np.flatnonzero(learn.training.truth == truth), np.flatnonzero(learn.synthetic.truth == truth))

    def draw(self, rng: np.random.Generator, share: float) -> tuple[bool, int]:
        made = len(self.made) > 0 and (not len(self.real) or rng.random() < share)
        return made, int(rng.choice(self.made if made else self.real))


def require_enough(examples: Examples, settings: recipes.Settings) -> None:
    """Raises TooFewLabels, or PhotosAway, where `lesson` would; nothing is made."""
    seen = examples.seen(settings.views)
    training, validation = seen.of(TRAINING), seen.of(VALIDATION)
    blinks, others = int(training.truth.sum()), int((~training.truth).sum())
    demands = [
        ("photos without the fault on the training side", others, FEWEST),
        ("photos with the fault on the training side", blinks, 0 if _wanted(training, settings) else FEWEST_BLINKS),
        ("photos with the fault on the validation side", int(validation.truth.sum()), FEWEST_CHECKED),
        ("photos without the fault on the validation side", int((~validation.truth).sum()), FEWEST_CHECKED),
    ]
    for what, found, needed in demands:
        if found < needed and training.away:
            raise PhotosAway(training.away)
        if found < needed:
            raise TooFewLabels(what, found, needed)


def require_parts(examples: Examples, settings: recipes.Settings, share: float) -> None:
    """Raises TooFewToTell when that share of the training side is too little to learn from, or as `lesson` does."""
    require_enough(examples, settings)
    try:
        require_enough(share_of(examples, share), settings)
    except TooFewLabels as error:
        raise TooFewToTell(len(examples.seen(settings.views).of(TRAINING))) from error


def _wanted(training: Examples, settings: recipes.Settings) -> int:
    """Synthetic blinks that a network of those settings is given."""
    return synthesis.wanted(training.truth, settings.synthetic) if settings.network == recipes.EYES else 0
