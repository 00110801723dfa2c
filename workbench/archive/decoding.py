"""The one way in for pixels: every page, training and screening see the same upright picture."""

from __future__ import annotations

import io
import struct
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import pi_heif
import rawpy
from PIL import Image, UnidentifiedImageError

from workbench.archive import formats
from workbench.errors import WorkbenchError

MAX_PIXELS = 300_000_000
"""Twice the largest camera of today; more is a decompression bomb."""
MAX_BYTES = 1_000_000_000
_FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "HEIF")
"""Nothing else is ever tried on a file: Pillow knows formats that no camera writes. An MPO is
a JPEG with more behind it."""
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    OverflowError,
    EOFError,
    MemoryError,
    struct.error,
)
"""What Pillow's readers raise on damaged files; each becomes UnreadablePhoto with its reason."""

_ORIENTATION, _EXIF, _MADE, _MADE_FRACTION, _CHANGED = 0x0112, 0x8769, 0x9003, 0x9291, 0x0132
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_RAW_FLIPS = {3: 3, 5: 8, 6: 6}
"""LibRaw's turn of a RAW to the EXIF orientation that means the same."""

pi_heif.register_heif_opener()
Image.init()
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.filterwarnings("ignore", module=r"PIL\.")  # what they say of damaged files is said by UnreadablePhoto


class UnreadablePhoto(WorkbenchError):
    """A file that cannot be shown as a photo; `reason` says why in a few words."""

    def __init__(self, name: str, reason: str) -> None:
        self.reason = reason
        super().__init__(f"“{name}” cannot be read: {reason}. Copy it again from the card, or leave it out.")


def open_upright(source: Path | bytes, *, at_least: int | None = None, name: str = "") -> Image.Image:
    """The photo as RGB, turned as its EXIF says.

    With `at_least`, a reduced decoding whose longer side has at least so many pixels where the photo has them (a
    preview embedded by the camera, or a JPEG's scaled decoding): several times quicker. RAW shows the picture that
    the camera embedded. Raises UnreadablePhoto.
    """
    return decode(source, at_least=at_least, name=name)[0]


def decode(source: Path | bytes, *, at_least: int | None = None, name: str = "") -> tuple[Image.Image, dict[str, Any]]:
    """The photo as `open_upright` gives it, and what its file says of itself.

    Those facts are `width` and `height` of the whole photo when upright, `captured_at` (datetime or None), `format`.
    """
    path = source if isinstance(source, Path) else Path(name)
    data = read_bytes(source) if isinstance(source, Path) else source
    try:
        if formats.is_raw(path):
            return _decode_raw(data, at_least)
        return _decode_rendered(data, at_least)
    except UnidentifiedImageError as error:
        raise UnreadablePhoto(path.name, "it is not a picture, whatever its name says") from error
    except Image.DecompressionBombError as error:
        raise UnreadablePhoto(path.name, f"it claims more than {MAX_PIXELS // 1_000_000} megapixels") from error
    except rawpy.LibRawError as error:
        raise UnreadablePhoto(path.name, f"its RAW data is damaged or of an unknown camera ({error})") from error
    except _DAMAGE as error:
        raise UnreadablePhoto(path.name, f"its data is damaged or cut off ({error})") from error


def read_bytes(path: Path) -> bytes:
    """The file's bytes. Raises UnreadablePhoto when it is empty, huge, gone or not readable."""
    try:
        size = path.stat().st_size
        if size == 0:
            raise UnreadablePhoto(path.name, "the file is empty")
        if size > MAX_BYTES:
            raise UnreadablePhoto(path.name, f"it is larger than {MAX_BYTES // 1_000_000} MB")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UnreadablePhoto(path.name, "it vanished while it was being read") from error
    except OSError as error:
        raise UnreadablePhoto(path.name, f"the disk does not give it ({error.strerror})") from error


