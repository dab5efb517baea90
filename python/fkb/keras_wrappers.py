"""Layers in a wrapper's Keras configuration, and the children of a wrapper in the graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .errors import FormatError
from .graph import Layer
from .registry import ChildRule, Config, LayerSpec
from .report import shown

if TYPE_CHECKING:
    from .keras_config import Reading


def take_children(
    spec: LayerSpec, config: Config, path: str, reading: Reading
) -> tuple[Config, list[tuple[ChildRule, Config]]]:
    """Return a wrapper's own configuration, and the layers in it with their rules.

    Raises:
        FormatError: what stands in the place of a layer is none.
    """
    if spec.complete:
        config = spec.complete(config, reading.major)
    own = dict(config)
    entries = []
    for rule in spec.children:
        for entry in _entries(rule, own.pop(rule.key, None), path):
            entries.append((rule, entry))
    return own, entries


def _entries(rule: ChildRule, value: Any, path: str) -> list[Config]:
    entries = value if rule.many else [value]
    if not isinstance(entries, list) or not entries or not all(map(_is_entry, entries)):
        raise FormatError(
            f'layer "{path}" has {shown(value)} as {rule.key}: a layer with class_name and '
            "config is expected"
        )
    return entries


def _is_entry(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("class_name"), str)


def put_children(spec: LayerSpec, entries: list[tuple[str | None, Config]], major: int) -> Config:
    """Return the keys of a wrapper's Keras configuration that hold its layers.

    Args:
        spec: the wrapper's class.
        entries: role and serialized form of each layer.
        major: the major version of Keras.
    """
    config: Config = {}
    for rule in spec.children:
        found = [entry for role, entry in entries if role == rule.role]
        if rule.many:
            config[rule.key] = found
        elif found:
            config[rule.key] = found[0]
    return spec.shorten(config, major) if spec.shorten else config


def child_problems(spec: LayerSpec, layer: Layer) -> Iterator[str]:
    """Yield what is wrong with the children of a wrapper; they may come from a text."""
    roles = {rule.role: rule for rule in spec.children}
    for child in layer.children:
        if child.role not in roles:
            yield f'holds "{child.name}" as {child.role}: it has {", ".join(roles) or "no layers"}'
    for role, rule in roles.items():
        count = sum(child.role == role for child in layer.children)
        if count == 0 or (count > 1 and not rule.many):
            yield f"holds {count} layers as {role}, it must be one{' or more' * rule.many}"
    names = [child.name for child in layer.children]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f'holds two layers of the name "{name}": give them different names in Keras'
