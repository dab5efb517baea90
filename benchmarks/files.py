#!/usr/bin/env python3
"""Time what is done to files of 1, 18 and 138 million weights, each step in a process of its own.

Usage: files.py STEP FOLDER MILLIONS

The steps are the functions of `STEPS`; each prints its seconds, without the start of the process.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import os
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from contestants import Contestant, pinned_environment

HERE = Path(__file__).resolve().parent
ROUNDS = 3
# Widths of two dense layers for so many million weights; 138 million are VGG16.
WIDTHS = {1: 707, 18: 3000}


def build(folder: Path, millions: int) -> float:
    """Write the Keras file, and the other formats from its weights."""
    import keras

    k = keras.layers
    if millions == 138:
        model = keras.applications.VGG16(weights=None)
    else:
        x = start = keras.Input((WIDTHS[millions],))
        for _ in range(2):
            x = k.Dense(WIDTHS[millions])(x)
        model = keras.Model(start, x)
    model.save(folder / "net.keras")
    return float(model.count_params())


def convert(folder: Path, millions: int) -> float:
    """Convert to the model file."""
    import fkb

    begin = time.perf_counter()
    fkb.convert(folder / "net.keras", folder / "net.fkb")
    return time.perf_counter() - begin


def read_and_write(folder: Path, millions: int) -> float:
    """Read the arrays of the archive with h5py and write them with numpy."""
    import h5py

    begin = time.perf_counter()
    arrays: list[Any] = []
    with zipfile.ZipFile(folder / "net.keras") as archive:
        data = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(data) as file:
        file.visititems(lambda _, x: arrays.append(x[()]) if isinstance(x, h5py.Dataset) else None)
    np.savez(folder / "weights.npz", *arrays)
    return time.perf_counter() - begin


def export(folder: Path, millions: int) -> float:
    """Export the model file to a Keras file."""
    import fkb

    begin = time.perf_counter()
    fkb.export(folder / "net.fkb", folder / "back.keras")
    return time.perf_counter() - begin


def load_keras(folder: Path, millions: int) -> float:
    """Load the Keras file with Keras."""
    import keras

    begin = time.perf_counter()
    keras.models.load_model(folder / "net.keras", compile=False)
    return time.perf_counter() - begin


def load_pytorch(folder: Path, millions: int) -> float:
    """Load the same weights with PyTorch from a file of its own."""
    import torch

    path = folder / "net.pt"
    if not path.exists():
        with np.load(folder / "weights.npz") as arrays:
            torch.save({name: torch.from_numpy(arrays[name]) for name in arrays.files}, path)
    begin = time.perf_counter()
    torch.load(path, weights_only=True)
    return time.perf_counter() - begin


def load_onnx(folder: Path, millions: int) -> float:
    """Load the same network with ONNX Runtime."""
    import onnxruntime
    from fkb.sources import load_graph
    from onnx_network import write

    path = folder / "net.onnx"
    if not path.exists():
        shape = (224, 224, 3) if millions == 138 else (WIDTHS[millions],)
        write(load_graph(folder / "net.keras"), [{"shape": shape, "classes": 0}], path)
    begin = time.perf_counter()
    onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return time.perf_counter() - begin


STEPS: dict[str, tuple[str, Callable[[Path, int], float]]] = {
    "convert": ("FKB: convert from Keras", convert),
    "read": ("h5py reads and numpy writes the same", read_and_write),
    "export": ("FKB: export to Keras", export),
    "keras": ("load: Keras", load_keras),
    "pytorch": ("load: PyTorch, its own file", load_pytorch),
    "onnx": ("load: ONNX Runtime, its own file", load_onnx),
}
NEEDS = {"pytorch": "torch", "onnx": "onnxruntime"}


def _step(name: str, folder: Path, millions: int) -> tuple[float | None, str]:
    """Run a step in a process; return its seconds, or None and why not."""
    needed = NEEDS.get(name)
    if needed and importlib.util.find_spec(needed) is None:
        return None, f"not installed: {needed}"
    done = subprocess.run(
        [sys.executable, str(HERE / "files.py"), name, str(folder), str(millions)],
        capture_output=True,
        text=True,
        env=pinned_environment(1),
        check=False,
    )
    if done.returncode:
        return None, (done.stderr.strip().splitlines() or ["nothing was said"])[-1][:300]
    return float(done.stdout.split()[-1]), ""


def _load_fkb(folder: Path, program: Path) -> tuple[float | None, str]:
    """Return the seconds that the Fortran program took to load the file."""
    spec = {"members": 0, "stateful": False, "inputs": [], "output": []}
    contestant = Contestant("fkb", spec, folder, program, 1)
    contestant.begin(contestant.command_for(1))
    words = contestant.answer().split()
    contestant.close()
    return (float(words[1]), "") if words[0] == "loaded" else (None, " ".join(words))


def measure_files(
    millions: list[int], folder: Path, arguments: argparse.Namespace
) -> list[dict[str, Any]]:
    """Return a row for each step and size, medians of rounds in which all take turns."""
    rows = []
    for size in millions:
        if size not in (*WIDTHS, 138):
            raise SystemExit(f"files of {size} million weights are not known: 1, 18, 138")
        inside = folder / str(size)
        inside.mkdir()
        count, reason = _step("build", inside, size)
        found: dict[str, list[float]] = {}
        reasons: dict[str, str] = {}
        for _ in range(min(ROUNDS, arguments.rounds)):
            for name in [*STEPS, "fkb"]:
                if name == "fkb":
                    seconds, why = _load_fkb(inside, arguments.program.resolve())
                else:
                    seconds, why = _step(name, inside, size)
                if seconds is None:
                    reasons[name] = reason or why
                else:
                    found.setdefault(name, []).append(seconds)
        for name in ["fkb", *STEPS]:
            times = found.get(name, [])
            rows.append(
                {
                    "what": STEPS[name][0] if name in STEPS else "load: FKB",
                    "weights": int(count or 1_000_000 * size),
                    "seconds": statistics.median(times) if times else None,
                    "reason": reasons.get(name, ""),
                    "rounds": times,
                }
            )
        for path in inside.iterdir():
            path.unlink()
        print(f"files of {size} million weights: done", file=sys.stderr, flush=True)
    return rows


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if len(sys.argv) != 4 or sys.argv[1] not in (*STEPS, "build"):
        raise SystemExit((__doc__ or "").strip())
    step = build if sys.argv[1] == "build" else STEPS[sys.argv[1]][1]
    print(step(Path(sys.argv[2]), int(sys.argv[3])))
