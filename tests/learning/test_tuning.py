"""A search from its first trial to its winner, stopped and gone on with, on photos that are told apart at a glance."""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np
import pytest
from sqlalchemy import Engine

from tests import archive_rows
from tests.learning import searching
from tests.learning.searching import TINY, asked
from workbench.archive import catalog
from workbench.faults import BLINK
from workbench.learning import checkpoints, comparing, evaluation, recipes, registry, searches, spaces, tuning
from workbench.learning.examples import Examples
from workbench.learning.searches import DONE, STOPPED, WAITING, Search
from workbench.learning.spaces import AS_REPORTED, OURS, Preset
from workbench.settings import HOME, Settings, from_environment

NO_TIME = 1e-9
"""Minutes in which no trial can begin."""
DEADLINE = 90

KILLED = """
from tests.learning import searching
from workbench.archive import catalog
from workbench.learning import tuning
from workbench.settings import from_environment
settings = from_environment()
engine = catalog.open_catalog(settings)
tuning.search(settings, engine, searching.gathered(settings, engine), searching.asked())
"""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Engine, Examples]]:
    """An archive with labels; the tests that change models do so in a folder of their own."""
    folder = tmp_path_factory.mktemp("installation")
    names = {"EYESPY_DATASETS": "datasets", "EYESPY_MODELS": "models", "EYESPY_ROOTS": "pictures"}
    settings = from_environment(
        {variable: str(folder / name) for variable, name in names.items()}
        | {"EYESPY_ASSETS": str(from_environment().assets), "EYESPY_LABELLER": "tester"}
    )
    engine = catalog.open_catalog(settings)
    searching.archive(settings, engine)
    yield settings, engine, searching.gathered(settings, engine)
    engine.dispose()


@pytest.fixture(scope="module")
def whole(installation: tuple[Settings, Engine, Examples]) -> tuple[Search, str, list[tuple[str, int, int]]]:
    """A search that nobody disturbed, what it printed, and what it told."""
    told: list[tuple[str, int, int]] = []
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        found = tuning.search(*installation, asked(), tell=lambda *step: told.append(step))
    return found, printed.getvalue(), told


def _place(settings: Settings, found: Search) -> Path:
    return searches.folder(settings, BLINK, found.id)


def _elsewhere(settings: Settings, folder: Path) -> Settings:
    """The same archive with models of its own."""
    return replace(settings, models=folder / "models")


def _written(place: Path) -> dict[str, int]:
    """When each trial was last written."""
    return {path.name: path.stat().st_mtime_ns for path in (place / "trials").glob("*.json")}


# ---- Keras Tuner's side


class _Untrained(keras_tuner.Hyperband):
    """Keras Tuner's Hyperband with trials that take no time."""

    def run_trial(self, trial: Any, *_: Any, **__: Any) -> float:
        return float(int(trial.trial_id) % 7)


@pytest.mark.parametrize(("max_epochs", "factor"), [(2, 2), (4, 2), (9, 3), (10, 3), (27, 3)])
def test_the_plan_is_what_keras_tuner_does(tmp_path: Path, max_epochs: int, factor: int) -> None:
    space = keras_tuner.HyperParameters()
    spaces.suggest_ours(space, recipes.Settings())
    objective = keras_tuner.Objective("score", "min")
    options = {"directory": tmp_path, "hyperparameters": space, "objective": objective, "seed": 1}
    tuner = _Untrained(max_epochs=max_epochs, factor=factor, **options)
    tuner.search(verbose=0)
    values = [trial.hyperparameters.values for trial in tuner.oracle.trials.values()]
    done = Counter((one["tuner/bracket"], one["tuner/round"], one["tuner/epochs"]) for one in values)
    assert done == {(rung.bracket, rung.rung, rung.epochs): rung.size for rung in spaces.plan(max_epochs, factor)}


