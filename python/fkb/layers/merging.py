"""Layers that merge several tensors."""

from __future__ import annotations

from ..registry import REQUIRED, Config, LayerSpec, Option, Shape, Shapes
from . import checks


def _broadcast(config: Config, shapes: Shapes) -> Shape:
    """Return the common shape; Keras puts missing axes right after the batch."""
    rank = max(len(shape) for shape in shapes)
    padded = [(*shape[:1], *(1,) * (rank - len(shape)), *shape[1:]) for shape in shapes]
    result: list[int | None] = []
    for sizes in zip(*padded, strict=True):
        known = {n for n in sizes if n not in (None, 1)}
        if len(known) > 1:
            raise ValueError(f"the shapes {[list(s) for s in shapes]} do not go together")
        result.append(known.pop() if known else (None if None in sizes else 1))
    return tuple(result)


def _concatenated(config: Config, shapes: Shapes) -> Shape:
    rank = len(shapes[0])
    if any(len(shape) != rank for shape in shapes):
        raise ValueError("the inputs must have the same rank")
    axis = checks.axes_of(config["axis"], rank)[0]
    result: list[int | None] = []
    for position, sizes in enumerate(zip(*shapes, strict=True)):
        known = [n for n in sizes if n is not None]
        if position == axis:
            result.append(sum(known) if len(known) == len(sizes) else None)
        elif len(set(known)) > 1:
            raise ValueError(f"the shapes {[list(s) for s in shapes]} differ off axis {axis}")
        else:
            result.append(known[0] if known else None)
    return tuple(result)


def _dot_output(config: Config, shapes: Shapes) -> Shape:
    if len(shapes) != 2:
        raise ValueError(f"there must be 2 inputs, not {len(shapes)}")
    axes = config["axes"] if isinstance(config["axes"], list) else [config["axes"]] * 2
    if len(axes) != 2:
        raise ValueError(f"axes must be one integer or two, not {axes}")
    first, second = (list(shape) for shape in shapes)
    one = checks.axes_of(axes[0], len(first))[0]
    two = checks.axes_of(axes[1], len(second))[0]
    if None not in (first[one], second[two]) and first[one] != second[two]:
        raise ValueError(f"axis {one} of {first} and axis {two} of {second} differ in size")
    del first[one], second[two]
    output = (*first, *second[1:])
    return output if len(output) > 1 else (*output, 1)


SPECS = (
    *(
        LayerSpec(name, output=_broadcast, list_input=True)
        for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
    ),
    LayerSpec(
        "Concatenate",
        options=(Option("axis", -1, check=checks.integer),),
        output=_concatenated,
        list_input=True,
    ),
    LayerSpec(
        "Dot",
        options=(
            Option("axes", REQUIRED, check=checks.integer_or_list),
            Option("normalize", False, check=checks.boolean),
        ),
        output=_dot_output,
        list_input=True,
    ),
)
