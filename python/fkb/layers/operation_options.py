"""What the table of operations is built from: options, checks, and the builder of an entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..registry import Config, LayerSpec, Option
from . import checks
from .operation_shapes import Rule

ONE = ("x",)
TWO = ("x1", "x2")
KEEPDIMS = Option("keepdims", False, check=checks.boolean)
AXES = Option("axis", None, check=checks.optional(checks.integer_or_list))
FLOATS = (None, "float32", "float64")
INTEGERS = ("int8", "int16", "int32", "int64")


def axis_option(default: int | None) -> Option:
    """Return the option `axis`, one axis."""
    return Option("axis", default, check=checks.optional(checks.integer))


def open_sizes(value: Any) -> str | None:
    """Accept lists of sizes, -1 or null for an open one."""
    if isinstance(value, list) and all(
        n is None or (checks.is_integer(n) and -1 <= n < 2**31) for n in value
    ):
        return None
    return "must be a list of sizes, -1 or null for an open one"


def open_batch(config: Config, major: int) -> Iterator[tuple[str, str]]:
    """Refuse an open batch in the shape of `BroadcastTo`, which Keras 3 cannot run."""
    if major >= 3 and config["shape"][:1] in ([-1], [None]):
        yield "shape", f"is {config['shape']}: Keras 3 has no such option where the batch is open"


def two_open_sizes(config: Config, major: int) -> Iterator[tuple[str, str]]:
    """Refuse a shape with an open size besides the batch, which Keras computes from the batch."""
    if sum(n in (-1, None) for n in config["newshape"]) > 1:
        wanted = config["newshape"]
        yield "newshape", f"is {wanted}: Keras {major} has no such option, of two open sizes"


def nested_integers(value: Any) -> str | None:
    """Accept an integer or nested lists of integers."""

    def good(item: Any) -> bool:
        return checks.is_integer(item) or (isinstance(item, list) and all(map(good, item)))

    return None if good(value) else "must be an integer or nested lists of integers"


def index_key(value: Any) -> str | None:
    """Accept what stands between the brackets of an index."""

    def index(part: Any) -> bool:
        if isinstance(part, dict):
            bounds = part.get("slice")
            return part == {"ellipsis": True} or (
                isinstance(bounds, list)
                and len(bounds) == 3
                and all(n is None or checks.is_integer(n) for n in bounds)
            )
        return part is None or checks.is_integer(part)

    if all(index(part) for part in (value if isinstance(value, list) else [value])):
        return None
    return "must hold integers, slices, an ellipsis and nulls; masks and tensors cannot be indices"


def number_or_null(value: Any) -> str | None:
    """Accept a finite number or null."""
    return None if value is None or checks.is_number(value) else "must be a number or null"


def norm_order(value: Any) -> str | None:
    """Accept the order of a norm."""
    if value in (None, "fro", "inf", "-inf") or checks.is_number(value):
        return None
    return "must be a number or null"


def operation(
    name: str,
    options: tuple[Option, ...] = (),
    *,
    output: Rule,
    module: str = "numpy",
    arguments: tuple[str, ...] = ONE,
    stored: tuple[str, ...] = (),
    call_options: Mapping[str, Any] | None = None,
    list_input: bool = False,
    lacks: Callable[[Config, int], Iterable[tuple[str, str]]] = lambda config, major: (),
    majors: frozenset[int] = frozenset({2, 3}),
    note: str = "",
) -> LayerSpec:
    """Return what is known of the operation `keras.ops` class `name`."""
    return LayerSpec(
        f"ops.{name}",
        options=options,
        output=output,
        module=f"keras.src.ops.{module}",
        arguments=arguments,
        stored=stored,
        call_options=call_options or {},
        list_input=list_input,
        lacks=lacks,
        majors=majors,
        refuses=frozenset({"trainable", "activity_regularizer"}),
        note=note,
    )


def contraction_axes(value: Any) -> str | None:
    """Accept the axes of `Tensordot`: a number, or two lists of axes."""
    if checks.is_integer(value) and value >= 0:
        return None
    if (
        isinstance(value, list)
        and len(value) == 2
        and all(checks.integer_or_list(axes) is None for axes in value)
    ):
        return None
    return "must be a number not below 0 or two lists of axes"


def equation(value: Any) -> str | None:
    """Accept the equation of `Einsum`."""
    return None if isinstance(value, str) and len(value) <= 64 else "must be an equation"
