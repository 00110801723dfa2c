"""The Screen page: what it says of a session, what is stored of a review, and the hand-off's gate and dry run."""

from __future__ import annotations

import os
import shutil

import pytest
from sqlalchemy import Engine, update
from streamlit.testing.v1 import AppTest

from tests.ui.reviewed import accept
from tests.ui.shoot import Frame, frames, shoot
from tests.ui.visiting import button, opened, text, working
from workbench.archive import catalog, labels, operations, sessions, tables
from workbench.faults import BLINK as FAULT
from workbench.jobs import record
from workbench.jobs.record import End
from workbench.screening import exceptions, gestures, handoff, screen
from workbench.screening.gestures import MOVE, Gesture
from workbench.screening.presets import Choice
from workbench.screening.screen import BLINK, KEEP
from workbench.settings import Settings
from workbench.ui import (
    screening_handoff_view,
    screening_review,
)


def at_hand_off(session: str) -> AppTest:
    """The page at its last step."""
    app = opened(session=session)
    app.session_state["review-step"] = (session, screening_review.HAND_OFF)
    return app.run()


# ---- what the page says


def test_a_screened_session_is_summed_up_with_its_model_and_time(archive: Settings) -> None:
    shoot(archive, "Ana", frames(keep=5, blink=2, cant_tell=1))
    assert "8 photos · starter, 20 Nov 2026" in text(opened())


def test_a_session_that_is_not_screened_offers_to_find_the_blinks(archive: Settings) -> None:
    shoot(archive, "Ana’s $5 shoot", [Frame(None)] * 2)
    app = opened()
    assert "2 photos, not screened yet" in text(app)
    assert button(app, "Find the blinks")


def test_the_address_says_which_session_is_shown(archive: Settings) -> None:
    shoot(archive, "Ana", frames(keep=1))
    ben = shoot(archive, "Ben", frames(keep=2, blink=7))
    assert "9 photos" in text(opened(session=ben))


def test_choosing_a_session_writes_the_address(archive: Settings) -> None:
    shoot(archive, "Ana", frames(keep=1))
    ben = shoot(archive, "Ben", frames(keep=2, blink=7))
    app = opened()
    app.selectbox[0].select(ben).run()
    assert app.query_params["session"] == ben
    assert "9 photos" in text(app)


def test_an_address_of_no_session_gives_a_sentence_and_a_choice(archive: Settings) -> None:
    shoot(archive, "Ana", frames(keep=1))
    app = opened(session="0" * 32)
    assert not app.exception
    assert "There is no session" in app.error[0].value
    assert app.selectbox[0].value is None and "`sessions`" not in text(app)


def test_the_page_comes_back_to_the_session_that_was_shown_last(archive: Settings) -> None:
    shoot(archive, "Ana", frames(keep=1))
    ben = shoot(archive, "Ben", frames(keep=2, blink=7))
    opened("pages/archive.py", session=ben)
    assert "9 photos" in text(opened()), "also after a page whose address named no session"
    assert "9 photos" in text(opened())


def test_a_folder_that_is_away_is_told(archive: Settings) -> None:
    shoot(archive, "Ana", frames(keep=2))
    shutil.rmtree(archive.roots[-1] / "Ana")
    app = opened()
    assert not app.exception
    assert "is away" in app.warning[0].value and "python -m" not in text(app)
    assert any(each.label == "Tell where it is now" for each in app.get("page_link"))


def test_files_that_could_not_be_read_are_named_with_the_reason(archive: Settings) -> None:
    shoot(archive, "Ana", frames(keep=1), problems=[("cut_short.jpg", "the file ends too early")])
    assert "cut_short.jpg: the file ends too early" in text(opened())


def test_photos_that_came_after_the_screening_are_counted(archive: Settings) -> None:
    shoot(archive, "Ana", [*frames(keep=2), Frame(None)])
    app = opened()
    assert "1 photo came after the screening" in text(app) and button(app, "Screen again")


