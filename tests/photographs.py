"""Small real photo files for tests: every format and every kind of damage, made on the spot."""

from __future__ import annotations

import io
import struct
from datetime import datetime
from pathlib import Path

import numpy as np
import pi_heif
from PIL import Image

ORIENTATION, EXIF, MADE, FRACTION = 0x0112, 0x8769, 0x9003, 0x9291


def picture(seed: int = 0, size: tuple[int, int] = (120, 80)) -> Image.Image:
    """A colourful picture, another one for each seed; its top left quarter is white."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 200, (6, 8, 3), dtype=np.uint8))
    image = coarse.resize(size, Image.Resampling.BICUBIC)
    image.paste((255, 255, 255), (0, 0, size[0] // 2, size[1] // 2))
    return image


def exif(*, orientation: int = 1, made: datetime | None = None) -> Image.Exif:
    """EXIF with a turn and a capture time."""
    data = Image.Exif()
    data[ORIENTATION] = orientation
    if made:
        details = data.get_ifd(EXIF)
        details[MADE] = made.strftime("%Y:%m:%d %H:%M:%S")
        details[FRACTION] = f"{made.microsecond // 10_000:02d}"
    return data


def jpeg(path: Path, seed: int = 0, *, size: tuple[int, int] = (120, 80), **about: object) -> Path:
    """A JPEG file; `about` goes to `exif`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(seed, size).save(path, "JPEG", quality=90, exif=exif(**about))  # type: ignore[arg-type]
    return path


def other(path: Path, seed: int = 0, *, size: tuple[int, int] = (120, 80)) -> Path:
    """A file in the format of its ending (PNG, TIFF, WebP)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(seed, size).save(path)
    return path


def heic(path: Path) -> Path:
    """pi-heif reads only, so the one HEIC is a stored file; gives where it was put."""
    path.write_bytes((Path(__file__).parent / "data" / "small.heic").read_bytes())
    assert pi_heif.is_supported(path)
    return path


def mpo(path: Path, *, whole: Image.Image, embedded: Image.Image, kind: int) -> Path:
    """A camera's MPO: the whole JPEG and a further one of MP type `kind` (CIPA DC-007)."""
    parts = []
    for image in (whole, embedded):
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=90)
        parts.append(buffer.getvalue())
    header = 2 + 2 + 4 + _index(b"", b"", kind, 0).__len__()
    first_length = len(parts[0]) + header
    segment = b"MPF\0" + _index(parts[0], parts[1], kind, first_length)
    first = parts[0][:2] + b"\xff\xe2" + struct.pack(">H", len(segment) + 2) + segment + parts[0][2:]
    assert len(first) == first_length
    path.write_bytes(first + parts[1])
    return path


def _index(first: bytes, second: bytes, kind: int, first_length: int) -> bytes:
    """MP index IFD, little-endian; offsets count from its own start, which lies 10 bytes into the file."""
    entries = struct.pack("<IIIHH", 0x20030000, first_length, 0, 0, 0)
    entries += struct.pack("<IIIHH", kind, len(second), max(0, first_length - 10), 0, 0)
    tags = [
        (0xB000, 7, 4, b"0100"),
        (0xB001, 4, 1, struct.pack("<I", 2)),
        (0xB002, 7, 32, struct.pack("<I", 50)),
    ]
    body = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHI", *tag[:3]) + tag[3] for tag in tags)
    return b"II*\0" + struct.pack("<I", 8) + body + struct.pack("<I", 0) + entries


def dng(path: Path, preview: Image.Image, *, orientation: int = 1, made: str = "2026:11:20 10:00:00") -> Path:
    """A small RAW: a DNG whose IFD 0 is an embedded JPEG and whose sub-IFD is 16-bit colour-filter data."""
    buffer = io.BytesIO()
    preview.save(buffer, "JPEG", quality=90)
    thumbnail = buffer.getvalue()
    side = 64
    raw = np.full((side, side), 2000, "<u2").tobytes()
    details = [(MADE, 2, made.encode() + b"\0")]
    main = [
        (254, 4, [1]), (256, 4, [preview.width]), (257, 4, [preview.height]), (258, 3, [8, 8, 8]), (259, 3, [7]),
        (262, 3, [6]), (271, 2, b"Test\0"), (272, 2, b"Camera\0"), (273, 4, "thumbnail"), (274, 3, [orientation]),
        (277, 3, [3]), (278, 4, [preview.height]), (279, 4, [len(thumbnail)]), (330, 4, "raw ifd"),
        (34665, 4, "exif ifd"), (50706, 1, [1, 4, 0, 0]), (50708, 2, b"Test Camera\0"),
        (50721, 10, [1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1]), (50778, 3, [21]),
    ]  # fmt: skip
    sub = [
        (254, 4, [0]), (256, 4, [side]), (257, 4, [side]), (258, 3, [16]), (259, 3, [1]), (262, 3, [32803]),
        (273, 4, "raw"), (277, 3, [1]), (278, 4, [side]), (279, 4, [len(raw)]), (33421, 3, [2, 2]),
        (33422, 1, [0, 1, 1, 2]), (50717, 4, [4095]),
    ]  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_tiff({"main": main, "raw ifd": sub, "exif ifd": details}, {"thumbnail": thumbnail, "raw": raw}))
    return path


