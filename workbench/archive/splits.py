"""Splits: training, validation or test, given to groups when their first label arrives, never changed."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, Engine, insert, select, update

from workbench.archive import tables
from workbench.archive.catalog import writing
from workbench.archive.tables import CLASSES
from workbench.faults import Fault

TRAINING, VALIDATION, TEST = "training", "validation", "test"
BY_OPINION = ("doubtful", "disagreements")
"""Queues in which a model chooses the photos: what it is tested on must not be chosen by it."""
LISTS = "list "
"""How stored lists begin: a model chose their photos, too, as like its errors or as wrongly labelled."""
SIDES = (TRAINING, VALIDATION, TEST)
SHARES = {TRAINING: 0.6, VALIDATION: 0.2, TEST: 0.2}
_AT_ONCE = 500
FEWEST_GROUPS = 3
"""With fewer there is nothing to hold back: such an archive is judged out-of-fold by burst."""


def assign(engine: Engine, fault: Fault) -> dict[str, str]:
    """Writes a side for every group that has labels and none yet; gives those just written (group → side)."""
    with writing(engine) as connection:
        return assign_within(connection, fault)


def assign_within(connection: Connection, fault: Fault) -> dict[str, str]:
    """`assign` inside the caller's transaction. Every photo's own side follows."""
    stands, said = tables.standing.c, tables.labels.c
    query = select(stands.photo_id, stands.value, said.queue).join_from(
        tables.standing, tables.labels, said.id == stands.label_id
    )
    rows = connection.execute(query.where(stands.fault == fault.name)).all()
    standing = {row.photo_id: row.value for row in rows}
    by_photo = groups_of_photos(connection)
    tied = tie(by_photo.values())
    groups = _labelled_groups(by_photo, tied, standing)
    written = _strictest(_written(connection), tied)
    chosen = {tied[min(by_photo[row.photo_id])] for row in rows if by_opinion(row.queue) and row.photo_id in by_photo}
    enough = len(groups | written.keys()) >= FEWEST_GROUPS
    new = share_out(groups, written, by_opinion=chosen) if enough else {}
    if new:
        connection.execute(insert(tables.splits), [{"group_key": k, "side": v} for k, v in new.items()])
    _refresh(connection, by_photo, tied)
    return new


def by_opinion(queue: str | None) -> bool:
    """Whether a model chose the photos of that queue."""
    return queue is not None and (queue in BY_OPINION or queue.startswith(LISTS))


def refresh(connection: Connection) -> None:
    """Writes the side of a group down for all that it is known by, and keeps it with every photo for queues."""
    by_photo = groups_of_photos(connection)
    _refresh(connection, by_photo, tie(by_photo.values()))


def _refresh(connection: Connection, by_photo: Mapping[str, set[str]], tied: Mapping[str, str]) -> None:
    strictest = _write_down(connection, tied)
    wanted = {photo: strictest.get(tied[min(keys)]) for photo, keys in by_photo.items()}
    photos = tables.photos
    known = {row.id: row.side for row in connection.execute(select(photos.c.id, photos.c.side))}
    changes = [(photo, wanted.get(photo)) for photo, side in known.items() if side != wanted.get(photo)]
    for side in {side for _, side in changes}:
        these = [photo for photo, other in changes if other == side]
        for start in range(0, len(these), _AT_ONCE):
            some = photos.c.id.in_(these[start : start + _AT_ONCE])
            connection.execute(update(photos).where(some).values(side=side))


def share_out(
    groups: Mapping[str, Counter[str]], written: Mapping[str, str], *, by_opinion: Collection[str] = ()
) -> dict[str, str]:
    """A side for each group of `groups` (group → labels by class) that `written` does not have.

    Groups in `by_opinion`, whose photos a model chose, never become test. A side without any group gets the next one;
    after that each goes where its classes are furthest below SHARES. Deterministic.
    """
    sides: dict[str, Counter[str]] = {side: Counter() for side in SIDES}
    for key, side in written.items():
        sides[side].update(groups.get(key, Counter()))
    new: dict[str, str] = {}
    for key in sorted(groups.keys() - written.keys(), key=lambda key: (-groups[key].total(), _shuffled(key))):
        allowed = [side for side in SIDES if side != TEST or key not in by_opinion]
        empty = [side for side in allowed if side not in {*written.values(), *new.values()}]
        new[key] = min(empty[:1] or allowed, key=lambda side: _unevenness(sides, side, groups[key]))
        sides[new[key]].update(groups[key])
    return new


def sides(engine: Engine) -> dict[str, str]:
    """The side of each photo whose group has one.

    The same photo in two sessions ties their groups; a tie across sides counts as training before validation
    before test, so that what was ever learnt from is never tested on.
    """
    with engine.connect() as connection:
        return _sides(connection)


def groups(engine: Engine) -> dict[str, str]:
    """The group of each photo: an opaque key, one for all groups that share a photo."""
    with engine.connect() as connection:
        by_photo = groups_of_photos(connection)
    tied = tie(by_photo.values())
    return {photo: tied[min(keys)] for photo, keys in by_photo.items()}


def tie(sets: Iterable[set[str]]) -> dict[str, str]:
    """Each key's representative when the keys of one set belong together (union–find)."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while parent.setdefault(key, key) != key:
            parent[key] = key = parent[parent[key]]
        return key

    for keys in sets:
        first, *rest = sorted(keys)
        for key in rest:
            low, high = sorted((root(first), root(key)))
            parent[high] = low
        root(first)
    return {key: root(key) for key in parent}