def test_a_screening_that_was_stopped_says_how_far_it_was_and_goes_on(archive: Settings, engine: Engine) -> None:
    ana = shoot(archive, "Ana", [*frames(keep=2), Frame(None)])
    with catalog.writing(engine) as connection:
        connection.execute(update(tables.screenings).values(finished_at=None))
    app = opened()
    assert "Stopped: 2 of 3 looked at" in text(app) and button(app, "Resume")
    job = str(record.add(engine, ["screen", ana], "Screen Ana", True))
    record.take(engine, job)
    record.close(engine, job, None, End("lost", "It was killed."))
    assert button(opened(), "Resume")


def test_while_a_session_is_looked_at_the_page_says_how_far(archive: Settings, engine: Engine) -> None:
    ana = shoot(archive, "Ana", [Frame(None)] * 3)
    job = working(archive, "screen", ana)
    said = text(opened())
    assert "0 of 3 looked at" in said and "The first photos are being looked at" in said
    record.beat(engine, job, os.getpid(), record.Step("Screening Ana", 2, 3, 0, tables.now()))
    said = text(opened())
    assert "0 of 3 looked at" in said and "2 of 3" not in said, "one count on the page, and not two that differ"


def test_what_laughing_counts_as_is_stored_and_regroups(archive: Settings, engine: Engine) -> None:
    ana = shoot(archive, "Ana", frames(keep=2, blink=2))
    with catalog.writing(engine) as connection:
        connection.execute(update(tables.verdicts).where(tables.verdicts.c.group == BLINK).values(sign="laughing"))
    app = opened()
    chosen = next(each for each in app.selectbox if each.label == "Laughing counts as")
    chosen.select(KEEP).run()
    assert exceptions.of_session(engine, ana) == {"laughing": KEEP}
    found = screen.latest(engine, ana)
    assert found and found.counts == {KEEP: 4}
    assert any(each.label == "Laughing counts as" and each.value == KEEP for each in opened().selectbox)


def test_a_folder_can_be_screened_where_there_is_no_session_yet(archive: Settings) -> None:
    app = opened()
    button(app, "Screen a folder").click().run()
    assert app.query_params["view"] == ["new"] or app.query_params["view"] == "new"
    assert "No photo in here" in text(app) and not app.exception


def test_a_folder_with_photos_offers_to_find_their_blinks(archive: Settings) -> None:
    shoot(archive, "Ana", frames(keep=2))
    app = opened(view="new")
    next(each for each in app.text_input if each.label == "Folder of the session").set_value(
        str(archive.roots[-1] / "Ana")
    ).run()
    assert "1 session, 2 photos" in text(app) and button(app, "Find the blinks")


def test_a_folder_of_sessions_says_how_many_will_be_looked_at(archive: Settings) -> None:
    for name in ("Ana", "Ben"):
        shoot(archive, name, frames(keep=2))
    assert button(opened(view="new"), "Find the blinks in all 2 sessions")


@pytest.mark.parametrize("page", ["pages/screen.py", "pages/archive.py"])
def test_a_path_that_leads_nowhere_is_told_and_the_folders_stay(archive: Settings, page: str) -> None:
    shoot(archive, "Ana", frames(keep=2))
    app = opened(page, view="new" if "screen" in page else "import")
    for typed, said in (("/etc", "lies outside"), (str(archive.roots[-1] / "Anna"), "is not a folder")):
        app.text_input[0].set_value(typed).run()
        assert said in app.error[0].value and not app.exception
        assert "Choose the folder of a session" in text(app)
        assert app.get("bidi_component") or app.get("unknown"), "the list of folders is still there"


def test_a_folder_that_is_being_brought_in_leads_to_its_session(archive: Settings) -> None:
    ana = shoot(archive, "Ana", frames(keep=2))
    app = opened(folder=str(archive.roots[-1] / "Ana"))
    assert app.query_params["session"] in (ana, [ana]) and "2 photos · starter" in text(app)


