"""The XMP of one file, embedded or in a sidecar: what it says, and the edits that make it say something else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from workbench.screening import embedding, xmp
from workbench.screening.embedding import Edit
from workbench.screening.journal import EMBEDDED
from workbench.screening.rewriting import NotWritten, Pour

_LARGEST = 64 << 20
"""Bytes: a sidecar beyond this is none."""
Fields = Mapping[str, str | None]


def says(path: Path, kind: str, names: Mapping[str, object]) -> dict[str, str | None]:
    """The fields of these `names` as the file has them now, None for one that it has not.

    Raises MalformedXmp, CannotHold, NotWritten and OSError.
    """
    found = xmp.read(_packet(path, kind))
    return {name: found.get(name) for name in names}


def edits(path: Path, kind: str, wanted: Fields) -> tuple[Edit, ...]:
    """What gives the file these fields and leaves all else as it is; none where it says so already.

    Raises MalformedXmp, CannotHold, NotWritten and OSError.
    """
    before = _packet(path, kind)
    after = xmp.merged(before, wanted)
    if after == (before or b""):
        return ()
    if kind != EMBEDDED:
        return (Edit(0, before or b"", after),)
    with path.open("rb") as file:
        return embedding.edits(file, after)


def pour(changes: tuple[Edit, ...]) -> Pour:
    """Writes a file with the edits made."""
    return lambda source, target: embedding.apply(source, changes, target)


def pour_back(changes: tuple[Edit, ...]) -> Pour:
    """Writes a file with the edits taken back."""
    return lambda source, target: embedding.revert(source, changes, target)


def _packet(path: Path, kind: str) -> bytes | None:
    if kind == EMBEDDED:
        with path.open("rb") as file:
            return embedding.packet(file)
    try:
        if path.stat().st_size > _LARGEST:
            raise NotWritten("it is too large to be a sidecar")
        return path.read_bytes()
    except FileNotFoundError:
        return None
