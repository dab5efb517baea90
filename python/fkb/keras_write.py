"""Writing Keras files: the stores for weights, and the part `fkb` that goes with them."""

from __future__ import annotations

import io
import json
from typing import Any

import h5py
import numpy as np

from .errors import FkbError
from .graph import Array, Compile, Graph, Layer, Weight
from .keras_compile import read_compile_config
from .keras_compile_export import export_compile, is_only_ours, keras2_variables
from .keras_config import Reading, parse_json, read_model, version_of
from .keras_export import Writing, export_model, output_count
from .keras_extra import make_extra
from .keras_optimizer import is_scaled, keras3_variables, read_optimizer
from .keras_shapes import infer_shapes
from .keras_weights import keys_of, lends, own_slots, places_of, store_groups, trainable_weights
from .masks import check_output_masks, check_same_masks, explain_masks
from .registry import Config, layer_spec

_ATTRIBUTE_LIMIT = 64512
_TEXT_REFERENCE = 16


def json_text(value: Any) -> str:
    """Return JSON as Keras writes it."""
    try:
        return json.dumps(value, ensure_ascii=True, allow_nan=False)
    except (TypeError, ValueError) as problem:
        raise FkbError(f"the configuration cannot be written as JSON: {problem}") from None


def export_configs(writing: Writing) -> tuple[Config, Config | None, str]:
    """Return the configurations of model and training, and the part `fkb`.

    In an archive the training configuration is part of the model's.

    Raises:
        UnsupportedError: the dialect cannot carry a part of the model.
    """
    model = export_model(writing)
    training = export_compile(writing)
    if writing.archive and training is not None:
        model["compile_config"] = training
    writing.report.raise_if_any()
    read_back = _read_back(writing, model, training)
    return model, training, make_extra(writing.graph, read_back, json_text(model))


def _read_back(writing: Writing, model: Config, training: Config | None) -> Graph:
    """Return what the readers will make of the exported file, with the values of the graph."""
    reading = Reading(writing.version, allow_custom=True, archive=writing.archive)
    found = read_model(parse_json(json_text(model), "the exported configuration"), reading)
    _check_masks(writing, found)
    shapes = infer_shapes(found, reading.report)
    ours = dict(writing.graph.model.walk())
    for path, layer in found.walk():
        slots = own_slots(layer, path, shapes)
        values = ours[path].weights
        if slots is None:
            layer.weights = [Weight(str(i), weight.value) for i, weight in enumerate(values)]
        elif [slot.name for slot in slots] != [weight.name for weight in values]:
            raise FkbError(
                f'layer "{path}" has the weights {[w.name for w in values]}, its options need '
                f"{[slot.name for slot in slots]}"
            )
        else:
            layer.weights = [
                Weight(slot.name, weight.value, slot.trainable)
                for slot, weight in zip(slots, values, strict=True)
            ]
    _check_trained(writing, found)
    compiled = None
    if training is not None:
        config = parse_json(json_text(training), "the exported training configuration")
        compiled = Compile(read_compile_config(config, reading, output_count(writing.graph)))
        read_optimizer(compiled, _optimizer_arrays(writing), found, reading, False)
    reading.report.raise_if_any()
    return Graph(writing.graph.precision, writing.version, found, compile=compiled)


def _check_masks(writing: Writing, found: Layer) -> None:
    """Refuse a model whose layers would take other masks, then give it those of the graph."""
    graph = writing.graph
    check_same_masks(graph.model, found, writing.major, writing.report)
    if graph.compile is not None:
        check_output_masks(graph.model, found, writing.major, writing.report)
    writing.report.raise_if_any()
    if graph.keras_major != writing.major:
        explain_masks(found, version_of(graph.keras_version), writing.report)


