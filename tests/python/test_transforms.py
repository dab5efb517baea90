"""Side files and TOML files become ports with steps whose lengths fit the model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fkb import text
from fkb.errors import FkbError
from fkb.graph import Graph, Layer, Node, Step, TensorRef
from fkb.legacy_text import read_legacy
from fkb.transforms import SideFiles, apply_side_files, apply_toml, read_mask, read_numbers

DATA = Path(os.environ.get("FKB_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
with_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no published models in {DATA}")


def dense_graph(n_in: int, n_out: int, precision: str = "float32") -> Graph:
    x = Layer("x", "InputLayer", {"batch_shape": [None, n_in]}, nodes=[Node()])
    y = Layer("y", "Dense", {"units": n_out}, nodes=[Node([TensorRef("x", 0, 0)])])
    model = Layer("m", "Sequential", children=[x, y])
    model.inputs, model.outputs = TensorRef("x", 0, 0), TensorRef("y", 0, 0)
    return Graph(precision, "3.15.1", model)


def host_to_network(graph: Graph, x: np.ndarray) -> np.ndarray:
    """What the steps of input 0 do, as docs/format.md says."""
    for step in graph.inputs[0].steps:
        x = apply(step, x)
    return x


def apply(step: Step, x: np.ndarray) -> np.ndarray:
    value: Any = step.value
    if step.kind == "select":
        return np.asarray(x[..., value])
    operations: dict[str, Any] = {
        "add": np.add,
        "subtract": np.subtract,
        "multiply": np.multiply,
        "divide": np.divide,
    }
    return np.asarray(operations[step.kind](x, value))


def file(folder: Path, name: str, contents: str) -> Path:
    path = folder / name
    path.write_text(contents)
    return path


def test_numbers_stand_between_commas_blanks_and_lines(tmp_path: Path) -> None:
    path = file(tmp_path, "n.txt", "1, 2.5\t-3e-2\r\n\n 1.0D3,7\n")
    assert read_numbers(path).tolist() == [1, 2.5, -0.03, 1000, 7]
    for bad, words in (
        ("1 x", 'n.txt:1: "x" is not a finite'),
        ("1\nnan", 'n.txt:2: "nan" is not'),
        ("1_0", '"1_0" is not'),
        ("", "no number"),
        ("\xff", "not a text file"),
    ):
        with pytest.raises(FkbError, match=words):
            read_numbers(file(tmp_path, "n.txt", bad))
    assert read_mask(file(tmp_path, "m.txt", "0\n1\n0\n")) == [False, True, False]
    for bad, words in (("0 2", "0 and 1 only, not 2"), ("0 0", "selects no input")):
        with pytest.raises(FkbError, match=words):
            read_mask(file(tmp_path, "m.txt", bad))


def test_side_files_become_subtract_divide_and_scale(tmp_path: Path) -> None:
    graph = dense_graph(3, 2)
    files = SideFiles(
        inp_sub=file(tmp_path, "sub", "1 2 3"),
        inp_div=file(tmp_path, "div", "2 4 0.1"),
        out_scale=file(tmp_path, "scale", "10 20"),
    )
    apply_side_files(graph, files)
    x = np.array([[5.0, 6, 7]])
    np.testing.assert_allclose(host_to_network(graph, x), [[2, 1, 40]])
    assert [step.kind for step in graph.outputs[0].steps] == ["divide"]
    assert (graph.inputs[0].name, graph.outputs[0].name) == ("x", "y")
    dtypes = [step.value.dtype for step in graph.inputs[0].steps]  # type: ignore[union-attr]
    assert dtypes == [np.float32, np.float64], "0.1 is no real32 and must not be rounded"


@pytest.mark.parametrize(
    ("sub", "div", "kinds"),
    [
        ("1 2 3 4", "2 2 2 4", ["subtract", "divide", "select"]),
        ("1 2 3 4", "2 4", ["subtract", "select", "divide"]),
        ("2 4", "2 4", ["select", "subtract", "divide"]),
        ("1", "2 4", ["subtract", "select", "divide"]),
    ],
)
def test_a_mask_selects_after_full_lists_and_before_selected_ones(
    tmp_path: Path, sub: str, div: str, kinds: list[str]
) -> None:
    graph = dense_graph(2, 1)
    mask = file(tmp_path, "mask", "0\n1\n0\n1\n")
    files = SideFiles(file(tmp_path, "sub", sub), file(tmp_path, "div", div), input_mask=mask)
    apply_side_files(graph, files)
    assert [step.kind for step in graph.inputs[0].steps] == kinds
    assert graph.inputs[0].options["size"] == 4
    full_sub = {"1": [1, 1, 1, 1], "2 4": [0, 2, 0, 4]}.get(sub, [1, 2, 3, 4])
    x = np.array([[10.0, 20, 30, 40]])
    expected = (x - full_sub)[:, [1, 3]] / [2, 4]
    np.testing.assert_array_equal(host_to_network(graph, x), expected)
    assert text.dumps(text.loads(text.dumps(graph))) == text.dumps(graph)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"inp_sub": "1 2"}, "sub has 2 numbers, input 0 has 3 elements"),
        ({"inp_div": "1 2 0"}, "div: number 3 is 0, input 0 cannot be divided"),
        ({"out_scale": "1 2 3"}, "scale has 3 numbers, output 0 has 2 elements"),
        ({"input_mask": "1 1 0 0"}, "mask selects 2 elements, input 0 of the model takes 3"),
        (
            {"input_mask": "1 1 1 0", "inp_sub": "1 2 3 4 5"},
            "sub has 5 numbers, input 0 has 3 elements",
        ),
        (
            {"input_mask": "1 1 1 0", "inp_sub": "1 2 3", "inp_div": "1 2 3 4"},
            "div has 4 numbers, input 0 has 3 elements",
        ),
    ],
)
def test_lengths_that_do_not_fit_are_refused(
    tmp_path: Path, files: dict[str, str], words: str
) -> None:
    graph = dense_graph(3, 2)
    paths = {
        name: file(tmp_path, name.replace("inp_", "").replace("out_", "").replace("input_", ""), c)
        for name, c in files.items()
    }
    with pytest.raises(FkbError, match=words):
        apply_side_files(graph, SideFiles(**paths))
    assert not graph.inputs and not graph.outputs


def test_transforms_are_never_applied_twice(tmp_path: Path) -> None:
    graph = dense_graph(3, 2)
    files = SideFiles(inp_sub=file(tmp_path, "sub", "1 2 3"))
    apply_side_files(graph, files)
    with pytest.raises(FkbError, match="input 0 has transforms already"):
        apply_side_files(graph, files)


TOML = """
[[input]]
name = "state"
unit = ["K", "1", "Pa"]
description = "the lowest level"
steps = [{subtract = "sub.txt"}, {mask = [1, 0, 1]}, {divide = [2, 4]}, {multiply = 0.5}]

