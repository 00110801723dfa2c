"""XMP inside photo files: the packet that stands there, and the edits that write another one.

Only headers are read, and the picture's own data never change, not by one byte.
"""

from __future__ import annotations

from typing import BinaryIO

from workbench.screening import jpeg, tiff
from workbench.screening.editing import CannotHold, ChangedMeanwhile, Edit, apply, dump, load, revert

__all__ = ["EMBEDS", "CannotHold", "ChangedMeanwhile", "Edit", "apply", "dump", "edits", "load", "packet", "revert"]

EMBEDS = (".jpg", ".jpeg", ".tif", ".tiff", ".dng")


def packet(source: BinaryIO) -> bytes | None:
    """The XMP packet of a JPEG, TIFF or DNG, None where it has none. Raises CannotHold."""
    return jpeg.packet(source) if is_jpeg(source) else tiff.packet(source)


def edits(source: BinaryIO, packet: bytes | None) -> tuple[Edit, ...]:
    """What gives the file this packet, None taking the one that stands there out; none where that changes nothing.

    Places are those of the file before, ascending. Raises CannotHold for what is no such file or is damaged.
    """
    return jpeg.edits(source, packet) if is_jpeg(source) else tiff.edits(source, packet)


def is_jpeg(source: BinaryIO) -> bool:
    """Whether the file is a JPEG; else it is a TIFF or DNG. Raises CannotHold for what is neither."""
    source.seek(0)
    start = source.read(4)
    if not start.startswith((jpeg.START, *tiff.STARTS)):
        raise CannotHold("it is no JPEG, TIFF or DNG")
    return start.startswith(jpeg.START)
