"""Copies of photos, or links to them, in a folder of the photographer's own; and their names as a plain list.

Nothing is moved, and no other file is ever written over. Undoing takes away what was made and nobody has changed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Engine

from workbench.archive import photos
from workbench.archive.photos import Problem
from workbench.archive.sessions import Session
from workbench.errors import WorkbenchError
from workbench.screening import carrying, destinations, journal, outcome, rewriting
from workbench.screening.carrying import Handed, Tell, Work, silent
from workbench.screening.journal import COPY, LINK, Entry, Journal
from workbench.screening.outcome import Outcome
from workbench.screening.presets import BY_NAME, BY_STEM
from workbench.screening.rewriting import Draft, NotWritten, Step
from workbench.screening.screen import KEEP
from workbench.settings import Settings

COPIES, LINKS, HARD_LINKS = "copies", "links", "hard links"
WAYS = (COPIES, LINKS, HARD_LINKS)
_COARSE = 2_000_000_000
"""Nanoseconds: some disks keep times to two seconds only (FAT)."""
_SPARE = 500_000_000
"""Bytes that copies leave free on the disk."""


class NoRoom(WorkbenchError):
    """The copies would not fit."""

    def __init__(self, folder: Path, needed: int, free: int) -> None:
        super().__init__(
            f"The copies need {needed / 1e9:.1f} GB and the disk of {folder} has {free / 1e9:.1f} GB free. Nothing was "
            f"copied; make room, or make links instead."
        )


@dataclass(frozen=True)
class Twin:
    """One file to be copied or linked: from `source` to `target`, where there is nothing yet."""

    photo_id: str
    source: Path
    target: Path


@dataclass(frozen=True)
class CopyPlan:
    """The dry run: every file that would be made, each that cannot be and why, and how many are there already."""

    outcome: Outcome
    folder: Path
    way: str
    twins: tuple[Twin, ...]
    problems: tuple[Problem, ...]
    unchanged: int

    @property
    def session(self) -> Session:
        """The session that is handed over."""
        return self.outcome.session


def plan_copies(
    settings: Settings,
    engine: Engine,
    session: Session,
    folder: Path,
    *,
    way: str = COPIES,
    groups: Collection[str] = (KEEP,),
    only: Collection[str] | None = None,
) -> CopyPlan:
    """What would be made in `folder` for the photos of these groups, RAW, JPEG and sidecars alike; writes nothing.

    A name that another file has there becomes “name (2)”, the same for all files of a photo. Raises OutsideRoots,
    NothingScreened and FolderAway.
    """
    if way not in WAYS:
        raise ValueError(f"“{way}” is no way to hand photos over; there are {WAYS}")
    target = settings.inside(folder)
    found = outcome.of_session(engine, session)
    there = destinations.places(settings, engine, session, found.of_groups(groups, only))
    taken, twins, unchanged = set[Path](), list[Twin](), 0
    for photo_id, files in there.files.items():
        wanted = _free(target, _bundle(files), way, taken)
        lacking = [Twin(photo_id, source, place) for source, place in wanted if not _same(source, place, way)]
        taken |= {place for _, place in wanted}
        unchanged += len(wanted) - len(lacking)
        twins += lacking
    return CopyPlan(found, target, way, tuple(twins), there.problems, unchanged)


def carry_out(
    settings: Settings,
    engine: Engine,
    plan: CopyPlan,
    *,
    labeller: str,
    tell: Tell = silent,
    unreviewed: bool = False,
    at: Step = rewriting.nothing,
) -> Handed:
    """Makes the copies or links, each whole or not at all; one that cannot be made is named and the rest done.

    Raises NotReviewed unless the review is complete or happens elsewhere (`unreviewed`), NoRoom and HandoffRuns.
    `handoff.undo` takes them away again.
    """
    if not unreviewed:
        plan.outcome.require_reviewed()
    work = Work(plan.session, unchanged=plan.unchanged, problems=list(plan.problems))
    if not plan.twins:
        return work.handed(None)
    _require_room(plan)
    options = {"folder": str(plan.folder), "way": plan.way, "made": [str(one) for one in _lacking(plan.folder)]}
    with journal.alone(settings):
        book = Journal(settings, engine, at)
        book.settle()
        handoff_id = book.begin(plan.session.id, labeller, COPIES if plan.way == COPIES else LINKS, options)
        plan.folder.mkdir(parents=True, exist_ok=True)
        entries = book.plan(handoff_id, [_entry(twin, plan.way) for twin in plan.twins])
        carrying.each(book, entries, _make, work, tell)
    return work.handed(handoff_id)


def names(engine: Engine, session: Session, wanted: Collection[str]) -> list[str]:
    """The names of these photos without their endings, in the order taken, each once, for an editor's search."""
    stems = (Path(photo.name).stem for photo in photos.of_session(engine, session.id) if photo.id in wanted)
    return list(dict.fromkeys(stems))


