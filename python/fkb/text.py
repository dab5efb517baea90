"""The model file (docs/format.md): reading it to a Graph, writing a Graph to it."""

from __future__ import annotations

import os
from collections.abc import Iterator

from .files import read_bytes, write_atomically
from .graph import Graph
from .progress import Progress
from .text_reader import loads
from .text_writer import dump_pieces, value_bytes

__all__ = ["dumps", "loads", "read", "write"]


def read(path: str | os.PathLike[str]) -> Graph:
    """Return the graph of the model file `path`.

    Raises:
        FormatError: the file is not what docs/format.md says; the message has the line.
        FkbError: the file cannot be read.
    """
    return loads(read_bytes(path), path)


def dumps(graph: Graph) -> bytes:
    """Return the contents of the model file for `graph`.

    Raises:
        FkbError: the graph cannot be written.
    """
    return b"".join(dump_pieces(graph))


def write(graph: Graph, path: str | os.PathLike[str]) -> None:
    """Write `graph` as the model file `path`, which stays as it was when that fails.

    Raises:
        FkbError: the graph or the file cannot be written.
    """
    write_atomically(path, _counted(graph, path))


def _counted(graph: Graph, path: str | os.PathLike[str]) -> Iterator[bytes]:
    with Progress(f"writing {path}", value_bytes(graph)) as progress:
        for piece in dump_pieces(graph):
            yield piece
            progress.add(len(piece))
