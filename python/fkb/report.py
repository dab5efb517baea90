"""Collecting all problems of a model before reporting them together."""

from __future__ import annotations

import json
from typing import Any

from .errors import Problem, UnsupportedError

_SHOWN = 80


def shown(value: Any) -> str:
    """Return a value as it may stand in a message: JSON, shortened."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


class Report:
    """The problems found so far."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}
        self._layers: set[str] = set()

    @property
    def problems(self) -> list[Problem]:
        """The problems in the order in which they were found."""
        return list(self._found)

    def concerns(self, layer: str) -> bool:
        """Whether a layer has a problem."""
        return layer in self._layers

    def add(self, layer: str, option: str, message: str) -> None:
        """Note a problem, once."""
        self._found[Problem(layer, option, message)] = None
        self._layers.add(layer)

    def raise_if_any(self) -> None:
        """Raise `UnsupportedError` with everything that was noted."""
        if self._found:
            raise UnsupportedError(self.problems)
