"""Keras archives, good and bad, without Keras."""

from __future__ import annotations

import io
import json
import random
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from fkb import text
from fkb.errors import FkbError, FormatError, UnsupportedError
from fkb.graph import Compile, Graph, OptimizerVariable, Port, Sample, Step
from fkb.hdf5 import read_h5, write_h5
from fkb.keras_zip import read_keras, write_keras
from test_hdf5 import BIAS, KERNEL, fuzz

MODULE = {"module": "keras.layers", "registered_name": None}
SHAPE = {"batch_shape": [None, 3], "dtype": "float32", "name": "in"}
CONFIG = {
    "module": "keras",
    "class_name": "Sequential",
    "registered_name": None,
    "config": {
        "name": "m",
        "layers": [
            MODULE | {"class_name": "InputLayer", "config": SHAPE},
            MODULE | {"class_name": "Dense", "config": {"name": "d", "units": 2}},
        ],
    },
    "compile_config": {
        "optimizer": {
            "module": "keras.optimizers",
            "class_name": "SGD",
            "config": {"learning_rate": 0.5, "momentum": 0.75},
            "registered_name": None,
        },
        "loss": "mse",
    },
}
VARIABLES = {
    "layers/dense": [KERNEL, BIAS],
    "optimizer": [np.int64(3), np.float32(0.5), KERNEL * 2, BIAS * 2],
}


def store(variables: dict[str, Any]) -> bytes:
    target = io.BytesIO()
    with h5py.File(target, "w") as file:
        for group, arrays in variables.items():
            for number, array in enumerate(arrays):
                file[f"{group}/vars/{number}"] = array
    return target.getvalue()


def members(config: Any = CONFIG, variables: Any = None) -> dict[str, bytes]:
    return {
        "metadata.json": b'{"keras_version": "3.15.1"}',
        "config.json": json.dumps(config).encode(),
        "model.weights.h5": store(VARIABLES if variables is None else variables),
    }


