"""Check that a run which was stopped and went on is the uninterrupted one, bit for bit.

    check_restart.py WHOLE END

WHOLE holds the files of the uninterrupted run, END those of the second part.
"""

from __future__ import annotations

import sys
from pathlib import Path

import h5py
import numpy as np


def main() -> None:
    """Compare; exit with 1 where anything differs."""
    whole, end = (Path(argument) for argument in sys.argv[1:3])
    compared = 0
    with h5py.File(whole / "restart.nc") as one, h5py.File(end / "restart.nc") as other:
        for name in ("day", "h", "u", "v", "sst", "stress_x", "stress_y", "burst", "numbers"):
            if not np.array_equal(one[name][()], other[name][()]):
                sys.exit(f"restart.nc: {name} differs")
            compared += one[name][()].size
    with h5py.File(whole / "months.nc") as one, h5py.File(end / "months.nc") as other:
        months = len(other["month"])
        for name in ("month", "sst", "h", "subsurface", "nino34", "heat"):
            if not np.array_equal(one[name][-months:], other[name][()]):
                sys.exit(f"months.nc: {name} differs")
            compared += other[name].size
    print(f"{compared} values are the same, bit for bit")


if __name__ == "__main__":
    main()