[[output]]
position = 1
elements = ["dT", "dq"]

[[output]]
position = 0
name = "heating"
unit = "K/s"
steps = [{divide = 86400}]
"""


def two_outputs() -> Graph:
    graph = dense_graph(2, 1)
    other = Layer("z", "Dense", {"units": 2}, nodes=[Node([TensorRef("x", 0, 0)])])
    graph.model.children.append(other)
    graph.model.outputs = [TensorRef("y", 0, 0), TensorRef("z", 0, 0)]
    return graph


def test_a_toml_file_describes_ports_by_position(tmp_path: Path) -> None:
    graph = two_outputs()
    file(tmp_path, "sub.txt", "1 2 3")
    apply_toml(graph, file(tmp_path, "t.toml", TOML))
    port = graph.inputs[0]
    assert port.name == "state" and port.options["description"] == "the lowest level"
    assert [step.kind for step in port.steps] == ["subtract", "select", "divide", "multiply"]
    np.testing.assert_array_equal(host_to_network(graph, np.array([3.0, 9, 11])), [0.5, 1])
    assert list(graph.outputs) == [0, 1]
    assert graph.outputs[0].steps[0].value == 86400
    assert graph.outputs[1].options == {"elements": ["dT", "dq"]} and graph.outputs[1].name == "z"
    assert text.dumps(text.loads(text.dumps(graph))) == text.dumps(graph)


def test_the_example_of_the_documentation_works(tmp_path: Path) -> None:
    document = (Path(__file__).parents[2] / "docs" / "transforms.md").read_text("utf-8")
    example = document.split("```toml\n")[1].split("```")[0]
    file(tmp_path, "mean.txt", "280 0.01 1e5")
    graph = dense_graph(3, 2)
    apply_toml(graph, file(tmp_path, "transforms.toml", example))
    assert graph.inputs[0].options["elements"] == ["T", "q", "ps"]
    x = np.array([292.5, 0.013, 1.12e5])
    np.testing.assert_allclose(host_to_network(graph, x), [1, 1, 1])
    assert graph.outputs[0].steps[0].value == 86400


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("[[input]]\nlimits = [0, 1]", 'input 0: unknown key "limits"'),
        ("[[inputs]]\nname = 'x'", 'unknown table "inputs"'),
        ("[input]\nname = 'x'", r"written as \[\[input\]\]"),
        ("[[input]]\nname = 3", "input 0: name must be text"),
        ("[[input]]\nposition = -1", "position must be an integer from 0"),
        ("[[input]]\n[[input]]", "the model has no input 1: it has 1 inputs"),
        ("[[output]]\nelements = ['a', 'b']", "output 0: elements has 2 entries, the host has 1"),
        ("[[input]]\nsteps = 3", "steps must be a list"),
        ("[[input]]\nsteps = [3]", "step 1 of input 0: a table with one entry"),
        ("[[input]]\nsteps = [{log = 3}]", 'step 1 of input 0: unknown step "log"'),
        ("[[input]]\nsteps = [{add = true}]", "a finite number"),
        ("[[input]]\nsteps = [{add = inf}]", "a finite number"),
        ("[[input]]\nsteps = [{add = 'missing.txt'}]", "cannot read .*missing.txt"),
        ("[[input]]\nsteps = [{add = [1, 2, 3]}]", "3 numbers, input 0 has 2 elements"),
        ("[[input]]\nsteps = [{divide = 0}]", "number 1 is 0"),
        ("[[input]]\nsteps = [{select = [0, 1]}]", "select needs size"),
        ("[[input]]\nsize = 2\nsteps = [{select = [0, 2]}]", "different positions from 0 to 1"),
        ("[[input]]\nsize = 3\nsteps = [{add = 1}]", "size is 3, the steps select from another"),
        ("[[input]]\nsteps = [{mask = [1, 1]}, {mask = [1, 1]}]", "and only one"),
        ("[[output]]\nsteps = [{mask = [1]}]", "only an input may have a selection"),
        ("[[input]\n", "not a TOML file"),
    ],
)
def test_mistakes_in_a_toml_file_are_named(tmp_path: Path, toml: str, words: str) -> None:
    with pytest.raises(FkbError, match=words):
        apply_toml(two_outputs(), file(tmp_path, "t.toml", toml))


@with_data
def test_the_published_side_files_fit_their_models() -> None:
    folder = DATA / "spcam"
    graph = read_legacy(folder / "spcam_model.txt")
    names = ("inp_sub.txt", "inp_div.txt", "out_scale.txt")
    apply_side_files(graph, SideFiles(*(folder / name for name in names)))
    x = np.linspace(100, 300, 94)
    sub, div = (np.array((folder / n).read_text().split(","), np.float64) for n in names[:2])
    np.testing.assert_array_equal(host_to_network(graph, x), (x - sub) / div)
    assert text.loads(text.dumps(graph)).outputs[0].steps[0].kind == "divide"
    banks = sorted((DATA / "spcam_bank").glob("*_model.txt"))
    assert len(banks) == 8
    for path in banks:
        graph = read_legacy(path)
        mask = path.with_name(path.name.replace("model", "input_list"))
        scale = path.with_name(path.name.replace("model", "out_scale"))
        apply_side_files(graph, SideFiles(input_mask=mask, out_scale=scale))
        assert graph.inputs[0].options["size"] == 94
        flags = np.array(mask.read_text().split(), int)
        assert graph.inputs[0].steps[0].value == np.flatnonzero(flags).tolist()
        assert text.dumps(text.loads(text.dumps(graph))) == text.dumps(graph)
