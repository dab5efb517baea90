"""Train and forecast with the same networks in Keras and in Fortran, and compare.

    against_keras.py NETWORKS DATA WORK --build BUILD [--names fc,conv1] [--steps 8] [--batch 4]

NETWORKS is a folder of networks.py, DATA one of moving_digits.py or radar.py. Both train from the
same weights with the same batches, the first STEPS of the file: the loss after it, and every
weight, must agree. What Fortran learned goes to Keras, and both forecast the same sequences with
their inference models, each output the next input. Exit status 1 where the two part.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import fkb
import keras
import numpy as np
from frames import read_forecasts, read_frames, write_frames

# Of the largest weight of an array; of the loss; of a pixel from 0 to 1.
WEIGHTS, LOSS, PIXEL = 2e-3, 1e-5, 1e-4


def run(program: str, *words: object, build: Path) -> None:
    """Run a program of the study; it says itself what is wrong."""
    path = next(
        (f / program for f in (build, build / "examples/nowcasting") if (f / program).is_file()),
        None,
    )
    if path is None:
        raise SystemExit(f"against_keras.py: there is no {program} in {build}: build it first")
    done = subprocess.run([str(w) for w in (path, *words)], stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise SystemExit(f"against_keras.py: {program} failed")


def batches(images: np.ndarray, past: int, lesson: str) -> tuple[Any, np.ndarray]:
    """Return what a network gets and what it must say, as sequence_source.f90 does."""
    if lesson == "next":
        flat = images.reshape(*images.shape[:2], -1)
        return flat[:, :-1], flat[:, 1:]
    frames = images[..., None]
    if lesson == "free":
        return frames[:, :past], frames[:, past:]
    return [frames[:, :past], frames[:, past - 1 : -1]], frames[:, past:]


def forecasts(model: Any, folder: Path, name: str, images: np.ndarray, past: int) -> np.ndarray:
    """Forecast in Keras with the inference models: (sequence, lead, row, column)."""
    leads = images.shape[1] - past
    ahead = []
    if not (folder / f"{name}_encoder.keras").exists():
        cells = [layer for layer in model.layers if "lstm" in layer.name]
        head = model.get_layer("head")
        frames = images[:, :past].reshape(len(images), past, -1)
        states: list[Any] = [None] * len(cells)
        for _ in range(leads):
            x = frames
            for i, cell in enumerate(cells):
                layer = keras.layers.LSTM(cell.units, return_sequences=True, return_state=True)
                layer.build(x.shape)
                layer.set_weights(cell.get_weights())
                x, *states[i] = layer(x, initial_state=states[i])
            frames = head(x)[:, -1:]
            ahead.append(np.asarray(frames).reshape(len(images), *images.shape[2:]))
        return np.stack(ahead, axis=1)
    parts = {}
    for part in ("encoder", "step"):
        parts[part] = keras.models.load_model(folder / f"{name}_{part}.keras")
        for layer in parts[part].layers:
            if layer.weights:
                layer.set_weights(model.get_layer(layer.name).get_weights())
    frames = keras.ops.convert_to_tensor(images[:, :past, ..., None])
    states = parts["encoder"](frames)
    frame = frames[:, -1:]
    for _ in range(leads):
        frame, *states = parts["step"]([frame, *states])
        ahead.append(np.asarray(frame)[:, 0, ..., 0])
    return np.stack(ahead, axis=1)


def learn(name: str, lesson: str, options: argparse.Namespace) -> tuple[bool, Any]:
    """Train one network in both worlds; return whether they agree, and it, as Fortran left it."""
    work, part = options.work, "free" if lesson == "free" else "taught"
    first = options.networks / f"{name}_{part}.keras"
    images, few = (read_frames(work / f"{set_}.frames") for set_ in ("train", "validation"))
    fkb.convert(first, work / f"{name}.fkb")
    run(
        "nowcasting_train", work / f"{name}.fkb", work, work / f"{name}_trained.fkb", "--learn",
        lesson, "--past", options.past, "--epochs", 1, "--batch", options.batch, "--seed", 0,
        "--table", work / "epochs.csv", build=options.build,
    )  # fmt: skip
    with (work / "epochs.csv").open() as file:
        (row,) = csv.DictReader(file)
    model = keras.models.load_model(first)
    x, y = batches(images, options.past, lesson)
    history = model.fit(
        x, y, batch_size=options.batch, shuffle=False, verbose=0,
        validation_data=batches(few, options.past, lesson), validation_batch_size=options.batch,
    ).history  # fmt: skip
    loss = max(abs(float(row[k]) / history[k][0] - 1) for k in ("loss", "val_loss"))
    fkb.export(work / f"{name}_trained.fkb", work / f"{name}_trained.keras")
    learned = keras.models.load_model(work / f"{name}_trained.keras")
    weight = max(
        float(np.abs(a - b).max() / np.abs(b).max())
        for a, b in zip(learned.get_weights(), model.get_weights(), strict=True)
    )
    print(f"{name:6} {lesson:6} {options.steps} steps: loss within {loss:.1e},", end=" ")
    print(f"weights within {weight:.1e}")
    return loss <= LOSS and weight <= WEIGHTS, learned


def compare(name: str, options: argparse.Namespace) -> bool:
    """Train and forecast with one network; return whether both worlds agree."""
    work: Path = options.work
    encoder = (options.networks / f"{name}_encoder.keras").exists()
    agree = True
    for lesson in ("taught", "free") if encoder else ("next",):
        same, learned = learn(name, lesson, options)
        agree = agree and same
    words: list[object] = []
    for part in ("encoder", "step") if encoder else ("step",):
        fkb.convert(options.networks / f"{name}_{part}.keras", work / f"{name}_{part}.fkb")
    if encoder:
        words = ["--encoder", work / f"{name}_encoder.fkb"]
    run(
        "nowcasting_forecast", work / f"{name}_trained.fkb", work / f"{name}_step.fkb",
        work / "validation.frames", work / "forecasts", "--past", options.past, *words,
        build=options.build,
    )  # fmt: skip
    said = read_forecasts(work / "forecasts")
    few = read_frames(work / "validation.frames")
    expected = forecasts(learned, options.networks, name, few, options.past)
    pixel = float(np.abs(said - expected).max())
    print(f"{name:6} {said.shape[1]} frames ahead within {pixel:.1e}")
    return agree and pixel <= PIXEL


def main() -> int:
    """Compare all networks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("networks", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path, help="folder for files")
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--names", default="fc,conv1,conv2,conv3")
    parser.add_argument("--past", type=int, default=7)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--batch", type=int, default=4)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    for which, count in (("train", options.steps), ("validation", 2)):
        images = read_frames(options.data / f"{which}.frames")[: count * options.batch]
        write_frames(options.work / f"{which}.frames", images.astype(np.float64))
    agree = [compare(name, options) for name in options.names.split(",")]
    return 0 if all(agree) else 1


if __name__ == "__main__":
    sys.exit(main())
