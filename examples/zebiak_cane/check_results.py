"""Check that the networks do in the coupled model what they should.

    check_results.py forecast|online|closure FOLDER [--full]

--full judges runs of 100 years as documented, without it shorter ones. Nothing but the standard
library is needed.
"""

from __future__ import annotations

import argparse
import csv
import math
import statistics
import sys
from pathlib import Path

# Months that statistics of a run leave out.
SPIN_UP = 180


def read_table(path: Path) -> dict[str, list[float]]:
    """Read a CSV file with a header as named columns."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def rms(values: list[float]) -> float:
    """Return the root of the mean square."""
    return math.sqrt(statistics.fmean(value**2 for value in values))


def period(series: list[float]) -> float:
    """Return the mean time between rises through the mean, in years; wiggles do not count."""
    mean, margin = statistics.fmean(series), 0.25 * statistics.pstdev(series)
    rises, low = [], False
    for month, value in enumerate(series):
        if low and value > mean + margin:
            rises.append(month)
        low = (low and value <= mean + margin) or value < mean - margin
    return (rises[-1] - rises[0]) / 12 / (len(rises) - 1)


def check_forecast(folder: Path, full: bool) -> dict[str, bool]:
    """Judge the skill of forecasts, and of ensembles of them."""
    skill = read_table(folder / "skill.csv")
    ensemble = read_table(folder / "ensemble.csv")
    checks = {
        "the network beats persistence in the next month": skill["frozen_rmse"][0]
        < skill["persistence_rmse"][0],
        "and for 3 and 6 months": all(
            skill["frozen_r"][n] > skill["persistence_r"][n] + 0.02 for n in (2, 5)
        ),
        "members drift apart": ensemble["spread"][-1] > ensemble["spread"][0] > 0,
        "as much as forecasts err, within a factor of 2": all(
            0.5 < spread / error < 2
            for spread, error in zip(ensemble["spread"], ensemble["rmse"], strict=True)
        ),
    }
    if full:
        checks |= {
            "tuned is better than frozen": skill["tuned_rmse"][0] < skill["frozen_rmse"][0],
            "and better than the history alone": skill["tuned_rmse"][0] < skill["history_rmse"][0],
            "correlation after 3 months above 0.85": skill["tuned_r"][2] > 0.85,
            "after 6 months above that of the frozen one": skill["tuned_r"][5]
            > skill["frozen_r"][5],
        }
    return checks


def check_online(folder: Path, full: bool) -> dict[str, bool]:
    """Judge the network that learns while the model runs."""
    squares = read_table(folder / "online.csv")
    n = len(squares["frozen"])
    quarters = [slice(i * n // 4, (i + 1) * n // 4) for i in range(4)]
    frozen, online = (
        [math.sqrt(statistics.fmean(squares[name][quarter])) for quarter in quarters]
        for name in ("frozen", "online")
    )
    print("frozen", *(f"{e:.4f}" for e in frozen), "online", *(f"{e:.4f}" for e in online))
    wanted = (1, 2, 3) if full else (3,)
    return {f"learning beats frozen in quarter {i + 1}": online[i] < frozen[i] for i in wanted}


def check_closure(folder: Path, full: bool) -> dict[str, bool]:
    """Judge the network in the place of the closure."""
    nino = {name: v[SPIN_UP:] for name, v in read_table(folder / "closure.csv").items()}
    error = {name: v[-120:] for name, v in read_table(folder / "learning.csv").items()}
    deviation = {name: statistics.pstdev(v) for name, v in nino.items()}
    return {
        "with the network the deviation is within 15 %": abs(
            deviation["network"] / deviation["formula"] - 1
        )
        < 0.15,
        "and the period within 10 %": abs(period(nino["network"]) / period(nino["formula"]) - 1)
        < 0.1,
        "the change matters": abs(deviation["changed"] / deviation["frozen"] - 1) > 0.1,
        "the network learns of it": rms(error["learning"]) < 0.4 * rms(error["frozen"]),
        "then its deviation is within 15 %": abs(deviation["learning"] / deviation["changed"] - 1)
        < 0.15,
        "and its period within 10 %": abs(period(nino["learning"]) / period(nino["changed"]) - 1)
        < 0.1,
    }


def main() -> None:
    """Print the checks; exit with 1 where one fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", choices=("forecast", "online", "closure"))
    parser.add_argument("folder", type=Path, help="where the program wrote its files")
    parser.add_argument("--full", action="store_true", help="100 years, as documented")
    arguments = parser.parse_args()
    judge = {"forecast": check_forecast, "online": check_online, "closure": check_closure}
    checks = judge[arguments.what](arguments.folder, arguments.full)
    for name, passed in checks.items():
        if not passed:
            print(f"FAILED: {name}")
    failed = sum(not passed for passed in checks.values())
    print(f"{len(checks) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
