"""Every layer and kind of graph goes from Keras to a graph and back to Keras."""

from __future__ import annotations

import json
import os
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zoo
from fkb import text
from fkb.errors import UnsupportedError
from fkb.graph import Graph
from fkb.hdf5 import read_h5, write_h5
from fkb.keras_zip import read_keras, write_keras

pytestmark = pytest.mark.keras

# Against the same Keras everything is bit-equal. Keras 2 and 3 sum in other orders.
CROSS_TOLERANCE = 8 * 5 * np.finfo(np.float32).eps

# Keras 2 asks the outer model whether a layer is frozen, the graph says so at the layer.
FROZEN_BY_ITS_MODEL = "frozen functional model around a trainable one"


def library(major: int, keras2: Any, keras3: Any) -> Any:
    return keras3 if major == 3 else keras2


def saved(case: zoo.Case, keras: Any, folder: Path) -> tuple[Any, Graph]:
    """Return a model with random weights and what the archive reader makes of it."""
    model = zoo.fill(case.build(keras), seed=len(case.name))
    model.save(folder / "model.keras")
    if case.saves_h5:
        model.save(folder / "model.h5")
    return model, read_keras(folder / "model.keras")


def loaded_suffixes(case: zoo.Case) -> list[str]:
    """Return the kinds of files that Keras is to load: one of the two, both in the long tests."""
    suffixes = [".keras", ".h5"]
    if os.environ.get("FKB_TEST_LONG") == "1":
        return suffixes
    return [suffixes[zlib.crc32(case.name.encode()) % 2]]


def write(graph: Graph, path: Path, major: int) -> Path:
    writer = write_keras if path.suffix == ".keras" else write_h5
    writer(graph, path, dialect=f"keras{major}")
    return path


def read(path: Path) -> Graph:
    return read_keras(path) if path.suffix == ".keras" else read_h5(path)


_DERIVED = ("build_config", "shared_object_id")
# Arguments of a call that Keras 3 states where it has derived a mask, and not where one is given.
_SILENT = (("mask", None), ("training", False))


def plain(config: Any) -> Any:
    """Return a configuration as JSON without what Keras derives from the rest."""
    if isinstance(config, dict):
        kept = {k: v for k, v in config.items() if k not in _DERIVED and (k, v) not in _SILENT}
        return {k: plain(v) for k, v in kept.items()}
    return [plain(item) for item in config] if isinstance(config, (list, tuple)) else config


def unnumbered(config: Any) -> Any:
    """Return `plain(config)` without the numbers that Keras gives to the masks it derives."""
    text = json.dumps(plain(config))
    return json.loads(re.sub(r'"([a-z_]+)_\d+"', r'"\1"', text))


def assert_same_model(model: Any, other: Any, case: zoo.Case, seed: int) -> None:
    weights, others = model.get_weights(), other.get_weights()
    assert [w.shape for w in weights] == [w.shape for w in others]
    for one, two in zip(weights, others, strict=True):
        np.testing.assert_array_equal(one, two)
    inputs = zoo.inputs_of(model, seed)
    outputs, others = zoo.outputs_of(model, inputs), zoo.outputs_of(other, inputs)
    for one, two in zip(outputs[: case.exact], others[: case.exact], strict=True):
        np.testing.assert_array_equal(one, two)


def parameter(case: zoo.Case, major: int, word: str) -> Any:
    """Return a case as a parameter; activations in layer form run with the long tests."""
    marks = [pytest.mark.long] if case.name.startswith("activation ") else []
    return pytest.param(case, major, id=f"{case.name}, {word} {major}", marks=marks)


ALL = [parameter(case, major, "Keras") for major in (2, 3) for case in zoo.cases(major)]


@pytest.mark.parametrize(("case", "major"), ALL)
def test_model_survives_the_way_back_to_the_same_keras(
    case: zoo.Case, major: int, keras2: Any, keras3: Any, tmp_path: Path
) -> None:
    keras = library(major, keras2, keras3)
    model, graph = saved(case, keras, tmp_path)
    written = text.dumps(graph)
    if case.saves_h5:
        assert text.dumps(read_h5(tmp_path / "model.h5")) == written
    for name in ("back.keras", "back.h5"):
        path = write(text.loads(written), tmp_path / name, major)
        assert text.dumps(read(path)) == written
        first = path.read_bytes()
        assert write(graph, path, major).read_bytes() == first
        if path.suffix not in loaded_suffixes(case):
            continue
        other = keras.models.load_model(path, compile=False)
        assert_same_model(model, other, case, seed=3)
        if name == "back.keras" and case.name != FROZEN_BY_ITS_MODEL:
            again = keras.models.load_model(tmp_path / "model.keras", compile=False)
            assert unnumbered(other.get_config()) == unnumbered(again.get_config())


