"""Copies of photos, or links to them, in a folder of the photographer's own; and their names as a plain list.

Nothing is moved, and no other file is ever written over. Undoing takes away what was made and nobody has changed.
"""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Engine

from workbench.archive import photos
from workbench.archive.photos import Problem
from workbench.archive.sessions import Session
from workbench.errors import WorkbenchError
from workbench.files import require_room
from workbench.screening import carrying, destinations, outcome, rewriting, settling
from workbench.screening.carrying import Handed, Tell, Work, silent
from workbench.screening.journal import COPY, LINK, Entry, Journal
from workbench.screening.outcome import Outcome
from workbench.screening.presets import BY_NAME, BY_STEM
from workbench.screening.rewriting import Draft, NotWritten, Step
from workbench.screening.screen import KEEP
from workbench.settings import Settings

COPIES, LINKS, HARD_LINKS = "copies", "links", "hard links"
WAYS = (COPIES, LINKS, HARD_LINKS)


class NoFolder(WorkbenchError):
    """The folder for the copies cannot be made."""

    def __init__(self, folder: Path, error: OSError) -> None:
        super().__init__(
            f"The folder {folder} cannot be made ({error.strerror or error}). Nothing was copied; name another folder."
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

    A name that another file has there becomes “name (2)”, the same for all files of a photo that share one; a file of
    the same content is left as it is. Raises OutsideRoots, NothingScreened and FolderAway.
    """
    if way not in WAYS:
        raise ValueError(f"“{way}” is no way to hand photos over; there are {WAYS}")
    target = settings.inside(folder)
    found = outcome.of_session(engine, session)
    there = destinations.places(settings, engine, session, found.of_groups(groups, only))
    taken, twins, unchanged = set[str](), list[Twin](), 0
    for photo_id, bundle in ((photo_id, one) for photo_id, files in there.files.items() for one in _bundles(files)):
        wanted = _free(target, bundle, way, taken)
        taken |= {_plain(place.name) for _, place in wanted}
        lacking = [Twin(photo_id, source, place) for source, place in wanted if _vacant(place)]
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

    Raises NotReviewed unless the review is complete or happens elsewhere (`unreviewed`), DiskFull, NoFolder,
    HandoffRuns, and UnknownSession when the session was forgotten meanwhile.
    `handoff.undo` takes them away again.
    """
    if not unreviewed:
        plan.outcome.require_reviewed()
    work = Work(plan.session, unchanged=plan.unchanged, problems=list(plan.problems))
    if not plan.twins:
        return work.handed(None)
    _require_room(plan)
    options = {"folder": str(plan.folder), "way": plan.way, "made": [str(one) for one in _lacking(plan.folder)]}
    with settling.settled(settings, engine, at) as book:
        _make_folder(plan.folder)
        handoff_id = book.begin(plan.session.id, labeller, COPIES if plan.way == COPIES else LINKS, options)
        entries = book.plan(handoff_id, [_entry(twin, plan.way) for twin in plan.twins])
        carrying.each(book, entries, _make, work, tell)
    return work.handed(handoff_id)


def names(engine: Engine, session: Session, wanted: Collection[str]) -> list[str]:
    """The names of these photos without their endings, in the order taken, each once, for an editor's search."""
    stems = (Path(photo.name).stem for photo in photos.of_session(engine, session.id) if photo.id in wanted)
    return list(dict.fromkeys(stems))


def _bundles(files: Sequence[Path]) -> Iterator[dict[str, Path]]:
    """The files of one photo, those of one stem together, the most complete first: a duplicate is not made again."""
    stems: dict[str, list[Path]] = {}
    for file in files:
        stems.setdefault(_plain(file.stem), []).append(file)
    made = set[str]()
    for some in sorted(stems.values(), key=len, reverse=True):
        if lacking := [file for file in some if file.suffix.lower() not in made]:
            yield _bundle(lacking)
        made |= {file.suffix.lower() for file in some}


def _bundle(files: Sequence[Path]) -> dict[str, Path]:
    """Files of one stem and their sidecars by what follows the stem of their name, so that they stay together."""
    found: dict[str, Path] = {}
    for file in files:
        found.setdefault(file.name[len(file.stem) :], file)
        for sidecar in (destinations.sidecar(file, naming) for naming in (BY_STEM, BY_NAME)):
            if sidecar.is_file():
                found.setdefault(sidecar.name[len(file.stem) :], sidecar)
    return found


def _free(folder: Path, bundle: dict[str, Path], way: str, taken: Collection[str]) -> list[tuple[Path, Path]]:
    """Source and place of each file of a bundle, under the first number under which no other file lies."""
    stem = next(source.name.removesuffix(ending) for ending, source in bundle.items())
    number = 1
    while True:
        name = stem if number == 1 else f"{stem} ({number})"
        places = [(source, folder / f"{name}{ending}") for ending, source in bundle.items()]
        free = (_plain(place.name) not in taken for _, place in places)
        if all(free) and all(_vacant(place) or _same(source, place, way) for source, place in places):
            return places
        number += 1


def _plain(name: str) -> str:
    """A name as disks see it that know neither case nor two spellings of one accent (macOS, Windows)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _vacant(place: Path) -> bool:
    return not place.exists() and not place.is_symlink()


def _same(source: Path, place: Path, way: str) -> bool:
    """Whether the file is there already, as an earlier call made it; what cannot be read is another."""
    if way == LINKS:
        return place.is_symlink() and place.readlink() == source
    if place.is_symlink() or not place.is_file():
        return False
    try:
        one, other = source.stat(), place.stat()
        if way == HARD_LINKS:
            return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
        return one.st_size == other.st_size and rewriting.digest(source) == rewriting.digest(place)
    except OSError:
        return False


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


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NoFolder(folder, error) from error


def _lacking(folder: Path) -> list[Path]:
    """The folders that must be made, the innermost first: undoing takes them away again where they are empty."""
    return [one for one in (folder, *folder.parents) if not one.exists()]


def _require_room(plan: CopyPlan) -> None:
    if plan.way != COPIES:
        return
    needed = sum(twin.source.stat().st_size for twin in plan.twins if twin.source.exists())
    require_room(plan.folder, needed, "The copies need", place=str(plan.folder), instead="make links instead")
