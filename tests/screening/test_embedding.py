"""A packet goes into a photo and comes out again; the picture keeps every byte and the file can be had back."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import rawpy
from PIL import Image

from tests.screening import packets, tiffs
from tests.screening.carriers import (
    EXTENSION,
    JPEGS,
    TIFFS,
    XMP,
    Made,
    bare_jpeg,
    behind_exif,
    camera_jpeg,
    camera_jpeg_with_xmp_behind_its_index,
    classic_tiff,
    embedded,
    jpeg_with_xmp,
    number_at,
    odd_tiff,
    plain_jpeg,
    raw_dng,
    segment,
    tiff_with_blank_xmp,
    tiff_with_xmp,
    with_segments,
)
from workbench.archive.identity import identity
from workbench.screening import embedding, xmp

RED = {xmp.LABEL: "Red", xmp.LABEL_COLOR: "red"}


def packet_of(data: bytes) -> bytes | None:
    return embedding.packet(io.BytesIO(data))


def handed(data: bytes, wanted: dict[str, str | None]) -> bytes:
    return embedded(data, xmp.merged(packet_of(data), wanted))


def same_pictures(before: bytes, after: bytes) -> None:
    """Every frame decodes to the same pixels; Pillow does not read big-endian BigTIFFs, whose strip is looked at."""
    if before.startswith(b"MM\0+"):
        assert before.index(tiffs.pixels(0).tobytes()) == after.index(tiffs.pixels(0).tobytes())
        return
    with Image.open(io.BytesIO(before)) as one, Image.open(io.BytesIO(after)) as other:
        assert getattr(one, "n_frames", 1) == getattr(other, "n_frames", 1)
        for frame in range(getattr(one, "n_frames", 1)):
            one.seek(frame)
            other.seek(frame)
            assert np.array_equal(np.asarray(one), np.asarray(other))


@pytest.mark.parametrize("made", (*JPEGS, *TIFFS))
def test_a_label_is_written_changed_and_taken_away_and_the_picture_keeps_its_pixels(made: Made, tmp_path: Path) -> None:
    data = made(tmp_path)
    red = handed(data, RED)
    assert xmp.read(packet_of(red)) == RED
    blue = handed(red, {xmp.LABEL: "Blue", xmp.RATING: "3"})
    assert xmp.read(packet_of(blue)) == {xmp.LABEL: "Blue", xmp.LABEL_COLOR: "red", xmp.RATING: "3"}
    without = embedded(blue, None)
    assert packet_of(without) is None
    for after in (red, blue, without):
        same_pictures(data, after)


@pytest.mark.parametrize("made", (*JPEGS, *TIFFS))
def test_what_stood_in_the_packet_survives(made: Made, tmp_path: Path) -> None:
    data = made(tmp_path)
    standing = packet_of(data)
    if not xmp.is_blank(standing):
        assert packets.rest(packet_of(handed(data, RED)) or b"") == packets.rest(standing or b"")


@pytest.mark.parametrize("made", (*JPEGS, *TIFFS))
def test_the_same_packet_again_changes_nothing(made: Made, tmp_path: Path) -> None:
    after = handed(made(tmp_path), RED)
    assert embedding.edits(io.BytesIO(after), xmp.merged(packet_of(after), RED)) == ()
    assert embedding.edits(io.BytesIO(made(tmp_path)), packet_of(made(tmp_path))) == ()


@pytest.mark.parametrize("made", JPEGS)
def test_a_jpeg_stays_the_same_photo(made: Made, tmp_path: Path) -> None:
    data = made(tmp_path)
    assert identity(handed(data, RED)) == identity(data)


@pytest.mark.parametrize("made", TIFFS)
def test_in_a_tiff_nothing_moves(made: Made, tmp_path: Path) -> None:
    data = made(tmp_path)
    for edit in embedding.edits(io.BytesIO(data), xmp.merged(packet_of(data), RED)):
        assert edit.growth == 0 or edit.start == len(data)


@pytest.mark.parametrize("made", [classic_tiff, odd_tiff])
def test_a_new_folder_lists_its_tags_in_order_and_all_stands_at_even_places(made: Made, tmp_path: Path) -> None:
    after = handed(made(tmp_path), RED)
    start = number_at(after, 4)
    (count,) = struct.unpack_from("<H", after, start)
    tags = [struct.unpack_from("<HHII", after, start + 2 + 12 * number) for number in range(count)]
    assert [tag for tag, *_ in tags] == sorted({tag for tag, *_ in tags})
    assert start % 2 == 0 and [place % 2 for tag, _, _, place in tags if tag == 700] == [0]


@pytest.mark.parametrize("seed", range(36))
def test_random_packets_go_in_and_out_of_every_kind_of_file(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    data = first = (*JPEGS, *TIFFS)[seed % 18](tmp_path)
    for _ in range(8):
        data = handed(data, packets.random_fields(rng))
        if rng.random() < 0.4:
            data = embedded(data, packets.random_packet(rng))
    same_pictures(first, data)


def test_a_raw_file_decodes_to_the_same_raw_values(tmp_path: Path) -> None:
    (tmp_path / "after.dng").write_bytes(handed(raw_dng(tmp_path), RED))
    with rawpy.imread(str(tmp_path / "i.dng")) as one, rawpy.imread(str(tmp_path / "after.dng")) as other:
        assert np.array_equal(one.raw_image, other.raw_image)
        assert one.extract_thumb().data == other.extract_thumb().data


def test_a_new_segment_stands_behind_exif_or_jfif_and_in_front_of_all_else(tmp_path: Path) -> None:
    data = plain_jpeg(tmp_path)
    data = with_segments(data, segment(0xED, b"Photoshop 3.0\0"), place=behind_exif(data))
    assert [head for head, _ in _segments(handed(data, RED))][:4] == [b"JFIF\0", b"Exif\0", b"http:", b"Photo"]
    assert next(head for head, _ in _segments(handed(bare_jpeg(tmp_path), RED))) == b"http:"


def test_a_packet_with_room_is_written_into_it_and_only_there(tmp_path: Path) -> None:
    for data in (jpeg_with_xmp(tmp_path), tiff_with_xmp(tmp_path)):
        after = handed(data, RED)
        assert len(after) == len(data)
        assert len(packet_of(after) or b"") == len(packet_of(data) or b"")
        start = data.index(packet_of(data) or b"")
        assert after[:start] == data[:start] and after[start + 5000 :] == data[start + 5000 :]


@pytest.mark.parametrize("made", [camera_jpeg, camera_jpeg_with_xmp_behind_its_index])
def test_the_index_of_further_pictures_stays_true(made: Made, tmp_path: Path) -> None:
    for after in (made(tmp_path), handed(made(tmp_path), RED), embedded(handed(made(tmp_path), RED), None)):
        base = after.index(b"MPF\0") + 4
        first_size, second_size, second_at = (number_at(after, base + 50 + at) for at in (4, 20, 24))
        assert after[first_size - 2 : first_size + 3] == b"\xff\xd9\xff\xd8\xff"
        assert base + second_at == first_size and first_size + second_size == len(after)


def test_a_size_that_the_index_leaves_open_stays_open(tmp_path: Path) -> None:
    data = camera_jpeg(tmp_path)
    at = data.index(b"MPF\0") + 4 + 50 + 4
    after = handed(data[:at] + bytes(4) + data[at + 4 :], RED)
    assert number_at(after, after.index(b"MPF\0") + 4 + 50 + 4) == 0


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_thumbnail_behind_the_picture_is_found_again(order: str, tmp_path: Path) -> None:
    data = bare_jpeg(tmp_path)
    exif = exif_with_thumbnail(order, 0)
    place = len(data) + len(exif) - 12  # from Exif's header, which stands 12 bytes behind the start
    whole = with_segments(data, exif_with_thumbnail(order, place)) + b"thumbnail"
    after = handed(whole, RED)
    (found,) = struct.unpack_from(f"{order}I", after, 12 + THUMBNAIL_AT)
    assert len(after) > len(whole) and after[12 + found :] == b"thumbnail"
    assert embedded(after, None) == whole


@pytest.mark.parametrize("place", [0, 20, 43])
def test_a_thumbnail_in_exif_and_damaged_exif_are_left_as_they_are(place: int, tmp_path: Path) -> None:
    exif = exif_with_thumbnail("<", place)
    for standing in (exif, exif[:-12] + b"\xff" * 12, segment(0xE1, b"Exif\0\0II*\0")):
        assert standing in handed(with_segments(bare_jpeg(tmp_path), standing), RED)


THUMBNAIL_AT = 36
"""Where in Exif, from its header, the place of the thumbnail stands."""


def exif_with_thumbnail(order: str, place: int) -> bytes:
    """A segment of Exif whose second folder names the place of a thumbnail."""
    start = b"II*\0" if order == "<" else b"MM\0*"
    first = struct.pack(f"{order}IHHHIII", 8, 1, 0x112, 3, 1, 1, 26)
    second = struct.pack(f"{order}HHHIII", 1, 0x201, 4, 1, place, 0)
    return segment(0xE1, b"Exif\0\0" + start + first + second)


def test_a_file_with_a_damaged_index_is_refused_where_something_would_move(tmp_path: Path) -> None:
    data = camera_jpeg(tmp_path)
    at = data.index(b"MPF\0") + 4
    with pytest.raises(embedding.CannotHold, match="index of further pictures"):
        handed(data[:at] + b"XX*\0" + data[at + 4 :], RED)


def test_extended_xmp_stays_and_a_packet_with_one_is_not_taken_out(tmp_path: Path) -> None:
    note = '<rdf:Description xmlns:n="http://ns.adobe.com/xmp/note/" n:HasExtendedXMP="AB"/>'
    more = [segment(0xE1, EXTENSION + b"AB" * 16 + struct.pack(">II", 8, at) + b"<x>.") for at in (0, 4)]
    data = with_segments(plain_jpeg(tmp_path), segment(0xE1, XMP + packets.packet(note, padding=0)), *more)
    after = handed(data, RED)
    assert b'n:HasExtendedXMP="AB"' in (packet_of(after) or b"") and all(part in after for part in more)
    with pytest.raises(embedding.CannotHold, match="further segments"):
        embedding.edits(io.BytesIO(data), None)


def test_a_packet_too_long_for_a_jpeg_gives_up_its_padding_or_is_refused(tmp_path: Path) -> None:
    long = packets.packet(f"<rdf:Description><!--{'x' * 64_000}--></rdf:Description>", padding=3000)
    after = embedded(plain_jpeg(tmp_path), long)
    assert len(packet_of(after) or b"") == 65_502
    assert packets.rest(packet_of(after) or b"") == packets.rest(long)
    longer = packets.packet(f"<rdf:Description><!--{'x' * 66_000}--></rdf:Description>")
    with pytest.raises(embedding.CannotHold, match="longer than a JPEG can hold"):
        embedding.edits(io.BytesIO(plain_jpeg(tmp_path)), longer)
    assert packet_of(embedded(classic_tiff(tmp_path), longer)) == longer


def test_zeros_that_a_tiff_calls_xmp_are_not_written_over(tmp_path: Path) -> None:
    data = tiff_with_blank_xmp(tmp_path)
    assert bytes(2000) in handed(data, RED)


def test_two_packets_are_refused_for_none_may_be_lost(tmp_path: Path) -> None:
    twice = with_segments(jpeg_with_xmp(tmp_path), segment(0xE1, XMP + packets.packet("")))
    with pytest.raises(embedding.CannotHold, match="two XMP packets"):
        packet_of(twice)


def test_a_tiff_cannot_grow_beyond_four_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "long.tif"
    path.write_bytes(classic_tiff(tmp_path))
    with path.open("r+b") as file:
        file.truncate((1 << 32) - 100)  # a file with a hole: it takes no room
        with pytest.raises(embedding.CannotHold, match="4 GB"):
            embedding.edits(file, xmp.merged(None, RED))


def test_only_headers_are_read(tmp_path: Path) -> None:
    class Counted(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            self.taken += len(data)
            return data

    for made in (plain_jpeg, camera_jpeg, classic_tiff, raw_dng):
        source = Counted(made(tmp_path) + bytes(10_000_000))
        embedding.packet(source)
        embedding.edits(source, xmp.merged(None, RED))
        assert source.taken < 2000


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xd9", b"II*\0", b"MM\0+", b"RIFF\0\0\0\0WEBPVP8 ", b"no"]
)
def test_what_is_no_photo_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(embedding.CannotHold, match="cannot be written into this file"):
        embedding.packet(io.BytesIO(data))


def _never_worse(data: bytes) -> bool:
    """Whether damaged data could be written; then they can be had back, as `embedded` sees to; else a named error."""
    try:
        handed(data, RED)
    except (embedding.CannotHold, xmp.MalformedXmp):
        return False
    return True


@pytest.mark.parametrize("made", (*JPEGS, *TIFFS))
def test_a_cut_file_is_refused_or_written_whole(made: Made, tmp_path: Path) -> None:
    data = made(tmp_path)
    lengths = {*range(0, 64), *np.random.default_rng(0).integers(0, len(data), 60).tolist()}
    assert not all([_never_worse(data[:length]) for length in lengths])


@pytest.mark.parametrize("made", (*JPEGS, *TIFFS))
def test_random_bytes_in_the_headers_are_refused_by_name_or_do_no_harm(made: Made, tmp_path: Path) -> None:
    data, rng = made(tmp_path), np.random.default_rng(1)
    for _ in range(100):
        damaged = bytearray(data)
        for place in rng.integers(0, min(len(data), 700), int(rng.integers(1, 6))):
            damaged[place] = rng.choice([0, 1, 0x7F, 0xFF, int(rng.integers(0, 256))])
        _never_worse(bytes(damaged))


@pytest.mark.parametrize("start", [b"\xff\xd8\xff\xe1", b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0"])
def test_noise_behind_a_good_start_is_refused_by_name(start: bytes) -> None:
    rng = np.random.default_rng(2)
    assert not any([_never_worse(start + rng.bytes(int(rng.integers(0, 400)))) for _ in range(100)])


@pytest.mark.parametrize("length", [0, 1, 3, 40, 0x7FFF, 0xFFFF])
def test_a_segment_that_lies_about_its_length_is_refused(length: int, tmp_path: Path) -> None:
    data = jpeg_with_xmp(tmp_path)
    at = data.index(XMP) - 2
    assert not _never_worse(data[:at] + struct.pack(">H", length) + data[at + 2 :])


@pytest.mark.parametrize("big", [False, True])
def test_an_entry_that_lies_is_refused(big: bool, tmp_path: Path) -> None:
    data = tiffs.tiff(tmp_path / "a.tif", big=big, packet=packets.packet(packets.RICH)).read_bytes()
    number, place = ("<Q", 12) if big else ("<I", 8)
    at = data.index(struct.pack("<HH", 700, 1))
    for wrong in (at + 4, at + place):  # the number of bytes, and where they are
        for value in (1 << 24, (1 << 32) - 1, 1 << 63 if big else 1 << 31):
            lying = data[:wrong] + struct.pack(number, value) + data[wrong + struct.calcsize(number) :]
            with pytest.raises(embedding.CannotHold):
                packet_of(lying)


def test_a_packet_beyond_all_measure_is_not_read(tmp_path: Path) -> None:
    data = tiffs.tiff(tmp_path / "a.tif", packet=packets.packet(packets.RICH)).read_bytes()
    at = data.index(struct.pack("<HH", 700, 1)) + 4
    with pytest.raises(embedding.CannotHold, match="entry for XMP"):
        packet_of(data[:at] + struct.pack("<I", 17 << 20) + data[at + 4 :] + bytes(18 << 20))


def test_a_file_that_changed_since_is_not_written_over(tmp_path: Path) -> None:
    data = jpeg_with_xmp(tmp_path)
    edits = embedding.edits(io.BytesIO(data), xmp.merged(packet_of(data), RED))
    for changed in (data.replace(b"</rdf:RDF>", b"</RDF:rdf>"), data[:200]):
        with pytest.raises(embedding.ChangedMeanwhile):
            embedding.apply(io.BytesIO(changed), edits, io.BytesIO())


def test_edits_must_be_in_order_and_apart() -> None:
    first, second = embedding.Edit(0, b"ab", b"x"), embedding.Edit(1, b"b", b"")
    for wrong in ([first, second], [second, first]):
        with pytest.raises(ValueError, match="overlap"):
            embedding.apply(io.BytesIO(b"abc"), wrong, io.BytesIO())
    with pytest.raises(ValueError, match="within the file"):
        embedding.Edit(-1, b"", b"")


def test_what_is_no_journal_of_edits_is_refused() -> None:
    good = embedding.dump([embedding.Edit(7, b"old", b"newer"), embedding.Edit(1 << 40, b"", b"end")])
    assert embedding.load(good) == (embedding.Edit(7, b"old", b"newer"), embedding.Edit(1 << 40, b"", b"end"))
    assert embedding.load(embedding.dump([])) == ()
    for bad in (b"", b"text", good[:-5], good[:-1] + b"?"):
        with pytest.raises(ValueError, match="no edits"):
            embedding.load(bad)


def _segments(data: bytes) -> list[tuple[bytes, int]]:
    """The first bytes and the place of each segment in front of the picture."""
    found, place = [], 2
    while data[place + 1] != 0xDA:
        found.append((data[place + 4 : place + 9], place))
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return found
