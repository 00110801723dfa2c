"""Bringing sessions in and screening them while they come, for the commands that do: import, demo, screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import report
from workbench.faults import BLINK

if TYPE_CHECKING:
    from workbench.archive.folders import Plan
    from workbench.archive.importing import Summary
    from workbench.archive.sessions import Session
    from workbench.learning.registry import Model
    from workbench.screening.screen import Running, Screening


@dataclass(frozen=True)
class Judging:
    """How sessions are to be screened: by which model and threshold (None: the current ones), with which exceptions.

    `exceptions` are kept with each session: what a sign counts as, None for nothing special.
    """

    model: str | None = None
    threshold: float | None = None
    exceptions: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Brought:
    """A session that was brought in: its import, and its screening (None: not wanted, or no photo is readable)."""

    summary: Summary
    screening: Screening | None = None


class Taker:
    """Feeds one session's screening with the photos that an import brings."""

    def __init__(self, bench: Any, executor: Any, judge: Model, wish: Judging) -> None:
        self.bench, self.executor, self.judge, self.wish = bench, executor, judge, wish
        self.running: Running | None = None

    def __call__(self, session: Session, photos: Sequence[str]) -> None:
        """Takes some photos; the session is only known from the first call on, and keeps the threshold that it had."""
        from workbench.screening import live

        if self.running is None:
            kept = live.kept_threshold(self.bench.settings, self.bench.engine, session, self.judge)
            wish = replace(self.wish, threshold=self.wish.threshold or kept)
            self.running = _begun(self.bench, session, self.executor, self.judge, wish)
        self.running.take(photos)

    def finish(self) -> Screening | None:
        """The whole screening; None when not one photo of the session could be read."""
        from workbench.archive import photos

        if self.running is None or not photos.of_session(self.bench.engine, self.running.session.id):
            return None
        return _at_threshold(self.bench, self.running.finish(), self.wish)


def plans(bench: Any, folder: Path, group_by: re.Pattern[str] | None = None) -> list[Plan]:
    """The sessions of a folder, as `import` finds them."""
    from workbench.archive import folders

    return folders.plan(folder, bench.settings, group_by=group_by)


def bring_in(
    bench: Any,
    wanted: Sequence[tuple[Plan, Collection[str] | None]],
    judging: Judging | None,
    *,
    copy: bool = False,
    quiet: bool = False,
) -> list[Brought]:
    """Brings sessions in, each whole or only the files named, and screens each while it comes if `judging` says how."""
    from workbench.archive import backups
    from workbench.vision import analysis

    judge = None if judging is None else model_of(bench, judging)
    backups.make_if_due(bench.settings)
    with analysis.pool(bench.settings) as executor, report.progress(quiet=quiet) as bar:
        brought = []
        for plan, only in wanted:
            taker = None if judging is None or judge is None else Taker(bench, executor, judge, judging)
            brought.append(_one(bench, _copied(bench, plan, bar) if copy else plan, only, executor, taker, bar))
    return brought


def screen_again(bench: Any, session: Session, judging: Judging, *, quiet: bool = False) -> Screening:
    """Screens a session that is in the archive. Raises NothingToScreen."""
    from workbench.screening import live
    from workbench.vision import analysis

    judge = model_of(bench, judging)
    with analysis.pool(bench.settings) as executor, report.progress(quiet=quiet) as bar:
        running = _begun(bench, session, executor, judge, judging)
        done = live.whole(running, tell=partial(bar.telling, f"Screening {session.name}"))
    return _at_threshold(bench, done, judging)


def model_of(bench: Any, judging: Judging) -> Model:
    """The model that judges. Raises UnknownModel and what else keeps it from being loaded."""
    from workbench.learning import registry

    return registry.load(bench.settings, BLINK, judging.model) if judging.model else registry.current(bench.settings)


def _one(
    bench: Any,
    plan: Plan,
    only: Collection[str] | None,
    executor: Any,
    taker: Taker | None,
    bar: report.Bar,
) -> Brought:
    from workbench.archive import importing
    from workbench.vision import analysis

    arrived: Callable[[Session, Sequence[str]], None] = taker if taker else lambda session, photos: None
    reader = analysis.Analyst(bench.settings)
    summary = importing.import_session(
        bench.engine, plan, reader, executor, tell=bar.importing, arrived=arrived, only=only
    )
    return Brought(summary, taker.finish() if taker else None)


def _copied(bench: Any, plan: Plan, bar: report.Bar) -> Plan:
    from workbench.archive import copying

    return copying.copy(plan, bench.settings, tell=bar.copying(plan.name))


def _begun(bench: Any, session: Session, executor: Any, judge: Model, judging: Judging) -> Running:
    from workbench.screening import exceptions, screen

    for name, counts_as in judging.exceptions.items():
        exceptions.set_one(bench.engine, session.id, name, counts_as)
    return screen.begin(bench.settings, bench.engine, session, judge, executor, threshold=judging.threshold)


def _at_threshold(bench: Any, done: Screening, judging: Judging) -> Screening:
    """The screening at the threshold asked for: one that was gone on with may have another."""
    from workbench.screening import screen

    if judging.threshold is None:
        return done
    return screen.set_threshold(bench.engine, done.session_id, judging.threshold)