@pytest.mark.parametrize("space", spaces.SPACES)
def test_what_keras_tuner_suggests_are_settings_of_the_space(space: str) -> None:
    hp, base = keras_tuner.HyperParameters(), recipes.Settings(seed=7)
    suggested = spaces.SUGGEST[space](hp, base)
    assert set(hp.values) == set(spaces.SPACES[space])
    changed = {name for name, value in recipes.as_json(suggested).items() if value != recipes.as_json(base)[name]}
    assert changed <= {*spaces.SPACES[space], "network"}


def test_the_reported_space_is_that_of_the_report() -> None:
    hp = keras_tuner.HyperParameters()
    spaces.suggest_as_reported(hp, recipes.STANDARD[recipes.FINAL])
    dense, rate = hp.space
    assert (dense.min_value, dense.max_value, dense.step) == (32, 512, 32)
    assert rate.values == [1e-2, 1e-3, 1e-4]


# ---- a whole search


def test_a_search_runs_the_trials_of_its_plan(whole: tuple[Search, str, list[Any]]) -> None:
    found, printed, told = whole
    done = Counter((trial.bracket, trial.rung, trial.planned_epochs) for trial in found.trials)
    assert done == {(rung.bracket, rung.rung, rung.epochs): rung.size for rung in spaces.plan(2, 2)}
    assert (found.state, found.done, found.planned_trials) == (DONE, 5, 5)
    assert all(
        trial.status == DONE and len(trial.curve) == trial.epochs == trial.planned_epochs for trial in found.trials
    )
    assert all(set(trial.settings) == {"dense", "learning_rate"} for trial in found.trials)
    assert printed == ""
    assert ("Searching: trial 5 of 5", 4, 5) in told


def test_the_better_half_goes_on_where_it_was(whole: tuple[Search, str, list[Any]]) -> None:
    trials = {trial.id: trial for trial in whole[0].trials}
    (later,) = [trial for trial in trials.values() if trial.continued_from]
    before = trials[later.continued_from or ""]
    rivals = [trial.score or 0 for trial in trials.values() if (trial.bracket, trial.rung) == (1, 0)]
    assert before.score == max(rivals) and later.settings == before.settings
    assert later.curve[:1] == before.curve


def test_the_winner_is_a_model_and_is_not_put_in_use(
    installation: tuple[Settings, Engine, Examples], whole: tuple[Search, str, list[Any]]
) -> None:
    settings, _, examples = installation
    found = whole[0]
    assert found.best and found.winner
    card = registry.load(settings, BLINK, found.winner).card
    assert card.settings and card.training
    assert (card.settings.dense, card.settings.learning_rate) == tuple(found.best.settings.values())
    assert (card.training["search"], card.training["data"]) == (found.id, examples.fingerprint)
    assert registry.current_version(settings) == registry.STARTER
    assert found.winner in found.verdict
    assert not list(_place(settings, found).rglob("*.npz"))


def test_a_search_that_is_over_is_not_repeated(
    installation: tuple[Settings, Engine, Examples], whole: tuple[Search, str, list[Any]]
) -> None:
    before = _written(_place(installation[0], whole[0]))
    again = tuning.search(*installation, asked())
    assert again == whole[0] and _written(_place(installation[0], again)) == before


# ---- stopped, and gone on with


