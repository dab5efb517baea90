"""Models of attention layers and products over named axes."""

from __future__ import annotations

from typing import Any

from zoo_cases import layer


def _einsum(
    name: str,
    shape: tuple[int | None, ...],
    equation: str,
    output_shape: Any,
    bias_axes: str | None,
    **options: Any,
) -> None:
    layer(
        f"einsum dense {name}",
        shape,
        lambda k: k.layers.EinsumDense(
            equation, output_shape=output_shape, bias_axes=bias_axes, name="einsum", **options
        ),
    )


_einsum("over the last axis", (4, 3), "abc,cd->abd", (None, 5), "d", activation="relu")
_einsum("of a vector", (4,), "ab,bc->ac", 5, "c", activation="softmax")
_einsum("to two axes", (4, 3), "abc,cde->abde", (None, 2, 5), "de", activation="tanh")
_einsum("over two axes", (2, 4, 3), "abcd,cde->abe", (None, 5), "e")
_einsum("of heads", (4, 3), "abc,cde->abde", (None, 2, 5), "d")
_einsum("over a middle axis", (4, 3), "abc,bd->adc", (5, 3), "d")
_einsum("with another order", (4, 3), "abc,dc->adb", (5, 4), "db")
_einsum("with a kernel per step", (4, 3), "abc,bcd->abd", (4, 2), None)
_einsum("with an ellipsis in front", (2, 4, 3), "...x,xy->...y", 5, "y", activation="gelu")
_einsum("with an ellipsis behind", (4, 3, 2), "ab...,bc->ac...", 5, "c")
_einsum("of an open axis", (None, 3), "abc,cd->abd", (None, 5), "d")
layer(
    "einsum dense with regularizers, constraints and initializers",
    (4, 3),
    lambda k: k.layers.EinsumDense(
        "abc,cd->abd",
        output_shape=(None, 5),
        bias_axes="d",
        kernel_initializer="he_normal",
        bias_initializer="ones",
        kernel_regularizer=k.regularizers.L2(0.25),
        bias_regularizer=k.regularizers.L1(0.125),
        activity_regularizer=k.regularizers.L2(0.5),
        kernel_constraint=k.constraints.NonNeg(),
        name="einsum",
    ),
)
