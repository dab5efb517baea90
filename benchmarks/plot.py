#!/usr/bin/env python3
"""Draw a saved result: how many times FKB's time the others take, and FKB's share of the limit.

Usage: plot.py RESULT.json [PICTURE.png]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from contestants import TITLES
from report import TASKS

COLOURS = {
    "onnx": "#0072b2",
    "tensorflow": "#e69f00",
    "tensorflow-xla": "#d55e00",
    "pytorch": "#009e73",
}


def _measured(result: dict[str, Any], task: str, threads: int) -> dict[str, dict[str, Any]]:
    """The rows of a task by model and batch, those that FKB runs."""
    lines: dict[str, dict[str, Any]] = {}
    for row in result["rows"]:
        if row["task"] == task and row["threads"] == threads and row["seconds"]:
            lines.setdefault(f"{row['model']}, {row['batch']}", {})[row["contestant"]] = row
    return {name: line for name, line in lines.items() if "fkb" in line}


def draw(result: dict[str, Any], picture: Path) -> None:
    """Write the picture: a row of two panels for each task and number of threads."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    parts = []
    for threads in sorted({row["threads"] for row in result["rows"]}):
        for task in ("predict", "train"):
            lines = _measured(result, task, threads)
            if lines:
                parts.append((task, threads, lines))
    if not parts:
        raise SystemExit("nothing was measured that could be drawn")
    heights = [len(lines) + 4 for _, _, lines in parts]
    figure, axes = pyplot.subplots(
        len(parts),
        2,
        figsize=(12, 0.22 * sum(heights)),
        height_ratios=heights,
        width_ratios=[3, 1],
        squeeze=False,
        layout="constrained",
    )
    for (task, threads, lines), (ratios, shares) in zip(parts, axes, strict=True):
        places = range(len(lines))
        for name, colour in COLOURS.items():
            points = [
                (line[name]["seconds"] / line["fkb"]["seconds"], place)
                for place, line in zip(places, lines.values(), strict=True)
                if name in line
            ]
            if points:
                x, y = zip(*points, strict=True)
                ratios.plot(x, y, "o", color=colour, label=TITLES[name])
        ratios.axvline(1, color="black", linewidth=0.8)
        ratios.set_xscale("log")
        ratios.set_yticks(places, list(lines))
        ratios.set_xlabel("time, as a multiple of FKB's: to the right of the line FKB is faster")
        plural = "s" if threads > 1 else ""
        ratios.set_title(f"{TASKS[task]}, {threads} thread{plural}")
        ratios.grid(axis="x", alpha=0.3)
        ratios.legend(fontsize="small")
        values = [100 * (line["fkb"]["share"] or 0) for line in lines.values()]
        shares.barh(places, values, color="#999999")
        shares.set_yticks(places, [""] * len(lines))
        shares.set_xlabel("FKB's share of the limit, %")
        for axis in (ratios, shares):
            axis.set_ylim(len(lines) - 0.5, -0.5)
    figure.savefig(picture, dpi=150)


def main() -> None:
    """Draw the file of the command line."""
    if len(sys.argv) < 2:
        raise SystemExit((__doc__ or "").strip())
    source = Path(sys.argv[1])
    picture = Path(sys.argv[2]) if len(sys.argv) > 2 else source.with_suffix(".png")
    draw(json.loads(source.read_text()), picture)
    print(picture)


if __name__ == "__main__":
    main()
