"""Draw the search for a network, the truth, and runs with networks.

    plot.py search candidates.csv search.png
    plot.py truth history.nc profile.csv truth.png
    plot.py runs runs.png NAME=FOLDER ...

`search` also prints the statistics: rank correlations, survivors, medians by optimizer. It needs
matplotlib and scipy, no TensorFlow.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import NullFormatter
from scipy.io import netcdf_file
from scipy.stats import spearmanr

COLORS = {"adam": "#1b6ca8", "rmsprop": "#1b9e77", "sgd": "#d95f02"}
NAMES = {"adam": "Adam", "rmsprop": "RMSprop", "sgd": "SGD"}
RUNS = ["#2b2b2b", "#d95f02", "#1b6ca8", "#1b9e77", "#7570b3"]
FULL = 2880
STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "legend.fontsize": 9,
}


def read_candidates(path: Path) -> list[dict[str, Any]]:
    """Read the table of a search; numbers as numbers."""
    with path.open(encoding="utf-8", newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    for row in rows:
        for name, value in row.items():
            if name == "batch_normalization":
                row[name] = float(value == "True")
            elif name != "optimizer":
                row[name] = float(value)
    return rows


def print_statistics(rows: list[dict[str, Any]]) -> float:
    """Print what the search says and return the rank correlation of error and steps."""
    steps = [row["steps"] for row in rows]
    result = spearmanr([row["validation_error"] for row in rows], steps)
    lived = sum(value == FULL for value in steps)
    print(f"{len(rows)} candidates, {lived} reach the end")
    print(f"rank correlation of offline error and steps {result.statistic:+.2f}")
    for name in ("depth", "width", "negative_slope", "dropout", "batch_normalization"):
        other = spearmanr([row[name] for row in rows], steps)
        print(f"rank correlation of {name} and steps {other.statistic:+.2f}")
    for optimizer in COLORS:
        chosen = [row for row in rows if row["optimizer"] == optimizer]
        if chosen:
            error = np.median([row["validation_error"] for row in chosen])
            median = np.median([row["steps"] for row in chosen])
            text = f"{len(chosen):3d} networks, median error {error:.3f}, steps {median:.0f}"
            print(f"{optimizer:8s} {text}")
    drifts = sorted(row["drift"] for row in rows if row["steps"] == FULL)
    print("drift of the survivors in K: " + ", ".join(f"{drift:.2f}" for drift in drifts))
    return float(result.statistic)


def draw_search(table: Path, picture: Path) -> None:
    """Draw offline error against steps to failure, and the drift of those that live."""
    rows = read_candidates(table)
    correlation = print_statistics(rows)
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(10, 4.2), layout="constrained", width_ratios=[1.6, 1]
    )
    for optimizer, color in COLORS.items():
        chosen = [row for row in rows if row["optimizer"] == optimizer]
        left.scatter(
            [row["validation_error"] for row in chosen],
            [row["steps"] for row in chosen],
            color=color,
            s=38,
            alpha=0.8,
            label=NAMES[optimizer],
        )
        lived = [row for row in chosen if row["steps"] == FULL]
        right.scatter(
            [row["validation_error"] for row in lived],
            [row["drift"] for row in lived],
            color=color,
            s=38,
            alpha=0.8,
        )
    left.axhline(FULL, color="#aaaaaa", lw=1, ls=":", zorder=0)
    left.set(
        title=f"{len(rows)} networks, rank correlation {correlation:+.2f}",
        xscale="log",
        yscale="log",
        xlabel="offline validation error",
        ylabel="steps until the run fails (60 days: 2880)",
    )
    left.legend(loc="lower left")
    right.set(
        title="Those that reach 60 days",
        xscale="log",
        yscale="log",
        xlabel="offline validation error",
        ylabel="distance from the true temperatures (K)",
    )
    right.xaxis.set_minor_formatter(NullFormatter())
    figure.savefig(picture, dpi=110)


def draw_truth(history: Path, profile: Path, picture: Path) -> None:
    """Draw the rain of the ring in time, and the mean profile."""
    with netcdf_file(history, mmap=False) as file:
        time = file.variables["time"][:].copy()
        rain = file.variables["rain"][:].copy() * 86400
    pressure, temperature, humidity = np.loadtxt(profile, delimiter=",", skiprows=1, unpack=True)
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(10, 4.4), layout="constrained", width_ratios=[1.6, 1]
    )
    late = time > time[-1] - 60
    mesh = left.pcolormesh(
        np.arange(64) * 360 / 64, time[late], rain[late], cmap="Blues", vmin=0, vmax=15
    )
    figure.colorbar(mesh, ax=left, label="rain (mm/day)")
    left.set(title="Rain follows the warm sea", xlabel="longitude (degrees)", ylabel="day")
    right.plot(temperature, pressure / 100, color="#d95f02", lw=2, label="temperature (K)")
    right.invert_yaxis()
    right.set(title="Mean profile", xlabel="temperature (K)", ylabel="pressure (hPa)")
    twin = right.twiny()
    twin.plot(humidity * 1000, pressure / 100, color="#1b6ca8", lw=2, label="humidity (g/kg)")
    twin.set_xlabel("specific humidity (g/kg)", color="#1b6ca8")
    twin.spines["top"].set_visible(True)
    right.xaxis.label.set_color("#d95f02")
    figure.savefig(picture, dpi=110)


def draw_runs(picture: Path, runs: list[str]) -> None:
    """Draw daily means of runs, each as NAME=FOLDER."""
    panels = [
        ("t850", "Temperature at 850 hPa (K)"),
        ("t500", "Temperature at 483 hPa (K)"),
        ("vapour", "Precipitable water (mm)"),
        ("rain", "Rain (mm/day)"),
    ]
    figure, axes = plt.subplots(2, 2, figsize=(10, 6), layout="constrained", sharex=True)
    limits = {}
    for number, run in enumerate(runs):
        name, folder = run.split("=", 1)
        with (Path(folder) / "days.csv").open(encoding="utf-8") as file:
            names = file.readline().strip().split(",")
            days = dict(zip(names, np.loadtxt(file, delimiter=",", ndmin=2).T, strict=True))
        for axis, (key, title) in zip(axes.flat, panels, strict=True):
            axis.plot(days["day"], days[key], color=RUNS[number], lw=1.8, label=name)
            if days["day"][-1] < FULL // 48:
                axis.plot(days["day"][-1], days[key][-1], "x", color=RUNS[number], ms=9, mew=2)
            axis.set_title(title)
            limits.setdefault(key, days[key].mean())
    widths = {"t850": 8, "t500": 12, "vapour": 30, "rain": 8}
    for axis, (key, _) in zip(axes.flat, panels, strict=True):
        low = max(0, limits[key] - widths[key]) if key in ("rain", "vapour") else None
        axis.set_ylim(limits[key] - widths[key] if low is None else low, limits[key] + widths[key])
    for axis in axes[1]:
        axis.set_xlabel("day")
    axes[0, 0].legend(loc="upper right")
    figure.savefig(picture, dpi=110)


def main() -> None:
    """Draw what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    kinds = parser.add_subparsers(dest="kind", required=True)
    search = kinds.add_parser("search", help="offline error against steps to failure")
    search.add_argument("table", type=Path)
    search.add_argument("picture", type=Path)
    truth = kinds.add_parser("truth", help="rain and mean profile of the truth")
    truth.add_argument("history", type=Path)
    truth.add_argument("profile", type=Path)
    truth.add_argument("picture", type=Path)
    runs = kinds.add_parser("runs", help="daily means of runs")
    runs.add_argument("picture", type=Path)
    runs.add_argument("run", nargs="+", help="NAME=FOLDER with days.csv")
    arguments = parser.parse_args()
    plt.rcParams.update(STYLE)
    if arguments.kind == "search":
        draw_search(arguments.table, arguments.picture)
    elif arguments.kind == "truth":
        draw_truth(arguments.history, arguments.profile, arguments.picture)
    else:
        draw_runs(arguments.picture, arguments.run)


if __name__ == "__main__":
    main()
