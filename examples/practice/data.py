#!/usr/bin/env python3
"""Write the samples of the course as text for Fortran.

Usage: data.py FOLDER

FOLDER/NAME_train.txt and FOLDER/NAME_test.txt: a line with the numbers of samples, inputs and
classes (0: the target is a number), then a line for each sample, target and inputs. Nothing is
downloaded: the measured samples come with scikit-learn.
"""

from __future__ import annotations

import pathlib
import sys

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits

TEST_SHARE = 0.2
CONDITION = 100.0  # of the valley
VALLEY_ANGLE = 30.0  # of its floor, degrees
VALLEY_BOTTOM = (1.25, 1.85)  # the weights of the smallest loss
SOURCE = 1000  # digits of the first scanner
MISTAKES = 0.2  # share of wrong labels
Samples = tuple[np.ndarray, np.ndarray]


def write(path: pathlib.Path, samples: Samples, classes: int) -> None:
    """Write one set of samples."""
    x, y = samples
    lines = [f"{len(x)} {x.shape[1]} {classes}"]
    lines += [
        f"{target} {' '.join(map(repr, row))}"
        for target, row in zip(y.tolist(), x.tolist(), strict=True)
    ]
    path.write_text("\n".join(lines) + "\n")


def write_both(
    folder: pathlib.Path, name: str, samples: Samples, classes: int, mistakes: float = 0
) -> None:
    """Draw a fifth of the samples as the test and write both sets, the training with mistakes."""
    x, y = samples
    rng = np.random.default_rng(0)
    order = rng.permutation(len(y))
    test, train = np.split(order, [round(TEST_SHARE * len(y))])
    wrong = rng.random(len(train)) < mistakes
    y_train = np.where(wrong, (y[train] + rng.integers(1, 10, len(train))) % 10, y[train])
    write(folder / f"{name}_train.txt", (x[train], y_train), classes)
    write(folder / f"{name}_test.txt", (x[test], y[test]), classes)


def other_scanner(pixels: np.ndarray) -> np.ndarray:
    """Return images with half the contrast, slanted, and with noise."""
    images = pixels.reshape(-1, 8, 8)
    rows = [np.roll(images[:, row], round((3.5 - row) / 2), axis=1) for row in range(8)]
    slanted = np.stack(rows, axis=1).reshape(pixels.shape)
    noise = np.random.default_rng(2).normal(0, 0.1, pixels.shape)
    return np.round(0.25 + 0.5 * slanted + noise, 4)


def valley() -> Samples:
    """Return 64 samples of two correlated inputs.

    A layer without bias and activation has the loss (w - v) H (w - v) with H = x x' / n, here with
    the eigenvalues 1 and 1/CONDITION to rounding.
    """
    x = np.random.default_rng(1).normal(size=(64, 2))
    x -= x.mean(axis=0)
    x = np.linalg.qr(x)[0] * np.sqrt(len(x))  # x'x = n
    angle = np.deg2rad(VALLEY_ANGLE)
    floor, across = (
        np.array([np.cos(angle), np.sin(angle)]),
        np.array([-np.sin(angle), np.cos(angle)]),
    )
    x = x @ np.array([floor / np.sqrt(CONDITION), across])
    return x, x @ np.array(VALLEY_BOTTOM)


def main() -> int:
    """Write all files."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    digits = load_digits()
    pixels, labels = digits.data / 16, digits.target
    write_both(folder, "digits", (pixels, labels), 10)
    write_both(folder, "source", (pixels[:SOURCE], labels[:SOURCE]), 10)
    write_both(folder, "target", (other_scanner(pixels[SOURCE:]), labels[SOURCE:]), 10)
    write_both(folder, "mistaken", (pixels, labels), 10, mistakes=MISTAKES)
    cells = load_breast_cancer()
    write_both(folder, "cells", (cells.data, cells.target), 2)
    for part in ("train", "test"):
        write(folder / f"valley_{part}.txt", valley(), 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
