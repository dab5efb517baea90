"""Keras's serialized objects: initializers, activations, dtypes and the like.

The canonical form is that of Keras 3: `{"module", "class_name", "config", "registered_name"}`,
or a plain name where the file has one.
"""

from __future__ import annotations

from typing import Any

from .registry import Config, Form, knows_activation

KERAS2_ACTIVATIONS = frozenset(
    [
        "elu",
        "exponential",
        "gelu",
        "hard_sigmoid",
        "leaky_relu",
        "linear",
        "log_softmax",
        "mish",
        "relu",
        "relu6",
        "selu",
        "sigmoid",
        "silu",
        "softmax",
        "softplus",
        "softsign",
        "tanh",
    ]
)
KERAS3_ACTIVATIONS = KERAS2_ACTIVATIONS | frozenset(
    [
        "celu",
        "glu",
        "hard_shrink",
        "hard_silu",
        "hard_tanh",
        "log_sigmoid",
        "soft_shrink",
        "sparse_plus",
        "sparse_sigmoid",
        "sparsemax",
        "squareplus",
        "tanh_shrink",
    ]
)
CHANGED_ACTIVATIONS = frozenset({"hard_sigmoid"})
ACTIVATION_LAYERS = frozenset({"ReLU", "LeakyReLU", "ELU", "Softmax", "ThresholdedReLU"})

# Keras takes these names for classes too; it writes the others.
CLASS_ALIASES = {
    f"{prefix}{short}Pool{axes}D": f"{prefix}{long}Pooling{axes}D"
    for prefix in ("", "Global")
    for short, long in (("Max", "Max"), ("Avg", "Average"))
    for axes in (1, 2, 3)
}
CLASS_ALIASES |= {
    f"{kind}Convolution{axes}D{end}": f"{kind}Conv{axes}D{end}"
    for kind, end in (("", ""), ("", "Transpose"), ("Separable", ""), ("Depthwise", ""))
    for axes in (1, 2, 3)
}
_ALIASES = {"swish": "silu", "hard_swish": "hard_silu"}
_MODULES = {
    Form.INITIALIZER: "keras.initializers",
    Form.REGULARIZER: "keras.regularizers",
    Form.CONSTRAINT: "keras.constraints",
}
_POLICIES = frozenset({"DTypePolicy", "Policy", "FloatDTypePolicy", "PolicyV1"})
_NEW_KEYS = ("input_axes", "output_axes")


class ObjectError(ValueError):
    """A serialized object cannot be understood; the text says why."""


def plain(value: Any) -> Any:
    """Return a value without Keras's wrappings of tuples and numpy arrays."""
    if isinstance(value, dict):
        kind = value.get("class_name")
        if kind == "__tuple__":
            return [plain(item) for item in _items(value.get("items"))]
        if kind == "__numpy__":
            config = value.get("config")
            return plain(config.get("value")) if isinstance(config, dict) else None
        return {key: plain(item) for key, item in value.items() if key != "shared_object_id"}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def class_of(value: Config) -> str:
    """Return the class name of a serialized object, `package>Class` for a registered one.

    Raises:
        ObjectError: it has no class name.
    """
    name, registered = value.get("class_name"), value.get("registered_name")
    if not isinstance(name, str) or not name:
        raise ObjectError("has no class_name")
    if isinstance(registered, str) and ">" in registered:
        return registered
    return name


def shown_class(value: Config) -> str:
    """Return the `class_name` of what may be a serialized object, empty where it has none."""
    name = value.get("class_name")
    return name if isinstance(name, str) else ""


def canonical_object(value: Any, module: str) -> Any:
    """Return a serialized initializer, loss and so on in the form of Keras 3.

    Raises:
        ObjectError: it is neither null, a name, nor an object with a class name.
    """
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, dict):
        raise ObjectError("must be a name or an object with class_name and config")
    if value.get("class_name") == "function" or "function_name" in value:
        return _function_name(value)
    name = class_of(value)
    config = value.get("config", {})
    if not isinstance(config, dict):
        raise ObjectError("has a config that is no object")
    config = {key: item for key, item in config.items() if not _is_noise(key, item, module)}
    custom = ">" in name
    return {
        "module": value.get("module") if custom else module,
        "class_name": name.rpartition(">")[2],
        "config": config,
        "registered_name": name if custom else None,
    }


def _is_noise(key: str, value: Any, module: str) -> bool:
    if key in _NEW_KEYS and value is None:
        return True
    return key == "dtype" and module == _MODULES[Form.INITIALIZER]


def _function_name(value: Config) -> str:
    name = value.get("config", value.get("function_name"))
    if not isinstance(name, str):
        raise ObjectError("is a function that is not registered under a name")
    return name


def canonical_part(value: Any, form: Form) -> Any:
    """Return an initializer, regularizer or constraint in the form of Keras 3.

    Raises:
        ObjectError: it cannot be understood.
    """
    return canonical_object(value, _MODULES[form])


def canonical_activation(value: Any, major: int, allow_custom: bool) -> Any:
    """Return an activation: a name, or a dict for a layer object (options not yet canonical).

    Raises:
        ObjectError: it cannot be understood or supported.
    """
    if value is None:
        return "linear"
    if isinstance(value, dict):
        if value.get("class_name") not in ("function", "__lambda__") and "config" in value:
            return value
        if value.get("class_name") == "__lambda__":
            raise ObjectError("is a lambda: use a named function that is registered with Keras")
        value = _function_name(value)
    if not isinstance(value, str):
        raise ObjectError("must be a name or an object")
    name = _ALIASES.get(value, value)
    if name in KERAS3_ACTIVATIONS or allow_custom or knows_activation(name):
        return name
    raise ObjectError(
        "is not an activation that FKB knows: register it with fkb.register_activation, or allow "
        "custom objects"
    )


def exported_activation(value: Any, major: int) -> Any:
    """Return an activation name as Keras of that major version reads it.

    Raises:
        ObjectError: that Keras has no such activation.
    """
    if not isinstance(value, str):
        return value
    if value in CHANGED_ACTIVATIONS:
        return value
    if value in KERAS3_ACTIVATIONS:
        if major == 2 and value not in KERAS2_ACTIVATIONS:
            raise ObjectError("does not exist in Keras 2")
        return "swish" if major == 2 and value == "silu" else value
    return {
        "module": "builtins",
        "class_name": "function",
        "config": value,
        "registered_name": "function",
    }


def dtype_name(value: Any) -> str | None:
    """Return the name of a dtype or dtype policy, None where there is none.

    Raises:
        ObjectError: it is something else, such as a quantized policy.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(value.get("config"), dict):
        name = value["config"].get("name")
        if shown_class(value) in _POLICIES and isinstance(name, str):
            return name
        raise ObjectError("is a dtype policy that FKB does not support")
    raise ObjectError("must be the name of a dtype or a dtype policy")
