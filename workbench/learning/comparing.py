"""Two models on the same photos: the test side of people that neither has learnt from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Engine, select

from workbench.archive import sessions, splits, tables
from workbench.archive.sessions import Session
from workbench.archive.splits import TEST
from workbench.errors import WorkbenchError
from workbench.faults import Fault
from workbench.learning import assessment, evaluation, inspection, prediction, registry, traces, truth
from workbench.learning.evaluation import Difference, Evaluation
from workbench.learning.inspection import Judged
from workbench.learning.registry import Model
from workbench.settings import Settings

DECIDING = ("AUC", "accuracy")
"""The figure that says which model is better, settled beforehand; the next one where it is undefined."""


class SameModel(WorkbenchError):
    """A model was to be compared with itself."""

    def __init__(self, version: str) -> None:
        super().__init__(f"“{version}” cannot be compared with itself. Name another model.")


class NothingToCompare(WorkbenchError):
    """There is no labelled photo on the test side that neither model has learnt from."""

    def __init__(self, fault: Fault, learnt: Mapping[str, int], test_groups: int) -> None:
        said = [f"“{version}” learnt from {number}" for version, number in learnt.items() if number]
        happened = (
            f"of {people(test_groups)} on the test side {' and '.join(said)}, which leaves none"
            if test_groups
            else f"no photo on the test side is labelled {fault.positive} or {fault.negative} (accepted suggestions "
            f"do not count, and of sessions that are labelled in part only what came at random)"
        )
        super().__init__(
            f"There is nothing to compare {' and '.join(f'“{version}”' for version in learnt)} on: {happened}. "
            f"Label photos of people that neither has seen: some of them will be held back for testing."
        )


def people(groups: int) -> str:
    """How many groups there are, in words."""
    return "1 person or shoot" if groups == 1 else f"{groups} people or shoots"


@dataclass(frozen=True)
class Comparison:
    """Two models, `versions`, on the labelled test photos that neither has learnt from.

    `a` and `b` are their evaluations, each at its own threshold; `differences` are b less a for every figure. `groups`
    has the opaque key of each group with its photos; `left_out` test groups were learnt from by one of them. `doubts`
    are sentences about what speaks against the figures.
    """

    versions: tuple[str, str]
    a: Evaluation
    b: Evaluation
    differences: tuple[Difference, ...]
    groups: Mapping[str, int]
    left_out: int
    doubts: tuple[str, ...] = ()

    def difference(self, name: str) -> Difference:
        """The difference of that figure, one of evaluation.FIGURES. Raises KeyError for any other."""
        return {one.name: one for one in self.differences}[name]

    @property
    def deciding(self) -> Difference:
        """The difference that says which one is better."""
        known = [one for one in map(self.difference, DECIDING) if not np.isnan(one.value)]
        return known[0] if known else self.difference(DECIDING[-1])

    @property
    def better(self) -> str | None:
        """The version that is better beyond chance by the deciding figure; None where neither is."""
        if not self.deciding.sure:
            return None
        return self._ahead(self.deciding)

    @property
    def sentence(self) -> str:
        """Which one is better, in plain words, with everything else that differs beyond chance."""
        others = [one for one in self.differences if one.sure and one is not self.deciding]
        parts = [self._verdict(), *map(self._besides, others)]
        return " ".join([f"{'; '.join(parts)}.", *self.doubts])

    def _verdict(self) -> str:
        one, on = self.deciding, f"on {sum(self.groups.values())} photos of {people(len(self.groups))}"
        if self.better is None:
            return self._undecided(one, on)
        (other,) = set(self.versions) - {self.better}
        high, low = max(one.a, one.b), min(one.a, one.b)
        return f"“{self.better}” is better than “{other}”: {one.name} {high:.3f} against {low:.3f}, {_by(one)}, {on}"

    def _undecided(self, one: Difference, on: str) -> str:
        first, second = self.versions
        if one.reason == evaluation.ALIKE and not one.value:
            return f"No difference in {one.name}: {one.a:.3f} for “{first}” and “{second}” alike, {on}"
        figures = f"{one.name} {one.b:.3f} for “{second}” and {one.a:.3f} for “{first}”"
        if np.isnan(one.low):
            return f"It cannot be told which is better: {figures}, {on}; {one.reason}"
        return f"No difference in {one.name} beyond chance: {figures}, {signed(one)}, {on}"

    def _besides(self, one: Difference) -> str:
        return f"{one.name} is higher for “{self._ahead(one)}”, {_by(one)}"

    def _ahead(self, one: Difference) -> str:
        return self.versions[one.value > 0]


def compare(settings: Settings, engine: Engine, fault: Fault, a: Model, b: Model, executor: Executor) -> Comparison:
    """Compares model `b` with `a`. Both answer by the one prediction path, which writes their predictions down.

    Raises NothingToCompare and SameModel.
    """
    if a.version == b.version:
        raise SameModel(a.version)
    splits.assign(engine, fault)
    wanted, versions = tested(engine, fault), (a.version, b.version)
    if not wanted:
        raise NothingToCompare(fault, dict.fromkeys(versions, 0), 0)
    for session in _holding(engine, wanted):
        for model in (a, b):
            prediction.predict(settings, engine, session, model, executor)
    first, second = (inspection.read(settings, engine, fault, version) for version in versions)
    return compared(first, second, silent(settings, fault, versions))


def compared(first: Judged, second: Judged, doubts: Iterable[str] = ()) -> Comparison:
    """`second` against `first` on the photos of the test side that both have judged and neither has learnt from.

    A group counts as learnt from as a whole when one photo of it was trained or validated on, as groups stand now: a
    photo that was tied in since is left out, too. Test truth is what `truth.fair` lets stand. `doubts` are put before
    those about the answers. Raises NothingToCompare.
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
    told = (*doubts, *_partly_judged(a.probability, b.probability))
    return Comparison((a.model, b.model), _figures(a), _figures(b), differences, photos, len(every - set(photos)), told)


