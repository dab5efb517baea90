"""The table, and the files that keep it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from contestants import TITLES

Row = dict[str, Any]
NAME, SHARE, CELL = 34, 8, 20
TASKS = {"predict": "prediction", "train": "training step, Adam"}


def _number(seconds: float) -> str:
    """Microseconds, three digits at least."""
    value = 1e6 * seconds
    return f"{value:.4g}" if value < 1e4 else f"{value:.0f}"


def _lines_of(rows: list[Row]) -> dict[tuple[str, int], dict[str, Row]]:
    lines: dict[tuple[str, int], dict[str, Row]] = {}
    for row in rows:
        lines.setdefault((row["model"], row["batch"]), {})[row["contestant"]] = row
    return lines


def _cell(row: Row | None, fkb: float | None, batch: int) -> str:
    if row is None or row["seconds"] is None:
        return "-"
    ratio = "" if fkb is None else f" ({row['seconds'] / fkb:.2f}x)"
    return _number(row["seconds"] / batch) + ("!" if row["differs"] else "") + ratio


def _block(rows: list[Row], task: str, threads: int) -> list[str]:
    """One task with one number of threads."""
    names = [name for name in TITLES if any(row["contestant"] == name for row in rows)]
    heads = [TITLES[name] for name in names]
    head = f"{'model':{NAME}}{'batch':>9}" + "".join(f"{title:>{CELL}}" for title in heads[:1])
    head += f"{'limit':>{SHARE}}" + "".join(f"{title:>{CELL}}" for title in heads[1:])
    plural = "s" if threads > 1 else ""
    title = f"{TASKS[task]}, {threads} thread{plural}: microseconds per sample (times FKB's)"
    lines = [title, head]
    for (model, batch), found in _lines_of(rows).items():
        fkb = found.get("fkb", {}).get("seconds")
        share = found.get("fkb", {}).get("share")
        cells = [_cell(found.get(name), None if name == "fkb" else fkb, batch) for name in names]
        line = f"{model:{NAME}}{batch:>9}{cells[0]:>{CELL}}"
        line += f"{'-' if share is None else f'{100 * share:.0f} %':>{SHARE}}"
        lines.append(line + "".join(f"{cell:>{CELL}}" for cell in cells[1:]))
    return [*lines, ""]


def _file_lines(rows: list[Row]) -> list[str]:
    """Loading, converting and exporting files."""
    if not rows:
        return []
    lines = ["files: seconds", f"{'what':44}{'weights':>14}{'seconds':>10}"]
    for row in rows:
        seconds = "-" if row["seconds"] is None else f"{row['seconds']:.3f}"
        lines.append(f"{row['what']:44}{row['weights']:>14}{seconds:>10}")
    return [*lines, ""]


def _limit_lines(result: dict[str, Any]) -> list[str]:
    lines = []
    for limits in result["limits"]:
        parts = [f"{size >> 10} KiB {speed / 1e9:.0f}" for size, speed in limits["bandwidth"]]
        lines.append(
            f"limit, threads {limits['threads']}: {limits['flops'] / 1e9:.1f} GFLOP/s, "
            f"reading GB/s: {', '.join(parts)}"
        )
    return [*lines, ""]


def _reasons(rows: list[Row]) -> list[str]:
    """Why there is a dash, or a mark, each reason once."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row["reason"]:
            where = found.setdefault((TITLES.get(row["contestant"], ""), row["reason"]), [])
            where.append(f"{row['model']} {row['task']} {row['batch']}")
    lines = []
    for (title, reason), places in found.items():
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        lines.append(f"- {title}: {reason} ({', '.join(places[:3])}{more})")
    return [*lines, ""] if lines else []


def table(result: dict[str, Any]) -> str:
    """Return a result as text."""
    machine = ", ".join(f"{key} {value}" for key, value in result["machine"].items())
    lines = [f"{result['date']}: {machine}", *_limit_lines(result)]
    rows = result["rows"]
    for threads in sorted({row["threads"] for row in rows}):
        for task in TASKS:
            part = [r for r in rows if r["task"] == task and r["threads"] == threads]
            if part:
                lines += _block(part, task, threads)
    lines += _file_lines(result["files"])
    if result["coupling"]:
        lines += [result["coupling"], ""]
    return "\n".join([*lines, *_reasons(rows)])


def save(result: dict[str, Any], folder: Path, stem: str) -> None:
    """Write a result as text, JSON and CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{stem}.json").write_text(json.dumps(result, indent=1) + "\n")
    (folder / f"{stem}.txt").write_text(table(result))
    if not result["rows"]:
        return
    with (folder / f"{stem}.csv").open("w", newline="") as file:
        keys = [key for key in result["rows"][0] if key != "rounds"]
        writer = csv.DictWriter(file, keys, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(result["rows"])
