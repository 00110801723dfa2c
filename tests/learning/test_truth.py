"""Which labels may stand as test truth, in a real catalogue."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests import archive_rows
from workbench.archive import catalog, labels
from workbench.faults import BLINK
from workbench.learning import truth
from workbench.settings import Settings


@pytest.fixture
def engine(settings: Settings) -> Engine:
    return catalog.open_catalog(settings)


def say(
    engine: Engine, photo: str, value: str = "NON_BLINKING", *, origin: str = labels.TYPED, queue: str = ""
) -> None:
    """One label of a photo that came from a queue."""
    with catalog.writing(engine) as connection:
        labels.say(connection, [labels.Said(photo, BLINK, value, origin, "Ana", queue or None)])


def test_a_session_that_is_labelled_to_its_end_is_fair_unsure_photos_included(engine: Engine) -> None:
    archive_rows.session(engine, "whole", ["a", "b", "c"])
    for photo, value in {"a": "BLINKING", "b": "NON_BLINKING", "c": "UNSURE"}.items():
        say(engine, photo, value)
    assert truth.fair(engine, BLINK) == {"a", "b", "c"}


def test_of_a_session_labelled_in_part_only_what_came_at_random_is_fair(engine: Engine) -> None:
    archive_rows.session(engine, "part", ["a", "b", "c"])
    say(engine, "a")
    say(engine, "b", queue="random")
    assert truth.fair(engine, BLINK) == {"b"}
    say(engine, "c")
    assert truth.fair(engine, BLINK) == {"a", "b", "c"}


@pytest.mark.parametrize("about", [{"origin": labels.ACCEPTED}, {"queue": "doubtful"}, {"queue": "disagreements"}])
def test_what_a_model_suggested_or_chose_is_never_fair(engine: Engine, about: dict[str, str]) -> None:
    archive_rows.session(engine, "whole", ["a", "b"])
    say(engine, "a")
    say(engine, "b", **about)
    assert truth.fair(engine, BLINK) == {"a"}


def test_a_label_that_is_taken_back_opens_its_session_again(engine: Engine) -> None:
    archive_rows.session(engine, "whole", ["a", "b"])
    say(engine, "a")
    say(engine, "b")
    (last,) = labels.history(engine, "b", BLINK)
    labels.undo(engine, last.id, labeller="Ana")
    assert truth.fair(engine, BLINK) == set()


def test_a_photo_in_two_sessions_is_fair_by_the_one_that_is_whole(engine: Engine) -> None:
    archive_rows.session(engine, "whole", ["a"])
    archive_rows.session(engine, "part", ["a", "b"])
    say(engine, "a")
    assert truth.fair(engine, BLINK) == {"a"}
    assert [one.session.name for one in truth.finished(engine, BLINK)] == ["whole"]


def test_an_empty_archive_has_none(engine: Engine) -> None:
    archive_rows.session(engine, "empty", [])
    assert truth.fair(engine, BLINK) == set() and truth.finished(engine, BLINK) == []


def test_a_photo_that_came_at_random_stays_fair_when_it_is_looked_at_again(engine: Engine) -> None:
    archive_rows.session(engine, "part", list("abcd"))
    for photo in "abc":
        say(engine, photo, queue="random")
    say(engine, "a", "BLINKING", queue="inspect")
    say(engine, "b", queue="second look")
    say(engine, "c", origin=labels.ACCEPTED)
    assert truth.fair(engine, BLINK) == {"a", "b"}
    first = labels.history(engine, "b", BLINK)[0]
    labels.undo(engine, first.id, labeller="Ana")
    assert truth.fair(engine, BLINK) == {"a"}, "what was taken back no longer says that it came at random"
