"""Every page alone, on an empty archive and with a session."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from tests import archive_rows, photographs
from tests.ui.judged import Person, judged_archive
from tests.ui.served import installation
from tests.ui.shoot import Frame, frames, shoot
from workbench import jobs
from workbench.archive import catalog, diversity, sessions, splits, tables
from workbench.archive.identity import identity
from workbench.faults import BLINK
from workbench.jobs import processes, record
from workbench.jobs.record import End
from workbench.learning import registry, searches, sizing, spaces
from workbench.learning.searches import Search, Trial
from workbench.settings import HOME, Settings, from_environment
from workbench.ui import reporting

PAGES = sorted(path.relative_to(HOME).as_posix() for path in (HOME / "pages").glob("*.py"))


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An empty archive that the pages find in the environment."""
    for name, value in (installation(tmp_path) | {"EYESPY_MODELS": str(tmp_path / "models")}).items():
        monkeypatch.setenv(name, value)
    return from_environment()


def opened(page: str = "pages/screen.py", **address: str) -> AppTest:
    app = AppTest.from_file(str(HOME / "workbench/ui/app.py"), default_timeout=20).run()
    app.switch_page(str(HOME / page))
    for name, value in address.items():
        app.query_params[name] = value
    return app.run()


def text(app: AppTest) -> str:
    kinds = ("markdown", "info", "warning", "error", "success", "caption", "subheader", "text")
    said = "\n".join(each.value for kind in kinds for each in app.get(kind))
    return re.sub(r"\\(.)", r"\1", said)  # as it is shown: names are escaped for Markdown


def button(app: AppTest, label: str) -> Button:
    return next(each for each in app.button if each.label == label)


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


# ---- the archive


def test_the_root_leads_to_the_archive_and_then_to_the_last_place(archive: Settings) -> None:
    ana = shoot(archive, "Ana", frames(keep=2))
    first = AppTest.from_file(str(HOME / "workbench/ui/app.py"), default_timeout=20).run()
    assert "1 session · 2 photos" in text(first)
    opened("pages/screen.py", session=ana)
    again = AppTest.from_file(str(HOME / "workbench/ui/app.py"), default_timeout=20).run()
    assert "2 keep · 0 blink" in text(again)
    assert again.query_params["session"] == ana


def test_the_archive_says_the_next_step_and_opens_what_it_names(archive: Settings) -> None:
    ana = shoot(archive, "Ana", frames(keep=4, blink=1))
    app = AppTest.from_file(str(HOME / "workbench/ui/app.py"), default_timeout=20).run()
    assert "5 photos of “Ana” are unlabelled" in text(app)
    button(app, "Label them").click().run()
    assert (app.query_params["session"], app.query_params["unlabelled"]) == (ana, "1")
    assert not app.exception and "**Next:**" not in text(app)


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


# ---- tuning


def labelled(settings: Settings, *, people: int = 3, blinks: int = 4, others: int = 12) -> None:
    """Labelled shoots of several people; nothing of them is read by the page."""
    engine = catalog.open_catalog(settings)
    for name in ("Ana", "Ben", "Eve", "Zoe")[:people]:
        ids = [f"{name}{number:03}" for number in range(blinks + others)]
        archive_rows.session(engine, name, ids)
        for number, photo in enumerate(ids):
            archive_rows.say(engine, photo, BLINK.positive if number < blinks else BLINK.negative)
    splits.assign(engine, BLINK)


def model(settings: Settings, version: str) -> Path:
    """The starter's card under another name: a real model that can be promoted."""
    folder = settings.models / "blink" / version
    shutil.copytree(HOME / "models" / "blink" / "starter", folder)
    path = folder / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": version}))
    (folder / "curves.json").write_text('{"loss": [0.7, 0.5], "val_loss": [0.6, 0.55]}')
    (folder / "summary.txt").write_text("Total params: 16,796,545")
    return folder


def searched(settings: Settings, **about: Any) -> Search:
    """A search of two trials as its files tell it."""
    fixed = {"space": "ours", "objective": "average precision", "fingerprint": "ab", "minutes": 15, "seed": 0}
    begun = Search("quick-ab", "blink", "quick", started_at=tables.now(), plan=spaces.plan(9, 3), **{**fixed, **about})
    place = searches.folder(settings, BLINK, begun.id)
    searches.keep(place, begun)
    for number, score in enumerate((0.91, 0.947)):
        varied = {"filters": 8 + 8 * number, "geometry": True}
        done = Trial(f"{number:04}", 2, 0, 1, 1, "done", score, varied, (score,), 3.0)
        searches.keep_trial(place, done)
    return begun


