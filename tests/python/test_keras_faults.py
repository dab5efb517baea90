"""Where Keras on TensorFlow departs from its own formula: FKB follows the formula."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")
tf_keras = pytest.importorskip("tf_keras")

pytestmark = needs.with_engine

BOTH = pytest.mark.parametrize("k", [keras, tf_keras], ids=["Keras 3", "Keras 2"])
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}


@pytest.fixture(params=["float32", "float64"])
def kind(request: pytest.FixtureRequest) -> Iterator[str]:
    set_precision(request.param)
    yield str(request.param)
    set_precision("float32")


def set_precision(kind: str) -> None:
    keras.config.set_floatx(kind)
    keras.config.set_dtype_policy(kind)
    tf_keras.backend.set_floatx(kind)
    tf_keras.mixed_precision.set_global_policy(kind)


def converted(model: Any, folder: Path) -> Any:
    model.save(folder / "model.keras")
    fkb.convert(folder / "model.keras", folder / "model.fkb")
    return fkb.load(folder / "model.fkb")


def filled(model: Any) -> Any:
    random = np.random.default_rng(2)
    model.set_weights([random.standard_normal(w.shape) for w in model.get_weights()])
    return model


def off(one: Any, two: Any) -> float:
    return float(np.abs(np.asarray(one) - np.asarray(two)).max())


@BOTH
@pytest.mark.parametrize(("width", "filters"), [(3, 3), (4, 3), (3, 4)])
@pytest.mark.parametrize("use_bias", [True, False])
def test_channels_first_adds_the_bias_to_the_channels(
    width: int, filters: int, use_bias: bool, k: Any, kind: str, tmp_path: Path
) -> None:
    inputs = k.Input((2, 5, width))
    layer = k.layers.Conv2D(filters, 1, data_format="channels_first", use_bias=use_bias)
    model = filled(k.Model(inputs, layer(inputs)))
    x = np.random.default_rng(1).standard_normal((2, 2, 5, width)).astype(kind)
    kernel = model.get_weights()[0][0, 0]
    wanted = np.einsum("bchw,cf->bfhw", x, kernel)
    if use_bias:
        wanted = wanted + model.get_weights()[1][:, None, None]
    with converted(model, tmp_path) as net:
        assert off(net.predict(x), wanted) < TOLERANCE[kind]
    if kind == "float32":  # TensorFlow has no such convolution in real64 on a CPU
        faulty = k is keras and use_bias and width == filters
        assert (off(model(x), wanted) > 0.1) == faulty


def transposed_gradient(dy: Any, kernel: Any) -> Any:
    """The gradient of a Conv3DTranspose with strides 3, kernel (2, 1, 1) and no overlap."""
    return sum(
        np.einsum("bijko,oc->bijkc", dy[:, first::3, ::3, ::3], kernel[first, 0, 0])
        for first in range(2)
    )


@BOTH
def test_transposed_convolution_with_strides_beyond_its_kernel(
    k: Any, kind: str, tmp_path: Path
) -> None:
    inputs = k.Input((3, 4, 4, 3))
    layer = k.layers.Conv3DTranspose(2, (2, 1, 1), strides=3, padding="same")
    model = filled(k.Model(inputs, layer(inputs)))
    x = np.random.default_rng(1).standard_normal((2, 3, 4, 4, 3)).astype(kind)
    dy = np.random.default_rng(2).standard_normal((2, *model.output_shape[1:])).astype(kind)
    with converted(model, tmp_path) as net:
        y, dx, _ = net.gradient(x, dy)
    with tf.GradientTape() as tape:
        tensor = tf.constant(x)
        tape.watch(tensor)
        output = model(tensor)
        total = tf.reduce_sum(output * dy)
    assert off(y, output) < TOLERANCE[kind]
    wanted = transposed_gradient(dy, model.get_weights()[0])
    dx = dx[0] if isinstance(dx, list) else dx
    assert off(dx, wanted) < TOLERANCE[kind]
    # TensorFlow 2.21 on a CPU takes other places of dy in real64.
    assert (off(tape.gradient(total, tensor), wanted) > 0.1) == (kind == "float64")


@BOTH
def test_convolution_with_strides_beyond_its_kernel(k: Any, kind: str, tmp_path: Path) -> None:
    inputs = k.Input((9, 12, 9, 3))
    layer = k.layers.Conv3D(2, 1, strides=3, padding="same")
    model = filled(k.Model(inputs, layer(inputs)))
    x = np.random.default_rng(1).standard_normal((2, 9, 12, 9, 3)).astype(kind)
    kernel, bias = model.get_weights()
    wanted = x[:, ::3, ::3, ::3] @ kernel[0, 0, 0] + bias
    with converted(model, tmp_path) as net:
        assert off(net.predict(x), wanted) < TOLERANCE[kind]
    assert (off(model(x), wanted) > 0.1) == (kind == "float64")
