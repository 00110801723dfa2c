"""Photo files of every kind that XMP is written into, as bytes: for tests."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

from tests import photographs
from tests.screening import packets, tiffs
from workbench.screening import embedding

Made = Callable[[Path], bytes]
XMP, EXTENSION = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def with_segments(data: bytes, *segments: bytes, place: int = 2) -> bytes:
    return data[:place] + b"".join(segments) + data[place:]


def plain_jpeg(folder: Path) -> bytes:
    return photographs.jpeg(folder / "plain.jpg", 1, orientation=6).read_bytes()


def bare_jpeg(folder: Path) -> bytes:
    """Without Exif, and without JFIF."""
    buffer = io.BytesIO()
    photographs.picture(2).save(buffer, "JPEG")
    data = buffer.getvalue()
    return data[:2] + data[4 + int.from_bytes(data[4:6], "big") :]


def jpeg_with_xmp(folder: Path) -> bytes:
    data = plain_jpeg(folder)
    return with_segments(data, segment(0xE1, XMP + packets.packet(packets.RICH)), place=behind_exif(data))


def jpeg_with_tight_xmp(folder: Path) -> bytes:
    return with_segments(plain_jpeg(folder), segment(0xE1, XMP + packets.packet(packets.RICH, wrapped=False)))


def jpeg_with_blank_xmp(folder: Path) -> bytes:
    return with_segments(plain_jpeg(folder), segment(0xE1, XMP + b" " * 3000))


def jpeg_with_fill_and_trailer(folder: Path) -> bytes:
    filled = with_segments(plain_jpeg(folder), b"\xff\xff\xff", segment(0xFE, b"a comment"), b"\xff")
    return filled + b"a maker's trailer"


def progressive_jpeg(folder: Path) -> bytes:
    buffer = io.BytesIO()
    photographs.picture(3).save(buffer, "JPEG", progressive=True, icc_profile=b"i" * 70_000, comment=b"hello")
    return buffer.getvalue()


def camera_jpeg(folder: Path) -> bytes:
    return _camera(folder).read_bytes()


def camera_jpeg_with_xmp_behind_its_index(folder: Path) -> bytes:
    data = camera_jpeg(folder)
    place = 4 + int.from_bytes(data[4:6], "big")
    added = segment(0xE1, XMP + packets.packet(packets.RICH, padding=0))
    moved = with_segments(data, added, place=place)
    at = data.index(b"MPF\0") + 4 + 50
    for number in (at + 4, at + 24):  # the first picture's size, the second one's place
        moved = moved[:number] + struct.pack("<I", number_at(data, number) + len(added)) + moved[number + 4 :]
    return moved


def classic_tiff(folder: Path) -> bytes:
    return photographs.other(folder / "a.tif", 4).read_bytes()


def big_endian_tiff(folder: Path) -> bytes:
    return tiffs.tiff(folder / "b.tif", order=">", pages=3).read_bytes()


def odd_tiff(folder: Path) -> bytes:
    return tiffs.tiff(folder / "c.tif").read_bytes() + b"\0"


def big_tiff(folder: Path) -> bytes:
    return tiffs.tiff(folder / "d.tif", big=True, pages=2).read_bytes()


def big_endian_big_tiff_with_xmp(folder: Path) -> bytes:
    return tiffs.tiff(folder / "e.tif", order=">", big=True, packet=packets.packet(packets.RICH)).read_bytes()


def tiff_with_xmp(folder: Path) -> bytes:
    return tiffs.tiff(folder / "f.tif", pages=2, packet=packets.packet(packets.RICH)).read_bytes()


def tiff_with_tight_xmp(folder: Path) -> bytes:
    return tiffs.tiff(folder / "g.tif", order=">", packet=packets.packet(packets.RICH, wrapped=False)).read_bytes()


def tiff_with_blank_xmp(folder: Path) -> bytes:
    return tiffs.tiff(folder / "h.tif", packet=bytes(2000)).read_bytes()


def raw_dng(folder: Path) -> bytes:
    return photographs.dng(folder / "i.dng", photographs.picture(5)).read_bytes()


JPEGS = (
    plain_jpeg,
    bare_jpeg,
    jpeg_with_xmp,
    jpeg_with_tight_xmp,
    jpeg_with_blank_xmp,
    jpeg_with_fill_and_trailer,
    progressive_jpeg,
    camera_jpeg,
    camera_jpeg_with_xmp_behind_its_index,
)
TIFFS = (
    classic_tiff,
    big_endian_tiff,
    odd_tiff,
    big_tiff,
    big_endian_big_tiff_with_xmp,
    tiff_with_xmp,
    tiff_with_tight_xmp,
    tiff_with_blank_xmp,
    raw_dng,
)


def embedded(data: bytes, packet: bytes | None) -> bytes:
    """The file after; on the way the edits go through the journal's form and are taken back again."""
    edits = embedding.load(embedding.dump(embedding.edits(io.BytesIO(data), packet)))
    after, back = io.BytesIO(), io.BytesIO()
    embedding.apply(io.BytesIO(data), edits, after)
    embedding.revert(after, edits, back)
    assert back.getvalue() == data
    return after.getvalue()


def behind_exif(data: bytes) -> int:
    at = data.index(b"Exif\0") - 2
    return at + int.from_bytes(data[at : at + 2], "big")


def _camera(folder: Path) -> Path:
    whole, embedded_one = photographs.picture(6), photographs.picture(7, (60, 40))
    return photographs.mpo(folder / "camera.jpg", whole=whole, embedded=embedded_one, kind=0x00010002)


def number_at(data: bytes, place: int) -> int:
    return int(struct.unpack_from("<I", data, place)[0])
