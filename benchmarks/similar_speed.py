"""Whether photos alike are found in under a second among 100,000: exactly, by all of a model's numbers.

`python -m benchmarks.similar_speed`: a made-up catalogue, a tenth of it labelled and some of it on the test side; looks
from one photo and from a cell of 200. Reading the kept numbers and asking the catalogue count. Prints medians.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from sqlalchemy import Engine, insert

from benchmarks._served import median
from workbench.archive import catalog, tables
from workbench.faults import BLINK
from workbench.learning import similar
from workbench.settings import Settings, from_environment

MODEL, WIDTH, AIM = "made-up", 64, 1.0
_AT_ONCE = 10_000


def main(arguments: list[str] | None = None) -> None:
    """Prints seconds beside the aim."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.similar_speed", description=__doc__)
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--tries", type=int, default=5)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="eyespy-similar-") as home:
        made = from_environment({"EYESPY_DATASETS": f"{home}/datasets", "EYESPY_MODELS": f"{home}/models"})
        Path(made.datasets).mkdir()
        engine = catalog.open_catalog(made)
        labelled = _fill(made, engine, asked.photos)
        similar.nearest(made, engine, BLINK, MODEL, labelled[:1])  # the first look also loads scikit-learn
        print(f"among {asked.photos:,} photos of {WIDTH} numbers (aim: under {AIM:.0f} s):")
        for count in (1, similar.LOOKED_FROM):
            tries = [_seconds(made, engine, labelled[:count]) for _ in range(asked.tries)]
            seconds, worked = (median(some) for some in zip(*tries, strict=True))
            late = "" if seconds < AIM else "  MISSED"
            print(f"  from {count:>3}: {seconds:.2f} s, {worked:.2f} s of them the processor's{late}")


def _seconds(made: Settings, engine: Engine, photos: list[str]) -> tuple[float, float]:
    """Seconds by the clock, and of the processor: on a busy machine the first are longer."""
    began, worked = time.monotonic(), time.process_time()
    found = similar.nearest(made, engine, BLINK, MODEL, photos)
    took = time.monotonic() - began, time.process_time() - worked
    assert len(found) == similar.COUNT
    return took


def _fill(made: Settings, engine: Engine, count: int) -> list[str]:
    """Photos with embeddings; gives the labelled tenth, none of which is on the test side."""
    ids = [f"{number:032x}" for number in range(count)]
    label = {"fault": BLINK.name, "value": BLINK.negative, "origin": "typed", "labeller": "made"}
    with catalog.writing(engine) as connection:
        for start in range(0, count, _AT_ONCE):
            some = list(enumerate(ids))[start : start + _AT_ONCE]
            photos = [
                {"id": photo, "width": 6000, "height": 4000, "side": "test" if number % 10 == 1 else "training"}
                for number, photo in some
            ]
            connection.execute(insert(tables.photos), photos)
            said = [{"id": number + 1, "photo_id": photo, **label} for number, photo in some if number % 10 == 0]
            connection.execute(insert(tables.labels), said)
            stands = [
                {"photo_id": one["photo_id"], "fault": BLINK.name, "label_id": one["id"], "value": BLINK.negative}
                for one in said
            ]
            connection.execute(insert(tables.standing), stands)
    similar.keep(made, BLINK, MODEL, ids, np.random.default_rng(0).normal(size=(count, WIDTH)))
    return ids[::10]


if __name__ == "__main__":
    main()
