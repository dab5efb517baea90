"""Convolutions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..registry import (
    ONLY_KERAS2,
    ONLY_KERAS3,
    REQUIRED,
    Check,
    Config,
    Form,
    LayerSpec,
    Option,
    Shape,
    Shapes,
    Use,
    WeightRule,
)
from . import checks
from .options import activation, data_format, fixed, unquantized, weight_options


def sizes(axes: int, least: int = 1) -> Check:
    """Return a check that accepts an integer, or one for each axis."""

    def check(value: Any) -> str | None:
        values = value if isinstance(value, list) else [value] * axes
        if len(values) == axes and all(checks.is_integer(n) and n >= least for n in values):
            return None if max(values) < 2**31 else "is too large"
        return f"must be an integer not below {least}, or a list of {axes}"

    return check


def each(config: Config, name: str, axes: int) -> list[int]:
    """Return an option that is an integer or one for each axis as a list."""
    value = config[name]
    return list(value) if isinstance(value, list) else [value] * axes


def channels(config: Config, shape: Shape) -> int:
    """Return the number of channels of an input.

    Raises:
        ValueError: it is open.
    """
    first = config["data_format"] == "channels_first"
    size = shape[1] if first else shape[-1]
    if size is None:
        raise ValueError(f"the number of channels must be known, not {list(shape)}")
    return size


def reshaped(config: Config, shape: Shape, extents: list[int | None], filters: int) -> Shape:
    """Return the shape of an output with these extents along the axes of space."""
    if config["data_format"] == "channels_first":
        return (shape[0], filters, *extents)
    return (shape[0], *extents, filters)


def extents(config: Config, shape: Shape, axes: int) -> list[int | None]:
    """Return how often a window fits along each axis of space.

    Raises:
        ValueError: the input has another rank, or the window is larger than the input.
    """
    space = _space(config, shape, axes)
    result: list[int | None] = []
    for n, window, stride, dilation in zip(
        space,
        each(config, "kernel_size", axes),
        each(config, "strides", axes),
        each(config, "dilation_rate", axes),
        strict=True,
    ):
        if n is None:
            result.append(None)
            continue
        reach = (window - 1) * dilation + 1 if config["padding"] == "valid" else 1
        if n < reach:
            raise ValueError(f"the kernel reaches over {reach} of the {n} values of an axis")
        result.append((n - reach) // stride + 1)
    return result


def _space(config: Config, shape: Shape, axes: int) -> Shape:
    if len(shape) != axes + 2:
        raise ValueError(f"the input must have rank {axes + 2} with the batch, not {len(shape)}")
    return shape[2:] if config["data_format"] == "channels_first" else shape[1:-1]


def _transposed_extents(config: Config, shape: Shape, axes: int) -> list[int | None]:
    """Return the extents of a transposed convolution's output, as Keras does."""
    extra: list[Any] = [None] * axes
    if config["output_padding"] is not None:
        extra = each(config, "output_padding", axes)
    result: list[int | None] = []
    for n, window, stride, dilation, more in zip(
        _space(config, shape, axes),
        each(config, "kernel_size", axes),
        each(config, "strides", axes),
        each(config, "dilation_rate", axes),
        extra,
        strict=True,
    ):
        if n is None:
            result.append(None)
            continue
        reach = (window - 1) * dilation + 1
        if config["padding"] == "valid":
            last = max(reach, stride) if more is None else reach + more
        else:
            last = stride if more is None else reach % 2 + more
        if (n - 1) * stride + last < 1:
            raise ValueError("the output would be empty")
        result.append((n - 1) * stride + last)
    return result


def _lacks(axes: int) -> Callable[[Config, int], Iterator[tuple[str, str]]]:
    """Return what the majors of Keras do not have of depthwise and separable convolutions."""

    def lacks(config: Config, major: int) -> Iterator[tuple[str, str]]:
        if major == 2:
            for name, message in _check_dilation(config, axes):
                yield name, f"{message} in Keras 2"
        elif config["padding"] == "causal":
            yield "padding", "is causal, which this class has in Keras 2 only"

    return lacks


def _check_dilation(config: Config, axes: int) -> Iterator[tuple[str, str]]:
    if max(each(config, "strides", axes)) > 1 and max(each(config, "dilation_rate", axes)) > 1:
        yield "dilation_rate", "is not 1 where a stride is not 1, which is refused"


