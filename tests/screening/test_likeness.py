"""Bursts: photos of nearly the same within seconds, the best-eyed first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import Engine, insert

from workbench.archive import catalog, sessions, tables
from workbench.archive.sessions import Session
from workbench.screening import likeness
from workbench.screening.likeness import Burst
from workbench.screening.screen import BLINK, CANT_TELL, KEEP, Screening, Verdict
from workbench.settings import Settings
from workbench.vision import anatomy, store, views
from workbench.vision.views import Views

MORNING = datetime(2026, 11, 20, 9, 0)
UPRIGHT, LYING = (800, 1200), (1200, 800)


@dataclass(frozen=True)
class Shot:
    """A photo of a test: when, of which scene and size, how open and sharp its eyes are, what the screening said."""

    second: float | None
    scene: int = 0
    size: tuple[int, int] = UPRIGHT
    group: str = KEEP
    probability: float | None = 0.1
    openness: float = 0.3
    sharpness: int = 40
    seen: bool = True


@pytest.fixture
def engine(settings: Settings) -> Engine:
    return catalog.open_catalog(settings)


def _found(settings: Settings, engine: Engine, shots: Sequence[Shot]) -> list[tuple[int, ...]]:
    """The bursts of these shots, by their numbers."""
    session, screening = _session(settings, engine, shots)
    found = likeness.bursts(settings, engine, session, screening)
    return [tuple(int(photo, 16) for photo in burst.photos) for burst in found]


def _session(settings: Settings, engine: Engine, shots: Sequence[Shot]) -> tuple[Session, Screening]:
    ids = [f"{number:032x}" for number in range(len(shots))]
    with catalog.writing(engine) as connection:
        session = sessions.add(connection, Session("", "Ana", Path("/nowhere/Ana")))
        for photo, shot in zip(ids, shots, strict=True):
            at = None if shot.second is None else MORNING + timedelta(seconds=shot.second)
            row = {"id": photo, "captured_at": at, "width": shot.size[0], "height": shot.size[1]}
            connection.execute(insert(tables.photos).values(row))
            connection.execute(insert(tables.files).values(session_id=session.id, name=f"{photo}.jpg", photo_id=photo))
    looks = {photo: _views(n, shot) for n, (photo, shot) in enumerate(zip(ids, shots, strict=True)) if shot.seen}
    store.put(settings, looks)
    verdicts = {photo: Verdict(photo, shot.group, shot.probability, "") for photo, shot in zip(ids, shots, strict=True)}
    at = tables.now()
    return session, Screening("e" * 32, session.id, "blink", "starter", 0.5, at, at, verdicts)


def _views(number: int, shot: Shot) -> Views:
    """A photo's views: its scene with a little noise, and eyes that are a chequered board, the left one wider open."""
    geometry = np.zeros(len(views.GEOMETRY), np.float32)
    geometry[[views.GEOMETRY.index(name) for name in ("earLeft", "earRight")]] = 0.9 - shot.openness, shot.openness
    board = np.indices(views.EYES).sum(axis=0) % 2 * shot.sharpness + 100
    points = np.zeros((anatomy.LANDMARKS, 2), np.float32)
    return Views(1, views.frame(_scene(shot.scene, shot.size, number)), board.astype(np.uint8), geometry, points)


def _scene(scene: int, size: tuple[int, int], number: int) -> Image.Image:
    """Something soft and light on a lighter ground; each scene has its own."""
    rng, own = np.random.default_rng(scene), np.random.default_rng(1000 + number)
    coarse = Image.fromarray(rng.integers(120, 220, (6, 5), dtype=np.uint8)).resize((100, 150))
    noisy = np.clip(np.asarray(coarse) + own.normal(0, 4, (150, 100)), 0, 255).astype(np.uint8)
    return Image.fromarray(noisy).resize(size).convert("RGB")


# ---- which belong together


def test_photos_of_the_same_within_three_seconds_are_a_burst(settings: Settings, engine: Engine) -> None:
    shots = [Shot(0), Shot(3), Shot(6), Shot(9.1), Shot(30), Shot(60, scene=1), Shot(61, scene=1)]
    assert [set(burst) for burst in _found(settings, engine, shots)] == [{0, 1, 2}, {5, 6}]


def test_another_picture_ends_a_burst(settings: Settings, engine: Engine) -> None:
    shots = [Shot(0), Shot(1), Shot(2, scene=1), Shot(3, scene=2), Shot(4, scene=2), Shot(5, scene=1)]
    assert [set(burst) for burst in _found(settings, engine, shots)] == [{0, 1}, {3, 4}]


def test_a_steady_run_whose_ends_have_nothing_in_common_is_no_single_burst(settings: Settings, engine: Engine) -> None:
    """Each frame is like the one before, as when somebody slowly turns; like the first are only the next few."""
    session, screening = _session(settings, engine, [Shot(2 * number) for number in range(60)])
    rng, soft = np.random.default_rng(1), [np.random.default_rng(0).normal(size=views.FRAME)]
    for _ in range(59):
        soft.append(0.9 * soft[-1] + np.sqrt(1 - 0.9**2) * rng.normal(size=views.FRAME))
    frames = np.clip(128 + 40 * np.stack(soft), 0, 255).astype(np.uint8)
    assert likeness.correlations(frames, UPRIGHT).min() > 0.8
    store.put(
        settings, {photo: Views(0, frame) for photo, frame in zip(sorted(screening.verdicts), frames, strict=True)}
    )
    found = likeness.bursts(settings, engine, session, screening)
    assert 10 < len(found) and max(len(burst.photos) for burst in found) < 8


