"""Keras HDF5 files: whole models of Keras 2 and 3, and weights with a separate configuration."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from .errors import FormatError
from .files import read_bytes, write_atomically
from .graph import Compile, Graph, Layer, flatten_structure
from .hdf5_file import Hdf5File
from .keras_compile import read_compile_config
from .keras_compile_export import keras2_variables
from .keras_config import Reading, guess_version, parse_json, read_model, shared_message, version_of
from .keras_export import Writing, start_writing
from .keras_extra import EXTRA, apply_extra
from .keras_former import refuse_former
from .keras_graph import finish_graph
from .keras_optimizer import read_optimizer
from .keras_shapes import ModelShapes, infer_shapes
from .keras_store import read_store, store_prefix
from .keras_weights import Slot, fill_slots, legacy_slots
from .keras_write import export_configs, json_text, write_names
from .masks import stated_children

_LEGACY_GROUPS = ("model_weights", "")


def read_h5(
    path: Path | str, config: Path | str | None = None, *, allow_custom: bool = False
) -> Graph:
    """Read a Keras `.h5` file, or a weights-only file with the JSON of `model.to_json()`.

    Args:
        path: HDF5 file of Keras 2 or 3; its kind is told by its content.
        config: JSON file with the model's configuration; needed where the file has none.
        allow_custom: keep layers of unknown classes with their options and weights.

    Raises:
        FormatError: the file is damaged, or is not what Keras writes.
        UnsupportedError: the model has parts that cannot be converted, all are listed.
    """
    path = Path(path)
    with Hdf5File(path, path) as file:
        text = file.text("", "model_config") if config is None else read_bytes(config)
        if text is None:
            raise FormatError(
                "the file has no model_config, it holds weights only: give the configuration "
                "that model.to_json() writes with --config",
                path,
            )
        whole = parse_json(text, f"the model's configuration in {config or path}")
        version = _version(file) or _text_of(whole, "keras_version")
        reading = Reading(guess_version(whole, version), allow_custom)
        model = read_model(whole, reading)
        shapes = infer_shapes(model, reading.report)
        refuse_former(model, shapes, version_of(reading.version), reading.report)
        reading.report.raise_if_any()
        compiled = _read_weights(file, model, shapes, whole, reading)
        extra = file.text("", EXTRA)
    graph = finish_graph(model, compiled, reading)
    return graph if extra is None else apply_extra(graph, extra, _decoded(text), path)


def _decoded(text: str | bytes) -> str:
    return text if isinstance(text, str) else text.decode("utf-8", "replace")


def _text_of(config: Any, key: str) -> str | None:
    value = config.get(key) if isinstance(config, dict) else None
    return value if isinstance(value, str) else None


def _version(file: Hdf5File) -> str | None:
    for group in ("", "model_weights"):
        version = file.text(group, "keras_version")
        if version:
            return version
    return None


def _read_weights(
    file: Hdf5File, model: Layer, shapes: ModelShapes, whole: Any, reading: Reading
) -> Compile | None:
    """Fill in the weights; return what the file says about training."""
    group = next((g for g in _LEGACY_GROUPS if file.names(g, "layer_names") is not None), None)
    outputs = len(flatten_structure(model.outputs))
    if group is not None:
        _read_legacy(file, group, model, shapes, reading)
        text = file.text("", "training_config")
        if text is None:
            return None
        config = parse_json(text, "training_config")
        compiled = Compile(read_compile_config(config, reading, outputs))
        names = file.names("optimizer_weights", "weight_names") or []
        arrays = [file.array(f"optimizer_weights/{name}") for name in names]
        read_optimizer(compiled, arrays, model, reading, _is_slot_by_slot(config, reading))
        return compiled
    if store_prefix(file) is None:
        raise file.error("the file holds no weights that Keras wrote")
    config = whole.get("compile_config")
    store = Compile(read_compile_config(config, reading, outputs)) if config else None
    read_store(file, model, shapes, store, reading)
    return store


def _is_slot_by_slot(config: Any, reading: Reading) -> bool:
    """Whether the optimizer is one of Keras 2's old ones."""
    optimizer = config.get("optimizer_config") if isinstance(config, dict) else None
    name = optimizer.get("class_name") if isinstance(optimizer, dict) else None
    return reading.major == 2 and not str(name).startswith("Custom>")


def _read_legacy(
    file: Hdf5File, group: str, model: Layer, shapes: ModelShapes, reading: Reading
) -> None:
    """Read the layout of whole-model files: a list of weights per layer of the model."""
    prefix = f"{group}/" if group else ""
    wanted = []
    for child in model.children:
        slots = legacy_slots(child, child.name, shapes, reading.major)
        if slots is None or slots:
            wanted.append((child, slots))
    found = []
    for name in file.names(group, "layer_names") or []:
        names = file.names(f"{prefix}{name}", "weight_names")
        if names:
            found.append((name, names))
    top = file.names(f"{prefix}top_level_model_weights", "weight_names")
    if top:
        raise file.error("the model has weights of its own, outside its layers")
    wanted = _without_weightless_custom(wanted, [name for name, _ in found])
    if len(wanted) != len(found):
        raise file.error(
            f"the file has weights for {len(found)} layers, the configuration has "
            f"{len(wanted)} layers with weights"
        )
    for (child, slots), (name, names) in zip(wanted, found, strict=True):
        arrays = [file.array(f"{prefix}{name}/{weight}") for weight in names]
        if slots is None:
            slots = _custom_slots(child, names, shapes, reading)
        fill_slots(slots, arrays, names, f'layer "{child.name}"', reading.report)
    _check_shared(model, reading)


