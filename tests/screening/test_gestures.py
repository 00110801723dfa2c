"""Gestures of a review are stored once each, whole or not at all; an undo brings back what stood before."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import ClauseElement, Engine, event, select
from sqlalchemy.dialects import postgresql

from tests import archive_rows
from workbench.archive import catalog, operations, tables
from workbench.archive.operations import RefusedOperations
from workbench.archive.sessions import Session
from workbench.faults import BLINK
from workbench.screening import gestures, review
from workbench.screening.review import ACCEPT, AUDIT, MOVE, UNDO, Gesture
from workbench.screening.screen import GROUPS
from workbench.settings import Settings

HOME = Path(__file__).parents[2]
IDS = tuple(f"{number:032x}" for number in range(600))
STRANGER = "f" * 32


@pytest.fixture
def engine(settings: Settings) -> Engine:
    return catalog.open_catalog(settings)


@pytest.fixture
def ana(engine: Engine) -> Session:
    """A session of six hundred photos."""
    return archive_rows.session(engine, "Ana", list(IDS))


@pytest.fixture
def client(engine: Engine) -> str:
    return operations.open_client(engine, "Ana")


def _groups(engine: Engine, session: Session) -> dict[str, str]:
    return {photo: one.group for photo, one in review.decisions(engine, session.id, BLINK).items()}


def _move(seq: int, photo: str, group: str = "keep") -> Gesture:
    return Gesture(seq, MOVE, (photo,), group)


def _undo(seq: int, undoes: int) -> Gesture:
    return Gesture(seq, UNDO, undoes=undoes)


def test_what_is_sent_again_is_stored_once(engine: Engine, ana: Session, client: str) -> None:
    first = [_move(1, IDS[0], "blink"), Gesture(2, ACCEPT, IDS[1:4], "keep")]
    assert review.store(engine, ana.id, BLINK, client, first) == 2
    assert review.store(engine, ana.id, BLINK, client, [*first, _move(3, IDS[1], "cant_tell")]) == 3
    assert review.store(engine, ana.id, BLINK, client, first[:1]) == 3 == review.acknowledged(engine, client)
    assert _groups(engine, ana) == {IDS[0]: "blink", IDS[1]: "cant_tell", IDS[2]: "keep", IDS[3]: "keep"}
    with engine.connect() as connection:
        assert Counter(connection.execute(select(tables.reviews.c.seq)).scalars()) == {1: 1, 2: 3, 3: 1}


def test_an_accepted_group_is_taken_back_as_one_and_what_stood_before_stands_again(
    engine: Engine, ana: Session, client: str
) -> None:
    review.store(engine, ana.id, BLINK, client, [_move(1, IDS[7], "cant_tell"), Gesture(2, ACCEPT, IDS, "blink")])
    assert set(_groups(engine, ana).values()) == {"blink"} and len(_groups(engine, ana)) == 600
    review.store(engine, ana.id, BLINK, client, [_undo(3, 2)])
    assert _groups(engine, ana) == {IDS[7]: "cant_tell"}
    review.store(engine, ana.id, BLINK, client, [_undo(4, 1)])
    assert _groups(engine, ana) == {}


def test_an_undo_that_is_taken_back_counts_nothing_and_one_said_twice_counts_once(
    engine: Engine, ana: Session, client: str
) -> None:
    review.store(engine, ana.id, BLINK, client, [_move(1, IDS[0]), _undo(2, 1), _undo(3, 1)])
    assert _groups(engine, ana) == {}
    review.store(engine, ana.id, BLINK, client, [_undo(4, 3), _undo(5, 2)])
    assert _groups(engine, ana) == {IDS[0]: "keep"}


def test_a_decision_tells_who_how_and_when(engine: Engine, ana: Session, client: str) -> None:
    before = tables.now()
    review.store(engine, ana.id, BLINK, client, [Gesture(1, AUDIT, IDS[:2], "keep"), _move(2, IDS[0], "blink")])
    moved, audited = (review.decisions(engine, ana.id, BLINK)[photo] for photo in IDS[:2])
    assert (moved.labeller, moved.kind, moved.audited) == ("Ana", MOVE, True)
    assert (audited.group, audited.kind, audited.audited) == ("keep", AUDIT, True)
    assert before <= audited.at <= moved.at <= tables.now()


def test_sessions_and_clients_do_not_touch_each_other(engine: Engine, ana: Session, client: str) -> None:
    ben = archive_rows.session(engine, "Ben", [IDS[0]])  # the same photo lies in both
    other = operations.open_client(engine, "Ben")
    review.store(engine, ana.id, BLINK, client, [_move(1, IDS[0], "blink")])
    review.store(engine, ben.id, BLINK, other, [_move(1, IDS[0], "keep")])
    assert (_groups(engine, ana), _groups(engine, ben)) == ({IDS[0]: "blink"}, {IDS[0]: "keep"})
    with pytest.raises(RefusedOperations, match="no number 1 of this page"):
        review.store(engine, ben.id, BLINK, client, [_undo(2, 1)])


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ([Gesture(1, MOVE, (STRANGER,), "keep")], "not of this session"),
        ([_move(1, IDS[0]), Gesture(2, ACCEPT, (IDS[1], STRANGER), "keep")], "not of this session"),
        ([_move(2, IDS[0])], "after number 0 some are missing"),
        ([_move(1, IDS[0]), _move(1, IDS[1])], "some are missing"),
        ([_move(1, IDS[0]), _move(3, IDS[1])], "some are missing"),
        ([_move(1, IDS[0]), _undo(2, 2), _move(3, IDS[1])], "no number 2 of this page to take back"),
        ([_undo(1, 2), _move(2, IDS[0])], "no number 2 of this page to take back"),
        ([_move(1, IDS[0]), _undo(2, 10**30)], "to take back"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    engine: Engine, ana: Session, client: str, sent: list[Gesture], reason: str
) -> None:
    archive_rows.session(engine, "Ben", [STRANGER])
    with pytest.raises(RefusedOperations, match=reason):
        review.store(engine, ana.id, BLINK, client, sent)
    assert _groups(engine, ana) == {} and review.acknowledged(engine, client) == 0


def test_a_forged_client_is_refused(engine: Engine, ana: Session) -> None:
    for ask in (
        lambda: review.store(engine, ana.id, BLINK, STRANGER, [_move(1, IDS[0])]),
        lambda: review.acknowledged(engine, STRANGER),
    ):
        with pytest.raises(RefusedOperations, match="not known"):
            ask()


def test_a_message_is_read_as_the_page_sends_it() -> None:
    sent = [
        {"seq": 1, "kind": "move", "photos": [IDS[0]], "group": "blink", "session": "more"},
        {"seq": 2, "kind": "accept", "photos": list(IDS), "group": "keep"},
        {"seq": 3, "kind": "undo", "photos": list(IDS), "undoes": 2},
    ]
    assert review.read(sent) == [_move(1, IDS[0], "blink"), Gesture(2, ACCEPT, IDS, "keep"), _undo(3, 2)]


_MOVE = {"seq": 1, "kind": "move", "photos": [IDS[0]], "group": "keep"}


@pytest.mark.parametrize(
    "sent",
    [
        "x",
        {},
        [1],
        [None],
        [{}],
        [{**_MOVE, "seq": 0}],
        [{**_MOVE, "seq": "one"}],
        [{**_MOVE, "seq": float("inf")}],
        [{**_MOVE, "kind": "erase"}],
        [{**_MOVE, "kind": ["move"]}],
        [{**_MOVE, "group": "delete"}],
        [{**_MOVE, "group": None}],
        [{**_MOVE, "group": ["keep"]}],
        [{**_MOVE, "photos": []}],
        [{**_MOVE, "photos": IDS[0]}],
        [{**_MOVE, "photos": ["../etc"]}],
        [{**_MOVE, "photos": [IDS[0], IDS[0]]}],
        [{"seq": 2, "kind": "undo"}],
        [{"seq": 2, "kind": "undo", "undoes": 0}],
        [{"seq": 2, "kind": "undo", "undoes": 1.0}],
        [{**_MOVE, "seq": 1.9}],
        [{**_MOVE, "seq": True}],
        [{**_MOVE, "photos": [f"{number:032x}" for number in range(gestures.MOST_PHOTOS + 1)]}],
    ],
)
def test_a_malformed_message_is_refused(sent: object) -> None:
    with pytest.raises(RefusedOperations, match="not stored"):
        review.read(sent)


def test_a_gesture_may_name_a_whole_session_and_a_message_any_number_of_gestures() -> None:
    whole = [f"{number:032x}" for number in range(6_000)]
    read = review.read([{**_MOVE, "seq": seq, "kind": "accept", "photos": whole} for seq in (1, 2)])
    assert [len(one.photos) for one in read] == [6_000, 6_000]


def test_two_messages_of_one_client_are_stored_one_after_the_other(engine: Engine, ana: Session, client: str) -> None:
    """Without a lock both would count on from the same number; SQLite writes one at a time and knows no such lock."""
    said: list[str] = []

    def watch(_: object, statement: ClauseElement, *rest: object) -> None:
        said.append(str(statement.compile(dialect=postgresql.dialect())))

    event.listen(engine, "before_execute", watch)
    review.store(engine, ana.id, BLINK, client, [_move(1, IDS[0])])
    locked = next(number for number, one in enumerate(said) if "FROM clients" in one and one.endswith("FOR UPDATE"))
    assert locked < next(number for number, one in enumerate(said) if "max(reviews.seq)" in one)


def test_two_pages_at_once_lose_nothing(engine: Engine, ana: Session) -> None:
    def decide(name: str) -> None:
        mine = operations.open_client(engine, name)
        for seq, photo in enumerate(IDS[:30], start=1):
            review.store(engine, ana.id, BLINK, mine, [_move(seq, photo, "keep" if name == "Ana" else "blink")])

    with ThreadPoolExecutor(2) as both:
        list(both.map(decide, ["Ana", "Ben"]))
    with engine.connect() as connection:
        said = connection.execute(select(tables.reviews.c.photo_id, tables.reviews.c.labeller)).all()
    assert sorted(map(tuple, said)) == sorted((photo, name) for photo in IDS[:30] for name in ("Ana", "Ben"))


# ---- whatever is pressed


def _standing(pressed: list[tuple[int, Gesture]]) -> dict[str, str]:
    """What must stand after these gestures of numbered clients, by the rule read backwards from each gesture."""

    def in_force(which: int, gesture: Gesture) -> bool:
        return not any(who == which and later.undoes == gesture.seq and in_force(who, later) for who, later in pressed)

    found: dict[str, str] = {}
    for which, gesture in pressed:
        if gesture.kind != UNDO and in_force(which, gesture):
            found |= dict.fromkeys(gesture.photos, str(gesture.group))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_pressed_and_sent_again_what_stands_is_what_was_not_taken_back(
    engine: Engine, ana: Session, seed: int
) -> None:
    chance = random.Random(seed)
    clients = [operations.open_client(engine, name) for name in ("Ana", "Ben")]
    pressed: list[tuple[int, Gesture]] = []
    mine: list[list[Gesture]] = [[], []]
    held = [0, 0]
    for _ in range(60):
        who = chance.randrange(2)
        seq = len(mine[who]) + 1
        photos = tuple(chance.sample(IDS[:8], chance.randint(1, 6)))
        gesture = Gesture(seq, chance.choice([MOVE, ACCEPT, AUDIT]), photos, chance.choice(GROUPS))
        if seq > 1 and chance.random() < 0.4:
            gesture = _undo(seq, chance.randint(max(1, seq - 4), seq - 1))
        mine[who].append(gesture)
        if chance.random() < 0.3:
            continue  # the answer is slow: it goes out with the next one
        again = chance.randint(0, held[who])
        pressed += [(who, one) for one in mine[who][held[who] :]]
        held[who] = review.store(engine, ana.id, BLINK, clients[who], mine[who][again:])
        assert held[who] == seq
        assert _groups(engine, ana) == _standing(pressed)


# ---- and if the power fails

_PRESSING = """
import os, signal, sys
from sqlalchemy import event
from workbench.archive import catalog
from workbench.faults import BLINK
from workbench.screening import gestures, review
from workbench.settings import from_environment

