"""Classes that FKB does not take are refused by name, with a way out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fkb.errors import UnsupportedError
from fkb.keras_config import Reading, read_model
from fkb.keras_zip import read_keras
from fkb.layers import BUILTIN
from fkb.layers.refused import REFUSED
from fkb.layers.refused_operations import REFUSED_OPERATIONS

keras = pytest.importorskip("keras")
tf_keras = pytest.importorskip("tf_keras")


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_refused_class_is_named_with_a_way_out(name: str) -> None:
    layers: list[dict[str, Any]] = [
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 3], "name": "in"}},
        {"class_name": name, "config": {"name": "odd"}},
    ]
    reading = Reading("3.15.1")
    read_model({"class_name": "Sequential", "config": {"name": "m", "layers": layers}}, reading)
    with pytest.raises(UnsupportedError) as caught:
        reading.report.raise_if_any()
    assert REFUSED[name] in str(caught.value)
    assert 'layer "odd"' in str(caught.value)
    assert name not in BUILTIN


@pytest.mark.parametrize("name", sorted(REFUSED_OPERATIONS))
def test_a_refused_operation_is_named_with_a_reason(name: str) -> None:
    keras_tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["in", 0, 0]}}
    node = {"args": [keras_tensor], "kwargs": {}}
    layers: list[dict[str, Any]] = [
        {
            "class_name": "InputLayer",
            "config": {"batch_shape": [None, 3], "name": "in"},
            "name": "in",
            "inbound_nodes": [],
        },
        {
            "module": "keras.src.ops.numpy",
            "class_name": name,
            "config": {"name": "odd"},
            "name": "odd",
            "inbound_nodes": [node],
        },
    ]
    ports = {"input_layers": [["in", 0, 0]], "output_layers": [["odd", 0, 0]]}
    reading = Reading("3.15.1")
    config = {"name": "m", "layers": layers, **ports}
    read_model({"class_name": "Functional", "config": config}, reading)
    with pytest.raises(UnsupportedError) as caught:
        reading.report.raise_if_any()
    assert f"{name}, which {REFUSED_OPERATIONS[name]}" in str(caught.value)
    assert f"ops.{name}" not in BUILTIN


@pytest.mark.parametrize("k", [keras, tf_keras], ids=["Keras 3", "Keras 2"])
@pytest.mark.parametrize("name", ["StringLookup", "TextVectorization"])
def test_layers_of_text_are_refused(k: Any, name: str, tmp_path: Path) -> None:
    inputs = k.Input((1,), dtype="string", name="in")
    layer = getattr(k.layers, name)(vocabulary=["a", "b"], name="words")
    k.Model(inputs, layer(inputs), name="m").save(tmp_path / "m.keras")
    with pytest.raises(UnsupportedError, match=f"{name} works on text"):
        read_keras(tmp_path / "m.keras")
