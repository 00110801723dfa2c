"""Splits: training, validation or test, given to groups when their first label arrives, never changed."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Connection, Engine, insert, select, update

from workbench.archive import tables
from workbench.archive.catalog import writing
from workbench.archive.tables import CLASSES
from workbench.faults import Fault

TRAINING, VALIDATION, TEST = "training", "validation", "test"
BY_OPINION = ("doubtful", "disagreements", "screen", "audit")
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
    groups = _known(connection)
    labelled = _labelled_groups(groups, standing)
    written = _strictest(_written(connection), groups)
    chosen = {
        groups.of_photo[row.photo_id] for row in rows if by_opinion(row.queue) and row.photo_id in groups.of_photo
    }
    enough = len(labelled | written.keys()) >= FEWEST_GROUPS
    new = share_out(labelled, written, by_opinion=chosen) if enough else {}
    if new:
        connection.execute(insert(tables.splits), [{"group_key": k, "side": v} for k, v in new.items()])
    _refresh(connection, groups)
    return new


def by_opinion(queue: str | None) -> bool:
    """Whether a model chose the photos of that queue."""
    return queue is not None and (queue in BY_OPINION or queue.startswith(LISTS))


def refresh(connection: Connection) -> None:
    """Writes the side of a group down for all that it is known by, and keeps it with every photo for queues."""
    _refresh(connection, _known(connection))


def _refresh(connection: Connection, groups: Groups) -> None:
    strictest = _write_down(connection, groups)
    wanted = {photo: strictest.get(group) for photo, group in groups.of_photo.items()}
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


@dataclass(frozen=True)
class Groups:
    """Who belongs together now: the group of each photo, and of each key that a group is known by.

    A group is named by one of its keys, the same for all groups that share a photo.
    """

    of_photo: Mapping[str, str]
    of_key: Mapping[str, str]


def known_groups(engine: Engine) -> Groups:
    """The groups as they are known now."""
    with engine.connect() as connection:
        return _known(connection)


def groups(engine: Engine) -> Mapping[str, str]:
    """The group of each photo: an opaque key, one for all groups that share a photo."""
    return known_groups(engine).of_photo


def tie(sets: Iterable[frozenset[str]]) -> dict[str, str]:
    """Each key's representative when the keys of one set belong together (union–find)."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while parent.setdefault(key, key) != key:
            parent[key] = key = parent[parent[key]]
        return key

    for keys in set(sets):  # a hundred thousand photos are of a few groups
        first, *rest = sorted(keys)
        for key in rest:
            low, high = sorted((root(first), root(key)))
            parent[high] = low
        root(first)
    return {key: root(key) for key in parent}


def _known(connection: Connection) -> Groups:
    by_photo = _keys_of_photos(connection)
    tied = tie(by_photo.values())
    return Groups({photo: tied[next(iter(keys))] for photo, keys in by_photo.items()}, tied)


def _keys_of_photos(connection: Connection) -> dict[str, frozenset[str]]:
    """The keys of every photo's groups: the import's own, else the session's, and the subject's."""
    files, shoots = tables.files.c, tables.sessions.c
    known = {row.id: row for row in connection.execute(select(shoots.id, shoots.subject, shoots.kind))}
    keys = cache(group_keys)
    found: dict[str, frozenset[str]] = {}
    query = select(files.photo_id, files.session_id, files.group_name).where(files.photo_id.is_not(None))
    for photo, session_id, group_name in connection.execute(query).all():  # at once: row by row takes twice as long
        session = known.get(session_id)
        if session is not None:  # else it came in this very moment
            mine = keys(session_id, session.kind, session.subject, own_group(session.kind, group_name, photo))
            found[photo] = found[photo] | mine if photo in found else mine
    return found


def own_group(kind: str, group_name: str | None, photo_id: str) -> str | None:
    """What an import said of a photo's group; unrelated photos are each a group of their own."""
    return group_name or (photo_id if kind == CLASSES else None)


def group_keys(session_id: str, kind: str, subject: str | None, group_name: str | None) -> frozenset[str]:
    """Opaque keys of what a photo's group is known by: the import's own group or the session, and the subject.

    One subject is one group in all sessions. No name stands in a key.
    """
    if group_name:
        own = _opaque(session_id if kind == CLASSES else "group", group_name)
    else:
        own = _opaque("session", session_id)
    return frozenset({own, _opaque("subject", subject.strip().casefold())} if subject else {own})


def _opaque(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _sides(connection: Connection) -> dict[str, str]:
    groups = _known(connection)
    strictest = _strictest(_written(connection), groups)
    found = {photo: strictest.get(group) for photo, group in groups.of_photo.items()}
    return {photo: side for photo, side in found.items() if side}


def _write_down(connection: Connection, groups: Groups) -> dict[str, str]:
    """A tie that is undone later (a subject's name taken away) must leave every part on its side; gives the sides."""
    written = _written(connection)
    strictest = _strictest(written, groups)
    rows = [
        {"group_key": key, "side": strictest[root]}
        for key, root in groups.of_key.items()
        if key not in written and root in strictest
    ]
    if rows:
        connection.execute(insert(tables.splits), rows)
    for key, side in written.items():
        now = strictest[groups.of_key.get(key, key)]
        if now != side:  # it was trained on together with others: it can never be tested on again
            connection.execute(update(tables.splits).where(tables.splits.c.group_key == key).values(side=now))
    return strictest


def _labelled_groups(groups: Groups, standing: Mapping[str, str]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for photo, value in standing.items():
        if photo in groups.of_photo:
            found[groups.of_photo[photo]][value] += 1
    return found


def _strictest(written: Mapping[str, str], groups: Groups) -> dict[str, str]:
    """The side of each representative: of several written ones the one nearest to training."""
    found: dict[str, str] = {}
    for key, side in written.items():
        root = groups.of_key.get(key, key)
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
