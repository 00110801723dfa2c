"""What commands show: tables and progress for people, CSV and JSON for programs."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from workbench import cells
from workbench.files import write_table

if TYPE_CHECKING:
    from workbench.archive.forgetting import Forgotten
    from workbench.archive.importing import Progress as Step
    from workbench.archive.importing import Summary
    from workbench.archive.overview import Overview
    from workbench.archive.photos import Photo, Problem
    from workbench.archive.sessions import Session
    from workbench.doctor import Finding
    from workbench.learning.evaluation import Evaluation
    from workbench.screening.screen import Screening


class Sink(Protocol):
    """Takes progress and result in place of a terminal: a job's row."""

    def step(self, what: str, done: int = 0, total: int | None = None) -> None:
        """How far a command is."""

    def result(self, document: dict[str, Any]) -> None:
        """What a command gave."""


_SINK: ContextVar[Sink | None] = ContextVar("sink", default=None)
SHOWN_GROUPS = {"keep": "keep", "blink": "blink", "cant_tell": "can't tell"}
_LISTED = 20


def shown(name: str) -> str:
    """A name as one line of a terminal: a newline in it, or an escape code, is shown and not obeyed."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in name)


def plain(record: Any) -> dict[str, Any]:
    """A dataclass as JSON values."""
    return {field.name: _value(getattr(record, field.name)) for field in dataclasses.fields(record)}


def say(sentence: str, *, quiet: bool = False) -> None:
    """One sentence on standard output."""
    if not quiet:
        click.echo(sentence)


def print_json(document: object) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))


@contextmanager
def telling(sink: Sink) -> Iterator[None]:
    """As long as this lasts, progress and results go to `sink` and are not drawn."""
    before = _SINK.set(sink)
    try:
        yield
    finally:
        _SINK.reset(before)


def keep(document: dict[str, Any]) -> None:
    """Hands a command's result, as JSON values, to the job it runs in, if it does."""
    sink = _SINK.get()
    if sink:
        sink.result(document)


@contextmanager
def working(what: str, *, quiet: bool = False) -> Iterator[None]:
    """Shows on a terminal that something goes on."""
    console, sink = Console(stderr=True), _SINK.get()
    if sink:
        sink.step(what)
    with nullcontext() if quiet or sink else console.status(f"{shown(what)} …"):
        yield


class Bar:
    """A progress bar with time left, one line for each session."""

    def __init__(self, drawn: Progress, sink: Sink | None = None) -> None:
        self.drawn, self.sink = drawn, sink
        self.lines: dict[str, Any] = {}

    def importing(self, step: Step) -> None:
        """Takes one step of an import."""
        self._set(f"import {step.session}", step.done, step.total)

    def copying(self, session: str) -> Callable[[int, int], None]:
        """Takes the steps of a copy."""
        return lambda done, total: self._set(f"copy {session}", done, total)

    def telling(self, what: str, done: int, total: int) -> None:
        """Takes one step of any work."""
        self._set(what, done, total)

    def _set(self, name: str, done: int, total: int) -> None:
        if self.sink:
            self.sink.step(name, done, total)
        if name not in self.lines:
            self.lines[name] = self.drawn.add_task(shown(name).replace("[", "\\["))
        self.drawn.update(self.lines[name], completed=done, total=total)


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Bar]:
    """A progress bar on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    sink = _SINK.get()
    with Progress(*columns, console=Console(stderr=True), disable=quiet or sink is not None) as drawn:
        yield Bar(drawn, sink)


def imported(summaries: Sequence[Summary]) -> None:
    """What an import did, a row a session, then every file that wants attention by name."""
    table = _table("session", "files", "new", "known", "moved", "duplicate", "unreadable", "no face", "labels")
    for one in summaries:
        counts = [one.counts[name] for name in ("new", "known", "moved", "duplicate", "unreadable")]
        table.add_row(shown(one.session.name), *map(str, (one.files, *counts, one.no_face, one.labelled)))
    _print(table)
    for one in summaries:
        _attention(one)


def _attention(one: Summary) -> None:
    for problem in one.problems:
        click.echo(f"{shown(one.session.name)}: {shown(problem.name)}: not imported, {shown(problem.reason)}")
    for note in one.notes:
        click.echo(f"{shown(one.session.name)}: {shown(note.name)}: {shown(note.reason)}")
    for name in one.missing[:_LISTED]:
        click.echo(f"{shown(one.session.name)}: {shown(name)}: named in labels.csv, but not there")
    if len(one.missing) > _LISTED:
        click.echo(f"{shown(one.session.name)}: … and {len(one.missing) - _LISTED} more")
    if one.gone:
        click.echo(
            f"{shown(one.session.name)}: {one.gone} known files are not in the folder now; their labels are kept"
        )


def summary_json(one: Summary) -> dict[str, Any]:
    """An import's summary as JSON values."""
    counts = {name: one.counts[name] for name in ("new", "known", "moved", "duplicate", "unreadable")}
    rest = {key: value for key, value in plain(one).items() if key not in ("session", "counts")}
    return {"session": one.session.name, "id": one.session.id, "files": one.files, **counts, **rest}