@pytest.fixture(scope="module")
def killed(installation: tuple[Settings, Engine, Examples], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The installation with a search whose process was killed after two trials."""
    settings = _elsewhere(installation[0], tmp_path_factory.mktemp("killed"))
    own = {"EYESPY_DATASETS": settings.datasets, "EYESPY_MODELS": settings.models, "EYESPY_ASSETS": settings.assets}
    environment = {**os.environ, **{name: str(path) for name, path in own.items()}}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([sys.executable, "-c", KILLED], cwd=HOME, env=environment, **quiet)
    try:
        deadline = time.monotonic() + DEADLINE
        while not any(search.done >= 2 and search.running for search in searches.every(settings)):
            assert process.poll() is None and time.monotonic() < deadline, "it never came so far"
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    return settings


def test_a_killed_search_has_stopped_and_its_trial_waits(killed: Settings) -> None:
    (found,) = searches.every(killed)
    assert (found.state, found.winner) == (STOPPED, None)
    assert found.trials[-1].status == WAITING


def test_a_killed_search_goes_on_also_where_a_file_was_half_written(
    installation: tuple[Settings, Engine, Examples], killed: Settings, tmp_path: Path
) -> None:
    shutil.copytree(killed.models, tmp_path / "models")
    settings = _elsewhere(killed, tmp_path)
    (found,) = searches.every(settings)
    oracle = _place(settings, found) / checkpoints.PROJECT / "oracle.json"
    oracle.write_text(oracle.read_text()[:100])
    again = tuning.search(settings, *installation[1:], asked(minutes=NO_TIME))
    assert [trial.id for trial in again.finished] == [trial.id for trial in found.finished]
    assert json.loads(oracle.read_text())["end_order"] == [trial.id for trial in found.finished]
    assert again.state == STOPPED and again.winner and again.verdict


@pytest.mark.parametrize("ours", ["running", "unreadable"])
def test_a_trial_that_only_keras_tuner_has_written_down_is_not_lost(
    installation: tuple[Settings, Engine, Examples], killed: Settings, tmp_path: Path, ours: str
) -> None:
    shutil.copytree(killed.models, tmp_path / "models")
    settings = _elsewhere(killed, tmp_path)
    (before,) = searches.every(settings)
    best = before.best
    assert best is not None
    others = {trial.id for trial in before.finished} - {best.id}
    place = _place(settings, before)
    file = place / searches.TRIALS / f"{best.id}.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "status": "running"}) if ours == "running" else "{")
    assert {trial.id for trial in searches.read(settings, BLINK, before.id).finished} == others
    found = tuning.search(settings, *installation[1:], asked(minutes=NO_TIME))
    assert {trial.id for trial in found.finished} == {best.id, *others}
    again = next(trial for trial in found.finished if trial.id == best.id)
    assert (again.score, again.settings, again.epochs) == (best.score, best.settings, best.epochs)
    assert again.curve == (best.curve if ours == "running" else ())
    assert found.winner_trial is not None


def test_a_killed_search_ends_as_if_nothing_had_been(
    installation: tuple[Settings, Engine, Examples], whole: tuple[Search, str, list[Any]], killed: Settings
) -> None:
    (before,) = searches.every(killed)
    written = _written(_place(killed, before))
    found = tuning.search(killed, *installation[1:], asked())
    after = _written(_place(killed, found))
    assert all(after[f"{trial.id}.json"] == written[f"{trial.id}.json"] for trial in before.finished)
    assert (found.id, found.state, found.done) == (before.id, DONE, 5)
    assert [(trial.settings, trial.curve) for trial in found.trials] == [
        (trial.settings, trial.curve) for trial in whole[0].trials
    ]
    assert found.seconds > before.seconds


def test_the_trial_that_runs_when_the_time_is_up_waits(
    installation: tuple[Settings, Engine, Examples], tmp_path: Path
) -> None:
    settings = _elsewhere(installation[0], tmp_path)
    long = asked(preset=Preset("long", AS_REPORTED, max_epochs=500, factor=501, minutes=0.02))
    found = tuning.search(settings, *installation[1:], long)
    (trial,) = found.trials
    assert (trial.status, found.state, found.winner) == (WAITING, STOPPED, None)
    assert 0 < trial.epochs == len(trial.curve) < 500
    assert found.verdict == tuning.NO_TRIAL


def test_other_labels_or_another_preset_make_another_search(
    installation: tuple[Settings, Engine, Examples], tmp_path: Path
) -> None:
    settings, engine, examples = _elsewhere(installation[0], tmp_path), *installation[1:]
    first = tuning.search(settings, engine, examples, asked(minutes=NO_TIME))
    archive_rows.say(engine, examples.photos[0], BLINK.negative)
    relabelled = searching.gathered(settings, engine)
    archive_rows.say(engine, examples.photos[0], BLINK.positive)
    others = [
        tuning.search(settings, engine, relabelled, asked(minutes=NO_TIME)),
        tuning.search(settings, engine, examples, asked(minutes=NO_TIME, objective="loss")),
        tuning.search(settings, engine, examples, asked(minutes=NO_TIME, seed=1)),
    ]
    assert len({first.id, *(other.id for other in others)}) == len(searches.every(settings)) == 4


def test_a_preset_that_has_changed_begins_anew(installation: tuple[Settings, Engine, Examples], tmp_path: Path) -> None:
    settings = _elsewhere(installation[0], tmp_path)
    first = tuning.search(settings, *installation[1:], asked(minutes=NO_TIME))
    second = tuning.search(settings, *installation[1:], asked(preset=replace(TINY, max_epochs=4), minutes=NO_TIME))
    assert second.id == first.id and second.plan == spaces.plan(4, 2) and second.started_at > first.started_at


# ---- what is no fault of a trial


def test_a_full_disk_ends_the_search_with_one_sentence(
    installation: tuple[Settings, Engine, Examples], tmp_path: Path
) -> None:
    settings = _elsewhere(installation[0], tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(tuning.SearchNotWritten, match=r"^The search stopped, .* the current model stays\.$"):
            tuning.search(settings, *installation[1:], asked())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    (found,) = searches.every(settings)
    assert (found.state, found.done, registry.current_version(settings)) == (STOPPED, 0, registry.STARTER)
    assert registry.versions(settings) == [registry.STARTER]


def test_a_folder_that_takes_nothing_ends_the_search_with_one_sentence(
    installation: tuple[Settings, Engine, Examples], tmp_path: Path
) -> None:
    (tmp_path / "models" / BLINK.name).mkdir(parents=True)
    (tmp_path / "models" / BLINK.name / searches.SEARCHES).write_text("in the way")
    with pytest.raises(tuning.SearchNotWritten, match="make room there, and start it again"):
        tuning.search(_elsewhere(installation[0], tmp_path), *installation[1:], asked())


# ---- our own space


@pytest.mark.heavy
def test_our_space_is_searched_on_the_eyes(installation: tuple[Settings, Engine, Examples], tmp_path: Path) -> None:
    settings = _elsewhere(installation[0], tmp_path)
    one, base = Preset("one", OURS, max_epochs=1, factor=2, minutes=10), recipes.Settings(steps=1, batch=8)
    found = tuning.search(settings, *installation[1:], asked(preset=one, base=base))
    (trial,) = found.trials
    assert set(trial.settings) == set(spaces.SPACES[OURS])
    assert (trial.status, found.state) == (DONE, DONE) and found.winner
    trained = registry.load(settings, BLINK, found.winner).card.settings
    assert trained == replace(spaces.recipe_of(trial.settings, base), epochs=1)


# ---- what comes of it


@pytest.mark.parametrize(
    ("winner_is_right", "said"),
    [
        (0.97, "is better than the model in use"),
        (0.5, "is worse than"),
        (0.8, "is not better than the model in use, within"),
    ],
)
def test_the_verdict_says_plainly_whether_the_winner_is_better(winner_is_right: float, said: str) -> None:
    rng, people = np.random.default_rng(0), [str(photo // 20) for photo in range(400)]
    truth = rng.random(400) < 0.3
    answers = [((rng.random(400) < right) == truth) * 0.8 + 0.1 for right in (0.8, winner_is_right)]
    one, other = (evaluation.evaluate(truth, answer, people) for answer in answers)
    differences = evaluation.paired(truth, *answers, people, thresholds=(0.5, 0.5))
    found = comparing.Comparison(("old", "new"), one, other, differences, dict(Counter(people)), 0)
    assert said in tuning.verdict(found, "new")
