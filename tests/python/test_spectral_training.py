"""Training of SpectralNormalization: the same steps as both Kerases make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest

keras = pytest.importorskip("keras")
tf_keras = pytest.importorskip("tf_keras")

import zoo_cases  # noqa: E402
from test_training import compiled, set_precision, train_fortran, train_keras  # noqa: E402

pytestmark = needs.with_engine

STEPS, BATCH = 6, 16
TOLERANCE = {"float32": 1e-5, "float64": 1e-10}
SHAPE = (5, 4, 3)


def dense(k: Any) -> Any:
    return k.layers.Dense(4, activation="tanh", name="inner")


def regularized(k: Any) -> Any:
    return k.layers.Dense(4, kernel_regularizer=k.regularizers.L2(0.1), name="inner")


def convolution(k: Any) -> Any:
    return k.layers.Conv2D(4, 3, activation="relu", name="inner")


def channels_first(k: Any) -> Any:
    return k.layers.Conv2D(2, (2, 3), padding="same", data_format="channels_first", name="inner")


def transposed(k: Any) -> Any:
    return k.layers.Conv2DTranspose(4, 2, use_bias=False, name="inner")


def einsum(k: Any) -> Any:
    return k.layers.EinsumDense("bhwc,cde->bhwde", (5, 4, 2, 3), name="inner")


def depthwise(k: Any) -> Any:
    return k.layers.DepthwiseConv2D(2, depth_multiplier=2, name="inner")


INNER: list[tuple[Callable[[Any], Any], int]] = [
    *((make, major) for make in (dense, regularized, convolution, transposed) for major in (2, 3)),
    *((make, 3) for make in (einsum, depthwise)),
]


def wrapped(k: Any, make: Callable[[Any], Any], **options: Any) -> Any:
    zoo_cases.mend_keras2(k)
    layer = k.layers.SpectralNormalization(make(k), name="spectral", **options)
    return k.Sequential(
        [k.Input(SHAPE), layer, k.layers.Flatten(name="flat"), k.layers.Dense(2, name="last")]
    )


def filled(model: Any, seed: int = 3) -> Any:
    generator = np.random.default_rng(seed)
    model.set_weights([generator.uniform(-0.5, 0.6, w.shape) for w in model.get_weights()])
    return model


def numbers(kind: str) -> tuple[Any, Any]:
    generator = np.random.default_rng(7)
    x = generator.standard_normal((STEPS * BATCH, *SHAPE)).astype(kind)
    return x, generator.standard_normal((len(x), 2)).astype(kind)


def converted(model: Any, folder: Path) -> Any:
    model.save(folder / "model.keras")
    fkb.convert(folder / "model.keras", folder / "model.fkb")
    return fkb.load(folder / "model.fkb")


def pairs_of(net: Any, model: Any) -> list[tuple[str, int]]:
    """Return which weight of Keras each weight of the network is: all have random values."""
    theirs = model.get_weights()
    found = []
    for name, value in net.weights.items():
        same = [i for i, w in enumerate(theirs) if w.shape == value.shape and (w == value).all()]
        assert len(same) == 1
        found.append((name, same[0]))
    assert len(found) == len(theirs)
    return found


def same_weights(net: Any, model: Any, pairs: list[tuple[str, int]], tolerance: float) -> None:
    theirs = model.get_weights()
    for name, index in pairs:
        scale = np.max(np.abs(theirs[index]))
        difference = np.max(np.abs(net.weights[name] - theirs[index])) / scale
        assert difference <= tolerance, f"{name}: {difference:.2e}"


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("iterations", [1, 3])
@pytest.mark.parametrize(
    ("make", "major"), INNER, ids=[f"{make.__name__}, Keras {major}" for make, major in INNER]
)
def test_steps_are_those_of_keras(
    make: Callable[[Any], Any], major: int, iterations: int, kind: str, tmp_path: Path
) -> None:
    k = keras if major == 3 else tf_keras
    set_precision(kind)
    try:
        model = filled(wrapped(k, make, power_iterations=iterations))
        compiled(model, k.optimizers.SGD(0.05, momentum=0.5))
        x, y = numbers(kind)
        with converted(model, tmp_path) as net:
            pairs = pairs_of(net, model)
            vector = next(name for name, _ in pairs if name.endswith("vector_u"))
            before = net.weights[vector].copy()
            mine = train_fortran(fkb.Trainer(net), x, y)
            np.testing.assert_allclose(
                mine, train_keras(model, x, y), rtol=max(1e-4 if kind == "float32" else 1e-10, 0)
            )
            same_weights(net, model, pairs, TOLERANCE[kind])
            assert np.abs(net.weights[vector] - before).max() > 0.01
            wanted = np.asarray(model(x[:4], training=False))
            np.testing.assert_allclose(
                net.predict(x[:4]), wanted, rtol=0, atol=TOLERANCE[kind] * np.abs(wanted).max()
            )
    finally:
        set_precision("float32")


@pytest.mark.parametrize("k", [keras, tf_keras], ids=["Keras 3", "Keras 2"])
@pytest.mark.parametrize("case", ["frozen", "zeros", "short"])
def test_unusual_kernels_go_the_way_of_keras(case: str, k: Any, tmp_path: Path) -> None:
    """A frozen kernel is normalised too, zeros stay, and lengths have a lower bound."""
    model = filled(wrapped(k, dense))
    layer = model.layers[0]
    if case == "frozen":
        layer.trainable = False
    else:
        scale = 0.0 if case == "zeros" else 1e-9
        layer.set_weights([w * scale if w.shape == (3, 4) else w for w in layer.get_weights()])
    compiled(model, k.optimizers.SGD(0.05))
    x, y = (part[:BATCH] for part in numbers("float32"))
    with converted(model, tmp_path) as net:
        pairs = pairs_of(net, model)
        train_fortran(fkb.Trainer(net), x, y)
        train_keras(model, x, y)
        same_weights(net, model, pairs, 2e-5)


def test_several_calls_in_a_step_are_refused(tmp_path: Path) -> None:
    inputs = [keras.Input((3,)), keras.Input((3,))]
    layer = keras.layers.SpectralNormalization(keras.layers.Dense(3, name="inner"), name="spectral")
    model = keras.Model(inputs, keras.layers.Add(name="sum")([layer(one) for one in inputs]))
    with (
        converted(filled(model), tmp_path) as net,
        pytest.raises(fkb.EngineError, match="called several times"),
    ):
        fkb.Trainer(net, loss="mean_squared_error", optimizer="SGD")


def test_time_steps_of_their_own_are_refused(tmp_path: Path) -> None:
    layer = keras.layers.SpectralNormalization(keras.layers.Dense(3, name="inner"), name="spectral")
    model = keras.Sequential(
        [keras.Input((4, 3)), keras.layers.TimeDistributed(layer, name="each")]
    )
    with (
        converted(filled(model), tmp_path) as net,
        pytest.raises(fkb.EngineError, match="for each time step"),
    ):
        fkb.Trainer(net, loss="mean_squared_error", optimizer="SGD")


def test_a_gradient_without_a_step_is_that_of_inference(tmp_path: Path) -> None:
    model = filled(wrapped(keras, dense))
    x, _ = numbers("float32")
    with converted(model, tmp_path) as net:
        dy = np.ones((2, 2), "f")
        net.gradient(x[:2], dy)
        with pytest.raises(fkb.EngineError, match="before its forward pass"):
            net.gradient(x[:2], dy, training=True)


def test_batches_cut_into_blocks_are_normalised_once(tmp_path: Path) -> None:
    """A batch of several blocks and lanes makes the step of Keras."""
    model = compiled(filled(wrapped(keras, dense)), keras.optimizers.SGD(0.05))
    generator = np.random.default_rng(1)
    x = generator.standard_normal((700, *SHAPE)).astype("f")
    y = generator.standard_normal((700, 2)).astype("f")
    with converted(model, tmp_path) as net:
        pairs = pairs_of(net, model)
        fkb.Trainer(net).step(x, y)
        model.train_on_batch(x, y)
        same_weights(net, model, pairs, 1e-5)


def test_a_call_that_always_normalises_is_refused(tmp_path: Path) -> None:
    zoo_cases.mend_keras2(tf_keras)
    layers = tf_keras.layers
    inputs = tf_keras.Input((3,))
    layer = layers.SpectralNormalization(layers.Dense(3, name="inner"), name="spectral")
    model = tf_keras.Model(inputs, layer(inputs, training=True))
    with pytest.raises(fkb.EngineError, match="every call"):
        converted(filled(model), tmp_path)


def test_other_layers_of_a_call_in_inference_train(tmp_path: Path) -> None:
    """Keras 2 keeps `training=False` of a call: the kernel is not normalised then."""
    zoo_cases.mend_keras2(tf_keras)
    layers = tf_keras.layers
    inputs = tf_keras.Input((3,))
    layer = layers.SpectralNormalization(layers.Dense(3, name="inner"), name="spectral")
    outputs = layers.Dense(2, name="last")(layer(inputs, training=False))
    model = compiled(filled(tf_keras.Model(inputs, outputs)), tf_keras.optimizers.SGD(0.05))
    generator = np.random.default_rng(1)
    x, y = generator.standard_normal((8, 3)).astype("f"), np.ones((8, 2), "f")
    with converted(model, tmp_path) as net:
        pairs = pairs_of(net, model)
        fkb.Trainer(net).step(x, y)
        model.train_on_batch(x, y)
        same_weights(net, model, pairs, 1e-5)
