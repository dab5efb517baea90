"""Check that training inside Fortran is training in Keras: same start, same batches, same result.

    verify_keras.py LORENZ96 closure.fkb closure.keras

Runs the program lorenz96 with --dump, which writes the batches of its first coupled training
steps, feeds the same batches to Keras in float64 and compares losses and the learned B(X). Then it
exports what Fortran learned and asks Keras for its B(X) again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import fkb
import keras
import numpy as np
from train import build_closure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

STEPS = 100
TOLERANCE = 1e-5


def run_fortran(program: Path, model: Path, folder: Path) -> tuple[Array, Array, Array]:
    """Return the batches (step, x, target), losses (step, loss) and result (x, B) of Fortran."""
    command = [str(program.resolve()), str(model), str(folder)]
    subprocess.run([*command, "--dump", str(STEPS), "--window", "10"], check=True)
    batches, losses, result = (
        np.loadtxt(folder / name, delimiter=",", skiprows=1, dtype=np.float64)
        for name in ("batches.csv", "losses.csv", "result.csv")
    )
    return batches, losses, result


def export_and_predict(folder: Path, x: Array) -> Array:
    """Return B(x) of the network that Fortran saved, exported and loaded in Keras."""
    fkb.export(folder / "result.fkb", folder / "result.keras")
    model = keras.models.load_model(folder / "result.keras")
    return np.asarray(model(x[:, np.newaxis].astype(np.float32)), dtype=np.float64)[:, 0]


def run_keras(model_file: Path, batches: Array, x: Array) -> tuple[Array, Array]:
    """Train Keras on the same batches; return the loss of each step and B(x) afterwards."""
    start = keras.models.load_model(model_file).get_weights()
    keras.config.set_floatx("float64")
    model = build_closure()
    model.set_weights(start)
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=1e-3), loss="mse", run_eagerly=True)
    losses = []
    for step in range(1, STEPS + 1):
        batch = batches[batches[:, 0] == step]
        model.reset_metrics()
        losses.append(float(model.train_on_batch(batch[:, 1:2], batch[:, 2:3])))
    return np.array(losses), np.asarray(model(x[:, np.newaxis]))[:, 0]


def difference(name: str, ours: Array, keras_values: Array) -> float:
    """Print and return the largest difference relative to the largest value."""
    worst = float(np.abs(ours - keras_values).max() / np.abs(keras_values).max())
    print(f"{name:40s} largest relative difference {worst:.1e}")
    return worst


def main() -> None:
    """Compare; exit with 1 where Fortran and Keras differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("program", type=Path, help="the program lorenz96")
    parser.add_argument("fkb_model", type=Path, help="closure.fkb, converted from closure.keras")
    parser.add_argument("keras_model", type=Path, help="closure.keras")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        batches, losses, result = run_fortran(arguments.program, arguments.fkb_model, folder)
        exported = export_and_predict(folder, result[:, 0])
    keras_losses, keras_result = run_keras(arguments.keras_model, batches, result[:, 0])
    differences = [
        difference(f"loss of each of {STEPS} steps", losses[:, 1], keras_losses),
        difference(f"B(X) after {STEPS} steps", result[:, 1], keras_result),
        difference("B(X) of the exported network", result[:, 1], exported),
    ]
    failed = sum(not worst < TOLERANCE for worst in differences)
    print(f"tolerance {TOLERANCE:.0e}: {len(differences) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
