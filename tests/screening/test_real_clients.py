"""exiftool, exiv2 and darktable read what is written, also over what they wrote, and every file can be had back."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import rawpy
from PIL import Image

from tests import photographs
from tests.screening import carriers, packets, tiffs
from tests.screening.carriers import embedded
from workbench.archive.identity import identity
from workbench.screening import embedding, xmp

Program = Callable[[str], str]
EVERY = {name: values[0] for name, values in packets.VALUES.items()} | {xmp.RATING: "3"}
LABEL = {xmp.LABEL: "Yellow", xmp.LABEL_COLOR: "yellow"}
BY_EXIFTOOL = {
    xmp.LABEL: "XMP-xmp:Label",
    xmp.LABEL_COLOR: "XMP-photoshop:LabelColor",
    xmp.RATING: "XMP-xmp:Rating",
    xmp.PICK: "XMP-xmpDM:Pick",
    xmp.GOOD: "XMP-xmpDM:Good",
    xmp.TAGGED: "XMP-photomech:Tagged",
    xmp.COLOR_CLASS: "XMP-photomech:ColorClass",
    xmp.DIGIKAM_PICK: "XMP-digiKam:PickLabel",
    xmp.DIGIKAM_COLOR: "XMP-digiKam:ColorLabel",
}
EARLIER = (
    "-XMP-xmp:Rating=4",
    "-XMP-xmp:Label=Green",
    "-XMP-dc:Subject=studio",
    "-XMP-dc:Subject=Ana Böhm",
    "-XMP-dc:Title-de=Porträt",
    "-XMP-photoshop:City=Köln",
    "-XMP-xmpMM:History=[{Action=saved,SoftwareAgent=Test},{Action=derived}]",
    "-XMP-mwg-rs:RegionInfo={AppliedToDimensions={W=1,H=1,Unit=pixel}}",
)
TOUCHED = {BY_EXIFTOOL[name] for name in LABEL} | {"XMP-x:XMPToolkit"}
Dump = dict[str, object]


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """A photo of every kind: JPEG, a camera's JPEG with a second picture, TIFF of both byte orders, DNG."""
    (tmp_path / "camera.jpg").write_bytes(carriers.camera_jpeg(tmp_path))
    return [
        tmp_path / "camera.jpg",
        photographs.jpeg(tmp_path / "plain.jpeg", 1, orientation=6),
        photographs.other(tmp_path / "colour.tif", 2),
        tiffs.tiff(tmp_path / "pages.tiff", order=">", pages=2),
        photographs.dng(tmp_path / "raw.dng", photographs.picture(3)),
    ]


@pytest.fixture(scope="session")
def darktable(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., None]:
    """Exports a photo with an empty darktable of its own."""
    cli, home = program("darktable-cli"), tmp_path_factory.mktemp("darktable")
    core = ["--core", "--configdir", str(home / "config"), "--cachedir", str(home / "cache"), "--library", ":memory:"]
    core.append("--disable-opencl")

    def export(photo: Path, to: Path, *, sidecars: str = "never") -> None:
        run(cli, str(photo), str(to), *core, "--conf", f"write_sidecar_files={sidecars}", home=home)
        assert to.is_file()

    return export


