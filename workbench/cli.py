"""The command line: `python -m workbench COMMAND`. Thin: each command calls the rooms and shows what they gave.

A named error becomes its sentence and exit status 1. Heavy imports stand inside the commands, so that `--help` and
quick commands answer at once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial, wraps
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine

from workbench import __version__, jobs, report
from workbench.archive import catalog
from workbench.commands import bringing
from workbench.commands import evaluate as evaluate_command
from workbench.commands import explain as explain_command
from workbench.commands import handoff as handoff_command
from workbench.commands import label as label_command
from workbench.commands import models as models_command
from workbench.commands import screen as screen_command
from workbench.commands import train as train_command
from workbench.commands import tune as tune_command
from workbench.commands import watch as watch_command
from workbench.errors import WorkbenchError
from workbench.jobs import command as jobs_command
from workbench.settings import Settings, from_environment


@dataclass
class Bench:
    """What every command needs: the settings, and the catalogue once it is asked for."""

    settings: Settings

    @cached_property
    def engine(self) -> Engine:
        """The open catalogue."""
        return catalog.open_catalog(self.settings)

    def require_unused(self, version: str) -> None:
        """Raises StillAtWork when a job works with that model."""
        jobs.require_unused(self.engine, version)


@contextmanager
def _as_job() -> Iterator[None]:
    """In the process of a job, progress and result go to its row."""
    job_id = os.environ.get(jobs.VARIABLE)
    if job_id is None:
        yield
        return
    with jobs.running(from_environment(), job_id) as ledger, report.telling(ledger):
        yield


class _Commands(click.Group):
    """A group whose named errors become one sentence, as do a pressed Ctrl-C and a missing value."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with _as_job():
                return super().invoke(ctx)
        except WorkbenchError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt as error:
            raise click.ClickException("Stopped. What was done is kept; the same command goes on from here.") from error


_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")


def _bench(function: Callable[..., None]) -> Callable[..., None]:
    """Hands the Bench to a command as its first argument."""

    @click.pass_obj
    @wraps(function)
    def command(bench: Bench, *args: object, **kwargs: object) -> None:
        function(bench, *args, **kwargs)

    return command


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="Eye Spy")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Eye Spy finds the photos of a headshot session whose eyes are shut.

    Without a command it opens the workbench in the browser. Everything stays on this machine.
    """
    ctx.obj = Bench(from_environment())
    if ctx.invoked_subcommand is None:
        ctx.invoke(app)


@main.command()
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@_bench
def app(bench: Bench, no_browser: bool = False) -> None:
    """Open the workbench in the browser."""
    from workbench.ui import server

    server.serve(bench.settings, browser=not no_browser)


@main.command()
@click.option("--if-empty", is_flag=True, help="Do nothing when the archive has sessions.")
@_bench
def demo(bench: Bench, if_empty: bool) -> None:
    """Make two demo sessions from public-domain portraits, import them and screen them."""
    from workbench.archive import sessions
    from workbench.vision import demo as photographs

    if if_empty and sessions.every(bench.engine):
        return
    folder = bench.settings.datasets / "demo"
    with report.working("Making the demo photos"):
        photographs.make(bench.settings, folder)
    _import(bench, folder, bringing.Judging())


@main.command("import")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--copy", is_flag=True, help="Copy the photos into the datasets folder instead of linking to them.")
@click.option("--screen", "screens", is_flag=True, help="Screen the sessions when they are in.")
@click.option("--group-by", metavar="REGEX", help="Class folders: its first group names what a split keeps together.")
@_AS_JSON
@_bench
def import_(bench: Bench, folder: Path, copy: bool, screens: bool, group_by: str | None, as_json: bool) -> None:
    """Bring sessions into the archive. Originals are only read.

    FOLDER is one session, a folder of sessions, a folder with the sub-folders BLINKING and NON_BLINKING, or one with a
    labels.csv (session, file, label, optional group). Importing again brings in only what is new.
    """
    judging = bringing.Judging() if screens else None
    _import(bench, folder, judging, group_by=_pattern(group_by), copy=copy, as_json=as_json)


@main.command()
@_AS_JSON
@_bench
def sessions(bench: Bench, as_json: bool) -> None:
    """List the sessions of the archive."""
    from workbench.archive import overview

    rows = overview.every(bench.engine)
    if as_json:
        report.print_json([report.plain(row) for row in rows])
    else:
        report.sessions(rows)


@main.command()
@click.argument("session")
@click.argument("folder", type=click.Path(path_type=Path))
@_bench
def relink(bench: Bench, session: str, folder: Path) -> None:
    """Tell where the folder of a SESSION is now."""
    from workbench.archive import relinking, sessions

    found = relinking.relink(bench.settings, bench.engine, sessions.find(bench.engine, session), folder)
    click.echo(f"“{found.name}” is now linked to {found.folder}.")


@main.command()
@click.argument("session")
@click.option("--dry-run", is_flag=True, help="Only show what would go.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_AS_JSON
@_bench
def forget(bench: Bench, session: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Erase a client: photos' rows, labels, views, backups, ended jobs, what models keep. Originals stay."""
    from workbench.archive import forgetting, sessions
    from workbench.learning import traces
    from workbench.screening import settling
    from workbench.vision import store

    found = sessions.find(bench.engine, session)

    def erase(dry: bool) -> forgetting.Forgotten:
        return forgetting.forget(
            bench.settings,
            bench.engine,
            found,
            forget_views=lambda going: store.forget(bench.settings, going),
            forget_models=partial(traces.forget, bench.settings),
            handing_over=partial(settling.at_rest, bench.settings, bench.engine),
            dry_run=dry,
        )

    if not dry_run and not yes:
        _show_forgotten(erase(True), dry_run=True)
        click.confirm(f"Erase “{found.name}”? This cannot be undone", abort=True)
    if not dry_run:
        jobs.require_rest(bench.engine)
        jobs.forget(bench.settings, bench.engine, jobs.words_of(bench.engine, found))
    done = erase(dry_run)
    if as_json:
        report.print_json({**report.plain(done), "dry_run": dry_run})
    else:
        _show_forgotten(done, dry_run=dry_run)