# ---- the last step


def test_what_is_open_keeps_the_hand_off_closed(archive: Settings) -> None:
    ana = shoot(archive, "Ana", frames(keep=5, blink=2, cant_tell=1))
    app = at_hand_off(ana)
    assert "Not yet: the review is not complete" in text(app)
    assert "2 suggested blinks that you have not decided on." in text(app)
    assert not [each for each in app.button if each.label == "Show what would change"]
    button(app, "Look through “Can’t tell”").click().run()
    assert "Not yet" not in text(app)


def test_a_dry_run_lists_every_change_and_writes_nothing(archive: Settings, engine: Engine) -> None:
    ana = shoot(archive, "Ana", frames(keep=3, blink=2, cant_tell=1))
    accept(engine, ana)
    folder = archive.roots[-1] / "Ana"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    app = at_hand_off(ana)
    assert "Nothing is ever deleted or moved" in text(app)
    button(app, "Show what would change").click().run()
    assert "3 files would change: 2 blink · 1 can’t tell" in text(app) and button(app, "Write to 3 files")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    next(each for each in app.selectbox if each.label == "Editor").select("bridge").run()
    assert "would change" not in text(app), "another choice wants another look"
    assert [each.label for each in app.checkbox] == ["Rate blinks −1, which means rejected"]


def test_what_to_save_in_the_editor_is_said_before_anything_is_written(archive: Settings, engine: Engine) -> None:
    ana = shoot(archive, "Ana", frames(keep=3, blink=2))
    accept(engine, ana)
    app = at_hand_off(ana)
    button(app, "Show what would change").click().run()
    assert "First save the metadata of these photos in Lightroom" in text(app)
    assert any(each.value == "IMG_0003 IMG_0004" for each in app.code), "and which photos these are"


def test_a_session_without_a_blink_says_what_can_be_marked(archive: Settings, engine: Engine) -> None:
    app = at_hand_off(shoot(archive, "Ana", frames(keep=3)))
    button(app, "Show what would change").click().run()
    said = text(app)
    assert "Nothing to write: no blink and no can’t tell. To mark keepers choose a colour under “Keep gets”." in said
    assert "You have decided on no photo of this session yet" in said
    assert "Check not done" in said and button(app, "Check some")


def test_with_the_folder_away_nothing_can_be_written_and_the_names_are_there(archive: Settings, engine: Engine) -> None:
    ana = shoot(archive, "Ana", frames(keep=2, blink=1))
    accept(engine, ana)
    shutil.rmtree(archive.roots[-1] / "Ana")
    app = at_hand_off(ana)
    assert button(app, "Show what would change").disabled and button(app, "Copy 2 keepers").disabled
    assert "is away, so nothing can be written" in text(app)
    assert any("IMG_0002" in each.value for each in app.code)


@pytest.mark.parametrize(("target", "said"), [("/etc", "lies outside"), ("Ana", "is the session’s own folder")])
def test_a_folder_that_the_keepers_cannot_go_to_is_told(
    archive: Settings, engine: Engine, target: str, said: str
) -> None:
    app = at_hand_off(shoot(archive, "Ana", frames(keep=2)))
    asked = next(each for each in app.text_input if each.label.startswith("Folder, inside"))
    asked.set_value(str(archive.roots[-1] / target)).run()
    button(app, "Copy 2 keepers").click().run()
    assert said in app.error[0].value and not record.active(engine)


