"""The table of layer classes: what FKB knows of each, stated once.

The readers, the exporters and the table of supported layers are all driven by the `LayerSpec`
entries of `fkb.layers`. A user's class stands beside them through `register`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from .graph import Layer

Config = dict[str, Any]
Shape = tuple[int | None, ...]
Shapes = Sequence[Shape]
Check = Callable[[Any], str | None]


class Constant(tuple[int, ...]):
    """The shape of a constant among the operands of an operation, which has no batch."""


class Use(Enum):
    """How FKB treats an option."""

    ENGINE = "used by the engine"
    TRAINING = "used in training"
    KEPT = "kept for the way back"
    FIXED = "must have its default"


class Form(Enum):
    """What kind of value an option holds, which tells how it is put in canonical form."""

    PLAIN = "value"
    ACTIVATION = "activation"
    INITIALIZER = "initializer"
    REGULARIZER = "regularizer"
    CONSTRAINT = "constraint"


REQUIRED = object()
BOTH = frozenset({2, 3})
ONLY_KERAS2 = frozenset({2})
ONLY_KERAS3 = frozenset({3})


def _is_layer(value: Any) -> bool:
    """Whether a value is a serialized layer."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("class_name"), str)
        and isinstance(value.get("config"), dict)
    )


@dataclass(frozen=True)
class Option:
    """One option of a layer class.

    Attributes:
        name: its name in Keras 3, which is its name in the model file.
        default: its value in Keras when it is absent, `REQUIRED` when it must be there.
        use: how FKB treats it.
        form: what kind of value it holds.
        keras2: its name in Keras 2 where that differs.
        majors: the major versions of Keras that have it.
        check: returns what is wrong with a value, or None.
        noise: it is not kept when it has its default, because other versions of the same
            Keras refuse the key.
        only_keras2: values that Keras 3 does not take.
    """

    name: str
    default: Any = None
    use: Use = Use.ENGINE
    form: Form = Form.PLAIN
    keras2: str | None = None
    majors: frozenset[int] = BOTH
    check: Check | None = None
    noise: bool = False
    only_keras2: tuple[Any, ...] = ()

    @property
    def required(self) -> bool:
        """Whether a layer cannot do without it."""
        return self.default is REQUIRED

    def wrong(self, value: Any) -> str | None:
        """Return what is wrong with a canonical value, a sentence without a subject, or None."""
        if self.form is Form.ACTIVATION and not isinstance(value, str) and not _is_layer(value):
            return "must be a name or a layer"
        accepted = self.check is not None and self.check(value) is None
        if self.use is Use.FIXED:
            default = json.dumps(self.default)
            same = accepted or value == self.default
            return None if same else f"must be {default}, all else is not supported"
        return self.check(value) if self.check is not None else None

    def spelling(self, major: int) -> str:
        """Return its name in that major version of Keras."""
        return self.keras2 if major == 2 and self.keras2 is not None else self.name


@dataclass(frozen=True)
class WeightRule:
    """One weight of a layer class, in Keras's order.

    Attributes:
        name: last component of the variable's name in Keras 3.
        shape: the shape from the options (defaults filled in) and the shapes of the inputs.
        trainable: whether an optimizer may touch it.
        when: whether the layer has it; an option's name stands for its truth.
        integer: it holds an integer, whatever the kind of the network.
        keras2: other names of the variable in files of Keras 2.
        place: the attribute of the layer that holds the variable, which is a group of its own in
            a `.weights.h5` store: `cell` of an LSTM.
        place2: the same in Keras 2 where it differs.
        key: its dataset's name in a `.weights.h5` store where that is not its number; Keras has
            no place for such a weight in other files.
    """

    name: str
    shape: Callable[[Config, Shapes], Shape]
    trainable: bool = True
    when: str | Callable[[Config], bool] | None = None
    integer: bool = False
    keras2: tuple[str, ...] = ()
    place: str = ""
    place2: str | None = None
    key: str = ""

    def place_in(self, major: int) -> str:
        """Return the place in stores of that major version of Keras."""
        return self.place2 if major == 2 and self.place2 is not None else self.place

    def present(self, config: Config) -> bool:
        """Whether a layer with these options has the weight."""
        if self.when is None:
            return True
        return bool(config[self.when]) if isinstance(self.when, str) else self.when(config)


