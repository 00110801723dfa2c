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
_JPEG = b"\xff\xd8\xff"
Fields = Mapping[str, str | None]


@dataclass(frozen=True)
class Change:
    """What one file would say: its XMP fields `before` and `after` (None: absent); `note` is worth knowing."""

    photo_id: str
    path: Path
    kind: str
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
    work, changes = Work(session, problems=list(there.problems)), dict[Path, Change]()
    for place in _destinations(settings, choice, there.files, work):
        try:
            known = journal.of_file(earlier.get(place.photo_id, ()), place.path)
            _add(changes, _change(place, groups[place.photo_id], choice, known))
        except (OSError, WorkbenchError) as error:
            work.refuse(place.path, error)
    real = tuple(one for one in changes.values() if one.before != one.after)
    unchanged = sum(bool(one.after) for one in changes.values()) - len(real)
    return Plan(found, choice, real, tuple(work.problems), unchanged, _notes(session))


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
    with journal.alone(settings):
        book = Journal(settings, engine, at)
        book.settle()
        handoff_id = book.begin(plan.session.id, labeller, XMP, _options(plan.choice, unreviewed))
        entries = book.plan(handoff_id, [_entry(change) for change in plan.changes])
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
    with journal.alone(settings):
        book = Journal(settings, engine, at)
        book.settle()
        carrying.each(book, book.plan_undo(found.id), undoing.take_back, work, tell, undoing=True)
        if book.close(found.id):
            _take_away_folders(found)
    return work.handed(found.id)


def settle(settings: Settings, engine: Engine) -> int:
    """Clears up after a hand-off that was killed; gives how many files were open. Raises HandoffRuns."""
    with journal.alone(settings):
        return Journal(settings, engine).settle()


def _take_away_folders(undone: Handoff) -> None:
    """Folders that were made for copies go where nothing else lies in them by now."""
    for folder in undone.options.get("made", ()):
        with suppress(OSError):
            Path(folder).rmdir()


def _destinations(
    settings: Settings, choice: Choice, files: Mapping[str, Sequence[Path]], work: Work
) -> Iterator[Destination]:
    preset = presets.find(choice.preset)
    for photo_id, paths in files.items():
        for path in paths:
            try:
                yield from destinations.of_file(settings, preset, photo_id, path)
            except OutsideRoots:
                work.refuse(path, NotWritten("its sidecar leads out of the folders that Eye Spy may touch"))


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
    return Change(place.photo_id, place.path, place.kind, group, before, after, place.note)


def _as_before(now: Fields, group: str, earlier: Sequence[Entry]) -> dict[str, str | None]:
    """What hand-offs, newest first, wrote when the photo stood in another group, as it was before them."""
    back: dict[str, str | None] = {}
    for entry in earlier:
        if entry.about["group"] != group:
            for name, written in entry.about["after"].items():
                if back.get(name, now[name]) == written:
                    back[name] = entry.about["before"][name]
    return back


def _add(changes: dict[Path, Change], one: Change) -> None:
    """RAW and JPEG of one stem share a sidecar: one change, if both want the same. Raises NotWritten."""
    known = changes.setdefault(one.path, one)
    if known.after != one.after:
        raise NotWritten("two photos of different groups share this sidecar")


def _write(book: Journal, entry: Entry, work: Work) -> None:
    """Writes one file's fields, as it is now. Raises WorkbenchError and OSError."""
    wanted, state = entry.about["after"], rewriting.require_writable(entry.path)
    if book.settings.inside(entry.path) != entry.path:
        raise NotWritten("a link lies in its place now")
    before = packets.says(entry.path, entry.kind, wanted)
    edits = packets.edits(entry.path, entry.kind, wanted)
    if not edits:
        book.note(entry, status=journal.NOT_WRITTEN)
        work.unchanged += 1
        return
    new = rewriting.draft(entry.path, entry.draft, packets.pour(edits), book.at)
    _require_same_picture(new, entry)
    about = {**entry.about, "before": before, **({"modified_ns": state.st_mtime_ns} if state else {})}
    book.write(entry, new, embedding.dump(edits), about)
    work.written += 1


def _require_same_picture(new: Draft, entry: Entry) -> None:
    """A last look before a photo is replaced: but for its metadata the JPEG is the same, byte for byte."""
    if entry.kind != EMBEDDED or not _is_jpeg(new.path):
        return
    if rewriting.hashes(new.path).identity != new.hashes.identity:
        raise NotWritten("its picture would not have stayed the same")


def _is_jpeg(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_JPEG)) == _JPEG


def _entry(change: Change) -> Entry:
    about = {"group": change.group, "before": dict(change.before), "after": dict(change.after)}
    return Entry(change.path, change.photo_id, change.kind, about=about)


def _options(choice: Choice, unreviewed: bool) -> dict[str, Any]:
    return {**vars(choice), "colours": dict(choice.colours), "unreviewed": unreviewed}


def _notes(session: Session) -> tuple[str, ...]:
    if not session.copied:
        return ()
    return (f"The photos of this session are copies in {session.folder}: only there will your editor see this.",)
