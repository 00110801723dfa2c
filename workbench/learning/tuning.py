"""Tuning: Keras Tuner's Hyperband looks for good settings; the networks never hear of it.

A search is stopped by its budget or from outside and goes on when it is started again: finished trials stay.
"""

from __future__ import annotations

import gc
import hashlib
import io
import time
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine

from workbench.archive import tables
from workbench.errors import WorkbenchError
from workbench.faults import BLINK, FAULTS, Fault
from workbench.learning import (
    checkpoints,
    comparing,
    lessons,
    networks,
    readiness,
    recipes,
    registry,
    searches,
    synthesis,
    traces,
    training,
    trials,
)
from workbench.learning.examples import Examples
from workbench.learning.lessons import Lesson, Tell
from workbench.learning.networks import keras, tf
from workbench.learning.searches import Reference, Search, Trial
from workbench.learning.spaces import METRICS, SHARES, SUGGEST, Asked, plan, recipe_of
from workbench.settings import Settings
from workbench.vision import analysis, native

with native.quiet():
    import keras_tuner

NO_TRIAL = "No trial gave a figure in the time it had, so there is no winner. Start the search again with more minutes."


class SearchNotWritten(WorkbenchError):
    """A search's own files could not be read or written."""

    def __init__(self, place: Path, error: Exception) -> None:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error).partition("\n")[0]
        super().__init__(
            f"The search stopped, for its files below “{place}” could not be read or written ({reason}). Mend that, or "
            f"make room there, and start it again: finished trials are kept, and the current model stays."
        )