@dataclass(frozen=True)
class ChildRule:
    """A layer that a wrapper holds.

    Attributes:
        role: the wrapper's attribute, which is its role in the model file and its group in a
            `.weights.h5` store.
        key: its key in the wrapper's Keras configuration.
        many: it is a list of layers.
        lends: the wrapper has the layer's first weight as an attribute of its own, before its
            other weights, so that a store holds it twice.
    """

    role: str
    key: str
    many: bool = False
    lends: bool = False


class Inside(Protocol):
    """What the shape rule of a wrapper sees of the layers in it."""

    @property
    def children(self) -> list[Layer]:
        """The layers in the wrapper."""

    def call(self, child: Layer, shapes: Shapes) -> list[Shape]:
        """Return the shapes of what a layer gives for inputs of these shapes.

        Raises:
            ValueError: they cannot be told.
        """


def same_shape(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of the first input: the rule of elementwise layers."""
    return shapes[0]


@dataclass(frozen=True)
class LayerSpec:
    """All that FKB knows of one layer class.

    Attributes:
        class_name: the class in Keras 3, or in Keras 2 where Keras 3 has none.
        options: apart from `COMMON`, which every layer has.
        weights: in Keras's order.
        output: shape of the output from the options and the input shapes, a list of shapes
            for several outputs; it raises `ValueError` with a sentence where the inputs do not
            fit.
        check: yields (option, sentence) for options that do not go together or do not fit the
            input shapes.
        children: the layers that a wrapper holds, in Keras's order.
        around: the shapes of a wrapper's outputs, in place of `output`.
        complete: makes the Keras configuration of a wrapper, given the major version, hold all
            that Keras derives for the layers in it.
        shorten: takes out of it what Keras derives.
        list_input: the first argument is a list of tensors.
        call_options: keyword arguments of a call and their defaults.
        call_tensors: keyword arguments of a call that hold tensors; `shapes` everywhere leaves
            out those of `mask`, `*_mask` and `initial_state`.
        keras3_tensors: those of them that Keras 2 does not have.
        call_flags: keyword arguments of a call that are true or false, false by default; `output`
            finds them among the options.
        call_refusals: keyword arguments of a call that are refused, and why.
        arguments: names of the positional arguments of a call. Those that are neither tensors by
            keyword, options nor flags stand by position in the model file, all others by keyword.
            Those of an operation are its operands.
        least: how many positional arguments there must be.
        stored_as: its name in Keras's files where that is not `class_name`.
        keras2_shapes: options of Keras 2 that hold the shapes of the inputs.
        masks: what a class of a user does with the mask of its input: `keep` it for the output,
            `stop` it, or `take` it as the argument `mask` and keep it.
        majors: the major versions of Keras that have the class.
        refuses: options of `COMMON` that the class does not take in Keras 3.
        lacks: yields (option, sentence) for values that the class does not take in a major
            version of Keras, checked on the way to it.
        from_keras2, to_keras2: change options on the way where a new name is not enough.
        adapt: changes a layer's arrays, in Keras's order, from a form that other classes or
            versions of Keras gave them.
        infers, trains: what the engine does with it.
        note: a sentence for the table of layers.
        module: where Keras 3 has the class.
        stored: those of them that are options in the model file, not operands.
        changed: what differs between the majors, where a model must not go from one to the other.
    """

    class_name: str
    options: tuple[Option, ...] = ()
    weights: tuple[WeightRule, ...] = ()
    output: Callable[[Config, Shapes], Shape | list[Shape]] = same_shape
    check: Callable[[Config, Shapes], Iterable[tuple[str, str]]] | None = None
    children: tuple[ChildRule, ...] = ()
    around: Callable[[Config, Shapes, Inside], list[Shape]] | None = None
    complete: Callable[[Config, int], Config] | None = None
    shorten: Callable[[Config, int], Config] | None = None
    list_input: bool = False
    call_options: Mapping[str, Any] = field(default_factory=dict)
    call_tensors: frozenset[str] = frozenset()
    call_flags: frozenset[str] = frozenset()
    keras3_tensors: frozenset[str] = frozenset()
    call_refusals: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    least: int = 1
    stored_as: str = ""
    keras2_shapes: Callable[[Shapes], Config] | None = None
    masks: str = ""
    majors: frozenset[int] = BOTH
    refuses: frozenset[str] = frozenset()
    lacks: Callable[[Config, int], Iterable[tuple[str, str]]] = lambda config, major: ()
    from_keras2: Callable[[Config], Config] | None = None
    to_keras2: Callable[[Config], Config] | None = None
    adapt: Callable[[Config, list[Any]], list[Any]] | None = None
    infers: bool = True
    trains: bool = True
    note: str = ""
    module: str = "keras.layers"
    stored: tuple[str, ...] = ()
    changed: str = ""

    @property
    def operation(self) -> bool:
        """Whether the class is an operation of `keras.ops`, not a layer."""
        return self.class_name.startswith("ops.")

    @property
    def positional(self) -> list[str]:
        """The arguments of a call that stand by position."""
        named = self.call_tensors | self.call_flags | {*self.call_options, *self.call_refusals}
        return [name for name in self.arguments if name not in named and name != "training"]

    def option(self, name: str) -> Option | None:
        """Return the option of that Keras 3 name, common ones included."""
        return next((o for o in (*self.options, *COMMON) if o.name == name), None)

    def filled(self, config: Config) -> Config:
        """Return the options with Keras's defaults where they are absent."""
        full = {o.name: o.default for o in (*self.options, *COMMON) if not o.required}
        return full | config

    def rules(self, config: Config) -> list[WeightRule]:
        """Return the weights of a layer with these options."""
        full = self.filled(config)
        return [rule for rule in self.weights if rule.present(full)]


COMMON = (
    Option("trainable", True, Use.TRAINING),
    Option("dtype", None),
    Option("activity_regularizer", None, Use.TRAINING, Form.REGULARIZER, noise=True),
)

Converter = Callable[[Config], Config]


@dataclass(frozen=True)
class CustomLayer:
    """How a user's layer class is translated.

    Attributes:
        converter: from the layer's Keras configuration to the options of the model file; it
            raises `ValueError` with a sentence for an option that cannot be translated.
        exporter: the way back; without it the options are the Keras configuration.
        spec: the class in full, checked as a built-in class is.
    """

    converter: Converter | None = None
    exporter: Converter | None = None
    spec: LayerSpec | None = None


_custom_layers: dict[str, CustomLayer] = {}
_custom_activations: set[str] = set()


def register(
    class_name: str,
    converter: Converter | LayerSpec | None = None,
    *,
    exporter: Converter | None = None,
) -> None:
    """Make the readers and exporters accept a class of your own.

    Args:
        class_name: the name that Keras saves: `"my_pkg>Scale"` for a class registered in the
            package `my_pkg`, the bare name for an unregistered one.
        converter: a `LayerSpec`, or a function from the Keras configuration to the options of
            the model file (`ValueError` with a sentence where it cannot); None keeps them.
        exporter: the way back of a converter function.
    """
    spec = converter if isinstance(converter, LayerSpec) else None
    function = None if isinstance(converter, LayerSpec) else converter
    _custom_layers[class_name] = CustomLayer(function, exporter, spec)


def register_activation(name: str) -> None:
    """Make the readers accept an activation function of your own, such as `"my_pkg>act"`."""
    _custom_activations.add(name)


def custom_layer(class_name: str) -> CustomLayer | None:
    """Return what was registered for a class, or None."""
    return _custom_layers.get(class_name)


def knows_activation(name: str) -> bool:
    """Whether that name was registered with `register_activation`."""
    return name in _custom_activations


def layer_spec(class_name: str) -> LayerSpec | None:
    """Return what FKB knows of a class, or None: built-in classes and registered ones."""
    from .layers import BUILTIN

    custom = _custom_layers.get(class_name)
    return custom.spec if custom else BUILTIN.get(class_name)


def all_specs() -> list[LayerSpec]:
    """Return the built-in classes in the order of the table of layers."""
    from .layers import BUILTIN

    return list(BUILTIN.values())
