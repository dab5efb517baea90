#!/usr/bin/env python3
"""Build a model of the table with Keras and write what the contestants read, into a folder.

Usage: prepare.py MODEL FOLDER

Writes the Keras file with Adam, the model file of FKB, and spec.json.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ["KERAS_BACKEND"] = "tensorflow"

import models
import numpy as np
from cost import Cost, cost


def stir(model: Any, seed: int) -> None:
    """Give biases and statistics values that are not all alike, so that outputs tell."""
    generator = np.random.default_rng(seed)
    for weight in model.weights:
        value = np.asarray(weight)
        if "moving_variance" in weight.path or "gamma" in weight.path:
            weight.assign(generator.uniform(0.8, 1.2, value.shape).astype("f4"))
        elif value.ndim == 1:
            weight.assign(generator.normal(0, 0.05, value.shape).astype("f4"))


def build(keras: Any, model: models.Model, seed: int, *batch: int) -> Any:
    """Return the Keras model with weights of a seed, compiled."""
    keras.utils.set_random_seed(seed)
    built = model.build(keras, *batch)
    stir(built, seed)
    adam = keras.optimizers.Adam(1e-3)
    built.compile(optimizer=adam, loss="mean_squared_error", jit_compile=False)
    return built


def write(model: models.Model, folder: Path) -> None:
    """Write the files of a model."""
    import fkb
    import keras

    built: Any
    if model.members:
        lines = ["fkb bank 1"]
        for i in range(model.members):
            built = build(keras, model, i + 1)
            built.save(folder / f"net_{i}.keras")
            fkb.convert(folder / f"net_{i}.keras", folder / f"net_{i}.fkb")
            lines.append(f"member net_{i}.fkb {i + 1}")
        (folder / "bank.txt").write_text("\n".join(lines) + "\n")
    elif model.stateful:
        for batch in model.batches:
            built = build(keras, model, 1, batch)
            built.save(folder / f"net_b{batch}.keras")
            fkb.convert(folder / f"net_b{batch}.keras", folder / f"net_b{batch}.fkb")
    else:
        built = build(keras, model, 1)
        built.save(folder / "net.keras")
        fkb.convert(folder / "net.keras", folder / "net.fkb")
    steps = model.inputs[0].shape[0]
    one = cost(built, steps)
    times = max(1, model.members)
    whole = Cost(one.flops * times, one.weights * times, one.values)
    output = [steps if size is None else int(size) for size in built.output_shape[1:]]
    if model.members:
        output = [model.members]
    spec = {
        "name": model.name,
        "inputs": [asdict(given) for given in model.inputs],
        "output": output,
        "members": model.members,
        "stateful": model.stateful,
        "cost": asdict(whole),
    }
    (folder / "spec.json").write_text(json.dumps(spec))


if __name__ == "__main__":
    write(models.find(sys.argv[1]), Path(sys.argv[2]))
