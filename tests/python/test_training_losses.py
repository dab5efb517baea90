"""Training with losses that need more than targets and outputs: masks, logits, whole batches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from test_training import BATCH, compare, compiled, kind
from test_training_endings import ending, make_targets

keras = pytest.importorskip("keras")
tf_keras = pytest.importorskip("tf_keras")

pytestmark = needs.with_engine
__all__ = ["kind"]
BOTH = pytest.mark.parametrize("k", [keras, tf_keras], ids=["Keras 3", "Keras 2"])


def masked(k: Any, how: str, last: str | None = None) -> Any:
    """A network whose output has the mask of its steps."""
    if how == "table":
        x = k.Input((6,), dtype="int32")
        h = k.layers.Embedding(5, 4, mask_zero=True)(x)
    else:
        x = k.Input((6, 3))
        h = k.layers.Masking()(x)
    if how == "recurrent":
        h = k.layers.LSTM(5, return_sequences=True)(h)
    return k.Model(x, k.layers.Dense(4, activation=last)(h))


def masked_inputs(how: str, kind: str, n: int = 4 * BATCH) -> Any:
    generator = np.random.default_rng(21)
    if how == "table":
        return generator.integers(5, size=(n, 6)).astype("int32")
    x = generator.standard_normal((n, 6, 3)).astype(kind)
    x[generator.uniform(size=(n, 6)) < 0.4] = 0
    return x


MASKED: list[tuple[str, dict[str, Any], str | None]] = [
    ("MeanSquaredError", {}, None),
    ("MeanSquaredError", {"reduction": "sum"}, None),
    ("SparseCategoricalCrossentropy", {}, "softmax"),
    ("SparseCategoricalCrossentropy", {"ignore_class": 2}, "softmax"),
    ("Hinge", {}, None),
]


@pytest.mark.parametrize("weights", [None, "samples", "positions"])
@pytest.mark.parametrize("how", ["table", "plain", "recurrent"])
@pytest.mark.parametrize(("loss", "options", "last"), MASKED)
@BOTH
def test_masks_of_outputs_leave_positions_out(
    k: Any,
    loss: str,
    options: dict[str, Any],
    last: str | None,
    how: str,
    weights: str | None,
    kind: str,
    tmp_path: Path,
) -> None:
    if weights == "samples" and k is keras:
        pytest.skip("Keras 3 cannot spread weights of samples over masks")
    model = masked(k, how, last)
    rate = 0.002 if options.get("reduction") == "sum" else 0.1
    compiled(model, k.optimizers.SGD(rate), getattr(k.losses, loss)(**options))
    generator = np.random.default_rng(22)
    x = masked_inputs(how, kind)
    y = make_targets(loss, generator, (len(x), 6, 4)).astype(kind)
    w = None
    if weights is not None:
        w = generator.uniform(0, 2, (len(x), 6) if weights == "positions" else len(x)).astype(kind)
    compare(model, tmp_path, kind, (x, y, w))


def test_the_mean_with_sample_weight_regards_masks(kind: str, tmp_path: Path) -> None:
    model = masked(keras, "plain")
    loss = keras.losses.MeanAbsoluteError(reduction="mean_with_sample_weight")
    compiled(model, keras.optimizers.SGD(0.1), loss)
    generator = np.random.default_rng(23)
    x = masked_inputs("plain", kind)
    y = generator.standard_normal((len(x), 6, 4)).astype(kind)
    compare(model, tmp_path, kind, (x, y, generator.uniform(0, 2, (len(x), 6)).astype(kind)))


@pytest.mark.parametrize("name", ["Identity", "ActivityRegularization", "Activation"])
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
@BOTH
def test_logits_are_found_as_in_keras(
    k: Any, activation: str, name: str, kind: str, tmp_path: Path
) -> None:
    inner = ending(k, activation, "option")
    layer = getattr(k.layers, name)(*{"Activation": ["linear"]}.get(name, []))
    model = k.Model(inner.inputs, layer(inner.outputs[0]))
    loss = "CategoricalCrossentropy" if activation == "softmax" else "BinaryCrossentropy"
    compiled(model, k.optimizers.SGD(0.1), getattr(k.losses, loss)())
    generator = np.random.default_rng(24)
    x = generator.standard_normal((4 * BATCH, 6)).astype(kind)
    y = make_targets(loss, generator, (4 * BATCH, 4)).astype(kind)
    # A copy hides the logits in Keras 2: probabilities must stay off the clip there.
    gain = 1.0 if k is tf_keras and name == "Identity" else 15.0
    weights = model.get_weights()
    model.set_weights([*weights[:-2], gain * weights[-2], weights[-1]])
    compare(model, tmp_path, kind, (x, y))


TRAINED: list[tuple[str, dict[str, Any], str | None, str]] = [
    ("MeanAbsolutePercentageError", {}, None, "numbers"),
    ("MeanSquaredLogarithmicError", {}, "softplus", "positive"),
    ("CosineSimilarity", {}, None, "numbers"),
    ("Poisson", {}, "softplus", "positive"),
    ("KLDivergence", {}, "softmax", "classes"),
    ("Hinge", {}, "tanh", "signs"),
    ("SquaredHinge", {}, "tanh", "binary"),
    ("CategoricalHinge", {}, None, "classes"),
    ("BinaryFocalCrossentropy", {}, "sigmoid", "binary"),
    ("BinaryFocalCrossentropy", {"gamma": 1.5}, "softmax", "classes"),
    ("BinaryFocalCrossentropy", {"from_logits": True}, None, "binary"),
    ("CategoricalFocalCrossentropy", {}, "softmax", "classes"),
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, "softmax", "labels"),
]
TRAINED_IN_3: list[tuple[str, dict[str, Any], str | None, str]] = [
    ("Dice", {}, "sigmoid", "binary"),
    ("Dice", {"axis": [1]}, "sigmoid", "binary"),
    ("Tversky", {"alpha": 0.3}, "sigmoid", "binary"),
]


def targets_of(targets: str, generator: np.random.Generator, n: int) -> Any:
    shape = (n, 4)
    labels = generator.integers(4, size=n)
    return {
        "numbers": generator.standard_normal(shape),
        "positive": generator.uniform(0, 3, shape),
        "signs": generator.choice([-1.0, 1.0], shape),
        "binary": generator.integers(2, size=shape),
        "classes": np.eye(4)[labels],
        "labels": labels[:, None],
    }[targets]


@pytest.mark.parametrize("case", [*TRAINED, *TRAINED_IN_3], ids=str)
@BOTH
def test_all_losses_train_as_in_keras(k: Any, case: Any, kind: str, tmp_path: Path) -> None:
    loss, options, last, targets = case
    if k is tf_keras and case in TRAINED_IN_3:
        pytest.skip("Keras 2 does not have it")
    model = ending(k, last, "option")
    rate = 0.001 if "Percentage" in loss else 0.05
    compiled(model, k.optimizers.SGD(rate), getattr(k.losses, loss)(**options))
    generator = np.random.default_rng(25)
    x = generator.standard_normal((6 * BATCH, 6)).astype(kind)
    y = targets_of(targets, generator, 6 * BATCH).astype(kind)
    compare(model, tmp_path, kind, (x, y))


def test_a_loss_that_looks_ahead_cuts_batches_as_others(kind: str, tmp_path: Path) -> None:
    """Batches of several blocks: the targets -1, 0 and 1 together are no binary labels."""
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(4)])
    compiled(model, keras.optimizers.SGD(0.05), keras.losses.Hinge())
    model.save(tmp_path / "m.keras")
    fkb.convert(tmp_path / "m.keras", tmp_path / "m.fkb")
    generator = np.random.default_rng(26)
    x = generator.standard_normal((1500, 6)).astype(kind)
    y = generator.integers(2, size=(1500, 4)).astype(kind)
    y[1400, 2] = -1
    with fkb.load(tmp_path / "m.fkb") as net:
        mine = fkb.Trainer(net).step(x, y)
    theirs = model.train_on_batch(x, y)
    np.testing.assert_allclose(mine, theirs, rtol=1e-5 if kind == "float32" else 1e-12)
