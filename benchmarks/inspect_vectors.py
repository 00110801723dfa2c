"""Whether inspecting stays quick with 100,000 predictions: reading them, moving the threshold, opening a cell, slices.

`python -m benchmarks.inspect_vectors`: a made-up catalogue of 250 labelled shoots; no photo, no page. Prints the median
of several tries beside what the page must keep; and what intervals from every photo took before they were binned.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, Engine, insert

from benchmarks._served import median
from workbench.archive import catalog, splits, tables
from workbench.faults import BLINK
from workbench.learning import evaluation, inspection, operating, resampling, slices
from workbench.learning.inspection import HELD_BACK, Judged
from workbench.settings import Settings, from_environment
from workbench.vision import measures, store

MODEL = "starter"
AIMS = {"read and first figures": 2.0, "stamp": 0.02, "a threshold move": 0.2, "a cell": 0.5}
"""Seconds. A page opens with the first and may take that long in all."""
_AT_ONCE = 10_000
_AGES = ("young", "middle", "old")
_SHOOT = {"folder": "/nowhere", "kind": tables.FOLDER, "copied": False}
_PHOTO = {"width": 6000, "height": 4000, "faces": 1}
_LABEL = {"fault": BLINK.name, "origin": "typed", "labeller": "benchmark"}


@dataclass(frozen=True)
class Took:
    """Seconds of one thing and of the processor, medians of several tries, and what it may take (None: no promise)."""

    what: str
    seconds: float
    processor: float
    aim: float | None = None

    @property
    def met(self) -> bool:
        """Whether it is quick enough."""
        return self.aim is None or self.seconds <= self.aim


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.inspect_vectors", description=__doc__)
    parser.add_argument("--tries", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a small archive, once: proves only that it runs")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    chosen = parser.parse_args(arguments)
    photos, sessions, tries = (600, 6, 1) if chosen.quick else (100_000, 250, chosen.tries)
    with tempfile.TemporaryDirectory(prefix="eyespy-inspect-") as name:
        found = list(measure(Path(name).resolve(), photos, sessions, tries))
    print(json.dumps([vars(one) for one in found], indent=2) if chosen.json else shown(found, photos, sessions))


def measure(folder: Path, photos: int, sessions: int, tries: int) -> Iterator[Took]:
    """Makes the archive and takes the times."""
    environment = {"EYESPY_DATASETS": str(folder / "datasets"), "EYESPY_MODELS": str(folder / "models")}
    settings = from_environment(environment)
    engine = catalog.open_catalog(settings)
    make(settings, engine, photos, sessions)
    judged = inspection.read(settings, engine, BLINK, MODEL)
    held = inspection.chosen(judged, HELD_BACK)
    swept = operating.sweep(held.truth, held.probability)
    moves = iter(np.linspace(0.2, 0.8, 1000).tolist())

    def opened() -> None:
        read = inspection.chosen(inspection.read(settings, engine, BLINK, MODEL), HELD_BACK)
        operating.sweep(read.truth, read.probability)
        evaluation.counted(read.truth, read.probability, read.group, threshold=read.threshold)

    things: dict[str, Callable[[], object]] = {
        "read and first figures": opened,
        "stamp": lambda: inspection.stamp(settings, engine, BLINK, MODEL),
        "a threshold move": lambda: moved(held.at(next(moves)), swept),
        "a cell": lambda: [inspection.cell(held, name) for name in inspection.CELLS],
        "share of blinks": lambda: operating.share_of_blinks(engine, BLINK),
        "all curves": lambda: (operating.roc(swept), operating.precision_recall(swept)),
        "slices": lambda: slices.slices(held, engine, settings),
        "all figures with intervals": lambda: evaluated(held),
        "the same difference to another model": lambda: paired(held),
    }
    for what, thing in things.items():
        yield Took(what, *took([thing] * tries), AIMS.get(what))
    yield Took("all figures with intervals, as before", *took([lambda: exactly(lambda: evaluated(held))]))


def moved(judged: Judged, swept: operating.Sweep) -> str:
    """Everything that follows a threshold that is moved."""
    inspection.confusion(judged)
    evaluation.counted(judged.truth, judged.probability, judged.group, threshold=judged.threshold)
    return operating.sentence(swept, judged.threshold, share=0.03)


def evaluated(judged: Judged) -> evaluation.Evaluation:
    """All figures of the photos."""
    return evaluation.evaluate(judged.truth, judged.probability, judged.group, threshold=judged.threshold)


def paired(judged: Judged) -> object:
    """All differences to a model that says a little less."""
    return evaluation.paired(judged.truth, judged.probability, judged.probability**2, judged.group)


def exactly(thing: Callable[[], object]) -> None:
    """What `thing` does when no score is binned."""
    before, resampling.EXACT = resampling.EXACT, 10**9
    thing()
    resampling.EXACT = before


def took(tries: list[Callable[[], object]]) -> tuple[float, float]:
    """Median seconds on the clock, and of this process alone: others may keep the machine busy."""
    times = []
    for thing in tries:
        began, used = time.perf_counter(), time.process_time()
        thing()
        times.append((time.perf_counter() - began, time.process_time() - used))
    clock, processor = zip(*times, strict=True)
    return median(clock), median(processor)


def make(settings: Settings, engine: Engine, photos: int, sessions: int) -> None:
    """Labelled shoots with three blinks in a hundred, what the model says of each photo, and its measures."""
    rng = np.random.default_rng(0)
    ids = np.sort([f"{number:032x}" for number in rng.integers(0, 2**62, photos)])
    of = rng.integers(0, sessions, photos)
    truth = rng.random(photos) < 0.03
    said = 1 / (1 + np.exp(-rng.normal(np.where(truth, 2, -3), 1.5)))
    known = list(enumerate(zip(ids.tolist(), [BLINK.classes[faulty] for faulty in truth.tolist()], strict=True), 1))
    shoots = [{**_SHOOT, "id": f"{n:032x}", "name": f"S{n}", "age_group": _AGES[n % 3]} for n in range(sessions)]
    lying = zip(of.tolist(), ids.tolist(), strict=True)
    doubts = zip(ids.tolist(), said.tolist(), np.abs(said - 0.5).tolist(), strict=True)
    with catalog.writing(engine) as connection:
        _add(connection, tables.sessions, shoots)
        _add(connection, tables.photos, [{**_PHOTO, "id": id} for id in ids.tolist()])
        _add(connection, tables.files, [_file(f"{n:032x}", id) for n, id in lying])
        _add(
            connection, tables.labels, [{**_LABEL, "id": n, "photo_id": id, "value": value} for n, (id, value) in known]
        )
        _add(connection, tables.standing, [_standing(n, id, value) for n, (id, value) in known])
        _add(connection, tables.predictions, [_prediction(*one) for one in doubts])
    splits.assign(engine, BLINK)
    _measure(settings, ids.tolist(), rng)


def _file(session: str, id: str) -> dict[str, object]:
    return {"session_id": session, "name": f"{id}.jpg", "photo_id": id}


def _standing(number: int, id: str, value: str) -> dict[str, object]:
    return {"photo_id": id, "fault": BLINK.name, "label_id": number, "value": value}


def _prediction(id: str, said: float, doubt: float) -> dict[str, object]:
    about = {"fault": BLINK.name, "model": MODEL, "burst_rank": 0}
    return {"photo_id": id, "probability": said, "doubt": doubt, **about}


def _measure(settings: Settings, ids: list[str], rng: np.random.Generator) -> None:
    """Measures without any view."""
    numbers = rng.normal((120, 10, 110, 300), (40, 8, 40, 100), (len(ids), 4)).clip(0)
    rows = {id: measures.Measures(*row) for id, row in zip(ids, numbers.tolist(), strict=True)}
    with store._open(settings) as connection:
        store._put_measures(connection, rows)


def _add(connection: Connection, table: tables.Table, rows: list[dict[str, object]]) -> None:
    for start in range(0, len(rows), _AT_ONCE):
        connection.execute(insert(table), rows[start : start + _AT_ONCE])


def shown(found: list[Took], photos: int, sessions: int) -> str:
    """The times as a table."""
    lines = [f"{photos:,} predictions in {sessions} sessions: seconds, and of them the processor's own"]
    for one in found:
        aim = "" if one.aim is None else f"   aim {one.aim:g} {'ok' if one.met else 'MISSED'}"
        lines.append(f"{one.what:42}{one.seconds:8.3f}{one.processor:8.3f}{aim}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
