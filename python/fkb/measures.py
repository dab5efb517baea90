"""Losses and metrics of the Fortran library on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import EngineError
from .graph import Array
from .library import (
    CError,
    byref,
    c_arrays,
    c_double,
    c_void_p,
    check,
    doubles,
    library,
    native,
)
from .text_json import dumps


class Loss:
    """A loss on arrays, as a trainer evaluates it.

    Args:
        config: a name (`mse`, `Huber`) or a dict with `class_name` and `config`, as in Keras.
        keras_major: 2 or 3, where the two differ.
    """

    def __init__(self, config: Any, keras_major: int = 3) -> None:
        self._config = dumps(config).encode("utf-8")
        self._major = keras_major

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
        """Return the loss, reduced over the batch."""
        return self._evaluate(y_true, y_pred, sample_weight, None)

    def gradient(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> tuple[float, Array]:
        """Return the loss and its derivative by the predictions."""
        grad = np.zeros_like(native(y_pred, "float32"))
        value = self._evaluate(y_true, y_pred, sample_weight, grad)
        return value, grad

    def _evaluate(self, y_true: Any, y_pred: Any, sample_weight: Any, grad: Array | None) -> float:
        predicted = native(y_pred, "float32")
        target = native(y_true, predicted.dtype.name)
        weights = None if sample_weight is None else native(sample_weight, predicted.dtype.name)
        value, error = c_double(), CError()
        code = library().fkb_loss_evaluate(
            self._config,
            self._major,
            c_arrays([target]),
            c_arrays([predicted]),
            None if weights is None else c_arrays([weights]),
            byref(value),
            None if grad is None else c_arrays([grad]),
            byref(error),
        )
        check(code, error)
        return value.value


class Metric:
    """A metric that adds up batches.

    Args:
        config: a name (`mse`, `AUC`, `accuracy`) or a dict with `class_name` and `config`, as in
            Keras.
        dtype: the kind in which predictions are compared, `float32` or `float64`. Sums are kept
            in real64.
        keras_major: 2 or 3, where the two differ.

    Raises:
        EngineError: there is no such metric, or it has no such option.
    """

    def __init__(self, config: Any, dtype: str = "float32", keras_major: int = 3) -> None:
        self._handle: c_void_p | None = None
        if dtype not in ("float32", "float64"):
            raise EngineError(f"a metric is computed in float32 or float64, not in {dtype}")
        self._dtype = dtype
        self._library = library()
        handle, error = c_void_p(), CError()
        code = self._library.fkb_metric_new(
            dumps(config).encode("utf-8"),
            keras_major,
            np.dtype(dtype).itemsize,
            byref(handle),
            byref(error),
        )
        check(code, error)
        self._handle = handle

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None:
            self._library.fkb_metric_free(self._handle)
        self._handle = None

    def update(self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None) -> None:
        """Add a batch.

        Args:
            y_true: targets.
            y_pred: predictions, batch first.
            sample_weight: one for each sample, or one for each position.
            mask: zeros and ones for each position, where the output has a mask.
        """
        arrays = [
            None if value is None else native(value, self._dtype)
            for value in (y_true, y_pred, sample_weight, mask)
        ]
        error = CError()
        pointers = [None if array is None else c_arrays([array]) for array in arrays]
        check(self._library.fkb_metric_update(self._handle, *pointers, byref(error)), error)

    def reset(self) -> None:
        """Forget all batches."""
        self._library.fkb_metric_reset(self._handle)

    def values(self) -> Array:
        """Return all values: one, or those of each threshold or class."""
        values = np.zeros(max(1, self._library.fkb_metric_count(self._handle)))
        self._library.fkb_metric_values(self._handle, doubles(values))
        return values

    def result(self) -> float | Array:
        """Return the value, or the array of values where there are several."""
        values = self.values()
        return float(values[0]) if len(values) == 1 else values
