"""Fields of ports: both readers refuse the same mistakes, and no way loses them."""

from __future__ import annotations

import copy
import json
from functools import partial
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from fkb import text
from fkb.errors import EngineError, FkbError, FormatError
from fkb.graph import Graph, Layer, Node, Port, TensorRef, Weight
from fkb.transforms import apply_toml

Fields = list[dict[str, Any]]

Q = {"name": "q", "length": 2, "unit": "kg/kg", "order": "top_down", "minimum": [0, 1e-9]}
T = {"name": "t", "maximum": 400, "outside": "host", "not_finite": "previous"}
SATURATED = {"name": "q", "length": 2, "minimum": [0, 1e-9], "maximum": "qsat"}
DQ = {"name": "dq", "length": 2, "zero": [0], "keeps": "q", "least": 1e-12}


def graph_of(fields: Fields, side: str = "input") -> Graph:
    x = Layer("x", "InputLayer", {"batch_shape": [None, 3]}, nodes=[Node()])
    y = Layer("y", "Dense", {"units": 2}, nodes=[Node([TensorRef("x", 0, 0)])])
    kernel = np.arange(6, dtype=np.float32).reshape(3, 2) / 7
    y.weights = [Weight("kernel", kernel), Weight("bias", kernel[0])]
    model = Layer("m", "Sequential", {"trainable": True}, children=[x, y])
    model.inputs, model.outputs = TensorRef("x", 0, 0), TensorRef("y", 0, 0)
    graph = Graph("float32", "3.15.1", model)
    if fields:
        ports = graph.inputs if side == "input" else graph.outputs
        ports[0] = Port("host", {"fields": fields})
    return graph


def changed(base: dict[str, Any], **changes: Any) -> dict[str, Any]:
    field = copy.deepcopy(base)
    field.update(changes)
    return {key: value for key, value in field.items() if value != "gone"}


def file_with(fields: Fields, side: str = "input") -> bytes:
    """A model file with any fields, right or wrong, and without a checksum."""
    good: Fields = [{"name": "all", "length": 3 if side == "input" else 2}]
    data = text.dumps(graph_of(good, side)).decode()
    compact = partial(json.dumps, separators=(",", ":"))
    assert compact(good) in data
    lines = data.replace(compact(good), compact(fields)).split("\n")
    return "\n".join(
        "checksum none" if line.startswith("checksum ") else line for line in lines
    ).encode()


WRONG: list[tuple[str, Fields, str]] = [
    ("input", [changed(Q, colour="red"), T], "unknown key"),
    ("input", [changed(Q, zero=[0]), T], "unknown key"),
    ("input", [changed(Q, name="gone"), T], "name"),
    ("input", [changed(Q, name=""), T], "a field needs a name"),
    ("input", [Q, changed(T, name="q")], 'the name "q" stands twice'),
    ("input", [changed(Q, length=0), T], "its length must be an integer of at least 1"),
    ("input", [changed(Q, length=2.0), T], "its length must be an integer of at least 1"),
    ("input", [changed(Q, unit=3), T], "unit"),
    ("input", [changed(Q, unit=None), T], "unit"),
    ("input", [changed(Q, order="up"), T], 'order is "top_down" or "bottom_up"'),
    ("input", [changed(Q, minimum=[0]), T], "minimum has 1 values, 2 are expected"),
    ("input", [changed(Q, minimum=""), T], "minimum names no field"),
    ("input", [changed(Q, minimum=["0", "1"]), T], "minimum"),
    ("input", [changed(Q, maximum=[1, 0]), T], "a minimum is above its maximum"),
    ("input", [Q, changed(T, outside="ignore")], "outside is"),
    ("input", [Q, changed(T, maximum="gone")], "outside needs a minimum or a maximum"),
    ("input", [Q, changed(T, not_finite="clip")], "not_finite is"),
    ("output", [changed(DQ, zero=[2])], "zero lists levels from 0 to 1"),
    ("output", [changed(DQ, zero=[0.5])], "zero"),
    ("output", [changed(DQ, least="0")], "least"),
    ("output", [changed(DQ, keeps="gone")], "least"),
]


