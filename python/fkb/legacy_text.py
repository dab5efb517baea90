"""Reading the text files of the 2020 FKB into a Graph of Keras 3 layers.

Such a file holds the number of layers, a line `name value` for each, in some files a learning
rate, then the biases of all dense layers, their kernels, and four arrays for each batch
normalization. It has no version, no names and no counts: what it holds must add up exactly.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from .errors import FormatError, Problem, UnsupportedError
from .files import read_bytes
from .graph import Compile, Graph, Layer, Node, TensorRef, Weight
from .precision import set_dtypes

Vector = NDArray[np.float64]

# The 2020 FKB adds this to the variance, whatever the model was trained with.
EPSILON = 1e-3
MAX_VALUES = 2**31 - 1
MAX_REPEATED = 10_000_000
KERAS_VERSION = "3.15.1"

_FOLDED = frozenset({"relu", "sigmoid", "tanh", "linear"})
_ACTIVATIONS = _FOLDED | {"leakyrelu", "gaussian", "step"}
_HEAD = re.compile(rb"\s*(\d{1,9})[ \t]*\r?\n")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdDqQ]?[+-]\d+|[eEdDqQ]\d+)?")
_EXPONENT = re.compile(r"(?<=[\d.])[eEdDqQ]?(?=[+-]\d+$)|(?<=[\d.])[dDqQ](?=\d+$)")
_NAME = re.compile(r"[^A-Za-z0-9_.-]")


@dataclass
class _Line:
    """One layer line of the file."""

    name: str
    value: float
    number: int


@dataclass
class _File:
    path: object
    lines: list[_Line]
    numbers: Vector


def is_legacy(data: bytes) -> bool:
    """Whether the bytes look like a text file of the 2020 FKB."""
    match = _HEAD.match(data)
    return match is not None and data[match.end() :].lstrip()[:5].lower() == b"input"


def read_legacy(
    path: str | os.PathLike[str], *, precision: str = "float32", initialize: int | None = None
) -> Graph:
    """Return the graph of a text file of the 2020 FKB.

    Args:
        path: the file.
        precision: `float32` or `float64`, the kind of the network.
        initialize: seed of the weights (Glorot uniform, as Keras) of a file that has none.

    Raises:
        FormatError: the file is damaged, or has no weights and `initialize` is None.
        UnsupportedError: a layer has no counterpart in Keras.
    """
    file = _parse(read_bytes(path), path)
    _check_layers(file)
    sizes = _sizes(file)
    numbers, rate = _weights(file, sizes, initialize)
    model = _model(_NAME.sub("_", Path(path).stem) or "model", file, sizes, numbers, precision)
    graph = Graph(precision, KERAS_VERSION, model)
    if rate is not None:
        graph.compile = _compile(rate)
    return graph


def _parse(data: bytes, path: object) -> _File:
    try:
        rows = data.decode("ascii").splitlines()
    except UnicodeDecodeError:
        raise FormatError("not a text file of the 2020 FKB: it is not ASCII", path) from None
    first = next((index for index, row in enumerate(rows) if row.strip()), None)
    if first is None or not is_legacy(data):
        raise FormatError("not a text file of the 2020 FKB", path, 1)
    count = int(rows[first])
    lines: list[_Line] = []
    at = first + 1
    while len(lines) < count:
        if at >= len(rows):
            message = f"the file ends after {len(lines)} of {count} layers"
            raise FormatError(message, path, len(rows))
        if rows[at].strip():
            lines.append(_layer_line(rows[at], path, at + 1))
        at += 1
    return _File(path, lines, _Numbers(path).read(rows, at))


def _layer_line(row: str, path: object, number: int) -> _Line:
    parts = row.split()
    if len(parts) != 2 or not _NUMBER.fullmatch(parts[1]):
        raise FormatError(
            f'a layer\'s name and a number are expected, not "{row[:60]}"', path, number
        )
    return _Line(parts[0].lower(), _real(parts[1]), number)


def _real(token: str) -> float:
    return float(_EXPONENT.sub("e", token))


class _Numbers:
    """Reads numbers as Fortran's list-directed input takes them."""

    def __init__(self, path: object) -> None:
        self._path = path
        self._repeated = 0

    def read(self, rows: list[str], start: int) -> Vector:
        """Return the numbers of the lines from index `start` on."""
        values = [self._row(row, start + index) for index, row in enumerate(rows[start:], 1)]
        return np.concatenate([np.empty(0), *values])

    def _fail(self, message: str, line: int) -> NoReturn:
        raise FormatError(message, self._path, line)

    def _row(self, row: str, line: int) -> Vector:
        tokens = row.replace(",", " ").split()
        try:
            if "_" in row:
                raise ValueError
            values = np.fromiter(map(float, tokens), np.float64, len(tokens))
        except ValueError:
            values = np.concatenate([self._token(token, line) for token in tokens])
        if not np.isfinite(values).all():
            self._fail(f'"{_first_infinite(tokens)}" is not a finite number', line)
        return values

    def _token(self, token: str, line: int) -> Vector:
        repeat, star, value = token.rpartition("*")
        if not _NUMBER.fullmatch(value) or (star and not re.fullmatch(r"[1-9]\d{0,11}", repeat)):
            self._fail(f'"{token[:60]}" is not a finite number', line)
        times = int(repeat) if star else 1
        self._repeated += times - 1
        if self._repeated > MAX_REPEATED:
            self._fail(f'"{token[:60]}" repeats a number too often', line)
        return np.full(times, _real(value))


