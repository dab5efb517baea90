"""Build the networks of the study in Keras and save them.

    networks.py FOLDER [--size 32] [--kernel 3] [--names fc,conv1,conv2,conv3] [--full] [--seed 1]

An encoder and forecaster of ConvLSTM layers (Wu 2019) becomes four files, which share the names of
their layers. Two are trained: NAME_taught.keras gets the frames of the past and, for each frame
that it forecasts, the true one before it; NAME_free.keras gets the past and then what it says
itself. Two run: NAME_encoder.keras, frames to states, and NAME_step.keras, a frame and states to
the next frame and states. The twin without convolutions, two LSTM layers over frames as vectors
(fc), learns to say the next of all frames, and steps as a stateful network: fc_taught.keras and
fc_step.keras.
"""

from __future__ import annotations

import argparse
import os
from itertools import chain
from pathlib import Path
from typing import Any

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

# Filters of each layer, and of the reduced networks.
NETWORKS = {"conv1": (128,), "conv2": (64, 64), "conv3": (64, 32, 32)}
REDUCED = {"conv1": (16,), "conv2": (12, 12), "conv3": (12, 8, 8)}


def penalties(l2: float) -> dict[str, Any]:
    """Return the regularizers of a recurrent layer."""
    names = ("kernel_regularizer", "recurrent_regularizer", "bias_regularizer")
    return {name: keras.regularizers.L2(l2) for name in names}


def encoder_forecaster(
    size: int, past: int, leads: int, filters: tuple[int, ...], kernel: int, head: int, l2: float
) -> dict[str, keras.Model]:
    """Return the models that are trained, the encoder, and the step; they share their layers."""
    options = {"padding": "same", "return_sequences": True, "return_state": True}
    encoder, forecaster = (
        [
            keras.layers.ConvLSTM2D(n, kernel, name=f"{part}_{i}", **options, **penalties(l2))
            for i, n in enumerate(filters, 1)
        ]
        for part in ("encoder", "forecaster")
    )
    # The head of the thesis looks along a row: its kernel is 1 x 1 x `head`.
    image = keras.layers.Conv3D(1, (1, 1, head), padding="same", activation="sigmoid", name="head")

    def encode(x: Any) -> list[Any]:
        states = []
        for layer in encoder:
            x, *state = layer(x)
            states.append(state)
        return states

    def step(x: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        after = []
        for layer, state in zip(forecaster, states, strict=True):
            x, *new = layer(x, initial_state=state)
            after.append(new)
        return image(x), after

    known = keras.Input((past, size, size, 1), name="past")
    before = keras.Input((None, size, size, 1), name="before")
    states = encode(known)
    taught = keras.Model([known, before], step(before, states)[0], name="taught")
    said = [known[:, -1:]]
    for _ in range(leads):
        frame, states = step(said[-1], states)
        said.append(frame)
    free = keras.Model(known, keras.layers.Concatenate(axis=1, name="all")(said[1:]), name="free")

    given = [
        [keras.Input((size, size, n), name=f"{what}_{i}") for what in ("h", "c")]
        for i, n in enumerate(filters, 1)
    ]
    frame, after = step(before, given)
    return {
        "taught": taught,
        "free": free,
        "encoder": keras.Model(known, [*chain(*encode(known))], name="encoder"),
        "step": keras.Model([before, *chain(*given)], [frame, *chain(*after)], name="step"),
    }


def fc_lstm(pixels: int, units: int, l2: float, columns: int | None = None) -> keras.Model:
    """Return the network of vectors; with `columns` sequences at a time, the stateful one."""
    batch = {} if columns is None else {"batch_size": columns}
    frames = keras.Input((None, pixels), name="frames", **batch)
    x = frames
    for i in (1, 2):
        x = keras.layers.LSTM(
            units,
            return_sequences=True,
            stateful=columns is not None,
            name=f"lstm_{i}",
            **penalties(l2),
        )(x)
    x = keras.layers.Dense(pixels, activation="sigmoid", name="head")(x)
    return keras.Model(frames, x, name="fc_lstm")


def main() -> None:
    """Write the models."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=32, help="edge of the images, pixels")
    parser.add_argument("--past", type=int, default=7, help="frames that are known")
    parser.add_argument("--ahead", type=int, default=7, help="frames to learn to forecast")
    parser.add_argument("--kernel", type=int, default=3, help="window of the convolutions")
    parser.add_argument("--head", type=int, default=0, help="width of the head; 0: as the thesis")
    parser.add_argument("--names", default="fc,conv1,conv2,conv3")
    parser.add_argument("--full", action="store_true", help="filters and units of the thesis")
    parser.add_argument("--l2", type=float, default=1e-6, help="factor of the penalties")
    parser.add_argument("--rate", type=float, default=2e-3, help="learning rate of Adam")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in options.names.split(","):
        keras.utils.set_random_seed(options.seed)
        if name == "fc":
            pixels, units = options.size**2, 2048 if options.full else 256
            models = {
                "taught": fc_lstm(pixels, units, options.l2),
                "step": fc_lstm(pixels, units, options.l2, columns=1),
            }
        else:
            filters = (NETWORKS if options.full else REDUCED)[name]
            head = options.head or filters[-1] // (2 if name == "conv1" else 1)
            models = encoder_forecaster(
                options.size, options.past, options.ahead, filters, options.kernel, head, options.l2
            )
        for part, model in models.items():
            if part in ("taught", "free"):
                model.compile(keras.optimizers.Adam(options.rate), "binary_crossentropy")
            model.save(options.folder / f"{name}_{part}.keras")
        print(f"{name:6} {models['taught'].count_params():10,} weights")


if __name__ == "__main__":
    main()
