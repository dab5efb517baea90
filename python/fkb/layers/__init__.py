"""The layer classes that FKB knows, by kind. A new class is one entry in one of these tables."""

from __future__ import annotations

from ..registry import LayerSpec
from . import (
    activations,
    attention,
    augmentation,
    conv_recurrent,
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

MODULES = (
    core,
    activations,
    convolution,
    pooling,
    resampling,
    augmentation,
    recurrent,
    conv_recurrent,
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
    spec.class_name: spec for module in MODULES for spec in module.SPECS
}

# Classes that some Keras files call by another name than others.
STORED_AS = {spec.stored_as: name for name, spec in BUILTIN.items() if spec.stored_as}
