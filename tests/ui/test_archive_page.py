"""The Archive page: the next step, sessions, people, imports."""

from __future__ import annotations

import os

import pytest
from sqlalchemy import insert, update
from streamlit.testing.v1 import AppTest

from tests import photographs
from tests.ui.shoot import frames, shoot
from tests.ui.visiting import button, opened, text
from workbench import jobs
from workbench.archive import catalog, diversity, sessions, tables
from workbench.archive.identity import identity
from workbench.jobs import processes, record
from workbench.jobs.record import End
from workbench.settings import HOME, Settings


def test_the_root_leads_to_the_archive_and_then_to_the_last_place(archive: Settings) -> None:
    ana = shoot(archive, "Ana", frames(keep=2))
    first = AppTest.from_file(str(HOME / "workbench/ui/app.py"), default_timeout=20).run()
    assert "1 session · 2 photos" in text(first)
    opened("pages/screen.py", session=ana)
    again = AppTest.from_file(str(HOME / "workbench/ui/app.py"), default_timeout=20).run()
    assert "2 photos · starter" in text(again)
    assert again.query_params["session"] == ana


def test_the_archive_says_the_next_step_and_opens_what_it_names(archive: Settings) -> None:
    ana = shoot(archive, "Ana", frames(keep=5))
    app = AppTest.from_file(str(HOME / "workbench/ui/app.py"), default_timeout=20).run()
    assert "5 photos of “Ana” are unlabelled" in text(app)
    button(app, "Label them").click().run()
    assert (app.query_params["session"], app.query_params["unlabelled"]) == (ana, "1")
    assert not app.exception and "**Next:**" not in text(app)


def test_suggestions_that_wait_are_reviewed_first(archive: Settings) -> None:
    ana = shoot(archive, "Ana", frames(keep=4, blink=1, cant_tell=1))
    app = AppTest.from_file(str(HOME / "workbench/ui/app.py"), default_timeout=20).run()
    assert "Review 2 suggestions in “Ana”." in text(app)
    button(app, "Review them").click().run()
    assert app.query_params["session"] == ana and not app.exception and "**Next:**" not in text(app)


def test_a_session_of_the_archive_leads_back_to_all(archive: Settings) -> None:
    ana = shoot(archive, "Ana", frames(keep=4, blink=1))
    app = opened("pages/archive.py", session=ana)
    button(app, "← All sessions").click().run()
    assert "session" not in app.query_params


@pytest.mark.parametrize("view", ["people", "import", "nonsense"])
def test_every_part_of_the_archive_opens_by_its_address(archive: Settings, view: str) -> None:
    shoot(archive, "Ana", frames(keep=1))
    app = opened("pages/archive.py", view=view)
    assert not app.exception and not app.error
    assert {"people": "A model learns the faces", "import": "1 session, 1 photo"}.get(view, "**Next:**") in text(app)


def test_a_session_with_its_problems_opens_by_its_address(archive: Settings) -> None:
    ana = shoot(archive, "Ana", frames(keep=1), problems=[("torn.jpg", "it ends too early")])
    app = opened("pages/archive.py", session=ana)
    assert not app.exception
    assert app.expander[0].label == "1 file could not be read"
    assert app.expander[0].text[0].value == "torn.jpg: it ends too early"


def test_an_address_of_no_session_is_told_on_the_archive_too(archive: Settings) -> None:
    shoot(archive, "Ana", frames(keep=1))
    app = opened("pages/archive.py", session="0" * 32)
    assert not app.exception and "There is no session" in app.error[0].value


def test_a_session_whose_folder_has_moved_is_linked_again(archive: Settings) -> None:
    ana = shoot(archive, "Ana", frames(keep=1))
    folder, new = archive.roots[-1] / "Ana", archive.roots[-1] / "Elsewhere"
    photograph = next(folder.iterdir())
    known = identity(photograph.read_bytes())
    with catalog.writing(catalog.open_catalog(archive)) as connection:
        connection.execute(insert(tables.photos).values(id=known, width=320, height=480, faces=1))
        connection.execute(update(tables.files).values(photo_id=known, file_hash="0" * 64))
    folder.rename(new)
    app = opened("pages/archive.py", session=ana)
    assert "is away" in app.warning[0].value
    app.text_input[0].set_value(str(archive.roots[-1].parent))
    button(app, "Find them there").click().run()
    assert "lies outside the folders" in app.error[0].value
    app.text_input[0].set_value(str(new))
    button(app, "Find them there").click().run()
    assert "is now linked to" in app.success[0].value
    assert sessions.find(catalog.open_catalog(archive), ana).folder == new