def run(*command: str, home: Path | None = None) -> str:
    """What a program says; it must succeed. Settings that it keeps go below `home`."""
    places = {name: str(home) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME") if home}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | places)
    assert done.returncode == 0, done.stderr
    return done.stdout


def write(path: Path, wanted: dict[str, str]) -> Callable[[], None]:
    """Writes the fields into the file; gives what takes the edits back and checks the whole file's hash."""
    before = path.read_bytes()
    with path.open("rb") as source:
        edits = embedding.edits(source, xmp.merged(embedding.packet(source), wanted))
    _replace(path, edits, embedding.apply)

    def undo() -> None:
        _replace(path, edits, embedding.revert)
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(before).digest()

    return undo


def _replace(path: Path, edits: tuple[embedding.Edit, ...], carry_out: Callable[..., None]) -> None:
    other = path.with_name("unfinished")
    with path.open("rb") as source, other.open("wb") as target:
        carry_out(source, edits, target)
    other.replace(path)


def exiftool(program: Program, paths: list[Path], *options: str) -> list[Dump]:
    """What exiftool reads of each file, by its names, with plain values."""
    said = run(program("exiftool"), "-j", "-n", "-a", "-struct", "-G1", *options, *map(str, paths))
    return [{key: value for key, value in one.items() if key != "SourceFile"} for one in json.loads(said)]


def exiv2(program: Program, path: Path) -> dict[str, str]:
    """The XMP that exiv2 reads of a file, by its names."""
    lines = (line.split(None, 1) for line in run(program("exiv2"), "-PXkv", str(path)).splitlines())
    return {key: value[0].strip() if value else "" for key, *value in lines}


def image_data(path: Path) -> Iterator[str]:
    """Hashes of the picture as it is stored, and of its pixels."""
    if path.suffix == ".dng":
        with rawpy.imread(str(path)) as raw:
            yield hashlib.sha256(raw.raw_image.tobytes() + raw.extract_thumb().data).hexdigest()
        return
    data = path.read_bytes()
    with Image.open(path) as image:
        for frame in range(getattr(image, "n_frames", 1)):
            image.seek(frame)
            if path.suffix.startswith(".tif"):
                strips = zip(image.tag_v2[273], image.tag_v2[279], strict=True)  # type: ignore[attr-defined]
                yield hashlib.sha256(b"".join(data[at : at + size] for at, size in strips)).hexdigest()
            yield hashlib.sha256(np.asarray(image).tobytes()).hexdigest()
    yield identity(data) if path.suffix.startswith(".jp") else ""


def test_exiftool_reads_every_field_of_every_kind_of_photo(program: Program, photos: list[Path]) -> None:
    undo = [write(path, EVERY) for path in photos]
    for found in exiftool(program, photos, "-XMP:all"):
        assert {name: str(found[key]).capitalize() for name, key in BY_EXIFTOOL.items()} == {
            name: value.capitalize() for name, value in EVERY.items()
        }
    for take_back in undo:
        take_back()


def test_exiv2_reads_every_field_of_every_kind_of_photo(program: Program, photos: list[Path]) -> None:
    for path in photos:
        write(path, EVERY)
        found = exiv2(program, path)
        assert {name: found["Xmp." + name.replace(":", ".")] for name in EVERY} == EVERY


def test_exiftool_reads_big_tiffs_of_both_byte_orders(program: Program, tmp_path: Path) -> None:
    paths = [tiffs.tiff(tmp_path / f"{number}.tif", order=order, big=True) for number, order in enumerate("<>")]
    undo = [write(path, LABEL) for path in paths]
    assert [found["XMP-xmp:Label"] for found in exiftool(program, paths, "-XMP:all")] == ["Yellow", "Yellow"]
    for take_back in undo:
        take_back()


def test_a_sidecar_of_ours_is_read_by_both(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "raw.xmp"
    path.write_bytes(xmp.merged(None, EVERY))
    assert exiftool(program, [path], "-XMP:all")[0]["XMP-xmp:Label"] == "Red"
    assert exiv2(program, path)["Xmp.digiKam.PickLabel"] == "1"


def test_over_what_exiftool_wrote_all_else_stays_as_it_was(program: Program, photos: list[Path]) -> None:
    run(program("exiftool"), "-q", "-overwrite_original", *EARLIER, *map(str, photos))
    _only_the_label_changes(program, photos)


def test_metadata_too_long_for_one_segment_stay_whole(program: Program, tmp_path: Path) -> None:
    path, text = photographs.jpeg(tmp_path / "a.jpg", 1), tmp_path / "long.txt"
    text.write_text(" ".join(map(str, range(20_000))))
    run(program("exiftool"), "-q", "-overwrite_original", f"-XMP-dc:Description<={text}", "-XMP:Rating=2", str(path))
    assert b"http://ns.adobe.com/xmp/extension/" in path.read_bytes()
    _only_the_label_changes(program, [path])


@pytest.mark.research
def test_photos_of_many_cameras_take_a_label_and_give_it_back(research_data: Path) -> None:
    for path in sorted(research_data.rglob("*.jpg"))[::25]:
        data = path.read_bytes()
        after = embedded(data, xmp.merged(embedding.packet(io.BytesIO(data)), LABEL))
        assert xmp.read(embedding.packet(io.BytesIO(after))).items() >= LABEL.items()
        assert identity(after) == identity(data)


def test_unknown_namespaces_that_exiv2_wrote_stay_as_they_were(program: Program, photos: list[Path]) -> None:
    commands = ["reg odd http://example.org/odd/1.0/", "set Xmp.odd.note XmpText kept", "set Xmp.odd.many XmpBag one"]
    commands += ["set Xmp.xmp.Rating XmpText 2", "set Xmp.xmp.Label XmpText Purple"]
    others = photos[1:]  # writing, exiv2 itself loses the second picture of the camera's
    for path in others:
        run(program("exiv2"), *(part for command in commands for part in ("-M", command)), str(path))
    _only_the_label_changes(program, others)
    for path in others:
        write(path, LABEL)
        assert exiv2(program, path)["Xmp.odd.note"] == "kept"


def test_over_what_darktable_wrote_its_history_stays(
    program: Program, darktable: Callable[..., None], tmp_path: Path
) -> None:
    original = photographs.jpeg(tmp_path / "a.jpg", 1)
    exported = [tmp_path / "exported.jpg", tmp_path / "exported.tif"]
    for path in exported:
        darktable(original, path)
    assert all("XMP-darktable:History" in found for found in exiftool(program, exported, "-XMP:all"))
    _only_the_label_changes(program, exported)


def test_darktable_reads_the_label_and_the_rejection_inside_photos(
    program: Program, darktable: Callable[..., None], photos: list[Path], tmp_path: Path
) -> None:
    for path in photos[1], photos[2], photos[4]:
        write(path, {xmp.LABEL: "Yellow", xmp.RATING: "-1"})
        darktable(path, tmp_path / "out.jpg")
        found = exiftool(program, [tmp_path / "out.jpg"], "-XMP:all")[0]
        assert found["XMP-darktable:Colorlabels"] == [1] and found["XMP-xmp:Rating"] == -1
        (tmp_path / "out.jpg").unlink()


def test_darktable_reads_the_label_in_its_own_sidecar(
    program: Program, darktable: Callable[..., None], tmp_path: Path
) -> None:
    original, sidecar = photographs.jpeg(tmp_path / "a.jpg", 1), tmp_path / "a.jpg.xmp"
    darktable(original, tmp_path / "first.jpg", sidecars="on import")
    before = sidecar.read_bytes()
    sidecar.write_bytes(xmp.merged(before, {xmp.LABEL: "Blue"}))
    assert packets.rest(sidecar.read_bytes()) == packets.rest(before)
    darktable(original, tmp_path / "second.jpg")
    first, second = exiftool(program, [tmp_path / "first.jpg", tmp_path / "second.jpg"], "-XMP:all")
    assert second["XMP-darktable:Colorlabels"] == [3] and "XMP-darktable:Colorlabels" not in first
    assert second["XMP-darktable:History"] == first["XMP-darktable:History"]


def test_exiftool_finds_no_fault_that_was_not_there_before(program: Program, photos: list[Path]) -> None:
    options = ("-validate", "-warning", "-error")
    before = exiftool(program, photos, *options)
    for path in photos:
        write(path, EVERY)
    assert exiftool(program, photos, *options) == before


def test_both_can_write_over_what_we_wrote(program: Program, photos: list[Path]) -> None:
    for path in photos:
        write(path, LABEL)
    run(program("exiftool"), "-q", "-overwrite_original", "-XMP-xmp:Rating=5", *map(str, photos))
    for path in photos:
        run(program("exiv2"), "-M", "set Xmp.dc.source XmpText studio", str(path))
        with path.open("rb") as source:
            assert xmp.read(embedding.packet(source)) == {**LABEL, xmp.RATING: "5"}
        write(path, {xmp.LABEL: "Red"})
    assert {found["XMP-xmp:Label"] for found in exiftool(program, photos, "-XMP:all")} == {"Red"}


def _only_the_label_changes(program: Program, photos: list[Path]) -> None:
    """Writes a label and takes it back; exiftool sees nothing else change, and the pictures do not at all."""
    before, pictures = exiftool(program, photos, "-XMP:all", "-EXIF:all"), [list(image_data(path)) for path in photos]
    undo = [write(path, LABEL) for path in photos]
    after = exiftool(program, photos, "-XMP:all", "-EXIF:all")
    for earlier, now in zip(before, after, strict=True):
        assert (now["XMP-xmp:Label"], now["XMP-photoshop:LabelColor"]) == ("Yellow", "yellow")
        assert _rest(now) == _rest(earlier) and "XMP-xmp:Rating" in now
    assert [list(image_data(path)) for path in photos] == pictures
    for take_back in undo:
        take_back()


def _rest(found: Dump) -> Dump:
    return {key: value for key, value in found.items() if key not in TOUCHED}
