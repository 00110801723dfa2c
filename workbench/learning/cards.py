"""A model's card: what it is, how it works, what it does badly and how that was measured, as `card.json`.

    {"version": "starter", "fault": "blink", "kind": "starter", "threshold": 0.5, "views": ["geometry"],
     "description": "…", "how": "…", "limits": ["…"], "licences": ["…"],
     "measured": [{"on": "…", "command": "…", "date": "2026-11-22", "photos": 169, "positives": 3, "groups": 16,
                   "figures": {"AUC": {"value": 0.99, "low": 0.98, "high": 1.0}}}]}

The first six are needed. A trained network also has `settings` (recipes.Settings) and `training`: what it learnt from
(`counts`, and `groups` as opaque keys), when (`at`) and how. Further keys are kept when a card is rewritten.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError
from workbench.faults import FAULTS, Fault
from workbench.files import write_whole
from workbench.learning import recipes
from workbench.learning.evaluation import Evaluation, as_json

NAME = "card.json"
LEARNT_SIDES = ("training", "validation")
"""Sides of a split that a model has seen: a threshold chosen on photos is learnt from them, too."""
TEST_SIDE = "test side"
"""What a training says that it measured on: never the name of a session, which may well have the word in it."""


class BadCard(WorkbenchError):
    """A card that cannot be read, or that says what cannot be."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The model card “{path}” cannot be used: {reason}. "
            f"Put back the card that came with the model, or remove its folder."
        )


@dataclass(frozen=True)
class Measurement:
    """Figures of one evaluation: `on` which photos, by which `command`, on which day (ISO).

    `figures` has for each name a dict of value, low and high; a number that is undefined is None.
    """

    on: str
    command: str
    date: str
    photos: int
    positives: int
    groups: int
    figures: Mapping[str, Mapping[str, Any]]

    def __post_init__(self) -> None:
        datetime.date.fromisoformat(self.date)
        if not isinstance(self.figures, Mapping):
            raise ValueError(f"the figures must be an object, got {self.figures!r}")
        for name, figure in self.figures.items():
            if not isinstance(figure, Mapping) or not {"value", "low", "high"} <= set(figure):
                raise ValueError(f"the figure {name} needs value, low and high")
            for number in ("value", "low", "high"):
                if figure[number] is not None:
                    _number(figure[number])


@dataclass(frozen=True)
class Card:
    """What a model says of itself. A photo is flagged when its probability is at least `threshold`.

    `settings` and `training` (what it learnt from, how long, with which versions) are there for a trained network.
    """

    version: str
    fault: str
    kind: str
    description: str
    threshold: float
    views: tuple[str, ...]
    how: str = ""
    limits: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    measured: tuple[Measurement, ...] = ()
    settings: recipes.Settings | None = None
    training: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1:
            raise ValueError(f"the threshold must lie between 0 and 1, got {self.threshold}")
        fault = _known_fault(self.fault)
        if not set(self.views) <= set(fault.views):
            raise ValueError(f"the views must be of {', '.join(fault.views)}, got {', '.join(self.views)}")

    @property
    def network(self) -> str:
        """What kind of model it is: the name of its network, or its kind where it has none."""
        return self.settings.network if self.settings else self.kind

    @property
    def trained_at(self) -> datetime.datetime | None:
        """When it was trained, in UTC without a zone as the catalogue keeps times; None for what was not trained."""
        said = (self.training or {}).get("at")
        if said is None:
            return None
        at = datetime.datetime.fromisoformat(said)
        return at.astimezone(datetime.UTC).replace(tzinfo=None) if at.tzinfo else at

    @property
    def learnt_from(self) -> Mapping[str, int]:
        """Labels of each class that it learnt from; empty for what was not trained here."""
        counts = (self.training or {}).get("counts", {}).get("training", {})
        return {name: counts[name] for name in reversed(FAULTS[self.fault].classes) if name in counts}

    @property
    def one_person(self) -> bool:
        """Whether its sides are bursts of the same people, as there were too few to hold one back."""
        return bool((self.training or {}).get("one_person"))

    @property
    def learnt_groups(self) -> frozenset[str]:
        """Opaque keys of the groups that it was trained or validated on."""
        groups = (self.training or {}).get("groups", {})
        return frozenset(key for side in LEARNT_SIDES for key in groups.get(side, ()))

    @property
    def tested(self) -> Measurement | None:
        """The figures to know it by: those on its own test side, else the last that were measured."""
        own = [each for each in self.measured if each.on == TEST_SIDE]
        return next(reversed(own or list(self.measured)), None)


