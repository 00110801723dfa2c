"""What the figures of a model say, beside those of other models on the same photos; from plain values."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import isnan

import numpy as np

from workbench.archive.splits import TEST
from workbench.learning import evaluation
from workbench.learning.evaluation import FIGURES, Difference, Evaluation, Figure
from workbench.learning.inspection import Judged
from workbench.learning.recipes import OBJECTIVE, REPORTED
from workbench.ui.table import NUMBER, Column, Row
from workbench.ui.tuning_view import NOTHING, ranged, signed
from workbench.ui.wording import counted, listed

PEOPLE = ("person or shoot", "people or shoots")


@dataclass(frozen=True)
class Known:
    """Judged photos and the number of each one's group, told from others by `stamp`: figures of the same ones are
    worked out once."""

    stamp: str
    judged: Judged = field(compare=False)
    group: np.ndarray = field(compare=False)


def known(judged: Judged, group: np.ndarray | None = None) -> Known:
    """The photos with the stamp of everything that figures follow from; `group` where it is known already."""
    group = judged.group if group is None else group
    said = hashlib.sha256(f"{judged.model} {judged.threshold!r}".encode())
    for vector in (judged.labels, judged.truth, judged.probability, judged.out_of_fold, group):
        said.update(np.ascontiguousarray(vector).tobytes())
    return Known(said.hexdigest(), judged, group)


@dataclass(frozen=True)
class Compared:
    """A model beside the one that is inspected: its figures on the `photos` of these that it was asked about and has
    not learnt from, and how the inspected one differs there. `role` says which model it is; `doubt` why that may be
    more than it looks, empty where nothing speaks against it."""

    version: str
    role: str
    photos: int
    evaluation: Evaluation
    differences: tuple[Difference, ...]
    doubt: str = ""


@lru_cache(maxsize=8)
def evaluated(one: Known) -> Evaluation:
    """The figures of the photos, at the model's own threshold."""
    judged = one.judged
    return evaluation.evaluate(judged.truth, judged.probability, one.group, threshold=judged.threshold)


def compared(mine: Judged, other: Judged, role: str) -> Compared | None:
    """`other` beside `mine` on the photos that both were asked about and neither has learnt from; None without any."""
    return _compared(known(mine), known(other), role)


@lru_cache(maxsize=8)
def _compared(mine: Known, other: Known, role: str) -> Compared | None:
    here, there = shared(mine.judged, other.judged)
    if not len(here):
        return None
    one, two, group = mine.judged.take(here), other.judged.take(there), mine.group[here]
    thresholds = two.threshold, one.threshold
    differences = evaluation.paired(one.truth, two.probability, one.probability, group, thresholds=thresholds)
    return Compared(two.model, role, len(here), evaluated(known(two, group)), differences)


# ---- which photos


def shared(mine: Judged, other: Judged) -> tuple[np.ndarray, np.ndarray]:
    """Positions, in one and the other, of the photos of which both models say something that they have not learnt."""
    _, here, there = np.intersect1d(mine.labels, other.labels, assume_unique=True, return_indices=True)
    unseen = mine.out_of_fold[here] & other.out_of_fold[there]
    return here[unseen], there[unseen]


def rows(judged: Judged, other: Judged) -> tuple[np.ndarray, np.ndarray]:
    """Positions in `judged` of the photos that it newly gets right, and of those that it newly gets wrong.

    Against `other`, each at its own threshold, of the photos that neither has learnt from; a photo that a model
    cannot judge it does not get right. Those first of which the two think most differently.
    """
    here, there = shared(judged, other)
    mine, theirs = right(judged)[here], right(other)[there]
    apart = np.abs(judged.probability[here] - other.probability[there])
    order = here[np.argsort(-np.nan_to_num(apart, nan=2.0), kind="stable")]
    newly_right, newly_wrong = here[mine & ~theirs], here[~mine & theirs]
    return order[np.isin(order, newly_right)], order[np.isin(order, newly_wrong)]


def right(judged: Judged) -> np.ndarray:
    """Which photos the model gets right, bool (n,)."""
    return ((judged.probability >= judged.threshold) == judged.truth) & ~np.isnan(judged.probability)


# ---- the table


def columns(version: str, others: Sequence[Compared]) -> list[Column]:
    """The figure, each model, what lies between this one and the last of the others, and what the report says."""
    found = [Column("name", "Figure"), Column("mine", version, NUMBER, help="95 % interval over people or shoots")]
    found += [Column(f"other{at}", f"{one.version} · {one.role}", NUMBER) for at, one in enumerate(others)]
    if others:
        title = f"Against {others[-1].version}"
        found.append(Column("difference", title, NUMBER, help="On the same photos, with its 95 % interval"))
        found.append(Column("sure", "Beyond chance"))
    elsewhere = "As the photographer’s report gives it, on other photos than these"
    return [*found, *(Column(f"report-{name}", f"Report: {name}", NUMBER, help=elsewhere) for name in REPORTED)]


def table_rows(mine: Evaluation, others: Sequence[Compared]) -> list[Row]:
    """A row for each figure."""
    return [Row(name, _cells(name, mine, others), label=name) for name in FIGURES]


