"""Reading the `model` block of a model file: the tree of layers with nodes and weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .graph import Array, Layer, Node, TensorRef, Weight, flatten_structure
from .text_lexer import Slot, Source, Tokens, is_index, read_option, shorten

MAX_DEPTH = 64
MAX_LAYERS = 1_000_000
MAX_NODES = 100_000

# What a block may hold, in this order.
_OPTIONS, _META, _NODES, _WEIGHTS, _LAYERS, _INPUTS, _OUTPUTS = range(7)


@dataclass
class _Frame:
    """A block that is being read."""

    layer: Layer
    path: str
    phase: int = _OPTIONS
    node_lines: list[int] = field(default_factory=list)
    children: dict[str, _Frame] = field(default_factory=dict)
    port_lines: dict[str, int] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f'layer "{shorten(self.path)}"' if self.path else f'model "{self.layer.name}"'


class ModelReader:
    """Reads the model block into a tree of layers; tensors are declared in `slots`."""

    def __init__(self, source: Source, slots: list[Slot]) -> None:
        self._source = source
        self._slots = slots
        self._count = 0

    def read(self, tokens: Tokens) -> Layer:
        """Read the block whose first line's keyword has been read."""
        name, class_name = self._head(tokens, "model")
        tokens.end()
        model = _Frame(Layer(name, class_name), "")
        stack = [model]
        while stack:
            frame = stack[-1]
            tokens = self._source.next(frame.label)
            if tokens.text == "end":
                if frame.phase == _INPUTS:
                    tokens.fail(f"{frame.label} has inputs but no outputs")
                _check_references(self._source, frame)
                stack.pop()
            else:
                stack.extend(self._entry(tokens, frame, len(stack)))
        for line, node in zip(model.node_lines, model.layer.nodes, strict=True):
            for ref in _tensors_of(node):
                self._source.fail(_unknown(model.label, ref), line)
        return model.layer

    def _head(self, tokens: Tokens, what: str) -> tuple[str, str]:
        name = tokens.name(f"name of the {what}")
        tokens.space(f'the class of {what} "{shorten(name)}"')
        return name, tokens.word_or_name(f'class of {what} "{shorten(name)}"')

    def _entry(self, tokens: Tokens, frame: _Frame, depth: int) -> Iterator[_Frame]:
        """Read one line of a block; yields the frame of a layer that begins."""
        layer = frame.layer
        if tokens.peek() == "@":
            self._phase(tokens, frame, _META)
            tokens.at += 1
            if read_option(tokens, layer.meta, frame.label, len(layer.config)) is None:
                tokens.fail(f'unexpected "{shorten(tokens.text)}" in {frame.label}')
        elif read_option(tokens, layer.config, frame.label) is not None:
            self._phase(tokens, frame, _OPTIONS)
        elif (word := tokens.word("keyword")) == "node":
            self._phase(tokens, frame, _NODES)
            self._node(tokens, frame)
        elif word == "weight":
            self._phase(tokens, frame, _WEIGHTS)
            self._weight(tokens, frame)
        elif word == "layer":
            self._phase(tokens, frame, _LAYERS)
            yield self._layer(tokens, frame, depth)
        elif word in ("inputs", "outputs"):
            self._phase(tokens, frame, _INPUTS if word == "inputs" else _OUTPUTS)
            self._ports(tokens, frame, word)
        else:
            tokens.fail(f'unexpected "{shorten(word)}" in {frame.label}')

    def _phase(self, tokens: Tokens, frame: _Frame, phase: int) -> None:
        once = phase >= _INPUTS
        missing = phase == _OUTPUTS and frame.phase != _INPUTS
        if phase < frame.phase or (once and phase == frame.phase) or missing:
            tokens.fail(f'misplaced "{shorten(tokens.text)}" in {frame.label}')
        frame.phase = phase

    def _node(self, tokens: Tokens, frame: _Frame) -> None:
        if len(frame.layer.nodes) >= MAX_NODES:
            tokens.fail(f"{frame.label} has more than {MAX_NODES} nodes")
        tokens.space("the arguments of a node")
        args = tokens.json("arguments of a node")
        tokens.space("the keyword arguments of a node")
        kwargs = tokens.json("keyword arguments of a node")
        tokens.end()
        if not isinstance(args, list) or not isinstance(kwargs, dict):
            tokens.fail(f"node of {frame.label}: a list and an object are expected")
        node = Node([to_tensors(arg) for arg in args])
        node.kwargs = {key: to_tensors(value) for key, value in kwargs.items()}
        frame.layer.nodes.append(node)
        frame.node_lines.append(self._source.number)

    def _weight(self, tokens: Tokens, frame: _Frame) -> None:
        tokens.space("the name of a weight")
        name = tokens.name(f"name of a weight of {frame.label}")
        label = f'weight "{shorten(name)}" of {frame.label}'
        tokens.space(f"the dtype of {label}")
        dtype, shape = tokens.tensor(label)
        tokens.space('"trainable" or "fixed"')
        role = tokens.word(f"role of {label}")
        if role not in ("trainable", "fixed"):
            tokens.fail(f'{label} is neither trainable nor fixed, but "{shorten(role)}"')
        tokens.end()
        weight = Weight(name, np.empty(0), role == "trainable")
        frame.layer.weights.append(weight)

        def put(value: Array) -> None:
            weight.value = value

        self._slots.append(Slot(label, dtype, shape, put))

    def _layer(self, tokens: Tokens, frame: _Frame, depth: int) -> _Frame:
        if depth > MAX_DEPTH:
            tokens.fail(f"layers are nested deeper than {MAX_DEPTH}")
        self._count += 1
        if self._count > MAX_LAYERS:
            tokens.fail(f"the model has more than {MAX_LAYERS} layers")
        tokens.space("the name of a layer")
        name, class_name = self._head(tokens, "layer")
        if name in frame.children:
            tokens.fail(f'layer name "{shorten(name)}" stands twice in {frame.label}')
        layer = Layer(name, class_name)
        if tokens.peek():
            tokens.space('"as"')
            tokens.keyword("as")
            layer.role = tokens.word(f'role of layer "{shorten(name)}"')
            tokens.end()
        frame.layer.children.append(layer)
        child = _Frame(layer, f"{frame.path}/{name}" if frame.path else name)
        frame.children[name] = child
        return child

    def _ports(self, tokens: Tokens, frame: _Frame, word: str) -> None:
        tokens.space(f"the {word} of {frame.label}")
        value = to_tensors(tokens.json(f"{word} of {frame.label}"))
        tokens.end()
        if not isinstance(value, TensorRef | list | dict) or not _only_tensors(value):
            tokens.fail(f"malformed {word} of {frame.label}: a tensor, a list or an object of them")
        setattr(frame.layer, word, value)
        frame.port_lines[word] = self._source.number