def _check_shared(model: Layer, reading: Reading) -> None:
    """Report layers that two models share, which Keras 3 stores twice without a word."""
    met: dict[str, tuple[str, Layer]] = {}
    for path, layer in model.walk():
        if not layer.weights or not any(np.ptp(w.value) for w in layer.weights if w.value.size):
            continue
        key = json_text([layer.name, layer.class_name, layer.config])
        first, other = met.setdefault(key, (path, layer))
        same = len(other.weights) == len(layer.weights) and all(
            np.array_equal(a.value, b.value)
            for a, b in zip(other.weights, layer.weights, strict=True)
        )
        if first != path and same:
            reading.report.add(path, "", shared_message(first))


def _without_weightless_custom(
    wanted: list[tuple[Layer, list[Slot] | None]], found: list[str]
) -> list[tuple[Layer, list[Slot] | None]]:
    """Leave out layers of unknown classes that the file has no weights for."""
    return [(child, slots) for child, slots in wanted if slots is not None or child.name in found]


def _custom_slots(
    layer: Layer, names: list[str], shapes: ModelShapes, reading: Reading
) -> list[Slot]:
    """Return places for the weights of an unknown class under the names in the file."""
    if layer.children:
        raise FormatError(
            f'model "{layer.name}" has layers of unknown classes inside: their weights cannot be '
            "told apart in an .h5 file; save the model as .keras"
        )
    del shapes, reading
    slots, prefix = [], f"{layer.name}/"
    for name in names:
        short = name.split(":")[0]
        start = short.rfind(prefix)
        slots.append(
            Slot(layer, layer.name, short[start + len(prefix) :] if start >= 0 else short, None)
        )
    return slots


def write_h5(graph: Graph, path: Path | str, *, dialect: str = "keras3") -> None:
    """Write `graph` as a whole-model `.h5` file of dialect `keras3` or `keras2`.

    Keras 3 cannot take optimizer state from an `.h5` file, so that none is written for it.

    Raises:
        UnsupportedError: the dialect cannot carry a part of the model, all are listed.
    """
    writing = start_writing(graph, dialect, archive=False)
    model, training, extra = export_configs(writing)
    target = io.BytesIO()
    with h5py.File(target, "w") as file:
        file.attrs["backend"] = "tensorflow"
        file.attrs["keras_version"] = writing.version
        file.attrs["model_config"] = json_text(model)
        file.attrs[EXTRA] = extra
        if training is not None:
            file.attrs["training_config"] = json_text(training)
        _write_weights(file.create_group("model_weights"), writing)
        variables = keras2_variables(graph) if writing.major == 2 else []
        if variables:
            group = file.create_group("optimizer_weights")
            write_names(group, "weight_names", [name for name, _ in variables])
            for name, value in variables:
                group.create_dataset(name, data=value)
    write_atomically(path, [target.getvalue()])


def _write_weights(group: h5py.Group, writing: Writing) -> None:
    """Write the weights of each layer of the model in the legacy layout's order."""
    model = writing.graph.model
    layers = stated_children(model)[1 if model.class_name == "Sequential" else 0 :]
    group.attrs["backend"] = "tensorflow"
    group.attrs["keras_version"] = writing.version
    write_names(group, "layer_names", [layer.name for layer in layers])
    suffix = ":0" if writing.major == 2 else ""
    for layer in sorted(layers, key=lambda layer: layer.name):
        named = _legacy_weights(layer, writing)
        inner = group.require_group(layer.name)
        write_names(inner, "weight_names", [f"{name}{suffix}" for name, _ in named])
        for name, value in named:
            inner.create_dataset(f"{name}{suffix}", data=np.asarray(value))
    write_names(group.require_group("top_level_model_weights"), "weight_names", [])


def _legacy_weights(layer: Layer, writing: Writing) -> list[tuple[str, Any]]:
    """Return (name, value) of a layer's weights in the order of the dialect."""
    slots = legacy_slots(layer, layer.name, writing.shapes, writing.major, loading=True)
    if slots is None:
        return [(f"{layer.name}/{weight.name}", weight.value) for weight in layer.weights]
    inside = f"{layer.name}/" if layer.children else ""
    return [
        (
            f"{slot.path.removeprefix(inside)}/{slot.name}",
            next(w.value for w in slot.layer.weights if w.name == slot.name),
        )
        for slot in slots
    ]
