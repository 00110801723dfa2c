"""Answers and pages that tests of Inspect look at."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

from tests.ui.judged import Person
from tests.ui.visiting import opened
from workbench.archive import catalog
from workbench.archive.splits import VALIDATION
from workbench.faults import BLINK
from workbench.learning import (
    evaluation,
    flags,
    inspection,
)
from workbench.learning.audit import Audit
from workbench.learning.explanations import Why
from workbench.learning.flags import Flag
from workbench.learning.inspection import Judged
from workbench.settings import HOME, Settings

ANA = Person("Ana", missed=(0.05, 0.2, None), alarms=(0.9, 0.7, 0.6), found=(0.95,) * 4, kept=(0.1,) * 20)


FOUR = [replace(ANA, name=name) for name in ("Ana", "Ben", "Eve", "Zoe")]


OPENED = """
from streamlit.testing.v1 import AppTest
from workbench.settings import HOME
app = AppTest.from_file("workbench/ui/app.py", default_timeout=20).run()
app.switch_page(str(HOME / "pages/inspect.py")).run()
assert not app.exception and not app.error
"""


def judged(probability: list[float], truth: list[bool], *, threshold: float = 0.5, **about: Any) -> Judged:
    """Photos of one person each, named by their number."""
    n = len(truth)
    names = np.array([f"{number:032}" for number in range(n)], "U32")
    vectors = {"photos": names, "sessions": names, "groups": names, "sides": np.full(n, VALIDATION, "U10")}
    known = {"fair": np.ones(n, bool), "out_of_fold": np.ones(n, bool), "labels": np.arange(n)}
    said = {"truth": np.array(truth, bool), "probability": np.array(probability, float)}
    return Judged(BLINK, "mine", threshold, **vectors, **known, **said, **about)


SOME = judged([0.1, 0.9, 0.8, 0.3, 0.2, np.nan], [True, True, False, False, False, True])


def read(settings: Settings) -> tuple[Any, Judged]:
    engine = catalog.open_catalog(settings)
    return engine, inspection.read(settings, engine, BLINK, "starter")


PEOPLE = [
    Person(name, missed=(0.05, 0.2, None), alarms=(0.9, 0.7), found=(0.95,) * 4, kept=(0.1,) * 20)
    for name in ("Ana", "Ben", "Eve", "Zoe")
]


MINE = judged([0.9, 0.2, 0.8, 0.1, 0.6, np.nan], [True, True, False, False, True, True])


OTHER = replace(judged([0.3, 0.3, 0.2, 0.9, 0.9, 0.9], [True, True, False, False, True, True]), model="other")


def many(seed: int, *, sharp: float = 0.45) -> Judged:
    """400 photos of forty people; the sharper the model, the further the classes are apart."""
    rng = np.random.default_rng(seed)
    truth = np.random.default_rng(0).random(400) < 0.3
    said = np.clip(sharp * truth + (1 - sharp) * rng.random(400), 0, 1)
    people = np.array([f"{number // 10:032}" for number in range(400)], "U32")
    return replace(judged(said.tolist(), truth.tolist()), groups=people)


def evaluate(one: Judged) -> evaluation.Evaluation:
    return evaluation.evaluate(one.truth, one.probability, one.group, threshold=one.threshold)


def add_model(settings: Settings, version: str) -> None:
    folder = settings.models / "blink" / version
    shutil.copytree(HOME / "models" / "blink" / "starter", folder)
    path = folder / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": version}))


def flag(name: str, *, raised: bool = False, figure: float | None = 0.0, shown: tuple[str, ...] = ()) -> Flag:
    between = (0.91, 0.95) if figure is not None and name in (flags.PAINTED, flags.BACKGROUND) else (None, None)
    return Flag(name, raised, figure, *between, f"What of {name}.", shown)


def audited(**named: Flag) -> Audit:
    known = {one.name: one for one in named.values()}
    all_of_them = tuple(known.get(name, flag(name)) for name in flags.NAMES)
    return Audit("mine", "2026-11-22T16:00:00", "ab", 4566, all_of_them)


NUMBERS = (
    ("left eye open less than in the subject's other photos", 1.2),
    ("mouth open more than in the subject's other photos", -0.3),
)
WHY = Why(np.zeros((2, 48, 64), np.float32), None, NUMBERS, 0.97, 0.46, 0.8, ("Grad-CAM",))


def inspected(view: str, **address: str) -> AppTest:
    return opened("pages/inspect.py", view=view, **address)
