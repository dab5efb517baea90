"""Pre-train the closure of the coarse Lorenz 96 model, offline, on the wrong system.

    train.py DATA.csv closure.keras

DATA.csv comes from the Fortran program training_data, so that Python and Fortran share one model.
The result is committed as closure.keras: this script is only needed to make it again.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

SEED = 12
EPOCHS = 30
BATCH = 1024


def build_closure() -> Any:
    """Return the closure B(X): one grid point in, its closure term out, 1,153 parameters."""
    model = keras.Sequential(
        [
            keras.Input((1,), name="X"),
            keras.layers.Dense(32, activation="elu", name="dense_1"),
            keras.layers.Dense(32, activation="elu", name="dense_2"),
            keras.layers.Dense(1, name="B"),
        ],
        name="closure",
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=1e-3), loss="mse")
    return model


def main() -> None:
    """Train the closure and save it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path, help="pairs X,B written by training_data")
    parser.add_argument("model", type=Path, help="where to save the closure (.keras)")
    arguments = parser.parse_args()

    keras.utils.set_random_seed(SEED)
    pairs = np.loadtxt(arguments.data, delimiter=",", skiprows=1, dtype=np.float32)
    model = build_closure()
    history = model.fit(pairs[:, :1], pairs[:, 1:], batch_size=BATCH, epochs=EPOCHS, verbose=0)
    model.save(arguments.model)
    losses = history.history["loss"]
    print(f"{len(pairs)} pairs, {model.count_params()} parameters, {EPOCHS} epochs:")
    print(f"mean squared error {losses[0]:.3f} -> {losses[-1]:.3f}")
    print(f"saved {arguments.model}")


if __name__ == "__main__":
    main()
