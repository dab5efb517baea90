"""Shapes of what operations return that multiply and sum over axes."""

from __future__ import annotations

from typing import Any

from ..registry import Config, Constant, Shape, Shapes
from .operation_shapes import merged

_MIXED = "that would mix the samples of a batch"


def _same(a: int | None, b: int | None) -> None:
    if None not in (a, b) and a != b:
        raise ValueError(f"sizes {a} and {b} are summed together and differ")


def _swapped(shape: Shape, swap: bool) -> tuple[int | None, ...]:
    return (*shape[:-2], shape[-1], shape[-2]) if swap and len(shape) > 1 else tuple(shape)


def matmul(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Matmul`."""
    one, two = shapes
    first, second = isinstance(one, Constant), isinstance(two, Constant)
    if not first and not second:
        fits = len(one) == len(two) and len(one) > 2
    elif second:
        fits = len(one) >= 2 and (len(two) <= 2 or len(two) < len(one))
    else:
        fits = len(two) >= 3 and (len(one) <= 2 or len(one) < len(two))
    if not fits or not one or not two:
        raise ValueError(_MIXED)
    a = _swapped(one, config["transpose_a"])
    b = _swapped(two, config["transpose_b"])
    _same(a[-1], b[-2] if len(b) > 1 else b[0])
    outer_a, outer_b = a[:-2], b[:-2]
    if first or second:
        # A constant has no batch: its outer axes stand beside the last ones of the tensor.
        rank = max(len(outer_a), len(outer_b))
        outer_a = (1,) * (rank - len(outer_a)) + outer_a
        outer_b = (1,) * (rank - len(outer_b)) + outer_b
    outer: list[int | None] = [merged(pair) for pair in zip(outer_a, outer_b, strict=True)]
    rows, columns = a[-2:-1], b[-1:] if len(b) > 1 else ()
    result = (*outer, *rows, *columns)
    batch = two[0] if first else one[0]
    return (batch, *result[1:])


def _constant_second(shapes: Shapes) -> tuple[Shape, Shape]:
    one, two = shapes
    if isinstance(one, Constant) or not isinstance(two, Constant):
        raise ValueError(f"the operands must be a tensor and a constant: else {_MIXED}")
    if len(one) < 2 or not two:
        raise ValueError(f"a product of {list(one)} and {list(two)}: {_MIXED}")
    return one, two


def dot(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Dot`."""
    one, two = _constant_second(shapes)
    _same(one[-1], two[-2] if len(two) > 1 else two[0])
    return (*one[:-1], *two[:-2], *(two[-1:] if len(two) > 1 else ()))


def inner(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Inner`."""
    one, two = _constant_second(shapes)
    _same(one[-1], two[-1])
    return (*one[:-1], *two[:-1])


def tensordot(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Tensordot`."""
    one, two = _constant_second(shapes)
    axes: Any = config["axes"]
    if isinstance(axes, int):
        axes = [list(range(len(one) - axes, len(one))), list(range(axes))]
    first, second = ([side] if isinstance(side, int) else side for side in axes)
    summed_one = [axis % len(one) for axis in first]
    summed_two = [axis % len(two) for axis in second]
    if len(summed_one) != len(summed_two) or 0 in summed_one or len(summed_two) > len(two):
        raise ValueError(f"axes {config['axes']} of {list(one)} and {list(two)}: {_MIXED}")
    for a, b in zip(summed_one, summed_two, strict=True):
        _same(one[a], two[b])
    rest = [n for k, n in enumerate(one) if k not in summed_one]
    return (*rest, *(n for k, n in enumerate(two) if k not in summed_two))


def einsum(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Einsum` with one tensor or two operands."""
    text = config["subscripts"].replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes) or len(terms) > 2:
        raise ValueError("there must be one operand or two, as many as the equation has")
    full: list[str] = []
    widest = ""
    for term, shape in zip(terms, shapes, strict=True):
        hidden = len(shape) - len(term.replace("...", ""))
        if hidden < 0 or (hidden and "..." not in term):
            raise ValueError(f'"{term}" has not as many letters as {list(shape)} has axes')
        digits = "0123456789"[:hidden][::-1] if "..." in term else ""
        widest = max(widest, digits, key=len)
        full.append(term.replace("...", digits))
    if not arrow:
        letters = sorted(set("".join(full)) - set("0123456789"))
        right = widest + "".join(x for x in letters if "".join(full).count(x) == 1)
    right = right.replace("...", widest)
    sizes: dict[str, int | None] = {}
    for term, shape in zip(full, shapes, strict=True):
        for letter, size in zip(term, shape, strict=True):
            _same(sizes.get(letter), size)
            sizes[letter] = size if size is not None else sizes.get(letter)
    batches = {
        term[0] for term, shape in zip(full, shapes, strict=True) if not isinstance(shape, Constant)
    }
    inner_letters = "".join(
        term if isinstance(shape, Constant) else term[1:]
        for term, shape in zip(full, shapes, strict=True)
    )
    if len(batches) != 1 or right[:1] not in batches or batches & set(inner_letters + right[1:]):
        raise ValueError(f'"{text}" does not keep the batch first: {_MIXED}')
    if any(letter not in sizes for letter in right):
        raise ValueError(f'"{text}" has a letter in the result that no operand has')
    return tuple(sizes[letter] for letter in right)


def kron(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Kron`: of a tensor and a constant, each size the product of both."""
    constants = [shape for shape in shapes if isinstance(shape, Constant)]
    tensors = [shape for shape in shapes if not isinstance(shape, Constant)]
    if len(constants) != 1 or len(tensors) != 1:
        raise ValueError(f"the operands must be a tensor and a constant: else {_MIXED}")
    whole, other = tensors[0], constants[0]
    if len(other) > len(whole) or (len(other) == len(whole) and other[0] != 1):
        raise ValueError(f"a constant of shape {list(other)}: {_MIXED}")
    if len(whole) > 5:
        raise ValueError(f"a tensor of {len(whole)} axes is not supported: reshape it")
    factors = (1,) * (len(whole) - len(other)) + tuple(other)
    sizes = zip(whole[1:], factors[1:], strict=True)
    return (whole[0], *(None if n is None else n * m for n, m in sizes))


def cross(config: Config, shapes: Shapes) -> Shape:
    """Return the shape of `Cross`."""
    single = config["axis"]
    axes = [config[key] if single is None else single for key in ("axisa", "axisb", "axisc")]
    ranks = {len(shape) for shape in shapes if not isinstance(shape, Constant)}
    if len(ranks) != 1:
        raise ValueError("the tensors must have one rank: reshape one of them")
    rank = ranks.pop()
    sizes: list[int | None] = []
    parts: list[list[int | None]] = []
    for shape, axis in zip(shapes, axes, strict=False):
        if not -len(shape) <= axis < len(shape):
            raise ValueError(f"{list(shape)} has no axis {axis}")
        at = axis % len(shape)
        if at == 0 and not isinstance(shape, Constant):
            raise ValueError(f"the components stand along the batch: {_MIXED}")
        if shape[at] not in (2, 3):
            raise ValueError(f"vectors must have 2 or 3 components, not {shape[at]}")
        sizes.append(shape[at])
        rest: list[int | None] = [*shape[:at], *shape[at + 1 :]]
        if isinstance(shape, Constant):
            if len(rest) == rank - 1 and rest[0] != 1:
                raise ValueError(f"a constant of shape {list(shape)}: {_MIXED}")
            rest = rest[1:] if len(rest) == rank - 1 else rest
            if len(rest) > rank - 2:
                raise ValueError(f"a constant of shape {list(shape)}: {_MIXED}")
            rest = [*[1] * (rank - 1 - len(rest)), *rest]
        parts.append(rest)
    lead = [merged(pair) for pair in zip(*(part[1:] for part in parts), strict=True)]
    batch = next(shape[0] for shape in shapes if not isinstance(shape, Constant))
    if sizes == [2, 2]:
        return (batch, *lead)
    if not -rank <= axes[2] < rank or axes[2] % rank == 0:
        raise ValueError(f"axis {axes[2]} of the result is the batch, or does not exist")
    at = axes[2] % rank - 1
    return (batch, *lead[:at], 3, *lead[at:])
