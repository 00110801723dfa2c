"""`watch`: new sessions below a folder are brought in and screened as they arrive. Photos are only read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench import report
from workbench.archive import arrivals, noticing
from workbench.archive.arrivals import Arrivals, Seen
from workbench.archive.folders import NotAFolder
from workbench.archive.noticing import Notices
from workbench.commands import handoff as handoff_command
from workbench.errors import WorkbenchError
from workbench.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from workbench.archive.importing import Summary
    from workbench.archive.sessions import Session
    from workbench.commands.handoff import Request
    from workbench.screening.screen import Screening

_OFTEN = 1.0
"""Seconds at most between two looks at the clock, and at a folder that is away."""
_SHOWN = {"keep": "keep", "blink": "blink", "cant_tell": "can't tell"}


class OwnArchive(WorkbenchError):
    """The folder to watch holds what the program itself writes."""

    def __init__(self, folder: Path, archive: Path) -> None:
        super().__init__(
            f"“{folder}” holds Eye Spy's own archive ({archive}), and its previews would be taken for photos. "
            f"Watch the folder of your shoots."
        )


@click.command()
@click.argument("watched", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--once", is_flag=True, help="Take up what is there, once it is quiet, and end.")
@click.option(
    "--quiet-for",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="Take a session up when nothing has changed in it for so long.",
)
@click.option("--poll", is_flag=True, help="Look again and again: for drives on which other computers write.")
@handoff_command.options
@click.pass_obj
def watch(bench: Any, watched: Path, once: bool, quiet_for: float, poll: bool, **given: Any) -> None:
    """Screen new sessions below FOLDER as they arrive. Photos are only read, unless --to xmp says otherwise.

    Each folder in FOLDER is a session, or a folder of sessions; photos that lie straight in FOLDER are a session of
    their own. One that is screened and unchanged is left alone, one that grows is screened again. Ctrl-C ends it.

    Exit status: 0 done or stopped, 1 nothing could be watched, 2 wrong usage, 3 done with --once, but not all could
    be read or written: each is named.
    """
    real = bench.settings.inside(watched)
    if not real.is_dir():
        raise NotAFolder(watched)
    if bench.settings.datasets.is_relative_to(real):
        raise OwnArchive(watched, bench.settings.datasets)
    asked = _request(given, real)
    watching = Watching(bench.settings, real, quiet_for, lambda seen: take_up(bench, seen, asked), once, poll)
    try:
        watching.run()
    except KeyboardInterrupt:
        report.say("Stopped watching. What was done is kept.")
    if once and watching.failed:
        raise SystemExit(3)


@dataclass
class Watching:
    """A folder under watch: `take` is called with each session in it that is there whole and has something new.

    `failed` says that a session could not be taken up, or that `take` gave False.
    """

    settings: Settings
    folder: Path
    quiet_for: float
    take: Callable[[Seen], bool]
    once: bool = False
    poll: bool = False
    failed: bool = False
    _told: set[tuple[Path, str]] = field(default_factory=set)

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
        known = self._looked(Arrivals(), arrivals.units(self.folder))
        while not gone():
            known, quiet = self._quiet(known)
            if quiet:
                self._take_up(quiet)
                if gone():  # it may have been read by half: all is looked at again when it is back
                    return
                known = known.took(quiet)
            if self.once and not known.waiting:
                return
            touched = notices.wait(0 if quiet else min(_OFTEN, self.quiet_for / 4))
            known = self._looked(known, arrivals.units_of(self.folder, touched))

    def _quiet(self, known: Arrivals) -> tuple[Arrivals, Seen | None]:
        """A session in which nothing changes any more, after a last look at it; not every drive tells of changes."""
        for seen in known.due(time.monotonic(), self.quiet_for)[:1]:
            known = self._looked(known, [seen.unit], touched=False)
        return known, next(iter(known.due(time.monotonic(), self.quiet_for)), None)

    def _looked(self, known: Arrivals, units: Iterable[Path], *, touched: bool = True) -> Arrivals:
        """With a look at those units; what cannot be taken up as it lies there is told once."""
        looked_at, found = list(units), list[Seen]()
        for unit in looked_at:
            try:
                found += arrivals.look(unit, self.folder, self.settings)
            except WorkbenchError as error:
                self._complain(unit, error)
            except OSError:
                continue  # it goes away while we look
        return known.noticed(looked_at, found, time.monotonic(), touched=touched)

    def _take_up(self, seen: Seen) -> None:
        try:
            self.failed |= not self.take(seen)
        except WorkbenchError as error:
            self._complain(seen.plan.folder, error, again=True)

    def _complain(self, place: Path, error: WorkbenchError, *, again: bool = False) -> None:
        self.failed = True
        if again or (place, str(error)) not in self._told:
            click.echo(f"{report.shown(place.name)}: {report.shown(str(error))}", err=True)
        self._told.add((place, str(error)))

    def _wait_for_it(self) -> None:
        report.say(f"“{report.shown(str(self.folder))}” is away. Waiting for it to come back.")
        while not self.folder.is_dir():
            time.sleep(min(_OFTEN, self.quiet_for))


def take_up(bench: Any, seen: Seen, asked: Request | None = None) -> bool:
    """Brings a session in, or what is new of it, screens it if a photo has no verdict yet, hands it over if asked to.

    Gives whether all of it could be done. Raises NameTaken, and what the hand-off raises.
    """
    from workbench.archive import backups, importing
    from workbench.commands.bringing import Judging, Taker, model_of
    from workbench.vision import analysis

    backups.make_if_due(bench.settings)
    with analysis.pool(bench.settings) as executor, report.working(f"Screening {seen.plan.name}"):
        taker = Taker(bench, executor, model_of(bench, Judging()), Judging())

        def arrived(session: Session, photos: Sequence[str]) -> None:
            if _unscreened(bench.engine, session.id, photos):
                taker(session, photos)

        reader = analysis.Analyst(bench.settings)
        summary = importing.import_session(bench.engine, seen.plan, reader, executor, arrived=arrived)
        done = None if summary.session.away else taker.finish()
    if done is None:
        return _nothing_to_tell(bench.engine, summary)
    report.say(_line(summary, done))
    return asked is None or _hand_over(bench, summary.session, asked)


def _unscreened(engine: Engine, session_id: str, photos: Sequence[str]) -> bool:
    """Whether one of the photos has no verdict yet, or the session's screening was stopped in the middle."""
    from workbench.screening import screen

    newest = screen.latest(engine, session_id)
    if newest is None or not newest.finished:
        return bool(photos)
    return not newest.verdicts.keys() >= set(photos)


