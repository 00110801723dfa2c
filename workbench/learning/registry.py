"""The models there are, `models/<fault>/<version>/`, and the one in use: the first line of `models/<fault>/current`.

The lines below are the models that were in use before it, newest first. Before any training the shipped starter is
current. Trained models are never committed; the starter's card is. A hidden folder, or a link, is no model.

A threshold that the photographer chose, `models/<fault>/.thresholds/<version>.json`, stands before the card's.
"""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import numpy as np

from workbench.errors import WorkbenchError
from workbench.faults import BLINK, Fault
from workbench.files import write_whole
from workbench.learning import cards, starter
from workbench.learning.cards import BadCard, Card, Measurement
from workbench.learning.keeping import keeping
from workbench.settings import HOME, Settings
from workbench.vision.views import GEOMETRY, SHAPES, Views

STARTER = "starter"
SHIPPED = (STARTER,)  # versions that come with the program, wherever the models of this installation lie
CURRENT = "current"
SUMMARY = "summary.txt"
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_GOING = ".deleted-"
_THRESHOLDS = ".thresholds"


class Answer(NamedTuple):
    """What a model says of n photos: `probability` of the fault (n,), nan where there is nothing to judge by, and
    `embedding` (n, width), the numbers that it judged by, nan likewise: photos that it finds alike lie near."""

    probability: np.ndarray
    embedding: np.ndarray


Predict = Callable[[Sequence[Views], np.ndarray], Answer]


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


class NothingToRollBackTo(WorkbenchError):
    """No model was in use before the current one."""

    def __init__(self, fault: Fault, version: str, there: Sequence[str]) -> None:
        others = ", ".join(other for other in there if other != version)
        super().__init__(
            f"No model that is still here was in use for {fault.name} before “{version}”, so there is nothing to go "
            f"back to. {f'Promote one by name: {others}.' if others else 'Train one: python -m workbench train.'}"
        )


class CannotDelete(WorkbenchError):
    """The model ships with the program, or is the one in use."""

    def __init__(self, version: str) -> None:
        why = (
            f"“{version}” comes with the program and always stays. Promote another model if it should not be in use."
            if version in SHIPPED
            else f"“{version}” is the model in use, so it was not deleted. Promote another one first."
        )
        super().__init__(why)


class BadThreshold(WorkbenchError):
    """A threshold that cannot be, or one that was kept and cannot be read."""

    def __init__(self, reason: str, todo: str) -> None:
        super().__init__(f"{reason}. {todo}")


@dataclass(frozen=True)
class Chosen:
    """A threshold that the photographer chose for a model: `how`, in words, and when (UTC, without a zone)."""

    threshold: float
    how: str
    at: datetime

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1:
            raise ValueError(f"the threshold must lie between 0 and 1, got {self.threshold}")


@dataclass(frozen=True)
class Model:
    """A model ready to look at photos.

    `threshold` is the one to judge by: the one that was chosen, else the card's. `predict` takes the views of n photos
    and their numbers relative to the session, shape (n, len(RELATIVE)), nan where there are none.
    """

    fault: Fault
    version: str
    threshold: float
    card: Card
    predict: Predict


@dataclass(frozen=True)
class Listed:
    """A model as a list shows it: its card, or `problem`, the sentence that says why there is none."""

    version: str
    card: Card | None
    problem: str | None
    is_current: bool
    shipped: bool

    def __post_init__(self) -> None:
        if (self.card is None) == (self.problem is None):
            raise ValueError(f"{self.version} needs a card or a problem, and not both")


def current(settings: Settings, fault: Fault = BLINK) -> Model:
    """The model in use: the promoted one, or the starter where none was. UnknownModel when it is gone."""
    version = current_version(settings, fault)
    if not is_version(version):
        raise UnknownModel(fault, version, versions(settings, fault))
    return load(settings, fault, version)


def current_version(settings: Settings, fault: Fault = BLINK) -> str:
    """The name of the model in use, whether it is still there or not; nothing is loaded."""
    return _history(settings, fault)[0]


def load(settings: Settings, fault: Fault, version: str) -> Model:
    """The model of that version. Raises BadVersion, UnknownModel (it lists what there is), BadCard or BadThreshold."""
    place, card = folder(settings, fault, version), read_card(settings, fault, version)
    chosen = chosen_threshold(settings, fault, version)
    threshold = chosen.threshold if chosen else card.threshold
    return Model(fault, version, threshold, card, KINDS[card.kind](place, card))


def threshold(settings: Settings, fault: Fault, version: str) -> float:
    """The threshold that the model judges by, no weights loaded. Raises as `load` does."""
    chosen = chosen_threshold(settings, fault, version)
    return chosen.threshold if chosen else read_card(settings, fault, version).threshold


