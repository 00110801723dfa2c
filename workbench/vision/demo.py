"""Two demo sessions made from public-domain portraits: a headshot shoot with blinks whose truth is known.

Every photo is another crop, pose and light of one portrait. Nobody's clients are in them, and they may be
shown.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from workbench import assets
from workbench.errors import WorkbenchError
from workbench.faults import BLINK
from workbench.settings import Settings
from workbench.vision import anatomy
from workbench.vision.landmarks import Landmarker
from workbench.vision.synthetic import close_eyes

WIDTH, HEIGHT = 880, 1120
CELL = 40  # the photo is bent in squares of this side
MARGIN = 6  # pixels of the enlarged portrait that stay unused at its rim
QUALITY = 90
ORIENTATION, DESCRIPTION, EXIF_FOLDER, TAKEN, TAKEN_SUBSECONDS = 0x0112, 0x010E, 0x8769, 0x9003, 0x9291
MADE_FROM = "Eye Spy demo, made from a public-domain portrait"
CLOSED, HALF_OPEN = 0.5, 0.3  # a lid closed so far is a blink; between the two nobody could say


@dataclass(frozen=True)
class Sitting:
    """One demo session: its folder's name, the portrait, when it began and how the portrait is prepared.

    `tightness` is how wide the frame is, in eye distances; `saturation` and `softening` tame an old print.
    """

    name: str
    portrait: str
    began: datetime
    tightness: float
    saturation: float = 1.0
    softening: float = 0.0


SITTINGS = (
    Sitting("2026-11-14 Grace", assets.GRACE_HOPPER, datetime(2026, 11, 14, 10, 4, 11), 4.9, 0.8, 0.7),
    Sitting("2026-11-15 Eileen", assets.ASTRONAUT, datetime(2026, 11, 15, 14, 31, 50), 6.4),
)


@dataclass(frozen=True)
class Shot:
    """One photo to make: when it was taken, how far the lids are closed, the camera's place, and the light.

    `zoom` 1 is the sitting's own; `aside` and `up` shift the frame, in eye distances; `roll` turns the camera
    and `tilt` the head against the shoulders, in degrees; `turn` and `nod` move the face within the head, in
    eye distances; `exposure` is in stops, `warmth` in parts of red over blue, `slope` is how much lighter the
    left side is.
    """

    taken: datetime
    closed: float
    zoom: float
    aside: float
    up: float
    roll: float
    tilt: float
    turn: float
    nod: float
    exposure: float
    warmth: float
    slope: float


@dataclass(frozen=True)
class Plan:
    """How many photos a session has, what its chance starts from, and how many threads make it."""

    seed: tuple[int, int]
    photos: int
    workers: int


class FolderTaken(WorkbenchError):
    """Something that is not a demo session stands where one should go."""

    def __init__(self, place: Path) -> None:
        super().__init__(
            f"“{place}” is there already, but it is not a demo session. Move it away, or name another folder."
        )


@dataclass(frozen=True)
class Portrait:
    """A portrait, enlarged, with its landmarks (478, 2) in pixels."""

    image: Image.Image
    points: np.ndarray

    @property
    def eyes(self) -> np.ndarray:
        """The middle between the eyes (2,)."""
        corners = [index for eye in anatomy.EYES for index in (eye.outer, eye.inner)]
        middle: np.ndarray = self.points[corners].mean(axis=0)
        return middle

    @property
    def unit(self) -> float:
        """The distance of the eyes: every length of a shot is counted in it."""
        return anatomy.eye_distance(self.points)


def make(settings: Settings, folder: Path, *, seed: int = 0, photos: int = 60) -> list[Path]:
    """Two sessions of `photos` JPEGs each under `folder`, and their labels.csv; gives both session folders.

    Beside the photos stands truth.csv (file, closed). labels.csv (session, file, label) calls a lid closed by
    half or more BLINKING and one under .3 NON_BLINKING, and leaves out what lies between. The same seed makes
    the same bytes. A session that is there already stays as it is; one appears whole or not at all. Raises
    MissingAsset and FolderTaken.
    """
    if photos < 1:
        raise ValueError(f"a session needs at least one photo, got {photos}")
    folder.mkdir(parents=True, exist_ok=True)
    landmarker = Landmarker(assets.path(settings, assets.FACE_LANDMARKER))
    sessions = [folder / sitting.name for sitting in SITTINGS]
    for number, (sitting, session) in enumerate(zip(SITTINGS, sessions, strict=True)):
        if not session.exists():
            plan = Plan((seed, number), photos, settings.workers)
            _hold(_portrait(settings, sitting, landmarker), sitting, session, plan)
        elif not (session / "truth.csv").is_file():
            raise FolderTaken(session)
    _write_labels(sessions, folder / "labels.csv")
    return sessions


def _portrait(settings: Settings, sitting: Sitting, landmarker: Landmarker) -> Portrait:
    with Image.open(assets.path(settings, sitting.portrait)) as opened:
        image = opened.convert("RGB")
    if sitting.softening:
        image = image.filter(ImageFilter.GaussianBlur(sitting.softening))
    image = Image.blend(image.convert("L").convert("RGB"), image, sitting.saturation)
    face = landmarker.subject(image)
    assert face is not None, f"{sitting.portrait} was verified, so its face is found"
    enlargement = WIDTH / (sitting.tightness * face.eye_distance)
    size = (round(image.width * enlargement), round(image.height * enlargement))
    image = image.resize(size, Image.Resampling.LANCZOS)
    image = image.filter(ImageFilter.UnsharpMask(radius=3, percent=60, threshold=2))
    return Portrait(image, face.points * np.float32(enlargement))


def _hold(portrait: Portrait, sitting: Sitting, session: Path, plan: Plan) -> None:
    """Makes one session beside its place and moves it there when it is whole."""
    making = Path(tempfile.mkdtemp(dir=session.parent, prefix=".making-"))
    planned = list(shots(sitting, np.random.default_rng(plan.seed), plan.photos))
    names = [f"IMG_{number:04}.jpg" for number in range(1, plan.photos + 1)]

    def take(number: int) -> None:
        chance = np.random.default_rng((*plan.seed, number))
        photo = _taken(portrait, sitting, planned[number], chance)
        (making / names[number]).write_bytes(_jpeg(photo, planned[number]))

    try:
        with ThreadPoolExecutor(plan.workers) as executor:
            list(executor.map(take, range(plan.photos)))
        truth = [(name, f"{shot.closed:.2f}") for name, shot in zip(names, planned, strict=True)]
        _write_table(making / "truth.csv", ("file", "closed"), truth)
        making.chmod(0o755)
        making.replace(session)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def shots(sitting: Sitting, rng: np.random.Generator, photos: int) -> Iterator[Shot]:
    """The shots of a sitting in the camera's order, in bursts of 3–6 that share pose, frame and light."""
    closed = lids(rng, photos)
    taken, done = sitting.began, 0
    while done < photos:
        length = min(int(rng.integers(3, 7)), photos - done)
        burst = _scene(rng)
        for amount in closed[done : done + length]:
            yield Shot(taken, float(amount), **_moved(burst, rng))
            taken += timedelta(milliseconds=int(rng.integers(180, 420)))
        taken += timedelta(seconds=float(rng.uniform(4, 45)))
        done += length


