"""Every layer and graph of the zoo against Keras: outputs, gradients, kinds, batches and files."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
import zoo
from fkb.graph import Array

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")
tf_keras = pytest.importorskip("tf_keras")


pytestmark = needs.with_engine

GRADIENT_TOLERANCE = {"float32": 1e-4, "float64": 1e-9}
# Layers that change only values and draw random numbers in training.
RANDOM = (
    "drop",
    "spectral",
    "noise",
    "random",
    "deep sequential",
    "nested sequential",
    "training stated",
)


def set_precision(keras_itself: Any, precision: str) -> None:
    keras_itself.backend.set_floatx(precision)
    if keras_itself is keras:
        keras.config.set_dtype_policy(precision)
    else:
        keras_itself.mixed_precision.set_global_policy(precision)


@pytest.fixture
def precision(request: pytest.FixtureRequest) -> Iterator[str]:
    for module in (keras, tf_keras):
        set_precision(module, request.param)
    yield request.param
    for module in (keras, tf_keras):
        set_precision(module, "float32")


def every_pair() -> list[tuple[zoo.Case, int]]:
    return [(case, 3) for case in zoo.cases(3)] + [(case, 2) for case in zoo.cases(2)]


def every_case() -> list[Any]:
    """Return each case; those of Keras 2 that Keras 3 has too run with the long tests."""
    both = {case.name for case in zoo.cases(3)}
    cases = []
    for case, major in every_pair():
        marks = [pytest.mark.long] if major == 2 and case.name in both else []
        cases.append(pytest.param(case, major, id=f"{case.name}, Keras {major}", marks=marks))
    return cases


def every_case_and_kind() -> list[Any]:
    """Return each case for each Keras in one kind, and with the long tests in the other too."""
    cases = []
    for case, major in every_pair():
        quick = (zlib.crc32(case.name.encode()) + major) % 2
        for i, kind in enumerate(("float32", "float64")):
            marks = [] if quick == i else [pytest.mark.long]
            name = f"{kind}-{case.name}, Keras {major}"
            cases.append(pytest.param(case, major, kind, id=name, marks=marks))
    return cases


def close(got: Array, wanted: Array, tolerance: float, what: str, least: float = 0.0) -> None:
    """Compare relative to the largest value of an array, or to `least` where that is more."""
    wanted = np.asarray(wanted)
    got = np.asarray(got).reshape(wanted.shape)
    scale = max(float(np.max(np.abs(wanted), initial=0.0)), least) or 1.0
    difference = float(np.max(np.abs(got - wanted), initial=0.0))
    assert difference <= tolerance * scale, f"{what}: {difference / scale:.2e} > {tolerance:.2e}"


def listed(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value[key] for key in sorted(value)]
    return list(value) if isinstance(value, (list, tuple)) else [value]


def leaves(model: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the layers below a model with their paths, models opened."""
    for layer in model.layers:
        here = f"{path}{layer.name}"
        if hasattr(layer, "layers"):
            yield from leaves(layer, f"{here}/")
        else:
            yield here, layer


def trainable_variables(model: Any) -> list[Any]:
    found = {id(v): v for _, layer in leaves(model) for v in layer.trainable_weights}
    return [v.value if isinstance(v, keras.Variable) else v for v in found.values()]


def named(value: Array, weights: dict[str, Array]) -> str:
    """Return which weight of the network a variable of Keras is: all have random values."""
    same = [
        name
        for name, own in weights.items()
        if own.shape == value.shape and np.array_equal(own, value)
    ]
    assert len(same) == 1, f"the weights {same} have these values: {value}"
    return same[0]


def witness(
    model: Any, inputs: Any, upstream: list[Array], training: bool
) -> tuple[list[Array], list[Any], list[tuple[Array, Array]]]:
    """Return Keras's outputs and the gradients of sum(dy*y) for inputs and trained weights.

    A weight's gradient comes with the weight's value.
    """
    tensors = [tf.constant(x) for x in listed(inputs)]
    variables = trainable_variables(model)
    before = [np.array(variable.numpy()) for variable in variables]
    with tf.GradientTape(persistent=True) as tape:
        for tensor in tensors:
            if tensor.dtype.is_floating:
                tape.watch(tensor)
        given: Any = tensors[0] if len(tensors) == 1 and not isinstance(inputs, list) else tensors
        if isinstance(inputs, dict):
            given = dict(zip(sorted(inputs), tensors, strict=True))
        outputs = listed(model(given, training=training))
        total = sum(
            tf.reduce_sum(y * tf.cast(d, y.dtype)) for y, d in zip(outputs, upstream, strict=True)
        )
    dx = [tape.gradient(total, t) if t.dtype.is_floating else None for t in tensors]
    dw = [(value, tape.gradient(total, v)) for value, v in zip(before, variables, strict=True)]
    dense = [(value, tf.convert_to_tensor(g).numpy()) for value, g in dw if g is not None]
    return [np.asarray(y) for y in outputs], dx, dense


