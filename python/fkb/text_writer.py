"""Writing a model file: Graph to the canonical bytes of docs/format.md."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import text_json, text_values
from .errors import FkbError, FormatError
from .graph import Array, Graph, Layer, Port, Step, Weight
from .text_layers import MAX_DEPTH
from .text_lexer import WORD
from .text_reader import load_structure


class _Structure:
    """Collects the lines before the values and the tensors that they declare."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.tensors: list[tuple[str, Array]] = []

    def add(self, depth: int, text: str) -> None:
        self.lines.append("  " * depth + text + "\n")

    def declare(self, label: str, array: Array) -> str:
        """Note a tensor for its values block and return its dtype and shape."""
        try:
            dtype = text_values.dtype_name(array)
        except text_values.ValuesError as problem:
            raise FkbError(f"{label}: {problem}") from None
        self.tensors.append((label, array))
        return f"{dtype} {text_json.dumps(list(array.shape))}"

    def options(self, depth: int, options: dict[str, Any], where: str, mark: str = "") -> None:
        for key, value in options.items():
            shown = mark + key if mark or WORD.fullmatch(key) else text_json.dumps(key)
            self.add(depth, f"{shown} = {_json(value, f'{where}, option {key}')}")


def _json(value: Any, where: str) -> str:
    try:
        return text_json.dumps(value)
    except text_json.JsonError as problem:
        raise FkbError(f"{where}: {problem}") from None


def _class(name: str) -> str:
    return name if WORD.fullmatch(name) else text_json.dumps(name)


def dump_pieces(graph: Graph) -> Iterator[bytes]:
    """Yield the bytes of the model file in pieces.

    Raises:
        FkbError: the graph cannot be written: a value that is not finite, an option that is not
            JSON, a reference to nowhere, more than the format's limits allow.
    """
    out = _Structure()
    out.add(0, "fkb 1")
    out.add(0, f"precision {graph.precision}")
    out.add(0, f"keras {_json(graph.keras_version, 'keras version')}")
    _layer(out, graph.model, 0, "")
    for side, ports in (("input", graph.inputs), ("output", graph.outputs)):
        for position in sorted(ports):
            _port(out, f"{side} {position}", ports[position])
    _compile(out, graph)
    _samples(out, graph)
    structure = "".join(out.lines).encode("utf-8")
    structure += b"checksum %08x\n" % zlib.crc32(structure)
    try:
        load_structure(structure)
    except FormatError as problem:
        raise FkbError(f"this graph cannot be written: {problem}") from None
    yield structure
    for label, array in out.tensors:
        yield b"values %d %08x\n" % (array.size, text_values.checksum(array))
        try:
            yield from text_values.format_values(array)
        except text_values.ValuesError as problem:
            raise FkbError(f"{label}: {problem}") from None
    yield b"end\n"


def value_bytes(graph: Graph) -> int:
    """Return about how many bytes the numbers of the file take, for a progress bar."""
    size = sum(weight.value.size for weight in graph.model.weights)
    size += sum(weight.value.size for _, layer in graph.model.walk() for weight in layer.weights)
    if graph.compile is not None:
        size += sum(variable.value.size for variable in graph.compile.variables)
    return size * (22 if graph.precision == "float64" else 13)


def _layer(out: _Structure, layer: Layer, depth: int, path: str) -> None:
    if depth > MAX_DEPTH:
        raise FkbError(f'layer "{path}": layers are nested deeper than {MAX_DEPTH}')
    where = f'layer "{path}"' if depth else "the model"
    role = f" as {layer.role}" if layer.role is not None else ""
    keyword = "layer" if depth else "model"
    name = _json(layer.name, where)
    out.add(depth, f"{keyword} {name} {_class(layer.class_name)}{role}")
    inner = depth + 1
    out.options(inner, layer.config, where)
    out.options(inner, layer.meta, where, "@")
    for node in layer.nodes:
        args, kwargs = _json(node.args, f"node of {where}"), _json(node.kwargs, f"node of {where}")
        out.add(inner, f"node {args} {kwargs}")
    for weight in layer.weights:
        _weight(out, weight, inner, where)
    for child in layer.children:
        _layer(out, child, inner, f"{path}/{child.name}" if path else child.name)
    if layer.inputs is not None or layer.outputs is not None:
        out.add(inner, f"inputs {_json(layer.inputs, where)}")
        out.add(inner, f"outputs {_json(layer.outputs, where)}")
    out.add(depth, "end")


def _weight(out: _Structure, weight: Weight, depth: int, where: str) -> None:
    name = _json(weight.name, where)
    tensor = out.declare(f"weight {name} of {where}", weight.value)
    role = "trainable" if weight.trainable else "fixed"
    out.add(depth, f"weight {name} {tensor} {role}")


def _port(out: _Structure, label: str, port: Port) -> None:
    out.add(0, f"{label} {_json(port.name, label)}")
    out.options(1, port.options, label)
    for step in port.steps:
        out.add(1, f"step {step.kind} {_step_value(out, label, step)}")
    out.add(0, "end")


def _step_value(out: _Structure, label: str, step: Step) -> str:
    where = f"step {step.kind} of {label}"
    if isinstance(step.value, np.ndarray):
        if step.kind == "divide" and not step.value.all():
            raise FkbError(f"{where} divides by zero")
        return out.declare(where, step.value)
    return _json(step.value, where)


def _compile(out: _Structure, graph: Graph) -> None:
    if graph.compile is None:
        return
    out.add(0, "compile")
    out.options(1, graph.compile.config, "compile")
    for variable in graph.compile.variables:
        name, path = _json(variable.slot, "variable"), _json(variable.path, "variable")
        tensor = out.declare(f"variable {name} of {path}", variable.value)
        out.add(1, f"variable {name} {path} {tensor}")
    out.add(0, "end")


def _samples(out: _Structure, graph: Graph) -> None:
    for sample in graph.samples:
        out.add(0, "sample")
        out.options(1, {"tolerance": sample.tolerance, **sample.options}, "sample")
        for side, arrays in (("input", sample.inputs), ("output", sample.outputs)):
            for position in sorted(arrays):
                label = f"{side} {position} of the sample"
                out.add(1, f"{side} {position} {out.declare(label, arrays[position])}")
        out.add(0, "end")
