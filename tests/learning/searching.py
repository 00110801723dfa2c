"""Made-up photos that are told apart at a glance, and searches of a few seconds over them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from sqlalchemy import Engine

from tests import archive_rows
from workbench.faults import BLINK
from workbench.learning import examples, recipes
from workbench.learning.examples import Examples
from workbench.learning.spaces import AS_REPORTED, Asked, Preset
from workbench.settings import Settings
from workbench.vision import store, views
from workbench.vision.views import Views

TINY = Preset("tiny", AS_REPORTED, max_epochs=2, factor=2, minutes=10)
"""Five trials in three rungs, of one or two epochs each."""
SHORT = replace(recipes.STANDARD[recipes.FINAL], steps=2, batch=8)
PEOPLE, PHOTOS, BLINKS = 15, 6, 3


def archive(settings: Settings, engine: Engine) -> None:
    """Fifteen people with six labelled photos each, of which three are blinks; their views are kept."""
    rng = np.random.default_rng(0)
    for person in range(PEOPLE):
        names = [f"{person:016d}{photo:016d}" for photo in range(PHOTOS)]
        archive_rows.session(engine, f"person {person}", names)
        store.put(settings, {name: seen(photo < BLINKS, rng) for photo, name in enumerate(names)})
        for photo, name in enumerate(names):
            archive_rows.say(engine, name, BLINK.positive if photo < BLINKS else BLINK.negative)


def seen(closed: bool, rng: np.random.Generator) -> Views:
    """A bright photo, or a dark one."""
    level = 60 if closed else 180
    picture = {name: rng.normal(level, 20, shape) for name, shape in (("frame", views.FRAME), ("eyes", views.EYES))}
    return Views(
        faces=1,
        frame=np.clip(picture["frame"], 0, 255).astype(np.uint8),
        eyes=np.clip(picture["eyes"], 0, 255).astype(np.uint8),
        geometry=np.zeros(len(views.GEOMETRY), np.float32),
        points=np.zeros((478, 2), np.float32),
    )


def gathered(settings: Settings, engine: Engine) -> Examples:
    """The labelled photos as a search takes them."""
    with ThreadPoolExecutor(1) as executor:
        return examples.gather(settings, engine, executor)


def asked(**changes: object) -> Asked:
    """A tiny search."""
    return Asked(**{"preset": TINY, "base": SHORT, **changes})  # type: ignore[arg-type]
