"""Regularizers of every layer that has weights: a training step is that of Keras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
import zoo

keras = pytest.importorskip("keras")

pytestmark = needs.with_engine

Make = Callable[[dict[str, Any]], Any]


def penalties(*weights: str) -> dict[str, Any]:
    """Return a regularizer for each of these weights, all different."""
    return {
        f"{name}_regularizer": keras.regularizers.L1L2(0.01 * (k + 1), 0.02 * (k + 1))
        for k, name in enumerate(weights)
    }


L = keras.layers
USUAL, STEPS, SCALES = ("kernel", "bias"), ("kernel", "recurrent", "bias"), ("gamma", "beta")
CASES: dict[str, tuple[tuple[int, ...], tuple[str, ...], Callable[..., Any]]] = {
    "Dense": ((3,), USUAL, lambda **o: L.Dense(4, **o)),
    "EinsumDense": (
        (3, 2),
        USUAL,
        lambda **o: L.EinsumDense("abc,cd->abd", (3, 4), bias_axes="d", **o),
    ),
    "Conv2D": ((4, 4, 2), USUAL, lambda **o: L.Conv2D(3, 2, **o)),
    "Conv1DTranspose": ((4, 2), USUAL, lambda **o: L.Conv1DTranspose(3, 2, **o)),
    "DepthwiseConv2D": ((4, 4, 2), ("depthwise", "bias"), lambda **o: L.DepthwiseConv2D(2, **o)),
    "SeparableConv1D": (
        (5, 2),
        ("depthwise", "pointwise", "bias"),
        lambda **o: L.SeparableConv1D(3, 2, **o),
    ),
    "SimpleRNN": ((4, 2), STEPS, lambda **o: L.SimpleRNN(3, **o)),
    "LSTM": ((4, 2), STEPS, lambda **o: L.LSTM(3, **o)),
    "GRU": ((4, 2), STEPS, lambda **o: L.GRU(3, **o)),
    "cells": ((4, 2), STEPS, lambda **o: L.RNN([L.LSTMCell(3, **o), L.GRUCell(2)])),
    "Bidirectional": ((4, 2), STEPS, lambda **o: L.Bidirectional(L.LSTM(3, **o))),
    "TimeDistributed": ((4, 2), USUAL, lambda **o: L.TimeDistributed(L.Dense(3, **o))),
    "ConvLSTM2D": ((2, 4, 4, 1), STEPS, lambda **o: L.ConvLSTM2D(2, 3, **o)),
    "BatchNormalization": ((3,), SCALES, lambda **o: L.BatchNormalization(**o)),
    "LayerNormalization": ((3,), SCALES, lambda **o: L.LayerNormalization(**o)),
    "GroupNormalization": ((4,), SCALES, lambda **o: L.GroupNormalization(2, **o)),
    "PReLU": ((3,), ("alpha",), lambda **o: L.PReLU(**o)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_step_with_regularizers_is_that_of_keras(name: str, tmp_path: Path) -> None:
    shape, weights, make = CASES[name]
    model = keras.Sequential([keras.Input(shape), make(**penalties(*weights))])
    compare_step(model, tmp_path)


def test_regularizers_of_attention_are_those_of_keras(tmp_path: Path) -> None:
    inputs = keras.Input((4, 3))
    layer = L.MultiHeadAttention(2, 2, **penalties("kernel", "bias"))
    compare_step(keras.Model(inputs, layer(inputs, inputs)), tmp_path)


def compare_step(model: Any, folder: Path) -> None:
    """Compare loss and weights after one step of gradient descent."""
    zoo.fill(model, 6)
    model.compile(keras.optimizers.SGD(0.125), "mean_squared_error")
    model.save(folder / "model.keras")
    fkb.convert(folder / "model.keras", folder / "model.fkb")
    random = np.random.default_rng(2)
    x = random.standard_normal((4, *model.input_shape[1:])).astype("float32")
    y = random.standard_normal((4, *model.output_shape[1:])).astype("float32")
    with fkb.load(folder / "model.fkb") as net:
        loss = fkb.Trainer(net).step(x, y)
        assert loss == pytest.approx(float(model.train_on_batch(x, y)), rel=2e-5)
        net.save(folder / "after.fkb")
    fkb.export(folder / "after.fkb", folder / "after.keras")
    after = keras.models.load_model(folder / "after.keras", compile=False)
    for ours, theirs in zip(after.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-5)
