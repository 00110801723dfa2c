"""Files of our own appear whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from workbench.errors import WorkbenchError

_SPARE = 500_000_000
"""Bytes that copies leave free on the disk."""


class NotOverwritten(WorkbenchError):
    """A table was to be written over a file that is no table."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"“{path}” is there and is no CSV file, so it was not overwritten. Name a file that ends in .csv."
        )


class DiskFull(WorkbenchError):
    """What was to be copied would not fit."""

    def __init__(self, what: str, needed: int, place: str, free: int, instead: str) -> None:
        super().__init__(
            f"{what} {needed / 1e9:.1f} GB and the disk of {place} has {free / 1e9:.1f} GB free. Nothing was copied; "
            f"make room, or {instead}."
        )


def require_room(folder: Path, needed: int, what: str, *, place: str, instead: str) -> None:
    """Raises DiskFull unless so many bytes fit where the folder is or will be, and some are left free.

    `what` is to be copied, with its verb; `place` is the folder in words, `instead` what else can be done.
    """
    there = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(there).free
    if needed + _SPARE > free:
        raise DiskFull(what, needed, place, free, instead)


def write_table(path: Path, text: str) -> None:
    """Writes a CSV file whole. Raises NotOverwritten where a file of another kind, a photo perhaps, is there."""
    if path.exists() and path.suffix.lower() != ".csv":
        raise NotOverwritten(path)
    write_whole(path, lambda file: file.write(text.encode()))


def write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Lets `write` fill a new file and puts it in place of `path` in one step; nothing is left when it fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.parent / f".{uuid4().hex}.part"
    try:
        with unfinished.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def copy_whole(source: Path, target: Path) -> None:
    """A copy with the source's times, there whole or not at all."""
    with source.open("rb") as original:
        write_whole(target, lambda file: shutil.copyfileobj(original, file, 1 << 20))
    shutil.copystat(source, target)
