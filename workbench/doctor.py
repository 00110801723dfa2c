"""What `doctor` looks at: versions, assets, database, disk and folders, each with its cure."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from sqlalchemy import func, select

from workbench import assets
from workbench.archive import backups, catalog, tables
from workbench.errors import WorkbenchError
from workbench.settings import Settings

_PACKAGES = "streamlit tensorflow keras keras-tuner sqlalchemy pillow ai-edge-litert rawpy pi-heif scikit-learn".split()
_ROOM = 2_000_000_000


@dataclass(frozen=True)
class Finding:
    """One thing that was checked: what was found, and the cure when it is not `ok`."""

    name: str
    ok: bool
    found: str
    cure: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Everything that is checked, in the order in which it is needed."""
    return [*_versions(), *_assets(settings), _database(settings), *_folders(settings), *_roots(settings)]


def _versions() -> Iterator[Finding]:
    python = platform.python_version()
    yield Finding("Python", sys.version_info >= (3, 11), python, "Install Python 3.11 or newer and run `make setup`.")
    for name in _PACKAGES:
        try:
            yield Finding(name, True, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding(name, False, "not installed", "Run `make setup`.")


def _assets(settings: Settings) -> Iterator[Finding]:
    cures = {
        "missing": "Run `make setup`.",
        "wrong": f"It is damaged or another version: delete it from {settings.assets} and run `make setup`.",
    }
    for asset in assets.status(settings):
        yield Finding(asset.name, asset.state == "ok", asset.state, cures.get(asset.state, ""))


def _database(settings: Settings) -> Finding:
    try:
        engine = catalog.open_catalog(settings)
        with engine.connect() as connection:
            photos = connection.execute(select(func.count()).select_from(tables.photos)).scalar_one()
    except (WorkbenchError, OSError) as error:
        return Finding("catalogue", False, str(error), "Put back a copy from the backups folder.")
    kept = backups.every(settings)
    return Finding("catalogue", True, f"{photos} photos, step {catalog.LATEST}, {len(kept)} backups")


def _folders(settings: Settings) -> Iterator[Finding]:
    for name, folder in (
        ("datasets", settings.datasets),
        ("models", settings.models),
        ("cache", settings.cache),
    ):
        there = _existing(folder)
        writable = os.access(there, os.W_OK | os.X_OK)
        cure = f"Give this user the right to write to {there}, or set EYESPY_{name.upper()}."
        yield Finding(f"{name} folder", writable, f"{folder}{'' if writable else ' is not writable'}", cure)
    free = shutil.disk_usage(_existing(settings.datasets)).free
    yield Finding("free disk", free >= _ROOM, f"{free / 1e9:.1f} GB", "Make room: previews and views need it.")


def _roots(settings: Settings) -> Iterator[Finding]:
    for root in settings.roots:
        readable = os.access(root, os.R_OK | os.X_OK)
        # a picture folder that was never made is nothing wrong: photos may lie under another root
        found = f"{root}" if readable else f"{root} is not there"
        yield Finding("may read", readable or not root.exists(), found, "Give this user the right to read it.")


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())
