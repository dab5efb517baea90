"""What networks with stateful layers keep from call to call."""

from __future__ import annotations

from ctypes import create_string_buffer
from typing import Any

import numpy as np

from .errors import EngineError
from .graph import Array
from .library import CError, byref, c_int, c_int64, c_void_p, check, doubles, library

_PATH_SIZE = 1 << 16


class State:
    """The state of all stateful layers for some samples, made by `Network.new_state`.

    Args:
        network: the library's handle of the network.
        columns: number of samples.
    """

    def __init__(self, network: c_void_p, columns: int) -> None:
        self._library = library()
        handle, error = c_void_p(), CError()
        code = self._library.fkb_state_new(network, columns, byref(handle), byref(error))
        check(code, error)
        self.handle: c_void_p | None = handle
        #: Number of samples.
        self.columns = columns
        #: Number of values of one sample.
        self.rows: int = self._library.fkb_state_rows(handle)

    def __del__(self) -> None:
        if getattr(self, "handle", None) is not None:
            self._library.fkb_state_free(self.handle)
            self.handle = None

    @property
    def values(self) -> Array:
        """All values, (columns, rows), float64: what a restart file has to hold."""
        values = np.empty((self.columns, self.rows))
        self._library.fkb_state_get(self.handle, doubles(values))
        return values

    @values.setter
    def values(self, values: Array) -> None:
        given = np.ascontiguousarray(values, np.float64)
        if given.shape != (self.columns, self.rows):
            raise EngineError(
                f"the state has the shape {(self.columns, self.rows)}, not {given.shape}"
            )
        self._library.fkb_state_set(self.handle, doubles(given))

    def reset(self, columns: Any = slice(None)) -> None:
        """Set zeros, for all samples or for those that index the first axis of `values`."""
        values = self.values
        values[columns] = 0
        self.values = values

    def parts(self) -> dict[tuple[str, int], slice]:
        """Return where the states lie in a sample, by layer path and number (1 is h, 2 is c)."""
        found: dict[tuple[str, int], slice] = {}
        path, number = create_string_buffer(_PATH_SIZE), c_int()
        first, count = c_int64(), c_int64()
        whose = (path, _PATH_SIZE, byref(number), byref(first), byref(count))
        while self._library.fkb_state_part(self.handle, len(found), *whose):
            key = (path.value.decode("utf-8"), number.value)
            found[key] = slice(first.value, first.value + count.value)
        return found
