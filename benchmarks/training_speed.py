"""How long a retraining takes, against one epoch of the network that the photographer's report began with.

`python -m benchmarks.training_speed`: 1,000 labelled photos, made up, in 20 sessions. The retraining is the whole of
it: gathering, drawing blinks, every epoch (it is kept from stopping early), the export, its check and the figures; and
the start of a process of its own. `--search` adds a quick search.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from sqlalchemy import Engine, insert

from workbench.archive import catalog, labels, sessions, splits, tables
from workbench.archive.catalog import writing
from workbench.archive.sessions import Session
from workbench.faults import BLINK
from workbench.learning import examples, recipes
from workbench.settings import Settings, from_environment
from workbench.vision import analysis, anatomy, store, views
from workbench.vision.views import GEOMETRY, Views

SESSIONS, PHOTOS, BLINKS = 20, 50, 10
AIM = "a whole retraining costs less than one epoch of “initial”"
SEARCHED = "a quick search takes at most 15 minutes"


def main() -> None:
    """Prints seconds and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--search", action="store_true", help="also run a quick search of at least 20 trials")
    parser.add_argument("--retrain", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.retrain:
        _retrain(from_environment())
        return
    with tempfile.TemporaryDirectory() as home:
        environment = _environment(Path(home))
        made = from_environment(environment)
        _fill(made, catalog.open_catalog(made))
        retraining = _seconds([sys.executable, "-m", "benchmarks.training_speed", "--retrain"], environment)
        epoch = _epoch(made)
        print(f"retraining “eyes” on {SESSIONS * PHOTOS} labelled photos: {retraining:.1f} s")
        print(f"one epoch of “initial” on its training side: {epoch:.1f} s")
        print(f"ratio {retraining / epoch:.2f} (aim: below 1, {AIM})")
        if asked.search:
            quick = _seconds([sys.executable, "-m", "workbench", "tune", "--preset", "quick", "--json"], environment)
            print(f"quick search: {quick / 60:.1f} min (aim: {SEARCHED})")


def _environment(home: Path) -> dict[str, str]:
    own = {"EYESPY_DATASETS": str(home / "datasets"), "EYESPY_MODELS": str(home / "models")}
    for folder in own.values():
        Path(folder).mkdir()
    return {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "EYESPY_DATABASE": f"sqlite:///{home}/datasets/catalog.db",
        **own,
    }


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    began = time.monotonic()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - began


def _retrain(made: Settings) -> None:
    from workbench.learning import training

    eyes = recipes.STANDARD[recipes.EYES]
    training.train(made, _gathered(made), replace(eyes, patience=eyes.epochs))


def _epoch(made: Settings) -> float:
    from workbench.learning import lessons, networks, training

    recipe = replace(recipes.STANDARD[recipes.INITIAL], epochs=1)
    learn = lessons.lesson(_gathered(made), recipe)
    checked = replace(learn, validation=learn.validation.take(np.arange(1)))  # the epoch alone, without its check
    training.seed(0)
    model = networks.build(recipe)
    began = time.monotonic()
    training.fit(model, recipe, checked)
    return time.monotonic() - began


def _gathered(made: Settings) -> examples.Examples:
    with analysis.pool(made) as executor:
        return examples.gather(made, catalog.open_catalog(made), executor)


def _fill(made: Settings, engine: Engine) -> None:
    """Labelled sessions without files: training never asks for them."""
    rng = np.random.default_rng(0)
    for number in range(SESSIONS):
        ids = [f"{number:04x}{index:028x}" for index in range(PHOTOS)]
        store.put(made, {photo: _views(index < BLINKS, rng) for index, photo in enumerate(ids)})
        with writing(engine) as connection:
            new = sessions.add(connection, Session("", f"S{number}", made.datasets / f"S{number}"))
            connection.execute(
                insert(tables.photos), [{"id": i, "width": 4000, "height": 6000, "faces": 1} for i in ids]
            )
            rows = [{"session_id": new.id, "name": f"{photo}.jpg", "photo_id": photo} for photo in ids]
            connection.execute(insert(tables.files), rows)
            said = [labels.Said(i, BLINK, BLINK.classes[n < BLINKS], labels.TYPED, "made") for n, i in enumerate(ids)]
            labels.say(connection, said)
    splits.assign(engine, BLINK)


def _views(closed: bool, rng: np.random.Generator) -> Views:
    """Noise with a hint of an iris where the eye is open."""
    eyes = rng.normal(120, 40, views.EYES)
    eyes[:, 14:34, 22:42] -= 0 if closed else 60
    geometry = rng.uniform(0, 0.5, len(GEOMETRY)).astype(np.float32)
    geometry[GEOMETRY.index("presence")] = 1
    points = rng.uniform(0.45, 0.55, (anatomy.LANDMARKS, 2)).astype(np.float32)
    frame = rng.integers(0, 255, views.FRAME, np.uint8)
    return Views(1, frame, eyes.clip(0, 255).astype(np.uint8), geometry, points)


if __name__ == "__main__":
    main()
