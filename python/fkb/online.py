"""Training inside a simulation, in Python."""

from __future__ import annotations

from os import PathLike, fsencode
from typing import Any

from .batches import batch_arrays
from .engine import Arrays, Network
from .errors import EngineError
from .library import (
    CCounts,
    CError,
    byref,
    c_arrays,
    c_double,
    c_void_p,
    check,
    library,
)
from .text_json import dumps


class OnlineTrainer:
    """Trains a network while a simulation runs: a bounded buffer, guards, restarts.

    Args:
        net: the network.
        loss: as for `fkb.Trainer`.
        optimizer: as for `fkb.Trainer`.
        options: `capacity`, `reservoir`, `batch_size`, `newest`, `update_every`,
            `steps_per_update`, `first_update`, `seed`, `anchor`, `largest_change`, `explosion`;
            `docs/training.md`.

    Raises:
        EngineError: an option is unknown or wrong, or the network cannot be trained so.
    """

    def __init__(
        self, net: Network, loss: Any = None, optimizer: Any = None, **options: Any
    ) -> None:
        self._handle: c_void_p | None = None
        self.net = net
        self._library = library()
        handle, error = c_void_p(), CError()
        given = [None if v is None else dumps(v).encode("utf-8") for v in (loss, optimizer)]
        code = self._library.fkb_online_new(
            net.handle, *given, dumps(options).encode("utf-8"), byref(handle), byref(error)
        )
        check(code, error)
        self._handle = handle
        net.trainer = self

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory back; the network stays."""
        if getattr(self, "_handle", None) is not None and self.net.is_open:
            self._library.fkb_online_free(self._handle)
        self._handle = None

    @property
    def handle(self) -> c_void_p:
        """The library's handle."""
        if self._handle is None:
            raise EngineError("the online training is closed")
        return self._handle

    def observe(
        self, x: Arrays, y: Arrays, *, time: float | None = None, sample_weight: Any = None
    ) -> None:
        """Take the samples of one time step, and learn where it is time.

        Args:
            x: inputs as for `Network.predict`.
            y: targets.
            time: the simulation's, for a schedule that goes by it.
            sample_weight: one weight for each sample.
        """
        inputs, targets, weights = batch_arrays(self.net, x, y, sample_weight)
        error = CError()
        code = self._library.fkb_online_observe(
            self.handle,
            len(inputs),
            c_arrays(inputs),
            len(targets),
            c_arrays(targets),
            c_arrays(weights[:1]) if weights else None,
            None if time is None else byref(c_double(time)),
            byref(error),
        )
        check(code, error)

    def update(self) -> None:
        """Learn from the buffer now."""
        error = CError()
        check(self._library.fkb_online_update(self.handle, byref(error)), error)

    def save(self, path: str | PathLike[str]) -> None:
        """Write a restart: weights, optimizer, buffer, random numbers and counters, in one step."""
        error = CError()
        check(self._library.fkb_online_save(self.handle, fsencode(path), byref(error)), error)

    def load(self, path: str | PathLike[str]) -> None:
        """Go on from a restart with the same bits; a load that fails changes nothing."""
        error = CError()
        check(self._library.fkb_online_load(self.handle, fsencode(path), byref(error)), error)

    def store(self) -> None:
        """Put the optimizer's state into the network; `Network.save` does it by itself."""
        error = CError()
        check(self._library.fkb_online_store(self.handle, byref(error)), error)

    @property
    def counts(self) -> dict[str, float]:
        """What happened so far.

        `observations`, `updates`, `refused`, `rollbacks`, `limited`, and `loss` of the last
        update with its running mean `mean_loss`.
        """
        counts = CCounts()
        self._library.fkb_online_get_counts(self.handle, byref(counts))
        return {field[0]: getattr(counts, field[0]) for field in CCounts._fields_}

    @property
    def learning_rate(self) -> float:
        """The learning rate, which a simulation may set by its own time."""
        return float(self._library.fkb_online_rate(self.handle))

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        error = CError()
        check(self._library.fkb_online_set_rate(self.handle, float(rate), byref(error)), error)