def _first_infinite(tokens: list[str]) -> str:
    for token in tokens:
        value = token.rpartition("*")[2]
        if not (_NUMBER.fullmatch(value) and math.isfinite(_real(value))):
            return token[:60]
    return ""


def _check_layers(file: _File) -> None:
    """Refuse what has no counterpart, all of it together."""
    problems = []
    previous = ""
    dense = -1
    for line in file.lines:
        where = f"{line.name} (line {line.number})"
        dense += line.name == "dense"
        if line.name in ("gaussian", "step"):
            message = f'Keras has no activation "{line.name}": train again with another one'
            problems.append(Problem(where, "", message))
        elif line.name not in _ACTIVATIONS | {"input", "dense", "dropout", "batchnormalization"}:
            problems.append(Problem(where, "", f'the 2020 FKB has no layer "{line.name}"'))
        if (line.name == "input") != (line is file.lines[0]):
            problems.append(Problem(where, "", "the input must be the first layer, and only that"))
        if line.name in _ACTIVATIONS and previous != "dense":
            message = "an activation must follow a dense layer, it is not clear what this one is of"
            problems.append(Problem(where, "", message))
        if previous == "dense" and line.name not in _ACTIVATIONS:
            problems.append(Problem(where, "", "the dense layer before it has no activation"))
        if line.name == "dropout" and not 0 <= line.value < 1:
            problems.append(Problem(where, "", f"the rate {line.value} is not in [0, 1)"))
        previous = line.name
    if previous == "dense":
        problems.append(Problem("dense", "", "the last dense layer has no activation"))
    if dense < 0:
        problems.append(Problem("", "", "there is no dense layer"))
    if problems:
        raise UnsupportedError(problems)


def _sizes(file: _File) -> list[int]:
    """Return the number of features behind each layer line."""
    sizes: list[int] = []
    for line in file.lines:
        if line.name in ("input", "dense"):
            if line.value != int(line.value) or not 0 < line.value < 2**31:
                message = f"{line.value} is not a number of features"
                raise FormatError(message, file.path, line.number)
            sizes.append(int(line.value))
        else:
            sizes.append(sizes[-1])
    return sizes


def _counts(file: _File, sizes: list[int]) -> list[int]:
    """Return the lengths of the arrays in file order: biases, kernels, normalizations."""
    dense = [index for index, line in enumerate(file.lines) if line.name == "dense"]
    counts = [sizes[index] for index in dense]
    counts += [sizes[index - 1] * sizes[index] for index in dense]
    for index, line in enumerate(file.lines):
        if line.name == "batchnormalization":
            counts += [sizes[index]] * 4
    return counts


def _weights(
    file: _File, sizes: list[int], initialize: int | None
) -> tuple[Iterator[Vector], float | None]:
    """Return the arrays in file order and the learning rate, None where there is none."""
    counts = _counts(file, sizes)
    total, found = sum(counts), file.numbers.size
    if found <= 1 < total:
        if initialize is None:
            message = 'has no weights: train it first, or give "--initialize SEED" for random ones'
            raise FormatError(f"the model {message}", file.path)
        return _initial(file, sizes, initialize), float(file.numbers[0]) if found else None
    if initialize is not None:
        raise FormatError("the model has weights, it cannot be initialized", file.path)
    if found not in (total, total + 1):
        raise FormatError(
            f"the layers need {total} numbers, or {total + 1} with a learning rate, "
            f"the file has {found}",
            file.path,
        )
    rate = float(file.numbers[0]) if found > total else None
    ends = np.cumsum([found - total, *counts])
    return (file.numbers[start:end] for start, end in pairwise(ends)), rate


