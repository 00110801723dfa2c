"""A trained network as screening runs it: its LiteRT export, without TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from workbench.learning import inputs, recipes
from workbench.learning.cards import NAME, BadCard, Card
from workbench.learning.inputs import Arrays
from workbench.learning.registry import Answer, Predict
from workbench.vision import native
from workbench.vision.views import Views

FILE = "model.tflite"


class Network:
    """An export in memory; serves one thread at a time."""

    def __init__(self, file: Path) -> None:
        self._interpreter = Interpreter(model_content=file.read_bytes(), num_threads=1)
        with native.quiet():  # it names its delegate the first time
            self._interpreter.allocate_tensors()
        self._inputs = [(each["index"], each["shape"][1:]) for each in self._interpreter.get_input_details()]
        self._ready_for = 0

    def answer(self, arrays: Arrays) -> Answer:
        """Probability (n,) and embedding (n, width) for n photos' arrays, by the names of the network's inputs."""
        rows, step = len(next(iter(arrays.values()))), inputs.at_once(arrays)
        if not rows:
            return Answer(np.zeros(0), np.zeros((0, 1)))
        parts = [
            self._batch({name: array[start : start + step].astype(np.float32) for name, array in arrays.items()})
            for start in range(0, rows, step)
        ]
        probabilities, embeddings = zip(*parts, strict=True)
        return Answer(np.concatenate(probabilities), np.concatenate(embeddings))

    def _batch(self, arrays: Arrays) -> Answer:
        count = len(next(iter(arrays.values())))
        if count != self._ready_for:
            for index, shape in self._inputs:
                self._interpreter.resize_tensor_input(index, [count, *shape])
            self._interpreter.allocate_tensors()
            self._ready_for = count
        said = self._interpreter.get_signature_runner()(**arrays)
        return Answer(said["probability"].astype(np.float64), said["embedding"].copy())


def load(folder: Path, card: Card) -> Predict:
    """What predicts by the export in a model's folder. Raises BadCard when it cannot be used."""
    if card.settings is None:
        raise BadCard(folder / NAME, "it says nothing of the network's settings")
    try:
        network = Network(folder / FILE)
    except (OSError, ValueError, RuntimeError) as error:
        raise BadCard(folder / NAME, f"its {FILE} is missing or damaged") from error
    return partial(predict, network, card.settings)


def predict(network: Network, settings: recipes.Settings, seen: Sequence[Views], relative: np.ndarray) -> Answer:
    """What the network says of photos, nan for those that lack the views it looks at."""
    arrays, there = inputs.of_views(settings, seen, relative)
    said = network.answer(arrays)
    probability = np.full(len(seen), np.nan)
    embedding = np.full((len(seen), said.embedding.shape[1]), np.nan, np.float32)
    probability[there], embedding[there] = said
    return Answer(probability, embedding)
