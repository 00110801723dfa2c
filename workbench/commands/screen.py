"""`screen`: a session, a folder or a list of photos sorted into keep, blink and can't tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench import report
from workbench.archive.photos import Problem
from workbench.commands import bringing, choosing, handoff
from workbench.commands.bringing import Judging
from workbench.commands.choosing import Part
from workbench.errors import WorkbenchError
from workbench.faults import BLINK

if TYPE_CHECKING:
    from workbench.archive.sessions import Session
    from workbench.screening.screen import Screening

_NOTHING = "nothing"


@dataclass(frozen=True)
class Told:
    """What is told of one session: its screening, and the rows of the photos that were asked for."""

    session: Session
    screening: Screening
    rows: list[dict[str, Any]]
    whole: bool = True


@dataclass(frozen=True)
class Shown:
    """How a screening is shown: as JSON, as lines for scripts, or as a table with everything or what matters."""

    as_json: bool
    lines: bool
    everything: bool
    csv_file: Path | None

    def __post_init__(self) -> None:
        if self.as_json and self.lines:
            raise click.UsageError("--json and --lines exclude each other.")

    @property
    def quiet(self) -> bool:
        """Whether standard output is for a program."""
        return self.as_json or self.lines


def _exceptions(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> dict[str, str | None]:
    """`laughing=keep`, `looking-down=blink`, `faces=any`, `laughing=nothing`."""
    from workbench.screening import exceptions

    found: dict[str, str | None] = {}
    for value in values:
        name, _, said = value.partition("=")
        sign, counts_as = name.strip().replace("-", " "), said.strip().replace("-", "_")
        if counts_as not in (_NOTHING, *exceptions.choices(sign)):
            known = ", ".join(one.replace(" ", "-") for one in (*exceptions.NAMES, exceptions.FACES))
            meant = ", ".join((*exceptions.choices(sign), _NOTHING)) if exceptions.choices(sign) else known
            raise click.BadParameter(f"“{value}” says nothing; it takes NAME=VALUE, here one of {meant}.")
        found[sign] = None if counts_as == _NOTHING else counts_as
    return found


@click.command()
@click.argument("target", metavar="[SESSION_OR_FOLDER]", required=False, type=choosing.SessionOrFolder())
@click.option("--model", metavar="VERSION", help="A model other than the current one.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="A blink from this probability on, in this session alone.",
)
@click.option(
    "--exceptions",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_exceptions,
    help="For this session from now on: laughing, looking-down or closed-on-purpose count as keep, blink, cant_tell "
    "or nothing special; faces=any looks at everybody's eyes, faces=nothing at the subject's.",
)
@click.option(
    "--photos",
    "photo_list",
    metavar="FILE",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Only the photos in this list, a path a line (- = stdin).",
)
@click.option("--csv", "csv_file", type=click.Path(path_type=Path, dir_okay=False), help="Also write a CSV file.")
@click.option("--all", "everything", is_flag=True, help="List the keepers too.")
@click.option("--lines", is_flag=True, help="Print for each photo: group, tab, probability, tab, path.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@handoff.options
@click.pass_obj
def screen(
    bench: Any,
    target: str | Path | None,
    model: str | None,
    threshold: float | None,
    exceptions: Mapping[str, str | None],
    photo_list: Path | None,
    csv_file: Path | None,
    everything: bool,
    lines: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Sort a session into keep, blink and can't tell; no photo is changed unless --to asks for it.

    SESSION_OR_FOLDER is a session of the archive, or a folder, which is brought in and screened in one go. What was
    decided in a review stands. With --to it is then handed over, as `handoff` does it, which says more of the options.

    Exit status: 0 done, 1 nothing could be done, 2 wrong usage, 3 done, but some files could not be read or written:
    each is named.
    """
    if target is None and photo_list is None:
        raise click.UsageError("Missing argument 'SESSION_OR_FOLDER', or --photos.")
    asked = handoff.request(given)
    shown = Shown(as_json, lines, everything, csv_file)
    told, failed = _screened(bench, target, photo_list, Judging(model, threshold, exceptions), quiet=shown.quiet)
    report.failed(failed, end=False)
    _show(told, shown)
    done = [] if asked is None else _all_handed(bench, told, asked, shown)
    unwritten = [problem for one in done for problem in one.problems]
    report.failed(unwritten, end=False)
    report.keep(_document(told, done, [*failed, *unwritten], with_rows=False))
    if as_json:
        report.print_json(_document(told, done, [*failed, *unwritten], with_rows=True))
    report.stop(in_part=bool(failed or unwritten))


def _show(told: Sequence[Told], shown: Shown) -> None:
    rows = [row for one in told for row in one.rows]
    if shown.csv_file:
        report.write_csv(shown.csv_file, rows)
    if shown.lines:
        report.lines(rows)
    if not shown.quiet:
        for one in told:
            report.screened(one.session, one.screening, one.rows, everything=shown.everything, csv_file=shown.csv_file)