def convert(case: zoo.Case, major: int, folder: Path) -> tuple[Any, Path]:
    module = keras if major == 3 else tf_keras
    model = zoo.fill(case.build(module), 5)
    source = folder / "model.keras"
    model.save(source)
    fkb.convert(source, folder / "model.fkb")
    return model, folder / "model.fkb"


def depth_of(model: Any) -> int:
    """Return how many layers a model has; attention of several heads is four products."""
    layers = [type(layer).__name__ for _, layer in leaves(model)]
    heads = ("MultiHeadAttention", "GroupedQueryAttention")
    return max(1, sum(4 if name in heads else 1 for name in layers))


@pytest.mark.parametrize(
    ("case", "major", "precision"), every_case_and_kind(), indirect=["precision"]
)
def test_outputs_and_gradients_are_those_of_keras(
    case: zoo.Case, major: int, precision: str, tmp_path: Path
) -> None:
    compared = "float32" if case.single else precision
    set_precision(keras if major == 3 else tf_keras, compared)
    model, path = convert(case, major, tmp_path)
    inputs = zoo.inputs_of(model, 1)
    eps = float(np.finfo(compared).eps)
    bound = 8 * depth_of(model) * eps
    random = np.random.default_rng(2)
    with fkb.load(path, precision=precision) as net:
        got = listed(net.predict(inputs))[: case.exact]
        wanted = zoo.outputs_of(model, inputs)[: case.exact]
        for k, (y, truth) in enumerate(zip(got, wanted, strict=True)):
            assert y.dtype == compared
            close(y, truth, bound, f"output {k}")
        modes = [False] if any(word in case.name for word in RANDOM) else [False, True]
        if "renorm" in case.name and (major, compared) == (2, "float64"):
            modes = [False]  # Keras 2 cannot train it
        for training in modes:
            if case.exact == 1 or "constraint" in case.name or not case.gradient:
                continue
            upstream = [random.standard_normal(y.shape).astype(compared) for y in got]
            truth, dx, dw = witness(model, inputs, upstream, training)
            y, gx, flat = net.gradient(inputs, upstream, training=training)
            tolerance = GRADIENT_TOLERANCE[compared]
            for k, pair in enumerate(zip(listed(y), truth, strict=True)):
                close(*pair, bound * 4, f"output {k}, training {training}")
            for k, (g, gradient) in enumerate(zip(listed(gx), dx, strict=True)):
                if gradient is not None:
                    close(g, gradient.numpy(), tolerance, f"input gradient {k}, {training=}")
            first = 0
            by_path = {}
            for name, values in net.weights.items():
                by_path[name] = flat[first : first + values.size].reshape(values.shape)
                first += values.size
            # A bias of attention's keys has the gradient 0, which Keras rounds.
            least = 0.02 * max((float(np.max(np.abs(g))) for _, g in dw), default=0.0)
            for value, gradient in dw:
                name = named(value, net.weights)
                close(by_path[name], gradient, tolerance, f"gradient of {name}, {training=}", least)


@pytest.mark.parametrize(("case", "major"), every_case())
def test_kinds_batches_and_files_agree(case: zoo.Case, major: int, tmp_path: Path) -> None:
    model, path = convert(case, major, tmp_path)
    inputs = zoo.inputs_of(model, 3)
    bound = 8 * depth_of(model) * float(np.finfo("float32").eps)
    with fkb.load(path) as net, fkb.load(path, precision="float64") as wide:
        whole = listed(net.predict(inputs))[: case.exact]
        doubled = listed(wide.predict(inputs))[: case.exact]
        for k, (y, wider) in enumerate(zip(whole, doubled, strict=True)):
            close(y, wider, bound, f"output {k} of the real64 network")
        if case.name != "fixed batch size":
            for row in range(4):
                one = {"x": [x[row : row + 1] for x in listed(inputs)]}["x"]
                single = listed(net.predict(one[0] if len(one) == 1 else one))[: case.exact]
                for k, (y, y1) in enumerate(zip(whole, single, strict=True)):
                    close(y1, y[row : row + 1], bound, f"output {k} of row {row} alone")
        for folds in (False, True):
            net.freeze(fold=folds)
            for k, (y, frozen) in enumerate(
                zip(whole, listed(net.predict(inputs))[: case.exact], strict=True)
            ):
                close(frozen, y, bound if folds else 0.0, f"output {k}, frozen with {folds=}")
        net.save(tmp_path / "again.fkb")
    assert (tmp_path / "again.fkb").read_bytes() == path.read_bytes()