session, client, death, photos = *sys.argv[1:4], tuple(sys.argv[4].split(","))
engine = catalog.open_catalog(from_environment())

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

if death == "between two gestures":
    @event.listens_for(engine, "after_cursor_execute")
    def watch(connection, cursor, statement, *rest):
        if statement.startswith("INSERT INTO reviews"):
            die()
if death == "before the end":
    event.listen(engine, "commit", die)
for seq in range(1, 10_000, 2):
    sent = [review.Gesture(seq, review.ACCEPT, photos, "keep"), review.Gesture(seq + 1, review.UNDO, undoes=seq)]
    print(review.store(engine, session, BLINK, client, sent), flush=True)
"""


def _pressing(settings: Settings, session: Session, client: str, death: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _PRESSING, session.id, client, death, ",".join(IDS)]
    environment = {**os.environ, "EYESPY_DATASETS": str(settings.datasets), "PYTHONPATH": str(HOME)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def _held(engine: Engine) -> Counter[int]:
    with engine.connect() as connection:
        return Counter(connection.execute(select(tables.reviews.c.seq)).scalars())


@pytest.mark.parametrize("death", ["between two gestures", "before the end"])
def test_of_a_message_whose_storing_is_killed_nothing_is_there_and_it_can_be_sent_again(
    settings: Settings, engine: Engine, ana: Session, client: str, death: str
) -> None:
    process = _pressing(settings, ana, client, death)
    said, _ = process.communicate()
    assert process.returncode == -signal.SIGKILL and said == ""
    assert not _held(engine) and _groups(engine, ana) == {}
    assert review.store(engine, ana.id, BLINK, client, [Gesture(1, ACCEPT, IDS, "keep"), _undo(2, 1)]) == 2


def test_killed_at_any_moment_what_was_answered_is_there_and_every_message_is_whole(
    settings: Settings, engine: Engine, ana: Session, client: str
) -> None:
    process = _pressing(settings, ana, client, "from outside")
    assert process.stdout is not None
    told = [int(process.stdout.readline()) for _ in range(3)]
    process.send_signal(signal.SIGKILL)
    told += [int(line) for line in process.stdout.read().split()]
    process.wait()
    held = _held(engine)
    assert held == dict.fromkeys(range(1, len(held) + 1), 600)
    assert len(held) in (told[-1], told[-1] + 2)  # the last message may have been stored without an answer
    assert _groups(engine, ana) == {}
