"""A photo's identity: the hash of its image data without metadata, so that a rating does not make a new photo."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_START, _END, _SCAN, _COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
_APPLICATION = range(0xE0, 0xF0)


def file_hash(data: bytes) -> str:
    """SHA-256 of the whole file, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def identity(data: bytes) -> str:
    """Identity of the photo in `data`, 32 hexadecimal digits.

    JPEG: SHA-256 of the first picture without its APPn and COM segments (ITU-T T.81, annex B); what an editor
    writes, moves or cuts off lies there or behind the picture. Any other format: SHA-256 of the bytes.
    """
    digest = hashlib.sha256()
    for part in _picture(data) if data[:3] == b"\xff\xd8\xff" else [memoryview(data)]:
        digest.update(part)
    return digest.hexdigest()[:32]


def _picture(data: bytes) -> Iterator[memoryview]:
    """The parts of a JPEG's first picture that are not metadata; damaged files yield what is left as it is."""
    view, position = memoryview(data), 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # a fill byte before the marker
            position += 1
            continue
        if marker == _END:
            return
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        if marker not in _APPLICATION and marker != _COMMENT:
            yield view[position:end]
        position = end
        if marker == _SCAN:
            follows = _NEXT_MARKER.search(data, end)
            position = follows.start() if follows else len(data)
            yield view[end:position]
    if position < len(data) and data[position : position + 2] != b"\xff\xd9":
        yield view[position:]
