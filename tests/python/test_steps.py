"""Steps that are no straight lines: formulas, inverses, files, and the same in the library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from fkb import text
from fkb.errors import EngineError, FkbError, FormatError
from fkb.graph import Graph, Layer, Node, Port, Step, TensorRef, Weight
from fkb.steps import CURVES, apply_step, invert_step, problem_of_curve
from fkb.transforms import apply_toml

TABLE = {"x": [0.5, 1.0, 4.0], "y": [0.0, 0.25, 1.0]}
FALLING = {"x": [0.5, 1.0, 4.0], "y": [3.0, 0.25, -1.0], "range": [1, 2]}
STEPS = [
    Step("log10", {"floor": 1e-3}),
    Step("ln", {"floor": [0.5, 1e-6], "range": [1, 3]}),
    Step("exp10", {"factor": 0.5}),
    Step("exp", {"factor": -1.5, "range": [0, 1]}),
    Step("power", {"exponent": 0.25}),
    Step("interpolate", TABLE),
    Step("interpolate", FALLING),
]


def graph_of(size: int = 3) -> Graph:
    """A model that returns its input."""
    x = Layer("x", "InputLayer", {"batch_shape": [None, size]}, nodes=[Node()])
    y = Layer("y", "Dense", {"units": size}, nodes=[Node([TensorRef("x", 0, 0)])])
    y.weights = [Weight("kernel", np.eye(size)), Weight("bias", np.zeros(size))]
    model = Layer("m", "Sequential", {"trainable": True}, children=[x, y])
    model.inputs, model.outputs = TensorRef("x", 0, 0), TensorRef("y", 0, 0)
    return Graph("float64", "3.15.1", model)


def expected(step: Step, x: np.ndarray) -> np.ndarray:
    """The formulas of docs/format.md, element by element."""
    assert isinstance(step.value, dict)
    first, last = step.value.get("range", [0, x.shape[-1]])
    y = x.copy()
    for i in range(first, last):
        v = x[..., i]
        if step.kind == "interpolate":
            y[..., i] = np.interp(v, step.value["x"], step.value["y"])
            continue
        a: Any = step.value[CURVES[step.kind]]
        a = a[i - first] if isinstance(a, list) else a
        formula = {
            "log10": lambda v, a: np.log10(np.maximum(v, a)),
            "ln": lambda v, a: np.log(np.maximum(v, a)),
            "exp10": lambda v, a: 10.0 ** (a * v),
            "exp": lambda v, a: np.exp(a * v),
            "power": lambda v, a: np.sign(v) * np.abs(v) ** a,
        }[step.kind]
        y[..., i] = formula(v, a)
    return y


X = np.array([[0.7, 2.0, 3.5], [1.1, 0.6, 0.9], [2.2, 1.0, 0.51]])


@pytest.mark.parametrize("step", STEPS)
def test_steps_and_their_inverses(step: Step) -> None:
    np.testing.assert_allclose(apply_step(step, X), expected(step, X), rtol=1e-15)
    np.testing.assert_allclose(invert_step(step, apply_step(step, X)), X, rtol=1e-13)
    floor = np.array([[-1.0, 0, 1e-9]])
    np.testing.assert_allclose(apply_step(step, floor), expected(step, floor), rtol=1e-15)
    assert np.isnan(apply_step(step, np.full((1, 3), np.nan))).all()


@needs.with_engine
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("side", ["input", "output"])
def test_the_library_computes_the_same(step: Step, side: str, tmp_path: Path) -> None:
    graph = graph_of()
    port = Port("x", {}, [Step("multiply", 2.0), step, Step("subtract", np.arange(3.0))])
    (graph.inputs if side == "input" else graph.outputs)[0] = port
    path = tmp_path / "m.fkb"
    path.write_bytes(text.dumps(graph))
    x = np.concatenate([X, [[-1.0, 0, 1e-9]], [[9.0, 9, 9]]])
    truth = expected(step, 2 * x) - np.arange(3.0)
    with fkb.load(path) as net:
        np.testing.assert_allclose(net.predict(x), truth, rtol=1e-14, atol=1e-15)
        single = net.predict(x.astype(np.float32))
        np.testing.assert_allclose(single, truth, rtol=1e-5, atol=1e-6)
        assert np.isnan(net.predict(np.full((1, 3), np.nan))).all()
        net.save(path)
    assert path.read_bytes() == text.dumps(graph)
    if side == "input":
        with fkb.load(path) as net, pytest.raises(EngineError, match="no straight line"):
            net.jacobian(X)


@needs.with_engine
def test_a_selection_takes_the_steps_before_it_along(tmp_path: Path) -> None:
    graph = graph_of(2)
    ranged = {"floor": [1e-2, 1e-1], "range": [1, 3]}
    steps = [Step("log10", ranged), Step("select", [3, 1]), Step("exp", {"factor": [1.0, 2.0]})]
    graph.inputs[0] = Port("x", {"size": 4}, steps)
    path = tmp_path / "m.fkb"
    path.write_bytes(text.dumps(graph))
    x = np.array([[5.0, 3.0, 2.0, 0.3], [1.0, 1e-9, 1.0, -2.0]])
    truth = np.stack([np.exp(x[:, 3]), np.exp(2 * np.log10(np.maximum(x[:, 1], 1e-2)))], 1)
    with fkb.load(path) as net:
        np.testing.assert_allclose(net.predict(x), truth, rtol=1e-14)


WRONG: list[tuple[str, Any, str]] = [
    ("log10", {"floor": 0}, "floor must be positive"),
    ("log10", {"floor": 1, "base": 2}, "unknown members"),
    ("log10", {}, "floor"),
    ("ln", {"floor": [1, 2]}, "floor has 2 values, 3 are expected"),
    ("ln", {"floor": "1"}, "floor"),
    ("exp", {"factor": 0}, "factor must not be 0"),
    ("exp10", {"factor": 1, "range": [2, 4]}, "range must be two positions"),
    ("exp10", {"factor": 1, "range": [2, 2]}, "range must be two positions"),
    ("exp10", {"factor": 1, "range": [0]}, "range must be two positions"),
    ("power", {"exponent": -1}, "exponent must be positive"),
    ("interpolate", {"x": [0, 1]}, "y"),
    ("interpolate", {"x": [0, 1], "y": [0]}, "lists of one length"),
    ("interpolate", {"x": [0, 0], "y": [0, 1]}, "x must ascend"),
    ("interpolate", {"x": [0, 1, 2], "y": [0, 1, 1]}, "y must ascend or descend"),
    ("exp", 3, "an object is expected"),
]


@needs.with_engine
@pytest.mark.parametrize(("kind", "value", "words"), WRONG)
def test_both_readers_refuse_the_same(kind: str, value: Any, words: str, tmp_path: Path) -> None:
    assert problem_of_curve(kind, value, 3)
    graph = graph_of()
    graph.inputs[0] = Port("x", {"elements": ["a", "b", "c"]}, [Step("power", {"exponent": 3})])
    lines = text.dumps(graph).decode().split("\n")
    broken = "\n".join(
        f"  step {kind} {json.dumps(value, separators=(',', ':'))}"
        if line.startswith("  step")
        else "checksum none"
        if line.startswith("checksum")
        else line
        for line in lines
    ).encode()
    with pytest.raises(FormatError, match=words):
        text.loads(broken)
    path = tmp_path / "m.fkb"
    path.write_bytes(broken)
    with pytest.raises(EngineError, match=words):
        fkb.load(path)


TOML = """
[[input]]
steps = [{subtract = 0.5}]
fields = [
  {name = "q", length = 2, steps = [{log10 = 1e-9}, {divide = [2, 4]}]},
  {name = "ps", steps = [{minmax = [900, 1100]}]},
]