def lids(rng: np.random.Generator, photos: int) -> np.ndarray:
    """How far the lids are closed in each photo: a tenth are blinks, some half closed or lowered, most open."""
    blinks, halfway, lowered = round(photos / 10), round(photos / 20), round(photos / 8)
    closed = rng.uniform(0, 0.05, photos)
    order = rng.permutation(photos)
    places = np.split(order, np.cumsum((blinks, halfway, lowered)))
    closed[places[0]] = rng.uniform(0.92, 1, len(places[0]))
    closed[places[0][:1]] = rng.uniform(0.6, 0.75)  # one blink on its way
    closed[places[1]] = rng.uniform(HALF_OPEN + 0.02, CLOSED - 0.05, len(places[1]))
    closed[places[2]] = rng.uniform(0.08, HALF_OPEN - 0.05, len(places[2]))
    return closed.round(2)


# How far each setting of a shot wanders from burst to burst, and within one.
_BETWEEN = {
    "zoom": 0.09, "aside": 0.35, "up": 0.16, "roll": 2.2, "tilt": 3.2, "turn": 0.05, "nod": 0.03,
    "exposure": 0.09, "warmth": 0.022, "slope": 0.06,
}  # fmt: skip
_WITHIN = {
    "zoom": 0.006, "aside": 0.03, "up": 0.025, "roll": 0.25, "tilt": 0.5, "turn": 0.008, "nod": 0.007,
    "exposure": 0.012, "warmth": 0.002, "slope": 0.004,
}  # fmt: skip


