"""The reader of HDF5 files and of the Keras models in them, without Keras."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from fkb import text
from fkb.errors import FkbError, FormatError, UnsupportedError
from fkb.graph import Graph
from fkb.hdf5 import read_h5, write_h5
from fkb.hdf5_file import Hdf5File
from fkb.keras_zip import read_keras, write_keras
from legacy_h5 import BIAS, DENSE, KERNEL, LEGACY_ADAM, SECOND, WEIGHTS, sequential, write_legacy


@pytest.mark.parametrize("kind", ["varying", "fixed"])
@pytest.mark.parametrize("as_list", [True, False])
def test_keras_2_files_with_and_without_an_input_are_read(
    tmp_path: Path, kind: str, as_list: bool
) -> None:
    path = write_legacy(tmp_path / "m.h5", sequential(as_list=as_list), kind=kind)
    graph = read_h5(path)
    assert [layer.name for layer in graph.model.children] == ["d1_input", "d1", "d2"]
    assert graph.model.children[0].config["batch_shape"] == [None, 3]
    assert graph.keras_version == "2.2.4"
    assert graph.precision == "float32"
    np.testing.assert_array_equal(graph.model.children[1].weights[0].value, KERNEL)
    np.testing.assert_array_equal(graph.model.children[2].weights[1].value, BIAS[:1])


def test_split_attributes_are_put_together(tmp_path: Path) -> None:
    whole = read_h5(write_legacy(tmp_path / "a.h5"))
    split = read_h5(write_legacy(tmp_path / "b.h5", split=2, kind="fixed"))
    assert text.dumps(whole) == text.dumps(split)


@pytest.mark.parametrize("libver", ["earliest", "v108", "latest"])
def test_old_and_new_forms_of_hdf5_are_read(tmp_path: Path, libver: str) -> None:
    layers = [DENSE | {"config": DENSE["config"] | {"name": "l0", "units": 3}}]
    layers += [
        {"class_name": "Dense", "config": {"name": f"l{i}", "units": 3}} for i in range(1, 40)
    ]
    square = np.eye(3, dtype=np.float32)
    weights = [(f"l{i}", [("kernel", square * i), ("bias", square[0] * i)]) for i in range(40)]
    path = write_legacy(tmp_path / "m.h5", sequential(*layers), weights, libver=libver)
    graph = read_h5(path)
    for number, layer in enumerate(graph.model.children[1:]):
        np.testing.assert_array_equal(layer.weights[0].value, square * number)


def test_weights_are_paired_by_position_whatever_their_names(tmp_path: Path) -> None:
    scrambled = [
        ("zz", [("q/w:0", KERNEL), ("p", BIAS)]),
        ("aa", [("x", KERNEL[:2, :1]), ("y/z", BIAS[:1])]),
    ]
    first = read_h5(write_legacy(tmp_path / "a.h5"))
    second = read_h5(write_legacy(tmp_path / "b.h5", weights=scrambled))
    assert text.dumps(first) == text.dumps(second)


def test_names_that_contradict_the_position_are_refused(tmp_path: Path) -> None:
    square = np.eye(2, dtype=np.float32)
    norm = {
        "class_name": "BatchNormalization",
        "config": {"name": "bn", "axis": [1], "batch_input_shape": [None, 2]},
    }
    order = ["bn/beta:0", "x/gamma:0", "bn/moving_mean:0", "bn/moving_variance:0"]
    weights = [("bn", [(name, square[0]) for name in order])]
    with pytest.raises(FormatError, match="not the order in which Keras stores"):
        read_h5(write_legacy(tmp_path / "m.h5", sequential(norm), weights))


def test_a_layer_in_a_frozen_model_of_keras_2_is_frozen(tmp_path: Path) -> None:
    inner = {
        "name": "inner",
        "layers": [
            DENSE,
            {"class_name": "BatchNormalization", "config": {"name": "bn", "axis": [1]}},
        ],
        "trainable": False,
    }
    config = sequential({"class_name": "Sequential", "config": inner}, SECOND)
    order = ["gamma", "beta", "moving_mean", "moving_variance"]
    weights = [
        ("inner", WEIGHTS[0][1] + [(f"bn/{name}:0", BIAS * 0 + i) for i, name in enumerate(order)]),
        WEIGHTS[1],
    ]
    flat = [value for _, value in WEIGHTS[1][1]]
    state = [("it", np.int64(1)), *((f"s{i}", value) for i, value in enumerate(flat * 2))]
    path = write_legacy(tmp_path / "m.h5", config, weights, training=LEGACY_ADAM, optimizer=state)
    graph = read_h5(path)
    dense, norm = graph.model.children[1].children[1:]
    assert dense.config["trainable"] is False
    assert "trainable" not in norm.config
    assert [float(weight.value[0]) for weight in norm.weights] == [0, 1, 2, 3]
    assert graph.compile is not None
    assert [v.path for v in graph.compile.variables[2:]] == ["d2/kernel"] * 2 + ["d2/bias"] * 2
    write_keras(graph, tmp_path / "out.keras", dialect="keras2")
    assert text.dumps(read_keras(tmp_path / "out.keras")) == text.dumps(graph)
    with pytest.raises(UnsupportedError, match="gamma: stands in a frozen model"):
        write_keras(graph, tmp_path / "out.keras")
    graph.compile = None
    write_keras(graph, tmp_path / "out.keras")
    assert text.dumps(read_keras(tmp_path / "out.keras")) == text.dumps(graph)


def test_weights_alone_need_the_configuration(tmp_path: Path) -> None:
    path = write_legacy(tmp_path / "w.h5", at_root=True)
    with pytest.raises(FormatError, match="--config"):
        read_h5(path)
    config = tmp_path / "m.json"
    config.write_text(json.dumps(sequential() | {"keras_version": "2.2.4"}))
    assert text.dumps(read_h5(path, config)) == text.dumps(read_h5(write_legacy(tmp_path / "m.h5")))


def test_numbered_weights_alone_are_read_with_the_configuration(tmp_path: Path) -> None:
    path, config = tmp_path / "m.weights.h5", tmp_path / "m.json"
    with h5py.File(path, "w") as file:
        for group, values in (("layers/dense", (KERNEL, BIAS)), ("layers/dense_1", None)):
            values = values or (KERNEL[:2, :1], BIAS[:1])
            for number, value in enumerate(values):
                file[f"{group}/vars/{number}"] = value
    config.write_text(json.dumps(sequential() | {"keras_version": "2.2.4"}))
    graph = read_h5(path, config)
    np.testing.assert_array_equal(graph.model.children[1].weights[1].value, BIAS)


def wrong(tmp_path: Path, *layers: Any) -> str:
    """Return the message for a file with these layers' weights."""
    with pytest.raises(FormatError) as caught:
        read_h5(write_legacy(tmp_path / "m.h5", weights=list(layers)))
    return str(caught.value)


