"""`handoff`: what was decided about a session goes to the photo editor, and can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench import report
from workbench.archive.photos import Problem

if TYPE_CHECKING:
    from workbench.archive.sessions import Session
    from workbench.screening.carrying import Handed
    from workbench.screening.copies import CopyPlan
    from workbench.screening.handoff import Change, Handoff, Plan
    from workbench.screening.presets import Choice

XMP, COPIES, LINKS, CSV, LIST = "xmp", "copies", "links", "csv", "list"
_EDITORS = ("lightroom", "bridge", "capture-one", "photo-mechanic", "digikam", "darktable")
_COLOURS = click.Choice(("Red", "Yellow", "Green", "Blue", "Purple", "none"), case_sensitive=False)
_SEPARATORS = {"newline": "\n", "space": " ", "comma": ", "}
_GROUPS = {"keep": "keep", "blink": "blink", "cant-tell": "cant_tell"}
_USUAL = {COPIES: ("keep",), LINKS: ("keep",), LIST: ("blink",), CSV: ("blink", "cant_tell", "keep")}
_PHOTO_BY_PHOTO = ("changes", "photos", "names")
"""What a job's row is not to hold: it is not searched photo by photo when a client is forgotten."""
_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)
_OPTIONS = (
    click.option("--to", type=click.Choice((XMP, COPIES, LINKS, CSV, LIST)), help="What the editor is given."),
    click.option("--preset", type=click.Choice(_EDITORS), help="With --to xmp: the photo editor that shall read it."),
    click.option("--blink", type=_COLOURS, default="Red", show_default=True, help="Colour label of blinks."),
    click.option("--cant-tell", type=_COLOURS, default="Yellow", show_default=True, help="Of what can't be told."),
    click.option("--keep", type=_COLOURS, default="none", show_default=True, help="Of keepers."),
    click.option("--pick", is_flag=True, help="Also flag keepers as picked, where the editor has that."),
    click.option("--reject", is_flag=True, help="Also flag blinks as rejected, where the editor has that."),
    click.option("--rating", is_flag=True, help="Also rate blinks −1 (Bridge, darktable), in place of their stars."),
    click.option("--folder", type=_FOLDER, help="With --to copies or links: where to."),
    click.option("--hard", is_flag=True, help="With --to links: hard links instead of symbolic ones."),
    click.option("--file", "file", type=_FILE, help="With --to csv: the file to write."),
    click.option(
        "--group",
        "groups",
        multiple=True,
        type=click.Choice(tuple(_GROUPS)),
        help="Which photos (default: keepers are copied or linked, blinks listed, all written as CSV).",
    ),
    click.option("--separator", type=click.Choice(tuple(_SEPARATORS)), default="newline", help="With --to list."),
    click.option("--dry-run", is_flag=True, help="Only show what would be written."),
    click.option("--unreviewed", is_flag=True, help="Do not wait for the review: it happens in the editor."),
)


@dataclass(frozen=True)
class Request:
    """What a command was asked to hand over, and how."""

    to: str
    choice: Choice | None = None
    folder: Path | None = None
    file: Path | None = None
    hard: bool = False
    groups: tuple[str, ...] = ()
    separator: str = "\n"
    dry_run: bool = False
    unreviewed: bool = False


@dataclass(frozen=True)
class Done:
    """What was handed over, as JSON values and as lines of text, and the files that could not be done."""

    document: dict[str, Any]
    lines: tuple[str, ...]
    problems: tuple[Problem, ...] = field(default=())

    @property
    def kept(self) -> dict[str, Any]:
        """The document as a job's row may hold it."""
        return {name: value for name, value in self.document.items() if name not in _PHOTO_BY_PHOTO}


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options of a hand-off; `request` reads them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def request(given: Mapping[str, Any]) -> Request | None:
    """What the options ask for, None without `--to`. Raises a usage error, and NotOffered."""
    to = given["to"]
    if to is None:
        return None
    for needed, name in ((XMP, "preset"), (COPIES, "folder"), (LINKS, "folder"), (CSV, "file")):
        if to == needed and not given[name]:
            raise click.UsageError(f"--to {to} needs --{name}.")
    return Request(
        to,
        _choice(given) if to == XMP else None,
        given["folder"],
        given["file"],
        given["hard"],
        tuple(_GROUPS[name] for name in given["groups"]) or _USUAL.get(to, ()),
        _SEPARATORS[given["separator"]],
        given["dry_run"],
        given["unreviewed"],
    )


