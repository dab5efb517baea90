"""A training of the course in Fortran: one call of the program `practice`."""

from __future__ import annotations

import csv
import pathlib
import subprocess
from dataclasses import dataclass

import numpy as np
from experiments import Run

Curve = dict[str, np.ndarray]


@dataclass(frozen=True)
class Files:
    """Where the files of one training are."""

    folder: pathlib.Path
    stem: str  # of the training, such as activations_0_1

    def at(self, what: str) -> pathlib.Path:
        """Return the path of a file of this training."""
        return self.folder / f"{self.stem}_{what}"


def program(build: pathlib.Path, kind: str) -> pathlib.Path:
    """Return the program of a kind, in the library's build or in the example's own."""
    for folder in (build / "examples/practice", build):
        if (folder / f"practice_{kind}").exists():
            return folder / f"practice_{kind}"
    raise SystemExit(f"practice: there is no practice_{kind} in {build}: build it first")


def read_curve(path: pathlib.Path) -> Curve:
    """Return the columns of a table of epochs."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def train(
    build: pathlib.Path, data: pathlib.Path, run: Run, seed: int, files: Files, trained: str = ""
) -> Curve:
    """Train in Fortran; first weights, batches, learned network and table are left in files."""
    words = [program(build, run.kind), data / run.data, files.at("fortran.csv"), *run.words()]
    words += ["--seed", seed, "--first", files.at("first.fkb"), "--save", files.at("last.fkb")]
    words += ["--batches", files.at("batches.txt")]
    if trained:
        words += ["--from", trained]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{run.label}: {done.stdout}{done.stderr}")
    return read_curve(files.at("fortran.csv"))
