"""Operations of `keras.ops` in configurations of Keras 3.

In the model file an operation is a layer of class `ops.Class`. Its positional arguments are
operands, tensors or constants; arguments that only say what is done, such as the key of an index,
are options. `@constants` says how Keras holds a constant where that is not what its value implies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import FormatError
from .graph import Layer, Node, TensorRef
from .keras_nodes import map_tensors, tensors_in
from .layers.operation_places import whole_key
from .registry import Config, layer_spec
from .report import Report, shown

CONSTANTS = "constants"
_WRAPPED = ("__numpy__", "__tensor__")
_LIST = "list"


def is_unnamed_operation(entry: Config) -> bool:
    """Whether an entry without a module is an operation; `.h5` files of Keras 3 name none.

    A layer has `trainable` and `dtype` in its configuration, an operation has not.
    """
    config = entry.get("config")
    if not isinstance(config, dict) or layer_spec(f"ops.{entry.get('class_name')}") is None:
        return False
    return "trainable" not in config and _calls_an_operation(entry, config)


def _calls_an_operation(entry: Config, config: Config) -> bool:
    spec = layer_spec(str(entry.get("class_name")))
    if spec is None:
        return True
    operation = layer_spec(f"ops.{entry.get('class_name')}")
    assert operation is not None
    if set(config) - {"name"} - {option.name for option in operation.options}:
        return False
    nodes = entry.get("inbound_nodes")
    args = nodes[0].get("args") if isinstance(nodes, list) and nodes else None
    listed = isinstance(args, list) and bool(args) and isinstance(args[0], list)
    return listed == operation.list_input and "dtype" not in config


def read_operation_calls(layer: Layer, nodes: list[Any], path: str, report: Report) -> list[Node]:
    """Return the calls of an operation; what is no operand becomes an option of the layer.

    Raises:
        FormatError: a node has not the form of Keras 3.
    """
    result, forms = [], []
    for node in nodes:
        if not isinstance(node, dict) or set(node) != {"args", "kwargs"}:
            raise FormatError(f'a node of the operation "{path}" has no args and kwargs')
        found: dict[str, str] = {}
        args = [_value(arg, str(k), found) for k, arg in enumerate(_listed(node["args"]))]
        kwargs = {key: _value(arg, key, found) for key, arg in node["kwargs"].items()}
        result.append(_call(layer, args, kwargs, found, path, report))
        forms.append(found)
    if any(forms):
        layer.meta[CONSTANTS] = forms
    return result


def _listed(value: Any) -> list[Any]:
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":
        value = value.get("items")
    if not isinstance(value, list):
        raise FormatError("the args of a node are no list")
    return value


def _value(value: Any, where: str, forms: dict[str, str]) -> Any:
    """Return an argument with references for tensors, and plain numbers for arrays."""
    if isinstance(value, list):
        items = [_value(item, f"{where}.{k}", forms) for k, item in enumerate(value)]
        if "." not in where and not list(tensors_in(items)):
            forms[where] = _LIST
        return items
    if not isinstance(value, dict):
        return value
    kind = value.get("class_name")
    config = value.get("config") if isinstance(value.get("config"), dict) else {}
    assert isinstance(config, dict)
    if kind == "__keras_tensor__":
        return _tensor(config.get("keras_history"))
    if kind in _WRAPPED:
        return _array(config, str(kind), where, forms)
    if kind == "__slice__":
        bounds = [config.get("start"), config.get("stop"), config.get("step")]
        return {"slice": [_value(bound, where, forms) for bound in bounds]}
    if kind == "__ellipsis__":
        return {"ellipsis": True}
    if kind == "__tuple__":
        return [_value(item, where, forms) for item in _listed(value)]
    raise FormatError(f"an argument of an operation is {shown(value)}, which is not known")


def _tensor(history: Any) -> TensorRef:
    if (
        not isinstance(history, list)
        or len(history) != 3
        or not isinstance(history[0], str)
        or not all(isinstance(n, int) and n >= 0 for n in history[1:])
    ):
        raise FormatError("a Keras tensor in a node has no keras_history")
    return TensorRef(*history)


def _array(config: Config, kind: str, where: str, forms: dict[str, str]) -> Any:
    value, dtype = config.get("value"), config.get("dtype")
    if not isinstance(value, list) or (kind, dtype) != ("__numpy__", "float32"):
        forms[where] = f"{kind} {dtype}"
    return _numbers(value)


def _numbers(value: Any) -> Any:
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    if isinstance(value, (int, float)):
        return int(value) if isinstance(value, bool) else value
    raise FormatError(f"a constant of an operation holds {shown(value)}, which is no number")


def _call(
    layer: Layer, args: list[Any], kwargs: Config, forms: dict[str, str], path: str, report: Report
) -> Node:
    spec = layer_spec(layer.class_name)
    assert spec is not None
    for name in spec.arguments[len(args) :]:
        if name in kwargs:
            args.append(kwargs.pop(name))
    if len(args) > len(spec.arguments) and spec.class_name != "ops.Einsum":
        report.add(path, "call", f"has {len(args)} arguments, {spec.class_name[4:]} takes fewer")
    for name in reversed(spec.stored):
        at = spec.arguments.index(name) if name in spec.arguments else len(args)
        if at == len(args) - 1 and not list(tensors_in(args[at])):
            store(layer, name, args.pop(), path, report)
            forms.pop(str(at), None)
    kept = {}
    for key, value in kwargs.items():
        if key in spec.stored:
            if value is not None:
                store(layer, key, value, path, report)
            continue
        if value is None or (key in spec.call_options and spec.call_options[key] == value):
            continue
        if key not in spec.call_options:
            report.add(path, key, f"is {shown(value)} in a call: FKB does not know this argument")
        kept[key] = value
    if not list(tensors_in(args)):
        report.add(path, "call", "has no tensor among its arguments")
    return Node(args, kept)


def store(layer: Layer, name: str, value: Any, path: str, report: Report) -> None:
    """Make an argument of a call an option of the layer; all calls must have the same."""
    if layer.config.setdefault(name, value) != value:
        report.add(path, name, "differs between two calls: make two operations of it")


def without_stored(layer: Layer) -> Config:
    """Return the options that are in the configuration of an operation, not in its calls."""
    spec = layer_spec(layer.class_name)
    assert spec is not None
    return {key: value for key, value in layer.config.items() if key not in spec.stored}


def export_call(
    layer: Layer,
    number: int,
    tensor: Callable[[TensorRef], Any],
    precision: str,
    rank: int | None = None,
) -> Config:
    """Return a call of an operation as Keras 3 has it.

    Args:
        layer: the operation.
        number: which call.
        tensor: how a tensor is written.
        precision: the dtype of constants.
        rank: of the first tensor, to write an ellipsis out, which Keras cannot read from `.h5`.
    """
    spec = layer_spec(layer.class_name)
    assert spec is not None
    node = layer.nodes[number]
    forms = layer.meta.get(CONSTANTS)
    known: Config = {}
    if isinstance(forms, list) and number < len(forms) and isinstance(forms[number], dict):
        known = forms[number]

    def wrapped(value: Any, where: str) -> Any:
        if isinstance(value, TensorRef):
            return tensor(value)
        if isinstance(value, list) and list(tensors_in(value)):
            return [wrapped(item, f"{where}.{k}") for k, item in enumerate(value)]
        places = [str(k) for k, name in enumerate(spec.arguments) if name == "indices"]
        dtype = "int32" if where in places else precision
        form = known.get(where, f"__numpy__ {dtype}" if isinstance(value, list) else "")
        if not form or form == _LIST:
            return value
        kind, _, dtype = str(form).partition(" ")
        held = _booleans(value) if dtype == "bool" else value
        return {"class_name": kind, "config": {"value": held, "dtype": dtype}}

    args = [wrapped(arg, str(k)) for k, arg in enumerate(node.args)]
    kwargs: Config = dict(spec.call_options)
    for name in spec.stored:
        if name not in spec.arguments:
            kwargs[name] = layer.config.get(name)
        elif name == "key":
            key = layer.config[name]
            args.append(_keras_key(key if rank is None else whole_key(key, rank)))
        elif name in layer.config:
            args.append(layer.config[name])
    return {"args": args, "kwargs": kwargs | map_tensors(node.kwargs, tensor)}


def _booleans(value: Any) -> Any:
    return [_booleans(item) for item in value] if isinstance(value, list) else bool(value)


def _keras_key(key: Any) -> Any:
    if isinstance(key, list):
        return [_keras_key(part) for part in key]
    if not isinstance(key, dict):
        return key
    if "ellipsis" in key:
        return {"class_name": "__ellipsis__", "config": {}}
    start, stop, step = key["slice"]
    return {"class_name": "__slice__", "config": {"start": start, "stop": stop, "step": step}}
