"""A progress bar on the standard error stream, shown only to a person who has to wait."""

from __future__ import annotations

import sys
import time
from types import TracebackType

_WIDTH = 30
_DELAY = 0.5
_INTERVAL = 0.1


class Progress:
    """Counts work and draws a bar once it has lasted half a second.

    Nothing is drawn where the stream is no terminal.

    Args:
        label: what is being done, such as `writing model.fkb`.
        total: amount of work, in any unit.
    """

    def __init__(self, label: str, total: int) -> None:
        self._label = label
        self._total = max(total, 1)
        self._done = 0
        self._next = time.monotonic() + _DELAY
        self._terminal = sys.stderr.isatty()
        self._drawn = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._drawn:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()

    def add(self, amount: int) -> None:
        """Note that `amount` more is done."""
        self._done += amount
        if self._terminal and time.monotonic() >= self._next:
            self._draw()

    def _draw(self) -> None:
        share = min(self._done / self._total, 1.0)
        bar = "#" * round(share * _WIDTH)
        sys.stderr.write(f"\r{self._label} [{bar:<{_WIDTH}}] {share:4.0%}")
        sys.stderr.flush()
        self._next = time.monotonic() + _INTERVAL
        self._drawn = True