def to_tensors(value: Any) -> Any:
    """Return a JSON value with `TensorRef` in place of each `["layer",node,index]`."""
    if isinstance(value, dict):
        return {key: to_tensors(item) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    if len(value) == 3 and isinstance(value[0], str) and all(map(is_index, value[1:])):
        return TensorRef(*value)
    return [to_tensors(item) for item in value]


def _only_tensors(value: Any) -> bool:
    if isinstance(value, TensorRef):
        return True
    if isinstance(value, dict):
        return all(map(_only_tensors, value.values()))
    return isinstance(value, list) and all(map(_only_tensors, value))


def _tensors_of(node: Node) -> list[TensorRef]:
    return flatten_structure(node.args) + flatten_structure(node.kwargs)


def _unknown(label: str, ref: TensorRef) -> str:
    return f'node of {label} refers to "{shorten(ref.layer)}", which does not exist'


def _check_references(source: Source, frame: _Frame) -> None:
    """Check the tensors of the layers in a container, and that its calls form no cycle."""
    children = frame.children
    for child in children.values():
        for line, node in zip(child.node_lines, child.layer.nodes, strict=True):
            for ref in _tensors_of(node):
                _check_reference(source, children, ref, f"node of {child.label}", line)
    for word, line in frame.port_lines.items():
        for ref in flatten_structure(getattr(frame.layer, word)):
            _check_reference(source, children, ref, f"{word} of {frame.label}", line)
    _check_cycles(source, children)


def _check_reference(
    source: Source, children: dict[str, _Frame], ref: TensorRef, what: str, line: int
) -> None:
    name = shorten(ref.layer)
    target = children.get(ref.layer)
    if target is None:
        source.fail(f'{what} refers to "{name}", which does not exist', line)
    if ref.node >= len(target.layer.nodes):
        source.fail(f'{what} refers to node {ref.node} of "{name}", which does not exist', line)
    outputs = target.layer.outputs
    if outputs is not None and ref.index >= len(flatten_structure(outputs)):
        source.fail(f'{what} refers to output {ref.index} of "{name}", which does not exist', line)


def _check_cycles(source: Source, children: dict[str, _Frame]) -> None:
    """Remove the calls that wait for nothing until none is left; a cycle stays."""
    waiting: dict[tuple[str, int], int] = {}
    users: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for name, child in children.items():
        for index, node in enumerate(child.layer.nodes):
            sources = {(ref.layer, ref.node) for ref in _tensors_of(node)}
            waiting[name, index] = len(sources)
            for origin in sources:
                users.setdefault(origin, []).append((name, index))
    ready = [call for call, count in waiting.items() if count == 0]
    while ready:
        call = ready.pop()
        del waiting[call]
        for user in users.get(call, ()):
            waiting[user] -= 1
            if waiting[user] == 0:
                ready.append(user)
    if waiting:
        name, index = min(waiting, key=lambda call: children[call[0]].node_lines[call[1]])
        line = children[name].node_lines[index]
        source.fail(f"node of {children[name].label} stands in a cycle or behind one", line)
