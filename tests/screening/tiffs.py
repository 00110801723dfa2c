"""Small TIFFs for tests in every form: both byte orders, classic and BigTIFF, several pages, with or without XMP."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

_TYPES = {1: "B", 2: "B", 3: "H", 4: "I", 7: "B"}
SIDE = 16


def tiff(path: Path, *, order: str = "<", big: bool = False, pages: int = 1, packet: bytes | None = None) -> Path:
    """A grey TIFF of SIDE × SIDE pixels a page, each page others; `packet` goes into the first."""
    offset = "Q" if big else "I"
    magic = {"<": b"II", ">": b"MM"}[order]
    out = bytearray(magic + struct.pack(order + ("HHHQ" if big else "HI"), *((43, 8, 0, 16) if big else (42, 8))))
    for page in range(pages):
        _page(out, order, offset, page, packet if page == 0 else None, last=page + 1 == pages)
    path.write_bytes(out)
    return path


def pixels(page: int) -> np.ndarray:
    """The picture of a page, (SIDE, SIDE) bytes."""
    return np.random.default_rng(page).integers(0, 256, (SIDE, SIDE), dtype=np.uint8)


def _page(out: bytearray, order: str, offset: str, page: int, packet: bytes | None, *, last: bool) -> None:
    """Appends a folder with what it points to; the next one follows at once."""
    count, wide = ("Q", 20) if offset == "Q" else ("H", 12)
    tags = [(256, 3, [SIDE]), (257, 3, [SIDE]), (258, 3, [8]), (259, 3, [1]), (262, 3, [1]), (273, 4, None)]
    tags += [(277, 3, [1]), (278, 3, [SIDE]), (279, 4, [SIDE * SIDE]), (700, 1, packet), (34000, 7, b"private data")]
    tags = [tag for tag in tags if tag[0] != 700 or packet is not None]
    width = struct.calcsize(offset)
    end = len(out) + struct.calcsize(count) + wide * len(tags) + width
    table, blobs = struct.pack(order + count, len(tags)), bytearray(pixels(page).tobytes())
    for tag, kind, value in tags:
        values = [end] if value is None else value
        data = struct.pack(f"{order}{len(values)}{_TYPES[kind]}", *values)
        if len(data) > width:
            blobs += bytes(len(blobs) % 2)
            place, blobs = end + len(blobs), blobs + data
            data = struct.pack(order + offset, place)
        table += struct.pack(f"{order}HH{offset}", tag, kind, len(values)) + data.ljust(width, b"\0")
    blobs += bytes((end + len(blobs)) % 2)
    out += table + struct.pack(order + offset, 0 if last else end + len(blobs)) + blobs
