"""The Tune page: what would be learnt from, models, searches."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests import archive_rows
from tests.ui.visiting import button, opened, text, working
from workbench import jobs
from workbench.archive import catalog, splits, tables
from workbench.faults import BLINK
from workbench.jobs import record
from workbench.jobs.record import End
from workbench.learning import registry, searches, sizing, spaces
from workbench.learning.searches import Search, Trial
from workbench.settings import HOME, Settings


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
