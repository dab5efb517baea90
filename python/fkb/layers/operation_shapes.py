"""Shapes of what operations return.

Shapes of tensors begin with the batch, those of constants are `Constant`. A rule raises
`ValueError` with a sentence where an operation would mix the samples of a batch.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from ..registry import Config, Constant, Shape, Shapes
from .checks import axes_of

Rule = Callable[[Config, Shapes], Any]
_MIXED = "that would mix the samples of a batch"


def batch_of(shapes: Shapes) -> Shape:
    """Return the shape of the first operand that is a tensor."""
    return next(shape for shape in shapes if not isinstance(shape, Constant))


def axis_of(axis: Any, rank: int) -> int:
    """Return an axis counted from 0, which must not be the batch."""
    if not isinstance(axis, int):
        raise ValueError(f"axis must be an integer, not {axis}: {_MIXED}")
    return axes_of(axis, rank)[0]


def listed_axes(axis: Any, rank: int) -> list[int]:
    """Return axes counted from 0, sorted; none of them may be the batch."""
    if axis is None:
        raise ValueError(f"name the axes: without them the batch is one, {_MIXED}")
    return axes_of(axis, rank)


def samples(shapes: Shapes) -> list[tuple[int | None, ...]]:
    """Return the shapes without the batch, of constants too.

    Raises:
        ValueError: operands of these shapes would mix the samples of a batch.
    """
    tensors = {len(shape) for shape in shapes if not isinstance(shape, Constant)}
    if len(tensors) != 1:
        raise ValueError(
            f"tensors of different rank, {_MIXED}: reshape one of them"
            if tensors
            else "constants alone: at least one operand must be a tensor"
        )
    rank = tensors.pop()
    result: list[tuple[int | None, ...]] = []
    for shape in shapes:
        if not isinstance(shape, Constant):
            result.append(tuple(shape[1:]))
        elif len(shape) < rank:
            result.append(tuple(shape))
        elif len(shape) == rank and shape[0] == 1:
            result.append(tuple(shape[1:]))
        else:
            raise ValueError(f"a constant of shape {list(shape)}: {_MIXED}")
    return result


def merged(sizes: Sequence[int | None], what: str = "broadcast") -> int | None:
    """Return the size that extents are broadcast to."""
    known = {n for n in sizes if n not in (None, 1)}
    if len(known) > 1:
        raise ValueError(f"sizes {list(sizes)} cannot be {what}")
    return known.pop() if known else (None if None in sizes else 1)


def broadcast(config: Config, shapes: Shapes) -> Shape:
    """Return the shape that all operands are broadcast to."""
    parts = samples(shapes)
    rank = max(len(part) for part in parts)
    padded = [(1,) * (rank - len(part)) + part for part in parts]
    sizes = [merged(column) for column in zip(*padded, strict=True)]
    return (batch_of(shapes)[0], *sizes)


def like_first(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of the first operand, which the others must be broadcast to."""
    shape = broadcast(config, shapes)
    if isinstance(shapes[0], Constant) or len(shape) != len(shapes[0]):
        raise ValueError("the first operand must be the largest")
    return shapes[0]


def reduced(config: Config, shapes: Shapes) -> Shape:
    """Return the shape without the axes of the option `axis`."""
    shape = shapes[0]
    axes = listed_axes(config["axis"], len(shape))
    if config.get("keepdims"):
        return tuple(1 if k in axes else n for k, n in enumerate(shape))
    return tuple(n for k, n in enumerate(shape) if k not in axes)


def moments(config: Config, shapes: Shapes) -> list[Shape]:
    """Return the shapes of mean and variance."""
    return [reduced(config | {"axis": config["axes"]}, shapes)] * 2


