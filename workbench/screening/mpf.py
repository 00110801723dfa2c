"""The index of a JPEG's further pictures, brought up to date when something in front of them moves.

CIPA DC-007, Multi-Picture Format: the entries of tag B002 give each picture's size and its place, counted from the
index's own header; the first picture, whose place is 0, is the file's own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from workbench.screening.editing import CannotHold, Edit, place_after

_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_HEADER = len(b"MPF\0")
_ENTRIES, _ENTRY, _SIZE, _OFFSET = 0xB002, 16, 4, 8  # the tag; an entry's length; where in it size and place stand


def moved(body: bytes, start: int, edit: Edit) -> list[Edit]:
    """The changes to an index whose segment holds `body` at place `start`, when `edit` moves what follows it.

    Raises CannotHold where the index is damaged.
    """
    try:
        return list(_changes(body[_HEADER:], start + _HEADER, edit))
    except (struct.error, KeyError):
        raise CannotHold("its index of further pictures is damaged") from None


def _changes(index: bytes, base: int, edit: Edit) -> Iterator[Edit]:
    order = _ORDERS[index[:4]]
    number = struct.Struct(f"{order}I")
    first, length = _table(index, order)
    for entry in range(first, first + length - _ENTRY + 1, _ENTRY):
        size, offset = (number.unpack_from(index, entry + at)[0] for at in (_SIZE, _OFFSET))
        if entry == first and size > edit.start:
            yield Edit(base + entry + _SIZE, number.pack(size), number.pack(size + edit.growth))
        if offset:
            after = place_after(base + offset, [edit]) - place_after(base, [edit])
            yield Edit(base + entry + _OFFSET, number.pack(offset), number.pack(after))


def _table(index: bytes, order: str) -> tuple[int, int]:
    """Where the entries stand and how many bytes they take; a folder without them has none."""
    (folder,) = struct.unpack_from(f"{order}I", index, 4)
    (count,) = struct.unpack_from(f"{order}H", index, folder)
    for number in range(count):
        tag, _, length, place = struct.unpack_from(f"{order}HHII", index, folder + 2 + 12 * number)
        if tag == _ENTRIES and place + length <= len(index):
            return place, length
    return 0, 0
