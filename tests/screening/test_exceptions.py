"""Lids that are down and no blink: what counts as a sign, what a session makes of it, and whose eyes are looked at."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import Engine, update

from tests import archive_rows
from tests.archive.test_forgetting import _everything, _forget
from tests.learning import made_up
from workbench import assets
from workbench.archive import catalog, folders, importing, photos, tables
from workbench.archive.photos import Photo
from workbench.archive.sessions import Session
from workbench.learning import registry
from workbench.learning.prediction import Predicted
from workbench.screening import exceptions, screen
from workbench.screening.exceptions import BadException
from workbench.screening.screen import BLINK, CANT_TELL, KEEP, Screening
from workbench.settings import Settings, from_environment
from workbench.vision import analysis, store, views
from workbench.vision.landmarks import Landmarker
from workbench.vision.views import GEOMETRY, Views

START = datetime(2026, 11, 20, 10)


@pytest.fixture
def engine(settings: Settings) -> Engine:
    return catalog.open_catalog(settings)


def showing(**shapes: float) -> Views:
    """A face of those blendshapes, both sides alike."""
    seen = made_up.seen(False, np.random.default_rng(0))
    assert seen.geometry is not None
    seen.geometry[: len(views.SHAPES)] = 0
    for name, value in shapes.items():
        for side in ("Left", "Right"):
            seen.geometry[GEOMETRY.index(name + side)] = value
    return seen


def shot(number: int, seen: Views | None, *, at: float = 0, taken: bool = True) -> Predicted:
    moment = START + timedelta(seconds=at) if taken else None
    return Predicted(Photo(f"{number:032x}", "s", f"{number}.jpg", moment, 120, 80, 1), seen, 0.9)


def signs_of(*shots: Predicted) -> list[str | None]:
    found = exceptions.signs(shots)
    return [found.get(one.photo.id) for one in shots]


@pytest.mark.parametrize(
    ("shapes", "sign"),
    [
        ({"mouthSmile": 0.9, "eyeSquint": 0.6, "eyeBlink": 0.5}, "laughing"),
        ({"mouthSmile": 0.9, "eyeSquint": 0.3}, None),
        ({"mouthSmile": 0.5, "eyeSquint": 0.7}, None),
        ({"eyeLookDown": 0.8, "eyeBlink": 0.4}, "looking down"),
        ({"eyeLookDown": 0.8, "eyeBlink": 0.7}, None),
        ({"eyeLookDown": 0.5, "eyeBlink": 0.1}, None),
        ({"mouthSmile": 0.9, "eyeSquint": 0.6, "eyeLookDown": 0.8, "eyeBlink": 0.4}, "laughing"),
        ({"eyeBlink": 0.9}, None),
    ],
)
def test_a_single_photo_shows_a_laugh_or_a_gaze_downwards(shapes: dict[str, float], sign: str | None) -> None:
    assert signs_of(shot(0, showing(**shapes))) == [sign]


def test_eyes_that_stay_shut_longer_than_any_blink_are_shut_on_purpose() -> None:
    shut, wide = showing(eyeBlink=0.7), showing(eyeBlink=0.1)
    held = [shot(0, wide, at=0), *(shot(n, shut, at=0.5 * n) for n in (1, 2, 3, 4)), shot(5, wide, at=2.5)]
    assert signs_of(*held) == [None, *["closed on purpose"] * 4, None]


@pytest.mark.parametrize(
    "shots",
    [
        [shot(n, showing(eyeBlink=0.7), at=0.1 * n) for n in range(6)],
        [shot(n, showing(eyeBlink=0.7), at=2 * n) for n in range(2)],
        [shot(n, showing(eyeBlink=0.7), at=10 * n) for n in range(5)],
        [shot(n, showing(eyeBlink=0.7 if n % 3 else 0.1), at=n) for n in range(9)],
        [shot(n, showing(eyeBlink=0.7) if n != 2 else None, at=n) for n in range(5)],
        [shot(n, showing(eyeBlink=0.7), taken=False) for n in range(5)],
        [],
    ],
    ids=["a second at most", "two photos", "no burst", "open in between", "one not seen", "no times", "nothing"],
)
def test_what_may_be_blinks_is_no_purpose(shots: list[Predicted]) -> None:
    assert set(signs_of(*shots)) <= {None}


def test_whose_eyes_stay_shut_is_told_by_the_subject_where_a_bystander_is_looked_at() -> None:
    shut, wide = showing(eyeBlink=0.7), showing(eyeBlink=0.1)
    subject = [shot(n, shut, at=0.5 * n) for n in range(4)]
    likelier = [shot(n, wide if n == 1 else shut, at=0.5 * n) for n in range(4)]
    assert set(signs_of(*likelier)) == {None}, "taken for the subject, the bystander ends the run"
    assert exceptions.signs(likelier, exceptions.held(subject)) == dict.fromkeys(
        (one.photo.id for one in subject), "closed on purpose"
    )
    awake = [shot(n, wide, at=0.5 * n) for n in range(4)]
    assert exceptions.signs(subject, exceptions.held(awake)) == {}


def test_a_long_laugh_stays_a_laugh() -> None:
    laugh = showing(eyeBlink=0.6, mouthSmile=0.9, eyeSquint=0.7)
    assert signs_of(*(shot(n, laugh, at=n) for n in range(4))) == ["laughing"] * 4


def test_what_a_session_makes_of_a_sign_is_kept_and_can_be_taken_back(settings: Settings, engine: Engine) -> None:
    ana, ben = (archive_rows.session(engine, name, []) for name in ("Ana", "Ben"))
    assert exceptions.of_session(engine, ana.id) == {}
    exceptions.set_one(engine, ana.id, "laughing", KEEP)
    exceptions.set_one(engine, ana.id, "laughing", CANT_TELL)
    exceptions.set_one(engine, ana.id, "faces", "any")
    assert exceptions.of_session(engine, ana.id) == {"laughing": CANT_TELL, "faces": "any"}
    exceptions.set_one(engine, ana.id, "laughing", None)
    assert exceptions.of_session(engine, ana.id) == {"faces": "any"} and exceptions.of_session(engine, ben.id) == {}


@pytest.mark.parametrize(("name", "said"), [("crying", KEEP), ("laughing", "any"), ("faces", KEEP), ("laughing", "")])
def test_an_exception_that_there_is_not_is_refused(engine: Engine, name: str, said: str) -> None:
    ana = archive_rows.session(engine, "Ana", [])
    with pytest.raises(BadException):
        exceptions.set_one(engine, ana.id, name, said)


def test_a_sign_regroups_the_newest_screening_at_once(settings: Settings, engine: Engine) -> None:
    (ana,) = made_up.archive(settings, engine, sessions=1, photos=4, closed=0)
    shown = [photo.id for photo in photos.of_session(engine, ana.id)]
    laugh = showing(eyeBlink=0.8, mouthSmile=0.9, eyeSquint=0.7, eyeLookDown=0.2)
    assert laugh.geometry is not None
    laugh.geometry[GEOMETRY.index("presence")] = 1
    store.put(settings, {shown[0]: laugh})
    assert _screened(settings, engine, ana).verdicts[shown[0]].group == BLINK
    exceptions.set_one(engine, ana.id, "laughing", KEEP)
    after = screen.latest(engine, ana.id)
    assert after is not None and after.verdicts[shown[0]].group == KEEP and after.counts == {KEEP: 4}
    exceptions.set_one(engine, ana.id, "laughing", None)
    again = screen.latest(engine, ana.id)
    assert again is not None and again.verdicts[shown[0]].group == BLINK


# ---- any face


@pytest.fixture
def two(settings: Settings, engine: Engine) -> Session:
    """A session of one photo: Eileen large at the left, Grace smaller at the right."""
    folder = settings.roots[1] / "Two"
    folder.mkdir(parents=True)
    together().save(folder / "1.jpg", quality=92)
    (plan,) = folders.plan(folder, settings)
    with analysis.pool(settings) as executor:
        return importing.import_session(engine, plan, analysis.Analyst(settings), executor).session


def together() -> Image.Image:
    scene = Image.new("RGB", (1000, 600), (128, 128, 128))
    for name, box, size, place in (
        (assets.ASTRONAUT, (80, 0, 380, 300), 560, (0, 20)),
        (assets.GRACE_HOPPER, (0, 0, 512, 512), 400, (590, 100)),
    ):
        with Image.open(assets.path(from_environment(), name)) as portrait:
            scene.paste(portrait.convert("RGB").crop(box).resize((size, size)), place)
    return scene


def _screened(settings: Settings, engine: Engine, session: Session, model: registry.Model | None = None) -> Screening:
    with analysis.pool(settings) as executor:
        return screen.screen(settings, engine, session, model or registry.current(settings), executor)


def _right_of_middle(settings: Settings) -> registry.Model:
    """A model that takes whoever stands at the right for blinking, and nobody else."""

    def predict(seen: object, numbers: np.ndarray) -> registry.Answer:
        chances = [0.9 if one.points[:, 0].mean() > 0.5 else 0.1 for one in seen]  # type: ignore[attr-defined]
        return registry.Answer(np.array(chances, float), np.zeros((len(chances), 1)))

    return replace(registry.current(settings), predict=predict)


def test_of_two_people_the_subject_counts_unless_anybody_does(settings: Settings, engine: Engine, two: Session) -> None:
    (photo,) = photos.of_session(engine, two.id)
    assert photo.faces == 2
    model = _right_of_middle(settings)
    assert _screened(settings, engine, two, model).verdicts[photo.id].group == KEEP
    exceptions.set_one(engine, two.id, "faces", "any")
    verdict = _screened(settings, engine, two, model).verdicts[photo.id]
    assert (verdict.group, verdict.probability) == (BLINK, 0.9)
    exceptions.set_one(engine, two.id, "faces", None)
    assert _screened(settings, engine, two, model).verdicts[photo.id].group == KEEP


def test_other_faces_are_read_once_and_are_those_of_the_others(
    settings: Settings, engine: Engine, two: Session
) -> None:
    (photo,) = photos.of_session(engine, two.id)
    with analysis.pool(settings) as executor:
        (other,) = analysis.others_of(settings, two, [photo], executor)[photo.id]
        assert other.points is not None and other.points[:, 0].mean() > 0.6
        subject = store.get(settings, [photo.id])[photo.id]
        assert subject.points is not None and subject.points[:, 0].mean() < 0.5
        (two.folder / "1.jpg").unlink()
        (again,) = analysis.others_of(settings, two, [photo], executor)[photo.id]
    assert np.array_equal(other.points, again.points if again.points is not None else ())


def test_the_predictions_of_the_catalogue_stay_the_subjects(settings: Settings, engine: Engine, two: Session) -> None:
    exceptions.set_one(engine, two.id, "faces", "any")
    _screened(settings, engine, two, _right_of_middle(settings))
    with engine.connect() as connection:
        (row,) = connection.execute(tables.predictions.select()).all()
    assert row.probability == 0.1


def test_a_photo_of_several_people_whose_file_is_away_is_judged_by_its_subject(
    settings: Settings, engine: Engine, two: Session
) -> None:
    (two.folder / "1.jpg").unlink()
    exceptions.set_one(engine, two.id, "faces", "any")
    assert _screened(settings, engine, two, _right_of_middle(settings)).counts == {KEEP: 1}


def test_another_picture_under_the_same_name_lends_nobody_its_faces(
    settings: Settings, engine: Engine, two: Session
) -> None:
    (photo,) = photos.of_session(engine, two.id)
    together().transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(two.folder / "1.jpg", quality=92)
    with analysis.pool(settings) as executor:
        assert analysis.others_of(settings, two, [photo], executor) == {}


def test_a_bystander_hides_no_pose_of_the_subject(settings: Settings, engine: Engine) -> None:
    (ana,) = made_up.archive(settings, engine, sessions=1, photos=4, closed=0)
    shown = [photo.id for photo in photos.of_session(engine, ana.id)]
    shut, wide = replace(showing(eyeBlink=0.7), faces=2), replace(showing(eyeBlink=0.1), faces=2)
    store.put(settings, dict.fromkeys(shown, shut))
    for number, photo in enumerate(shown):
        store.put_others(settings, photo, [wide] if number == 1 else [])
        at = START + timedelta(seconds=0.5 * number)
        with catalog.writing(engine) as connection:
            connection.execute(update(tables.photos).where(tables.photos.c.id == photo).values(captured_at=at))

    def predict(seen: list[Views], numbers: object) -> registry.Answer:
        chances = [0.95 if (one.measure("eyeBlinkLeft") or 0) < 0.5 else 0.9 for one in seen]
        return registry.Answer(np.array(chances), np.zeros((len(seen), 1)))

    exceptions.set_one(engine, ana.id, "faces", "any")
    done = _screened(settings, engine, ana, replace(registry.current(settings), predict=predict))
    assert [done.verdicts[photo].probability for photo in shown] == [0.9, 0.95, 0.9, 0.9]
    assert {verdict.sign for verdict in done.verdicts.values()} == {"closed on purpose"}


def test_bystanders_are_forgotten_with_their_session(settings: Settings, engine: Engine, two: Session) -> None:
    exceptions.set_one(engine, two.id, "faces", "any")
    exceptions.set_one(engine, two.id, "laughing", KEEP)
    _screened(settings, engine, two)
    (photo,) = photos.of_session(engine, two.id)
    assert store.others(settings, [photo.id])
    _forget(settings, "Two")
    assert store.others(settings, [photo.id]) == {}
    for trace in (photo.id, two.id, "laughing"):
        assert trace.encode() not in _everything(settings)


@pytest.mark.research
def test_few_photos_of_portrait_series_show_a_sign(research_data: Path) -> None:
    with (research_data / "portraits" / "labels.csv").open(newline="") as table:
        files = [research_data / "portraits" / row["session"] / row["file"] for row in csv.DictReader(table)]
    landmarker = Landmarker(assets.path(from_environment(), assets.FACE_LANDMARKER))
    shots = []
    for number, file in enumerate(files):
        with Image.open(file) as image:
            shots.append(shot(number, views.look(image.convert("RGB"), landmarker), taken=False))
    shown = signs_of(*shots)
    assert 0 < shown.count("laughing") <= 0.04 * len(files)
    assert shown.count("looking down") == shown.count("closed on purpose") == 0
