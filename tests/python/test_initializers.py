"""Networks begin with weights of the distributions that Keras draws from, layer by layer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest

keras = pytest.importorskip("keras")

pytestmark = needs.with_engine

L = keras.layers
Shape = tuple[int, ...]
SCALING = {
    mode: keras.initializers.VarianceScaling(2.7, mode, "uniform")
    for mode in ("fan_in", "fan_out", "fan_avg")
}


def options(mode: str, *names: str) -> dict[str, Any]:
    """Return the same initializer for the weights of these names."""
    return {f"{name}_initializer": SCALING[mode] for name in names}


def attention(mode: str) -> Any:
    inputs = keras.Input((4, 9))
    layer = L.MultiHeadAttention(5, 7, value_dim=11, **options(mode, "kernel", "bias"))
    return keras.Model(inputs, layer(inputs, inputs))


def grouped(mode: str) -> Any:
    inputs = keras.Input((4, 9))
    layer = L.GroupQueryAttention(7, 6, 3, **options(mode, "kernel", "bias"))
    return keras.Model(inputs, layer(inputs, inputs))


# Input shapes and layers with kernels of a few hundred elements and fans that all differ.
CASES: dict[str, tuple[Shape, Callable[[str], Any]]] = {
    "Dense": ((17,), lambda m: L.Dense(29, **options(m, "kernel", "bias"))),
    "EinsumDense": (
        (6, 11),
        lambda m: L.EinsumDense("abc,bcde->ade", (3, 7), **options(m, "kernel")),
    ),
    "EinsumDense, a kernel in the middle": (
        (6, 11),
        lambda m: L.EinsumDense("abc,dbe->acde", (None, 13, 9), **options(m, "kernel")),
    ),
    "Conv1D": ((9, 8), lambda m: L.Conv1D(12, 5, groups=2, **options(m, "kernel"))),
    "Conv2D": ((6, 6, 5), lambda m: L.Conv2D(11, (2, 3), **options(m, "kernel", "bias"))),
    "Conv3D": ((4, 4, 4, 3), lambda m: L.Conv3D(7, (2, 3, 4), **options(m, "kernel"))),
    "Conv2DTranspose": (
        (4, 4, 5),
        lambda m: L.Conv2DTranspose(11, (2, 3), **options(m, "kernel")),
    ),
    "DepthwiseConv2D": (
        (7, 7, 9),
        lambda m: L.DepthwiseConv2D((4, 5), depth_multiplier=3, **options(m, "depthwise")),
    ),
    "SeparableConv2D": (
        (7, 7, 9),
        lambda m: L.SeparableConv2D(
            31, (4, 5), depth_multiplier=3, **options(m, "depthwise", "pointwise")
        ),
    ),
    "SimpleRNN": ((3, 17), lambda m: L.SimpleRNN(19, **options(m, "kernel", "recurrent"))),
    "LSTM": ((3, 17), lambda m: L.LSTM(400, **options(m, "kernel", "recurrent", "bias"))),
    "GRU": ((3, 17), lambda m: L.GRU(19, **options(m, "kernel", "recurrent", "bias"))),
    "Bidirectional": ((3, 17), lambda m: L.Bidirectional(L.LSTM(9, **options(m, "kernel")))),
    "TimeDistributed": ((3, 17), lambda m: L.TimeDistributed(L.Dense(29, **options(m, "kernel")))),
    "cells": ((3, 17), lambda m: L.RNN([L.LSTMCell(9, **options(m, "kernel")), L.GRUCell(8)])),
    "ConvLSTM2D": (
        (2, 5, 5, 4),
        lambda m: L.ConvLSTM2D(6, 3, **options(m, "kernel", "recurrent", "bias")),
    ),
    "Embedding": ((3,), lambda m: L.Embedding(40, 13, **options(m, "embeddings"))),
    "ReversibleEmbedding": (
        (3,),
        lambda m: L.ReversibleEmbedding(40, 13, tie_weights=False, **options(m, "embeddings")),
    ),
    "BatchNormalization": (
        (301,),
        lambda m: L.BatchNormalization(
            **options(m, "gamma", "beta", "moving_mean", "moving_variance")
        ),
    ),
    "LayerNormalization": ((301,), lambda m: L.LayerNormalization(**options(m, "gamma", "beta"))),
    "GroupNormalization": ((300,), lambda m: L.GroupNormalization(3, **options(m, "gamma"))),
    "PReLU": ((5, 60), lambda m: L.PReLU(**options(m, "alpha"))),
    "MultiHeadAttention": ((), attention),
    "GroupedQueryAttention": ((), grouped),
}


def network(model: Any, folder: Path) -> fkb.Network:
    """Return the model as a network, which keeps its weights in memory."""
    model.save(folder / "model.keras")
    fkb.convert(folder / "model.keras", folder / "model.fkb")
    return fkb.load(folder / "model.fkb")


@pytest.mark.parametrize("mode", SCALING)
@pytest.mark.parametrize("name", CASES)
def test_bounds_are_those_of_keras(
    name: str, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keras's uniform numbers are replaced by their upper bound, which ours must come near to."""
    shape, make = CASES[name]

    def bound(shape: Shape, minval: float, maxval: float, dtype: Any, seed: Any) -> Any:
        assert minval == -maxval
        return keras.ops.full(shape, maxval, dtype)

    initializers = keras.src.initializers.random_initializers
    monkeypatch.setattr(initializers.random, "uniform", bound)
    layer = make(mode)
    model = (
        layer if isinstance(layer, keras.Model) else keras.Sequential([keras.Input(shape), layer])
    )
    with network(model, tmp_path) as net:
        net.initialize(5)
        found = list(net.weights.items())
    checked = 0
    for (path, ours), limit in zip(found, model.get_weights(), strict=True):
        assert ours.shape == limit.shape, path
        fixed = (limit == 0) | (limit == 1)
        if np.ptp(limit) > 0 and not path.endswith("bias"):
            continue  # Keras has drawn it from a distribution that was not asked for.
        np.testing.assert_array_equal(ours[fixed], limit[fixed], err_msg=path)
        if not fixed.all():
            near(ours[~fixed], limit[~fixed])
            checked += 1
    assert checked


