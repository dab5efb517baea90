"""A training of the course in Keras, as one writes it there."""

from __future__ import annotations

import json
import logging
import os
import pathlib
from collections.abc import Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import fkb
import keras
import numpy as np
from experiments import Run
from in_fortran import Files
from inputs import normalized
from keras import layers

logging.getLogger("tensorflow").setLevel(logging.ERROR)
Samples = tuple[np.ndarray, np.ndarray]
FLOATX = {"sp": "float32", "dp": "float64"}


def read_table(path: pathlib.Path, run: Run) -> tuple[Samples, int]:
    """Return inputs and targets, and the number of classes."""
    with path.open() as file:
        classes = int(file.readline().split()[2])
    table = np.loadtxt(path, skiprows=1)
    return (table[:, 1:].astype(FLOATX[run.kind]), table[:, :1].astype(FLOATX[run.kind])), classes


def move(images: np.ndarray, right: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Move images by parts of a pixel, linearly between pixels; what comes in is empty."""
    images = images.reshape(-1, 8, 8)
    for shift, axis in ((right, 2), (down, 1)):
        empty = np.zeros_like(images)
        forth, back = np.moveaxis(empty.copy(), axis, -1), np.moveaxis(empty, axis, -1)
        forth[..., 1:] = np.moveaxis(images, axis, -1)[..., :-1]
        back[..., :-1] = np.moveaxis(images, axis, -1)[..., 1:]
        share = np.abs(shift).astype(images.dtype)[:, None, None] / images.dtype.type(1000)
        beside = np.where((shift >= 0)[:, None, None], forth, back)
        images = images + share * (np.moveaxis(beside, -1, axis) - images)
    return images.reshape(-1, 64)


def batches(path: pathlib.Path, run: Run, samples: Samples) -> Iterator[Samples]:
    """Give the batches of all epochs as the Fortran program drew and wrote them down."""
    x, y = samples
    with path.open() as file:
        for line in file:
            order = np.array(line.split(), dtype=int) - 1
            ordered = x[order]
            if run.augment:
                right, down = (np.array(next(file).split(), dtype=int) for _ in range(2))
                ordered = move(ordered, right, down)
            for first in range(0, len(order), run.batch):
                chosen = slice(first, first + run.batch)
                yield ordered[chosen], y[order][chosen]


def network(run: Run, inputs: int, classes: int) -> keras.Model:
    """Return the network of practice_networks.F90."""
    regularizer = json.loads(run.regularizer) if run.regularizer else None
    stack: list[keras.Layer] = [keras.Input((inputs,))]
    hidden = {"activation": run.activation, "kernel_initializer": run.initializer}
    if run.network == "dense":
        for i in range(run.layers):
            name = f"hidden_{i + 1}"
            stack.append(
                layers.Dense(run.units, kernel_regularizer=regularizer, name=name, **hidden)
            )
        if run.dropout > 0:
            stack.append(layers.Dropout(run.dropout))
    elif run.network == "conv":
        stack += [
            layers.Reshape((8, 8, 1)),
            layers.Conv2D(8, 3, padding="same", name="hidden_1", **hidden),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 3, padding="same", name="hidden_2", **hidden),
            layers.Flatten(),
            layers.Dense(run.units, name="hidden_3", **hidden),
        ]
    if classes == 0:
        stack.append(layers.Dense(1, use_bias=False, name="head"))
    else:
        stack.append(layers.Dense(classes, activation="softmax", name="head"))
    return keras.Sequential(stack)


def compile_model(model: keras.Model, run: Run, classes: int) -> None:
    """Compile the model with the run's optimizer."""
    chosen = run.optimizer
    if chosen.startswith("{"):
        chosen = keras.optimizers.deserialize(json.loads(chosen))
    if classes == 0:
        model.compile(chosen, "mse")
    else:
        model.compile(chosen, "sparse_categorical_crossentropy", metrics=["accuracy"])


class Watch(keras.callbacks.Callback):
    """Adds to the logs of an epoch what the Fortran program's callbacks add."""

    def __init__(self, run: Run, x: np.ndarray) -> None:
        super().__init__()
        self.run, self.x = run, x

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Log the learning rate, and weights or dead units."""
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        if self.run.watch == "weights":
            weights = self.model.get_weights()[0]
            logs["weight_1"], logs["weight_2"] = map(float, weights.ravel())
        if self.run.watch == "dead":
            logs["dead"] = float(np.mean(np.all(self.hidden() == 0, axis=0)))

    def hidden(self) -> np.ndarray:
        """Return the values of all hidden units, side by side."""
        names = [f"hidden_{i + 1}" for i in range(self.run.layers)]
        outputs = [self.model.get_layer(name).output for name in names]
        probe = keras.Model(self.model.inputs, outputs)
        return np.concatenate(probe.predict_on_batch(self.x), axis=1)


def model_of(path: pathlib.Path) -> keras.Model:
    """Return the Keras model of a model file."""
    fkb.export(path, path.with_suffix(".keras"))
    return keras.saving.load_model(path.with_suffix(".keras"), compile=False)


def apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the largest difference as a part of the largest value; of zeros, as it is."""
    return float(np.abs(ours - theirs).max() / (np.abs(theirs).max() or 1.0))


def train(data: pathlib.Path, run: Run, seed: int, files: Files) -> dict[str, float]:
    """Train in Keras from the same first weights, with the same batches.

    Returns how far the learned weights and the outputs for the test samples are from those of
    the network that Fortran learned and exported.
    """
    keras.config.set_floatx(FLOATX[run.kind])
    keras.utils.set_random_seed(seed)
    (x, y), classes = read_table(data / f"{run.data}_train.txt", run)
    (x_test, y_test), _ = read_table(data / f"{run.data}_test.txt", run)
    if run.samples:
        x, y = x[: run.samples], y[: run.samples]
    x, x_test = normalized(run.inputs, x, x), normalized(run.inputs, x, x_test)
    model = network(run, x.shape[1], classes)
    model.set_weights(model_of(files.at("first.fkb")).get_weights())
    for layer in model.layers:
        layer.trainable = not (run.freeze and layer.name.startswith("hidden_"))
    compile_model(model, run, classes)
    listeners = [Watch(run, x), keras.callbacks.CSVLogger(files.at("keras.csv"))]
    if run.patience:
        stopping = keras.callbacks.EarlyStopping(patience=run.patience, restore_best_weights=True)
        listeners.append(stopping)
    model.fit(
        batches(files.at("batches.txt"), run, (x, y)),
        steps_per_epoch=-(-len(x) // run.batch),
        epochs=run.epochs,
        validation_data=(x_test, y_test),
        validation_batch_size=len(x_test),
        callbacks=listeners,
        shuffle=False,
        verbose=0,
    )
    model.save(files.at("keras.keras"))
    learned = model_of(files.at("last.fkb"))
    both = zip(learned.get_weights(), model.get_weights(), strict=True)
    outputs = [world.predict_on_batch(x_test) for world in (learned, model)]
    return {
        "weights": max(apart(a, b) for a, b in both),
        "outputs": apart(*outputs),
    }


def convert(files: Files) -> pathlib.Path:
    """Convert the network that Keras learned for Fortran."""
    path = files.at("keras.fkb")
    fkb.convert(files.at("keras.keras"), path)
    return path
