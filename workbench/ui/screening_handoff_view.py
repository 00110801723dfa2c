"""The hand-off as plain values: the rows of the dry run, the words of a command, and what came of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from workbench.archive.photos import Photo
from workbench.cells import escape
from workbench.screening import handoff, presets
from workbench.screening.handoff import Change, Handoff, Plan
from workbench.screening.journal import UNDONE, Entry
from workbench.screening.presets import PICK, RATING, REJECT, Choice
from workbench.screening.review import Decision, Kept
from workbench.screening.screen import GROUPS, KEEP, Screening
from workbench.ui.screening_view import TITLES
from workbench.ui.table import Column, Row
from workbench.ui.wording import counted, listed

SHOWN = 500
"""Rows of a dry run that the page draws."""
NO_COLOUR = "nothing"
COLUMNS = (
    Column("file", "File"),
    Column("where", "Written"),
    Column("group", "Is"),
    Column("before", "Says now"),
    Column("after", "Will say"),
    Column("note", "To know"),
)
FLAGS = {
    PICK: "Flag keepers as picks",
    REJECT: "Flag blinks as rejected",
    RATING: "Rate blinks −1, which means rejected",
}
FLAG_HELP = {
    PICK: "The editor’s own flag. Flags that you have set on these photos are replaced; undo brings them back.",
    REJECT: "The editor’s own flag: rejected photos stay where they are, and can be hidden or filtered.",
    RATING: "The stars of those photos are replaced by −1; undo brings them back.",
}
_INTO = {"copies": "to", "links": "into"}
_NAMES = {handoff.EMBEDDED: "in the file", handoff.SIDECAR: "sidecar"}


# ---- the dry run


def columns(plan: Plan) -> tuple[Column, ...]:
    """The columns of the dry run; the last one only where there is something to know."""
    return COLUMNS if any(change.note for change in plan.changes) else COLUMNS[:-1]


def rows(plan: Plan) -> list[Row]:
    """A row for each file that would change, the first SHOWN of them."""
    return [_row(number, plan, change) for number, change in enumerate(plan.changes[:SHOWN])]


def _row(number: int, plan: Plan, change: Change) -> Row:
    folder = plan.session.folder.resolve()
    file = change.path.relative_to(folder) if change.path.is_relative_to(folder) else change.path
    changed = [name for name in change.after if change.before.get(name) != change.after[name]]
    cells = {
        "file": str(file),
        "where": _NAMES.get(change.kind, change.kind),
        "group": TITLES[change.group].lower(),
        "before": _says(change.before, changed),
        "after": _says(change.after, changed),
        "note": change.note,
    }
    return Row(str(number), cells)


def _says(fields: Mapping[str, str | None], names: Iterable[str]) -> str:
    said = {name: fields.get(name) for name in names}
    # Two fields say one colour, and two that there is no flag; it is told once.
    label, small = said.get(presets.xmp.LABEL) or "", said.get(presets.xmp.LABEL_COLOR) or ""
    if presets.xmp.LABEL in said and small == label.lower():
        said.pop(presets.xmp.LABEL_COLOR, None)
    if said.get(presets.xmp.PICK, "") is None and said.get(presets.xmp.GOOD, "") is None:
        del said[presets.xmp.GOOD]
    titles = ((presets.TITLES.get(name, name), value) for name, value in said.items())
    return listed(f"no {title}" if value is None else f"{title} {value}" for title, value in titles)


def planned(plan: Plan) -> str:
    """What a plan comes to, in a sentence."""
    if not plan.changes and not plan.unchanged and not plan.problems:
        return _nothing(plan)
    by_group = [(group, sum(change.group == group for change in plan.changes)) for group in GROUPS]
    groups = listed(f"{count} {TITLES[group].lower()}" for group, count in by_group if count)
    head = f"{counted(len(plan.changes), 'file')} would change" + (f": {groups}" if groups else "")
    same = f"{counted(plan.unchanged, 'file')} {'says' if plan.unchanged == 1 else 'say'} so already"
    return listed([head, same if plan.unchanged else ""])


def _nothing(plan: Plan) -> str:
    """Why nothing would be written, and what can be written all the same."""
    counts = plan.outcome.screening.counts
    lacking = [
        f"no {TITLES[group].lower()}" for group in GROUPS if plan.choice.colours.get(group) and not counts[group]
    ]
    keeps = counts[KEEP] and not plan.choice.colours.get(KEEP)
    to_mark = " To mark keepers choose a colour under “Keep gets”." if keeps else ""
    return f"Nothing to write: {' and '.join(lacking) or 'nothing was asked for'}.{to_mark}"


# ---- commands


def choice(preset: str, colours: Mapping[str, str], flags: Iterable[str]) -> Choice:
    """The choice that stands in the widgets. Raises ValueError and NotOffered as `Choice` does."""
    asked = set(flags)
    wanted = {group: None if colours[group] == NO_COLOUR else colours[group] for group in GROUPS}
    return Choice(preset, wanted, pick=PICK in asked, reject=REJECT in asked, rating=RATING in asked)


def words(session_id: str, choice: Choice) -> list[str]:
    """The command of our own that carries the choice out."""
    colours = [(f"--{group.replace('_', '-')}", choice.colours.get(group) or "none") for group in GROUPS]
    flags = [f"--{flag}" for flag in choice.asked]
    about = ["handoff", session_id, "--to", "xmp", "--preset", choice.preset]
    return [*about, *(word for pair in colours for word in pair), *flags]


# ---- what came of it


def came(result: Mapping[str, Any], at: datetime) -> str:
    """What a hand-off did, in a sentence: which files, for which editor or where to, and when."""
    written, same = int(result.get("written") or 0), int(result.get("unchanged") or 0)
    preset = presets.PRESETS.get(str(result.get("preset")))
    where = f" for {preset.title}" if preset else f" {_INTO.get(str(result.get('to')), 'to')} “{result.get('folder')}”"
    did = {"copies": "copied", "links": "linked"}.get(str(result.get("to")), "written")
    already = f"{same:,} {'said so' if preset else 'were there'} already" if same else ""
    return listed([f"{counted(written, 'file')} {did}{where} at {clock(at)}", already, _trouble(result)])


def taken_back(result: Mapping[str, Any], at: datetime, by_fields: int) -> str:
    """What an undo did, in a sentence: how many files are what they were, and how many got their fields back."""
    written = int(result.get("written") or 0)
    exactly = written - by_fields
    how = f": {exactly:,} exactly, {by_fields:,} by {'its' if by_fields == 1 else 'their'} fields" if by_fields else ""
    return listed([f"{counted(written, 'file')} taken back at {clock(at)}{how}", _trouble(result)])


def _trouble(result: Mapping[str, Any]) -> str:
    problems = len(result.get("problems") or ())
    return f"{counted(problems, 'file')} could not be" if problems else ""


def by_fields(entries: Iterable[Entry]) -> int:
    """How many files were taken back field by field, as somebody had changed them since; the others are as before."""
    undone = (one for one in entries if one.status == UNDONE and "left" in one.about)
    return sum(one.about.get("result") != one.before_hash for one in undone)


def changed_since(
    entries: Iterable[Entry], stands: Screening, decisions: Mapping[str, Decision], at: datetime, gives: Collection[str]
) -> int:
    """How many photos a hand-off at that time (UTC) would treat otherwise now; it `gives` something to these groups."""
    had = {one.photo_id: one.about.get("group", KEEP) for one in entries if one.photo_id in stands.verdicts}
    moved = sum(stands.verdicts[photo].group != group for photo, group in had.items() if photo)
    later = (one for photo, one in decisions.items() if one.at > at and photo not in had)
    return moved + sum(one.group in gives for one in later)


def clock(at: datetime) -> str:
    """A time of the catalogue (UTC) by the photographer's clock: “21:16”, with the day if that is another one."""
    local, today = at.replace(tzinfo=UTC).astimezone(), datetime.now(UTC).astimezone()
    return f"{local:%H:%M}" if local.date() == today.date() else f"{local:%H:%M} on {local:%-d %b}"


