"""Whether a screened session opens as quickly in an archive of 100 sessions of 600 photos as in one that has it alone.

`python -m benchmarks.screen_page`: made-up catalogues; no photo file, no browser. Times what the Screen page reads to
open a session, and the page's whole script, the first time and again; prints seconds, medians of several tries, and the
ratio of the two archives.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, Engine, Table, insert

from benchmarks._served import median
from workbench.archive import catalog, photos, sessions, tables
from workbench.archive.sessions import Session
from workbench.faults import BLINK
from workbench.screening import likeness, review, sampling, screen, verdicts
from workbench.screening.screen import Verdict
from workbench.settings import HOME, Settings, from_environment
from workbench.ui import screening_view
from workbench.vision import store, views
from workbench.vision.views import GEOMETRY, Views

AIM = 2.0
"""Seconds that opening may take in the large archive."""
_MORNING = datetime(2026, 11, 20, 9)
_PHOTO = {"width": 6000, "height": 4000, "faces": 1}
_SCREENING = {"fault": BLINK.name, "model": "starter", "threshold": 0.5, "at": _MORNING, "finished_at": _MORNING}
_AT_ONCE = 10_000


@dataclass(frozen=True)
class Took:
    """Seconds of one thing in an archive of one session (`alone`) and in the large one, medians of several tries."""

    what: str
    alone: float
    among_all: float

    @property
    def ratio(self) -> float:
        """How much longer it takes in the large archive."""
        return self.among_all / self.alone

    @property
    def met(self) -> bool:
        """Whether it is quick enough."""
        return self.among_all <= AIM


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screen_page", description=__doc__)
    parser.add_argument("--tries", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a small archive, once: proves only that it runs")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    chosen = parser.parse_args(arguments)
    many, each, tries = (3, 30, 1) if chosen.quick else (100, 600, chosen.tries)
    found = list(measure(many, each, tries))
    print(json.dumps([vars(one) for one in found], indent=2) if chosen.json else shown(found, many, each))


def measure(many: int, each: int, tries: int) -> Iterator[Took]:
    """Makes both archives and takes the times, the cold page first."""
    with tempfile.TemporaryDirectory(prefix="eyespy-screen-page-") as name:
        taken = [_taken(Path(name).resolve() / str(count), count, each, tries) for count in (1, many)]
    for what in taken[0]:
        yield Took(what, taken[0][what], taken[1][what])


def _taken(folder: Path, count: int, each: int, tries: int) -> dict[str, float]:
    settings = make(folder, count, each)
    engine = catalog.open_catalog(settings)
    session = sessions.every(engine)[count // 2]
    opened = page(settings, session)
    first = {"the page's script, the first time": _seconds(opened)}
    things: dict[str, Callable[[], object]] = {
        "the page's script, again": opened,
        "newest screening": lambda: screen.latest(engine, session.id),
        "what a page reads": lambda: read(settings, engine, session),
    }
    return first | {what: median([_seconds(thing) for _ in range(tries)]) for what, thing in things.items()}


def read(settings: Settings, engine: Engine, session: Session) -> None:
    """All that the page shows of a session at its first sight."""
    sessions.every(engine)
    shown = photos.of_session(engine, session.id)
    screening = screen.latest(engine, session.id)
    if screening is None:
        raise RuntimeError(f"{session.name} was to be screened")
    decided = review.decisions(engine, session.id, BLINK)
    judged = screening_view.judged(shown, screening)
    screening_view.rows(judged, screening)
    screening_view.burst_places(likeness.bursts(settings, engine, session, screening), judged)
    sampling.sample(screening, decided)
    review.state(screening, decided)


def page(settings: Settings, session: Session) -> Callable[[], object]:
    """Runs the page's whole script for a session, as opening its address does."""
    from streamlit.testing.v1 import AppTest

    os.environ |= {"EYESPY_DATASETS": str(settings.datasets), "EYESPY_MODELS": str(settings.models)}
    app = AppTest.from_file(str(HOME / "workbench/ui/app.py"), default_timeout=120).run()
    app.switch_page(str(HOME / "pages/screen.py"))
    app.query_params["session"] = session.id

    def opened() -> None:
        if problems := app.run().exception:
            raise RuntimeError(problems[0].message)
        if not any("photos · starter" in each.value for each in app.markdown):
            raise RuntimeError(f"{session.name} was to be shown, got {[each.value for each in app.markdown]}")

    return opened


def make(folder: Path, count: int, each: int) -> Settings:
    """An archive of so many screened sessions with `each` photos in bursts of three; one in thirty is a blink."""
    (folder / "models").mkdir(parents=True)
    about = {"EYESPY_DATASETS": str(folder / "datasets"), "EYESPY_MODELS": str(folder / "models")}
    settings = from_environment({**about, "EYESPY_ROOTS": str(folder)})
    rng = np.random.default_rng(0)
    with catalog.writing(catalog.open_catalog(settings)) as connection:
        for number in range(count):
            _session(connection, number, each, rng)
    seen = _views(rng)
    store.put(settings, {_photo(count // 2, place): seen for place in range(each)})
    return settings


def _session(connection: Connection, number: int, each: int, rng: np.random.Generator) -> None:
    session, screening = f"{number:032x}", f"5{number:031x}"
    folder = {"folder": "/nowhere", "kind": tables.FOLDER, "copied": False}
    connection.execute(insert(tables.sessions).values(id=session, name=f"Shoot {number:03}", **folder))
    ids = [_photo(number, place) for place in range(each)]
    times = [_MORNING + timedelta(seconds=20 * (place // 3) + place % 3) for place in range(each)]
    said = np.where(rng.random(each) < 1 / 30, rng.uniform(0.5, 1, each), rng.uniform(0, 0.4, each))
    judged = [
        verdicts.placed(Verdict(id, screen.KEEP, float(chance), ""), 0.5, {})
        for id, chance in zip(ids, said, strict=True)
    ]
    lying = [{"session_id": session, "name": f"{place:04}.jpg", "photo_id": id} for place, id in enumerate(ids)]
    shot = [{**_PHOTO, "id": id, "captured_at": at} for id, at in zip(ids, times, strict=True)]
    _add(connection, tables.photos, shot)
    _add(connection, tables.files, lying)
    _add(connection, tables.screenings, [{**_SCREENING, "id": screening, "session_id": session}])
    _add(connection, tables.verdicts, [{"screening_id": screening, **vars(verdict)} for verdict in judged])


def _photo(session: int, place: int) -> str:
    return f"{session:08x}{place:024x}"


def _views(rng: np.random.Generator) -> Views:
    """What a photo shows; all of them the same."""
    frame = rng.integers(0, 255, views.FRAME, dtype=np.uint8)
    geometry = np.zeros(len(GEOMETRY), np.float32)
    return Views(1, frame, np.zeros(views.EYES, np.uint8), geometry, np.full((478, 2), 0.5, np.float32))


def _add(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    for start in range(0, len(rows), _AT_ONCE):
        connection.execute(insert(table), [dict(row) for row in rows[start : start + _AT_ONCE]])


def _seconds(thing: Callable[[], object]) -> float:
    began = time.perf_counter()
    thing()
    return time.perf_counter() - began


def shown(found: list[Took], many: int, each: int) -> str:
    """The times as a table."""
    lines = [f"seconds to open a screened session of {each} photos      alone   of {many:>3} sessions   ratio"]
    for one in found:
        aim = f"aim {AIM:g} s {'ok' if one.met else 'MISSED'}"
        lines.append(f"  {one.what:45}{one.alone:12.3f}{one.among_all:12.3f}{one.ratio:13.2f}   {aim}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