def hand_over(
    bench: Any,
    session: Session,
    asked: Request,
    *,
    as_json: bool,
    only: Collection[str] | None = None,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Hands a session (or `only` these photos of it) over and tells of it; ends with status 3 if some files failed.

    `about` is put before the document, where another command has more to say.
    """
    done = carried(bench, session, asked, only=only, quiet=as_json)
    report.keep({**(about or {}), **done.kept})
    if as_json:
        report.print_json({**(about or {}), **done.document})
    else:
        for line in done.lines:
            report.say(line)
    report.failed(done.problems)


def require_ready(bench: Any, sessions: Iterable[Session], asked: Request) -> None:
    """Before anything of several sessions is written. Raises NotReviewed and NothingScreened."""
    from workbench.screening import outcome

    for session in sessions:
        found = outcome.of_session(bench.engine, session)
        if not (asked.unreviewed or asked.dry_run):
            found.require_reviewed()


def carried(
    bench: Any,
    session: Session,
    asked: Request,
    *,
    only: Collection[str] | None = None,
    quiet: bool = False,
    before: Sequence[Done] = (),
) -> Done:
    """Hands a session over without telling of it; a table goes on after the rows of those `before`.

    Raises NotReviewed and what else the rooms raise.
    """
    if asked.to == XMP:
        return _xmp(bench, session, asked, only, quiet)
    if asked.to in (COPIES, LINKS):
        return _copies(bench, session, asked, only, quiet)
    return _told(bench, session, asked, only, [row for one in before for row in one.document.get("photos", ())])


@click.command()
@click.argument("session", required=False)
@options
@click.option("--undo", "undone", metavar="ID", help="Take a hand-off back: its id, or “latest”.")
@click.option("--list", "listing", is_flag=True, help="Show the hand-offs that were made (of SESSION, or all).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.pass_obj
def handoff(bench: Any, session: str | None, undone: str | None, listing: bool, as_json: bool, **given: Any) -> None:
    """Hand a reviewed SESSION over to the photo editor: colour labels, copies, links, a table or a list of names.

    With --to xmp the colours go where the editor looks for them: into JPEG, TIFF and DNG themselves, into a sidecar
    for other RAW. Only XMP changes; the picture stays as it is, byte for byte, and --undo takes it back. Nothing is
    ever moved or deleted.

    Exit status: 0 done, 1 nothing could be done, 2 wrong usage, 3 done, but some files could not be written: each is
    named.
    """
    from workbench.archive import sessions

    found = sessions.find(bench.engine, session) if session else None
    if undone:
        _undo(bench, undone, found, as_json=as_json)
    elif listing:
        _list(bench, found, as_json=as_json)
    else:
        asked = request(given)
        if found is None or asked is None:
            raise click.UsageError("Name a SESSION and what it is handed over as: --to. Or --undo, or --list.")
        hand_over(bench, found, asked, as_json=as_json)


def _choice(given: Mapping[str, Any]) -> Choice:
    from workbench.screening.presets import Choice

    named = {"blink": given["blink"], "cant_tell": given["cant_tell"], "keep": given["keep"]}
    colours = {group: None if colour == "none" else colour for group, colour in named.items()}
    return Choice(given["preset"], colours, pick=given["pick"], reject=given["reject"], rating=given["rating"])


def _xmp(bench: Any, session: Session, asked: Request, only: Collection[str] | None, quiet: bool) -> Done:
    from workbench.screening import handoff, presets

    assert asked.choice is not None
    with report.progress(quiet=quiet) as bar:
        plan = handoff.plan(bench.settings, bench.engine, session, asked.choice, only=only, tell=bar.telling)
        handed = None
        if not asked.dry_run:
            about = {"labeller": bench.settings.labeller, "unreviewed": asked.unreviewed}
            handed = handoff.carry_out(bench.settings, bench.engine, plan, tell=bar.telling, **about)
    preset = presets.find(asked.choice.preset)
    document = {
        **_result(asked, session, plan, handed),
        "preset": preset.name,
        "changes": [_change(session, one) for one in plan.changes],
        "notes": [*plan.notes, *filter(None, (preset.first, preset.note))],
        "afterwards": preset.afterwards,
    }
    lines = [_shown_change(session, one) for one in plan.changes] if handed is None else []
    lines += [*_summary(document), *(document["notes"] if plan.changes else [])]
    if handed is not None and handed.written:
        lines.append(f"In {preset.title}: {preset.afterwards}")
    return Done(document, tuple(lines), plan.problems if handed is None else handed.problems)


def _copies(bench: Any, session: Session, asked: Request, only: Collection[str] | None, quiet: bool) -> Done:
    from workbench.screening import copies

    way = copies.COPIES if asked.to == COPIES else copies.HARD_LINKS if asked.hard else copies.LINKS
    target = asked.folder or Path()
    plan = copies.plan_copies(bench.settings, bench.engine, session, target, way=way, groups=asked.groups, only=only)
    handed = None
    if not asked.dry_run:
        with report.progress(quiet=quiet) as bar:
            told = {"labeller": bench.settings.labeller, "unreviewed": asked.unreviewed, "tell": bar.telling}
            handed = copies.carry_out(bench.settings, bench.engine, plan, **told)
    document = {
        **_result(asked, session, plan, handed),
        "folder": str(plan.folder),
        "changes": [{"photo": one.photo_id, "file": str(one.source), "path": str(one.target)} for one in plan.twins],
    }
    lines = [report.shown(f"{one.source} → {one.target}") for one in plan.twins] if handed is None else []
    return Done(document, (*lines, *_summary(document)), plan.problems if handed is None else handed.problems)


def _told(
    bench: Any, session: Session, asked: Request, only: Collection[str] | None, before: Sequence[dict[str, Any]]
) -> Done:
    """A table or a list of names: nothing that would have to be undone."""
    from workbench.archive import photos
    from workbench.screening import copies, outcome

    found = outcome.of_session(bench.engine, session)
    if not (asked.unreviewed or asked.dry_run):
        found.require_reviewed()
    wanted = set(found.of_groups(asked.groups, only))
    document = {"session": session.name, "to": asked.to, "dry_run": asked.dry_run, "reviewed": found.complete}
    if asked.to == LIST:
        names = copies.names(bench.engine, session, wanted)
        return Done({**document, "names": names}, (asked.separator.join(map(report.shown, names)),) if names else ())
    named = {photo.id: photo for photo in photos.of_session(bench.engine, session.id)}
    rows = [row for row in report.verdict_rows(session, found.screening, named) if row["photo"] in wanted]
    if not asked.dry_run and asked.file:
        report.write_csv(asked.file, [*before, *rows])
    done = f"{'Would write' if asked.dry_run else 'Wrote'} {len(rows)} rows to {asked.file}."
    return Done({**document, "file": str(asked.file), "photos": rows}, (report.shown(done),))


def _undo(bench: Any, wanted: str, session: Session | None, *, as_json: bool) -> None:
    from workbench.screening import handoff

    found = handoff.find(bench.engine, wanted, session.id if session else None)
    with report.progress(quiet=as_json) as bar:
        handed = handoff.undo(bench.settings, bench.engine, found.id, bar.telling)
    document = {"undone": found.id, **_handed(handed)}
    report.keep(document)
    if as_json:
        report.print_json(document)
    else:
        for one in handed.left:
            report.say(report.shown(f"{one.name}: {one.reason}"))
        report.say(f"Took back {_files(handed.written)} of the hand-off {found.id}.")
    report.failed(handed.problems)


def _list(bench: Any, session: Session | None, *, as_json: bool) -> None:
    from workbench.screening import handoff

    made = handoff.every(bench.engine, session.id if session else None)
    if as_json:
        report.print_json([_as_json(one) for one in made])
        return
    for one in made:
        report.say(report.shown(_line(one)))
    if not made:
        report.say("Nothing was handed over yet.")


def _line(one: Handoff) -> str:
    what = one.options.get("preset") or one.options.get("folder") or ""
    state = "undone" if one.undone_at else f"{_files(one.written)}{f', {one.problems} failed' if one.problems else ''}"
    return f"{one.id}  {one.at:%Y-%m-%d %H:%M}  {one.labeller}  {one.kind} {what}: {state}"


def _as_json(one: Handoff) -> dict[str, Any]:
    return {**vars(one), "at": one.at.isoformat(), "undone_at": one.undone_at.isoformat() if one.undone_at else None}


def _result(asked: Request, session: Session, plan: Plan | CopyPlan, handed: Handed | None) -> dict[str, Any]:
    """What every hand-off of files says as JSON."""
    planned = len(plan.changes) if asked.to == XMP else len(plan.twins)  # type: ignore[union-attr]
    about = {"to": asked.to, "session": session.name, "dry_run": asked.dry_run, "reviewed": plan.outcome.complete}
    if handed is not None:
        return {**about, "planned": planned, **_handed(handed)}
    problems = [report.plain(one) for one in plan.problems]
    return {
        **about,
        "planned": planned,
        "handoff": None,
        "written": 0,
        "unchanged": plan.unchanged,
        "problems": problems,
    }


def _handed(handed: Handed) -> dict[str, Any]:
    counts = {"handoff": handed.id, "written": handed.written, "unchanged": handed.unchanged}
    return {**counts, "problems": _plain(handed.problems), "left": _plain(handed.left)}


def _plain(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    return [report.plain(one) for one in problems]


def _change(session: Session, one: Change) -> dict[str, Any]:
    return {
        "file": _name(session, one),
        "path": str(one.path),
        "photo": one.photo_id,
        "kind": one.kind,
        "group": one.group,
        "before": dict(one.before),
        "after": dict(one.after),
        "note": one.note,
    }


def _shown_change(session: Session, one: Change) -> str:
    from workbench.screening.presets import TITLES

    fields = (name for name in one.after if one.after[name] != one.before[name])
    said = (f"{TITLES[name]} {_quoted(one.before[name])} → {_quoted(one.after[name])}" for name in fields)
    note = f" ({one.note})" if one.note else ""
    return report.shown(f"{_name(session, one)}: {', '.join(said)}{note}")


def _name(session: Session, one: Change) -> str:
    folder = session.folder.resolve()
    return one.path.relative_to(folder).as_posix() if one.path.is_relative_to(folder) else str(one.path)


def _quoted(value: str | None) -> str:
    return "none" if value is None else f"“{value}”"


def _summary(document: Mapping[str, Any]) -> list[str]:
    known = f"; {document['unchanged']} are so already" if document["unchanged"] else ""
    if document["dry_run"]:
        review = "" if document["reviewed"] else " The review is not complete yet."
        return [f"Would write {_files(document['planned'])}{known}. Nothing was written.{review}"]
    if document["handoff"] is None:
        return [f"There was nothing to write{known}."]
    return [f"Wrote {_files(document['written'])}{known}. To take it back: handoff --undo {document['handoff']}"]


def _files(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"
