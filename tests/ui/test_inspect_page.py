"""The Inspect page: what a model gets wrong, and where nothing can be said."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from tests.ui.judged import Person, judged_archive
from tests.ui.shoot import frames, shoot
from tests.ui.visiting import button, opened, text, working
from workbench import jobs
from workbench.archive import catalog
from workbench.jobs import record
from workbench.jobs.record import End
from workbench.settings import Settings

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
