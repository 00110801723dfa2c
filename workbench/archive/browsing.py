"""Looking for a folder to import, below the allowed roots and nowhere else. Reads names only."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from workbench.archive import formats
from workbench.archive.folders import NotAFolder
from workbench.errors import OutsideRoots
from workbench.settings import Settings

MOST = 1000
"""Folders that are listed at once."""


@dataclass(frozen=True)
class Folder:
    """A folder with what lies right in it: `photos`, and `folders` to go on to."""

    path: Path
    photos: int
    folders: int


def roots(settings: Settings) -> list[Path]:
    """The allowed roots that are there now; the program's own folder last, for few keep their photos in it."""
    there = [root for root in dict.fromkeys(settings.roots) if root.is_dir()]
    return sorted(there, key=lambda root: root == settings.datasets)


def below(settings: Settings, folder: Path) -> list[Folder]:
    """The folders of `folder` by name, at most MOST, without hidden ones, our own and those that may not be opened.

    Raises OutsideRoots, NotAFolder.
    """
    real = settings.inside(folder)
    if not real.is_dir():
        raise NotAFolder(folder)
    own = {settings.cache, settings.backups, settings.datasets / "logs"}
    found = [path for path in _folders(real) if path not in own and _allowed(settings, path)]
    return [_folder(path) for path in found[:MOST]]


def above(settings: Settings, folder: Path) -> list[Path]:
    """The way from a root down to `folder`, both among them. Raises OutsideRoots."""
    real = settings.inside(folder)
    way = [path for path in (real, *real.parents) if any(path.is_relative_to(root) for root in settings.roots)]
    return way[::-1]


def _folder(path: Path) -> Folder:
    try:
        names = list(path.iterdir())
    except OSError:
        return Folder(path, 0, 0)
    shown = [each for each in names if not each.name.startswith(".")]
    photos = sum(formats.is_photo(each) for each in shown)
    return Folder(path, photos, sum(each.is_dir() for each in shown if not formats.is_photo(each)))


def _folders(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith((".", "__MACOSX")) and path.is_dir() and os.access(path, os.R_OK | os.X_OK)
    )


def _allowed(settings: Settings, path: Path) -> bool:
    try:
        settings.inside(path)
    except (OutsideRoots, OSError, RuntimeError):
        return False
    return True


def entries(folder: Path, most: int) -> int:
    """How many files and folders lie below `folder`, counted up to `most`: whether looking through it is quick."""
    found = 0
    for _, folders, files in os.walk(folder):
        found += len(folders) + len(files)
        if found >= most:
            return most
    return found
