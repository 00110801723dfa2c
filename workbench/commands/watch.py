"""`watch`: new sessions below a folder are brought in and screened as they arrive. Photos are only read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench import report
from workbench.archive.arrivals import Seen
from workbench.archive.folders import NotAFolder
from workbench.commands import handoff as handoff_command
from workbench.commands import owing
from workbench.commands.watching import Watching
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from workbench.archive.importing import Summary
    from workbench.archive.sessions import Session
    from workbench.commands.handoff import Request
    from workbench.commands.owing import Owing
    from workbench.screening.screen import Screening


class OwnArchive(WorkbenchError):
    """The folder to watch holds what the program itself writes."""

    def __init__(self, folder: Path, archive: Path) -> None:
        super().__init__(
            f"“{folder}” holds Eye Spy's own archive ({archive}), and its previews would be taken for photos. "
            f"Watch the folder of your shoots."
        )


class NotHandedOver(WorkbenchError):
    """Some files of a session could not be written."""

    def __init__(self, session: Session, count: int) -> None:
        files = f"{count} file{'' if count == 1 else 's'}"
        super().__init__(f"{files} of “{session.name}” could not be written. What is missing is tried again later.")


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


def take_up(bench: Any, seen: Seen, asked: Request | None = None) -> bool:
    """Brings a session in, or what is new of it, screens it if a photo has no verdict yet, hands it over if asked to.

    A session that was screened before is handed over only where an earlier watch promised to and could not. Gives
    whether all of it could be read. Raises NameTaken, NotHandedOver, and what else the hand-off raises.
    """
    from workbench.archive import backups, importing
    from workbench.commands.bringing import Judging, Taker, model_of
    from workbench.vision import analysis

    backups.make_if_due(bench.settings)
    promised = None if asked is None or asked.dry_run else owing.of(bench.settings, asked.to)
    with analysis.pool(bench.settings) as executor, report.working(f"Screening {seen.plan.name}"):
        taker = Taker(bench, executor, model_of(bench, Judging()), Judging())

        def arrived(session: Session, photos: Sequence[str]) -> None:
            if _unscreened(bench.engine, session.id, photos):
                if promised:
                    promised.promise(session.id)
                taker(session, photos)

        reader = analysis.Analyst(bench.settings)
        summary = importing.import_session(bench.engine, seen.plan, reader, executor, arrived=arrived)
        done = None if summary.session.away else taker.finish()
    if done is not None:
        report.say(_line(summary, done))
    elif not _is_due(bench.engine, summary.session, promised):
        return _nothing_to_tell(bench.engine, summary)
    if asked is not None:
        _hand_over(bench, summary.session, asked)
    if promised:
        promised.kept(summary.session.id)
    return True


def _is_due(engine: Engine, session: Session, promised: Owing | None) -> bool:
    """Whether a session that is screened already is still to be handed over."""
    from workbench.archive import photos

    if promised is None or session.away or not promised.holds(session.id):
        return False
    return bool(photos.of_session(engine, session.id))


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
    counts = [f"{done.counts[group]} {text}" for group, text in report.SHOWN_GROUPS.items()]
    if unreadable := summary.counts["unreadable"]:
        counts.append(f"{unreadable} could not be read")
    return f"{report.shown(summary.session.name)}: {' · '.join(counts)}"


def _hand_over(bench: Any, session: Session, asked: Request) -> None:
    """Names the files that could not be written. Raises NotHandedOver if there are any."""
    done = handoff_command.carried(bench, session, asked, quiet=True)
    for line in done.lines:
        report.say(f"  {line}")
    for problem in done.problems:
        click.echo(f"{report.shown(problem.name)}: {report.shown(problem.reason)}", err=True)
    if done.problems:
        raise NotHandedOver(session, len(done.problems))


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