def test_the_black_around_a_lying_photo_does_not_make_it_like_another(settings: Settings, engine: Engine) -> None:
    """Two thirds of its frame are the letterbox, the same for all."""
    shots = [Shot(second, scene=second, size=LYING) for second in range(6)]
    shots += [Shot(6, scene=7, size=LYING), Shot(7, scene=7, size=LYING)]
    assert [set(burst) for burst in _found(settings, engine, shots)] == [{6, 7}]


def test_a_turned_camera_ends_a_burst(settings: Settings, engine: Engine) -> None:
    shots = [Shot(0), Shot(1), Shot(2, size=LYING), Shot(3, size=LYING), Shot(4, scene=1, size=LYING), Shot(5)]
    assert [set(burst) for burst in _found(settings, engine, shots)] == [{0, 1}, {2, 3}]


def test_what_has_no_time_no_views_or_no_verdict_is_in_no_burst(settings: Settings, engine: Engine) -> None:
    shots = [Shot(None), Shot(None), Shot(0, seen=False), Shot(1, seen=False), Shot(9), Shot(10), Shot(11)]
    session, screening = _session(settings, engine, shots)
    del screening.verdicts[f"{5:032x}"]
    (burst,) = likeness.bursts(settings, engine, session, screening)
    assert set(burst.photos) == {f"{4:032x}", f"{6:032x}"}


def test_a_session_without_views_or_photos_has_no_bursts(settings: Settings, engine: Engine) -> None:
    assert _found(settings, engine, []) == []


def test_a_blank_frame_is_like_nothing() -> None:
    frames = np.stack([np.full(views.FRAME, grey, np.uint8) for grey in (0, 0, 255)])
    assert likeness.correlations(frames, UPRIGHT).tolist() == [0, 0]


def test_frames_correlate_as_their_pictures_do() -> None:
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 256, views.FRAME, dtype=np.uint8)
    other = rng.integers(0, 256, views.FRAME, dtype=np.uint8)
    said = likeness.correlations(np.stack([frame, frame // 2, 255 - frame // 2, other]), UPRIGHT)
    rows, columns = slice(14, 164), slice(0, 100)  # where 800 × 1200 lies in 100 × 178
    expected = np.corrcoef(255.0 - frame[rows, columns].ravel() // 2, other[rows, columns].ravel())[0, 1]
    assert said == pytest.approx([1, -1, expected], abs=1e-3)


def test_one_photo_is_no_burst() -> None:
    with pytest.raises(ValueError, match="two photos"):
        Burst(("a" * 32,))


# ---- which is best


@pytest.mark.parametrize(
    "shots",
    [
        [Shot(0, group=BLINK), Shot(1, group=CANT_TELL), Shot(2, group=KEEP, probability=0.9)],
        [Shot(0, probability=None), Shot(1, probability=0.3), Shot(2, probability=0.2)],
        [Shot(0, probability=0.21), Shot(1, probability=0.09), Shot(2, probability=0.11, openness=0.31)],
        [Shot(0, sharpness=20, openness=0.4), Shot(1, openness=0.2), Shot(2, sharpness=36, openness=0.3)],
        [Shot(0, openness=0.2), Shot(1, openness=0.25), Shot(2, openness=0.3)],
    ],
    ids=["group", "probability", "nearly the same probability", "sharp enough", "openness"],
)
def test_the_best_eyes_come_first(settings: Settings, engine: Engine, shots: list[Shot]) -> None:
    assert _found(settings, engine, shots) == [(2, 1, 0)]


def test_of_equal_eyes_the_first_taken_comes_first(settings: Settings, engine: Engine) -> None:
    assert _found(settings, engine, [Shot(0), Shot(1), Shot(2)]) == [(0, 1, 2)]


def test_a_photo_without_a_face_comes_after_those_with_eyes(settings: Settings, engine: Engine) -> None:
    session, screening = _session(settings, engine, [Shot(0), Shot(1)])
    first, second = sorted(screening.verdicts)
    store.put(settings, {first: Views(0, views.frame(_scene(0, UPRIGHT, 0)))})
    (burst,) = likeness.bursts(settings, engine, session, screening)
    assert burst.photos == (second, first)


@pytest.mark.research
def test_portraits_that_moved_a_little_are_alike_and_other_poses_mostly_not(research_data: Path) -> None:
    moved, others = [], []
    for folder in sorted((research_data / "portraits").glob("c*"))[:6]:
        pictures = [Image.open(path).convert("RGB") for path in sorted(folder.glob("*.jpg"))[:12]]
        frames = [_frames(picture) for picture in pictures]
        moved += [likeness.correlations(np.stack(pair), pictures[0].size)[0] for pair in frames]
        others += likeness.correlations(np.stack([first for first, _ in frames]), pictures[0].size).tolist()
    assert len(moved) > 50 and np.mean(np.array(moved) >= likeness.ALIKE) > 0.95
    assert np.mean(np.array(others) >= likeness.ALIKE) < 0.25


def _frames(picture: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    """The frame of a picture, and that of the picture a fiftieth of its width further on."""
    width, height = picture.size
    step = width // 50
    boxes = [(0, 0, width - step, height - step), (step, step // 2, width, height - step + step // 2)]
    first, second = (views.frame(picture.crop(box).resize(picture.size)) for box in boxes)
    return first, second