def test_counts_and_shapes_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    second = WEIGHTS[1]
    assert 'layer "d1" holds 1 weights' in wrong(tmp_path, ("d1", WEIGHTS[0][1][:1]), second)
    assert "weights for 1 layers" in wrong(tmp_path, second)
    turned = [("d1/kernel:0", KERNEL.T), ("d1/bias:0", BIAS)]
    assert "has shape [2, 3], the configuration needs [3, 2]" in wrong(
        tmp_path, ("d1", turned), second
    )
    counted = [("d1/kernel:0", KERNEL.astype(int)), ("d1/bias:0", BIAS)]
    assert "it must be floating point" in wrong(tmp_path, ("d1", counted), second)


def test_a_missing_dataset_is_refused(tmp_path: Path) -> None:
    path = write_legacy(tmp_path / "m.h5")
    with h5py.File(path, "a") as file:
        del file["model_weights/d1/d1/bias:0"]
    with pytest.raises(FormatError, match=r'dataset "model_weights/d1/d1/bias:0" is missing'):
        read_h5(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_named(tmp_path: Path, value: float) -> None:
    bad = KERNEL.copy()
    bad[2, 1] = value
    weights = [("d1", [("k", bad), ("b", BIAS)]), WEIGHTS[1]]
    with pytest.raises(UnsupportedError) as caught:
        read_h5(write_legacy(tmp_path / "m.h5", weights=weights))
    (problem,) = caught.value.problems
    assert (problem.layer, problem.option) == ("d1", "kernel")
    assert f"holds {value} at [2, 1]" in problem.message


def test_links_out_of_the_file_are_refused(tmp_path: Path) -> None:
    path = write_legacy(tmp_path / "m.h5")
    for link in (h5py.ExternalLink("other.h5", "/x"), h5py.SoftLink("/model_weights/d2")):
        with h5py.File(path, "a") as file:
            del file["model_weights/d1/d1/bias:0"]
            file["model_weights/d1/d1/bias:0"] = link
        with pytest.raises(FormatError, match="link to another place"):
            read_h5(path)


def test_datasets_that_claim_more_than_the_file_has_are_refused(tmp_path: Path) -> None:
    huge = sequential({"class_name": "Dense", "config": DENSE["config"] | {"units": 10**6}})
    path = write_legacy(tmp_path / "m.h5", huge, [("d1", [("k", KERNEL), ("b", BIAS)])])
    for shape, chunks in (((3, 10**6), None), ((3, 10**6), (3, 10**5))):
        with h5py.File(path, "a") as file:
            del file["model_weights/d1/k"]
            group = file["model_weights/d1"]
            group.create_dataset("k", shape, np.float32, chunks=chunks, compression=chunks and 9)
        with pytest.raises(FormatError, match=r"never written|more than the file can hold"):
            read_h5(path)


def test_chunked_compressed_and_foreign_numbers_are_read(tmp_path: Path) -> None:
    path = tmp_path / "m.h5"
    rows = np.arange(1000, dtype=np.float64).reshape(20, 50)
    with h5py.File(path, "w") as file:
        file.create_dataset("packed", data=rows, chunks=(7, 11), compression="gzip", shuffle=True)
        file.create_dataset("summed", data=rows, chunks=(7, 11), fletcher32=True)
        file["foreign"] = rows.astype(">f4")
        file["half"] = rows[0].astype("f2")
        file["scalar"] = np.int64(7)
        file["empty"] = rows[:0]
    with Hdf5File(path, path) as file:
        for name in ("packed", "summed", "foreign"):
            np.testing.assert_array_equal(file.array(name), rows)
        assert file.array("foreign").dtype == np.float32
        assert file.array("half").dtype == np.float16
        assert file.array("scalar") == 7
        assert file.array("empty").shape == (0, 50)
        with pytest.raises(FormatError, match="is missing"):
            file.array("none")


def test_every_prefix_of_a_file_is_refused(tmp_path: Path) -> None:
    data = write_legacy(tmp_path / "m.h5").read_bytes()
    for length in range(0, len(data) - 1, 97):
        (tmp_path / "cut.h5").write_bytes(data[:length])
        with pytest.raises(FkbError):
            read_h5(tmp_path / "cut.h5")


def damaged(data: bytes, seed: int) -> bytes:
    """Return the bytes of a file with random changes."""
    source = random.Random(seed)
    changed = bytearray(data)
    mode = source.randrange(4)
    if mode == 0:
        for _ in range(source.choice([1, 2, 8, 64])):
            changed[source.randrange(len(data))] ^= 1 << source.randrange(8)
    elif mode == 1:
        for _ in range(source.choice([1, 4, 16])):
            changed[source.randrange(len(data))] = source.choice([0, 255, source.randrange(256)])
    elif mode == 2:
        del changed[source.randrange(len(data)) :]
    else:
        start, length = source.randrange(len(data)), source.choice([1, 8, 64, 512])
        part = changed[start : start + length]
        changed[start : start + length] = bytes([source.choice([0, 255])]) * len(part)
    return bytes(changed)


def fuzz(path: Path, read: Any, count: int) -> None:
    """Check that thousands of damaged files end in an error of ours, or in a graph."""
    data = path.read_bytes()
    refused = 0
    for seed in range(count):
        path.write_bytes(damaged(data, seed))
        try:
            assert isinstance(read(path), Graph)
        except FkbError as error:
            refused += 1
            assert str(error)
    assert refused > count // 3


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_random_damage_ends_in_an_error(tmp_path: Path, libver: str) -> None:
    training = {
        "optimizer_config": {"class_name": "SGD", "config": {"lr": 0.5, "momentum": 0.0}},
        "loss": "mse",
        "metrics": [],
    }
    path = write_legacy(tmp_path / "m.h5", training=training, libver=libver)
    fuzz(path, read_h5, 1500)


def test_a_file_that_is_no_hdf5_is_refused(tmp_path: Path) -> None:
    for data in (b"", b"hello", b"\x89HDF\r\n\x1a\n", b"\0" * 5000):
        (tmp_path / "x.h5").write_bytes(data)
        with pytest.raises(FormatError):
            read_h5(tmp_path / "x.h5")
    with pytest.raises(FkbError, match="cannot read"):
        read_h5(tmp_path / "none.h5")


def test_keras_1_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="load it with Keras 2"):
        read_h5(write_legacy(tmp_path / "m.h5", version="1.2.2"))


