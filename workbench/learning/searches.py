"""Searches for good settings: what was asked, every trial as it stands, and what came of it, as plain files.

models/<fault>/.searches/<id>/ holds search.json, trials/<trial>.json, and Keras Tuner's own folder. Whoever runs the
search holds its lock, so that a search whose process was killed is known to have stopped. No file names a photo.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import math
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from workbench.archive import tables
from workbench.errors import WorkbenchError
from workbench.faults import BLINK, Fault
from workbench.files import write_whole
from workbench.learning.spaces import METRICS, SPACES, Rung
from workbench.learning.spaces import OBJECTIVES as OBJECTIVES
from workbench.learning.spaces import PRESETS as PRESETS
from workbench.learning.spaces import Preset as Preset
from workbench.learning.spaces import plan as plan
from workbench.settings import Settings

RUNNING, DONE, FAILED, WAITING, STOPPED = "running", "done", "failed", "waiting", "stopped"
OVER = (DONE, FAILED)
"""How a trial ends for good."""
SEARCHES, NAME, TRIALS, LOCK = ".searches", "search.json", "trials", "lock"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_PATIENCE = 1.0  # seconds for which a lock may be held by somebody who only looks


class UnknownSearch(WorkbenchError):
    """There is no search of that name, or its file cannot be read."""

    def __init__(self, search_id: str) -> None:
        super().__init__(
            f"There is no search “{search_id}”, or its file cannot be read. `python -m workbench tune --list` shows "
            f"what there is; start a search of the same kind again to have it anew."
        )


class SearchRuns(WorkbenchError):
    """Another process is at the same search."""

    def __init__(self, search_id: str) -> None:
        super().__init__(f"The search “{search_id}” is running already. Wait for it, or cancel it first.")


@dataclass(frozen=True)
class Reference:
    """What a network of the photographer's report reaches on the same photos."""

    network: str
    version: str | None
    score: float


@dataclass(frozen=True)
class Trial:
    """One set of settings: `curve` has the objective after each of its `epochs`, those of `continued_from` first.

    `score` is the best of its own epochs, `loss` the validation loss there. `waiting`: it was stopped on its way and
    will be run again.
    """

    id: str
    bracket: int
    rung: int
    epochs: int
    planned_epochs: int
    status: str
    score: float | None
    settings: Mapping[str, float | int | str | bool]
    curve: tuple[float, ...]
    seconds: float
    continued_from: str | None = None
    loss: float | None = None

    def __post_init__(self) -> None:
        if self.status not in (RUNNING, DONE, FAILED, WAITING):
            raise ValueError(f"a trial cannot be {self.status!r}")


@dataclass(frozen=True)
class Search:
    """A search as it stands. `seconds` are those of all its runs, `run_seconds` those of the present or last one.

    `winner` is the version that was trained with the settings of the trial `winner_trial`.
    """

    id: str
    fault: str
    preset: str
    space: str
    objective: str
    fingerprint: str
    minutes: float
    seed: int
    started_at: datetime
    seconds: float = 0.0
    trials: tuple[Trial, ...] = ()
    plan: tuple[Rung, ...] = ()
    references: tuple[Reference, ...] = ()
    winner: str | None = None
    verdict: str = ""
    state: str = STOPPED
    run_seconds: float = 0.0
    run_started_at: datetime | None = None
    winner_trial: str | None = None

    def __post_init__(self) -> None:
        if self.state not in (RUNNING, STOPPED, DONE) or self.objective not in METRICS or self.space not in SPACES:
            raise ValueError(f"there is no such search: {self.state!r}, {self.objective!r}, {self.space!r}")

    @property
    def finished(self) -> tuple[Trial, ...]:
        """The trials that are done."""
        return tuple(trial for trial in self.trials if trial.status == DONE and trial.score is not None)

    @property
    def best(self) -> Trial | None:
        """The finished trial of the best score; of equal ones that of the smaller loss."""
        return max(self.finished, key=lambda one: _worth(self.objective, one.score, one.loss), default=None)

    @property
    def done(self) -> int:
        """How many trials are over, failed ones among them."""
        return sum(trial.status in OVER for trial in self.trials)

    @property
    def running(self) -> int:
        """How many trials run at this moment."""
        return sum(trial.status == RUNNING for trial in self.trials)

    @property
    def planned_trials(self) -> int:
        """How many trials there are to be in all."""
        return sum(rung.size for rung in self.plan)

    @property
    def seconds_left(self) -> float | None:
        """Seconds that the trials may still take in this run: of its budget, or fewer if they will be done before."""
        if self.state != RUNNING:
            return None
        budget = max(0.0, self.minutes * 60 - self.run_seconds)
        over = [trial for trial in self.trials if trial.status == DONE]
        if not over:
            return budget
        each = sum(trial.seconds for trial in over) / sum(map(self._own_epochs, over))
        going = sum(trial.seconds for trial in self.trials if trial.status == RUNNING)
        ended = sum(self._own_epochs(trial) for trial in self.trials if trial.status in OVER)
        return min(budget, max(0.0, each * (_epochs(self.plan) - ended) - going))

    def _own_epochs(self, trial: Trial) -> int:
        before = {rung.rung: rung.epochs for rung in self.plan if rung.bracket == trial.bracket}
        return max(1, trial.planned_epochs - before.get(trial.rung - 1, 0))


def is_better(objective: str, one: tuple[float | None, float | None], other: tuple[float | None, float | None]) -> bool:
    """Whether a score and its loss are better than another score and loss: of equal scores, the smaller loss."""
    return _worth(objective, *one) > _worth(objective, *other)


