"""The hand-off: what people decided becomes colours and flags that a photo editor reads, and can be taken back.

First a plan, which is the dry run; then each file is written whole or not at all, with a journal. Nothing but XMP
changes; no photo is moved or deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from workbench.archive import sessions
from workbench.archive.photos import Problem
from workbench.archive.sessions import Session
from workbench.errors import OutsideRoots, WorkbenchError
from workbench.screening import (
    carrying,
    destinations,
    embedding,
    journal,
    outcome,
    packets,
    presets,
    rewriting,
    settling,
    undoing,
)
from workbench.screening.carrying import Handed, Tell, Work, silent
from workbench.screening.destinations import Destination
from workbench.screening.journal import (
    EMBEDDED,
    SIDECAR,
    AlreadyUndone,
    Entry,
    Handoff,
    HandoffRuns,
    Journal,
    UnknownHandoff,
    every,
    find,
)
from workbench.screening.outcome import NothingScreened, NotReviewed, Outcome
from workbench.screening.packets import Fields
from workbench.screening.presets import Choice
from workbench.screening.rewriting import Draft, NotWritten, Step
from workbench.settings import Settings

__all__ = [
    "EMBEDDED",
    "SIDECAR",
    "AlreadyUndone",
    "Change",
    "Choice",
    "Handed",
    "Handoff",
    "HandoffRuns",
    "NotReviewed",
    "NothingScreened",
    "Plan",
    "UnknownHandoff",
    "carry_out",
    "every",
    "find",
    "plan",
    "settle",
    "undo",
]
XMP = "xmp"
"""The kind of hand-off that this is; others are in `copies`."""


@dataclass(frozen=True)
class Change:
    """What one file would say: its XMP fields `before` and `after` (None: absent); `note` is worth knowing.

    `photo` is the file of the photo that it is for, itself where it is embedded.
    """

    photo_id: str
    path: Path
    kind: str
    photo: Path
    group: str
    before: Fields
    after: Fields
    note: str = ""


@dataclass(frozen=True)
class Plan:
    """The dry run: every change, every file that cannot be written and why, and how many say so already."""

    outcome: Outcome
    choice: Choice
    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]
    unchanged: int
    notes: tuple[str, ...] = ()

    @property
    def session(self) -> Session:
        """The session that is handed over."""
        return self.outcome.session


def plan(
    settings: Settings,
    engine: Engine,
    session: Session,
    choice: Choice,
    *,
    only: Collection[str] | None = None,
    tell: Tell = silent,
) -> Plan:
    """Every change that the choice asks for, in the photos of groups that it gives something to; writes nothing.

    `only` are the photos to look at (None: all). A photo that stands in another group than when it was handed over
    before gets back what it said before that.
    Raises NothingScreened and FolderAway.
    """
    with suppress(HandoffRuns):
        settle(settings, engine)
    found, earlier = outcome.of_session(engine, session), journal.standing(engine, session.id)
    groups = {photo: verdict.group for photo, verdict in found.screening.verdicts.items()}
    touched = [photo for photo, group in groups.items() if photo in earlier or presets.fields(choice, group)]
    touched = [photo for photo in touched if only is None or photo in only]
    there = destinations.places(settings, engine, session, touched, tell)
    shared = destinations.sharers(settings, engine, session, presets.find(choice.preset))
    work, changes = Work(session, problems=list(there.problems)), list[Change]()
    for place in _destinations(settings, choice, there.files, work):
        try:
            owners = shared.get(place.path) or {place.photo_id: place.path.name}
            _require_agreement(owners, groups, choice)
            known = journal.of_file(_newest_first(earlier, owners), place.path, session.folder.resolve())
            changes.append(_change(place, groups[place.photo_id], choice, known))
        except (OSError, WorkbenchError) as error:
            work.refuse(place.path, error)
    real = tuple(one for one in changes if one.before != one.after)
    unchanged = sum(bool(one.after) for one in changes) - len(real)
    return Plan(found, choice, real, tuple(work.problems), unchanged, _notes(session, real))


def carry_out(
    settings: Settings,
    engine: Engine,
    plan: Plan,
    *,
    labeller: str,
    tell: Tell = silent,
    unreviewed: bool = False,
    at: Step = rewriting.nothing,
) -> Handed:
    """Writes what is planned, each file whole or not at all; one that cannot be written is named and the rest done.

    Raises NotReviewed unless the review is complete or happens elsewhere (`unreviewed`), and HandoffRuns. `at` is
    called with the name of each step: a test stops the program there.
    """
    if not unreviewed:
        plan.outcome.require_reviewed()
    work = Work(plan.session, unchanged=plan.unchanged, problems=list(plan.problems))
    if not plan.changes:
        return work.handed(None)
    with settling.settled(settings, engine, at) as book:
        handoff_id = book.begin(plan.session.id, labeller, XMP, _options(plan.choice, unreviewed))
        entries = book.plan(handoff_id, [_entry(change, plan.session) for change in plan.changes])
        carrying.each(book, entries, _write, work, tell)
    return work.handed(handoff_id)


def undo(
    settings: Settings, engine: Engine, handoff_id: str, tell: Tell = silent, *, at: Step = rewriting.nothing
) -> Handed:
    """Takes a hand-off back: files that nobody changed since become exactly what they were, to the byte.

    In one that was changed since, the fields that still say what was written get their earlier values; the rest stays
    and is told in `left`. What cannot be undone now (its drive is away) can be later, by the same call. Raises
    UnknownHandoff, AlreadyUndone and HandoffRuns.
    """
    found = journal.find(engine, handoff_id)
    if found.undone_at is not None and not found.stands:
        raise AlreadyUndone(found)
    work = Work(sessions.find(engine, found.session_id))
    with settling.settled(settings, engine, at) as book:
        carrying.each(book, book.plan_undo(found.id), undoing.take_back, work, tell, undoing=True)
        if book.close(found.id):
            _take_away_folders(found)
    return work.handed(found.id)


def settle(settings: Settings, engine: Engine) -> int:
    """Clears up after a hand-off that was killed; gives how many files were open. Raises HandoffRuns."""
    with journal.alone(settings):
        return settling.settle(Journal(settings, engine))


def _take_away_folders(undone: Handoff) -> None:
    """Folders that were made for copies go where nothing else lies in them by now."""
    for folder in undone.options.get("made", ()):
        with suppress(OSError):
            Path(folder).rmdir()


def _destinations(
    settings: Settings, choice: Choice, files: Mapping[str, Sequence[Path]], work: Work
) -> Iterator[Destination]:
    """Every file that the editor reads, each once: RAW and JPEG of one stem may share a sidecar, and photos may."""
    preset, seen = presets.find(choice.preset), set[Path]()
    for photo_id, path in ((photo_id, path) for photo_id, paths in files.items() for path in paths):
        try:
            for place in destinations.of_file(settings, preset, photo_id, path):
                if place.path not in seen:
                    seen.add(place.path)
                    yield place
        except OutsideRoots:
            work.refuse(path, NotWritten("its sidecar leads out of the folders that Eye Spy may touch"))


def _require_agreement(owners: Mapping[str, str], groups: Mapping[str, str], choice: Choice) -> None:
    """All photos that have a file (with a name each) must want the same of it. Raises NotWritten, which names them."""
    wanted = [presets.fields(choice, groups.get(photo, "")) for photo in owners]
    if any(one != wanted[0] for one in wanted):
        names = " and ".join(f"“{name}”" for name in owners.values())
        raise NotWritten(f"{names} share this sidecar and stand in different groups")


def _newest_first(earlier: Mapping[str, Sequence[Entry]], owners: Collection[str]) -> list[Entry]:
    """What hand-offs wrote for these photos."""
    found = [entry for photo in owners for entry in earlier.get(photo, ())]
    return sorted(found, key=lambda entry: entry.id, reverse=True)


def _change(place: Destination, group: str, choice: Choice, earlier: Sequence[Entry]) -> Change:
    """What one file says and would say; it is looked at as closely as if it were written. Raises as `packets` does."""
    wanted = presets.fields(choice, group)
    names = {**wanted, **{name: None for entry in earlier for name in entry.about["after"]}}
    before = packets.says(place.path, place.kind, names)
    after = {**_as_before(before, group, earlier), **wanted}
    before = {name: before[name] for name in after}
    if before != after:
        rewriting.require_writable(place.path)
        packets.edits(place.path, place.kind, after)
    return Change(place.photo_id, place.path, place.kind, place.photo, group, before, after, place.note)


def _as_before(now: Fields, group: str, earlier: Sequence[Entry]) -> dict[str, str | None]:
    """What hand-offs, newest first, wrote when the photo stood in another group, as it was before them."""
    back: dict[str, str | None] = {}
    for entry in earlier:
        if entry.about["group"] != group:
            for name, written in entry.about["after"].items():
                if back.get(name, now[name]) == written:
                    back[name] = entry.about["before"][name]
    return back


def _write(book: Journal, entry: Entry, work: Work) -> None:
    """Writes one file's fields, as it is now. Raises WorkbenchError and OSError."""
    wanted, seen = entry.about["after"], rewriting.require_writable(entry.path)
    if book.settings.inside(entry.path) != entry.path:
        raise NotWritten("a link lies in its place now")
    _require_photo(book, entry)
    before = packets.says(entry.path, entry.kind, wanted)
    edits = packets.edits(entry.path, entry.kind, wanted)
    if not edits:
        book.note(entry, status=journal.NOT_WRITTEN)
        work.unchanged += 1
        return
    new = rewriting.draft(entry.path, entry.draft, packets.pour(edits), book.at, seen=seen)
    _require_same_picture(new, entry)
    about = {**entry.about, "before": before, **({"modified_ns": seen.st_mtime_ns} if seen else {})}
    book.write(entry, new, embedding.dump(edits), about)
    work.written += 1


