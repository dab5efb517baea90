"""L-BFGS over all data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .library import CError, CMinimum, byref, check, library
from .listener import Samples
from .text_json import dumps

if TYPE_CHECKING:
    from .trainer import Trainer

_REASONS = {1: "converged", 2: "iterations", 3: "no descent"}


@dataclass(frozen=True)
class Minimum:
    """Where a search has ended.

    Attributes:
        reason: `converged`: no gradient is larger than the tolerance; `iterations`: their number
            was reached; `no descent`: no lower point was found.
        value: the loss.
        largest_gradient: the largest magnitude in the gradient.
        iterations: steps since the search began.
        evaluations: of the loss and its gradient, since the search began.
    """

    reason: str
    value: float
    largest_gradient: float
    iterations: int
    evaluations: int


def minimize(trainer: Trainer, samples: Samples, options: dict[str, Any]) -> Minimum:
    """Search a minimum of the loss over the samples, from the weights of the network on."""
    found, error = CMinimum(), CError()
    code = library().fkb_trainer_minimize(
        trainer.handle,
        byref(samples.described),
        dumps(options).encode("utf-8"),
        byref(found),
        byref(error),
    )
    check(code, error)
    return Minimum(
        _REASONS[found.reason],
        found.value,
        found.largest_gradient,
        found.iterations,
        found.evaluations,
    )
