"""Tangent-linear and adjoint products of every model of the zoo, against each other and Keras."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
import zoo
from fkb.graph import Array
from test_layers_agree import (
    GRADIENT_TOLERANCE,
    close,
    convert,
    every_case,
    listed,
    set_precision,
    trainable_variables,
)

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")
tf_keras = pytest.importorskip("tf_keras")

pytestmark = needs.with_engine

#: What <J v, w> and <v, J' w> may differ by, of |J v| |w|.
DOT_TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
#: Gradients whose gradients TensorFlow does not have, and so no forward derivative.
NO_FORWARD = ("SoftsignGrad",)


def dot(a: list[Array], b: list[Array]) -> float:
    pairs = zip(a, b, strict=True)
    return float(sum(np.sum(np.float64(p) * np.float64(q)) for p, q in pairs))


def size_of(a: list[Array]) -> float:
    return float(np.sqrt(dot(a, a)))


def directions(inputs: Any, seed: int, dtype: str) -> list[Array]:
    """Return random directions; whole numbers and masks have none."""
    random = np.random.default_rng(seed)
    return [
        random.standard_normal(np.shape(x)).astype(dtype)
        if np.asarray(x).dtype.kind == "f"
        else np.zeros(np.shape(x), dtype)
        for x in listed(inputs)
    ]


def like(inputs: Any, arrays: list[Array]) -> Any:
    """Return arrays by position in the structure of the inputs."""
    if isinstance(inputs, dict):
        return dict(zip(sorted(inputs), arrays, strict=True))
    return arrays if isinstance(inputs, list) else arrays[0]


def weight_directions(
    net: fkb.Network, model: Any, dtype: str
) -> tuple[Array, list[tuple[Any, Array]]]:
    """Return a direction of all trained weights, for the network and by Keras's variables."""
    weights = {name: value.astype(dtype) for name, value in net.weights.items()}
    random = np.random.default_rng(6)
    first, places = 0, {}
    for name, values in weights.items():
        places[name] = slice(first, first + values.size)
        first += values.size
    vector = np.zeros(net.n_params)
    by_variable = []
    for variable in trainable_variables(model):
        value = np.array(variable.numpy())
        direction = random.standard_normal(value.shape).astype(value.dtype)
        vector[places[nearest(value, weights)]] = direction.reshape(-1)
        by_variable.append((variable, direction))
    return vector, by_variable


def nearest(value: Array, weights: dict[str, Array]) -> str:
    """Return which weight a variable of Keras is: all have random values."""
    same = [
        name
        for name, own in weights.items()
        if own.shape == value.shape and np.allclose(own, value, rtol=1e-6, atol=0)
    ]
    assert len(same) == 1, f"the weights {same} have these values: {value}"
    return same[0]


@pytest.fixture
def in_real64() -> Iterator[None]:
    yield
    for module in (keras, tf_keras):
        set_precision(module, "float32")


def keras_directions(
    model: Any, inputs: Any, dx: list[Array], variables: list[tuple[Any, Array]]
) -> list[Array | None]:
    """Return Keras's directions of the outputs, by forward accumulation of TensorFlow.

    Raises:
        LookupError: TensorFlow has none for an operation, such as ResizeBilinear, whose gradient it
            has: it then says None, as where an output depends on nothing.
    """
    tensors = [tf.constant(x) for x in listed(inputs)]
    floats = [k for k, tensor in enumerate(tensors) if tensor.dtype.is_floating]
    primals = [tensors[k] for k in floats] + [variable for variable, _ in variables]
    tangents = [tf.constant(dx[k], tensors[k].dtype) for k in floats]
    tangents += [tf.constant(direction) for _, direction in variables]
    with tf.GradientTape() as tape:
        tape.watch(primals)
        with tf.autodiff.ForwardAccumulator(primals, tangents) as accumulator:
            outputs = listed(model(like(inputs, tensors), training=False))
    found = [accumulator.jvp(y) for y in outputs]
    unknown = [y for y, d in zip(outputs, found, strict=True) if d is None]
    if unknown and any(g is not None for g in tape.gradient(unknown, primals)):
        raise LookupError("a gradient, but no forward derivative")
    return [None if d is None else np.asarray(d) for d in found]


def check_products(net: fkb.Network, inputs: Any, vector: Array, dtype: str) -> list[Array]:
    """Check that both products fit together; return the directions of the outputs."""
    random = np.random.default_rng(2)
    v = directions(inputs, 3, dtype)
    y, dy = net.jvp(inputs, like(inputs, v), dparams=vector)
    assert all(np.all(np.isfinite(d)) for d in listed(dy))
    w = [random.standard_normal(d.shape).astype(d.dtype) for d in listed(dy)]
    back, dx, dparams = net.vjp(inputs, w if len(w) > 1 else w[0], params=True)
    for one, other, predicted in zip(
        listed(y), listed(back), listed(net.predict(inputs)), strict=True
    ):
        close(one, predicted, 1e-5 if dtype == "float32" else 1e-12, "outputs")
        np.testing.assert_array_equal(one, other)
    forward = dot(listed(dy), w)
    reverse = dot(v, listed(dx)) + dot([vector], [dparams])
    scale = size_of(listed(dy)) * size_of(w)
    assert abs(forward - reverse) <= DOT_TOLERANCE[dtype] * scale, (forward, reverse, scale)
    return listed(dy)


def cast(inputs: Any, dtype: str) -> Any:
    arrays = [
        np.asarray(x).astype(dtype) if np.asarray(x).dtype.kind == "f" else x
        for x in listed(inputs)
    ]
    return like(inputs, arrays)


def most_of_the_zoo() -> list[Any]:
    """Every model of Keras 3; those of Keras 2, whose layers are the same, in the long run."""
    marks = {2: pytest.mark.long, 3: ()}
    return [
        pytest.param(*case.values, id=case.id, marks=marks[case.values[1]]) for case in every_case()
    ]


@pytest.mark.parametrize(("case", "major"), most_of_the_zoo())
def test_products_with_the_jacobian(
    case: zoo.Case, major: int, tmp_path: Path, in_real64: None
) -> None:
    compared = "float32" if case.single else "float64"
    set_precision(keras if major == 3 else tf_keras, compared)
    model, path = convert(case, major, tmp_path)
    inputs = zoo.inputs_of(model, 1)
    with fkb.load(path, precision="single") as net:
        if case.exact == 1:
            with pytest.raises(fkb.EngineError, match="training=True"):
                net.jvp(inputs)
            return
        vector, _ = weight_directions(net, model, compared)
        check_products(net, cast(inputs, "float32"), vector, "float32")
    with fkb.load(path, precision="double") as net:
        vector, by_variable = weight_directions(net, model, compared)
        dy = check_products(net, cast(inputs, "float64"), vector, "float64")
    if not case.gradient or "constraint" in case.name:
        return
    try:
        wanted = keras_directions(model, inputs, directions(inputs, 3, compared), by_variable)
    except (LookupError, NotImplementedError, ValueError) as lack:
        assert "gradient" in str(lack).lower() or "accumulator" in str(lack).lower(), lack
        reason = next((name for name in NO_FORWARD if name in str(lack)), str(lack)[:200])
        pytest.skip(f"the products fit; TensorFlow has no forward derivative: {reason}")
    for k, (got, truth) in enumerate(zip(dy, wanted, strict=True)):
        if truth is None:
            np.testing.assert_array_equal(got, 0)
        else:
            close(got, truth, GRADIENT_TOLERANCE[compared], f"direction of output {k}", 1e-3)