def _check_trained(writing: Writing, found: Layer) -> None:
    """Refuse a compiled model of which the target would train other weights."""
    if writing.graph.compile is None:
        return
    ours = trainable_weights(writing.graph.model, writing.graph.keras_major)
    theirs = trainable_weights(found, writing.major)
    names = {path for path, _ in ours} ^ {path for path, _ in theirs}
    for path in sorted(names) if len(ours) != len(theirs) else ():
        layer, _, weight = path.rpartition("/")
        writing.report.add(
            layer,
            weight,
            f"stands in a frozen model: Keras {writing.graph.keras_major} and {writing.major} "
            "train it differently; set trainable of its layer to false, or leave out the "
            "training part",
        )
    writing.report.raise_if_any()


def store_bytes(writing: Writing) -> bytes:
    """Return `model.weights.h5`: a group per layer, with `vars` even where it is empty."""
    target = io.BytesIO()
    with h5py.File(target, "w") as file:
        file.require_group("layers")
        for group, _, layer in store_groups(writing.graph.model, "layers", "", writing.major):
            if layer_spec(layer.class_name) is None and _is_custom_nested(layer):
                for weight in layer.weights:
                    place, _, number = weight.name.rpartition("/")
                    _variables(file, f"{group}/{place}" if place else group)[number] = weight.value
                _variables(file, group)
            else:
                _write_layer(file, group, layer, writing.major)
        _variables(file, "")
        arrays = _optimizer_arrays(writing)
        if arrays:
            _write_variables(file, "optimizer", arrays)
            compiled = writing.graph.compile
            if compiled is not None and is_scaled(compiled.config):
                inner = arrays[2:] if len(arrays) == 4 else arrays[4:]
                _write_variables(file, "optimizer/inner_optimizer", inner)
    return target.getvalue()


def _write_layer(file: h5py.File, group: str, layer: Layer, major: int) -> None:
    places = places_of(layer, major) or [""] * len(layer.weights)
    keys = keys_of(layer)
    for place in dict.fromkeys(["", *places]):
        there = zip(layer.weights, places, strict=True)
        own_weights = [weight for weight, own in there if own == place]
        inner = f"{group}/{place}" if place else group
        values = [weight.value for weight in own_weights if weight.name not in keys]
        if not place and lends(layer):
            values.insert(0, layer.children[0].weights[0].value)
        _write_variables(file, inner, values)
        for weight in own_weights:
            if weight.name in keys:
                _variables(file, inner)[keys[weight.name]] = weight.value


def _is_custom_nested(layer: Layer) -> bool:
    return any("/" in weight.name for weight in layer.weights)


def _variables(file: h5py.File, group: str) -> h5py.Group:
    return file.require_group(f"{group}/vars" if group else "vars")


def _write_variables(file: h5py.File, group: str, arrays: list[Array]) -> None:
    variables = _variables(file, group)
    for number, array in enumerate(arrays):
        variables[str(number)] = array


def _optimizer_arrays(writing: Writing) -> list[Array]:
    """Return the optimizer's variables as the file holds them; Keras 3 takes none from `.h5`."""
    compiled = writing.graph.compile
    if compiled is None or (writing.major >= 3 and not writing.archive):
        return []
    if is_only_ours(compiled) and writing.major == 2:
        return []
    if writing.major == 2:
        return [value for _, value in keras2_variables(writing.graph)]
    return keras3_variables(compiled, writing.graph.model, writing.graph.keras_major)


def write_names(owner: h5py.Group, attribute: str, names: list[str]) -> None:
    """Write an attribute that lists names, in parts where it is longer than HDF5 takes."""
    encoded = [name.encode("utf-8") for name in names]
    longest = max(len(name) for name in [*encoded, b" " * _TEXT_REFERENCE])
    parts = 1
    while -(-len(encoded) // parts) * longest > _ATTRIBUTE_LIMIT:
        parts += 1
    if parts == 1:
        owner.attrs[attribute] = encoded
        return
    for number, part in enumerate(np.array_split(np.array(encoded), parts)):
        owner.attrs[f"{attribute}{number}"] = part
