"""Reading HDF5 files of unknown origin: everything is checked before it sizes an allocation."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np

from .errors import FkbError, FormatError
from .graph import Array

MAX_RANK = 8
MAX_VALUES = 2**31 - 1
MAX_EXPANSION = 100
MAX_CHUNKS = 10_000
_DAMAGE = (
    OSError,
    KeyError,
    ValueError,
    TypeError,
    RuntimeError,
    AttributeError,
    IndexError,
    OverflowError,
    MemoryError,
    SystemError,
    RecursionError,
)


class Hdf5File:
    """An HDF5 file open for reading; every fault of it is a `FormatError`.

    Args:
        source: a path, or the file's bytes.
        label: what to call it in messages.
    """

    def __init__(self, source: Path | bytes, label: object) -> None:
        self._label = label
        self._size = len(source) if isinstance(source, bytes) else _size(source)
        self._read = 0
        handle = io.BytesIO(source) if isinstance(source, bytes) else source
        with self._guard("it is not an HDF5 file, or its structure is damaged"):
            self._file = h5py.File(handle, "r")

    def __enter__(self) -> Hdf5File:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(*_DAMAGE):
            self._file.close()

    @contextlib.contextmanager
    def _guard(self, message: str) -> Iterator[None]:
        try:
            yield
        except FkbError:
            raise
        except _DAMAGE as problem:
            reason = " ".join(str(problem).split())[:200]
            raise FormatError(f"{message} ({reason})", self._label) from None

    def error(self, message: str) -> FormatError:
        """Return an error about this file."""
        return FormatError(message, self._label)

    def _find(self, path: str) -> Any:
        """Return a group or dataset, None where there is none; only hard links are followed."""
        found: Any = self._file
        for part in [part for part in path.split("/") if part]:
            if not isinstance(found, h5py.Group) or part not in found:
                return None
            if not isinstance(found.get(part, getlink=True), h5py.HardLink):
                raise self.error(f'"{path}" is a link to another place, which is not allowed')
            found = found[part]
        return found

    def has(self, path: str) -> bool:
        """Whether a group or dataset of that path exists."""
        with self._guard(f'"{path}" is damaged'):
            return self._find(path) is not None

    def members(self, path: str) -> list[str]:
        """Return the names in a group, sorted; none where it does not exist."""
        with self._guard(f'group "{path}" is damaged'):
            group = self._find(path)
            return sorted(group) if isinstance(group, h5py.Group) else []

    def text(self, path: str, name: str) -> str | None:
        """Return a text attribute, None where it does not exist."""
        with self._guard(f'attribute "{name}" of "{path or "/"}" is damaged'):
            value = self._attribute(path, name)
            if value is None:
                return None
            if isinstance(value, np.ndarray) and value.size == 1:
                value = value.reshape(-1)[0]
            return _decoded(value)

    def names(self, path: str, name: str) -> list[str] | None:
        """Return an attribute that lists names, also one cut into `name0`, `name1`, ...

        None where it does not exist.
        """
        with self._guard(f'attribute "{name}" of "{path or "/"}" is damaged'):
            whole = self._attribute(path, name)
            if whole is not None:
                return _listed(whole)
            listed: list[str] | None = None
            for number in range(MAX_CHUNKS):
                part = self._attribute(path, f"{name}{number}")
                if part is None:
                    break
                listed = (listed or []) + _listed(part)
            return listed

    def _attribute(self, path: str, name: str) -> Any:
        owner = self._find(path)
        if owner is None or name not in owner.attrs:
            return None
        attribute = h5py.h5a.open(owner.id, name.encode("utf-8"))
        count = math.prod(attribute.shape)
        if count and max(attribute.get_storage_size(), count) > self._size:
            raise self.error(f'attribute "{name}" claims to be larger than the file')
        return owner.attrs[name]

    def array(self, path: str) -> Array:
        """Return a dataset of numbers.

        Raises:
            FormatError: it does not exist, holds no numbers, or claims more than the file has.
        """
        with self._guard(f'dataset "{path}" is damaged'):
            dataset = self._find(path)
            if not isinstance(dataset, h5py.Dataset):
                raise self.error(f'dataset "{path}" is missing')
            self._check_dataset(dataset, path)
            value = np.asarray(dataset[()])
            return value.astype(value.dtype.newbyteorder("="), copy=False)

    def _check_dataset(self, dataset: h5py.Dataset, path: str) -> None:
        kind = dataset.dtype.kind
        if kind == "V" or dataset.attrs.get("dtype") is not None:
            raise self.error(
                f'dataset "{path}" holds {dataset.attrs.get("dtype", "a type")!s}, which FKB does '
                "not support: save the model with float32 or float64 weights"
            )
        if kind not in "fiub" or dataset.shape is None:
            raise self.error(f'dataset "{path}" holds no numbers')
        if dataset.external or dataset.is_virtual:
            raise self.error(f'dataset "{path}" lies in another file, which is not allowed')
        values = math.prod(dataset.shape)
        size = values * dataset.dtype.itemsize
        if len(dataset.shape) > MAX_RANK or values > MAX_VALUES:
            raise self.error(f'dataset "{path}" has shape {dataset.shape}, which is too large')
        stored = dataset.id.get_storage_size()
        if dataset.chunks is None and stored != size:
            raise self.error(
                f'dataset "{path}" claims {size} bytes and has {stored}: the file is damaged'
            )
        chunk = math.prod(dataset.chunks or (0,)) * dataset.dtype.itemsize
        self._read += max(size, chunk)
        if stored > self._size or self._read > MAX_EXPANSION * self._size:
            raise self.error(f'dataset "{path}" claims {size} bytes, more than the file can hold')


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as problem:
        raise FkbError(f"cannot read {path}: {problem.strerror or problem}") from None


def _decoded(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, str):
        value.encode("utf-8")
        return value
    raise TypeError("it holds no text")


def _listed(value: Any) -> list[str]:
    if isinstance(value, np.ndarray):
        return [_decoded(item) for item in value.reshape(-1).tolist()]
    if isinstance(value, h5py.Empty):
        return []
    return [_decoded(value)]
