"""Train a network to stand in for the closure of the subsurface temperature.

    train_closure.py MONTHS.nc closure.keras [--epochs 30]

Thermocline anomaly and mean depth in, temperature anomaly out: dense layers of 2-16-16-1, tanh. The
result is committed as closure.keras: this script is only needed to make it again.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import h5py
import keras
import numpy as np

SEED = 3
BATCH = 512
SAMPLES = 200_000
# What anomaly and mean depth in m, and temperature in K are divided by.
H_SCALE, DEPTH_SCALE, T_SCALE = 50.0, 100.0, 5.0


def build_closure() -> Any:
    """Return the network: 337 parameters."""
    return keras.Sequential(
        [
            keras.Input((2,), name="h_and_mean_depth"),
            keras.layers.Dense(16, activation="tanh", name="dense_1"),
            keras.layers.Dense(16, activation="tanh", name="dense_2"),
            keras.layers.Dense(1, name="subsurface_temperature"),
        ],
        name="closure",
    )


def main() -> None:
    """Train the network and save it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("months", type=Path, help="months.nc of a run")
    parser.add_argument("model", type=Path, help="where to save the network (.keras)")
    parser.add_argument("--epochs", type=int, default=30)
    arguments = parser.parse_args()

    keras.utils.set_random_seed(SEED)
    with h5py.File(arguments.months) as file:
        h, temperature = file["h"][()], file["subsurface"][()]
        depth = np.broadcast_to(file["mean_depth"][()], h.shape)
    chosen = np.random.default_rng(SEED).choice(h.size, min(SAMPLES, h.size), replace=False)
    x = np.stack([h.ravel()[chosen] / H_SCALE, depth.ravel()[chosen] / DEPTH_SCALE], axis=1)
    y = temperature.ravel()[chosen, None] / T_SCALE
    model = build_closure()
    steps = arguments.epochs * -(-len(x) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(1e-2, steps)
    model.compile(optimizer=keras.optimizers.Adam(rate), loss="mse")
    history = model.fit(x, y, batch_size=BATCH, epochs=arguments.epochs, verbose=0)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mse")
    model.save(arguments.model)
    rmse = T_SCALE * np.sqrt(history.history["loss"])
    print(f"{len(x)} samples, {model.count_params()} parameters, {arguments.epochs} epochs")
    print(f"RMSE {rmse[0]:.4f} -> {rmse[-1]:.4f} K (deviation {T_SCALE * y.std():.2f} K)")


if __name__ == "__main__":
    main()
