"""The model file: writing, reading, limits, exact numbers."""

from __future__ import annotations

import random
import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from fkb import text, text_json
from fkb.errors import FkbError
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

GOLDEN = Path(__file__).parents[1] / "golden" / "text"


def ref(name: str, node: int = 0, index: int = 0) -> TensorRef:
    return TensorRef(name, node, index)


def small_graph() -> Graph:
    """A Sequential model of one Dense layer."""
    state = Layer("state", "InputLayer", {"batch_shape": [None, 3]}, nodes=[Node()])
    dense = Layer("dense", "Dense", {"units": 2, "activation": "relu"})
    dense.nodes = [Node([ref("state")])]
    kernel = np.array([[1, -2.5], [0.25, -0.0], [1e-30, 3e38]], np.float32)
    dense.weights = [Weight("kernel", kernel), Weight("bias", np.zeros(2, np.float32))]
    model = Layer("small", "Sequential", {"trainable": True}, children=[state, dense])
    model.inputs, model.outputs = ref("state"), ref("dense")
    return Graph("float32", "3.15.1", model)


def rich_graph() -> Graph:
    """A graph that uses everything the format has."""
    inner = Layer("inner", "Functional", {"trainable": False}, {"module": "keras.src"})
    inner.children = [
        Layer("i", "InputLayer", {"batch_shape": [None, 4]}, nodes=[Node()]),
        Layer("d", "Dense", {"units": 4}, nodes=[Node([ref("i")])]),
    ]
    inner.children[1].weights = [Weight("kernel", np.eye(4, dtype=np.float32), False)]
    inner.inputs, inner.outputs = [ref("i")], [ref("d")]
    inner.nodes = [Node([ref("x")]), Node([ref("inner")], {"training": False})]
    options = {'odd "key"': {"π": [1, 2.5, None]}, "end": 1}
    wrapped = Layer("scale", "my pkg>Scäle", options, role="layer")
    wrapper = Layer("time", "TimeDistributed", children=[wrapped], nodes=[Node([ref("inner", 1)])])
    merge = Layer("sum", "Add", {"node": '\x07\b\f\n\t"\\/é', "@odd": 1e-5})
    merge.nodes = [Node([[ref("inner"), ref("time")]], {"constant": ["a", 1], "mask": None})]
    counts = Layer("counts", "Normalization", {}, {"registered_name": "a>B"})
    counts.nodes = [Node([ref("sum")])]
    counts.weights = [
        Weight("mean", np.array([np.pi, 1 / 3]), False),
        Weight("count", np.array(-(2**63), np.int64), False),
        Weight("half", np.array([[1.5, 65504.0]], np.float16)),
        Weight("brain", np.array([0x3FC0, 0x8000], np.uint16).view("V2")),
        Weight("flags", np.array([True, False, True]), False),
        Weight("bytes", np.arange(10, dtype=np.uint8), False),
        Weight("ints", np.array([[-1], [2**31 - 1]], np.int32), False),
        Weight("none", np.zeros((0, 3), np.float32), False),
    ]
    x = Layer("x", "InputLayer", {"batch_shape": [None, 4]}, nodes=[Node()])
    model = Layer("rich", "Functional", {}, children=[x, inner, wrapper, merge, counts])
    model.inputs, model.outputs = {"x": ref("x")}, {"y": ref("counts"), "a": [ref("sum")]}
    graph = Graph("float32", "2.15.0", model)
    add_rest(graph)
    return graph


def add_rest(graph: Graph) -> None:
    vector = np.array([1.5, -2, 3e-5, 4], np.float32)
    graph.inputs[0] = Port("state", {"unit": ["K", "m/s", "1", "Pa"], "size": 4})
    graph.inputs[0].steps = [Step("subtract", vector), Step("divide", vector.astype(np.float64))]
    graph.inputs[0].steps += [Step("multiply", 4), Step("add", -1e-5), Step("select", [3, 0, 1, 2])]
    graph.inputs[0].options["description"] = "air, 2 m"
    graph.outputs[0] = Port("a", {"elements": ["p", "q", "r", "s"]})
    graph.outputs[1] = Port("y", {"unit": "K/day"}, [Step("divide", 86400.0)])
    graph.compile = Compile({"loss": "mean_squared_error", "optimizer": {"class_name": "Adam"}})
    graph.compile.variables = [
        OptimizerVariable("iteration", "", np.array(7, np.int64)),
        OptimizerVariable("momentum", "counts/half", np.ones((1, 2), np.float32)),
    ]
    sample = Sample({0: np.ones((2, 4), np.float32)}, {0: np.ones((2, 4)), 1: vector}, 1e-5)
    sample.options = {"seed": 7}
    graph.samples = [sample, Sample({0: np.zeros((1, 4))}, {}, 0)]


