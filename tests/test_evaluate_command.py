"""`evaluate` as a person gives it: figures, what speaks against them, and what is kept to inspect a model by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import archive_rows
from tests.learning import made_up
from tests.learning.shelf import add_model
from tests.learning.test_training import FLAT, gathered
from tests.test_cli import ok, run
from workbench import report
from workbench.archive import catalog, splits
from workbench.faults import BLINK
from workbench.learning import audit, findings, folds, inspection, registry, similar
from workbench.settings import Settings

KEYS = {"model", "sessions", "photos", "positives", "groups", "unjudged", "threshold", "confusion", "figures"}


@pytest.fixture
def archive(settings: Settings) -> Settings:
    """Eight labelled sessions of twelve photos."""
    made_up.archive(settings, catalog.open_catalog(settings), sessions=8)
    return settings


def test_the_figures_come_with_an_audit_that_is_kept(archive: Settings) -> None:
    document = json.loads(ok(archive, "evaluate", "--json"))
    assert KEYS | {"audit", "unpredicted"} <= set(document)
    assert (document["photos"], document["unpredicted"], document["out_of_fold"]) == (96, 0, None)
    assert [flag["name"] for flag in document["audit"]["flags"]] == list(audit.NAMES)
    kept = audit.latest(archive, BLINK, "starter")
    assert kept is not None and audit.as_json(kept) == document["audit"]


def test_the_row_of_a_job_names_no_photo(archive: Settings) -> None:
    """It is not searched when a client is forgotten, as the kept audit is."""
    photo = f"{1:04x}{0:028x}"
    engine = catalog.open_catalog(archive)
    archive_rows.say(engine, photo, BLINK.negative, labeller="Ben")
    kept: list[dict[str, object]] = []

    class Row:
        def step(self, what: str, done: int = 0, total: int | None = None) -> None: ...

        def result(self, document: dict[str, object]) -> None:
            kept.append(document)

    with report.telling(Row()):
        said = ok(archive, "evaluate", "--json")
    assert photo in said and photo not in json.dumps(kept) and "audit" in kept[0]


def test_what_the_model_judged_by_is_kept_for_every_photo(archive: Settings) -> None:
    engine = catalog.open_catalog(archive)
    ok(archive, "evaluate", "S1", "--no-audit")
    assert similar.count(archive, BLINK, "starter") == 12
    ok(archive, "evaluate", "--no-audit")
    assert similar.count(archive, BLINK, "starter") == 96
    assert audit.latest(archive, BLINK, "starter") is None
    assert len(inspection.read(archive, engine, BLINK, "starter")) == 96


def test_labelled_photos_that_the_model_never_saw_are_counted(archive: Settings) -> None:
    assert json.loads(ok(archive, "evaluate", "S1", "--json"))["unpredicted"] == 84
    assert "84 labelled photos of other sessions" in ok(archive, "evaluate", "S1")


def test_the_text_says_how_many_flags_are_raised_and_why(archive: Settings) -> None:
    said = ok(archive, "evaluate")
    assert "of 6 flags" in said and "AUC" in said
    assert "of 6 flags" not in ok(archive, "evaluate", "--no-audit")


@pytest.fixture
def learnt(archive: Settings) -> tuple[Settings, int]:
    """The archive with a copy of the starter that learnt from all but the test side, of which there are so many."""
    sides = splits.sides(catalog.open_catalog(archive))
    lines = [f"{photo} {side}\n" for photo, side in sides.items() if side != "test"]
    (add_model(archive, "net") / "learnt.txt").write_text("".join(lines))
    return archive, len(sides) - len(lines)


def test_figures_are_shown_and_recorded_on_what_the_model_has_not_learnt_from(learnt: tuple[Settings, int]) -> None:
    archive, tested = learnt
    document = json.loads(ok(archive, "evaluate", "--model", "net", "--no-audit", "--json"))
    assert (document["photos"], document["learnt_from"]) == (96, 96 - tested)
    assert document["not_learnt_from"]["photos"] == document["test"]["photos"] == tested
    assert 0 < document["held_back"]["photos"] < 96 - tested
    said = ok(archive, "evaluate", "--model", "net", "--no-audit", "--record", "everybody")
    assert f"On {tested} photos that it has not learnt from" in said and f"net: {tested} labelled photos" in said
    (measured,) = registry.read_card(archive, BLINK, "net").measured
    assert (measured.on, measured.photos) == ("everybody", tested)


def test_where_it_has_learnt_from_everything_that_is_said_and_nothing_recorded(learnt: tuple[Settings, int]) -> None:
    archive, _ = learnt
    sides = splits.sides(catalog.open_catalog(archive))
    photo = next(photo for photo, side in sides.items() if side == "training")
    session = f"S{int(photo[:4], 16)}"
    assert "these figures say nothing of other photos" in ok(archive, "evaluate", session, "--model", "net")
    result = run(archive, "evaluate", session, "--model", "net", "--record", "mine")
    assert result.exit_code == 1 and "learnt from all 12 labelled photos" in result.output
    assert not registry.read_card(archive, BLINK, "net").measured


def test_the_starters_figures_are_over_everything(archive: Settings) -> None:
    document = json.loads(ok(archive, "evaluate", "--no-audit", "--json"))
    assert document["learnt_from"] == 0 and document["not_learnt_from"]["figures"] == document["figures"]
    assert "learnt from" not in ok(archive, "evaluate", "--no-audit")


def test_out_of_fold_answers_are_kept_and_the_starter_needs_none(archive: Settings) -> None:
    from workbench.learning import training

    engine = catalog.open_catalog(archive)
    found = gathered(archive, engine)
    version = training.train(archive, found, FLAT, version="mine")
    document = json.loads(ok(archive, "evaluate", "--model", version, "--folds", "--no-audit", "--json"))
    kept = folds.read(archive, BLINK, version) or {}
    assert set(kept) == {one for one, side in zip(found.photos, found.sides, strict=True) if side != "test"}
    assert document["out_of_fold"] == len(kept) and document["audit"] is None
    assert inspection.read(archive, engine, BLINK, version).out_of_fold.all()
    assert json.loads(ok(archive, "evaluate", "--folds", "--no-audit", "--json"))["out_of_fold"] is None
    assert folds.read(archive, BLINK, "starter") is None


def test_a_report_is_written_and_nothing_else_is_overwritten(archive: Settings, tmp_path: Path) -> None:
    ok(archive, "evaluate", "--report", tmp_path / "out.html")
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "<html" in page and "S1" not in page
    (tmp_path / "photo.jpg").write_bytes(b"mine")
    assert run(archive, "evaluate", "--report", tmp_path / "photo.jpg").exit_code == 1
    assert (tmp_path / "photo.jpg").read_bytes() == b"mine"


def test_a_report_that_cannot_be_written_is_refused_before_the_work(archive: Settings, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"mine")
    assert run(archive, "evaluate", "--report", tmp_path / "photo.jpg").exit_code == 1
    assert similar.count(archive, BLINK, "starter") == 0, "the model was not asked"


def test_where_nothing_is_labelled_the_answers_are_kept_all_the_same(settings: Settings) -> None:
    from sqlalchemy import delete

    from workbench.archive import tables

    engine = catalog.open_catalog(settings)
    made_up.archive(settings, engine, sessions=1)
    with catalog.writing(engine) as connection:
        connection.execute(delete(tables.standing))
    result = run(settings, "evaluate")
    assert result.exit_code == 1 and "Label some" in result.output
    assert similar.count(settings, BLINK, "starter") == 12


def test_a_disk_that_takes_nothing_is_one_sentence(archive: Settings) -> None:
    folder = archive.models / "blink" / findings.FOLDER
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the folder should be")
    result = run(archive, "evaluate")
    assert result.exit_code == 1 and "Make room there" in result.output
    assert registry.versions(archive) == ["starter"]
