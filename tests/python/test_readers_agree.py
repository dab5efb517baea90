"""The readers of the model file in Python and in Fortran check each other on damaged files."""

from __future__ import annotations

import random
from pathlib import Path

import fkb
import needs
import numpy as np
import pytest
from fkb import text
from fkb.errors import EngineError, FormatError
from fkb.graph import (
    Compile,
    Graph,
    Layer,
    Node,
    OptimizerVariable,
    Port,
    Sample,
    Step,
    TensorRef,
    Weight,
)

needs.engine()


def whole_graph() -> Graph:
    """A model that the library loads, with ports, training state and a sample."""
    x = Layer("x", "InputLayer", {"batch_shape": [None, 3]}, nodes=[Node()])
    inner = Layer("inner", "Functional", {}, nodes=[Node([TensorRef("x", 0, 0)])])
    inner.children = [
        Layer("i", "InputLayer", {"batch_shape": [None, 3]}, nodes=[Node()]),
        Layer("d", "Dense", {"units": 2}, nodes=[Node([TensorRef("i", 0, 0)])]),
    ]
    values = np.arange(6, dtype=np.float32).reshape(3, 2) / 7
    inner.children[1].weights = [Weight("kernel", values), Weight("bias", -values[0])]
    inner.inputs, inner.outputs = TensorRef("i", 0, 0), TensorRef("d", 0, 0)
    total = Layer("sum", "Add")
    total.nodes = [Node([[TensorRef("inner", 0, 0), TensorRef("inner", 0, 0)]])]
    model = Layer("whole", "Functional", {"trainable": True}, children=[x, inner, total])
    model.inputs, model.outputs = [TensorRef("x", 0, 0)], {"y": TensorRef("sum", 0, 0)}
    graph = Graph("float32", "3.15.1", model)
    graph.inputs[0] = Port("host", {"unit": "K", "size": 4, "elements": ["p", "q", "r", "s"]})
    graph.inputs[0].steps = [Step("subtract", np.arange(4.0)), Step("select", [3, 0, 2])]
    fields = [{"name": "p", "length": 3, "minimum": [0, 1, 2]}, {"name": "s", "maximum": 9.5}]
    graph.inputs[0].options["fields"] = [{**fields[0], "outside": "host"}, fields[1]]
    budget = {"name": "heat", "terms": {"u": 1, "v": -0.5}, "sources": {"s": 2}, "adjust": "u"}
    out = [{"name": "u", "unit": "K/s", "zero": [0]}, {"name": "v", "keeps": "s", "least": 0.5}]
    graph.outputs[0] = Port("tendency", {"fields": out, "budgets": [budget]})
    graph.outputs[0].steps = [Step("divide", 86400.0), Step("exp10", {"factor": [1, 2.5]})]
    sgd = {"class_name": "SGD", "config": {"learning_rate": 0.01}}
    graph.compile = Compile({"optimizer": sgd, "loss": "mse"})
    graph.compile.variables = [OptimizerVariable("iteration", "", np.array(7, np.int64))]
    ones = np.ones((2, 3), np.float32)
    # The sample holds what the network gives, before the steps.
    y = 2 * (ones @ values - values[0])
    graph.samples = [Sample({0: ones}, {0: y.astype(np.float32)}, 1e-5)]
    return graph


def python_says(data: bytes) -> bytes | None:
    """What Python writes again, None where it refuses to read."""
    try:
        return text.dumps(text.loads(data))
    except FormatError:
        return None


def fortran_says(path: Path) -> bytes | None:
    """What Fortran writes again, None where it refuses to read."""
    try:
        with fkb.load(path) as net:
            net.save(path)
    except EngineError:
        return None
    return path.read_bytes()


def damaged(data: bytes, generator: random.Random) -> bytes:
    result = bytearray(data)
    place = generator.randrange(len(result))
    kind = generator.randrange(4)
    if kind == 0:
        result[place] ^= 1 << generator.randrange(8)
    elif kind == 1:
        result[place] = generator.choice(b' \n\r\t"[]{}0123456789.,-+eE=@_azAZ\x00\xff')
    elif kind == 2:
        del result[place : place + generator.randrange(1, 30)]
    else:
        start = generator.randrange(len(result))
        result[place:place] = result[start : start + generator.randrange(1, 60)]
    return bytes(result)


def test_both_write_the_same_bytes_again(tmp_path: Path) -> None:
    data = text.dumps(whole_graph())
    path = tmp_path / "m.fkb"
    path.write_bytes(data)
    assert python_says(data) == data == fortran_says(path)
    with fkb.load(path) as net:
        assert net.check_samples()[0] == 1


def test_both_refuse_the_same_sealed_files(tmp_path: Path) -> None:
    data = text.dumps(whole_graph())
    generator = random.Random(31)
    path = tmp_path / "m.fkb"
    accepted = 0
    for _ in range(1500):
        broken = damaged(data, generator)
        path.write_bytes(broken)
        answer = python_says(broken)
        assert answer in (None, data)
        assert fortran_says(path) == answer, broken
        accepted += answer is not None
    assert accepted < 150


def test_fortran_takes_no_file_that_python_refuses(tmp_path: Path) -> None:
    lines = text.dumps(whole_graph()).decode().split("\n")
    sealed = ("checksum ", "values ")
    loose = [
        line.rsplit(" ", 1)[0] + " none" if line.startswith(sealed) else line for line in lines
    ]
    data = "\n".join(loose).encode()
    generator = random.Random(32)
    path = tmp_path / "m.fkb"
    refused = 0
    for _ in range(3000):
        broken = damaged(data, generator)
        path.write_bytes(broken)
        if python_says(broken) is None:
            assert fortran_says(path) is None, broken.decode("utf-8", "replace")
            refused += 1
    assert refused > 2000


def test_an_object_loaded_before_survives_a_failed_load(tmp_path: Path) -> None:
    path = tmp_path / "m.fkb"
    text.write(whole_graph(), path)
    x = np.random.default_rng(1).standard_normal((5, 4))
    with fkb.load(path) as net:
        before = net.predict(x)
        path.write_bytes(path.read_bytes()[:-9])
        for _ in range(20):
            with pytest.raises(EngineError):
                fkb.load(path)
        np.testing.assert_array_equal(net.predict(x), before)
