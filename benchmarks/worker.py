#!/usr/bin/env python3
"""A contestant that runs in Python, in a process of its own: obeys lines, answers each with one.

Usage: worker.py PEER FOLDER THREADS

PEER names a module peer_<PEER>. The lines are those of the Fortran program, `predict BATCH ...`,
`train BATCH ...` and `run SECONDS`, and so are the answers; where a contestant cannot do something
the answer is `-` and the reason.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from refusal import RefusedError

Array = NDArray[Any]


def read_inputs(spec: dict[str, Any], folder: Path, batch: int) -> list[Array]:
    """Return the inputs of a batch, classes as integers."""
    arrays = []
    for i, given in enumerate(spec["inputs"]):
        values: Array = np.fromfile(folder / f"x{batch}_{i}.bin", "f4")
        values = values.reshape(batch, *given["shape"])
        arrays.append(values.astype("i4") if given["classes"] else values)
    return arrays


def time_calls(call: Callable[[], Any], seconds: float) -> list[float]:
    """Return the times of calls within `seconds`, three at least."""
    times: list[float] = []
    start = time.perf_counter()
    while len(times) < 3 or (time.perf_counter() - start < seconds and len(times) < 1_000_000):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return times


class Worker:
    """The peer, and what it is to run next."""

    def __init__(self, name: str, folder: Path, threads: int) -> None:
        self.name = name
        self.folder = folder
        self.spec = json.loads((folder / "spec.json").read_text())
        self.call: Callable[[], Any] = lambda: None
        module = importlib.import_module(f"peer_{name.split('-')[0]}")
        self.peer = module.start(name, self.spec, folder, threads)

    def predict(self, batch: int) -> str:
        """Prepare predictions; write the outputs of the first."""
        call = self.peer.predictor(batch, read_inputs(self.spec, self.folder, batch))
        np.asarray(call(), "f4").tofile(self.folder / f"y_{self.name}.bin")
        self.call = call
        return "ready"

    def train(self, batch: int) -> str:
        """Prepare steps; return the losses of the first three."""
        target: Array = np.fromfile(self.folder / f"t{batch}.bin", "f4")
        target = target.reshape(batch, *self.spec["output"])
        call = self.peer.trainer(batch, read_inputs(self.spec, self.folder, batch), target)
        losses = [float(call()) for _ in range(3)]
        self.call = call
        return "ready " + " ".join(f"{loss:.8e}" for loss in losses)

    def run(self, seconds: float) -> str:
        """Time calls."""
        times = time_calls(self.call, seconds)
        return f"time {statistics.median(times):.5e} {min(times):.5e} {len(times)}"

    def obey(self, line: str) -> str:
        """Return the answer to a line."""
        command, argument, *_ = line.split()
        if command == "run":
            return self.run(float(argument))
        return str(getattr(self, command)(int(argument)))


def main() -> None:
    """Answer lines until there are no more."""
    # Whatever libraries print goes to the errors.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    worker = None
    reason = ""
    try:
        worker = Worker(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
        answers.write("loaded\n")
    except ImportError as error:
        reason = f"not installed: {error}"
        answers.write(f"- {reason}\n")
    for line in sys.stdin:
        if worker is None:
            answers.write(f"- {reason}\n")
            continue
        try:
            answers.write(worker.obey(line) + "\n")
        except RefusedError as refusal:
            answers.write(f"- {refusal}\n")
        except Exception as error:
            text = " ".join(str(error).split())[:300]
            answers.write(f"- {type(error).__name__}: {text}\n")


if __name__ == "__main__":
    main()
