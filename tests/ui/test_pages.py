"""Every page alone, on an empty archive and with a session."""

from __future__ import annotations

import shutil

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.shoot import Frame, frames, shoot
from tests.ui.visiting import PAGES, button, opened, text
from workbench.archive import catalog
from workbench.jobs import record
from workbench.jobs.record import End
from workbench.settings import Settings
from workbench.ui import reporting


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_on_an_empty_archive_and_says_what_to_do_first(archive: Settings, page: str) -> None:
    app = opened(page)
    assert not app.exception and not app.error
    assert "demo sessions" in text(app)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_with_a_session(archive: Settings, page: str) -> None:
    shoot(archive, "Ana", frames(keep=2, blink=1))
    app = opened(page)
    assert not app.exception and not app.error


def test_a_screened_session_is_summed_up_with_its_model_and_time(archive: Settings) -> None:
    shoot(archive, "Ana", frames(keep=5, blink=2, cant_tell=1))
    said = text(opened())
    assert "5 keep · 2 blink · 1 can’t tell" in said
    assert "starter, 20 Nov 2026" in said


def test_a_session_that_is_not_screened_offers_to_find_the_blinks(archive: Settings) -> None:
    shoot(archive, "Ana’s $5 shoot", [Frame(None)] * 2)
    app = opened()
    assert "2 photos, not screened yet" in text(app)
    assert button(app, "Find the blinks")


def test_the_address_says_which_session_is_shown(archive: Settings) -> None:
    shoot(archive, "Ana", frames(keep=1))
    ben = shoot(archive, "Ben", frames(keep=2, blink=7))
    assert "2 keep · 7 blink" in text(opened(session=ben))


def test_choosing_a_session_writes_the_address(archive: Settings) -> None:
    shoot(archive, "Ana", frames(keep=1))
    ben = shoot(archive, "Ben", frames(keep=2, blink=7))
    app = opened()
    app.selectbox[0].select(ben).run()
    assert app.query_params["session"] == ben
    assert "2 keep · 7 blink" in text(app)


def test_an_address_of_no_session_gives_a_sentence_and_a_choice(archive: Settings) -> None:
    shoot(archive, "Ana", frames(keep=1))
    app = opened(session="0" * 32)
    assert not app.exception
    assert "There is no session" in app.error[0].value
    assert app.selectbox[0].value is None


def test_a_folder_that_is_away_is_told(archive: Settings) -> None:
    shoot(archive, "Ana", frames(keep=2))
    shutil.rmtree(archive.roots[-1] / "Ana")
    app = opened()
    assert not app.exception
    assert "is away" in app.warning[0].value


def test_files_that_could_not_be_read_are_named_with_the_reason(archive: Settings) -> None:
    shoot(archive, "Ana", frames(keep=1), problems=[("cut_short.jpg", "the file ends too early")])
    app = opened()
    assert app.expander[0].label == "1 could not be read" and not app.expander[0].proto.expanded
    assert app.expander[0].text[0].value == "cut_short.jpg: the file ends too early"


def test_an_unforeseen_error_is_one_calm_sentence_and_the_rest_is_in_the_log(archive: Settings) -> None:
    def page() -> None:
        from workbench.settings import from_environment
        from workbench.ui import reporting

        reporting.log_to(reporting.log_file(from_environment()))
        try:
            raise ZeroDivisionError("secret detail")
        except ZeroDivisionError as error:
            assert reporting.report(error)

    app = AppTest.from_function(page).run()
    assert not app.exception
    assert app.error[0].value.startswith("Something went wrong") and "secret" not in app.error[0].value
    log = reporting.log_file(archive).read_text()
    assert "Traceback" in log and "secret detail" in log


def test_how_work_ended_stays_on_every_page_until_it_is_dismissed(archive: Settings) -> None:
    ana = shoot(archive, "Ana", frames(keep=1))
    engine = catalog.open_catalog(archive)
    job = str(record.add(engine, ["screen", ana], "Screen Ana", True))
    record.take(engine, job)
    record.close(engine, job, None, End("lost", "It was killed."))
    for page in PAGES:
        app = opened(page)
        assert "Screen Ana: It was killed." in text(app) and button(app, "Resume")
    button(app, "✕").click().run()
    assert "It was killed" not in text(app)
    assert "It was killed" not in text(opened()), "another tab and another start know it too"
