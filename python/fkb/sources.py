"""Telling what kind of model a file holds, by its content, and reading it."""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path

from . import text
from .errors import FkbError, FormatError
from .graph import Graph
from .legacy_text import is_legacy, read_legacy
from .precision import change_precision

PathLike = str | os.PathLike[str]

_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK\x03\x04"
# HDF5 may begin after a user block of 512, 1024, ... bytes.
_HDF5_BLOCKS = [0, *(512 << n for n in range(8))]


class Kind(Enum):
    """What a file may be."""

    TEXT = "FKB model file"
    KERAS = "Keras archive"
    HDF5 = "Keras HDF5 file"
    LEGACY = "text file of the 2020 FKB"


def kind_of(path: PathLike) -> Kind:
    """Return what the content of a file or folder is.

    Raises:
        FkbError: it cannot be read, or is none of these.
    """
    path = Path(path)
    if path.is_dir():
        if (path / "config.json").is_file():
            return Kind.KERAS
        raise FormatError("this folder is no unpacked Keras archive: it has no config.json", path)
    try:
        with path.open("rb") as file:
            head = file.read(_HDF5_BLOCKS[-1] + len(_HDF5))
    except OSError as problem:
        raise FkbError(f"cannot read {path}: {problem.strerror or problem}") from None
    if head.startswith(_ZIP):
        return Kind.KERAS
    if any(head.startswith(_HDF5, start) for start in _HDF5_BLOCKS):
        return Kind.HDF5
    if is_legacy(head):
        return Kind.LEGACY
    if head.removeprefix(b"\xef\xbb\xbf").lstrip(b" ").startswith(b"fkb "):
        return Kind.TEXT
    raise FormatError(_unknown(head), path)


def _unknown(head: bytes) -> str:
    if not head:
        return "this file is empty"
    if head.lstrip().startswith(b"{"):
        return (
            "this is a configuration without weights: give the file with the weights, "
            "and this one with --config"
        )
    return (
        "this is no model: a Keras archive (.keras), a Keras HDF5 file (.h5), an FKB model file "
        "(.fkb) or a text file of the 2020 FKB is expected"
    )


def load_graph(
    path: PathLike,
    *,
    config: PathLike | None = None,
    allow_custom: bool = False,
    precision: str | None = None,
    initialize: int | None = None,
) -> Graph:
    """Return the graph of a model file of any kind; the kind is told by the content.

    Args:
        path: `.keras` archive or its folder, Keras `.h5`, `.fkb`, or text of the 2020 FKB.
        config: JSON of `model.to_json()` for an HDF5 file that holds weights only.
        allow_custom: keep layers of unknown classes with their options and weights.
        precision: `float32` or `float64`; by default that of the file.
        initialize: seed of the weights of a 2020 text file that has none.

    Raises:
        FormatError: the file is damaged, or is no model.
        UnsupportedError: the model has parts that cannot be converted, all are listed.
        FkbError: the file cannot be read, or an argument does not apply to it.
    """
    kind = kind_of(path)
    if config is not None and kind is not Kind.HDF5:
        raise FkbError(f"{path} is a {kind.value}, which needs no separate configuration")
    if initialize is not None and kind is not Kind.LEGACY:
        raise FkbError(f"{path} is a {kind.value}: only a text of the 2020 FKB is initialized")
    if kind is Kind.LEGACY:
        return read_legacy(path, precision=precision or "float32", initialize=initialize)
    graph = _read(kind, Path(path), config, allow_custom)
    if precision is not None:
        change_precision(graph, precision)
    return graph


def _read(kind: Kind, path: Path, config: PathLike | None, allow_custom: bool) -> Graph:
    if kind is Kind.TEXT:
        return text.read(path)
    if kind is Kind.KERAS:
        from .keras_zip import read_keras

        return read_keras(path, allow_custom=allow_custom)
    from .hdf5 import read_h5

    return read_h5(path, None if config is None else Path(config), allow_custom=allow_custom)
