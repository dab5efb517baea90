"""The harness of the benchmarks: nothing is dropped in silence, shares are of the right limit."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import contestants  # noqa: E402
import report  # noqa: E402
from cost import Cost  # noqa: E402
from limits import Limits  # noqa: E402

PEERS = {"onnx": "onnxruntime", "tensorflow": "tensorflow", "pytorch": "torch"}


def _row(name: str, seconds: float | None, reason: str = "", **more: Any) -> dict[str, Any]:
    row = {"model": "tiny", "task": "predict", "batch": 4, "threads": 1, "contestant": name}
    row |= {"seconds": seconds, "share": 0.5, "differs": False, "reason": reason}
    return row | {"rounds": [seconds]} | more


def _result(*rows: dict[str, Any]) -> dict[str, Any]:
    return {
        "date": "2026-01-01 00:00",
        "machine": {"processor": "one"},
        "limits": [{"threads": 1, "flops": 2e11, "bandwidth": [[1024, 1e11]]}],
        "rows": list(rows),
        "files": [],
        "coupling": "",
    }


def test_a_contestant_that_cannot_run_has_a_dash_and_its_reason(tmp_path: Path) -> None:
    rows = [_row("fkb", 4e-6), _row("onnx", 8e-6), _row("pytorch", None, "not installed: torch")]
    report.save(_result(*rows), tmp_path, "result")
    text = (tmp_path / "result.txt").read_text()
    line = next(line for line in text.splitlines() if line.startswith("tiny"))
    assert line.split() == ["tiny", "4", "1", "50", "%", "2", "(2.00x)", "-"]
    assert "- PyTorch: not installed: torch (tiny predict 4)" in text
    with (tmp_path / "result.csv").open() as file:
        assert [row["reason"] for row in csv.DictReader(file)] == ["", "", "not installed: torch"]


def test_a_contestant_that_computes_something_else_is_marked() -> None:
    wrong = _row("onnx", 8e-6, "outputs differ", differs=True)
    assert " 2! (2.00x)" in report.table(_result(_row("fkb", 4e-6), wrong))


def test_a_process_that_dies_or_hangs_gives_a_reason_and_ends_no_other(tmp_path: Path) -> None:
    spec = {"members": 0, "stateful": False, "inputs": [{"shape": [3]}], "output": [2]}
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho it is broken >&2\nexit 3\n")
    program.chmod(0o755)
    dead = contestants.Contestant("fkb", spec, tmp_path, program, 1)
    assert dead.prepare("predict", 1) == ("it ended with status 3: it is broken", [])
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    slow = contestants.Contestant("fkb", spec, tmp_path, program, 1, limit=0.2)
    assert slow.prepare("predict", 1) == ("no answer within 0 s", [])
    assert slow.process is None


def test_the_limit_is_the_nearer_one_at_the_size_of_the_data() -> None:
    limits = Limits(1, 1e11, ((1024, 4e10), (4096, 2e10)))
    assert limits.bytes_per_second(10) == 4e10
    assert limits.bytes_per_second(2048) == pytest.approx(3e10)
    assert limits.bytes_per_second(1e9) == 2e10
    assert limits.least_time(1e9, 0) == pytest.approx(1e-2)
    assert limits.least_time(0, 4e10) == pytest.approx(2.0)


def test_a_training_step_costs_three_forward_passes() -> None:
    cost = Cost(flops=1000.0, weights=10, values=4)
    assert cost.total("predict", 5) == (5000.0, 4 * (10 + 20))
    assert cost.total("train", 5) == (15000.0, 4 * (100 + 20))


@pytest.mark.keras
def test_costs_of_layers_are_those_of_their_sums(keras3: Any) -> None:
    from cost import cost

    k = keras3.layers
    image = keras3.Input((6, 7, 2))
    conv = keras3.Model(image, k.Conv2D(5, 3, padding="same", activation="relu")(image))
    assert cost(conv, 1).flops == 6 * 7 * 5 * (2 * 9 * 2 + 2)
    assert cost(conv, 1).weights == 9 * 2 * 5 + 5
    series = keras3.Input((None, 3))
    lstm = keras3.Model(series, k.LSTM(4)(series))
    products = 2 * 16 * (10 * 3 + 9 * 4)
    assert cost(lstm, 10).flops == products + 10 * 4 * (5 * 20 + 8)


@pytest.mark.long
@pytest.mark.keras
def test_a_short_run_measures_every_contestant_that_is_installed(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    program = Path(os.environ.get("FKB_LIBRARY", ROOT / "build/gfortran/fortran/libfkb.so"))
    program = program.resolve().parents[1] / "benchmarks" / "time_network"
    if not program.exists():
        pytest.skip(f"{program} is not built")
    options = ["--quick", "--only", "tiny,lstm-step", "--tasks", "predict,train", "--threads", "1"]
    options += ["--program", str(program), "--output", str(tmp_path)]
    subprocess.run([sys.executable, BENCHMARKS / "run.py", *options], check=True, timeout=1800)
    rows = json.loads(next(tmp_path.glob("*.json")).read_text())["rows"]
    assert {row["contestant"] for row in rows} == set(contestants.TITLES)
    for row in rows:
        package = PEERS.get(row["contestant"].split("-")[0], "")
        missing = bool(package) and importlib.util.find_spec(package) is None
        if missing or (row["contestant"] == "onnx" and row["task"] == "train"):
            assert row["seconds"] is None and row["reason"], row
        else:
            assert row["seconds"] > 0 and row["share"] > 0 and not row["reason"], row
            assert not row["differs"], row
    absent = [name for name, package in PEERS.items() if importlib.util.find_spec(package) is None]
    if absent:
        pytest.skip(f"all others passed; not installed: {', '.join(absent)}")