def _initial(file: _File, sizes: list[int], seed: int) -> Iterator[Vector]:
    dense = [index for index, line in enumerate(file.lines) if line.name == "dense"]
    too_many = max(sizes[index - 1] * sizes[index] for index in dense) > MAX_VALUES
    if too_many:
        raise FormatError(f"a kernel has more than {MAX_VALUES} values", file.path)
    generator = np.random.default_rng(seed)
    yield from (np.zeros(sizes[index]) for index in dense)
    for index in dense:
        limit = np.sqrt(6 / (sizes[index - 1] + sizes[index]))
        yield generator.uniform(-limit, limit, sizes[index - 1] * sizes[index])
    for index, line in enumerate(file.lines):
        if line.name == "batchnormalization":
            yield from (np.full(sizes[index], value) for value in (0.0, 1.0, 0.0, 1.0))


def _model(
    name: str, file: _File, sizes: list[int], numbers: Iterator[Vector], precision: str
) -> Layer:
    model = Layer(name, "Sequential", {"trainable": True})
    first = Layer("input", "InputLayer", {"batch_shape": [None, sizes[0]], "dtype": precision})
    first.nodes = [Node()]
    model.children = [first]
    denses: list[tuple[Layer, int, int]] = []
    norms: list[Layer] = []
    for index, line in enumerate(file.lines[1:], 1):
        if line.name == "dense":
            layer = _append(
                model, "dense", "Dense", {"units": sizes[index], "activation": "linear"}
            )
            denses.append((layer, sizes[index - 1], sizes[index]))
        elif line.name in _FOLDED:
            model.children[-1].config["activation"] = line.name
        elif line.name == "leakyrelu":
            _append(model, "leaky_re_lu", "LeakyReLU", {"negative_slope": line.value})
        elif line.name == "dropout":
            _append(model, "dropout", "Dropout", {"rate": line.value})
        else:
            options = {"axis": -1, "momentum": 0.99, "epsilon": EPSILON}
            norms.append(_append(model, "batch_normalization", "BatchNormalization", options))
    model.inputs = TensorRef("input", 0, 0)
    model.outputs = TensorRef(model.children[-1].name, 0, 0)
    _place(denses, norms, numbers, precision)
    set_dtypes(model, precision)
    return model


def _append(model: Layer, base: str, class_name: str, options: dict[str, Any]) -> Layer:
    """Add a layer behind the last one, named as Keras names it."""
    same = sum(layer.class_name == class_name for layer in model.children)
    layer = Layer(f"{base}_{same}" if same else base, class_name, options)
    layer.nodes = [Node([TensorRef(model.children[-1].name, 0, 0)])]
    model.children.append(layer)
    return layer


def _place(
    denses: list[tuple[Layer, int, int]],
    norms: list[Layer],
    numbers: Iterator[Vector],
    precision: str,
) -> None:
    biases = [next(numbers).astype(precision) for _ in denses]
    for (layer, size_in, size_out), bias in zip(denses, biases, strict=True):
        # Fortran wrote the kernel (in, out) with the first index fastest.
        kernel = next(numbers).reshape(size_out, size_in).T.astype(precision)
        layer.weights = [Weight("kernel", np.ascontiguousarray(kernel)), Weight("bias", bias)]
    for layer in norms:
        beta, gamma, mean, variance = (next(numbers).astype(precision) for _ in range(4))
        layer.weights = [Weight("gamma", gamma), Weight("beta", beta)]
        layer.weights += [Weight("moving_mean", mean, False)]
        layer.weights += [Weight("moving_variance", variance, False)]


def _compile(rate: float) -> Compile:
    """The 2020 FKB trains by plain gradient descent; its loss is no loss of Keras."""
    optimizer = {
        "module": "keras.optimizers",
        "class_name": "SGD",
        "config": {"learning_rate": rate},
        "registered_name": None,
    }
    options: dict[str, Any] = {"optimizer": optimizer, "loss": None, "loss_weights": None}
    return Compile(options | {"metrics": None, "weighted_metrics": None})
