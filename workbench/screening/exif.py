"""Where Exif says that a JPEG's thumbnail stands, brought up to date when something in front of it moves.

CIPA DC-008 (Exif), section 4.6.5: tag 0201 counts from Exif's own header. The thumbnail should lie in the same
segment, which moves as a whole; some cameras put it behind the picture.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from workbench.screening.editing import Edit, place_after

_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_HEADER = len(b"Exif\0\0")
_THUMBNAIL, _LONG = 0x0201, 4


def moved(body: bytes, start: int, edit: Edit) -> list[Edit]:
    """The changes to Exif whose segment holds `body` at place `start`, when `edit` moves what follows it.

    Damaged Exif points nowhere and is left as it is.
    """
    try:
        return list(_changes(body[_HEADER:], start + _HEADER, edit))
    except (struct.error, KeyError):
        return []


def _changes(exif: bytes, base: int, edit: Edit) -> Iterator[Edit]:
    order = _ORDERS[exif[:4]]
    number, count, entry = struct.Struct(f"{order}I"), struct.Struct(f"{order}H"), struct.Struct(f"{order}HHI")
    (folder,) = number.unpack_from(exif, 4)
    (tags,) = count.unpack_from(exif, folder)
    (folder,) = number.unpack_from(exif, folder + 2 + 12 * tags)  # the second folder is the thumbnail's
    (tags,) = count.unpack_from(exif, folder) if folder else (0,)
    for at in range(folder + 2, folder + 2 + 12 * tags, 12):
        (place,) = number.unpack_from(exif, at + 8)
        if entry.unpack_from(exif, at) == (_THUMBNAIL, _LONG, 1) and place >= len(exif):
            after = place_after(base + place, [edit]) - place_after(base, [edit])
            yield Edit(base + at + 8, number.pack(place), number.pack(after))
