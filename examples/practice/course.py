#!/usr/bin/env python3
"""Train every experiment of the course in Fortran and in Keras, compare, draw.

Usage: course.py [--build FOLDER] [--data FOLDER] [--out FOLDER] [--subjects NAME ...]
                 [--seeds N] [--keras-seeds N] [--processes N] [--short]

From the same first weights and with the same batches, all curves must lie on each other: every
number of every epoch, the weights at the end, and the outputs of the network that Fortran exports
and Keras loads. Exit status 1 where they do not. OUT gets a table for each training, a picture for
each subject, and summary.md.
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
import pathlib
import sys
from dataclasses import dataclass, field

import numpy as np
import pictures
from experiments import SUBJECTS, Run, Subject
from in_fortran import Curve, Files, program, read_curve, train

HERE = pathlib.Path(__file__).resolve().parent
BOUND = {"dp": 1e-6, "sp": 1e-2}  # of a curve's largest value, in the epochs that lie together
OWN_BOUND = 0.03  # of accuracies, where each world draws its own dropout


@dataclass(frozen=True)
class Task:
    """One training in one world or in both."""

    subject: str
    number: int
    run: Run
    seed: int
    keras: bool
    build: pathlib.Path
    data: pathlib.Path
    out: pathlib.Path
    before: int = -1  # number of the run whose network is trained on

    def files(self, number: int) -> Files:
        """Return where the files of a run are."""
        return Files(self.out, f"{self.subject}_{number}_{self.seed}")


@dataclass
class Result:
    """What came of a training."""

    worlds: dict[str, Curve]
    apart: dict[str, float] = field(default_factory=dict)  # weights, outputs


def perform(task: Task) -> Result:
    """Train in Fortran and, if asked for, in Keras."""
    files = task.files(task.number)
    trained = ""
    if task.before >= 0:  # Fortran goes on with what Keras learned
        trained = str(task.files(task.before).at("keras.fkb" if task.keras else "last.fkb"))
    worlds = {"Fortran": train(task.build, task.data, task.run, task.seed, files, trained)}
    if not task.keras:
        return Result(worlds)
    import in_keras

    apart = in_keras.train(task.data, task.run, task.seed, files)
    in_keras.convert(files)
    worlds["Keras"] = read_curve(files.at("keras.csv"))
    return Result(worlds, apart)


def apart_by_epoch(worlds: dict[str, Curve]) -> np.ndarray:
    """Return the largest difference of any column as a part of its largest value."""
    ours, theirs = worlds["Fortran"], worlds["Keras"]
    if ours.keys() != theirs.keys() or any(len(ours[name]) != len(theirs[name]) for name in ours):
        return np.array([np.inf])
    parts = [
        np.abs(ours[name] - theirs[name]) / (np.abs(theirs[name]).max() or 1.0) for name in ours
    ]
    largest: np.ndarray = np.stack(parts).max(axis=0)
    return largest


def judge(task: Task, result: Result) -> bool:
    """Say how far both worlds are apart; return whether that is near enough."""
    name = f"{task.subject:12} {task.run.label:26} seed {task.seed}"
    if not task.run.alike:
        ends = {world: float(curve["val_accuracy"][-1]) for world, curve in result.worlds.items()}
        good = abs(ends["Fortran"] - ends["Keras"]) <= OWN_BOUND
        text = "own dropout, test accuracies {Fortran:.3f} and {Keras:.3f}".format(**ends)
        print(f"{name}: {text}" + ("" if good else "  <-- APART"), flush=True)
        return good
    apart = apart_by_epoch(result.worlds)
    result.worlds["Fortran"]["apart"] = apart
    together = task.run.together or len(apart)
    bound = BOUND[task.run.kind]
    good = bool(apart[:together].max() <= bound)
    text = f"{name}: curves within {apart[:together].max():.0e}"
    if task.run.together:
        text += f" for {together} epochs, {apart.max():.0e} in the end"
    else:
        good = good and all(value <= 100 * bound for value in result.apart.values())
        text += ", weights within {weights:.0e}, outputs within {outputs:.0e}".format(
            **result.apart
        )
    print(text + ("" if good else "  <-- APART"), flush=True)
    return good


def short_subject(subject: Subject) -> Subject:
    """Return two epochs of the last run, with the run that it goes on with."""
    last = subject.runs[-1]
    chosen = [run for run in subject.runs if run.label == last.pretrained] + [last]
    runs = [dataclasses.replace(run, epochs=2, together=0) for run in chosen]
    return dataclasses.replace(subject, runs=runs)


def tasks_of(subject: Subject, options: argparse.Namespace) -> list[Task]:
    """Return the trainings of a subject."""
    labels = [run.label for run in subject.runs]
    return [
        Task(
            subject.name,
            number,
            run,
            seed,
            seed <= options.keras_seeds,
            options.build,
            options.data,
            options.out,
            labels.index(run.pretrained) if run.pretrained else -1,
        )
        for number, run in enumerate(subject.runs)
        for seed in range(1, options.seeds + 1)
    ]


def spread(values: list[float], form: str) -> str:
    """Return the mean of the seeds and how far they are from each other."""
    if len(values) == 1:
        return f"{values[0]:{form}}"
    return f"{np.mean(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def agreement(subjects: list[Subject], results: dict[str, dict[tuple[int, int], Result]]) -> str:
    """Return a table of how far both worlds are apart."""
    lines = ["## Agreement", "", "| subject | curves | weights | outputs |", "|---|---|---|---|"]
    for subject in subjects:
        compared = [
            (run, result)
            for number, run in enumerate(subject.runs)
            for (of, _), result in results[subject.name].items()
            if of == number and "apart" in result.worlds["Fortran"] and run.kind == "dp"
        ]
        compared = [(run, result) for run, result in compared if not run.together]
        if compared:
            worst = [max(result.worlds["Fortran"]["apart"].max() for _, result in compared)]
            worst += [
                max(result.apart[what] for _, result in compared) for what in ("weights", "outputs")
            ]
            lines.append(f"| {subject.name} | " + " | ".join(f"{x:.0e}" for x in worst) + " |")
    return "\n".join([*lines, ""])


def summary(subject: Subject, results: dict[tuple[int, int], Result], seeds: int) -> str:
    """Return a table of what the runs came to, over the seeds."""
    lines = [f"## {subject.title}", "", "| run | test loss | test accuracy, % |", "|---|---|---|"]
    for number, run in enumerate(subject.runs):
        curves = [results[number, seed].worlds["Fortran"] for seed in range(1, seeds + 1)]
        loss = spread([float(curve["val_loss"][-1]) for curve in curves], ".3g")
        accuracy = "-"
        if "val_accuracy" in curves[0]:
            accuracy = spread([100 * float(curve["val_accuracy"][-1]) for curve in curves], ".1f")
        lines.append(f"| {run.label} | {loss} | {accuracy} |")
    return "\n".join([*lines, ""])


def arguments() -> argparse.Namespace:
    """Return what the user asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=HERE / "../../build/gfortran")
    parser.add_argument("--data", type=pathlib.Path, default=HERE / "output/data")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "output")
    parser.add_argument("--subjects", nargs="+", default=[subject.name for subject in SUBJECTS])
    parser.add_argument("--seeds", type=int, default=3, help="in Fortran")
    parser.add_argument("--keras-seeds", type=int, default=1, help="in Keras too")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--short", action="store_true", help="two epochs of a run of each subject")
    return parser.parse_args()


