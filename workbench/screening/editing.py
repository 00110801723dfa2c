"""Edits of a file: which bytes go and which come, applied and taken back exactly, piece by piece."""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from workbench.errors import WorkbenchError

_COUNT, _HEAD = struct.Struct("<I"), struct.Struct("<QII")
_PIECE = 1 << 20


class CannotHold(WorkbenchError):
    """A file that XMP cannot be written into: of another kind, or damaged."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"XMP cannot be written into this file: {reason}. It was left as it is; "
            "if your photo editor opens it, set the label there or save it anew."
        )


class ChangedMeanwhile(WorkbenchError):
    """A file that no longer has the bytes that an edit takes out."""

    def __init__(self, place: int) -> None:
        super().__init__(
            f"Another program changed the file since it was read (at byte {place}). It was left as it is; try again."
        )


@dataclass(frozen=True)
class Edit:
    """`removed` bytes at place `start` of the file before make way for `added`."""

    start: int
    removed: bytes
    added: bytes

    def __post_init__(self) -> None:
        if self.start < 0:
            raise ValueError(f"an edit must start within the file, got {self.start}")

    @property
    def end(self) -> int:
        """Where what stays goes on, in the file before."""
        return self.start + len(self.removed)

    @property
    def growth(self) -> int:
        """By how many bytes the file gets longer."""
        return len(self.added) - len(self.removed)


def in_order(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits that change something, ascending and without the bytes that stay; ValueError where two overlap."""
    ordered = sorted((_trimmed(edit) for edit in edits), key=lambda edit: (edit.start, edit.end))
    kept = tuple(edit for edit in ordered if edit.removed or edit.added)
    _check(kept)
    return kept


def place_after(place: int, edits: Iterable[Edit]) -> int:
    """Where a byte that stays, at `place` of the file before, stands in the file after."""
    return place + sum(edit.growth for edit in edits if edit.start <= place)


def piece(source: BinaryIO, start: int, length: int) -> bytes:
    """`length` bytes of a file from `start`. Raises CannotHold where it ends before."""
    source.seek(start)
    data = source.read(length)
    if len(data) < length:
        raise CannotHold("it ends in the middle of its headers")
    return data


def apply(source: BinaryIO, edits: Sequence[Edit], target: BinaryIO) -> None:
    """Writes the file after to `target`, reading the file before. Raises ChangedMeanwhile, ValueError on an overlap."""
    _check(edits)
    source.seek(0)
    place = 0
    for edit in edits:
        _copy(source, target, edit.start - place, place)
        if source.read(len(edit.removed)) != edit.removed:
            raise ChangedMeanwhile(edit.start)
        target.write(edit.added)
        place = edit.end
    while rest := source.read(_PIECE):
        target.write(rest)


def revert(source: BinaryIO, edits: Sequence[Edit], target: BinaryIO) -> None:
    """Writes the file before to `target`, reading the file after. Raises ChangedMeanwhile, ValueError on an overlap."""
    apply(source, reversed_edits(edits), target)


def reversed_edits(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """The edits that lead from the file after back to the file before."""
    growth, back = 0, []
    for edit in edits:
        back.append(Edit(edit.start + growth, edit.added, edit.removed))
        growth += edit.growth
    return tuple(back)


def dump(edits: Sequence[Edit]) -> bytes:
    """The edits as bytes for the journal; `load` reads them."""
    parts = [_HEAD.pack(edit.start, len(edit.removed), len(edit.added)) + edit.removed + edit.added for edit in edits]
    return zlib.compress(_COUNT.pack(len(parts)) + b"".join(parts))


def load(data: bytes) -> tuple[Edit, ...]:
    """What `dump` wrote. Raises ValueError for anything else."""
    try:
        return _loaded(zlib.decompress(data))
    except (zlib.error, struct.error) as error:
        raise ValueError(f"these are no edits of a file: {error}") from None


def _loaded(text: bytes) -> tuple[Edit, ...]:
    (count,) = _COUNT.unpack_from(text)
    edits, place = [], _COUNT.size
    for _ in range(count):
        start, *lengths = _HEAD.unpack_from(text, place)
        middle = place + _HEAD.size + lengths[0]
        edits.append(Edit(start, text[place + _HEAD.size : middle], text[middle : middle + lengths[1]]))
        place = middle + lengths[1]
    if place != len(text):
        raise ValueError("these are no edits of a file: the lengths do not add up")
    return tuple(edits)


def _trimmed(edit: Edit) -> Edit:
    """The edit without the bytes at its two ends that stay as they are."""
    removed, added = edit.removed, edit.added
    ahead = _alike(removed, added)
    removed, added = removed[ahead:], added[ahead:]
    behind = _alike(removed[::-1], added[::-1])
    return Edit(edit.start + ahead, removed[: len(removed) - behind], added[: len(added) - behind])


def _alike(one: bytes, other: bytes) -> int:
    """How many bytes two beginnings share."""
    length = min(len(one), len(other))
    if one[:length] == other[:length]:
        return length
    return next(place for place in range(length) if one[place] != other[place])


def _check(edits: Sequence[Edit]) -> None:
    for before, edit in itertools.pairwise(edits):
        if edit.start < before.end:
            raise ValueError(f"the edits at {before.start} and {edit.start} overlap or are not in order")


def _copy(source: BinaryIO, target: BinaryIO, length: int, place: int) -> None:
    """Copies `length` bytes that stay. Raises ChangedMeanwhile where the file ends before."""
    while length > 0:
        part = source.read(min(length, _PIECE))
        if not part:
            raise ChangedMeanwhile(place)
        target.write(part)
        length -= len(part)