def along(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of the first operand, of which one axis is named."""
    axis_of(config["axis"], len(shapes[0]))
    return shapes[0]


def along_axes(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of the first operand, of which one or several axes are named."""
    listed_axes(config["axis"], len(shapes[0]))
    return shapes[0]


def replaced(shape: Shape, axis: int, size: int | None) -> Shape:
    """Return a shape with another size of one axis."""
    return (*shape[:axis], size, *shape[axis + 1 :])


def halved(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Glu`."""
    axis = axis_of(config["axis"], len(shapes[0]))
    size = shapes[0][axis]
    if size is not None and size % 2:
        raise ValueError(f"the size of axis {axis} must be even, not {size}")
    return replaced(shapes[0], axis, None if size is None else size // 2)


def differences(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Diff`."""
    axis = axis_of(config["axis"], len(shapes[0]))
    size = shapes[0][axis]
    return replaced(shapes[0], axis, None if size is None else max(size - config["n"], 0))


def top(config: Config, shapes: Shapes) -> list[Shape]:
    """Return the shapes of the largest values and of their places."""
    shape = replaced(shapes[0], axis_of(-1, len(shapes[0])), config["k"])
    return [shape, shape]


def one_hot(config: Config, shapes: Shapes) -> Shape:
    """Return the shape with a new axis for the classes."""
    rank = len(shapes[0]) + 1
    axis = axis_of(config["axis"], rank)
    return (*shapes[0][:axis], config["num_classes"], *shapes[0][axis:])


def concatenated(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of operands side by side."""
    first = batch_of(shapes)
    axis = axis_of(config["axis"], len(first))
    if any(isinstance(shape, Constant) for shape in shapes):
        raise ValueError("a constant has no batch to stand beside tensors")
    whole = list(shapes)
    if any(len(shape) != len(first) for shape in whole):
        raise ValueError("all operands must have the same rank")
    result = []
    for k, sizes in enumerate(zip(*whole, strict=True)):
        known = [n for n in sizes if n is not None]
        if k == axis:
            result.append(sum(known) if len(known) == len(sizes) else None)
        elif len(set(known)) > 1:
            raise ValueError(f"the shapes {[list(s) for s in whole]} differ off axis {axis}")
        else:
            result.append(known[0] if known else None)
    return tuple(result)


def hstack(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of operands side by side along axis 1."""
    return concatenated({"axis": 1}, shapes)


def stacked(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of operands along a new axis."""
    same = shapes[0]
    if any(isinstance(shape, Constant) or len(shape) != len(same) for shape in shapes):
        raise ValueError("all operands must have the same shape")
    sizes = [merged(column, "stacked") for column in zip(*shapes, strict=True)]
    axis = axis_of(config["axis"], len(same) + 1)
    return (*sizes[:axis], len(shapes), *sizes[axis:])


def split(config: Config, shapes: Shapes) -> list[Shape]:
    """Return the shapes of the parts."""
    shape = shapes[0]
    axis = axis_of(config["axis"], len(shape))
    size = shape[axis]
    if size is None:
        raise ValueError(f"the size of axis {axis} must be known")
    parts = config["indices_or_sections"]
    if isinstance(parts, int):
        if parts < 1 or size % parts:
            raise ValueError(f"{size} values cannot be split into {parts} equal parts")
        return [replaced(shape, axis, size // parts)] * parts
    ends = [0, *parts, size]
    if sorted(ends) != ends:
        raise ValueError(f"{parts} are no ascending places among {size}")
    return [replaced(shape, axis, b - a) for a, b in itertools.pairwise(ends)]


def unstacked(config: Config, shapes: Shapes) -> list[Shape]:
    """Return the shapes of the parts along an axis, without it."""
    shape = shapes[0]
    axis = axis_of(config["axis"], len(shape))
    size = shape[axis] if config["num"] is None else config["num"]
    if size is None or shape[axis] not in (None, size):
        raise ValueError(f"the size of axis {axis} must be known, and be num")
    return [(*shape[:axis], *shape[axis + 1 :])] * size


def reshaped(config: Config, shapes: Shapes) -> Shape:
    """Return the new shape, whose first size must be the batch."""
    shape, new = shapes[0], config["newshape"]
    if not new or new[0] not in (-1, None, shape[0]):
        raise ValueError(f"the first size of {new} must be -1 or null, the batch: else {_MIXED}")
    inner = [-1 if n is None else n for n in new[1:]]
    if inner.count(-1) > 1:
        raise ValueError(f"only one size of {new[1:]} may be open")
    known = None if None in shape[1:] else math.prod(n for n in shape[1:] if n is not None)
    rest = math.prod(n for n in inner if n != -1)
    if -1 in inner:
        if known is None:
            return (shape[0], *(None if n == -1 else n for n in inner))
        if rest == 0 or known % rest:
            raise ValueError(f"{known} values of a sample do not fill {new[1:]}: {_MIXED}")
        inner[inner.index(-1)] = known // rest
    elif known is not None and known != rest:
        raise ValueError(f"{known} values of a sample are not the {rest} of {new[1:]}: {_MIXED}")
    return (shape[0], *inner)


def permutation(config: Config, rank: int) -> list[int]:
    """Return the axes of the input in the order of the output, for the operations that permute."""
    if "axes" in config:
        axes = config["axes"]
        order = list(range(rank))[::-1] if axes is None else [a % rank for a in axes]
    elif "axis1" in config:
        order = list(range(rank))
        one, two = config["axis1"] % rank, config["axis2"] % rank
        order[one], order[two] = order[two], order[one]
    else:
        order = _moved(config["source"], config["destination"], rank)
    if sorted(order) != list(range(rank)):
        raise ValueError(f"{order} is no order of {rank} axes")
    if order[0] != 0:
        raise ValueError(f"the batch must stay the first axis: {_MIXED}")
    return order


def _moved(source: Any, destination: Any, rank: int) -> list[int]:
    one = [a % rank for a in (source if isinstance(source, list) else [source])]
    two = [a % rank for a in (destination if isinstance(destination, list) else [destination])]
    order = [axis for axis in range(rank) if axis not in one]
    for target, axis in sorted(zip(two, one, strict=True)):
        order.insert(target, axis)
    return order


def permuted(config: Config, shapes: Shapes) -> Shape:
    """Return the shape with its axes in another order."""
    return tuple(shapes[0][a] for a in permutation(config, len(shapes[0])))


def expanded(config: Config, shapes: Shapes) -> Shape:
    """Return the shape with new axes of size 1."""
    axis = config["axis"]
    count = len(axis) if isinstance(axis, list) else 1
    rank = len(shapes[0]) + count
    axes = listed_axes(axis, rank)
    old = iter(shapes[0])
    return tuple(1 if k in axes else next(old) for k in range(rank))


def squeezed(config: Config, shapes: Shapes) -> Shape:
    """Return the shape without axes of size 1."""
    shape, axis = shapes[0], config["axis"]
    if axis is None:
        if None in shape[1:]:
            raise ValueError("name the axes: a size is open")
        return (shape[0], *(n for n in shape[1:] if n != 1))
    axes = listed_axes(axis, len(shape))
    if any(shape[a] not in (1, None) for a in axes):
        raise ValueError(f"an axis of {axis} has not size 1")
    return tuple(n for k, n in enumerate(shape) if k not in axes)


def broadcast_to(config: Config, shapes: Shapes) -> Shape:
    """Return the shape that a tensor is repeated to, whose first size must be the batch."""
    shape, new = shapes[0], config["shape"]
    if len(new) != len(shape) or new[0] not in (-1, None, shape[0]):
        raise ValueError(
            f"the shape {new} must have {len(shape)} sizes and begin with the batch: else {_MIXED}"
        )
    result: list[int | None] = []
    for size, wanted in zip(shape[1:], new[1:], strict=True):
        if wanted in (-1, None):
            result.append(size)
        elif size in (1, None, wanted):
            result.append(wanted)
        else:
            raise ValueError(f"{list(shape)} cannot be repeated to {new}")
    return (shape[0], *result)


def _image(shapes: Shapes) -> Shape:
    if len(shapes[0]) != 4:
        raise ValueError(f"the tensor must hold images, not shape {list(shapes[0])}")
    return shapes[0]


def _divided(size: int | None, by: int) -> int | None:
    if size is not None and size % by:
        raise ValueError(f"{size} is no multiple of {by}")
    return None if size is None else size // by


def to_depth(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of images whose blocks became channels."""
    batch, rows, columns, channels = _image(shapes)
    size = config["block_size"]
    deep = None if channels is None else channels * size**2
    return (batch, _divided(rows, size), _divided(columns, size), deep)


def from_depth(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of images whose channels became blocks."""
    batch, rows, columns, channels = _image(shapes)
    size = config["block_size"]
    wide = [None if n is None else n * size for n in (rows, columns)]
    return (batch, *wide, _divided(channels, size**2))
