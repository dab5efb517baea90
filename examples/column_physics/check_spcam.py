"""Check that the host got from a network of SPCAM what the network says.

    check_spcam.py MODEL.fkb SAMPLES.npy

SAMPLES.npy is what the host asked and what it was told (`column_physics MODEL.fkb --samples`). The
network takes T before Q and gives the heating before the moistening; the host has it the other way
round. Needs the FKB library (FKB_LIBRARY).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import fkb
import numpy as np

LEVELS = 30
INPUTS = 3 * LEVELS + 4


def exchange_first(values: np.ndarray) -> np.ndarray:
    """Exchange the first two profiles of each row."""
    first, second = values[:, :LEVELS], values[:, LEVELS : 2 * LEVELS]
    return np.concatenate([second, first, values[:, 2 * LEVELS :]], axis=1)


def main() -> None:
    """Compare, relative to the largest answer of each variable."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("model", type=Path)
    parser.add_argument("samples", type=Path)
    arguments = parser.parse_args()
    samples = np.load(arguments.samples)
    said = samples[:, INPUTS:]
    right = exchange_first(fkb.load(arguments.model).predict(exchange_first(samples[:, :INPUTS])))
    error = np.abs(said - right) / np.abs(right).max(axis=0)
    print(f"{len(samples)} columns, largest relative difference {error.max():.2g}")
    # Keras's own precision is real32: the sums of another batch size may differ in the last digits.
    sys.exit(0 if error.max() < 1e-5 else 1)


if __name__ == "__main__":
    main()
