"""Options that several layer classes have."""

from __future__ import annotations

from typing import Any

from ..registry import BOTH, ONLY_KERAS3, Config, Form, Option, Shape, Use
from . import checks


def activation(name: str = "activation", default: Any = "linear") -> Option:
    """Return an option that names an activation function."""
    return Option(name, default, form=Form.ACTIVATION)


def halved(config: Config, shape: Shape, option: str = "activation") -> Shape:
    """Return the shape after the activation: `glu` halves the last axis."""
    last = shape[-1]
    if config[option] != "glu" or last is None:
        return shape
    if last % 2:
        raise ValueError(f'the activation "glu" needs an even last axis, not {last}')
    return (*shape[:-1], last // 2)


def initializer(name: str, default: str) -> Option:
    """Return an option that names an initializer."""
    return Option(name, default, Use.KEPT, Form.INITIALIZER)


def regularizer(name: str) -> Option:
    """Return an option that names a regularizer of a weight."""
    return Option(name, None, Use.TRAINING, Form.REGULARIZER)


def constraint(name: str) -> Option:
    """Return an option that names a constraint on a weight."""
    return Option(name, None, Use.TRAINING, Form.CONSTRAINT)


def weight_options(name: str, default: str) -> tuple[Option, ...]:
    """Return initializer, regularizer and constraint of the weight `name`."""
    return (
        initializer(f"{name}_initializer", default),
        regularizer(f"{name}_regularizer"),
        constraint(f"{name}_constraint"),
    )


def fixed(name: str, default: Any, *, majors: frozenset[int] = BOTH) -> Option:
    """Return an option that must have its default, and is then left out."""
    return Option(name, default, Use.FIXED, majors=majors, noise=True)


def unquantized() -> tuple[Option, ...]:
    """Return the options of quantized and low-rank layers, which FKB does not support."""
    return (
        fixed("quantization_config", None, majors=ONLY_KERAS3),
        fixed("quantization_mode", None, majors=ONLY_KERAS3),
        fixed("lora_rank", None, majors=ONLY_KERAS3),
        fixed("lora_alpha", None, majors=ONLY_KERAS3),
    )


def data_format(majors: frozenset[int] = BOTH) -> Option:
    """Return the order of axes."""
    return Option(
        "data_format",
        "channels_last",
        majors=majors,
        check=checks.one_of(None, "channels_last", "channels_first"),
    )


def seed() -> Option:
    """Return the seed of a random layer."""
    return Option("seed", None, Use.TRAINING)
