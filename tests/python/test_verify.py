"""Keras as the witness: `fkb verify` and recorded samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from fkb import cli, text, verify, witness
from fkb.errors import FkbError
from fkb.graph import Graph, Layer, Node, Port, Step, TensorRef, Weight
from fkb.precision import change_precision
from fkb.random_inputs import random_inputs

keras = pytest.importorskip("keras")


def keras_model() -> Any:
    keras.utils.set_random_seed(3)
    state = keras.Input((6,), name="state")
    flux = keras.Input((2,), name="flux")
    hidden = keras.layers.Dense(8, activation="gelu", name="hidden")(state)
    hidden = keras.layers.BatchNormalization(name="norm")(hidden)
    joined = keras.layers.Concatenate(name="joined")([hidden, flux])
    first = keras.layers.Dense(3, name="first")(joined)
    second = keras.layers.Dense(2, activation="sigmoid", name="second")(joined)
    return keras.Model([state, flux], [first, second], name="pair")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keras") / "pair.keras"
    keras_model().save(path)
    return path


def run(*arguments: object) -> int:
    return cli.main([str(argument) for argument in arguments])


def test_the_witness_predicts_what_keras_predicts(archive: Path) -> None:
    graph = fkb.load_graph(archive)
    inputs = random_inputs(graph, 5, 1)
    truth = keras.models.load_model(archive, compile=False)(inputs, training=False)
    for src, name in ((archive, f"Keras {keras.__version__}"), (None, "exported file")):
        with witness.Witness(graph, src) as keras_itself:
            assert name in keras_itself.name
            answer = keras_itself.predict(inputs)
        for one, two in zip(answer, truth, strict=True):
            np.testing.assert_array_equal(one, np.asarray(two))


def test_convert_records_samples_of_keras(archive: Path, tmp_path: Path) -> None:
    target = tmp_path / "pair.fkb"
    assert run("convert", archive, target, "--check", 7) == 0
    sample = text.read(target).samples[0]
    assert [sample.inputs[k].shape for k in (0, 1)] == [(7, 6), (7, 2)]
    truth = keras.models.load_model(archive)(list(sample.inputs.values()), training=False)
    for position in (0, 1):
        np.testing.assert_array_equal(sample.outputs[position], np.asarray(truth[position]))
    assert 0 < sample.tolerance < 1e-4


def test_samples_of_another_precision_are_computed_in_it(archive: Path, tmp_path: Path) -> None:
    graph = fkb.convert(archive, tmp_path / "pair.fkb", precision="double", check=3)
    sample = graph.samples[0]
    assert sample.outputs[0].dtype == np.float64
    single = sample.outputs[0].astype(np.float32).astype(np.float64)
    assert (single != sample.outputs[0]).any(), "computed in real64, not widened"
    assert sample.tolerance < 1e-13


def test_without_keras_samples_cannot_be_recorded(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness, "_module", lambda name: None)
    with pytest.raises(FkbError, match="Keras is not installed"):
        fkb.convert(archive, tmp_path / "x.fkb", check=1)
    assert not (tmp_path / "x.fkb").exists()


def test_what_keras_cannot_load_is_said_with_its_reason(archive: Path) -> None:
    graph = fkb.load_graph(archive)
    graph.model.children[2].class_name = "my_pkg>Unheard"
    with pytest.raises(witness.WitnessError, match=r"Keras cannot load this model:\n  Keras"):
        witness.Witness(graph, None)


def embedding_graph() -> Graph:
    """Indices go through a nested model into two tables, the smaller one of 3 rows."""
    inner = Layer("inner", "Functional", nodes=[Node([TensorRef("i", 0, 0)])])
    table = Layer("e", "Embedding", {"input_dim": 3, "output_dim": 2})
    table.nodes = [Node([TensorRef("j", 0, 0)])]
    table.weights = [Weight("embeddings", np.ones((3, 2), np.float32))]
    inner.children = [
        Layer("j", "InputLayer", {"batch_shape": [None, None]}, nodes=[Node()]),
        table,
    ]
    inner.inputs, inner.outputs = TensorRef("j", 0, 0), TensorRef("e", 0, 0)
    big = Layer("f", "Embedding", {"input_dim": 900, "output_dim": 2})
    big.nodes = [Node([TensorRef("i", 0, 0)])]
    indices = Layer("i", "InputLayer", {"batch_shape": [None, None]}, nodes=[Node()])
    count = Layer("c", "InputLayer", {"batch_shape": [None, 2], "dtype": "bool"}, nodes=[Node()])
    model = Layer("m", "Functional", children=[indices, count, inner, big])
    model.inputs = [TensorRef("i", 0, 0), TensorRef("c", 0, 0)]
    model.outputs = [TensorRef("inner", 0, 0), TensorRef("f", 0, 0)]
    return Graph("float32", "3.15.1", model)


def test_random_inputs_are_indices_where_a_table_takes_them() -> None:
    indices, flags = random_inputs(embedding_graph(), 200, 4)
    assert indices.shape == (200, 4) and set(np.unique(indices)) == {0, 1, 2}
    assert flags.shape == (200, 2) and set(np.unique(flags)) == {0, 1}
    again = random_inputs(embedding_graph(), 200, 4)
    np.testing.assert_array_equal(again[0], indices)


def test_a_difference_is_relative_to_the_largest_value() -> None:
    row = verify.Difference("y", largest=50.0, difference=1e-3, tolerance=1e-4)
    assert row.relative == 2e-5 and row.passed
    assert not verify.Difference("y", 1.0, 1e-3, 1e-4).passed
    assert not verify.Difference("y", 1.0, float("inf"), 1e-4).passed
    assert verify.Difference("y", 0.0, 0.0, 1e-4).passed
    assert not verify.Verification("t", []).passed
    shown = verify.Verification("t", [row, verify.Difference("z", 1, 1, 0)]).table()
    assert "ok" in shown and "DIFFERS" in shown and shown.endswith("the outputs DIFFER")


def test_the_tolerance_grows_with_the_number_of_layer_calls(archive: Path) -> None:
    graph = fkb.load_graph(archive)
    eps = float(np.finfo("float32").eps)
    assert verify.default_tolerance(graph) == 8 * 5 * eps
    change_precision(graph, "float64")
    assert verify.default_tolerance(graph) == 8 * 5 * float(np.finfo("float64").eps)


@needs.with_engine
def test_verify_compares_the_library_with_keras(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("verify", archive, "--samples", 50) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"compared with Keras {keras.__version__} on 50 random samples")
    rows = [line.split() for line in shown.splitlines()]
    assert [row[0] for row in rows if row and row[-1] == "ok"] == ["first", "second"]
    assert shown.endswith("the outputs agree\n")


@needs.with_engine
@pytest.mark.parametrize("precision", ["single", "double"])
def test_verify_takes_a_model_file_with_transforms(
    archive: Path, tmp_path: Path, precision: str
) -> None:
    model = tmp_path / "pair.fkb"
    graph = fkb.convert(archive, model, precision=precision)
    graph.inputs[0] = Port("levels", {"size": 8})
    offsets = np.linspace(200, 300, 8)
    graph.inputs[0].steps = [Step("subtract", offsets), Step("select", [7, 1, 2, 3, 5, 0])]
    graph.outputs[1] = Port("rate", {}, [Step("divide", 86400.0)])
    text.write(graph, model)
    result = verify.verify(archive, model)
    assert result.passed
    names = [row.output for row in result.differences]
    assert names == ["first", "rate", "first (transforms)", "rate (transforms)"]
    assert all(row.largest > 0 for row in result.differences)


@needs.with_engine
def test_verify_notices_a_changed_weight(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "pair.fkb"
    graph = fkb.convert(archive, model)
    layer = next(layer for _, layer in graph.model.walk() if layer.name == "second")
    layer.weights[1].value = layer.weights[1].value + np.float32(0.01)
    text.write(graph, model)
    assert run("verify", archive, model) == 1
    shown = capsys.readouterr().out
    assert "DIFFERS" in shown and "the outputs DIFFER" in shown
    assert run("verify", archive, model, "--tolerance", 0.1) == 0


@needs.with_engine
def test_without_keras_the_recorded_samples_are_the_truth(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare, recorded = tmp_path / "bare.fkb", tmp_path / "recorded.fkb"
    fkb.convert(archive, bare)
    fkb.convert(archive, recorded, check=4)
    monkeypatch.setattr(witness, "_module", lambda name: None)
    with pytest.raises(FkbError, match="Keras is not installed"):
        verify.verify(bare)
    result = verify.verify(recorded)
    assert result.passed and "recorded samples" in result.title
