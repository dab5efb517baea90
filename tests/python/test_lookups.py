"""Lookup layers that learned their vocabulary, which only Keras archives hold."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import fkb
import needs
import numpy as np
import pytest
from fkb.errors import FormatError, UnsupportedError
from fkb.hdf5 import read_h5, write_h5
from fkb.keras_zip import read_keras, write_keras

keras = pytest.importorskip("keras")
tf_keras = pytest.importorskip("tf_keras")

DATA = np.array([[6, 6, 3, 1], [6, 3, 3, 2]])
INPUTS = np.array([[6, 3, 9], [0, 1, 2], [2, -1, 6], [4, 5, 1]])
MAJORS = pytest.mark.parametrize("k", [keras, tf_keras], ids=["Keras 3", "Keras 2"])
OPTIONS = pytest.mark.parametrize(
    "options",
    [
        {},
        {"mask_token": 0, "num_oov_indices": 3},
        {"mask_token": 0, "invert": True},
        {"max_tokens": 4, "output_mode": "multi_hot"},
        {"output_mode": "tf_idf"},
        {"output_mode": "tf_idf", "max_tokens": 9, "pad_to_max_tokens": True},
    ],
    ids=str,
)


def adapted(k: Any, options: dict[str, Any], nested: bool = False) -> Any:
    layer = k.layers.IntegerLookup(name="lookup", **options)
    layer.adapt(DATA)
    inputs = k.Input((3,), dtype="int64", name="in")
    model = k.Model(inputs, layer(inputs), name="model")
    if nested:
        outer = k.Input((3,), dtype="int64", name="outer")
        model = k.Model(outer, model(outer), name="around")
    return model


@needs.with_engine
@MAJORS
@OPTIONS
def test_an_adapted_vocabulary_comes_out_of_the_archive_and_goes_back(
    k: Any, options: dict[str, Any], tmp_path: Path
) -> None:
    model = adapted(k, options)
    truth = np.asarray(model(INPUTS))
    model.save(tmp_path / "m.keras")
    fkb.convert(tmp_path / "m.keras", tmp_path / "m.fkb")
    with fkb.load(tmp_path / "m.fkb") as net:
        np.testing.assert_allclose(net.predict(INPUTS), truth, rtol=1e-6)
        net.save(tmp_path / "again.fkb")
    assert (tmp_path / "m.fkb").read_bytes() == (tmp_path / "again.fkb").read_bytes()
    dialect = "keras3" if k is keras else "keras2"
    fkb.export(tmp_path / "m.fkb", tmp_path / "back.keras", dialect=dialect)
    loaded = k.models.load_model(tmp_path / "back.keras")
    np.testing.assert_array_equal(np.asarray(loaded(INPUTS)), truth)
    fkb.convert(tmp_path / "back.keras", tmp_path / "back.fkb")
    assert (tmp_path / "m.fkb").read_bytes() == (tmp_path / "back.fkb").read_bytes()


@needs.with_engine
def test_given_frequencies_are_padded_as_keras_does(tmp_path: Path) -> None:
    for k in (keras, tf_keras):
        layer = k.layers.IntegerLookup(
            vocabulary=[4, 2, 6],
            idf_weights=[0.5, 0.25, 2.0],
            output_mode="tf_idf",
            num_oov_indices=2,
            max_tokens=8,
            pad_to_max_tokens=True,
        )
        inputs = k.Input((3,), dtype="int64", name="in")
        model = k.Model(inputs, layer(inputs))
        model.save(tmp_path / "m.keras")
        fkb.convert(tmp_path / "m.keras", tmp_path / "m.fkb")
        with fkb.load(tmp_path / "m.fkb") as net:
            np.testing.assert_allclose(net.predict(INPUTS), np.asarray(model(INPUTS)), rtol=1e-6)


@MAJORS
def test_a_vocabulary_of_a_nested_model_is_found(k: Any, tmp_path: Path) -> None:
    adapted(k, {}, nested=True).save(tmp_path / "m.keras")
    graph = read_keras(tmp_path / "m.keras")
    found = {path: layer.config for path, layer in graph.model.walk()}
    assert found["model/lookup"]["vocabulary"] == [-1, 6, 3, 2, 1]


def test_an_archive_that_was_unpacked_is_read_too(tmp_path: Path) -> None:
    adapted(keras, {}).save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        archive.extractall(tmp_path / "folder")
    graph = read_keras(tmp_path / "folder")
    assert dict(graph.model.walk())["lookup"].config["vocabulary"] == [-1, 6, 3, 2, 1]


def test_a_vocabulary_that_is_missing_or_damaged_is_an_error(tmp_path: Path) -> None:
    model = adapted(keras, {})
    model.save(tmp_path / "m.h5")
    with pytest.raises(UnsupportedError, match=r'"lookup", vocabulary: is null.*archive only'):
        read_h5(tmp_path / "m.h5")
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "assets/layers/integer_lookup/vocabulary.txt"
    for damaged in (b"", b"1\ntwo", b"1.5", b"\xff\xfe", b"99999999999999999999"):
        parts[name] = damaged
        with zipfile.ZipFile(tmp_path / "bad.keras", "w") as archive:
            for member, data in parts.items():
                archive.writestr(member, data)
        with pytest.raises(FormatError, match="no list of integers"):
            read_keras(tmp_path / "bad.keras")
    parts[name] = b"9007199254740993"
    with zipfile.ZipFile(tmp_path / "bad.keras", "w") as archive:
        for member, data in parts.items():
            archive.writestr(member, data)
    with pytest.raises(UnsupportedError, match="up to 2"):
        read_keras(tmp_path / "bad.keras")


def test_frequencies_have_no_place_in_an_h5_file(tmp_path: Path) -> None:
    adapted(keras, {"output_mode": "tf_idf"}).save(tmp_path / "m.keras")
    graph = read_keras(tmp_path / "m.keras")
    with pytest.raises(UnsupportedError, match=r"idf_weights: has no place in an \.h5 file"):
        write_h5(graph, tmp_path / "m.h5")
    write_keras(graph, tmp_path / "again.keras")
