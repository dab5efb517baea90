"""Pooling."""

from __future__ import annotations

from ..registry import ONLY_KERAS3, REQUIRED, Config, LayerSpec, Option
from . import checks
from .options import data_format
from .space import Size, listed, per_axis, pooled, with_space

_PADDING = Option("padding", "valid", check=checks.one_of("valid", "same"))
_KEEPDIMS = Option("keepdims", False, check=checks.boolean)


def _pooled(config: Config, sizes: list[Size]) -> list[Size]:
    axes = len(sizes)
    windows = listed(config["pool_size"], axes)
    strides = windows if config["strides"] is None else listed(config["strides"], axes)
    return [
        pooled(size, window, stride, config["padding"])
        for size, window, stride in zip(sizes, windows, strides, strict=True)
    ]


def _adapted(config: Config, sizes: list[Size]) -> list[Size]:
    return listed(config["output_size"], len(sizes))


def _one_cell(config: Config, sizes: list[Size]) -> list[Size]:
    return [1] * len(sizes) if config["keepdims"] else []


def _ordinary(kind: str, axes: int) -> LayerSpec:
    return LayerSpec(
        f"{kind}Pooling{axes}D",
        options=(
            Option("pool_size", 2, check=per_axis(axes)),
            Option("strides", None, check=checks.optional(per_axis(axes))),
            _PADDING,
            data_format(),
        ),
        output=with_space(axes, _pooled),
    )


def _whole(kind: str, axes: int) -> LayerSpec:
    return LayerSpec(
        f"Global{kind}Pooling{axes}D",
        options=(data_format(), _KEEPDIMS),
        output=with_space(axes, _one_cell),
        call_tensors=frozenset({"mask"} if kind == "Average" and axes == 1 else ()),
    )


def _adaptive(kind: str, axes: int) -> LayerSpec:
    return LayerSpec(
        f"Adaptive{kind}Pooling{axes}D",
        options=(Option("output_size", REQUIRED, check=per_axis(axes)), data_format()),
        output=with_space(axes, _adapted),
        majors=ONLY_KERAS3,
    )


SPECS: tuple[LayerSpec, ...] = tuple(
    make(kind, axes)
    for make in (_ordinary, _whole, _adaptive)
    for kind in ("Max", "Average")
    for axes in (1, 2, 3)
)
