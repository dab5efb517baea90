"""From what Keras saves of `model.compile` to the compile configuration of Keras 3."""

from __future__ import annotations

from typing import Any

from .keras_config import Reading
from .keras_objects import ObjectError, canonical_object, class_of, plain
from .registry import Config
from .report import shown

LOSS_ALIASES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
}
LOSS_ALIASES |= {alias.upper(): name for alias, name in list(LOSS_ALIASES.items())}
OPTIMIZERS = {
    name.lower(): name
    for name in (
        "SGD",
        "Adam",
        "AdamW",
        "RMSprop",
        "Adagrad",
        "Adadelta",
        "Adamax",
        "Nadam",
        "Ftrl",
        "Lion",
        "Adafactor",
        "Lamb",
        "Muon",
    )
}
LEGACY = "legacy>"
_MODULE = "keras.optimizers"

_ORDER = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics")
_DROPPED = ("sample_weight_mode", "optimizer_config")
_CHANGED_LEGACY = frozenset({"RMSprop", "Adagrad"})
_CLIPS = ("clipnorm", "global_clipnorm", "clipvalue")
_LEGACY_KEYS = ("jit_compile", "is_legacy_optimizer")
_NULL_NOISE = ("loss_scale_factor", "gradient_accumulation_steps")
_DEFAULT_RATES = {"SGD": 0.01, "Muon": 0.01}


def read_compile_config(config: Any, reading: Reading, outputs: int) -> Config:
    """Return the compile configuration in the form of Keras 3.

    Args:
        config: `compile_config` of a `.keras` archive, or `training_config` of an `.h5` file.
        reading: the file being read; what cannot be understood goes to its report.
        outputs: the number of the model's outputs.
    """
    if not isinstance(config, dict):
        reading.report.add("", "compile", f"is {shown(config)}: it must be an object")
        return {}
    given = dict(config)
    if "optimizer_config" in given:
        given["optimizer"] = given["optimizer_config"]
    keys = [key for key in _ORDER if key in given]
    keys += [key for key in given if key not in (*_ORDER, *_DROPPED)]
    result: Config = {}
    for key in keys:
        value = plain(given[key])
        if reading.major == 2 and value is None and key not in _ORDER:
            continue
        try:
            result[key] = _part(key, value, reading, outputs)
        except ObjectError as problem:
            reading.report.add("", f"compile {key}", f"is {shown(value)}: {problem}")
    return result


def _part(key: str, value: Any, reading: Reading, outputs: int) -> Any:
    if key == "optimizer":
        return _optimizer(value, reading)
    if key == "loss":
        return _objects(value, "keras.losses")
    if key in ("metrics", "weighted_metrics"):
        metrics = _objects(value, "keras.metrics")
        nested = isinstance(metrics, list) and len(metrics) == 1 and isinstance(metrics[0], list)
        return metrics[0] if nested and outputs == 1 and reading.major == 2 else metrics
    return value


def _objects(value: Any, module: str) -> Any:
    """Return losses or metrics, in whatever structure, in the form of Keras 3."""
    if isinstance(value, list):
        return [_objects(item, module) for item in value]
    if not isinstance(value, dict):
        return value
    if "class_name" not in value:
        return {key: _objects(item, module) for key, item in value.items()}
    if value["class_name"] in ("MeanMetricWrapper", "SumOverBatchSizeMetricWrapper"):
        name = _wrapped_metric(value)
        if name is not None:
            return name
    result = canonical_object(value, module)
    if isinstance(result, dict):
        config = {key: item for key, item in result["config"].items() if key != "fn"}
        if config.get("reduction") == "auto":
            config["reduction"] = "sum_over_batch_size"
        result["config"] = config
    return result


def _wrapped_metric(value: Config) -> str | None:
    """Return the name of a metric that Keras 2 wrapped around a function."""
    config = value.get("config")
    function = config.get("fn") if isinstance(config, dict) else None
    if isinstance(function, dict):
        function = function.get("config")
    if not isinstance(function, str) or not isinstance(config, dict):
        return None
    shown_name = str(config.get("name"))
    if shown_name.endswith(("accuracy", "acc")) and function.endswith("accuracy"):
        return "accuracy" if not shown_name.endswith(function) else function
    short = shown_name.rpartition("_")[2]
    return short if LOSS_ALIASES.get(short) == function else function


def _optimizer(value: Any, reading: Reading) -> Any:
    if value is None:
        return None
    if isinstance(value, str):
        name = OPTIMIZERS.get(value.lower())
        if name is None:
            raise ObjectError("is no optimizer of Keras")
        rate = _DEFAULT_RATES.get(name, 0.001)
        value = {"class_name": name, "config": {"learning_rate": rate}}
    if not isinstance(value, dict):
        raise ObjectError("must be a name or an object")
    name = class_of(value)
    config = value.get("config")
    if not isinstance(config, dict):
        raise ObjectError("has no config")
    legacy = reading.major == 2 and _is_legacy(value.get("module"), name, config, reading)
    name = name.removeprefix("Custom>")
    if ">" in name:
        return canonical_object(value, "keras.optimizers")
    config = _optimizer_config(config, reading)
    if legacy:
        name, config = _modern(name, config)
    return {
        "module": _MODULE,
        "class_name": name,
        "config": config,
        "registered_name": None,
    }


def _is_legacy(module: Any, name: str, config: Config, reading: Reading) -> bool:
    """Whether tf_keras would restore one of its old optimizers."""
    if "is_legacy_optimizer" in config:
        return bool(config["is_legacy_optimizer"])
    if module == f"{_MODULE}.legacy":
        return True
    return not reading.archive and not name.startswith("Custom>")


def _optimizer_config(config: Config, reading: Reading) -> Config:
    result: Config = {}
    for key, value in config.items():
        if key in _NULL_NOISE and value is None:
            continue
        if reading.major == 2 and key in _LEGACY_KEYS:
            continue
        if isinstance(value, dict) and "class_name" in value:
            inner = key == "inner_optimizer"
            value = canonical_object(value, _MODULE if inner else f"{_MODULE}.schedules")
        result["learning_rate" if key == "lr" else key] = value
    return result


def _modern(name: str, config: Config) -> tuple[str, Config]:
    """Return the optimizer of Keras 3 that does what Keras 2's old one does.

    The old learning rate was `lr/(1 + decay*iterations)`. RMSprop, Adagrad and Nadam were other
    algorithms; they are marked, so that nobody takes one for the other, and so is what clips
    gradients twice. Nadam's decay is one of its momenta; Keras 2 reads it under another name.
    """
    if name == "Nadam":
        decay = config.get("schedule_decay", config.get("decay", 0.004))
        config = {key: value for key, value in config.items() if key != "decay"}
        return f"{LEGACY}{name}", config | {"schedule_decay": decay}
    clips = [key for key in _CLIPS if config.get(key) is not None]
    marked = name in _CHANGED_LEGACY or len(clips) > 1
    decay = config.get("decay", 0.0)
    config = {key: value for key, value in config.items() if key != "decay"}
    if isinstance(decay, (int, float)) and decay != 0:
        config["learning_rate"] = {
            "module": "keras.optimizers.schedules",
            "class_name": "InverseTimeDecay",
            "config": {
                "initial_learning_rate": config.get("learning_rate"),
                "decay_steps": 1,
                "decay_rate": decay,
                "staircase": False,
                "name": "InverseTimeDecay",
            },
            "registered_name": None,
        }
    return f"{LEGACY}{name}" if marked else name, config
