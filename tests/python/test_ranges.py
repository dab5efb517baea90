"""The range of training data as the limits of fields."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fkb
import numpy as np
import pytest
from fkb import cli, text
from fkb.errors import FkbError
from fkb.graph import Graph, Layer, Node, TensorRef, Weight

TOML = """
[[input]]
name = "state"
steps = [{subtract = [0.01, 0.02, 280]}]
fields = [
  {name = "q", length = 2, minimum = 0, outside = "host"},
  {name = "t", unit = "K", outside = "previous"},
]
[[output]]
fields = [{name = "dq", length = 2}]
"""
RNG = np.random.default_rng(5)
X = (RNG.normal(0.02, 0.01, (50, 3)) * [1, 2, 1e4]).astype(np.float32)
Y = RNG.normal(0, 1e-4, (50, 2))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "plain.fkb"
    path.write_bytes(text.dumps(graph_of([None, 3])))
    (tmp_path / "t.toml").write_text(TOML)
    return path


def graph_of(batch_shape: list[int | None]) -> Graph:
    x = Layer("x", "InputLayer", {"batch_shape": batch_shape}, nodes=[Node()])
    y = Layer("y", "Dense", {"units": 2}, nodes=[Node([TensorRef("x", 0, 0)])])
    kernel = np.arange(6, dtype=np.float32).reshape(3, 2) / 7
    y.weights = [Weight("kernel", kernel), Weight("bias", kernel[0])]
    model = Layer("m", "Sequential", {"trainable": True}, children=[x, y])
    model.inputs, model.outputs = TensorRef("x", 0, 0), TensorRef("y", 0, 0)
    return Graph("float32", "3.15.1", model)


def limits(graph: Graph, side: str = "input") -> list[tuple[Any, Any]]:
    ports = graph.inputs if side == "input" else graph.outputs
    fields = ports[0].options["fields"]
    return [(field.get("minimum"), field.get("maximum")) for field in fields]


@pytest.mark.parametrize("by_name", [False, True])
def test_limits_are_the_least_and_largest_values(
    model: Path, tmp_path: Path, by_name: bool
) -> None:
    data: dict[str, Any] = {"in0": X, "out0": Y}
    if by_name:
        data = {"q": X[:, :2], "t": X[:, 2], "dq": Y}
    graph = fkb.convert(model, tmp_path / "m.fkb", transforms=tmp_path / "t.toml", ranges=data)
    low, high = X.astype(np.float64).min(0), X.astype(np.float64).max(0)
    q, t = limits(graph)
    assert q == (0, [high[0], high[1]]), "the limit in the file wins"
    assert t == (low[2], high[2])
    assert limits(graph, "output") == [(Y.min(0).tolist(), Y.max(0).tolist())]
    again = fkb.load_graph(tmp_path / "m.fkb")
    assert limits(again) == limits(graph), "the file keeps every bit"
    assert [f["outside"] for f in again.inputs[0].options["fields"]] == ["host", "previous"]


def test_a_margin_widens_the_range(model: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", in0=X)
    arguments = ["convert", model, tmp_path / "m.fkb", "--transforms", tmp_path / "t.toml"]
    arguments += ["--ranges", tmp_path / "data.npz", "--range-margin", 0.25]
    assert cli.main([str(argument) for argument in arguments]) == 0
    low, high = X.astype(np.float64).min(0), X.astype(np.float64).max(0)
    graph = fkb.load_graph(tmp_path / "m.fkb")
    assert limits(graph)[1] == (low[2] - 0.25 * (high - low)[2], high[2] + 0.25 * (high - low)[2])
    assert limits(graph, "output") == [(None, None)], "no data, no limits"


def test_fields_are_made_where_there_are_none(model: Path, tmp_path: Path) -> None:
    graph = fkb.convert(model, tmp_path / "m.fkb", ranges={"in0": X})
    assert [field["name"] for field in graph.inputs[0].options["fields"]] == ["x"]
    assert limits(graph) == [(X.min(0).tolist(), X.max(0).tolist())]
    (tmp_path / "t.toml").write_text('[[input]]\nelements = ["a", "b", "c"]\nunit = "m"\n')
    toml = tmp_path / "t.toml"
    graph = fkb.convert(model, tmp_path / "m.fkb", transforms=toml, ranges={"b": X[:, 1:2]})
    assert [field["name"] for field in graph.inputs[0].options["fields"]] == ["a", "b", "c"]
    assert limits(graph)[1] == (X[:, 1].min(), X[:, 1].max())
    (tmp_path / "t.toml").write_text("[[input]]\nsize = 4\nsteps = [{select = [3, 0, 1]}]\n")
    wide = np.concatenate([X, X[:, :1]], axis=1)
    graph = fkb.convert(model, tmp_path / "m.fkb", transforms=toml, ranges={"in0": wide})
    assert limits(graph) == [(wide.min(0).tolist(), wide.max(0).tolist())]


def test_all_axes_but_the_last_are_samples(tmp_path: Path) -> None:
    (tmp_path / "m.fkb").write_bytes(text.dumps(graph_of([None, None, 3])))
    graph = fkb.convert(tmp_path / "m.fkb", tmp_path / "n.fkb", ranges={"in0": X.reshape(5, 10, 3)})
    assert limits(graph) == [(X.min(0).tolist(), X.max(0).tolist())]


BAD = X.copy()
BAD[3, 1] = np.nan
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"in0": BAD}, '"in0" has values that are not finite: element 1 of the last axis is nan'),
    ({"in0": X[:, :2]}, '"in0" has 2 elements on its last axis, input 0 has 3 in the host'),
    ({"in1": X}, '"in1" has no place: the model has 1 inputs'),
    ({"p": X}, 'there is no field "p"'),
    ({"q": X}, r'"q" has 3 elements on its last axis, the shape \(samples, 2\) is expected'),
    ({"q": X[:, 0]}, r'"q" has one axis, the shape \(samples, 2\) is expected'),
    ({"in0": X[:0]}, '"in0" must hold numbers, samples first'),
    ({"in0": np.array(["a"])}, '"in0" must hold numbers'),
    ({"q": -X[:, :2] - 1}, "field 0: a minimum is above its maximum"),
    ({"dq": Y}, "field 0: outside needs a minimum or a maximum"),
    ({}, "there are no arrays"),
]


@pytest.mark.parametrize(("data", "words"), WRONG)
def test_data_that_do_not_fit_are_refused(
    model: Path, tmp_path: Path, data: dict[str, Any], words: str
) -> None:
    toml = TOML.replace(', outside = "previous"', "")
    unlimited = toml.replace("minimum = 0, ", "")
    limited = toml.replace(', outside = "host"', "")
    (tmp_path / "t.toml").write_text(unlimited if "dq" in data else limited)
    with pytest.raises(FkbError, match=words):
        fkb.convert(model, tmp_path / "m.fkb", transforms=tmp_path / "t.toml", ranges=data)
    assert not (tmp_path / "m.fkb").exists()


def test_a_margin_is_no_negative_number_and_needs_data(model: Path, tmp_path: Path) -> None:
    for margin in (-0.1, float("nan")):
        with pytest.raises(FkbError, match="margin of ranges must be 0 or more"):
            fkb.convert(model, tmp_path / "m.fkb", ranges={"in0": X}, range_margin=margin)
    with pytest.raises(FkbError, match="a margin of ranges needs the data"):
        fkb.convert(model, tmp_path / "m.fkb", range_margin=0.1)