def test_a_graph_with_everything_is_written_as_the_golden_file() -> None:
    assert text.dumps(rich_graph()) == (GOLDEN / "rich.fkb").read_bytes()
    assert text.dumps(small_graph()) == (GOLDEN / "small.fkb").read_bytes()


@pytest.mark.parametrize("name", ["rich", "small"])
def test_reading_and_writing_again_changes_no_byte(name: str) -> None:
    data = (GOLDEN / f"{name}.fkb").read_bytes()
    assert text.dumps(text.loads(data)) == data


def test_reading_gives_back_the_graph() -> None:
    graph, back = rich_graph(), text.loads(text.dumps(rich_graph()))
    assert (back.precision, back.keras_version, back.keras_major) == ("float32", "2.15.0", 2)
    pairs = list(zip(graph.model.walk(), back.model.walk(), strict=True))
    assert len(pairs) == 8
    for (path, layer), (path_back, layer_back) in pairs:
        assert path == path_back
        for name in ("class_name", "config", "meta", "nodes", "role", "inputs", "outputs"):
            assert getattr(layer, name) == getattr(layer_back, name), (path, name)
        for weight, weight_back in zip(layer.weights, layer_back.weights, strict=True):
            assert (weight.name, weight.trainable) == (weight_back.name, weight_back.trainable)
            assert weight.value.dtype == weight_back.value.dtype
            assert weight.value.shape == weight_back.value.shape
            assert weight.value.tobytes() == weight_back.value.tobytes()
    assert isinstance(back.model.outputs["a"][0], TensorRef)
    assert back.compile is not None and graph.compile is not None
    assert back.compile.config == graph.compile.config
    assert [v.slot for v in back.compile.variables] == ["iteration", "momentum"]
    assert back.compile.variables[0].value == 7
    assert back.outputs[1].steps == [Step("divide", 86400.0)]
    assert back.samples[0].options == {"seed": 7} and back.samples[1].tolerance == 0
    np.testing.assert_array_equal(back.samples[0].outputs[1], graph.samples[0].outputs[1])


def test_what_a_person_may_write_by_hand_is_read() -> None:
    lines = (GOLDEN / "small.fkb").read_text("utf-8").splitlines()
    loose = [" " * (7 * number % 5) + line for number, line in enumerate(lines)]
    loose = ["checksum none" if "checksum" in line else line for line in loose]
    loose = [line.rsplit(" ", 1)[0] + " none" if "values " in line else line for line in loose]
    loose = [line.replace("0.25 -0", "\t+2.5E-1 \r\n -.0e3") for line in loose]
    data = "\r\n".join([*loose, ""]).replace("relu", "\\u0072elu").encode()
    assert text.dumps(text.loads(data)) == (GOLDEN / "small.fkb").read_bytes()


def test_a_file_with_crlf_lines_passes_its_checksums() -> None:
    for name in ("rich", "small"):
        data = (GOLDEN / f"{name}.fkb").read_bytes()
        assert text.dumps(text.loads(data.replace(b"\n", b"\r\n"))) == data


def graph_of(values: np.ndarray, precision: str = "float32") -> Graph:
    graph = small_graph()
    graph.precision = precision
    graph.model.children[1].weights = [Weight("w", values)]
    return graph


def values_of(graph: Graph) -> np.ndarray:
    return graph.model.children[1].weights[0].value


def test_random_bit_patterns_read_back_bit_for_bit() -> None:
    generator = np.random.default_rng(1)
    for real, bits in ((np.float32, np.uint32), (np.float64, np.uint64), (np.float16, np.uint16)):
        values = generator.integers(0, np.iinfo(bits).max, 200_000, bits, True).view(real)
        values = np.concatenate([values[np.isfinite(values)], [0.0, -0.0]]).astype(real)
        back = values_of(text.loads(text.dumps(graph_of(values))))
        assert back.dtype == real
        assert back.tobytes() == values.tobytes()
    brain = generator.integers(0, 0x7F80, 1000, np.uint16).view("V2")
    assert values_of(text.loads(text.dumps(graph_of(brain)))).tobytes() == brain.tobytes()


