#!/usr/bin/env python3
"""Write `schedules.txt`: learning rates of Keras's schedules, for the Fortran unit tests.

Each case is the schedule's serialised configuration on one line, then the number of steps, then a
line for each with the step and the rate that Keras 3 (TensorFlow, eager) computes in float32.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
schedules = keras.optimizers.schedules
STEPS = [*range(26), 37, 50, 63, 99, 100, 101, 150, 250, 333, 777, 1000, 12345, 2**24 + 1]


def cases() -> Iterator[Any]:
    """Yield the schedules."""
    for staircase in (False, True):
        yield schedules.ExponentialDecay(0.1, 100, 0.9, staircase)
        yield schedules.ExponentialDecay(3e-3, 7, 1.05, staircase)
        yield schedules.ExponentialDecay(0.5, 12.5, 0.0, staircase)
        yield schedules.InverseTimeDecay(0.1, 100, 0.5, staircase)
        yield schedules.InverseTimeDecay(0.02, 1, 1e-3, staircase)
    yield schedules.PiecewiseConstantDecay([10, 20, 100], [0.1, 0.03, 0.01, 0.003])
    yield schedules.PiecewiseConstantDecay([5], [0.7, 0.1])
    yield schedules.PiecewiseConstantDecay([3.7, 9.2], [0.3, 0.2, 0.1])
    for cycle in (False, True):
        yield schedules.PolynomialDecay(0.1, 100, cycle=cycle)
        yield schedules.PolynomialDecay(0.1, 10, 1e-3, power=2, cycle=cycle)
        yield schedules.PolynomialDecay(0.01, 63, 0.02, power=0.5, cycle=cycle)
        yield schedules.PolynomialDecay(0.01, 12.5, 0.0, power=3.3, cycle=cycle)
    yield schedules.CosineDecay(0.1, 100)
    yield schedules.CosineDecay(0.1, 50, alpha=0.1)
    yield schedules.CosineDecay(0.0, 100, warmup_target=0.3, warmup_steps=20)
    yield schedules.CosineDecay(0.4, 90, alpha=0.05, warmup_target=0.1, warmup_steps=10)
    yield schedules.CosineDecay(0.4, 90, warmup_target=0.1, warmup_steps=0)
    yield schedules.CosineDecayRestarts(0.1, 10)
    yield schedules.CosineDecayRestarts(0.1, 8, t_mul=1.0, m_mul=0.9, alpha=0.01)
    yield schedules.CosineDecayRestarts(0.1, 20, t_mul=1.5, m_mul=0.5, alpha=0.1)


def main() -> None:
    """Write the table."""
    lines = []
    for schedule in cases():
        lines += [json.dumps(schedules.serialize(schedule)), str(len(STEPS))]
        for step in STEPS:
            rate = np.float32(schedule(keras.ops.convert_to_tensor(np.int64(step))))
            lines.append(f"{step} {rate:.9g}")
    (HERE / "schedules.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
