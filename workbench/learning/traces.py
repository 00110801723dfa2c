"""What models keep of the photos they learnt from: read to compare them fairly, erased when a client is forgotten.

A trained model's folder holds `learnt.txt` (“<photo id> <side>” a line), `predictions.npz` (a row for each photo of
the validation and test side) and, in its card, opaque keys of groups and the commands it was measured with. What was
found about a model lies beside it (`findings`). The folders of searches hold neither ids nor names.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import zlib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import BadZipFile

import numpy as np
from sqlalchemy import Engine, delete

from workbench.archive import splits, tables
from workbench.archive.catalog import writing
from workbench.archive.splits import Groups
from workbench.archive.tables import FOLDER
from workbench.faults import FAULTS, Fault
from workbench.files import write_whole
from workbench.learning import cards, findings, registry
from workbench.learning.registry import Model
from workbench.settings import HOME, Settings

LEARNT, PREDICTIONS = "learnt.txt", "predictions.npz"
FORGOTTEN = "(forgotten)"
_ID = 32  # letters of a photo's id
_LEARNT = re.compile(rf"[0-9a-f]{{{_ID}}} (training|validation)")
OWN_SIDES = tuple(f"{side} side" for side in splits.SIDES)
"""What a training says it measured on: words of the program and not of a person, even where a session is named so."""
UNREADABLE = (EOFError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, BadZipFile, zlib.error)
"""What reading arrays raises that are damaged, or are something else."""


def learnt_photos(folder: Path) -> frozenset[str]:
    """Ids of the photos that the model in `folder` was trained or validated on, as it wrote them down."""
    return frozenset(_key(line) for line in learnt_lines(folder))


def copy_learnt(source: Path, target: Path) -> None:
    """Takes over what a model from elsewhere says that it learnt from: a photo has the same id in every archive."""
    said = learnt_lines(source)
    (target / LEARNT).write_text("".join(f"{line}\n" for line in said), encoding="utf-8")


def learnt_lines(folder: Path) -> list[str]:
    """Lines “<photo id> <side>” of what the model in `folder` wrote down; what is no such line is left out."""
    path = folder / LEARNT
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    return [line for line in lines if _LEARNT.fullmatch(line)]


def learnt_groups(settings: Settings, engine: Engine, model: Model) -> set[str]:
    """The groups, as they are known now, that hold anything that the model was trained or validated on.

    Those of its photos, so that groups that were tied since count as one; and those of its card, which know more where
    photos are gone from the archive.
    """
    learnt = learnt_photos(_folder(settings, model))
    return as_known(splits.known_groups(engine), learnt, model.card.learnt_groups)


def as_known(groups: Groups, photos: Iterable[str], said: Iterable[str]) -> set[str]:
    """The groups, as they are known now, of those photos and of what a card said of groups."""
    keys = {key for one in said for key in _as_groups(one)}
    there = {groups.of_photo[photo] for photo in photos if photo in groups.of_photo}
    return there | {groups.of_key.get(key, key) for key in keys}


def forget(
    settings: Settings,
    photos: Collection[str],
    groups: Collection[str],
    *,
    names: Collection[str] = (),
    dry_run: bool = False,
) -> int:
    """Erases photos (ids), groups (keys) and names of sessions from all that models keep; gives how many learnt from
    them.

    Weights stay: only training anew takes out what was learnt. Every file is rewritten whole; one of ours that cannot
    be read any more goes, as nobody could tell what it holds. What is half written or half deleted is treated alike.
    """
    gone = frozenset(photos) | frozenset(groups)
    learnt = 0
    for folder in _folders(settings):
        learnt += _learnt_from(folder, gone)
        if not dry_run:
            _erase_lines(folder / LEARNT, gone)
            _erase_rows(folder / PREDICTIONS, gone)
            _erase_from_card(folder / cards.NAME, gone, frozenset(names))
    if not dry_run:
        for folder in _findings(settings):
            _erase_findings(folder, gone, frozenset(names))
    return learnt


def forget_model(settings: Settings, engine: Engine, fault: Fault, version: str) -> None:
    """Erases what a model that is deleted said of photos, and what was found about it: another may get its name."""
    said = tables.predictions
    with writing(engine) as connection:
        connection.execute(delete(said).where(said.c.fault == fault.name, said.c.model == version))
    shutil.rmtree(findings.folder(settings, fault, version), ignore_errors=True)


def begin(settings: Settings, engine: Engine, fault: Fault, version: str) -> None:
    """A model that is new has said nothing yet: what one of its name left, or a job wrote after that was gone, goes.

    To be called as soon as the model's folder is there.
    """
    registry.reset_threshold(settings, fault, version)
    forget_model(settings, engine, fault, version)


def _folder(settings: Settings, model: Model) -> Path:
    return registry.folder(settings, model.fault, model.version)


def _folders(settings: Settings) -> Iterator[Path]:
    """Every folder that may be a model's, hidden ones too."""
    for fault in FAULTS:
        own = settings.models / fault
        yield from (path for path in sorted(own.glob("*/")) if not path.is_symlink())
        shipped = HOME / "models" / fault
        if shipped != own:
            yield from (shipped / version for version in registry.SHIPPED)