def test_long_lists_of_names_are_cut_as_keras_cuts_them(tmp_path: Path) -> None:
    wide = [{"class_name": "ReLU", "config": {"name": f"{'r' * 200}{i}"}} for i in range(500)]
    config = sequential(DENSE, *wide)
    weights = [("d1", WEIGHTS[0][1]), *((layer["config"]["name"], []) for layer in wide)]
    graph = read_h5(write_legacy(tmp_path / "m.h5", config, weights, split=3, kind="fixed"))
    write_h5(graph, tmp_path / "out.h5", dialect="keras2")
    with h5py.File(tmp_path / "out.h5") as file:
        attributes = file["model_weights"].attrs
        assert "layer_names" not in attributes
        assert sum(len(attributes[f"layer_names{i}"]) for i in range(2)) == 501
    assert text.dumps(read_h5(tmp_path / "out.h5")) == text.dumps(graph)


def test_thousands_of_layers_go_through_both_containers(tmp_path: Path) -> None:
    first = DENSE | {"config": DENSE["config"] | {"name": "l0", "units": 1}}
    layers = [{"class_name": "Dense", "config": {"name": f"l{i}", "units": 1}} for i in range(4500)]
    layers[0] = first
    weights = [(f"l{i}", [("k", BIAS[:1, None] * i), ("b", BIAS[:1])]) for i in range(4500)]
    weights[0] = ("l0", [("k", KERNEL[:, :1]), ("b", BIAS[:1])])
    config = sequential(*layers)
    graph = read_h5(write_legacy(tmp_path / "m.h5", config, weights, split=2, kind="fixed"))
    write_h5(graph, tmp_path / "out.h5")
    assert text.dumps(read_h5(tmp_path / "out.h5")) == text.dumps(graph)
    write_keras(graph, tmp_path / "out.keras")
    assert text.dumps(read_keras(tmp_path / "out.keras")) == text.dumps(graph)