@pytest.mark.parametrize(("side", "fields", "words"), WRONG)
def test_python_names_what_is_wrong(side: str, fields: Fields, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        text.loads(file_with(fields, side))
    with pytest.raises(FkbError, match=words):
        text.dumps(graph_of(fields, side))


@needs.with_engine
@pytest.mark.parametrize(("side", "fields", "words"), WRONG)
def test_fortran_refuses_the_same(side: str, fields: Fields, words: str, tmp_path: Path) -> None:
    path = tmp_path / "m.fkb"
    path.write_bytes(file_with(fields, side))
    with pytest.raises(EngineError, match=words):
        fkb.load(path)


@needs.with_engine
def test_a_limit_may_be_the_name_of_a_field(tmp_path: Path) -> None:
    path = tmp_path / "m.fkb"
    path.write_bytes(text.dumps(graph_of([SATURATED, T])))
    fkb.load(path).close()
    assert text.loads(path.read_bytes()).inputs[0].options["fields"] == [SATURATED, T]


@needs.with_engine
def test_fields_that_do_not_fill_the_last_axis_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.fkb"
    path.write_bytes(file_with([Q]))
    with pytest.raises(EngineError, match="the fields have 2 elements, 3 are expected"):
        fkb.load(path)
    path.write_bytes(file_with([changed(Q, length=2000000000, minimum="gone")]))
    with pytest.raises(EngineError, match="its length 2000000000 is more than the 3 elements"):
        fkb.load(path)
    port = graph_of([Q]).inputs[0]
    graph = graph_of([])
    graph.inputs[0] = Port("host", {**port.options, "elements": ["a", "b", "c"]})
    with pytest.raises(FkbError, match="fields of input 0 has 2 values where 3 are expected"):
        text.dumps(graph)


TOML = """
[[input]]
name = "state"
steps = [{subtract = [1, 2, 3]}]

[[input.fields]]
name = "q"
length = 2
unit = "kg/kg"
order = "top_down"
minimum = [0, 1e-9]

[[input.fields]]
name = "t"
maximum = 400
outside = "host"
not_finite = "previous"

[[output]]
[[output.fields]]
name = "dq"
length = 2
zero = [0]
keeps = "q"
least = 1e-12
"""


def test_a_transforms_file_describes_fields(tmp_path: Path) -> None:
    graph = graph_of([])
    path = tmp_path / "t.toml"
    path.write_text(TOML)
    apply_toml(graph, path)
    assert graph.inputs[0].options["fields"] == [Q, T]
    assert graph.outputs[0].options["fields"] == [DQ]
    assert text.dumps(text.loads(text.dumps(graph))) == text.dumps(graph)
    path.write_text(TOML.replace("length = 2", "length = 1").replace("minimum", "#"))
    with pytest.raises(FkbError, match="input 0: the fields have 2 elements, the host has 3"):
        apply_toml(graph_of([]), path)
    path.write_text(TOML.replace("unit", "units"))
    with pytest.raises(FkbError, match='input 0: field 0: unknown key "units"'):
        apply_toml(graph_of([]), path)


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_fields_come_back_from_keras_files(suffix: str, tmp_path: Path) -> None:
    graph = graph_of([SATURATED, T])
    graph.outputs[0] = Port("tendency", {"fields": [DQ]})
    first, between, last = tmp_path / "a.fkb", tmp_path / f"b.{suffix}", tmp_path / "c.fkb"
    first.write_bytes(text.dumps(graph))
    fkb.export(first, between)
    fkb.convert(between, last)
    assert last.read_bytes() == first.read_bytes()


BUDGET = {"name": "water", "mass": "m", "terms": {"u": 1, "v": -0.5}, "adjust": "u"}
WRONG_BUDGETS: list[tuple[dict[str, Any], str]] = [
    (changed(BUDGET, colour="red"), "unknown members"),
    (changed(BUDGET, name="gone"), "name"),
    (changed(BUDGET, adjust="w"), 'adjust names "w", which is none of the terms'),
    (changed(BUDGET, terms=[1]), "terms and sources are objects"),
    (changed(BUDGET, terms={"u": 0}), 'the factor of "u" must be a number other than 0'),
    (changed(BUDGET, sources={"u": "1"}), 'the factor of "u" must be a number other than 0'),
]


@needs.with_engine
@pytest.mark.parametrize(("budget", "words"), WRONG_BUDGETS)
def test_wrong_budgets_are_refused_by_both(
    budget: dict[str, Any], words: str, tmp_path: Path
) -> None:
    graph = graph_of([{"name": "all", "length": 2}], "output")
    graph.outputs[0].options["budgets"] = [BUDGET]
    path = tmp_path / "m.fkb"
    path.write_bytes(text.dumps(graph))
    fkb.load(path).close()
    compact = partial(json.dumps, separators=(",", ":"))
    lines = text.dumps(graph).decode().replace(compact(BUDGET), compact(budget)).split("\n")
    lines = ["checksum none" if line.startswith("checksum ") else line for line in lines]
    data = "\n".join(lines).encode()
    with pytest.raises(FormatError, match=words):
        text.loads(data)
    path.write_bytes(data)
    with pytest.raises(EngineError, match=words):
        fkb.load(path)
