"""The assets of Keras archives: vocabularies that layers learned from data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .errors import FormatError
from .graph import CONTAINERS, Layer
from .keras_objects import class_of, shown_class
from .keras_weights import snake_case
from .registry import Config

FOLDER = "assets/"
_FILE = "vocabulary.txt"
_LOOKUP = "IntegerLookup"
_INTEGER = re.compile(r"-?[0-9]{1,19}")


def put_vocabularies(model: Any, parts: Mapping[str, bytes]) -> None:
    """Put the vocabularies of adapted layers into a model's configuration.

    Args:
        model: the configuration, which is changed.
        parts: the members of the archive by name.

    Raises:
        FormatError: a vocabulary is no list of integers.
    """
    if any(name.startswith(FOLDER) for name in parts):
        _in_container(model, f"{FOLDER}layers", parts)


def put_frequencies(model: Layer) -> None:
    """Put the frequencies that an adapted layer stores into its options.

    Keras takes a vocabulary among a layer's options together with its frequencies only.
    """
    for _, layer in model.walk():
        if layer.class_name == _LOOKUP and layer.config.get("idf_weights", []) is None:
            for weight in layer.weights:
                listed = weight.value[: len(layer.config["vocabulary"])]
                layer.config["idf_weights"] = [float(value) for value in listed]


def _in_container(container: Any, prefix: str, parts: Mapping[str, bytes]) -> None:
    inner = container.get("config") if isinstance(container, dict) else None
    entries = inner.get("layers") if isinstance(inner, dict) else None
    counts: dict[str, int] = {}
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict) or not shown_class(entry):
            continue
        name = class_of(entry)
        skipped = name == "InputLayer" and container.get("class_name") == "Sequential"
        if skipped or ".ops." in f"{entry.get('module')}.":
            continue
        base = snake_case(name.rpartition(">")[2])
        number = counts.get(base, 0)
        counts[base] = number + 1
        group = f"{prefix}/{base}_{number}" if number else f"{prefix}/{base}"
        config = entry.get("config")
        if name in (*CONTAINERS, "Model"):
            _in_container(entry, f"{group}/layers", parts)
        elif name == _LOOKUP and isinstance(config, dict):
            _put(config, f"{group}/{_FILE}", parts)


def _put(config: Config, name: str, parts: Mapping[str, bytes]) -> None:
    if config.get("vocabulary") is not None or name not in parts:
        return
    words = parts[name].decode("ascii", "replace").split()
    if not words or not all(_INTEGER.fullmatch(word) for word in words):
        raise FormatError(f"{name} is no list of integers")
    config["vocabulary"] = [int(word) for word in words]