def tested(engine: Engine, fault: Fault) -> set[str]:
    """Ids of the labelled photos of the test side whose label may stand as truth."""
    stands, photo = tables.standing.c, tables.photos.c
    query = select(stands.photo_id).join_from(tables.standing, tables.photos, photo.id == stands.photo_id)
    query = query.where(stands.fault == fault.name, stands.value.in_(fault.classes), photo.side == TEST)
    with engine.connect() as connection:
        return set(connection.execute(query).scalars()) & truth.fair(engine, fault)


def silent(settings: Settings, fault: Fault, versions: Iterable[str]) -> Iterator[str]:
    """A sentence for each trained model that does not say which photos it learnt from."""
    for version in versions:
        trained = registry.read_card(settings, fault, version).settings is not None
        if trained and not traces.learnt_photos(registry.folder(settings, fault, version)):
            yield (
                f"“{version}” does not say which photos it learnt from: if any of these are among them, its figures "
                f"flatter it."
            )


def as_json(one: Comparison) -> dict[str, Any]:
    """The comparison in the words of JSON."""
    first, second = one.versions
    return {
        "a": {"model": first, **evaluation.as_json(one.a)},
        "b": {"model": second, **evaluation.as_json(one.b)},
        "differences": {each.name: evaluation.difference_as_json(each) for each in one.differences},
        "groups": dict(one.groups),
        "left_out": one.left_out,
        "better": one.better,
        "sentence": one.sentence,
    }


def _holding(engine: Engine, wanted: Collection[str]) -> list[Session]:
    """The sessions in which those photos lie, in the order to ask about them."""
    files = tables.files.c
    with engine.connect() as connection:
        rows = connection.execute(select(files.session_id, files.photo_id)).all()
    there = {row.session_id for row in rows if row.photo_id in wanted}
    return assessment.in_order([session for session in sessions.every(engine) if session.id in there])


def _groups(judged: Judged) -> set[str]:
    """The groups of the test side, whether the model learnt from them or not."""
    return set(judged.groups[(judged.sides == TEST) & judged.fair].tolist())


def _figures(judged: Judged) -> Evaluation:
    return evaluation.evaluate(judged.truth, judged.probability, judged.groups, threshold=judged.threshold)


def _partly_judged(one: np.ndarray, other: np.ndarray) -> Iterator[str]:
    """What is to be said where two models' probabilities (n,) are nan for other photos."""
    both = ~np.isnan(one) & ~np.isnan(other)
    if (np.isnan(one) != np.isnan(other)).any():
        yield f"AUC and average precision are over the {int(both.sum())} photos that both could judge."


def _by(one: Difference) -> str:
    """A difference as what the better one is ahead."""
    low, high = sorted((abs(one.low), abs(one.high)))
    return f"+{abs(one.value):.3f} ({low:.3f}–{high:.3f})"


def signed(one: Difference) -> str:
    """“+0.005 (+0.001 to +0.009)”, without the interval where there is none; a dash for what is undefined."""
    if np.isnan(one.value):
        return "–"
    return f"{one.value:+.3f}" + ("" if np.isnan(one.low) else f" ({one.low:+.3f} to {one.high:+.3f})")
