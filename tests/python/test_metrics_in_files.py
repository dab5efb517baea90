"""Metrics that a trainer was given stand in the model file, and in exported archives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from test_metrics import make_data
from test_training import converted

keras = pytest.importorskip("keras")

pytestmark = needs.with_engine

CASES: list[tuple[str, dict[str, Any], str]] = [
    ("TruePositives", {"thresholds": [0.2, 0.7]}, "binary"),
    ("Precision", {"class_id": 1, "thresholds": [0.1, 0.6]}, "classes"),
    ("Recall", {"top_k": 3, "class_id": 2, "name": "third"}, "classes"),
    ("SensitivityAtSpecificity", {"specificity": 0.4}, "binary"),
    ("RecallAtPrecision", {"precision": 0.4, "num_thresholds": 50}, "binary"),
    ("AUC", {}, "binary"),
    ("AUC", {"curve": "PR", "summation_method": "majoring", "num_thresholds": 30}, "binary"),
    ("AUC", {"thresholds": [0.7, 0.1, 0.4], "multi_label": True, "num_labels": 6}, "binary"),
    ("FBetaScore", {"beta": 2.0, "average": "macro"}, "classes"),
    ("FBetaScore", {"average": "micro", "threshold": 0.4}, "binary"),
    ("F1Score", {"average": "weighted"}, "classes"),
    ("R2Score", {"class_aggregation": None}, "numbers"),
    ("R2Score", {"class_aggregation": "variance_weighted_average"}, "numbers"),
    ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.4}, "binary"),
    ("OneHotIoU", {"num_classes": 6, "target_class_ids": [0, 3]}, "classes"),
    ("OneHotMeanIoU", {"num_classes": 6}, "classes"),
    ("PearsonCorrelation", {}, "numbers"),
    ("BinaryAccuracy", {"threshold": 0.7}, "binary"),
    ("TopKCategoricalAccuracy", {"k": 2}, "classes"),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, "binary"),
]


@pytest.mark.parametrize(("name", "options", "targets"), CASES)
def test_keras_goes_on_with_the_metrics_of_a_trainer(
    name: str, options: dict[str, Any], targets: str, tmp_path: Path
) -> None:
    last = {"binary": "sigmoid", "classes": "softmax"}.get(targets)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, activation=last)])
    generator = np.random.default_rng(2)
    x = generator.standard_normal((40, 4)).astype("float32")
    y = make_data(targets, (40, 6), generator)[0].astype("float32")
    config = {"class_name": name, "config": options}
    with converted(model, tmp_path) as net:
        trainer = fkb.Trainer(net, loss="mse", optimizer="sgd", metrics=["mae", config])
        wanted = trainer.evaluate(x, y)
        net.save(tmp_path / "learned.fkb")
    fkb.export(tmp_path / "learned.fkb", tmp_path / "learned.keras")
    fkb.convert(tmp_path / "learned.keras", tmp_path / "again.fkb")
    assert (tmp_path / "learned.fkb").read_bytes() == (tmp_path / "again.fkb").read_bytes()
    with fkb.load(tmp_path / "again.fkb") as net:
        assert fkb.Trainer(net).evaluate(x, y) == wanted
    logs = keras.models.load_model(tmp_path / "learned.keras").evaluate(
        x, y, verbose=0, return_dict=True
    )
    assert options.get("name", "mae") in logs
    flat = {k: v for k, v in wanted.items() if "[" not in k}
    for key, value in flat.items():
        assert abs(value - float(np.asarray(logs[key]))) <= 2e-5 * max(1, abs(value)), key
    for key in set(logs) - set(flat):
        mine = [value for k, value in wanted.items() if k.startswith(f"{key}[")]
        np.testing.assert_allclose(mine, np.asarray(logs[key]), rtol=2e-5)


def test_metrics_that_only_fkb_has_stay_with_the_file(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    generator = np.random.default_rng(2)
    x = generator.standard_normal((40, 4)).astype("float32")
    y = (x[:, :2] * x[:, 2:]).astype("float32")
    anomaly = {
        "class_name": "AnomalyCorrelation",
        "registered_name": "fkb>AnomalyCorrelation",
        "config": {"climatology": [0.1, -0.2]},
    }
    given = ["mae", "correlation", "bias", anomaly]
    weighted = ["mse", {"class_name": "FMeasure", "config": {"beta": 2.0, "thresholds": 0.3}}]
    with converted(model, tmp_path) as net:
        trainer = fkb.Trainer(
            net, loss="mse", optimizer="sgd", metrics=given, weighted_metrics=weighted
        )
        wanted = trainer.evaluate(x, y)
        net.save(tmp_path / "learned.fkb")
    assert {"mae", "correlation", "bias", "anomaly_correlation", "f_measure"} < wanted.keys()
    fkb.export(tmp_path / "learned.fkb", tmp_path / "learned.keras")
    fkb.convert(tmp_path / "learned.keras", tmp_path / "again.fkb")
    assert (tmp_path / "learned.fkb").read_bytes() == (tmp_path / "again.fkb").read_bytes()
    with fkb.load(tmp_path / "again.fkb") as net:
        assert fkb.Trainer(net).evaluate(x, y) == wanted
    later = keras.models.load_model(tmp_path / "learned.keras")
    logs = later.evaluate(x, y, verbose=0, return_dict=True)
    assert set(logs) == {"loss", "mae", "mse"}
