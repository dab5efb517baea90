"""From the compile configuration of Keras 3 to what a Keras file of either dialect has."""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import Array, Compile, Graph, OptimizerVariable
from .keras_compile import LEGACY, LOSS_ALIASES
from .keras_export import Writing
from .keras_optimizer import (
    KERAS2_SLOTS,
    LEGACY_SLOTS,
    NADAM_PRODUCT,
    optimizer_parts,
    slot_runs,
)
from .keras_weights import trainable_weights
from .registry import Config
from .report import shown

# Keras looks for these in an `.h5` file.
_LEGACY_KEYS = ("loss", "metrics", "weighted_metrics", "loss_weights")
_KERAS3_CLASSES = ("Lamb", "LossScaleOptimizer", "Muon", "MultiOptimizer", "ScheduleFreeAdamW")
# Keras knows no such optimizers: a model that they trained is exported without its compilation.
_ONLY_FKB = ("Rprop",)
_OURS = "fkb>"
_KERAS3_LOSSES = frozenset(
    [
        *("CTC", "Circle", "Dice", "Tversky", "CategoricalGeneralizedCrossEntropy"),
        *("ctc", "circle", "dice", "tversky", "categorical_generalized_cross_entropy"),
    ]
)
_KERAS3_ONLY = ("loss_scale_factor", "gradient_accumulation_steps")


def is_only_ours(compiled: Compile) -> bool:
    """Whether the optimizer or a loss is one that Keras does not have."""
    name, _ = optimizer_parts(compiled.config)
    return name in _ONLY_FKB or _has_ours(compiled.config.get("loss"))


def _is_ours(value: Any) -> bool:
    """Whether a loss or a metric is one that only FKB has."""
    name = value
    if isinstance(value, dict):
        name = value.get("registered_name") or value.get("class_name")
    return isinstance(name, str) and name.startswith(_OURS)


def _has_ours(value: Any) -> bool:
    """Whether losses in whatever structure have one that only FKB has."""
    if _is_ours(value):
        return True
    if isinstance(value, list):
        return any(_has_ours(item) for item in value)
    return isinstance(value, dict) and any(_has_ours(item) for item in value.values())


def _without_ours(value: Any) -> Any:
    """Return metrics in whatever structure without those that only FKB has."""
    if isinstance(value, list):
        return [_without_ours(item) for item in value if not _is_ours(item)]
    if isinstance(value, dict) and "class_name" not in value:
        return {k: None if _is_ours(v) else _without_ours(v) for k, v in value.items()}
    return None if _is_ours(value) else value


def export_compile(writing: Writing) -> Config | None:
    """Return `compile_config` of an archive or `training_config` of an `.h5` file.

    None where the model was not compiled. What the dialect cannot say goes to the report.
    """
    compiled = writing.graph.compile
    if compiled is None or is_only_ours(compiled):
        return None
    result = {key: _part(key, value, writing) for key, value in compiled.config.items()}
    _check_state(writing, compiled)
    if writing.archive:
        return result
    optimizer = result.pop("optimizer", None)
    if isinstance(optimizer, dict):
        result["optimizer_config"] = optimizer
    return dict.fromkeys(_LEGACY_KEYS) | result


def _check_state(writing: Writing, compiled: Compile) -> None:
    """Refuse to hand state of an unknown optimizer to another major version."""
    name, options = optimizer_parts(compiled.config)
    if compiled.variables and not name:
        writing.report.add("", "optimizer", "is missing, but there are variables of one")
    state = [v for v in compiled.variables if v.slot not in ("iteration", "learning_rate")]
    carried = writing.archive or writing.major == 2
    crosses = writing.graph.keras_major != writing.major
    if state and carried and crosses and slot_runs(name, options) is None:
        writing.report.add(
            "",
            "optimizer",
            f"is {name}, whose variables differ between Keras 2 and 3: export with --dialect "
            f"keras{writing.graph.keras_major}, or leave out the training part",
        )


def _part(key: str, value: Any, writing: Writing) -> Any:
    if key == "optimizer":
        return _optimizer(value, writing)
    if key == "loss":
        if writing.major == 2:
            _refuse_new_losses(value, writing)
        return _objects(value, writing, full_names=not writing.archive)
    if key in ("metrics", "weighted_metrics"):
        return _objects(_without_ours(value), writing, full_names=False)
    return value


def _refuse_new_losses(value: Any, writing: Writing) -> None:
    """Report losses that Keras 2 does not have."""
    if isinstance(value, dict) and "class_name" not in value:
        value = list(value.values())
    for item in value if isinstance(value, list) else [value]:
        name = item.get("class_name") if isinstance(item, dict) else item
        registered = isinstance(item, dict) and item.get("registered_name")
        if not registered and name in _KERAS3_LOSSES:
            writing.report.add("", "compile loss", f"is {name}, which does not exist in Keras 2")


