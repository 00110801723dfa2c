"""Photo files as a camera writes them, made in moments: 24 MP, detailed, with or without an embedded preview."""

from __future__ import annotations

import io
import itertools
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (6000, 4000)
PREVIEW = (1620, 1080)
_ORIENTATION, _TURN_LEFT = 0x0112, 8
_LARGE_THUMBNAIL = 0x010002  # MP type “large thumbnail, full HD” of CIPA DC-007
_TABLES, _COEFFICIENTS = b"\xff\xdb", 64


@dataclass(frozen=True)
class Shot:
    """One exposure: the bytes of the whole JPEG and those of its preview."""

    whole: bytes
    preview: bytes


def write_session(
    folder: Path, portraits: list[Path], *, count: int, exposures: int, embedded: bool
) -> list[Path]:
    """Writes `count` photo files of `exposures` pictures of the portraits' faces, no two of the same image data.

    Every second picture is an upright one that the file holds lying, as cameras do.
    """
    folder.mkdir(parents=True)
    shots = [
        expose(portraits[number % len(portraits)], number) for number in range(min(count, exposures))
    ]
    files = []
    for number, shot in zip(range(count), itertools.cycle(shots)):  # noqa: B905
        files.append(folder / f"{number:04d}.jpg")
        whole = another(shot.whole, number // len(shots))
        files[-1].write_bytes(with_preview(whole, shot.preview) if embedded else whole)
    return files


def expose(portrait: Path, seed: int) -> Shot:
    """A picture of the portrait's face before a backdrop, with the fine grain that fills a camera's file."""
    rng = np.random.default_rng(seed)
    lying = seed % 2 == 0
    size = SIZE if lying else SIZE[::-1]
    backdrop = Image.fromarray(rng.integers(60, 160, (6, 9, 3), dtype=np.uint8))
    scene = backdrop.resize(size, Image.Resampling.BICUBIC)
    with Image.open(portrait) as face:
        side = min(face.size)
        near = int(3400 + rng.integers(0, 500))
        large = face.convert("RGB").resize((near, near), Image.Resampling.BICUBIC, (0, 0, side, side))
    scene.paste(large, ((size[0] - near) // 2, (size[1] - near) // 2))
    grainy = _with_grain(scene, rng)
    stored = grainy if lying else grainy.transpose(Image.Transpose.ROTATE_270)
    exif = Image.Exif()
    exif[_ORIENTATION] = 1 if lying else _TURN_LEFT
    return Shot(_encoded(stored, exif), _encoded(stored.resize(PREVIEW, reducing_gap=2.0), Image.Exif()))


def another(whole: bytes, number: int) -> bytes:
    """The same JPEG with other image data: the quantisation of one high frequency is changed; 0 changes nothing."""
    if number == 0:
        return whole
    table, frequency = divmod(number - 1, _COEFFICIENTS // 2)
    place = -1
    for _ in range(table + 1):
        place = whole.index(_TABLES, place + 1)
    changed = bytearray(whole)
    changed[place + 5 + _COEFFICIENTS - 1 - frequency] += 1
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
    image.save(buffer, "JPEG", quality=92, subsampling="4:2:2", exif=exif)
    return buffer.getvalue()
