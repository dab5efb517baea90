"""The committed search of the column host: its table, what it must show, and what its page says."""

from __future__ import annotations

import csv
import statistics
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "column_physics"
FULL = 2880  # steps of the whole period


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with (FOLDER / "candidates.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ranks(values: list[float]) -> list[float]:
    """Return the ranks of values, the mean of theirs where some are equal."""
    ordered = sorted(values)
    return [ordered.index(value) + (ordered.count(value) - 1) / 2 for value in values]


def rank_correlation(rows: list[dict[str, str]]) -> float:
    pairs = [ranks([float(row[name]) for row in rows]) for name in ("validation_error", "steps")]
    return statistics.correlation(*pairs)


def test_all_candidates_are_there_with_their_seeds(rows: list[dict[str, str]]) -> None:
    assert [int(row["number"]) for row in rows] == list(range(1, 109))
    assert len({row["seed"] for row in rows}) == 108
    for row in rows:
        assert 4 <= int(row["depth"]) <= 11
        assert row["width"] in ("128", "256", "512")
        assert 1e-5 <= float(row["learning_rate"]) <= 1e-2
        assert 0 < int(row["steps"]) <= FULL


def test_a_better_network_lives_longer_and_those_of_sgd_the_shortest(
    rows: list[dict[str, str]],
) -> None:
    assert rank_correlation(rows) < -0.3
    steps = {
        optimizer: [int(row["steps"]) for row in rows if row["optimizer"] == optimizer]
        for optimizer in ("adam", "rmsprop", "sgd")
    }
    medians = {name: statistics.median(found) for name, found in steps.items()}
    assert medians["sgd"] < min(medians["adam"], medians["rmsprop"])
    assert statistics.mean(steps["sgd"]) < min(
        statistics.mean(steps["adam"]), statistics.mean(steps["rmsprop"])
    )


def test_the_page_says_what_the_table_says(rows: list[dict[str, str]]) -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    lived = [row for row in rows if int(row["steps"]) == FULL]
    sgd = [row for row in rows if row["optimizer"] == "sgd"]
    assert f"is {rank_correlation(rows):.2f} over the 108 candidates" in page
    assert f"{len(lived)} of them reach the end" in page
    assert f"{sum(row in lived for row in sgd)} of the {len(sgd)} networks of SGD" in page