def test_a_client_is_forgotten_after_a_plain_confirmation(archive: Settings) -> None:
    ana = shoot(archive, "Ana", frames(keep=2))
    engine = catalog.open_catalog(archive)
    named = str(record.add(engine, ["screen", ana], "Screen Ana", True))
    record.take(engine, named)
    record.claim(engine, named, os.getpid(), processes.started(os.getpid()))
    app = opened("pages/archive.py", session=ana)
    button(app, "Forget …").click().run()
    assert "This erases 2 photos and 1 screening" in text(app)
    button(app, "Erase it all").click().run()
    assert "Nothing can be forgotten while work goes on (“Screen Ana”)" in app.error[0].value
    record.close(engine, named, os.getpid(), End("cancelled"))
    button(app, "Forget …").click().run()
    button(app, "Erase it all").click().run()
    assert "“Ana” is forgotten: 2 photos" in text(app)
    assert sessions.every(engine) == [] and jobs.every(engine) == []
    assert (archive.roots[-1] / "Ana").is_dir(), "originals stay"


def test_a_folder_outside_the_roots_is_refused_with_a_way_on(archive: Settings) -> None:
    app = opened("pages/archive.py")
    app.text_input[0].set_value("/etc").run()
    assert not app.exception and "lies outside the folders" in app.error[0].value
    app.text_input[0].set_value(str(archive.roots[-1])).run()
    assert not app.error


def test_what_would_come_in_is_shown_before_the_import(archive: Settings) -> None:
    photographs.jpeg(archive.roots[-1] / "Ana" / "1.jpg", 1)
    (archive.roots[-1] / "Ana" / "dead.jpg").symlink_to("nowhere.jpg")
    app = opened("pages/archive.py")
    app.text_input[0].set_value(str(archive.roots[-1] / "Ana")).run()
    assert "1 session, 1 photo, 1 file that cannot be taken" in text(app)
    assert "dead.jpg: it is a link to something that is not there" in text(app)


def test_a_tag_that_another_changed_meanwhile_is_told_and_kept(archive: Settings) -> None:
    ana = shoot(archive, "Ana", frames(keep=1))
    sessions.tag(catalog.open_catalog(archive), ana, gender="woman")

    def page(ana: str) -> None:
        from workbench.settings import from_environment
        from workbench.ui import archive_parts, frame
        from workbench.ui.table import Edit

        archive_parts.write_tag(frame.open_archive(from_environment()), Edit(ana, "gender", "", "female"))
        frame.say_told()

    app = AppTest.from_function(page, kwargs={"ana": ana}).run()
    assert "it is “woman” now, and “female” was not written" in app.error[0].value


@pytest.mark.parametrize("typed", ["many", "120", "-1", "nan"])
def test_a_target_that_cannot_be_is_refused(archive: Settings, typed: str) -> None:
    shoot(archive, "Ana", frames(keep=1))
    app = opened("pages/archive.py", view="people")
    app.text_input[0].set_value("woman")
    app.text_input[1].set_value(typed)
    button(app, "Add the target").click().run()
    assert not app.exception and "Nothing was changed" in app.error[0].value


def test_a_target_for_somebody_whom_no_session_shows_is_kept(archive: Settings) -> None:
    shoot(archive, "Ana", frames(keep=1))
    app = opened("pages/archive.py", view="people")
    app.selectbox[0].select("gender")
    app.text_input[0].set_value("non-binary")
    app.text_input[1].set_value("3")
    button(app, "Add the target").click().run()
    assert diversity.targets(catalog.open_catalog(archive)) == {("gender", "non-binary"): 0.03}
