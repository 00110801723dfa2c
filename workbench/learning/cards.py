"""A model's card: what it is, how it works, what it does badly and how that was measured, as `card.json`.

    {"version": "starter", "fault": "blink", "kind": "starter", "threshold": 0.5, "views": ["geometry"],
     "description": "…", "how": "…", "limits": ["…"], "licences": ["…"],
     "measured": [{"on": "…", "command": "…", "date": "2026-11-22", "photos": 169, "positives": 3, "groups": 16,
                   "figures": {"AUC": {"value": 0.99, "low": 0.98, "high": 1.0}}}]}

The first six are needed; further keys, such as the settings of a training, are kept when a card is rewritten.
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
from workbench.learning.evaluation import Evaluation, as_json

NAME = "card.json"


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
        for name, figure in self.figures.items():
            if not {"value", "low", "high"} <= set(figure):
                raise ValueError(f"the figure {name} needs value, low and high")


@dataclass(frozen=True)
class Card:
    """What a model says of itself. A photo is flagged when its probability is at least `threshold`."""

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

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1:
            raise ValueError(f"the threshold must lie between 0 and 1, got {self.threshold}")
        fault = _known_fault(self.fault)
        if not set(self.views) <= set(fault.views):
            raise ValueError(f"the views must be of {', '.join(fault.views)}, got {', '.join(self.views)}")


def _known_fault(name: str) -> Fault:
    if name not in FAULTS:
        raise ValueError(f"the fault must be one of {', '.join(FAULTS)}, got {name}")
    return FAULTS[name]


def read(path: Path) -> Card:
    """The card in the file `path`. Raises BadCard when it is malformed."""
    raw = _raw(path)
    lists: dict[str, Callable[[Any], Any]] = dict.fromkeys(("views", "limits", "licences"), _texts)
    converted = lists | {"measured": _measurements, "threshold": _number}
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
    text = json.dumps(raw, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_whole(path, lambda file: file.write(text.encode()))


def _raw(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
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


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"a list of texts was expected, got {value!r}")
    return tuple(_text(each) for each in value)


def _measurements(value: Any) -> tuple[Measurement, ...]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError("“measured” must be a list of objects")
    return tuple(Measurement(**each) for each in value)
