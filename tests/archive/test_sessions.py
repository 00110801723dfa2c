"""Tags in the photographer's own words, written by more than one person."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.archive_rows import session
from workbench.archive import catalog, sessions
from workbench.archive.sessions import TagChanged, UnknownSession
from workbench.settings import Settings


@pytest.fixture
def engine(settings: Settings) -> Engine:
    return catalog.open_catalog(settings)


def test_one_tag_is_written_and_the_others_stay(engine: Engine) -> None:
    ana = session(engine, "Ana", [], gender="woman", race="black")
    sessions.retag(engine, ana.id, "age_group", "  25–50 ", before="")
    sessions.retag(engine, ana.id, "gender", "", before="woman")
    found = sessions.find(engine, "Ana")
    assert (found.age_group, found.gender, found.race) == ("25–50", None, "black")


def test_what_another_wrote_meanwhile_is_kept_and_both_words_are_told(engine: Engine) -> None:
    ana = session(engine, "Ana", [])
    sessions.tag(engine, ana.id, gender="woman")
    with pytest.raises(TagChanged, match="it is “woman” now, and “female” was not written"):
        sessions.retag(engine, ana.id, "gender", "female", before="")
    assert sessions.find(engine, "Ana").gender == "woman"


def test_the_same_edit_sent_twice_is_no_conflict(engine: Engine) -> None:
    ana = session(engine, "Ana", [])
    for _ in range(2):
        sessions.retag(engine, ana.id, "gender", "woman", before="")
    assert sessions.find(engine, "Ana").gender == "woman"


def test_a_session_that_is_gone_and_a_tag_that_is_none_are_refused(engine: Engine) -> None:
    with pytest.raises(UnknownSession):
        sessions.retag(engine, "0" * 32, "gender", "woman", before="")
    with pytest.raises(ValueError, match="no tag"):
        sessions.retag(engine, "0" * 32, "name", "Ben", before="")
