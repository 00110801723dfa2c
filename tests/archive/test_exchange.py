"""Labels out and back without loss; where labelling stands; how far labellers agree."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests import archive_rows, photographs
from tests.archive.test_importing import run
from workbench import cells
from workbench.archive import catalog, exchange, labels, photos, progress, sessions, tables
from workbench.archive.exchange import BadLabelsTable
from workbench.faults import BLINK
from workbench.learning import agreement
from workbench.settings import Settings


def _labelled(settings: Settings) -> tuple[Engine, list[str]]:
    """A session of four real photos with odd names, three of them labelled, one answer taken back."""
    folder = settings.roots[1] / '=Ana, "the" one'
    for number, name in enumerate(("a.jpg", "+b.jpg", "two\nlines.jpg", "'d.jpg")):
        photographs.jpeg(folder / name, number)
    (summary,) = run(settings, folder)
    engine = catalog.open_catalog(settings)
    ids = [photo.id for photo in photos.of_session(engine, summary.session.id)]
    archive_rows.say(engine, ids[0], "BLINKING")
    archive_rows.say(engine, ids[0], "NON_BLINKING", labeller="@Ben")
    archive_rows.say(engine, ids[1], "UNSURE", origin=labels.REVIEW)
    archive_rows.say(engine, ids[2], "BLINKING")
    labels.undo(engine, labels.current(engine, BLINK)[ids[2]].id, labeller="Ana")
    archive_rows.say(engine, ids[3], "BLINKING")
    return engine, ids


def _effective(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        rows = connection.execute(labels.effective(BLINK))
        return sorted((row.photo_id, row.value, row.origin, row.labeller, row.at) for row in rows)


def test_labels_go_out_and_come_back_without_loss(settings: Settings, tmp_path: Path) -> None:
    engine, _ = _labelled(settings)
    assert exchange.export_table(engine, tmp_path / "out.csv", BLINK) == 4
    (tmp_path / "fresh").mkdir()
    other = replace(settings, datasets=tmp_path / "fresh", database=f"sqlite:///{tmp_path}/fresh/catalog.db")
    run(other, next(settings.roots[1].iterdir()))
    fresh = catalog.open_catalog(other)
    taken = exchange.import_table(fresh, tmp_path / "out.csv")
    assert (taken.new, taken.known, taken.older, taken.unknown) == (4, 0, 0, [])
    assert _effective(fresh) == _effective(engine)
    exchange.export_table(fresh, tmp_path / "again.csv", BLINK)
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()


def test_the_table_has_no_cell_that_a_spreadsheet_runs(settings: Settings, tmp_path: Path) -> None:
    engine, _ = _labelled(settings)
    exchange.export_table(engine, tmp_path / "out.csv", BLINK)
    rows = list(csv.reader((tmp_path / "out.csv").open(encoding="utf-8", newline="")))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert {row[1] for row in rows[1:]} == {"two\nlines.jpg", "'+b.jpg", "''d.jpg"}


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "'x", "''", "x", "", "\tx"])
def test_escaped_cells_can_be_read_back(text: str) -> None:
    assert cells.restore(cells.escape(text)) == text


def test_taking_a_table_in_again_or_an_older_one_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    engine, ids = _labelled(settings)
    exchange.export_table(engine, tmp_path / "out.csv", BLINK)
    before = _effective(engine)
    assert exchange.import_table(engine, tmp_path / "out.csv").known == 4
    text = (tmp_path / "out.csv").read_text(encoding="utf-8")
    at = labels.current(engine, BLINK)[ids[3]].at
    older = text.replace(at.isoformat(), (at - timedelta(days=1)).isoformat())
    (tmp_path / "older.csv").write_text(older, encoding="utf-8")
    assert exchange.import_table(engine, tmp_path / "older.csv").older == 1
    assert _effective(engine) == before


def test_a_photo_is_known_by_its_place_only_where_no_identity_is_told(settings: Settings, tmp_path: Path) -> None:
    engine, ids = _labelled(settings)
    session = sessions.every(engine)[0].name
    head = "session,file,photo,fault,label,origin,labeller,time\n"
    rows = [f"'{session}", "'+b.jpg", "", "blink", "BLINKING", "typed", "Cleo", "2026-11-20T10:00:00"]
    with (tmp_path / "in.csv").open("w", encoding="utf-8", newline="") as file:
        file.write(head)
        csv.writer(file).writerows([rows, [*rows[:1], "none.jpg", *rows[2:]], [*rows[:2], "0" * 32, *rows[3:]]])
    taken = exchange.import_table(engine, tmp_path / "in.csv")
    assert taken.new == 1 and taken.unknown == [f"{session}/none.jpg", f"{session}/+b.jpg"]
    assert [label.labeller for label in labels.history(engine, ids[1], BLINK)] == ["Ana", "Cleo"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("session,file\n", "is missing"),
        ("session,file,photo,fault,label,origin,labeller,time\na,b,c,blink,SLEEPING,typed,Ana,2026-11-20\n", "line 2"),
        ("session,file,photo,fault,label,origin,labeller,time\na,b,c,blur,BLINKING,typed,Ana,2026-11-20\n", "line 2"),
        ("session,file,photo,fault,label,origin,labeller,time\na,b,c,blink,BLINKING,typed,Ana,yesterday\n", "line 2"),
        ("session,file,photo,fault,label,origin,labeller,time\na,b\n", "line 2"),
    ],
)
def test_a_wrong_table_is_refused_and_changes_nothing(
    settings: Settings, tmp_path: Path, text: str, reason: str
) -> None:
    engine, _ = _labelled(settings)
    before = _effective(engine)
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    with pytest.raises(BadLabelsTable, match=reason):
        exchange.import_table(engine, tmp_path / "in.csv")
    assert _effective(engine) == before


@pytest.mark.parametrize("copy", [False, True])
def test_class_folders_hold_the_labelled_photos_and_can_be_imported(
    settings: Settings, tmp_path: Path, copy: bool
) -> None:
    engine, ids = _labelled(settings)
    target = settings.roots[1] / "sorted"
    done = exchange.export_folders(settings, engine, target, BLINK, copy=copy)
    assert (
        done
        == exchange.export_folders(settings, engine, target, BLINK, copy=copy)
        == {"BLINKING": 1, "NON_BLINKING": 1}
    )
    found = [path for path in target.rglob("*") if not path.is_dir()]
    assert len(found) == 2 and all(path.is_symlink() != copy for path in found)
    (summary,) = run(settings, target)
    assert summary.counts["duplicate"] == 2
    assert {photo.id for photo in photos.of_session(engine, summary.session.id)} == {ids[0], ids[3]}


def test_where_labelling_stands(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    for name, blinks in (("Ana", 3), ("Ben", 1), ("Cleo", 0)):
        ids = [f"{name.encode().hex():0>16}{number:016x}" for number in range(4)]
        archive_rows.session(engine, name, ids)
        for number, photo in enumerate(ids):
            archive_rows.say(engine, photo, "BLINKING" if number < blinks else "NON_BLINKING", labeller=name)
    found = progress.standing(engine, BLINK, "Ana")
    assert (found.positive, found.negative, found.aim, found.this_hour) == (4, 8, 500, 4)
    assert (found.sessions, found.with_fault, found.half) == (3, 2, 1)
    later = progress.standing(engine, BLINK, "Ana", now=tables.now() + timedelta(hours=2))
    assert later.this_hour == 0


@pytest.mark.parametrize(("reached", "aim"), [(0, 500), (499, 500), (500, 750), (749, 750), (750, 1000)])
def test_the_aim_rises_when_it_is_reached(reached: int, aim: int) -> None:
    assert progress.aim(reached) == aim


def test_agreement_is_cohens_kappa_over_the_photos_that_both_labelled(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    ids = [f"{number:032x}" for number in range(20)]
    archive_rows.session(engine, "Ana", ids)
    for number, photo in enumerate(ids):
        archive_rows.say(engine, photo, "BLINKING" if number < 10 else "NON_BLINKING")
        archive_rows.say(engine, photo, "BLINKING" if number < 8 else "NON_BLINKING", labeller="Ben")
    archive_rows.say(engine, ids[0], "UNSURE", labeller="Cleo")
    (found,) = agreement.agreements(engine, BLINK)
    assert (found.one, found.other, found.photos, found.alike) == ("Ana", "Ben", 20, 18)
    assert found.kappa == pytest.approx(0.8)  # (.9 − .5) / (1 − .5)


def test_agreement_on_one_class_alone_has_no_kappa(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    archive_rows.session(engine, "Ana", ["a" * 32])
    for name in ("Ana", "Ben"):
        archive_rows.say(engine, "a" * 32, "BLINKING", labeller=name)
    (found,) = agreement.agreements(engine, BLINK)
    assert math.isnan(found.kappa) and found.alike == 1
