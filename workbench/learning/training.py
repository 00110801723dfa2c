"""Training: from labelled photos and their splits to a model's folder, which appears whole or not at all.

Nothing is decoded: pictures are the kept views. Validation alone decides when to stop and where the threshold lies.
"""

from __future__ import annotations

import json
import math
import platform
import time
import warnings as warnings_
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import numpy as np

from workbench.archive import tables
from workbench.archive.splits import TRAINING, VALIDATION
from workbench.errors import WorkbenchError
from workbench.faults import BLINK, Fault
from workbench.learning import (
    cards,
    evaluation,
    inputs,
    lessons,
    litert,
    model_folder,
    networks,
    recipes,
    sizing,
    thresholds,
    traces,
)
from workbench.learning import folds as parting
from workbench.learning.examples import Examples
from workbench.learning.lessons import Lesson, Tell
from workbench.learning.model_folder import CURVES, WEIGHTS
from workbench.learning.networks import keras, tf  # there they are loaded without noise
from workbench.learning.registry import SUMMARY
from workbench.learning.sizing import Size, Sizes
from workbench.settings import Settings

AGREEMENT = 1e-3
"""The export may differ from the network by so much."""
_CHECKED = 2000


class ExportDiffers(WorkbenchError):
    """The LiteRT export says something else than the network it was made of."""

    def __init__(self, difference: float) -> None:
        super().__init__(
            f"The export differs from the trained network by {difference:.4f}, more than {AGREEMENT}, so the model was "
            f"not kept; the current one stays. Train again, with another seed."
        )