def _bundle(files: Sequence[Path]) -> dict[str, Path]:
    """The files of one photo and their sidecars by what follows the stem of their name, so that they stay together."""
    found: dict[str, Path] = {}
    for file in files:
        found.setdefault(file.name[len(file.stem) :], file)
        for sidecar in (destinations.sidecar(file, naming) for naming in (BY_STEM, BY_NAME)):
            if sidecar.is_file():
                found.setdefault(sidecar.name[len(file.stem) :], sidecar)
    return found


def _free(folder: Path, bundle: dict[str, Path], way: str, taken: set[Path]) -> list[tuple[Path, Path]]:
    """Source and place of each file of a photo, under the first number under which no other file lies."""
    stem = next(source.name.removesuffix(ending) for ending, source in bundle.items())
    number = 1
    while True:
        name = stem if number == 1 else f"{stem} ({number})"
        places = [(source, folder / f"{name}{ending}") for ending, source in bundle.items()]
        if all(place not in taken and (_vacant(place) or _same(source, place, way)) for source, place in places):
            return places
        number += 1


def _vacant(place: Path) -> bool:
    return not place.exists() and not place.is_symlink()


def _same(source: Path, place: Path, way: str) -> bool:
    """Whether the file is there already, as an earlier call made it."""
    if way == LINKS:
        return place.is_symlink() and place.readlink() == source
    if place.is_symlink() or not place.is_file():
        return False
    one, other = source.stat(), place.stat()
    if way == HARD_LINKS:
        return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
    return one.st_size == other.st_size and abs(one.st_mtime_ns - other.st_mtime_ns) <= _COARSE


def _make(book: Journal, entry: Entry, work: Work) -> None:
    """Makes one file. Raises NotWritten and OSError; nothing is left then."""
    source = Path(entry.about["source"])
    if not _vacant(entry.path):
        raise NotWritten("another file came to its place meanwhile")
    if not source.is_file():
        raise NotWritten("the photo is not there any more")
    new = _draft(book, entry, source)
    book.write(entry, new, b"", entry.about)
    work.written += 1


def _draft(book: Journal, entry: Entry, source: Path) -> Draft:
    way, temporary = entry.about["way"], entry.draft
    if way == COPIES:
        new = rewriting.draft(entry.path, temporary, lambda _, target: _copy(source, target), book.at)
        shutil.copystat(source, temporary)
        return new
    rewriting.require_writable(entry.path)
    if way == LINKS:
        temporary.symlink_to(source)
    else:
        os.link(source, temporary)
    book.at("drafted")
    return Draft(entry.path, temporary, None, None, str(rewriting.digest(temporary)))


def _copy(source: Path, target: BinaryIO) -> None:
    with source.open("rb") as original:
        shutil.copyfileobj(original, target, 1 << 20)


def _entry(twin: Twin, way: str) -> Entry:
    kind = COPY if way == COPIES else LINK
    return Entry(twin.target, twin.photo_id, kind, about={"source": str(twin.source), "way": way})


def _lacking(folder: Path) -> list[Path]:
    """The folders that must be made, the innermost first: undoing takes them away again where they are empty."""
    return [one for one in (folder, *folder.parents) if not one.exists()]


def _require_room(plan: CopyPlan) -> None:
    if plan.way != COPIES:
        return
    needed = sum(twin.source.stat().st_size for twin in plan.twins if twin.source.exists())
    there = next(one for one in (plan.folder, *plan.folder.parents) if one.exists())
    free = shutil.disk_usage(there).free
    if needed + _SPARE > free:
        raise NoRoom(plan.folder, needed, free)
