#!/usr/bin/env python3
"""Train the same networks in Keras, from the same first weights in the same order, and compare.

Usage: against_keras.py [--build FOLDER] [--data FOLDER] [--fortran FOLDER] [--out FOLDER]
                        [--steps 2] [--tiles 16] [--networks vgg10 ...] [--strategies few ...]
                        [--epochs 60] [--batch 4] [--width 8] [--mean 0.08]

1. In real64: losses, weights and measures after a few epochs of each network, and after a whole
   training of VGG10 with few data.
2. Each network that study.py trained: Keras must predict what Fortran does.
3. The trainings of study.py once more in Keras, in real32: a table of both. Roundings grow from
   step to step, so that single numbers differ as between two seeds; means over the table must not
   differ by more than MEAN. What Keras trained is converted and finds the roads of the
   large picture in Fortran. `--epochs 0` leaves out what takes long.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import fkb
import keras
import numpy as np
from data import read_picture, read_tiles
from lessons import FILTERS, NETWORKS, STRATEGIES, filtered, measures, order_of, read_lessons
from study import MEASURES, program, read_table, write_table

HERE = Path(__file__).resolve().parent
LOSS_BOUND = 1e-9  # of the loss, real64
WEIGHT_BOUND = 1e-7  # of a weight array's largest value, real64
END_BOUND = 1e-3  # of losses and measures at the end of a whole training, real64
PREDICTION_BOUND = 1e-4  # a probability, real32, after up to 27 layers


def learn(
    model: Any, lessons: list[Any], seed: int, epochs: int, batch: int
) -> tuple[list[float], float]:
    """Train in the order of Fortran; return the loss of each epoch and the seconds."""
    x, y = (part.astype(keras.config.floatx()) for part in lessons)
    losses, seconds = [], 0.0
    for epoch in range(1, epochs + 1):
        order = order_of(len(x), seed, epoch)
        begin = time.perf_counter()
        record = model.fit(x[order], y[order], batch_size=batch, shuffle=False, verbose=0)
        # The first epoch compiles the graph: it does not count.
        seconds += (time.perf_counter() - begin) * (epoch > 1)
        losses.append(record.history["loss"][0])
    return losses, seconds * epochs / max(1, epochs - 1)


def check_filters(data: Path) -> bool:
    """Compare our filters with Pillow's."""
    from PIL import Image, ImageFilter

    tiles = read_tiles(data / "test.ppm")[:8]
    far = 0
    for name in FILTERS:
        for tile, ours in zip(tiles, filtered(tiles, name), strict=True):
            theirs = Image.fromarray(tile).filter(getattr(ImageFilter, name.upper()))
            far = max(far, int(np.max(np.abs(np.asarray(theirs, int) - ours))))
    print(f"filters: within {far} levels of Pillow's")
    return far <= 1


def by_steps(
    options: argparse.Namespace, network: str, strategy: str, epochs: int, tiles: int, width: int
) -> tuple[list[float], float, float]:
    """Train in real64 in both; return how far losses, weights and measures are from Keras's."""
    first, last = options.out / "first.fkb", options.out / "last.fkb"
    table = options.out / "steps.csv"
    words = ["--network", network, "--strategy", strategy, "--epochs", epochs, "--every", 1]
    words += ["--tiles", tiles, "--batch", 4, "--width", width, "--seed", 1]
    words += ["--initializer", "he_uniform", "--start", first, "--save", last]
    run = [program(options.build, "roads_train_dp"), options.data, table, *words]
    subprocess.run([str(word) for word in run], check=True, stdout=subprocess.DEVNULL)
    for path in (first, last):
        fkb.export(path, path.with_suffix(".keras"))
    model = keras.saving.load_model(first.with_suffix(".keras"))
    lessons = read_lessons(options.data, "train", strategy, tiles)
    losses, _ = learn(model, lessons, 1, epochs, 4)
    rows = read_table(table)
    far = [abs(float(row["loss"]) / other - 1) for row, other in zip(rows, losses, strict=True)]
    x, y = read_lessons(options.data, "test")
    tested = measures(model.predict(x, verbose=0), y)
    off = max(abs(float(rows[-1][name]) - tested[name]) for name in MEASURES)
    learned = keras.saving.load_model(last.with_suffix(".keras"))
    weight = max(
        float(np.max(np.abs(a - b)) / np.max(np.abs(b)))
        for a, b in zip(learned.get_weights(), model.get_weights(), strict=True)
    )
    return far, weight, off


def first_steps(options: argparse.Namespace, network: str, strategy: str) -> bool:
    """Train for a few epochs in real64; return whether both agree to rounding."""
    far, weight, off = by_steps(options, network, strategy, options.steps, options.tiles, 4)
    print(
        f"{network} {strategy}, real64, {options.steps} epochs: losses within {max(far):.1e},"
        f" weights within {weight:.1e}, measures within {off:.1e}",
        flush=True,
    )
    return max(far) <= LOSS_BOUND and weight <= WEIGHT_BOUND and off <= 1e-9


