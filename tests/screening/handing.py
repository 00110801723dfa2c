"""A session of real files that was imported, screened and perhaps reviewed, for the tests of the hand-off."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from PIL import Image
from sqlalchemy import Engine, insert

from tests import photographs
from tests.archive.test_importing import run
from workbench.archive import catalog, operations, photos, sessions, tables
from workbench.archive.sessions import Session
from workbench.faults import BLINK
from workbench.screening import embedding, journal, packets, review, xmp
from workbench.screening.review import MOVE, Gesture
from workbench.settings import Settings, from_environment

PROBABILITIES = {"blink": 0.97, "cant_tell": 0.45, "keep": 0.02}


@dataclass(frozen=True)
class Shoot:
    """One session; `ids` are its photos by the name of their picture."""

    settings: Settings
    engine: Engine
    session: Session
    ids: Mapping[str, str]

    @property
    def folder(self) -> Path:
        return self.session.folder

    def path(self, name: str) -> Path:
        return self.folder / name

    def review(self, groups: Mapping[str, str]) -> None:
        """Decides photos (by name) as a person does."""
        client = operations.open_client(self.engine, "Ana")
        made = [Gesture(seq, MOVE, (self.ids[n],), g, None) for seq, (n, g) in enumerate(groups.items(), start=1)]
        review.store(self.engine, self.session.id, BLINK, client, made)


def shoot(settings: Settings, groups: Mapping[str, str], *, reviewed: bool = True, name: str = "Ana") -> Shoot:
    """Makes a file of each name, imports them and screens them into `groups`; blinks and doubts are reviewed so.

    `1.dng` and `1.jpg` are one photo: name one of them.
    """
    folder = settings.roots[-1] / name
    for number, file in enumerate(groups):
        make(folder / file, number)
    return taken_in(settings, folder, groups, reviewed=reviewed)


def again(made: Shoot, settings: Settings) -> Shoot:
    """The same session in another, empty installation: quicker than to import it anew."""
    made.engine.dispose()
    cache = shutil.ignore_patterns("cache", "backups")
    shutil.copytree(made.settings.datasets, settings.datasets, dirs_exist_ok=True, ignore=cache)
    folder = settings.roots[-1] / made.folder.name
    shutil.copytree(made.folder, folder)
    engine = catalog.open_catalog(settings)
    return Shoot(settings, engine, sessions.move(engine, made.session, folder), made.ids)


def installed(home: Path) -> Shoot:
    """The one session of an installation that is there."""
    settings = installation(home)
    engine = catalog.open_catalog(settings)
    (session,) = sessions.every(engine)
    return Shoot(settings, engine, session, {one.name: one.id for one in photos.of_session(engine, session.id)})


def installation(home: Path) -> Settings:
    """An installation below a folder, an empty one where there is none yet."""
    for name in ("datasets", "models", "pictures"):
        (home / name).mkdir(exist_ok=True)
    names = {"EYESPY_DATASETS": "datasets", "EYESPY_MODELS": "models", "EYESPY_ROOTS": "pictures"}
    paths = {variable: str(home / name) for variable, name in names.items()}
    return from_environment({**paths, "EYESPY_ASSETS": str(from_environment().assets)})


def taken_in(settings: Settings, folder: Path, groups: Mapping[str, str], *, reviewed: bool = True) -> Shoot:
    """The same with files that are there."""
    run(settings, folder)
    engine = catalog.open_catalog(settings)
    session = sessions.find(engine, folder.name)
    ids = {photo.name: photo.id for photo in photos.of_session(engine, session.id)}
    screened(engine, session, {ids[file]: group for file, group in groups.items()})
    made = Shoot(settings, engine, session, ids)
    if reviewed:
        made.review({file: group for file, group in groups.items() if group != "keep"})
    return made


def make(path: Path, seed: int) -> Path:
    """A small photo in the format of its name; a `.nef` is a DNG under another name."""
    if path.suffix == ".jpg":
        return photographs.jpeg(path, seed)
    if path.suffix in (".dng", ".nef"):
        return photographs.dng(path, photographs.picture(seed, (160, 120)))
    return photographs.other(path, seed)


def screened(engine: Engine, session: Session, groups: Mapping[str, str]) -> None:
    """A finished screening with these verdicts (photo → group)."""
    at, screening = tables.now(), uuid4().hex
    values = {"id": screening, "session_id": session.id, "fault": "blink", "model": "starter", "threshold": 0.5}
    rows = [
        {"screening_id": screening, "photo_id": photo, "group": group, "probability": PROBABILITIES[group]}
        | {"reason": "told by the test"}
        for photo, group in groups.items()
    ]
    with catalog.writing(engine) as connection:
        connection.execute(insert(tables.screenings).values(at=at, finished_at=at, **values))
        connection.execute(insert(tables.verdicts), rows)


def says(path: Path) -> dict[str, str]:
    """The XMP fields of a photo or a sidecar."""
    kind = journal.SIDECAR if path.suffix.lower() == ".xmp" else journal.EMBEDDED
    found = packets.says(path, kind, dict.fromkeys(xmp.FIELDS))
    return {name: value for name, value in found.items() if value is not None}


def set_fields(path: Path, fields: Mapping[str, str | None]) -> None:
    """Writes fields into a JPEG, TIFF or DNG, or a sidecar, as an editor does."""
    before = path.read_bytes() if path.exists() else b""
    if path.suffix.lower() == ".xmp":
        path.write_bytes(xmp.merged(before or None, fields))
        return
    source, target = io.BytesIO(before), io.BytesIO()
    packet = xmp.merged(embedding.packet(source), fields)
    embedding.apply(source, embedding.edits(source, packet), target)
    path.write_bytes(target.getvalue())


def pixels(path: Path) -> str:
    """A hash of what the picture shows."""
    with Image.open(path) as image:
        return hashlib.sha256(image.convert("RGB").tobytes()).hexdigest()


def digest(path: Path) -> str:
    """A hash of the whole file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def snapshot(folder: Path) -> dict[str, tuple[str, int]]:
    """Content and time of every file below a folder, also of those that are hidden."""
    return {
        path.relative_to(folder).as_posix(): (digest(path), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
