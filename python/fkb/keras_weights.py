"""Which arrays of a Keras file belong to which weights.

Keras pairs by position in both layouts. A `.weights.h5` store has a group per layer; the legacy
layout has a list per layer of the model, trainable weights first, which for a nested model runs
through all its layers twice (docs: Keras 2.15 `hdf5_format.py`, Keras 3 `legacy_h5_format.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .errors import FormatError
from .graph import CONTAINERS, Array, Layer, Weight
from .keras_shapes import ModelShapes
from .keras_tensorflow import function_class
from .registry import Shape, WeightRule, layer_spec
from .report import Report


@dataclass(frozen=True)
class Slot:
    """A place for one weight.

    Attributes:
        layer: the layer that has it.
        path: the layer's path.
        name: the weight's name.
        shape: what it must be, None for a custom layer; None inside where it is open.
        trainable: whether an optimizer may change it, by the layer's class.
        integer: whether it holds integers.
        rule: what the table says of the weight, None for a custom layer.
    """

    layer: Layer
    path: str
    name: str
    shape: Shape | None
    trainable: bool = True
    integer: bool = False
    rule: WeightRule | None = None

    @property
    def aliases(self) -> tuple[str, ...]:
        """Further names in files of Keras 2."""
        return self.rule.keras2 if self.rule else ()

    @property
    def frozen(self) -> bool:
        """Whether the layer's option `trainable` is false."""
        return self.layer.config.get("trainable") is False


def snake_case(name: str) -> str:
    """Return the name that Keras gives a class in a `.weights.h5` store."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def store_groups(
    container: Layer, prefix: str, path: str = "", major: int = 3
) -> Iterator[tuple[str, str, Layer]]:
    """Yield (group, path, layer) of a `.weights.h5` store for all layers of a model.

    Args:
        container: the model.
        prefix: `layers` (`_layer_checkpoint_dependencies` in TF 2.12).
        path: path of the model.
        major: the Keras that has it; in Keras 2 operations have groups too.
    """
    counts: dict[str, int] = {}
    kind = prefix.rpartition("/")[2]
    for child in container.children:
        skipped = container.class_name == "Sequential" and child.class_name == "InputLayer"
        skipped = skipped or child.meta.get("implicit") is True
        if skipped or (child.class_name.startswith("ops.") and major >= 3):
            continue
        group = f"{prefix}/{_numbered(child, counts)}"
        inner = f"{path}/{child.name}" if path else child.name
        yield group, inner, child
        yield from _groups_inside(child, group, kind, inner, major)


def _groups_inside(
    layer: Layer, group: str, kind: str, path: str, major: int
) -> Iterator[tuple[str, str, Layer]]:
    """Yield (group, path, layer) for the layers in a model or wrapper."""
    if layer.class_name in CONTAINERS:
        yield from store_groups(layer, f"{group}/{kind}", path, major)
        return
    spec = layer_spec(layer.class_name)
    for rule in spec.children if spec else ():
        counts: dict[str, int] = {}
        for child in layer.children:
            if child.role != rule.role:
                continue
            place = f"{group}/{rule.role}"
            if rule.many:
                place = f"{place}/{_numbered(child, counts)}"
            inner = f"{path}/{child.name}"
            yield place, inner, child
            yield from _groups_inside(child, place, kind, inner, major)


def _numbered(child: Layer, counts: dict[str, int]) -> str:
    """Return the name of a layer's group among those of its brothers before it."""
    spec = layer_spec(child.class_name)
    name = spec.stored_as if spec and spec.stored_as else child.class_name
    if spec and spec.operation:
        name = function_class(child)
    base = snake_case(name.rpartition(">")[2])
    number = counts.get(base, 0)
    counts[base] = number + 1
    return f"{base}_{number}" if number else base


def own_slots(layer: Layer, path: str, shapes: ModelShapes) -> list[Slot] | None:
    """Return the places for a layer's own weights, None for a class whose weights are unknown."""
    spec = layer_spec(layer.class_name)
    if spec is None:
        return None
    config = spec.filled(layer.config)
    given = shapes.inputs.get(id(layer), [])
    known = [shape for shape in given if shape is not None]
    slots = []
    for rule in spec.rules(layer.config):
        shape = _shape(rule, config, known) if len(known) == len(given) and known else None
        slots.append(Slot(layer, path, rule.name, shape, rule.trainable, rule.integer, rule))
    return slots


def places_of(layer: Layer, major: int) -> list[str]:
    """Return the groups below a layer's own in a store that hold its weights, one per weight."""
    spec = layer_spec(layer.class_name)
    rules = spec.rules(layer.config) if spec else []
    return [rule.place_in(major) for rule in rules]


