"""What models keep of photos: found to compare them fairly, and gone when a client is forgotten."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from tests import archive_rows
from tests.learning.shelf import add_model
from workbench.archive import catalog, sessions, splits, tables
from workbench.faults import BLINK
from workbench.learning import cards, registry, traces
from workbench.settings import Settings

ANA, BEN = [f"{number:032x}" for number in range(3)], [f"{number:032x}" for number in range(10, 13)]
ANAS_KEY, BENS_KEY, SESSION = "a" * 32, "b" * 32, "c" * 32
MEASURED = {
    "date": "2026-11-22",
    "photos": 6,
    "positives": 3,
    "groups": 2,
    "figures": {"AUC": {"value": 0.9, "low": 0.8, "high": 0.95}},
}


def trained(settings: Settings, version: str = "mine", /, **changes: Any) -> Path:
    """The folder of a model that learnt from Ana and Ben."""
    about = {
        "training": {
            "at": "2026-11-22T10:00:00",
            "groups": {"training": [ANAS_KEY, BENS_KEY], "validation": [f"{SESSION} 4"]},
            "counts": {"training": {"BLINKING": 3}},
        },
        "measured": [
            {"on": "Ana Lee in March", "command": "evaluate 'Ana Lee' Ben", **MEASURED},
            {"on": "test side", "command": "train", **MEASURED},
        ],
    }
    folder = add_model(settings, version, **{**about, **changes})
    (folder / "learnt.txt").write_text("".join(f"{photo} training\n" for photo in (*ANA[:2], *BEN)))
    (folder / "weights.weights.h5").write_bytes(b"weights")
    predictions(folder)
    return folder


def predictions(folder: Path) -> None:
    """Predictions for Ana's and Ben's photos; the last of Ben's is tied to Ana's group."""
    photos = np.array([*ANA, *BEN], dtype="U32")
    np.savez_compressed(
        folder / "predictions.npz",
        photos=photos,
        groups=np.array([ANAS_KEY] * 3 + [BENS_KEY] * 2 + [ANAS_KEY]),
        sides=np.array(["test"] * 6),
        truth=np.arange(6) < 3,
        probability=np.linspace(0, 1, 6, dtype=np.float32),
    )


def rows(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / "predictions.npz", allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def texts(folder: Path) -> str:
    """Everything that a model's folder says, arrays spelt out."""
    files = [path.read_bytes().decode("utf-8", "replace") for path in sorted(folder.glob("*")) if path.suffix != ".npz"]
    spelt = [str(array.tolist()) for array in rows(folder).values()] if (folder / "predictions.npz").exists() else []
    return "\n".join([*files, *spelt])


def forget_ana(settings: Settings, *, dry_run: bool = False) -> int:
    return traces.forget(settings, ANA, {ANAS_KEY, SESSION}, names=["Ana Lee"], dry_run=dry_run)


def test_nothing_of_a_forgotten_client_is_left_in_a_models_folder(settings: Settings) -> None:
    folder = trained(settings)
    for trace in (*ANA, ANAS_KEY, SESSION, "Ana Lee"):
        assert trace in texts(folder)
    assert forget_ana(settings) == 1
    for trace in (*ANA, ANAS_KEY, SESSION, "Ana Lee"):
        assert trace not in texts(folder)


def test_what_is_of_others_stays_and_so_do_weights(settings: Settings) -> None:
    folder = trained(settings)
    forget_ana(settings)
    assert (folder / "learnt.txt").read_text().split() == [word for photo in BEN for word in (photo, "training")]
    left = rows(folder)
    assert left["photos"].tolist() == BEN and left["truth"].tolist() == [False] * 3
    assert left["probability"].tolist() == pytest.approx([0.6, 0.8, 1.0]) and left["probability"].dtype == np.float32
    assert left["groups"].tolist()[:2] == [BENS_KEY] * 2
    card = registry.read_card(settings, BLINK, "mine")
    assert card.learnt_groups == {BENS_KEY} and dict(card.learnt_from) == {"BLINKING": 3}
    assert [one.on for one in card.measured] == ["(forgotten) in March", "test side"]
    assert card.measured[0].command == "evaluate (forgotten) Ben"
    assert (folder / "weights.weights.h5").read_bytes() == b"weights"


