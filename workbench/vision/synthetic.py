"""Synthetic blinks: the upper lid of an open-eyed photo, or of its eye crops, drawn down along the landmarks.

Both classes then come from the same camera, light and person, so that a network cannot learn the source of a
picture instead of the eyes; and a photographer with few blinks can train at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, gaussian_filter1d, map_coordinates

from workbench.vision import anatomy

SIDES = {"right": anatomy.RIGHT, "left": anatomy.LEFT}
# The left eye as its mirrored crop shows it: the six begin at the left of the picture, there the outer corner.
MIRRORED = replace(anatomy.LEFT, six=(263, 387, 385, 362, 380, 373))
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
    covering, jitter = _chances(amount, rng)
    closed = image.convert("RGB") if image.mode != "RGB" else image.copy()
    for side in sides:
        _close(closed, lids(points, SIDES[side]), covering, jitter)
    return closed


def close_crops(eyes: np.ndarray, points: np.ndarray, amount: float, *, rng: np.random.Generator) -> np.ndarray:
    """Both crops of `views.eyes` with `amount` (0..1) of the gap closed, as `close_eyes` does it to the photo.

    `eyes` uint8 (2, 48, 64) stay as they are; `points` (2, 478, 2) are the landmarks in them, from `views.in_crops`.
    Raises ValueError for an amount outside.
    """
    covering, jitter = _chances(amount, rng)
    # A landmark counts from the edge of a pixel, an array from its middle.
    both = [lids(place - 0.5, eye) for place, eye in zip(points, (anatomy.RIGHT, MIRRORED), strict=True)]
    return _as_bytes(_closed(eyes.astype(np.float32), both, covering, jitter))


def _chances(amount: float, rng: np.random.Generator) -> tuple[float, np.ndarray]:
    """How much of the gap is covered, and the part of a pixel (2,) by which all is moved."""
    if not 0 <= amount <= 1:
        raise ValueError(f"amount must lie in 0..1, got {amount}")
    return amount * rng.uniform(*REACH), rng.uniform(0.35, 0.65, 2)


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
    return gaussian_filter1d(curve_through(places, down[order], x), 2, mode="nearest")


def curve_through(places: np.ndarray, heights: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Heights at `x` of the curve that rises and falls only where its points do; it goes on beyond the ends.

    Fritsch & Butland, “A Method for Constructing Local Monotone Piecewise Cubic Interpolants”, 1984: what
    `scipy.interpolate.PchipInterpolator` gives, without what it costs to prepare for so few points.
    """
    steps = np.diff(places)
    slopes = np.diff(heights) / steps
    tangents = np.array([_at_end(steps, slopes), *_inside(steps, slopes), _at_end(steps[::-1], slopes[::-1])])
    part = np.clip(np.searchsorted(places, x, side="right") - 1, 0, len(steps) - 1)
    step, away = steps[part], x - places[part]
    t = away / step
    bend = tangents[part] + tangents[part + 1] - 2 * slopes[part]
    return heights[part] + away * (tangents[part] + t * (slopes[part] - tangents[part] - bend + t * bend))