def working(settings: Settings, *command: str) -> str:
    """A job that this very process stands for; gives its id."""
    engine = catalog.open_catalog(settings)
    job = str(record.add(engine, command, "Search (quick)", True))
    record.take(engine, job)
    record.claim(engine, job, os.getpid(), processes.started(os.getpid()))
    return job


def test_too_few_labels_keep_the_buttons_off_and_lead_to_labelling(archive: Settings) -> None:
    labelled(archive, blinks=0)
    app = opened("pages/tune.py")
    assert "needs 2 BLINKING photos to be checked by and has 0" in text(app)
    assert button(app, "Retrain").disabled
    assert [link.label for link in app.get("page_link")] == ["Go to Label"]


def test_what_would_be_trained_is_said_and_retrain_is_one_press(archive: Settings) -> None:
    labelled(archive)
    app = opened("pages/tune.py")
    assert "4 blinks · 12 others · 1 group" in text(app)
    assert "Only 12 photos are labelled BLINKING" in text(app)
    other = working(archive, "screen", "x")  # the training waits for it: no process is started here
    button(app, "Retrain").click().run()
    engine = catalog.open_catalog(archive)
    (started,) = [job for job in jobs.active(engine) if job.id != other]
    assert (started.command, started.status) == (("train",), "queued")
    assert button(app, "Retrain").disabled
    assert app.get("progress")[0].proto.text == r"Waiting\: Retrain"
    for job in jobs.active(engine):
        record.close(engine, job.id, None if job.id != other else os.getpid(), End("cancelled"))


@pytest.mark.parametrize(
    ("view", "said"), [("models", "starter"), ("searches", "No search yet"), ("labels", "Nobody has asked yet")]
)
def test_every_part_of_tune_opens_by_its_address_with_nothing_there(archive: Settings, view: str, said: str) -> None:
    labelled(archive)
    app = opened("pages/tune.py", view=view)
    assert not app.exception and not app.error
    assert said in text(app)


def test_a_model_is_promoted_rolled_back_and_deleted(archive: Settings) -> None:
    labelled(archive)
    folder = model(archive, "mine")
    app = opened("pages/tune.py", model="mine")
    assert app.expander[-1].label == "model.summary()" and "16,796,545" in app.expander[-1].code[0].value
    button(app, "Promote").click().run()
    assert registry.current_version(archive, BLINK) == "mine" and "mine is the current model now" in text(app)
    assert not [each for each in app.button if each.label in ("Promote", "Delete …")]
    button(app, "Roll back to starter").click().run()
    assert registry.current_version(archive, BLINK) == "starter"
    button(app, "Delete …").click().run()
    assert folder.exists(), "only a confirmation deletes"
    button(app, "Delete the model").click().run()
    assert not folder.exists() and "mine is deleted" in text(app) and not app.exception


def test_a_broken_model_is_listed_with_its_sentence_and_can_be_deleted(archive: Settings) -> None:
    labelled(archive)
    (model(archive, "torn") / "card.json").write_text("{")
    app = opened("pages/tune.py", model="torn")
    assert not app.exception and "cannot be read as JSON" in app.error[0].value
    assert button(app, "Delete …")


def test_an_address_of_no_model_is_told(archive: Settings) -> None:
    labelled(archive)
    app = opened("pages/tune.py", model="gone")
    assert not app.exception and "There is no model “gone”" in app.error[0].value


def test_a_comparison_without_anything_to_compare_on_is_a_sentence(archive: Settings) -> None:
    labelled(archive, people=1)
    model(archive, "mine")
    app = opened("pages/tune.py", model="mine")
    button(app, "Compare with current").click().run()
    assert not app.exception and "There is nothing to compare" in app.info[0].value
    button(app, "Hide the comparison").click().run()
    assert not app.info


def test_a_search_shows_its_verdict_and_leads_to_its_winner(archive: Settings) -> None:
    labelled(archive)
    model(archive, "mine")
    searched(archive, state="done", winner="mine", verdict="The winner is no better. It is like “starter”.")
    app = opened("pages/tune.py", view="searches")
    assert not app.exception and "**The winner is no better.**" in text(app) and "It is like “starter”." in text(app)
    button(app, "Show the winner").click().run()
    assert app.query_params["model"] == "mine" and "view" not in app.query_params


