"""Whose labels may stand as the truth of a test: photos that were not chosen by what a model thinks of them."""

from __future__ import annotations

from sqlalchemy import Engine, and_, or_, select

from workbench.archive import labels, overview, tables
from workbench.archive.labels import ACCEPTED
from workbench.archive.overview import Overview
from workbench.archive.splits import BY_OPINION, LISTS
from workbench.faults import Fault
from workbench.learning.queues import RANDOM


def fair(engine: Engine, fault: Fault) -> set[str]:
    """Ids of the photos whose standing label may be test truth.

    Those of sessions that are labelled to their end, and those that once came from the random queue: which photos were
    labelled then says nothing of how hard they are, whatever was looked at again or corrected since. Never an accepted
    suggestion, and never a label of a photo that a model chose.
    """
    stands, label, files = tables.standing.c, tables.labels.c, tables.files.c
    query = select(stands.photo_id).join_from(tables.standing, tables.labels, label.id == stands.label_id)
    query = query.join(tables.files, files.photo_id == stands.photo_id)
    unchosen = and_(label.queue.not_in(BY_OPINION), label.queue.not_like(f"{LISTS}%"))
    unprompted = and_(label.origin != ACCEPTED, or_(label.queue.is_(None), unchosen))
    whole = files.session_id.in_([one.session.id for one in finished(engine, fault)])
    said = labels.effective(fault).subquery().c
    drawn = stands.photo_id.in_(select(said.photo_id).where(said.queue == RANDOM))
    wanted = query.where(stands.fault == fault.name, unprompted, or_(drawn, whole))
    with engine.connect() as connection:
        return set(connection.execute(wanted).scalars().all())


def finished(engine: Engine, fault: Fault) -> list[Overview]:
    """The sessions in which every photo has a label; UNSURE is one."""
    return [one for one in overview.every(engine, fault) if one.photos and not one.unlabelled]
