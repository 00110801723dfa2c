"""Synthetic blinks: the upper lid of an open-eyed photo drawn down over the eye along its landmarks.

Both classes then come from the same camera, light and person, so that a network cannot learn the source of a
picture instead of the eyes; and a photographer with few blinks can train at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter, gaussian_filter1d, map_coordinates

from workbench.vision import anatomy

SIDES = {"right": anatomy.RIGHT, "left": anatomy.LEFT}
REACH = (1.06, 1.12)  # share of the gap after which the lids meet: lashes hide the lower lid's edge
LASHES = 0.09  # of the eye's width above the lid's edge: they travel as they are
# Of the eye's width above the lid: skin that stretches, less where a brow or a frame begins.
LIFT = (0.14, 0.42)
SMOOTHING = 0.1  # of the eye's width: far stretched skin is smoothed by this, or it would show streaks
GRAIN = 2.0  # pixels: finer than this is the skin's grain, which is taken from the cheek
CHEEK = 0.62  # of the eye's width under the eye
DARK = 0.72  # a brow or a frame is darker than this share of the skin under it
GLOW = 0.1  # how much lighter the middle of a closed lid is, as it bulges towards the light
LASH_LINE = (0.65, 0.045)  # how much darker the closed lid's edge is, and how thick in eye widths
SPAN = 1.1  # of the eye's width around its middle: what is touched
SOFTNESS = 1.2  # pixels over which the lid's edge blends into the eye


@dataclass(frozen=True)
class Lids:
    """One eye in its own level frame: x from corner to corner, y downwards, in pixels from its middle.

    `middle` (2,) and `along` (2,), a unit vector, place the frame in the photo. `x`, `upper` and `lower` are
    samples of both lid edges; `width` is the distance of the corners.
    """

    middle: np.ndarray
    along: np.ndarray
    width: float
    x: np.ndarray
    upper: np.ndarray
    lower: np.ndarray

    def to_photo(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Columns and rows of the photo for places of the frame."""
        (cosine, sine), (column, row) = self.along, self.middle
        return column + x * cosine - y * sine, row + x * sine + y * cosine

    def from_photo(self, columns: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Places of the frame for columns and rows of the photo."""
        (cosine, sine), (column, row) = self.along, self.middle
        return (
            (columns - column) * cosine + (rows - row) * sine,
            (rows - row) * cosine - (columns - column) * sine,
        )


def close_eyes(
    image: Image.Image,
    points: np.ndarray,
    amount: float,
    *,
    rng: np.random.Generator,
    sides: Sequence[str] = ("right", "left"),
) -> Image.Image:
    """The photo with `amount` (0..1) of the gap between the lids closed, in one of many ways drawn by `rng`.

    `points` are landmarks (478, 2) in pixels of `image`. An amount of 0 gives an open control: its eyes carry
    the same traces of resampling. `sides` names the subject's eyes to close.
    """
    if not 0 <= amount <= 1:
        raise ValueError(f"amount must lie in 0..1, got {amount}")
    closed = image.convert("RGB") if image.mode != "RGB" else image.copy()
    reach, jitter = rng.uniform(*REACH), rng.uniform(0.35, 0.65, 2)
    for side in sides:
        _close(closed, lids(points, SIDES[side]), amount * reach, jitter)
    return closed


def lids(points: np.ndarray, eye: anatomy.Eye) -> Lids:
    """Both lid edges of one eye, smooth through its landmarks."""
    start, end = points[eye.six[0]].astype(np.float64), points[eye.six[3]].astype(np.float64)
    width = max(float(np.hypot(*(end - start))), 1.0)
    along, middle = (end - start) / width, (start + end) / 2
    x = np.linspace(-0.5, 0.5, 81) * width
    upper, lower = (_edge(points[list(edge)] - middle, along, x) for edge in (eye.upper, eye.lower))
    return Lids(middle, along, width, x, np.minimum(upper, lower), lower)


def _edge(offsets: np.ndarray, along: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Heights of a lid's edge at `x` of the level frame."""
    across, down = offsets @ along, offsets @ np.array([-along[1], along[0]])
    order = np.argsort(across)
    # A head turned far away may fold the corner landmarks over each other: keep places strictly increasing.
    places = np.maximum.accumulate(across[order] + np.arange(len(across)) * 1e-6)
    places += np.arange(len(places)) * 1e-9
    return gaussian_filter1d(PchipInterpolator(places, down[order], extrapolate=True)(x), 2, mode="nearest")


def _close(image: Image.Image, eye: Lids, amount: float, jitter: np.ndarray) -> None:
    """Draws the upper lid of one eye down, in place."""
    reach = eye.width * SPAN
    left, top = np.floor(np.maximum(eye.middle - reach, 0)).astype(int)
    right, bottom = np.ceil(np.minimum(eye.middle + reach, image.size)).astype(int)
    if right - left > 1 and bottom - top > 1:
        part = np.asarray(image.crop((left, top, right, bottom)), np.float32)
        drawn = _closed(part, replace(eye, middle=eye.middle - (left, top)), amount, jitter)
        image.paste(Image.fromarray(drawn.clip(0, 255).round().astype(np.uint8)), (left, top))


def _closed(pixels: np.ndarray, eye: Lids, amount: float, jitter: np.ndarray) -> np.ndarray:
    """The surroundings of one eye with its upper lid drawn down over `amount` of the gap."""
    grid = np.indices(pixels.shape[:2]).astype(np.float64)
    rows, columns = grid[0], grid[1]
    x, y = eye.from_photo(columns, rows)
    upper, lower = np.interp(x, eye.x, eye.upper), np.interp(x, eye.x, eye.lower)
    drop = np.where(np.abs(x) < eye.width / 2, lower - upper, 0) * amount
    height = upper + drop - y  # above the lid's new edge
    lift = np.interp(x, eye.x, _free_skin(pixels, eye))
    shift = _lid_shift(height, drop, eye.width, lift)
    # Half a pixel of shift everywhere: open controls are resampled like closed eyes.
    window = np.clip((1 - np.hypot(x, y) / (SPAN * eye.width)) / 0.3, 0, 1)
    aside, down = jitter[0] * window, jitter[1] * window
    source_columns, source_rows = eye.to_photo(x, y - shift)
    lid = _sampled(pixels, source_columns + aside, source_rows + down)
    skin = _skin(pixels, eye, (x, y), shift)
    lid += (skin - lid) * _stretched(height, shift, drop, (eye.width, lift))[..., None]
    ball = _sampled(pixels, columns + aside, rows + down)
    covered = np.clip(height / SOFTNESS + 0.5, 0, 1)[..., None]
    return _shading(x / eye.width, height / eye.width, drop / eye.width, amount)[..., None] * (
        covered * lid + (1 - covered) * ball
    )


def _lid_shift(height: np.ndarray, drop: np.ndarray, width: float, lift: np.ndarray) -> np.ndarray:
    """How far the skin at a height above the lid's new edge came down: fully at the lashes, less higher up."""
    lashes = LASHES * width
    fraction = np.clip((height - lashes) / (lift + drop - lashes), 0, 1)
    return drop * (1 - fraction) ** 1.15


def _stretched(
    height: np.ndarray, shift: np.ndarray, drop: np.ndarray, lengths: tuple[float, np.ndarray]
) -> np.ndarray:
    """0..1: how much the lid must be smoothed, being drawn out of little skin. `lengths`: width and lift."""
    width, lift = lengths
    moved = np.clip(shift / (drop.max() + 1e-6), 0, 1)
    above_lashes = np.clip(height / (LASHES * width) - 0.5, 0, 1)
    return moved * above_lashes * np.clip(drop / lift - 0.3, 0, 1)


def _skin(pixels: np.ndarray, eye: Lids, place: tuple[np.ndarray, np.ndarray], shift: np.ndarray) -> np.ndarray:
    """Smoothed lid with the cheek's grain."""
    x, y = place
    smooth = gaussian_filter(pixels, (SMOOTHING * eye.width, SMOOTHING * eye.width, 0))
    grain = pixels - gaussian_filter(pixels, (GRAIN, GRAIN, 0))
    under = _sampled(grain, *eye.to_photo(x, y + CHEEK * eye.width))
    return _sampled(smooth, *eye.to_photo(x, y - shift)) + under


def _shading(x: np.ndarray, height: np.ndarray, drop: np.ndarray, amount: float) -> np.ndarray:
    """Light on a closed lid and the dark line of its lashes, as a factor; lengths are in eye widths."""
    within = np.clip(1.1 - (2 * x) ** 2, 0, 1) * (np.abs(x) < 0.5)
    bulge = np.exp(-(((height / np.maximum(drop, 0.02) - 0.55) / 0.4) ** 2)) * np.clip(drop / 0.05, 0, 1)
    darkness, thickness = LASH_LINE
    line = darkness * amount**2 * np.exp(-((height / thickness) ** 2))
    return 1 + within * (GLOW * amount * bulge - line)


def _free_skin(pixels: np.ndarray, eye: Lids) -> np.ndarray:
    """How far above each sample of the upper lid there is only skin: to a brow or a frame of spectacles."""
    lowest, highest = (limit * eye.width for limit in LIFT)
    heights = np.arange(LASHES * eye.width + 1, highest, 1.0)
    y = eye.upper - heights[:, None]
    light = _sampled(pixels, *eye.to_photo(np.broadcast_to(eye.x, y.shape), y)).mean(axis=2)
    light = gaussian_filter1d(light, len(eye.x) / 20, axis=1)
    dark = light < DARK * np.maximum.accumulate(light, axis=0)
    free = np.where(dark.any(axis=0), heights[dark.argmax(axis=0)] - 2, highest)
    return gaussian_filter1d(free.clip(lowest, highest), len(eye.x) / 10, mode="nearest")


def _sampled(pixels: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    channels = [map_coordinates(pixels[..., c], [rows, columns], order=1, mode="nearest") for c in range(3)]
    return np.stack(channels, axis=-1)
