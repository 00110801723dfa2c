"""The audit: each flag is raised by what it is for, and not by what it is not for."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Engine, update

from tests import archive_rows
from tests.learning import made_up
from tests.learning.test_training import gathered
from workbench.archive import catalog, labels, tables
from workbench.archive.catalog import writing
from workbench.faults import BLINK
from workbench.learning import audit, findings, flags, leaks, registry, shortcuts
from workbench.learning.examples import Examples
from workbench.learning.registry import Answer, Model
from workbench.settings import Settings
from workbench.vision import anatomy, views
from workbench.vision.views import Views

RNG = np.random.default_rng(0)


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """An empty catalogue."""
    return catalog.open_catalog(settings)


def photographs(truth: Sequence[bool], groups: Sequence[str], *, side: str = "validation") -> Examples:
    """Photos with a face, their frames noise, no two alike; each has a session named like its group."""
    seen = [made_up.seen(shut, RNG) for shut in truth]
    count = len(truth)
    return Examples(
        photos=tuple(f"{number:032x}" for number in range(count)),
        sessions=tuple(groups),
        groups=tuple(groups),
        sides=np.full(count, side, "U10"),
        truth=np.array(truth, bool),
        face=np.ones(count, bool),
        frame=RNG.integers(0, 255, (count, *views.FRAME), dtype=np.uint8),
        eyes=np.array([one.eyes for one in seen], np.uint8).reshape(count, *views.EYES),
        geometry=np.array([one.geometry for one in seen], np.float32).reshape(count, len(views.GEOMETRY)),
        relative=np.full((count, 4), np.nan, np.float32),
        points=np.array([one.points for one in seen], np.float32).reshape(count, anatomy.LANDMARKS, 2),
        sizes=np.tile(np.array([[600, 900]], np.int32), (count, 1)),
    )


def looking_at(settings: Settings, number: Callable[[Views], float]) -> Model:
    """A model that calls a photo a blink by one number 0..1 of its views, and says that it looks at the frame."""
    card = replace(registry.read_card(settings, BLINK, "starter"), views=("frame",))

    def predict(seen: Sequence[Views], relative: np.ndarray) -> Answer:
        said = np.array([number(one) for one in seen])
        return Answer(said, said[:, None])

    return Model(BLINK, "mine", 0.5, card, predict)


def mixed(count: int = 60, people: int = 12) -> tuple[list[bool], list[str]]:
    """Truth and group of photos of people who all have both classes."""
    return [bool(number // people % 2) for number in range(count)], [f"p{number % people}" for number in range(count)]


# ---- shortcuts


def test_a_model_that_looks_at_the_light_of_the_room_is_caught(settings: Settings) -> None:
    found = photographs(*mixed())
    bright = replace(found, frame=np.where(found.truth[:, None, None], found.frame // 4, found.frame))
    flag = shortcuts.eyes_painted(looking_at(settings, lambda one: 1 - one.frame.mean() / 255), bright, BLINK)
    assert flag.raised and flag.figure == 1 and "“mine” still tells BLINKING from NON_BLINKING" in flag.sentence


def test_a_model_that_looks_at_the_eyes_in_the_frame_is_not(settings: Settings) -> None:
    found = photographs(*mixed())
    found.points[:] = found.points[0]
    x, y = shortcuts.in_frame(found, 0)[list(anatomy.RIGHT.six)].mean(axis=0).astype(int)
    eye = np.s_[y - 2 : y + 2, x - 2 : x + 2]
    for frame, shut in zip(found.frame, found.truth, strict=True):
        frame[eye] = 250 if shut else 5
    model = looking_at(settings, lambda one: float(one.frame[eye].mean() / 255))
    assert [model.predict([one], np.zeros((0, 4))).probability[0] > 0.5 for one in whole(found)] == found.truth.tolist()
    flag = shortcuts.eyes_painted(model, found, BLINK)
    assert not flag.raised and flag.figure is not None and 0.25 < flag.figure < 0.75


def whole(found: Examples) -> list[Views]:
    """The views of photos as they are."""
    arrays = zip(found.frame, found.eyes, found.geometry, found.points, strict=True)
    return [Views(1, *each) for each in arrays]


def test_what_sees_only_the_eyes_has_nothing_left_to_tell_by(settings: Settings) -> None:
    flag = shortcuts.eyes_painted(registry.load(settings, BLINK, "starter"), photographs(*mixed()), BLINK)
    assert (flag.raised, flag.figure, flag.low) == (False, 0.5, None)
    assert "nothing but the eyes" in flag.sentence


@pytest.mark.parametrize("photos", ["trained on", "of the same people", "none"])
def test_photos_of_people_it_was_trained_on_prove_nothing(settings: Settings, photos: str) -> None:
    truth, groups = ([], []) if photos == "none" else mixed()
    found = photographs(truth, groups)
    trained = found.photos[:12] if photos == "of the same people" else found.photos
    flag = shortcuts.eyes_painted(looking_at(settings, lambda one: 0.5), found, BLINK, trained)
    assert (flag.raised, flag.figure) == (False, None) and flag.sentence.startswith("Not enough to say")


def test_whether_it_was_trained_on_a_photo_says_the_model_and_not_todays_split(settings: Settings) -> None:
    found = photographs(*mixed(), side="training")
    flag = shortcuts.eyes_painted(looking_at(settings, lambda one: 0.5), found, BLINK, found.photos[:1])
    others = [group for group in found.groups if group != found.groups[0]]
    assert flag.figure == 0.5 and f"on {len(others)} photos that it was not trained on" in flag.sentence


def test_paint_covers_both_eyes_in_the_grey_around_them_and_nothing_else() -> None:
    points = made_up.points(np.random.default_rng(0)) * (100, 178)
    frame = np.full(views.FRAME, 120, np.uint8)
    lids = [points[list(eye.upper + eye.lower)] for eye in anatomy.EYES]
    for x, y in np.concatenate(lids).astype(int):
        frame[y, x] = 10
    painted = shortcuts.painted_eyes(frame, points)
    assert (painted == 120).all() and (frame == 10).any()


@pytest.mark.parametrize("size", [(600, 900), (900, 600), (100, 100)])
def test_places_in_the_frame_are_those_of_the_letterboxed_view(size: tuple[int, int]) -> None:
    from PIL import Image

    image = Image.new("L", size)
    for x, y in ((0.25, 0.5), (0.75, 0.5)):
        image.paste(
            255, tuple(round(v) for v in (x * size[0] - 20, y * size[1] - 20, x * size[0] + 20, y * size[1] + 20))
        )
    found = replace(photographs([True], ["a"]), sizes=np.array([size], np.int32))
    found.points[0, :2] = (0.25, 0.5), (0.75, 0.5)
    frame = views.frame(image)
    places = shortcuts.in_frame(found, 0)[:2]
    assert all(frame[int(y), int(x)] > 100 for x, y in places)


def test_a_background_that_tells_the_classes_of_different_people_is_a_shortcut(engine: Engine) -> None:
    truth = [bool(number % 2) for number in range(60)]
    found = photographs(truth, [f"p{number}" for number in range(60)])
    dark = replace(found, frame=np.where(found.truth[:, None, None], found.frame // 2, found.frame))
    flag = shortcuts.background(engine, dark, BLINK)
    assert flag.raised and flag.figure is not None and flag.figure > 0.95 and "where they come from" in flag.sentence
    plain = shortcuts.background(engine, found, BLINK)
    assert not plain.raised and plain.figure is not None and plain.figure < 0.75


def test_picture_size_alone_is_a_shortcut_too(engine: Engine) -> None:
    found = photographs([bool(n % 2) for n in range(60)], [f"p{n}" for n in range(60)])
    sizes = np.where(found.truth[:, None], (600, 900), (606, 909)).astype(np.int32)
    assert shortcuts.background(engine, replace(found, sizes=sizes), BLINK).raised


def test_a_background_that_tells_the_classes_of_the_same_people_is_not_their_source(engine: Engine) -> None:
    found = photographs(*mixed())
    dark = replace(found, frame=np.where(found.truth[:, None, None], found.frame // 2, found.frame))
    flag = shortcuts.background(engine, dark, BLINK)
    assert not flag.raised and flag.low is None and flag.figure == 1 and "photos of both" in flag.sentence


def test_too_few_people_say_nothing_about_the_background(engine: Engine) -> None:
    flag = shortcuts.background(engine, photographs([True, False], ["a", "b"]), BLINK)
    assert (flag.raised, flag.figure) == (False, None) and "1 BLINKING and 1 NON_BLINKING" in flag.sentence


# ---- leaks


def test_the_same_picture_on_two_sides_is_found_and_others_are_not() -> None:
    found = photographs(*mixed())
    found.sides[:30], found.sides[45:] = "training", "test"
    assert leaks.near_duplicates(found).figure == 0
    frame, eyes = found.frame.copy(), found.eyes.copy()
    for held, known in ((50, 3), (51, 40)):  # of the test side a training and a validation photo
        frame[held] = (frame[known] * 0.9 + 5).astype(np.uint8)
        eyes[held] = (eyes[known] * 0.8 + 20).astype(np.uint8)
    flag = leaks.near_duplicates(replace(found, frame=frame, eyes=eyes))
    assert flag.raised and flag.figure == pytest.approx(2 / 30)
    assert set(flag.photos) == {found.photos[row] for row in (50, 3, 51, 40)}


def test_nothing_held_back_has_no_duplicates() -> None:
    flag = leaks.near_duplicates(photographs(*mixed(), side="training"))
    assert (flag.raised, flag.figure) == (False, None)


def test_a_subject_on_two_sides_is_a_mistake_of_ours_that_is_told(engine: Engine) -> None:
    archive_rows.session(engine, "June", ["a" * 32], subject="Ana")
    archive_rows.session(engine, "July", ["b" * 32], subject=" ana ")
    assert not leaks.subjects(engine).raised
    for photo, side in (("a" * 32, "training"), ("b" * 32, "test")):
        with writing(engine) as connection:
            connection.execute(update(tables.photos).where(tables.photos.c.id == photo).values(side=side))
    flag = leaks.subjects(engine)
    assert flag.raised and flag.figure == 1 and set(flag.photos) == {"a" * 32, "b" * 32}
    assert "ana" not in flag.sentence.casefold().split()


def test_classes_that_share_no_session_are_told(engine: Engine) -> None:
    made = [archive_rows.session(engine, f"S{number}", []).id for number in range(4)]
    even = photographs([True, False, False, False] * 4, [one for one in made for _ in range(4)])
    assert leaks.imbalance(engine, even, BLINK).figure == 0
    lone = photographs([True] * 6 + [False] * 4 + [True] * 2, [made[0]] * 6 + [made[1]] * 6)
    flag = leaks.imbalance(engine, lone, BLINK)
    assert (
        flag.raised and flag.figure == pytest.approx(6 / 8) and "75% of the photos labelled BLINKING" in flag.sentence
    )
    assert leaks.imbalance(engine, photographs([True] * 3, [made[0]] * 3), BLINK).figure is None


def test_in_a_folder_of_classes_every_group_counts_by_itself(engine: Engine) -> None:
    folder = archive_rows.session(engine, "cew", [], kind="classes")
    one_each = replace(photographs([True, False] * 4, [f"g{n}" for n in range(8)]), sessions=(folder.id,) * 8)
    flag = leaks.imbalance(engine, one_each, BLINK)
    assert flag.figure == 1 and not flag.raised and "100% would by chance" in flag.sentence
    four_each = replace(photographs([True, False] * 8, ["a", "b"] * 8), sessions=(folder.id,) * 16)
    assert leaks.imbalance(engine, four_each, BLINK).raised


def test_rare_blinks_are_missing_from_most_sessions_by_chance_and_that_is_no_imbalance(engine: Engine) -> None:
    made = [archive_rows.session(engine, f"S{number}", []).id for number in range(10)]
    blinks = [number in (3, 47) for number in range(100)]
    flag = leaks.imbalance(engine, photographs(blinks, [one for one in made for _ in range(10)]), BLINK)
    assert not flag.raised


def test_two_answers_to_one_photo_are_told_until_somebody_looked_again(engine: Engine) -> None:
    photo, other = "a" * 32, "b" * 32
    archive_rows.session(engine, "Ana", [photo, other])
    nobody = photographs([], [])
    archive_rows.say(engine, photo, BLINK.positive, labeller="Ana")
    archive_rows.say(engine, other, BLINK.positive, labeller="Ana")
    archive_rows.say(engine, other, BLINK.negative, labeller="Ana")  # a change of mind
    assert not leaks.contradictions(engine, nobody, BLINK).raised
    archive_rows.say(engine, photo, BLINK.negative, labeller="Ben")
    flag = leaks.contradictions(engine, nobody, BLINK)
    assert flag.raised and flag.photos == (photo,)
    archive_rows.say(engine, photo, BLINK.negative, labeller="Ana", origin=labels.REVIEW)
    assert not leaks.contradictions(engine, nobody, BLINK).raised


def test_twins_with_different_labels_are_told_but_not_an_eye_that_closes(engine: Engine) -> None:
    found = photographs([True, False, True, False], list("abcd"))
    frame, eyes = found.frame.copy(), found.eyes.copy()
    frame[1], frame[3], eyes[3] = frame[0], frame[2], eyes[2]
    flag = leaks.contradictions(engine, replace(found, frame=frame, eyes=eyes), BLINK)
    assert flag.raised and set(flag.photos) == {found.photos[2], found.photos[3]}


# ---- the whole


def test_an_audit_has_every_flag_and_is_read_as_it_was_kept(settings: Settings, engine: Engine) -> None:
    made_up.archive(settings, engine, sessions=8)
    told: list[tuple[int, int]] = []
    model = registry.load(settings, BLINK, "starter")
    found = audit.audit(
        engine, gathered(settings, engine), model, tell=lambda what, done, total: told.append((done, total))
    )
    assert [flag.name for flag in found.flags] == list(audit.NAMES) and told[-1] == (6, 6)
    assert found.raised == ()
    assert audit.latest(settings, BLINK, "starter") is None
    audit.keep(settings, BLINK, found)
    assert audit.latest(settings, BLINK, "starter") == found
    json.dumps(audit.as_json(found), allow_nan=False)


def test_an_archive_without_labels_is_audited_without_a_word_too_much(settings: Settings, engine: Engine) -> None:
    found = audit.audit(engine, gathered(settings, engine), registry.load(settings, BLINK, "starter"))
    assert not found.raised and found.photos == 0
    assert all(flag.figure in (None, 0) for flag in found.flags)


@pytest.mark.parametrize("kept", ["", "[]", "{}", '{"flags": 7}', '{"version": "x", "flags": [{"name": "other"}]}'])
def test_a_damaged_audit_is_none(settings: Settings, kept: str) -> None:
    path = findings.folder(settings, BLINK, "mine") / findings.AUDIT
    path.parent.mkdir(parents=True)
    path.write_text(kept)
    assert audit.latest(settings, BLINK, "mine") is None


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"name": "mood"}, "is no flag"),
        ({"figure": float("nan")}, "must be finite"),
        ({"raised": True}, "without a figure"),
        ({"photos": ("a",) * 201}, "at most 200"),
    ],
)
def test_a_flag_refuses_nonsense(wrong: dict[str, object], why: str) -> None:
    about = {"name": flags.PAINTED, "raised": False, "figure": None, "low": None, "high": None, "sentence": ""}
    with pytest.raises(ValueError, match=why):
        flags.Flag(**{**about, **wrong})  # type: ignore[arg-type]
