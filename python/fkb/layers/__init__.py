"""The layer classes that FKB knows, by kind. A new class is one entry in one of these tables."""

from __future__ import annotations

from ..registry import LayerSpec
from . import activations, core, embedding, merging, noise, normalization, reshaping

BUILTIN: dict[str, LayerSpec] = {
    spec.class_name: spec
    for module in (core, activations, noise, normalization, reshaping, merging, embedding)
    for spec in module.SPECS
}
