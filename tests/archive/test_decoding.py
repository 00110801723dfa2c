"""The one way in for pixels."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import photographs
from workbench.archive import decoding
from workbench.archive.decoding import UnreadablePhoto, decode, open_upright


def _white_corner(image: Image.Image) -> str:
    """Which corner of the picture is the white one."""
    right, bottom = image.width - 5, image.height - 5
    places = {
        "top left": (4, 4),
        "top right": (right, 4),
        "bottom left": (4, bottom),
        "bottom right": (right, bottom),
    }
    return max(places, key=lambda name: sum(image.getpixel(places[name])))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("orientation", "corner", "size"),
    [
        (1, "top left", (120, 80)),
        (2, "top right", (120, 80)),
        (3, "bottom right", (120, 80)),
        (4, "bottom left", (120, 80)),
        (5, "top left", (80, 120)),
        (6, "top right", (80, 120)),
        (7, "bottom right", (80, 120)),
        (8, "bottom left", (80, 120)),
    ],
)
def test_every_exif_turn_is_honoured(tmp_path: Path, orientation: int, corner: str, size: tuple[int, int]) -> None:
    image = open_upright(photographs.jpeg(tmp_path / "a.jpg", orientation=orientation))
    assert (image.size, _white_corner(image)) == (size, corner)


@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
def test_formats_open_as_rgb(tmp_path: Path, ending: str) -> None:
    image = open_upright(photographs.other(tmp_path / f"a.{ending}"))
    assert (image.mode, image.size) == ("RGB", (120, 80))


def test_heic_opens_with_its_capture_time(tmp_path: Path) -> None:
    image, facts = decode(photographs.heic(tmp_path / "a.heic"))
    assert (image.mode, image.size, facts["captured_at"]) == ("RGB", (160, 120), datetime(2026, 11, 20, 10))


def test_raw_shows_the_embedded_picture_turned_with_its_capture_time(tmp_path: Path) -> None:
    image, facts = decode(photographs.dng(tmp_path / "a.dng", photographs.picture(1), orientation=6))
    assert (image.size, _white_corner(image)) == ((80, 120), "top right")
    assert (facts["width"], facts["height"]) == (80, 120)
    assert facts["captured_at"] == datetime(2026, 11, 20, 10)


def test_capture_time_has_its_fraction(tmp_path: Path) -> None:
    made = datetime(2026, 11, 20, 10, 30, 15, 250_000)
    assert decode(photographs.jpeg(tmp_path / "a.jpg", made=made))[1]["captured_at"] == made


def test_a_nonsense_capture_time_is_none(tmp_path: Path) -> None:
    exif = photographs.exif()
    exif[0x0132] = "yesterday, I think"
    photographs.picture().save(tmp_path / "a.jpg", exif=exif)
    assert decode(tmp_path / "a.jpg")[1]["captured_at"] is None


def test_a_reduced_decoding_keeps_the_size_asked_for_and_the_facts(tmp_path: Path) -> None:
    image, facts = decode(photographs.jpeg(tmp_path / "a.jpg", size=(2400, 1600), orientation=6), at_least=500)
    assert image.size == (400, 600)
    assert (facts["width"], facts["height"]) == (1600, 2400)


def test_the_cameras_own_preview_is_used_where_it_is_large_enough(tmp_path: Path) -> None:
    whole, embedded = photographs.picture(1, (3000, 2000)), Image.new("RGB", (1500, 1000), (10, 200, 10))
    path = photographs.mpo(tmp_path / "a.jpg", whole=whole, embedded=embedded, kind=0x010002)
    green, facts = decode(path, at_least=1440)
    assert np.abs(np.subtract(green.getpixel((700, 700)), (10, 200, 10))).max() < 8
    assert (facts["width"], facts["height"], facts["format"]) == (3000, 2000, "MPO")
    assert open_upright(path, at_least=1600).size == (3000, 2000)
    assert open_upright(path).size == (3000, 2000)


@pytest.mark.parametrize(
    ("kind", "size"), [(0x000000, (1500, 1000)), (0x020002, (1500, 1000)), (0x010002, (1500, 1125))]
)
def test_gain_maps_and_other_pictures_are_no_previews(tmp_path: Path, kind: int, size: tuple[int, int]) -> None:
    whole, embedded = photographs.picture(1, (3000, 2000)), Image.new("RGB", size, (10, 200, 10))
    image = open_upright(photographs.mpo(tmp_path / "a.jpg", whole=whole, embedded=embedded, kind=kind), at_least=1440)
    assert _white_corner(image) == "top left"


def test_sixteen_bit_grey_is_scaled_and_not_clipped(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 65535, 120).astype(np.uint16), (80, 1))
    Image.fromarray(ramp).save(tmp_path / "a.tif")
    row = np.asarray(open_upright(tmp_path / "a.tif"))[0, :, 0].astype(int)
    assert abs(row[60] - 128) <= 2 and len(set(row)) > 100


def test_cmyk_and_transparency_become_rgb(tmp_path: Path) -> None:
    Image.new("CMYK", (20, 20)).save(tmp_path / "a.jpg")
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(tmp_path / "b.png")
    assert open_upright(tmp_path / "a.jpg").getpixel((5, 5)) == (255, 255, 255)
    assert open_upright(tmp_path / "b.png").getpixel((5, 5)) == (255, 255, 255)


def test_a_colour_profile_stays_with_the_picture(tmp_path: Path) -> None:
    photographs.picture().save(tmp_path / "a.jpg", icc_profile=b"a profile")
    assert open_upright(tmp_path / "a.jpg").info == {"icc_profile": b"a profile"}


def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    bomb = photographs.malformed(tmp_path, 10)[6]
    with pytest.raises(UnreadablePhoto, match="300 megapixels"):
        open_upright(bomb)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (b"Dear Ana", "not a picture"), (None, "vanished")],
    ids=["empty", "text", "vanished"],
)
def test_what_is_no_photo_is_refused_with_its_reason(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "a.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadablePhoto, match=reason) as refused:
        open_upright(path)
    assert "“a.jpg”" in str(refused.value)


def test_a_cut_jpeg_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    photographs.picture(size=(1200, 800)).save(buffer, "JPEG")
    with pytest.raises(UnreadablePhoto, match="damaged or cut off"):
        open_upright(buffer.getvalue()[: len(buffer.getvalue()) // 2], name="cut.jpg")


def test_no_other_format_of_pillow_is_ever_tried(tmp_path: Path) -> None:
    photographs.picture().save(tmp_path / "a.gif")
    with pytest.raises(UnreadablePhoto, match="not a picture"):
        open_upright((tmp_path / "a.gif").read_bytes(), name="a.jpg")
    assert decoding.MAX_PIXELS < 1_000_000_000
