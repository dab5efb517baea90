"""What `fkb inspect` tells of a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fkb import text
from fkb.graph import Compile, Graph, Layer, Node, Port, Sample, Step, TensorRef, Weight
from fkb.inspect import describe, render

GOLDEN = Path(__file__).parents[1] / "golden" / "text"


def layer(
    name: str,
    class_name: str,
    sources: list[str] | list[list[str]],
    config: dict[str, object] | None = None,
    **weights: tuple[int, ...],
) -> Layer:
    """A layer that is called on the tensors of these layers, once for each inner list."""
    result = Layer(name, class_name, dict(config or {}))
    for call in sources:
        refs = [TensorRef(source, 0, 0) for source in ([call] if isinstance(call, str) else call)]
        merged = class_name in ("Add", "Concatenate")
        result.nodes.append(Node([refs] if merged else list(refs)))
    if class_name == "InputLayer":
        result.nodes = [Node()]
    for weight, shape in weights.items():
        fixed = weight.startswith("moving")
        result.weights.append(Weight(weight, np.zeros(shape, np.float32), not fixed))
    return result


def two_branches() -> Graph:
    inner = layer("inner", "Functional", ["state"], {"trainable": False})
    inner.children = [
        layer("i", "InputLayer", [], {"batch_shape": [None, 4]}),
        layer("d", "Dense", ["i"], {"units": 3, "activation": "tanh"}, kernel=(4, 3), bias=(3,)),
    ]
    inner.inputs, inner.outputs = TensorRef("i", 0, 0), TensorRef("d", 0, 0)
    model = Layer("two", "Functional")
    model.children = [
        layer("state", "InputLayer", [], {"batch_shape": [None, 4]}),
        layer("flux", "InputLayer", [], {"batch_shape": [None, 2]}),
        inner,
        layer("shared", "Dropout", ["inner", "flux"], {"rate": 0.25}),
        layer("joined", "Concatenate", [["inner", "flux"]], {"axis": -1}),
        layer(
            "norm",
            "BatchNormalization",
            ["joined"],
            {"epsilon": 0.001},
            **dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), (5,)),
        ),
        layer("out", "Dense", ["norm"], {"units": 1100}, kernel=(5, 1100), bias=(1100,)),
    ]
    model.inputs = [TensorRef("state", 0, 0), TensorRef("flux", 0, 0)]
    model.outputs = [TensorRef("out", 0, 0), TensorRef("shared", 1, 0)]
    return Graph("float32", "3.15.1", model)


def test_parameters_are_counted_as_an_optimizer_sees_them() -> None:
    about = describe(two_branches())
    assert about["parameters"] == {"total": 6635, "trainable": 6610, "fixed": 25}
    layers = {entry["path"]: entry for entry in about["layers"]}
    assert layers["inner/d"]["parameters"] == 15
    assert layers["inner/d"]["trainable_parameters"] == 0
    assert layers["norm"]["trainable_parameters"] == 10
    assert [w["trainable"] for w in layers["norm"]["weights"]] == [True, True, False, False]


def test_shapes_and_connections_of_every_call_are_told() -> None:
    layers = {entry["path"]: entry for entry in describe(two_branches())["layers"]}
    assert layers["inner"]["output_shapes"] == [[[None, 3]]]
    assert layers["shared"]["output_shapes"] == [[[None, 3]], [[None, 2]]]
    assert layers["joined"]["output_shapes"] == [[[None, 5]]]
    assert layers["shared"]["inputs"] == [["inner"], ["flux"]]
    assert layers["joined"]["inputs"] == [["inner", "flux"]]
    assert layers["inner/d"]["depth"] == 1


def test_the_table_has_a_row_for_each_layer_in_columns() -> None:
    rows = render(two_branches(), "two.fkb").splitlines()
    assert rows[0] == 'two.fkb: Functional model "two", float32, Keras 3.15.1'
    heading, rule, table = rows[2], rows[3], rows[4:13]
    assert set(rule) == {"-"} and rows[13] == rule
    assert [row.split()[0] for row in table] == [
        "state", "flux", "inner", "i", "d", "shared", "joined", "norm", "out",
    ]  # fmt: skip
    column = heading.index("output shape")
    assert rows[8].startswith("  d ") and rows[8][column:].startswith("(None, 3)")
    assert "tanh, frozen" in rows[8] and "rate 0.25" in rows[9] and "axis -1" in rows[10]


def test_the_table_ends_with_totals_ports_and_training() -> None:
    graph = two_branches()
    graph.inputs[0] = Port("air", {"unit": "K", "size": 6, "description": "all levels"})
    vector = np.array([1.0, 2, 3, 4])
    graph.inputs[0].steps = [Step("select", [0, 1, 2, 5]), Step("subtract", vector)]
    graph.outputs[0] = Port("heating", {}, [Step("divide", 86400.0)])
    sgd = {"class_name": "SGD", "config": {"learning_rate": 0.01}}
    graph.compile = Compile({"optimizer": sgd, "loss": "mse"})
    graph.samples = [Sample({0: np.ones((7, 4))}, {0: np.ones((7, 1))}, 1e-5)]
    end = render(graph, "two.fkb").split("\n\n")[-1].splitlines()
    assert end == [
        "parameters: 6,635 in all, 6,610 trainable, 25 fixed",
        "input 0: air [K] (None, 4): select 4, subtract 4 values (1 to 4) of 6 host values",
        "    all levels",
        "input 1: flux (None, 2)",
        "output 0: heating (None, 1100): divide 86400",
        "output 1: shared (None, 2)",
        "training: SGD, learning rate 0.01, loss mse",
        "recorded samples: 7, tolerance 1e-05",
    ]


@pytest.mark.parametrize("width", [40, 80])
def test_no_row_of_the_table_is_wider_than_the_terminal(width: int) -> None:
    table = render(two_branches(), "two.fkb", width).split("\n\n")[1]
    assert max(map(len, table.splitlines())) == width
    assert "..." in table


def test_a_graph_with_everything_can_be_shown() -> None:
    shown = render(text.read(GOLDEN / "rich.fkb"), "rich.fkb")
    assert "my pkg>Scäle" in shown and "select 4 of 4 host values" in shown
