"""Verdicts: what a screening says of each photo, the one rule that sorts them into groups, and their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection, delete, insert, select, update

from workbench.archive import tables
from workbench.archive.sessions import Session, UnknownSession
from workbench.learning.prediction import Predicted
from workbench.learning.registry import Model

KEEP, BLINK, CANT_TELL = "keep", "blink", "cant_tell"
GROUPS = (BLINK, CANT_TELL, KEEP)
"""In the order in which they want to be looked at."""
DOUBT = 2 / 3
"""Odds of at least this share of the threshold's are too uncertain to be kept unseen: from .4 on where that is ½."""
LEAST_PRESENCE = 0.5
"""How sure the landmarker must be that the landmarks lie on a face; profiles and covered faces stay under it."""
AWAY, NO_FACE, HIDDEN = OBSTACLES = ("the file is away", "no face found", "face turned away or hidden")
"""Why no probability may decide."""
SIGNS = LAUGHING, LOOKING_DOWN, ON_PURPOSE = ("laughing", "looking down", "closed on purpose")
"""Why lids may be down that is no blink: what it counts as, a session says (see `exceptions`)."""
_REASONS = {BLINK: "lids closed", CANT_TELL: "too uncertain", KEEP: "eyes open"}
_AT_ONCE = 500


@dataclass(frozen=True)
class Verdict:
    """What stands for one photo: its group, the probability of the fault (None = not judged), and why.

    `obstacle` (of OBSTACLES) keeps the probability from deciding; `sign` (of SIGNS) is what else may have closed the
    lids.
    """

    photo_id: str
    group: str
    probability: float | None
    reason: str
    obstacle: str | None = None
    sign: str | None = None

    def __post_init__(self) -> None:
        if self.group not in GROUPS:
            raise ValueError(f"“{self.group}” is no group of a screening; there are {GROUPS}")
        if self.probability is not None and not 0 <= self.probability <= 1:
            raise ValueError(f"probability must lie in 0..1, got {self.probability} for photo {self.photo_id}")


@dataclass(frozen=True)
class Screening:
    """One run of a session through a model; `finished_at` is None while it runs, or when it was stopped."""

    id: str
    session_id: str
    fault: str
    model: str
    threshold: float
    at: datetime
    finished_at: datetime | None
    verdicts: dict[str, Verdict] = field(repr=False)

    @property
    def counts(self) -> Counter[str]:
        """Photos by group."""
        return Counter(verdict.group for verdict in self.verdicts.values())

    @property
    def finished(self) -> bool:
        """Whether every photo that there was has its final verdict."""
        return self.finished_at is not None


def suspected(probability: float, threshold: float) -> bool:
    """Whether a photo is too likely to have the fault to be kept unseen: a blink, or in doubt."""
    return probability >= threshold or probability * (1 - threshold) >= DOUBT * threshold * (1 - probability)


def group_of(verdict: Verdict, threshold: float, counts_as: Mapping[str, str]) -> str:
    """The group of a photo at `threshold` where signs count as `counts_as` says. The page has the same rule."""
    probability = verdict.probability
    if verdict.obstacle or probability is None:
        return CANT_TELL
    if not suspected(probability, threshold):
        return KEEP
    if verdict.sign is not None and verdict.sign in counts_as:
        return counts_as[verdict.sign]
    return BLINK if probability >= threshold else CANT_TELL


def placed(verdict: Verdict, threshold: float, counts_as: Mapping[str, str]) -> Verdict:
    """The verdict in its group, with the reason for that."""
    group = group_of(verdict, threshold, counts_as)
    if verdict.obstacle or verdict.probability is None:
        return replace(verdict, group=group, reason=verdict.obstacle or verdict.reason)
    by_sign = verdict.sign in counts_as and suspected(verdict.probability, threshold)
    return replace(verdict, group=group, reason=str(verdict.sign) if by_sign else _REASONS[group])


def regrouped(screening: Screening, threshold: float, counts_as: Mapping[str, str]) -> Screening:
    """The same screening at another threshold, with other signs counting; nothing is stored."""
    verdicts = {photo: placed(verdict, threshold, counts_as) for photo, verdict in screening.verdicts.items()}
    return replace(screening, threshold=threshold, verdicts=verdicts)


def decide(
    one: Predicted, threshold: float, *, sign: str | None = None, counts_as: Mapping[str, str] | None = None
) -> Verdict:
    """The verdict on what a model said of one photo."""
    bare = Verdict(one.photo.id, CANT_TELL, one.probability, "", _obstacle(one), sign)
    return placed(bare, threshold, counts_as or {})


def read(connection: Connection, session_id: str) -> Screening | None:
    """The session's newest screening, running or finished; None when it has none."""
    table = tables.screenings.c
    query = select(table.id).where(table.session_id == session_id).order_by(table.at.desc()).limit(1)
    newest = connection.execute(query).scalar()
    return None if newest is None else read_one(connection, newest)


def read_one(connection: Connection, screening_id: str) -> Screening:
    """The screening of that id, which must be there."""
    row = connection.execute(select(tables.screenings).where(tables.screenings.c.id == screening_id)).one()
    said = tables.verdicts.c
    columns = select(said.photo_id, said.group, said.probability, said.reason, said.obstacle, said.sign)
    rows = connection.execute(columns.where(said.screening_id == row.id))
    return Screening(**row._mapping, verdicts={one.photo_id: Verdict(*one) for one in rows})


