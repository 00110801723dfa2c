"""Import by copy: the photos of a session into the datasets folder, whole, with their times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from workbench.archive.folders import Found, Plan
from workbench.files import copy_whole, require_room, write_whole
from workbench.settings import Settings

_SOURCE = ".copied-from"


def copy(plan: Plan, settings: Settings, *, tell: Callable[[int, int], None] = lambda done, total: None) -> Plan:
    """Copies the plan's files and gives the plan of the copies; files copied before are left. Raises DiskFull."""
    target = _target(plan, settings)
    names = [name for found in plan.files for name in (found.name, found.raw) if name]
    lacking = [name for name in names if not _same(plan.folder / name, target / name)]
    _require_room(plan, lacking, settings)
    write_whole(target / _SOURCE, lambda file: file.write(str(plan.folder).encode()))
    for done, name in enumerate(lacking, start=1):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        copy_whole(plan.folder / name, target / name)
        tell(done, len(lacking))
    files = tuple(_moved(found, target) for found in plan.files)
    return replace(plan, folder=target, files=files, copied=True)


def is_copy(folder: Path, settings: Settings) -> bool:
    """Whether an import made the folder: only then may it ever be deleted."""
    return folder.is_relative_to(settings.datasets / "sessions") and (folder / _SOURCE).is_file()


def _target(plan: Plan, settings: Settings) -> Path:
    """The folder of the copies: the same one for the same source, a new one for another source of that name."""
    base = settings.datasets / "sessions"
    name = plan.name.replace("/", "_").strip(". ") or "session"
    number, target = 1, base / name
    while target.exists() and not _from_here(target, plan):
        number += 1
        target = base / f"{name} ({number})"
    return target


def _from_here(target: Path, plan: Plan) -> bool:
    source = target / _SOURCE
    return source.is_file() and source.read_bytes() == str(plan.folder).encode()


def _same(source: Path, target: Path) -> bool:
    if not target.is_file():
        return False
    one, other = source.stat(), target.stat()
    return (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)


def _require_room(plan: Plan, names: list[str], settings: Settings) -> None:
    needed = sum((plan.folder / name).stat().st_size for name in names)
    about = {"place": "the datasets folder", "instead": "import without --copy"}
    require_room(settings.datasets, needed, f"“{plan.name}” needs", **about)


def _moved(found: Found, target: Path) -> Found:
    return replace(found, path=target / found.name)
