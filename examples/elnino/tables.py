"""Print the tables of the study, and check what must hold.

    tables.py FOLDER...                       the tables of a run, or the spread over several seeds
    tables.py --check FOLDER... [--groups 8]  exit status 1 where an ordering or agreement fails

Checked: TRANS has a smaller error of the next month than HIS in so many groups; the scores of Keras
and of Fortran agree within TOLERANCES.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Scores = dict[str, NDArray[np.float64]]

WORLDS = {"keras": "Keras, Keras", "mixed": "Keras, Fortran", "fortran": "Fortran, Fortran"}
NETWORKS = {"free": "FREE", "his": "HIS", "trans": "TRANS"}
OTHERS = {
    "persistence": "persistence",
    "simulator_source": "simulator of the source",
    "simulator_own": "the observation's own simulator",
}
SEASONS = ("r_3", "r_6", "r_9", "r_12")
# How far the scores of two worlds may be apart: errors relative, mean correlations absolute.
RMSE_TOLERANCE, R_TOLERANCE = 0.01, 0.1


def read_scores(path: Path) -> Scores:
    """Read the table of a judgement."""
    with path.open(encoding="utf-8") as file:
        names = file.readline().strip().split(",")
        return dict(zip(names, np.loadtxt(file, delimiter=",", ndmin=2).T, strict=True))


def read_run(folder: Path) -> dict[tuple[str, str], Scores]:
    """Read all tables of a run, by world and network."""
    found = {}
    for world in WORLDS:
        for network in NETWORKS:
            if (folder / world / f"{network}.csv").exists():
                found[world, network] = read_scores(folder / world / f"{network}.csv")
    # History alone knows no pre-training: tuned in Fortran it is Fortran's.
    if ("mixed", "trans") in found:
        found["mixed", "his"] = found["fortran", "his"]
    for name in OTHERS:
        if not (folder / f"{name}.csv").exists():
            continue
        found["", name] = read_scores(folder / f"{name}.csv")
    return found


def print_errors(run: dict[tuple[str, str], Scores]) -> None:
    """Print the error of the next month of each group, as the paper does."""
    worlds = [world for world in WORLDS if (world, "trans") in run]
    titles = [f"{name} ({WORLDS[world]})" for world in worlds for name in NETWORKS.values()]
    print("One-month RMSE of all values (SST/2 K, thermocline/50 m):\n")
    print("| group | persistence | " + " | ".join(titles) + " |")
    print("|" + "---|" * (2 + len(titles)))
    persistence = run["", "persistence"]["rmse"]
    columns = [run[world, network]["rmse"] for world in worlds for network in NETWORKS]
    for group in range(len(persistence)):
        cells = [f"{persistence[group]:.4f}"]
        for place, column in enumerate(columns):
            best = min(c[group] for c in columns[place - place % 3 : place - place % 3 + 3])
            text = f"{column[group]:.4f}"
            cells.append(f"**{text}**" if column[group] == best else text)
        print(f"| {group + 1} | " + " | ".join(cells) + " |")
    means = [f"{column.mean():.4f}" for column in [persistence, *columns]]
    print("| mean | " + " | ".join(means) + " |\n")


def print_correlations(run: dict[tuple[str, str], Scores]) -> None:
    """Print the mean correlations of Nino-3.4, forecasters below one another."""
    print("Correlation of the three-month mean of Niño-3.4, mean of the ten groups:\n")
    print("| | months 1-3 | 4-6 | 7-9 | 10-12 |\n|---|---|---|---|---|")
    lines = {("", name): title for name, title in OTHERS.items()}
    for world, title in WORLDS.items():
        lines |= {(world, key): f"{name} ({title})" for key, name in NETWORKS.items()}
    for key, title in lines.items():
        if key in run:
            values = " | ".join(f"{run[key][season].mean():.3f}" for season in SEASONS)
            print(f"| {title} | {values} |")
    print()


def print_seasons(run: dict[tuple[str, str], Scores], world: str) -> None:
    """Print the correlations of each group: HIS and TRANS of one world."""
    print(f"Correlation of Niño-3.4 by group, HIS / TRANS ({WORLDS[world]}):\n")
    print("| group | months 1-3 | 4-6 | 7-9 | 10-12 |\n|---|---|---|---|---|")
    his, trans = run[world, "his"], run[world, "trans"]
    for group in range(len(his["r_3"])):
        cells = [f"{his[s][group]:.2f} / {trans[s][group]:.2f}" for s in SEASONS]
        print(f"| {group + 1} | " + " | ".join(cells) + " |")
    better = [f"{np.sum(trans[s] > his[s])} of {len(his[s])}" for s in SEASONS]
    print("| TRANS higher in | " + " | ".join(better) + " |\n")


def print_spread(runs: dict[str, dict[tuple[str, str], Scores]]) -> None:
    """Print what changes from seed to seed."""
    print("| | RMSE: persistence | FREE | HIS | TRANS | TRANS below HIS in | r HIS | r TRANS |")
    print("|" + "---|" * 8)
    rows = []
    for name, run in runs.items():
        errors = [run["", "persistence"], *(run["fortran", n] for n in NETWORKS)]
        means = [float(scores["rmse"].mean()) for scores in errors]
        won = int(np.sum(errors[3]["rmse"] < errors[2]["rmse"]))
        r = [" ".join(f"{scores[s].mean():.2f}" for s in SEASONS) for scores in errors[2:]]
        cells = [f"{value:.4f}" for value in means]
        cells += [f"{won} of {len(errors[2]['rmse'])}", *r]
        print(f"| {name} | " + " | ".join(cells) + " |")
        rows.append(means)
    low, high = np.min(rows, axis=0), np.max(rows, axis=0)
    ranges = [f"{a:.4f} to {b:.4f}" for a, b in zip(low, high, strict=True)]
    print("| range | " + " | ".join(ranges) + " | | | |\n")


def disagreements(run: dict[tuple[str, str], Scores]) -> list[str]:
    """Return in what the worlds are further apart than they may be, and print how far they are."""
    wrong = []
    for network in NETWORKS:
        for world in ("keras", "mixed"):
            if (world, network) not in run or ("fortran", network) not in run:
                continue
            here, there = run[world, network], run["fortran", network]
            error = float(np.max(np.abs(here["rmse"] / there["rmse"] - 1)))
            r = max(abs(float(here[s].mean() - there[s].mean())) for s in SEASONS)
            text = f"{NETWORKS[network]}, {WORLDS[world]} against Fortran, Fortran:"
            text += f" errors of groups within {100 * error:.2f} %, mean r within {r:.3f}"
            print(text)
            if error > RMSE_TOLERANCE or r > R_TOLERANCE:
                wrong.append(text)
    return wrong


def main() -> int:
    """Print, and check where that is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", help="what run.sh wrote")
    parser.add_argument("--check", action="store_true", help="check instead of printing tables")
    parser.add_argument("--groups", type=int, default=8, help="in how many TRANS must win")
    arguments = parser.parse_args()
    runs = {folder.name: read_run(folder) for folder in arguments.folders}
    if arguments.check:
        wrong = []
        for name, run in runs.items():
            wrong += [f"{name}: {text}" for text in disagreements(run)]
            for world in WORLDS:
                if (world, "trans") in run:
                    below = run[world, "trans"]["rmse"] < run[world, "his"]["rmse"]
                    print(f"{name}, {WORLDS[world]}: TRANS below HIS in {below.sum()} groups")
                    if below.sum() < arguments.groups:
                        wrong.append(f"{name}: TRANS below HIS in {below.sum()} groups only")
        for text in wrong:
            print(f"tables.py: {text}", file=sys.stderr)
        return 1 if wrong else 0
    if len(runs) > 1:
        print_spread(runs)
        return 0
    (run,) = runs.values()
    print_errors(run)
    print_correlations(run)
    print_seasons(run, "fortran")
    disagreements(run)
    return 0


if __name__ == "__main__":
    sys.exit(main())
