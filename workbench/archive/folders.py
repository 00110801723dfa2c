"""What lies in a folder that is to be imported: which sessions, which photos, which labels. Reads names only."""

from __future__ import annotations

import csv
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.archive import formats
from workbench.archive.photos import Problem
from workbench.archive.tables import CLASSES, FOLDER
from workbench.errors import OutsideRoots, WorkbenchError
from workbench.faults import BLINK, UNSURE, Fault
from workbench.settings import Settings

LABELS_FILE = "labels.csv"


class NothingToImport(WorkbenchError):
    """A folder without a photo."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"“{folder}” holds no photo that Eye Spy can read (JPEG, PNG, TIFF, WebP, HEIC or RAW). "
            f"Give the folder of a session, or a folder of sessions."
        )


class NotAFolder(WorkbenchError):
    """The path to import is missing or a file."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"“{folder}” is not a folder. Give the folder of a session, or a folder of sessions.")


class BadLabelsFile(WorkbenchError):
    """A labels.csv that cannot be understood."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"“{path}” cannot be used: {reason}. It needs the columns session, file, label and may have group; "
            f"labels are {BLINK.positive}, {BLINK.negative} or {UNSURE}."
        )


@dataclass(frozen=True)
class Found:
    """A file to be read: `name` is its path below the session's folder; `raw` the RAW of the same shot."""

    path: Path
    name: str
    label: str | None = None
    group: str | None = None
    raw: str | None = None


@dataclass(frozen=True)
class Plan:
    """One session as it lies on disk."""

    name: str
    folder: Path
    kind: str = FOLDER
    files: tuple[Found, ...] = ()
    problems: tuple[Problem, ...] = ()
    others: int = 0
    missing: tuple[str, ...] = ()
    copied: bool = False


def plan(
    folder: Path, settings: Settings, *, group_by: re.Pattern[str] | None = None, fault: Fault = BLINK
) -> list[Plan]:
    """The sessions of `folder`: of its labels.csv, its class folders, itself or its sub-folders, in that order.

    `group_by`: its first group, searched in the file name of class folders, names what a split keeps together.
    Raises OutsideRoots, NotAFolder, NothingToImport, BadLabelsFile.
    """
    real = settings.inside(folder)
    if not real.is_dir():
        raise NotAFolder(folder)
    plans = _plans(real, settings, group_by, fault)
    if not any(one.files or one.problems for one in plans):
        raise NothingToImport(folder)
    return plans


def _plans(real: Path, settings: Settings, group_by: re.Pattern[str] | None, fault: Fault) -> list[Plan]:
    if _is_labelled(real):
        return _from_labels(real, settings, fault)
    if _is_sorted(real, fault):
        return [_from_classes(real, settings, group_by, fault)]
    if any(formats.is_photo(path) for path in entries(real)):
        return [_session(real, settings)]
    refused = {path: reason for path in entries(real) if (reason := _refused(path, settings, (real,)))}
    sessions = [_session(path, settings) for path in entries(real) if path.is_dir() and path not in refused]
    loose = tuple(Problem(_printable(path.name), reason) for path, reason in refused.items())
    return [one for one in [*sessions, Plan(_printable(real.name), real, problems=loose)] if one.files or one.problems]


def is_whole(folder: Path, fault: Fault = BLINK) -> bool:
    """Whether a labels.csv or class folders say which sessions are in the folder, whatever else lies there."""
    return _is_labelled(folder) or _is_sorted(folder, fault)


def _is_labelled(folder: Path) -> bool:
    return (folder / LABELS_FILE).is_file()


def _is_sorted(folder: Path, fault: Fault) -> bool:
    return all((folder / name).is_dir() for name in fault.classes)


def _session(folder: Path, settings: Settings) -> Plan:
    files, problems, others = [], [], 0
    for path, problem in _walk(folder, settings):
        name = path.relative_to(folder).as_posix()
        if problem:
            problems.append(Problem(_printable(name), problem))
        elif formats.is_photo(path):
            files.append(Found(path, name))
        else:
            others += 1
    return Plan(_printable(folder.name), folder, FOLDER, tuple(_paired(files)), tuple(problems), others)


def _from_classes(folder: Path, settings: Settings, group_by: re.Pattern[str] | None, fault: Fault) -> Plan:
    whole = _session(folder, settings)
    files = []
    for found in whole.files:
        label = found.name.split("/")[0]
        match = group_by.search(found.path.name) if group_by else None
        group = match.group(1) if match else None  # without one, each photo is a group of its own
        known = label in fault.classes
        files.append(replace(found, label=label if known else None, group=group))
    return replace(whole, kind=CLASSES, files=tuple(files))


