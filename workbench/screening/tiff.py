"""The XMP packet of a TIFF or DNG, classic or BigTIFF: tag 700 of the first folder (IFD 0).

TIFF 6.0, section 2; Adobe's XMP Specification, part 3, section 1.1.4; the BigTIFF file format of libtiff. Nothing in a
TIFF may move, for places are counted from its start: what does not fit where it stands is written at the end.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from workbench.screening.editing import CannotHold, Edit, in_order, piece
from workbench.screening.xmp import fitted, is_blank

_XMP = 700
_BYTES = {1, 2, 6, 7}  # types of one byte a value
_MOST_TAGS, _LONGEST = 4096, 16 << 20


@dataclass(frozen=True)
class _Form:
    """How numbers are written: byte order, and the formats of a folder's count and of a place in the file."""

    order: str
    count: str
    place: str

    @property
    def width(self) -> int:
        """Bytes of a place in the file."""
        return struct.calcsize(self.place)

    @property
    def pointer(self) -> int:
        """Where in the file the place of the first folder stands."""
        return self.width  # 4 in a TIFF, 8 in a BigTIFF

    @property
    def entry(self) -> struct.Struct:
        """Tag, type, number of values, and the value or its place."""
        return struct.Struct(f"{self.order}HH{self.place}{self.width}s")

    def number(self, value: int) -> bytes:
        """A place in the file as bytes. Raises CannotHold where it is too far."""
        if value >= 1 << 8 * self.width:
            raise CannotHold("it would grow beyond the 4 GB that a TIFF can hold")
        return struct.pack(self.order + self.place, value)


_FORMS = {
    b"II*\0": _Form("<", "H", "I"),
    b"MM\0*": _Form(">", "H", "I"),
    b"II+\0": _Form("<", "Q", "Q"),
    b"MM\0+": _Form(">", "Q", "Q"),
}
STARTS = tuple(_FORMS)


@dataclass(frozen=True)
class _Folder:
    """IFD 0: where it starts, its entries as they stand, and the place of the next folder."""

    form: _Form
    start: int
    entries: tuple[bytes, ...]
    following: bytes

    @property
    def data(self) -> bytes:
        count = struct.pack(self.form.order + self.form.count, len(self.entries))
        return count + b"".join(self.entries) + self.following

    def tag(self, number: int) -> int:
        return int(self.form.entry.unpack(self.entries[number])[0])

    def place(self, number: int) -> int:
        """Where in the file an entry stands."""
        return self.start + struct.calcsize(self.form.count) + number * self.form.entry.size


@dataclass(frozen=True)
class _Standing:
    """The packet that a file has: the number of its entry, where its bytes start, and these."""

    entry: int
    start: int
    packet: bytes


def packet(source: BinaryIO) -> bytes | None:
    """The XMP packet of the file, None where it has none. Raises CannotHold."""
    found = _standing(source, _folder(source))
    return None if found is None else found.packet


def edits(source: BinaryIO, packet: bytes | None) -> tuple[Edit, ...]:
    """What gives the file this packet, or takes its packet out. Raises CannotHold.

    A packet that fits into the room of the one before is padded to it. Another goes to the end of the file, behind it
    a new first folder where the tag is new.
    """
    folder = _folder(source)
    found = _standing(source, folder)
    if packet is None or is_blank(packet):
        return () if found is None or is_blank(found.packet) else _without(folder, found)
    if found and not is_blank(found.packet) and (same := fitted(packet, len(found.packet))) is not None:
        return in_order([Edit(found.start, found.packet, same)])
    size = source.seek(0, 2)
    gap = bytes(size % 2)  # places are even
    entry = _entry(folder.form, packet, size + len(gap))
    if found:
        replaced = Edit(folder.place(found.entry), folder.entries[found.entry], entry)
        return in_order([replaced, Edit(size, b"", gap + packet)])
    return _with_new_folder(folder, entry, size, gap + packet)


def _folder(source: BinaryIO) -> _Folder:
    """The first folder of the file. Raises CannotHold where the file is none or damaged."""
    form = _FORMS.get(piece(source, 0, 4))
    if form is None:
        raise CannotHold("it is no TIFF")
    if form.width == 8 and piece(source, 4, 4) != struct.pack(f"{form.order}HH", 8, 0):
        raise CannotHold("its TIFF header is damaged")
    (start,) = struct.unpack(form.order + form.place, piece(source, form.pointer, form.width))
    (count,) = struct.unpack(form.order + form.count, _inside(source, start, struct.calcsize(form.count)))
    if not 0 < count <= _MOST_TAGS or start < form.pointer + form.width:
        raise CannotHold("its TIFF folder is damaged")
    length = form.entry.size
    data = _inside(source, start + struct.calcsize(form.count), count * length + form.width)
    entries = tuple(data[at : at + length] for at in range(0, count * length, length))
    return _Folder(form, start, entries, data[count * length :])


def _inside(source: BinaryIO, start: int, length: int) -> bytes:
    """Bytes of the file. Raises CannotHold where they lie outside of it, however far."""
    if start + length > source.seek(0, 2):
        raise CannotHold("its TIFF folder points outside the file")
    return piece(source, start, length)


def _standing(source: BinaryIO, folder: _Folder) -> _Standing | None:
    numbers = [number for number in range(len(folder.entries)) if folder.tag(number) == _XMP]
    if len(numbers) > 1:
        raise CannotHold("it holds two XMP packets, and which of them counts is not certain")
    if not numbers:
        return None
    _, kind, count, value = folder.form.entry.unpack(folder.entries[numbers[0]])
    if kind not in _BYTES or count > _LONGEST:
        raise CannotHold("its entry for XMP is damaged")
    (start,) = struct.unpack(folder.form.order + folder.form.place, value)
    if count <= folder.form.width:
        start = folder.place(numbers[0]) + folder.form.entry.size - folder.form.width
    return _Standing(numbers[0], start, _inside(source, start, count))


def _entry(form: _Form, packet: bytes, place: int) -> bytes:
    form.number(place + len(packet))
    return form.entry.pack(_XMP, 1, len(packet), form.number(place))


def _with_new_folder(folder: _Folder, entry: bytes, size: int, added: bytes) -> tuple[Edit, ...]:
    """The packet and a copy of the folder that also has its entry at the end; the header names the copy."""
    added += bytes((size + len(added)) % 2)
    before = [number for number in range(len(folder.entries)) if folder.tag(number) < _XMP]
    at = before[-1] + 1 if before else 0
    copy = _Folder(folder.form, 0, (*folder.entries[:at], entry, *folder.entries[at:]), folder.following)
    folder.form.number(size + len(added) + len(copy.data))
    old, new = (folder.form.number(place) for place in (folder.start, size + len(added)))
    return in_order([Edit(folder.form.pointer, old, new), Edit(size, b"", added + copy.data)])


def _without(folder: _Folder, found: _Standing) -> tuple[Edit, ...]:
    """The folder less the entry, where it stands."""
    entries = folder.entries[: found.entry] + folder.entries[found.entry + 1 :]
    if not entries:
        raise CannotHold("it would have no tags left")
    rest = _Folder(folder.form, folder.start, entries, folder.following)
    return in_order([Edit(folder.start, folder.data, rest.data + bytes(folder.form.entry.size))])
