"""Shapes of layers that multiply along named axes (source: `keras.layers.EinsumDense`)."""

from __future__ import annotations

import re

from ..registry import Config, Shape, Shapes

_FORM = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")


def _sizes(config: Config, shapes: Shapes) -> tuple[dict[str, int | None], str, str, Shape]:
    """Return the size of every letter, the kernel's letters, the output's, and what they elide.

    Raises:
        ValueError: the equation has another form, or the shapes do not fit it.
    """
    form = _FORM.fullmatch(config["equation"].replace(" ", ""))
    if form is None or (form[1], form[3]) != (form[5], form[7]) or (form[1] and form[3]):
        raise ValueError(
            f"the equation {config['equation']!r} must have the form ab,bc->ac, ...b,bc->...c or "
            "ab...,bc->ac..."
        )
    given, kernel, out = form[2], form[4], form[6]
    shape = shapes[0]
    elided = len(shape) - len(given)
    if elided < 0 or (elided and not (form[1] or form[3])):
        raise ValueError(f"the equation {config['equation']!r} needs another rank")
    dots = shape[:elided] if form[1] else shape[len(given) :]
    named = shape[elided:] if form[1] else shape[: len(given)]
    sizes = dict(zip(given, named, strict=True))
    stated = config["output_shape"]
    stated = list(stated) if isinstance(stated, list) else [stated]
    letters = out if form[1] and elided else out[1:]
    if len(stated) != len(letters):
        raise ValueError(f"output_shape must have {len(letters)} sizes for the equation")
    for letter, size in zip(letters, stated, strict=True):
        known = sizes.get(letter)
        if size is not None and known is not None and size != known:
            raise ValueError(f"axis {letter!r} has the sizes {known} and {size}")
        sizes[letter] = known if size is None else size
    return sizes, kernel, out, dots


def kernel_shape(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of the kernel."""
    sizes, kernel, _, _ = _sizes(config, shapes)
    if any(sizes.get(letter) is None for letter in kernel):
        raise ValueError("the sizes of the kernel must be known from the input or output_shape")
    return tuple(sizes[letter] for letter in kernel)


def bias_shape(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of the bias: the output's axes from the first that it has."""
    sizes, _, out, dots = _sizes(config, shapes)
    axes = config["bias_axes"]
    first = min(out.find(letter) for letter in axes)
    if first < 0:
        raise ValueError(f"bias_axes {axes!r} names an axis that the output does not have")
    named = tuple(sizes[letter] if letter in axes else 1 for letter in out[first:])
    return named if config["equation"].startswith("...") else (*named, *(1 for _ in dots))


def dense_output(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of the output before the activation."""
    sizes, _, out, dots = _sizes(config, shapes)
    kernel_shape(config, shapes)
    if any(letter not in sizes for letter in out):
        raise ValueError("every axis of the output must be one of the input or the kernel")
    named = tuple(sizes[letter] for letter in out)
    return (*dots, *named) if config["equation"].startswith("...") else (*named, *dots)
