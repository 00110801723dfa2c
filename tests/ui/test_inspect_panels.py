"""The lower half of the Inspect page: each part of it opens alone, and leads on."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy import insert

from tests.ui.inspected import (
    PEOPLE,
    WHY,
    add_model,
    audited,
    flag,
    inspected,
)
from tests.ui.judged import Person, judged_archive
from tests.ui.shoot import Frame, seen, shoot
from tests.ui.visiting import text
from workbench.archive import catalog, labels, photos, sessions, splits, tables
from workbench.archive.splits import TEST
from workbench.faults import BLINK
from workbench.jobs import processes
from workbench.learning import audit, explanations, findings, flags, inspection, queues, similar
from workbench.settings import Settings
from workbench.ui import (
    inspect_cells,
    inspect_sheet,
    inspect_slices,
)
from workbench.vision import store

VIEWS = ("figures", "slices", "audit", "labels", "similar", "why")


def all_parts(**address: str) -> None:
    app = inspected(VIEWS[0], **address)
    for view in VIEWS:
        app.query_params["view"] = view
        app.run()
        assert not app.exception and not app.error, view


def test_every_part_opens_and_nothing_is_written_by_looking(archive: Settings) -> None:
    judged_archive(archive, PEOPLE)
    all_parts()
    assert not (archive.models / "blink" / findings.FOLDER).exists()
    assert not queues.lists(catalog.open_catalog(archive))


def test_every_part_opens_on_the_test_side_and_with_nonsense_in_its_address(archive: Settings) -> None:
    judged_archive(archive, PEOPLE)
    all_parts(side=TEST, cell="nonsense", photo="'; drop", slice="session:nobody", flag="none")


def test_every_part_opens_where_the_only_photo_cannot_be_judged(archive: Settings) -> None:
    judged_archive(archive, [Person("Ana", missed=(None,))])
    all_parts()


def test_figures_without_another_model_lead_to_training(archive: Settings) -> None:
    judged_archive(archive, PEOPLE)
    said = text(inspected("figures"))
    assert "no other model yet to compare “starter” with" in said
    assert "82.8 % of the photos are judged rightly; the aim is 80 %" in said


def test_two_models_are_compared_with_a_way_to_what_is_newly_right_and_wrong(archive: Settings) -> None:
    known = judged_archive(archive, PEOPLE)
    add_model(archive, "second")
    engine = catalog.open_catalog(archive)
    with catalog.writing(engine) as connection:
        for session in known.values():
            standing = labels.current(engine, BLINK)
            for photo in photos.of_session(engine, session):
                said = 0.9 if standing[photo.id].value == BLINK.positive else 0.6
                row = {"photo_id": photo.id, "fault": BLINK.name, "model": "second", "probability": said, "doubt": 0.1}
                connection.execute(insert(tables.predictions).values(**row, burst_rank=0))
    app = inspected("figures", model="second")
    theirs = inspection.chosen(inspection.read(archive, engine, BLINK, "starter"), inspection.HELD_BACK)
    missed = int((theirs.truth & ~(theirs.probability >= 0.5)).sum())
    labelled = {each.label: each for each in app.button}
    assert f"Newly right: {missed}" in labelled, "all three of each person that the starter missed"
    labelled[f"Newly right: {missed}"].click().run()
    assert app.query_params["cell"] == "newly right" and "view" not in app.query_params


def test_an_audit_is_shown_with_its_warnings_and_photos(archive: Settings) -> None:
    known = judged_archive(archive, PEOPLE)
    engine = catalog.open_catalog(archive)
    some = tuple(one.id for one in photos.of_session(engine, known["Ana"])[:3])
    said = text(inspected("audit"))
    assert "was not audited yet" in said
    kept = audited(first=flag(flags.DIFFERENT, raised=True, figure=3.0, shown=some))
    audit.keep(archive, BLINK, replace(kept, version="starter"))
    app = inspected("audit")
    said = text(app)
    assert "one finding speaks against its figures" in said and "Labels were given or taken back since" in said
    assert "Do labels contradict each other?" in said.partition("Does it look at the eyes?")[0]
    assert "Out-of-fold answers" not in {each.label for each in app.button}, "the starter learnt from nothing"


def test_labels_in_doubt_are_kept_as_a_list_that_the_label_page_opens(archive: Settings) -> None:
    judged_archive(archive, PEOPLE)
    engine = catalog.open_catalog(archive)
    app = inspected("labels")
    (send,) = (each for each in app.button if each.label.startswith("Look at"))
    send.click().run()
    ((list_id, name),) = queues.lists(engine).items()
    assert name == "Labels that starter doubts"
    kept = queues.stretch(engine, queues.Queue(queues.LIST, list_id=list_id))
    held = inspection.chosen(inspection.read(archive, engine, BLINK, "starter"), inspection.HELD_BACK)
    assert send.label == f"Look at {len(kept)} labels again"
    assert {one.photo_id for one in kept} <= set(held.photos.tolist())
    assert inspect_sheet.to_label(list_id) == {"queue": "list", "list": list_id}


def test_similar_photos_are_offered_once_the_model_has_looked_at_the_archive(archive: Settings) -> None:
    judged_archive(archive, PEOPLE)
    engine = catalog.open_catalog(archive)
    app = inspected("similar")
    assert "not kept yet" in text(app)
    new = [one.id for one in photos.of_session(engine, shoot(archive, "New", [Frame(None)] * 5))]
    every = [one.id for session in sessions.every(engine) for one in photos.of_session(engine, session.id)]
    similar.keep(archive, BLINK, "starter", every, np.random.default_rng(0).random((len(every), 4)))
    app = inspected("similar")
    assert "5 unlabelled photos that the model sees most like" in text(app)
    (send,) = (each for each in app.button if each.label == "Label these 5")
    send.click().run()
    ((list_id, _),) = queues.lists(engine).items()
    assert {one.photo_id for one in queues.stretch(engine, queues.Queue(queues.LIST, list_id=list_id))} == set(new)


def test_a_photo_of_the_test_side_is_never_looked_from_and_goes_with_another_side(archive: Settings) -> None:
    judged_archive(archive, PEOPLE)
    engine = catalog.open_catalog(archive)
    sides = splits.sides(engine)
    tested = next(photo for photo, side in sides.items() if side == TEST)
    learnt = next(photo for photo, side in sides.items() if side != TEST)
    assert inspect_cells.all_tested(engine, (tested,)) and not inspect_cells.all_tested(engine, (tested, learnt))
    similar.keep(archive, BLINK, "starter", list(sides), np.random.default_rng(0).random((len(sides), 4)))
    for side in (TEST, inspection.HELD_BACK):
        assert "never looked from" in text(inspected("similar", photo=tested, side=side)), side
    app = inspected("similar", photo=tested, side=TEST)
    app.selectbox(key="inspect-Side").set_value(inspection.HELD_BACK).run()
    assert "photo" not in app.query_params and "never looked from" not in text(app)
    app = inspected("similar", photo=tested)
    app.selectbox(key="inspect-Session").set_value(sessions.every(engine)[0].id).run()
    assert "photo" not in app.query_params


def test_views_that_were_kept_meanwhile_count_at_once_and_looking_changes_nothing(archive: Settings) -> None:
    known = judged_archive(archive, PEOPLE)
    ids = [one.id for each in known.values() for one in photos.of_session(catalog.open_catalog(archive), each)]
    store.forget(archive, ids)
    app = inspected("slices")
    assert "without a face or its views" in text(app)
    store.put(archive, dict.fromkeys(ids, seen()))
    assert "without a face or its views" not in text(app.run())
    before = inspect_slices.views_written(archive)
    store.get(archive, ids)
    assert inspect_slices.views_written(archive) == before


def test_a_model_that_is_being_evaluated_is_not_evaluated_twice(archive: Settings) -> None:
    judged_archive(archive, PEOPLE)
    app = inspected("similar")
    (button,) = (each for each in app.button if each.label == "Evaluate")
    assert not button.disabled
    engine = catalog.open_catalog(archive)
    with catalog.writing(engine) as connection:
        connection.execute(insert(tables.jobs).values(**under_way("evaluate", "--model", "starter")))
    (button,) = (each for each in app.run().button if each.label == "Evaluate")
    assert button.disabled and button.help == "It is under way."


def under_way(*command: str) -> dict[str, Any]:
    """The row of a job that this process works on."""
    alive = {"pid": os.getpid(), "process_started": processes.started(os.getpid())}
    times = dict.fromkeys(("created_at", "started_at", "beat_at"), tables.now())
    said = {"command": json.dumps(command), "command_key": "a", "title": "Evaluate", "heavy": True}
    return {"id": "1" * 32, "status": "running", **said, **alive, **times}


def test_an_explanation_that_was_kept_is_told_and_one_that_was_not_is_offered(archive: Settings) -> None:
    known = judged_archive(archive, PEOPLE)
    engine = catalog.open_catalog(archive)
    photo = photos.of_session(engine, known["Ana"])[0].id
    app = inspected("why", photo=photo)
    assert "Explain" in {each.label for each in app.button} and "Nobody has asked yet" in text(app)
    explanations.keep(archive, BLINK, "starter", photo, replace(WHY, eyes=None))
    app = inspected("why", photo=photo)
    assert "flags it: a blink is 97 % likely" in text(app) and "How: Grad-CAM." in text(app)
    assert "Explain again" in {each.label for each in app.button}


def test_a_photo_that_was_forgotten_is_said_to_be_gone(archive: Settings) -> None:
    judged_archive(archive, PEOPLE)
    app = inspected("why", photo="f" * 32)
    assert not app.exception and "not in the archive any more" in text(app)