CROSSING = [
    parameter(case, major, "from Keras")
    for major in (2, 3)
    for case in zoo.cases(major)
    if case.majors == zoo.BOTH and not case.changed
]


@pytest.mark.parametrize(("case", "major"), CROSSING)
def test_model_crosses_to_the_other_keras(
    case: zoo.Case, major: int, keras2: Any, keras3: Any, tmp_path: Path
) -> None:
    model, graph = saved(case, library(major, keras2, keras3), tmp_path)
    target = library(5 - major, keras2, keras3)
    inputs = zoo.inputs_of(model, 3)
    expected = zoo.outputs_of(model, inputs)[: case.exact]
    for name in ("over.keras", "over.h5"):
        path = write(graph, tmp_path / name, 5 - major)
        assert text.dumps(read(path)) == text.dumps(graph)
        if path.suffix not in loaded_suffixes(case):
            continue
        other = target.models.load_model(path, compile=False)
        for one, two in zip(expected, zoo.outputs_of(other, inputs), strict=False):
            scale = max(1.0, float(np.abs(one).max()))
            np.testing.assert_allclose(two, one, rtol=0, atol=CROSS_TOLERANCE * scale)


@pytest.mark.parametrize("major", [2, 3])
def test_what_means_something_else_in_the_other_keras_is_refused(
    major: int, keras2: Any, keras3: Any, tmp_path: Path
) -> None:
    for case in zoo.cases(major):
        if case.changed:
            _, graph = saved(case, library(major, keras2, keras3), tmp_path)
            with pytest.raises(UnsupportedError, match=r"is another function|in another way"):
                write(graph, tmp_path / "over.keras", 5 - major)
            assert not (tmp_path / "over.keras").exists()


def test_what_the_other_keras_does_not_have_is_refused(
    keras2: Any, keras3: Any, tmp_path: Path
) -> None:
    for major in (2, 3):
        for case in zoo.cases(major):
            if case.majors == frozenset({major}) and not case.portable and not case.changed:
                _, graph = saved(case, library(major, keras2, keras3), tmp_path)
                lacking = r"not exist in Keras|no such option|2 only|refused in Keras 2|no place"
                with pytest.raises(UnsupportedError, match=lacking):
                    write(graph, tmp_path / "over.h5", 5 - major)


def set_floats(keras: Any, major: int, dtype: str) -> None:
    """Make Keras compute in that dtype."""
    (keras.backend if major == 2 else keras.config).set_floatx(dtype)
    if major == 2:
        keras.mixed_precision.set_global_policy(dtype)
    if major == 3:
        keras.config.set_dtype_policy(dtype)


def test_double_precision_stays_double(keras2: Any, keras3: Any, tmp_path: Path) -> None:
    names = {"dense", "batch normalization", "nested model called three times", "rescaling"}
    for major, keras in ((2, keras2), (3, keras3)):
        for case in zoo.cases(major):
            if case.name not in names:
                continue
            set_floats(keras, major, "float64")
            try:
                model, graph = saved(case, keras, tmp_path)
            finally:
                set_floats(keras, major, "float32")
            assert graph.precision == "float64"
            for name in ("back.keras", "back.h5"):
                path = write(graph, tmp_path / name, major)
                assert text.dumps(read(path)) == text.dumps(graph)
                other = keras.models.load_model(path, compile=False)
                assert_same_model(model, other, case, seed=3)


@pytest.mark.parametrize("dialect", ["keras3", "keras2"])
def test_the_exported_configuration_is_minimal(dialect: str, keras3: Any, tmp_path: Path) -> None:
    case = next(case for case in zoo.CASES if case.name == "deep sequential model")
    _, graph = saved(case, keras3, tmp_path)
    write_keras(graph, tmp_path / "out.keras", dialect=dialect)
    config = zipfile.ZipFile(tmp_path / "out.keras").read("config.json").decode()
    for new in ("quantization_config", "input_axes", "synchronized", "DTypePolicy", "optional"):
        assert new not in config
    assert json.loads(config)["class_name"] == "Sequential"
