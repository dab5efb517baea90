"""The options of one layer: from a Keras configuration to the canonical ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .keras_objects import (
    ACTIVATION_LAYERS,
    ObjectError,
    canonical_activation,
    canonical_part,
    class_of,
    dtype_name,
    plain,
)
from .layers.refused import REFUSED
from .layers.refused_operations import REFUSED_OPERATIONS
from .registry import COMMON, Config, Form, LayerSpec, Option, custom_layer, layer_spec
from .report import shown

if TYPE_CHECKING:
    from .keras_config import Reading

FLOAT_DTYPES = frozenset({"float32", "float64"})
INPUT_DTYPES = FLOAT_DTYPES | {"int32", "int64", "uint8", "bool"}
_TAKES_INTEGERS = frozenset(
    {
        *(
            "InputLayer",
            "Embedding",
            "ReversibleEmbedding",
            "CategoryEncoding",
            "Discretization",
            "Hashing",
        ),
        *("HashedCrossing", "IntegerLookup"),
    }
)
_IGNORED = {"dynamic": False, "autocast": True, "build_config": None}


@dataclass
class Options:
    """The options of one layer.

    Attributes:
        options: canonical options in the order of the source.
        meta: what the class does not imply.
        input_shape: `batch_input_shape`, which layers of Keras 2 may hold.
    """

    options: Config = field(default_factory=dict)
    meta: Config = field(default_factory=dict)
    input_shape: Any = None


def read_options(
    spec: LayerSpec | None,
    config: Config,
    path: str,
    reading: Reading,
    entry: Config | None = None,
) -> Options:
    """Return a layer's options in canonical form; problems go to the report.

    Args:
        spec: what is known of the class, None for an unknown or a custom one.
        config: the Keras configuration without the name.
        path: the layer's path, for messages.
        reading: the file being read.
        entry: the serialized layer, for the meta data of custom classes.
    """
    result = Options()
    if spec is None:
        return _read_custom(config, path, reading, entry or {})
    if spec.class_name != "InputLayer":
        result.input_shape = _take_input_shape(config)
        config = {key: value for key, value in config.items() if key not in _SHAPE_KEYS}
    if reading.major == 2 and spec.from_keras2:
        config = spec.from_keras2(config)
    if reading.major not in spec.majors and reading.major >= 3:
        reading.report.add(path, "class", f"{spec.class_name} is a class of Keras 2 only")
    for key, value in config.items():
        option = _find(spec, key, reading.major)
        if option is None:
            if key not in _IGNORED or value not in (None, _IGNORED[key]):
                reading.report.add(
                    path, key, f"is {shown(value)}: {spec.class_name} has no such option in FKB"
                )
            continue
        _read_option(option, value, path, result.options, reading)
    for option in spec.options:
        if option.name in spec.stored:
            continue
        if option.required and option.name not in config and option.keras2 not in config:
            reading.report.add(path, option.name, f"is missing: {spec.class_name} needs it")
    _check_dtype(spec.class_name, result.options, path, reading)
    if custom_layer(spec.class_name):
        result.meta = _custom_meta(entry or {})
    return result


_SHAPE_KEYS = ("batch_input_shape", "input_shape", "input_dtype", "batch_size", "input_dim_")


def _take_input_shape(config: Config) -> Any:
    shape = plain(config.get("batch_input_shape"))
    if shape is None and isinstance(inner := plain(config.get("input_shape")), list):
        return [None, *inner]
    return shape


def _find(spec: LayerSpec, key: str, major: int) -> Option | None:
    options = (*spec.options, *COMMON)
    by_name = next((o for o in options if o.name == key), None)
    return by_name or next((o for o in options if o.keras2 == key), None)


def _read_option(option: Option, value: Any, path: str, options: Config, reading: Reading) -> None:
    try:
        value = _canonical(option, value, path, reading)
    except ObjectError as problem:
        reading.report.add(path, option.name, f"is {shown(value)}: {problem}")
        return
    if wrong := option.wrong(value):
        reading.report.add(path, option.name, f"is {shown(value)}: it {wrong}")
    if option.noise and value == option.default:
        return
    options[option.name] = value


def _canonical(option: Option, value: Any, path: str, reading: Reading) -> Any:
    value = plain(value)
    if option.name == "dtype":
        return dtype_name(value)
    if option.form is Form.PLAIN:
        return value
    if option.form is not Form.ACTIVATION:
        return canonical_part(value, option.form)
    activation = canonical_activation(value, reading.major, reading.allow_custom)
    if isinstance(activation, dict):
        return _activation_layer(activation, f"{path}/{option.name}", reading)
    return activation


def _activation_layer(value: Config, path: str, reading: Reading) -> Config:
    """Return a layer that serves as an activation, in the form of Keras 3."""
    name = class_of(value)
    config = value.get("config")
    if name not in ACTIVATION_LAYERS or not isinstance(config, dict):
        raise ObjectError(
            f"is a layer that cannot serve as an activation here: use one of "
            f"{', '.join(sorted(ACTIVATION_LAYERS))}, or a layer of its own"
        )
    own = {key: item for key, item in config.items() if key != "name"}
    inner = read_options(layer_spec(name), own, path, reading).options
    return {
        "module": "keras.layers",
        "class_name": name,
        "config": ({"name": config["name"]} if "name" in config else {}) | inner,
        "registered_name": None,
    }


def _check_dtype(class_name: str, options: Config, path: str, reading: Reading) -> None:
    dtype = options.get("dtype")
    if class_name.startswith("ops."):
        return
    allowed = INPUT_DTYPES if class_name in _TAKES_INTEGERS else FLOAT_DTYPES
    if dtype is not None and dtype not in allowed:
        reading.report.add(
            path,
            "dtype",
            f"is {shown(dtype)}: FKB computes in float32 or float64; set such a dtype policy in "
            "Keras and save the model again",
        )


def _read_custom(config: Config, path: str, reading: Reading, entry: Config) -> Options:
    name = class_of(entry) if entry else ""
    custom = custom_layer(name)
    result = Options(config, _custom_meta(entry), _take_input_shape(config))
    config = {key: value for key, value in config.items() if key != "batch_input_shape"}
    result.options = _custom_options(config, path, reading)
    if custom and custom.converter:
        try:
            result.options = custom.converter(dict(result.options))
        except ValueError as problem:
            reading.report.add(path, "", str(problem))
    elif not custom and not reading.allow_custom:
        reading.report.add(path, "class", _unknown_class(name, entry))
    return result


def _custom_options(config: Config, path: str, reading: Reading) -> Config:
    """Return options as they stand, those that every layer has in canonical form."""
    options: Config = {}
    for key, value in config.items():
        common = next((option for option in COMMON if option.name == key), None)
        if common is None:
            options[key] = plain(value)
        else:
            _read_option(common, value, path, options, reading)
    _check_dtype("", options, path, reading)
    return options


def _custom_meta(entry: Config) -> Config:
    return {
        key: plain(entry[key])
        for key in ("module", "registered_name", "build_config")
        if entry.get(key) is not None
    }


# Layers of Keras that FKB leaves out, and what to do instead.
_LEFT_OUT = {
    "Equalization": "Keras 3 itself cannot build a model with it; equalize images before",
    "ContrastLimitedAdaptiveHistogramEqualization": "it counts histograms of image tiles; equalize "
    "images before they go into the model",
    "Pipeline": "put the layers that it holds into the model one after the other",
}


def _unknown_class(name: str, entry: Config) -> str:
    operation = ".ops." in f"{entry.get('module')}."
    if operation and name in REFUSED_OPERATIONS:
        return f"is the operation {name}, which {REFUSED_OPERATIONS[name]}"
    if operation or name in ("TFOpLambda", "SlicingOpLambda"):
        return (
            f"is an operation, {name}, not a layer: FKB does not support it; use other operations "
            "(docs/layers.md lists them) or a layer"
        )
    if name in _LEFT_OUT:
        return f"{name} is not supported: {_LEFT_OUT[name]}"
    if name in REFUSED:
        return REFUSED[name] if name == "Lambda" else f"{name} {REFUSED[name]}"
    return (
        f"{name} is not supported: register it with fkb.register, or keep it with --allow-custom "
        "where the Fortran side has it"
    )
