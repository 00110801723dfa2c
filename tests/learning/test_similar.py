"""Photos alike: the nearest unlabelled ones, exactly, and never from or into the test side."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import Engine, update

from tests import archive_rows
from workbench.archive import catalog, tables
from workbench.archive.catalog import writing
from workbench.faults import BLINK
from workbench.learning import findings, similar
from workbench.settings import Settings

IDS = [f"{number:032x}" for number in range(40)]


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """Forty photos, none labelled."""
    opened = catalog.open_catalog(settings)
    archive_rows.session(opened, "Ana", IDS)
    return opened


def on_side(engine: Engine, photos: list[str], side: str) -> None:
    with writing(engine) as connection:
        connection.execute(update(tables.photos).where(tables.photos.c.id.in_(photos)).values(side=side))


def test_the_nearest_to_any_of_them_come_first_as_by_comparing_all(settings: Settings, engine: Engine) -> None:
    embedding = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float16)
    similar.keep(settings, BLINK, "mine", IDS, embedding)
    asked = IDS[:5]
    found = similar.nearest(settings, engine, BLINK, "mine", asked, count=12)
    exact = embedding.astype(np.float64)
    away = np.linalg.norm(exact[5:, None] - exact[None, :5], axis=2).min(axis=1)
    expected = np.argsort(away)[:12]
    assert [photo for photo, _ in found] == [IDS[5 + row] for row in expected]
    assert [distance for _, distance in found] == pytest.approx(away[expected].tolist(), abs=1e-4)


def test_labelled_photos_and_the_asked_ones_are_not_found(settings: Settings, engine: Engine) -> None:
    similar.keep(settings, BLINK, "mine", IDS, np.arange(40.0)[:, None])
    for photo in IDS[11:20]:
        archive_rows.say(engine, photo, "UNSURE")
    found = similar.nearest(settings, engine, BLINK, "mine", [IDS[10], IDS[9]], count=3)
    assert [photo for photo, _ in found] == [IDS[8], IDS[7], IDS[6]]


def test_the_test_side_is_neither_looked_from_nor_found(settings: Settings, engine: Engine) -> None:
    similar.keep(settings, BLINK, "mine", IDS, np.arange(40.0)[:, None])
    on_side(engine, IDS[:10], "test")
    found = similar.nearest(settings, engine, BLINK, "mine", [IDS[11]], count=2)
    assert [photo for photo, _ in found] == [IDS[10], IDS[12]]
    assert similar.nearest(settings, engine, BLINK, "mine", IDS[:3]) == []
    mixed = similar.nearest(settings, engine, BLINK, "mine", [IDS[0], IDS[39]], count=1)
    assert mixed == [(IDS[38], 1.0)]


def test_later_embeddings_replace_earlier_ones_and_add_to_them(settings: Settings, engine: Engine) -> None:
    assert similar.count(settings, BLINK, "mine") == 0
    assert similar.keep(settings, BLINK, "mine", IDS[:2], np.zeros((2, 3))) == 2
    assert similar.keep(settings, BLINK, "mine", IDS[1:4], np.ones((3, 3))) == 4
    ((nearest, distance), *_) = similar.nearest(settings, engine, BLINK, "mine", [IDS[1]], count=3)
    assert nearest in IDS[2:4] and distance == 0
    assert similar.keep(settings, BLINK, "mine", IDS[:1], np.ones((1, 5))) == 1  # another network of that name
    assert similar.count(settings, BLINK, "mine") == 1


def test_photos_without_anything_to_judge_by_are_left_out(settings: Settings, engine: Engine) -> None:
    embedding = np.array([[0.0], [np.nan], [1.0], [1e9]])
    assert similar.keep(settings, BLINK, "mine", IDS[:4], embedding) == 3
    found = similar.nearest(settings, engine, BLINK, "mine", [IDS[0]])
    assert [photo for photo, _ in found] == [IDS[2], IDS[3]] and all(np.isfinite(far) for _, far in found)
    assert similar.nearest(settings, engine, BLINK, "mine", [IDS[1], "unknown"]) == []


def test_without_embeddings_or_with_damaged_ones_nothing_is_found(settings: Settings, engine: Engine) -> None:
    assert similar.nearest(settings, engine, BLINK, "mine", IDS[:1]) == []
    similar.keep(settings, BLINK, "mine", IDS, np.arange(40.0)[:, None])
    path = findings.folder(settings, BLINK, "mine") / findings.EMBEDDINGS
    path.write_bytes(path.read_bytes()[:-200])
    assert similar.nearest(settings, engine, BLINK, "mine", IDS[:1]) == []