def _from_labels(folder: Path, settings: Settings, fault: Fault) -> list[Plan]:
    plans = []
    for name, said in sorted(_read_labels(folder / LABELS_FILE, fault).items()):
        place = _place(folder, name, settings)
        whole = _session(place, settings)
        files = tuple(_labelled(found, said.get(found.name)) for found in whole.files)
        if place == folder:  # all sessions side by side in one folder: only the files named are this session's
            files = tuple(found for found in files if found.name in said)
        missing = tuple(sorted(said.keys() - {found.name for found in files}))
        plans.append(replace(whole, name=_printable(name), files=files, missing=missing))
    return plans


def _place(folder: Path, name: str, settings: Settings) -> Path:
    """The session's own folder, or `folder` where all sessions lie side by side."""
    try:
        place = settings.inside(folder / name)
        return place if place.is_dir() else folder
    except (OSError, ValueError) as error:
        raise BadLabelsFile(folder / LABELS_FILE, f"no folder can be named “{_printable(name)[:80]}”") from error


def _labelled(found: Found, row: Mapping[str, str] | None) -> Found:
    if row is None:
        return found
    return replace(found, label=row["label"] or None, group=row.get("group") or None)


def _read_labels(path: Path, fault: Fault) -> dict[str, dict[str, dict[str, str]]]:
    """The rows by session and file."""
    found: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            lacking = {"session", "file", "label"} - set(reader.fieldnames or ())
            if lacking:
                raise BadLabelsFile(path, f"the column {', '.join(sorted(lacking))} is missing")
            for row in reader:
                if None in row or None in row.values():
                    raise BadLabelsFile(path, f"line {reader.line_num} has not one cell for each column")
                if row["label"] not in (*fault.classes, UNSURE, ""):
                    raise BadLabelsFile(path, f"line {reader.line_num} has the unknown label “{row['label']}”")
                found[row["session"]][row["file"]] = row
    except (csv.Error, OSError, UnicodeDecodeError) as error:
        raise BadLabelsFile(path, f"it is not a readable table ({error})") from error
    return found


def _paired(files: list[Found]) -> Iterator[Found]:
    """RAW + JPEG of one stem as one: the JPEG, with the RAW's name beside it."""
    raws: dict[str, list[Found]] = defaultdict(list)
    for found in files:
        if formats.is_raw(found.path):
            raws[_stem(found)].append(found)
    for found in files:
        alone = raws.get(_stem(found))
        if found.path.suffix.lower() in formats.COMPANIONS and alone:
            yield replace(found, raw=alone.pop(0).name)
        elif not formats.is_raw(found.path):
            yield found
    for alone in raws.values():
        yield from alone


def _stem(found: Found) -> str:
    return str(Path(found.name).with_suffix("")).casefold()


def _walk(folder: Path, settings: Settings, above: tuple[Path, ...] = ()) -> Iterator[tuple[Path, str | None]]:
    """Every file below `folder` with None, or with the reason why it cannot be taken."""
    for path in entries(folder):
        reason = _refused(path, settings, (*above, folder))
        if reason or not path.is_dir():
            yield path, reason
        else:
            yield from _walk(path, settings, (*above, folder))


def _refused(path: Path, settings: Settings, above: tuple[Path, ...]) -> str | None:
    if _printable(path.name) != path.name:
        return "its name is not valid text on this system; rename it"
    if not path.is_symlink():
        closed = path.is_dir() and not os.access(path, os.R_OK | os.X_OK)
        return "the folder may not be opened by this user" if closed else None
    try:
        real = settings.inside(path)
    except OutsideRoots:
        return "it is a link that leads out of the allowed folders"
    except (OSError, RuntimeError):
        return "it is a link that leads in a circle"
    if any(real == other.resolve() for other in above):
        return "it is a link that leads in a circle"
    return None if real.exists() else "it is a link to something that is not there"


def entries(folder: Path) -> list[Path]:
    """What lies in the folder by name, without what is hidden."""
    return sorted(path for path in folder.iterdir() if not is_hidden(path))


def is_hidden(path: Path) -> bool:
    """Whether it is a hidden file or folder, or what archives of a Mac leave behind."""
    return path.name.startswith((".", "__MACOSX"))


def _printable(name: str) -> str:
    """`name` as text that any database takes; bytes that are not text are shown as �."""
    return os.fsencode(name).decode("utf-8", errors="replace")
