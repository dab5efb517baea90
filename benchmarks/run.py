#!/usr/bin/env python3
"""Measure FKB beside ONNX Runtime, TensorFlow and PyTorch.

All contestants take turns on the same inputs, round after round, so that a drift of the machine
hits all alike; a figure is the median of the rounds' medians. Outputs must agree. What the
processor can do at most is measured too, and each figure stated as a share of it.

Usage: run.py [--only climate,lstm] [--tasks predict,train,files,coupling] [--threads 1,2]
              [--rounds N] [--seconds S] [--batches 1,16] [--quick] [--output DIR]
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import limits as limits_module
import models
import numpy as np
import report
from contestants import TITLES, WITNESSES, Contestant, pinned_environment
from cost import Cost
from files import measure_files
from limits import Limits
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
TASKS = ("predict", "train", "files", "coupling")
# Of the largest output; of the first loss; of the losses after steps, which tell where gradients
# are zero but for rounding, since Adam makes steps of full length of them; of those with dropout.
TOLERANCE, LOSS_TOLERANCE, STEP_TOLERANCE, RANDOM_TOLERANCE = 1e-4, 1e-3, 0.05, 0.5
QUICK_BATCH = 16
# What fields, units, transforms and limits may add to the time of the network, in per cent.
COUPLING_LIMIT = 10
Array = NDArray[np.float32]


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
            env=pinned_environment(1),
        )
        over.append(float(result.stdout.split()[2]))
    percent = statistics.median(over)
    verdict = "less" if percent < COUPLING_LIMIT else "NOT less"
    return (
        f"coupling, chunks of 16 columns: {percent:.1f} % more than predict alone, "
        f"{verdict} than {COUPLING_LIMIT} %\n"
    )


def write_samples(spec: dict[str, Any], folder: Path, batch: int) -> None:
    """Write the inputs and targets of a batch."""
    generator = np.random.default_rng(7)
    for i, given in enumerate(spec["inputs"]):
        shape = (batch, *given["shape"])
        values = generator.standard_normal(shape, dtype=np.float32)
        if given["classes"]:
            values = generator.integers(0, given["classes"], shape).astype("f4")
        values.tofile(folder / f"x{batch}_{i}.bin")
    target = generator.random((batch, *spec["output"]), dtype=np.float32)
    target.tofile(folder / f"t{batch}.bin")


def difference(got: Array, wanted: Array) -> float:
    """Return by how much values differ, relative to the largest wanted."""
    if got.shape != wanted.shape or not np.isfinite(got).all():
        return float("inf")
    return float(np.max(np.abs(got - wanted)) / np.max(np.abs(wanted)))


def compare(rows: dict[str, dict[str, Any]], values: dict[str, Array], random: bool) -> None:
    """Mark the rows of contestants that compute something else than the witness."""
    witness = next((name for name in WITNESSES if name in values), None)
    for name, value in values.items():
        assert witness is not None
        row, wanted = rows[name], values[witness]
        off = difference(value, wanted)
        row.update(difference=off, differs=off > TOLERANCE)
        if row["task"] == "train":
            # The first loss is that of the same weights; then each has steps of its own.
            first = difference(value[:1], wanted[:1])
            bound = RANDOM_TOLERANCE if random else LOSS_TOLERANCE
            row["differs"] = first > bound or off > max(bound, STEP_TOLERANCE)
        if row["differs"]:
            row["reason"] = f"differs from {TITLES[witness]} by {off:.1e} of the largest value"


def measure_batch(
    model: models.Model,
    task: str,
    batch: int,
    contestants: list[Contestant],
    arguments: argparse.Namespace,
) -> list[dict[str, Any]]:
    """Return a row for each contestant, measured or with the reason why not."""
    folder, spec = contestants[0].folder, contestants[0].spec
    write_samples(spec, folder, batch)
    rows: dict[str, dict[str, Any]] = {}
    values: dict[str, Array] = {}
    for contestant in contestants:
        name = contestant.name
        reason, losses = contestant.prepare(task, batch)
        rows[name] = {
            "model": model.name,
            "task": task,
            "batch": batch,
            "threads": contestant.threads,
            "contestant": name,
            "seconds": None,
            "share": None,
            "differs": False,
            "difference": None,
            "reason": reason,
            "memory": 0,
            "rounds": [],
        }
        if not reason:
            output = np.fromfile(folder / f"y_{name}.bin", "f4") if task == "predict" else losses
            values[name] = np.asarray(output, "f4")
    compare(rows, values, model.random)
    for _ in range(arguments.rounds):
        for contestant in contestants:
            row = rows[contestant.name]
            if contestant.name in values and (not row["reason"] or row["differs"]):
                try:
                    row["rounds"].append(contestant.run(arguments.seconds))
                except RuntimeError as error:
                    row["reason"] = str(error)
    for contestant in contestants:
        row = rows[contestant.name]
        row["memory"] = contestant.memory()
        if row["rounds"]:
            row["seconds"] = statistics.median(row["rounds"])
    return list(rows.values())


def add_shares(rows: list[dict[str, Any]], spec: dict[str, Any], limits: Limits) -> None:
    """State each time as a share of the limit."""
    cost = Cost(**spec["cost"])
    for row in rows:
        flops, size = cost.total(row["task"], row["batch"])
        row.update(flops=flops, bytes=size, least=limits.least_time(flops, size))
        if row["seconds"]:
            row["share"] = row["least"] / row["seconds"]


def wanted(model: models.Model, arguments: argparse.Namespace) -> list[tuple[str, int]]:
    """Return the tasks and batches of a model that the options leave."""
    return [
        (task, batch)
        for task in model.tasks
        if task in arguments.tasks
        for batch in model.batches_of(task)
        if not arguments.batches or batch in arguments.batches
        if not arguments.quick or batch <= QUICK_BATCH
    ]


def measure_model(
    model: models.Model, limits: Limits, arguments: argparse.Namespace
) -> list[dict[str, Any]]:
    """Return the rows of a model."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="fkb-bench-") as name:
        folder = Path(name)
        done = subprocess.run(
            [sys.executable, str(HERE / "prepare.py"), model.name, name],
            env=pinned_environment(os.cpu_count() or 1),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
            raise SystemExit(f"the model {model.name} could not be built: {last}")
        spec = json.loads((folder / "spec.json").read_text())
        contestants = [
            Contestant(who, spec, folder, arguments.program.resolve(), limits.threads)
            for who in TITLES
            if who == "fkb" or not arguments.peers or who in arguments.peers
        ]
        try:
            for task, batch in wanted(model, arguments):
                rows += measure_batch(model, task, batch, contestants, arguments)
                print(f"{model.name} {task} {batch}: done", file=sys.stderr, flush=True)
        finally:
            for contestant in contestants:
                contestant.close()
        add_shares(rows, spec, limits)
    return rows


def machine() -> dict[str, str]:
    """Return what was measured, and with which versions."""
    found = {"processor": platform.processor() or platform.machine()}
    information = Path("/proc/cpuinfo")
    if information.exists():
        names = [line for line in information.read_text().splitlines() if "model name" in line]
        if names:
            found["processor"] = names[0].split(":")[1].strip()
    found["processors"] = str(os.cpu_count())
    for package in ("onnxruntime", "tensorflow-cpu", "tensorflow", "keras", "torch", "numpy"):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def parse() -> argparse.Namespace:
    """Return the options."""

    def words(text: str) -> list[str]:
        return [word for word in text.split(",") if word]

    def numbers(text: str) -> list[int]:
        return [int(word) for word in words(text)]

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", type=words, default=[], help="models, by default all")
    parser.add_argument("--tasks", type=words, default=list(TASKS), help=", ".join(TASKS))
    parser.add_argument("--threads", type=numbers, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.4, help="per figure and round")
    parser.add_argument("--batches", type=numbers, default=[], help="of those of the table")
    parser.add_argument("--peers", type=words, default=[], help="beside fkb, by default all")
    parser.add_argument("--weights", type=numbers, default=[1, 18, 138], help="of files, million")
    parser.add_argument("--quick", action="store_true", help="one round, small batches and files")
    parser.add_argument("--list", action="store_true", help="print the models")
    program = ROOT / "build/gfortran/benchmarks/time_network"
    parser.add_argument("--program", type=Path, default=program)
    parser.add_argument("--output", type=Path, default=ROOT / "build/benchmarks")
    arguments = parser.parse_args()
    unknown = [task for task in arguments.tasks if task not in TASKS]
    unknown += [peer for peer in arguments.peers if peer not in TITLES]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}")
    if arguments.quick:
        arguments.rounds, arguments.weights = 1, [1]
        arguments.seconds = min(arguments.seconds, 0.02)
    return arguments