class DoesNotFit(WorkbenchError):
    """Weights from elsewhere that are not those of the network that their card describes."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"The model in “{folder}” was not taken in: {reason}. Nothing was changed.")


def fit(
    model: keras.Model,
    settings: recipes.Settings,
    learn: Lesson,
    *,
    epochs: int | None = None,
    initial_epoch: int = 0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> dict[str, list[float]]:
    """Trains `model`, as `networks.build` gives it, in place; gives its curves by epoch.

    The curves are the loss, and what the validation side says after each epoch (`scores`).
    The learning rate falls to nearly 0 along a cosine over `epochs`. With fewer than `settings.patience` epochs to go
    it never stops early; else the weights of the best validation loss stay.
    """
    until = settings.epochs if epochs is None else epochs
    steps = settings.steps or math.ceil(len(learn.training) / settings.batch)
    # XLA takes longer to compile so small a network than it saves
    model.compile(optimizer=_optimizer(settings), loss=networks.loss(settings), jit_compile=False)
    rng = np.random.default_rng([settings.seed, initial_epoch])
    history = model.fit(
        lessons.batches(settings, learn, rng),
        steps_per_epoch=steps,
        epochs=until,
        initial_epoch=initial_epoch,
        callbacks=[_checking(model, settings, learn.validation), *_pacing(settings, until), *callbacks],
        shuffle=False,  # the batches come shuffled
        verbose=0,
    )
    return {name: [float(value) for value in values] for name, values in history.history.items()}


def train(
    settings: Settings,
    examples: Examples,
    recipe: recipes.Settings,
    *,
    fault: Fault = BLINK,
    version: str | None = None,
    search: str | None = None,
    warnings: Sequence[str] = (),
    tell: Tell = lambda what, done, total: None,
) -> str:
    """Trains a network and writes it as a new model; gives its version. It is not made current.

    Raises TooFewLabels, PhotosAway, ExportDiffers, ModelNotWritten, and BadVersion or NameTaken for the name.
    """
    began = time.monotonic()
    name = version or f"{recipe.network}-{tables.now():%Y%m%d-%H%M%S}"
    model_folder.require_free(settings, fault, name)
    deterministic = seed(recipe.seed)
    learn = lessons.lesson(examples, recipe, tell)
    model = networks.build(recipe)
    curves = fit(model, recipe, learn, callbacks=[_telling(recipe, tell)])
    tell(f"Checking {recipe.network}", 0, 1)
    said = networks.probability(model, recipe, inputs.of_examples(recipe, learn.validation))
    threshold, how = thresholds.choose(learn.validation.truth, said)
    about = _learnt_from(examples, learn, fault) | {
        "seconds": round(time.monotonic() - began, 1),
        "epochs": len(curves["loss"]),
        "best_epoch": int(np.argmin(curves["val_loss"])) + 1,
        "parameters": int(model.count_params()),
        "seed": recipe.seed,
        "deterministic": deterministic,
        "imbalance": _imbalance(recipe, learn),
        "threshold_from": how,
        "search": search,
        "warnings": [*warnings, *lessons.left_out(examples)],
    }
    card = _card(name, fault, recipe, threshold, about)
    with model_folder.new(settings, fault, name) as folder:
        _write(folder, model, card, curves)
        _check_export(folder, card, model, learn.validation)
        model_folder.measure(folder, card, examples)
    tell(f"Checking {recipe.network}", 1, 1)
    return name


def at_sizes(examples: Examples, recipe: recipes.Settings, *, tell: Tell = lambda what, done, total: None) -> Sizes:
    """The network fitted anew on ¼, ½, ¾ and all of the training side, judged on the validation side at one half.

    Raises TooFewLabels, PhotosAway, and TooFewToTell when a quarter is too little to learn from.
    """
    lessons.require_parts(examples, recipe, sizing.SHARES[0])
    sizes, said = [], []
    validation = examples.seen(recipe.views).of(VALIDATION)
    for done, share in enumerate(sizing.SHARES):
        tell("Training on more and more labels", done, len(sizing.SHARES))
        seed(recipe.seed)
        learn = lessons.lesson(lessons.share_of(examples, share), recipe)
        model = networks.build(recipe)
        fit(model, recipe, learn)
        said.append(networks.probability(model, recipe, inputs.of_examples(recipe, validation)))
        found = evaluation.as_json(evaluation.evaluate(validation.truth, said[-1], validation.groups))["figures"]
        sizes.append(Size(share, len(learn.training), int(learn.training.truth.sum()), found))
    differences = evaluation.paired(validation.truth, said[1], said[3], validation.groups)
    last = next(one for one in differences if one.name == sizing.FIGURE)
    sentence = sizing.sentence(sizes[1], sizes[3], last)
    return Sizes(tables.now().isoformat(timespec="seconds"), examples.fingerprint, tuple(sizes), sentence)


def out_of_fold(
    examples: Examples,
    recipe: recipes.Settings,
    *,
    folds: int = parting.FOLDS,
    tell: Tell = lambda what, done, total: None,
) -> np.ndarray:
    """What a network that never saw a photo's group says of it, (n,); nan for the test side and what it cannot see.

    The groups of the training and the validation side are dealt into `folds`, and the network is trained without each
    of them in turn, by its own recipe but for a few epochs less. Raises TooFewToHoldOut and TooFewLabels.
    """
    dealt, quick = parting.parted(examples, recipe, folds), parting.quick(recipe)
    said, count = np.full(len(examples), np.nan), dealt.max() + 1
    for number in range(count):
        tell("Training without a part of the labels", number, count)
        seed(quick.seed)
        learn = lessons.lesson(parting.without(examples, dealt, number), quick)
        model = networks.build(quick)
        fit(model, quick, learn)
        held = dealt == number
        said[held] = networks.probability(model, quick, inputs.of_examples(quick, examples.take(held)))
    tell("Training without a part of the labels", count, count)
    return said


def adopt(settings: Settings, fault: Fault, folder: Path, version: str) -> str:
    """Takes in a model from elsewhere: its settings and its weights alone, in a network of our own.

    Raises DoesNotFit, BadCard, BadVersion, ModelNotWritten. Nothing that could run is read.
    """
    card = cards.read(folder / cards.NAME)
    if card.kind != "network" or card.settings is None or card.fault != fault.name:
        raise DoesNotFit(folder, f"its card does not describe a network of ours for {fault.name}")
    model_folder.require_free(settings, fault, version)
    model = networks.build(card.settings)
    try:
        with warnings_.catch_warnings():
            warnings_.simplefilter("error")  # Keras only warns of layers for which the file has nothing
            model.load_weights(folder / WEIGHTS)
    except Exception as error:  # h5py and Keras raise whatever they come upon in a foreign file
        raise DoesNotFit(folder, f"its {WEIGHTS} are missing or not those of the network on its card") from error
    taken = replace(card, version=version, measured=())
    with model_folder.new(settings, fault, version) as target:
        _write(target, model, taken, {})
        traces.copy_learnt(folder, target)
    return version


def seed(number: int) -> bool | str:
    """Makes what follows the same each time; gives True, or the reason why it is not."""
    keras.utils.set_random_seed(number)
    try:
        tf.config.experimental.enable_op_determinism()
    except RuntimeError as error:
        return f"TensorFlow could not be made deterministic: {error}"
    return True


def _optimizer(settings: recipes.Settings) -> keras.optimizers.Optimizer:
    if settings.network == recipes.EYES:
        return keras.optimizers.AdamW(settings.learning_rate)
    return keras.optimizers.Adam(settings.learning_rate)


def _imbalance(settings: recipes.Settings, learn: Lesson) -> str:
    if settings.network == recipes.EYES:
        made = f", {learn.share:.0%} of both synthetic" if learn.share else ""
        return f"every batch holds as many blinks as other photos{made}; probabilities speak of such an even mix"
    return "both classes weigh the same in the loss"


def _pacing(settings: recipes.Settings, epochs: int) -> list[keras.callbacks.Callback]:
    found: list[keras.callbacks.Callback] = []
    if settings.network == recipes.EYES:
        found.append(
            keras.callbacks.LearningRateScheduler(lambda epoch: _cosine(settings.learning_rate, epoch, epochs))
        )
    if settings.patience < epochs:
        stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=settings.patience, restore_best_weights=True)
        found.append(stop)
    return found


def _telling(recipe: recipes.Settings, tell: Tell) -> keras.callbacks.Callback:
    """Tells of every epoch that is over."""
    tell(f"Training {recipe.network}", 0, recipe.epochs)
    return keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: tell(f"Training {recipe.network}", epoch + 1, recipe.epochs)
    )


def _cosine(rate: float, epoch: int, epochs: int) -> float:
    return rate * (0.02 + 0.98 * (1 + math.cos(math.pi * epoch / epochs)) / 2)


def _checking(model: keras.Model, settings: recipes.Settings, validation: Examples) -> keras.callbacks.Callback:
    """After each epoch, what the validation side says of it: of a large one, so many photos by chance."""
    validation = validation.take(np.random.default_rng(0).permutation(len(validation))[:_CHECKED])
    arrays = inputs.of_examples(settings, validation)

    def check(epoch: int, logs: dict[str, float]) -> None:
        probability = networks.probability(model, settings, arrays)
        logs.update({f"val_{name}": value for name, value in scores(validation.truth, probability).items()})

    return keras.callbacks.LambdaCallback(on_epoch_end=check)


def _learnt_from(examples: Examples, learn: Lesson, fault: Fault) -> dict[str, Any]:
    """What a card says of the data, and of when and with what they were learnt from."""
    return {
        "data": examples.fingerprint,
        "at": tables.now().isoformat(timespec="seconds"),
        "versions": _versions(),
        "counts": lessons.counts(examples, fault),
        "synthetic": int(learn.synthetic.truth.sum()),
        "one_person": examples.one_person,
        "groups": {side: sorted(set(examples.of(side).groups)) for side in (TRAINING, VALIDATION)},
    }


def _versions() -> dict[str, str]:
    names = ("tensorflow", "keras", "numpy", "ai-edge-litert")
    return {"python": platform.python_version(), **{name: version_of(name) for name in names}}


# ---- what is written


def _card(
    version: str, fault: Fault, recipe: recipes.Settings, threshold: float, about: Mapping[str, Any]
) -> cards.Card:
    limits = ["Trained and measured on this archive: it says nothing of cameras and people that are not in it."]
    if about["one_person"]:
        limits.append("One person: the sides are bursts of the same people, so its figures say nothing about others.")
    return cards.Card(
        version=version,
        fault=fault.name,
        kind="network",
        description=f"The network “{recipe.network}”, trained on the labels of this archive.",
        threshold=threshold,
        views=recipe.views,
        how=f"{about['parameters']:,} parameters. {about['imbalance'].capitalize()}.",
        limits=(*limits, *about["warnings"]),
        settings=recipe,
        training=about,
    )


def scores(truth: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """What an epoch is judged by: loss, average_precision, and accuracy and F1 at one half; 0 where undefined."""
    sure = np.clip(np.where(truth, probability, 1 - probability), 1e-7, 1)
    found = evaluation.values(truth, probability)
    named = {"average_precision": "average precision", "accuracy": "accuracy", "F1": "F1"}
    return {"loss": float(-np.log(sure).mean())} | {key: _number(found[name]) for key, name in named.items()}


def _number(value: float) -> float:
    return 0.0 if math.isnan(value) else float(value)


def _write(folder: Path, model: keras.Model, card: cards.Card, curves: Mapping[str, Sequence[float]]) -> None:
    assert card.settings is not None
    (folder / litert.FILE).write_bytes(networks.export(model, card.settings))
    (folder / CURVES).write_text(json.dumps(curves), encoding="utf-8")
    (folder / SUMMARY).write_text(networks.summary(model), encoding="utf-8")
    model.save_weights(folder / WEIGHTS)  # after a plain file: HDF5 cannot end quietly on a full disk
    cards.create(folder / cards.NAME, card)


def _check_export(folder: Path, card: cards.Card, model: keras.Model, examples: Examples) -> None:
    assert card.settings is not None
    some = inputs.of_examples(card.settings, examples.take(np.arange(min(len(examples), 64))))
    said = litert.Network(folder / litert.FILE).answer(some)
    expected = networks.with_probability(model, card.settings)(some, training=False)
    pairs = (said.probability, expected["probability"]), (said.embedding, expected[networks.EMBEDDING])
    difference = max(_apart(ours, np.asarray(theirs)) for ours, theirs in pairs)
    if not difference <= AGREEMENT:
        raise ExportDiffers(difference)


def _apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference, as a share of what is larger than 1: an embedding may be, and has float32's digits."""
    return float((np.abs(ours - theirs) / np.maximum(1, np.abs(theirs))).max())