def _all_handed(bench: Any, told: Sequence[Told], asked: handoff.Request, shown: Shown) -> list[handoff.Done]:
    """Each session handed over once all are ready; one that cannot be is named and the rest done.

    Raises NotReviewed, and the error of the first where not one could be.
    """
    handoff.require_ready(bench, [one.session for one in told], asked)
    done, errors = list[handoff.Done](), list[WorkbenchError]()
    for one in told:
        try:
            done.append(_handed(bench, one, asked, shown, done))
        except WorkbenchError as error:
            errors.append(error)
            done.append(handoff.Done({"error": str(error)}, (), (Problem(one.session.name, str(error)),)))
    if len(errors) == len(told):
        raise errors[0]
    return done


def _handed(
    bench: Any, one: Told, asked: handoff.Request, shown: Shown, before: Sequence[handoff.Done]
) -> handoff.Done:
    """One session handed over: all of it, or the photos that were asked for."""
    only = None if one.whole else {row["photo"] for row in one.rows}
    done = handoff.carried(bench, one.session, asked, only=only, quiet=shown.quiet, before=before)
    for line in done.lines:
        report.say(line, quiet=shown.quiet)
    return done


def _screened(
    bench: Any, target: str | Path | None, photo_list: Path | None, judging: Judging, *, quiet: bool
) -> tuple[list[Told], list[Problem]]:
    """What is told of each session, and the files that could not be read."""
    session = None if target is None else choosing.known(bench, target)
    if session is not None and photo_list is None:
        done = bringing.screen_again(bench, session, judging, quiet=quiet)
        return [_told(bench, session, done, None)], []
    folder = session.require_folder() if session else Path(target or "")
    if photo_list is None:
        choice = choosing.in_folder(bench, folder)
    else:
        choice = choosing.of_list(bench, choosing.read_list(photo_list), folder if target else None)
    return _brought(bench, choice, judging, quiet=quiet)


def _brought(bench: Any, choice: choosing.Choice, judging: Judging, *, quiet: bool) -> tuple[list[Told], list[Problem]]:
    from workbench.screening.screen import NothingToScreen

    wanted = [(part.plan, None if part.listed is None else frozenset(part.listed)) for part in choice.parts]
    brought = bringing.bring_in(bench, wanted, judging, quiet=quiet)
    failed = list(choice.failed)
    told = []
    for part, one in zip(choice.parts, brought, strict=True):
        failed += [_placed(part, problem) for problem in one.summary.problems]
        if one.screening is not None:
            told.append(_told(bench, one.summary.session, one.screening, part.listed))
    if not told:
        report.failed(failed, end=False)
        raise NothingToScreen(brought[0].summary.session)
    return told, failed


def _placed(part: Part, problem: Problem) -> Problem:
    path = (part.listed or {}).get(problem.name, str(part.plan.folder / problem.name))
    return Problem(path, problem.reason)


def _told(bench: Any, session: Session, done: Screening, listed: Mapping[str, str] | None) -> Told:
    """The rows of a session: of all its photos, or a row for each path that was listed."""
    from workbench.archive import importing, photos
    from workbench.screening import review

    named = {photo.id: photo for photo in photos.of_session(bench.engine, session.id)}
    done = review.reviewed(done, review.decisions(bench.engine, session.id, BLINK))
    rows = [{**row, "path": str(session.folder / row["file"])} for row in report.verdict_rows(session, done, named)]
    if listed is None:
        return Told(session, done, rows)
    held = importing.held(bench.engine, session)
    asked: dict[str, list[str]] = {}
    for name, path in listed.items():
        asked.setdefault(held.get(name, ""), []).append(path)
    told = [{**row, "path": path} for row in rows for path in asked.get(row["photo"], ())]
    return Told(session, done, told, whole=False)


def _document(
    told: Sequence[Told], done: Sequence[handoff.Done], failed: Sequence[Problem], *, with_rows: bool
) -> dict[str, Any]:
    """One session's screening, with its hand-off, as JSON values; of several a list, with the counts of all."""
    each = [report.screening_json(one.session, one.screening, one.rows if with_rows else ()) for one in told]
    handed = [{"handed_over": one.document if with_rows else one.kept} for one in done] or [{}] * len(each)
    each = [{**one, **also} for one, also in zip(each, handed, strict=True)]
    problems = {"failed": [report.plain(problem) for problem in failed]}
    if len(each) == 1:
        return {**each[0], **problems}
    counts = {group: sum(one["counts"][group] for one in each) for group in each[0]["counts"]}
    return {"session": f"{len(each)} sessions", "counts": counts, "sessions": each, **problems}