def keys_of(layer: Layer) -> dict[str, str]:
    """Return the datasets in a store that have names instead of numbers, by weight."""
    spec = layer_spec(layer.class_name)
    rules = spec.rules(layer.config) if spec else []
    return {rule.name: rule.key for rule in rules if rule.key}


def _shape(rule: WeightRule, config: dict[str, object], known: list[Shape]) -> Shape | None:
    try:
        return rule.shape(config, known)
    except (ValueError, IndexError, TypeError):
        return None


def all_slots(layer: Layer, path: str, shapes: ModelShapes) -> list[Slot] | None:
    """Return the places for a layer's weights and those of all layers inside, in file order.

    None where a class inside has unknown weights.
    """
    slots = own_slots(layer, path, shapes)
    for child in layer.children:
        inner = all_slots(child, f"{path}/{child.name}" if path else child.name, shapes)
        slots = None if slots is None or inner is None else _joined(layer, slots, inner)
    return slots


def lends(layer: Layer) -> bool:
    """Whether a wrapper counts the first weight of its layer among its own."""
    spec = layer_spec(layer.class_name)
    return spec is not None and any(rule.lends for rule in spec.children)


def _joined(layer: Layer, own: list[Slot], inner: list[Slot]) -> list[Slot]:
    return inner[:1] + own + inner[1:] if lends(layer) else own + inner


def legacy_slots(
    layer: Layer, path: str, shapes: ModelShapes, major: int, *, loading: bool = False
) -> list[Slot] | None:
    """Return the places for the weights of one layer of a model, in the legacy layout's order.

    Args:
        layer: a layer of the model, or a model in it.
        path: its path.
        shapes: the shapes of all tensors.
        major: the major version of Keras.
        loading: the order in which Keras 3 loads, which it changes where a model is frozen and
            a layer in it is not.
    """
    slots = all_slots(layer, path, shapes)
    if slots is None:
        return None
    if major >= 3:
        frozen = _frozen_by_loading(layer) if loading else set()
        return _keras3_order(layer, slots, frozen, loading)
    own: dict[int, list[Slot]] = {}
    for slot in slots:
        own.setdefault(id(slot.layer), []).append(slot)
    return _keras2_trainable(layer, own) + _keras2_fixed(layer, own)


def _is_frozen(layer: Layer) -> bool:
    return layer.config.get("trainable") is False


def _frozen_by_loading(layer: Layer) -> set[int]:
    """Return the layers that Keras 3 freezes when it loads a frozen Functional model."""
    if layer.class_name == "Functional" and _is_frozen(layer):
        return {id(inner) for _, inner in layer.walk()}
    return {inner for child in layer.children for inner in _frozen_by_loading(child)}


def _keras3_order(layer: Layer, slots: list[Slot], frozen: set[int], loading: bool) -> list[Slot]:
    """Trainable weights first; Keras 3 does not restore the flag of a Sequential model."""
    if _is_frozen(layer) and not (loading and layer.class_name == "Sequential"):
        return slots
    movable = [s for s in slots if s.trainable and not s.frozen and id(s.layer) not in frozen]
    taken = {id(slot) for slot in movable}
    return movable + [slot for slot in slots if id(slot) not in taken]


def _keras2_trainable(layer: Layer, own: dict[int, list[Slot]]) -> list[Slot]:
    if _is_frozen(layer):
        return []
    slots = [slot for slot in own.get(id(layer), []) if slot.trainable]
    return slots + [s for child in layer.children for s in _keras2_trainable(child, own)]


def _keras2_fixed(layer: Layer, own: dict[int, list[Slot]]) -> list[Slot]:
    if _is_frozen(layer) and layer.children and layer.class_name not in CONTAINERS:
        inside = [_keras2_trainable(c, own) + _keras2_fixed(c, own) for c in layer.children]
        return _joined(layer, own.get(id(layer), []), [s for slots in inside for s in slots])
    slots = [s for s in own.get(id(layer), []) if _is_frozen(layer) or not s.trainable]
    if _is_frozen(layer):
        slots += [s for child in layer.children for s in _keras2_trainable(child, own)]
    return slots + [s for child in layer.children for s in _keras2_fixed(child, own)]


