"""The part `fkb` of a Keras file: what Keras has no place for.

It is a JSON text: a member `fkb` of a `.keras` archive, an attribute `fkb` of an `.h5` file. The
exporter reads its own configuration back and puts here whatever differs from the graph, so that
nothing is lost whatever the dialect.
"""

from __future__ import annotations

import copy
import json
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from .errors import FormatError
from .graph import (
    Array,
    Compile,
    Graph,
    Layer,
    Node,
    OptimizerVariable,
    Port,
    Sample,
    Step,
    TensorRef,
)
from .keras_config import version_of
from .keras_nodes import map_tensors
from .masks import explain_masks
from .report import Report, shown
from .steps import CURVES, problem_of_curve

EXTRA = "fkb"
_VERSION = 1
_TENSOR = "$tensor"
_DTYPES = frozenset({"float32", "float64", "int32", "int64", "float16", "uint8", "bool"})
_STEPS = frozenset({"add", "subtract", "multiply", "divide", "select", *CURVES})


def text_checksum(text: str) -> str:
    """Return the CRC-32 of a configuration's text."""
    return f"{zlib.crc32(text.encode('utf-8')):08x}"


def make_extra(graph: Graph, read_back: Graph, config_text: str) -> str:
    """Return the text of the part `fkb`.

    Args:
        graph: what is exported.
        read_back: what the readers make of the exported configuration.
        config_text: that configuration, to which the part belongs.
    """
    extra: dict[str, Any] = {"fkb": _VERSION, "config": text_checksum(config_text)}
    if graph.keras_version != read_back.keras_version:
        extra["keras"] = graph.keras_version
    if graph.precision != read_back.precision:
        extra["precision"] = graph.precision
    layers = {}
    ours, theirs = _by_path(graph.model), _by_path(read_back.model)
    for path, layer in ours.items():
        found, wanted = _layer(theirs[path]), _layer(layer)
        changed = {key: value for key, value in wanted.items() if _text(value) != _text(found[key])}
        if changed:
            layers[path] = changed
    if layers:
        extra["layers"] = layers
    if _text(_compile(graph.compile)) != _text(_compile(read_back.compile)):
        extra["compile"] = _compile(graph.compile)
    for key, ports in (("inputs", graph.inputs), ("outputs", graph.outputs)):
        if ports:
            extra[key] = {str(position): _port(port) for position, port in ports.items()}
    if graph.samples:
        extra["samples"] = [_sample(sample) for sample in graph.samples]
    return json.dumps(extra, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _text(value: Any) -> str:
    return json.dumps(value)


def _by_path(model: Layer) -> dict[str, Layer]:
    return {"": model, **dict(model.walk())}


def _encoded(value: Any) -> Any:
    return map_tensors(value, lambda ref: {_TENSOR: list(ref)})


def _layer(layer: Layer) -> dict[str, Any]:
    """Return all of a layer but its values and the layers inside."""
    return {
        "name": layer.name,
        "class": layer.class_name,
        "config": layer.config,
        "meta": layer.meta,
        "nodes": [[_encoded(node.args), _encoded(node.kwargs)] for node in layer.nodes],
        "inputs": _encoded(layer.inputs),
        "outputs": _encoded(layer.outputs),
        "weights": [[weight.name, weight.trainable] for weight in layer.weights],
    }


def _compile(compiled: Compile | None) -> Any:
    if compiled is None:
        return None
    return {
        "config": compiled.config,
        "variables": [[v.slot, v.path] for v in compiled.variables],
    }


def hidden_compile(text: str) -> Compile | None:
    """Return the compilation that a part `fkb` keeps for a model that Keras does not compile.

    None where there is none; what is wrong with the part is told by `apply_extra`.
    """
    try:
        config = json.loads(text)["compile"]["config"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return Compile(config) if isinstance(config, dict) else None


def _array(value: Array) -> dict[str, Any]:
    """Return an array as decimal numbers that read back bit for bit."""
    if value.dtype == np.float32:
        values: list[Any] = [float(f"{number:.9g}") for number in value.reshape(-1).tolist()]
    else:
        values = value.reshape(-1).tolist()
    return {"dtype": str(value.dtype), "shape": list(value.shape), "values": values}


def _port(port: Port) -> dict[str, Any]:
    steps = [
        [step.kind, _array(step.value) if isinstance(step.value, np.ndarray) else step.value]
        for step in port.steps
    ]
    return {"name": port.name, "options": port.options, "steps": steps}


def _sample(sample: Sample) -> dict[str, Any]:
    return {
        "inputs": {str(k): _array(np.asarray(v)) for k, v in sample.inputs.items()},
        "outputs": {str(k): _array(np.asarray(v)) for k, v in sample.outputs.items()},
        "tolerance": sample.tolerance,
        "options": sample.options,
    }


class _DamagedError(ValueError):
    """The part has not the form that `make_extra` gives it."""


def apply_extra(graph: Graph, text: str, config_text: str, where: object) -> Graph:
    """Return the graph with what the part `fkb` of its file adds.

    Raises:
        FormatError: the part is damaged, or belongs to another configuration.
    """
    try:
        extra = json.loads(text)
        if not isinstance(extra, dict):
            raise _DamagedError("it is no object")
        if extra.get("fkb") != _VERSION:
            raise FormatError(
                f'the part "fkb" has version {shown(extra.get("fkb"))}; this library reads '
                f"version {_VERSION}",
                where,
            )
        if extra.get("config") != text_checksum(config_text):
            raise FormatError(
                'the part "fkb" belongs to another configuration than the file has: another '
                'program changed one of them; remove the part "fkb" to read the rest',
                where,
            )
        return _apply(graph, extra)
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError) as problem:
        raise FormatError(f'the part "fkb" is damaged: {problem}', where) from None


def _apply(graph: Graph, extra: dict[str, Any]) -> Graph:
    result = copy.copy(graph)
    result.keras_version = _string(extra.get("keras", graph.keras_version))
    if extra.get("precision", graph.precision) not in ("float32", "float64"):
        raise _DamagedError("precision must be float32 or float64")
    result.precision = extra.get("precision", graph.precision)
    if result.keras_major != graph.keras_major:
        explain_masks(result.model, version_of(result.keras_version), Report())
    layers = _by_path(result.model)
    for path, change in _object(extra.get("layers", {})).items():
        _change_layer(layers[path], _object(change))
    if "compile" in extra:
        result.compile = _revive_compile(extra["compile"], graph.compile)
    result.inputs = dict(_ports(extra.get("inputs", {})))
    result.outputs = dict(_ports(extra.get("outputs", {})))
    result.samples = [_revive_sample(_object(item)) for item in _list(extra.get("samples", []))]
    return result


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _DamagedError(f"{shown(value)} is no object")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _DamagedError(f"{shown(value)} is no list")
    return value


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise _DamagedError(f"{shown(value)} is no text")
    return value


def _decoded(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {_TENSOR}:
            layer, node, index = value[_TENSOR]
            return TensorRef(_string(layer), int(node), int(index))
        return {key: _decoded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    return value


def _change_layer(layer: Layer, change: dict[str, Any]) -> None:
    layer.name = _string(change.get("name", layer.name))
    layer.class_name = _string(change.get("class", layer.class_name))
    layer.config = _object(change.get("config", layer.config))
    layer.meta = _object(change.get("meta", layer.meta))
    if "nodes" in change:
        layer.nodes = [
            Node(_list(_decoded(args)), _object(_decoded(kwargs)))
            for args, kwargs in _list(change["nodes"])
        ]
    if "inputs" in change:
        layer.inputs = _decoded(change["inputs"])
    if "outputs" in change:
        layer.outputs = _decoded(change["outputs"])
    if "weights" in change:
        for weight, (name, trainable) in zip(layer.weights, change["weights"], strict=True):
            weight.name, weight.trainable = _string(name), bool(trainable)


def _revive_compile(value: Any, found: Compile | None) -> Compile | None:
    if value is None:
        return None
    names = _list(_object(value)["variables"])
    values = found.variables if found else []
    variables = []
    if values:
        variables = [
            OptimizerVariable(_string(slot), _string(path), variable.value)
            for (slot, path), variable in zip(names, values, strict=True)
        ]
    return Compile(_object(value["config"]), variables)


def _revive_array(value: Any) -> Array:
    item = _object(value)
    if item["dtype"] not in _DTYPES:
        raise _DamagedError(f"{shown(item['dtype'])} is no dtype")
    shape = _list(item["shape"])
    array = np.array(_list(item["values"]), dtype=item["dtype"]).reshape(shape)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise _DamagedError("an array holds a value that is not finite")
    return array


def _ports(value: Any) -> Iterator[tuple[int, Port]]:
    for position, item in _object(value).items():
        port = _object(item)
        steps = [_revive_step(_string(kind), step) for kind, step in _list(port["steps"])]
        yield int(position), Port(_string(port["name"]), _object(port["options"]), steps)


def _revive_step(kind: str, value: Any) -> Step:
    if kind not in _STEPS:
        raise _DamagedError(f"{shown(kind)} is no transform step")
    if kind in CURVES:
        if problem := problem_of_curve(kind, value):
            raise _DamagedError(f"step {kind}: {problem}")
        return Step(kind, value)
    if isinstance(value, dict):
        return Step(kind, _revive_array(value))
    if kind == "select":
        return Step(kind, [int(index) for index in _list(value)])
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _DamagedError(f"{shown(value)} is no number")
    return Step(kind, value)


def _revive_sample(item: dict[str, Any]) -> Sample:
    return Sample(
        {int(k): _revive_array(v) for k, v in _object(item["inputs"]).items()},
        {int(k): _revive_array(v) for k, v in _object(item["outputs"]).items()},
        float(item["tolerance"]),
        _object(item["options"]),
    )
