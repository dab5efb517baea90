"""Check that a network learned while the host ran.

    check_learning.py IDLE.log LEARNING.log

Both are what `column_physics MODEL.fkb FOLDER --learn STEPS` printed, the first with a learning
rate of nearly nothing. Nothing but the standard library is needed.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

LINE = re.compile(
    r"step\s+(\d+)\s+loss\s+([\d.]+)\s+enthalpy misses\s+([\d.]+) W/m2, water\s+([\d.]+)"
)


def read_log(path: Path) -> list[list[float]]:
    """Return step, loss, missing enthalpy and water of each line of learning."""
    text = path.read_text(encoding="utf-8")
    rows = [[float(part) for part in match.groups()] for match in LINE.finditer(text)]
    if len(rows) < 10:
        sys.exit(f"{path}: only {len(rows)} lines of learning, 10 or more are expected")
    return rows


def mean(rows: list[list[float]], column: int) -> float:
    """Return the mean of a column over the second half of a run."""
    half = rows[len(rows) // 2 :]
    return sum(row[column] for row in half) / len(half)


def main() -> None:
    """Print the checks; exit with 1 where one fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("logs", type=Path, nargs=2, help="what the program printed")
    idle, learning = (read_log(path) for path in parser.parse_args().logs)
    checks = {
        "the loss is less than a third": 3 * mean(learning, 1) < mean(idle, 1),
        "less enthalpy is missing": mean(learning, 2) < mean(idle, 2),
    }
    for name, column in (("loss", 1), ("enthalpy", 2), ("water", 3)):
        print(
            f"{name}: {mean(idle, column):.2f} without learning, {mean(learning, column):.2f} with"
        )
    for name, passed in checks.items():
        if not passed:
            print(f"FAILED: {name}")
    sys.exit(0 if all(checks.values()) else 1)


if __name__ == "__main__":
    main()
