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


def assert_same(mine: Any, theirs: Any, kind: str, message: str = "", unit: float = 1e-3) -> None:
    wanted = np.asarray(theirs, dtype=np.float64)
    given = np.asarray(mine, dtype=np.float64)
    assert given.shape == wanted.shape, message
    scale = max(float(np.max(np.abs(wanted))), unit)
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


SCORES: list[tuple[str, dict[str, Any], str]] = [
    ("TruePositives", {}, "binary"),
    ("FalsePositives", {"thresholds": [0.2, 0.7]}, "binary"),
    ("TrueNegatives", {"thresholds": [0.0, 0.5, 1.0]}, "edges"),
    ("FalseNegatives", {"thresholds": 0.3}, "binary"),
    ("Precision", {}, "binary"),
    ("Precision", {"top_k": 2}, "classes"),
    ("Precision", {"class_id": 1, "thresholds": [0.1, 0.6]}, "classes"),
    ("Recall", {"thresholds": [0.25, 0.75]}, "edges"),
    ("Recall", {"top_k": 3, "class_id": 2}, "classes"),
    ("SensitivityAtSpecificity", {"specificity": 0.4}, "binary"),
    ("SpecificityAtSensitivity", {"sensitivity": 0.6, "num_thresholds": 1}, "binary"),
    ("PrecisionAtRecall", {"recall": 0.3, "num_thresholds": 50}, "binary"),
    ("RecallAtPrecision", {"precision": 0.4, "class_id": 1}, "binary"),
    ("AUC", {}, "binary"),
    ("AUC", {}, "edges"),
    ("AUC", {"curve": "PR", "num_thresholds": 30}, "binary"),
    ("AUC", {"curve": "PR", "summation_method": "majoring"}, "binary"),
    ("AUC", {"curve": "PRGAIN", "summation_method": "minoring"}, "binary"),
    ("AUC", {"thresholds": [0.7, 0.1, 0.4]}, "binary"),
    ("AUC", {"from_logits": True}, "signs"),
    ("AUC", {"label_weights": [0.5, 2.0, 1.0, 0.0, 1.0, 3.0]}, "binary"),
    ("PearsonCorrelation", {}, "numbers"),
    ("ConcordanceCorrelation", {}, "numbers"),
]
VECTORS: list[tuple[str, dict[str, Any], str]] = [
    ("AUC", {"multi_label": True, "num_labels": 6}, "binary"),
    (
        "AUC",
        {"multi_label": True, "curve": "PR", "label_weights": [0.5, 2.0, 1.0, 0.0, 1.0, 3.0]},
        "binary",
    ),
    ("FBetaScore", {"beta": 2.0, "average": "macro"}, "classes"),
    ("FBetaScore", {"average": "micro", "threshold": 0.4}, "binary"),
    ("FBetaScore", {}, "classes"),
    ("F1Score", {"average": "weighted"}, "classes"),
    ("F1Score", {"threshold": 0.5}, "edges"),
    ("R2Score", {}, "numbers"),
    ("R2Score", {"class_aggregation": None}, "numbers"),
    ("R2Score", {"class_aggregation": "variance_weighted_average"}, "numbers"),
    ("R2Score", {"num_regressors": 3}, "numbers"),
]


def compare_scores(
    name: str, options: dict[str, Any], targets: str, shape: tuple[int, ...], w: bool, kind: str
) -> None:
    generator = np.random.default_rng(9)
    # Terms of the size 1 cancel in correlations and areas.
    unit = 1.0 if name == "AUC" or name.endswith("Correlation") else 1e-3
    theirs = getattr(keras.metrics, name)(**options)
    config = {key: value for key, value in theirs.get_config().items() if key != "label_weights"}
    if "label_weights" in options:
        config["label_weights"] = options["label_weights"]
    mine = fkb.Metric({"class_name": name, "config": config}, dtype=kind)
    for batch in range(3):
        y, p = (array.astype(kind) for array in make_data(targets, shape, generator))
        weights = None
        if w:
            weights = generator.uniform(0, 2, shape[:-1] if len(shape) > 2 else shape[:1])
            weights = weights.astype(kind)
        theirs.update_state(y, p, sample_weight=weights)
        mine.update(y, p, None if weights is None else weights.reshape([shape[0], -1]))
        wanted = np.asarray(theirs.result())
        assert_same(mine.result(), wanted, kind, f"{name}, batch {batch}", unit)
    mine.reset()
    theirs.reset_state()
    theirs.update_state(y, p)
    mine.update(y, p)
    assert_same(mine.result(), theirs.result(), kind, "after a reset", unit)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(17, 6), (5, 4, 6)], ids=str)
