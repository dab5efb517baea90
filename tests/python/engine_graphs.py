"""Small networks for the tests of the library in Python, and what they compute."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from fkb import text
from fkb.graph import Graph, Layer, Node, TensorRef, Weight

EPS = {"float32": 1.2e-7, "float64": 2.3e-16}


def dense(name: str, source: str, kernel: np.ndarray, activation: str = "linear") -> Layer:
    options = {"units": kernel.shape[1], "activation": activation}
    if kernel.dtype == np.float64:
        options["dtype"] = "float64"
    layer = Layer(name, "Dense", options, nodes=[Node([TensorRef(source, 0, 0)])])
    bias = np.linspace(-0.5, 0.5, kernel.shape[1]).astype(kernel.dtype)
    layer.weights = [Weight("kernel", kernel), Weight("bias", bias)]
    return layer


def two_layers(precision: str = "float32", open_axis: bool = False) -> Graph:
    """3 -> 5 tanh -> 2, on vectors or on rows of them."""
    generator = np.random.default_rng(5)
    shape = [None, None, 3] if open_axis else [None, 3]
    first = Layer("x", "InputLayer", {"batch_shape": shape, "dtype": precision}, nodes=[Node()])
    kernels = [generator.standard_normal(s).astype(precision) for s in ((3, 5), (5, 2))]
    model = Layer("net", "Sequential", {"trainable": True})
    model.children = [first, dense("a", "x", kernels[0], "tanh"), dense("b", "a", kernels[1])]
    model.inputs, model.outputs = TensorRef("x", 0, 0), TensorRef("b", 0, 0)
    return Graph(precision, "3.15.1", model)


def two_ends() -> Graph:
    """Inputs `p` (2) and `q` (3), outputs q + Dense(p) and Dense(p)."""
    kernel = np.arange(6, dtype=np.float32).reshape(2, 3) / 10
    p = Layer("p", "InputLayer", {"batch_shape": [None, 2]}, nodes=[Node()])
    q = Layer("q", "InputLayer", {"batch_shape": [None, 3]}, nodes=[Node()])
    total = Layer("sum", "Add")
    total.nodes = [Node([[TensorRef("q", 0, 0), TensorRef("d", 0, 0)]])]
    model = Layer("ends", "Functional", children=[p, q, dense("d", "p", kernel), total])
    model.inputs = {"q": TensorRef("q", 0, 0), "p": TensorRef("p", 0, 0)}
    model.outputs = [TensorRef("sum", 0, 0), TensorRef("d", 0, 0)]
    return Graph("float32", "3.15.1", model)


def forward(graph: Graph, x: np.ndarray) -> np.ndarray:
    a, b = graph.model.children[1:]
    (k1, b1), (k2, b2) = ([w.value.astype(np.float64) for w in layer.weights] for layer in (a, b))
    return np.asarray(np.tanh(np.asarray(x, np.float64) @ k1 + b1) @ k2 + b2)


def saved(folder: Path, graph: Graph, name: str = "net.fkb") -> Path:
    path = folder / name
    text.write(graph, path)
    return path


def assert_close(answer: np.ndarray, truth: np.ndarray, precision: str = "float32") -> None:
    """Within 8 * depth * eps of the output's scale."""
    assert answer.shape == truth.shape
    bound = 8 * 4 * EPS[precision] * np.abs(truth).max()
    assert np.abs(answer - truth).max() <= bound


X = np.random.default_rng(6).standard_normal((17, 3))