def test_only_the_newest_hand_off_is_undone_and_an_undone_one_stays_listed(archive: Settings, engine: Engine) -> None:
    ana = shoot(archive, "Ana", frames(keep=1, blink=2))
    accept(engine, ana)
    made = []
    for colour in ("Red", "Blue"):
        plan = handoff.plan(archive, engine, sessions.find(engine, ana), Choice("lightroom", {BLINK: colour}))
        made.append(handoff.carry_out(archive, engine, plan, labeller="me").id or "")
    assert _undoable(at_hand_off(ana)) == [f"undo-{made[1]}"]
    handoff.undo(archive, engine, made[1])
    app = at_hand_off(ana)
    assert _undoable(app) == [f"undo-{made[0]}"]
    assert "2 files · undone " in text(app) and "Before you undo: First save the metadata" in text(app)


def _undoable(app: AppTest) -> list[str | None]:
    return [each.key for each in app.button if each.label == "Undo hand-off"]


def test_a_decision_after_the_hand_off_is_told_beside_what_it_did(archive: Settings, engine: Engine) -> None:
    ana = shoot(archive, "Ana", frames(keep=2, blink=2))
    accept(engine, ana)
    job = _handed_over(archive, engine, ana)
    assert "changed since" not in text(at_hand_off(ana))
    found = screen.latest(engine, ana)
    assert found
    keeper = next(one.photo_id for one in found.verdicts.values() if one.group == KEEP)
    gestures.store(engine, ana, FAULT, operations.open_client(engine, "me"), [Gesture(1, MOVE, (keeper,), BLINK)])
    assert "1 decision has changed since" in text(at_hand_off(ana))
    handoff.undo(archive, engine, job)
    assert "written for Lightroom Classic at" not in text(at_hand_off(ana)), (
        "what was taken back elsewhere is not told as done"
    )


def _handed_over(archive: Settings, engine: Engine, session: str) -> str:
    """Hands a session over as a job does; gives the hand-off's id."""
    choice = Choice("lightroom")
    job = record.add(engine, screening_handoff_view.words(session, choice), "Hand off Ana", True)
    record.take(engine, str(job))
    plan = handoff.plan(archive, engine, sessions.find(engine, session), choice)
    done = handoff.carry_out(archive, engine, plan, labeller="me")
    about = {"to": "xmp", "preset": "lightroom", "handoff": done.id, "written": done.written}
    record.close(engine, str(job), None, End("done", "", about))
    return str(done.id)


def test_a_job_writes_and_the_page_tells_what_came_of_it(archive: Settings, engine: Engine) -> None:
    ana = shoot(archive, "Ana", frames(keep=1, blink=2))
    accept(engine, ana)
    blocker = working(archive, "screen", "x")  # the hand-off waits for it: no process is started here
    app = at_hand_off(ana)
    button(app, "Show what would change").click().run()
    button(app, "Write to 2 files").click().run()
    job = next(one for one in record.active(engine) if one.command[0] == "handoff")
    assert job.command == tuple(screening_handoff_view.words(ana, Choice("lightroom")))
    record.close(engine, blocker, os.getpid(), End("cancelled"))
    record.take(engine, job.id)
    result = {
        "to": "xmp",
        "preset": "lightroom",
        "written": 1,
        "unchanged": 0,
        "problems": [{"name": "IMG_0002.jpg", "reason": "it may only be read"}],
        "afterwards": "Read them again.",
    }
    record.close(engine, job.id, None, End("done", "", result))
    said = text(at_hand_off(ana))
    assert "1 file written for Lightroom Classic at " in said and "1 file could not be" in said
    assert "IMG_0002.jpg: it may only be read" in said
    assert "Now in your editor: Read them again." in said.replace("**", "")


def test_reviewed_photos_become_labels_in_one_press(archive: Settings, engine: Engine) -> None:
    ana = shoot(archive, "Ana", frames(keep=3, blink=2, cant_tell=1))
    accept(engine, ana)
    app = at_hand_off(ana)
    button(app, "Keep 2 reviewed photos as labels").click().run()
    assert "2 labels kept: 2 blinks. This session counts as archive now." in text(app)
    assert [one.value for one in labels.current(engine, FAULT).values()] == [FAULT.positive] * 2
    assert not [each for each in app.button if each.label.startswith("Keep ")]