@pytest.mark.parametrize(("name", "options", "targets"), SCORES)
def test_scores_are_those_of_keras(
    name: str,
    options: dict[str, Any],
    targets: str,
    shape: tuple[int, ...],
    weighted: bool,
    kind: str,
) -> None:
    compare_scores(name, options, targets, shape, weighted, kind)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("name", "options", "targets"), VECTORS)
def test_scores_of_vectors_are_those_of_keras(
    name: str, options: dict[str, Any], targets: str, weighted: bool, kind: str
) -> None:
    compare_scores(name, options, targets, (17, 6), weighted, kind)


IOUS: list[tuple[str, dict[str, Any], bool, bool]] = [
    ("IoU", {"num_classes": 4, "target_class_ids": [0, 2]}, True, True),
    ("IoU", {"num_classes": 4, "target_class_ids": [1], "sparse_y_pred": False}, True, False),
    ("MeanIoU", {"num_classes": 4, "ignore_class": 1}, True, True),
    ("MeanIoU", {"num_classes": 4, "dtype": "float32"}, True, True),
    ("OneHotIoU", {"num_classes": 4, "target_class_ids": [0, 3]}, False, False),
    ("OneHotMeanIoU", {"num_classes": 4}, False, False),
    ("OneHotMeanIoU", {"num_classes": 4, "sparse_y_pred": True}, False, True),
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("name", "options", "sparse_true", "sparse_pred"), IOUS)
def test_unions_are_those_of_keras(
    name: str, options: dict[str, Any], sparse_true: bool, sparse_pred: bool, weighted: bool
) -> None:
    generator = np.random.default_rng(10)
    theirs = getattr(keras.metrics, name)(**options)
    mine = fkb.Metric({"class_name": name, "config": theirs.get_config()})
    for _ in range(2):
        y = generator.integers(4, size=(6, 5))
        p = np.where(generator.uniform(size=y.shape) < 0.6, y, generator.integers(4, size=y.shape))
        w = generator.uniform(0, 3, y.shape) if weighted else None
        y_true = y if sparse_true else np.eye(4)[y]
        y_pred = p if sparse_pred else np.eye(4)[p] + generator.uniform(0, 0.5, (*p.shape, 4))
        theirs.update_state(y_true, y_pred, sample_weight=w)
        if sparse_pred:
            y_pred = y_pred[..., None]
        mine.update(np.asarray(y_true, "float32"), np.asarray(y_pred, "float32"), w)
        assert_same(mine.result(), theirs.result(), "float32", name)


def test_the_binary_union_is_that_of_keras() -> None:
    generator = np.random.default_rng(11)
    y, p = make_data("edges", (8, 5), generator)
    theirs = keras.metrics.BinaryIoU(target_class_ids=[1], threshold=0.4)
    mine = fkb.Metric({"class_name": "BinaryIoU", "config": theirs.get_config()})
    theirs.update_state(y, p)
    mine.update(y, p)
    assert_same(mine.result(), theirs.result(), "float32")


def test_scores_of_climate_models(kind: str) -> None:
    generator = np.random.default_rng(12)
    y, p = (array.astype(kind) for array in make_data("numbers", (30, 3, 4), generator))
    zero = generator.standard_normal(12)
    w = generator.uniform(0.5, 2, (30, 3)).astype(kind)
    expected = {
        "correlation": np.corrcoef(y.ravel(), p.ravel())[0, 1],
        "bias": (p - y).mean(),
    }
    for name, value in expected.items():
        metric = fkb.Metric(name, dtype=kind)
        metric.update(y[:10], p[:10])
        metric.update(y[10:], p[10:])
        assert_same(metric.result(), value, kind, name)
    a, b = (x.reshape(30, 12).astype("float64") - zero for x in (y, p))
    spread = np.repeat(w, 4, axis=1).astype("float64")
    wanted = (spread * a * b).sum() / np.sqrt((spread * a**2).sum() * (spread * b**2).sum())
    config = {"class_name": "AnomalyCorrelation", "config": {"climatology": zero.tolist()}}
    anomaly = fkb.Metric(config, dtype=kind)
    anomaly.update(y, p, w)
    assert_same(anomaly.result(), wanted, kind)


def test_specificity_and_the_f_measure(kind: str) -> None:
    y, p = (x.astype(kind) for x in make_data("binary", (40, 3), np.random.default_rng(13)))
    positive, true = p > 0.5, y > 0.5
    specificity = fkb.Metric("specificity", dtype=kind)
    specificity.update(y, p)
    assert_same(specificity.result(), (~positive & ~true).sum() / (~true).sum(), kind)
    precision = (positive & true).sum() / positive.sum()
    recall = (positive & true).sum() / true.sum()
    measure = fkb.Metric({"class_name": "FMeasure", "config": {"beta": 2.0}}, dtype=kind)
    measure.update(y, p)
    assert_same(measure.result(), 5 * precision * recall / (4 * precision + recall), kind)
