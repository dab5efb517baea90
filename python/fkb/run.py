"""Running a model file on arrays of an `.npz` file: the command `fkb run`."""

from __future__ import annotations

import io
import os

import numpy as np

from . import engine
from .errors import FormatError
from .files import write_atomically
from .graph import Array
from .npz import read_arrays

PathLike = str | os.PathLike[str]


def run_file(model: PathLike, source: PathLike, target: PathLike) -> None:
    """Predict with the Fortran library for the inputs in an `.npz` file.

    Args:
        model: model file.
        source: arrays `in0`, `in1`, ..., batch first, axes as in Keras.
        target: file to write, with the outputs `out0`, `out1`, ...

    Raises:
        FkbError: a file cannot be read or written.
        EngineError: the arrays do not fit the model.
    """
    inputs = read_inputs(source)
    with engine.load(model) as network:
        network.freeze(fold=False)
        outputs = network.predict(inputs if len(inputs) > 1 else inputs[0])
    listed = outputs if isinstance(outputs, list) else [outputs]
    buffer = io.BytesIO()
    np.savez(buffer, **{f"out{position}": array for position, array in enumerate(listed)})
    write_atomically(target, [buffer.getvalue()])


def read_inputs(path: PathLike) -> list[Array]:
    """Return the arrays `in0`, `in1`, ... of an `.npz` file.

    Raises:
        FkbError: it cannot be read, or holds anything else.
    """
    arrays = read_arrays(path)
    expected = [f"in{position}" for position in range(len(arrays))]
    if not arrays or sorted(arrays) != sorted(expected):
        found = ", ".join(sorted(arrays)) or "nothing"
        raise FormatError(f"the arrays must be named in0, in1, ...; there is {found}", path)
    return [arrays[name] for name in expected]
