from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sqlalchemy import Engine

from tests import archive_rows
from tests.learning import made_up
from workbench.archive import catalog, splits
from workbench.faults import UNSURE
from workbench.learning import examples, lessons, relative
from workbench.learning.examples import Examples
from workbench.settings import Settings


@pytest.fixture
def engine(settings: Settings) -> Engine:
    return catalog.open_catalog(settings)


def gathered(settings: Settings, engine: Engine) -> Examples:
    with ThreadPoolExecutor(1) as executor:
        return examples.gather(settings, engine, executor)


def test_every_labelled_photo_is_gathered_once_with_its_side_and_group(settings: Settings, engine: Engine) -> None:
    made_up.archive(settings, engine)
    found = gathered(settings, engine)
    assert len(found) == 72 and found.truth.sum() == 24 and found.face.all()
    assert set(found.sides) == {"training", "validation", "test"}
    assert len(set(found.groups)) == 6
    assert dict(zip(found.photos, found.sides, strict=True)) == splits.sides(engine)
    assert found.eyes.shape == (72, 2, 48, 64) and found.frame.shape == (72, 178, 100)


def test_no_group_stands_on_two_sides(settings: Settings, engine: Engine) -> None:
    made_up.archive(settings, engine)
    found = gathered(settings, engine)
    sides = [set(found.of(side).groups) for side in splits.SIDES]
    assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]


def test_labels_added_later_join_without_moving_any_group(settings: Settings, engine: Engine) -> None:
    made_up.archive(settings, engine)
    before = dict(zip((one := gathered(settings, engine)).photos, one.sides, strict=True))
    made_up.archive(settings, engine, start=6, sessions=4)
    after = dict(zip((two := gathered(settings, engine)).photos, two.sides, strict=True))
    assert len(after) == 120
    assert {photo: after[photo] for photo in before} == before
    assert one.fingerprint != two.fingerprint


def test_unsure_and_unlabelled_photos_are_no_examples(settings: Settings, engine: Engine) -> None:
    first, *_ = made_up.archive(settings, engine)
    archive_rows.say(engine, f"{0:04x}{11:028x}", UNSURE)
    archive_rows.session(engine, "unlabelled", ["f" * 32])
    assert first.name == "S0" and len(gathered(settings, engine)) == 71


def test_a_photo_without_a_face_is_for_networks_that_look_at_the_frame(settings: Settings, engine: Engine) -> None:
    made_up.archive(settings, engine)
    from workbench.vision import store

    faceless = f"{0:04x}{5:028x}"
    store.put(settings, {faceless: made_up.seen(False, np.random.default_rng(0), face=False)})
    found = gathered(settings, engine)
    assert faceless in found.seen(("frame",)).photos
    assert faceless not in found.seen(("eyes", "geometry")).photos


def test_numbers_relative_to_the_session_need_eight_photos_of_it(settings: Settings, engine: Engine) -> None:
    made_up.archive(settings, engine, sessions=4, photos=relative.ENOUGH, closed=2)
    made_up.archive(settings, engine, sessions=4, photos=relative.ENOUGH - 1, closed=2, start=10)
    found = gathered(settings, engine)
    known = ~np.isnan(found.relative).any(axis=1)
    assert known.sum() == 4 * relative.ENOUGH
    openness = found.relative[:, relative.RELATIVE.index("earLeft")]
    assert openness[known & found.truth].max() < -0.1 < openness[known & ~found.truth].min()


def test_photos_of_class_folders_have_nothing_to_be_relative_to(settings: Settings, engine: Engine) -> None:
    from workbench.archive import tables
    from workbench.archive.catalog import writing

    made_up.archive(settings, engine)
    with writing(engine) as connection:
        connection.execute(tables.sessions.update().values(kind=tables.CLASSES))
    assert np.isnan(gathered(settings, engine).relative).all()


def test_the_photos_of_one_person_are_split_by_burst_and_nothing_is_written_down(
    settings: Settings, engine: Engine
) -> None:
    made_up.archive(settings, engine, sessions=1, photos=40, closed=12)
    found = gathered(settings, engine)
    assert found.one_person and set(found.sides) == {"training", "validation", "test"}
    assert splits.sides(engine) == {}
    assert not set(found.of("training").groups) & set(found.of("validation").groups)


def test_a_share_of_the_labels_keeps_both_classes_and_the_other_sides(settings: Settings, engine: Engine) -> None:
    made_up.archive(settings, engine, sessions=12)
    whole = gathered(settings, engine)
    half, quarter = (lessons.share_of(whole, share) for share in (0.5, 0.25))
    assert set(quarter.photos) < set(half.photos) < set(whole.photos)
    assert half.of("test").photos == whole.of("test").photos
    assert half.of("training").truth.mean() == pytest.approx(whole.of("training").truth.mean(), abs=0.02)
    assert len(set(quarter.of("training").groups)) < len(set(whole.of("training").groups))
    assert len(lessons.at_most(whole, 20).of("training")) == pytest.approx(20, abs=1)