def sessions(rows: Sequence[Overview]) -> None:
    """The sessions of the archive."""
    if not rows:
        click.echo("No session yet. Bring one in: python -m workbench import FOLDER, or make the demo: … demo.")
        return
    table = _table("session", "photos", "labelled", "blinks", "unreadable", "no face", "folder")
    for row in rows:
        numbers = map(str, (row.photos, row.labelled, row.faulty, row.unreadable, row.no_face))
        folder = f"{shown(str(row.session.folder))}{' (away)' if row.away else ''}"
        table.add_row(shown(row.session.name), *numbers, folder)
    _print(table)


def forgotten(one: Forgotten, *, dry_run: bool) -> None:
    """What went, or would go, when a session is forgotten."""
    click.echo(f"{'Would erase' if dry_run else 'Erased'} “{shown(one.session)}”:")
    for name in ("photos", "labels", "predictions", "screenings", "previews", "backups"):
        click.echo(f"  {getattr(one, name):>6} {name}")
    click.echo("  The copies that the import made go too." if one.copies else "  The original files stay as they are.")


def verdict_rows(session: Session, done: Screening, named: Mapping[str, Photo]) -> list[dict[str, Any]]:
    """A screening as rows for table, CSV and JSON: blinks first, surest first."""
    from workbench.screening.screen import in_order

    return [
        {
            "session": session.name,
            "file": named[verdict.photo_id].name,
            "photo": verdict.photo_id,
            "verdict": verdict.group,
            "probability": None if verdict.probability is None else round(verdict.probability, 4),
            "reason": verdict.reason,
            "sign": verdict.sign,
            "captured_at": _value(named[verdict.photo_id].captured_at),
        }
        for verdict in in_order(done.verdicts.values())
        if verdict.photo_id in named
    ]


def screened(
    session: Session,
    done: Screening,
    rows: Sequence[dict[str, Any]],
    *,
    everything: bool,
    csv_file: Path | None,
) -> None:
    """A screening as a table: what wants to be looked at, or everything."""
    table = _table("file", "verdict", "probability", "why")
    for row in rows:
        if everything or row["verdict"] != "keep":
            shown_probability = "" if row["probability"] is None else f"{row['probability']:.2f}"
            table.add_row(shown(row["file"]), SHOWN_GROUPS[row["verdict"]], shown_probability, row["reason"])
    if table.row_count:
        _print(table)
    counts = " · ".join(f"{done.counts[group]} {text}" for group, text in SHOWN_GROUPS.items())
    click.echo(f"{shown(session.name)}: {counts} (model {done.model}, threshold {done.threshold:g})")
    if csv_file:
        click.echo(f"Written to {csv_file}.")


def lines(rows: Sequence[Mapping[str, Any]]) -> None:
    """A screening for scripts: group, tab, probability (empty where there is none), tab, path."""
    for row in rows:
        probability = "" if row["probability"] is None else f"{row['probability']:.4f}"
        click.echo(f"{row['verdict']}\t{probability}\t{shown(row['path'])}")


