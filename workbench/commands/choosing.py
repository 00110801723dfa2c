"""Which photos `screen` is to bring in and tell of: those of a folder, of a session, or of a list of paths."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.archive.photos import Problem
from workbench.archive.sessions import Session
from workbench.errors import OutsideRoots, WorkbenchError

if TYPE_CHECKING:
    from workbench.archive.folders import Plan

_MARK = b"\xef\xbb\xbf"  # some editors begin a text file with it


class NoPhotoListed(WorkbenchError):
    """A list of photos without one that can be taken."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The list of photos names none that Eye Spy can take ({reason}). Write one path a line.")


@dataclass(frozen=True)
class Part:
    """A session's plan; `listed` gives the paths as they were asked for, by name of file. None: the whole session."""

    plan: Plan
    listed: dict[str, str] | None = None


@dataclass(frozen=True)
class Choice:
    """What is to be brought in, and what of the list cannot be."""

    parts: tuple[Part, ...]
    failed: tuple[Problem, ...] = field(default=())


class SessionOrFolder(click.ParamType):
    """A session's name or id, or a folder: what names one and no session, or has a “/”. A job is given it whole."""

    name = "session or folder"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | Path:
        if not isinstance(value, str) or not Path(value).expanduser().is_dir():
            return value
        bench = ctx.find_root().obj if ctx else None
        return value if os.sep not in value and bench is not None and _is_session(bench, value) else Path(value)


def known(bench: Any, wanted: str | Path) -> Session | None:
    """The session that is meant by name or id; None where a folder is meant. Raises UnknownSession or NotAFolder."""
    from workbench.archive import folders, sessions

    if isinstance(wanted, Path):
        return None
    if os.sep in wanted and not _is_session(bench, wanted):
        raise folders.NotAFolder(Path(wanted))
    return sessions.find(bench.engine, wanted)


def _is_session(bench: Any, name: str) -> bool:
    from workbench.archive import sessions

    return any(name in (session.name, session.id) for session in sessions.every(bench.engine))


def read_list(file: Path) -> list[str]:
    """The paths in a file, one a line; “-” is standard input. Raises NoPhotoListed."""
    try:
        with click.open_file(str(file), "rb") as opened:
            data: bytes = opened.read()
    except OSError as error:
        raise NoPhotoListed(f"“{file}” cannot be read: {error.strerror}") from error
    lines = [os.fsdecode(line) for line in data.removeprefix(_MARK).splitlines()]
    if paths := [line.strip() for line in lines if line.strip()]:
        return paths
    raise NoPhotoListed("it is empty")


def in_folder(bench: Any, folder: Path) -> Choice:
    """Every session of a folder, whole."""
    from workbench.commands import bringing

    return Choice(tuple(Part(plan) for plan in bringing.plans(bench, folder)))


def of_list(bench: Any, paths: Sequence[str], folder: Path | None) -> Choice:
    """Those photos alone, by session; without a `folder` each belongs to the session it lies in, or to its own folder.

    Raises NoPhotoListed when not one can be taken.
    """
    from workbench.archive.folders import NotAFolder, NothingToImport
    from workbench.commands import bringing

    there, failed = _there(bench, paths)
    parts: list[Part] = []
    for place in dict.fromkeys([folder] if folder else _places(bench, there)):
        try:
            parts += [_part(plan, there) for plan in bringing.plans(bench, place)]
        except (NothingToImport, NotAFolder):
            continue
    parts = [part for part in parts if part.listed]
    taken = {path for part in parts for path in (part.listed or {}).values()}
    failed += [
        Problem(path, "it is no photo of the folder that Eye Spy can read")
        for path in there.values()
        if path not in taken
    ]
    if not parts:
        raise NoPhotoListed(f"“{failed[0].name}”: {failed[0].reason}" if failed else "they are in another folder")
    return Choice(tuple(parts), tuple(sorted(failed, key=lambda problem: problem.name)))


def _there(bench: Any, paths: Iterable[str]) -> tuple[dict[Path, str], list[Problem]]:
    """Where each path leads, its own name kept, as it was asked for; and those that lead nowhere."""
    found: dict[Path, str] = {}
    failed = []
    for path in dict.fromkeys(paths):
        reason = _lacking(bench, path)
        if reason is None:
            found[_spelt(Path(path).expanduser())] = path
        else:
            failed.append(Problem(path, reason))
    return found, failed


def _lacking(bench: Any, path: str) -> str | None:
    """Why a path of the list cannot be taken, None where it can."""
    try:
        bench.settings.inside(Path(path))
        return None if Path(path).expanduser().is_file() else "there is no such file"
    except OutsideRoots:
        return "it lies outside the folders that Eye Spy may read"
    except (OSError, RuntimeError, ValueError):  # longer than a name may be, nobody's “~name”, or with a NUL in it
        return "it is no path"


def _places(bench: Any, there: Iterable[Path]) -> list[Path]:
    """The folder of the session that each file lies in, the innermost, or the file's own folder."""
    from workbench.archive import sessions

    folders = sorted((session.folder for session in sessions.every(bench.engine)), key=lambda one: -len(one.parts))
    return [next((folder for folder in folders if path.is_relative_to(folder)), path.parent) for path in there]


def _part(plan: Plan, there: dict[Path, str]) -> Part:
    """The listed files of a session, a RAW beside its JPEG and what could not be taken among them."""
    names = [name for found in plan.files for name in (found.name, found.raw) if name]
    names += [problem.name for problem in plan.problems]
    paths = {name: _spelt(plan.folder / name) for name in names}
    return Part(plan, {name: there[path] for name, path in paths.items() if path in there})


def _spelt(path: Path) -> Path:
    """The file itself, a link as such, under the true name of its folder."""
    return path.parent.resolve() / path.name
