"""A file in new words, whole or not at all: written beside it, checked, put in its place in one step.

Whatever stops the program, at whatever step, the file is either as it was or complete; what is left over is a
temporary whose name the journal knows.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import io
import mmap
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, cast

from workbench.archive import identity
from workbench.archive.identity import Hashes
from workbench.errors import WorkbenchError

Step = Callable[[str], None]
"""Is called with the name of each step before the next one: a test stops the program there."""
Pour = Callable[[BinaryIO, BinaryIO], object]
"""Writes new content to its second file, reading the first, which is empty where there was none."""
_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "there is no room left for you on the disk",
    errno.EFBIG: "the disk takes no file of its size",
    errno.EACCES: "the disk does not let it be written",
    errno.EPERM: "the disk does not let it be written",
    errno.EROFS: "its disk is read-only",
    errno.ENOENT: "it vanished",
    errno.EIO: "its disk fails",
    errno.EXDEV: "it lies on another disk, where a hard link does not reach",
}


class NotWritten(WorkbenchError):
    """One file that was not written; it is as it was."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"It was not written: {reason}.")


def nothing(step: str) -> None:
    """A Step that does nothing."""


def reason(error: OSError | WorkbenchError) -> str:
    """Why a file was not written, in a few words of ours or in the error's own sentence."""
    if isinstance(error, NotWritten):
        return error.reason
    if isinstance(error, OSError):
        return _REASONS.get(error.errno or 0, f"the disk does not take it ({error.strerror or error})")
    return str(error)


@dataclass(frozen=True)
class Draft:
    """New content of `path`, complete in `temporary`; `seen` is what was there when it was read (None: nothing)."""

    path: Path
    temporary: Path
    seen: os.stat_result | None
    before_hash: str | None
    after_hash: str

    @cached_property
    def hashes(self) -> Hashes:
        """Who the new content's picture is and which bytes it has, as an import would find; ask before it is put."""
        return hashes(self.temporary)


def draft(path: Path, temporary: Path, pour: Pour, at: Step = nothing, *, seen: os.stat_result | None = None) -> Draft:
    """Writes what `pour` gives into `temporary`, with the mode and the owner of `path`; the file itself is only read.

    `seen` is its state when the caller began to read it, so that `put` refuses what was saved since; None for a file
    that is to be new. Raises NotWritten and OSError; the temporary is gone then.
    """
    require_writable(path)
    try:
        before = _pour(path if seen else None, temporary, pour, at)
        if seen:
            _dress(path, seen, temporary)
        after = digest(temporary)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    at("drafted")
    return Draft(path, temporary, seen, before, str(after))


def put(new: Draft, at: Step = nothing) -> None:
    """Puts the new content in place of the file, if that is still as it was read; else NotWritten, and OSError."""
    try:
        if _mark(state(new.path)) != _mark(new.seen):
            raise NotWritten("another program changed it meanwhile")
        at("checked")
        if new.seen is None:
            appear(new.temporary, new.path)
        else:
            new.temporary.replace(new.path)
    except BaseException:
        new.temporary.unlink(missing_ok=True)
        raise
    at("replaced")
    sync_folder(new.path.parent)


def appear(temporary: Path, path: Path) -> None:
    """Gives a new file its name, which must be free: never over a file that came meanwhile. Raises NotWritten."""
    try:
        if temporary.is_symlink():
            path.symlink_to(temporary.readlink())
        else:
            os.link(temporary, path)
    except FileExistsError as error:
        raise NotWritten("another file came to its place meanwhile") from error
    except OSError:  # some disks have no second names (exFAT)
        if path.exists() or path.is_symlink():
            raise NotWritten("another file came to its place meanwhile") from None
        temporary.replace(path)
    temporary.unlink(missing_ok=True)


def remove(path: Path, expected: str, at: Step = nothing) -> None:
    """Takes away a file of our own whose content has the hash `expected`. Raises NotWritten and OSError."""
    if digest(path) != expected:
        raise NotWritten("another program changed it meanwhile")
    at("checked")
    path.unlink()
    at("replaced")
    sync_folder(path.parent)


def digest(path: Path) -> str | None:
    """SHA-256 of a file, of a symbolic link's own words, or None where there is nothing."""
    if path.is_symlink():
        return hashlib.sha256(os.fsencode(path.readlink())).hexdigest()
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def hashes(path: Path) -> Hashes:
    """Who a photo file's picture is, and which bytes it has, as an import finds them. Raises OSError."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return identity.hashes(cast(bytes, data))


def require_writable(path: Path) -> os.stat_result | None:
    """The file's state, None where there is none. Raises NotWritten when it, or its folder, is read-only."""
    seen, folder = state(path), path.parent
    if not folder.is_dir():
        raise NotWritten("its folder is away")
    for what, place in (("it", path), ("its folder", folder)):
        if place.exists() and not (place.stat().st_mode & 0o222 and os.access(place, os.W_OK)):
            raise NotWritten(f"{what} is read-only")
    return seen


def sync_folder(folder: Path) -> None:
    """Makes the folder's new names last through a power cut, where the disk can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _pour(source: Path | None, temporary: Path, pour: Pour, at: Step) -> str | None:
    with source.open("rb") if source else io.BytesIO() as original, temporary.open("xb") as file:
        at("opened")
        before = hashlib.file_digest(original, "sha256").hexdigest() if source else None
        original.seek(0)
        pour(original, file)
        file.flush()
        at("poured")
        os.fsync(file.fileno())
    return before


def _dress(path: Path, seen: os.stat_result, temporary: Path) -> None:
    """Gives the temporary what the file has besides its content: owner, mode, and what the system hung on it."""
    made = temporary.stat()
    if (made.st_uid, made.st_gid) != (seen.st_uid, seen.st_gid):
        try:
            os.chown(temporary, seen.st_uid, seen.st_gid)
        except PermissionError as error:
            raise NotWritten("it belongs to somebody else") from error
    shutil.copystat(path, temporary)
    if sys.platform == "darwin":  # Finder's tags and access lists (copyfile(3): COPYFILE_ACL | COPYFILE_XATTR)
        ctypes.CDLL(None).copyfile(os.fsencode(path), os.fsencode(temporary), None, 1 | 4)
    os.utime(temporary)  # editors look at the time to know that there is something new


def state(path: Path) -> os.stat_result | None:
    """What the system knows of a file, links followed, or None where there is nothing."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _mark(seen: os.stat_result | None) -> tuple[int, int, int] | None:
    return None if seen is None else (seen.st_ino, seen.st_size, seen.st_mtime_ns)