def last_finished(connection: Connection, session_id: str, model: Model) -> tuple[float, datetime] | None:
    """Threshold and beginning of the session's newest finished screening by this model; None when there is none."""
    table = tables.screenings.c
    mine = (table.session_id == session_id) & (table.fault == model.fault.name) & (table.model == model.version)
    query = select(table.threshold, table.at).where(mine, table.finished_at.is_not(None)).order_by(table.at.desc())
    row = connection.execute(query.limit(1)).one_or_none()
    return None if row is None else (row.threshold, row.at)


def open_one(
    connection: Connection, session: Session, model: Model, threshold: float, *, begun: str | None = None
) -> str:
    """The id of a screening that runs: that which was `begun`, whatever its threshold by now, is gone on with, else an
    unfinished one of this model and threshold; other unfinished ones go.

    Raises UnknownSession when the session was forgotten meanwhile.
    """
    table = tables.screenings.c
    if connection.execute(select(tables.sessions.c.id).where(tables.sessions.c.id == session.id)).scalar() is None:
        raise UnknownSession(session.name, [])
    mine = (table.session_id == session.id) & (table.fault == model.fault.name) & table.finished_at.is_(None)
    query = select(table.id, table.model, table.threshold).where(mine).order_by(table.at.desc())
    unfinished = connection.execute(query).all()
    own = [row.id for row in unfinished if row.id == begun]
    like = [row.id for row in unfinished if (row.model, row.threshold) == (model.version, threshold)]
    going_on = next(iter(own + like), None)
    _erase(connection, [row.id for row in unfinished if row.id != going_on])
    if going_on is not None:
        return str(going_on)
    about = {"session_id": session.id, "fault": model.fault.name, "model": model.version, "threshold": threshold}
    new = {"id": uuid4().hex, "at": tables.now(), **about}
    connection.execute(insert(tables.screenings).values(new))
    return str(new["id"])


def write(connection: Connection, screening_id: str, verdicts: Iterable[Verdict]) -> bool:
    """Writes verdicts of a screening in place of earlier ones, in the groups where its threshold puts them.

    Photos that were forgotten meanwhile are left out. False when the screening itself is gone, or finished by another
    run: its verdicts are final.
    """
    table = tables.screenings.c
    query = select(table.session_id, table.threshold, table.finished_at).where(table.id == screening_id)
    row = connection.execute(query).one_or_none()
    if row is None or row.finished_at is not None:
        return False
    found = {verdict.photo_id: verdict for verdict in verdicts}
    counts_as = counting(connection, row.session_id)
    rows = [
        {"screening_id": screening_id, **vars(placed(found[photo], row.threshold, counts_as))}
        for photo in _known(connection, found)
    ]
    said = tables.verdicts
    for some in _slices(list(found)):
        connection.execute(delete(said).where(said.c.screening_id == screening_id, said.c.photo_id.in_(some)))
    if rows:
        connection.execute(insert(said), rows)
    return True


def close(connection: Connection, screening_id: str, verdicts: Collection[Verdict]) -> Screening:
    """Makes these the final verdicts of a screening that runs, and gives it."""
    connection.execute(delete(tables.verdicts).where(tables.verdicts.c.screening_id == screening_id))
    write(connection, screening_id, verdicts)
    table = tables.screenings
    connection.execute(update(table).where(table.c.id == screening_id).values(finished_at=tables.now()))
    return read_one(connection, screening_id)


def rewrite(connection: Connection, screening: Screening) -> None:
    """Writes the threshold of a screening and the groups of its verdicts anew."""
    table, said = tables.screenings, tables.verdicts.c
    connection.execute(update(table).where(table.c.id == screening.id).values(threshold=screening.threshold))
    groups: dict[tuple[str, str], list[str]] = {}
    for verdict in screening.verdicts.values():
        groups.setdefault((verdict.group, verdict.reason), []).append(verdict.photo_id)
    for (group, reason), photos in groups.items():
        for some in _slices(photos):
            these = (said.screening_id == screening.id) & said.photo_id.in_(some)
            connection.execute(update(tables.verdicts).where(these).values(group=group, reason=reason))


def counting(connection: Connection, session_id: str) -> dict[str, str]:
    """What signs count as in a session."""
    table = tables.exceptions.c
    rows = connection.execute(select(table.name, table.counts_as).where(table.session_id == session_id))
    return {name: counts_as for name, counts_as in rows if name in SIGNS}


def _obstacle(one: Predicted) -> str | None:
    if one.views is None:
        return AWAY
    if one.views.faces == 0 or one.probability is None:
        return NO_FACE
    return HIDDEN if (one.views.measure("presence") or 0.0) < LEAST_PRESENCE else None


def _erase(connection: Connection, screenings: list[str]) -> None:
    connection.execute(delete(tables.verdicts).where(tables.verdicts.c.screening_id.in_(screenings)))
    connection.execute(delete(tables.screenings).where(tables.screenings.c.id.in_(screenings)))


def _known(connection: Connection, photos: Collection[str]) -> list[str]:
    ids = tables.photos.c.id
    found: list[str] = []
    for some in _slices(list(photos)):
        found += connection.execute(select(ids).where(ids.in_(some))).scalars()
    return found


def _slices(wanted: list[str]) -> list[list[str]]:
    return [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]