def test_a_dry_run_counts_the_same_and_changes_nothing(settings: Settings) -> None:
    folder = trained(settings)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert forget_ana(settings, dry_run=True) == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_models_that_were_only_tested_on_a_client_did_not_learn_from_them(settings: Settings) -> None:
    folder = trained(settings, training={"groups": {"training": [BENS_KEY]}})
    (folder / "learnt.txt").write_text(f"{BEN[0]} training\n")
    trained(settings, "other")
    assert forget_ana(settings) == 1
    assert ANA[0] not in texts(folder)


def test_a_model_that_knows_nothing_of_a_client_is_not_written_anew(settings: Settings) -> None:
    folder = trained(settings)
    forget_ana(settings)
    before = {path.name: path.stat().st_ino for path in folder.iterdir()}
    assert forget_ana(settings) == 0
    assert {path.name: path.stat().st_ino for path in folder.iterdir()} == before


def test_what_is_half_written_or_half_deleted_forgets_too(settings: Settings) -> None:
    hidden = trained(settings).rename(settings.models / "blink" / ".deleted-1")
    (hidden / "card.json").write_text((hidden / "card.json").read_text()[:-40])
    forget_ana(settings)
    for trace in (*ANA, ANAS_KEY, SESSION, "Ana Lee"):
        assert trace not in texts(hidden)


@pytest.mark.parametrize("damage", ["cut", "text", "pickled", "other arrays"])
def test_predictions_that_cannot_be_read_go_and_nothing_in_them_is_run(settings: Settings, damage: str) -> None:
    folder = trained(settings)
    file = folder / "predictions.npz"
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-100])
    elif damage == "text":
        file.write_text(ANA[0])
    elif damage == "pickled":
        np.savez(file, photos=np.array([Trap(folder / "sprung")], dtype=object), groups=np.array(["x"]))
    else:
        np.savez(file, photos=np.array(ANA))
    assert forget_ana(settings) == 1
    assert not file.exists() and not (folder / "sprung").exists()


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.target,)


@pytest.mark.parametrize("card", ["[]", '{"training": 7, "measured": {}}', '{"measured": [7, {"on": 8}]}', "null", ""])
def test_a_card_of_any_shape_keeps_nobody_from_being_forgotten(settings: Settings, card: str) -> None:
    folder = trained(settings)
    (folder / "card.json").write_text(card)
    assert forget_ana(settings) == 1
    assert ANA[0] not in texts(folder)


def test_the_shipped_card_is_left_alone_by_names_that_are_not_on_it(settings: Settings) -> None:
    shipped = registry.folder(settings, BLINK, "starter") / cards.NAME
    before = shipped.read_bytes()
    forget_ana(settings)
    assert shipped.read_bytes() == before


def test_a_name_inside_a_longer_word_is_another_name(settings: Settings) -> None:
    measured = [{"on": "Analysis of Anastasia", "command": "evaluate Anastasia", **MEASURED}]
    folder = trained(settings, measured=measured)
    traces.forget(settings, ANA, {ANAS_KEY}, names=["Ana"])
    assert json.loads((folder / "card.json").read_text())["measured"] == measured


def test_a_session_named_like_a_side_does_not_take_the_models_own_figures(settings: Settings) -> None:
    trained(settings)
    traces.forget(settings, ANA, {ANAS_KEY}, names=["test", "train", "side"])
    tested = registry.read_card(settings, BLINK, "mine").tested
    assert tested is not None and (tested.on, tested.command) == ("test side", "train")


def test_a_command_that_is_none_loses_the_name_and_the_card_stays_one(settings: Settings) -> None:
    measured = [{"on": "x", "command": "evaluate Ana's e", **MEASURED}]
    trained(settings, measured=measured)
    traces.forget(settings, ANA, {ANAS_KEY}, names=["Ana", "e"])
    (left,) = registry.read_card(settings, BLINK, "mine").measured
    assert left.command == "evaluate (forgotten)'s (forgotten)"


# ---- what a model learnt from


