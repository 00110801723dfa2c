"""What a model said, judged again by another threshold."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Engine, select, update

from tests.learning import made_up
from workbench.archive import catalog, photos, tables
from workbench.faults import BLINK
from workbench.learning import prediction, registry
from workbench.settings import Settings

START = datetime(2026, 11, 20, 10)


def said(engine: Engine) -> list[tuple[object, ...]]:
    """All predictions but when they were made."""
    columns = tables.predictions.c
    asked = select(columns.photo_id, columns.model, columns.probability, columns.doubt, columns.burst_rank)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(asked.order_by(columns.model, columns.photo_id))]


def test_answers_judged_again_stand_as_if_they_had_been_given_at_that_threshold(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    sessions = made_up.archive(settings, engine, sessions=2, photos=8, closed=3)
    with catalog.writing(engine) as connection:
        for place, photo in enumerate(one for each in sessions for one in photos.of_session(engine, each.id)):
            moment = START + timedelta(seconds=2 * place + 20 * (place // 4))  # bursts of four
            mine = tables.photos.c.id == photo.id
            connection.execute(update(tables.photos).where(mine).values(captured_at=moment))
    model = registry.current(settings)
    by_threshold = {}
    with ThreadPoolExecutor(1) as executor:
        for threshold in (0.5, 0.2):
            for session in sessions:
                judge = replace(model, threshold=threshold)
                prediction.predict(settings, engine, session, judge, executor)
                prediction.predict(settings, engine, session, replace(judge, version="other", threshold=0.5), executor)
            by_threshold[threshold] = said(engine)
    assert {row[4] for row in by_threshold[0.2]} == {0, 1, 2, 3}
    assert [row[3:] for row in by_threshold[0.5]] != [row[3:] for row in by_threshold[0.2]]
    for threshold in (0.5, 0.2):
        assert prediction.rejudge(engine, BLINK, model.version, threshold) == 16
        assert said(engine) == by_threshold[threshold]


def test_what_could_not_be_judged_stays_so(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    assert prediction.rejudge(engine, BLINK, "starter", 0.3) == 0
    made_up.archive(settings, engine, sessions=1, photos=2, closed=1)
    with catalog.writing(engine) as connection:
        about = {"fault": "blink", "model": "starter", "probability": None, "doubt": None, "burst_rank": None}
        connection.execute(tables.predictions.insert().values(photo_id=f"{0:032x}", **about))
    assert prediction.rejudge(engine, BLINK, "starter", 0.3) == 1
    assert said(engine) == [(f"{0:032x}", "starter", None, None, None)]
