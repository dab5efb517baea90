"""Transforms between host and network: the old FKB's side files, and the TOML file.

They become ports of the graph: names, units, and steps that the engine applies.
"""

from __future__ import annotations

import copy
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import FkbError, FormatError
from .files import read_bytes
from .graph import Graph, Port, Step, TensorRef, flatten_structure
from .keras_shapes import infer_shapes
from .port_fields import field_elements, problem_of_budgets, problem_of_fields
from .report import Report
from .transform_steps import add_step, steps_of_fields

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]

Vector = NDArray[np.float64]
PathLike = str | os.PathLike[str]

_PORT_KEYS = frozenset(
    {"position", "name", "unit", "elements", "description", "size", "steps", "fields"}
)
_EXPONENT = re.compile(r"(?<=[0-9.])[dD](?=[+-]?[0-9])")


@dataclass(frozen=True)
class SideFiles:
    """The side files of the old FKB, each None where there is none."""

    inp_sub: PathLike | None = None
    inp_div: PathLike | None = None
    out_scale: PathLike | None = None
    input_mask: PathLike | None = None


def read_numbers(path: PathLike) -> Vector:
    """Return the numbers of a text file, separated by commas or white space.

    Raises:
        FormatError: there is something else in it, or nothing.
    """
    try:
        rows = read_bytes(path).decode("ascii").splitlines()
    except UnicodeDecodeError:
        raise FormatError("not a text file of numbers", path) from None
    values: list[float] = []
    for line, row in enumerate(rows, 1):
        for token in row.replace(",", " ").split():
            try:
                value = float(_EXPONENT.sub("e", token))
            except ValueError:
                value = np.nan
            if not np.isfinite(value) or "_" in token:
                raise FormatError(f'"{token[:60]}" is not a finite number', path, line)
            values.append(value)
    if not values:
        raise FormatError("there is no number in this file", path)
    return np.array(values)


def read_mask(path: PathLike) -> list[bool]:
    """Return the flags of an input list: 1 for an input that the network takes, else 0.

    Raises:
        FormatError: there is another number in it, or no 1.
    """
    values = read_numbers(path)
    if not np.isin(values, (0, 1)).all():
        wrong = values[~np.isin(values, (0, 1))][0]
        raise FormatError(f"an input list holds 0 and 1 only, not {wrong:g}", path)
    if not values.any():
        raise FormatError("this input list selects no input", path)
    return [bool(value) for value in values]


def apply_side_files(graph: Graph, files: SideFiles) -> None:
    """Add the old FKB's side files to input 0 and output 0: `(x - sub)/div`, `y/scale`.

    Subtrahends and divisors of the full list of inputs come before the selection, those of the
    selected inputs after it.

    Raises:
        FkbError: lengths do not fit the model or each other, or the ports have steps already.
    """
    if files.inp_sub is not None or files.inp_div is not None or files.input_mask is not None:
        _add_input_files(graph, files)
    if files.out_scale is not None:
        target = _Target(graph, "output", 0)
        target.append("divide", read_numbers(files.out_scale), files.out_scale)
        target.finish()


def _add_input_files(graph: Graph, files: SideFiles) -> None:
    target = _Target(graph, "input", 0)
    if files.input_mask is not None:
        target.mask(read_mask(files.input_mask), files.input_mask)
    for kind, path in (("subtract", files.inp_sub), ("divide", files.inp_div)):
        if path is not None:
            values = read_numbers(path)
            if target.waiting and values.size not in (1, target.host_size):
                target.select()
            target.append(kind, values, path)
    target.finish()


