"""Constraints and regularizers of weights and activities: values, gradients, whole steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
import zoo
from test_training import TOLERANCE, converted, kind

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")
tf_keras = pytest.importorskip("tf_keras")

pytestmark = needs.with_engine
__all__ = ["kind"]

EXACT = {"float32": 1e-6, "float64": 1e-12}
Shape = tuple[int, ...]


def constraints(k: Any) -> dict[str, Any]:
    c = k.constraints
    return {
        "MaxNorm": c.MaxNorm(0.7),
        "MaxNorm of the last axis": c.MaxNorm(0.7, axis=-1),
        "NonNeg": c.NonNeg(),
        "UnitNorm": c.UnitNorm(axis=1),
        "MinMaxNorm": c.MinMaxNorm(0.6, 0.9, rate=0.3),
        "MinMaxNorm of all": c.MinMaxNorm(1.0, 1.5, axis=[0, 1]),
    }


NAMES = list(constraints(keras))


def same(net: Any, model: Any, tolerance: float) -> None:
    for (path, mine), theirs in zip(net.weights.items(), model.get_weights(), strict=True):
        scale = float(np.max(np.abs(theirs), initial=0.0)) or 1.0
        assert np.max(np.abs(mine - theirs), initial=0.0) <= tolerance * scale, path


def filled(model: Any, kind: str) -> Any:
    """Give a model weights of both signs, one column and one row of zeros."""
    random = np.random.default_rng(5)
    weights = [random.standard_normal(w.shape).astype(kind) for w in model.get_weights()]
    weights[0][:, 1] = 0
    weights[0][1, :] = 0
    model.set_weights(weights)
    return model


def data(model: Any, kind: str) -> tuple[Any, Any]:
    random = np.random.default_rng(8)
    x = random.standard_normal((6, *model.input_shape[1:])).astype(kind)
    y = random.standard_normal((6, *model.output_shape[1:])).astype(kind)
    return x, y


@pytest.mark.parametrize("name", NAMES)
def test_a_constraint_is_that_of_keras(name: str, kind: str, tmp_path: Path) -> None:
    """A step with the learning rate 0 leaves only the constraint."""
    layer = keras.layers.Dense(5, kernel_constraint=constraints(keras)[name])
    model = filled(keras.Sequential([keras.Input((4,)), layer]), kind)
    model.compile(keras.optimizers.SGD(0.0), "mse")
    before = model.get_weights()
    with converted(model, tmp_path) as net:
        x, y = data(model, kind)
        fkb.Trainer(net).step(x, y)
        model.train_on_batch(x, y)
        assert np.any(model.get_weights()[0] != before[0])
        same(net, model, EXACT[kind])


L, N = keras.layers, keras.constraints
CASES: dict[str, tuple[Shape, Callable[[], Any]]] = {
    "Conv2D": ((5, 5, 2), lambda: L.Conv2D(3, 2, kernel_constraint=N.MaxNorm(0.5, [0, 1, 2]))),
    "axes apart": ((5, 5, 2), lambda: L.Conv2D(3, 2, kernel_constraint=N.UnitNorm([0, 3]))),
    "bias": ((4,), lambda: L.Dense(3, bias_constraint=N.UnitNorm(), kernel_constraint="non_neg")),
    "DepthwiseConv2D": (
        (4, 4, 2),
        lambda: L.DepthwiseConv2D(2, depthwise_constraint=N.MaxNorm(0.4, [0, 1])),
    ),
    "SeparableConv1D": (
        (6, 2),
        lambda: L.SeparableConv1D(
            3, 2, depthwise_constraint=N.UnitNorm(), pointwise_constraint=N.NonNeg()
        ),
    ),
    "LSTM": (
        (4, 2),
        lambda: L.LSTM(
            3,
            kernel_constraint=N.MaxNorm(0.5),
            recurrent_constraint=N.UnitNorm(),
            bias_constraint=N.NonNeg(),
        ),
    ),
    "GRU": ((4, 2), lambda: L.GRU(3, recurrent_constraint=N.MinMaxNorm(0.2, 0.5, 0.5))),
    "cells": ((4, 2), lambda: L.RNN([L.LSTMCell(3, recurrent_constraint=N.UnitNorm())])),
    "Bidirectional": (
        (4, 2),
        lambda: L.Bidirectional(L.GRU(3, recurrent_constraint=N.MaxNorm(0.3))),
    ),
    "TimeDistributed": (
        (4, 2),
        lambda: L.TimeDistributed(L.Dense(3, kernel_constraint=N.MaxNorm(0.3))),
    ),
    "ConvLSTM2D": (
        (2, 4, 4, 1),
        lambda: L.ConvLSTM2D(2, 3, recurrent_constraint=N.MaxNorm(0.3, [0, 1, 2])),
    ),
    "BatchNormalization": (
        (5,),
        lambda: L.BatchNormalization(gamma_constraint=N.MaxNorm(1.2), beta_constraint="non_neg"),
    ),
    "PReLU": ((3,), lambda: L.PReLU(alpha_constraint=N.NonNeg())),
    "EinsumDense": (
        (3, 2),
        lambda: L.EinsumDense("abc,cd->abd", (3, 4), kernel_constraint=N.UnitNorm()),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_steps_with_constraints_are_those_of_keras(name: str, kind: str, tmp_path: Path) -> None:
    shape, make = CASES[name]
    model = zoo.fill(keras.Sequential([keras.Input(shape), make()]), 6)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.5), "mse")
    compare_steps(model, kind, tmp_path)


def test_attention_is_constrained_as_in_keras(kind: str, tmp_path: Path) -> None:
    inputs = keras.Input((4, 3))
    layer = L.MultiHeadAttention(2, 2, kernel_constraint=N.UnitNorm(), bias_constraint="non_neg")
    model = zoo.fill(keras.Model(inputs, layer(inputs, inputs)), 3)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    compare_steps(model, kind, tmp_path)


@pytest.mark.parametrize(
    "options", [{"use_ema": True, "ema_overwrite_frequency": 2}, {"gradient_accumulation_steps": 2}]
)
def test_constraints_come_last(options: dict[str, Any], tmp_path: Path) -> None:
    """After averages overwrite the weights, and also where gradients are only gathered."""
    layer = L.Dense(3, kernel_constraint=N.UnitNorm())
    model = zoo.fill(keras.Sequential([keras.Input((4,)), layer]), 3)
    model.compile(keras.optimizers.Adam(0.1, **options), "mse")
    compare_steps(model, "float32", tmp_path)


def compare_steps(model: Any, kind: str, folder: Path, steps: int = 5, suffix: str = "") -> None:
    with converted(model, folder, suffix or ".keras") as net:
        trainer = fkb.Trainer(net)
        x, y = data(model, kind)
        for _ in range(steps):
            loss = trainer.step(x, y)
            theirs = model.train_on_batch(x, y)
            assert loss == pytest.approx(float(theirs), rel=100 * TOLERANCE[kind])
            if hasattr(model, "reset_metrics"):
                model.reset_metrics()
        same(net, model, TOLERANCE[kind])


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("name", NAMES)
def test_constraints_of_keras_2_are_its_own(name: str, suffix: str, tmp_path: Path) -> None:
    layer = tf_keras.layers.Dense(5, kernel_constraint=constraints(tf_keras)[name])
    model = zoo.fill(tf_keras.Sequential([tf_keras.Input((4,)), layer]), 4)
    model.compile(tf_keras.optimizers.SGD(0.1), "mse")
    compare_steps(model, "float32", tmp_path, suffix=suffix)


def test_a_frozen_layer_is_not_constrained(tmp_path: Path) -> None:
    first = L.Dense(5, kernel_constraint=N.NonNeg(), trainable=False)
    model = keras.Sequential([keras.Input((4,)), first, L.Dense(2)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    compare_steps(model, "float32", tmp_path)


def regularizers(k: Any) -> dict[str, Any]:
    """The regularizers; Keras 3 keeps this factor in real32 and then fails to multiply real64."""
    r = k.regularizers
    made = {
        "L1": r.L1(0.3),
        "L2": r.L2(0.2),
        "L1L2": r.L1L2(0.1, 0.4),
        "rows": r.OrthogonalRegularizer(0.7),
        "columns": r.OrthogonalRegularizer(0.7, mode="columns"),
    }
    if keras.config.floatx() == "float64":
        for name in ("rows", "columns"):
            made[name].factor = keras.ops.cast(made[name].factor, "float64")
    return made


@pytest.mark.parametrize("name", list(regularizers(keras)))
def test_the_gradient_of_a_regularizer_is_that_of_keras(
    name: str, kind: str, tmp_path: Path
) -> None:
    """Inputs of zero and targets that are met leave the gradient of the regularizer alone."""
    regularizer = regularizers(keras)[name]
    layer = keras.layers.Dense(5, kernel_regularizer=regularizer)
    model = keras.Sequential([keras.Input((4,)), layer])
    random = np.random.default_rng(5)
    weights = [random.standard_normal(w.shape).astype(kind) for w in model.get_weights()]
    model.set_weights(weights)
    model.compile(keras.optimizers.SGD(1.0), "mse")
    kernel = tf.constant(weights[0])
    with tf.GradientTape() as tape:
        tape.watch(kernel)
        value = regularizer(kernel)
    wanted = tape.gradient(value, kernel).numpy()
    x = np.zeros((3, 4), kind)
    with converted(model, tmp_path) as net:
        loss = fkb.Trainer(net).step(x, np.tile(weights[1], (3, 1)))
        found = weights[0] - next(iter(net.weights.values()))
    assert loss == pytest.approx(float(value), rel=EXACT[kind])
    assert np.max(np.abs(found - wanted)) <= EXACT[kind] * np.max(np.abs(weights[0]))


@pytest.mark.parametrize("name", list(regularizers(keras)))
def test_regularizers_of_activities_are_those_of_keras(
    name: str, kind: str, tmp_path: Path
) -> None:
    hidden = L.Dense(5, "tanh", activity_regularizer=regularizers(keras)[name])
    model = zoo.fill(keras.Sequential([keras.Input((4,)), hidden, L.Dense(2)]), 2)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    compare_steps(model, kind, tmp_path)


@pytest.mark.parametrize("mode", ["rows", "columns"])
def test_orthogonality_of_keras_2_is_its_own(mode: str, tmp_path: Path) -> None:
    regularizer = tf_keras.regularizers.OrthogonalRegularizer(0.5, mode)
    hidden = tf_keras.layers.Dense(5, kernel_regularizer=regularizer)
    model = zoo.fill(tf_keras.Sequential([tf_keras.Input((4,)), hidden]), 2)
    model.compile(tf_keras.optimizers.SGD(0.1), "mse")
    compare_steps(model, "float32", tmp_path)


HOSTILE: dict[str, tuple[str, str, str]] = {
    "unknown constraint": ("kernel_constraint", '"huge_norm"', "huge_norm"),
    "axis": ("kernel_constraint", '{"class_name":"MaxNorm","config":{"axis":2}}', "axis 2"),
    "axis that is no number": (
        "kernel_constraint",
        '{"class_name":"UnitNorm","config":{"axis":"x"}}',
        "axis",
    ),
    "norm": (
        "kernel_constraint",
        '{"class_name":"MaxNorm","config":{"max_value":-1}}',
        "max_value",
    ),
    "option": ("kernel_constraint", '{"class_name":"NonNeg","config":{"axis":1}}', '"axis"'),
    "radial": ("kernel_constraint", '"RadialConstraint"', "RadialConstraint"),
    "unknown regularizer": ("kernel_regularizer", '"l3"', "l3"),
    "mode": (
        "kernel_regularizer",
        '{"class_name":"OrthogonalRegularizer","config":{"mode":"x"}}',
        "mode",
    ),
    "factor": ("kernel_regularizer", '{"class_name":"L1","config":{"l1":-1}}', '"l1"'),
    "vector": ("bias_regularizer", '"OrthogonalRegularizer"', "matrices"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_trained_is_said_when_a_trainer_begins(name: str, tmp_path: Path) -> None:
    option, value, words = HOSTILE[name]
    model = keras.Sequential([keras.Input((4,)), L.Dense(3, name="d")])
    model.save(tmp_path / "model.keras")
    fkb.convert(tmp_path / "model.keras", tmp_path / "model.fkb")
    text = (tmp_path / "model.fkb").read_text()
    assert f"{option} = null" in text
    changed = text.replace(f"{option} = null", f"{option} = {value}")
    head, _, rest = changed.partition("\nchecksum ")
    (tmp_path / "changed.fkb").write_text(f"{head}\nchecksum none{rest[rest.index(chr(10)) :]}")
    with fkb.load(tmp_path / "changed.fkb") as net:
        assert net.predict(np.zeros((1, 4))).shape == (1, 3)
        with pytest.raises(fkb.EngineError, match=words) as caught:
            fkb.Trainer(net, loss="mse", optimizer="sgd")
    assert '"d"' in str(caught.value)


def test_an_orthogonal_activity_with_two_axes_is_refused(tmp_path: Path) -> None:
    layer = L.Dense(3, activity_regularizer=regularizers(keras)["rows"])
    model = keras.Sequential([keras.Input((4, 2)), L.Flatten(), layer])
    model.compile("sgd", "mse")
    compare_steps(zoo.fill(model, 1), "float32", tmp_path, steps=1)
    with_axes = L.Dense(3, name="t")
    model = keras.Sequential([keras.Input((4, 2)), with_axes])
    with_axes.activity_regularizer = regularizers(keras)["rows"]
    model.save(tmp_path / "axes.keras")
    fkb.convert(tmp_path / "axes.keras", tmp_path / "axes.fkb")
    with fkb.load(tmp_path / "axes.fkb") as net, pytest.raises(fkb.EngineError, match="one axis"):
        fkb.Trainer(net, loss="mse", optimizer="sgd")
