"""Training pictures of eyes under other light, other cameras and other crops, so that a network learns the lids alone.

Without it a network learns the source of a picture: on other cameras it then called half of the good frames blinks.
"""

from __future__ import annotations

import numpy as np

from workbench.vision.views import EYE_HEIGHT, EYE_WIDTH

MOST = 2.0  # the largest strength
GAMMA = 0.7  # e^± this
CONTRAST = (0.4, 1.6)
BRIGHTNESS = 0.25  # of white, either way
DIM, BRIGHT = 30, 225  # no photo is made darker or lighter than this on the whole: no eye would be seen in it
GRADIENT = 0.25  # one rim of the crop is lighter by this share, the other darker
GLARE, FRAMES = 0.25, 0.25  # shares of the photos with a reflection and with the rim of spectacles
SHIFT = 0.1  # of the crop's width and height, either way
ZOOM = 0.2  # larger or smaller by this share at most
COARSEST = 4.0  # a camera that showed the eye with so many times fewer pixels each way
NOISE = 10.0  # standard deviation in steps of 0..255, at most
_DOWN, _ACROSS = np.linspace(-1, 1, EYE_HEIGHT, dtype=np.float32), np.linspace(-1, 1, EYE_WIDTH, dtype=np.float32)


def augmented(eyes: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Eye crops uint8 (n, 2, 48, 64) as they might have been taken otherwise, float32 of the same shape, 0..255.

    Both eyes of a photo share light and camera; each lies a little elsewhere in its crop. Every second photo is
    mirrored, which swaps its eyes, as both are stored like a right one. `strength` 0 changes nothing, 1 is what helped
    on photographs of other cameras, 2 the most there is. Raises ValueError for a strength outside.
    """
    if not 0 <= strength <= MOST:
        raise ValueError(f"strength must lie in 0..{MOST:g}, got {strength}")
    if strength == 0 or not len(eyes):
        return eyes.astype(np.float32)
    mirrored = rng.random(len(eyes)) < 0.5
    pictures = _toned(np.where(mirrored[:, None, None, None], eyes[:, ::-1], eyes), strength, rng)
    pictures *= _gradient(len(eyes), strength, rng)
    _add_frames(pictures, strength, rng)
    _add_glare(pictures, strength, rng)
    return _taken(pictures, strength, rng)


def _toned(eyes: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Another exposure, float32: gamma, then contrast around the photo's own mean, then brightness.

    As a table of 256 greys a photo, which costs less than powers of every pixel.
    """
    n = len(eyes)
    gamma = np.exp(rng.uniform(-GAMMA, GAMMA, n) * strength)
    contrast = rng.uniform(CONTRAST[0] ** min(strength, 1), CONTRAST[1] ** strength, n)
    brightness = rng.uniform(-BRIGHTNESS, BRIGHTNESS, n) * strength * 255
    greys = 255 * np.linspace(0, 1, 256) ** gamma[:, None]
    rows = np.arange(n)[:, None]
    mean = greys[rows, eyes[:, :, ::4, ::4].reshape(n, -1)].mean(axis=1)
    wanted = (mean + brightness).clip(np.minimum(mean, DIM), np.maximum(mean, BRIGHT))
    greys = (greys - mean[:, None]) * contrast[:, None] + wanted[:, None]
    return greys.clip(0, 255).astype(np.float32)[rows, eyes.reshape(n, -1)].reshape(eyes.shape)


def _gradient(n: int, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Light from a side, as a factor (n, 2, 48, 64): in the mirrored crop of the other eye it comes from the other."""
    across, down = (rng.uniform(-GRADIENT, GRADIENT, (2, n, 1, 1, 1)) * strength).astype(np.float32)
    sides = np.array([1, -1], np.float32)[:, None, None]
    return 1 + across * sides * _ACROSS + down * _DOWN[:, None]


def _add_frames(pictures: np.ndarray, strength: float, rng: np.random.Generator) -> None:
    """Draws the rim of spectacles over or under the eyes of some photos, in place; never across the lids."""
    some = _some(len(pictures), FRAMES * strength, rng)
    over = np.where(rng.random(len(some)) < 0.5, -1, 1) * rng.uniform(0.45, 0.95, len(some))
    slope, bow = rng.uniform(-0.15, 0.15, len(some)), -np.sign(over) * rng.uniform(0, 0.25, len(some))
    thickness, cover = rng.uniform(0.03, 0.12, len(some)), rng.uniform(0.4, 0.95, len(some))
    over, slope, bow, thickness, cover = (_column(values) for values in (over, slope, bow, thickness, cover))
    height = over + slope * _ACROSS + bow * _ACROSS**2
    line = cover * np.exp(-(((_DOWN[:, None] - height) / thickness) ** 2))
    grey = _column(rng.choice((15.0, 60.0, 190.0), len(some), p=(0.6, 0.25, 0.15)))
    pictures[some] += line[:, None] * (grey[:, None] - pictures[some])


def _add_glare(pictures: np.ndarray, strength: float, rng: np.random.Generator) -> None:
    """Adds a reflection to each eye of some photos, in place."""
    some = _some(len(pictures), GLARE * strength, rng)
    x, y = rng.uniform(-1, 1, (2, len(some), 2, 1)).astype(np.float32)
    wide, high = rng.uniform(0.08, 0.35, (2, len(some), 2, 1)).astype(np.float32)
    light = rng.uniform(40, 220, (len(some), 1, 1, 1)).astype(np.float32)
    across, down = np.exp(-(((_ACROSS - x) / wide) ** 2)), np.exp(-(((_DOWN - y) / high) ** 2))
    pictures[some] += light * down[..., None] * across[:, :, None]


def _some(n: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """Positions of about that share of n photos."""
    return np.flatnonzero(rng.random(n) < share)


def _column(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32)[:, None, None]


def _taken(pictures: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """The pictures as another camera takes them: elsewhere, nearer or farther, coarser, with noise.

    Moving and coarsening are linear and separable: all of it is one small matrix for the rows and one for the columns.
    """
    n = len(pictures)
    zoom = 1 / (1 + rng.uniform(-ZOOM, ZOOM, (n, 1)) * strength)
    down, across = rng.uniform(-SHIFT, SHIFT, (2, n, 2)) * strength
    coarseness = np.exp(rng.uniform(0, np.log(1 + (COARSEST - 1) * strength), (n, 1)))
    rows = _resampling(EYE_HEIGHT, down, zoom, coarseness)
    columns = _resampling(EYE_WIDTH, across, zoom, coarseness)
    seen = rows @ pictures.clip(0, 255) @ columns.swapaxes(-1, -2)
    noise = rng.uniform(0, NOISE * strength, (n, 1, 1, 1)).astype(np.float32)
    seen += noise * rng.standard_normal(seen.shape, np.float32)
    return seen.clip(0, 255, out=seen)


def _resampling(length: int, shift: np.ndarray, zoom: np.ndarray, coarseness: np.ndarray) -> np.ndarray:
    """Matrices (n, 2, length, length) that take a line of pixels to the same line seen otherwise.

    `shift` (n, 2) in shares of the length; `zoom` and `coarseness` (n, 1): pixels of the old line to one of the new
    and to one of the coarse line in between.
    """
    middle = (length - 1) / 2
    wanted = (np.arange(length) - middle)[None, None] * zoom[..., None] + middle + shift[..., None] * length
    wanted = wanted.clip(0, length - 1).astype(np.float32)
    coarse = coarseness[..., None].astype(np.float32)
    # Pixels of the coarse line lie `coarse` apart and each gathers as far as its neighbours' middles.
    places = (np.arange(length, dtype=np.float32) + 0.5) * coarse - 0.5
    gathered = _hats(places, np.arange(length, dtype=np.float32), coarse)
    spread = _hats(wanted, places, coarse)
    return spread @ gathered


def _hats(at: np.ndarray, of: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Linear weights (…, len(at), len(of)) that sum to 1: how much of each place `of` is seen `at` a place."""
    weights = np.maximum(0, 1 - np.abs(at[..., :, None] - of[..., None, :]) / width[..., None])
    return weights / np.maximum(weights.sum(axis=-1, keepdims=True), 1e-6)