def main() -> None:
    """Measure, print the table and keep it in dated files."""
    arguments = parse()
    if arguments.list:
        print("\n".join(f"{model.name:14} {model.title}" for model in models.MODELS))
        return
    if not arguments.program.exists():
        raise SystemExit(f"{arguments.program} is not there: run `make bench`")
    chosen = [models.find(name) for name in arguments.only] or list(models.MODELS)
    start = datetime.datetime.now()
    result: dict[str, Any] = {
        "date": start.isoformat(" ", "minutes"),
        "machine": machine(),
        "limits": [],
        "rows": [],
        "files": [],
        "coupling": "",
    }
    stem = start.strftime("%Y-%m-%d-%H%M")
    for threads in arguments.threads:
        limits = limits_module.measure(arguments.program, threads, min(0.5, arguments.seconds))
        result["limits"].append(limits.as_dict())
        for model in chosen:
            result["rows"] += measure_model(model, limits, arguments)
            report.save(result, arguments.output, stem)
    with tempfile.TemporaryDirectory(prefix="fkb-bench-") as folder:
        if "files" in arguments.tasks:
            result["files"] = measure_files(arguments.weights, Path(folder), arguments)
        if "coupling" in arguments.tasks:
            rounds, seconds = arguments.rounds, arguments.seconds
            result["coupling"] = time_coupling(arguments.program, Path(folder), rounds, seconds)
    report.save(result, arguments.output, stem)
    print(report.table(result))
    print(f"saved as {arguments.output / stem}.txt, .json and .csv")
    if any(row["differs"] for row in result["rows"]):
        raise SystemExit("some outputs differ: the lines with a `!`")


if __name__ == "__main__":
    main()
