"""Metrics of `fit` and `evaluate` where outputs have masks, weights and logits, against Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from test_training import compiled, kind
from test_training_endings import ending, make_targets
from test_training_losses import BOTH, masked, masked_inputs

keras = pytest.importorskip("keras")
tf_keras = pytest.importorskip("tf_keras")

pytestmark = needs.with_engine
__all__ = ["kind"]

# Relative. Keras adds metrics up in real32 in Keras 3, in the kind of the network in Keras 2.
TOLERANCE = {"float32": 1e-5, "float64": 1e-10}
IN_REAL32 = 2e-6


def same_logs(mine: dict[str, Any], theirs: dict[str, Any], kind: str, k: Any) -> None:
    assert sorted(mine) == sorted(theirs)
    for name, wanted in theirs.items():
        added_in_real32 = k is keras and "loss" not in name
        bound = max(TOLERANCE[kind], IN_REAL32 if added_in_real32 else 0.0)
        np.testing.assert_allclose(mine[name], wanted, rtol=bound, atol=bound, err_msg=name)


def compare(model: Any, folder: Path, kind: str, k: Any, x: Any, y: Any, weights: Any) -> None:
    """Fit two epochs with validation, and evaluate: the same logs."""
    model.save(folder / "model.keras")
    fkb.convert(folder / "model.keras", folder / "model.fkb")
    options = {"epochs": 2, "batch_size": 10, "shuffle": False}
    late = (x[::-1][:27], y[::-1][:27])
    if weights is not None:
        options["sample_weight"] = weights
        late = (*late, weights[::-1][:27])
    with fkb.load(folder / "model.fkb") as net:
        trainer = fkb.Trainer(net)
        mine = trainer.fit(x, y, validation_data=late, **options).history
        found = trainer.evaluate(x, y, batch_size=7, sample_weight=weights)
    theirs = model.fit(x, y, validation_data=late, verbose=0, **options).history
    assert len(mine) >= 4
    same_logs(mine, theirs, kind, k)
    wanted = model.evaluate(x, y, batch_size=7, sample_weight=weights, verbose=0, return_dict=True)
    same_logs(found, wanted, kind, k)


@pytest.mark.parametrize("weights", [None, "samples", "positions"])
@pytest.mark.parametrize("how", ["table", "plain", "recurrent"])
@BOTH
def test_metrics_regard_masks_and_weights(
    k: Any, how: str, weights: str | None, kind: str, tmp_path: Path
) -> None:
    if weights == "samples" and k is keras:
        pytest.skip("Keras 3 cannot spread weights of samples over masks")
    model = masked(k, how)
    both: dict[str, Any] = {"metrics": ["mae", k.metrics.RootMeanSquaredError()]}
    both["weighted_metrics"] = ["mae", k.metrics.CosineSimilarity(name="angle")]
    compiled(model, k.optimizers.SGD(0.05), "mse", **both)
    generator = np.random.default_rng(31)
    x = masked_inputs(how, kind, 57)
    y = generator.standard_normal((57, 6, 4)).astype(kind)
    w = None
    if weights is not None:
        w = generator.uniform(0, 2, (57, 6) if weights == "positions" else 57).astype(kind)
    compare(model, tmp_path, kind, k, x, y, w)


@pytest.mark.parametrize("weighted", [False, True])
@BOTH
def test_metrics_of_classes_regard_masks(k: Any, weighted: bool, kind: str, tmp_path: Path) -> None:
    model = masked(k, "recurrent", "softmax")
    metrics: list[Any] = ["accuracy"]
    if kind == "float32":  # TensorFlow finds the largest of real32 only
        metrics.append(k.metrics.SparseTopKCategoricalAccuracy(2, name="top"))
    both = {"metrics": metrics}
    if weighted:
        both["weighted_metrics"] = [k.metrics.SparseCategoricalCrossentropy(name="entropy")]
    compiled(model, k.optimizers.SGD(0.05), "sparse_categorical_crossentropy", **both)
    generator = np.random.default_rng(32)
    x = masked_inputs("recurrent", kind, 57)
    y = generator.integers(4, size=(57, 6, 1)).astype(kind)
    w = generator.uniform(0, 2, (57, 6)).astype(kind) if weighted else None
    compare(model, tmp_path, kind, k, x, y, w)


BINARY: dict[str, tuple[str | None, bool]] = {
    "probabilities": ("sigmoid", False),
    "logits": (None, True),
    "probabilities of another function": ("hard_sigmoid", False),
}


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("weighted", [False, True])
@BOTH
def test_binary_metrics_take_logits_as_keras_does(
    k: Any, name: str, weighted: bool, kind: str, tmp_path: Path
) -> None:
    last, logits = BINARY[name]
    model = ending(k, last, "option")
    m = k.metrics
    metrics = [
        m.BinaryAccuracy(threshold=0.0 if logits else 0.5),
        m.BinaryCrossentropy(from_logits=logits),
        m.BinaryCrossentropy(from_logits=logits, label_smoothing=0.2, name="smoothed"),
        m.AUC(20, from_logits=logits),
    ]
    both = {"weighted_metrics" if weighted else "metrics": metrics}
    loss = k.losses.BinaryCrossentropy(from_logits=logits)
    compiled(model, k.optimizers.SGD(0.05), loss, **both)
    saturate(model, 8.0 if last == "sigmoid" or logits else 1.0)
    generator = np.random.default_rng(33)
    x = generator.standard_normal((57, 6)).astype(kind)
    y = make_targets("Binary", generator, (57, 4)).astype(kind)
    w = generator.uniform(0, 2, 57).astype(kind) if weighted else None
    compare(model, tmp_path, kind, k, x, y, w)


@pytest.mark.parametrize("loss", ["Categorical", "SparseCategorical"])
@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@BOTH
def test_cross_entropies_as_metrics_take_logits_as_keras_does(
    k: Any, loss: str, logits: bool, weighted: bool, kind: str, tmp_path: Path
) -> None:
    model = ending(k, None if logits else "softmax", "option")
    metrics = [
        "accuracy",
        getattr(k.metrics, f"{loss}Crossentropy")(from_logits=logits, name="entropy"),
        getattr(k.metrics, f"{loss}Accuracy")(name="hits"),
    ]
    both = {"weighted_metrics" if weighted else "metrics": metrics}
    one = getattr(k.losses, f"{loss}Crossentropy")(from_logits=logits)
    compiled(model, k.optimizers.SGD(0.05), one, **both)
    saturate(model, 15.0)
    generator = np.random.default_rng(34)
    x = generator.standard_normal((57, 6)).astype(kind)
    y = make_targets(loss, generator, (57, 4)).astype(kind)
    w = generator.uniform(0, 2, 57).astype(kind) if weighted else None
    compare(model, tmp_path, kind, k, x, y, w)


def saturate(model: Any, gain: float) -> None:
    """Let the last layer's values be large, where a clip of probabilities would show."""
    weights = model.get_weights()
    model.set_weights([*weights[:-2], gain * weights[-2], weights[-1]])