def trainable_weights(model: Layer, major: int, path: str = "") -> list[tuple[str, Weight]]:
    """Return (path, weight) of what an optimizer changes, in Keras's order.

    Keras 2 asks all models around a layer, Keras 3 the layer and the outermost model.
    """
    if _is_frozen(model) and (major < 3 or not path):
        return []
    found = []
    for child in model.children:
        inner = f"{path}/{child.name}" if path else child.name
        if not _is_frozen(child):
            found += [(f"{inner}/{w.name}", w) for w in child.weights if w.trainable]
        found += trainable_weights(child, major, inner)
    return found


def fill_slots(
    slots: list[Slot], arrays: list[Array], names: list[str] | None, where: str, report: Report
) -> None:
    """Put arrays into the layers, one per slot.

    Args:
        slots: the places in the order of the file.
        arrays: the values in the same order.
        names: the variables' names as the file has them, None where it has none.
        where: what is read, for messages.
        report: takes values that are not finite.

    Raises:
        FormatError: number, names, shapes or dtypes do not fit.
    """
    if len(slots) != len(arrays):
        raise FormatError(
            f"{where} holds {len(arrays)} weights, the configuration needs {len(slots)}"
        )
    if names is not None:
        arrays = _by_name(slots, arrays, names, where)
    for slot, array in zip(slots, _adapted(slots, arrays), strict=True):
        slot.layer.weights.append(Weight(slot.name, _checked(slot, array, report), slot.trainable))


def _adapted(slots: list[Slot], arrays: list[Array]) -> list[Array]:
    """Return the arrays, those of each layer in the form that its class has today."""
    adapted = list(arrays)
    places: dict[int, list[int]] = {}
    for place, slot in enumerate(slots):
        places.setdefault(id(slot.layer), []).append(place)
    for own in places.values():
        layer = slots[own[0]].layer
        spec = layer_spec(layer.class_name)
        if spec is not None and spec.adapt is not None:
            changed = spec.adapt(spec.filled(layer.config), [arrays[place] for place in own])
            for place, array in zip(own, changed, strict=True):
                adapted[place] = array
    return adapted


def _by_name(slots: list[Slot], arrays: list[Array], names: list[str], where: str) -> list[Array]:
    """Return the arrays in the order of the slots, which the names may correct.

    Position counts, as it does for Keras. Where a name says that it is another weight of the
    same list, the paths must tell which, or the file is refused.
    """
    last = [_base(name) for name in names]
    known = {name for slot in slots for name in (_base(slot.name), *slot.aliases)}
    if all(
        found == _base(slot.name) or found in slot.aliases or found not in known
        for slot, found in zip(slots, last, strict=True)
    ):
        return arrays
    wanted = [f"{slot.layer.name}/{slot.name}" for slot in slots]
    places = [_ending_in(end, names) for end in wanted]
    if sorted(places) == list(range(len(arrays))):
        return [arrays[place] for place in places]
    raise FormatError(
        f"{where} holds the weights {', '.join(names)}: that is not the order in which Keras "
        f"stores {', '.join(wanted)}; the configuration's trainable flags may not be those of "
        "the file"
    )


def _ending_in(end: str, names: list[str]) -> int:
    """Return the position of the only name that ends in these components, -1 where none does."""
    paths = [re.sub(r":\d+$", "", name) for name in names]
    found = [k for k, path in enumerate(paths) if f"/{path}".endswith(f"/{end}")]
    return found[0] if len(found) == 1 else -1


def _base(name: str) -> str:
    return re.sub(r":\d+$", "", name.rpartition("/")[2])


def _checked(slot: Slot, array: Array, report: Report) -> Array:
    wanted = slot.shape
    fits = wanted is None or (
        len(wanted) == array.ndim
        and all(w is None or w == n for w, n in zip(wanted, array.shape, strict=True))
    )
    if not fits:
        raise FormatError(
            f'weight "{slot.name}" of layer "{slot.path}" has shape {list(array.shape)}, the '
            f"configuration needs {[*(wanted or ())]}"
        )
    if slot.integer != (array.dtype.kind in "iu"):
        raise FormatError(
            f'weight "{slot.name}" of layer "{slot.path}" has dtype {array.dtype}, it must be '
            + ("an integer" if slot.integer else "floating point")
        )
    check_finite(array, slot.path, slot.name, report)
    return array


def check_finite(array: Array, path: str, name: str, report: Report) -> None:
    """Report the first value that is NaN or infinite."""
    if array.dtype.kind != "f" or bool(np.isfinite(array).all()):
        return
    bad = np.argwhere(~np.isfinite(array))[0]
    report.add(
        path,
        name,
        f"holds {array[tuple(bad)]} at {[int(i) for i in bad]}: every value must be finite; "
        "train the model again or repair it before converting",
    )
