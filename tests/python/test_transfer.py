"""Transfer learning in Fortran against the same steps in Keras, both majors, both kinds."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from test_build_models import HERE, compiled_program
from test_training import (
    TOLERANCE,
    batches,
    compiled,
    converted,
    numbers,
    same_weights,
    set_precision,
    train_fortran,
    train_keras,
)

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")
tf_keras = pytest.importorskip("tf_keras")

pytestmark = needs.with_engine

MAJORS = {".keras": keras, ".h5": tf_keras}


@pytest.fixture(params=["float32", "float64"])
def kind(request: pytest.FixtureRequest) -> Iterator[str]:
    set_precision(request.param)
    keras.utils.set_random_seed(12)
    tf_keras.utils.set_random_seed(12)
    yield str(request.param)
    set_precision("float32")


def layered(k: Any) -> Any:
    """An encoder that is a model, a batch normalization in it, and a head."""
    x = k.Input((6,), name="x")
    h = k.layers.Dense(8, activation="tanh", name="first")(x)
    h = k.layers.BatchNormalization(momentum=0.9, name="norm")(h)
    h = k.layers.Dense(5, activation="tanh", name="second")(h)
    encoder = k.Model(x, h, name="encoder")
    outer = k.Input((6,), name="state")
    h = k.layers.Dense(4, activation="elu", name="head_1")(encoder(outer))
    return k.Model(outer, k.layers.Dense(3, name="head_2")(h))


OPTIMIZERS = {
    "sgd": lambda k: k.optimizers.SGD(0.05, momentum=0.9),
    "adam": lambda k: k.optimizers.Adam(0.01),
}


def freeze(model: Any, part: str) -> None:
    if part == "encoder":
        model.get_layer("encoder").trainable = False
    elif part == "norm":
        model.get_layer("encoder").get_layer("norm").trainable = False
    else:
        model.get_layer("head_1").trainable = False
        model.get_layer("head_2").trainable = False


@pytest.mark.parametrize("part", ["encoder", "norm", "head_?"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("suffix", MAJORS)
def test_a_frozen_part_trains_as_in_keras(
    suffix: str, optimizer: str, part: str, kind: str, tmp_path: Path
) -> None:
    """Frozen in Fortran by pattern, in Keras by `trainable`; statistics of `norm` stay too."""
    k = MAJORS[suffix]
    model = layered(k)
    make = OPTIMIZERS[optimizer]
    net = converted(compiled(model, make(k)), tmp_path, suffix)
    net.set_trainable("encoder/norm" if part == "norm" else part, False)
    freeze(model, part)
    compiled(model, make(k))
    x, y = numbers(kind, 21)
    mine = train_fortran(fkb.Trainer(net), x, y)
    theirs = train_keras(model, x, y)
    np.testing.assert_allclose(mine, theirs, rtol=1e-4 if kind == "float32" else 1e-9)
    same_weights(net, model, TOLERANCE[kind])


@pytest.mark.parametrize("suffix", MAJORS)
def test_what_was_frozen_is_frozen_in_keras(suffix: str, kind: str, tmp_path: Path) -> None:
    k = MAJORS[suffix]
    model = layered(k)
    net = converted(compiled(model, k.optimizers.Adam(0.01)), tmp_path, suffix)
    net.set_trainable("*/norm", False)
    net.set_trainable("head_1", False)
    trainer = fkb.Trainer(net)
    x, y = numbers(kind, 22)
    half = len(x) // 2
    train_fortran(trainer, x[:half], y[:half])
    net.save(tmp_path / "net.fkb")
    fkb.export(
        tmp_path / "net.fkb",
        tmp_path / f"net{suffix}",
        "keras3" if k is keras else "keras2",
    )
    load = k.saving.load_model if k is keras else k.models.load_model
    other = load(tmp_path / f"net{suffix}")
    assert not other.get_layer("head_1").trainable
    assert not other.get_layer("encoder").get_layer("norm").trainable
    assert other.get_layer("encoder").get_layer("first").trainable
    theirs = train_keras(other, x[half:], y[half:])
    mine = train_fortran(trainer, x[half:], y[half:])
    np.testing.assert_allclose(mine, theirs, rtol=1e-4 if kind == "float32" else 1e-9)
    same_weights(net, other, 4 * TOLERANCE[kind])


def test_factors_are_the_rates_of_several_optimizers(kind: str, tmp_path: Path) -> None:
    """SGD with momentum, a slow optimizer for the encoder and a fast one for the head."""
    model = layered(keras)
    net = converted(compiled(model, keras.optimizers.SGD(0.05, momentum=0.9)), tmp_path)
    net.set_rate_factor("encoder", 0.1)
    net.set_rate_factor("head_2/bias", 2.0)
    trainer = fkb.Trainer(net)
    slow, fast, last = (keras.optimizers.SGD(r, momentum=0.9) for r in (0.005, 0.05, 0.1))
    encoder = model.get_layer("encoder").trainable_variables
    head = [*model.get_layer("head_1").trainable_variables, model.get_layer("head_2").kernel]
    bias = [model.get_layer("head_2").bias]
    x, y = numbers(kind, 23)
    for xb, yb in batches(x, y):
        with tf.GradientTape() as tape:
            loss = keras.losses.MeanSquaredError()(yb, model(xb, training=True))
        grads = tape.gradient(loss, [v.value for v in [*encoder, *head, *bias]])
        n, m = len(encoder), len(head)
        slow.apply(grads[:n], encoder)
        fast.apply(grads[n : n + m], head)
        last.apply(grads[n + m :], bias)
        trainer.step(xb, yb)
    same_weights(net, model, 3 * TOLERANCE[kind])


def test_weights_of_another_network(kind: str, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = converted(layered(keras), tmp_path / "one")
    two = converted(layered(keras), tmp_path / "two")
    before = one.weights
    one.copy_weights(two, "encoder/*")
    for path, value in one.weights.items():
        wanted = two.weights[path] if path.startswith("encoder/") else before[path]
        np.testing.assert_array_equal(value, wanted, path)
    with pytest.raises(fkb.EngineError, match="nobody"):
        one.copy_weights(two, "nobody")
    with pytest.raises(fkb.EngineError, match="nobody"):
        one.set_rate_factor("nobody", 0.5)
    with pytest.raises(fkb.EngineError, match="negative"):
        one.set_rate_factor("encoder", -0.5)
    other = fkb.load(
        tmp_path / "two" / "model.fkb", precision="float64" if kind == "float32" else "float32"
    )
    with pytest.raises(fkb.EngineError, match="real32"):
        one.copy_weights(other)


def test_a_new_head_is_that_of_the_same_surgery_in_keras(kind: str, tmp_path: Path) -> None:
    """Cut at a layer, add a head, freeze the rest; train both from the same weights."""
    base = layered(keras)
    base.get_layer("encoder").trainable = False
    converted(compiled(base, keras.optimizers.Adam(0.01)), tmp_path)
    program = compiled_program(HERE / "new_head.F90", kind, tmp_path)
    done = subprocess.run([str(program)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    h = keras.layers.Dense(6, activation="tanh", name="new_1")(base.get_layer("head_1").output)
    model = keras.Model(base.inputs[0], keras.layers.Dense(3, name="new_2")(h))
    net = fkb.load(tmp_path / "head.fkb")
    fkb.export(tmp_path / "head.fkb", tmp_path / "head.keras")
    exported = keras.saving.load_model(tmp_path / "head.keras")
    assert [layer.name for layer in exported.layers] == [layer.name for layer in model.layers]
    old = {v.path: v.numpy() for v in base.get_layer("encoder").variables}
    new = {v.path: v.numpy() for v in exported.get_layer("encoder").variables}
    assert old and all(np.array_equal(old[path], new[path]) for path in old)
    for one, two in zip(model.layers, exported.layers, strict=True):
        one.set_weights(two.get_weights())
    compiled(model, keras.optimizers.Adam(0.01))
    x, y = numbers(kind, 24)
    mine = train_fortran(fkb.Trainer(net), x, y)
    theirs = train_keras(model, x, y)
    np.testing.assert_allclose(mine, theirs, rtol=1e-4 if kind == "float32" else 1e-9)
    same_weights(net, model, TOLERANCE[kind])
    after = {v.path: v.numpy() for v in model.get_layer("encoder").variables}
    assert all(np.array_equal(old[path], after[path]) for path in old)
