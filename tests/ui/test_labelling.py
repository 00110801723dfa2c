"""What the labelling desk says and hears, without a browser."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from tests import archive_rows
from workbench.archive import catalog, labels, operations, overview, photos
from workbench.archive.progress import Standing
from workbench.faults import BLINK
from workbench.learning import queues
from workbench.learning.queues import NoSuchQueue, Queue
from workbench.settings import Settings
from workbench.ui import labelling, labelling_choice, labelling_files, labelling_model
from workbench.ui.labelling_choice import Choice

IDS = [f"{number:032x}" for number in range(6)]


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """A catalogue with one session of six photos."""
    engine = catalog.open_catalog(settings)
    archive_rows.session(engine, "Ana", IDS)
    return engine


def _say(seq: int, photo: str, value: str = "BLINKING", **about: str) -> dict[str, Any]:
    return {"seq": seq, "kind": "say", "photo": photo, "value": value, "queue": "session", "origin": "typed", **about}


def _sent(client: str, *said: dict[str, Any]) -> dict[str, Any]:
    return {"turn": 7, "boxes": [{"client": client, "operations": list(said)}]}


def _standing(engine: Engine) -> dict[str, str | None]:
    return {photo: label.value for photo, label in labels.current(engine, BLINK).items()}


# ---- operations


def test_what_was_sent_is_stored_once_and_acknowledged_with_its_turn(engine: Engine) -> None:
    client = operations.open_client(engine, "Ana")
    sent = _sent(client, _say(1, IDS[0]), _say(2, IDS[1], "NON_BLINKING", origin=labels.ACCEPTED, queue="doubtful"))
    for _ in range(2):
        answer = labelling.store(engine, sent)
        assert (answer.turn, answer.acks, answer.refused) == (7, {client: 2}, [])
    (said,) = labels.history(engine, IDS[1], BLINK)
    assert (said.origin, said.queue) == (labels.ACCEPTED, "doubtful")


def test_one_answer_that_cannot_be_meant_does_not_take_the_others_with_it(engine: Engine) -> None:
    client = operations.open_client(engine, "Ana")
    answer = labelling.store(engine, _sent(client, _say(1, IDS[0]), _say(2, "f" * 32), _say(3, IDS[1])))
    assert answer.acks == {client: 1}
    ((refused),) = answer.refused
    assert (refused.client, refused.seq) == (client, 2) and "not in the archive" in refused.sentence
    labelling.store(engine, _sent(client, _say(2, IDS[1])))  # as the browser sends what is left, numbered anew
    assert set(_standing(engine)) == {IDS[0], IDS[1]}


@pytest.mark.parametrize(
    "sent", [None, 3, {}, {"boxes": 3}, {"boxes": [3]}, {"turn": "x", "boxes": [{"client": 3}]}, {"boxes": {"a": 1}}]
)
def test_a_message_that_is_none_changes_nothing(engine: Engine, sent: object) -> None:
    assert labelling.store(engine, sent).acks == {}
    assert _standing(engine) == {}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ([{"seq": 1}], "malformed"),
        ("x", "no list"),
        ([_say(1, IDS[0], origin="audit")], "no origin"),
        ([_say(1, IDS[0], origin=[])], "no origin"),
        ([_say(1, IDS[0]), 3], "malformed"),
    ],
)
def test_a_malformed_box_is_refused_whole(engine: Engine, said: object, reason: str) -> None:
    client = operations.open_client(engine, "Ana")
    answer = labelling.store(engine, {"turn": 1, "boxes": [{"client": client, "operations": said}]})
    assert [(each.seq, reason in each.sentence) for each in answer.refused] == [(0, True)]
    assert _standing(engine) == {}


def test_a_client_is_kept_while_the_catalogue_knows_it(engine: Engine) -> None:
    first, _ = labelling.client(engine, "Ana", None)
    labelling.store(engine, _sent(first, _say(1, IDS[0])))
    assert labelling.client(engine, "Ana", first) == (first, 1)
    other, last = labelling.client(engine, "Ana", "f" * 32)
    assert other not in (first, "f" * 32) and last == 0


def test_a_forged_client_is_refused_and_changes_nothing(engine: Engine) -> None:
    (refused,) = labelling.store(engine, _sent("f" * 32, _say(1, IDS[0]))).refused
    assert refused.seq == 0 and "not known" in refused.sentence
    assert _standing(engine) == {}


# ---- what is told


def test_a_photo_is_told_with_its_label_and_the_models_opinion(engine: Engine) -> None:
    archive_rows.say(engine, IDS[0], "BLINKING")
    told = labelling.photo(queues.stretch(engine, Queue(queues.RANDOM), size=1)[0])
    assert (told["id"], told["session"], told["value"], told["p"], told["shape"]) == (
        IDS[0], "Ana", "BLINKING", None, 1.5,
    )  # fmt: skip
    assert told["thumb"] == f"/photo/320/{IDS[0]}"


def test_a_history_tells_the_newest_first_and_what_was_taken_back(engine: Engine) -> None:
    archive_rows.say(engine, IDS[0], "BLINKING", labeller="Ana")
    archive_rows.say(engine, IDS[0], "NON_BLINKING", labeller="Ben")
    labels.undo(engine, labels.history(engine, IDS[0], BLINK)[1].id, labeller="Cleo")
    found = labelling.history(engine, IDS[0])
    assert found["value"] == "BLINKING"
    assert [entry["value"] for entry in found["entries"]] == ["NON_BLINKING", "BLINKING"]
    assert found["entries"][0]["undone"].startswith("taken back by Cleo") and found["entries"][1]["undone"] == ""


def test_where_labelling_stands_is_told_in_four_lines() -> None:
    standing = Standing(60, 1144, 3, 500, 112, 18, 9, 2)
    assert labelling.standing(standing) == (
        "60 of 500 BLINKING",
        "1,144 of 500 NON_BLINKING",
        "3 unsure · 112 this hour",
        "in 18 sessions; half of the blinks come from 2 of 9",
    )


def test_examples_are_shown_of_the_demo_and_never_of_clients(settings: Settings, engine: Engine) -> None:
    assert labelling.examples(settings, engine) == ()


def test_queues_whose_photos_leave_when_answered_are_known() -> None:
    assert labelling.shifts(Queue(queues.RANDOM, unlabelled=True)) and labelling.shifts(Queue(queues.SECOND_LOOK))
    assert not labelling.shifts(Queue(queues.RANDOM))
    assert labelling.scope(Queue(queues.RANDOM)) != labelling.scope(Queue(queues.RANDOM, unlabelled=True))


# ---- the choice


def test_an_address_is_read_as_a_choice(engine: Engine) -> None:
    known = overview.every(engine)
    ana = known[0].session.id
    assert labelling_choice.read({}, known, []) == Choice(session=ana)
    asked = {"queue": "doubtful", "session": "Ana", "unlabelled": "1"}
    assert labelling_choice.read(asked, known, []) == Choice("doubtful", ana, True)
    assert labelling_choice.read({"queue": "list"}, known, ["new", "old"]).list_id == "new"
    queue = labelling_choice.read({"queue": "random", "class": "UNSURE"}, known, []).queue("Ana", None)
    assert queue == Queue(queues.RANDOM, value="UNSURE", labeller="Ana")


@pytest.mark.parametrize("asked", [{"queue": "best"}, {"session": "Zoe"}, {"class": "SLEEPING"}])
def test_an_address_that_means_nothing_is_refused(engine: Engine, asked: dict[str, str]) -> None:
    with pytest.raises(NoSuchQueue):
        labelling_choice.read(asked, overview.every(engine), [])


def test_a_begun_session_comes_before_a_larger_one_and_a_finished_one_last(engine: Engine) -> None:
    archive_rows.session(engine, "Ben", [f"{number:032x}" for number in range(50, 53)])
    archive_rows.session(engine, "Cleo", ["c" * 32])
    archive_rows.say(engine, "c" * 32, "BLINKING")
    assert labelling_choice.begun(overview.every(engine)).session.name == "Ana"
    archive_rows.say(engine, f"{50:032x}", "BLINKING")
    assert labelling_choice.begun(overview.every(engine)).session.name == "Ben"


def test_an_empty_queue_says_why_and_what_to_do(settings: Settings, engine: Engine) -> None:
    ana = overview.every(engine)[0].session.id
    why = labelling_choice.why_empty
    assert why(engine, Queue(session_id=ana)) == ""
    assert "Find the blinks first" in why(engine, Queue(queues.DOUBTFUL, model="starter"))
    assert "is labelled UNSURE" in why(engine, Queue(session_id=ana, value="UNSURE"))
    assert "Nobody has answered differently" in why(engine, Queue(queues.SECOND_LOOK, labeller="Ana"))
    for photo in IDS:
        archive_rows.say(engine, photo, "NON_BLINKING")
    assert "Every photo of this session has its label" in why(engine, Queue(session_id=ana, unlabelled=True))


def test_without_its_model_labelling_goes_on(settings: Settings) -> None:
    assert labelling_model.version(settings) == "starter"
    (settings.models / "blink").mkdir(parents=True)
    (settings.models / "blink" / "current").write_text("gone\n")
    assert labelling_model.version(settings) is None


# ---- out and back


def test_labels_go_out_as_a_table_and_come_back_into_another_archive(engine: Engine) -> None:
    archive_rows.say(engine, IDS[0], "BLINKING")
    table = labelling_files.table(engine)
    assert labelling_files.take(engine, table) == "Imported 0 new labels · 1 known"
    labels.undo(engine, labels.history(engine, IDS[0], BLINK)[0].id, labeller="Ana")
    assert photos.of_session(engine, overview.every(engine)[0].session.id)[0].id == IDS[0]
    assert table.decode().splitlines()[1].startswith(f"Ana,{IDS[0]}.jpg,{IDS[0]},blink,BLINKING")
