"""The table of operations that multiply and sum over axes."""

from __future__ import annotations

from ..registry import ONLY_KERAS2, REQUIRED, LayerSpec, Option
from . import checks
from . import operation_products as products
from .operation_options import TWO, axis_option, contraction_axes, equation, operation

PRODUCTS: tuple[LayerSpec, ...] = (
    operation(
        "Matmul",
        (
            Option("transpose_a", False, majors=ONLY_KERAS2, check=checks.boolean),
            Option("transpose_b", False, majors=ONLY_KERAS2, check=checks.boolean),
        ),
        output=products.matmul,
        arguments=TWO,
    ),
    operation("Dot", output=products.dot, arguments=TWO),
    operation("Inner", output=products.inner, arguments=TWO),
    operation(
        "Tensordot",
        (Option("axes", 2, check=contraction_axes),),
        output=products.tensordot,
        arguments=TWO,
    ),
    operation(
        "Kron",
        output=products.kron,
        arguments=TWO,
        note="of a tensor and a constant",
    ),
    operation(
        "Cross",
        (
            *(
                Option(name, -1, check=checks.integer, noise=True)
                for name in ("axisa", "axisb", "axisc")
            ),
            axis_option(None),
        ),
        output=products.cross,
        arguments=TWO,
    ),
    operation(
        "Einsum",
        (Option("subscripts", REQUIRED, check=equation),),
        output=products.einsum,
        arguments=("operands",),
        note="of one tensor or two operands",
    ),
)
