"""Whether a training has enough to learn from, and what its figures could not say: counts alone, no photo is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from workbench.archive import splits, tables
from workbench.archive.advice import AIM
from workbench.archive.splits import SIDES, TEST, TRAINING, VALIDATION
from workbench.archive.tables import CLASSES, FOLDER
from workbench.faults import BLINK, Fault

TOO_FEW, FEW, ONE_PERSON = "too few", "few blinks", "one person"
ONE_SIDED, DIFFERENT_SOURCES, NO_TEST = "one-sided sessions", "different sources", "no test"
FEWEST_OTHERS, FEWEST_CHECKED = 10, 2
"""What training demands: photos without the fault to learn from, and of each class to check by."""
_FEW = 100
"""Blinks below which a figure is hardly worth its interval."""
_MIXED = 0.1
"""Share of the blinks that must lie beside other photos of the same person or shoot."""
_ONE_SIDED = 0.5
_SOME = 5
"""Labels from which a session could have shown both classes."""


@dataclass(frozen=True)
class Side:
    """The labelled photos of one side of the split: `blinks` have the fault, `others` have not."""

    blinks: int = 0
    others: int = 0
    groups: int = 0


@dataclass(frozen=True)
class Warning:
    """Something that a training, or a figure, will suffer from: its `name`, and one `sentence` about it."""

    name: str
    sentence: str


@dataclass(frozen=True)
class Readiness:
    """What would be learnt from. `unsided` labelled photos have no side yet; `labelled` are all in both classes."""

    sides: Mapping[str, Side]
    unsided: int
    labelled: int
    blinks: int
    sessions: int
    warnings: tuple[Warning, ...]

    @property
    def others(self) -> int:
        """Labelled photos that do not have the fault."""
        return self.labelled - self.blinks

    @property
    def enough(self) -> bool:
        """Whether a training can begin."""
        return TOO_FEW not in {warning.name for warning in self.warnings}


@dataclass(frozen=True)
class Portion:
    """The labelled photos of one group in one session, of one side and one class: `group` is its opaque key.

    In a folder of unrelated photos without names for people every photo is a group: then `group` is empty.
    """

    session: str
    kind: str
    group: str
    side: str | None
    faulty: bool
    photos: int


def look(engine: Engine, fault: Fault = BLINK) -> Readiness:
    """What a training of `fault` would learn from now, with everything that speaks against its figures."""
    known = portions(engine, fault)
    sides = {side: _side([one for one in known if one.side == side]) for side in SIDES}
    labelled, blinks = sum(one.photos for one in known), sum(one.photos for one in known if one.faulty)
    return Readiness(
        sides=sides,
        unsided=sum(one.photos for one in known if one.side not in SIDES),
        labelled=labelled,
        blinks=blinks,
        sessions=len({one.session for one in known}),
        warnings=tuple(_warnings(known, sides, fault)),
    )


def portions(engine: Engine, fault: Fault) -> list[Portion]:
    """The labelled photos counted by session, group, side and class, in one query.

    A photo that lies in several sessions counts with the first. The names that tie groups (a subject of several
    sessions, a group of an import) are followed, photos that lie in several sessions are not.
    """
    files, stands, photos, sessions = tables.files.c, tables.standing.c, tables.photos.c, tables.sessions.c
    first = select(func.min(files.id)).group_by(files.photo_id)
    columns = (files.session_id, sessions.kind, sessions.subject, files.group_name, photos.side, stands.value)
    query = (
        select(*columns, func.count().label("photos"))
        .select_from(tables.standing)
        .join(tables.files, files.photo_id == stands.photo_id)
        .join(tables.photos, photos.id == stands.photo_id)
        .join(tables.sessions, sessions.id == files.session_id)
        .where(stands.fault == fault.name, stands.value.in_(fault.classes), files.id.in_(first))
        .group_by(*columns)
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    keys = [_keys(row.session_id, row.kind, row.subject, row.group_name) for row in rows]
    tied = splits.tie(known for known in keys if known)
    return [
        Portion(
            row.session_id,
            row.kind,
            tied[next(iter(known))] if known else "",
            row.side,
            row.value == fault.positive,
            row.photos,
        )
        for row, known in zip(rows, keys, strict=True)
    ]


def _keys(session: str, kind: str, subject: str | None, group: str | None) -> frozenset[str]:
    """What ties a photo to others; nothing does for one among unrelated photos."""
    alone = kind == CLASSES and not group and not subject
    return frozenset() if alone else splits.group_keys(session, kind, subject, group)


def _side(known: Iterable[Portion]) -> Side:
    counts, groups, alone = {True: 0, False: 0}, set(), 0
    for one in known:
        counts[one.faulty] += one.photos
        groups |= {one.group} if one.group else set()
        alone += 0 if one.group else one.photos
    return Side(counts[True], counts[False], len(groups) + alone)


# ---- what speaks against it


def _warnings(known: Sequence[Portion], sides: Mapping[str, Side], fault: Fault) -> Iterable[Warning]:
    blinks = sum(one.photos for one in known if one.faulty)
    others = sum(one.photos for one in known if not one.faulty)
    sided = any(side.groups for side in sides.values())
    lacking = _lacking(sides, fault) if sided else _lacking_in_all(blinks, others, fault)
    if lacking:
        yield Warning(TOO_FEW, lacking)
    elif blinks < _FEW:
        yield Warning(FEW, _few(blinks, fault))
    if known and not sided:
        yield Warning(ONE_PERSON, _ONE_PERSON)
    elif known and not (sides[TEST].blinks and sides[TEST].others):
        yield Warning(NO_TEST, _no_test(sides[TEST], fault))
    if _from_different_sources(known, blinks, others):
        yield Warning(DIFFERENT_SOURCES, _DIFFERENT_SOURCES)
    one_sided, several = _one_sided(known)
    if several and one_sided > _ONE_SIDED * several:
        yield Warning(ONE_SIDED, _one_class(one_sided, several))


_ONE_PERSON = (
    "Fewer than three people or shoots are labelled, so nobody can be held back to test on: "
    "figures will say nothing about other people. Label photos of a third one."
)
_DIFFERENT_SOURCES = (
    "Blinks and other photos come from different sources, so a network can learn the source instead of the eyes; "
    "a figure on them says little about other cameras."
)


def _lacking(sides: Mapping[str, Side], fault: Fault) -> str:
    """What a training still needs, in a sentence; empty when it can begin. As `training.lesson` demands it."""
    checked = sides[VALIDATION]
    demands = (
        (fault.negative, sides[TRAINING].others, FEWEST_OTHERS, "learn from", "photos"),
        (fault.positive, checked.blinks, FEWEST_CHECKED, "be checked by", "photos of more people"),
        (fault.negative, checked.others, FEWEST_CHECKED, "be checked by", "photos of more people"),
    )
    for name, found, needed, purpose, more in demands:
        if found < needed:
            return f"A training needs {needed} {name} photos to {purpose} and has {found}. Label more {name} {more}."
    return ""


def _lacking_in_all(blinks: int, others: int, fault: Fault) -> str:
    """The same where there are no sides yet: what is to be checked by is taken from these."""
    if not blinks + others:
        return (
            f"Nothing is labelled yet. Label some {fault.positive} and {fault.negative} photos of three people first."
        )
    wanted = ((fault.positive, blinks, 2 * FEWEST_CHECKED), (fault.negative, others, FEWEST_OTHERS + FEWEST_CHECKED))
    lacking = " and ".join(f"{needed - found} {name}" for name, found, needed in wanted if found < needed)
    return f"Too little is labelled for a training: label {lacking} more." if lacking else ""


def _few(blinks: int, fault: Fault) -> str:
    return (
        f"Only {blinks} photos are labelled {fault.positive}: the network of the eyes learns from drawn ones, too, "
        f"and figures will be uncertain. {AIM} of each class are a good aim."
    )


def _no_test(test: Side, fault: Fault) -> str:
    lacking = [name for name, count in ((fault.positive, test.blinks), (fault.negative, test.others)) if not count]
    return (
        f"No photo on the test side is labelled {' or '.join(lacking)}, so nothing tells yet how good a model is with "
        f"other people. Label more people."
    )


def _one_class(one_sided: int, several: int) -> str:
    return (
        f"In {one_sided} of {several} labelled sessions all labels are of one class. What blinks and what does not is "
        f"learnt best from photos of the same person: label both there."
    )


def _from_different_sources(known: Sequence[Portion], blinks: int, others: int) -> bool:
    """Whether hardly any blink lies in a group, or a shoot, that shows open eyes too."""
    by_group, by_session = _classes(known, "group"), _classes(known, "session")
    beside = sum(
        one.photos
        for one in known
        if one.faulty
        and ((one.group and len(by_group[one.group]) > 1) or (one.kind == FOLDER and len(by_session[one.session]) > 1))
    )
    return bool(blinks and others) and beside < _MIXED * blinks


def _one_sided(known: Sequence[Portion]) -> tuple[int, int]:
    """Shoots whose labels are of one class, and shoots in all, of those with some labels."""
    shoots = [one for one in known if one.kind == FOLDER]
    photos: dict[str, int] = defaultdict(int)
    for one in shoots:
        photos[one.session] += one.photos
    classes = _classes(shoots, "session")
    some = [session for session, count in photos.items() if count >= _SOME]
    return sum(len(classes[session]) == 1 for session in some), len(some)


def _classes(known: Iterable[Portion], of: str) -> dict[str, set[bool]]:
    """The classes that were seen in each group, or session."""
    found: dict[str, set[bool]] = defaultdict(set)
    for one in known:
        found[getattr(one, of)].add(one.faulty)
    return found