def _cells(name: str, mine: Evaluation, others: Sequence[Compared]) -> dict[str, str | int]:
    cells: dict[str, str | int] = {"name": f"{name} (aim {OBJECTIVE:g})" if name == "accuracy" else name}
    cells["mine"] = said(mine.figure(name))
    cells |= {f"other{at}": said(one.evaluation.figure(name)) for at, one in enumerate(others)}
    if others:
        (one,) = (each for each in others[-1].differences if each.name == name)
        cells["difference"] = signed(one.value, one.low, one.high)
        known = not (isnan(one.low) or others[-1].doubt)
        cells["sure"] = ("yes" if one.sure else "no") if known else NOTHING
    for network, reported in REPORTED.items():
        cells[f"report-{network}"] = f"{reported[name]:.3f}" if name in reported else NOTHING
    return cells


def said(figure: Figure) -> str:
    """“0.946 (0.936–0.954)”; a dash where it is not defined."""
    low, high = (None if isnan(one) else one for one in (figure.low, figure.high))
    return ranged({"value": None if isnan(figure.value) else figure.value, "low": low, "high": high})


# ---- in words


def aim(found: Evaluation, doubt: str = "") -> str:
    """The accuracy against the objective; where there is a `doubt`, that is said in place of whether it is reached."""
    one, aimed = found.figure("accuracy"), percent(OBJECTIVE, digits=0)
    if isnan(one.value):
        return f"There is no accuracy to hold against the aim of {aimed}: {one.reason}."
    stands = f"{percent(one.value)} of the photos are judged rightly"
    if isnan(one.low):
        return f"{stands}; the aim is {aimed}. Whether that is chance cannot be told. {doubt}".strip()
    between = f"{stands} (95 % interval {percent(one.low)} to {percent(one.high)})"
    if doubt:
        return f"{between}; the aim is {aimed}. {doubt}"
    if one.low > OBJECTIVE:
        return f"{between}: above the aim of {aimed}."
    if one.high < OBJECTIVE:
        return f"{between}: below the aim of {aimed}."
    return f"{between}: whether that reaches the aim of {aimed} cannot be told yet."


def percent(share: float, *, digits: int = 1) -> str:
    """“97.4 %”."""
    return f"{100 * share:.{digits}f} %"


def difference(other: Compared, version: str, told: str = "") -> str:
    """Which of the two is better beyond chance, and at what; not said where there is a doubt, which is given unless it
    was `told`."""
    if other.doubt and other.doubt in told:
        return f"Nor do they tell whether {version} is better than {other.version} ({other.role})."
    if other.doubt:
        return f"Whether {version} is better than {other.version} ({other.role}) is not said here. {other.doubt}"
    sure = [one for one in other.differences if one.sure]
    on = f"on the {counted(other.photos, 'photo')} that neither has learnt from"
    if not sure:
        return f"Between {version} and {other.version} ({other.role}) there is no difference beyond chance, {on}."
    ahead = _named([one.name for one in sure if one.value > 0])
    behind = _named([one.name for one in sure if one.value < 0])
    parts = [f"better by {ahead}" if ahead else "", f"worse by {behind}" if behind else ""]
    both = " and ".join(part for part in parts if part)
    return f"{version} is {both} than {other.version} ({other.role}), beyond chance, {on}."


def chosen_by(decided: int, photos: int, *, trained: bool) -> str:
    """That a model was chosen by so many of the photos, so that its figures on them flatter it; empty where by none.

    Of one that was not `trained` only the threshold was.
    """
    if not decided:
        return ""
    which = "These photos" if decided == photos else f"{decided:,} of these photos"
    what = "when to stop, and the threshold" if trained else "the threshold"
    return f"{which} decided {what}: only the test side says whether it holds."


def _named(names: Sequence[str]) -> str:
    *first, last = names or ("",)
    return f"{', '.join(first)} and {last}" if first else last


def on_what(judged: Judged, side: str) -> str:
    """How many photos the figures are over; of the test side, how many may stand as truth."""
    blinks, groups = int(judged.truth.sum()), len(np.unique(judged.group))
    classes = counted(len(judged), "photo"), f"{blinks:,} {judged.fault.positive}", counted(groups, *PEOPLE)
    over = listed([*classes, f"flagged from {judged.threshold:.4g} on"])
    if side != TEST:
        left = f"{judged.left_out:,} that it learnt from are left out" if judged.left_out else ""
        return listed([over, left, _unasked(judged)])
    if not judged.left_out:
        return listed([over, "all of them may stand as test truth", _unasked(judged)])
    all_of_it = len(judged) + judged.left_out
    why = "the others were chosen by a model, accepted from one, or lie in sessions that are not labelled to their end"
    return listed([over, f"{len(judged):,} of {all_of_it:,} may stand as test truth: {why}", _unasked(judged)])


def _unasked(judged: Judged) -> str:
    return f"{counted(judged.unpredicted, 'labelled photo')} not judged yet" if judged.unpredicted else ""


def reasons(found: Evaluation) -> str:
    """Why figures or intervals are lacking; empty where none is."""
    why: dict[str, list[str]] = {}
    for one in found.figures:
        if one.reason:
            why.setdefault(one.reason, []).append(one.name)
    return "; ".join(f"{_named(names)}: {reason}" for reason, names in why.items())


def partly(others: Iterable[Compared], photos: int) -> str:
    """Which models are compared on some of the photos only; empty where all are on all."""
    few = [f"{one.version} on {one.photos:,} of them" for one in others if one.photos < photos]
    return f"Compared with {_named(few)}: of the others one of the two was not asked, or has learnt." if few else ""


def flattered(judged: Judged) -> str:
    """That the model knows some of the photos from its training, so that its figures say little; empty where none."""
    known = int((~judged.out_of_fold).sum())
    if not known:
        return ""
    return f"It was trained on {counted(known, 'of these photos', 'of these photos')}, so its figures here flatter it."