def _halved(config: Config, shape: Shape) -> Shape:
    """Return the shape after the activation: `glu` halves the last axis."""
    last = shape[-1]
    if config["activation"] != "glu" or last is None:
        return shape
    if last % 2:
        raise ValueError(f'the activation "glu" needs an even last axis, not {last}')
    return (*shape[:-1], last // 2)


def _window(axes: int, *paddings: str) -> tuple[Option, ...]:
    """Return the options of the window."""
    return (
        Option("kernel_size", REQUIRED, check=sizes(axes)),
        Option("strides", [1] * axes, check=sizes(axes)),
        Option("padding", "valid", check=checks.one_of("valid", "same", *paddings)),
        data_format(),
        Option("dilation_rate", [1] * axes, check=sizes(axes)),
    )


_END = (activation(), Option("use_bias", True, check=checks.boolean))
_FILTERS = Option("filters", REQUIRED, check=checks.positive)
_MULTIPLIER = Option("depth_multiplier", 1, check=checks.positive)
# Keras 2 writes options of Conv that the class does not use.
_NO_GROUPS = fixed("groups", 1, majors=ONLY_KERAS2)
_NO_KERNEL = tuple(
    Option(f"kernel_{name}", default, Use.KEPT, form, majors=ONLY_KERAS2, noise=True)
    for name, default, form in (
        ("initializer", "glorot_uniform", Form.INITIALIZER),
        ("regularizer", None, Form.REGULARIZER),
        ("constraint", None, Form.CONSTRAINT),
    )
)


def _conv(axes: int) -> LayerSpec:
    def check(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
        yield from _check_dilation(config, axes)
        if config["filters"] % config["groups"]:
            yield "groups", f"is {config['groups']}: it must divide the filters"
        elif (size := channels(config, shapes[0])) % config["groups"]:
            yield "groups", f"is {config['groups']}: it must divide the {size} channels"

    return LayerSpec(
        f"Conv{axes}D",
        options=(
            _FILTERS,
            *_window(axes, *(["causal"] if axes == 1 else [])),
            Option("groups", 1, check=checks.positive),
            *_END,
            *weight_options("kernel", "glorot_uniform"),
            *weight_options("bias", "zeros"),
            *unquantized(),
        ),
        weights=(
            WeightRule(
                "kernel",
                lambda c, s: (
                    *each(c, "kernel_size", axes),
                    channels(c, s[0]) // c["groups"],
                    c["filters"],
                ),
            ),
            WeightRule("bias", lambda c, s: (c["filters"],), when="use_bias"),
        ),
        output=lambda c, s: _halved(c, reshaped(c, s[0], extents(c, s[0], axes), c["filters"])),
        check=check,
    )


def _conv_transpose(axes: int) -> LayerSpec:
    def check(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
        yield from _check_dilation(config, axes)
        if config["output_padding"] is not None:
            extra = each(config, "output_padding", axes)
            if any(a >= b for a, b in zip(extra, each(config, "strides", axes), strict=True)):
                yield "output_padding", f"is {extra}: it must be less than the strides"

    window = _window(axes)
    if axes == 3:  # Keras 2 neither saves nor uses it
        rate = Option("dilation_rate", [1] * 3, majors=ONLY_KERAS3, check=sizes(3))
        window = (*window[:-1], rate)
    return LayerSpec(
        f"Conv{axes}DTranspose",
        options=(
            _FILTERS,
            *window,
            Option("output_padding", None, check=checks.optional(sizes(axes, 0))),
            _NO_GROUPS,
            *_END,
            *weight_options("kernel", "glorot_uniform"),
            *weight_options("bias", "zeros"),
            *unquantized(),
        ),
        weights=(
            WeightRule(
                "kernel",
                lambda c, s: (*each(c, "kernel_size", axes), c["filters"], channels(c, s[0])),
            ),
            WeightRule("bias", lambda c, s: (c["filters"],), when="use_bias"),
        ),
        output=lambda c, s: _halved(
            c, reshaped(c, s[0], _transposed_extents(c, s[0], axes), c["filters"])
        ),
        check=check,
    )


def _depthwise(axes: int) -> LayerSpec:
    def filters(config: Config, shapes: Shapes) -> int:
        return channels(config, shapes[0]) * int(config["depth_multiplier"])

    return LayerSpec(
        f"DepthwiseConv{axes}D",
        options=(
            *_window(axes),
            _MULTIPLIER,
            _NO_GROUPS,
            *_END,
            *weight_options("depthwise", "glorot_uniform"),
            *weight_options("bias", "zeros"),
        ),
        weights=(
            WeightRule(
                "kernel",
                lambda c, s: (
                    *each(c, "kernel_size", axes),
                    channels(c, s[0]),
                    c["depth_multiplier"],
                ),
                keras2=("depthwise_kernel",),
            ),
            WeightRule("bias", lambda c, s: (filters(c, s),), when="use_bias"),
        ),
        output=lambda c, s: _halved(c, reshaped(c, s[0], extents(c, s[0], axes), filters(c, s))),
        lacks=_lacks(axes),
    )


def _separable(axes: int) -> LayerSpec:
    return LayerSpec(
        f"SeparableConv{axes}D",
        options=(
            _FILTERS,
            *_window(axes, *(["causal"] if axes == 1 else [])),
            _MULTIPLIER,
            _NO_GROUPS,
            *_END,
            *_NO_KERNEL,
            *weight_options("depthwise", "glorot_uniform"),
            *weight_options("pointwise", "glorot_uniform"),
            *weight_options("bias", "zeros"),
        ),
        weights=(
            WeightRule(
                "depthwise_kernel",
                lambda c, s: (
                    *each(c, "kernel_size", axes),
                    channels(c, s[0]),
                    c["depth_multiplier"],
                ),
            ),
            WeightRule(
                "pointwise_kernel",
                lambda c, s: (
                    *[1] * axes,
                    channels(c, s[0]) * c["depth_multiplier"],
                    c["filters"],
                ),
            ),
            WeightRule("bias", lambda c, s: (c["filters"],), when="use_bias"),
        ),
        output=lambda c, s: _halved(c, reshaped(c, s[0], extents(c, s[0], axes), c["filters"])),
        lacks=_lacks(axes),
    )


def _transform_length(config: Config) -> int:
    """Return the option `fft_length`, by default the next power of two."""
    frame = int(config["frame_length"])
    return int(config["fft_length"] or 1 << (frame - 1).bit_length())


def _window_kind(value: Any) -> str | None:
    numbers = isinstance(value, list) and all(map(checks.is_number, value))
    fits = value is None or isinstance(value, str) or numbers
    return None if fits else "must be a name or a list of numbers"


def _check_frames(config: Config, shapes: Shapes) -> Iterator[tuple[str, str]]:
    frame, step = config["frame_length"], config["frame_step"]
    if not 1 <= (step or frame // 2) <= frame:
        yield "frame_step", f"is {step}: it must be from 1 to the {frame} values of a frame"
    if _transform_length(config) < frame:
        yield "fft_length", f"must not be less than the {frame} values of a frame"
    elif config["mode"] == "psd" and _transform_length(config) < 2:
        yield "fft_length", "must be 2 or more in mode psd"


def _spectrogram(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of a spectrogram: frames, and frequencies of all channels or of each."""
    size = channels(config, shapes[0])
    window = {
        "data_format": config["data_format"],
        "kernel_size": config["frame_length"],
        "strides": config["frame_step"] or config["frame_length"] // 2,
        "dilation_rate": 1,
        "padding": config["padding"],
    }
    (frames,) = extents(window, shapes[0], 1)
    rows = _transform_length(config) // 2 + 1
    rows *= 2 if config["mode"] == "stft" else 1
    if not config["expand_dims"]:
        return reshaped(config, shapes[0], [frames], rows * size)
    if config["data_format"] == "channels_first":
        return (shapes[0][0], size, frames, rows)
    return (shapes[0][0], frames, rows, size)


def _kernel_of_frames(config: Config, shapes: Shapes) -> Shape:
    return (config["frame_length"], 1, _transform_length(config) // 2 + 1)


_MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")
_SPECTROGRAM = LayerSpec(
    "STFTSpectrogram",
    options=(
        Option("mode", "log", check=checks.one_of(*_MODES)),
        Option("frame_length", 256, check=checks.positive),
        Option("frame_step", None, check=checks.optional(checks.positive)),
        Option("fft_length", None, check=checks.optional(checks.positive)),
        Option("window", "hann", Use.KEPT, check=_window_kind),
        Option("periodic", False, Use.KEPT, check=checks.boolean),
        Option("scaling", "density", Use.KEPT, check=checks.one_of(None, "density", "spectrum")),
        Option("padding", "valid", check=checks.one_of("valid", "same")),
        Option("expand_dims", False, check=checks.boolean),
        data_format(),
    ),
    weights=(
        WeightRule("real_kernel", _kernel_of_frames, when=lambda c: c["mode"] != "imag"),
        WeightRule("imag_kernel", _kernel_of_frames, when=lambda c: c["mode"] != "real"),
    ),
    output=_spectrogram,
    check=_check_frames,
    majors=ONLY_KERAS3,
)


SPECS = (
    *(_conv(axes) for axes in (1, 2, 3)),
    *(_conv_transpose(axes) for axes in (1, 2, 3)),
    *(_depthwise(axes) for axes in (1, 2)),
    *(_separable(axes) for axes in (1, 2)),
    _SPECTROGRAM,
)