def groups_of_photos(connection: Connection) -> dict[str, set[str]]:
    """Every photo's groups: the import's own, else the session's, and the subject's."""
    query = select(
        tables.files.c.photo_id,
        tables.files.c.group_name,
        tables.sessions.c.id,
        tables.sessions.c.subject,
        tables.sessions.c.kind,
    ).join_from(tables.files, tables.sessions)
    found: dict[str, set[str]] = defaultdict(set)
    for row in connection.execute(query.where(tables.files.c.photo_id.is_not(None))):
        own = row.group_name or (row.photo_id if row.kind == CLASSES else None)
        found[row.photo_id] |= group_keys(row.id, row.kind, row.subject, own)
    return found


def group_keys(session_id: str, kind: str, subject: str | None, group_name: str | None) -> set[str]:
    """Opaque keys of what a photo's group is known by: the import's own group or the session, and the subject.

    One subject is one group in all sessions. No name stands in a key.
    """
    if group_name:
        own = _opaque(session_id if kind == CLASSES else "group", group_name)
    else:
        own = _opaque("session", session_id)
    return {own, _opaque("subject", subject.strip().casefold())} if subject else {own}


def _opaque(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _sides(connection: Connection) -> dict[str, str]:
    by_photo, written = groups_of_photos(connection), _written(connection)
    tied = tie(by_photo.values())
    strictest = _strictest(written, tied)
    found = {photo: strictest.get(tied[min(keys)]) for photo, keys in by_photo.items()}
    return {photo: side for photo, side in found.items() if side}


def _write_down(connection: Connection, tied: Mapping[str, str]) -> dict[str, str]:
    """A tie that is undone later (a subject's name taken away) must leave every part on its side; gives the sides."""
    written = _written(connection)
    strictest = _strictest(written, tied)
    rows = [
        {"group_key": key, "side": strictest[root]}
        for key, root in tied.items()
        if key not in written and root in strictest
    ]
    if rows:
        connection.execute(insert(tables.splits), rows)
    for key, side in written.items():
        now = strictest[tied.get(key, key)]
        if now != side:  # it was trained on together with others: it can never be tested on again
            connection.execute(update(tables.splits).where(tables.splits.c.group_key == key).values(side=now))
    return strictest


def _labelled_groups(
    by_photo: Mapping[str, set[str]], tied: Mapping[str, str], standing: Mapping[str, str]
) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for photo, value in standing.items():
        if photo in by_photo:
            found[tied[min(by_photo[photo])]][value] += 1
    return found


def _strictest(written: Mapping[str, str], tied: Mapping[str, str]) -> dict[str, str]:
    """The side of each representative: of several written ones the one nearest to training."""
    found: dict[str, str] = {}
    for key, side in written.items():
        root = tied.get(key, key)
        found[root] = min(found.get(root, side), side, key=SIDES.index)
    return found


def _written(connection: Connection) -> dict[str, str]:
    return {row.group_key: row.side for row in connection.execute(select(tables.splits))}


def _unevenness(sides: Mapping[str, Counter[str]], candidate: str, counts: Counter[str]) -> float:
    """Squared distance from the wanted shares, class by class, if `counts` went to `candidate`."""
    distance = 0.0
    for name in counts:
        total = sum(side[name] for side in sides.values()) + counts[name]
        for side in SIDES:
            have = sides[side][name] + (counts[name] if side == candidate else 0)
            distance += (have / total - SHARES[side]) ** 2
    return distance


def _shuffled(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
