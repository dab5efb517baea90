"""Losses train as in Keras: last activations, logits, reductions and weights of positions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import needs
import numpy as np
import pytest
from test_training import BATCH, TOLERANCE, compare, compiled, kind

keras = pytest.importorskip("keras")
tf_keras = pytest.importorskip("tf_keras")

pytestmark = needs.with_engine
__all__ = ["kind"]


def ending(k: Any, activation: str | None, how: str, units: int = 4) -> Any:
    """A network that ends with an activation in one of the ways Keras has for it."""
    x = k.Input((6,))
    h = k.layers.Dense(9, activation="tanh")(x)
    if how == "option":
        y = k.layers.Dense(units, activation=activation)(h)
    elif how == "layer":
        y = k.layers.Activation(activation)(k.layers.Dense(units)(h))
    elif how == "softmax layer":
        y = k.layers.Softmax()(k.layers.Dense(units)(h))
    elif how == "nested":
        inner = k.Input((9,))
        last = k.Model(inner, k.layers.Dense(units, activation=activation)(inner), name="last")
        y = last(h)
    else:
        raise AssertionError(how)
    return k.Model(x, y)


def make_targets(loss: str, generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
    if loss.startswith("Sparse"):
        return generator.integers(shape[-1], size=shape[:-1])[..., None]
    if loss.startswith("Categorical"):
        return np.eye(shape[-1])[generator.integers(shape[-1], size=shape[:-1])]
    if loss.startswith("Binary"):
        return generator.integers(2, size=shape)
    return generator.standard_normal(shape)


LOSSES: list[tuple[str, dict[str, Any], str | None, str]] = [
    ("MeanSquaredError", {}, None, "option"),
    ("MeanAbsoluteError", {}, None, "option"),
    ("Huber", {}, None, "option"),
    ("LogCosh", {}, None, "option"),
    ("BinaryCrossentropy", {}, "sigmoid", "option"),
    ("BinaryCrossentropy", {}, "sigmoid", "layer"),
    ("BinaryCrossentropy", {}, "sigmoid", "nested"),
    ("BinaryCrossentropy", {"label_smoothing": 0.1}, "sigmoid", "option"),
    ("BinaryCrossentropy", {"from_logits": True}, None, "option"),
    ("BinaryCrossentropy", {}, "hard_sigmoid", "option"),
    ("BinaryCrossentropy", {}, "softmax", "option"),
    ("CategoricalCrossentropy", {}, "softmax", "option"),
    ("CategoricalCrossentropy", {}, "softmax", "layer"),
    ("CategoricalCrossentropy", {}, "softmax", "softmax layer"),
    ("CategoricalCrossentropy", {}, "softmax", "nested"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, "softmax", "option"),
    ("CategoricalCrossentropy", {"from_logits": True}, None, "option"),
    ("CategoricalCrossentropy", {}, "softplus", "option"),
    ("CategoricalCrossentropy", {}, "sigmoid", "option"),
    ("SparseCategoricalCrossentropy", {}, "softmax", "option"),
    ("SparseCategoricalCrossentropy", {}, "softmax", "softmax layer"),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, None, "option"),
    ("SparseCategoricalCrossentropy", {}, "sigmoid", "layer"),
]


@pytest.mark.parametrize("k", [keras, tf_keras], ids=["Keras 3", "Keras 2"])
@pytest.mark.parametrize(("loss", "options", "activation", "how"), LOSSES)
def test_losses_train_as_in_keras(
    loss: str,
    options: dict[str, Any],
    activation: str | None,
    how: str,
    k: Any,
    kind: str,
    tmp_path: Path,
) -> None:
    model = ending(k, activation, how)
    compiled(model, k.optimizers.SGD(0.1), getattr(k.losses, loss)(**options))
    generator = np.random.default_rng(6)
    x = generator.standard_normal((4 * BATCH, 6)).astype(kind)
    y = make_targets(loss, generator, (4 * BATCH, 4)).astype(kind)
    # Logits that saturate, where a clip of probabilities would show. Probabilities from elsewhere
    # near the clip have gradients that blow up any rounding: no further than to it, and in real32
    # not so far.
    gain = 15.0
    if activation in ("hard_sigmoid", "softplus"):
        gain = 3.0 if kind == "float64" else 1.0
    weights = model.get_weights()
    model.set_weights([*weights[:-2], gain * weights[-2], weights[-1]])
    compare(model, tmp_path, kind, (x, y), tolerance=max(TOLERANCE[kind], 2e-10))


@pytest.mark.parametrize("loss", ["MeanSquaredError", "SparseCategoricalCrossentropy"])
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight"])
def test_positions_and_weights_reduce_as_in_keras(
    loss: str, reduction: str, kind: str, tmp_path: Path
) -> None:
    activation = "softmax" if loss.startswith("Sparse") else None
    model = keras.Sequential(
        [
            keras.Input((5, 6)),
            keras.layers.Dense(7, activation="tanh"),
            keras.layers.Dense(4, activation=activation),
        ]
    )
    rate = 0.003 if reduction == "sum" else 0.1
    compiled(model, keras.optimizers.SGD(rate), getattr(keras.losses, loss)(reduction=reduction))
    generator = np.random.default_rng(7)
    n = 3 * BATCH
    x = generator.standard_normal((n, 5, 6)).astype(kind)
    y = make_targets(loss, generator, (n, 5, 4)).astype(kind)
    weights = generator.uniform(0, 2, size=(n, 5)).astype(kind)
    compare(model, tmp_path, kind, (x, y, weights))
