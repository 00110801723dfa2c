"""The networks: views in, one number for the fault out. `build` knows nothing of tuning, training or files.

Photos come as they are kept, 0..255; scaling is part of the graph, augmentation is not.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

import numpy as np
from scipy.special import expit

from workbench.learning import recipes
from workbench.learning.inputs import NUMBERS, Arrays, at_once
from workbench.learning.recipes import EYES, FINAL, INITIAL, Settings
from workbench.vision import native, views
from workbench.vision.views import GEOMETRY, SHAPES

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # what matters reaches Python as an error; no GPU is none
with native.quiet():
    import keras
    import tensorflow as tf
    from keras import layers, ops

tf.get_logger().setLevel("ERROR")  # it warns of graphs that are traced anew, which every trial of a search does

EMBEDDING = "embedding"
_TEN = 10  # outputs of *final*, as reported; the first two are the classes
_EAR_OPEN, _EAR_SPREAD = 0.25, 0.1
_EYE = "eye"  # the network of one eye, within that of both
_WATCHED_AT_ONCE = 16  # the maps of *initial* and their gradients take 50 MB a photo
_SHAPES, _EARS = slice(0, len(SHAPES)), slice(GEOMETRY.index("earLeft"), GEOMETRY.index("earRight") + 1)
_TURN = slice(GEOMETRY.index("yaw"), GEOMETRY.index("pitch") + 1)
_BLINKS = slice(0, 2)
_SESSION = slice(len(GEOMETRY), len(NUMBERS) - 2)


def build(settings: Settings) -> keras.Model:
    """An untrained network that gives logits: (n, 1), or (n, 10) of *final*, of which the first two count.

    Inputs by name: `frame` (n, 178, 100), or `eyes` (n, 2, 48, 64) and `numbers` (n, len(NUMBERS)).
    """
    return {INITIAL: _initial, FINAL: _final, EYES: _eyes}[settings.network](settings)


def with_probability(model: keras.Model, settings: Settings) -> keras.Model:
    """The same network with the outputs `probability` (n,) and `embedding` (n, dense)."""
    logits = model.output
    # softmax over the two classes alone: p₁ / (p₀ + p₁) = sigmoid(z₁ − z₀)
    logit = logits[:, 1] - logits[:, 0] if settings.network == FINAL else logits[:, 0]
    outputs = {"probability": ops.sigmoid(logit), EMBEDDING: model.get_layer(EMBEDDING).output}
    return keras.Model(model.input, outputs, name=settings.network)


def loss(settings: Settings) -> keras.losses.Loss:
    """What training makes small: cross-entropy, over ten classes for *final* as reported."""
    if settings.network == FINAL:
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    smoothing = 0.05 if settings.network == EYES else 0.0
    return keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing)


def probability(model: keras.Model, settings: Settings, arrays: Arrays) -> np.ndarray:
    """Probability of the fault (n,) by a network as `build` gives it."""
    rows, step = len(next(iter(arrays.values()))), at_once(arrays)
    parts = [_logits(model, {k: v[i : i + step] for k, v in arrays.items()}) for i in range(0, rows, step)]
    logits = np.concatenate(parts) if parts else np.zeros((0, 2))
    logit = logits[:, 1] - logits[:, 0] if settings.network == FINAL else logits[:, 0]
    return np.asarray(expit(logit.astype(np.float64)))


def attention(model: keras.Model, settings: Settings, arrays: Arrays) -> np.ndarray:
    """How much each place of the pictures adds to the log-odds of the fault, on the grid of the last convolution.

    Shape (n, h, w), of both eyes (n, 2, h, w). Grad-CAM (Selvaraju et al., 2017) with gradients taken place by place
    (HiResCAM: Draelos & Carin, 2020): their mean over all places, as Grad-CAM has it, tells where a network looks only
    if it goes on with means itself, and these go on with what they see at each place. *final* has no convolution: there
    it is gradient × input of each pixel (Shrikumar et al., 2016).
    """
    watched, rows = _watched(model, settings), len(next(iter(arrays.values())))
    some = (
        {name: array[i : i + _WATCHED_AT_ONCE] for name, array in arrays.items()}
        for i in range(0, rows, _WATCHED_AT_ONCE)
    )
    found = np.concatenate([_evidence(watched, settings, each) for each in some])
    return found.reshape(-1, 2, *found.shape[1:]) if settings.network == EYES else found


def export(model: keras.Model, settings: recipes.Settings) -> bytes:
    """The network, as `build` gives it, in LiteRT, with the outputs `probability` and `embedding`.

    Raises OSError when there is no room for what is made on the way.
    """
    served = with_probability(model, settings)
    spec = {name: tf.TensorSpec((None, *each.shape[1:]), tf.float32, name=name) for name, each in served.input.items()}
    archive = keras.export.ExportArchive()
    archive.track(served)
    archive.add_endpoint("serve", lambda arrays: served(arrays, training=False), input_signature=[spec])
    with tempfile.TemporaryDirectory() as saved:
        try:
            archive.write_out(saved, verbose=False)
        except tf.errors.OpError as error:  # TensorFlow's own word for what a disk does not take
            raise OSError(error.message) from error
        return tf.lite.TFLiteConverter.from_saved_model(saved).convert()


def summary(model: keras.Model) -> str:
    """The table of layers and parameters."""
    lines: list[str] = []
    model.summary(print_fn=lambda line, **_: lines.append(line), line_length=90)
    return "\n".join(lines)


def _logits(model: keras.Model, arrays: Arrays) -> np.ndarray:
    # not by predict(): compiling a graph for each new network takes longer than a few hundred photos do
    return np.asarray(model({name: array.astype(np.float32) for name, array in arrays.items()}, training=False))


def _watched(model: keras.Model, settings: Settings) -> keras.Model:
    """The same network, which also gives the maps that `attention` looks at: those of one eye after the other."""
    if settings.network != EYES:
        return keras.Model(model.input, [_maps(model, settings), model.output])
    eye, seen = model.get_layer(_EYE), list[keras.KerasTensor]()
    both = keras.Model(eye.input, [_maps(eye, settings), eye.output])

    def call(layer: keras.Layer, *args: Any, **kwargs: Any) -> Any:
        if layer is not eye:
            return layer(*args, **kwargs)
        maps, told = both(*args, **kwargs)
        seen.append(maps)
        return told

    same = keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)
    return keras.Model(same.input, [*seen, same.output])


def _maps(model: keras.Model, settings: Settings) -> keras.KerasTensor:
    """What the last convolution gives, (n, h, w, channels); of *final* the picture itself, from 0 to 1."""
    kind = layers.Rescaling if settings.network == FINAL else layers.Conv2D
    return [layer for layer in model.layers if isinstance(layer, kind)][-1].output


def _evidence(watched: keras.Model, settings: Settings, arrays: Arrays) -> np.ndarray:
    given = {name: tf.convert_to_tensor(array, tf.float32) for name, array in arrays.items()}
    with tf.GradientTape() as tape:
        tape.watch(given)
        maps, logits = watched(given, training=False)
        logit = logits[:, 1] - logits[:, 0] if settings.network == FINAL else logits[:, 0]
    return np.asarray(tf.reduce_sum(maps * tape.gradient(logit, maps), axis=-1))


def _initial(settings: Settings) -> keras.Model:
    """Two convolutions of 256 filters, each with pooling, then a dense layer: the report's first network."""
    frame = keras.Input(views.FRAME, name="frame")
    x = _scaled(frame)
    for _ in range(settings.depth):
        x = layers.Conv2D(settings.filters, 3, activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dense(settings.dense, activation="relu", name=EMBEDDING)(x)
    return keras.Model({"frame": frame}, layers.Dense(1, name="logit")(_dropped(x, settings)), name=INITIAL)


def _final(settings: Settings) -> keras.Model:
    """One dense layer and ten outputs: the network that the report's search ended with."""
    frame = keras.Input(views.FRAME, name="frame")
    x = layers.Flatten()(_scaled(frame))
    x = layers.Dense(settings.dense, activation="relu", name=EMBEDDING)(x)
    return keras.Model({"frame": frame}, layers.Dense(_TEN, name="logit")(_dropped(x, settings)), name=FINAL)


def _eyes(settings: Settings) -> keras.Model:
    """One convolutional network for both eyes; what it sees and the face's numbers meet in one dense layer."""
    eyes = keras.Input(views.EYES, name="eyes")
    inputs = {"eyes": eyes}
    seen = _both(eyes, _eye(settings))
    if settings.geometry:
        inputs["numbers"] = keras.Input((len(NUMBERS),), name="numbers")
        seen = layers.Concatenate()([seen, _measured(inputs["numbers"], settings)])
    x = layers.Dense(settings.dense, activation="relu", name=EMBEDDING)(_dropped(seen, settings))
    return keras.Model(inputs, layers.Dense(1, name="logit")(_dropped(x, settings)), name=EYES)


def _eye(settings: Settings) -> keras.Model:
    """The network of one eye, (m, 48, 64, 1) → (m, dense)."""
    picture = keras.Input((*views.EYES[1:], 1))
    x = picture
    for level in range(settings.depth):
        x = layers.Conv2D(settings.filters * 2**level, 3, strides=1 if level else 2, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        x = layers.MaxPooling2D()(x) if level else x
    x = layers.Conv2D(settings.dense // 2, 1, activation="relu")(x)
    x = layers.Flatten()(x)
    return keras.Model(picture, layers.Dense(settings.dense, activation="relu")(_dropped(x, settings)), name=_EYE)


def _both(eyes: keras.KerasTensor, network: keras.Model) -> keras.KerasTensor:
    """Mean and maximum over both eyes of what the network of one eye gives: one closed eye is enough to tell."""
    # light and contrast of the picture are no news about the lids
    middle = ops.mean(eyes, axis=(2, 3), keepdims=True)
    spread = ops.sqrt(ops.mean(ops.square(eyes - middle), axis=(2, 3), keepdims=True))
    level = (eyes - middle) / (spread + 8.0)
    each = network(ops.reshape(level, (-1, *views.EYES[1:], 1)))
    pairs = ops.reshape(each, (-1, 2, each.shape[-1]))
    return layers.Concatenate()([ops.mean(pairs, axis=1), ops.max(pairs, axis=1)])


def _measured(numbers: keras.KerasTensor, settings: Settings) -> keras.KerasTensor:
    """The face's numbers on one scale, 0 where they are absent.

    Size, position and certainty of the face are left out: they tell where a photo comes from rather than the lids.
    """
    known, of_session = numbers[:, -2:-1], numbers[:, -1:]
    shapes = ops.clip(numbers[:, _SHAPES], 1e-3, 1 - 1e-3)
    shapes = (ops.log(shapes) - ops.log(1 - shapes)) / 4
    ears = (numbers[:, _EARS] - _EAR_OPEN) / _EAR_SPREAD
    pairs = [extreme(x, axis=1, keepdims=True) for x in (shapes[:, _BLINKS], ears) for extreme in (ops.min, ops.max)]
    own = layers.Concatenate()([shapes, ears, numbers[:, _TURN] / 30, *pairs]) * known
    less = numbers[:, _SESSION] * 8 * of_session
    x = layers.Concatenate()([own, less, known, of_session])
    return layers.Dense(settings.dense // 2, activation="relu")(x)


def _scaled(frame: keras.KerasTensor) -> keras.KerasTensor:
    return layers.Rescaling(1 / 255)(layers.Reshape((*views.FRAME, 1))(frame))


def _dropped(x: keras.KerasTensor, settings: Settings) -> keras.KerasTensor:
    return layers.Dropout(settings.dropout)(x) if settings.dropout else x
