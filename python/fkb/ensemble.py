"""Networks that work together: `fkb.Ensemble`, mean and spread of their answers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from types import TracebackType

import numpy as np

from .errors import EngineError
from .graph import Array
from .library import (
    MAX_RANK,
    CError,
    byref,
    c_arrays,
    c_double,
    c_int64,
    c_void_p,
    check,
    library,
    native,
)

PathLike = str | os.PathLike[str]
_BYTES = {"single": 4, "double": 8, "float32": 4, "float64": 8}


@dataclass(frozen=True)
class Forecast:
    """What an ensemble says of a batch."""

    #: Weighted mean of the members, (samples, ...).
    mean: Array
    #: Weighted standard deviation of the members, like `mean`.
    spread: Array
    #: What each member says, (members, samples, ...).
    members: Array


class Ensemble:
    """Several networks for the same input and output, or one network with noise.

    Args:
        path: directory with model files, pattern such as `models/run_*.fkb`, description `*.txt`,
            or one model file (docs/ensembles.md).
        precision: of all members, `single` or `double`.
        noise: standard deviation of the noise at the inputs, in the networks' own numbers; by
            default that of the description, or none.
        seed: of the noise; by default that of the description, or 0.

    Raises:
        EngineError: a member cannot be read or does not fit the others.
    """

    def __init__(
        self,
        path: PathLike,
        precision: str = "single",
        noise: float | None = None,
        seed: int | None = None,
    ) -> None:
        self._handle: c_void_p | None = None
        self._library = library()
        if precision not in _BYTES:
            raise EngineError(f'a precision is "single" or "double", not "{precision}"')
        handle, error = c_void_p(), CError()
        code = self._library.fkb_ensemble_load(
            os.fsencode(path), _BYTES[precision], byref(handle), byref(error)
        )
        check(code, error)
        self._handle = handle
        #: Kind in which the members compute, `float32` or `float64`.
        self.precision = "float64" if _BYTES[precision] == 8 else "float32"
        #: Number of members.
        self.members: int = self._library.fkb_ensemble_members(handle)
        if noise is not None:
            self.noise = noise
        if seed is not None:
            self.seed = seed

    def __enter__(self) -> Ensemble:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory back; the ensemble cannot be used any more."""
        handle = getattr(self, "_handle", None)
        if handle is not None:
            self._library.fkb_ensemble_free(handle)
            self._handle = None

    @property
    def handle(self) -> c_void_p:
        """The library's handle."""
        if self._handle is None:
            raise EngineError("the ensemble is closed")
        return self._handle

    @property
    def noise(self) -> float:
        """Standard deviation of the noise at the inputs, in the networks' own numbers."""
        return self._noise_and_seed()[0]

    @noise.setter
    def noise(self, noise: float) -> None:
        self._library.fkb_ensemble_set_noise(self.handle, float(noise), self.seed)

    @property
    def seed(self) -> int:
        """Seed of the noise."""
        return self._noise_and_seed()[1]

    @seed.setter
    def seed(self, seed: int) -> None:
        self._library.fkb_ensemble_set_noise(self.handle, self.noise, int(seed))

    def _noise_and_seed(self) -> tuple[float, int]:
        noise, seed = c_double(), c_int64()
        self._library.fkb_ensemble_get_noise(self.handle, byref(noise), byref(seed))
        return noise.value, seed.value

    def _shape(self, output: bool) -> tuple[int, ...]:
        extents = (c_int64 * MAX_RANK)()
        rank = self._library.fkb_ensemble_shape(self.handle, int(output), extents)
        shape = tuple(int(extent) for extent in extents[1:rank])
        if any(extent < 0 for extent in shape):
            raise EngineError("the members of an ensemble need inputs and outputs of known sizes")
        return shape

    def forecast(self, x: Array, step: int = 0, first_column: int = 1) -> Forecast:
        """Return mean, spread and members of the answers to a batch.

        Args:
            x: (samples, ...), as a member takes it.
            step: number of the host's step: another one has other noise.
            first_column: global number of the first sample, from 1, for the noise.

        Raises:
            EngineError: `x` does not fit, or the noise is negative.
        """
        given = native(x, self.precision)
        wanted = self._shape(output=False)
        if given.shape[1:] != wanted:
            raise EngineError(f"a sample has the shape {wanted}, not {given.shape[1:]}")
        shape = (len(given), *self._shape(output=True))
        mean, spread = np.empty(shape, given.dtype), np.empty(shape, given.dtype)
        members = np.empty((self.members, *shape), given.dtype)
        arrays = [c_arrays([array]) for array in (given, mean, spread, members)]
        error = CError()
        code = self._library.fkb_ensemble_predict(
            self.handle, *arrays, step, first_column, byref(error)
        )
        check(code, error)
        return Forecast(mean, spread, members)

    def predict(self, x: Array, step: int = 0, first_column: int = 1) -> Array:
        """Return the mean of the answers to a batch, as `forecast`."""
        return self.forecast(x, step, first_column).mean
