"""What the Archive page says: the archive's figures, tables and sentences, from plain values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from workbench.archive import sessions
from workbench.archive.diversity import UNTAGGED
from workbench.archive.diversity import Row as Share
from workbench.archive.folders import Plan
from workbench.archive.forgetting import Forgotten
from workbench.archive.overview import Overview
from workbench.archive.photos import Problem
from workbench.ui.table import EDIT, NUMBER, OPEN, Column, Row
from workbench.ui.wording import counted, listed, share

TAG_TITLES = {"subject": "Subject", "age_group": "Age group", "gender": "Gender", "race": "Race"}
_COUNTS = (
    Column("photos", "Photos", NUMBER),
    Column("labelled", "Labelled", NUMBER, help="Photos that somebody has said something of"),
    Column("blinks", "Blinks", NUMBER, help="Photos labelled BLINKING"),
    Column("unreadable", "Unreadable", NUMBER, help="Files that could not be read"),
    Column("no_face", "No face", NUMBER, help="Photos in which no face was found"),
    Column("screened", "Screened", help="When the session was last screened"),
)


# ---- sessions


def summary(overviews: Sequence[Overview]) -> str:
    """“18 sessions · 7,412 photos · 1,204 labelled: 60 blinks, 1,144 others (5 % blinks)”."""
    photos, labelled, blinks = (
        sum(getattr(one, name) for one in overviews) for name in ("photos", "labelled", "faulty")
    )
    balance = f": {counted(blinks, 'blink')}, {labelled - blinks:,} others ({share(blinks, labelled)} blinks)"
    away = sum(one.away for one in overviews)
    return listed(
        (
            counted(len(overviews), "session"),
            counted(photos, "photo"),
            f"{labelled:,} labelled{balance if labelled else ''}",
            f"{counted(away, 'folder')} away" if away else "",
        )
    )


def columns(overviews: Iterable[Overview], *, opens: bool = True) -> list[Column]:
    """Name and counts, then the tags, with the photographer's own words suggested, then the folder."""
    known = list(overviews)
    words = {tag: _words(getattr(one.session, tag) for one in known) for tag in sessions.TAGS}
    tags = [Column(tag, TAG_TITLES[tag], EDIT, words[tag]) for tag in sessions.TAGS]
    name = [Column("name", "Session", OPEN)] if opens else []
    return [*name, *_COUNTS, *tags, Column("folder", "Folder")]


def row(one: Overview, screened: datetime | None) -> Row:
    """A session's row of the table."""
    session = one.session
    counts = {
        "photos": one.photos,
        "labelled": one.labelled,
        "blinks": one.faulty,
        "unreadable": one.unreadable,
        "no_face": one.no_face,
    }
    tags = {tag: getattr(session, tag) or "" for tag in sessions.TAGS}
    folder = f"away: {session.folder}" if one.away else str(session.folder)
    about = {"name": session.name, **counts, "screened": day(screened) if screened else "–", **tags, "folder": folder}
    return Row(session.id, about, href=f"archive?session={session.id}", label=session.name)


def day(moment: datetime) -> str:
    """A day by the photographer's clock; the catalogue keeps UTC without a zone."""
    return f"{moment.replace(tzinfo=UTC).astimezone():%Y-%m-%d}"


def _words(said: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({text for text in said if text}, key=str.casefold))


# ---- people

PEOPLE = (
    Column("tag", "Tag"),
    Column("value", "Who"),
    Column("people", "People", NUMBER),
    Column("sessions", "Sessions", NUMBER),
    Column("labelled", "Labelled", NUMBER, help="Photos that somebody has said something of"),
    Column("share", "Share", NUMBER, help="Of the people who have this tag"),
    Column("target", "Target %", EDIT, help="The share of people that you want; empty for none"),
    Column("lacking", "To do"),
)


def people(shares: Iterable[Share]) -> list[Row]:
    """The diversity table: a row for each value of each tag."""
    return [
        Row(
            f"{one.tag}:{one.value}",
            {
                "tag": TAG_TITLES[one.tag],
                "value": one.value or "not tagged",
                "people": one.people,
                "sessions": one.sessions,
                "labelled": one.labelled,
                "share": "–" if one.value == UNTAGGED else f"{one.share:.0%}".replace("%", " %"),
                "target": "" if one.target is None else percent(one.target),
                "lacking": lacking(one),
            },
            label=f"{TAG_TITLES[one.tag]} {one.value}",
            locked=one.value == UNTAGGED,
        )
        for one in shares
    ]


def lacking(one: Share) -> str:
    """“3 more people would reach 50 %”."""
    if one.value == UNTAGGED:
        return f"tag {counted(one.sessions, 'session')} on the Sessions tab" if one.sessions else ""
    if one.target is None:
        return ""
    wanted = f"{percent(one.target)} %"
    if not one.lacking:
        return f"{wanted} reached" if one.people or not one.target else f"{wanted} is everybody"
    return f"{one.lacking:,} more “{one.value}” would reach {wanted}"


def percent(part: float) -> str:
    """“12.5” of .125, without needless digits."""
    return f"{100 * part:.1f}".removesuffix(".0")


def target(text: str) -> float | None:
    """A share (0..1) of what was typed as percent; None for nothing. Raises ValueError for what is no number."""
    plain = text.replace("%", "").replace(",", ".").strip()
    return float(plain) / 100 if plain else None


# ---- import and forget


@dataclass(frozen=True)
class Preview:
    """What an import would find: its sessions by name with their photos, and the files that cannot be taken."""

    sessions: tuple[tuple[str, int], ...]
    problems: tuple[Problem, ...]
    labelled: int
    missing: int

    @property
    def photos(self) -> int:
        """Photo files to be read, or known already."""
        return sum(photos for _, photos in self.sessions)

    @property
    def sentence(self) -> str:
        """“2 sessions, 412 photos, 3 files that cannot be taken”."""
        parts = [counted(len(self.sessions), "session"), counted(self.photos, "photo")]
        parts += [f"{self.labelled:,} of them labelled"] if self.labelled else []
        parts += [f"{counted(len(self.problems), 'file')} that cannot be taken"] if self.problems else []
        parts += [f"{counted(self.missing, 'file')} named in labels.csv, but not there"] if self.missing else []
        return ", ".join(parts)


def preview(plans: Iterable[Plan]) -> Preview:
    """The plans of an import in short."""
    known = list(plans)
    return Preview(
        tuple((plan.name, len(plan.files)) for plan in known if plan.files),
        tuple(problem for plan in known for problem in plan.problems),
        sum(found.label is not None for plan in known for found in plan.files),
        sum(len(plan.missing) for plan in known),
    )


def going(erased: Forgotten) -> str:
    """What forgetting a session erases, in words."""
    counts = (
        (erased.photos, "photo"),
        (erased.labels, "label"),
        (erased.screenings, "screening"),
        (erased.previews, "preview"),
        (erased.backups, "backup"),
    )
    parts = [counted(number, what) for number, what in counts if number]
    parts = [*parts, *(["all copies of its photos"] if erased.copies else [])] or ["its entry in the catalogue"]
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