def _tiff(folders: dict[str, list[tuple[int, int, object]]], blobs: dict[str, bytes]) -> bytes:
    """A little-endian TIFF of several folders (IFDs) and blobs; a string value is the offset of what it names."""
    sizes = {1: 1, 2: 1, 3: 2, 4: 4, 10: 4}
    codes = {1: "B", 3: "H", 4: "I", 10: "i"}
    places, position = {}, 8
    for name, tags in folders.items():
        places[name] = position
        position += 2 + 12 * len(tags) + 4
        position += sum(len(v) * sizes[t] for _, t, v in tags if not isinstance(v, str) and len(v) * sizes[t] > 4)  # type: ignore[arg-type]
    for name, blob in blobs.items():
        places[name] = position
        position += len(blob)
    out = b"II*\0" + struct.pack("<I", 8)
    for name, tags in folders.items():
        table, extra = struct.pack("<H", len(tags)), b""
        behind = places[name] + 2 + 12 * len(tags) + 4
        for tag, kind, value in tags:
            data = struct.pack("<I", places[value]) if isinstance(value, str) else b""
            if isinstance(value, bytes):
                data = value
            elif isinstance(value, list):
                data = struct.pack(f"<{len(value)}{codes[kind]}", *value)
            count = len(data) // sizes[kind] // (2 if kind == 10 else 1)
            if len(data) > 4:
                extra, data = extra + data, struct.pack("<I", behind + len(extra))
            table += struct.pack("<HHI", tag, kind, count) + data.ljust(4, b"\0")
        out += table + struct.pack("<I", 0) + extra
    return out + b"".join(blobs.values())


def malformed(folder: Path, count: int, seed: int = 0) -> list[Path]:
    """`count` damaged files of many kinds: cut, flipped, of the wrong kind, empty, bombs, looping links."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    return [_DAMAGE[number % len(_DAMAGE)](folder, number, rng) for number in range(count)]


def _good(number: int, form: str) -> bytes:
    buffer = io.BytesIO()
    picture(number).save(buffer, form)
    return buffer.getvalue()


def _cut(folder: Path, number: int, rng: np.random.Generator) -> Path:
    form, ending = [("JPEG", "jpg"), ("PNG", "png"), ("TIFF", "tif"), ("WEBP", "webp")][number // 10 % 4]
    data = _good(number, form)
    return _file(folder / f"cut {number}.{ending}", data[: int(rng.integers(1, len(data) - 1))])


def _flipped(folder: Path, number: int, rng: np.random.Generator) -> Path:
    data = bytearray(_good(number, "JPEG"))
    for place in rng.integers(0, len(data), 40):
        data[place] ^= 1 << int(rng.integers(0, 8))
    return _file(folder / f"flipped {number}.jpg", bytes(data))


def _noise(folder: Path, number: int, rng: np.random.Generator) -> Path:
    magic = [
        b"\xff\xd8\xff\xe0",
        b"\x89PNG\r\n\x1a\n",
        b"II*\0",
        b"RIFF\x10\0\0\0WEBP",
        b"\0\0\0\x18ftypheic",
    ][number // 10 % 5]
    ending = ["jpg", "png", "tif", "webp", "heic"][number // 10 % 5]
    return _file(folder / f"noise {number}.{ending}", magic + rng.bytes(500))


def _wrong(folder: Path, number: int, rng: np.random.Generator) -> Path:
    return _file(folder / f"text {number}.jpg", b"Dear Ana, here are the photos.")


def _misnamed(folder: Path, number: int, rng: np.random.Generator) -> Path:
    return _file(folder / f"misnamed {number}.jpg", _good(number, "PNG"))


def _empty(folder: Path, number: int, rng: np.random.Generator) -> Path:
    return _file(folder / f"empty {number}.jpg", b"")


def _bomb(folder: Path, number: int, rng: np.random.Generator) -> Path:
    data = bytearray(_good(number, "PNG"))
    data[16:24] = struct.pack(">II", 60_000, 60_000)
    header = bytes(data[12:29])
    import zlib

    data[29:33] = struct.pack(">I", zlib.crc32(header))
    return _file(folder / f"bomb {number}.png", bytes(data))


def _raw(folder: Path, number: int, rng: np.random.Generator) -> Path:
    return _file(folder / f"broken {number}.nef", b"II*\0" + rng.bytes(300))


def _loop(folder: Path, number: int, rng: np.random.Generator) -> Path:
    link = folder / f"loop {number}"
    link.symlink_to(folder, target_is_directory=True)
    return link


def _dead(folder: Path, number: int, rng: np.random.Generator) -> Path:
    link = folder / f"dead {number}.jpg"
    link.symlink_to(folder / "nowhere.jpg")
    return link


_DAMAGE = (_cut, _flipped, _noise, _wrong, _misnamed, _empty, _bomb, _raw, _loop, _dead)


def _file(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
