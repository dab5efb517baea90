"""The layer classes that FKB knows, by kind. A new class is one entry in one of these tables."""

from __future__ import annotations

from ..registry import LayerSpec
from . import (
    activations,
    attention,
    augmentation,
    convolution,
    core,
    embedding,
    encoding,
    merging,
    noise,
    normalization,
    operation,
    pooling,
    recurrent,
    resampling,
    reshaping,
    scaling,
    wrappers,
)

_MODULES = (
    core,
    activations,
    convolution,
    pooling,
    resampling,
    augmentation,
    recurrent,
    wrappers,
    attention,
    noise,
    normalization,
    scaling,
    reshaping,
    merging,
    embedding,
    encoding,
    operation,
)

BUILTIN: dict[str, LayerSpec] = {
    spec.class_name: spec for module in _MODULES for spec in module.SPECS
}
