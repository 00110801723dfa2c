"""Research photographs as examples: two classes from different sources, or from the same one by drawn blinks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from workbench.faults import BLINK
from workbench.learning.examples import Examples
from workbench.vision import synthetic, views
from workbench.vision.landmarks import Landmarker
from workbench.vision.views import Views

_LONGER = 640


@dataclass(frozen=True)
class Shown:
    """A photo with a face: its views, class, group, and width and height."""

    views: Views
    truth: bool
    group: str
    size: tuple[int, int]


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.draft("RGB", (_LONGER, _LONGER))
        small = image.convert("RGB")
    small.thumbnail((_LONGER, _LONGER))
    return small


def closed_eyes_in_the_wild(folder: Path, landmarker: Landmarker, count: int) -> Iterable[Shown]:
    """As many of both classes; faces of one source photo are one group."""
    for name in BLINK.classes:
        found = sorted((folder / name).iterdir())
        for path in found[:: max(1, len(found) // (count // 2))][: count // 2]:
            image, numbered = opened(path), re.match(r"closed_eye_(\d+)", path.name)
            seen = views.look(image, landmarker)
            if seen.faces:
                yield Shown(seen, name == BLINK.positive, numbered[0] if numbered else path.name, image.size)


def drawn_blinks(folder: Path, landmarker: Landmarker, count: int) -> Iterable[Shown]:
    """Portraits of one source, half of them with lids drawn down and the others with the same traces of drawing."""
    rng = np.random.default_rng(0)
    found = sorted(folder.glob("*.jpg"))
    for path in found[:: max(1, len(found) // count)][:count]:
        image = opened(path)
        seen = views.look(image, landmarker)
        if seen.points is None:
            continue
        truth, points = bool(rng.random() < 0.5), seen.points * np.array(image.size)
        drawn = synthetic.close_eyes(image, points, rng.uniform(0.75, 1) if truth else rng.uniform(0, 0.25), rng=rng)
        warped = replace(seen, frame=views.frame(drawn), eyes=views.eyes(drawn, points))
        yield Shown(warped, truth, path.name, image.size)


def examples_of(shown: Iterable[Shown]) -> Examples:
    """Their arrays; of ten groups six are training, two validation and two test."""
    rows = list(shown)
    names = sorted({one.group for one in rows})
    order = np.random.default_rng(0).permutation(len(names)) % 10
    side = {
        name: "training" if place < 6 else "validation" if place < 8 else "test"
        for name, place in zip(names, order, strict=True)
    }
    return Examples(
        photos=tuple(f"{number:032x}" for number in range(len(rows))),
        sessions=("one",) * len(rows),
        groups=tuple(one.group for one in rows),
        sides=np.array([side[one.group] for one in rows], "U10"),
        truth=np.array([one.truth for one in rows], bool),
        face=np.ones(len(rows), bool),
        frame=np.array([one.views.frame for one in rows]),
        eyes=np.array([one.views.eyes for one in rows]),
        geometry=np.array([one.views.geometry for one in rows]),
        relative=np.full((len(rows), 4), np.nan, np.float32),
        points=np.array([one.views.points for one in rows]),
        sizes=np.array([one.size for one in rows], np.int32),
    )
