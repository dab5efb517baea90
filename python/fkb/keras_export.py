"""From the layers of a `Graph` to the JSON configuration of a Keras model.

What is written is the least that Keras needs: the options that the graph has, in the words of
the dialect, so that old and new versions of Keras load it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .errors import FkbError
from .graph import CONTAINERS, Graph, Layer, flatten_structure
from .keras_call_export import (
    check_wrapper_call,
    export_structure,
    keras2_node,
    keras3_node,
    placing,
)
from .keras_config import version_of
from .keras_crossing import refuse_crossing
from .keras_former import former_entry
from .keras_objects import CHANGED_ACTIVATIONS, ObjectError, exported_activation
from .keras_operations import without_stored
from .keras_shapes import ModelShapes, infer_shapes
from .keras_tensorflow import export_function, function_class
from .keras_weights import keys_of
from .keras_wrappers import put_children
from .mask_ports import stated_inputs, stated_outputs
from .masks import stated_children
from .registry import Config, Form, LayerSpec, Option, Use, custom_layer, layer_spec
from .report import Report, shown

DIALECTS = {"keras3": 3, "keras2": 2}
KERAS_VERSIONS = {3: "3.15.1", 2: "2.15.0"}


@dataclass
class Writing:
    """What the writers of one file share.

    Attributes:
        graph: what is written.
        major: the major version of Keras that is to read it.
        archive: it becomes a `.keras` archive, not an `.h5` file.
        shapes: shapes of all tensors.
        report: what the dialect cannot carry.
    """

    graph: Graph
    major: int
    archive: bool
    shapes: ModelShapes = field(default_factory=ModelShapes)
    report: Report = field(default_factory=Report)

    @property
    def version(self) -> str:
        """The Keras version that the file names."""
        same = self.graph.keras_major == self.major
        return self.graph.keras_version if same else KERAS_VERSIONS[self.major]

    @property
    def lists_single_tensors(self) -> bool:
        """Whether the Keras version wants `output_layers` to be a list in any case."""
        return version_of(self.version) < (3, 10)


# Options that a model file may leave out, and that the constructors of Keras need or, as that of
# ConvLSTM2D in Keras 2, give another value.
_NEEDED = ("pool_size", "rate", "stddev", "recurrent_activation")

# Bidirectional sets `zero_output_for_mask` of its layers by itself, whatever the Keras.
_DIRECTIONS = ("forward_layer", "backward_layer")


def start_writing(graph: Graph, dialect: str, *, archive: bool) -> Writing:
    """Return the state of writing one file.

    Raises:
        FkbError: there is no such dialect.
        UnsupportedError: the graph does not fit together.
    """
    if dialect not in DIALECTS:
        raise FkbError(f'there is no dialect "{dialect}": it must be keras3 or keras2')
    writing = Writing(graph, DIALECTS[dialect], archive)
    writing.shapes = infer_shapes(graph.model, writing.report)
    writing.report.raise_if_any()
    return writing


def export_model(writing: Writing) -> Config:
    """Return the configuration of the whole model; what cannot be said goes to the report."""
    model = writing.graph.model
    if model.class_name not in CONTAINERS:
        raise FkbError(f"the model is of class {model.class_name}: it must be a model")
    if writing.graph.keras_major != writing.major:
        refuse_crossing(model, writing.shapes, writing.major, writing.report)
    entry = _entry(model, "", writing)
    entry.pop("name", None)
    return entry


def _entry(layer: Layer, path: str, writing: Writing, *, full: bool = False) -> Config:
    """Return a serialized layer, with module and registered name where it must be `full`."""
    if writing.major >= 3 and "/" in layer.name:
        writing.report.add(path, "name", "has a slash, which Keras 3 does not allow")
    spec = layer_spec(layer.class_name)
    if spec is not None and spec.operation and writing.major < 3:
        return _function_entry(layer, writing)
    config = {"name": layer.name} | _options(layer, path, writing)
    if layer.class_name == "Sequential":
        config |= _sequential(layer, path, writing)
    elif layer.class_name == "Functional":
        config |= _functional(layer, path, writing)
    elif layer.children:
        config |= _wrapped(layer, path, writing)
    full = full or writing.archive or _is_misread(config, writing)
    full = full or _needs_module(layer, config, writing)
    entry = _head(layer, writing, full=full)
    return {**entry[0], "config": config, **entry[1]}


def _function_entry(layer: Layer, writing: Writing) -> Config:
    """Return an operation as a layer of Keras 2, without function and calls."""
    name = function_class(layer)
    trainable = layer.config.get("trainable", True)
    config = {"name": layer.name, "trainable": trainable, "dtype": writing.graph.precision}
    if not writing.archive:
        return {"class_name": name, "config": config}
    module = "tf_keras.src.layers.core.tf_op_layer"
    return {"module": module, "class_name": name, "config": config, "registered_name": name}


def _wrapped(layer: Layer, path: str, writing: Writing) -> Config:
    """Return the keys of a wrapper that hold its layers."""
    spec = layer_spec(layer.class_name)
    if spec is None or not spec.children:
        writing.report.add(path, "class", f"{layer.class_name} cannot hold layers here")
        return {}
    entries = [
        (child.role, _entry(child, _join(path, child.name), writing, full=True))
        for child in layer.children
    ]
    return put_children(spec, entries, writing.major)


def _needs_module(layer: Layer, config: Config, writing: Writing) -> bool:
    """Whether only the module tells an operation from a layer of the same name."""
    name = layer.class_name
    alike = layer_spec(f"ops.{name}") is not None and "trainable" not in config
    return writing.major >= 3 and (alike or name.startswith("ops."))


def _is_misread(config: Config, writing: Writing) -> bool:
    """Whether Keras 3 would misread options when it loads the layer in the way of `.h5` files.

    It drops lists of axes, and takes `dot` for a function.
    """
    axis = config.get("axis", -1)
    single = isinstance(axis, int) or (isinstance(axis, list) and len(axis) == 1)
    return writing.major >= 3 and (not single or "score_mode" in config)


def _head(layer: Layer, writing: Writing, *, full: bool) -> tuple[Config, Config]:
    """Return the keys of a serialized layer before and after its config."""
    name = layer.class_name
    spec = layer_spec(name)
    if not full:
        return {"class_name": spec.stored_as if spec and spec.stored_as else name}, {}
    if name == "Functional":
        module = "keras" if writing.major >= 3 else "tf_keras"
        place = "models" if writing.major >= 3 else "engine"
        return (
            {"module": f"{module}.src.{place}.functional", "class_name": name},
            {"registered_name": "Functional"},
        )
    if name == "Sequential":
        shape = layer.children[0].config.get("batch_shape")
        return (
            {"module": "keras", "class_name": name},
            {"registered_name": None, "build_config": {"input_shape": shape}},
        )
    if spec is not None and spec.operation:
        return {"module": spec.module, "class_name": name[4:]}, {"registered_name": name[4:]}
    if spec is not None and custom_layer(name) is None:
        return {"module": "keras.layers", "class_name": name}, {"registered_name": None}
    after: Config = {"registered_name": layer.meta.get("registered_name", name)}
    if "build_config" in layer.meta:
        after["build_config"] = layer.meta["build_config"]
    return {"module": layer.meta.get("module"), "class_name": name.rpartition(">")[2]}, after


def _options(layer: Layer, path: str, writing: Writing) -> Config:
    spec = layer_spec(layer.class_name)
    custom = custom_layer(layer.class_name)
    if custom and custom.exporter:
        try:
            return custom.exporter(dict(layer.config))
        except ValueError as problem:
            writing.report.add(path, "", str(problem))
            return {}
    if spec is None:
        return dict(layer.config)
    if writing.major not in spec.majors:
        writing.report.add(path, "class", f"{spec.class_name} does not exist in {_target(writing)}")
    elif spec.changed and writing.major != writing.graph.keras_major:
        writing.report.add(path, "class", spec.changed)
    result: Config = {}
    for name, value in (without_stored(layer) if spec.operation else layer.config).items():
        option = spec.option(name)
        if option is None:
            writing.report.add(path, name, f"{spec.class_name} has no such option in FKB")
        elif writing.major >= 3 and value in option.only_keras2:
            writing.report.add(path, name, f"is {shown(value)}: Keras 3 has no such option")
        elif writing.major not in option.majors:
            _check_dropped(option, value, path, writing)
        elif writing.major >= 3 and name in spec.refuses:
            if name != "trainable":
                _check_dropped(option, value, path, writing)
        else:
            key = option.spelling(writing.major)
            result[key] = _value(option, value, path, writing)
    for option in spec.options:
        if option.name in _NEEDED and option.name not in layer.config and not option.required:
            result[option.spelling(writing.major)] = option.default
    _add_dtype(layer, spec, result, writing)
    for name, message in spec.lacks(spec.filled(layer.config), writing.major):
        if name != "zero_output_for_mask" or layer.role not in _DIRECTIONS:
            writing.report.add(path, name, message)
    if writing.major == 2 and spec.keras2_shapes:
        known = [shape for shape in writing.shapes.inputs.get(id(layer), []) if shape is not None]
        result |= spec.keras2_shapes(known)
    for name in () if writing.archive else keys_of(layer):
        writing.report.add(path, name, "has no place in an .h5 file: export to a .keras archive")
    return spec.to_keras2(result) if writing.major == 2 and spec.to_keras2 else result


def _target(writing: Writing) -> str:
    return f"Keras {writing.major}"


def _check_dropped(option: Option, value: Any, path: str, writing: Writing) -> None:
    if value != option.default and option.use not in (Use.KEPT,):
        writing.report.add(
            path, option.name, f"is {shown(value)}: {_target(writing)} has no such option"
        )


def _add_dtype(layer: Layer, spec: LayerSpec, options: Config, writing: Writing) -> None:
    """Name the dtype where Keras would take another one by default."""
    named = "dtype" in options or layer.class_name in CONTAINERS or spec.operation
    if writing.graph.precision != "float32" and not named:
        options["dtype"] = writing.graph.precision
    if layer.class_name == "Functional":
        options.pop("dtype", None)


def _value(option: Option, value: Any, path: str, writing: Writing) -> Any:
    if option.form is not Form.ACTIVATION:
        return value
    try:
        if isinstance(value, dict):
            return _activation_layer(value, path, writing)
        _check_meaning(value, path, option.name, writing)
        return exported_activation(value, writing.major)
    except ObjectError as problem:
        writing.report.add(path, option.name, f"is {shown(value)}: it {problem}")
        return None


def _check_meaning(value: str, path: str, option: str, writing: Writing) -> None:
    if value in CHANGED_ACTIVATIONS and writing.graph.keras_major != writing.major:
        writing.report.add(
            path,
            option,
            f"is {value}, which is another function in Keras {writing.major} than in Keras "
            f"{writing.graph.keras_major}, where the model comes from: export with --dialect "
            f"keras{writing.graph.keras_major}",
        )


def _activation_layer(value: Config, path: str, writing: Writing) -> Config:
    config = dict(value["config"])
    name = config.pop("name", None)
    inner = Layer(str(name), value["class_name"], config)
    options = _options(inner, f"{path}/activation", writing)
    return value | {"config": ({"name": name} if name is not None else {}) | options}


def _sequential(layer: Layer, path: str, writing: Writing) -> Config:
    layers = [_entry(child, _join(path, child.name), writing) for child in stated_children(layer)]
    shape = layer.children[0].config.get("batch_shape")
    return {"layers": layers, "build_input_shape": shape}


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _functional(layer: Layer, path: str, writing: Writing) -> Config:
    entries = []
    for child in stated_children(layer):
        inner = _join(path, child.name)
        entry = _entry(child, inner, writing)
        entry["name"] = child.name
        calls = range(0 if child.class_name == "InputLayer" else len(child.nodes))
        export = keras3_node if writing.major >= 3 else keras2_node
        for node in child.nodes:
            check_wrapper_call(child, node, inner, writing)
        spec = layer_spec(child.class_name)
        if spec is not None and spec.operation and writing.major < 3:
            place = placing(layer, writing)
            producers = {brother.name: brother for brother in layer.children}
            function, written = export_function(child, producers, place, inner, writing.report)
            entry["config"]["function"], entry["inbound_nodes"] = function, written
        else:
            entry["inbound_nodes"] = [export(child, k, layer, inner, writing) for k in calls]
        entries.append(former_entry(entry, version_of(writing.version)))
    return {
        "layers": entries,
        "input_layers": export_structure(stated_inputs(layer), layer, writing),
        "output_layers": export_structure(stated_outputs(layer), layer, writing),
    }


def output_count(graph: Graph) -> int:
    """Return the number of the model's outputs."""
    return len(flatten_structure(graph.model.outputs))