def _require_photo(book: Journal, entry: Entry) -> None:
    """Since the plan the photo may have gone, or another picture may have taken its name. Raises NotWritten."""
    photo = Path(entry.about["photo"])
    if photo.exists() and not book.holds_photo(entry, photo):
        raise NotWritten(destinations.ANOTHER)
    if not photo.exists():
        raise NotWritten("it vanished" if entry.kind == EMBEDDED else "its photo vanished")


def _require_same_picture(new: Draft, entry: Entry) -> None:
    """A last look before a photo is replaced: but for its metadata the JPEG is the same, byte for byte."""
    if entry.kind != EMBEDDED:
        return
    with new.path.open("rb") as file:
        if not embedding.is_jpeg(file):
            return
    if rewriting.hashes(new.path).identity != new.hashes.identity:
        raise NotWritten("its picture would not have stayed the same")


def _entry(change: Change, session: Session) -> Entry:
    """The row of a change. `name`, below the session's folder, is where to seek the file when that has moved; what lies
    elsewhere, behind a link, has none."""
    folder = session.folder.resolve()
    name = {"name": change.path.relative_to(folder).as_posix()} if change.path.is_relative_to(folder) else {}
    fields = {"before": dict(change.before), "after": dict(change.after)}
    about = {"group": change.group, "photo": str(change.photo), **fields, **name}
    return Entry(change.path, change.photo_id, change.kind, about=about)


def _options(choice: Choice, unreviewed: bool) -> dict[str, Any]:
    return {**vars(choice), "colours": dict(choice.colours), "unreviewed": unreviewed}


def _notes(session: Session, changes: Sequence[Change]) -> tuple[str, ...]:
    notes = []
    if session.copied:
        notes.append(
            f"The photos of this session are copies in {session.folder}: only there will your editor see this."
        )
    there = [state for state in (rewriting.state(one.path) for one in changes) if state is not None]
    if second := sum(state.st_nlink > 1 for state in there):
        files = "1 file has" if second == 1 else f"{second} files have"
        notes.append(f"{files} a second name on the disk (a hard link): what lies there is not changed.")
    return tuple(notes)
