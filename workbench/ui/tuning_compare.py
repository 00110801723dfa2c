"""Two models side by side on the test side, from what both have said of it already: nothing is asked anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import streamlit as st
from sqlalchemy import Engine, select

from workbench import jobs
from workbench.archive import tables
from workbench.archive.splits import TEST
from workbench.errors import WorkbenchError
from workbench.faults import BLINK
from workbench.learning import cards, evaluation, inspection, registry, traces, truth
from workbench.learning.comparing import Comparison, NothingToCompare
from workbench.learning.inspection import Judged
from workbench.settings import Settings
from workbench.ui import frame, inspect_choice, reporting, tuning_view
from workbench.ui.table import table
from workbench.ui.wording import counted

State = tuple[str, int]
"""Of a model: inspection.stamp, in which its answers, its threshold, the labels and the split are; its card's time."""


@dataclass(frozen=True)
class Compared:
    """The comparison, or the sentence that says why there is none; and how many photos of the test side each version
    has not been asked about."""

    comparison: Comparison | None
    sentence: str
    unasked: Mapping[str, int]


def show(settings: Settings, engine: Engine, current: str, version: str) -> None:
    """Draw how `version` differs from the current model, and the way to the answers that are lacking."""
    try:
        states = state(settings, engine, current), state(settings, engine, version)
        with st.spinner(f"Comparing {version} with {current} …"):
            found = known(settings, (current, version), states)
    except WorkbenchError as error:
        st.info(reporting.plain(str(error)))
        return
    if found.comparison:
        _draw(found.comparison)
    else:
        st.info(reporting.plain(found.sentence))
    for each, photos in found.unasked.items():
        _evaluate(settings, engine, each, photos)


def _draw(found: Comparison) -> None:
    first, second = found.versions
    st.markdown(reporting.plain(found.sentence))
    table(
        tuning_view.difference_columns(found),
        tuning_view.difference_rows(found),
        key=f"compared-{first}-{second}",
        label=f"{second} compared with {first}",
    )
    st.caption(tuning_view.compared_on(found))


def _evaluate(settings: Settings, engine: Engine, version: str, photos: int) -> None:
    busy = inspect_choice.evaluating(jobs.active(engine), version)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        said = f"“{version}” has not judged {counted(photos, 'labelled test photo')} yet; what it lacks is left out."
        st.markdown(reporting.plain(said), width="content")
        st.button(
            f"Evaluate {version}",
            disabled=busy,
            help="It is under way." if busy else None,
            on_click=inspect_choice.evaluate,
            args=(settings, engine, version),
        )


def state(settings: Settings, engine: Engine, version: str) -> State:
    """Another one whenever the comparison with that model would come out differently. Raises as registry.folder."""
    card = registry.folder(settings, BLINK, version) / cards.NAME
    return inspection.stamp(settings, engine, BLINK, version), card.stat().st_mtime_ns


@lru_cache(maxsize=8)
def known(settings: Settings, versions: tuple[str, str], _states: tuple[State, State]) -> Compared:
    """The second version compared with the first; worked out once for a state of both, also where it cannot be."""
    engine = frame.open_archive(settings)
    first, second = (inspect_choice.every(settings, engine, version) for version in versions)
    wanted = _test_photos(engine)
    unasked = {each.model: len(wanted - set(each.photos.tolist())) for each in (first, second)}
    unasked = {version: photos for version, photos in unasked.items() if photos}
    try:
        return Compared(compared(first, second, _silent(settings, versions)), "", unasked)
    except NothingToCompare as error:
        return Compared(None, _NOT_ASKED if unasked else str(error), unasked)


_NOT_ASKED = "There is nothing to compare these two on yet: both have to judge the photos of the test side first."


def _test_photos(engine: Engine) -> set[str]:
    """The labelled photos of the test side whose label may stand as truth."""
    stands, photo = tables.standing.c, tables.photos.c
    query = select(stands.photo_id).join_from(tables.standing, tables.photos, photo.id == stands.photo_id)
    query = query.where(stands.fault == BLINK.name, stands.value.in_(BLINK.classes), photo.side == TEST)
    with engine.connect() as connection:
        return set(connection.execute(query).scalars()) & truth.fair(engine, BLINK)


def compared(first: Judged, second: Judged, doubts: Iterable[str] = ()) -> Comparison:
    """`second` against `first` on the photos of the test side that both have judged and neither has learnt from.

    The same figures as comparing.compare gives, from the answers that are kept. Raises NothingToCompare.
    """
    groups = {each.model: _groups(each) for each in (first, second)}
    a, b = (inspection.chosen(each, TEST) for each in (first, second))
    _, here, there = np.intersect1d(a.photos, b.photos, assume_unique=True, return_indices=True)
    every = set().union(*groups.values())
    if not len(here):
        learnt = {each.model: len(groups[each.model] - set(each.groups.tolist())) for each in (a, b)}
        raise NothingToCompare(first.fault, learnt, len(every))
    a, b = a.take(here), b.take(there)
    photos, thresholds = dict(Counter(a.groups.tolist())), (a.threshold, b.threshold)
    differences = evaluation.paired(a.truth, a.probability, b.probability, a.groups, thresholds=thresholds)
    told = (*doubts, *_partly_judged(a, b))
    return Comparison((a.model, b.model), _figures(a), _figures(b), differences, photos, len(every - set(photos)), told)


def _groups(judged: Judged) -> set[str]:
    """The groups of the test side, whether the model learnt from them or not."""
    return set(judged.groups[(judged.sides == TEST) & judged.fair].tolist())


def _figures(judged: Judged) -> evaluation.Evaluation:
    return evaluation.evaluate(judged.truth, judged.probability, judged.groups, threshold=judged.threshold)


# ---- what speaks against it


def _partly_judged(a: Judged, b: Judged) -> Iterator[str]:
    one, other = np.isnan(a.probability), np.isnan(b.probability)
    if (one != other).any():
        yield f"AUC and average precision are over the {int((~one & ~other).sum())} photos that both could judge."


def _silent(settings: Settings, versions: Iterable[str]) -> Iterator[str]:
    """A sentence for each trained model that does not say what it was trained on."""
    for version in versions:
        trained = registry.read_card(settings, BLINK, version).settings is not None
        if trained and not traces.learnt_photos(registry.folder(settings, BLINK, version)):
            yield (
                f"“{version}” does not say which photos it learnt from: if any of these are among them, its figures "
                f"flatter it."
            )
