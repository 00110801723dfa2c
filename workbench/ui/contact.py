"""A session as a contact sheet: which photo lies in which group, and what its tile says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from workbench.archive.labels import Label
from workbench.archive.photos import Photo
from workbench.faults import BLINK as FAULT
from workbench.faults import UNSURE
from workbench.screening.screen import BLINK, CANT_TELL, KEEP, Screening, Verdict
from workbench.ui import tiles
from workbench.ui.components import Group, Tile

TITLES = {BLINK: "Blink", CANT_TELL: "Can’t tell", KEEP: "Keep"}


def sheet(
    photos: Sequence[Photo], screening: Screening | None, labels: Mapping[str, Label] | None = None
) -> list[Group]:
    """The photos in groups: blinks first, the surest of them first; the others in the order they were taken.

    Photos that came after the screening, and all while there is none, stand in a group of their own. `labels` are
    the standing ones by photo: tiles say them beside the verdict.
    """
    verdicts = screening.verdicts if screening else {}
    found: dict[str, list[Tile]] = {mark: [] for mark in (*TITLES, "")}
    for photo in sorted(photos, key=lambda photo: _sureness(verdicts.get(photo.id)), reverse=True):
        verdict = verdicts.get(photo.id)
        found[verdict.group if verdict else ""].append(tile(photo, verdict, (labels or {}).get(photo.id)))
    return [Group(TITLES.get(mark, "Not screened yet"), mark, tuple(tiles)) for mark, tiles in found.items()]


def tile(photo: Photo, verdict: Verdict | None = None, labelled: Label | None = None) -> Tile:
    """One photo with what the screening and the photographer say of it."""
    said: dict[str, Any] = {}
    if verdict:
        said = {"mark": verdict.group, "label": label(verdict), "note": note(verdict)}
    if labelled and labelled.value:
        said["label"] = beside(said.get("label", ""), verdict, labelled.value)
        by = f"labelled {labelled.value} by {labelled.labeller}"
        said["note"] = f"{said['note']} · {by}" if verdict else by
    return Tile(**tiles.facts(photo), **said)


def beside(badge: str, verdict: Verdict | None, value: str) -> str:
    """The badge with the label: that there is one where both agree, the label in words where they do not."""
    words = {FAULT.positive: "blink", FAULT.negative: "open", UNSURE: "unsure"}[value]
    if verdict is None:
        return f"you: {words}"
    agrees = {FAULT.positive: BLINK, FAULT.negative: KEEP}.get(value) == verdict.group
    return f"{badge} · labelled" if agrees else f"{badge} · you: {words}"


def label(verdict: Verdict) -> str:
    """The words of the badge: with the probability where it is the news."""
    if verdict.group == BLINK and verdict.probability is not None:
        return f"{TITLES[BLINK]} {verdict.probability:.0%}"
    return TITLES[verdict.group]


def note(verdict: Verdict) -> str:
    """The reason, and how likely a blink is where the badge does not say it."""
    unsaid = verdict.group != BLINK and verdict.probability is not None
    return f"{verdict.reason} · blink {verdict.probability:.0%} likely" if unsaid else verdict.reason


def _sureness(verdict: Verdict | None) -> float:
    return (verdict.probability or 0.0) if verdict and verdict.group == BLINK else 0.0


def aspect(photos: Iterable[Photo]) -> float:
    """Width over height of the tiles: the median of the photos, so that most fill theirs; from 2:3 to 3:2."""
    shapes = [photo.width / photo.height for photo in photos if photo.width and photo.height]
    return min(1.5, max(2 / 3, median(shapes))) if shapes else 1.0
