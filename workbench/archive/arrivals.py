"""Arrivals: which sessions below a watched folder are there whole, for nothing has changed in them for a while.

A copy from a card takes minutes, and half a file reads as a broken photo. So a session is taken up only when its
photos have kept their sizes and times, and nothing was written beside them, for some seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from workbench.archive import folders, formats
from workbench.archive.folders import Found, NothingToImport, Plan
from workbench.settings import Settings

Stamp = tuple[str, int, int]
"""A file's name below its session, its size and the time of its last change in nanoseconds."""
Key = tuple[Path, str]
"""Folder and name: sessions that a labels.csv tells apart may share a folder."""


@dataclass(frozen=True)
class Seen:
    """A session as it lies there; `unit` is the folder directly below the watched one, or that one, that it is in."""

    unit: Path
    plan: Plan
    stamps: frozenset[Stamp]

    @property
    def key(self) -> Key:
        """What tells it from other sessions."""
        return self.plan.folder, self.plan.name


@dataclass(frozen=True)
class Waiting:
    """A session that has something new; `since` is when it last changed, in seconds of a clock that never goes back."""

    seen: Seen
    since: float


@dataclass(frozen=True)
class Arrivals:
    """What is known below a watched folder: sessions that wait to be quiet, and the files that were taken up."""

    waiting: Mapping[Key, Waiting] = field(default_factory=dict)
    taken: Mapping[Key, frozenset[Stamp]] = field(default_factory=dict)

    def noticed(self, units: Iterable[Path], seen: Iterable[Seen], now: float, *, touched: bool = True) -> Arrivals:
        """With what a look at those units showed; `touched`: something happened in them, be it beside the photos.

        Only new and changed files make a session wait: a photo that is taken away is no arrival.
        """
        looked_at = set(units)
        waiting = {key: one for key, one in self.waiting.items() if one.seen.unit not in looked_at}
        for one in seen:
            if one.stamps - self.taken.get(one.key, frozenset()):
                before = self.waiting.get(one.key)
                quiet = before is not None and before.seen.stamps == one.stamps and not touched
                waiting[one.key] = Waiting(one, before.since if before is not None and quiet else now)
        return replace(self, waiting=waiting)

    def due(self, now: float, quiet_for: float) -> list[Seen]:
        """Sessions in which nothing has changed for so many seconds, those that wait longest first."""
        quiet = [one for one in self.waiting.values() if now - one.since >= quiet_for]
        return [one.seen for one in sorted(quiet, key=lambda one: one.since)]

    def took(self, one: Seen) -> Arrivals:
        """After that session was taken up."""
        waiting = {key: other for key, other in self.waiting.items() if key != one.key}
        return Arrivals(waiting, {**self.taken, one.key: one.stamps})

    def put_off(self, late: Collection[Key], until: float) -> Arrivals:
        """With those sessions quiet from that second on only: they could not be looked at, or not be taken up."""
        waiting = {key: replace(one, since=until) if key in late else one for key, one in self.waiting.items()}
        return replace(self, waiting=waiting)

    def waiting_in(self, unit: Path) -> list[Key]:
        """The sessions of a unit that wait."""
        return [key for key, one in self.waiting.items() if one.seen.unit == unit]


def units(folder: Path) -> list[Path]:
    """Where sessions may lie: the folder itself for its loose photos, and each folder in it.

    One that a labels.csv or class folders make a whole is its own only unit.
    """
    if folders.is_whole(folder):
        return [folder]
    return [folder, *(path for path in folders.entries(folder) if path.is_dir())]


def units_of(folder: Path, touched: Iterable[Path]) -> set[Path]:
    """The units to which paths below the folder belong; hidden files count, for a copy may be written under one."""
    below = [path.relative_to(folder).parts for path in touched if path.is_relative_to(folder)]
    if folders.is_whole(folder):
        return {folder} if below else set()
    return {unit for parts in below if parts and (unit := _unit(folder, parts))}


def _unit(folder: Path, parts: tuple[str, ...]) -> Path | None:
    first = folder / parts[0]
    if len(parts) == 1 and not first.is_dir():
        return folder
    return None if folders.is_hidden(first) else first


def look(unit: Path, folder: Path, settings: Settings) -> list[Seen]:
    """The sessions of a unit of the watched folder as they lie there now; names, sizes and times are read.

    Raises OutsideRoots and BadLabelsFile.
    """
    if unit == folder and not folders.is_whole(folder):
        if not any(formats.is_photo(path) for path in folders.entries(folder)):
            return []
        plans = [_loose(plan) for plan in folders.plan(folder, settings)]
    else:
        plans = _plans(unit, settings)
    return [Seen(unit, plan, stamps) for plan in plans if (stamps := stamps_of(plan))]


def stamps_of(plan: Plan) -> frozenset[Stamp]:
    """Name, size and time of the photos of a session; one that has just vanished is left out."""
    halves = ((name, path) for found in plan.files for name, path in ((found.name, found.path), *_raw_half(found)))
    return frozenset(stamp for name, path in halves if (stamp := _stamp(name, path)))


def gone(folder: Path) -> Callable[[], bool]:
    """Asks from now on whether the folder is away, or another one lies in its place (its drive was plugged in anew)."""
    before = _which(folder)
    return lambda: before is None or _which(folder) != before


def _plans(unit: Path, settings: Settings) -> list[Plan]:
    if not unit.is_dir():
        return []
    try:
        return folders.plan(unit, settings)
    except NothingToImport:
        return []


def _loose(whole: Plan) -> Plan:
    """Only what lies straight in the folder; its sub-folders are sessions of their own."""
    files = tuple(found for found in whole.files if "/" not in found.name)
    problems = tuple(problem for problem in whole.problems if "/" not in problem.name)
    return replace(whole, files=files, problems=problems, others=0)


def _raw_half(found: Found) -> list[tuple[str, Path]]:
    return [(found.raw, found.path.with_name(Path(found.raw).name))] if found.raw else []


def _stamp(name: str, path: Path) -> Stamp | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return name, state.st_size, state.st_mtime_ns


def _which(folder: Path) -> tuple[int, int] | None:
    try:
        state = folder.stat()
    except OSError:
        return None
    return state.st_dev, state.st_ino
