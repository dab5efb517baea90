"""Which operation of `keras.ops` a function of TensorFlow is; Keras 2 has such functions as nodes.

A rule says what the parameters of the function mean. The first operand is the argument that Keras
2 writes by position, all others it writes by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..registry import Config

# What a function of TensorFlow is called with, and what it gives: options and operands.
Meaning = tuple[Config, list[Any]]
Reader = Callable[[Any, Config], Meaning]
Writer = Callable[[Config, list[Any]], tuple[Any, Config]]
_MISSING = object()


@dataclass(frozen=True)
class Rule:
    """One function of TensorFlow.

    Attributes:
        function: its public name without `tf.`.
        class_name: the operation.
        operands: the names of the parameters that are operands, but for the first.
        options: options of the operation by the names of parameters.
        defaults: options that the operation must have where the parameter is absent, because
            the function has another default.
        ignored: values of other parameters that change nothing.
        list_input: the first argument is a list of tensors.
        reader, writer: the translation where names are not enough.
        slicing: Keras 2 has it as `SlicingOpLambda`.
    """

    function: str
    class_name: str
    operands: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    ignored: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    list_input: bool = False
    reader: Reader | None = None
    writer: Writer | None = None
    slicing: bool = False

    def read(self, first: Any, kwargs: Config) -> Meaning:
        """Return options and operands of a call.

        Raises:
            ValueError: a parameter cannot be translated; the text is a sentence about it.
        """
        known = {"name", *self.operands, *self.options, *self.ignored}
        if self.reader is not None:
            return self.reader(first, {k: v for k, v in kwargs.items() if k != "name"})
        for key, value in kwargs.items():
            if key not in known:
                raise ValueError(f"has the argument {key}, which FKB does not know")
            if key in self.ignored and value not in self.ignored[key]:
                raise ValueError(f"has {key} {value}, which is not supported")
        if missing := [name for name in self.operands if kwargs.get(name) is None]:
            raise ValueError(f"has no {missing[0]}: Keras 2 did not save it")
        config = dict(self.defaults) | {
            self.options[key]: value for key, value in kwargs.items() if key in self.options
        }
        return config, [first, *(kwargs[name] for name in self.operands)]

    def write(self, config: Config, args: list[Any]) -> tuple[Any, Config]:
        """Return first argument and keyword arguments of a call, the reverse of `read`.

        Args:
            config: the options that have not their default.
            args: the operands.

        Raises:
            ValueError: the function cannot do it; the text is a sentence about it.
        """
        if self.writer is not None:
            return self.writer(config, args)
        names = {option: name for name, option in self.options.items()}
        if unknown := [key for key in config if key not in names and key not in self.defaults]:
            raise ValueError(f"has {unknown[0]} {config[unknown[0]]}")
        kwargs = dict(zip(self.operands, args[1:], strict=True))
        kwargs |= {names[key]: value for key, value in config.items() if key in names}
        first = args[0]
        if self.operands and isinstance(first, int):
            first = float(first)
        return first, kwargs


def _value(kwargs: Config, key: str, default: Any = _MISSING) -> Any:
    value = kwargs.get(key, default)
    if value is _MISSING:
        raise ValueError(f"has no {key}: Keras 2 did not save it")
    return value


def _only(kwargs: Config, *known: str) -> None:
    for key in kwargs:
        if key not in known:
            raise ValueError(f"has the argument {key}, which FKB does not know")


def _read_clip(first: Any, kwargs: Config) -> Meaning:
    _only(kwargs, "clip_value_min", "clip_value_max")
    low, high = _value(kwargs, "clip_value_min"), _value(kwargs, "clip_value_max")
    if not all(isinstance(bound, (int, float)) for bound in (low, high)):
        raise ValueError("has bounds that are no numbers: use tf.maximum and tf.minimum")
    return {"x_min": low, "x_max": high}, [first]


def _read_key(first: Any, kwargs: Config) -> Meaning:
    _only(kwargs, "slice_spec", "var")

    def part(value: Any) -> Any:
        if isinstance(value, dict):
            return {"slice": [value.get("start"), value.get("stop"), value.get("step")]}
        return value

    spec = _value(kwargs, "slice_spec")
    return {"key": [part(item) for item in spec] if isinstance(spec, list) else part(spec)}, [first]


def _write_key(config: Config, args: list[Any]) -> tuple[Any, Config]:
    def part(value: Any) -> Any:
        if isinstance(value, dict):
            if "ellipsis" in value:
                raise ValueError("has an ellipsis, which Keras 2 cannot save")
            start, stop, step = value["slice"]
            return {"start": start, "stop": stop, "step": step}
        return value

    key = config["key"]
    return args[0], {"slice_spec": [part(p) for p in key] if isinstance(key, list) else part(key)}


def _read_pad(first: Any, kwargs: Config) -> Meaning:
    _only(kwargs, "paddings", "mode", "constant_values")
    mode = str(kwargs.get("mode", "CONSTANT")).lower()
    config: Config = {"pad_width": _value(kwargs, "paddings"), "mode": mode}
    constant = kwargs.get("constant_values", 0)
    if constant != 0 and mode == "constant":
        config["constant_values"] = constant
    return config, [first]


def _write_pad(config: Config, args: list[Any]) -> tuple[Any, Config]:
    widths = config["pad_width"]
    if not (isinstance(widths, list) and all(isinstance(pair, list) for pair in widths)):
        raise ValueError("has a pad_width that is no list of pairs")
    kwargs = {"paddings": widths, "mode": config.get("mode", "constant").upper()}
    return args[0], kwargs | {"constant_values": config.get("constant_values") or 0}


def _read_norm(first: Any, kwargs: Config) -> Meaning:
    _only(kwargs, "ord", "axis", "keepdims")
    order = kwargs.get("ord", "euclidean")
    config: Config = {"ord": None if order == "euclidean" else order, "axis": kwargs.get("axis")}
    return config | {"keepdims": bool(kwargs.get("keepdims"))}, [first]


def _read_l2(first: Any, kwargs: Config) -> Meaning:
    _only(kwargs, "axis", "epsilon")
    epsilon = kwargs.get("epsilon", 1e-12)
    return {"axis": _value(kwargs, "axis"), "order": 2, "epsilon": epsilon**0.5}, [first]


def _write_l2(config: Config, args: list[Any]) -> tuple[Any, Config]:
    if config.get("order", 2) != 2:
        raise ValueError("normalizes by another norm than the Euclidean one")
    epsilon = config.get("epsilon")
    return args[0], {
        "axis": config.get("axis", -1),
        "epsilon": (1e-7 if epsilon is None else epsilon) ** 2,
    }


def _read_split(first: Any, kwargs: Config) -> Meaning:
    _only(kwargs, "num_or_size_splits", "axis", "num")
    parts = _value(kwargs, "num_or_size_splits")
    if isinstance(parts, list):
        if -1 in parts:
            raise ValueError("has a part of open size")
        parts = [sum(parts[: k + 1]) for k in range(len(parts) - 1)]
    return {"indices_or_sections": parts, "axis": kwargs.get("axis", 0)}, [first]


def _read_band(first: Any, kwargs: Config) -> Meaning:
    _only(kwargs, "num_lower", "num_upper")
    below, above = _value(kwargs, "num_lower"), _value(kwargs, "num_upper")
    if below >= 0 or above < 0:
        raise ValueError("keeps a band that is no triangle of the lower side")
    return {"k": above}, [first]


def _read_gather(first: Any, kwargs: Config) -> Meaning:
    _only(kwargs, "indices", "axis", "batch_dims", "validate_indices")
    if kwargs.get("batch_dims"):
        raise ValueError("gathers with batch_dims: use tf.experimental.numpy.take_along_axis")
    return {"axis": kwargs.get("axis") or 0}, [first, _value(kwargs, "indices")]


def _write_reshape(config: Config, args: list[Any]) -> tuple[Any, Config]:
    if sum(n in (-1, None) for n in config["newshape"]) > 1:
        raise ValueError("has two open sizes, of which one is the batch")
    return args[0], {"shape": config["newshape"]}


def _write_cross(config: Config, args: list[Any]) -> tuple[Any, Config]:
    raise ValueError("broadcasts its operands, or takes other axes: use tf functions for each")


def _write_norm(config: Config, args: list[Any]) -> tuple[Any, Config]:
    order = config.get("ord")
    if order == 0:
        raise ValueError("has the order 0")
    kwargs = {"ord": "euclidean" if order is None else order, "axis": config.get("axis")}
    return args[0], kwargs | {"keepdims": config.get("keepdims", False)}


def _write_split(config: Config, args: list[Any]) -> tuple[Any, Config]:
    parts = config["indices_or_sections"]
    if isinstance(parts, list):
        raise ValueError("cuts at places, not into equal parts")
    return args[0], {"num_or_size_splits": parts, "axis": config.get("axis", 0)}


def _write_gather(config: Config, args: list[Any]) -> tuple[Any, Config]:
    def negative(value: Any) -> bool:
        return any(map(negative, value)) if isinstance(value, list) else value < 0

    if isinstance(args[0], (list, int)) or negative(args[1]):
        raise ValueError("has a constant table or negative indices")
    return args[0], {"indices": args[1], "axis": config["axis"]}


def _write_expand(config: Config, args: list[Any]) -> tuple[Any, Config]:
    axis = config["axis"]
    if isinstance(axis, list) and len(axis) != 1:
        raise ValueError("adds several axes")
    return args[0], {"axis": axis[0] if isinstance(axis, list) else axis}


def _read_matmul(first: Any, kwargs: Config) -> Meaning:
    exotic = ("adjoint_a", "adjoint_b", "a_is_sparse", "b_is_sparse", "grad_a", "grad_b")
    _only(kwargs, "b", "transpose_a", "transpose_b", "output_type", *exotic)
    if any(kwargs.get(key) for key in (*exotic, "output_type")):
        raise ValueError("is no plain product of matrices")
    flags: Config = {key: kwargs[key] for key in ("transpose_a", "transpose_b") if key in kwargs}
    return flags, [first, _value(kwargs, "b")]


def _write_matmul(config: Config, args: list[Any]) -> tuple[Any, Config]:
    if any(isinstance(arg, list) and arg and not isinstance(arg[0], list) for arg in args):
        raise ValueError("multiplies by a constant vector")
    return args[0], {"b": args[1]} | config


def _read_axis(first: Any, kwargs: Config) -> Meaning:
    _only(kwargs, "axis")
    return {"axis": _value(kwargs, "axis")}, [first]


def _write_flip(config: Config, args: list[Any]) -> tuple[Any, Config]:
    axis = config["axis"]
    return args[0], {"axis": axis if isinstance(axis, list) else [axis]}


def _rules() -> list[Rule]:
    same = {
        "Absolute": "math.abs", "Negative": "math.negative", "Sign": "math.sign",
        "Exp": "math.exp", "Expm1": "math.expm1", "Log": "math.log", "Log1p": "math.log1p",
        "Sqrt": "math.sqrt", "Rsqrt": "math.rsqrt", "Square": "math.square",
        "Reciprocal": "math.reciprocal", "Sin": "math.sin", "Cos": "math.cos",
        "Tan": "math.tan", "Arcsin": "math.asin", "Arccos": "math.acos", "Arctan": "math.atan",
        "Sinh": "math.sinh", "Cosh": "math.cosh", "Tanh": "math.tanh",
        "Arcsinh": "math.asinh", "Arccosh": "math.acosh", "Arctanh": "math.atanh",
        "Erf": "math.erf", "Erfc": "math.erfc", "Erfinv": "math.erfinv",
        "Floor": "math.floor", "Ceil": "math.ceil", "Round": "math.round",
        "Isfinite": "math.is_finite", "Isnan": "math.is_nan", "Isinf": "math.is_inf",
        "LogicalNot": "math.logical_not", "Sigmoid": "math.sigmoid",
        "Softplus": "math.softplus", "LogSigmoid": "math.log_sigmoid", "Relu": "nn.relu",
        "Relu6": "nn.relu6", "Softsign": "nn.softsign", "Selu": "nn.selu", "Elu": "nn.elu",
        "Copy": "identity", "StopGradient": "stop_gradient",
    }  # fmt: skip
    pairs = {
        "Add": "__operators__.add math.add", "Subtract": "math.subtract",
        "Multiply": "math.multiply", "TrueDivide": "math.truediv", "Divide": "math.divide",
        "DivideNoNan": "math.divide_no_nan", "FloorDivide": "compat.v1.floor_div math.floordiv",
        "Mod": "math.floormod", "Power": "math.pow", "Maximum": "math.maximum",
        "Minimum": "math.minimum", "SquaredDifference": "math.squared_difference",
        "Equal": "math.equal __operators__.eq", "NotEqual": "math.not_equal __operators__.ne",
        "Greater": "math.greater", "GreaterEqual": "math.greater_equal", "Less": "math.less",
        "LessEqual": "math.less_equal", "LogicalAnd": "math.logical_and",
        "LogicalOr": "math.logical_or", "LogicalXor": "math.logical_xor",
    }  # fmt: skip
    reductions = {
        "Sum": "sum", "Mean": "mean", "Max": "max", "Min": "min", "Prod": "prod", "Any": "any",
        "All": "all", "Std": "std", "Var": "variance", "Logsumexp": "logsumexp",
    }  # fmt: skip
    axis = {"axis": "axis"}
    kept = axis | {"keepdims": "keepdims"}
    rules = [Rule(function, name) for name, function in same.items()]
    for name, functions in pairs.items():
        rules += [Rule(function, name, operands=("y",)) for function in functions.split()]
    rules += [Rule(f"math.reduce_{word}", name, options=kept) for name, word in reductions.items()]
    rules += [
        Rule("math.atan2", "Arctan2", operands=("x",)),
        Rule("linalg.cross", "Cross", operands=("b",), writer=_write_cross),
        Rule("broadcast_to", "BroadcastTo", options={"shape": "shape"}),
        *(
            Rule(f"nn.{word}", name, options={"block_size": "block_size"},
                 ignored={"data_format": ("NHWC",)})
            for word, name in (("space_to_depth", "SpaceToDepth"),
                               ("depth_to_space", "DepthToSpace"))
        ),
        Rule("where", "Where", operands=("x", "y")),
        Rule("cast", "Cast", options={"dtype": "dtype"}),
        Rule("zeros_like", "ZerosLike", ignored={"dtype": (None,)}),
        Rule("ones_like", "OnesLike", ignored={"dtype": (None,)}),
        Rule("nn.silu", "Silu", ignored={"beta": (1.0,)}),
        Rule("nn.leaky_relu", "LeakyRelu", options={"alpha": "negative_slope"}),
        Rule(
            "nn.gelu",
            "Gelu",
            options={"approximate": "approximate"},
            defaults={"approximate": False},
        ),
        Rule("nn.softmax", "Softmax", options=axis),
        Rule("nn.log_softmax", "LogSoftmax", options=axis),
        Rule("clip_by_value", "Clip", reader=_read_clip, writer=lambda c, a: (
            a[0], {"clip_value_min": c["x_min"], "clip_value_max": c["x_max"]}
        )),
        *(
            Rule(f"math.{word}", name, options=axis, defaults={"axis": 0},
                 ignored={"output_type": ("int32", "int64")})
            for word, name in (("argmax", "Argmax"), ("argmin", "Argmin"))
        ),
        *(
            Rule(f"math.{word}", name, options=axis, defaults={"axis": 0},
                 ignored={"exclusive": (False,), "reverse": (False,)})
            for word, name in (("cumsum", "Cumsum"), ("cumprod", "Cumprod"))
        ),
        Rule("sort", "Sort", options=axis, ignored={"direction": ("ASCENDING",)}),
        Rule("argsort", "Argsort", options=axis,
             ignored={"direction": ("ASCENDING",), "stable": (False, True)}),
        Rule("math.top_k", "TopK", options={"k": "k", "sorted": "sorted"}, defaults={"k": 1},
             ignored={"index_type": ("int32",)}),
        Rule("one_hot", "OneHot",
             options={"depth": "num_classes", "axis": "axis", "dtype": "dtype"},
             ignored={"on_value": (None, 1, 1.0), "off_value": (None, 0, 0.0)}),
        Rule("compat.v1.norm", "Norm", reader=_read_norm, writer=_write_norm),
        Rule("math.l2_normalize", "Normalize", reader=_read_l2, writer=_write_l2),
        Rule("linalg.matmul", "Matmul", reader=_read_matmul, writer=_write_matmul),
        Rule("tensordot", "Tensordot", operands=("b",), options={"axes": "axes"}),
        Rule("reshape", "Reshape", options={"shape": "newshape"}, writer=_write_reshape),
        Rule("compat.v1.transpose", "Transpose", options={"perm": "axes"},
             ignored={"conjugate": (False,)}),
        Rule("transpose", "Transpose", options={"perm": "axes"}, ignored={"conjugate": (False,)}),
        Rule("expand_dims", "ExpandDims", reader=_read_axis, writer=_write_expand),
        Rule("compat.v1.squeeze", "Squeeze", options=axis, ignored={"squeeze_dims": (None,)}),
        Rule("squeeze", "Squeeze", options=axis),
        Rule("reverse", "Flip", reader=_read_axis, writer=_write_flip),
        Rule("roll", "Roll", options={"shift": "shift", "axis": "axis"}),
        Rule("repeat", "Repeat", options={"repeats": "repeats", "axis": "axis"}),
        Rule("tile", "Tile", options={"multiples": "repeats"}),
        Rule("compat.v1.pad", "Pad", reader=_read_pad, writer=_write_pad),
        Rule("pad", "Pad", reader=_read_pad, writer=_write_pad),
        Rule("__operators__.getitem", "GetItem", reader=_read_key, writer=_write_key, slicing=True),
        Rule("slice", "Slice", options={"begin": "start_indices", "size": "shape"}),
        Rule("compat.v1.gather", "Take", reader=_read_gather, writer=_write_gather),
        Rule("gather", "Take", reader=_read_gather, writer=_write_gather),
        Rule("linalg.band_part", "Tril", reader=_read_band,
             writer=lambda c, a: (a[0], {"num_lower": -1, "num_upper": c.get("k", 0)})),
        Rule("concat", "Concatenate", options=axis, list_input=True),
        Rule("stack", "Stack", options=axis, list_input=True),
        Rule("split", "Split", reader=_read_split, writer=_write_split),
        Rule("unstack", "Unstack", options={"num": "num", "axis": "axis"}),
    ]  # fmt: skip
    return rules


RULES: dict[str, Rule] = {rule.function: rule for rule in _rules()}


def rule_for(class_name: str) -> Rule | None:
    """Return the function of TensorFlow that an operation is written as in Keras 2, or None."""
    name = class_name.removeprefix("ops.")
    return next((rule for rule in RULES.values() if rule.class_name == name), None)
