"""Keras as the witness: the truth about what a model computes.

This is the only module of the package that imports Keras, and only when it is asked to.
"""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from .errors import FkbError
from .graph import Array, Graph, Layer, TensorRef, flatten_structure
from .sources import Kind, kind_of

PathLike = str | os.PathLike[str]


class WitnessError(FkbError):
    """Keras is not installed, or cannot load the model."""


@dataclass(frozen=True)
class _Attempt:
    """One way to let Keras load a model: what it is called, and how."""

    name: str
    keras: Any
    load: Callable[[], Any]


class Witness:
    """A model in Keras.

    Args:
        graph: the model; it tells the structure of inputs and outputs.
        src: the file that it was read from, which Keras loads itself where it can; None when
            the graph was changed since.
    """

    def __init__(self, graph: Graph, src: PathLike | None) -> None:
        self._graph = graph
        self._folder = ExitStack()
        self._temporary = Path(self._folder.enter_context(tempfile.TemporaryDirectory()))
        reasons = []
        for attempt in self._attempts(None if src is None else Path(src)):
            self._keras = attempt.keras
            try:
                with self._floatx():
                    self._model = attempt.load()
            except Exception as problem:
                reasons.append(f"  {attempt.name}: {_first_line(problem)}")
                continue
            #: Which Keras, and what it loaded.
            self.name = attempt.name
            return
        self.close()
        if not reasons:
            raise WitnessError(
                "Keras is not installed, and it is the one that knows the truth: "
                'install it with "pip install tensorflow-cpu keras"'
            )
        raise WitnessError("Keras cannot load this model:\n" + "\n".join(reasons))

    def __enter__(self) -> Witness:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove temporary files."""
        self._folder.close()

    def _attempts(self, src: Path | None) -> Iterator[_Attempt]:
        """Yield the ways to load the model, the most direct first.

        A model of Keras 2 goes to tf_keras where there is one: Keras 3 loads some of them, but
        computes hard_sigmoid by another formula.
        """
        old = self._graph.keras_major < 3
        keras2 = _module("tf_keras") if old else None
        keras3 = _module("keras")
        if src is not None and kind_of(src) in (Kind.KERAS, Kind.HDF5):
            for keras in (keras2, keras3):
                if keras is not None:
                    yield _Attempt(_name(keras), keras, _loader(keras, src))
        if keras2 is not None:
            loader = self._exporter(keras2, "keras2")
            yield _Attempt(f"{_name(keras2)}, exported file", keras2, loader)
        if keras3 is not None:
            loader = self._exporter(keras3, "keras3")
            yield _Attempt(f"{_name(keras3)}, exported file", keras3, loader)

    def _exporter(self, keras: Any, dialect: str) -> Callable[[], Any]:
        def load() -> Any:
            from .hdf5 import write_h5
            from .keras_zip import write_keras

            path = self._temporary / ("model.h5" if dialect == "keras2" else "model.keras")
            (write_h5 if dialect == "keras2" else write_keras)(self._graph, path, dialect=dialect)
            return keras.models.load_model(str(path), compile=False)

        return load

    @contextmanager
    def _floatx(self) -> Iterator[None]:
        """Let Keras's default kind be the network's: models round their inputs to it."""
        before = self._keras.backend.floatx()
        self._keras.backend.set_floatx(self._graph.precision)
        try:
            yield
        finally:
            self._keras.backend.set_floatx(before)

    def predict(self, inputs: list[Array]) -> list[Array]:
        """Return the outputs in inference, for one array for each input, by position."""
        model = self._graph.model
        children = {child.name: child for child in model.children}
        typed = {
            ref: _typed(array, children[ref.layer], self._graph.precision)
            for ref, array in zip(flatten_structure(model.inputs), inputs, strict=True)
        }
        with self._floatx():
            outputs = self._model(_structured(model.inputs, typed), training=False)
        return [np.asarray(output) for output in _leaves(outputs)]


def _module(name: str) -> Any | None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    try:
        module = importlib.import_module(name)
    except ImportError:
        return None
    # Keras 2 may be installed under the name of Keras 3.
    return None if name == "keras" and module.__version__.startswith("2.") else module


def _name(keras: Any) -> str:
    return f"{'Keras' if keras.__name__ == 'keras' else 'tf_keras'} {keras.__version__}"


def _loader(keras: Any, path: Path) -> Callable[[], Any]:
    return lambda: keras.models.load_model(str(path), compile=False)


def _typed(array: Array, layer: Layer, precision: str) -> Array:
    dtype = str(layer.config.get("dtype") or precision)
    return array.astype(dtype)


def _structured(structure: Any, arrays: dict[TensorRef, Array]) -> Any:
    if isinstance(structure, TensorRef):
        return arrays[structure]
    if isinstance(structure, dict):
        return {key: _structured(value, arrays) for key, value in structure.items()}
    return [_structured(value, arrays) for value in structure]


def _leaves(structure: Any) -> Iterator[Any]:
    """Yield the tensors of nested outputs in Keras's order."""
    if isinstance(structure, dict):
        for key in sorted(structure):
            yield from _leaves(structure[key])
    elif isinstance(structure, list | tuple):
        for item in structure:
            yield from _leaves(item)
    else:
        yield structure


def _first_line(problem: Exception) -> str:
    text = str(problem).strip() or type(problem).__name__
    return text.splitlines()[0][:200]
