"""From the JSON configuration of a Keras model to the layers of a `Graph`.

Configurations of Keras 2.1 to 2.15, of tf_keras and of Keras 3 are read; what comes out has the
vocabulary of Keras 3. The weights are filled in by the readers of the containers.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from .errors import FormatError
from .graph import CONTAINERS, Layer, Node, TensorRef
from .keras_calls import read_calls
from .keras_former import modern_entry
from .keras_layer import read_options
from .keras_nodes import check_references, count_from_zero, read_structure, tensors_in
from .keras_objects import CLASS_ALIASES, ObjectError, class_of, plain, shown_class
from .keras_operations import is_unnamed_operation
from .keras_sizes import fold_sizes, settle_sizes
from .keras_tensorflow import FUNCTIONS, read_function
from .keras_wrappers import child_problems, take_children
from .layers import STORED_AS
from .layers.recurrent import FORMER
from .masks import explain_masks
from .registry import Config, LayerSpec, layer_spec
from .report import Report, shown

MAX_DEPTH = 64
MAX_JSON_DEPTH = 200
_UNBUILT = (
    "the shape of the input is unknown: build the model in Keras with model.build(input_shape), "
    "or add an Input, and save it again"
)


@dataclass
class Reading:
    """What the readers of one file share.

    Attributes:
        version: the Keras version that wrote the file.
        allow_custom: keep layers of unknown classes.
        archive: the configuration is that of a `.keras` archive.
        folded: models without the layers that computed sizes, in the order of the file.
    """

    version: str
    allow_custom: bool = False
    archive: bool = False
    report: Report = field(default_factory=Report)
    folded: list[Layer] = field(default_factory=list)
    _objects: dict[Any, str] = field(default_factory=dict)

    def check_shared(self, entry: Config, path: str) -> None:
        """Report a layer that was met before, in another model: the two would part in training."""
        name = entry.get("shared_object_id")
        if not isinstance(name, int):
            return
        first = self._objects.setdefault(name, path)
        if first != path:
            self.report.add(path, "", shared_message(first))

    @property
    def major(self) -> int:
        """Major version of Keras."""
        return version_of(self.version)[0]

    @property
    def lists_single_tensors(self) -> bool:
        """Whether `output_layers` is a list even where the model has one bare output."""
        return version_of(self.version) < (3, 10)


def shared_message(other: str) -> str:
    """Return what to say about a layer that stands in two models."""
    return (
        f'is the same layer as "{other}" of another model: a layer that models share cannot be '
        "converted; let one model call the other instead"
    )


def version_of(version: str) -> tuple[int, int]:
    """Return major and minor version, `(1, 0)` where it is none."""
    match = re.match(r"(\d+)(?:\.(\d+))?", version)
    return (int(match[1]), int(match[2] or 0)) if match else (1, 0)


def parse_json(text: str | bytes, what: str) -> Any:
    """Return the JSON that Keras wrote.

    Raises:
        FormatError: it is not JSON, or nested too deep.
    """
    try:
        value = json.loads(text, parse_constant=_not_finite)
    except (ValueError, RecursionError) as problem:
        raise FormatError(f"{what} is not JSON: {problem}") from None
    _check_depth(value, what)
    return value


def _not_finite(text: str) -> Any:
    raise ValueError(f"{text} is not a finite number")


def _check_depth(value: Any, what: str) -> None:
    level = [value]
    for _ in range(MAX_JSON_DEPTH):
        level = (
            [
                inner
                for outer in level
                for inner in (outer.values() if isinstance(outer, dict) else outer)
                if isinstance(inner, (dict, list))
            ]
            if not isinstance(value, (str, int, float, type(None)))
            else []
        )
        if not level:
            return
    raise FormatError(f"{what} is nested deeper than {MAX_JSON_DEPTH}")


def guess_version(config: Any, version: str | None) -> str:
    """Return the Keras version of a configuration, told by its form where no version is given."""
    if version:
        return version
    text = json.dumps(config)
    if '"batch_shape"' in text or '"__keras_tensor__"' in text or '"DTypePolicy"' in text:
        return "3.0.0"
    return "2.0.0" if '"config"' in text else "1.0.0"


def read_model(config: Any, reading: Reading) -> Layer:
    """Return the layers of a model without their weights.

    Raises:
        FormatError: it is not the configuration of a model.
    """
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise FormatError("the model's configuration has no class_name")
    if reading.major < 2:
        reading.report.add(
            "", "", "was saved by Keras 1: load it with Keras 2 and save it from there first"
        )
        reading.report.raise_if_any()
    if _kind(config, reading) not in CONTAINERS:
        reading.report.add(
            "",
            "class",
            f"is {config['class_name']}, a model class of its own: only Sequential and "
            "Functional models have a graph that can be converted",
        )
        reading.report.raise_if_any()
    model = _read_container(config, "", reading, 0)
    settle_sizes(model, reading.report)
    explain_masks(model, version_of(reading.version), reading.report)
    return model


def _kind(entry: Config, reading: Reading) -> str:
    """Return the class of a layer in the words of the model file."""
    try:
        name = class_of(entry)
    except ObjectError as problem:
        raise FormatError(f"a layer {problem}") from problem
    name = CLASS_ALIASES.get(name, name)
    if name == "Model":
        return "Functional"
    if name in FORMER and reading.major <= 2:
        return FORMER[name][0]
    if name in STORED_AS:
        return STORED_AS[name]
    module = entry.get("module")
    if isinstance(module, str) and ".ops." in f"{module}.":
        return f"ops.{name}"
    if reading.major >= 3 and module is None and is_unnamed_operation(entry):
        return f"ops.{name}"
    return name


def _entries(config: Config, class_name: str) -> list[Config]:
    inner = config.get("config")
    entries = (
        inner
        if isinstance(inner, list) and class_name == "Sequential"
        else (inner.get("layers") if isinstance(inner, dict) else None)
    )
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and isinstance(entry.get("class_name"), str) for entry in entries
    ):
        raise FormatError(f"the configuration of a {class_name} model has no list of layers")
    return entries


def _read_container(entry: Config, path: str, reading: Reading, depth: int) -> Layer:
    if depth > MAX_DEPTH:
        raise FormatError(f"models are nested deeper than {MAX_DEPTH}")
    class_name = _kind(entry, reading)
    entries = _entries(entry, class_name)
    config = entry["config"] if isinstance(entry["config"], dict) else {}
    layer = Layer(_name(entry, config, class_name.lower()), class_name)
    own = {
        key: value
        for key, value in config.items()
        if key not in ("name", "layers", "input_layers", "output_layers", "build_input_shape")
    }
    layer.config = read_options(layer_spec(class_name), own, path, reading).options
    fill = _fill_sequential if class_name == "Sequential" else _fill_functional
    fill(layer, entries, config, path, reading, depth)
    names = [child.name for child in layer.children]
    if len(set(names)) != len(names):
        double = next(name for name in names if names.count(name) > 1)
        raise FormatError(f"layer name {double!r} stands twice in model {layer.name!r}")
    check_references(layer, path)
    if reading.major == 2 and layer.config.get("trainable") is False:
        _freeze(layer)
    return layer


def _freeze(layer: Layer) -> None:
    """Freeze all layers of a frozen model: Keras 2 asks the model, Keras 3 each layer.

    A BatchNormalization keeps its own flag, which says whether it uses the statistics of the batch.
    """
    for _, inner in layer.walk():
        if inner.class_name not in ("InputLayer", "BatchNormalization"):
            inner.config["trainable"] = False


def _name(entry: Config, config: Config, default: str) -> str:
    name = config.get("name", entry.get("name", default))
    if not isinstance(name, str) or not name:
        raise FormatError(f"a layer's name is {shown(name)}: it must be a string")
    return name


def _read_layer(entry: Config, path: str, reading: Reading, depth: int) -> tuple[Layer, Any]:
    """Return a layer without nodes, and the `batch_input_shape` that its options hold."""
    class_name = _kind(entry, reading)
    config = entry.get("config", {})
    if not isinstance(config, dict) and class_name not in CONTAINERS:
        raise FormatError(f"the configuration of a layer of class {class_name} is no object")
    spec = layer_spec(class_name)
    if class_name in CONTAINERS:
        inner = config if isinstance(config, dict) else {}
        name = _name(entry, inner, class_name.lower())
        reading.check_shared(entry, _join(path, name))
        return _read_container(entry, _join(path, name), reading, depth + 1), None
    name = _name(entry, config, class_name.lower())
    place = _join(path, name)
    if spec is None or spec.weights or spec.children:
        reading.check_shared(entry, place)
    layer = Layer(name, class_name)
    own = {key: value for key, value in config.items() if key != "name"}
    if class_of(entry) in FORMER and reading.major <= 2:
        own = FORMER[class_of(entry)][1] | own
    if spec is not None and spec.children:
        own = _read_children(layer, spec, own, place, reading, depth)
    result = read_options(spec, own, place, reading, entry)
    layer.config, layer.meta = result.options, result.meta
    if layer.children and reading.major == 2 and layer.config.get("trainable") is False:
        _freeze(layer)
    return layer, result.input_shape


def _read_children(
    layer: Layer, spec: LayerSpec, config: Config, path: str, reading: Reading, depth: int
) -> Config:
    """Read the layers in a wrapper; return its own configuration."""
    if depth > MAX_DEPTH:
        raise FormatError(f"layers are nested deeper than {MAX_DEPTH}")
    own, entries = take_children(spec, config, path, reading)
    for rule, entry in entries:
        child, _ = _read_layer(entry, path, reading, depth + 1)
        child.role = rule.role
        layer.children.append(child)
    for problem in child_problems(spec, layer):
        reading.report.add(path, "", problem)
    return own


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _fill_sequential(
    layer: Layer, entries: list[Config], config: Config, path: str, reading: Reading, depth: int
) -> None:
    shape = None
    for entry in entries:
        child, given = _read_layer(entry, path, reading, depth)
        if not layer.children:
            shape = given
        layer.children.append(child)
    if not layer.children:
        raise FormatError(f"Sequential model {layer.name!r} has no layers")
    first = layer.children[0]
    if first.class_name != "InputLayer":
        shape = _input_shape(first) or shape or plain(config.get("build_input_shape"))
        layer.children.insert(0, _created_input(layer, shape, path, reading))
    previous = layer.children[0].name
    layer.children[0].nodes = [Node()]
    for child in layer.children[1:]:
        child.nodes = [Node([TensorRef(previous, 0, 0)])]
        previous = child.name
    layer.inputs = TensorRef(layer.children[0].name, 0, 0)
    layer.outputs = TensorRef(previous, 0, 0)


def _input_shape(layer: Layer) -> Any:
    """Return the input shape of a nested model, None for another layer."""
    while layer.children:
        first = next(tensors_in(layer.inputs), None)
        target = next((c for c in layer.children if first and c.name == first.layer), None)
        if target is None:
            return None
        layer = target
    return layer.config.get("batch_shape") if layer.class_name == "InputLayer" else None


def _created_input(container: Layer, shape: Any, path: str, reading: Reading) -> Layer:
    """Return the InputLayer that a Sequential model has not, named as Keras names it."""
    first = container.children[0]
    name = "input_layer" if reading.major >= 3 else f"{first.name}_input"
    taken = {child.name for child in container.children}
    while name in taken:
        name += "_"
    inner = _join(path, name)
    if not isinstance(shape, list):
        reading.report.add(inner, "batch_shape", _UNBUILT)
        return Layer(name, "InputLayer")
    options: Config = {"batch_shape": shape}
    if isinstance(first.config.get("dtype"), str):
        options["dtype"] = first.config["dtype"]
    spec = layer_spec("InputLayer")
    return Layer(name, "InputLayer", read_options(spec, options, inner, reading).options)


def _fill_functional(
    layer: Layer, entries: list[Config], config: Config, path: str, reading: Reading, depth: int
) -> None:
    names = {name for entry in entries if isinstance(name := entry.get("name"), str)}
    folded = fold_sizes(entries, config) if reading.major <= 2 else entries
    for written in folded:
        entry = modern_entry(written, version_of(reading.version))
        if shown_class(entry) in FUNCTIONS:
            layer.children.append(_read_function(entry, path, names, reading))
            continue
        child, _ = _read_layer(entry, path, reading, depth)
        if entry.get("name", child.name) != child.name:
            raise FormatError(f"a layer has the names {entry['name']!r} and {child.name!r}")
        child.nodes = read_calls(child, entry, _join(path, child.name), names, reading)
        layer.children.append(child)
    layer.inputs = _unlisted(read_structure(config.get("input_layers"), "input_layers"), reading)
    layer.outputs = _unlisted(read_structure(config.get("output_layers"), "output_layers"), reading)
    count_from_zero(layer, reading.major)
    if len(folded) < len(entries):
        reading.folded.append(layer)


def _read_function(entry: Config, path: str, names: set[str], reading: Reading) -> Layer:
    """Return a function of TensorFlow as a layer, with its calls."""
    config = entry["config"] if isinstance(entry.get("config"), dict) else {}
    layer = Layer(_name(entry, config, "function"), str(entry["class_name"]))
    read_function(layer, entry, _join(path, layer.name), names, reading.report)
    return layer


def _unlisted(structure: Any, reading: Reading) -> Any:
    single = isinstance(structure, list) and len(structure) == 1
    return structure[0] if single and reading.lists_single_tensors else structure
