"""The hand-off as plain values: the rows of the dry run, the words of a command, and what came of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any

from workbench.archive.photos import Photo
from workbench.cells import escape
from workbench.screening import handoff, presets
from workbench.screening.handoff import Change, Handoff, Plan
from workbench.screening.presets import PICK, RATING, REJECT, Choice
from workbench.screening.review import Decision, Kept
from workbench.screening.screen import GROUPS, Screening
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
    # Two fields say one colour; it is told once.
    label, small = said.get(presets.xmp.LABEL), said.get(presets.xmp.LABEL_COLOR)
    if label and small == label.lower():
        del said[presets.xmp.LABEL_COLOR]
    shown = [f"{presets.TITLES.get(name, name)} {value}" for name, value in said.items() if value is not None]
    return listed(shown) or "–"


def planned(plan: Plan) -> str:
    """What a plan comes to, in a sentence."""
    by_group = [(group, sum(change.group == group for change in plan.changes)) for group in GROUPS]
    groups = listed(f"{count} {TITLES[group].lower()}" for group, count in by_group if count)
    head = f"{counted(len(plan.changes), 'file')} would change" + (f": {groups}" if groups else "")
    same = f"{counted(plan.unchanged, 'file')} {'says' if plan.unchanged == 1 else 'say'} so already"
    return listed([head, same if plan.unchanged else ""])


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


def came(result: Mapping[str, Any], *, undone: bool) -> str:
    """What a hand-off or its undo did, in a sentence."""
    written, problems = int(result.get("written") or 0), len(result.get("problems") or ())
    did = f"{counted(written, 'file')} {'taken back' if undone else 'written'}"
    same = int(result.get("unchanged") or 0)
    return listed(
        [did, f"{same:,} said so already" if same else "", f"{counted(problems, 'problem')}" if problems else ""]
    )


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
    return listed([at, what, where, counted(one.written, "file"), "undone" if one.undone_at else ""])


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
