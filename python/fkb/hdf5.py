"""Keras HDF5 files: whole models of Keras 2 and 3, and weights with a separate configuration."""

from __future__ import annotations

from pathlib import Path

from fkb.graph import Graph


def read_h5(path: Path | str, config: Path | str | None = None, *, allow_custom: bool = False) -> Graph:
    """Read a Keras `.h5` file, or a weights-only file with the JSON of `model.to_json()`.

    Args:
        path: HDF5 file of Keras 2 or 3; its kind is told by its content.
        config: JSON file with the model's configuration; needed where the file has none.
        allow_custom: keep layers of unknown classes with their options and weights.

    Raises:
        FormatError: the file is damaged, or is not what Keras writes.
        UnsupportedError: the model has parts that cannot be converted, all are listed.
    """
    raise NotImplementedError


def write_h5(graph: Graph, path: Path | str, *, dialect: str = "keras3") -> None:
    """Write `graph` as a whole-model `.h5` file of dialect `keras3` or `keras2`.

    Raises:
        UnsupportedError: the dialect cannot carry a part of the model, all are listed.
    """
    raise NotImplementedError
