"""Functions of TensorFlow on truths, which Keras 2 does not take for numbers."""

from __future__ import annotations

# Functions that take nothing but truths, and how many of their arguments are such.
TRUTHS = {"math.logical_and": 2, "math.logical_or": 2, "math.logical_xor": 2, "where": 1}
TRUTHS |= {"math.logical_not": 1, "math.reduce_any": 1, "math.reduce_all": 1}
# Operations that return truths.
TRUE_OR_FALSE = frozenset(
    f"ops.{name}"
    for name in (
        *("Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual", "Isclose", "Any"),
        *(
            "LogicalAnd",
            "LogicalOr",
            "LogicalXor",
            "LogicalNot",
            "Isfinite",
            "Isnan",
            "Isinf",
            "All",
        ),
    )
)
