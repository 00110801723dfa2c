"""Synthetic blinks for training, made of open-eyed photos whose views are kept; and how many are wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.learning.examples import Examples
from workbench.vision import synthetic, views

MOST = 800  # blinks; with as many open controls they take five to eight seconds
ENOUGH = 300  # real blinks, from which on synthetic ones are left out
FEW = 200  # blinks, real and synthetic together, that a network is given at the least
WARPS = 8  # of one photo at most, while others are left: more of the same eye teach nothing new
CLOSED, PARTIAL, OPEN = (0.75, 1.0), (0.5, 0.75), (0.0, 0.25)  # of the gap
PARTIALS = 0.25  # share of the blinks
PRESENCE, YAW = 0.5, 30.0  # of a face whose eyes both show: least presence, most degrees to a side


@dataclass(frozen=True)
class Synthetic:
    """Eye crops that were made: `eyes` uint8 (m, 2, 48, 64), `truth` bool (m,), and of which examples, `rows` (m,)."""

    eyes: np.ndarray
    truth: np.ndarray
    rows: np.ndarray

    def __post_init__(self) -> None:
        if self.eyes.shape != (len(self.truth), *views.EYES) or self.eyes.dtype != np.uint8:
            raise ValueError(f"eyes must be uint8 ({len(self.truth)}, 2, 48, 64), got {self.eyes.shape}")
        if self.rows.shape != self.truth.shape:
            raise ValueError(f"rows must be {self.truth.shape}, got {self.rows.shape}")

    def __len__(self) -> int:
        return len(self.truth)


def wanted(truth: np.ndarray, share: float | None = None) -> int:
    """How many synthetic blinks to add to a training side with that `truth` (n,), at most 800.

    A `share` 0..1 makes them that share of all blinks: r real ones are joined by r · share / (1 − share), and 1 gives
    as many as there may be. Where there is no real blink, any share above 0 does so, too. None decides by r: from 300
    on none; from 100 on as many as the real ones (share ½); under 100 as many as make 200 together (⁴⁄₅ at 40, ⁹⁄₁₀ at
    20); with no real one as many as there may be. Never more than eight for each open-eyed photo to make them of.
    """
    if share is not None and not 0 <= share <= 1:
        raise ValueError(f"share must lie in 0..1, got {share}")
    real = int(np.count_nonzero(truth))
    most = min(MOST, WARPS * (len(truth) - real))
    if share == 0 or (share is None and real >= ENOUGH):
        return 0
    if real == 0 or share == 1:
        return most
    number = max(real, FEW - real) if share is None else round(real * share / (1 - share))
    return min(number, most)


def synthesize(
    examples: Examples,
    count: int,
    rng: np.random.Generator,
    *,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Synthetic:
    """`count` blinks, at most 800, and as many open controls, of the open-eyed photos among `examples`.

    Give it only the training side. The blinks come first, and each photo gives as many controls as blinks, so that
    neither the person nor the traces of warping tell the two apart; a quarter of the blinks are partial. Photos are
    taken evenly from all groups, several times where they are fewer. Without a usable photo it gives none. `tell`
    hears of pictures done and in all; they take about 3 ms each.
    """
    usable = np.flatnonzero(_usable(examples))
    count = min(max(count, 0), MOST) if len(usable) else 0
    rows = usable[spread([examples.groups[row] for row in usable], count, rng)]
    amounts = np.concatenate([_closing(count, rng), rng.uniform(*OPEN, count)])
    made = np.empty((2 * count, *views.EYES), np.uint8)
    for done, row in enumerate(np.tile(rows, 2)):
        places = views.in_crops(examples.points[row], tuple(examples.sizes[row]))
        made[done] = synthetic.close_crops(examples.eyes[row], places, float(amounts[done]), rng=rng)
        tell(done + 1, 2 * count)
    return Synthetic(made, np.arange(2 * count) < count, np.tile(rows, 2))


def spread(groups: Sequence[str], count: int, rng: np.random.Generator) -> np.ndarray:
    """Positions (count,) of photos with those `groups`, each group in turn; within one, each photo before one again.

    A photo comes at most eight times, or as often as needed where there are so few: a group of three photos does not
    have to match one of five hundred.
    """
    if not groups:
        return np.empty(0, int)
    times = max(WARPS, -(-count // len(groups)))
    chance = rng.permutation(len(groups))
    _, group = np.unique(groups, return_inverse=True)
    order = np.lexsort((chance, group))
    sizes = np.bincount(group)
    place = np.empty(len(groups), int)
    place[order] = np.arange(len(groups)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    turn = place[:, None] + np.arange(times) * sizes[group][:, None]
    first = np.lexsort((rng.random(turn.size), turn.ravel()))[:count]
    return first // times


def _usable(examples: Examples) -> np.ndarray:
    """Whether a photo (n,) shows two open eyes that a lid can be drawn over."""
    presence, yaw = (examples.geometry[:, views.GEOMETRY.index(name)] for name in ("presence", "yaw"))
    return examples.face & ~examples.truth & (presence >= PRESENCE) & (np.abs(yaw) <= YAW)


def _closing(count: int, rng: np.random.Generator) -> np.ndarray:
    """Shares of the gap (count,) that blinks close."""
    partial = rng.random(count) < PARTIALS
    return np.where(partial, rng.uniform(*PARTIAL, count), rng.uniform(*CLOSED, count))
