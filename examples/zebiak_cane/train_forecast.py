"""Train the forecast network on months of the coupled model.

    train_forecast.py MONTHS.nc forecast.keras [--years 200] [--epochs 8] [--start MODEL.keras]

Three months of SST and thermocline anomalies in, the next month out: the ConvLSTM encoder and
decoder of Mu et al. in the reading that joins an embedding of the calendar month to the code
between them, with 16 filters in each layer. A sample is one vector, the three months and then the
calendar month of the fourth, so that a host keeps it in one column. The result is committed as
forecast.keras: this script is only needed to make it again.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import h5py
import keras
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = 7
FRAMES = 3
ROWS, COLUMNS = 20, 27
VALUES = FRAMES * ROWS * COLUMNS * 2
FILTERS = 16
BATCH = 16
# What SST in K and thermocline depth in m are divided by.
SST_SCALE, H_SCALE = 2.0, 50.0
# Months at the beginning of a run that are left out.
SPIN_UP = 180


def read_months(path: Path) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return the scaled fields (month, latitude, longitude, 2) and the calendar months from 0."""
    with h5py.File(path) as file:
        fields = np.stack([file["sst"][()] / SST_SCALE, file["h"][()] / H_SCALE], axis=-1)
        calendar = (file["month"][()].astype(np.int32) - 1) % 12
    return fields[SPIN_UP:].astype(np.float32), calendar[SPIN_UP:]


def make_samples(
    fields: NDArray[np.float32], calendar: NDArray[np.int32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the inputs, three months and the calendar month of the fourth, and the fourth."""
    n = len(fields) - FRAMES
    frames = np.stack([fields[i : i + n] for i in range(FRAMES)], axis=1)
    month = calendar[FRAMES:, None].astype(np.float32)
    return np.concatenate([frames.reshape(n, VALUES), month], axis=1), fields[FRAMES:]


def build_forecast() -> Any:
    """Return the network: 68,306 parameters."""
    layers = keras.layers
    shape = {"kernel_size": 3, "padding": "same"}
    sample = keras.Input((VALUES + 1,), name="sample")
    line = layers.Reshape((VALUES + 1, 1), name="line")(sample)
    x = layers.Cropping1D((0, 1), name="months")(line)
    x = layers.Reshape((FRAMES, ROWS, COLUMNS, 2), name="fields")(x)
    m = layers.Cropping1D((VALUES, 0), name="calendar")(line)
    m = layers.Flatten(name="month")(m)
    x = layers.ConvLSTM2D(FILTERS, return_sequences=True, name="encoder_1", **shape)(x)
    x = layers.ConvLSTM2D(FILTERS, name="encoder_2", **shape)(x)
    m = layers.Embedding(12, 4, name="season")(m)
    m = layers.Flatten(name="season_flat")(m)
    m = layers.RepeatVector(ROWS * COLUMNS, name="season_everywhere")(m)
    m = layers.Reshape((ROWS, COLUMNS, 4), name="season_map")(m)
    x = layers.Concatenate(name="code")([x, m])
    x = layers.Reshape((1, ROWS, COLUMNS, FILTERS + 4), name="code_step")(x)
    x = layers.ConvLSTM2D(FILTERS, return_sequences=True, name="decoder_1", **shape)(x)
    x = layers.ConvLSTM2D(FILTERS, name="decoder_2", **shape)(x)
    x = layers.Conv2D(2, 1, name="next_month")(x)
    return keras.Model(sample, x, name="forecast")


def main() -> None:
    """Train the network and save it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("months", type=Path, help="months.nc of a run")
    parser.add_argument("model", type=Path, help="where to save the network (.keras)")
    parser.add_argument("--years", type=int, default=200, help="years to train on")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--rate", type=float, default=2e-3, help="learning rate of Adam")
    parser.add_argument("--start", type=Path, help="a network to begin with (fine-tuning)")
    arguments = parser.parse_args()

    keras.utils.set_random_seed(SEED)
    fields, calendar = read_months(arguments.months)
    inputs, target = make_samples(fields[: 12 * arguments.years], calendar[: 12 * arguments.years])
    model = keras.models.load_model(arguments.start) if arguments.start else build_forecast()
    # The rate falls to nothing: the last steps find the bottom of the valley.
    steps = arguments.epochs * -(-len(target) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(arguments.rate, steps)
    model.compile(optimizer=keras.optimizers.Adam(rate), loss="mse")
    history = model.fit(inputs, target, batch_size=BATCH, epochs=arguments.epochs, verbose=2)
    # For the training that goes on in Fortran: a constant rate, and no state of the old one.
    model.compile(optimizer=keras.optimizers.Adam(5e-4), loss="mse")
    model.save(arguments.model)
    rmse = np.sqrt(history.history["loss"])
    persistence = np.sqrt(np.mean((fields[2 : len(target) + 2] - target) ** 2))
    print(f"{len(target)} samples, {model.count_params()} parameters, {arguments.epochs} epochs")
    print(f"one-month RMSE {rmse[0]:.4f} -> {rmse[-1]:.4f} (persistence {persistence:.4f})")


if __name__ == "__main__":
    main()
