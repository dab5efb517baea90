"""Metrics of the Fortran library against Keras, on arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fkb
import needs
import numpy as np
import pytest

keras = pytest.importorskip("keras")

pytestmark = needs.with_engine

# Of the value's scale: Keras adds up in the kind of the metric, FKB in real64.
TOLERANCE = {"float32": 1e-6, "float64": 1e-12}


@pytest.fixture(params=["float32", "float64"])
def kind(request: pytest.FixtureRequest) -> Iterator[str]:
    keras.config.set_floatx(request.param)
    yield str(request.param)
    keras.config.set_floatx("float32")


def make_data(
    targets: str, shape: tuple[int, ...], generator: np.random.Generator
) -> tuple[Any, Any]:
    """Return targets and predictions of a batch."""
    if targets == "numbers":
        return generator.standard_normal(shape), generator.standard_normal(shape)
    if targets == "positive":
        return generator.uniform(0, 3, shape), generator.uniform(0, 3, shape)
    if targets == "signs":
        return generator.choice([-1.0, 1.0], shape), generator.standard_normal(shape)
    predicted = generator.uniform(0, 1, shape)
    if targets == "binary":
        return generator.integers(2, size=shape).astype(float), predicted
    if targets == "edges":
        return generator.integers(2, size=shape).astype(float), np.round(predicted * 4) / 4
    classes = predicted / predicted.sum(-1, keepdims=True)
    labels = generator.integers(shape[-1], size=shape[:-1])
    if targets == "labels":
        return labels.astype(float), classes
    if targets == "classes":
        return np.eye(shape[-1])[labels], classes
    raise AssertionError(targets)


def assert_same(mine: Any, theirs: Any, kind: str, message: str = "") -> None:
    wanted = np.asarray(theirs, dtype=np.float64)
    given = np.asarray(mine, dtype=np.float64)
    assert given.shape == wanted.shape, message
    scale = max(float(np.max(np.abs(wanted))), 1e-3)
    assert np.all(np.isfinite(wanted))
    difference = float(np.max(np.abs(given - wanted))) / scale
    assert difference <= TOLERANCE[kind], f"{message}: {given} {wanted} {difference:.2e}"


METRICS: list[tuple[str, dict[str, Any], str]] = [
    ("MeanSquaredError", {}, "numbers"),
    ("RootMeanSquaredError", {}, "numbers"),
    ("MeanAbsoluteError", {}, "numbers"),
    ("LogCoshError", {}, "numbers"),
    ("MeanAbsolutePercentageError", {}, "positive"),
    ("MeanSquaredLogarithmicError", {}, "positive"),
    ("CosineSimilarity", {}, "positive"),
    ("KLDivergence", {}, "classes"),
    ("Poisson", {}, "positive"),
    ("Hinge", {}, "signs"),
    ("Hinge", {}, "binary"),
    ("SquaredHinge", {}, "signs"),
    ("CategoricalHinge", {}, "classes"),
    ("BinaryCrossentropy", {}, "binary"),
    ("BinaryCrossentropy", {}, "edges"),
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, "labels"),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, "signs"),
    ("CategoricalCrossentropy", {}, "classes"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, "classes"),
    ("SparseCategoricalCrossentropy", {}, "labels"),
    ("Accuracy", {}, "edges"),
    ("BinaryAccuracy", {}, "edges"),
    ("BinaryAccuracy", {"threshold": 0.7}, "binary"),
    ("CategoricalAccuracy", {}, "classes"),
    ("SparseCategoricalAccuracy", {}, "labels"),
    ("TopKCategoricalAccuracy", {"k": 2}, "classes"),
    ("TopKCategoricalAccuracy", {}, "classes"),
    ("SparseTopKCategoricalAccuracy", {"k": 3}, "labels"),
]


@pytest.mark.parametrize("weights", [None, "samples", "positions"])
@pytest.mark.parametrize("shape", [(7, 6), (5, 4, 6), (3, 2, 4, 6), (9, 1)], ids=str)
@pytest.mark.parametrize(("name", "options", "targets"), METRICS)
def test_metrics_are_those_of_keras(
    name: str,
    options: dict[str, Any],
    targets: str,
    shape: tuple[int, ...],
    weights: str | None,
    kind: str,
) -> None:
    if shape[-1] == 1 and targets in ("labels", "classes"):
        shape = (5, 2)
    generator = np.random.default_rng(3)
    theirs = getattr(keras.metrics, name)(**options)
    mine = fkb.Metric({"class_name": name, "config": theirs.get_config()}, dtype=kind)
    for batch in range(3):
        y, p = (array.astype(kind) for array in make_data(targets, shape, generator))
        w = None
        if weights is not None:
            w = generator.uniform(0, 2, shape[:1] if weights == "samples" else shape[:-1])
            w = w.astype(kind)
            w[0] = 0
            if "ignore_class" in options and weights == "samples":
                w = w.reshape([-1, *[1] * (len(shape) - 2)])  # Keras cannot spread them
        # TensorFlow's `in_top_k` takes real32 only.
        theirs.update_state(y, p.astype("float32") if "TopK" in name else p, sample_weight=w)
        mine.update(y, p, None if w is None else w.reshape([shape[0], -1]))
        assert_same(mine.result(), theirs.result(), kind, f"{name}, batch {batch}")
    mine.reset()
    theirs.reset_state()
    theirs.update_state(y, p.astype("float32") if "TopK" in name else p)
    mine.update(y, p)
    assert_same(mine.result(), theirs.result(), kind, "after a reset")
