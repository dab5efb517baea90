"""Reading the parts of a model file after the model: ports, compile, samples."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import text_values
from .graph import Array, Compile, OptimizerVariable, Port, Sample, Step
from .port_fields import field_elements, problem_of_budgets, problem_of_fields
from .steps import CURVES, problem_of_curve
from .text_lexer import Slot, Source, Tokens, is_index, read_option, shorten

STEP_KINDS = frozenset({"add", "subtract", "multiply", "divide", *CURVES})


def _ascending(tokens: Tokens, what: str, position: int, taken: dict[int, Any]) -> None:
    if position in taken:
        tokens.fail(f"{what} stands twice")
    if taken and position < max(taken):
        tokens.fail(f"{what} stands after position {max(taken)}: positions must ascend")


class PortReader:
    """Reads one block `input K NAME` or `output K NAME`; `tokens` stands after the keyword."""

    def __init__(self, source: Source, slots: list[Slot], side: str) -> None:
        self._source = source
        self._slots = slots
        self._side = side
        self._inside = side
        self._lengths: list[tuple[Any, int]] = []

    def read(self, tokens: Tokens, ports: dict[int, Port]) -> None:
        """Read the block into `ports`."""
        side = self._side
        tokens.space(f"the position of the {side}")
        position = tokens.integer(f"position of the {side}")
        self._inside = f"{side} {position}"
        _ascending(tokens, self._inside, position, ports)
        tokens.space(f"the name of {self._inside}")
        port = Port(tokens.name(f"name of {self._inside}"))
        tokens.end()
        ports[position] = port
        while self._entry(port):
            pass
        self._check_sizes(port)

    def _entry(self, port: Port) -> bool:
        tokens = self._source.next(self._inside)
        if tokens.text == "end":
            return False
        option = read_option(tokens, port.options, self._inside)
        if option is not None:
            if port.steps:
                tokens.fail(f'option "{shorten(option)}" stands after a step in {self._inside}')
            self._check_option(tokens, option, port.options[option])
        elif tokens.text.startswith("step "):
            tokens.at = len("step ")
            self._step(tokens, port)
        else:
            tokens.fail(f'unexpected "{shorten(tokens.text)}" in {self._inside}')
        return True

    def _check_option(self, tokens: Tokens, option: str, value: Any) -> None:
        text = isinstance(value, str)
        texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
        fine = {
            "unit": text or texts,
            "elements": texts,
            "description": text,
            "fields": isinstance(value, list),
            "budgets": isinstance(value, list) and self._side == "output",
            "size": is_index(value) and self._side == "input",
        }
        if option not in fine:
            tokens.fail(f'unexpected option "{shorten(option)}" in {self._inside}')
        if not fine[option]:
            tokens.fail(f'malformed value for option "{option}" in {self._inside}')
        problem = problem_of_fields(value, self._side) if option == "fields" else None
        if option == "budgets":
            problem = problem_of_budgets(value)
        if problem is not None:
            tokens.fail(f"{self._inside}: {problem}")

    def _check_sizes(self, port: Port) -> None:
        """Check that the steps fit each other; each tensor has been noted with its length."""
        fail = self._source.fail
        selects = [step.value for step in port.steps if step.kind == "select"]
        size = port.options.get("size")
        if len(selects) > 1:
            fail(f"{self._inside} has more than one step select")
        if (size is None) != (not selects):
            fail(f"{self._inside} must have the option size with a step select, and only then")
        for name in ("unit", "elements"):
            value = port.options.get(name)
            if isinstance(value, list):
                size = self._same(f"{name} of {self._inside}", len(value), size)
        if "fields" in port.options:
            length = field_elements(port.options["fields"])
            size = self._same(f"fields of {self._inside}", length, size)
        for step, length in self._lengths:
            if step.kind == "select":
                if max(step.value) >= (size or 0) or len(set(step.value)) < length:
                    fail(f"step select of {self._inside} must keep different elements below {size}")
                size = length
            else:
                size = self._same(f"step {step.kind} of {self._inside}", length, size)

    def _same(self, what: str, length: int, size: int | None) -> int:
        if size is not None and length != size:
            self._source.fail(f"{what} has {length} values where {size} are expected")
        return length

    def _step(self, tokens: Tokens, port: Port) -> None:
        kind = tokens.word(f"kind of a step in {self._inside}")
        label = f"step {kind} of {self._inside}"
        if kind not in STEP_KINDS and not (kind == "select" and self._side == "input"):
            tokens.fail(f'unexpected step "{shorten(kind)}" in {self._inside}')
        tokens.space(f"the value of {label}")
        if kind == "select":
            chosen = tokens.json(label)
            if not isinstance(chosen, list) or not chosen or not all(map(is_index, chosen)):
                tokens.fail(f"{label}: a list of non-negative integers is expected")
            port.steps.append(Step(kind, chosen))
            self._lengths.append((port.steps[-1], len(chosen)))
        elif kind in CURVES:
            self._curve(tokens, port, kind, label)
        elif tokens.peek().isalpha():
            port.steps.append(self._tensor(tokens, kind, label))
        else:
            value = tokens.number(label)
            if kind == "divide" and value == 0:
                tokens.fail(f"{label} divides by zero")
            port.steps.append(Step(kind, value))
        tokens.end()

    def _curve(self, tokens: Tokens, port: Port, kind: str, label: str) -> None:
        value = tokens.json(label)
        problem = problem_of_curve(kind, value, self._size(port))
        if problem is not None:
            tokens.fail(f"{label}: {problem}")
        port.steps.append(Step(kind, value))

    def _size(self, port: Port) -> int | None:
        """Elements of the last axis after the steps so far, None where nothing tells."""
        if self._lengths:
            return self._lengths[-1][1]
        named = [port.options[key] for key in ("elements", "unit") if key in port.options]
        lengths = [len(value) for value in named if isinstance(value, list)]
        if "fields" in port.options:
            lengths.append(field_elements(port.options["fields"]))
        return port.options.get("size", lengths[0] if lengths else None)

    def _tensor(self, tokens: Tokens, kind: str, label: str) -> Step:
        step = Step(kind, 0.0)
        dtype, shape = tokens.tensor(label)
        if dtype not in text_values.REAL_DTYPES or len(shape) != 1:
            tokens.fail(f"{label}: a real tensor of rank 1 is expected")

        def put(value: Array) -> None:
            if kind == "divide" and not text_values.plain(value, dtype).all():
                raise text_values.ValuesError(f"{label} divides by zero")
            step.value = value

        self._slots.append(Slot(label, dtype, shape, put))
        self._lengths.append((step, shape[0]))
        return step


def read_compile(source: Source, slots: list[Slot]) -> Compile:
    """Read the block `compile`, the keyword being read."""
    result = Compile()
    while True:
        tokens = source.next("compile")
        if tokens.text == "end":
            return result
        option = read_option(tokens, result.config, "compile")
        if option is not None:
            if result.variables:
                tokens.fail(f'option "{shorten(option)}" stands after a variable')
        elif tokens.text.startswith("variable "):
            tokens.at = len("variable ")
            result.variables.append(_variable(tokens, slots))
        else:
            tokens.fail(f'unexpected "{shorten(tokens.text)}" in compile')


def _variable(tokens: Tokens, slots: list[Slot]) -> OptimizerVariable:
    name = tokens.name("name of an optimizer's variable")
    label = f'variable "{shorten(name)}"'
    tokens.space(f"the path of {label}")
    path = tokens.name(f"path of {label}")
    if path:
        label += f' of "{shorten(path)}"'
    variable = OptimizerVariable(name, path, np.empty(0))
    tokens.space(f"the dtype of {label}")
    dtype, shape = tokens.tensor(label)
    tokens.end()

    def put(value: Array) -> None:
        variable.value = value

    slots.append(Slot(label, dtype, shape, put))
    return variable


def read_sample(source: Source, slots: list[Slot]) -> Sample:
    """Read the block `sample`, the keyword being read."""
    sample = Sample({}, {}, math.nan)
    while True:
        tokens = source.next("sample")
        if tokens.text == "end":
            break
        option = read_option(tokens, sample.options, "sample")
        if option is None:
            _recorded(tokens, sample, slots)
        else:
            _sample_option(tokens, sample, option)
    if "tolerance" not in sample.options:
        tokens.fail("the sample has no tolerance")
    sample.tolerance = sample.options.pop("tolerance")
    return sample


def _sample_option(tokens: Tokens, sample: Sample, option: str) -> None:
    if sample.inputs or sample.outputs:
        tokens.fail(f'option "{shorten(option)}" stands after the values of the sample')
    if next(iter(sample.options)) != "tolerance":
        tokens.fail("tolerance must be the first option of a sample")
    tolerance = sample.options["tolerance"]
    if not isinstance(tolerance, int | float) or isinstance(tolerance, bool) or tolerance < 0:
        tokens.fail("tolerance must be a number that is not negative")


def _recorded(tokens: Tokens, sample: Sample, slots: list[Slot]) -> None:
    side = tokens.word("keyword")
    if side not in ("input", "output") or (side == "input" and sample.outputs):
        tokens.fail(f'unexpected "{shorten(tokens.text)}" in sample')
    taken = sample.inputs if side == "input" else sample.outputs
    tokens.space(f"the position of the {side}")
    position = tokens.integer(f"position of the {side}")
    label = f"{side} {position} of the sample"
    _ascending(tokens, label, position, taken)
    tokens.space(f"the dtype of {label}")
    dtype, shape = tokens.tensor(label)
    tokens.end()
    taken[position] = np.empty(0)

    def put(value: Array) -> None:
        taken[position] = value

    slots.append(Slot(label, dtype, shape, put))