def _nothing_to_tell(engine: Engine, summary: Summary) -> bool:
    """A session that is screened and unchanged is left alone in silence; one without a readable photo is told of."""
    from workbench.archive import photos

    if summary.session.away or photos.of_session(engine, summary.session.id):
        return True
    files = f"{summary.files} file{'' if summary.files == 1 else 's'}"
    click.echo(f"{report.shown(summary.session.name)}: none of {files} could be read.", err=True)
    return False


def _line(summary: Summary, done: Screening) -> str:
    counts = [f"{done.counts[group]} {text}" for group, text in _SHOWN.items()]
    if unreadable := summary.counts["unreadable"]:
        counts.append(f"{unreadable} could not be read")
    return f"{report.shown(summary.session.name)}: {' · '.join(counts)}"


def _hand_over(bench: Any, session: Session, asked: Request) -> bool:
    """Gives whether every file could be written; those that could not are named."""
    done = handoff_command.carried(bench, session, asked, quiet=True)
    for line in done.lines:
        report.say(f"  {line}")
    for problem in done.problems:
        click.echo(f"{report.shown(problem.name)}: {report.shown(problem.reason)}", err=True)
    return not done.problems


def _request(given: Mapping[str, Any], watched: Path) -> Request | None:
    """What is to be handed over of each session; a usage error for what could not work with sessions that arrive."""
    asked = handoff_command.request(given)
    if asked is None or asked.dry_run:
        return asked
    if asked.to == handoff_command.CSV:
        raise click.UsageError("--to csv would write each session over the one before: use `screen SESSION --csv`.")
    if not asked.unreviewed:
        raise click.UsageError(
            "--to needs --unreviewed here: what arrives has not been reviewed; you do so afterwards."
        )
    if asked.folder and asked.folder.expanduser().resolve().is_relative_to(watched):
        raise click.UsageError("--folder lies in the watched folder, where copies would be taken for a new session.")
    return asked
