"""`models` as a person gives it, on real folders, labels and portraits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select

from tests import archive_rows
from tests.learning.shelf import add_model
from tests.learning.test_comparing import held_back, model, shoot
from tests.test_cli import environment, ok, run
from workbench import report
from workbench.archive import catalog, sessions, splits, tables
from workbench.cli import main
from workbench.faults import BLINK
from workbench.jobs import record
from workbench.learning import findings, registry
from workbench.settings import Settings


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """Fifteen labelled sessions, three of them on the test side."""
    engine = catalog.open_catalog(settings)
    for number in range(15):
        shoot(settings, engine, number)
    splits.assign(engine, BLINK)
    return engine


def trained(settings: Settings, version: str) -> Path:
    """A model with everything that a training writes on its card."""
    figures = {"value": 0.994, "low": 0.991, "high": 0.997}, {"value": 0.97, "low": None, "high": None}
    measured = {"on": "test side", "command": "train", "date": "2026-11-22", "photos": 90, "positives": 9, "groups": 3}
    training = {
        "at": "2026-11-21T10:00:00",
        "synthetic": 40,
        "counts": {"training": {"BLINKING": 212, "NON_BLINKING": 1268}},
        "warnings": ["Few sessions show both classes."],
    }
    both = dict(zip(("AUC", "accuracy"), figures, strict=True))
    return add_model(
        settings, version, settings={"network": "eyes"}, training=training, measured=[{**measured, "figures": both}]
    )


def left_by_another(settings: Settings, version: str) -> None:
    """What a job still wrote down for a model of that name after it was deleted, and the threshold it judged by."""
    engine = catalog.open_catalog(settings)
    archive_rows.session(engine, f"of {version}", ["f" * 32])
    with catalog.writing(engine) as connection:
        connection.execute(tables.predictions.insert().values(photo_id="f" * 32, fault="blink", model=version))
    path = registry.threshold_file(settings, BLINK, version)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"threshold": 0.01, "how": "another", "at": "2026-11-22"}))
    kept = findings.folder(settings, BLINK, version)
    kept.mkdir(parents=True)
    (kept / findings.AUDIT).write_text("{}")


def nothing_said(settings: Settings, version: str) -> bool:
    """Whether the catalogue and the disk know nothing that a model of that name has said."""
    said = select(tables.predictions).where(tables.predictions.c.model == version)
    with catalog.open_catalog(settings).connect() as connection:
        rows = connection.execute(said).all()
    kept = registry.threshold_file(settings, BLINK, version), findings.folder(settings, BLINK, version)
    return not rows and not any(path.exists() for path in kept)


def test_the_list_says_what_each_model_is_and_which_one_is_in_use(settings: Settings) -> None:
    trained(settings, "mine")
    ok(settings, "models", "promote", "mine")
    lines = ok(settings, "models").splitlines()
    (mine,) = [line for line in lines if line.startswith("*")]
    for part in ("mine", "eyes", "1,480", "0.994 (0.991–0.997)", "0.970", "2026-11-21"):
        assert part in mine
    assert "mine: measured on test side" in lines
    assert ok(settings, "models", "list") == ok(settings, "models")


def test_the_list_as_json_has_labels_figures_and_the_current_model(settings: Settings) -> None:
    trained(settings, "mine")
    told = json.loads(ok(settings, "models", "--json"))
    assert told["current"] == "starter"
    mine = next(one for one in told["models"] if one["version"] == "mine")
    assert mine["labels"] == {"BLINKING": 212, "NON_BLINKING": 1268} and mine["current"] is False
    assert mine["measured"]["figures"]["AUC"]["value"] == 0.994
    assert json.loads(ok(settings, "models", "list", "--json")) == told


def test_a_broken_model_stands_in_the_list_with_its_sentence(settings: Settings) -> None:
    (add_model(settings, "odd") / "card.json").write_text("{")
    out = ok(settings, "models")
    assert "broken" in out and "starter" in out and "cannot be read as JSON" in out
    told = json.loads(ok(settings, "models", "--json"))["models"]
    assert "cannot be read" in next(one for one in told if one["version"] == "odd")["problem"]


def test_a_model_in_use_that_is_gone_is_said_so(settings: Settings) -> None:
    (settings.models / "blink").mkdir()
    (settings.models / "blink" / "current").write_text("gone\n")
    assert "“gone”, is not there. Promote one of these" in ok(settings, "models")


def test_show_gives_the_card_in_words_the_layers_and_the_figures(settings: Settings) -> None:
    (trained(settings, "mine") / "summary.txt").write_text("Total params: 136,000\n", encoding="utf-8")
    out = ok(settings, "models", "show", "mine")
    for part in ("mine (eyes)", "Total params: 136,000", "212 BLINKING, 1,268 NON_BLINKING, 40 drawn blinks"):
        assert part in out
    assert "0.994 (0.991–0.997)" in out and "Warning: Few sessions" in out
    told = json.loads(ok(settings, "models", "show", "mine", "--json"))
    assert told["settings"]["network"] == "eyes" and told["summary"].startswith("Total") and not told["is_current"]
    assert told["chosen_threshold"] is None
    assert "Partial blinks" in ok(settings, "models", "show", "starter")


def test_show_says_both_the_threshold_that_was_chosen_and_the_cards(settings: Settings) -> None:
    trained(settings, "mine")
    assert "A photo is flagged from 0.7 on." in ok(settings, "models", "show", "mine")
    registry.set_threshold(settings, BLINK, "mine", 0.31, "never miss a blink")
    out = ok(settings, "models", "show", "mine")
    assert "A photo is flagged from 0.31 on" in out and "never miss a blink); its card says 0.7." in out
    told = json.loads(ok(settings, "models", "show", "mine", "--json"))
    chosen = told["chosen_threshold"]
    assert (told["threshold"], chosen["threshold"], chosen["how"]) == (0.7, 0.31, "never miss a blink")


def test_escape_codes_of_a_foreign_card_are_shown_and_not_obeyed(settings: Settings) -> None:
    folder = add_model(settings, "odd", description="\x1b[2Jcleared", training={"warnings": ["\x1b[2J"]})
    (folder / "summary.txt").write_text("\x1b[2Jlayers")
    assert "\x1b" not in ok(settings, "models", "show", "odd")


def test_promote_and_rollback_say_what_is_in_use(settings: Settings) -> None:
    add_model(settings, "mine")
    assert "“mine” is in use now; before it was “starter”" in ok(settings, "models", "promote", "mine")
    assert json.loads(ok(settings, "models", "promote", "mine", "--json")) == {"current": "mine", "previous": "starter"}
    assert "“starter” is in use now; “mine” stays" in ok(settings, "models", "rollback")
    assert registry.current(settings).version == "starter"


def test_compare_prints_both_models_their_differences_and_the_groups(settings: Settings, engine: Engine) -> None:
    first, *_ = held_back(engine)
    model(settings, "strict", held_back(engine)[first][:1])
    out = ok(settings, "models", "compare", "strict")
    sentence = (
        "It cannot be told which is better: AUC 1.000 for “starter” and 1.000 for “strict”, on 8 photos of 2 people"
    )
    assert sentence in out
    assert "1 person or shoot left out" in out and first not in out
    assert all(f"  {group}  4 photos" in out for group in held_back(engine) if group != first)
    told = json.loads(ok(settings, "models", "compare", "strict", "starter", "--json"))
    assert (told["a"]["model"], told["b"]["model"], told["left_out"]) == ("strict", "starter", 1)
    assert told["differences"]["recall"]["value"] == 0.5


def test_a_comparison_that_runs_as_a_job_hands_over_its_result(settings: Settings, engine: Engine) -> None:
    model(settings, "strict", [])

    class Sink:
        """Keeps what a job's row would."""

        def __init__(self) -> None:
            self.document: dict[str, object] = {}

        def step(self, what: str, done: int = 0, total: int | None = None) -> None:
            """How far the command is."""

        def result(self, document: dict[str, object]) -> None:
            self.document = document

    sink = Sink()
    with report.telling(sink):
        ok(settings, "models", "compare", "strict")
    assert "sentence" in sink.document and "differences" in sink.document