def main() -> int:
    """Run the course."""
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    for kind in ("sp", "dp"):
        program(options.build, kind)  # ends where it is not built
    unknown = set(options.subjects) - {subject.name for subject in SUBJECTS}
    if unknown:
        print(f"course.py: no such subject: {' '.join(sorted(unknown))}")
        return 2
    subjects = [subject for subject in SUBJECTS if subject.name in options.subjects]
    if options.short:
        subjects = [short_subject(subject) for subject in subjects]
        options.seeds = 1
    tasks = [task for subject in subjects for task in tasks_of(subject, options)]
    first = [task for task in tasks if task.before < 0]
    later = [task for task in tasks if task.before >= 0]
    good, tables = True, []
    results: dict[str, dict[tuple[int, int], Result]] = {subject.name: {} for subject in subjects}
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        for part in (first, later):
            for task, result in zip(part, pool.imap(perform, part), strict=True):
                if task.keras:
                    good = judge(task, result) and good
                results[task.subject][task.number, task.seed] = result
    for subject in subjects:
        curves = [results[subject.name][number, 1].worlds for number in range(len(subject.runs))]
        pictures.draw(subject, curves, options.data, options.out / f"{subject.name}.png")
        tables.append(summary(subject, results[subject.name], options.seeds))
    tables.append(agreement(subjects, results))
    (options.out / "summary.md").write_text("\n".join(tables))
    if not good:
        print("Keras and Fortran are apart")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
