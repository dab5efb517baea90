"""HDF5 files as Keras 2 wrote them, made with h5py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

DENSE = {
    "class_name": "Dense",
    "config": {"name": "d1", "units": 2, "activation": "tanh", "batch_input_shape": [None, 3]},
}
SECOND = {"class_name": "Dense", "config": {"name": "d2", "units": 1}}
KERNEL = np.arange(6, dtype=np.float32).reshape(3, 2) / 7
BIAS = np.array([0.5, -0.25], np.float32)
WEIGHTS = [
    ("d1", [("d1/kernel:0", KERNEL), ("d1/bias:0", BIAS)]),
    ("d2", [("d2/kernel:0", KERNEL[:2, :1]), ("d2/bias:0", BIAS[:1])]),
]
LEGACY_ADAM = {
    "optimizer_config": {
        "class_name": "Adam",
        "config": {
            "lr": 0.25,
            "beta_1": 0.875,
            "beta_2": 0.75,
            "decay": 0.0,
            "epsilon": 1e-7,
            "amsgrad": False,
        },
    },
    "loss": "mse",
    "metrics": ["mae"],
    "sample_weight_mode": None,
    "loss_weights": None,
}


def sequential(*layers: Any, as_list: bool = False) -> dict[str, Any]:
    listed = list(layers or (DENSE, SECOND))
    config: Any = listed if as_list else {"name": "m", "layers": listed}
    return {"class_name": "Sequential", "config": config}


def names(values: list[str], kind: str) -> Any:
    """Return names as h5py 3 writes them, as h5py 2 did, or as fixed-length bytes."""
    if not values:
        return np.zeros(0)
    encoded = [value.encode() for value in values]
    return encoded if kind == "varying" else np.array(encoded, "S")


def write_legacy(
    path: Path,
    config: Any = None,
    weights: Any = None,
    *,
    version: str = "2.2.4",
    kind: str = "varying",
    split: int = 1,
    at_root: bool = False,
    training: Any = None,
    optimizer: Any = None,
    **options: Any,
) -> Path:
    """Write a whole-model file as Keras 2 does, with h5py."""
    weights = WEIGHTS if weights is None else weights
    with h5py.File(path, "w", **options) as file:
        if not at_root:
            encoded = json.dumps(sequential() if config is None else config)
            file.attrs["model_config"] = encoded.encode() if kind == "fixed" else encoded
            file.attrs["keras_version"] = version
            if training is not None:
                file.attrs["training_config"] = json.dumps(training)
        group = file if at_root else file.create_group("model_weights")
        group.attrs["keras_version"] = version
        parts = np.array_split(np.array([name for name, _ in weights]), split)
        for number, part in enumerate(parts):
            suffix = "" if split == 1 else str(number)
            group.attrs[f"layer_names{suffix}"] = names([str(n) for n in part], kind)
        for name, listed in weights:
            inner = group.create_group(name)
            inner.attrs["weight_names"] = names([weight for weight, _ in listed], kind)
            for weight, value in listed:
                inner[weight] = value
        if optimizer is not None:
            inner = file.create_group("optimizer_weights")
            inner.attrs["weight_names"] = names([name for name, _ in optimizer], kind)
            for name, value in optimizer:
                inner[name] = value
    return path