def test_a_running_search_shows_its_rungs_and_the_best_so_far(archive: Settings) -> None:
    labelled(archive)
    begun = searched(archive)
    job = working(archive, "tune", "--preset", "quick")
    jobs.log_path(archive, job).parent.mkdir(exist_ok=True)
    jobs.log_path(archive, job).write_text("Trial 2 complete")
    engine = catalog.open_catalog(archive)
    record.beat(engine, job, os.getpid(), record.Step("Searching: trial 3 of 23", 2, 23, 0, tables.now()))
    with searches.held(searches.folder(archive, BLINK, begun.id)):
        app = opened("pages/tune.py")
    assert not app.exception
    assert 'class="ladder"' in text(app) and "2 of 9 trials done" in text(app)
    progress = app.get("progress")[0].proto
    assert "best average precision **0.947**" in progress.text and progress.value == 100 * 2 // 23
    assert app.expander[0].label == "Log" and app.expander[0].code[0].value == "Trial 2 complete"
    record.close(engine, job, os.getpid(), End("cancelled"))
    assert not opened("pages/tune.py").get("progress")


def test_what_more_labels_would_bring_is_a_sentence_with_its_figures(archive: Settings) -> None:
    labelled(archive)
    figure = {"accuracy": {"value": 0.9, "low": 0.8, "high": 0.95}}
    known = tuple(sizing.Size(share, int(40 * share), 10, figure) for share in sizing.SHARES)
    sizing.keep(archive, BLINK, sizing.Sizes("2026-11-22T16:00:00", "ab", known, "More is worth it."))
    app = opened("pages/tune.py", view="labels")
    assert not app.exception and "More is worth it." in text(app) and "95 % interval" in text(app)
    assert button(app, "Ask again")


# ---- inspecting

ANA = Person("Ana", missed=(0.05, 0.2), alarms=(0.9, 0.7, 0.6), found=(0.95,) * 4, kept=(0.1,) * 20)


def test_without_any_label_the_page_leads_to_labelling(archive: Settings) -> None:
    shoot(archive, "Ana", frames(keep=2))
    app = opened("pages/inspect.py")
    assert not app.exception and "No photo is labelled BLINKING or NON_BLINKING yet" in text(app)
    assert [link.label for link in app.get("page_link")] == ["Go to Label"]


def test_a_model_that_was_not_asked_is_evaluated_by_one_button(archive: Settings) -> None:
    judged_archive(archive, [replace(ANA, asked=False)])
    app = opened("pages/inspect.py")
    assert "“starter” has not judged any of the 29 labelled photos yet" in text(app)
    other = working(archive, "screen", "x")  # the evaluation waits for it: no process is started here
    button(app, "Evaluate").click().run()
    engine = catalog.open_catalog(archive)
    (started,) = [job for job in jobs.active(engine) if job.id != other]
    assert (started.command, started.status) == (("evaluate", "--model", "starter"), "queued")
    assert button(app, "Evaluate").disabled
    for job in jobs.active(engine):
        record.close(engine, job.id, None if job.id != other else os.getpid(), End("cancelled"))


def test_what_a_model_gets_wrong_is_counted_drawn_and_said(archive: Settings) -> None:
    judged_archive(archive, [ANA])
    app = opened("pages/inspect.py")
    assert not app.exception and not app.error
    assert "29 photos · 6 BLINKING · 1 person or shoot" in text(app)
    assert "Misses 2 of 6 blinks and flags 3 of 23 good frames" in text(app)
    assert len(app.get("plotly_chart")) == 2
    assert button(app, "Use this threshold").disabled


@pytest.mark.parametrize("side", ["validation", "test", "training"])
def test_a_side_without_a_photo_says_so_and_keeps_the_choice(archive: Settings, side: str) -> None:
    judged_archive(archive, [ANA])
    app = opened("pages/inspect.py", side=side)
    assert not app.exception and len(app.info) == 1
    assert app.selectbox(key="inspect-Side").value == side


@pytest.mark.parametrize("view", ["photos", "figures", "slices", "audit", "labels", "similar", "why"])
def test_every_part_of_inspect_opens_by_its_address(archive: Settings, view: str) -> None:
    judged_archive(archive, [ANA])
    app = opened("pages/inspect.py", view=view)
    assert not app.exception and not app.error


def test_a_wish_moves_the_threshold_and_everything_follows(archive: Settings) -> None:
    judged_archive(archive, [ANA])
    app = opened("pages/inspect.py")
    button(app, "Never miss a blink").click().run()
    assert "Misses none of 6 blinks and flags 23 of 23 good frames" in text(app)
    button(app, "Never lose a good frame").click().run()
    assert "flags none of 23 good frames" in text(app)


@pytest.mark.parametrize("kind", ["ROC", "Precision–recall", "Calibration"])
def test_every_curve_is_drawn_on_request(archive: Settings, kind: str) -> None:
    judged_archive(archive, [ANA])
    app = opened("pages/inspect.py")
    app.session_state["inspect-plot"] = kind
    assert not app.run().exception and len(app.get("plotly_chart")) == 2
