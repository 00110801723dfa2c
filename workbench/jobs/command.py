"""`python -m workbench jobs`: long work as a terminal shows it."""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from workbench.archive import tables
from workbench.jobs import launching, queue, record
from workbench.jobs.record import DONE, RUNNING, Job
from workbench.settings import Settings

_SHORT = 8
_EVERY = 0.5
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")


class Bench(Protocol):
    """What the command line hands to every command."""

    @property
    def settings(self) -> Settings:
        """This installation's."""

    @property
    def engine(self) -> Engine:
        """The open catalogue."""


@click.group(invoke_without_command=True)
@_AS_JSON
@click.pass_context
def jobs(ctx: click.Context, as_json: bool) -> None:
    """Long work that goes on by itself: list it (the default), follow, cancel, resume or start it.

    An ID may be cut short; “latest” is the newest job.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, as_json=as_json)


@jobs.command("list")
@_AS_JSON
@click.pass_obj
def list_(bench: Bench, as_json: bool) -> None:
    """List the newest jobs."""
    found = queue.refresh(bench.settings, bench.engine)
    if as_json:
        click.echo(json.dumps([plain(job) for job in found], indent=2, ensure_ascii=False))
    elif found:
        Console(markup=False, highlight=False).print(_table(found))
    else:
        click.echo("No job yet. Start one: python -m workbench jobs start -- import FOLDER")


@jobs.command()
@click.argument("job_id", metavar="ID")
@click.pass_obj
def follow(bench: Bench, job_id: str) -> None:
    """Show the log and the progress of a job until it ends. Ctrl-C leaves the job alone."""
    job = record.find(bench.engine, job_id)
    try:
        job = _follow(bench, job)
    except KeyboardInterrupt:
        click.echo(f"\nThe job goes on. See it again: python -m workbench jobs follow {job.id[:_SHORT]}")
        return
    click.echo(f"{_clean(job.title)}: {_state(job, tables.now())}")
    if job.status != DONE:
        raise SystemExit(1)


@jobs.command()
@click.argument("job_id", metavar="ID")
@click.pass_obj
def cancel(bench: Bench, job_id: str) -> None:
    """End a job. What it has done is kept."""
    job = record.find(bench.engine, job_id)
    queue.cancel(bench.settings, bench.engine, job.id)
    _say(record.find(bench.engine, job.id))


@jobs.command()
@click.argument("job_id", metavar="ID")
@click.pass_obj
def resume(bench: Bench, job_id: str) -> None:
    """Let a lost, cancelled or failed job go on where it was."""
    queue.refresh(bench.settings, bench.engine)
    _say(queue.resume(bench.settings, bench.engine, job_id))


@jobs.command(context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def start(ctx: click.Context, command: tuple[str, ...]) -> None:
    """Start a long COMMAND as a job, for instance: jobs start -- import FOLDER."""
    bench: Bench = ctx.obj
    if not command or command[0] not in queue.LONG:
        raise queue.NotALongCommand(command)
    queue.refresh(bench.settings, bench.engine)
    whole = _checked(ctx, command)
    _say(queue.start(bench.settings, bench.engine, whole, title=" ".join(command)))


def plain(job: Job) -> dict[str, Any]:
    """A job as JSON values."""
    about = {**vars(job), "command": list(job.command), "seconds_left": job.seconds_left(tables.now())}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in about.items()}


def _checked(ctx: click.Context, command: tuple[str, ...]) -> list[str]:
    """The command with whole paths, as a job works in another folder. Raises click.UsageError when it is wrong."""
    name, *arguments = command
    group = ctx.find_root().command
    asked = group.get_command(ctx, name) if isinstance(group, click.Group) else None
    if asked is None:
        raise queue.NotALongCommand(command)
    values = asked.make_context(name, list(arguments), parent=ctx.find_root()).params.values()
    paths = {str(value) for value in values if isinstance(value, Path)}
    return [name, *(_absolute(argument, paths) for argument in arguments)]


def _absolute(argument: str, paths: set[str]) -> str:
    option, equals, value = argument.partition("=")
    if option.startswith("--") and value in paths:
        return f"{option}{equals}{Path(value).absolute()}"
    return str(Path(argument).absolute()) if str(Path(argument)) in paths else argument


def _follow(bench: Bench, job: Job) -> Job:
    log, shown, before = launching.log_path(bench.settings, job.id), 0, ""
    while True:
        queue.refresh(bench.settings, bench.engine)
        job = record.find(bench.engine, job.id)
        fresh = _since(log, shown)
        shown += len(fresh)
        _write(fresh.decode("utf-8", errors="replace"))
        if not job.active:
            return job
        before = _progress(_state(job, tables.now()), before)
        time.sleep(_EVERY)


def _since(log: Path, position: int) -> bytes:
    if not log.exists():
        return b""
    with log.open("rb") as file:
        file.seek(position)
        return file.read()


def _write(text: str) -> None:
    if text:
        click.echo(("\r\033[K" if sys.stdout.isatty() else "") + text, nl=False)


def _progress(line: str, before: str) -> str:
    """One line that is written over on a terminal; elsewhere a line for each change."""
    if sys.stdout.isatty():
        click.echo(f"\r\033[K{line}", nl=False)
    elif line != before:
        click.echo(line)
    return line


def _say(job: Job) -> None:
    click.echo(f"{job.id[:_SHORT]}  {_clean(job.title)}: {_state(job, tables.now())}")


def _table(found: list[Job]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("id", "job", "state", "created (UTC)"):
        table.add_column(name, overflow="fold")
    for job in found:
        when = f"{job.created_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(job.id[:_SHORT], _clean(job.title), _state(job, tables.now()), when)
    return table


def _state(job: Job, now: datetime) -> str:
    """One line: `running, import Ana, 48 of 300, 0:25 left`."""
    parts = [job.status, _clean(job.message)]
    if job.total:
        parts.append(f"{job.done} of {job.total}")
    left = job.seconds_left(now)
    if left is not None and job.status == RUNNING:
        parts.append(f"{int(left) // 60}:{int(left) % 60:02d} left")
    return ", ".join(part for part in parts if part)


def _clean(text: str) -> str:
    """A line for a terminal: a newline or an escape code in a name is shown and not obeyed."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