def _decode_rendered(data: bytes, at_least: int | None) -> tuple[Image.Image, dict[str, Any]]:
    image: Image.Image = Image.open(io.BytesIO(data), formats=_FORMATS)
    _check_size(image)
    exif = image.getexif()
    orientation = 1 if image.format == "HEIF" else exif.get(_ORIENTATION, 1)  # the HEIF reader has turned it
    width, height = image.size if orientation < 5 else image.size[::-1]
    facts = {"width": width, "height": height, "captured_at": _captured_at(exif), "format": image.format}
    if at_least is not None:
        image = _reduced(image, at_least)
    profile = image.info.get("icc_profile")
    image.load()
    upright = _as_rgb(image)
    if orientation in _TURNS:
        upright = upright.transpose(_TURNS[orientation])
    upright.info = {"icc_profile": profile} if profile else {}
    return upright, facts


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise Image.DecompressionBombError


def _reduced(image: Image.Image, at_least: int) -> Image.Image:
    """`image` ready to be decoded at reduced size: the embedded preview if it is one of this very picture."""
    for index, entry in enumerate(_further_pictures(image), start=1):
        if not str(entry["Attribute"].get("MPType", "")).startswith("Large Thumbnail"):
            continue  # a gain map, a depth map or the other eye of a stereo pair
        whole = image.size
        image.seek(index)
        same_shape = abs(image.width * whole[1] - image.height * whole[0]) <= 0.01 * whole[0] * image.height
        if max(image.size) >= at_least and same_shape:
            return image
        image.seek(0)
    width, height = image.size
    scale = min(1.0, at_least / max(width, height))
    image.draft("RGB", (max(1, round(width * scale)), max(1, round(height * scale))))
    return image


def _further_pictures(image: Image.Image) -> list[dict[str, Any]]:
    return list((getattr(image, "mpinfo", None) or {}).get(0xB002, []))[1:] if image.format == "MPO" else []


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I"):  # 16-bit grey: Pillow's own conversion would clip at 255
        return image.convert("I").point(lambda value: value / 256).convert("L").convert("RGB")
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")
    return image.convert("RGB")


def _decode_raw(data: bytes, at_least: int | None) -> tuple[Image.Image, dict[str, Any]]:
    with rawpy.imread(io.BytesIO(data)) as raw:
        thumbnail = raw.extract_thumb()
        turn = _RAW_FLIPS.get(raw.sizes.flip, 1)
    if isinstance(thumbnail.data, bytes):
        image, facts = _decode_rendered(thumbnail.data, at_least)
        turned = Image.open(io.BytesIO(thumbnail.data)).getexif().get(_ORIENTATION, 1) != 1
    else:
        image, turned = Image.fromarray(thumbnail.data).convert("RGB"), False
        facts = {"width": image.width, "height": image.height, "captured_at": None}
    if turn != 1 and not turned:
        image = image.transpose(_TURNS[turn])
        if turn >= 5:
            facts["width"], facts["height"] = facts["height"], facts["width"]
    captured_at = facts["captured_at"] or _captured_at(_raw_exif(data))
    return image, {**facts, "captured_at": captured_at, "format": "RAW"}


def _raw_exif(data: bytes) -> Image.Exif:
    """EXIF of a RAW that is built like a TIFF (most are); empty for the others."""
    exif = Image.Exif()
    if data[:4] in (b"II*\0", b"MM\0*"):
        exif.load(b"Exif\0\0" + data)
    return exif


def _captured_at(exif: Image.Exif) -> datetime | None:
    """When the photo was taken, in the camera's own time; None when the file does not say so in a readable way."""
    details = exif.get_ifd(_EXIF)
    text = str(details.get(_MADE) or exif.get(_CHANGED) or "").strip("\0 ")
    fraction = str(details.get(_MADE_FRACTION) or "").strip("\0 ")
    try:
        moment = datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    return moment.replace(microsecond=int(fraction[:6].ljust(6, "0"))) if fraction.isdigit() else moment