def _inside(steps: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Tangents at the inner points: the weighted harmonic mean of both slopes, flat at a peak."""
    before, after = 2 * steps[1:] + steps[:-1], steps[1:] + 2 * steps[:-1]
    peak = slopes[1:] * slopes[:-1] <= 0
    one, other = np.where(peak, 1, slopes[:-1]), np.where(peak, 1, slopes[1:])
    return np.where(peak, 0, (before + after) / (before / one + after / other))


def _at_end(steps: np.ndarray, slopes: np.ndarray) -> float:
    """Tangent at the first point, from a parabola through the first three."""
    tangent = float(((2 * steps[0] + steps[1]) * slopes[0] - steps[0] * slopes[1]) / (steps[0] + steps[1]))
    if np.sign(tangent) != np.sign(slopes[0]):
        return 0.0
    if np.sign(slopes[0]) != np.sign(slopes[1]) and abs(tangent) > 3 * abs(slopes[0]):
        return float(3 * slopes[0])
    return tangent


def _close(image: Image.Image, eye: Lids, amount: float, jitter: np.ndarray) -> None:
    """Draws the upper lid of one eye down, in place."""
    reach = eye.width * SPAN
    left, top = np.floor(np.maximum(eye.middle - reach, 0)).astype(int)
    right, bottom = np.ceil(np.minimum(eye.middle + reach, image.size)).astype(int)
    if right - left > 1 and bottom - top > 1:
        planes = np.moveaxis(np.asarray(image.crop((left, top, right, bottom)), np.float32), -1, 0)
        drawn = _closed(planes, [replace(eye, middle=eye.middle - (left, top))], amount, jitter)
        image.paste(Image.fromarray(np.moveaxis(_as_bytes(drawn), 0, -1)), (left, top))


def _as_bytes(pixels: np.ndarray) -> np.ndarray:
    return pixels.clip(0, 255).round().astype(np.uint8)


def _closed(planes: np.ndarray, eyes: Sequence[Lids], amount: float, jitter: np.ndarray) -> np.ndarray:
    """The surroundings of an eye with its upper lid drawn down over `amount` of the gap.

    `planes` (n, height, width) are the colours of one eye, or a plane for each of several `eyes` that all have the
    same middle, direction and width.
    """
    eye = eyes[0]
    grid = np.indices(planes.shape[1:]).astype(np.float64)
    rows, columns = grid[0], grid[1]
    x, y = eye.from_photo(columns, rows)
    upper, lower = (np.stack([np.interp(x, one.x, getattr(one, edge)) for one in eyes]) for edge in ("upper", "lower"))
    drop = np.where(np.abs(x) < eye.width / 2, lower - upper, 0) * amount
    height = upper + drop - y  # above the lid's new edge
    of_each = planes[None] if len(eyes) == 1 else planes[:, None]
    lift = np.stack([np.interp(x, one.x, _free_skin(own, one)) for own, one in zip(of_each, eyes, strict=True)])
    shift = _lid_shift(height, drop, eye.width, lift)
    # Half a pixel of shift everywhere: open controls are resampled like closed eyes.
    window = np.clip((1 - np.hypot(x, y) / (SPAN * eye.width)) / 0.3, 0, 1)
    aside, down = jitter[0] * window, jitter[1] * window
    source_columns, source_rows = eye.to_photo(x, y - shift)
    lid = _sampled(planes, source_columns + aside, source_rows + down)
    stretched = _stretched(height, shift, drop, (eye.width, lift))
    if stretched.any():  # a lid that hardly moves is not
        lid += (_skin(planes, eye, (x, y), shift) - lid) * stretched
    ball = _sampled(planes, columns + aside, rows + down)
    covered = np.clip(height / SOFTNESS + 0.5, 0, 1)
    light = _shading(x / eye.width, height / eye.width, drop / eye.width, amount)
    return light * (covered * lid + (1 - covered) * ball)


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
    moved = np.clip(shift / (drop.max(axis=(1, 2), keepdims=True) + 1e-6), 0, 1)
    above_lashes = np.clip(height / (LASHES * width) - 0.5, 0, 1)
    return moved * above_lashes * np.clip(drop / lift - 0.3, 0, 1)


def _skin(planes: np.ndarray, eye: Lids, place: tuple[np.ndarray, np.ndarray], shift: np.ndarray) -> np.ndarray:
    """Smoothed lid with the cheek's grain."""
    x, y = place
    smooth = gaussian_filter(planes, (0, SMOOTHING * eye.width, SMOOTHING * eye.width))
    grain = planes - gaussian_filter(planes, (0, GRAIN, GRAIN))
    under = _sampled(grain, *eye.to_photo(x, y + CHEEK * eye.width), beyond="mirror")
    return _sampled(smooth, *eye.to_photo(x, y - shift)) + under


def _shading(x: np.ndarray, height: np.ndarray, drop: np.ndarray, amount: float) -> np.ndarray:
    """Light on a closed lid and the dark line of its lashes, as a factor; lengths are in eye widths."""
    within = np.clip(1.1 - (2 * x) ** 2, 0, 1) * (np.abs(x) < 0.5)
    bulge = np.exp(-(((height / np.maximum(drop, 0.02) - 0.55) / 0.4) ** 2)) * np.clip(drop / 0.05, 0, 1)
    darkness, thickness = LASH_LINE
    line = darkness * amount**2 * np.exp(-((height / thickness) ** 2))
    return 1 + within * (GLOW * amount * bulge - line)


def _free_skin(planes: np.ndarray, eye: Lids) -> np.ndarray:
    """How far above each sample of the upper lid there is only skin: to a brow or a frame of spectacles."""
    lowest, highest = (limit * eye.width for limit in LIFT)
    heights = np.arange(LASHES * eye.width + 1, highest, 1.0)
    y = eye.upper - heights[:, None]
    light = _sampled(planes, *eye.to_photo(np.broadcast_to(eye.x, y.shape), y)).mean(axis=0)
    light = gaussian_filter1d(light, len(eye.x) / 20, axis=1)
    dark = light < DARK * np.maximum.accumulate(light, axis=0)
    free = np.where(dark.any(axis=0), heights[dark.argmax(axis=0)] - 2, highest)
    return gaussian_filter1d(free.clip(lowest, highest), len(eye.x) / 10, mode="nearest")


def _sampled(planes: np.ndarray, columns: np.ndarray, rows: np.ndarray, *, beyond: str = "nearest") -> np.ndarray:
    """The planes (n, height, width) at places which are the same for all of them, or of each its own.

    `beyond` is SciPy's word for what lies outside.
    """
    shape = (len(planes), *rows.shape[-2:])
    places = zip(planes, np.broadcast_to(rows, shape), np.broadcast_to(columns, shape), strict=True)
    return np.stack([map_coordinates(plane, place, order=1, mode=beyond) for plane, *place in places])
