#!/usr/bin/env python3
"""Write the 8x8 handwritten digits that ship with scikit-learn as text for Fortran.

Usage: data.py FOLDER

FOLDER/train.txt and FOLDER/test.txt: a line with the number of samples, then one line each, the
digit and 64 pixels from 0 to 16, row by row. A fifth of the samples is the test, drawn once.
"""

from __future__ import annotations

import pathlib
import sys

import numpy as np
from sklearn.datasets import load_digits

TEST_SHARE = 0.2


def write(path: pathlib.Path, labels: np.ndarray, pixels: np.ndarray) -> None:
    """Write one set of samples."""
    table = np.column_stack([labels, pixels]).astype(int)
    path.write_text(f"{len(table)}\n" + "".join(f"{' '.join(map(str, row))}\n" for row in table))


def main() -> int:
    """Write both files."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))
    n_test = round(TEST_SHARE * len(order))
    for name, chosen in (("test", order[:n_test]), ("train", order[n_test:])):
        write(folder / f"{name}.txt", digits.target[chosen], digits.data[chosen])
    return 0


if __name__ == "__main__":
    sys.exit(main())