def _scene(rng: np.random.Generator) -> dict[str, float]:
    return {name: spread * float(np.clip(rng.standard_normal(), -2, 2)) for name, spread in _BETWEEN.items()}


def _moved(scene: dict[str, float], rng: np.random.Generator) -> dict[str, float]:
    moved = {name: value + float(rng.normal(0, _WITHIN[name])) for name, value in scene.items()}
    return moved | {"zoom": float(np.exp(moved["zoom"]))}


def _taken(portrait: Portrait, sitting: Sitting, shot: Shot, rng: np.random.Generator) -> Image.Image:
    """The photo of one shot."""
    image = close_eyes(portrait.image, portrait.points, shot.closed, rng=rng)
    framed = image.transform(
        (WIDTH, HEIGHT), Image.Transform.MESH, _mesh(portrait, sitting, shot), Image.Resampling.BILINEAR
    )
    return _grainy(_lit(framed, shot), rng)


def _mesh(portrait: Portrait, sitting: Sitting, shot: Shot) -> Sequence[tuple[tuple[int, ...], tuple[float, ...]]]:
    """Squares of the photo and the corners that they show of the portrait."""
    ys, xs = np.mgrid[0 : HEIGHT + 1 : CELL, 0 : WIDTH + 1 : CELL].astype(np.float64)
    at = _posed(portrait, shot, _framed(portrait, sitting, shot, np.stack([xs, ys], axis=-1)))
    at = at.clip(MARGIN, np.array(portrait.image.size) - MARGIN)
    mesh = []
    for row in range(at.shape[0] - 1):
        for column in range(at.shape[1] - 1):
            corners = at[row, column], at[row + 1, column], at[row + 1, column + 1], at[row, column + 1]
            x, y = column * CELL, row * CELL
            mesh.append(((x, y, x + CELL, y + CELL), tuple(float(v) for corner in corners for v in corner)))
    return mesh


def _framed(portrait: Portrait, sitting: Sitting, shot: Shot, places: np.ndarray) -> np.ndarray:
    """Places of the photo in the portrait: zoomed, shifted and rolled, but never beyond the portrait's rim."""
    angle = np.radians(shot.roll)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    step = sitting.tightness * portrait.unit / WIDTH / shot.zoom
    size, room = np.array([WIDTH, HEIGHT]), np.array(portrait.image.size) - 4 * MARGIN
    reach = np.abs(turn) @ size * step
    step *= min(1, *(room / reach))
    reach = np.abs(turn) @ size * step / 2
    # The eyes stand in the upper part of a headshot, two fifths down.
    centre = portrait.eyes + turn @ (np.array([0, 0.1 * HEIGHT]) * step)
    centre = centre + np.array([shot.aside, shot.up]) * portrait.unit
    centre = centre.clip(reach + 2 * MARGIN, np.array(portrait.image.size) - reach - 2 * MARGIN)
    framed: np.ndarray = (places - size / 2) @ turn.T * step + centre
    return framed


