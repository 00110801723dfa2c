"""Answers of a labelling page are stored once each, whole or not at all; the label that stands is always right."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sqlalchemy import ClauseElement, Engine, event, func, select
from sqlalchemy.dialects import postgresql

from tests import archive_rows
from workbench.archive import catalog, labels, operations, splits, tables
from workbench.archive.operations import SAY, UNDO, Operation, RefusedOperations, Source
from workbench.faults import BLINK
from workbench.settings import Settings

IDS = [f"{number:032x}" for number in range(40)]


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """A catalogue with one session of forty photos."""
    engine = catalog.open_catalog(settings)
    archive_rows.session(engine, "Ana", IDS)
    return engine


def _source(engine: Engine, labeller: str = "Ana") -> Source:
    return Source(operations.open_client(engine, labeller), BLINK, "session")


def _say(seq: int, photo: str, value: str = "BLINKING") -> Operation:
    return Operation(seq, SAY, photo, value)


def _standing(engine: Engine) -> dict[str, str | None]:
    return {photo: label.value for photo, label in labels.current(engine, BLINK).items()}


def test_what_is_sent_again_is_stored_once(engine: Engine) -> None:
    source = _source(engine)
    first = [_say(1, IDS[0]), _say(2, IDS[1], "NON_BLINKING")]
    assert operations.store(engine, source, first) == 2
    assert operations.store(engine, source, [*first, _say(3, IDS[2])]) == 3
    assert operations.store(engine, source, first[:1]) == 3
    assert operations.acknowledged(engine, source.client) == 3
    assert [len(labels.history(engine, photo, BLINK)) for photo in IDS[:3]] == [1, 1, 1]


def test_an_undo_takes_back_the_labellers_own_last_answer(engine: Engine) -> None:
    ana, ben = _source(engine), _source(engine, "Ben")
    operations.store(engine, ben, [_say(1, IDS[0], "NON_BLINKING")])
    operations.store(engine, ana, [_say(1, IDS[0]), Operation(2, UNDO, IDS[0])])
    assert _standing(engine) == {IDS[0]: "NON_BLINKING"}
    assert operations.store(engine, ana, [Operation(3, UNDO, IDS[0])]) == 3  # nothing of Ana's is left: no harm
    assert _standing(engine) == {IDS[0]: "NON_BLINKING"}


def test_an_answer_keeps_who_why_and_how(engine: Engine) -> None:
    source = Source(operations.open_client(engine, "Ana"), BLINK, "doubtful", labels.ACCEPTED)
    operations.store(engine, source, [_say(1, IDS[0])])
    (label,) = labels.history(engine, IDS[0], BLINK)
    assert (label.labeller, label.queue, label.origin) == ("Ana", "doubtful", "accepted suggestion")


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ([_say(1, "f" * 32)], "a photo is not in the archive"),
        ([_say(1, IDS[0]), _say(2, IDS[1], "SLEEPING")], "“SLEEPING” is no answer"),
        ([_say(2, IDS[0])], "after number 0 some are missing"),
        ([_say(1, IDS[0]), _say(1, IDS[1])], "some are missing"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    engine: Engine, sent: list[Operation], reason: str
) -> None:
    source = _source(engine)
    with pytest.raises(RefusedOperations, match=reason):
        operations.store(engine, source, sent)
    assert _standing(engine) == {} and operations.acknowledged(engine, source.client) == 0


def test_a_forged_client_is_refused(engine: Engine) -> None:
    with pytest.raises(RefusedOperations, match="not known"):
        operations.store(engine, Source("f" * 32, BLINK, "session"), [_say(1, IDS[0])])


@pytest.mark.parametrize(
    "sent",
    [
        "x",
        [1],
        [{"seq": 1}],
        [{"seq": 0, "kind": "say", "photo": IDS[0], "value": "BLINKING"}],
        [{"seq": 1.9, "kind": "say", "photo": IDS[0], "value": "BLINKING"}],
        [{"seq": True, "kind": "say", "photo": IDS[0], "value": "BLINKING"}],
        [{"seq": 1, "kind": "erase", "photo": IDS[0]}],
        [{"seq": 1, "kind": "say", "photo": "../etc", "value": "BLINKING"}],
        [{"seq": 1, "kind": "say", "photo": IDS[0]}],
    ],
)
def test_a_malformed_message_is_refused(sent: object) -> None:
    with pytest.raises(RefusedOperations):
        operations.read(sent)


def test_two_messages_of_one_client_are_stored_one_after_the_other(engine: Engine) -> None:
    """Without a lock both would count on from the same number; SQLite writes one at a time and knows no such lock."""
    source, said = _source(engine), list[str]()

    def watch(_: object, statement: ClauseElement, *rest: object) -> None:
        said.append(str(statement.compile(dialect=postgresql.dialect())))

    event.listen(engine, "before_execute", watch)
    operations.store(engine, source, [_say(1, IDS[0])])
    locked = next(number for number, one in enumerate(said) if "FROM clients" in one and one.endswith("FOR UPDATE"))
    assert locked < next(number for number, one in enumerate(said) if "max(operations.seq)" in one)


def test_two_labellers_at_once_lose_nothing(engine: Engine) -> None:
    def label(name: str) -> None:
        source = _source(engine, name)
        for seq, photo in enumerate(IDS, start=1):
            operations.store(engine, source, [_say(seq, photo, "BLINKING" if name == "Ana" else "NON_BLINKING")])

    with ThreadPoolExecutor(2) as both:
        list(both.map(label, ["Ana", "Ben"]))
    for photo in IDS:
        assert sorted(said.labeller for said in labels.history(engine, photo, BLINK)) == ["Ana", "Ben"]
    assert len(_standing(engine)) == len(IDS)


def test_the_standing_label_is_always_the_last_that_was_not_taken_back(engine: Engine) -> None:
    rng = np.random.default_rng(0)
    sources = [_source(engine), _source(engine, "Ben")]
    numbers = [0, 0]
    for _ in range(150):
        who, photo = int(rng.integers(2)), IDS[int(rng.integers(5))]
        numbers[who] += 1
        value = ["BLINKING", "NON_BLINKING", "UNSURE"][int(rng.integers(3))]
        one = Operation(numbers[who], UNDO, photo) if rng.random() < 0.4 else _say(numbers[who], photo, value)
        operations.store(engine, sources[who], [one])
    expected = {}
    for photo in IDS[:5]:
        said = labels.history(engine, photo, BLINK)
        undone = {entry.undoes for entry in said}
        standing = [entry.value for entry in said if entry.undoes is None and entry.id not in undone]
        if standing:
            expected[photo] = standing[-1]
    assert _standing(engine) == expected


def test_photos_know_their_side_as_soon_as_their_group_has_one(engine: Engine) -> None:
    source = _source(engine)
    for number in range(3):
        archive_rows.session(engine, f"s{number}", [f"{number + 100:032x}"])
    with engine.connect() as connection:
        assert connection.execute(select(func.count(tables.photos.c.side))).scalar() == 0
    for seq, photo in enumerate([IDS[0], *(f"{number + 100:032x}" for number in range(3))], start=1):
        operations.store(engine, source, [_say(seq, photo)])
    with engine.connect() as connection:
        kept = {row.id: row.side for row in connection.execute(select(tables.photos.c.id, tables.photos.c.side))}
    assert {photo: side for photo, side in kept.items() if side} == splits.sides(engine)
    assert kept[IDS[39]] == kept[IDS[0]] is not None  # the unlabelled photos of a group too
