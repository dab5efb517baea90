"""The calls of one layer: from `inbound_nodes` to canonical nodes.

Both majors of Keras come out in Keras 3's form: initial states are a list in the keyword
argument `initial_state`, masks in `mask`, and arguments that say nothing are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import FormatError
from .graph import CONTAINERS, Layer, Node, TensorRef
from .keras_nodes import read_node, tensors_in
from .keras_operations import read_operation_calls
from .registry import Config, LayerSpec, layer_spec
from .report import shown

if TYPE_CHECKING:
    from .keras_config import Reading

STATES = "initial_state"
CELL_STATES = "states"


def read_calls(
    layer: Layer, entry: Config, path: str, names: set[str], reading: Reading
) -> list[Node]:
    """Return the calls of a layer; what cannot be said of them goes to the report.

    Args:
        layer: the layer, its options read.
        entry: its serialized form, with `inbound_nodes`.
        path: its path, for messages.
        names: the layers of the container.
        reading: the file being read.

    Raises:
        FormatError: the calls have neither Keras 2's nor Keras 3's form.
    """
    if layer.class_name == "InputLayer":
        return [Node()]
    listed = entry.get("inbound_nodes", [])
    if not isinstance(listed, list):
        raise FormatError(f'inbound_nodes of layer "{path}" is no list')
    spec = layer_spec(layer.class_name)
    if spec and spec.operation:
        return read_operation_calls(layer, listed, path, reading.report)
    nodes = [read_node(node, bool(spec and spec.list_input), names) for node in listed]
    for node in nodes:
        if spec and STATES in spec.call_tensors:
            _name_states(node, STATES)
        elif spec and CELL_STATES in spec.call_tensors:
            _name_states(node, CELL_STATES)
        if spec and spec.arguments:
            _place_arguments(node, spec)
        node.kwargs = _call_options(node.kwargs, layer, path, reading)
        _check_arguments(node, layer, path, reading)
    return nodes


def _name_states(node: Node, keyword: str) -> None:
    """Put initial states where Keras 3 has them; Keras 2 has them among the inputs too."""
    first = node.args[0] if len(node.args) == 1 else None
    if isinstance(first, list) and first and isinstance(first[0], TensorRef):
        node.args = [first[0]]
        if first[1:]:
            node.kwargs[keyword] = first[1:]
    if len(node.args) > 1 and keyword not in node.kwargs:
        node.kwargs[keyword] = node.args.pop(1)
    states = list(tensors_in(node.kwargs.get(keyword)))
    if states:
        node.kwargs[keyword] = states


def _place_arguments(node: Node, spec: LayerSpec) -> None:
    """Put tensors that Keras 2 names into their positions, and name all that has a name."""
    given = dict(zip(spec.arguments, node.args, strict=False)) | node.kwargs
    if len(node.args) > len(spec.arguments):
        return
    node.args = []
    for name in spec.positional:
        if given.get(name) is None:
            given.pop(name, None)
            break
        node.args.append(given.pop(name))
    node.kwargs = given


def _call_options(kwargs: Config, layer: Layer, path: str, reading: Reading) -> Config:
    """Return the keyword arguments of a call that say something."""
    spec = layer_spec(layer.class_name)
    kept: Config = {}
    for key, value in kwargs.items():
        quiet = key in ("mask", "training") or (spec is not None and key in spec.call_tensors)
        if quiet and _all_null(value):
            continue
        if key == "training" and value is False and _is_recurrent(spec) and reading.major >= 3:
            continue
        if key == "training" and reading.major >= 3 and _states_default(spec, value):
            continue
        if spec is None or (key == "training" and isinstance(value, bool)):
            kept[key] = value
        elif key in spec.call_refusals and _all_null(value):
            continue
        elif key in spec.call_refusals:
            reading.report.add(path, key, spec.call_refusals[key])
        elif key in spec.call_flags and isinstance(value, bool):
            kept |= {key: value} if value else {}
        elif key in spec.call_tensors:
            if not any(True for _ in tensors_in(value)):
                reading.report.add(path, key, f"is {shown(value)} in a call: it must be a tensor")
            kept[key] = value
        elif key == "mask":
            reading.report.add(path, key, f"is given to a {spec.class_name}, which takes none")
        elif key not in spec.call_options or spec.call_options[key] != value:
            reading.report.add(
                path, key, f"is {shown(value)} in a call: FKB does not know this argument"
            )
    return kept


def _is_recurrent(spec: LayerSpec | None) -> bool:
    """Whether Keras 3 writes `training` for a class whoever states it: its default is false."""
    return spec is not None and (STATES in spec.call_tensors or bool(spec.children))


def _states_default(spec: LayerSpec | None, value: Any) -> bool:
    """Whether Keras 3 writes this `training` whoever states it: it is the argument's default."""
    return spec is not None and spec.call_options.get("training") is value


def _all_null(value: Any) -> bool:
    if isinstance(value, (dict, list)):
        return all(_all_null(v) for v in (value.values() if isinstance(value, dict) else value))
    return value is None


def _check_arguments(node: Node, layer: Layer, path: str, reading: Reading) -> None:
    spec = layer_spec(layer.class_name)
    if spec is None or layer.class_name in CONTAINERS:
        return
    if not _fits(node, spec):
        reading.report.add(
            path,
            "call",
            f"must be called with {_wanted(spec)}: an operation of keras.ops, or other arguments, "
            "cannot be converted",
        )


def _wanted(spec: LayerSpec) -> str:
    if spec.positional and not spec.list_input:
        return f"the tensors {', '.join(spec.positional)}"
    return "a list of tensors" if spec.list_input else "one tensor"


def _fits(node: Node, spec: LayerSpec) -> bool:
    if spec.positional and not spec.list_input:
        tensors = all(isinstance(item, TensorRef) for item in node.args)
        return tensors and spec.least <= len(node.args) <= len(spec.positional)
    first = node.args[0] if len(node.args) == 1 else None
    if isinstance(first, list) and first:
        lists = spec.list_input or bool(spec.children)
        return lists and all(isinstance(item, TensorRef) for item in first)
    return isinstance(first, TensorRef) and not spec.list_input
