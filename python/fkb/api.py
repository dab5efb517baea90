"""What the package does for a program: converting to the model file and back to Keras."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path

from numpy.typing import ArrayLike

from . import text
from .errors import FkbError
from .graph import Graph
from .precision import KINDS, change_precision
from .ranges import add_ranges
from .sources import Kind, kind_of, load_graph
from .transforms import SideFiles, apply_side_files, apply_toml

PathLike = str | os.PathLike[str]

_KERAS_SUFFIXES = {".keras": "keras", ".h5": "h5", ".hdf5": "h5"}
DIALECTS = ("keras3", "keras2")


class FkbWarning(UserWarning):
    """Something that was done as asked, but that a person should know."""


def convert(
    src: PathLike,
    dst: PathLike,
    *,
    config: PathLike | None = None,
    precision: str | None = None,
    check: int = 0,
    transforms: PathLike | None = None,
    inp_sub: PathLike | None = None,
    inp_div: PathLike | None = None,
    out_scale: PathLike | None = None,
    input_mask: PathLike | None = None,
    allow_custom: bool = False,
    initialize: int | None = None,
    ranges: PathLike | Mapping[str, ArrayLike] | None = None,
    range_margin: float = 0.0,
) -> Graph:
    """Convert a trained model to an FKB model file.

    Args:
        src: `.keras` archive or its folder, Keras `.h5` of Keras 2 or 3, text of the 2020 FKB,
            or a model file (to change its precision or add transforms).
        dst: model file to write, usually `.fkb`; an old one is replaced.
        config: JSON of `model.to_json()` for an HDF5 file that holds weights only.
        precision: `single` or `double`, the kind of the network; by default that of `src`.
        check: number of random samples to record with the outputs that Keras gives for them
            (needs Keras); `fkb verify` and the Fortran library can check them anywhere.
        transforms: TOML file that names inputs and outputs, units and transforms.
        inp_sub: file of numbers to subtract from input 0.
        inp_div: file of numbers to divide input 0 by, after that.
        out_scale: file of numbers to divide output 0 by.
        input_mask: file of 0 and 1: which of the host's values input 0 takes.
        allow_custom: keep layers of unknown classes with their options and weights.
        initialize: seed of random weights for a 2020 text file that has none.
        ranges: data the network was trained with, in the host's units: arrays `in0`, ..., `out0`,
            ..., or called as fields, or the `.npz` file that holds them. Their least and largest
            values become the limits of fields that have none.
        range_margin: what these limits are widened by on each side, as a part of the range.

    Returns:
        What was written.

    Raises:
        FormatError: `src` is damaged, or is no model.
        UnsupportedError: the model has parts that cannot be converted, all are listed.
        FkbError: a file cannot be read or written, or an argument does not fit the model.
    """
    if Path(dst).suffix in _KERAS_SUFFIXES:
        raise FkbError(f"{dst}: convert writes the model file (.fkb), export writes Keras files")
    _refuse_same(src, dst)
    kind = None if precision is None else _kind(precision)
    if check < 0:
        raise FkbError(f"the number of samples to record must not be negative, it is {check}")
    legacy = kind_of(src) is Kind.LEGACY
    graph = load_graph(
        src,
        config=config,
        allow_custom=allow_custom,
        precision=kind if legacy else None,
        initialize=initialize,
    )
    if kind is not None and not legacy:
        _to_precision(graph, kind)
    if transforms is not None:
        apply_toml(graph, transforms, limits_follow=ranges is not None)
    apply_side_files(graph, SideFiles(inp_sub, inp_div, out_scale, input_mask))
    if ranges is not None:
        add_ranges(graph, ranges, range_margin)
    elif range_margin:
        raise FkbError("a margin of ranges needs the data that the ranges come from")
    if check:
        from .verify import record_samples

        unchanged = precision is None and not legacy and config is None
        record_samples(graph, src if unchanged else None, check)
    text.write(graph, dst)
    return graph


def export(
    src: PathLike, dst: PathLike, dialect: str = "keras3", *, allow_custom: bool = False
) -> Graph:
    """Convert a model to a file that Keras loads.

    Args:
        src: model file, or any other kind that `convert` reads.
        dst: `.keras` archive or `.h5` file to write; an old one is replaced.
        dialect: `keras3`, or `keras2` for tf_keras and Keras 2.
        allow_custom: keep layers of unknown classes with their options and weights.

    Returns:
        What was written.

    Raises:
        FormatError: `src` is damaged, or is no model.
        UnsupportedError: the dialect cannot carry a part of the model, all are listed.
        FkbError: a file cannot be read or written.
    """
    container = _KERAS_SUFFIXES.get(Path(dst).suffix)
    if container is None:
        raise FkbError(f"{dst}: the name must end in .keras or .h5, which tells the kind of file")
    if dialect not in DIALECTS:
        raise FkbError(f'the dialect must be {" or ".join(DIALECTS)}, not "{dialect}"')
    _refuse_same(src, dst)
    graph = load_graph(src, allow_custom=allow_custom)
    if container == "keras":
        from .keras_zip import write_keras

        write_keras(graph, Path(dst), dialect=dialect)
    else:
        from .hdf5 import write_h5

        write_h5(graph, Path(dst), dialect=dialect)
    return graph


def _kind(precision: str) -> str:
    kind = KINDS.get(precision, precision)
    if kind not in KINDS.values():
        raise FkbError(f'the precision must be single or double, not "{precision}"')
    return kind


def _refuse_same(src: PathLike, dst: PathLike) -> None:
    if Path(dst).exists() and Path(src).exists() and Path(dst).samefile(src):
        raise FkbError(f"{dst} is the source itself: give another name for the result")


def _to_precision(graph: Graph, precision: str) -> None:
    before = graph.precision
    change = change_precision(graph, precision)
    if change:
        message = f"weights were rounded from {before} to {precision}"
        warnings.warn(f"{message}, by at most {change:.1e} of a value", FkbWarning, stacklevel=3)