def test_delete_asks_first_and_takes_the_models_predictions_along(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    archive_rows.session(engine, "Ana", ["a" * 32])
    with catalog.writing(engine) as connection:
        connection.execute(tables.predictions.insert().values(photo_id="a" * 32, fault="blink", model="mine"))
    add_model(settings, "mine")
    kept = CliRunner().invoke(main, ["models", "delete", "mine"], env=environment(settings), input="n\n")
    assert kept.exit_code == 1 and registry.versions(settings) == ["starter", "mine"]
    assert json.loads(ok(settings, "models", "delete", "mine", "--yes", "--json")) == {"deleted": "mine"}
    assert registry.versions(settings) == ["starter"]
    with engine.connect() as connection:
        assert connection.execute(select(tables.predictions)).all() == []


def test_a_model_that_a_job_works_with_is_not_deleted(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    add_model(settings, "mine")
    job = record.add(engine, ("evaluate", "--model", "mine"), "Evaluate mine", True)
    refused = run(settings, "models", "delete", "mine", "--yes")
    assert refused.exit_code == 1 and "“Evaluate mine”" in refused.stderr
    assert registry.versions(settings) == ["starter", "mine"]
    record.ask_to_cancel(engine, str(job))
    ok(settings, "models", "delete", "mine", "--yes")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["show", "best"], "There is no model “best” for blink; there is starter"),
        (["compare", "best"], "There is no model “best”"),
        (["compare", "starter"], "“starter” cannot be compared with itself"),
        (["compare", "mine"], "no photo on the test side is labelled"),
        (["promote", "../x"], "cannot name a model"),
        (["rollback"], "there is nothing to go back to. Promote one by name: mine"),
        (["delete", "best", "--yes"], "There is no model “best”"),
        (["delete", "starter"], "comes with the program and always stays"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(settings: Settings, arguments: list[str], sentence: str) -> None:
    add_model(settings, "mine")
    result = run(settings, "models", *arguments)
    assert result.exit_code == 1 and sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1 and "Traceback" not in result.output


def test_a_model_from_elsewhere_comes_in_under_the_name_given_and_what_is_none_is_refused(
    settings: Settings, tmp_path: Path
) -> None:
    from workbench.learning import networks, recipes

    small = {"network": "eyes", "filters": 4, "depth": 1, "dense": 8}
    source = add_model(settings, "foreign", kind="network", views=["eyes", "geometry"], settings=small)
    networks.build(recipes.from_json(small)).save_weights(source / "weights.weights.h5")
    source.rename(tmp_path / "foreign")
    left_by_another(settings, "theirs")
    assert json.loads(ok(settings, "models", "add", tmp_path / "foreign", "--name", "theirs", "--json")) == {
        "added": "theirs"
    }
    assert nothing_said(settings, "theirs")
    assert "theirs" in registry.versions(settings) and registry.current(settings).version == "starter"
    ok(settings, "models", "promote", "theirs")
    assert registry.current(settings).version == "theirs"
    refused = run(settings, "models", "add", tmp_path)
    assert refused.exit_code == 1 and "card.json” cannot be used" in refused.stderr


def test_every_command_of_models_explains_itself(settings: Settings) -> None:
    assert "promote" in ok(settings, "models", "--help")
    for name in ("list", "show", "compare", "promote", "rollback", "delete", "add"):
        assert "--json" in ok(settings, "models", name, "--help")


def test_forgetting_a_client_says_which_models_keep_what_they_learnt(settings: Settings) -> None:
    engine = catalog.open_catalog(settings)
    archive_rows.session(engine, "Ana", ["a" * 32])
    folder = add_model(settings, "mine")
    (folder / "learnt.txt").write_text(f"{'a' * 32} training\n")
    np.savez(folder / "predictions.npz", photos=np.array(["a" * 32]), groups=np.array(["b" * 32]))
    assert "1 model learnt from these photos: weights stay" in ok(settings, "forget", "Ana", "--dry-run")
    assert json.loads(ok(settings, "forget", "Ana", "--yes", "--json"))["models"] == 1
    assert (folder / "learnt.txt").read_text() == "" and sessions.every(engine) == []
