"""Upsampling, resizing, padding and cropping."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..registry import (
    BOTH,
    ONLY_KERAS3,
    REQUIRED,
    Check,
    Config,
    LayerSpec,
    Option,
    Shapes,
)
from . import checks
from .options import data_format
from .space import Size, listed, per_axis, with_space

INTERPOLATIONS = (
    *("nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5"),
    *("gaussian", "mitchellcubic"),
)


def margins(axes: int) -> Check:
    """Return a check of what is added to or cut off from the sides of each axis."""

    def size(value: Any) -> bool:
        return checks.integer(value) is None and value >= 0

    def check(value: Any) -> str | None:
        pair = 2 if axes == 1 else axes
        if size(value):
            return None
        if isinstance(value, list) and len(value) == pair and all(map(size, value)):
            return None
        if axes > 1 and isinstance(value, list) and len(value) == axes:
            pairs = [side if isinstance(side, list) else [side] for side in value]
            if all(len(side) in (1, 2) and all(map(size, side)) for side in pairs):
                return None
        return f"must be a size from 0, {pair} of them, or two for each of {axes} axes"

    return check


def _sides(value: Any, axes: int) -> list[list[int]]:
    """Return what is added or cut before and after, for each axis."""
    if not isinstance(value, list):
        return [[value, value]] * axes
    if axes == 1:
        return [value]
    return [listed(side, 2) for side in value]


def _padded(config: Config, sizes: list[Size]) -> list[Size]:
    sides = _sides(config["padding"], len(sizes))
    return [None if n is None else n + sum(side) for n, side in zip(sizes, sides, strict=True)]


def _cropped(config: Config, sizes: list[Size]) -> list[Size]:
    sides = _sides(config["cropping"], len(sizes))
    left = [None if n is None else n - sum(side) for n, side in zip(sizes, sides, strict=True)]
    if any(n is not None and n < 1 for n in left):
        raise ValueError(f"cropping {config['cropping']} leaves nothing of {sizes}")
    return left


def _enlarged(config: Config, sizes: list[Size]) -> list[Size]:
    times = listed(config["size"], len(sizes))
    return [None if n is None else n * k for n, k in zip(sizes, times, strict=True)]


def _resized(config: Config, sizes: list[Size]) -> list[Size]:
    return [config["height"], config["width"]]


def _check_aspect(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    if config["crop_to_aspect_ratio"] and config["pad_to_aspect_ratio"]:
        yield "pad_to_aspect_ratio", "is true: crop_to_aspect_ratio is true too"


_NOTE = (
    "All interpolations but `nearest` take the weights that TensorFlow computes in real32, in "
    "networks of real64 too; `gaussian` and `mitchellcubic` are Keras 2's"
)
_TARGET = (
    Option("height", REQUIRED, check=checks.positive),
    Option("width", REQUIRED, check=checks.positive),
)


def _interpolation(default: str) -> Option:
    return Option(
        "interpolation",
        default,
        check=checks.one_of(*INTERPOLATIONS),
        only_keras2=("gaussian", "mitchellcubic"),
    )


SPECS: tuple[LayerSpec, ...] = (
    *(
        LayerSpec(
            f"ZeroPadding{axes}D",
            options=(
                Option("padding", 1, check=margins(axes)),
                data_format(ONLY_KERAS3 if axes == 1 else BOTH),
            ),
            output=with_space(axes, _padded),
        )
        for axes in (1, 2, 3)
    ),
    *(
        LayerSpec(
            f"Cropping{axes}D",
            options=(
                Option("cropping", 0 if axes == 2 else 1, check=margins(axes)),
                *((data_format(),) if axes > 1 else ()),
            ),
            output=with_space(axes, _cropped),
        )
        for axes in (1, 2, 3)
    ),
    LayerSpec(
        "UpSampling1D",
        options=(Option("size", 2, check=per_axis(1)),),
        output=with_space(1, _enlarged),
    ),
    LayerSpec(
        "UpSampling2D",
        options=(
            Option("size", 2, check=per_axis(2)),
            data_format(),
            _interpolation("nearest"),
        ),
        output=with_space(2, _enlarged),
        note=_NOTE,
    ),
    LayerSpec(
        "UpSampling3D",
        options=(Option("size", 2, check=per_axis(3)), data_format()),
        output=with_space(3, _enlarged),
    ),
    LayerSpec(
        "Resizing",
        options=(
            *_TARGET,
            _interpolation("bilinear"),
            Option("crop_to_aspect_ratio", False, check=checks.boolean),
            Option("pad_to_aspect_ratio", False, check=checks.boolean, majors=ONLY_KERAS3),
            Option("fill_mode", "constant", check=checks.one_of("constant"), majors=ONLY_KERAS3),
            Option("fill_value", 0.0, check=checks.number, majors=ONLY_KERAS3),
            Option("antialias", False, check=checks.boolean, majors=ONLY_KERAS3),
            data_format(ONLY_KERAS3),
        ),
        output=with_space(2, _resized),
        check=_check_aspect,
        note=_NOTE,
    ),
    LayerSpec(
        "CenterCrop",
        options=(*_TARGET, data_format(ONLY_KERAS3)),
        output=with_space(2, _resized),
    ),
)