class _Ended(keras_tuner.errors.FatalError):
    """Carries an error through Keras Tuner, which takes any other for the fault of one trial, and goes on."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class _TimeIsUp(keras_tuner.errors.FatalError):
    """The budget is spent; the trial that runs is left as it is, and Keras Tuner will run it again."""


def search(
    settings: Settings,
    engine: Engine,
    examples: Examples,
    asked: Asked,
    *,
    fault: Fault = BLINK,
    tell: Tell = lambda what, done, total: None,
) -> Search:
    """Searches, or goes on with the search of the same data, and trains the winner; it is not made current.

    When the budget is spent the running trial ends with its epoch, and the best settings so far are trained. Raises
    TooFewLabels, SearchRuns, SearchNotWritten, and what `training.train` raises.
    """
    training.seed(asked.seed)
    name = searches.identify(asked.preset.name, asked.objective, examples.fingerprint, asked.seed)
    place = searches.folder(settings, fault, name)
    if _is_over(settings, fault, place, asked):
        return searches.read(settings, fault, name)
    lesson = _lesson(examples, asked.recipe, tell)
    try:
        with searches.held(place):
            found = _opened(fault, place, asked, examples.fingerprint)
            course = _Course(place, found, asked, lesson, tell)
            course.climb(examples)
            _conclude(settings, engine, examples, course)
    except OSError as error:
        raise SearchNotWritten(place, error) from error
    return searches.read(settings, fault, name)


def _is_over(settings: Settings, fault: Fault, place: Path, asked: Asked) -> bool:
    """Whether that search was done before, and its winner is still there."""
    try:
        known = searches.kept(place)
    except searches.UnknownSearch:
        return False
    same = known.plan == plan(asked.preset.max_epochs, asked.preset.factor) and known.space == asked.preset.space
    return same and known.state == searches.DONE and known.winner in registry.versions(settings, fault)


def _lesson(examples: Examples, base: recipes.Settings, tell: Tell) -> Lesson:
    """What every trial learns from: synthetic blinks are drawn once, as many as any of them could want."""
    most = max(share for share in SHARES.values() if share is not None)
    wanted = base if base.network != recipes.EYES else replace(base, synthetic=most)
    return lessons.lesson(examples, wanted, tell)


def _share(lesson: Lesson, recipe: recipes.Settings) -> float:
    """The share of synthetic blinks that `lessons.lesson` would give for these settings."""
    if recipe.network != recipes.EYES or not len(lesson.synthetic):
        return 0.0
    blinks, wanted = int(lesson.training.truth.sum()), synthesis.wanted(lesson.training.truth, recipe.synthetic)
    return wanted / max(1, blinks + wanted)


def _opened(fault: Fault, place: Path, asked: Asked, fingerprint: str) -> Search:
    """The search that is there, or a new one where there is none or it is of another shape."""
    preset, now = asked.preset, tables.now()
    new = Search(
        place.name, fault.name, preset.name, preset.space, asked.objective, fingerprint, asked.budget, asked.seed, now,
        plan=plan(preset.max_epochs, preset.factor),
    )  # fmt: skip
    try:
        known = searches.kept(place)
    except searches.UnknownSearch:
        known = None
    if known is None or (known.plan, known.space) != (new.plan, new.space):
        checkpoints.clear(place)
        known = new
    state = known.state if known.state == searches.DONE else searches.RUNNING
    return replace(known, minutes=asked.budget, run_started_at=now, run_seconds=0.0, state=state)


class _Course:
    """A search under way: its record, and what its trials need."""

    def __init__(self, place: Path, record: Search, asked: Asked, lesson: Lesson, tell: Tell) -> None:
        self.place, self.record, self.asked, self.lesson, self.tell = place, record, asked, lesson, tell
        self.began, self.spent = time.monotonic(), record.seconds
        self.metric, self.suggest = METRICS[asked.objective], SUGGEST[asked.preset.space]

    @property
    def enough_real(self) -> bool:
        """Whether a network could learn from the real blinks alone."""
        return int(self.lesson.training.truth.sum()) >= lessons.FEWEST_BLINKS

    @property
    def time_is_up(self) -> bool:
        """Whether this run's budget is spent."""
        return time.monotonic() - self.began >= self.asked.budget * 60

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Every trial as its file says."""
        return searches.trials(self.place, running=True)

    def note(self, **changes: Any) -> None:
        """Writes the search's record, with the seconds that it took so far."""
        run = time.monotonic() - self.began
        self.record = replace(self.record, seconds=self.spent + run, run_seconds=run, **changes)
        searches.keep(self.place, self.record)

    def climb(self, examples: Examples) -> None:
        """Runs the trials that are left, then the references, as far as the budget goes."""
        if self.record.state == searches.DONE:
            return
        self.note()
        over = False
        try:
            over = self._search() and self._refer(examples)
        finally:
            self.note(state=searches.DONE if over else searches.STOPPED)
        if over:
            checkpoints.drop_weights(self.place)

    def _search(self) -> bool:
        try:
            with redirect_stdout(io.StringIO()):  # Keras Tuner prints, whatever it is asked
                tuner = _tuner(self)
                for trial in trials.missed(self.place, tuner.oracle.trials.values()):
                    self.ended(trial)
                tuner.search(verbose=0)
        except _TimeIsUp:
            return False
        except _Ended as ended:
            raise ended.cause from ended
        except tf.errors.OpError as error:  # its own files are written by TensorFlow
            raise SearchNotWritten(self.place, error) from error
        return True

    def run(self, trial: keras_tuner.engine.trial.Trial) -> dict[str, float]:
        """Trains one trial; gives its objective as Keras Tuner wants it."""
        attempt = _Attempt(self, trial)
        done, planned = replace(self.record, trials=self.trials).done, self.record.planned_trials
        self.tell(f"Searching: trial {min(done + 1, planned)} of {planned}", done, planned)
        attempt.train()
        if attempt.record.epochs < attempt.record.planned_epochs:
            attempt.note(status=searches.WAITING)
            raise _TimeIsUp
        return {self.metric.key: np.nan if attempt.record.score is None else attempt.record.score}

    def suggested(self, trial: keras_tuner.engine.trial.Trial) -> recipes.Settings:
        """The settings that a trial tries."""
        recipe = self.suggest(trial.hyperparameters, self.asked.recipe)
        return recipe if self.enough_real else replace(recipe, synthetic=None)

    def ended(self, trial: keras_tuner.engine.trial.Trial) -> None:
        """Writes down that a trial is over, once Keras Tuner has done so."""
        record = trials.ended(self.place, trial, self.suggested(trial), self.asked.preset.space)
        searches.keep_trial(self.place, record)
        self.note()

    def _refer(self, examples: Examples) -> bool:
        """Trains the networks of the report where the preset says so; False when the time does not allow it."""
        known = {one.network for one in self.record.references}
        for network in (recipes.FINAL, recipes.INITIAL) if self.asked.preset.references else ():
            score = None if network in known else self._reference(recipes.STANDARD[network], examples)
            if network not in known and score is None:
                return False
            if score is not None:
                self.note(references=(*self.record.references, Reference(network, None, score)))
        return True

    def _reference(self, recipe: recipes.Settings, examples: Examples) -> float | None:
        if self.time_is_up:
            return None
        training.seed(recipe.seed)
        model = networks.build(recipe)
        announce = keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: self.tell(f"Reference: {recipe.network}", epoch, recipe.epochs)
        )
        callbacks = [announce, _stopping(self, model)]
        curves = training.fit(model, recipe, lessons.lesson(examples, recipe), callbacks=callbacks)
        values = curves[self.metric.key]
        best = max(values) if self.metric.more_is_better else min(values)
        return best if len(values) == recipe.epochs else None


