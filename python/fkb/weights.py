"""The weights of a network in the library: read, set, freeze, begin anew."""

from __future__ import annotations

from ctypes import CDLL, create_string_buffer

import numpy as np

from .errors import EngineError
from .graph import Array
from .library import MAX_RANK, CError, byref, c_int, c_int64, c_void_p, check, doubles

_PATH_SIZE = 1 << 16


class Weights:
    """What a `Network` does with its weights."""

    _library: CDLL
    #: Kind in which the network computes, `float32` or `float64`.
    precision: str

    @property
    def handle(self) -> c_void_p:
        """The library's handle."""
        raise NotImplementedError

    def set_trainable(self, path: str, trainable: bool) -> None:
        """Freeze or thaw the layers that a path or pattern names, with all below them.

        Args:
            path: such as `"encoder/dense"` or `"conv*"`; the empty path is the whole network.
            trainable: whether their weights are trained.
        """
        error = CError()
        name = path.encode("utf-8")
        code = self._library.fkb_network_set_trainable(
            self.handle, name, int(trainable), byref(error)
        )
        check(code, error)

    def set_rate_factor(self, pattern: str, factor: float) -> None:
        """Multiply the learning rate of weights by a factor; no file keeps it.

        Args:
            pattern: their paths, such as `"encoder"` or `"*/bias"`; the empty one means all.
            factor: 0 or more, 1 at first.
        """
        error = CError()
        name = pattern.encode("utf-8")
        code = self._library.fkb_network_set_rate_factor(self.handle, name, factor, byref(error))
        check(code, error)

    def set_decay_factor(self, pattern: str, factor: float) -> None:
        """Multiply the weight decay of optimizers for some weights; no file keeps it.

        0 is what Keras's `exclude_from_weight_decay` does.

        Args:
            pattern: their paths, such as `"encoder"` or `"*/bias"`; the empty one means all.
            factor: 0 or more, 1 at first.
        """
        error = CError()
        name = pattern.encode("utf-8")
        code = self._library.fkb_network_set_decay_factor(self.handle, name, factor, byref(error))
        check(code, error)

    def copy_weights(self, other: Weights, pattern: str = "") -> None:
        """Take weights from another network, by their paths; nothing changes where one is missing.

        Args:
            other: a network of the same precision.
            pattern: their paths, such as `"encoder"`; the empty one means all.
        """
        error = CError()
        name = pattern.encode("utf-8")
        code = self._library.fkb_network_copy_weights(self.handle, other.handle, name, byref(error))
        check(code, error)

    def initialize(self, seed: int, pattern: str | None = None) -> None:
        """Fill the weights anew, as the initializers of the layers say.

        Args:
            seed: the same seed gives the same weights, from -2**31 to 2**31 - 1.
            pattern: paths of the weights that are meant, such as `head` or `encoder/*kernel`;
                by default all.

        Raises:
            EngineError: a weight has no initializer that FKB knows, or none fits the pattern.
        """
        if not -(2**31) <= seed < 2**31:
            raise EngineError(f"the seed is {seed}, not an integer of 32 bits")
        error = CError()
        name = None if pattern is None else pattern.encode("utf-8")
        code = self._library.fkb_network_initialize(self.handle, seed, name, byref(error))
        check(code, error)

    @property
    def n_params(self) -> int:
        """Number of weights."""
        return int(self._library.fkb_network_params(self.handle))

    @property
    def params(self) -> Array:
        """All weights as one vector, a copy; assigning sets them."""
        values = np.empty(self.n_params)
        self._library.fkb_network_get_params(self.handle, doubles(values))
        return values

    @params.setter
    def params(self, values: Array) -> None:
        if self._library.fkb_network_frozen(self.handle):
            raise EngineError("the network is frozen for prediction: call thaw before new weights")
        vector = np.ascontiguousarray(values, np.float64).reshape(-1)
        if vector.size != self.n_params:
            raise EngineError(f"the network has {self.n_params} weights, not {vector.size}")
        self._library.fkb_network_set_params(self.handle, doubles(vector))

    @property
    def weights(self) -> dict[str, Array]:
        """The weights by path, such as `dense/kernel`, with Keras's shapes; copies."""
        params = self.params.astype(self.precision)
        result = {}
        for position in range(self._library.fkb_network_segments(self.handle)):
            path, first, shape = self._segment(position)
            count = int(np.prod(shape, dtype=np.int64))
            result[path] = params[first : first + count].reshape(shape)
        return result

    def _segment(self, position: int) -> tuple[str, int, tuple[int, ...]]:
        path, shape = create_string_buffer(_PATH_SIZE), (c_int64 * MAX_RANK)()
        first, count, trainable = c_int64(), c_int64(), c_int()
        rank = self._library.fkb_network_segment(
            self.handle,
            position,
            path,
            _PATH_SIZE,
            byref(first),
            byref(count),
            byref(trainable),
            shape,
        )
        return path.value.decode("utf-8"), first.value, tuple(int(n) for n in shape[:rank])
