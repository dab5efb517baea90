"""Functions of TensorFlow that are nodes of models of Keras 2.

Keras 2 has them as layers of class `TFOpLambda` or `SlicingOpLambda` whose calls hold constants
and tensors by name. They become operations of `keras.ops`. `@tensorflow` keeps the function and
its calls as Keras 2 had them, with a number in the place of each tensor; it is written back as
long as it means the same as the operation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import FormatError
from .graph import Layer, Node, TensorRef
from .keras_nodes import map_tensors, node_tensors, tensors_in
from .keras_objects import plain
from .keras_operations import store
from .layers.operation_tensorflow import RULES, Rule, rule_for
from .layers.operation_truths import TRUE_OR_FALSE, TRUTHS
from .registry import Config, layer_spec
from .report import Report, shown

FUNCTIONS = frozenset({"TFOpLambda", "SlicingOpLambda"})
META = "tensorflow"
_CONSTANT = "_CONSTANT_VALUE"
_TENSOR = "tensor"
_ADVICE = "replace it by a layer or another function, or save the model with Keras 3"


def read_function(layer: Layer, entry: Config, path: str, names: set[str], report: Report) -> None:
    """Make an operation of a function of TensorFlow.

    Args:
        layer: the layer, named; it gets class, options, meta data and calls.
        entry: its serialized form.
        path: its path, for messages.
        names: the layers of the container.
        report: takes what cannot be translated.

    Raises:
        FormatError: the calls have not the form of Keras 2.
    """
    config = entry["config"] if isinstance(entry.get("config"), dict) else {}
    function = config.get("function")
    rule = RULES.get(function) if isinstance(function, str) else None
    nodes = entry.get("inbound_nodes")
    if not isinstance(nodes, list):
        raise FormatError(f'inbound_nodes of layer "{path}" is no list')
    calls = [_read_call(node, names) for node in nodes]
    if rule is None:
        told = f"is the TensorFlow function {shown(function)}, which FKB does not support"
        report.add(path, "class", f"{told}: {_ADVICE}")
        layer.nodes = [Node(list(tensors_in(list(call)))) for call in calls]
        return
    layer.class_name = f"ops.{rule.class_name}"
    for first, kwargs in calls:
        try:
            layer.nodes.append(_translated(rule, layer, first, kwargs, path, report))
        except ValueError as problem:
            report.add(path, "call", f"of tf.{function} {problem}: {_ADVICE}")
            layer.nodes.append(Node(list(tensors_in([first, kwargs]))))
    if report.concerns(path):
        return
    if config.get("trainable") is False:
        layer.config["trainable"] = False
    kept = [
        _numbered(call, list(node_tensors(node)))
        for call, node in zip(calls, layer.nodes, strict=True)
    ]
    layer.meta = {META: {"function": function, "calls": kept}}


def _read_call(node: Any, names: set[str]) -> tuple[Any, Config]:
    """Return first argument and keyword arguments of a call."""
    if _is_call(node):
        return _first(node), {key: _named(value, names) for key, value in _kwargs(node).items()}
    if isinstance(node, list) and node and all(map(_is_call, node)):
        kwargs = {key: _named(value, names) for key, value in _kwargs(node[0]).items()}
        return [_first(leaf) for leaf in node], kwargs
    raise FormatError(f"a call of a function of TensorFlow is {shown(node)}")


def _is_call(node: Any) -> bool:
    return (
        isinstance(node, list)
        and len(node) in (3, 4)
        and isinstance(node[0], str)
        and isinstance(node[1], int)
        and (node[0] == _CONSTANT or (isinstance(node[2], int) and min(node[1:3]) >= 0))
        and (len(node) == 3 or isinstance(node[3], dict))
    )


def _kwargs(leaf: list[Any]) -> Config:
    found = plain(leaf[3]) if len(leaf) == 4 else {}
    return found if isinstance(found, dict) else {}


def _first(leaf: list[Any]) -> Any:
    return plain(leaf[2]) if leaf[0] == _CONSTANT else TensorRef(leaf[0], leaf[1], leaf[2])


def _named(value: Any, names: set[str]) -> Any:
    """Return a keyword argument with references for tensors."""
    if isinstance(value, list):
        if _is_call(value) and len(value) == 3 and value[0] in names:
            return TensorRef(*value)
        return [_named(item, names) for item in value]
    return value


def _translated(
    rule: Rule, layer: Layer, first: Any, kwargs: Config, path: str, report: Report
) -> Node:
    """Return a call of the operation; its options go to the layer.

    Raises:
        ValueError: it cannot be translated.
    """
    if isinstance(first, list) and list(tensors_in(first)) and not rule.list_input:
        raise ValueError("has a list of tensors")
    config, args = rule.read(first, kwargs)
    if list(tensors_in(config)):
        raise ValueError("has a tensor where FKB needs numbers, such as a shape or an axis")
    if rule.list_input:
        args = [first if isinstance(first, list) else [first]]
    if not list(tensors_in(args)):
        raise ValueError("has no tensor: Keras 2 did not save it")
    for key, value in config.items():
        store(layer, key, value, path, report)
    return Node(args, {})


def _numbered(call: tuple[Any, Config], tensors: list[TensorRef]) -> list[Any]:
    """Return a call with the number of each tensor among the operands in its place."""
    free = list(enumerate(tensors))

    def number(ref: TensorRef) -> Config:
        at = next(pair for pair in free if pair[1] == ref)
        free.remove(at)
        return {_TENSOR: at[0]}

    return [map_tensors(part, number) for part in call]


def _filled(value: Any, tensors: list[TensorRef]) -> Any:
    """Put the tensors back; the reverse of `_numbered`."""
    if isinstance(value, dict):
        if set(value) == {_TENSOR}:
            return tensors[value[_TENSOR]]
        return {key: _filled(item, tensors) for key, item in value.items()}
    return [_filled(item, tensors) for item in value] if isinstance(value, list) else value


def function_class(layer: Layer) -> str:
    """Return the class that an operation has in Keras 2."""
    rule = rule_for(layer.class_name)
    return "SlicingOpLambda" if rule is not None and rule.slicing else "TFOpLambda"


def export_function(
    layer: Layer,
    producers: dict[str, Layer],
    place: Callable[[TensorRef], list[Any]],
    path: str,
    report: Report,
) -> tuple[str, list[Any]]:
    """Return function and calls of an operation in Keras 2.

    Args:
        layer: the operation.
        producers: the layers of its container by name.
        place: where a tensor comes from, in Keras 2's numbering.
        path: its path, for messages.
        report: takes what Keras 2 cannot say.
    """
    name = layer.class_name.removeprefix("ops.")
    kept = _kept_calls(layer)
    rule = kept[0] if kept else rule_for(layer.class_name)
    if rule is None:
        report.add(path, "class", f"{name} does not exist in Keras 2 as a function of TensorFlow")
        return "", []
    calls = kept[1] if kept else []
    for node in [] if kept else layer.nodes:
        try:
            args = node.args[0] if rule.list_input else None
            _check_truths(rule, node, producers)
            first, kwargs = rule.write(_said(layer, rule), node.args)
            calls.append((args if rule.list_input else first, kwargs))
        except (ValueError, KeyError, TypeError) as problem:
            report.add(path, "call", f"of {name} {problem}: that does not exist in Keras 2")
            break
    return rule.function, [_written(call, place) for call in calls]


def _said(layer: Layer, rule: Rule) -> Config:
    """Return the options of an operation that Keras 2 must be told."""
    spec = layer_spec(layer.class_name)
    defaults = spec.filled({}) if spec else {}
    return {
        key: value
        for key, value in (defaults | layer.config).items()
        if key != "trainable"
        and (key in rule.defaults or key not in defaults or value != defaults[key])
    }


def _check_truths(rule: Rule, node: Node, producers: dict[str, Layer]) -> None:
    """Refuse numbers where a function takes nothing but truths."""
    for arg in node.args[: TRUTHS.get(rule.function, 0)]:
        layer = producers.get(arg.layer) if isinstance(arg, TensorRef) else None
        cast = layer is not None and layer.config.get("dtype") == "bool"
        if layer is None or not (cast or layer.class_name in TRUE_OR_FALSE):
            raise ValueError("has numbers where a function of TensorFlow takes nothing but truths")


def _kept_calls(layer: Layer) -> tuple[Rule, list[tuple[Any, Config]]] | None:
    """Return the calls as Keras 2 had them, None where they no longer mean the same."""
    kept = layer.meta.get(META)
    rule = RULES.get(str(kept.get("function"))) if isinstance(kept, dict) else None
    if rule is None or not isinstance(kept, dict) or f"ops.{rule.class_name}" != layer.class_name:
        return None
    again, report, calls = Layer(layer.name, layer.class_name), Report(), []
    try:
        for node, kept_call in zip(layer.nodes, kept["calls"], strict=True):
            first, kwargs = _filled(kept_call, list(node_tensors(node)))
            again.nodes.append(_translated(rule, again, first, kwargs, "", report))
            calls.append((first, kwargs))
    except (ValueError, KeyError, TypeError, IndexError):
        return None
    options = {key: value for key, value in layer.config.items() if key != "trainable"}
    same = again.nodes == layer.nodes and again.config == options and not report.problems
    return (rule, calls) if same else None


def _written(call: tuple[Any, Config], place: Callable[[TensorRef], list[Any]]) -> Any:
    first, kwargs = call
    named = map_tensors(kwargs, place)

    def leaf(value: Any) -> list[Any]:
        return [*(place(value) if isinstance(value, TensorRef) else [_CONSTANT, -1, value]), named]

    listed = isinstance(first, list) and bool(list(tensors_in(first)))
    return [leaf(item) for item in first] if listed else leaf(first)