def problem_lines(result: Mapping[str, Any]) -> list[str]:
    """Every file that could not be written or was left, and why."""
    found = [*(result.get("problems") or ()), *(result.get("left") or ())]
    return [f"{each.get('name') or each.get('file')}: {each.get('reason')}" for each in found]


def earlier(one: Handoff) -> str:
    """An earlier hand-off in a line: when, where, how many files."""
    at = f"{one.at.replace(tzinfo=UTC).astimezone():%-d %b, %H:%M}"
    preset = presets.PRESETS.get(str(one.options.get("preset")))
    where = preset.title if preset else str(one.options.get("folder", ""))
    what = "" if one.kind == handoff.XMP else one.kind
    undone = f"undone {clock(one.undone_at)}" if one.undone_at else ""
    return listed([at, what, where, counted(one.written or one.undone, "file"), undone])


def newest(made: Iterable[Handoff]) -> set[str]:
    """Ids of the hand-offs that can be undone as they are: of those in photos only the newest that stands.

    An older one lies below it; copies and links lie side by side.
    """
    standing = [one for one in made if one.stands]
    in_photos = [one.id for one in standing if one.kind == handoff.XMP]
    return {*in_photos[:1], *(one.id for one in standing if one.kind != handoff.XMP)}


# ---- labels and lists


def kept(done: Kept) -> str:
    """What was kept as labels, in a sentence."""
    parts = [
        counted(done.blink, "blink") if done.blink else "",
        f"{done.open:,} with open eyes" if done.open else "",
        f"{done.unchanged:,} said so already" if done.unchanged else "",
        f"{done.withdrawn:,} taken back" if done.withdrawn else "",
        f"{done.differing:,} left as you had labelled them" if done.differing else "",
    ]
    new = done.blink + done.open
    return f"{counted(new, 'label')} kept: {listed(parts)}" if new else f"Nothing new to keep. {listed(parts)}".strip()


def table_text(photos: Sequence[Photo], screening: Screening, decisions: Mapping[str, Decision]) -> str:
    """The review as CSV, a row for each photo: file, group, probability, who decided. Cells are escaped."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(["file", "group", "probability", "decided_by", "reason"])
    for photo in photos:
        verdict, decision = screening.verdicts.get(photo.id), decisions.get(photo.id)
        if verdict is None:
            continue
        probability = "" if verdict.probability is None else f"{verdict.probability:.4f}"
        by = decision.labeller if decision else "model"
        writer.writerow(map(escape, [photo.name, verdict.group, probability, by, verdict.reason]))
    return target.getvalue()
