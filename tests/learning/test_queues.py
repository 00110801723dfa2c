"""What to label next."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, text, update

from tests import archive_rows
from workbench.archive import catalog, operations, splits, tables
from workbench.archive.operations import SAY, Operation, Source
from workbench.archive.sessions import Session
from workbench.faults import BLINK
from workbench.learning import prediction, queues
from workbench.learning.queues import NoSuchQueue, Queue
from workbench.settings import Settings

IDS = [f"{number:032x}" for number in range(10)]
START = datetime(2026, 11, 20, 10)


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """An empty catalogue."""
    return catalog.open_catalog(settings)


@pytest.fixture
def ana(engine: Engine) -> Session:
    """A session of ten photos, taken in the reverse order of their ids."""
    session = archive_rows.session(engine, "Ana", IDS)
    with catalog.writing(engine) as connection:
        for number, photo in enumerate(IDS):
            mine = tables.photos.c.id == photo
            connection.execute(update(tables.photos).where(mine).values(captured_at=START - timedelta(minutes=number)))
    return session


def _predict(engine: Engine, probabilities: dict[str, float], ranks: dict[str, int] | None = None) -> None:
    with catalog.writing(engine) as connection:
        for photo, probability in probabilities.items():
            row = {"photo_id": photo, "fault": "blink", "model": "m", "probability": probability}
            rank = (ranks or {}).get(photo, 0)
            connection.execute(insert(tables.predictions).values(**row, doubt=abs(probability - 0.5), burst_rank=rank))


def _ids(engine: Engine, queue: Queue, **where: int) -> list[str]:
    return [one.photo_id for one in queues.stretch(engine, queue, **where)]


def test_a_session_in_order_comes_as_it_was_taken_a_stretch_at_a_time(engine: Engine, ana: Session) -> None:
    queue = Queue(session_id=ana.id)
    assert _ids(engine, queue) == IDS[::-1]
    assert _ids(engine, queue, start=2, size=3) == IDS[::-1][2:5]
    first = queues.stretch(engine, queue, size=1)[0]
    assert (first.session, first.name, first.value) == ("Ana", f"{IDS[9]}.jpg", None)
    assert queues.length(engine, queue) == 10


def test_filters_leave_out_what_is_labelled_or_of_another_class(engine: Engine, ana: Session) -> None:
    archive_rows.say(engine, IDS[0], "BLINKING")
    archive_rows.say(engine, IDS[1], "NON_BLINKING")
    assert set(IDS) - set(_ids(engine, Queue(session_id=ana.id, unlabelled=True))) == {IDS[0], IDS[1]}
    assert _ids(engine, Queue(session_id=ana.id, value="BLINKING")) == [IDS[0]]
    assert queues.length(engine, Queue(queues.RANDOM, value="NON_BLINKING")) == 1


def test_a_random_sample_is_over_the_whole_archive_and_always_the_same(engine: Engine, ana: Session) -> None:
    archive_rows.session(engine, "Ben", ["a" * 32])
    assert _ids(engine, Queue(queues.RANDOM)) == [*IDS, "a" * 32]
    assert _ids(engine, Queue(queues.RANDOM, session_id=ana.id)) == IDS


def test_the_most_doubtful_come_first_and_one_of_a_burst_before_its_neighbours(engine: Engine, ana: Session) -> None:
    chances = {IDS[0]: 0.9, IDS[1]: 0.51, IDS[2]: 0.52, IDS[3]: 0.3}
    _predict(engine, chances, {IDS[2]: 1})
    assert _ids(engine, Queue(queues.DOUBTFUL, model="m")) == [IDS[1], IDS[3], IDS[0], IDS[2]]
    assert _ids(engine, Queue(queues.DOUBTFUL, model="other")) == []


def test_what_a_model_is_tested_on_is_never_queued_by_its_opinion(engine: Engine) -> None:
    for number, photo in enumerate(IDS):
        archive_rows.session(engine, f"s{number}", [photo])
        archive_rows.say(engine, photo, "NON_BLINKING")
    splits.assign(engine, BLINK)
    _predict(engine, dict.fromkeys(IDS, 0.95))
    sides = splits.sides(engine)
    untested = {photo for photo in IDS if sides[photo] != splits.TEST}
    assert len(untested) < len(IDS)
    for name in (queues.DOUBTFUL, queues.DISAGREEMENTS):
        assert set(_ids(engine, Queue(name, model="m"))) == untested
    assert set(_ids(engine, Queue(queues.RANDOM))) == set(IDS)


def test_disagreements_are_labels_against_a_confident_model(engine: Engine, ana: Session) -> None:
    for photo, value in ((IDS[0], "BLINKING"), (IDS[1], "NON_BLINKING"), (IDS[2], "BLINKING"), (IDS[3], "UNSURE")):
        archive_rows.say(engine, photo, value)
    _predict(engine, {IDS[0]: 0.01, IDS[1]: 0.92, IDS[2]: 0.3, IDS[3]: 0.99})
    assert _ids(engine, Queue(queues.DISAGREEMENTS, model="m")) == [IDS[0], IDS[1]]


def test_a_second_look_takes_different_answers_and_those_of_others(engine: Engine, ana: Session) -> None:
    archive_rows.say(engine, IDS[0], "BLINKING", labeller="Ana")
    archive_rows.say(engine, IDS[0], "NON_BLINKING", labeller="Ben")
    archive_rows.say(engine, IDS[1], "BLINKING", labeller="Ben")
    archive_rows.say(engine, IDS[2], "BLINKING", labeller="Ana")
    assert _ids(engine, Queue(queues.SECOND_LOOK, labeller="Ana")) == [IDS[0], IDS[1]]
    assert _ids(engine, Queue(queues.SECOND_LOOK)) == [IDS[0]]


def test_a_stored_list_keeps_its_order(engine: Engine, ana: Session) -> None:
    made = queues.keep_list(engine, "missed blinks", [IDS[5], IDS[1], IDS[5]])
    assert _ids(engine, Queue(queues.LIST, list_id=made)) == [IDS[5], IDS[1]]
    assert queues.lists(engine) == {made: "missed blinks"}


@pytest.mark.parametrize(
    "about",
    [
        {"name": "best"},
        {"name": queues.IN_ORDER},
        {"name": queues.LIST},
        {"name": queues.DOUBTFUL},
        {"name": queues.RANDOM, "value": "SLEEPING"},
    ],
)
def test_a_queue_that_cannot_be_is_refused(about: dict[str, str]) -> None:
    with pytest.raises(NoSuchQueue, match="Choose another order"):
        Queue(**about)  # type: ignore[arg-type]


def test_the_next_stretch_reads_an_index_and_not_the_table(engine: Engine, ana: Session) -> None:
    wanted = queues._ORDERS[queues.DOUBTFUL](Queue(queues.DOUBTFUL, model="m")).limit(60)
    compiled = wanted.compile(engine, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        steps = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))]
    assert any("predictions_by_doubt" in step for step in steps)
    assert not any(step.startswith("SCAN") or "TEMP B-TREE" in step for step in steps)


def test_bursts_are_photos_seconds_apart_and_ranked_by_doubt() -> None:
    times = [START, START + timedelta(seconds=1), START + timedelta(seconds=9), None, None]
    bursts = prediction.bursts(times)
    assert bursts[0] == bursts[1] and len(set(bursts)) == 4
    assert prediction.ranks([0.3, 0.1, 0.2, None, 0.4], bursts) == [1, 0, 0, None, 0]


def test_what_was_labelled_from_a_queue_leaves_the_unlabelled_ones(engine: Engine, ana: Session) -> None:
    source = Source(operations.open_client(engine, "Ana"), BLINK, "session")
    operations.store(engine, source, [Operation(1, SAY, IDS[9], "BLINKING")])
    assert _ids(engine, Queue(session_id=ana.id, unlabelled=True))[0] == IDS[8]
