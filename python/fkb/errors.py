"""The errors that FKB raises, each a sentence that names what, where and what was expected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class FkbError(Exception):
    """Base of all errors of this package."""


class FormatError(FkbError):
    """A file is not what its format says (damaged, truncated, of another kind)."""

    def __init__(self, message: str, path: object = None, line: int | None = None) -> None:
        where = "" if path is None else f"{path}:" + (f"{line}: " if line else " ")
        super().__init__(where + message)
        self.line = line


@dataclass(frozen=True)
class Problem:
    """One thing in a model that FKB cannot do.

    Attributes:
        layer: path of the layer, `""` for the model as a whole.
        option: name of the option, node or weight, `""` for the layer as a whole.
        message: what is wrong and what to do, a sentence without the layer's name.
    """

    layer: str
    option: str
    message: str

    def __str__(self) -> str:
        where = f'layer "{self.layer}"' if self.layer else "model"
        return (
            f"{where}, {self.option}: {self.message}" if self.option else f"{where}: {self.message}"
        )


class UnsupportedError(FkbError):
    """A model has parts that cannot be converted; all of them are listed."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        count = len(self.problems)
        head = f"{count} problem{'s' if count != 1 else ''} in this model:"
        super().__init__("\n".join([head, *(f"  - {problem}" for problem in self.problems)]))


class EngineError(FkbError):
    """The Fortran engine reported an error, or its library cannot be found."""