class _Attempt:
    """One trial under way: its file follows every epoch; its best weights are kept where it may go on."""

    def __init__(self, course: _Course, trial: keras_tuner.engine.trial.Trial) -> None:
        values = trial.hyperparameters.values
        self.course, self.began = course, time.monotonic()
        number = hashlib.sha256(f"{course.record.seed} {trial.trial_id}".encode()).digest()
        # the rung says when a trial ends, so that all of a rung are trained alike
        self.recipe = replace(course.suggested(trial), seed=int.from_bytes(number[:4], "big") >> 1, patience=500)
        self.first, self.goes_on = values["tuner/initial_epoch"], values["tuner/round"] < values["tuner/bracket"]
        self.record = trials.begun(trial, self.recipe, course.asked.preset.space)
        self.note()

    def note(self, **changes: Any) -> None:
        """Writes the trial's file."""
        self.record = replace(self.record, seconds=time.monotonic() - self.began, **changes)
        searches.keep_trial(self.course.place, self.record)

    def train(self) -> None:
        """Trains to the end of the rung, or of the budget."""
        keras.backend.clear_session()
        gc.collect()
        training.seed(self.recipe.seed)
        self.model = networks.build(self.recipe)
        if self.record.continued_from is not None:
            self.model.set_weights(checkpoints.weights(self.course.place, self.record.continued_from))
        callbacks = [keras.callbacks.LambdaCallback(on_epoch_end=self._after), _stopping(self.course, self.model)]
        learn = replace(self.course.lesson, share=_share(self.course.lesson, self.recipe))
        until = {"epochs": self.record.planned_epochs, "initial_epoch": self.first}
        training.fit(self.model, self.recipe, learn, **until, callbacks=callbacks)

    def _after(self, epoch: int, logs: dict[str, float]) -> None:
        value, loss = float(logs[self.course.metric.key]), float(logs["val_loss"])
        if searches.is_better(self.course.asked.objective, (value, loss), (self.record.score, self.record.loss)):
            self.record = replace(self.record, score=value, loss=loss)
            if self.goes_on:
                checkpoints.keep_weights(self.course.place, self.record.id, self.model.get_weights())
        self.note(curve=(*self.record.curve, value), epochs=epoch + 1)


