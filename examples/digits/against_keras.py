#!/usr/bin/env python3
"""Train the same networks in Fortran and in Keras and compare.

Usage: against_keras.py [--build FOLDER] [--data FOLDER] [--out FOLDER] [--steps EPOCHS]
                        [--epochs EPOCHS] [--seeds N] [--points P]

First in real64, from the same weights and without shuffling: losses of all epochs and the weights
at the end must agree. Then in real32, each with first weights, orders and dropout of its own: the
mean test accuracies of some seeds must lie within P points (1). Exit status 1 where they do not.
"""

from __future__ import annotations

import argparse
import csv
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import fkb
import keras
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
LOSS_BOUND = 1e-9  # of the loss, real64
WEIGHT_BOUND = 1e-7  # of a weight array's largest value, real64


def arguments() -> argparse.Namespace:
    """Return what the user asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=HERE / "../../build/gfortran")
    parser.add_argument("--data", type=pathlib.Path, default=HERE / "output/data")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "output/keras")
    parser.add_argument("--steps", type=int, default=5, help="epochs of the comparison by steps")
    parser.add_argument("--epochs", type=int, default=30, help="epochs of a whole training")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--points", type=float, default=1.0, help="how far means may be apart")
    return parser.parse_args()


def read_digits(path: pathlib.Path, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels from 0 to 1 and labels."""
    table = np.loadtxt(path, skiprows=1)
    return (table[:, 1:] / 16).astype(dtype), table[:, 0].astype("int32")


def program(build: pathlib.Path, kind: str) -> pathlib.Path:
    """Return the program of a kind, in the library's build or in the example's own."""
    for folder in (build / "examples/digits", build):
        if (folder / f"digits_{kind}").exists():
            return folder / f"digits_{kind}"
    raise SystemExit(f"against_keras.py: there is no digits_{kind} in {build}: build it first")


def curve(path: pathlib.Path) -> dict[str, np.ndarray]:
    """Return the columns of a table of epochs."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def by_steps(options: argparse.Namespace, network: str) -> bool:
    """Train in real64 from the same weights; return whether both agree."""
    first, last = options.out / f"{network}_first.fkb", options.out / f"{network}_last.fkb"
    table = options.out / f"{network}_steps.csv"
    words = ["--network", network, "--shuffle", "no", "--epochs", str(options.steps)]
    words += ["--start", first, "--save", last]
    run = [program(options.build, "dp"), options.data, table, *words]
    subprocess.run([str(word) for word in run], check=True, stdout=subprocess.DEVNULL)
    for path in (first, last):
        fkb.export(path, path.with_suffix(".keras"))
    x, y = read_digits(options.data / "train.txt", "float64")
    test = read_digits(options.data / "test.txt", "float64")
    model = keras.saving.load_model(first.with_suffix(".keras"))
    history = model.fit(
        x, y, batch_size=32, epochs=options.steps, shuffle=False, validation_data=test, verbose=0
    ).history
    fortran = curve(table)
    loss = max(
        np.max(np.abs(fortran[name] / np.array(history[name]) - 1)) for name in ("loss", "val_loss")
    )
    learned = keras.saving.load_model(last.with_suffix(".keras"))
    weight = max(
        float(np.max(np.abs(a - b)) / np.max(np.abs(b)))
        for a, b in zip(learned.get_weights(), model.get_weights(), strict=True)
    )
    same = all(
        np.array_equal(np.round(fortran[name], 12), np.round(history[name], 12))
        for name in ("accuracy", "val_accuracy")
    )
    print(
        f"{network:6} real64, {options.steps} epochs from the same weights: losses within"
        f" {loss:.1e}, weights within {weight:.1e}, accuracies {'equal' if same else 'different'}"
    )
    return bool(loss <= LOSS_BOUND and weight <= WEIGHT_BOUND and same)


def keras_network(network: str, dropout: float, seed: int) -> keras.Model:
    """Return the network of digits.F90 as one writes it in Keras."""
    keras.utils.set_random_seed(seed)
    layers: list[keras.Layer] = [keras.Input((64,))]
    if network == "conv":
        layers += [
            keras.layers.Reshape((8, 8, 1)),
            keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
            keras.layers.Flatten(),
        ]
    else:
        layers.append(keras.layers.Dense(64, activation="relu"))
    if dropout > 0:
        layers.append(keras.layers.Dropout(dropout))
    layers.append(keras.layers.Dense(10, activation="softmax"))
    model = keras.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def in_keras(options: argparse.Namespace, network: str, dropout: float, seed: int) -> float:
    """Return the test accuracy of a training in Keras."""
    x, y = read_digits(options.data / "train.txt", "float32")
    x_test, y_test = read_digits(options.data / "test.txt", "float32")
    model = keras_network(network, dropout, seed)
    model.fit(x, y, batch_size=32, epochs=options.epochs, verbose=0)
    return float(model.evaluate(x_test, y_test, verbose=0)[1])


def in_fortran(options: argparse.Namespace, network: str, dropout: float, seed: int) -> float:
    """Return the test accuracy of a training in Fortran."""
    table = options.out / "one.csv"
    words = ["--network", network, "--dropout", str(dropout), "--seed", str(seed)]
    words += ["--epochs", str(options.epochs)]
    run = [program(options.build, "sp"), options.data, table, *words]
    subprocess.run([str(word) for word in run], check=True, stdout=subprocess.DEVNULL)
    return float(curve(table)["val_accuracy"][-1])


def mean(train: Callable[[int], float], seeds: int) -> float:
    """Return the mean test accuracy in percent."""
    return 100 * float(np.mean([train(seed) for seed in range(1, seeds + 1)]))


def by_seeds(options: argparse.Namespace, network: str, dropout: float) -> bool:
    """Train from different weights; return whether the means are close."""
    fortran = mean(lambda seed: in_fortran(options, network, dropout, seed), options.seeds)
    others = mean(lambda seed: in_keras(options, network, dropout, seed), options.seeds)
    print(
        f"{network:6} real32, dropout {dropout}, mean of {options.seeds} seeds after"
        f" {options.epochs} epochs: Fortran {fortran:.2f} %, Keras {others:.2f} %"
    )
    return abs(fortran - others) <= options.points


def main() -> int:
    """Compare both ways."""
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    keras.config.set_floatx("float64")
    good = [by_steps(options, network) for network in ("dense", "conv")]
    keras.config.set_floatx("float32")
    for network in ("dense", "conv"):
        good += [by_seeds(options, network, dropout) for dropout in (0.0, 0.3)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
