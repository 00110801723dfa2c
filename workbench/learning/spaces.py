"""What a search varies, how large it is and what it is judged by: spaces, presets, objectives, Hyperband's rungs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from workbench.learning import recipes

OURS, AS_REPORTED = "ours", "as-reported"
SPACES: Mapping[str, tuple[str, ...]] = {
    OURS: ("filters", "depth", "dense", "dropout", "learning_rate", "augmentation", "geometry", "synthetic"),
    AS_REPORTED: ("dense", "learning_rate"),
}
"""What each space varies, by the names of recipes.Settings."""


class Metric(NamedTuple):
    """A figure of the validation side: its name in a training's curves, and whether more is better."""

    key: str
    more_is_better: bool


METRICS: Mapping[str, Metric] = {
    "average precision": Metric("val_average_precision", True),
    "loss": Metric("val_loss", False),
    "accuracy": Metric("val_accuracy", True),
    "F1": Metric("val_F1", True),
}
OBJECTIVES = tuple(METRICS)


@dataclass(frozen=True)
class Preset:
    """How large a search is: `max_epochs` for the best trials, one of `factor` of them goes on, minutes of one run.

    With `references` the networks of the photographer's report are trained beside it, where time is left.
    """

    name: str
    space: str
    max_epochs: int
    factor: int
    minutes: float
    references: bool = False

    def __post_init__(self) -> None:
        if self.space not in SPACES or self.max_epochs < 1 or self.factor < 2 or self.minutes <= 0:
            raise ValueError(f"there is no search of that kind: {self}")


PRESETS: Mapping[str, Preset] = {
    "quick": Preset("quick", OURS, 9, 3, 15),
    "thorough": Preset("thorough", OURS, 27, 3, 60, references=True),
    "as-reported": Preset("as-reported", AS_REPORTED, 10, 3, 20),
}


@dataclass(frozen=True)
class Rung:
    """Trials that are trained equally long: `size` of them up to `epochs`, the best of the rung before."""

    bracket: int
    rung: int
    size: int
    epochs: int


def plan(max_epochs: int, factor: int) -> tuple[Rung, ...]:
    """The rungs of all brackets in the order in which Keras Tuner's Hyperband climbs them.

    Li et al., “Hyperband”, JMLR 2018; the sizes are those of keras_tuner 1.4.
    """
    brackets, epochs = 0, float(max_epochs)
    while epochs >= 1:
        brackets, epochs = brackets + 1, epochs / factor
    last = math.ceil(1 + math.log(max_epochs, factor))
    return tuple(
        Rung(
            bracket,
            rung,
            math.ceil(last / (bracket + 1) * factor ** (bracket - rung)),
            math.ceil(max_epochs / factor ** (bracket - rung)),
        )
        for bracket in reversed(range(brackets))
        for rung in range(bracket + 1)
    )


AUTO = "auto"
"""As a share of synthetic blinks: as many as the number of real ones asks for."""
SHARES: Mapping[str, float | None] = {AUTO: None, "0": 0.0, "0.3": 0.3, "0.6": 0.6, "0.9": 0.9}


def suggest_ours(hp: Any, base: recipes.Settings) -> recipes.Settings:
    """Settings of *eyes* from the values of `hp`, Keras Tuner's HyperParameters, over `base`."""
    return replace(
        base,
        network=recipes.EYES,
        filters=hp.Choice("filters", [8, 16, 24]),
        depth=hp.Choice("depth", [2, 3]),
        dense=hp.Choice("dense", [32, 64, 96]),
        dropout=round(hp.Float("dropout", 0.0, 0.5, step=0.1), 2),
        learning_rate=hp.Float("learning_rate", 3e-4, 5e-3, sampling="log"),
        augmentation=round(hp.Float("augmentation", 0.3, 1.5, step=0.2), 2),
        geometry=hp.Boolean("geometry"),
        synthetic=SHARES[hp.Choice("synthetic", list(SHARES))],
    )


def suggest_as_reported(hp: Any, base: recipes.Settings) -> recipes.Settings:
    """Settings of *final* in the space of the photographer's report."""
    return replace(
        base,
        network=recipes.FINAL,
        dense=hp.Int("dense", 32, 512, step=32),
        learning_rate=hp.Choice("learning_rate", [1e-2, 1e-3, 1e-4]),
    )


Suggest = Callable[[Any, recipes.Settings], recipes.Settings]
SUGGEST: Mapping[str, Suggest] = {OURS: suggest_ours, AS_REPORTED: suggest_as_reported}


@dataclass(frozen=True)
class Asked:
    """What is asked of a search: `minutes` of trials in this run, None for as many as the preset says.

    `base` has the settings that the space varies, None for the standard ones of its network.
    """

    preset: Preset
    objective: str = OBJECTIVES[0]
    minutes: float | None = None
    seed: int = 0
    base: recipes.Settings | None = None

    def __post_init__(self) -> None:
        if self.objective not in METRICS or self.budget <= 0:
            raise ValueError(f"no search can be for {self.objective!r}, or last {self.budget} minutes")

    @property
    def budget(self) -> float:
        """Minutes of trials in this run."""
        return self.preset.minutes if self.minutes is None else self.minutes

    @property
    def recipe(self) -> recipes.Settings:
        """The settings that the space varies."""
        network = recipes.FINAL if self.preset.space == AS_REPORTED else recipes.EYES
        return self.base or recipes.STANDARD[network]


def recipe_of(values: Mapping[str, Any], base: recipes.Settings) -> recipes.Settings:
    """The settings of a trial, as its record has them, over those of `base` that its space does not vary."""
    varied: dict[str, Any] = {name: None if value == AUTO else value for name, value in values.items()}
    return replace(base, **varied)