def _objects(value: Any, writing: Writing, *, full_names: bool) -> Any:
    """Return losses or metrics in the words of the dialect.

    Keras 3 cannot load an `.h5` file with a loss under its short name.
    """
    if isinstance(value, str):
        return LOSS_ALIASES.get(value, value) if full_names else value
    if isinstance(value, list):
        return [_objects(item, writing, full_names=full_names) for item in value]
    if not isinstance(value, dict):
        return value
    if "class_name" not in value:
        return {k: _objects(v, writing, full_names=full_names) for k, v in value.items()}
    config = value.get("config")
    if writing.major == 2 and isinstance(config, dict):
        if config.get("reduction") == "mean_with_sample_weight":
            writing.report.add(
                "", "compile loss", f"is {shown(value)}: Keras 2 has no such reduction"
            )
        config = {k: v for k, v in config.items() if not (k == "dtype" and full_names)}
        value = value | {"config": config}
    return value if writing.archive else _short(value)


def _short(value: Config) -> Config:
    """Return an object as `.h5` files have it."""
    name = value.get("registered_name") or value["class_name"]
    return {"class_name": name, "config": value.get("config")}


def _optimizer(value: Any, writing: Writing) -> Any:
    if not isinstance(value, dict) or not isinstance(value.get("class_name"), str):
        return value
    name = value["class_name"]
    config = dict(value["config"]) if isinstance(value.get("config"), dict) else {}
    if name.startswith(LEGACY):
        return _legacy_optimizer(name, config, value, writing)
    if value.get("registered_name"):
        return value if writing.archive else _short(value)
    if writing.major == 2:
        if name in _KERAS3_CLASSES:
            writing.report.add("", "optimizer", f"is {name}, which does not exist in Keras 2")
        for key in _KERAS3_ONLY:
            if config.pop(key, None) is not None:
                writing.report.add("", f"optimizer {key}", "does not exist in Keras 2")
        rate = _rate_value(writing.graph)
        if rate is not None and not isinstance(config.get("learning_rate"), dict):
            config["learning_rate"] = rate
    if writing.archive:
        return value | {"config": config}
    return {"class_name": f"Custom>{name}" if writing.major == 2 else name, "config": config}


def _legacy_optimizer(name: str, config: Config, value: Config, writing: Writing) -> Config:
    plain = name.removeprefix(LEGACY)
    if writing.major >= 3:
        writing.report.add(
            "",
            "optimizer",
            f"is {plain} of Keras 2 before 2.11, which is another algorithm in Keras 3: export "
            "with --dialect keras2, or leave out the training part",
        )
    rate = _rate_value(writing.graph)
    if rate is not None and not isinstance(config.get("learning_rate"), dict):
        config["learning_rate"] = rate
    if writing.archive:
        return value | {"module": "keras.optimizers.legacy", "class_name": plain, "config": config}
    return {"class_name": plain, "config": config}


def _rate_value(graph: Graph) -> float | None:
    variables = graph.compile.variables if graph.compile else []
    for variable in variables:
        if variable.slot == "learning_rate":
            return float(np.asarray(variable.value))
    return None


def keras2_variables(graph: Graph) -> list[tuple[str, Array]]:
    """Return (name, value) of the optimizer's variables as tf_keras stores them.

    The learning rate is no variable there, and SGD always has momenta.
    """
    compiled = graph.compile
    if compiled is None or not compiled.variables:
        return []
    name, options = optimizer_parts(compiled.config)
    if name.startswith(LEGACY):
        return _legacy_variables(name, compiled)
    result: list[tuple[str, Array]] = []
    for variable in compiled.variables:
        if variable.slot not in ("learning_rate", NADAM_PRODUCT):
            result.append((_keras2_name(name, variable), np.asarray(variable.value)))
    if name == "SGD" and not options.get("momentum") and _was_built(graph):
        for path, weight in trainable_weights(graph.model, graph.keras_major):
            result.append((f"SGD/m/{path}:0", np.zeros_like(weight.value)))
    return result


def _legacy_variables(name: str, compiled: Compile) -> list[tuple[str, Array]]:
    """Return the variables of an optimizer of Keras 2 before 2.11: slot by slot."""
    plain, short = name.removeprefix(LEGACY), LEGACY_SLOTS.get(name, {})
    first = [("iter", "iteration"), ("momentum_cache", NADAM_PRODUCT)]
    values = {v.slot: np.asarray(v.value) for v in compiled.variables if not v.path}
    result = [(f"{plain}/{new}:0", values[slot]) for new, slot in first if slot in values]
    slots = dict.fromkeys(v.slot for v in compiled.variables if v.path)
    for slot in slots:
        result += [
            (f"{plain}/{v.path}/{short.get(slot, slot)}:0", np.asarray(v.value))
            for v in compiled.variables
            if v.slot == slot
        ]
    return result


def _was_built(graph: Graph) -> bool:
    """Whether the optimizer has made a step, so that Keras 2 had made its variables."""
    variables = graph.compile.variables if graph.compile else []
    return bool(variables) and int(np.asarray(variables[0].value)) > 0


def _keras2_name(optimizer: str, variable: OptimizerVariable) -> str:
    if variable.slot == "iteration":
        return "iteration:0"
    slot = variable.slot
    if optimizer != "RMSprop":
        slot = KERAS2_SLOTS.get(slot, slot)
    return f"{optimizer}/{slot}/{variable.path}:0" if variable.path else f"{optimizer}/{slot}:0"
