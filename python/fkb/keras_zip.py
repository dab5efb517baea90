"""Keras archives: `.keras` files and unzipped directories of Keras 3 and tf_keras."""

from __future__ import annotations

from pathlib import Path

from fkb.graph import Graph


def read_keras(path: Path | str, *, allow_custom: bool = False) -> Graph:
    """Read a `.keras` archive, or the directory that it unpacks to.

    Raises:
        FormatError: the file is damaged, or is not what Keras writes.
        UnsupportedError: the model has parts that cannot be converted, all are listed.
    """
    raise NotImplementedError


def write_keras(graph: Graph, path: Path | str, *, dialect: str = "keras3") -> None:
    """Write `graph` as a `.keras` archive that Keras 3 (or tf_keras, dialect `keras2`) loads.

    Raises:
        UnsupportedError: the dialect cannot carry a part of the model, all are listed.
    """
    raise NotImplementedError
