"""Print the errors of the forecasts as a table, for one output folder of run.sh or several.

    tables.py FOLDER...

MSE and MAE of pixels from 0 to 255, the mean over all frames ahead. Of several folders (of several
seeds) the mean, and the largest deviation from it.
"""

from __future__ import annotations

import csv
import statistics
import sys
from pathlib import Path

NETWORKS = ("fc", "conv1", "conv2", "conv3")
SETS = ("train", "validation", "test", "three")


def mean_of(path: Path, name: str) -> float:
    """Return the mean of one column."""
    with path.open(encoding="utf-8") as file:
        return statistics.fmean(float(row[name]) for row in csv.DictReader(file))


def cell(folders: list[Path], table: str, name: str, digits: int) -> str:
    """Return the mean over folders and its spread."""
    values = [mean_of(folder / table, name) for folder in folders]
    mean = statistics.fmean(values)
    if len(values) == 1:
        return f"{mean:.{digits}f}"
    return f"{mean:.{digits}f} ± {max(abs(value - mean) for value in values):.{digits}f}"


def main() -> int:
    """Print the table."""
    folders = [Path(word) for word in sys.argv[1:]]
    if not folders:
        print(__doc__)
        return 2
    print("| MSE, MAE | " + " | ".join(SETS) + " |")
    print("|---|" + "---|" * len(SETS))
    for network in (*NETWORKS, "last frame"):
        cells = []
        for which in SETS:
            file = f"digits/{network if network in NETWORKS else 'fc'}.{which}.csv"
            kind = "" if network in NETWORKS else "still_"
            mse, mae = (cell(folders, file, kind + n, d) for n, d in (("mse", 0), ("mae", 1)))
            cells.append(f"{mse}, {mae}")
        print(f"| {network} | " + " | ".join(cells) + " |")
    for kind in ("", "still_"):
        mse = cell(folders, "radar/conv1.test.csv", f"{kind}mse", 1)
        print(f"rain, {'last frame' if kind else 'conv1'}: MSE {mse}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