def test_published_models_convert_and_come_back(shared_data: Path, tmp_path: Path) -> None:
    paths = sorted(shared_data.glob("**/*.h5"))
    assert len(paths) == 16
    for path in paths:
        graph = read_h5(path)
        written = text.dumps(graph)
        assert text.dumps(text.loads(written)) == written
        write_h5(graph, tmp_path / "out.h5", dialect="keras2")
        assert text.dumps(read_h5(tmp_path / "out.h5")) == written


def test_the_published_dense_network_gives_its_published_outputs(shared_data: Path) -> None:
    graph = read_h5(shared_data / "spcam" / "test.h5")
    value = np.linspace(-1, 1, 155)
    for layer in graph.model.children[1:]:
        value = value @ layer.weights[0].value.astype(float) + layer.weights[1].value
        if layer.config["activation"] == "relu":
            value = np.maximum(value, 0)
    expected = [-0.04403883, -0.02965998, -0.00693058, -0.02024962]
    np.testing.assert_allclose(value[:4], expected, atol=1e-7)


def test_bytes_and_paths_are_read_alike(tmp_path: Path) -> None:
    data = write_legacy(tmp_path / "m.h5").read_bytes()
    with Hdf5File(data, "bytes") as one, Hdf5File(tmp_path / "m.h5", "path") as two:
        assert one.members("model_weights") == two.members("model_weights") == ["d1", "d2"]
    assert h5py.File(io.BytesIO(data)).attrs["keras_version"] == "2.2.4"
