"""Photo files as a camera writes them, made in moments: 24 MP, detailed, with or without an embedded preview."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (6000, 4000)
PREVIEW = (1620, 1080)
_ORIENTATION, _TURN_LEFT = 0x0112, 8
_LARGE_THUMBNAIL = 0x010002  # MP type “large thumbnail, full HD” of CIPA DC-007
_TABLE, _COEFFICIENTS = b"\xff\xdb", 64


Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Shot:
    """One exposure: the bytes of the whole JPEG and those of its preview."""

    whole: bytes
    preview: bytes


def write_session(folder: Path, shots: list[Shot], *, count: int, embedded: bool) -> None:
    """Writes `count` photo files of these shots in turn, no two of the same image data."""
    folder.mkdir(parents=True)
    for number in range(count):
        repeat, which = divmod(number, len(shots))
        whole = another(shots[which].whole, repeat)
        file = with_preview(whole, shots[which].preview) if embedded else whole
        (folder / f"{number:04d}.jpg").write_bytes(file)


def expose(portrait: Path, box: Box, seed: int) -> Shot:
    """A headshot: what `box` of the portrait shows, before a backdrop, with the fine grain that fills a camera's file.

    With an odd `seed` it is an upright one that the file holds lying, as cameras do.
    """
    rng = np.random.default_rng(seed)
    lying = seed % 2 == 0
    size = SIZE if lying else SIZE[::-1]
    backdrop = Image.fromarray(rng.integers(60, 160, (6, 9, 3), dtype=np.uint8))
    scene = backdrop.resize(size, Image.Resampling.BICUBIC)
    near = int(3400 + rng.integers(0, 500))
    with Image.open(portrait) as face:
        large = face.convert("RGB").resize((near, near), Image.Resampling.BICUBIC, box)
    scene.paste(large, ((size[0] - near) // 2, (size[1] - near) // 2))
    grainy = _with_grain(scene, rng)
    stored = grainy if lying else grainy.transpose(Image.Transpose.ROTATE_270)
    exif = Image.Exif()
    exif[_ORIENTATION] = 1 if lying else _TURN_LEFT
    return Shot(_encoded(stored, exif), _encoded(stored.resize(PREVIEW, reducing_gap=2.0), Image.Exif()))


def another(whole: bytes, number: int) -> bytes:
    """The same JPEG with other image data: one high frequency is quantised otherwise; number 0 changes nothing."""
    if number == 0:
        return whole
    coarser, frequency = divmod(number - 1, _COEFFICIENTS // 2)
    last = whole.index(_TABLE) + 4 + _COEFFICIENTS  # behind the marker: length (2), number (1), coefficients
    changed = bytearray(whole)
    changed[last - frequency] += 1 + coarser
    return bytes(changed)


def with_preview(whole: bytes, preview: bytes) -> bytes:
    """A camera's multi-picture file (CIPA DC-007): the whole JPEG, its index in APP2, the preview behind it."""
    header = len(_index(0, 0, 0))
    length = len(whole) + header
    offset = length - 10  # offsets count from the index's own start, behind SOI, marker, length and "MPF\0"
    return whole[:2] + _index(length, len(preview), offset) + whole[2:] + preview


def _index(length: int, preview_length: int, offset: int) -> bytes:
    entries = struct.pack("<IIIHH", 0x20030000, length, 0, 0, 0)
    entries += struct.pack("<IIIHH", _LARGE_THUMBNAIL, preview_length, offset, 0, 0)
    tags = [(0xB000, 7, 4, b"0100"), (0xB001, 4, 1, b"\2\0\0\0"), (0xB002, 7, 32, b"\x32\0\0\0")]
    folder = b"".join(struct.pack("<HHI", *tag[:3]) + tag[3] for tag in tags)
    body = b"MPF\0II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + folder + b"\0\0\0\0" + entries
    return b"\xff\xe2" + struct.pack(">H", len(body) + 2) + body


def _with_grain(scene: Image.Image, rng: np.random.Generator) -> Image.Image:
    tile = rng.integers(-13, 14, (1000, 1000, 1), dtype=np.int16)
    grain = np.tile(tile, (scene.height // 1000, scene.width // 1000, 1))
    return Image.fromarray(np.clip(np.asarray(scene) + grain, 0, 255).astype(np.uint8))


def _encoded(image: Image.Image, exif: Image.Exif) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=94, subsampling="4:2:2", exif=exif)
    return buffer.getvalue()
