"""Losses with physical constraints."""

# ruff: noqa: A002  "input" is the word of the configuration and of the Fortran side

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


class ComposedLoss(dict[str, Any]):
    """The loss of the data and constraints, each with a weight; `docs/training.md`.

    It is its own configuration, which `fkb.Trainer` and `fkb.Loss` take. A constraint that is
    missed by r adds weight * r**2 to the loss of a sample. x and y are inputs and outputs of the
    network, after the transforms of the file, flattened; those of several inputs stand one after
    another.

    Args:
        data: the loss of the data, as in a Keras configuration: a name, or a dict with
            `class_name` and `config`.
    """

    def __init__(self, data: Any) -> None:
        super().__init__(
            module=None,
            class_name="ComposedLoss",
            config={"data": data, "terms": []},
            registered_name="fkb>ComposedLoss",
        )

    def conserve(
        self,
        weight: float,
        output: Any,
        input: Any = None,
        constant: float = 0.0,
    ) -> ComposedLoss:
        """Add sum(output * y) + sum(input * x) = constant."""
        return self._add("conserve", weight, output, input, constant)

    def balance(self, weight: float, output: Any, input: Any) -> ComposedLoss:
        """Add sum(output * y) = sum(input * x), such as a budget of energy."""
        return self._add("balance", weight, output, input)

    def stay_above(
        self,
        weight: float,
        output: Any,
        input: Any = None,
        constant: float = 0.0,
    ) -> ComposedLoss:
        """Add sum(output * y) + sum(input * x) >= constant."""
        return self._add("stay_above", weight, output, input, constant)

    def keep_non_negative(
        self, weight: float, chosen: Sequence[bool] | None = None
    ) -> ComposedLoss:
        """Add y >= 0, of all outputs or of those chosen: the sum of min(y, 0)**2."""
        output = None if chosen is None else np.asarray(chosen, bool).astype(float)
        return self._add("keep_non_negative", weight, output)

    def _add(
        self,
        kind: str,
        weight: float,
        output: Any,
        input: Any = None,
        constant: float = 0.0,
    ) -> ComposedLoss:
        term: dict[str, Any] = {"kind": kind, "weight": float(weight)}
        for key, values in (("output", output), ("input", input)):
            if values is not None:
                term[key] = np.asarray(values, float).reshape(-1).tolist()
        if constant:
            term["constant"] = float(constant)
        self["config"]["terms"].append(term)
        return self
