#!/usr/bin/env python3
"""Train in Fortran with many options and draw the curves that a course would show.

Usage: experiments.py [--build FOLDER] [--data FOLDER] [--out FOLDER] [--epochs EPOCHS]

Writes OUT/<comparison>.csv for each run and OUT/<comparison>.png.
"""

from __future__ import annotations

import argparse
import csv
import pathlib
import subprocess
import sys
from dataclasses import dataclass, field

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

HERE = pathlib.Path(__file__).resolve().parent
Curve = dict[str, list[float]]


@dataclass
class Comparison:
    """Runs that differ in one thing."""

    name: str
    title: str
    runs: dict[str, list[str]]
    shown: tuple[str, ...] = ("loss", "val_accuracy")
    common: list[str] = field(default_factory=list)
    longer: int = 1  # how many times as many epochs


def optimizer(name: str, **options: float) -> list[str]:
    """Return the words that choose an optimizer."""
    config = ", ".join(f'"{key}": {value}' for key, value in options.items())
    return ["--optimizer", f'{{"class_name": "{name}", "config": {{{config}}}}}']


COMPARISONS = [
    Comparison(
        "activations",
        "Activations of the hidden layer",
        {name: ["--activation", name] for name in ("relu", "tanh", "sigmoid", "gelu", "linear")},
    ),
    Comparison(
        "initializers",
        "First weights",
        {
            name: ["--initializer", name]
            for name in ("glorot_uniform", "he_normal", "random_normal", "orthogonal", "zeros")
        },
        common=["--network", "conv"],
    ),
    Comparison(
        "optimizers",
        "Optimizers",
        {
            "SGD 0.1": optimizer("SGD", learning_rate=0.1),
            "SGD 0.1, momentum 0.9": optimizer("SGD", learning_rate=0.1, momentum=0.9),
            "RMSprop": optimizer("RMSprop", learning_rate=0.001),
            "Adagrad 0.05": optimizer("Adagrad", learning_rate=0.05),
            "Adam": optimizer("Adam", learning_rate=0.001),
            "Lion 0.0003": optimizer("Lion", learning_rate=0.0003),
        },
    ),
    Comparison(
        "fitting",
        "Under- and overfitting, 100 digits to learn from",
        {
            "2 units": ["--units", "2"],
            "16 units": ["--units", "16"],
            "512 units": ["--units", "512"],
            "512 units, dropout 0.5": ["--units", "512", "--dropout", "0.5"],
        },
        shown=("loss", "val_loss"),
        common=["--samples", "100", *optimizer("Adam", learning_rate=0.005)],
        longer=8,
    ),
    Comparison(
        "augmentation",
        "Augmentation: digits moved by up to half a pixel, 150 to learn from",
        {"as they are": ["--augment", "no"], "moved": ["--augment", "yes"]},
        shown=("accuracy", "val_accuracy"),
        common=["--samples", "150", "--network", "conv"],
        longer=12,
    ),
]

WORDS = {
    "loss": "loss, training",
    "val_loss": "loss, test",
    "accuracy": "accuracy, training",
    "val_accuracy": "accuracy, test",
}


def train(program: pathlib.Path, data: pathlib.Path, table: pathlib.Path, words: list[str]) -> None:
    """Run the Fortran program once."""
    run = [str(program), str(data), str(table), *words]
    subprocess.run(run, check=True, stdout=subprocess.DEVNULL)


def read(table: pathlib.Path) -> Curve:
    """Return the columns of a table of epochs."""
    with table.open() as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def draw(
    comparison: Comparison, curves: dict[str, dict[str, list[float]]], path: pathlib.Path
) -> None:
    """Draw one picture: a panel for each thing shown, a line for each run."""
    figure, panels = plt.subplots(
        1, len(comparison.shown), figsize=(9.5, 3.8), layout="constrained"
    )
    for panel, shown in zip(panels, comparison.shown, strict=True):
        for label, columns in curves.items():
            panel.plot(range(1, len(columns[shown]) + 1), columns[shown], label=label)
        panel.set_xlabel("epoch")
        panel.set_title(WORDS[shown], fontsize=10)
        panel.grid(alpha=0.3)
        if shown.endswith("loss"):
            panel.set_yscale("log")
    panels[-1].legend(fontsize=8)
    figure.suptitle(comparison.title)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def main() -> int:
    """Make all comparisons."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=HERE / "../../build/gfortran")
    parser.add_argument("--data", type=pathlib.Path, default=HERE / "output/data")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "output")
    parser.add_argument("--epochs", type=int, default=40)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    folders = (options.build / "examples/digits", options.build)
    programs = [folder / "digits_sp" for folder in folders if (folder / "digits_sp").exists()]
    if not programs:
        print(f"experiments.py: there is no digits_sp in {options.build}: build it first")
        return 1
    for comparison in COMPARISONS:
        curves: dict[str, Curve] = {}
        for label, words in comparison.runs.items():
            table = options.out / f"{comparison.name}_{len(curves)}.csv"
            epochs = comparison.longer * options.epochs
            words = [*comparison.common, *words, "--epochs", str(epochs)]
            train(programs[0], options.data, table, words)
            curves[label] = read(table)
            last = {name: round(column[-1], 4) for name, column in curves[label].items()}
            print(
                f"{comparison.name:13} {label:24} test accuracy {last['val_accuracy']:.4f}",
                flush=True,
            )
        draw(comparison, curves, options.out / f"{comparison.name}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