[[output]]
fields = [
  {name = "a", steps = [{quantiles = [0, 10, 40]}]},
  {name = "b", length = 2, steps = [{scale = 50}, {minmax = [[1, 2], [3, 6]]}]},
]
"""


def test_fields_have_steps_of_their_own(tmp_path: Path) -> None:
    graph = graph_of()
    path = tmp_path / "t.toml"
    path.write_text(TOML)
    apply_toml(graph, path)
    x = np.array([[1e-4, 1e-12, 950.0]])
    y = x
    for step in graph.inputs[0].steps:
        y = apply_step(step, y)
    np.testing.assert_allclose(y, [[-4 / 2 - 0.5, -9 / 4 - 0.5, 0.25 - 0.5]], rtol=1e-15)
    y = np.array([[0.75, 50.0, 100.0]])
    for step in graph.outputs[0].steps:
        y = apply_step(step, y)
    np.testing.assert_allclose(y, [[25, 3, 10]], rtol=1e-15)
    assert graph.inputs[0].options["fields"] == [{"name": "q", "length": 2}, {"name": "ps"}]
    assert text.dumps(text.loads(text.dumps(graph))) == text.dumps(graph)
    for suffix in ("keras", "h5"):
        first, between = tmp_path / "a.fkb", tmp_path / f"b.{suffix}"
        first.write_bytes(text.dumps(graph))
        fkb.export(first, between)
        fkb.convert(between, tmp_path / "c.fkb", precision="double")
        assert (tmp_path / "c.fkb").read_bytes() == first.read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("log10 = 1e-9", "log10 = 0", "floor must be positive"),
        ("log10 = 1e-9", "log2 = 1", 'unknown step "log2"'),
        ("log10 = 1e-9", "log10 = {floor = 1, range = [0, 1]}", "has no range"),
        ("[2, 4]", "[2, 4, 6]", "3 numbers, the field 2 elements"),
        ("[2, 4]", "[2, 0]", "number 2 is 0"),
        ("[900, 1100]", "[900]", "minmax needs two entries"),
        ("[0, 10, 40]", "[0, 10, 10]", "y must ascend or descend"),
        ('name = "ps"', 'length = 2, name = "ps"', "the fields do not fit the 3 elements"),
    ],
)
def test_mistakes_in_steps_are_named(old: str, new: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    assert old in TOML
    path.write_text(TOML.replace(old, new, 1))
    with pytest.raises(FkbError, match=words):
        apply_toml(graph_of(), path)