def archive(path: Path, parts: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", how) as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return path


def read_small(folder: Path) -> Graph:
    path = archive(folder / "small.zip", members())
    graph = read_keras(path)
    path.unlink()
    return graph


def described(folder: Path) -> Graph:
    """Return a graph with everything that Keras has no place for."""
    graph = read_small(folder)
    steps = [
        Step("select", [0, 2, 3]),
        Step("subtract", np.array([0.1, -0.0, 1e-30], np.float32)),
        Step("divide", 4.5),
        Step("multiply", 2),
    ]
    options = {
        "size": 4,
        "unit": ["K", "Pa", "kg/kg", "1"],
        "elements": ["t", "x", "p", "q"],
        "description": "état",
    }
    graph.inputs = {0: Port("state", options, steps)}
    graph.outputs = {0: Port("tendency", {"unit": "K/s"}, [Step("add", np.array([1.0, 2.0 / 3]))])}
    sample = Sample(
        {0: KERNEL.T.copy() / 3}, {0: np.array([[1, 2], [3, 4 / 3]], np.float32)}, 1e-5, {"a": 1}
    )
    graph.samples = [sample, sample]
    return graph


def test_archives_and_their_folders_are_read(tmp_path: Path) -> None:
    stored = read_keras(archive(tmp_path / "a.keras", members()))
    packed = read_keras(archive(tmp_path / "b.keras", members(), zipfile.ZIP_DEFLATED))
    folder = tmp_path / "c"
    folder.mkdir()
    for name, data in members().items():
        (folder / name).write_bytes(data)
    assert text.dumps(stored) == text.dumps(packed) == text.dumps(read_keras(folder))
    np.testing.assert_array_equal(stored.model.children[1].weights[0].value, KERNEL)
    assert stored.compile is not None
    assert [(v.slot, v.path) for v in stored.compile.variables] == [
        ("iteration", ""),
        ("learning_rate", ""),
        ("momentum", "d/kernel"),
        ("momentum", "d/bias"),
    ]


def test_names_of_the_oldest_archives_are_read(tmp_path: Path) -> None:
    variables = {"_layer_checkpoint_dependencies/dense": [KERNEL, BIAS]}
    config = {key: value for key, value in CONFIG.items() if key != "compile_config"}
    graph = read_keras(archive(tmp_path / "a.keras", members(config, variables)))
    np.testing.assert_array_equal(graph.model.children[1].weights[1].value, BIAS)


@pytest.mark.parametrize("dialect", ["keras3", "keras2"])
def test_everything_that_keras_has_no_place_for_comes_back(tmp_path: Path, dialect: str) -> None:
    graph = described(tmp_path)
    written = text.dumps(graph)
    write_keras(graph, tmp_path / "a.keras", dialect=dialect)
    assert text.dumps(read_keras(tmp_path / "a.keras")) == written
    write_h5(graph, tmp_path / "a.h5", dialect=dialect)
    if dialect == "keras3" and graph.compile is not None:
        graph.compile.variables = []
    assert text.dumps(read_h5(tmp_path / "a.h5")) == text.dumps(graph)


def test_what_the_dialect_would_lose_comes_back(tmp_path: Path) -> None:
    graph = described(tmp_path)
    layer = graph.model.children[1]
    layer.config = {"activation": "silu", "units": 2, "kernel_initializer": "ones"}
    layer.meta = {"module": "somewhere"}
    graph.keras_version = "2.2.4"
    graph.compile = Compile({"loss": {"a": "mse"}, "optimizer": None, "x": [1, 2.0, None]})
    for dialect in ("keras3", "keras2"):
        for write, read, name in (
            (write_keras, read_keras, "a.keras"),
            (write_h5, read_h5, "a.h5"),
        ):
            write(graph, tmp_path / name, dialect=dialect)
            assert text.dumps(read(tmp_path / name)) == text.dumps(graph)


def test_state_of_optimizers_that_are_not_known_is_kept(tmp_path: Path) -> None:
    graph = read_small(tmp_path)
    assert graph.compile is not None
    graph.compile.config["optimizer"]["class_name"] = "Shampoo"
    for number, variable in enumerate(graph.compile.variables[2:], 2):
        variable.slot, variable.path = f"var{number}", ""
    graph.compile.variables.append(OptimizerVariable("var4", "", np.ones((2, 2), np.float32)))
    write_keras(graph, tmp_path / "a.keras")
    assert text.dumps(read_keras(tmp_path / "a.keras")) == text.dumps(graph)


def test_the_part_fkb_belongs_to_its_configuration(tmp_path: Path) -> None:
    write_keras(described(tmp_path), tmp_path / "a.keras")
    with zipfile.ZipFile(tmp_path / "a.keras") as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts["config.json"] = parts["config.json"].replace(b'"units": 2', b'"units":  2')
    with pytest.raises(FormatError, match="belongs to another configuration"):
        read_keras(archive(tmp_path / "b.keras", parts))
    del parts["fkb"]
    assert read_keras(archive(tmp_path / "c.keras", parts)).inputs == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('{"fkb":1', "{"),
        ('{"fkb":1', '{"fkb":2'),
        ('"float32"', '"float3"'),
        ('"select"', '"choose"'),
        ('"shape":[3]', '"shape":[4]'),
        ('"tolerance":1e-05', '"tolerance":"x"'),
        ('"samples":[', '"samples":[7,'),
        ('"divide",4.5', '"divide",true'),
        ('"steps":[', '"steps":[["add"],'),
        ('"inputs":{"0"', '"inputs":{"zero"'),
    ],
)
def test_a_damaged_part_fkb_is_refused(tmp_path: Path, old: str, new: str) -> None:
    write_keras(described(tmp_path), tmp_path / "a.keras")
    with zipfile.ZipFile(tmp_path / "a.keras") as file:
        parts = {name: file.read(name) for name in file.namelist()}
    changed = parts["fkb"].decode().replace(old, new, 1)
    assert changed != parts["fkb"].decode()
    parts["fkb"] = changed.encode()
    with pytest.raises(FormatError, match='"fkb"'):
        read_keras(archive(tmp_path / "b.keras", parts))


def test_bytes_are_reproducible(tmp_path: Path) -> None:
    for write, name in ((write_keras, "a.keras"), (write_h5, "a.h5")):
        contents = set()
        for _ in range(3):
            write(described(tmp_path), tmp_path / name)
            contents.add((tmp_path / name).read_bytes())
        assert len(contents) == 1


def test_a_failed_export_leaves_the_old_file(tmp_path: Path) -> None:
    graph = described(tmp_path)
    path = tmp_path / "a.keras"
    write_keras(graph, path)
    before = path.read_bytes()
    graph.model.children[1].config["activation"] = "hard_sigmoid"
    with pytest.raises(UnsupportedError):
        write_keras(graph, path, dialect="keras2")
    graph.model.children[1].weights.pop()
    with pytest.raises(FkbError, match="its options need"):
        write_keras(graph, path)
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.keras"]
    with pytest.raises(FkbError, match="dialect"):
        write_keras(graph, path, dialect="keras4")