class _Hyperband(keras_tuner.Hyperband):
    """Keras Tuner's Hyperband with trials that are run by a `_Course`: these methods are made to be replaced."""

    def __init__(self, course: _Course, **options: Any) -> None:
        self.course = course
        super().__init__(**options)

    def pre_create_trial(self) -> None:
        """No trial begins when the time is up."""
        if self.course.time_is_up:
            raise _TimeIsUp

    def run_trial(self, trial: keras_tuner.engine.trial.Trial, *_: Any, **__: Any) -> dict[str, float]:
        """Runs a trial; what is no fault of its own ends the search."""
        try:
            return self.course.run(trial)
        except tf.errors.ResourceExhaustedError as error:
            raise keras_tuner.errors.FailedTrialError(str(error)) from error
        except _TimeIsUp:
            raise
        except Exception as error:
            raise _Ended(error) from error

    def on_trial_end(self, trial: keras_tuner.engine.trial.Trial) -> None:
        """Keras Tuner writes down what it knows, then the search does."""
        super().on_trial_end(trial)
        checkpoints.copy(self.course.place)
        self.course.ended(self.oracle.get_trial(trial.trial_id))


def _tuner(course: _Course) -> _Hyperband:
    """Keras Tuner where it was. It writes its files in place: after a kill in the middle of one the copy stands in."""
    try:
        return _hyperband(course)
    except (ValueError, KeyError, RuntimeError):
        checkpoints.restore(course.place)
        return _hyperband(course)


def _hyperband(course: _Course) -> _Hyperband:
    space, preset = keras_tuner.HyperParameters(), course.asked.preset
    course.suggest(space, course.asked.recipe)
    return _Hyperband(
        course,
        objective=keras_tuner.Objective(course.metric.key, "max" if course.metric.more_is_better else "min"),
        max_epochs=preset.max_epochs,
        factor=preset.factor,
        hyperparameters=space,
        seed=course.record.seed + 1,  # to Keras Tuner 0 is none
        directory=str(course.place),
        project_name=checkpoints.PROJECT,
        max_consecutive_failed_trials=course.record.planned_trials + 1,
    )


def _stopping(course: _Course, model: keras.Model) -> keras.callbacks.Callback:
    """Ends a training with its epoch when the time is up."""

    def stop(epoch: int, logs: dict[str, float]) -> None:
        if course.time_is_up:
            model.stop_training = True

    return keras.callbacks.LambdaCallback(on_epoch_end=stop)


# ---- what comes of it


def _conclude(settings: Settings, engine: Engine, examples: Examples, course: _Course) -> None:
    """Trains the winner, unless it is there, and compares it with the model in use."""
    found, fault = replace(course.record, trials=course.trials), FAULTS[course.record.fault]
    if found.best is None:
        course.note(verdict=NO_TRIAL)
    elif found.best.id != found.winner_trial or found.winner not in registry.versions(settings, fault):
        recipe = recipe_of(found.best.settings, course.asked.recipe)
        recipe = replace(recipe, epochs=course.asked.preset.max_epochs, seed=found.seed)
        warnings = [warning.sentence for warning in readiness.look(engine, fault).warnings]
        version = training.train(
            settings, examples, recipe, fault=fault, search=found.id, warnings=warnings, tell=course.tell
        )
        traces.begin(settings, engine, fault, version)
        course.note(winner=version, winner_trial=found.best.id, verdict="")
    if course.record.winner and not course.record.verdict:
        course.tell("Comparing with the model in use", 0, 1)
        course.note(verdict=_verdict(settings, engine, fault, course.record.winner))


def _verdict(settings: Settings, engine: Engine, fault: Fault, winner: str) -> str:
    """Whether the winner is better than the model in use, as a sentence."""
    try:
        current = registry.current(settings, fault)
        with analysis.pool(settings) as executor:
            model = registry.load(settings, fault, winner)
            found = comparing.compare(settings, engine, fault, current, model, executor)
    except WorkbenchError as error:  # nothing to compare on, or the model in use is gone: the search stands
        return f"It cannot be told whether the winner is better than the model in use. {error}"
    return verdict(found, winner)


def verdict(found: comparing.Comparison, winner: str) -> str:
    """What a comparison says of a winner, plainly."""
    if np.isnan(found.deciding.low):
        return found.sentence
    if found.better is None:
        return f"The winner is not better than the model in use, within the interval. {found.sentence}"
    return f"The winner is {'better' if found.better == winner else 'worse'} than the model in use. {found.sentence}"
