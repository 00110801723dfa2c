"""Watching: a folder is looked at again and again, and each session in it is taken up when it is there whole."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import click

from workbench import report
from workbench.archive import arrivals, noticing
from workbench.archive.arrivals import Arrivals, Key, Seen
from workbench.archive.noticing import Notices
from workbench.errors import WorkbenchError
from workbench.settings import Settings

_OFTEN = 1.0
"""Seconds at most between two looks at the clock, and at a folder that is away."""
UNPROMPTED_EVERY = 30.0
"""Seconds between two looks at everything: not every drive tells of changes, and none tells of what a link leads to."""
_TRIES = 5
"""So often in a row a folder may fail to be looked at before it is named."""
AGAIN_AFTER = 60.0
"""Seconds until what could not be taken up is tried again; twice, three times as long then."""


class NotLookedAt(WorkbenchError):
    """A folder that the disk refuses to show, again and again."""

    def __init__(self, folder: Path, error: OSError) -> None:
        super().__init__(
            f"“{folder}” cannot be read ({error.strerror or error}), so what is new in it was not taken up. "
            f"Check the drive; it is looked at again."
        )


@dataclass
class Watching:
    """A folder under watch: `take` is called with each session in it that is there whole and has something new.

    `take` gives False where not all could be done and only a change can help. What it raises a WorkbenchError for is
    tried again after a while.
    """

    settings: Settings
    folder: Path
    quiet_for: float
    take: Callable[[Seen], bool]
    once: bool = False
    poll: bool = False
    _told: set[tuple[Path, str]] = field(default_factory=set)
    _unread: set[Path] = field(default_factory=set)
    _failures: Counter[Path | Key] = field(default_factory=Counter)

    @property
    def failed(self) -> bool:
        """Whether a folder could not be looked at, or a session not be taken up, when that was last tried."""
        return bool(self._failures)

    def run(self) -> None:
        """Watches until Ctrl-C, or with `once` until everything was taken up; waits for a folder that goes away."""
        while True:
            try:
                with noticing.below(self.folder, poll=self.poll) as notices:
                    self._greet(notices)
                    self._follow(notices)
            except OSError:  # it went away just now; what else the disk refuses is told of where it is read
                if self.folder.is_dir():
                    raise
            if self.once:
                return
            self._wait_for_it()

    def _greet(self, notices: Notices) -> None:
        if not self.once:
            how = f", looking every {noticing.POLLED_EVERY:g} seconds" if notices.polled else ""
            report.say(f"Watching “{report.shown(str(self.folder))}” for new sessions{how}. Ctrl-C ends it.")

    def _follow(self, notices: Notices) -> None:
        """Takes sessions up, one at a time, until the folder goes away, or with `once` until none waits."""
        gone = arrivals.gone(self.folder)
        known, next_look = Arrivals(), time.monotonic()
        while not gone():
            if time.monotonic() >= next_look:
                known, next_look = self._everywhere(known)
            known, quiet = self._quiet(known)
            if quiet:
                known = self._take_up(known, quiet)
                if gone():  # it may have been read by half: all is looked at again when it is back
                    return
            if self.once and not (known.waiting or self._unread):
                return
            touched = notices.wait(0 if quiet else min(_OFTEN, self.quiet_for / 4))
            known = self._looked(known, arrivals.units_of(self.folder, touched) | self._unread)

    def _everywhere(self, known: Arrivals) -> tuple[Arrivals, float]:
        """With a look at everything, and when the next one is due: at once, where the disk refused to list it."""
        try:
            units = arrivals.units(self.folder)
        except OSError as error:
            pause = UNPROMPTED_EVERY if self._given_up(self.folder, error) else 0
            return known, time.monotonic() + pause
        return self._looked(known, units, touched=False), time.monotonic() + UNPROMPTED_EVERY

    def _quiet(self, known: Arrivals) -> tuple[Arrivals, Seen | None]:
        """A session in which nothing changes any more, after a last look at it; not every drive tells of changes."""
        looked_at: set[Path] = set()
        while due := known.due(time.monotonic(), self.quiet_for):
            if due[0].unit in looked_at:
                return known, due[0]
            looked_at.add(due[0].unit)
            known = self._looked(known, [due[0].unit], touched=False)
        return known, None

    def _looked(self, known: Arrivals, units: Iterable[Path], *, touched: bool = True) -> Arrivals:
        """With a look at those units; what cannot be taken up as it lies there is told once."""
        looked_at, found = list[Path](), list[Seen]()
        for unit in units:
            try:
                found += arrivals.look(unit, self.folder, self.settings)
                self._succeeded(unit)
            except WorkbenchError as error:
                self._complain(unit, unit, error)
            except OSError as error:
                if not self._given_up(unit, error):
                    known = known.put_off(known.waiting_in(unit), time.monotonic())
                    continue
            looked_at.append(unit)
        self._unread -= set(looked_at)
        return known.noticed(looked_at, found, time.monotonic(), touched=touched)

    def _given_up(self, unit: Path, error: OSError) -> bool:
        """Counts a look that failed, as it may on a slow drive, or while the folder goes away; names it in the end."""
        if self._failures[unit] + 1 >= _TRIES:
            self._complain(unit, unit, NotLookedAt(unit, error))
            return True
        self._failures[unit] += 1
        self._unread.add(unit)
        return False

    def _take_up(self, known: Arrivals, seen: Seen) -> Arrivals:
        try:
            done = self.take(seen)
        except WorkbenchError as error:
            self._complain(seen.key, seen.plan.folder, error)
            if self.once:
                return known.took(seen)
            return known.put_off([seen.key], time.monotonic() + AGAIN_AFTER * self._failures[seen.key])
        self._succeeded(seen.key)
        self._failures += Counter({seen.key: not done})
        return known.took(seen)

    def _succeeded(self, what: Path | Key) -> None:
        if self._failures.pop(what, 0):
            place = what if isinstance(what, Path) else what[0]
            self._told = {one for one in self._told if one[0] != place}

    def _complain(self, what: Path | Key, place: Path, error: WorkbenchError) -> None:
        """Counts a failure and names it, unless it was named so since it last went well."""
        self._failures[what] += 1
        if (place, str(error)) not in self._told:
            click.echo(f"{report.shown(place.name)}: {report.shown(str(error))}", err=True)
        self._told.add((place, str(error)))

    def _wait_for_it(self) -> None:
        report.say(f"“{report.shown(str(self.folder))}” is away. Waiting for it to come back.")
        while not self.folder.is_dir():
            time.sleep(min(_OFTEN, self.quiet_for))
