"""Searches, trials and models that tests of Tune look at."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.ui.judged import Person
from workbench.learning import recipes, spaces
from workbench.learning.cards import Card, Measurement
from workbench.learning.searches import Search, Trial

PLAN = spaces.plan(9, 3)


PEOPLE = [Person(name, missed=(0.1,), found=(0.9,), alarms=(0.8,), kept=(0.1, 0.2, 0.3)) for name in "ABCD"]


PAGE = """
from streamlit.testing.v1 import AppTest
from workbench.settings import HOME
app = AppTest.from_file("workbench/ui/app.py", default_timeout=20).run()
app.switch_page(str(HOME / "pages/tune.py"))
for view in ("models", "searches", "labels"):
    app.query_params["view"] = view
    assert not app.run().exception
"""


def trial(number: int, *, score: float | None = 0.9, bracket: int = 2, rung: int = 0, **about: Any) -> Trial:
    settings = about.pop("settings", {"filters": 8 * (number + 1), "learning_rate": 10.0**-number, "geometry": True})
    fixed = {"epochs": 1, "planned_epochs": 1, "status": "done", "curve": (0.8, 0.9), "seconds": 3.0}
    return Trial(id=f"{number:04}", bracket=bracket, rung=rung, score=score, settings=settings, **{**fixed, **about})


def search(*trials: Trial, **about: Any) -> Search:
    fixed: dict[str, Any] = {"preset": "quick", "space": "ours", "objective": "average precision", "minutes": 15.0}
    at = datetime(2026, 11, 22, 12)
    known = {"id": "quick", "fault": "blink", "fingerprint": "ab", "seed": 0, "started_at": at, "plan": PLAN}
    return Search(**{**known, **fixed, "trials": trials, **about})


def card(**about: Any) -> Card:
    counts = {"training": {"BLINKING": 60, "NON_BLINKING": 660, "groups": 11}}
    training = {"counts": counts, "parameters": 141346, "epochs": 12, "best_epoch": 9, "seconds": 71.4, "seed": 3}
    figures = {"accuracy": {"value": 0.946, "low": 0.936, "high": 0.954}}
    measured = tuple(Measurement(f"{side} side", "train", "2026-11-22", 100, 9, 4, figures) for side in ("test",))
    fixed = {"version": "mine", "fault": "blink", "kind": "network", "description": "A test's.", "views": ("eyes",)}
    known = {**fixed, "threshold": 0.46, "measured": measured, "training": training, "settings": recipes.Settings()}
    return Card(**{**known, **about})