def _findings(settings: Settings) -> list[Path]:
    found = (path for fault in FAULTS for path in sorted((settings.models / fault / findings.FOLDER).glob("*/")))
    return [path for path in found if not path.is_symlink()]


def _as_groups(said: str) -> set[str]:
    """Keys that a group of a card may be known by: bursts of one person are named “<session id> <number>”."""
    return {said, *(splits.group_keys(_key(said), FOLDER, None, None) if " " in said else ())}


def _key(text: str) -> str:
    """The id that a line, or the name of a burst, begins with."""
    return text.split(maxsplit=1)[0] if text.strip() else ""


def _learnt_from(folder: Path, gone: Collection[str]) -> bool:
    if not learnt_photos(folder).isdisjoint(gone):
        return True
    try:
        card = cards.read(folder / cards.NAME)
    except cards.BadCard:
        return False
    return any(_key(said) in gone for said in card.learnt_groups)


# ---- erasing


def _erase_findings(folder: Path, gone: Collection[str], names: Collection[str]) -> None:
    for arrays in (findings.OUT_OF_FOLD, findings.EMBEDDINGS):
        _erase_rows(folder / arrays, gone)
    _erase_from_card(folder / findings.AUDIT, gone, names)
    of_one_photo = (path for path in (folder / findings.WHY).glob("*") if path.name[:_ID] in gone)
    for path in (*of_one_photo, *folder.glob("**/.*.part")):  # what was half written when the program was ended
        path.unlink(missing_ok=True)


def _erase_lines(path: Path, gone: Collection[str]) -> None:
    if not path.is_file():
        return
    lines = path.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if _key(line.decode("utf-8", "replace")) not in gone]
    if len(kept) < len(lines):
        write_whole(path, lambda file: file.writelines(kept))


def _erase_rows(path: Path, gone: Collection[str]) -> None:
    if not path.is_file():
        return
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        staying = np.array([photo not in gone for photo in arrays["photos"].tolist()], bool)
        kept = {name: array[staying] if array.ndim else array for name, array in arrays.items()}
        if path.name == PREDICTIONS:
            kept["groups"] = _renamed(kept["groups"], gone)
    except UNREADABLE:
        path.unlink()
        return
    compared = [name for name in ("photos", "groups") if name in kept]
    if not all(np.array_equal(kept[name], arrays[name]) for name in compared):
        write_whole(path, lambda file: np.savez_compressed(file, **kept))


def _renamed(groups: np.ndarray, gone: Collection[str]) -> np.ndarray:
    """Groups whose key was a forgotten session's, though other photos of them stay, under keys that say nothing."""
    fresh = {said: uuid4().hex for said in groups.tolist() if _key(said) in gone}
    return np.array([fresh.get(said, said) for said in groups.tolist()], dtype=groups.dtype)


def _erase_from_card(path: Path, gone: Collection[str], names: Collection[str]) -> None:
    if not path.is_file():
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        document = json.loads(text, parse_constant=_no_number)
        kept = _nameless(_without(document, gone), {*names, *gone})
    except (ValueError, RecursionError):  # no card any more, and yet it may hold them
        blotted = _unnamed(text, {*names, *gone})
        write_whole(path, lambda file: file.write(blotted.encode()))
        return
    if kept != document:
        cards.write(path, kept)


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is no number of JSON")


def _without(value: Any, gone: Collection[str]) -> Any:
    """The JSON value without any entry of a list, or name of an object, that is one of those."""
    if isinstance(value, dict):
        return {name: _without(one, gone) for name, one in value.items() if name not in gone}
    if isinstance(value, list):
        return [_without(one, gone) for one in value if not (isinstance(one, str) and _key(one) in gone)]
    return FORGOTTEN if isinstance(value, str) and value in gone else value


def _nameless(card: Any, names: Collection[str]) -> Any:
    """The card's JSON with those names left out of what was measured, and by which command."""
    if not isinstance(card, dict) or not isinstance(card.get("measured"), list):
        return card
    return {**card, "measured": [_nameless_measurement(one, names) for one in card["measured"]]}


def _nameless_measurement(one: Any, names: Collection[str]) -> Any:
    if not isinstance(one, dict) or one.get("on") in OWN_SIDES:
        return one
    said = {"on": _unnamed, "command": _unnamed_command}
    return {**one, **{name: without(str(one[name]), names) for name, without in said.items() if name in one}}


def _unnamed(text: str, names: Collection[str]) -> str:
    words = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{words})(?!\w)", FORGOTTEN, text) if words else text


def _unnamed_command(command: str, names: Collection[str]) -> str:
    try:
        words = shlex.split(command)
    except ValueError:  # not a command line of ours
        return _unnamed(command, names)
    if not set(names) & set(words):
        return command
    return " ".join(FORGOTTEN if word in names else shlex.quote(word) for word in words)
