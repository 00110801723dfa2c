"""A photo stays the same photo whatever an editor writes into its metadata."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests import photographs
from workbench.archive.identity import file_hash, identity


def test_metadata_does_not_change_the_identity(tmp_path: Path) -> None:
    plain = photographs.jpeg(tmp_path / "a.jpg", seed=1).read_bytes()
    comment = plain[:2] + b"\xff\xfe\x00\x07hello" + plain[2:]
    assert identity(comment) == identity(plain)
    assert file_hash(comment) != file_hash(plain)


def test_a_turn_or_time_in_exif_does_not_change_the_identity(tmp_path: Path) -> None:
    one = photographs.jpeg(tmp_path / "a.jpg", seed=1, orientation=1)
    other = photographs.jpeg(tmp_path / "b.jpg", seed=1, orientation=6)
    assert identity(one.read_bytes()) == identity(other.read_bytes())


def test_another_picture_has_another_identity(tmp_path: Path) -> None:
    found = {identity(photographs.jpeg(tmp_path / f"{seed}.jpg", seed).read_bytes()) for seed in range(20)}
    assert len(found) == 20


def test_one_changed_pixel_block_changes_the_identity(tmp_path: Path) -> None:
    data = bytearray(photographs.jpeg(tmp_path / "a.jpg").read_bytes())
    before = identity(bytes(data))
    data[len(data) // 2] ^= 1
    assert identity(bytes(data)) != before


def test_what_lies_behind_the_picture_does_not_count(tmp_path: Path) -> None:
    plain = photographs.jpeg(tmp_path / "a.jpg").read_bytes()
    assert identity(plain + b"a maker's trailer") == identity(plain)


def test_all_scans_of_a_progressive_jpeg_count(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    photographs.picture(3).save(buffer, "JPEG", progressive=True)
    data = bytearray(buffer.getvalue())
    last_scan = data.rfind(b"\xff\xda")
    assert data.count(b"\xff\xda") > 1
    before = identity(bytes(data))
    data[last_scan + 20] ^= 1
    assert identity(bytes(data)) != before


def test_other_formats_go_by_their_bytes(tmp_path: Path) -> None:
    data = photographs.other(tmp_path / "a.png").read_bytes()
    assert identity(data) == file_hash(data)[:32]


def test_damaged_jpegs_have_an_identity_too(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    data = photographs.jpeg(tmp_path / "a.jpg").read_bytes()
    for length in rng.integers(3, len(data), 50):
        assert len(identity(data[:length])) == 32
    for _ in range(50):
        assert len(identity(b"\xff\xd8\xff" + rng.bytes(300))) == 32


def test_a_rating_by_exiftool_keeps_the_identity(tmp_path: Path) -> None:
    exiftool = shutil.which("exiftool")
    if exiftool is None:
        pytest.skip("exiftool is not installed (Debian: libimage-exiftool-perl)")
    path = photographs.jpeg(tmp_path / "a.jpg", seed=5)
    before = path.read_bytes()
    command = [exiftool, "-q", "-overwrite_original", "-XMP:Rating=4", "-XMP:Label=Red", str(path)]
    subprocess.run(command, check=True)
    assert path.read_bytes() != before
    assert identity(path.read_bytes()) == identity(before)
