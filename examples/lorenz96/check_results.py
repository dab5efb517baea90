"""Check that runs of the program lorenz96 learned what they should have.

    check_results.py FOLDER ...

Each FOLDER holds the CSV files of a run of 50 time units or more. The model is chaotic, so that
runs differ between seeds and compilers: the median of all runs is judged. Nothing but the standard
library is needed.
"""

from __future__ import annotations

import argparse
import csv
import math
import statistics
import sys
from pathlib import Path

# Standard deviation of X in the truth.
TRUE_DEVIATION = 3.54
# Closures whose forecasts are compared.
SHOWN = ("none", "wrong", "quartic", "offline", "learned")


def read_table(path: Path) -> dict[str, list[float]]:
    """Read a CSV file with a header as named columns."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def deviation(x: list[float], density: list[float]) -> float:
    """Return the standard deviation of a density, Sheppard's correction for the bins included."""
    width = x[1] - x[0]
    mean = sum(a * b for a, b in zip(x, density, strict=True)) * width
    square = sum((a - mean) ** 2 * b for a, b in zip(x, density, strict=True)) * width
    return math.sqrt(square - width**2 / 12)


def time_to(level: float, time: list[float], errors: list[float]) -> float:
    """Return the time at which forecasts first are wrong by so much."""
    return next((t for t, error in zip(time, errors, strict=True) if error >= level), time[-1])


def measure(folder: Path) -> dict[str, float]:
    """Return the numbers of one run that are judged."""
    learning = read_table(folder / "learning.csv")
    climate = read_table(folder / "climate.csv")
    history = list(zip(learning["time"], learning["closure_error"], strict=True))
    end = history[-1][0]
    sd = {name: deviation(climate["x"], climate[name]) for name in climate if name != "x"}
    forecasts = read_table(folder / "forecasts.csv")
    useful = {name: time_to(1.0, forecasts["time"], forecasts[name]) for name in SHOWN}
    return {
        "start": history[0][1],
        "early": min(error for time, error in history if 0 < time <= 5),
        "late": statistics.mean(error for time, error in history if time > end - 10),
        "distance": max(learning["distance"]),
        "deviation": abs(sd["learned"] / TRUE_DEVIATION - 1),
        "deviation_offline": abs(sd["offline"] / TRUE_DEVIATION - 1),
        "deviation_quartic": abs(sd["quartic"] / TRUE_DEVIATION - 1),
        **{f"useful_{name}": value for name, value in useful.items()},
    }


def main() -> None:
    """Print the checks; exit with 1 where one fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, nargs="+", help="where lorenz96 wrote its files")
    runs = [measure(folder) for folder in parser.parse_args().folder]
    median = {name: statistics.median(run[name] for run in runs) for name in runs[0]}

    checks = {
        "the wrong system's B(X) is wrong by more than 0.5": median["start"] > 0.5,
        "error of B(X) below 0.2 within 5 time units": median["early"] < 0.2,
        "mean error of B(X) in the last 10 units below 0.15": median["late"] < 0.15,
        "coarse and true X stay within 0.05": median["distance"] < 0.05,
        "deviation of X within 2 % of the truth's": median["deviation"] < 0.02,
        "with the network trained offline, and with the quartic, too": max(
            median["deviation_offline"], median["deviation_quartic"]
        )
        < 0.02,
        "forecasts: the wrong network is better than none": median["useful_none"]
        < median["useful_wrong"],
        "the learned one is better than that": median["useful_wrong"] < median["useful_learned"],
        "and nearly as good as offline on the truth": median["useful_learned"]
        > 0.9 * median["useful_offline"],
    }
    print(", ".join(f"{name} {value:.3f}" for name, value in median.items()))
    for name, passed in checks.items():
        if not passed:
            print(f"FAILED: {name}")
    failed = sum(not passed for passed in checks.values())
    print(f"{len(checks) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