def _known_fault(name: str) -> Fault:
    if name not in FAULTS:
        raise ValueError(f"the fault must be one of {', '.join(FAULTS)}, got {name}")
    return FAULTS[name]


def read(path: Path) -> Card:
    """The card in the file `path`. Raises BadCard when it is malformed."""
    raw = _raw(path)
    lists: dict[str, Callable[[Any], Any]] = dict.fromkeys(("views", "limits", "licences"), _texts)
    converted = lists | {
        "measured": _measurements,
        "threshold": _number,
        "settings": recipes.from_json,
        "training": _training,
    }
    fields = [name for name in Card.__dataclass_fields__ if name in raw]
    try:
        return Card(**{name: converted.get(name, _text)(raw[name]) for name in fields})
    except (TypeError, ValueError) as error:
        raise BadCard(path, str(error).removeprefix("Card.__init__() ")) from error


def measurement(evaluation: Evaluation, *, on: str, command: str, date: str) -> Measurement:
    """What a card keeps of an evaluation."""
    counts = evaluation.photos, evaluation.positives, evaluation.groups
    return Measurement(on, command, date, *counts, as_json(evaluation)["figures"])


def add(path: Path, new: Measurement) -> None:
    """Write a measurement into the card `path`, in place of an earlier one on the same photos."""
    read(path)
    raw = _raw(path)
    others = [old for old in raw.get("measured", []) if old["on"] != new.on]
    raw["measured"] = [*others, {name: getattr(new, name) for name in Measurement.__dataclass_fields__}]
    write(path, raw)


def write(path: Path, document: Any) -> None:
    """Writes a card's JSON whole. Raises ValueError for what JSON cannot say."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_whole(path, lambda file: file.write(text.encode()))


def create(path: Path, card: Card) -> None:
    """Writes a new model's card."""
    document = {name: _json(getattr(card, name)) for name in Card.__dataclass_fields__}
    write(path, {name: value for name, value in document.items() if value is not None})


def _json(value: Any) -> Any:
    if isinstance(value, recipes.Settings):
        return recipes.as_json(value)
    return [vars(one) if isinstance(one, Measurement) else one for one in value] if isinstance(value, tuple) else value


def _raw(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except (OSError, ValueError, RecursionError) as error:
        raise BadCard(path, f"it cannot be read as JSON ({error})") from error
    if not isinstance(raw, dict):
        raise BadCard(path, "it is not a JSON object")
    return raw


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"a text was expected, got {value!r}")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"a number was expected, got {value!r}")
    return float(value)


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is no number of JSON")


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"an object was expected, got {value!r}")
    return value


def _training(value: Any) -> Mapping[str, Any]:
    """What this program reads of a training is checked; whatever else it says may be anything."""
    said = _object(value)
    if said.get("at") is not None:
        datetime.datetime.fromisoformat(_text(said["at"]))
    for side in _object(said.get("counts", {})).values():
        for number in _object(side).values():
            _number(number)
    for keys in _object(said.get("groups", {})).values():
        _texts(keys)
    return said


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"a list of texts was expected, got {value!r}")
    return tuple(_text(each) for each in value)


def _measurements(value: Any) -> tuple[Measurement, ...]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError("“measured” must be a list of objects")
    for each in value:
        _texts([each.get(name, "") for name in ("on", "command", "date")])
    return tuple(Measurement(**each) for each in value)
