"""Optimizer state: the order of its variables in Keras 3 and in Keras 2."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from .graph import Array, Compile, Layer, OptimizerVariable
from .keras_compile import LEGACY
from .keras_config import Reading
from .keras_weights import check_finite, trainable_weights
from .registry import Config

# Slots of each trainable weight, one list for each run through the weights (Keras 3.15). The
# optimizers of Keras 2 before 2.11 that are others today stand with their mark.
_SLOTS: dict[str, list[list[str]]] = {
    "SGD": [["momentum"]],
    "Adam": [["momentum", "velocity"]],
    "AdamW": [["momentum", "velocity"]],
    "Lamb": [["momentum", "velocity"]],
    "Nadam": [["momentum", "velocity"]],
    "Adamax": [["momentum", "norm"]],
    "Adagrad": [["accumulator"]],
    "Adadelta": [["accumulated_grad", "accumulated_delta_var"]],
    "Ftrl": [["accumulator", "linear"]],
    "Lion": [["momentum"]],
    "RMSprop": [["velocity"], ["momentum"], ["average_gradient"]],
    "Adafactor": [["r", "c", "velocity"]],
    "Muon": [["momentum", "velocity"]],
    "legacy>RMSprop": [["velocity"], ["momentum"], ["average_gradient"]],
    "legacy>Adagrad": [["accumulator"]],
    "legacy>Nadam": [["momentum", "velocity"]],
}
_NEEDS = {
    ("SGD", "momentum"): "momentum",
    ("RMSprop", "momentum"): "momentum",
    ("RMSprop", "average_gradient"): "centered",
    ("legacy>RMSprop", "momentum"): "momentum",
    ("legacy>RMSprop", "average_gradient"): "centered",
}
_INTERLEAVED_OLD = frozenset({"Ftrl"})
KERAS2_SLOTS = {"momentum": "m", "velocity": "v", "velocity_hat": "vhat", "norm": "u"}
LEGACY_SLOTS = {
    "legacy>RMSprop": {"velocity": "rms", "average_gradient": "mg"},
    "legacy>Nadam": {"momentum": "m", "velocity": "v"},
}
LEGACY_NADAM = f"{LEGACY}Nadam"

NADAM_PRODUCT = "u_product"
LOSS_SCALING = "LossScaleOptimizer"
# Its own variables that are kept, behind those of the optimizer inside.
SCALING_SLOTS = ("step_counter", "dynamic_scale")
_FACTORS = ("r", "c")

#: Slot, path and shape of a variable; the slot is empty for one that is kept for Keras alone.
Place = tuple[str, str, tuple[int, ...]]


def optimizer_parts(config: Config) -> tuple[str, Config]:
    """Return class and options of the optimizer of a compile configuration.

    Of a `LossScaleOptimizer` of Keras 3, those of the optimizer inside.
    """
    name, options = _parts(config.get("optimizer"))
    if name == LOSS_SCALING and isinstance(options.get("inner_optimizer"), dict):
        return _parts(options["inner_optimizer"])
    return name, options


def is_scaled(config: Config) -> bool:
    """Whether the optimizer is one inside a `LossScaleOptimizer`."""
    name, options = _parts(config.get("optimizer"))
    return name == LOSS_SCALING and isinstance(options.get("inner_optimizer"), dict)


def _parts(optimizer: Any) -> tuple[str, Config]:
    if not isinstance(optimizer, dict):
        return "", {}
    options = optimizer.get("config")
    return str(optimizer.get("class_name")), options if isinstance(options, dict) else {}


def slot_runs(name: str, options: Config) -> list[list[str]] | None:
    """Return the slots of an optimizer by run through the weights, None where unknown."""
    if name not in _SLOTS:
        return None
    runs = [
        list(run)
        for run in _SLOTS[name]
        if (name, run[0]) not in _NEEDS or options.get(_NEEDS[name, run[0]])
    ]
    if options.get("amsgrad"):
        runs.append(["velocity_hat"])
    if options.get("gradient_accumulation_steps"):
        runs.insert(0, ["gradient_accumulator"])
    if options.get("use_ema"):
        runs.insert(0, ["average"])
    return runs


def has_rate_variable(options: Config) -> bool:
    """Whether Keras 3 keeps the learning rate as a variable: not where it is a schedule."""
    return not isinstance(options.get("learning_rate"), dict)


def slot_places(
    model: Layer, runs: Sequence[Sequence[str]], major: int, *, fillers: bool = False
) -> list[Place]:
    """Return (slot, path, shape) in Keras 3's order.

    Args:
        model: the model with its weights.
        runs: as `slot_runs` returns them.
        major: the Keras version whose weights are meant.
        fillers: whether vectors have places for the factors that Adafactor has of matrices
            only: Keras 3 keeps a number for each of them.
    """
    weights = trainable_weights(model, major)
    places = [
        _slot_place(slot, path, weight.value.shape)
        for run in runs
        for path, weight in weights
        for slot in run
    ]
    return [place for place in places if place[0] or fillers]


def _slot_place(slot: str, path: str, shape: tuple[int, ...]) -> Place:
    if slot not in _FACTORS:
        return slot, path, shape
    if len(shape) < 2:
        return "", path, ()
    return slot, path, shape[:-1] if slot == "r" else (*shape[:-2], shape[-1])


def read_optimizer(
    compiled: Compile, arrays: list[Array], model: Layer, reading: Reading, legacy: bool
) -> None:
    """Fill in the optimizer's variables.

    Args:
        compiled: takes the variables; has the configuration.
        arrays: the values in the order of the file.
        model: the model with its weights.
        reading: the file being read.
        legacy: the order is that of Keras 2's old optimizers: slot by slot.
    """
    for number, array in enumerate(arrays):
        check_finite(array, "", f"optimizer variable {number}", reading.report)
    if not arrays:
        return
    name, options = optimizer_parts(compiled.config)
    runs = slot_runs(name, options)
    if reading.major >= 3:
        scaling: list[Array] = []
        if is_scaled(compiled.config):
            scaling, arrays = _without_scaling(arrays)
        places = None if runs is None else _keras3_places(name, model, options, runs)
        compiled.variables = _named(places, arrays) or _unnamed(arrays, options)
        compiled.variables += [
            OptimizerVariable(slot, "", array)
            for slot, array in zip(SCALING_SLOTS, scaling, strict=False)
        ]
        return
    if runs is None:
        compiled.variables = _unnamed(_with_rate(arrays, options), options)
        return
    cache = arrays[1] if name == LEGACY_NADAM and len(arrays) > 1 else None
    arrays = arrays[:1] + arrays[2:] if cache is not None else arrays
    state = _keras2_state(name, runs, arrays, model, legacy or name.startswith(LEGACY))
    if state is None:
        reading.report.add(
            "",
            "optimizer",
            f"has {len(arrays)} variables that do not fit the trainable weights: save the model "
            "without its optimizer (include_optimizer=False)",
        )
        return
    compiled.variables = _rate_variables(arrays[0], options) + state
    if state and name.endswith("Nadam"):
        product = _nadam_product(arrays, options) if cache is None else cache
        compiled.variables.append(OptimizerVariable(NADAM_PRODUCT, "", product))


def _keras3_places(name: str, model: Layer, options: Config, runs: list[list[str]]) -> list[Place]:
    scalars: list[Place] = [("iteration", "", ())]
    if has_rate_variable(options):
        scalars.append(("learning_rate", "", ()))
    last: list[Place] = [(NADAM_PRODUCT, "", ())] if name == "Nadam" else []
    slots = slot_places(model, runs, 3, fillers=True)
    if name == "Muon":
        slots = [place for place in slots if place[0] != "velocity" or _by_adam(place, options)]
    return scalars + slots + last


def _by_adam(place: Place, options: Config) -> bool:
    """Whether Muon trains a weight as Adam does."""
    _, path, shape = place
    if len(shape) != 2 or (options.get("exclude_embeddings", True) and "embedding" in path.lower()):
        return True
    return any(re.search(str(word), path) for word in options.get("exclude_layers") or [])


def _without_scaling(arrays: list[Array]) -> tuple[list[Array], list[Array]]:
    """Return the counter and scale of a `LossScaleOptimizer`, and the variables inside.

    Its own iteration and learning rate stay zero, and before the first step it has no more.
    """
    if len(arrays) > 4 and arrays[2].shape == () == arrays[3].shape:
        return arrays[2:4], arrays[4:]
    return [], arrays[2:]


def _named(places: list[Place] | None, arrays: list[Array]) -> list[OptimizerVariable] | None:
    """Return named variables where the arrays have the expected shapes, else None."""
    if places is None or len(arrays) not in (len(places), min(2, len(places))):
        return None
    pairs = list(zip(places, arrays, strict=False))
    if any(array.shape != shape for (_, _, shape), array in pairs):
        return None
    return [OptimizerVariable(slot, path, array) for (slot, path, _), array in pairs if slot]


def keras3_variables(compiled: Compile, model: Layer, major: int) -> list[Array]:
    """Return the optimizer's variables as a Keras 3 archive has them.

    Adafactor's are told apart by their places, where vectors have fillers.
    """
    name, options = optimizer_parts(compiled.config)
    if is_scaled(compiled.config):
        return _with_scaling(compiled, model, major)
    arrays = [np.asarray(variable.value) for variable in compiled.variables]
    if name != "Adafactor" or len(arrays) <= 2:
        return arrays
    values = {(v.slot, v.path): np.asarray(v.value) for v in compiled.variables}
    places = _keras3_places(name, model, options, slot_runs(name, options) or [])
    filler = np.asarray(0, np.int32)
    if {(slot, path) for slot, path, _ in places if slot} != values.keys():
        return arrays
    return [values[slot, path] if slot else filler for slot, path, _ in places]


def inner_compile(compiled: Compile) -> Compile:
    """Return the compilation with the optimizer that stands inside a `LossScaleOptimizer`."""
    _, options = _parts(compiled.config.get("optimizer"))
    variables = [v for v in compiled.variables if v.path or v.slot not in SCALING_SLOTS]
    return Compile(compiled.config | {"optimizer": options["inner_optimizer"]}, variables)


def _with_scaling(compiled: Compile, model: Layer, major: int) -> list[Array]:
    """Return the variables of a `LossScaleOptimizer`; its scale begins anew where it is lost."""
    inner = keras3_variables(inner_compile(compiled), model, major)
    _, options = _parts(compiled.config.get("optimizer"))
    own: list[Array] = [np.asarray(0, np.int64), np.asarray(0, np.float32)]
    if len(inner) > len(own):
        kept = {v.slot: np.asarray(v.value) for v in compiled.variables if not v.path}
        scale = np.asarray(options.get("initial_scale", 2.0**15), np.float32)
        own += [kept.get("step_counter", own[0]), kept.get("dynamic_scale", scale)]
    return own + inner if inner else []


def _unnamed(arrays: list[Array], options: Config) -> list[OptimizerVariable]:
    """Return the variables of an optimizer whose slots FKB does not know, in the same order."""
    scalars = ["iteration", *(["learning_rate"] if has_rate_variable(options) else [])]
    names = [
        scalars[i] if i < len(scalars) and array.shape == () else f"var{i}"
        for i, array in enumerate(arrays)
    ]
    return [OptimizerVariable(name, "", array) for name, array in zip(names, arrays, strict=True)]


def _rate(options: Config) -> Array:
    """Return the learning rate, in real64 where Keras kept it so (`floatx` is float64)."""
    rate = options.get("learning_rate")
    value = float(rate) if isinstance(rate, (int, float)) else 0.001
    return np.asarray(value, np.float32 if float(np.float32(value)) == value else np.float64)


def _with_rate(arrays: list[Array], options: Config) -> list[Array]:
    """Insert the learning rate, which Keras 2 does not keep among the variables."""
    if not has_rate_variable(options):
        return arrays
    return [arrays[0], _rate(options), *arrays[1:]]


def _rate_variables(iteration: Array, options: Config) -> list[OptimizerVariable]:
    variables = [OptimizerVariable("iteration", "", iteration.astype(np.int64))]
    if has_rate_variable(options):
        variables.append(OptimizerVariable("learning_rate", "", _rate(options)))
    return variables


def _nadam_product(arrays: list[Array], options: Config) -> Array:
    """Return the running product of momenta, which Keras 2 does not save.

    It is computed as Keras 2 does, which casts the options through real32.
    """
    kind = arrays[1].dtype.type
    beta, base = kind(np.float32(options.get("beta_1", 0.9))), kind(np.float32(0.96))
    product = kind(1)
    for step in range(1, int(arrays[0]) + 1):
        product *= beta * (kind(1) - kind(0.5) * base ** kind(step))
        if product == 0:
            break
    return np.asarray(product)


def _keras2_state(
    name: str,
    runs: list[list[str]],
    arrays: list[Array],
    model: Layer,
    legacy: bool,
) -> list[OptimizerVariable] | None:
    """Return the slots in Keras 3's order from an order of Keras 2, None where they do not fit.

    Keras 2's SGD has momenta even where it does not use them, and Adam before TF 2 has a
    placeholder of one value for each weight in place of its third slot.
    """
    if arrays[0].shape != ():
        return None
    weights = trainable_weights(model, 2)
    kept = slot_places(model, runs, 2)
    file_runs = [["momentum"]] if name == "SGD" and not runs else runs
    if legacy and name not in _INTERLEAVED_OLD:
        file_runs = [[slot] for run in file_runs for slot in run]
    found = slot_places(model, file_runs, 2)
    rest = arrays[1:]
    if legacy and len(rest) == len(found) + len(weights) and not runs[1:]:
        rest = rest[: len(found)]
    if not rest:
        return []
    if [array.shape for array in rest] != [shape for _, _, shape in found]:
        return None
    values = {(slot, path): a for (slot, path, _), a in zip(found, rest, strict=True)}
    return [OptimizerVariable(slot, path, values[slot, path]) for slot, path, _ in kept]
