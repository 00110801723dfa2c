"""Trials of a search as Keras Tuner knows them, made into our own."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.learning import recipes, searches
from workbench.learning.searches import Trial
from workbench.learning.spaces import AUTO, SPACES

OVER = {"COMPLETED": searches.DONE, "FAILED": searches.FAILED}
"""How Keras Tuner says that a trial is over, and how we do."""


def begun(trial: Any, recipe: recipes.Settings, space: str) -> Trial:
    """The record of Keras Tuner's `trial` before its first epoch."""
    values = trial.hyperparameters.values
    said = {name: getattr(recipe, name) for name in SPACES[space]}
    return Trial(
        trial.trial_id, values["tuner/bracket"], values["tuner/round"], values["tuner/initial_epoch"],
        values["tuner/epochs"], searches.RUNNING, None,
        {name: AUTO if value is None else value for name, value in said.items()}, (), 0.0,
        continued_from=values.get("tuner/trial_id"),
    )  # fmt: skip


def missed(place: Path, known: Iterable[Any]) -> list[Any]:
    """Those of Keras Tuner's trials that are over for it alone: the search was stopped between its file and ours."""
    own = {name for name, one in searches.own_trials(place).items() if one.status in searches.OVER}
    return [trial for trial in known if trial.status in OVER and trial.trial_id not in own]


def ended(place: Path, trial: Any, recipe: recipes.Settings, space: str) -> Trial:
    """The record of a trial that is over: its file's, else what Keras Tuner knows, without curve, loss and seconds."""
    record = searches.own_trials(place).get(trial.trial_id) or _remade(trial, recipe, space)
    return replace(record, status=OVER.get(trial.status, searches.FAILED))


def _remade(trial: Any, recipe: recipes.Settings, space: str) -> Trial:
    record = begun(trial, recipe, space)
    score = None if trial.score is None or math.isnan(trial.score) else float(trial.score)
    return replace(record, epochs=record.planned_epochs, score=score)
