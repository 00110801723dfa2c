"""How far labellers agree where both have labelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from sqlalchemy import Engine

from workbench.archive import labels, tables
from workbench.faults import Fault


@dataclass(frozen=True)
class Agreement:
    """Two labellers on the photos that both gave a class: how many, how many alike, and Cohen's kappa.

    `kappa` is nan where both gave one and the same class throughout: chance alone would agree as well.
    """

    one: str
    other: str
    photos: int
    alike: int
    kappa: float


def agreements(engine: Engine, fault: Fault) -> list[Agreement]:
    """Every pair of labellers that share a photo, those with most photos first. Imports count as a labeller."""
    by_labeller: dict[str, dict[str, str]] = {}
    with engine.connect() as connection:
        for row in connection.execute(labels.effective(fault).order_by(tables.labels.c.id)):
            if row.value in fault.classes:
                by_labeller.setdefault(row.labeller, {})[row.photo_id] = row.value
    pairs = (_agreement(a, b, by_labeller[a], by_labeller[b]) for a, b in combinations(sorted(by_labeller), 2))
    return sorted((pair for pair in pairs if pair.photos), key=lambda pair: -pair.photos)


def _agreement(one: str, other: str, said: Mapping[str, str], also: Mapping[str, str]) -> Agreement:
    from sklearn.metrics import cohen_kappa_score  # a second that only this needs

    shared = sorted(said.keys() & also.keys())
    first, second = [said[photo] for photo in shared], [also[photo] for photo in shared]
    alike = sum(a == b for a, b in zip(first, second, strict=True))
    kappa = float(cohen_kappa_score(first, second)) if len({*first, *second}) > 1 else float(np.nan)
    return Agreement(one, other, len(shared), alike, kappa)
