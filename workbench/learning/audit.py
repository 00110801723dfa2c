"""The audit: runs with every evaluation and says what could make the figures look better than the model is.

It is kept as `models/<fault>/.inspections/<version>/audit.json`, with ids of photos and no name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Engine

from workbench.archive import tables
from workbench.faults import BLINK, Fault
from workbench.learning import findings, leaks, shortcuts
from workbench.learning.examples import Examples
from workbench.learning.flags import NAMES, Flag
from workbench.learning.lessons import Tell
from workbench.learning.registry import Model
from workbench.settings import Settings

__all__ = ["NAMES", "Audit", "Flag", "audit", "keep", "latest"]


@dataclass(frozen=True)
class Audit:
    """All flags of a model, `at` which moment (ISO, UTC), over which labels (`data`, their fingerprint)."""

    version: str
    at: str
    data: str
    photos: int
    flags: tuple[Flag, ...]

    def __post_init__(self) -> None:
        if [flag.name for flag in self.flags] != list(NAMES):
            raise ValueError(f"an audit has the flags {', '.join(NAMES)}, got {[flag.name for flag in self.flags]}")

    @property
    def raised(self) -> tuple[Flag, ...]:
        """The flags that are raised."""
        return tuple(flag for flag in self.flags if flag.raised)


def audit(
    engine: Engine,
    examples: Examples,
    model: Model,
    *,
    trained: Collection[str] = (),
    tell: Tell = lambda what, done, total: None,
) -> Audit:
    """Looks at the model and at the labelled photos it is measured on; nothing is written.

    `trained` are ids of the photos that the model was trained on; `tell` hears of looks done and in all.
    """
    fault = model.fault
    looks: tuple[Callable[[], Flag], ...] = (
        lambda: shortcuts.eyes_painted(model, examples, fault, trained),
        lambda: shortcuts.background(engine, examples, fault),
        lambda: leaks.near_duplicates(examples),
        lambda: leaks.subjects(engine),
        lambda: leaks.imbalance(engine, examples, fault),
        lambda: leaks.contradictions(engine, examples, fault),
    )
    flags = []
    for done, look in enumerate(looks):
        tell("Auditing", done, len(looks))
        flags.append(look())
    tell("Auditing", len(looks), len(looks))
    at = tables.now().isoformat(timespec="seconds")
    return Audit(model.version, at, examples.fingerprint, len(examples), tuple(flags))


def keep(settings: Settings, fault: Fault, found: Audit) -> None:
    """Keeps the audit in place of the model's earlier one. Raises NotKept."""
    text = json.dumps(as_json(found), ensure_ascii=False, allow_nan=False)
    path = findings.folder(settings, fault, found.version) / findings.AUDIT
    findings.keep(path, lambda file: file.write(text.encode()))


def latest(settings: Settings, fault: Fault = BLINK, version: str = "starter") -> Audit | None:
    """The model's last audit; None where there was none, or the file is not one of ours."""
    path = findings.folder(settings, fault, version) / findings.AUDIT
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        flags = (Flag(**{**flag, "photos": tuple(flag["photos"])}) for flag in document["flags"])
        return Audit(**{**document, "flags": tuple(flags)})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def as_json(found: Audit) -> dict[str, Any]:
    """The audit in the words of JSON."""
    return {**asdict(found), "flags": [{**asdict(flag), "photos": list(flag.photos)} for flag in found.flags]}