def identify(preset: str, objective: str, fingerprint: str, seed: int) -> str:
    """The name of the search that is asked for: other data, or another seed, make it another one."""
    said = "-".join([preset, objective, fingerprint, *([str(seed)] if seed else [])])
    safe = re.sub(r"[^A-Za-z0-9]+", "-", said).strip("-")
    return safe if len(safe) <= 128 else hashlib.sha256(said.encode()).hexdigest()[:32]


def folder(settings: Settings, fault: Fault, search_id: str) -> Path:
    """Where that search lies, or would. Raises UnknownSearch for what cannot be a name."""
    if not _ID.fullmatch(search_id):
        raise UnknownSearch(search_id)
    return settings.models / fault.name / SEARCHES / search_id


def every(settings: Settings, fault: Fault = BLINK) -> list[Search]:
    """All searches of a fault, the newest first; one whose file cannot be read is left out."""
    found = []
    for path in (settings.models / fault.name / SEARCHES).glob(f"*/{NAME}"):
        try:
            found.append(read(settings, fault, path.parent.name))
        except UnknownSearch:
            continue
    return sorted(found, key=lambda search: search.started_at, reverse=True)


def read(settings: Settings, fault: Fault, search_id: str) -> Search:
    """A search as it stands at this moment. Raises UnknownSearch; a trial that cannot be read is left out."""
    place = folder(settings, fault, search_id)
    found = kept(place)
    state = RUNNING if is_held(place) else (DONE if found.state == DONE else STOPPED)
    whole = trials(place, running=state == RUNNING)
    if state != RUNNING or found.run_started_at is None:
        return replace(found, state=state, trials=whole)
    now = (tables.now() - found.run_started_at).total_seconds()
    seconds = found.seconds + max(0.0, now - found.run_seconds)
    return replace(found, state=state, trials=whole, run_seconds=now, seconds=seconds)


def keep(place: Path, search: Search) -> None:
    """Writes search.json whole; the trials have files of their own."""
    document = {name: value for name, value in asdict(search).items() if name != "trials"}
    _write(place / NAME, document)


def keep_trial(place: Path, trial: Trial) -> None:
    """Writes a trial's file whole; `curve` has its own epochs alone there."""
    _write(place / TRIALS / f"{trial.id}.json", asdict(trial))


@contextmanager
def held(place: Path) -> Iterator[None]:
    """Holds a search as long as this lasts; the lock goes with the process. Raises SearchRuns."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / LOCK).open("ab") as file:
        deadline = time.monotonic() + _PATIENCE
        while not _locked(file, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise SearchRuns(place.name)
            time.sleep(0.02)
        yield


def is_held(place: Path) -> bool:
    """Whether a process runs that search at this moment."""
    try:
        with (place / LOCK).open("rb") as file:
            return not _locked(file, fcntl.LOCK_SH)
    except OSError:
        return False


def _locked(file: BinaryIO, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def kept(place: Path) -> Search:
    """What search.json says, as it was when it was written and without the trials. Raises UnknownSearch."""
    try:
        raw = _object(json.loads((place / NAME).read_text(encoding="utf-8")))
        known = {
            field.name: raw[field.name] for field in fields(Search) if field.name in raw and field.name != "trials"
        }
        made = {
            "id": place.name,
            "plan": tuple(Rung(**one) for one in raw["plan"]),
            "references": tuple(Reference(**one) for one in raw["references"]),
            "started_at": datetime.fromisoformat(raw["started_at"]),
            "run_started_at": datetime.fromisoformat(raw["run_started_at"]) if raw["run_started_at"] else None,
        }
        return Search(**known | made)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UnknownSearch(place.name) from error


def own_trials(place: Path) -> dict[str, Trial]:
    """The trials as their files have them, by their ids; what cannot be read is left out."""
    return {trial.id: trial for trial in map(_trial, sorted((place / TRIALS).glob("*.json"))) if trial}


def trials(place: Path, *, running: bool) -> tuple[Trial, ...]:
    """The trials with whole curves; where no process is at them, one that was under way waits."""
    found = own_trials(place)
    for name, trial in found.items():  # in their order: a trial comes after the one that it goes on from
        before = found[trial.continued_from].curve if trial.continued_from in found else ()
        status = WAITING if trial.status == RUNNING and not running else trial.status
        found[name] = replace(trial, curve=before + trial.curve, status=status)
    return tuple(found.values())


def _trial(path: Path) -> Trial | None:
    try:
        raw = _object(json.loads(path.read_text(encoding="utf-8")))
        known = {field.name: raw[field.name] for field in fields(Trial) if field.name in raw}
        made = {
            "id": path.stem,
            "curve": tuple(math.nan if value is None else float(value) for value in raw["curve"]),
            "settings": dict(raw["settings"]),
            "seconds": float(raw["seconds"]),
            "score": None if raw["score"] is None else float(raw["score"]),
        }
        return Trial(**known | made)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _object(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise ValueError("an object was expected")
    return document


def _write(path: Path, document: Mapping[str, Any]) -> None:
    text = json.dumps(_plain(document), indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(path, lambda file: file.write(text.encode()))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _worth(objective: str, score: float | None, loss: float | None) -> tuple[float, float]:
    """What is greater for the better one; what is unknown is worst."""
    return _known(score, 1 if METRICS[objective].more_is_better else -1), _known(loss, -1)


def _known(value: float | None, sign: int) -> float:
    return -math.inf if value is None or math.isnan(value) else sign * value


def _epochs(rungs: tuple[Rung, ...]) -> int:
    """Epochs of all trials of a plan; those of the next rung begin where the rung before ended."""
    before = {(rung.bracket, rung.rung): rung.epochs for rung in rungs}
    return sum(rung.size * (rung.epochs - before.get((rung.bracket, rung.rung - 1), 0)) for rung in rungs)