def failed(problems: Sequence[Problem], *, end: bool = True) -> None:
    """Names files that could not be read or written, and with `end` ends the command if there are any."""
    for problem in problems:
        click.echo(f"{shown(problem.name)}: {shown(problem.reason)}", err=True)
    stop(in_part=bool(problems) and end)


def stop(*, in_part: bool) -> None:
    """Ends a command that did a part of its work with status 3; a job has that in its result, and ends as done."""
    if in_part and _SINK.get() is None:
        raise SystemExit(3)


def screening_json(session: Session, done: Screening, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A screening as JSON values."""
    about = {"session": session.name, "screening": done.id, "model": done.model, "threshold": done.threshold}
    return {
        **about,
        "at": _value(done.at),
        "finished": done.finished,
        "counts": {g: done.counts[g] for g in SHOWN_GROUPS},
        "photos": list(rows),
    }


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """The rows as CSV, whole or not at all; a cell that a spreadsheet would take for a formula gets an apostrophe."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows({key: cells.escape(value) for key, value in row.items()} for row in rows)
    write_table(path, text.getvalue())


def evaluated(model: str, found: Evaluation, *, learnt_from: int = 0) -> None:
    """A model's figures with their intervals; `learnt_from` so many photos of those asked are not among them."""
    table = _table("figure", "value", "95 % interval", "note")
    for figure in found.figures:
        interval = f"{figure.low:.3f}–{figure.high:.3f}" if figure.low == figure.low else "–"
        table.add_row(
            figure.name, f"{figure.value:.3f}" if figure.value == figure.value else "–", interval, figure.reason
        )
    _print(table)
    tn, fp, fn, tp = found.confusion
    if learnt_from:
        click.echo(
            f"On {found.photos} photos that it has not learnt from; it learnt from the other {learnt_from}, or from "
            f"their people, and they are left out."
        )
    click.echo(
        f"{model}: {found.photos} labelled photos in {found.groups} groups, {found.positives} of them blinks; at "
        f"{found.threshold:g} it finds {tp}, misses {fn} and flags {fp} of {tn + fp} good frames; "
        f"{found.unjudged} could not be judged."
    )


def figures_by_side(
    measured: Mapping[str, Mapping[str, Any] | None], reported: Mapping[str, float] | None, *, names: Sequence[str]
) -> None:
    """A model's figures with their intervals, a column a side, beside those of the photographer's report."""
    table = _table("figure", *measured, *(["reported: training", "reported: test"] if reported else []))
    for name in names:
        found = [(side or {"figures": {}})["figures"].get(name) for side in measured.values()]
        row = [_with_interval(figure) for figure in found]
        if reported:
            row += [_three(reported.get(f"training {name}")), _three(reported.get(name))]
        table.add_row(name, *row)
    _print(table)


def _with_interval(figure: Mapping[str, Any] | None) -> str:
    if figure is None or figure["value"] is None:
        return "–"
    interval = "" if figure["low"] is None else f"\n{figure['low']:.3f}–{figure['high']:.3f}"
    return f"{figure['value']:.3f}{interval}"


def _three(number: float | None) -> str:
    return "–" if number is None else f"{number:.4f}".rstrip("0")


def examined(findings: Sequence[Finding]) -> None:
    """One line for each thing that was checked, with the cure where something is wrong."""
    for finding in findings:
        mark = Text("ok   ", style="green") if finding.ok else Text("wrong", style="bold red")
        cure = "" if finding.ok else f". {finding.cure}"
        _print(mark + Text(f"  {finding.name}: {finding.found}{cure}"))


def _table(first: str, *rest: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first, overflow="fold")
    for name in rest:
        words = name in ("folder", "verdict", "why", "note")
        table.add_column(name, justify="left" if words else "right", overflow="fold")
    return table


def _print(what: object) -> None:
    Console(soft_wrap=isinstance(what, Text), markup=False, highlight=False).print(what)


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, tuple | list):
        return [_value(one) for one in value]
    return plain(value) if dataclasses.is_dataclass(value) else value
