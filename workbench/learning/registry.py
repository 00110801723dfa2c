"""The models there are, `models/<fault>/<version>/`, and the one in use, named by `models/<fault>/current`.

Before any training the shipped starter is current. Trained models are never committed; the starter's card is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.errors import WorkbenchError
from workbench.faults import BLINK, Fault
from workbench.files import write_whole
from workbench.learning import cards, starter
from workbench.learning.cards import BadCard, Card, Measurement
from workbench.settings import HOME, Settings
from workbench.vision.views import GEOMETRY, Views

STARTER = "starter"
SHIPPED = (STARTER,)  # versions that come with the program, wherever the models of this installation lie
CURRENT = "current"
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

Predict = Callable[[Sequence[Views]], np.ndarray]


class BadVersion(WorkbenchError):
    """A version name that could not be a folder of ours."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"“{version}” cannot name a model: use up to 64 letters, digits, dots, dashes and underscores, "
            f"a letter or digit first, and not the word “{CURRENT}”."
        )


class UnknownModel(WorkbenchError):
    """There is no model of that name."""

    def __init__(self, fault: Fault, version: str, there: Sequence[str]) -> None:
        super().__init__(
            f"There is no model “{version}” for {fault.name}; there is {', '.join(there) or 'none'}. "
            f"Name one of these, or put the model's folder back."
        )


@dataclass(frozen=True)
class Model:
    """A model ready to look at photos.

    `predict` takes the views of n photos and gives the probability of the fault, shape (n,), nan where there
    is no face to judge.
    """

    fault: Fault
    version: str
    threshold: float
    card: Card
    predict: Predict


def current(settings: Settings, fault: Fault = BLINK) -> Model:
    """The model in use: the promoted one, or the starter where none was. UnknownModel when it is gone."""
    chosen = settings.models / fault.name / CURRENT
    if not chosen.exists():
        return load(settings, fault, STARTER)
    version = chosen.read_text(encoding="utf-8", errors="replace").strip()
    if not _is_version(version):
        raise UnknownModel(fault, version, versions(settings, fault))
    return load(settings, fault, version)


def load(settings: Settings, fault: Fault, version: str) -> Model:
    """The model of that version. Raises BadVersion, UnknownModel (it lists what there is) or BadCard."""
    folder = _folder(settings, fault, version)
    if folder is None:
        raise UnknownModel(fault, version, versions(settings, fault))
    path = folder / cards.NAME
    card = cards.read(path)
    if (card.version, card.fault) != (version, fault.name):
        raise BadCard(path, f"it is the card of {card.fault}/{card.version}")
    if card.kind not in KINDS:
        raise BadCard(path, f"its kind “{card.kind}” is not known to this program ({', '.join(KINDS)})")
    return Model(fault, version, card.threshold, card, KINDS[card.kind](folder, card))


def every(settings: Settings, fault: Fault = BLINK) -> list[Model]:
    """All models of a fault, shipped ones first. Raises BadCard when one of them is malformed."""
    return [load(settings, fault, version) for version in versions(settings, fault)]


def versions(settings: Settings, fault: Fault = BLINK) -> list[str]:
    """Names of all models of a fault, shipped ones first, then by name. A folder without a card is none."""
    shipped = [version for version in SHIPPED if _folder(settings, fault, version)]
    found = (path.parent.name for path in (settings.models / fault.name).glob(f"*/{cards.NAME}"))
    return shipped + sorted(name for name in found if _is_version(name) and name not in shipped)


def promote(settings: Settings, fault: Fault, version: str) -> None:
    """Make a model the current one, at once and whole. It is loaded first: a broken one is never promoted."""
    load(settings, fault, version)
    write_whole(settings.models / fault.name / CURRENT, lambda file: file.write(f"{version}\n".encode()))


def record(settings: Settings, model: Model, measured: Measurement) -> Path:
    """Writes what was measured into the model's card; gives the card's file."""
    folder = _folder(settings, model.fault, model.version)
    if folder is None:
        raise UnknownModel(model.fault, model.version, versions(settings, model.fault))
    cards.add(folder / cards.NAME, measured)
    return folder / cards.NAME


def _is_version(name: str) -> bool:
    return bool(_VERSION.fullmatch(name)) and name.lower() != CURRENT


def _folder(settings: Settings, fault: Fault, version: str) -> Path | None:
    """The folder with the model's card, the installation's own before the one that ships."""
    if not _is_version(version):
        raise BadVersion(version)
    places = [settings.models, *([HOME / "models"] if version in SHIPPED else [])]
    folders = (place / fault.name / version for place in places)
    return next((folder for folder in folders if (folder / cards.NAME).is_file()), None)


def _starter(_folder: Path, _card: Card) -> Predict:
    return _starter_predict


def _starter_predict(views: Sequence[Views]) -> np.ndarray:
    unknown = np.full(len(GEOMETRY), np.nan)
    rows = [unknown if view.geometry is None else view.geometry for view in views]
    return starter.probability(np.reshape(rows, (len(rows), len(GEOMETRY))))


KINDS: dict[str, Callable[[Path, Card], Predict]] = {"starter": _starter}