def near(ours: Any, limit: Any) -> None:
    """Of n uniform numbers the largest misses the bound by more than 12/n once in 160000 times."""
    share = np.abs(ours / limit)
    assert 1 - 12 / share.size < share.max() <= 1
    if share.size > 100:
        assert np.mean(ours / limit) == pytest.approx(0, abs=3 / np.sqrt(share.size))


def test_defaults_are_those_of_keras(tmp_path: Path) -> None:
    """Without options every weight has Keras's mean and deviation, to five deviations of these."""
    inputs = keras.Input((12, 12, 8))
    x = L.Conv2D(24, 3)(inputs)
    x = L.BatchNormalization()(x)
    x = L.SeparableConv2D(30, 3, depth_multiplier=4)(x)
    x = L.Reshape((64, 30))(L.PReLU()(x))
    x = L.AdditiveAttention()([x, x])
    x = L.RMSNormalization()(x)
    x = L.GRU(24, return_sequences=True)(x)
    x = L.LSTM(20)(x)
    model = keras.Model(inputs, L.Dense(50)(x))
    with network(model, tmp_path) as net:
        before = net.weights
        net.initialize(2)
        after = net.weights
    for path, ours in after.items():
        theirs = before[path]
        if np.ptp(theirs) == 0 or "/bias" in path:
            np.testing.assert_array_equal(ours, theirs, err_msg=path)
            continue
        assert not np.any(ours == theirs), path
        n = ours.size
        deviation = np.std(theirs)
        assert np.mean(ours) == pytest.approx(np.mean(theirs), abs=7 * deviation / np.sqrt(n))
        assert np.std(ours) == pytest.approx(deviation, rel=7 / np.sqrt(2 * n)), path


def test_orthogonal_kernels_are_orthonormal_in_real32(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3, 5)), L.LSTM(40, name="lstm")])
    with network(model, tmp_path) as net:
        net.initialize(9)
        kernel = net.weights["lstm/recurrent_kernel"].astype("float64")
    np.testing.assert_allclose(kernel @ kernel.T, np.eye(40), atol=2e-6)


def test_a_seed_gives_the_same_weights_in_both_kinds(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((5,)), L.Dense(7, name="a"), L.Dense(3, name="b")])
    with network(model, tmp_path) as net, fkb.load(tmp_path / "model.fkb", "double") as wide:
        net.initialize(3)
        wide.initialize(3)
        np.testing.assert_allclose(net.params, wide.params, rtol=0, atol=1e-6)
        first = net.params
        net.initialize(4, "b")
        changed = net.params != first
        assert not changed[:42].any() and changed[42:63].all()
        with pytest.raises(fkb.EngineError, match="no weight fits"):
            net.initialize(4, "c")
        with pytest.raises(fkb.EngineError, match="seed"):
            net.initialize(2**31)


def test_statistics_of_data_stay(tmp_path: Path) -> None:
    layer = L.Normalization(name="normalization")
    layer.adapt(np.random.default_rng(1).normal(3.0, 2.0, (50, 4)))
    with network(keras.Sequential([keras.Input((4,)), layer, L.Dense(2)]), tmp_path) as net:
        before = net.weights
        net.initialize(1)
        for name in ("mean", "variance"):
            path = f"normalization/{name}"
            np.testing.assert_array_equal(net.weights[path], before[path])


def test_an_initialized_network_goes_back_to_keras(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((5,)), L.Dense(7, "relu"), L.Dense(3)])
    with network(model, tmp_path) as net:
        net.initialize(12)
        net.save(tmp_path / "new.fkb")
        params = net.weights
    fkb.export(tmp_path / "new.fkb", tmp_path / "new.keras")
    weights = keras.models.load_model(tmp_path / "new.keras").get_weights()
    for ours, theirs in zip(params.values(), weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
