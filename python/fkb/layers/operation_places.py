"""Shapes of what operations return that select, repeat and pad values of one tensor."""

from __future__ import annotations

from typing import Any

from ..registry import Config, Constant, Shape, Shapes
from .operation_shapes import batch_of, listed_axes, replaced

_MIXED = "that would mix the samples of a batch"
Key = list[Any]


def flipped(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Flip`."""
    listed_axes(config["axis"], len(shapes[0]))
    return shapes[0]


def rolled(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Roll`."""
    axis, shift = config["axis"], config["shift"]
    listed_axes(axis, len(shapes[0]))
    if isinstance(shift, list) and len(shift) != len(axis if isinstance(axis, list) else [axis]):
        raise ValueError(f"shift {shift} and axis {axis} must have the same length")
    return shapes[0]


def repeated(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Repeat`."""
    shape, repeats = shapes[0], config["repeats"]
    axis = listed_axes(config["axis"], len(shape))[0]
    size = shape[axis]
    times = repeats if isinstance(repeats, list) else [repeats]
    if len(times) == 1:
        return replaced(shape, axis, None if size is None else size * times[0])
    if size is None or len(times) != size:
        raise ValueError(f"repeats {times} must have one number for each of {size} values")
    return replaced(shape, axis, sum(times))


def tiled(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Tile`."""
    shape, repeats = shapes[0], config["repeats"]
    times = list(repeats) if isinstance(repeats, list) else [repeats]
    times = [1] * (len(shape) - len(times)) + times
    if len(times) > len(shape) or times[0] != 1:
        raise ValueError(f"repeats {repeats}: {_MIXED}")
    sizes = zip(shape[1:], times[1:], strict=True)
    return (shape[0], *(None if n is None else n * t for n, t in sizes))


def pad_widths(config: Config, rank: int) -> list[list[int]]:
    """Return the widths before and after each axis."""
    widths = config["pad_width"]
    if isinstance(widths, int):
        widths = [[widths, widths]]
    if widths and isinstance(widths[0], int):
        widths = [list(widths)] if len(widths) == 2 else [[w, w] for w in widths]
    pairs = [list(pair) * 2 if len(pair) == 1 else list(pair) for pair in widths]
    if len(pairs) == 1:
        pairs = pairs * rank
    if len(pairs) != rank:
        raise ValueError(f"pad_width {widths} must have one pair for each of {rank} axes")
    return pairs


def padded(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Pad`."""
    shape = shapes[0]
    pairs = pad_widths(config, len(shape))
    if pairs[0] != [0, 0]:
        raise ValueError(f"pad_width {config['pad_width']} pads the batch: {_MIXED}")
    result = []
    for size, (before, after) in zip(shape, pairs, strict=True):
        if size is not None and config["mode"] != "constant":
            most = size - 1 if config["mode"] == "reflect" else size
            if max(before, after) > most:
                raise ValueError(f"{size} values cannot be mirrored by {before} and {after}")
        result.append(None if size is None else size + before + after)
    return (shape[0], *result[1:])


def whole_key(key: Any, rank: int) -> Key:
    """Return one index per axis: the ellipsis written out, slices that are missing added.

    Raises:
        ValueError: the key does something to the batch, or has too many indices.
    """
    parts = list(key) if isinstance(key, list) else [key]
    ellipsis = [k for k, part in enumerate(parts) if isinstance(part, dict) and "ellipsis" in part]
    used = sum(1 for part in parts if part is not None) - len(ellipsis)
    if used > rank or len(ellipsis) > 1:
        raise ValueError(f"the key {key} has too many indices for rank {rank}")
    everything = {"slice": [None, None, None]}
    fill: Key = [everything] * (rank - used)
    at = ellipsis[0] if ellipsis else len(parts)
    full = parts[:at] + fill + parts[at + len(ellipsis) :]
    if not full or full[0] != everything:
        first = full[0] if full else None
        if not (isinstance(first, dict) and first["slice"] in ([0, None, None], [None, None, 1])):
            raise ValueError(f"the key {key} does not begin with the whole batch: {_MIXED}")
    return full


def got(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `GetItem`."""
    sizes = iter(shapes[0])
    result: list[int | None] = []
    for position, part in enumerate(whole_key(config["key"], len(shapes[0]))):
        if part is None:
            result.append(1)
            continue
        size = next(sizes)
        if isinstance(part, dict):
            start, stop, step = part["slice"]
            if step == 0:
                raise ValueError("the step of a slice is 0")
            every = (start, stop, step) in ((None, None, None), (0, None, None))
            if size is not None:
                size = len(range(*slice(start, stop, step).indices(size)))
            elif not every and position > 0:
                raise ValueError("a slice of an axis of open size is not supported: fix the size")
            result.append(size)
        elif size is not None and not -size <= part < size:
            raise ValueError(f"index {part} is beyond the size {size}")
        elif size is None and part < 0:
            raise ValueError("a negative index into an axis of open size is not supported")
    return tuple(result)


def sliced(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Slice`."""
    shape, start, sizes = shapes[0], config["start_indices"], config["shape"]
    if len(start) != len(shape) or len(sizes) != len(shape):
        raise ValueError(f"start_indices and shape must have {len(shape)} numbers")
    if start[0] != 0 or sizes[0] not in (-1, None):
        raise ValueError(
            f"the slice must take the whole batch, from 0 and of size -1: else {_MIXED}"
        )
    result: list[int | None] = []
    for size, first, wanted in zip(shape[1:], start[1:], sizes[1:], strict=True):
        if size is None:
            raise ValueError("a slice of an axis of open size is not supported: fix the size")
        length = size - first if wanted in (-1, None) else wanted
        if first < 0 or length < 0 or first + length > size:
            raise ValueError(f"a slice from {first} of size {wanted} is beyond the size {size}")
        result.append(length)
    return (shape[0], *result)


def taken(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Take`: constant indices, or values of a constant table."""
    x, indices = shapes
    if isinstance(x, Constant):
        if config["axis"] not in (0, -len(x)):
            raise ValueError(f"indices into another axis than 0 of a constant, {_MIXED}")
        return (*indices, *x[1:])
    if not isinstance(indices, Constant):
        raise ValueError(f"tensors of indices into a tensor, {_MIXED}: use take_along_axis")
    axis = listed_axes(config["axis"], len(x))[0]
    return (*x[:axis], *indices, *x[axis + 1 :])


def taken_along(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `TakeAlongAxis`."""
    x, places = shapes
    if isinstance(x, Constant) or isinstance(places, Constant):
        raise ValueError("values and indices must be tensors, a constant has no batch")
    if len(x) != len(places):
        raise ValueError("values and indices must have the same rank")
    axis = listed_axes(config["axis"], len(x))[0]
    result: list[int | None] = []
    for k, (n, m) in enumerate(zip(x, places, strict=True)):
        if k == axis:
            result.append(m)
        elif k > 0 and n != m:
            raise ValueError(f"values {list(x)} and indices {list(places)} differ off axis {axis}")
        else:
            result.append(n)
    return (batch_of(shapes)[0], *result[1:])


def plane(config: Config, rank: int) -> tuple[int, int]:
    """Return the axes of the matrices whose diagonals are taken."""
    one, two = config["axis1"], config["axis2"]
    axes = listed_axes([one, two], rank)
    first = one % rank
    return (axes[0], axes[1]) if axes[0] == first else (axes[1], axes[0])


def diagonal(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Diagonal`: the matrices' axes are replaced by a last one."""
    shape = shapes[0]
    one, two = plane(config, len(shape))
    rows, columns = shape[one], shape[two]
    if rows is None or columns is None:
        raise ValueError("the diagonal of axes of open size is not supported: fix the size")
    offset = config["offset"]
    length = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    return (*(n for k, n in enumerate(shape) if k not in (one, two)), length)


def trace(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Trace`."""
    return diagonal(config, shapes)[:-1]


def triangle(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Tril` and `Triu`."""
    if len(shapes[0]) < 3:
        raise ValueError(f"the tensor must hold matrices: with rank 2 {_MIXED}")
    return shapes[0]


def turned(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Rot90`."""
    shape = shapes[0]
    one, two = listed_axes(list(config["axes"]), len(shape))
    if config["k"] % 2 == 0:
        return shape
    return replaced(replaced(shape, one, shape[two]), two, shape[one])