def refused(tmp_path: Path, parts: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> str:
    with pytest.raises(FormatError) as caught:
        read_keras(archive(tmp_path / "bad.keras", parts, how))
    return str(caught.value)


def without(name: str) -> dict[str, bytes]:
    return {key: value for key, value in members().items() if key != name}


def test_archives_with_wrong_parts_are_refused(tmp_path: Path) -> None:
    assert "no config.json" in refused(tmp_path, without("config.json"))
    assert "no model.weights.h5" in refused(tmp_path, without("model.weights.h5"))
    assert "not JSON" in refused(tmp_path, members() | {"config.json": b"{"})
    assert "not UTF-8" in refused(tmp_path, members() | {"config.json": b"\xff"})
    assert "class_name" in refused(tmp_path, members() | {"config.json": b"[]"})
    assert "HDF5" in refused(tmp_path, members() | {"model.weights.h5": b"no"})
    missing = {"layers/dense": [KERNEL]}
    assert "holds 1 weights" in refused(tmp_path, members(variables=missing))
    more = VARIABLES | {"layers/dense_1": [BIAS]}
    assert "no layer of the model" in refused(tmp_path, members(variables=more))
    own = VARIABLES | {"": [BIAS]}
    assert "of its own" in refused(tmp_path, members(variables=own))
    turned = VARIABLES | {"layers/dense": [KERNEL.T, BIAS]}
    assert "has shape [2, 3]" in refused(tmp_path, members(variables=turned))
    gap = store({"layers/dense": [KERNEL]})
    with h5py.File(io.BytesIO(gap), "r+") as file:
        file["layers/dense/vars/2"] = BIAS
        file.flush()
        data = file.id.get_file_image()
    assert "not numbered" in refused(tmp_path, members() | {"model.weights.h5": data})


def test_bombs_are_refused(tmp_path: Path) -> None:
    bomb = b" " * 50_000_000
    for name in ("config.json", "model.weights.h5", "fkb"):
        parts = members() | {name: bomb}
        assert "too many" in refused(tmp_path, parts, zipfile.ZIP_DEFLATED)
    path = archive(tmp_path / "double.keras", members())
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("config.json", b"{}")
    with pytest.raises(FormatError, match="stands twice"):
        read_keras(path)


def test_every_prefix_of_an_archive_is_refused(tmp_path: Path) -> None:
    data = archive(tmp_path / "m.keras", members()).read_bytes()
    for length in range(0, len(data) - 1, 59):
        (tmp_path / "cut.keras").write_bytes(data[:length])
        with pytest.raises(FkbError):
            read_keras(tmp_path / "cut.keras")


@pytest.mark.parametrize("extra", [False, True])
def test_random_damage_ends_in_an_error(tmp_path: Path, extra: bool) -> None:
    path = archive(tmp_path / "m.keras", members())
    if extra:
        write_keras(described(tmp_path), path)
    fuzz(path, read_keras, 1500)


def test_values_that_are_not_finite_are_named(tmp_path: Path) -> None:
    bad = KERNEL * 2
    bad[0, 1] = np.nan
    variables = VARIABLES | {"optimizer": [np.int64(3), np.float32(0.5), bad, BIAS]}
    with pytest.raises(UnsupportedError, match="optimizer variable 2: holds nan"):
        read_keras(archive(tmp_path / "m.keras", members(variables=variables)))


def more_layers() -> list[dict[str, Any]]:
    """Return layers of many kinds to follow the first."""
    options = {
        "BatchNormalization": {"axis": -1},
        "ReLU": {"max_value": 2.0},
        "PReLU": {"shared_axes": None},
        "Dropout": {"rate": 0.5},
        "Rescaling": {"scale": 0.5, "offset": [1.0, 2.0]},
        "Reshape": {"target_shape": [2, 1]},
        "LayerNormalization": {"axis": [1, 2]},
        "Permute": {"dims": [2, 1]},
        "Flatten": {},
        "RepeatVector": {"n": 2},
        "Softmax": {"axis": -1},
        "Dense": {"units": 1, "activation": "tanh"},
    }
    return [
        MODULE | {"class_name": name, "config": {"name": name.lower(), "trainable": True} | config}
        for name, config in options.items()
    ]


VALUES = (
    *("null", "true", "-1", "0", "3", '"x"', "[]", "[1,2]", "{}", "1e300", "[null,3]", "[[]]"),
    *('{"class_name":"X","config":{}}', '"relu"'),
)


def test_edited_model_files_are_exported_or_refused(tmp_path: Path) -> None:
    config = json.loads(json.dumps(CONFIG))
    config["config"]["layers"] += more_layers()
    two, four = np.ones(2, np.float32), np.ones((2, 1), np.float32)
    variables = {
        "layers/dense": [KERNEL, BIAS],
        "layers/batch_normalization": [two] * 4,
        "layers/p_re_lu": [two],
        "layers/layer_normalization": [four] * 2,
        "layers/dense_1": [four, two[:1]],
    }
    parts = members(config, variables)
    lines = text.dumps(read_keras(archive(tmp_path / "m.keras", parts))).decode().splitlines()
    lines = ["checksum none" if line.startswith("checksum") else line for line in lines]
    places = [number for number, line in enumerate(lines) if " = " in line]
    written = refused = 0
    for seed in range(400):
        source = random.Random(seed)
        changed = list(lines)
        for number in source.sample(places, source.choice([1, 1, 2, 4])):
            key = changed[number].split(" = ")[0]
            changed[number] = f"{key} = {source.choice(VALUES)}"
        if source.random() < 0.2:
            del changed[source.choice(places)]
        try:
            graph = text.loads("\n".join([*changed, ""]).encode())
            write_keras(graph, tmp_path / "out.keras")
            written += 1
            assert text.dumps(read_keras(tmp_path / "out.keras")) == text.dumps(graph)
        except FkbError:
            refused += 1
    assert written > 20
    assert refused > 200
