"""Search for a climate network, and judge each by running the host with it.

    search.py DATA RESTART FOLDER --program column_physics --truth DATA [--candidates 108]

Draws networks at random in the ranges of Ott et al. (2020), table 1, trains each in Keras, converts
it, and runs the same executable with each until it fails or 60 days are over. FOLDER gets the
networks and candidates.csv, one row each; a search that was interrupted goes on there. What a
candidate gets does not depend on the number of processes.
"""

from __future__ import annotations

import argparse
import csv
import functools
import multiprocessing
import re
import subprocess
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import optuna
from climate_network import Candidate, Data, convert, load_data, train

SEED = 2020
DAYS = 60
STEPS = DAYS * 48
RESULTS = ("number", "seed", "validation_error", "steps", "drift", "parameters")


def draw_candidates(count: int) -> list[Candidate]:
    """Return so many candidates; those of a longer search begin with those of a shorter one."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=SEED))
    candidates = []
    for _ in range(count):
        trial = study.ask()
        candidates.append(
            Candidate(
                depth=trial.suggest_int("depth", 4, 11),
                width=trial.suggest_categorical("width", [128, 256, 512]),
                negative_slope=trial.suggest_float("negative_slope", 0.0, 0.4),
                dropout=trial.suggest_float("dropout", 0.0, 0.25),
                batch_normalization=trial.suggest_categorical("batch_normalization", [False, True]),
                optimizer=trial.suggest_categorical("optimizer", ["adam", "rmsprop", "sgd"]),
                learning_rate=trial.suggest_float("learning_rate", 1e-5, 1e-2, log=True),
            )
        )
    return candidates


def run_host(program: Path, network: Path, restart: Path, folder: Path) -> int:
    """Run the host with a network from a restart; return the steps until it failed, or all."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [program.resolve(), network, folder, "--from", restart, "--days", DAYS]
    command += ["--spin-up", DAYS - 10]
    answer = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=True
    )
    last = answer.stdout.splitlines()[-1]
    steps = int(re.sub(r"\D*(\d+).*", r"\1", last))
    return steps - 1 if last.startswith("failed") else steps


def find_drift(profile: Path, truth: Path) -> float:
    """Return the distance in K of a run's mean temperature profile from the truth's."""
    run, right = (
        np.loadtxt(path, delimiter=",", skiprows=1, usecols=1) for path in (profile, truth)
    )
    return float(np.sqrt(((run - right) ** 2).mean()))


@functools.cache
def load_once(folder: Path, limit: int) -> Data:
    """Return the data; each process reads them once."""
    return load_data(folder, limit)


def judge(task: tuple[int, Candidate, argparse.Namespace]) -> dict[str, object]:
    """Train, convert and run one candidate; return its row of the table and print a line."""
    number, candidate, arguments = task
    begin = time.monotonic()
    data = load_once(arguments.data, arguments.samples_used)
    model, loss = train(candidate, data, arguments.epochs, arguments.batch, number)
    network = convert(model, data.transforms, arguments.folder, f"candidate_{number:03d}")
    folder = arguments.folder / f"run_{number:03d}"
    steps = run_host(arguments.program, network, arguments.restart, folder)
    drift = float("nan")
    if steps == STEPS:
        drift = find_drift(folder / "profile.csv", arguments.truth / "profile.csv")
    print(
        f"{number:3d} {candidate.optimizer:8s} {candidate.depth:2d} x {candidate.width}"
        f"  error {loss:.6g}  steps {steps}  drift {drift:.4g}"
        f"  ({time.monotonic() - begin:.0f} s)",
        flush=True,
    )
    results = (number, number, f"{loss:.6g}", steps, f"{drift:.4g}", model.count_params())
    return {**dict(zip(RESULTS, results, strict=True)), **describe(candidate)}


def describe(candidate: Candidate) -> dict[str, object]:
    """Return the options of a candidate for the table."""
    options: dict[str, object] = asdict(candidate)
    for name, value in options.items():
        if isinstance(value, float):
            options[name] = f"{value:.17g}"
    return options


def main() -> None:
    """Judge all candidates that have no row yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path, help="folder of the training data (.npy)")
    parser.add_argument("restart", type=Path, help="where each run begins")
    parser.add_argument("folder", type=Path, help="where networks and the table go")
    parser.add_argument("--program", type=Path, required=True, help="the executable column_physics")
    parser.add_argument("--truth", type=Path, required=True, help="folder of the truth's tables")
    parser.add_argument("--candidates", type=int, default=36, help="how many (the paper: 108)")
    parser.add_argument("--samples-used", type=int, default=24000, help="of the training data")
    parser.add_argument("--epochs", type=int, default=6, help="passes over them")
    parser.add_argument("--batch", type=int, default=256, help="samples of a training step")
    parser.add_argument("--processes", type=int, default=1, help="candidates at a time")
    arguments = parser.parse_args()

    arguments.folder.mkdir(parents=True, exist_ok=True)
    table = arguments.folder / "candidates.csv"
    done: set[int] = set()
    if table.exists():
        with table.open(encoding="utf-8", newline="") as file:
            done = {int(row["number"]) for row in csv.DictReader(file)}
    tasks = [
        (number, candidate, arguments)
        for number, candidate in enumerate(draw_candidates(arguments.candidates), 1)
        if number not in done
    ]
    # TensorFlow does not survive a fork.
    with multiprocessing.get_context("spawn").Pool(arguments.processes) as pool:
        for row in pool.imap(judge, tasks):
            with table.open("a", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(row))
                if not done and row["number"] == 1:
                    writer.writeheader()
                writer.writerow(row)


if __name__ == "__main__":
    main()
