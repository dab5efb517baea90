#!/usr/bin/env python3
"""Train all networks with all strategies in Fortran and write the table of the paper.

Usage: study.py [--build FOLDER] [--data FOLDER] [--out FOLDER] [--seeds 1] [--jobs 2]
                [--networks vgg10 ...] [--strategies few ...] [-- OPTIONS OF roads_train]

OUT/<network>_<strategy>_<seed>.fkb, .csv and .log of each training; OUT/table.csv of all;
OUT/best.fkb: the network with the largest F-measure. The table is printed as the mean over seeds,
with the largest and smallest.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from lessons import NETWORKS, STRATEGIES

HERE = Path(__file__).resolve().parent
MEASURES = ("f_measure", "precision", "specificity")


@dataclass(frozen=True)
class Run:
    """One training."""

    network: str
    strategy: str
    seed: int

    @property
    def name(self) -> str:
        """The name of its files."""
        return f"{self.network}_{self.strategy}_{self.seed}"


def program(build: Path, name: str) -> Path:
    """Return a program, in the library's build or in the example's own."""
    for folder in (build / "examples/roads", build):
        if (folder / name).exists():
            return folder / name
    raise SystemExit(f"there is no {name} in {build}: build it first")


def train(run: Run, build: Path, data: Path, out: Path, words: list[str]) -> dict[str, str]:
    """Train in Fortran; return what the program printed as a row of the table."""
    command = [str(program(build, "roads_train_sp")), str(data), str(out / f"{run.name}.csv")]
    command += ["--network", run.network, "--strategy", run.strategy, "--seed", str(run.seed)]
    command += ["--start", str(out / f"{run.name}_first.fkb")]
    command += ["--save", str(out / f"{run.name}.fkb"), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    (out / f"{run.name}.log").write_text(done.stdout + done.stderr)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    numbers = dict(
        re.findall(r"(loss|f_measure|precision|specificity|seconds) +([\d.]+)", done.stdout)
    )
    parameters = re.findall(r"(\d+) parameters", done.stdout)[0]
    row = {"network": run.network, "strategy": run.strategy, "seed": str(run.seed)}
    row |= {"parameters": parameters, **numbers}
    print(f"{run.name}: F-measure {row['f_measure']}, {row['seconds']} s", flush=True)
    return row


def read_table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table."""
    with path.open() as file:
        return list(csv.DictReader(file))


def write_table(path: Path, rows: list[dict[str, str]]) -> None:
    """Write rows that all have the same columns."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def cell(rows: list[dict[str, str]], measure: str) -> str:
    """Return a mean over seeds, and what it lies between."""
    values = np.array([float(row[measure]) for row in rows])
    if len(values) == 1:
        return f"{values[0]:.3f}"
    return f"{values.mean():.3f} ({values.min():.3f}–{values.max():.3f})"


def print_table(rows: list[dict[str, str]]) -> None:
    """Print means over seeds in the shape of the paper's tables."""
    print("\n| strategy | network | parameters | F-measure | precision | specificity | s |")
    print("|---|---|---|---|---|---|---|")
    for strategy, network in product(STRATEGIES, NETWORKS):
        chosen = [r for r in rows if r["strategy"] == strategy and r["network"] == network]
        if chosen:
            numbers = " | ".join(cell(chosen, measure) for measure in MEASURES)
            seconds = np.mean([float(row["seconds"]) for row in chosen])
            count = int(chosen[0]["parameters"])
            print(f"| {strategy} | {network} | {count:,} | {numbers} | {seconds:.0f} |")


def main() -> int:
    """Train all and write the table."""
    words = sys.argv[1:]
    own, rest = (
        (words[: words.index("--")], words[words.index("--") + 1 :])
        if "--" in words
        else (words, [])
    )
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", type=Path, default=HERE / "../../build/gfortran")
    parser.add_argument("--data", type=Path, default=HERE / "output/data")
    parser.add_argument("--out", type=Path, default=HERE / "output/fortran")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="trainings at a time")
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    parser.add_argument("--strategies", nargs="+", default=STRATEGIES)
    options = parser.parse_args(own)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    options.out.mkdir(parents=True, exist_ok=True)
    chosen = list(product(reversed(options.strategies), reversed(options.networks)))
    runs = [Run(n, s, seed) for seed in range(1, options.seeds + 1) for s, n in chosen]
    with ThreadPoolExecutor(options.jobs) as pool:
        rows = list(
            pool.map(lambda run: train(run, options.build, options.data, options.out, rest), runs)
        )
    write_table(options.out / "table.csv", rows)
    print_table(rows)
    best = max(rows, key=lambda row: float(row["f_measure"]))
    name = Run(best["network"], best["strategy"], int(best["seed"])).name
    shutil.copyfile(options.out / f"{name}.fkb", options.out / "best.fkb")
    print(f"\nthe best is {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
