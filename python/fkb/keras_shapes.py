"""Shapes of all tensors of a model, inferred from the inputs through the graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .errors import FormatError
from .graph import CONTAINERS, Layer, TensorRef, flatten_structure
from .keras_nodes import node_tensors, operands
from .keras_wrappers import child_problems
from .registry import Config, LayerSpec, Shape, layer_spec
from .report import Report, shown

MAX_VALUES = 2**31 - 1
Unknown = Shape | None


@dataclass
class ModelShapes:
    """Shapes with the batch first; None where a custom layer hides them.

    Attributes:
        inputs: for each layer (by `id`), the shapes of the tensors of its first call, without
            masks and initial states.
        outputs: for each layer (by `id`), the shapes of what each call returns.
        as_stated: whether models within models are also followed with the inputs that they state.
        called: what models within models return, by `id` and shapes of the inputs.
    """

    inputs: dict[int, list[Unknown]] = field(default_factory=dict)
    outputs: dict[int, list[list[Unknown]]] = field(default_factory=dict)
    as_stated: bool = True
    called: dict[tuple[int, tuple[Unknown, ...]], list[Unknown]] = field(default_factory=dict)
    _children: dict[int, dict[str, Layer]] = field(default_factory=dict)

    def child(self, container: Layer, name: str) -> Layer:
        """Return the layer of that name in a container."""
        if id(container) not in self._children:
            self._children[id(container)] = {child.name: child for child in container.children}
        return self._children[id(container)][name]

    def of(self, container: Layer, ref: TensorRef) -> Unknown:
        """Return the shape of a tensor of a container."""
        return self.at(self.child(container, ref.layer), ref)

    def at(self, child: Layer, ref: TensorRef) -> Unknown:
        """Return the shape of output `ref` of a layer."""
        calls = self.outputs.get(id(child), [])
        shapes = calls[ref.node] if ref.node < len(calls) else []
        return shapes[ref.index] if ref.index < len(shapes) else None


def infer_shapes(model: Layer, report: Report) -> ModelShapes:
    """Return the shapes of all tensors; what does not fit goes to the report.

    Raises:
        FormatError: the graph has a cycle.
    """
    shapes = ModelShapes()
    _infer_container(model, "", shapes, report)
    return shapes


def call_order(container: Layer) -> list[tuple[Layer, int]]:
    """Return the calls of a container's layers in an order in which they can be made.

    Raises:
        FormatError: there is none.
    """
    calls = [(child, number) for child in container.children for number in range(len(child.nodes))]
    waiting: dict[tuple[str, int], list[int]] = {}
    missing = []
    for position, (child, number) in enumerate(calls):
        needs = {(ref.layer, ref.node) for ref in node_tensors(child.nodes[number])}
        missing.append(len(needs))
        for need in needs:
            waiting.setdefault(need, []).append(position)
    ready = [position for position, count in enumerate(missing) if count == 0]
    order = []
    for position in ready:
        child, number = calls[position]
        order.append((child, number))
        for follower in waiting.get((child.name, number), ()):
            missing[follower] -= 1
            if missing[follower] == 0:
                ready.append(follower)
    if len(order) != len(calls):
        stuck = next(calls[p][0].name for p, count in enumerate(missing) if count > 0)
        raise FormatError(f"the graph has a cycle through layer {stuck!r}")
    return order


def _infer_container(
    container: Layer,
    path: str,
    shapes: ModelShapes,
    report: Report,
    entering: dict[str, Unknown] | None = None,
) -> None:
    """Follow the shapes through a container, with its own inputs or with those that enter."""
    children = {child.name: child for child in container.children}
    for child in container.children:
        shapes.outputs[id(child)] = [[] for _ in child.nodes]
        if child.class_name in CONTAINERS and shapes.as_stated:
            _infer_container(child, _join(path, child.name), shapes, report)
    for child, number in call_order(container):
        if entering is not None and child.name in entering:
            shapes.outputs[id(child)][number] = [entering[child.name]]
            continue
        given = [
            shapes.at(children[item.layer], item) if isinstance(item, TensorRef) else item
            for item in operands(child, number)
        ]
        shapes.inputs.setdefault(id(child), given)
        shapes.outputs[id(child)][number] = _call(
            child, given, _join(path, child.name), shapes, report, child.nodes[number].kwargs
        )


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _call(
    layer: Layer,
    given: Sequence[Unknown],
    path: str,
    shapes: ModelShapes,
    report: Report,
    arguments: Config | None = None,
) -> list[Unknown]:
    """Return the shapes of the outputs of one call."""
    if layer.class_name in CONTAINERS:
        _check_nested(layer, given, path, report)
        return _nested(layer, given, path, shapes, report)
    spec = layer_spec(layer.class_name)
    if spec is None or report.concerns(path):
        return [None]
    config = spec.filled(layer.config)
    config |= {flag: bool((arguments or {}).get(flag)) for flag in spec.call_flags}
    for problem in child_problems(spec, layer):
        report.add(path, "", problem)
    if not _check_options(spec, layer.config, path, report):
        return [None]
    if layer.class_name == "InputLayer":
        return [tuple(config["batch_shape"])]
    known = [shape for shape in given if shape is not None]
    if len(known) != len(given) or not known:
        return [None]
    if spec.check:
        try:
            for option, message in spec.check(config, known):
                report.add(path, option, message)
        except (ValueError, TypeError, IndexError) as problem:
            report.add(path, "", str(problem))
    try:
        result = (
            spec.around(config, known, _Inside(layer, path, shapes, report))
            if spec.around
            else spec.output(config, known)
        )
    except _UnknownShapeError:
        return [None]
    except (ValueError, TypeError, IndexError, ZeroDivisionError) as problem:
        report.add(path, "", f"cannot take inputs of shape {_listed(known)}: {problem}")
        return [None]
    outputs: list[Unknown] = [*result] if isinstance(result, list) else [result]
    for output in outputs:
        if output is not None and _values(output) > MAX_VALUES:
            report.add(path, "", f"has an output of shape {list(output)}: that is too large")
            return [None]
    return outputs


class _UnknownShapeError(ValueError):
    """A layer in a wrapper hides its shapes, or was refused before."""


@dataclass
class _Inside:
    """The layers in a wrapper, to be called with shapes; see `registry.Inside`."""

    layer: Layer
    path: str
    shapes: ModelShapes
    report: Report

    @property
    def children(self) -> list[Layer]:
        """The layers in the wrapper."""
        return self.layer.children

    def call(self, child: Layer, shapes: Sequence[Shape]) -> list[Shape]:
        """Return the shapes of what a layer gives for inputs of these shapes."""
        path = _join(self.path, child.name)
        as_stated = self.shapes.as_stated and id(child) not in self.shapes.inputs
        if child.class_name in CONTAINERS and as_stated:
            _infer_container(child, path, self.shapes, self.report)
        given: list[Unknown] = [*shapes]
        self.shapes.inputs.setdefault(id(child), given)
        found = _call(child, given, path, self.shapes, self.report)
        self.shapes.outputs.setdefault(id(child), [found])
        known = [shape for shape in found if shape is not None]
        if len(known) != len(found):
            raise _UnknownShapeError(path)
        return known


def _check_options(spec: LayerSpec, config: Config, path: str, report: Report) -> bool:
    """Report options that are missing or wrong; they may come from a file that was edited."""
    for option in spec.options:
        if option.name not in config:
            if option.required:
                report.add(path, option.name, f"is missing: {spec.class_name} needs it")
        elif wrong := option.wrong(config[option.name]):
            report.add(path, option.name, f"is {shown(config[option.name])}: it {wrong}")
    return not report.concerns(path)


def _values(shape: Shape) -> int:
    size = 1
    for n in shape[1:]:
        size *= 1 if n is None else n
    return size


def _listed(shapes: Sequence[Shape]) -> str:
    return ", ".join(str(list(shape)).replace("None", "null") for shape in shapes)


def _check_nested(layer: Layer, given: Sequence[Unknown], path: str, report: Report) -> None:
    inputs = flatten_structure(layer.inputs)
    if len(inputs) != len(list(given)):
        report.add(
            path, "call", f"is called with {len(given)} tensors, it has {len(inputs)} inputs"
        )
        return
    children = {child.name: child for child in layer.children}
    for ref, shape in zip(inputs, given, strict=True):
        target = children[ref.layer]
        wanted = target.config.get("batch_shape") if target.class_name == "InputLayer" else None
        if shape is None or not isinstance(wanted, list):
            continue
        fits = len(wanted) == len(shape) and all(
            a is None or b is None or a == b for a, b in zip(wanted[1:], shape[1:], strict=True)
        )
        if not fits:
            report.add(path, "call", f"gets shape {_listed([shape])}, it takes {wanted}")


def _nested(
    layer: Layer, given: Sequence[Unknown], path: str, shapes: ModelShapes, report: Report
) -> list[Unknown]:
    """Return what a model gives for inputs that may close dimensions which it leaves open."""
    inputs = flatten_structure(layer.inputs)
    outputs = flatten_structure(layer.outputs)
    if len(inputs) != len(given):
        return [None] * len(outputs)
    children = {child.name: child for child in layer.children}
    entering = {
        ref.layer: _closed(shape, children[ref.layer].config.get("batch_shape"))
        for ref, shape in zip(inputs, given, strict=True)
    }
    key = id(layer), tuple(entering.values())
    if key not in shapes.called:
        inner = ModelShapes(as_stated=False, called=shapes.called)
        _infer_container(layer, path, inner, report, entering)
        shapes.called[key] = [inner.of(layer, ref) for ref in outputs]
    return shapes.called[key]


def _closed(shape: Unknown, stated: object) -> Unknown:
    """Return the shape that enters a model, closed where only the model states a dimension."""
    if not isinstance(stated, (list, tuple)):
        return shape
    if not all(n is None or isinstance(n, int) for n in stated):
        return shape
    if shape is None or len(shape) != len(stated):
        return tuple(stated)
    return tuple(own if n is None else n for n, own in zip(shape, stated, strict=True))