def _posed(portrait: Portrait, shot: Shot, at: np.ndarray) -> np.ndarray:
    """The same places after the head has tilted about the neck, and the face turned a little within the head."""
    unit, neck = portrait.unit, portrait.eyes + np.array([0, 2.2 * portrait.unit])
    head = np.exp(-((((at - portrait.eyes) / (2.4 * unit)) ** 2).sum(axis=-1) ** 1.5))[..., None]
    angle = np.radians(shot.tilt) * head[..., 0]
    x, y = np.moveaxis(at - neck, -1, 0)
    tilted = np.stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], -1) + neck
    nose = portrait.points[1]
    face = np.exp(-(((tilted - nose) / (1.1 * unit)) ** 2).sum(axis=-1))[..., None]
    posed: np.ndarray = tilted - face * np.array([shot.turn, shot.nod]) * unit
    return posed


def _lit(image: Image.Image, shot: Shot) -> Image.Image:
    """The photo under the light of its burst: exposure, warmth, and a slope from left to right."""
    gains = 2**shot.exposure * np.array([1 + shot.warmth, 1, 1 - shot.warmth])
    tones = np.arange(256)[None] * gains[:, None]
    tones = np.where(tones > 225, 225 + 30 * np.tanh((tones - 225) / 30), tones)  # highlights roll off
    image = image.point([int(tone) for tone in tones.clip(0, 255).round().ravel()])
    slope = 255 * (1 - abs(shot.slope) * np.linspace(0, 1, 64))[None, :: 1 if shot.slope > 0 else -1]
    shade = Image.fromarray(slope.astype(np.uint8)).resize(image.size, Image.Resampling.BICUBIC)
    return ImageChops.multiply(image, Image.merge("RGB", [shade] * 3))


def _grainy(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Sensor noise: fine, stronger in the shadows, and mostly without colour."""
    grain = rng.standard_normal((HEIGHT + 1, WIDTH + 1), np.float32)
    grain = (grain[1:, 1:] + grain[:-1, 1:] + grain[1:, :-1]) / np.float32(1.7)
    strength = np.float32(3.2) - np.asarray(image.convert("L")) / np.float32(140)
    noise = (grain * strength).astype(np.int16)[..., None]
    return Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))


def _jpeg(image: Image.Image, shot: Shot) -> bytes:
    exif = Image.Exif()
    exif[DESCRIPTION], exif[ORIENTATION] = MADE_FROM, 1
    exif.get_ifd(EXIF_FOLDER).update(
        {
            TAKEN: shot.taken.strftime("%Y:%m:%d %H:%M:%S"),
            TAKEN_SUBSECONDS: f"{shot.taken.microsecond // 10000:02}",
        }
    )
    data = io.BytesIO()
    image.save(data, "JPEG", quality=QUALITY, subsampling=0, exif=exif)
    return data.getvalue()


def _write_labels(sessions: list[Path], file: Path) -> None:
    """labels.csv of both sessions, from their truth; one that is there already is left to its owner."""
    rows = []
    for session in sessions:
        with (session / "truth.csv").open(newline="") as table:
            shots = [(row["file"], float(row["closed"])) for row in csv.DictReader(table)]
        for name, closed in shots:
            if closed >= CLOSED or closed < HALF_OPEN:
                rows.append((session.name, name, BLINK.positive if closed >= CLOSED else BLINK.negative))
    if not file.exists():
        _write_table(file, ("session", "file", "label"), rows)


def _write_table(file: Path, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    whole = file.with_name(f".{file.name}")
    with whole.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened, lineterminator="\n").writerows([columns, *rows])
        opened.flush()
        os.fsync(opened.fileno())
    whole.replace(file)
