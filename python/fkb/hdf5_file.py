"""Reading HDF5 files of unknown origin: everything is checked before it sizes an allocation."""

from __future__ import annotations

import contextlib
import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from .errors import FkbError, FormatError
from .graph import Array
from .hdf5_data import Dataset, Type, attribute, text_values
from .hdf5_format import (
    UNDEFINED,
    DamagedError,
    Message,
    NewerError,
    Reader,
    group_links,
    many,
    messages,
)

_MAX_PARTS = 10_000
_Attribute = tuple[Type, "tuple[int, ...] | None", bytes]


class Hdf5File:
    """An HDF5 file open for reading; every fault of it is a `FormatError`.

    Args:
        source: a path, or the file's bytes.
        label: what to call it in messages.
    """

    def __init__(self, source: Path | bytes, label: object) -> None:
        self._label = label
        self._map: mmap.mmap | None = None
        data = source if isinstance(source, bytes) else self._mapped(source)
        self._groups: dict[int, dict[str, int] | None] = {}
        self._parts: dict[int, list[Message]] = {}
        with self._guard(""):
            self._reader = Reader(data)

    def _mapped(self, path: Path) -> memoryview | bytes:
        try:
            with path.open("rb") as file:
                if path.stat().st_size == 0:
                    return b""
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as problem:
            raise FkbError(f"cannot read {path}: {problem.strerror or problem}") from None
        return memoryview(self._map)

    def __enter__(self) -> Hdf5File:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(self._reader.data, memoryview):
            self._reader.data.release()
        if self._map is not None:
            with contextlib.suppress(BufferError):
                self._map.close()

    @contextlib.contextmanager
    def _guard(self, what: str) -> Iterator[None]:
        try:
            yield
        except DamagedError as problem:
            where = f"{what}: " if what else ""
            raise FormatError(f"the file is damaged: {where}{problem}", self._label) from None
        except NewerError as problem:
            raise FormatError(
                f"the file stores {problem}, which FKB does not read: write it again with "
                '"h5repack --low=0 --high=0 OLD NEW"',
                self._label,
            ) from None
        except (struct.error, ValueError, MemoryError, OverflowError) as problem:
            raise FormatError(f"the file is damaged: {what}: {problem}", self._label) from None

    def error(self, message: str) -> FormatError:
        """Return an error about this file."""
        return FormatError(message, self._label)

    def _messages(self, address: int) -> list[Message]:
        if address not in self._parts:
            self._parts[address] = list(messages(self._reader, address))
        return self._parts[address]

    def _links(self, address: int) -> dict[str, int] | None:
        if address not in self._groups:
            self._groups[address] = group_links(self._reader, self._messages(address))
        return self._groups[address]

    def _find(self, path: str) -> int | None:
        """Return the address of an object, None where there is none of that path."""
        address = self._reader.root
        for part in [part for part in path.split("/") if part]:
            links = self._links(address)
            if not links or part not in links:
                return None
            address = links[part]
            if address == UNDEFINED:
                raise DamagedError("it is a link to another place, which is not allowed")
        return address

    def has(self, path: str) -> bool:
        """Whether a group or dataset of that path exists."""
        with self._guard(f'"{path}"'):
            return self._find(path) is not None

    def members(self, path: str) -> list[str]:
        """Return the names in a group, sorted; none where it does not exist."""
        with self._guard(f'group "{path}"'):
            address = self._find(path)
            return [] if address is None else sorted(self._links(address) or {})

    def _attributes(self, path: str) -> dict[str, _Attribute]:
        address = self._find(path)
        if address is None:
            return {}
        found = {}
        for part in self._messages(address):
            bodies = [part.data] if part.kind == 0x0C else []
            if part.kind == 0x15:
                bodies = list(many(self._reader, part.data, 2))
            for body in bodies:
                name, kind, shape, raw = attribute(body)
                found[name] = (kind, shape, raw)
        return found

    def _texts(self, path: str, name: str) -> list[str] | None:
        found = self._attributes(path).get(name)
        if found is None:
            return None
        texts = text_values(self._reader, *found)
        if texts is None:
            raise DamagedError("it holds no text")
        return texts

    def text(self, path: str, name: str) -> str | None:
        """Return a text attribute, None where it does not exist."""
        with self._guard(f'attribute "{name}" of "{path or "/"}"'):
            texts = self._texts(path, name)
            if texts is not None and len(texts) != 1:
                raise DamagedError(f"it holds {len(texts)} texts instead of one")
            return None if texts is None else texts[0]

    def names(self, path: str, name: str) -> list[str] | None:
        """Return an attribute that lists names, also one cut into `name0`, `name1`, ...

        None where it does not exist.
        """
        with self._guard(f'attribute "{name}" of "{path or "/"}"'):
            whole = self._texts(path, name)
            if whole is not None:
                return whole
            listed: list[str] | None = None
            for number in range(_MAX_PARTS):
                part = self._texts(path, f"{name}{number}")
                if part is None:
                    break
                listed = (listed or []) + part
            return listed

    def array(self, path: str) -> Array:
        """Return a dataset of numbers.

        Raises:
            FormatError: it does not exist, holds no numbers, or claims more than the file has.
        """
        with self._guard(f'dataset "{path}"'):
            address = self._find(path)
            if address is None:
                raise self.error(f'dataset "{path}" is missing')
            dataset = Dataset(self._reader, self._messages(address))
            if dataset.type.kind == "opaque":
                raise self.error(
                    f'dataset "{path}" holds bfloat16 or another type that FKB does not support: '
                    "save the model with float32 or float64 weights"
                )
            return dataset.values()