def test_groups_are_found_by_photos_by_keys_and_by_bursts_of_one_person(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    for name, photos in (("Ana", ANA), ("Ben", BEN), ("Cleo", ["d" * 32]), ("Dora", ["e" * 32])):
        archive_rows.session(engine, name, photos)
    group_of = splits.groups(engine)
    groups = {"training": [group_of[BEN[0]]], "validation": [f"{sessions.find(engine, 'Cleo').id} 12"]}
    folder = add_model(settings, "mine", training={"groups": groups})
    (folder / "learnt.txt").write_text(f"{ANA[0]} training\n{'f' * 32} validation\n\n")
    found = traces.learnt_groups(settings, engine, registry.load(settings, BLINK, "mine"))
    assert found >= {group_of[ANA[0]], group_of[BEN[0]], group_of["d" * 32]}
    assert group_of["e" * 32] not in found


def test_the_starter_learnt_from_nobody(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    archive_rows.session(engine, "Ana", ANA)
    starter = registry.current(settings)
    assert traces.learnt_groups(settings, engine, starter) == set()
    assert not traces.learnt_photos(registry.folder(settings, BLINK, starter.version))


def test_predictions_of_a_deleted_model_go_and_those_of_others_stay(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    archive_rows.session(engine, "Ana", ANA[:1])
    with catalog.writing(engine) as connection:
        for version in ("mine", "other"):
            row = {"photo_id": ANA[0], "fault": "blink", "model": version, "probability": 0.5}
            connection.execute(tables.predictions.insert().values(row))
    traces.forget_model(settings, engine, BLINK, "mine")
    with engine.connect() as connection:
        assert connection.execute(select(tables.predictions.c.model)).scalars().all() == ["other"]


def test_without_any_model_of_ones_own_there_is_nothing_to_forget(settings: Settings) -> None:
    shutil.rmtree(settings.models)
    assert forget_ana(settings) == 0


def inspected(settings: Settings, version: str = "mine") -> Path:
    """What was found about a model: answers, embeddings, an audit and explanations of Ana's and Ben's photos."""
    folder = settings.models / "blink" / ".inspections" / version
    (folder / "why").mkdir(parents=True)
    photos = np.array([*ANA, *BEN], dtype="U32")
    np.savez(folder / "out_of_fold.npz", photos=photos, probability=np.linspace(0, 1, 6), data=np.array("fingerprint"))
    np.savez(folder / "embeddings.npz", photos=photos, embedding=np.arange(12, dtype=np.float16).reshape(6, 2))
    flag = {"name": "same photo, different labels", "raised": True, "photos": [ANA[0], BEN[0]], "figure": 2.0}
    (folder / "audit.json").write_text(json.dumps({"version": version, "flags": [flag]}))
    for photo in (ANA[0], BEN[0]):
        (folder / "why" / f"{photo}.json").write_text("{}")
    (folder / "why" / f"{ANA[0]}-eyes.png").write_bytes(b"heat")
    (folder / ".1234.part").write_text(ANA[0])
    return folder


def found(folder: Path) -> str:
    """Everything that findings say, arrays and names spelt out."""
    text = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*"))]
    text += [path.read_text() for path in folder.rglob("*.json")]
    for name in ("out_of_fold.npz", "embeddings.npz"):
        with np.load(folder / name, allow_pickle=False) as stored:
            text += [str(stored[one].tolist()) for one in stored.files]
    return "\n".join(text)


@pytest.mark.parametrize("version", ["mine", "starter"])
def test_what_was_found_about_a_model_forgets_a_client_too(settings: Settings, version: str) -> None:
    folder = inspected(settings, version)
    assert ANA[0] in found(folder) and ".part" in found(folder)
    forget_ana(settings)
    left = found(folder)
    assert not any(photo in left for photo in ANA) and ".part" not in left
    assert all(photo in left for photo in BEN) and "fingerprint" in left and f"why/{BEN[0]}.json" in left
    assert json.loads((folder / "audit.json").read_text())["flags"][0]["photos"] == [BEN[0]]


def test_a_dry_run_leaves_what_was_found(settings: Settings) -> None:
    folder = inspected(settings)
    before = found(folder)
    forget_ana(settings, dry_run=True)
    assert found(folder) == before


def test_findings_that_cannot_be_read_go(settings: Settings) -> None:
    folder = inspected(settings)
    for name in ("out_of_fold.npz", "embeddings.npz"):
        (folder / name).write_bytes((folder / name).read_bytes()[:-100])
    (folder / "audit.json").write_text(f'{{"flags": "{ANA[0]}')
    forget_ana(settings)
    assert not (folder / "embeddings.npz").exists() and not (folder / "out_of_fold.npz").exists()
    assert ANA[0] not in (folder / "audit.json").read_text()


def test_what_was_found_about_a_deleted_model_goes_and_that_about_others_stays(settings: Settings) -> None:
    mine, other = inspected(settings), inspected(settings, "other")
    traces.forget_model(settings, catalog.open_catalog(settings), BLINK, "mine")
    assert not mine.exists() and other.exists()
    traces.forget_model(settings, catalog.open_catalog(settings), BLINK, "mine")