def exact_float32(token: str) -> float:
    """The nearest float32 by exact arithmetic, ties to even."""
    exact = Fraction(token)
    near = np.float32(float(token))
    nearby = [np.nextafter(near, np.float32(-np.inf)), near, np.nextafter(near, np.float32(np.inf))]

    def rank(value: np.float32) -> tuple[Fraction, int]:
        bits: int = struct.unpack("<I", struct.pack("<f", value))[0]
        return abs(Fraction(float(value)) - exact), bits & 1

    return float(min(nearby, key=rank))


def test_decimals_beside_a_tie_of_two_float32_are_rounded_correctly() -> None:
    generator = random.Random(3)
    tokens = []
    for _ in range(300):
        bits = generator.randrange(0x3A000000, 0x48000000)
        low = struct.unpack("<f", struct.pack("<I", bits))[0]
        high = struct.unpack("<f", struct.pack("<I", bits + 1))[0]
        middle = (Fraction(low) + Fraction(high)) / 2
        for shift in (-1, 0, 1):
            value = middle + shift * middle / 10**30
            digits = 34 - len(str(int(value)))
            tokens.append(f"{round(value * 10**digits)}e-{digits}")
    template = text.dumps(graph_of(np.zeros(len(tokens), np.float32))).decode()
    head = template[: template.index("values ")]
    data = head + f"values {len(tokens)} none\n" + "\n".join(tokens) + "\nend\n"
    read = values_of(text.loads(data))
    assert read.tolist() == [exact_float32(token) for token in tokens]
    assert any(float(np.float32(float(token))) != exact_float32(token) for token in tokens)


def test_ten_values_more_than_a_chunk_stay_in_order() -> None:
    values = np.arange(700_000 + 10, dtype=np.float32).reshape(-1, 10)
    back = values_of(text.loads(text.dumps(graph_of(values))))
    np.testing.assert_array_equal(back, values)


def test_arrays_in_any_memory_order_are_written_row_by_row() -> None:
    values = np.arange(12, dtype=">f4").reshape(3, 4).T
    back = values_of(text.loads(text.dumps(graph_of(values))))
    np.testing.assert_array_equal(back, values)


def test_writing_refuses_what_cannot_be_read_back() -> None:
    def refused(graph: Graph, words: str) -> None:
        with pytest.raises(FkbError, match=words):
            text.dumps(graph)

    not_finite = np.array([1, np.nan], np.float32)
    refused(graph_of(not_finite), 'weight "w" of layer "dense": value 1 is nan')
    refused(graph_of(np.array([1j])), "dtype complex128 cannot be written")
    refused(graph_of(np.zeros((1,) * 9, np.float32)), "rank 9, the most is 8")
    graph = small_graph()
    graph.model.children[1].config["units"] = {1, 2}
    refused(graph, 'layer "dense", option units: not a JSON value')
    graph.model.children[1].config["units"] = float("nan")
    refused(graph, "not a JSON value")
    graph = small_graph()
    graph.model.children.append(graph.model.children[0])
    refused(graph, 'layer name "state" stands twice')
    graph = small_graph()
    graph.model.children[1].nodes = [Node([ref("gone")])]
    refused(graph, 'refers to "gone", which does not exist')
    graph = small_graph()
    graph.model.children[1].config["x"] = "\ud800"
    refused(graph, "not a JSON value")
    graph = small_graph()
    graph.inputs[0] = Port("x", {}, [Step("divide", np.zeros(3, np.float32))])
    refused(graph, "divides by zero")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "model.fkb"
    text.write(small_graph(), path)
    before = path.read_bytes()
    with pytest.raises(FkbError):
        text.write(graph_of(np.array([np.inf], np.float32)), path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["model.fkb"]
    with pytest.raises(FkbError, match=r"cannot write .*nowhere"):
        text.write(small_graph(), tmp_path / "nowhere" / "model.fkb")
    with pytest.raises(FkbError, match="cannot read"):
        text.read(tmp_path / "missing.fkb")


def test_a_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "model.fkb", tmp_path / "link.fkb"
    text.write(small_graph(), path)
    path.chmod(0o640)
    link.symlink_to(path.name)
    text.write(rich_graph(), link)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.read_bytes() == text.dumps(rich_graph())


def test_json_strings_are_escaped_as_the_format_says() -> None:
    shown = '"\\u0000\\u0008\\t\\n\\u000c\\r\\"\\\\/\x7fé\\\\b"'
    assert text_json.dumps('\x00\b\t\n\f\r"\\/\x7fé\\b') == shown
    assert text_json.scan('["\\ud83d\\ude00\\/"]', 0) == (["😀/"], 18)
