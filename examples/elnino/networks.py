"""Build the ConvLSTM of the study with its first weights.

    networks.py FIRST.keras [--reading B] [--filters 8] [--seed 1]

Three months of SST and thermocline anomalies in, the next month out (Mu et al.). Their text leaves
open how the calendar month gets in; three readings:

    A  each month of the three has a map of its calendar month as a third field
    B  an embedding of the calendar month to come joins the code between encoder and decoder
    C  the decoder gets the states of the encoder, and that embedding as its input

A sample is one vector, the three months and then the calendar month of the fourth, so that a host
keeps it in one column.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

FRAMES, ROWS, COLUMNS = 3, 20, 27
MONTH = ROWS * COLUMNS * 2
VALUES = FRAMES * MONTH
# What the three readings count with 32 filters.
FULL_COUNTS = {"A": 268_562, "B": 265_586, "C": 231_698}


def calendar_map(month: Any, channels: int, name: str) -> Any:
    """Return an embedding of calendar months as maps (months, latitude, longitude, channels)."""
    layers = keras.layers
    if channels == 1:
        x = layers.Embedding(12, ROWS * COLUMNS, name=name)(month)
    else:
        x = layers.Embedding(12, channels, name=name)(month)
        x = layers.Flatten(name=f"{name}_flat")(x)
        x = layers.RepeatVector(ROWS * COLUMNS, name=f"{name}_everywhere")(x)
    return layers.Reshape((-1, ROWS, COLUMNS, channels), name=f"{name}_map")(x)


def build_network(reading: str, filters: int) -> Any:
    """Return one of the readings with so many filters in each layer."""
    layers = keras.layers

    def convlstm(name: str, **options: Any) -> Any:
        return layers.ConvLSTM2D(filters, 3, padding="same", name=name, **options)

    sample = keras.Input((VALUES + 1,), name="sample")
    line = layers.Reshape((VALUES + 1, 1), name="line")(sample)
    x = layers.Cropping1D((0, 1), name="months")(line)
    x = layers.Reshape((FRAMES, ROWS, COLUMNS, 2), name="fields")(x)
    month = layers.Cropping1D((VALUES, 0), name="calendar")(line)
    month = layers.Flatten(name="month")(month)
    if reading == "A":
        before = [keras.ops.mod(month + 12.0 - FRAMES + frame, 12.0) for frame in range(FRAMES)]
        months = layers.Concatenate(name="month_of_each")(before)
        season = calendar_map(months, 1, "season")
        x = layers.Concatenate(name="fields_and_season")([x, season])
    x, *first = convlstm("encoder_1", return_sequences=True, return_state=True)(x)
    x, *second = convlstm("encoder_2", return_state=True)(x)
    if reading == "C":
        x = calendar_map(month, 1, "season")
    else:
        first = second = None  # the decoder begins with nothing but the code
        x = layers.Reshape((1, ROWS, COLUMNS, filters), name="code")(x)
    if reading == "B":
        x = layers.Concatenate(name="code_and_season")([x, calendar_map(month, 4, "season")])
    x = convlstm("decoder_1", return_sequences=True)(x, initial_state=first)
    x = convlstm("decoder_2")(x, initial_state=second)
    x = layers.Conv2D(2, 1, name="next_month")(x)
    return keras.Model(sample, x, name=f"elnino_{reading}{filters}")


def main() -> None:
    """Build a network and save it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("first", type=Path, help="where to save it (.keras)")
    parser.add_argument("--reading", choices=sorted(FULL_COUNTS), default="B")
    parser.add_argument("--filters", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1, help="of the first weights")
    arguments = parser.parse_args()
    keras.utils.set_random_seed(arguments.seed)
    model = build_network(arguments.reading, arguments.filters)
    if arguments.filters == 32 and model.count_params() != FULL_COUNTS[arguments.reading]:
        raise SystemExit(f"networks.py: {model.count_params()} parameters")
    model.save(arguments.first)
    print(f"{model.name}: {model.count_params()} parameters")


if __name__ == "__main__":
    main()
