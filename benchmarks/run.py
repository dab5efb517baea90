#!/usr/bin/env python3
"""Measure FKB beside ONNX Runtime and TensorFlow on the climate network.

All contestants take turns on the same inputs with one thread, round after round, so that a drift of
the machine hits all alike; a figure is the median of the rounds' medians. Outputs must agree.

Usage: run.py [--rounds N] [--seconds S] [--batches 1,16,...] [--output DIR]
"""

from __future__ import annotations

import argparse
import datetime
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))
sys.path.insert(0, str(ROOT / "benchmarks"))

WIDTH, DEPTH, INPUTS, OUTPUTS = 256, 9, 94, 65
# What fields, units, transforms and limits may add to the time of the network, in per cent.
COUPLING_LIMIT = 10
Array = NDArray[np.float32]


def build_model() -> object:
    """Return the climate network 94 -> 9 x 256 LeakyReLU -> 65, compiled with Adam."""
    import keras

    keras.utils.set_random_seed(1)
    layers: list[object] = [keras.Input((INPUTS,))]
    for _ in range(DEPTH):
        layers += [keras.layers.Dense(WIDTH), keras.layers.LeakyReLU(negative_slope=0.2)]
    model = keras.Sequential([*layers, keras.layers.Dense(OUTPUTS)], name="climate")
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mean_squared_error")
    return model


def time_calls(call: Callable[[], object], seconds: float) -> float:
    """Return the median time of a call within `seconds`."""
    times = []
    start = time.perf_counter()
    while len(times) < 3 or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def time_fkb(program: Path, mode: str, folder: Path, batch: int, seconds: float) -> float:
    """Return the median time of a call as the Fortran program measures it."""
    command = [program, mode, folder / "net.fkb", str(batch), str(seconds), folder / f"x{batch}"]
    command += [folder / f"y{batch}", folder / f"t{batch}"]
    result = subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True)
    return float(result.stdout.split()[0])


def time_coupling(program: Path, folder: Path, rounds: int, seconds: float) -> str:
    """Return what the coupling adds to the time of chunks of 16 columns, as text."""
    over = []
    for _ in range(rounds):
        result = subprocess.run(
            [str(program.resolve().parent / "time_coupling"), str(seconds)],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        )
        over.append(float(result.stdout.split()[2]))
    percent = statistics.median(over)
    verdict = "less" if percent < COUPLING_LIMIT else "NOT less"
    return (
        f"coupling, chunks of 16 columns: {percent:.1f} % more than predict alone, "
        f"{verdict} than {COUPLING_LIMIT} %\n"
    )


def check_agreement(name: str, got: Array, wanted: Array) -> None:
    """Stop when a contestant computes something else."""
    difference = float(np.max(np.abs(got - wanted)) / np.max(np.abs(wanted)))
    if difference > 1e-4:
        raise SystemExit(
            f"{name} differs from TensorFlow by {difference:.1e} of the largest output"
        )


def measure(arguments: argparse.Namespace, folder: Path) -> list[tuple[str, str, int, float]]:
    """Return (task, contestant, batch, seconds per call)."""
    import fkb
    import keras
    import peers
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    model = build_model()
    model.save(folder / "net.keras")  # type: ignore[attr-defined]
    fkb.convert(folder / "net.keras", folder / "net.fkb")
    peers.write_onnx(model, folder / "net.onnx")
    contestants = {
        "ONNX Runtime": peers.onnx_runtime(folder / "net.onnx", 1),
        "TensorFlow": peers.tensorflow_graph(model, xla=False),
        "TensorFlow XLA": peers.tensorflow_graph(model, xla=True),
    }
    trained = keras.models.load_model(folder / "net.keras")
    step = peers.keras_step(trained)
    generator = np.random.default_rng(7)
    rows = []
    for batch in arguments.batches:
        x = generator.standard_normal((batch, INPUTS), dtype=np.float32)
        t = generator.standard_normal((batch, OUTPUTS), dtype=np.float32)
        x.tofile(folder / f"x{batch}")
        t.tofile(folder / f"t{batch}")
        wanted = contestants["TensorFlow"](x)
        time_fkb(arguments.program, "predict", folder, batch, 0.0)
        check_agreement("FKB", np.fromfile(folder / f"y{batch}", "f4").reshape(batch, -1), wanted)
        for name, run in contestants.items():
            check_agreement(name, run(x), wanted)
        rounds: dict[tuple[str, str], list[float]] = {}
        for _ in range(arguments.rounds):
            timed = time_fkb(arguments.program, "predict", folder, batch, arguments.seconds)
            rounds.setdefault(("predict", "FKB"), []).append(timed)
            for name, run in contestants.items():
                timed = time_calls(lambda run=run, x=x: run(x), arguments.seconds)  # type: ignore[misc]
                rounds.setdefault(("predict", name), []).append(timed)
            if batch > 512:
                continue
            timed = time_fkb(arguments.program, "train", folder, batch, arguments.seconds)
            rounds.setdefault(("train", "FKB"), []).append(timed)
            timed = time_calls(lambda x=x, t=t: step(x, t), arguments.seconds)  # type: ignore[misc]
            rounds.setdefault(("train", "Keras"), []).append(timed)
        rows += [(task, name, batch, statistics.median(v)) for (task, name), v in rounds.items()]
        print(f"batch {batch} done", file=sys.stderr)
    return rows


def table(rows: list[tuple[str, str, int, float]]) -> str:
    """Return the figures as text: microseconds per sample, and how many times FKB's time."""
    lines = []
    for task in ("predict", "train"):
        names = list(dict.fromkeys(name for kind, name, _, _ in rows if kind == task))
        batches = sorted({batch for kind, _, batch, _ in rows if kind == task})
        lines.append(f"{task}, microseconds per sample (times FKB)")
        lines.append(f"{'batch':>8}" + "".join(f"{name:>22}" for name in names))
        for batch in batches:
            found = {n: s for kind, n, b, s in rows if kind == task and b == batch}
            cells = [
                f"{1e6 * found[n] / batch:10.3f} ({found[n] / found['FKB']:5.2f} x)" for n in names
            ]
            lines.append(f"{batch:>8}" + "".join(f"{cell:>22}" for cell in cells))
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table and keep it in a dated file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--seconds", type=float, default=0.4, help="per contestant, batch and round"
    )
    parser.add_argument(
        "--batches", type=lambda s: [int(b) for b in s.split(",")], default=[1, 16, 512, 8192]
    )
    parser.add_argument(
        "--program", type=Path, default=ROOT / "build/gfortran/benchmarks/time_network"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "build/benchmarks")
    arguments = parser.parse_args()
    if not arguments.program.exists():
        raise SystemExit(f"{arguments.program} is not there: run `make bench`")
    with tempfile.TemporaryDirectory() as folder:
        text = table(measure(arguments, Path(folder)))
        text += time_coupling(arguments.program, Path(folder), arguments.rounds, arguments.seconds)
    print(text)
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / f"{datetime.date.today()}.txt").write_text(text)


if __name__ == "__main__":
    main()
