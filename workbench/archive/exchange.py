"""Labels out of the catalogue and back: a CSV without loss, and a folder for each class."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select

from workbench import cells
from workbench.archive import labels, photos, splits, tables
from workbench.archive.catalog import writing
from workbench.archive.labels import Said
from workbench.errors import WorkbenchError
from workbench.faults import FAULTS, Fault
from workbench.files import copy_whole, write_table
from workbench.settings import Settings

COLUMNS = ("session", "file", "photo", "fault", "label", "origin", "queue", "labeller", "time")
_NEEDED = frozenset(COLUMNS) - {"queue"}
_Who = tuple[str, str, str]


class BadLabelsTable(WorkbenchError):
    """A CSV that is no export of labels."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"“{path}” cannot be read as labels: {reason}. Nothing was changed; it needs the columns "
            f"{', '.join(name for name in COLUMNS if name in _NEEDED)}, as `label --export` writes them."
        )


@dataclass
class Taken:
    """What reading a table of labels did: new answers, known ones, those older than what is there, unknown photos."""

    new: int = 0
    known: int = 0
    older: int = 0
    unknown: list[str] = field(default_factory=list)


def export_table(engine: Engine, path: Path, fault: Fault) -> int:
    """Writes every answer that was not taken back, oldest first, whole or not at all; gives how many."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    with engine.connect() as connection:
        rows = [[cells.escape(cell) for cell in row] for row in _rows(connection, fault)]
    writer.writerows(rows)
    write_table(path, text.getvalue())
    return len(rows)


def import_table(engine: Engine, path: Path) -> Taken:
    """Takes the answers of a table in, with who said them and when; reading it again changes nothing.

    Photos are known by their identity, by session and file only where that cell is empty. An answer older than the
    same labeller's answer here is left out; times with a zone are turned into UTC. Raises BadLabelsTable.
    """
    told, taken = _read(path), Taken()
    with writing(engine) as connection:
        places = _places(connection)
        there = _there(connection)
        fresh = [said for row in told if (said := _fresh(row, places, there, taken))]
        labels.say(connection, fresh)
        for fault in {said.fault for said in fresh}:
            splits.assign_within(connection, fault)
    return taken


def export_folders(
    settings: Settings, engine: Engine, target: Path, fault: Fault, *, copy: bool = False
) -> Counter[str]:
    """Fills `target`/CLASS with links to (or copies of) the photos that stand labelled so; gives how many by class.

    What is already there is left; the name tells the session. A photo whose file is away is counted as “away”.
    """
    done: Counter[str] = Counter()
    for photo, label in sorted(labels.current(engine, fault).items()):
        if label.value not in fault.classes:
            continue
        original = next(photos.places(settings, engine, photo), None)
        if original is None:
            done["away"] += 1
            continue
        place = target / str(label.value) / f"{original.parent.name}__{photo[:8]}__{original.name}"[-240:]
        if not place.is_symlink() and not place.exists():
            _put(original, place, copy=copy)
        done[str(label.value)] += 1
    return done


def _put(original: Path, place: Path, *, copy: bool) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if copy:
        copy_whole(original, place)
    else:
        place.symlink_to(original)


def _rows(connection: Connection, fault: Fault) -> Iterator[tuple[str, ...]]:
    said = labels.effective(fault).subquery()
    files, sessions = tables.files.c, tables.sessions.c
    first = (
        select(func.min(files.id).label("id")).where(files.photo_id.is_not(None)).group_by(files.photo_id).subquery()
    )
    query = (
        select(sessions.name.label("session"), files.name.label("file"), said)
        .join_from(tables.files, first, files.id == first.c.id)
        .join(tables.sessions, sessions.id == files.session_id)
        .join(said, said.c.photo_id == files.photo_id)
        .order_by(said.c.id)
    )
    for row in connection.execute(query):
        about = (row.fault, row.value, row.origin, row.queue or "", row.labeller, row.at.isoformat())
        yield row.session, row.file, row.photo_id, *about


def _read(path: Path) -> list[tuple[str, str, Said]]:
    """(session, file, answer) of every row; the answer's photo is what the table says."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            lacking = _NEEDED - set(reader.fieldnames or ())
            if lacking:
                raise BadLabelsTable(path, f"the column {', '.join(sorted(lacking))} is missing")
            return [_said(path, reader.line_num, row) for row in reader]
    except (csv.Error, OSError, UnicodeDecodeError) as error:
        raise BadLabelsTable(path, f"it is not a readable table ({error})") from error


def _said(path: Path, line: int, row: dict[str, str | None]) -> tuple[str, str, Said]:
    try:
        told = {name: cells.restore(cell or "") for name, cell in row.items()}
        at = datetime.fromisoformat(told["time"])
        at = at if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)
        who = (told["origin"], told["labeller"], told.get("queue") or None)
        return told["session"], told["file"], Said(told["photo"], FAULTS[told["fault"]], told["label"], *who, at)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadLabelsTable(path, f"line {line} is no answer ({error})") from error


def _fresh(
    row: tuple[str, str, Said], places: dict[object, str], there: defaultdict[_Who, set[datetime]], taken: Taken
) -> Said | None:
    """The answer if it is to be written, under the photo's identity here; counts what it is."""
    session, file, said = row
    photo = places.get(said.photo_id if said.photo_id else (session, file))
    if photo is None or said.at is None:
        taken.unknown.append(f"{session}/{file}")
        return None
    times = there[photo, said.fault.name, said.labeller]
    if said.at in times:
        taken.known += 1
        return None
    if times and said.at < max(times):
        taken.older += 1
        return None
    there[photo, said.fault.name, said.labeller].add(said.at)
    taken.new += 1
    return replace(said, photo_id=photo)


def _there(connection: Connection) -> defaultdict[_Who, set[datetime]]:
    """When each labeller said something of each photo, taken back or not."""
    said = tables.labels.c
    query = select(said.photo_id, said.fault, said.labeller, said.at).where(said.undoes.is_(None))
    found: defaultdict[_Who, set[datetime]] = defaultdict(set)
    for photo, fault, labeller, at in connection.execute(query):
        found[photo, fault, labeller].add(at)
    return found


def _places(connection: Connection) -> dict[object, str]:
    """Every photo by its identity and by (session, file)."""
    files, sessions = tables.files.c, tables.sessions.c
    query = select(sessions.name.label("session"), files.name, files.photo_id).join_from(tables.files, tables.sessions)
    found: dict[object, str] = {}
    for row in connection.execute(query.where(files.photo_id.is_not(None))):
        found[row.photo_id] = found[(row.session, row.name)] = row.photo_id
    return found
