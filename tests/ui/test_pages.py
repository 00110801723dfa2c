"""Every page alone, on an empty archive and with a session."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.shoot import frames, shoot
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
