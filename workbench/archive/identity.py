"""A photo's identity: the hash of its image data without metadata, so that a rating does not make a new photo."""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_START, _END, _SCAN, _COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
_APPLICATION = range(0xE0, 0xF0)
_STRIDE = 1 << 17  # bytes that a processor holds in its cache


@dataclass(frozen=True)
class Hashes:
    """Who a photo is (`identity`, 32 hexadecimal digits) and which bytes its file has (`file`, 64)."""

    identity: str
    file: str


def hashes(data: bytes) -> Hashes:
    """Identity of the photo in `data` and hash of the whole file, with every byte hashed once.

    Identity of a JPEG: SHA-256 of the first picture without its APPn and COM segments (ITU-T T.81, annex B); what
    an editor writes, moves or cuts off lies there or behind the picture. Any other format: SHA-256 of the bytes.

    Hash of a JPEG file: SHA-256 of what the identity leaves out, each piece behind its place and length, and of the
    picture's SHA-256 in full, so that any other byte anywhere gives another hash (a Merkle tree of two leaves; it is
    not what `sha256sum` prints). Any other format: SHA-256 of the bytes.
    """
    if data[:3] != b"\xff\xd8\xff":
        whole = hashlib.sha256(data).hexdigest()
        return Hashes(whole[:32], whole)
    view = memoryview(data)
    picture, rest, position = hashlib.sha256(), hashlib.sha256(), 0
    for start, end in (*_picture(data), (len(data), len(data))):
        if start > position:  # metadata, or what stands behind the picture
            rest.update(struct.pack("<QQ", position, start - position))
            rest.update(view[position:start])
        picture.update(view[start:end])
        position = end
    rest.update(picture.digest())
    return Hashes(picture.hexdigest()[:32], rest.hexdigest())


def identity(data: bytes) -> str:
    """The photo's identity alone; `hashes` says what it is."""
    return hashes(data).identity


def file_hash(data: bytes) -> str:
    """The hash of the whole file alone; `hashes` says what it is."""
    return hashes(data).file


def _picture(data: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of each part of a JPEG's first picture that is not metadata; of damaged files all that is left."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # a fill byte before the marker
            position += 1
            continue
        if marker == _END:
            return
        end = min(position + 2 + int.from_bytes(data[position + 2 : position + 4], "big"), len(data))
        if marker not in _APPLICATION and marker != _COMMENT:
            yield position, end
        position = end
        if marker == _SCAN:
            position = _scan_end(data, end)
            yield end, position
    if position < len(data) and data[position : position + 2] != b"\xff\xd9":
        yield position, len(data)


def _scan_end(data: bytes, position: int) -> int:
    """Where the compressed data that starts at `position` ends: at the next marker, or with the file.

    Nearly every 0xFF in it is followed by 0. Numpy passes over these faster than the pattern, which takes as long as
    hashing does, so that the pattern only looks where something else follows.
    """
    view = np.frombuffer(data, np.uint8)
    for start in range(position, len(data), _STRIDE):
        part = view[start : start + _STRIDE + 1]
        if ((part[:-1] == 0xFF) & (part[1:] != 0)).any():
            if found := _NEXT_MARKER.search(data, start, start + _STRIDE + 1):
                return found.start()
    return len(data)
