"""The XMP packet of a JPEG: its segment in front of the picture, and the edits that write another one.

ITU-T T.81, annex B (segments); Adobe's XMP Specification, part 3, section 1.1.3 (APP1).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from workbench.screening import exif, mpf
from workbench.screening.editing import CannotHold, Edit, in_order, piece
from workbench.screening.xmp import fitted, is_blank

START = b"\xff\xd8"
_END, _SCAN = 0xD9, 0xDA
_ALONE = {0x00, 0x01, *range(0xD0, 0xD9)}  # codes that head no segment: none may stand before the first scan
_APP0, _APP1, _APP2 = 0xE0, 0xE1, 0xE2
_XMP, _EXTENSION = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
_EXIF, _MPF = b"Exif\0", b"MPF\0"
_POINTING = ((_APP1, _EXIF, exif.moved), (_APP2, _MPF, mpf.moved))
_LARGEST = 65_502  # bytes of a packet, by the specification


@dataclass(frozen=True)
class _Segment:
    """A marker segment: its marker stands at `start`, its content begins with `head` at `body` and stops at `end`."""

    start: int
    end: int
    marker: int
    head: bytes

    @property
    def body(self) -> int:
        return self.start + 4

    def holds(self, marker: int, head: bytes) -> bool:
        return self.marker == marker and self.head.startswith(head)


def packet(source: BinaryIO) -> bytes | None:
    """The XMP packet of the file, None where it has none. Raises CannotHold."""
    found = _standing(_segments(source))
    return None if found is None else _packet(source, found)


def edits(source: BinaryIO, packet: bytes | None) -> tuple[Edit, ...]:
    """What gives the file this packet, or takes its packet out. Raises CannotHold.

    A packet that fits into the room of the one before is padded to it, so that nothing moves. A new segment stands
    behind Exif; where the file holds further pictures, their places in its index are brought up to date.
    """
    segments = _segments(source)
    found = _standing(segments)
    if packet is None or is_blank(packet):
        return (
            ()
            if found is None or is_blank(_packet(source, found))
            else _moving(source, segments, _without(source, segments, found))
        )
    if found is None:
        place = _place(segments)
        return _moving(source, segments, Edit(place, b"", _segment(packet)))
    before = _packet(source, found)
    if (same := fitted(packet, len(before))) is not None:
        return in_order([Edit(found.end - len(before), before, same)])
    whole = piece(source, found.start, found.end - found.start)
    return _moving(source, segments, Edit(found.start, whole, _segment(packet)))


def _segments(source: BinaryIO) -> list[_Segment]:
    """All segments in front of the compressed data. Raises CannotHold where they do not lead there."""
    size = source.seek(0, 2)
    if piece(source, 0, 2) != START:
        raise CannotHold("it is no JPEG")
    found: list[_Segment] = []
    place = len(START)
    while not found or found[-1].marker != _SCAN:
        found.append(_next(source, place, size))
        place = found[-1].end
    return found


def _next(source: BinaryIO, place: int, size: int) -> _Segment:
    """The segment at `place` of a file of `size` bytes, behind any fill bytes."""
    head = piece(source, place, 2)
    while head == b"\xff\xff":
        place += 1
        head = piece(source, place, 2)
    if head[0] != 0xFF or head[1] in _ALONE or head[1] == _END:
        raise CannotHold("its JPEG headers are damaged")
    length = int.from_bytes(piece(source, place + 2, 2), "big")
    if length < 2 or place + 2 + length > size:
        raise CannotHold("one of its JPEG headers gives a wrong length")
    return _Segment(place, place + 2 + length, head[1], source.read(min(length - 2, len(_EXTENSION))))


def _standing(segments: Sequence[_Segment]) -> _Segment | None:
    found = [segment for segment in segments if segment.holds(_APP1, _XMP)]
    if len(found) > 1:
        raise CannotHold("it holds two XMP packets, and which of them counts is not certain")
    return found[0] if found else None


def _packet(source: BinaryIO, segment: _Segment) -> bytes:
    start = segment.body + len(_XMP)
    return piece(source, start, segment.end - start)


def _segment(packet: bytes) -> bytes:
    """The whole segment of a packet, with less padding where it would be too long. Raises CannotHold."""
    body = packet if len(packet) <= _LARGEST else fitted(packet, _LARGEST)
    if body is None:
        raise CannotHold("its XMP metadata would be longer than a JPEG can hold")
    return b"\xff\xe1" + (2 + len(_XMP) + len(body)).to_bytes(2, "big") + _XMP + body


def _place(segments: Sequence[_Segment]) -> int:
    """Where a first XMP segment goes: behind Exif, or behind JFIF where there is none."""
    place = len(START)
    for segment in itertools.takewhile(lambda one: one.marker == _APP0, segments):
        place = segment.end
    return next((segment.end for segment in segments if segment.holds(_APP1, _EXIF)), place)


def _without(source: BinaryIO, segments: Sequence[_Segment], found: _Segment) -> Edit:
    if any(segment.holds(_APP1, _EXTENSION) for segment in segments):
        raise CannotHold("its XMP metadata go on in further segments")
    return Edit(found.start, piece(source, found.start, found.end - found.start), b"")


def _moving(source: BinaryIO, segments: Sequence[_Segment], edit: Edit) -> tuple[Edit, ...]:
    """The edit, and what it asks for in segments that point to places behind it: further pictures, the thumbnail."""
    changes = [
        change
        for segment in segments
        for marker, head, moved in _POINTING
        if segment.holds(marker, head)
        for change in moved(piece(source, segment.body, segment.end - segment.body), segment.body, edit)
    ]
    return in_order([edit, *changes])
