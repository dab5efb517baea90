"""The layout of `model.weights.h5` and `*.weights.h5`: a group per layer, numbered datasets."""

from __future__ import annotations

from collections.abc import Sequence

from .graph import Compile, Layer
from .hdf5_file import Hdf5File
from .keras_config import Reading
from .keras_optimizer import read_optimizer
from .keras_shapes import ModelShapes
from .keras_weights import Slot, fill_slots, lends, own_slots, places_of, store_groups

_PREFIXES = ("layers", "_layer_checkpoint_dependencies")
_RANDOM_STATE = "seed_generator"


def store_prefix(file: Hdf5File) -> str | None:
    """Return the group that holds the layers, None where this is another layout."""
    if file.names("", "layer_names") is not None:
        return None
    return next((prefix for prefix in _PREFIXES if file.has(prefix)), None)


def read_store(
    file: Hdf5File,
    model: Layer,
    shapes: ModelShapes,
    compiled: Compile | None,
    reading: Reading,
) -> None:
    """Fill in the weights of a model and the variables of its optimizer.

    Raises:
        FormatError: the file does not fit the configuration.
    """
    prefix = store_prefix(file) or _PREFIXES[0]
    claimed = set()
    for group, path, layer in store_groups(model, prefix):
        claimed.add(group)
        slots = own_slots(layer, path, shapes)
        if slots is None:
            _read_custom(file, group, path, layer, reading)
            continue
        places = places_of(layer, reading.major)
        for place in dict.fromkeys(["", *places]):
            inner = f"{group}/{place}" if place else group
            claimed.add(inner)
            there = [slot for slot, own in zip(slots, places, strict=True) if own == place]
            keys = [slot.rule.key for slot in there if slot.rule and slot.rule.key]
            arrays = [file.array(name) for name in _variables(file, inner, keys)]
            if not place and lends(layer):
                arrays = arrays[1:]
            fill_slots(there, arrays, None, f'layer "{path}"', reading.report)
    if _variables(file, ""):
        raise file.error("the model has weights of its own, outside its layers")
    for group in _containers(claimed):
        for name in file.members(group):
            inner = f"{group}/{name}"
            if inner not in claimed and _variables(file, inner):
                raise file.error(f'the file has weights in "{inner}", for no layer of the model')
    if compiled is not None:
        arrays = [file.array(name) for name in _variables(file, "optimizer")]
        read_optimizer(compiled, arrays, model, reading, False)


def _containers(groups: set[str]) -> list[str]:
    return sorted({group.rpartition("/")[0] for group in groups})


def _variables(file: Hdf5File, group: str, keys: Sequence[str] = ()) -> list[str]:
    """Return the datasets of a group in order: the numbered ones, then those with names.

    Raises:
        FormatError: they are not numbered from 0 without a gap.
    """
    where = f"{group}/vars" if group else "vars"
    members = file.members(where)
    named = [key for key in keys if key in members]
    wanted = [str(number) for number in range(len(members) - len(named))] + named
    if sorted(wanted) != members:
        raise file.error(f'the variables in "{where}" are not numbered from 0: {members[:5]}')
    return [f"{where}/{name}" for name in wanted]


def _read_custom(file: Hdf5File, group: str, path: str, layer: Layer, reading: Reading) -> None:
    """Keep the weights of an unknown class: its own by number, those inside by path."""
    names = _custom_variables(file, group, "")
    slots = [Slot(layer, path, name, None) for name, _ in names]
    arrays = [file.array(name) for _, name in names]
    fill_slots(slots, arrays, None, f'layer "{path}"', reading.report)


def _custom_variables(file: Hdf5File, group: str, prefix: str) -> list[tuple[str, str]]:
    found = [(f"{prefix}{number}", name) for number, name in enumerate(_variables(file, group))]
    for member in file.members(group):
        if member not in ("vars", _RANDOM_STATE):
            found += _custom_variables(file, f"{group}/{member}", f"{prefix}{member}/")
    return found
