"""Taking back what a hand-off did to one file: exactly where nobody changed it since, else field by field."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from workbench.errors import OutsideRoots
from workbench.screening import embedding, packets, presets, rewriting
from workbench.screening.carrying import Work
from workbench.screening.journal import COPY, EMBEDDED, LINK, STANDING, UNDONE, Entry, Journal
from workbench.screening.rewriting import Draft, NotWritten
from workbench.settings import Settings


def take_back(book: Journal, entry: Entry, work: Work) -> None:
    """Takes one file back, and tells what was left in it as others have changed it since.

    Raises NotWritten, OSError, MalformedXmp and CannotHold; the file is as it was then.
    """
    found = _found(book, entry, work.session.folder.resolve())
    left = _take_back(book, found)
    work.written += 1
    if left:
        work.left.append(work.named(found.path, left))


def _take_back(book: Journal, entry: Entry) -> str:
    """What was left, in words, or ""."""
    now, known = rewriting.digest(entry.path), book.same_file(entry)
    older = [one for one in known if one.id < entry.id]
    newer = [one for one in known if one.id > entry.id and one.status in STANDING]
    exactly = _exact(entry, older) if now == entry.after_hash and not newer else []
    if now is None and entry.kind == EMBEDDED:
        raise NotWritten("it is not there")
    if now is None or (now == entry.before_hash and not newer):  # taken away or put back by others: nothing to do
        book.note(entry, status=UNDONE)
    elif exactly:
        for one in exactly:
            _restore(book, one)
    elif entry.kind in (COPY, LINK):
        book.note(entry, status=UNDONE)
        return "somebody has changed it since, so it was left where it is"
    else:
        return _by_field(book, entry, older, newer)
    return ""


def _exact(entry: Entry, older: list[Entry]) -> list[Entry]:
    """The rows to be taken back to the byte, one after the other, to undo this one; none where that cannot be.

    What an older hand-off wrote that was undone while this one lay over it goes as well.
    """
    wanted = {name: _earlier(entry, older, name) for name in entry.about.get("after", ())}
    rows, said = [entry], dict(entry.about.get("before", {}))
    while {name: said[name] for name in wanted} != wanted:
        last = rows[-1]
        below = next((one for one in older if one.id < last.id and one.after_hash == last.before_hash), None)
        if last.before_hash is None or below is None or below.status != UNDONE:
            return []
        rows.append(below)
        said |= below.about["before"]
    return rows


def _found(book: Journal, entry: Entry, folder: Path) -> Entry:
    """The row with the file's place of today, where its session's folder was moved since and is `folder` now.

    Another file of the same photo is never taken for it. Raises NotWritten as `_require_reach` does.
    """
    place = entry.place_in(folder)
    _require_reach(book.settings, replace(entry, path=place))
    return entry if place == entry.path else book.move(entry, place)


def _require_reach(settings: Settings, entry: Entry) -> None:
    """Raises NotWritten when the file's folder is away or leads elsewhere."""
    folder = entry.path.parent
    if not folder.is_dir():
        raise NotWritten("its folder is away")
    try:
        real = settings.inside(folder)
    except OutsideRoots as error:
        raise NotWritten("it leads out of the folders that Eye Spy may touch") from error
    if real != folder or (entry.path.is_symlink() and entry.kind != LINK):
        raise NotWritten("a link lies in its place now")


def _restore(book: Journal, entry: Entry) -> None:
    """The file becomes what it was, to the byte, with the time that it had; one that was made is taken away."""
    if entry.before_hash is None:
        book.take_away(entry)
        return
    edits, seen = embedding.load(entry.edits or b""), rewriting.state(entry.path)
    new = rewriting.draft(entry.path, entry.draft, packets.pour_back(edits), book.at, seen=seen)
    if new.after_hash != entry.before_hash:
        new.temporary.unlink(missing_ok=True)
        raise NotWritten("what was kept of it does not give back what it was")
    _set_time(new, entry)
    book.take_back(entry, new, {})


def _by_field(book: Journal, entry: Entry, older: list[Entry], newer: list[Entry]) -> str:
    """The fields that still say what was written get their earlier values; gives what others have changed.

    A field on which a later hand-off lies is left to that one, also where both say the same.
    """
    before, after, seen = entry.about["before"], entry.about["after"], rewriting.state(entry.path)
    now, over = packets.says(entry.path, entry.kind, after), {name for one in newer for name in one.about["after"]}
    own = [name for name in after if now[name] == after[name] and name not in over]
    left = {name: now[name] for name in after if name not in own}
    edits = packets.edits(entry.path, entry.kind, {name: _earlier(entry, older, name) for name in own})
    if edits:
        new = rewriting.draft(entry.path, entry.draft, packets.pour(edits), book.at, seen=seen)
        book.take_back(entry, new, left)
    else:
        book.note(entry, status=UNDONE, about={**entry.about, "left": left})
    return _words({name: value for name, value in left.items() if value != before[name]})


def _earlier(entry: Entry, earlier: list[Entry], name: str) -> str | None:
    """What a field said before this hand-off, and before those (newest first) that were undone while it lay on them."""
    value: str | None = entry.about["before"][name]
    for older in earlier:
        after = older.about["after"]
        if name in after and after[name] == value:
            if older.status != UNDONE or name not in older.about.get("left", {}):
                break
            value = older.about["before"][name]
    return value


def _words(others: dict[str, str | None]) -> str:
    said = [f"{presets.TITLES[name]} {f'“{value}”' if value else 'taken away'}" for name, value in others.items()]
    return f"changed since and left as it is: {', '.join(said)}" if said else ""


def _set_time(new: Draft, entry: Entry) -> None:
    if "modified_ns" in entry.about:
        os.utime(new.temporary, ns=(int(entry.about["modified_ns"]),) * 2)