@main.command()
@_AS_JSON
@_bench
def doctor(bench: Bench, as_json: bool) -> None:
    """Check the installation: a line for each thing, with the cure where something is wrong."""
    from workbench import doctor as checks

    findings = checks.examine(bench.settings)
    if as_json:
        report.print_json([report.plain(finding) for finding in findings])
    else:
        report.examined(findings)
    if not all(finding.ok for finding in findings):
        raise SystemExit(1)


@main.command()
@_bench
def assets(bench: Bench) -> None:
    """Fetch what is not part of the program: the face landmarker and the demo portraits (set-up does this)."""
    from workbench import assets as files

    with report.working("Fetching the face landmarker and the demo portraits"):
        fetched = files.fetch(bench.settings)
    click.echo(f"Fetched {', '.join(fetched)}." if fetched else "Everything is there.")


main.add_command(evaluate_command.evaluate)
main.add_command(jobs_command.jobs)
main.add_command(explain_command.explain)
main.add_command(handoff_command.handoff)
main.add_command(label_command.label)
main.add_command(models_command.models)
main.add_command(screen_command.screen)
main.add_command(train_command.train)
main.add_command(tune_command.tune)
main.add_command(watch_command.watch)


def _show_forgotten(one: Any, *, dry_run: bool) -> None:
    report.forgotten(one, dry_run=dry_run)
    if one.stays:
        report.say(f"  {one.stays}")


def _pattern(text: str | None) -> re.Pattern[str] | None:
    if text is None:
        return None
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise click.BadParameter(f"“{text}” is no regular expression ({error}).", param_hint="--group-by") from error
    if pattern.groups < 1:
        raise click.BadParameter("it needs a group in parentheses, such as '^(\\d+)_'.", param_hint="--group-by")
    return pattern


def _import(
    bench: Bench,
    folder: Path,
    judging: bringing.Judging | None,
    *,
    group_by: re.Pattern[str] | None = None,
    copy: bool = False,
    as_json: bool = False,
) -> None:
    """Brings a folder in and shows what came of it; screened as it comes where `judging` says how."""
    wanted = [(plan, None) for plan in bringing.plans(bench, folder, group_by)]
    brought = bringing.bring_in(bench, wanted, judging, copy=copy, quiet=as_json)
    told = [report.summary_json(one.summary) for one in brought]
    report.keep({"sessions": told})
    if as_json:
        report.print_json(told)
    else:
        report.imported([one.summary for one in brought])