class _Target:
    """One port that steps are added to, with the number of elements at each place."""

    def __init__(self, graph: Graph, side: str, position: int) -> None:
        self.label = f"{side} {position}"
        self._ports = graph.inputs if side == "input" else graph.outputs
        self._position = position
        refs = flatten_structure(graph.model.inputs if side == "input" else graph.model.outputs)
        if position >= len(refs):
            raise FkbError(f"the model has no {self.label}: it has {len(refs)} {side}s")
        self.network_size = last_axis(graph, refs[position])
        self.host_size = self.network_size
        self.size = self.network_size
        self.waiting: list[int] = []
        self._precision = graph.precision
        self.port = self._ports.get(position) or Port(refs[position].layer)
        if self.port.steps:
            raise FkbError(f"{self.label} has transforms already: they are not replaced")

    def mask(self, flags: list[bool], source: object) -> None:
        """Keep the flagged elements of the host; `select` says where in the order of steps."""
        self.keep([index for index, flag in enumerate(flags) if flag], len(flags), source)

    def keep(self, chosen: list[int], size: int, source: object) -> None:
        """Keep these elements of `size`; `select` says where in the order of steps."""
        if self.network_size is not None and len(chosen) != self.network_size:
            raise FkbError(
                f"{source} selects {len(chosen)} elements, "
                f"{self.label} of the model takes {self.network_size}"
            )
        self.host_size = self.size = size
        self.port.options["size"] = size
        self.waiting = chosen

    def select(self) -> None:
        """Put the selection here."""
        self.port.steps.append(Step("select", self.waiting))
        self.size = len(self.waiting)
        self.waiting = []

    def append(self, kind: str, values: Vector, source: object) -> None:
        """Add an arithmetic step with one number or one for each element."""
        if kind == "divide" and not values.all():
            index = int(np.argmin(values != 0))
            message = f"number {index + 1} is 0, {self.label} cannot be divided by it"
            raise FkbError(f"{source}: {message}")
        if values.size == 1:
            self.port.steps.append(Step(kind, float(values[0])))
            return
        if self.size is not None and values.size != self.size:
            both = f"{self.size}"
            if self.waiting and self.network_size is not None:
                both += f" (or {self.network_size} after the selection)"
            raise FkbError(f"{source} has {values.size} numbers, {self.label} has {both} elements")
        single = values.astype(np.float32)
        exact = self._precision == "float32" and bool((single == values).all())
        self.port.steps.append(Step(kind, single if exact else values))

    def finish(self) -> None:
        """Put the port into the graph."""
        if self.waiting:
            self.select()
        for name in ("unit", "elements"):
            value = self.port.options.get(name)
            if isinstance(value, list) and self.host_size not in (None, len(value)):
                raise FkbError(
                    f"{self.label}: {name} has {len(value)} entries, "
                    f"the host has {self.host_size} elements"
                )
        fields = self.port.options.get("fields")
        if fields and self.host_size not in (None, field_elements(fields)):
            raise FkbError(
                f"{self.label}: the fields have {field_elements(fields)} elements, "
                f"the host has {self.host_size}"
            )
        self._ports[self._position] = self.port
        for position in sorted(self._ports):
            self._ports[position] = self._ports.pop(position)


def last_axis(graph: Graph, ref: TensorRef) -> int | None:
    """Return the elements of a tensor's last axis, None where the model leaves them open."""
    shape = infer_shapes(graph.model, Report()).of(graph.model, ref)
    return shape[-1] if shape and len(shape) > 1 else None