def chosen_threshold(settings: Settings, fault: Fault, version: str) -> Chosen | None:
    """The threshold that was chosen for the model; None where its card's stands. Raises BadVersion or BadThreshold."""
    path = threshold_file(settings, fault, version)
    if not path.is_file():
        return None
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Chosen(float(said["threshold"]), str(said["how"]), datetime.fromisoformat(said["at"]))
    except (OSError, ValueError, TypeError, LookupError) as error:
        reason = f"The threshold that was chosen for “{version}” cannot be read ({path})"
        raise BadThreshold(reason, "Choose it anew, or remove that file to judge by the card's again.") from error


def set_threshold(settings: Settings, fault: Fault, version: str, threshold: float, how: str) -> None:
    """From now on the model judges by this threshold; its card keeps its own. `how` says how it was chosen.

    Raises BadThreshold outside 0..1, BadVersion, UnknownModel or NotKept.
    """
    if not (math.isfinite(threshold) and 0 < threshold < 1):
        raise BadThreshold(f"A threshold of {threshold:g} cannot be set", "Choose one between 0 and 1.")
    folder(settings, fault, version)
    said = {"threshold": float(threshold), "how": how, "at": datetime.now(UTC).replace(tzinfo=None).isoformat()}
    text = json.dumps(said, ensure_ascii=False) + "\n"
    path = threshold_file(settings, fault, version)
    with keeping("The threshold was not set", path):
        write_whole(path, lambda file: file.write(text.encode()))


def reset_threshold(settings: Settings, fault: Fault, version: str) -> None:
    """The model judges by its card's threshold again. Raises BadVersion or NotKept."""
    path = threshold_file(settings, fault, version)
    with keeping("The chosen threshold stays", path):
        path.unlink(missing_ok=True)


def threshold_file(settings: Settings, fault: Fault, version: str) -> Path:
    """Where a chosen threshold is kept, whether there is one or not. Raises BadVersion."""
    if not is_version(version):
        raise BadVersion(version)
    return settings.models / fault.name / _THRESHOLDS / f"{version}.json"


def read_card(settings: Settings, fault: Fault, version: str) -> Card:
    """The card of that version, no weights loaded. Raises BadVersion, UnknownModel or BadCard."""
    path = folder(settings, fault, version) / cards.NAME
    card = cards.read(path)
    if (card.version, card.fault) != (version, fault.name):
        raise BadCard(path, f"it is the card of {card.fault}/{card.version}")
    if card.kind not in KINDS:
        raise BadCard(path, f"its kind “{card.kind}” is not known to this program ({', '.join(KINDS)})")
    return card


def folder(settings: Settings, fault: Fault, version: str) -> Path:
    """Where that model lies. Raises BadVersion or UnknownModel (it lists what there is)."""
    found = _folder(settings, fault, version)
    if found is None:
        raise UnknownModel(fault, version, versions(settings, fault))
    return found


def summary(settings: Settings, fault: Fault, version: str) -> str:
    """The network's layers as Keras lists them, empty where none were written. Raises as `folder` does."""
    path = folder(settings, fault, version) / SUMMARY
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def listed(settings: Settings, fault: Fault = BLINK) -> list[Listed]:
    """All models of a fault by their cards, the shipped ones first, then the newest; a broken one with its sentence."""
    found = [_listed(settings, fault, version) for version in versions(settings, fault)]
    age = {one.version: _written_at(settings, fault, one) for one in found}
    newest = sorted(found, key=lambda one: age[one.version], reverse=True)
    return sorted(newest, key=lambda one: not one.shipped)


def versions(settings: Settings, fault: Fault = BLINK) -> list[str]:
    """Names of all models of a fault, shipped ones first, then by name. A folder without a card is none."""
    shipped = [version for version in SHIPPED if _folder(settings, fault, version)]
    found = [path.parent.name for path in (settings.models / fault.name).glob(f"*/{cards.NAME}")]
    mine = (name for name in found if is_version(name) and name not in shipped and _folder(settings, fault, name))
    return shipped + sorted(mine)


def promote(settings: Settings, fault: Fault, version: str) -> None:
    """Make a model the current one, at once and whole. It is loaded first: a broken one is never promoted.

    Raises as `load` does, and NotKept.
    """
    load(settings, fault, version)
    before = [other for other in _history(settings, fault) if other != version]
    _write_history(settings, fault, [version, *before], f"“{version}” was not put in use")


def previous(settings: Settings, fault: Fault = BLINK) -> str | None:
    """The model that was in use before the current one and can still be used; None where there is none."""
    return next(iter(_usable_before(settings, fault)), None)


def rollback(settings: Settings, fault: Fault = BLINK) -> str:
    """Puts the model before the current one in use again; gives its version. Raises NothingToRollBackTo or NotKept."""
    before = _usable_before(settings, fault)
    if not before:
        raise NothingToRollBackTo(fault, current_version(settings, fault), versions(settings, fault))
    load(settings, fault, before[0])
    _write_history(settings, fault, before, f"“{before[0]}” was not put in use")
    return before[0]


