"""The climate network: its data, the transforms between host and network, and its layers.

Inputs and outputs stand in the order of the training data: Q(30), T(30), V(30), PS, SOLIN, SHF,
LHF and dq(30), dT(30), FSNT, FSNS, FLNT, FLNS, PRECT.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import fkb
import keras
import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

# Which fields stand where, for hosts that give each its own array.
FIELDS = Path(__file__).parent / "fields.toml"
LEVELS = 30
INPUTS = 3 * LEVELS + 4
OUTPUTS = 2 * LEVELS + 5
# Deviations of inputs are no less than this part of their mean: what hardly varies in the truth
# (the stratosphere, the surface pressure) would else shout as soon as a run leaves the truth.
LEAST_VARIATION = 0.005


@dataclass(frozen=True)
class Transforms:
    """What SPCAM's side files hold: `(x - inp_sub)/inp_div` goes in, `y/out_scale` comes out."""

    inp_sub: Matrix
    inp_div: Matrix
    out_scale: Matrix

    def save(self, folder: Path) -> dict[str, Path]:
        """Write the three side files of `fkb convert` and return their paths."""
        paths = {}
        for name in ("inp_sub", "inp_div", "out_scale"):
            paths[name] = folder / f"{name}.txt"
            values = ", ".join(f"{value:.17g}" for value in getattr(self, name))
            paths[name].write_text(values + "\n")
        return paths


def find_transforms(x: Matrix, y: Matrix) -> Transforms:
    """Return transforms to variables of size 1; all statistics are in double precision.

    What does not vary (the surface pressure, tendencies at the top) is not blown up.
    """
    mean = x.mean(axis=0)
    deviation = x.std(axis=0)
    deviation = np.maximum(deviation, LEAST_VARIATION * np.abs(mean))
    size = np.sqrt((y**2).mean(axis=0))
    for first in (0, LEVELS):
        levels = slice(first, first + LEVELS)
        size[levels] = np.maximum(size[levels], 1e-6 * np.sqrt((size[levels] ** 2).mean()))
    return Transforms(mean, deviation, 1 / size)


@dataclass(frozen=True)
class Data:
    """Training and validation data in the network's own values, and the way there."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    x_validation: NDArray[np.float32]
    y_validation: NDArray[np.float32]
    transforms: Transforms


def load_data(folder: Path, limit: int | None = None) -> Data:
    """Read the samples of `column_physics --samples` in a folder.

    Args:
        folder: with samples.npy, whose last fifth in time validates, and any number of
            samples_*.npy of other runs, which are for training only.
        limit: so many samples for training, chosen at random; all by default.
    """
    main = np.load(folder / "samples.npy")
    split = len(main) * 4 // 5
    others = [np.load(path) for path in sorted(folder.glob("samples_*.npy"))]
    samples = np.concatenate([main[:split], *others, main[split:]])
    split = len(samples) - len(main) + split
    x, y = samples[:, :INPUTS], samples[:, INPUTS:]
    transforms = find_transforms(x[:split], y[:split])
    x = ((x - transforms.inp_sub) / transforms.inp_div).astype(np.float32)
    y = (y * transforms.out_scale).astype(np.float32)
    chosen = np.random.default_rng(0).permutation(split)[:limit]
    return Data(x[chosen], y[chosen], x[split:], y[split:], transforms)


@dataclass(frozen=True)
class Candidate:
    """A network of the search; the ranges are those of Ott et al. (2020), table 1."""

    depth: int
    width: int
    negative_slope: float
    dropout: float
    batch_normalization: bool
    optimizer: str
    learning_rate: float


def build(candidate: Candidate) -> Any:
    """Return the compiled network: hidden layers of one width, and a linear layer at the end."""
    model = keras.Sequential([keras.Input((INPUTS,), name="column")], name="physics")
    for layer in range(1, candidate.depth + 1):
        model.add(keras.layers.Dense(candidate.width, name=f"dense_{layer}"))
        model.add(keras.layers.LeakyReLU(candidate.negative_slope, name=f"activation_{layer}"))
        if candidate.dropout > 0:
            model.add(keras.layers.Dropout(candidate.dropout, name=f"dropout_{layer}"))
        if candidate.batch_normalization:
            model.add(keras.layers.BatchNormalization(name=f"normalization_{layer}"))
    model.add(keras.layers.Dense(OUTPUTS, name="answer"))
    optimizer = {
        "adam": keras.optimizers.Adam,
        "rmsprop": keras.optimizers.RMSprop,
        "sgd": keras.optimizers.SGD,
    }[candidate.optimizer]
    model.compile(optimizer=optimizer(candidate.learning_rate), loss="mse")
    return model


def train(
    candidate: Candidate, data: Data, epochs: int, batch: int, seed: int
) -> tuple[Any, float]:
    """Train a candidate and return it with its mean squared error on the validation data."""
    keras.utils.set_random_seed(seed)
    model = build(candidate)
    model.fit(data.x, data.y, batch_size=batch, epochs=epochs, verbose=0)
    loss = model.evaluate(data.x_validation, data.y_validation, batch_size=4096, verbose=0)
    return model, float(loss)


def convert(model: Any, transforms: Transforms, folder: Path, name: str) -> Path:
    """Save a network as NAME.keras, convert it with its transforms, and return NAME.fkb."""
    source, target = folder / f"{name}.keras", folder / f"{name}.fkb"
    model.save(source)
    fkb.convert(source, target, transforms=FIELDS, **transforms.save(folder))
    return target