def apply_toml(graph: Graph, path: PathLike, limits_follow: bool = False) -> None:
    """Add what a transforms file says: `[[input]]` and `[[output]]` tables.

    Each has `position` (by default its place among its kind), `name`, `unit`, `elements`,
    `description`, `fields` (tables as in docs/format.md 4.3.1), and `steps`, a list of tables
    with one entry each: `add`, `subtract`, `multiply`, `divide` with a number, a list or the name
    of a file with numbers; `select` with a list of positions, which needs `size`; `mask` with a
    list of 0 and 1 or the name of such a file. Names of files are relative to this one.

    Args:
        graph: the model, changed in place.
        path: the file.
        limits_follow: fields that say what to do outside their limits get these later.

    Raises:
        FkbError: something unknown, of a wrong kind or length, with the place in the file.
    """
    try:
        tables = tomllib.loads(read_bytes(path).decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise FormatError(f"not a TOML file: {problem}", path) from None
    for key, entries in tables.items():
        if key not in ("input", "output"):
            raise FormatError(f'unknown table "{key}": there are [[input]] and [[output]]', path)
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise FormatError(f'"{key}" must be tables, written as [[{key}]]', path)
        for place, entry in enumerate(entries):
            _add_table(graph, key, place, entry, Path(path), limits_follow)


def _add_table(
    graph: Graph, side: str, place: int, entry: dict[str, Any], path: Path, limits_follow: bool
) -> None:
    position = entry.get("position", place)
    where = f"{side} {position}"
    if isinstance(position, bool) or not isinstance(position, int) or position < 0:
        raise FormatError(f"{side}: position must be an integer from 0, not {position!r}", path)
    if unknown := [key for key in entry if key not in _PORT_KEYS]:
        raise FormatError(f'{where}: unknown key "{unknown[0]}"', path)
    target = _Target(graph, side, position)
    entry = copy.deepcopy(entry)
    fields = entry.get("fields", [])
    objects = isinstance(fields, list) and all(isinstance(field, dict) for field in fields)
    inner = steps_of_fields(fields) if objects else []
    _describe(target, entry, path, limits_follow)
    steps = entry.get("steps", [])
    if not isinstance(steps, list):
        raise FormatError(f"{where}: steps must be a list of tables", path)
    places = [f"{path}: step {number} of {where}" for number in range(1, len(steps) + 1)]
    _prepare_selection(target, list(zip(places, steps, strict=True)), path.parent, entry)
    if side == "input":
        _add_field_steps(target, inner, path)
    for place_of_step, step in zip(places, steps, strict=True):
        kind, value = _single_entry(step, place_of_step)
        if kind in ("mask", "select"):
            target.select()
        else:
            add_step(target, (kind, value), place_of_step, path.parent, _toml_numbers)
    if side == "output":
        _add_field_steps(target, inner, path)
    target.finish()


def _add_field_steps(
    target: _Target, steps: list[tuple[str, Any, tuple[int, int]]], path: Path
) -> None:
    """Add the steps of fields: the nearest to the host."""
    for name, step, span in steps:
        where = f'{path}: a step of field "{name}" of {target.label}'
        if target.size is None or span[1] > target.size:
            raise FkbError(f"{where}: the fields do not fit the {target.size} elements")
        add_step(target, _single_entry(step, where), where, path.parent, _toml_numbers, span)


def _single_entry(step: Any, where: str) -> tuple[str, Any]:
    if not isinstance(step, dict) or len(step) != 1:
        raise FkbError(f"{where}: a table with one entry is expected, such as {{subtract = 3.5}}")
    kind, value = next(iter(step.items()))
    return kind, value


def _prepare_selection(
    target: _Target, steps: list[tuple[str, Any]], folder: Path, entry: dict[str, Any]
) -> None:
    """Tell the target how many elements the host has before any step is added."""
    found = False
    for where, step in steps:
        kind, value = _single_entry(step, where)
        if kind not in ("mask", "select"):
            continue
        if found or not target.label.startswith("input"):
            raise FkbError(f"{where}: only an input may have a selection, and only one")
        found = True
        source = str(folder / value) if isinstance(value, str) else where
        if kind == "mask":
            target.mask(_toml_mask(value, where, folder), source)
        else:
            size = entry.get("size")
            if isinstance(size, bool) or not isinstance(size, int):
                raise FkbError(f"{where}: select needs size, how many elements the host gives")
            target.keep(_toml_indices(value, size, where), size, source)
    if "size" in entry and target.port.options.get("size") != entry["size"]:
        raise FkbError(f"{target.label}: size is {entry['size']}, the steps select from another")


def _describe(target: _Target, entry: dict[str, Any], path: Path, limits_follow: bool) -> None:
    for key in ("name", "unit", "elements", "description"):
        if key not in entry:
            continue
        value = entry[key]
        texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
        text = isinstance(value, str)
        if not (texts if key == "elements" else text or (texts and key == "unit")):
            raise FormatError(f"{target.label}: {key} must be text", path)
        if key == "name":
            target.port.name = value
        else:
            target.port.options[key] = value
    if "fields" in entry:
        problem = problem_of_fields(entry["fields"], target.label.split()[0], limits_follow)
        if problem is not None:
            raise FormatError(f"{target.label}: {problem}", path)
        target.port.options["fields"] = entry["fields"]
    if "budgets" in entry:
        problem = problem_of_budgets(entry["budgets"])
        if target.label.startswith("input"):
            problem = "only an output may have budgets"
        if problem is not None:
            raise FormatError(f"{target.label}: {problem}", path)
        target.port.options["budgets"] = entry["budgets"]


def _toml_numbers(value: Any, where: str, folder: Path) -> Vector:
    if isinstance(value, str):
        return read_numbers(folder / value)
    values = value if isinstance(value, list) else [value]
    fine = all(isinstance(item, int | float) and not isinstance(item, bool) for item in values)
    if not values or not fine or not np.isfinite(np.array(values, np.float64)).all():
        raise FkbError(f"{where}: a finite number, a list of them or a file's name is expected")
    return np.array(values, np.float64)


def _toml_mask(value: Any, where: str, folder: Path) -> list[bool]:
    if isinstance(value, str):
        return read_mask(folder / value)
    if not isinstance(value, list) or not value or any(item not in (0, 1) for item in value):
        raise FkbError(f"{where}: a list of 0 and 1 or a file's name is expected")
    return [bool(item) for item in value]


def _toml_indices(value: Any, size: int, where: str) -> list[int]:
    fine = isinstance(value, list) and all(type(item) is int and 0 <= item < size for item in value)
    if not fine or not value or len(set(value)) < len(value):
        raise FkbError(f"{where}: a list of different positions from 0 to {size - 1} is expected")
    return [int(item) for item in value]