def delete(settings: Settings, fault: Fault, version: str) -> None:
    """Deletes a model; whatever happens, it is there whole or not at all.

    Raises BadVersion, UnknownModel, NotKept, or CannotDelete for a shipped model and the current one.
    """
    place = deletable(settings, fault, version)
    history, kept = _history(settings, fault), f"“{version}” was not deleted"
    if version in history:
        _write_history(settings, fault, [other for other in history if other != version], kept)
    reset_threshold(settings, fault, version)  # another model may get its name
    with keeping(kept, place.parent):
        place.rename(place.with_name(f"{_GOING}{uuid4().hex}"))
    for left in place.parent.glob(f"{_GOING}*"):  # what an interrupted deletion left, too
        shutil.rmtree(left, ignore_errors=True)


def deletable(settings: Settings, fault: Fault, version: str) -> Path:
    """The folder that `delete` would take away. Raises as `delete` does."""
    place = folder(settings, fault, version)
    if version not in versions(settings, fault):  # a disk may find a folder by a name in other letters
        raise UnknownModel(fault, version, versions(settings, fault))
    if version in SHIPPED or version == current_version(settings, fault):
        raise CannotDelete(version)
    return place


def record(settings: Settings, model: Model, measured: Measurement) -> Path:
    """Writes what was measured into the model's card; gives the card's file. Raises NotKept."""
    path = folder(settings, model.fault, model.version) / cards.NAME
    with keeping("What was measured was not recorded", path):
        cards.add(path, measured)
    return path


def is_version(name: str) -> bool:
    """Whether `name` could name a model."""
    return bool(_VERSION.fullmatch(name)) and name.lower() != CURRENT


def _folder(settings: Settings, fault: Fault, version: str) -> Path | None:
    """The folder with the model's card, the installation's own before the one that ships."""
    if not is_version(version):
        raise BadVersion(version)
    places = [settings.models, *([HOME / "models"] if version in SHIPPED else [])]
    folders = (place / fault.name / version for place in places)
    return next((one for one in folders if (one / cards.NAME).is_file() and not one.is_symlink()), None)


def _listed(settings: Settings, fault: Fault, version: str) -> Listed:
    about = {"is_current": version == current_version(settings, fault), "shipped": version in SHIPPED}
    try:
        return Listed(version, read_card(settings, fault, version), None, **about)
    except (BadCard, UnknownModel) as error:  # it may be deleted at this moment
        return Listed(version, None, str(error), **about)


def _written_at(settings: Settings, fault: Fault, one: Listed) -> datetime:
    """When a model was trained, or where its card does not say so, when that was written; in UTC."""
    if one.card and one.card.trained_at:
        return one.card.trained_at
    place = _folder(settings, fault, one.version)
    seconds = (place / cards.NAME).stat().st_mtime if place else 0.0
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def _history(settings: Settings, fault: Fault) -> list[str]:
    """The current model and those before it, newest first. At the end stands the starter: all began with it."""
    path = settings.models / fault.name / CURRENT
    if not path.exists():
        return [STARTER]
    first, *rest = path.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
    lines = [first.strip(), *(line.strip() for line in rest if line.strip())]
    return list(dict.fromkeys([*lines, STARTER]))


def _write_history(settings: Settings, fault: Fault, history: Sequence[str], otherwise: str) -> None:
    """Writes it whole; `otherwise` says what it means that the disk does not take it."""
    text, path = "".join(f"{version}\n" for version in history), settings.models / fault.name / CURRENT
    with keeping(otherwise, path):
        write_whole(path, lambda file: file.write(text.encode()))


def _usable_before(settings: Settings, fault: Fault) -> list[str]:
    """The models before the current one, newest first, from the first that can be used on."""
    before = [version for version in _history(settings, fault)[1:] if is_version(version)]
    usable = (index for index, version in enumerate(before) if _listed_card(settings, fault, version))
    first = next(usable, len(before))
    return before[first:]


def _listed_card(settings: Settings, fault: Fault, version: str) -> Card | None:
    return _listed(settings, fault, version).card


def _starter(_folder: Path, _card: Card) -> Predict:
    return _starter_predict


def _starter_predict(views: Sequence[Views], _relative: np.ndarray) -> Answer:
    unknown = np.full(len(GEOMETRY), np.nan)
    rows = [unknown if view.geometry is None else view.geometry for view in views]
    geometry = np.reshape(rows, (len(rows), len(GEOMETRY)))
    return Answer(starter.probability(geometry), geometry[:, : len(SHAPES)])


def _network(folder: Path, card: Card) -> Predict:
    from workbench.learning import litert  # loads the runtime, which the starter does not need

    return litert.load(folder, card)


KINDS: dict[str, Callable[[Path, Card], Predict]] = {"starter": _starter, "network": _network}