def whole_training(options: argparse.Namespace) -> bool:
    """Repeat a whole training of VGG10 with few data in real64; return whether the ends agree."""
    far, _, off = by_steps(options, "vgg10", "few", options.epochs, 10**9, options.width)
    half = max(far[: len(far) // 2])
    print(
        f"vgg10 few, real64, {options.epochs} epochs: losses within {half:.1e} in the first half,"
        f" {max(far):.1e} in all, measures at the end within {off:.1e}",
        flush=True,
    )
    return half <= LOSS_BOUND and max(far) <= END_BOUND and off <= END_BOUND


def same_predictions(options: argparse.Namespace, row: dict[str, str]) -> bool:
    """Let Keras test a network that Fortran trained; return whether it sees the same."""
    name = f"{row['network']}_{row['strategy']}_{row['seed']}"
    path = options.out / f"{name}.keras"
    fkb.export(options.fortran / f"{name}.fkb", path)
    x, y = read_lessons(options.data, "test")
    roads = keras.saving.load_model(path).predict(x.astype("float32"), verbose=0)
    ours = fkb.load(options.fortran / f"{name}.fkb").predict(x.astype("float32"))
    far = float(np.max(np.abs(roads - ours)))
    tested = measures(roads, y)
    off = max(abs(float(row[measure]) - tested[measure]) for measure in MEASURES)
    print(f"{name}: predictions within {far:.1e}, measures within {off:.1e}", flush=True)
    return far <= PREDICTION_BOUND and off <= 2e-4


def in_keras(options: argparse.Namespace, row: dict[str, str]) -> dict[str, str]:
    """Repeat a training of study.py in Keras; return its row of the table."""
    name = f"{row['network']}_{row['strategy']}_{row['seed']}"
    fkb.export(options.fortran / f"{name}_first.fkb", options.out / "first.keras")
    model = keras.saving.load_model(options.out / "first.keras")
    lessons = read_lessons(options.data, "train", row["strategy"])
    losses, seconds = learn(model, lessons, int(row["seed"]), options.epochs, options.batch)
    x, y = read_lessons(options.data, "test")
    tested = measures(model.predict(x.astype("float32"), verbose=0), y)
    model.save(options.out / f"{name}_keras.keras")
    result = dict(row) | {measure: f"{tested[measure]:.5f}" for measure in MEASURES}
    result |= {"loss": f"{losses[-1]:.5f}", "seconds": f"{seconds:.1f}"}
    both = "; ".join(f"{m} {float(row[m]):.3f} {tested[m]:.3f}" for m in MEASURES)
    print(f"{name}: Fortran, Keras: {both}; seconds {row['seconds']} {seconds:.1f}", flush=True)
    return result


def same_table(options: argparse.Namespace, rows: list[dict[str, str]]) -> bool:
    """Repeat trainings in Keras; return whether the tables agree in the mean."""
    others = [in_keras(options, row) for row in rows]
    write_table(options.out / "table.csv", others)
    good = True
    for measure in MEASURES:
        means = [np.mean([float(row[measure]) for row in part]) for part in (rows, others)]
        print(f"mean {measure}: Fortran {means[0]:.3f}, Keras {means[1]:.3f}")
        good = good and bool(abs(means[0] - means[1]) <= options.mean)
    return good


def map_of_keras(options: argparse.Namespace, row: dict[str, str]) -> bool:
    """Convert what Keras trained, find roads of the large picture, compare the first tile."""
    path = options.out / f"{row['network']}_{row['strategy']}_{row['seed']}_keras.keras"
    fkb.convert(path, path.with_suffix(".fkb"))
    picture, roads = options.data / "map.ppm", options.out / "map.pgm"
    run = [program(options.build, "roads_map"), path.with_suffix(".fkb"), picture, roads]
    subprocess.run([str(word) for word in (*run, "--overlap", 0)], check=True)
    model = keras.saving.load_model(path)
    edge = model.input_shape[1]
    tile = read_picture(picture)[None, :edge, :edge].astype("float32") / 255
    asked = 255 * model.predict(tile, verbose=0)[0, :, :, 0]
    far = float(np.max(np.abs(read_picture(roads)[:edge, :edge] - asked)))
    print(f"a network that Keras trained, in Fortran: within {far:.2f} levels of 255")
    return far <= 0.51


def main() -> int:
    """Compare in all ways."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", type=Path, default=HERE / "../../build/gfortran")
    parser.add_argument("--data", type=Path, default=HERE / "output/data")
    parser.add_argument("--fortran", type=Path, default=HERE / "output/fortran")
    parser.add_argument("--out", type=Path, default=HERE / "output/keras")
    parser.add_argument("--steps", type=int, default=2, help="epochs in real64")
    parser.add_argument("--tiles", type=int, default=16, help="tiles of the epochs in real64")
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    parser.add_argument("--strategies", nargs="+", default=STRATEGIES)
    parser.add_argument("--epochs", type=int, default=60, help="those of study.py")
    parser.add_argument("--batch", type=int, default=4, help="that of study.py")
    parser.add_argument("--width", type=int, default=8, help="that of study.py")
    parser.add_argument("--mean", type=float, default=0.08, help="how far means may be apart")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    good = [check_filters(options.data)]
    keras.config.set_floatx("float64")
    pairs = zip(NETWORKS, reversed(STRATEGIES), strict=True)
    good += [first_steps(options, network, strategy) for network, strategy in pairs]
    if options.epochs > 0:
        good.append(whole_training(options))
    keras.config.set_floatx("float32")
    chosen = set(product(options.networks, options.strategies))
    rows = read_table(options.fortran / "table.csv")
    rows = [row for row in rows if (row["network"], row["strategy"]) in chosen]
    good += [same_predictions(options, row) for row in rows]
    if options.epochs > 0 and rows:
        good += [same_table(options, rows), map_of_keras(options, rows[0])]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
