"""Types, shapes, attributes and arrays of HDF5 objects (sections IV.A.2 of the format)."""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass

import numpy as np

from .graph import Array
from .hdf5_format import (
    UNDEFINED,
    DamagedError,
    Message,
    NewerError,
    Reader,
    tree_entries,
)

MAX_RANK = 8
MAX_VALUES = 2**31 - 1
MAX_EXPANSION = 100

_FLOATS = {(2, 5, 10): "f2", (4, 8, 23): "f4", (8, 11, 52): "f8"}
_DEFLATE, _SHUFFLE, _CHECKSUM = 1, 2, 3


@dataclass(frozen=True)
class Type:
    """A datatype.

    Attributes:
        kind: `number`, `text` (of a fixed length), `varying text`, `opaque` or `other`.
        size: bytes of one value.
        dtype: numpy's name of a number.
    """

    kind: str
    size: int
    dtype: str = ""


def _part(data: bytes, start: int, length: int) -> bytes:
    part = data[start : start + length]
    if len(part) != length:
        raise DamagedError("a message is cut off")
    return part


def read_type(data: bytes) -> Type:
    """Return the datatype that a message describes."""
    head, bits, size = struct.unpack("<B3sI", _part(data, 0, 8))
    kind = head & 15
    order = ">" if bits[0] & 1 else "<"
    if kind == 0:
        offset, precision = struct.unpack("<HH", _part(data, 8, 4))
        if size in (1, 2, 4, 8) and offset == 0 and precision == 8 * size:
            return Type("number", size, f"{order}{'i' if bits[0] & 8 else 'u'}{size}")
    elif kind == 1:
        _, precision, _, exponent, _, mantissa = struct.unpack("<HHBBBB", _part(data, 8, 8))
        name = _FLOATS.get((size, exponent, mantissa))
        if name and precision == 8 * size and not bits[0] & 64:
            return Type("number", size, order + name)
    elif kind == 3:
        return Type("text", size)
    elif kind == 5:
        return Type("opaque", size)
    elif kind == 9 and bits[0] & 15 == 1:
        return Type("varying text", size)
    return Type("other", size)


def read_shape(data: bytes) -> tuple[int, ...] | None:
    """Return the shape that a dataspace message describes, None for an empty one."""
    version, rank, _, kind = _part(data, 0, 4)
    if version not in (1, 2) or rank > 32:
        raise DamagedError("a shape is damaged")
    if version == 2 and kind == 2:
        return None
    return struct.unpack(f"<{rank}Q", _part(data, 8 if version == 1 else 4, 8 * rank))


def _padded(size: int, version: int) -> int:
    return -(-size // 8) * 8 if version == 1 else size


def attribute(data: bytes) -> tuple[str, Type, tuple[int, ...] | None, bytes]:
    """Return name, type, shape and raw value of an attribute message."""
    version, flags = _part(data, 0, 2)
    if version not in (1, 2, 3):
        raise NewerError(f"attribute message of version {version}")
    if version > 1 and flags & 3:
        raise NewerError("an attribute whose type objects share")
    sizes = struct.unpack("<HHH", _part(data, 2, 6))
    position = 9 if version == 3 else 8
    parts = []
    for size in sizes:
        parts.append(_part(data, position, size))
        position += _padded(size, version)
    name = parts[0].split(b"\0")[0]
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        raise DamagedError(f"the name {name[:40]!r} is not UTF-8") from None
    return text, read_type(parts[1]), read_shape(parts[2]), data[position:]


def text_values(
    reader: Reader, kind: Type, shape: tuple[int, ...] | None, raw: bytes
) -> list[str] | None:
    """Return the texts of an attribute; an empty list of numbers stands for no texts.

    None where it holds something else.
    """
    count = 0 if shape is None else math.prod(shape)
    if count == 0:
        return []
    if kind.kind not in ("text", "varying text"):
        return None
    if kind.kind == "varying text" and kind.size != 16:
        raise DamagedError("a text has not the size that it must have")
    if count * kind.size > len(raw):
        raise DamagedError("a text is cut off")
    values = [raw[i * kind.size : (i + 1) * kind.size] for i in range(count)]
    if kind.kind == "varying text":
        heaps: dict[int, dict[int, bytes]] = {}
        values = [_heap_text(reader, value, heaps) for value in values]
    try:
        return [value.rstrip(b"\0").decode("utf-8") for value in values]
    except UnicodeDecodeError:
        raise DamagedError("a text is not UTF-8") from None


def _heap_text(reader: Reader, value: bytes, heaps: dict[int, dict[int, bytes]]) -> bytes:
    length, address, index = struct.unpack("<IQI", value)
    if address not in heaps:
        heaps[address] = _global_heap(reader, address)
    found = heaps[address].get(index)
    if length == 0:
        return b""
    if found is None or length > len(found):
        raise DamagedError("a text lies outside its heap")
    return found[:length]


def _global_heap(reader: Reader, address: int) -> dict[int, bytes]:
    """Return the objects of a global heap collection (section III.E)."""
    signature, version, size = struct.unpack("<4sB3xQ", reader.take(address, 16))
    if signature != b"GCOL" or version != 1:
        raise DamagedError(f"there is no heap of texts at {address}")
    block = reader.take(address, size)
    objects: dict[int, bytes] = {}
    position = 16
    while position + 16 <= size:
        index, _, length = struct.unpack_from("<HHxxxxQ", block, position)
        if index == 0:
            break
        objects[index] = _part(block, position + 16, length)
        position += 16 + -(-length // 8) * 8
    return objects


class Dataset:
    """A dataset of numbers, checked before anything is allocated for it.

    Args:
        reader: the file.
        parts: the messages of its header.
    """

    def __init__(self, reader: Reader, parts: list[Message]) -> None:
        self._reader = reader
        found = {part.kind: part.data for part in parts}
        if not {0x01, 0x03, 0x08} <= set(found):
            raise DamagedError("it is no dataset")
        if 0x07 in found:
            raise DamagedError("its values lie in another file")
        self.type = read_type(found[0x03])
        self.shape = read_shape(found[0x01])
        self._layout = found[0x08]
        self._filters = _filters(found[0x0B]) if 0x0B in found else []

    def values(self) -> Array:
        """Return the array."""
        shape = self.shape
        if self.type.kind != "number" or shape is None:
            raise DamagedError("it holds no numbers")
        count = math.prod(shape)
        if len(shape) > MAX_RANK or count > MAX_VALUES:
            raise DamagedError(f"its shape {list(shape)} is too large")
        size = count * self.type.size
        if size > MAX_EXPANSION * self._reader.size:
            raise DamagedError(f"it claims {size} bytes, more than the file can hold")
        version, kind = _part(self._layout, 0, 2)
        if version in (1, 2):
            raw = self._old_layout(size)
        elif version == 3 or (version == 4 and kind < 2):
            raw = self._layout_3(kind, size)
        else:
            raise NewerError(f"data layout of version {version}")
        if isinstance(raw, np.ndarray):
            return raw
        if len(raw) != size:
            raise DamagedError(f"it claims {size} bytes and has {len(raw)}")
        array = np.frombuffer(raw, self.type.dtype).reshape(shape)
        return array.astype(array.dtype.newbyteorder("="))

    def _old_layout(self, size: int) -> Array | bytes | memoryview:
        rank, kind = _part(self._layout, 1, 2)
        position = 8 if kind == 0 else 16
        dims = struct.unpack(f"<{rank}I", _part(self._layout, position, 4 * rank))
        if kind == 0:
            start = position + 4 * rank
            length = struct.unpack("<I", _part(self._layout, start, 4))[0]
            return _part(self._layout, start + 4, length)
        address = struct.unpack("<Q", _part(self._layout, 8, 8))[0]
        return self._chunks(address, dims) if kind == 2 else self._contiguous(address, size)

    def _layout_3(self, kind: int, size: int) -> Array | bytes | memoryview:
        if kind == 0:
            length = struct.unpack("<H", _part(self._layout, 2, 2))[0]
            return _part(self._layout, 4, length)
        if kind == 1:
            address, length = struct.unpack("<QQ", _part(self._layout, 2, 16))
            if length != size:
                raise DamagedError(f"it claims {size} bytes and has {length}")
            return self._contiguous(address, size)
        if kind != 2:
            raise NewerError(f"data layout of kind {kind}")
        rank, address = struct.unpack("<BQ", _part(self._layout, 2, 9))
        return self._chunks(address, struct.unpack(f"<{rank}I", _part(self._layout, 11, 4 * rank)))

    def _contiguous(self, address: int, size: int) -> bytes | memoryview:
        if size and address == UNDEFINED:
            raise DamagedError("its values were never written")
        return self._reader.view(address, size) if size else b""

    def _chunks(self, address: int, dims: tuple[int, ...]) -> Array:
        """Return an array that is stored in chunks (sections III.A.1 and VII)."""
        shape = self.shape or ()
        chunk = dims[:-1]
        if len(chunk) != len(shape) or dims[-1] != self.type.size or 0 in chunk:
            raise DamagedError("its chunks do not fit its shape")
        length = math.prod(chunk) * self.type.size
        if length > MAX_EXPANSION * self._reader.size:
            raise DamagedError("its chunks are larger than the file can hold")
        result = np.empty(shape, np.dtype(self.type.dtype).newbyteorder("="))
        expected = math.prod(-(-n // c) for n, c in zip(shape, chunk, strict=True))
        seen: set[tuple[int, ...]] = set()
        if expected and address == UNDEFINED:
            raise DamagedError("its values were never written")
        entries = tree_entries(self._reader, address, 1, 8 + 8 * len(dims)) if expected else ()
        for child, key in entries:
            stored, mask = struct.unpack_from("<II", key)
            offset = struct.unpack_from(f"<{len(shape)}Q", key, 8)
            if offset in seen or any(
                o % c or o >= n for o, c, n in zip(offset, chunk, shape, strict=True)
            ):
                raise DamagedError("a chunk lies outside the array")
            seen.add(offset)
            raw = self._unfiltered(bytes(self._reader.view(child, stored)), mask, length)
            block = np.frombuffer(raw, self.type.dtype).reshape(chunk)
            place = tuple(
                slice(o, min(o + c, n)) for o, c, n in zip(offset, chunk, shape, strict=True)
            )
            result[place] = block[tuple(slice(0, p.stop - p.start) for p in place)]
        if len(seen) != expected:
            raise DamagedError(f"it has {len(seen)} of its {expected} chunks")
        return result

    def _unfiltered(self, raw: bytes, mask: int, length: int) -> bytes:
        for position in reversed(range(len(self._filters))):
            if mask >> position & 1:
                continue
            name = self._filters[position]
            if name == _DEFLATE:
                raw = _inflated(raw, length + 4)
            elif name == _SHUFFLE:
                raw = _unshuffled(raw, self.type.size)
            elif name == _CHECKSUM:
                raw = raw[:-4]
            else:
                raise NewerError(f"compression by filter {name}")
        if len(raw) != length:
            raise DamagedError(f"a chunk has {len(raw)} bytes, it must have {length}")
        return raw


def _inflated(raw: bytes, limit: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        return inflater.decompress(raw, limit)
    except zlib.error as problem:
        raise DamagedError(f"a chunk cannot be decompressed: {problem}") from None


def _unshuffled(raw: bytes, size: int) -> bytes:
    whole = len(raw) // size * size
    table = np.frombuffer(raw[:whole], np.uint8).reshape(size, -1)
    return bytes(table.T.tobytes()) + raw[whole:]


def _filters(data: bytes) -> list[int]:
    """Return the filters of a pipeline message (section IV.A.2.l)."""
    version, count = _part(data, 0, 2)
    position = 8 if version == 1 else 2
    found = []
    for _ in range(count):
        number = struct.unpack("<H", _part(data, position, 2))[0]
        named = version == 1 or number >= 256
        length = struct.unpack("<H", _part(data, position + 2, 2))[0] if named else 0
        position += 4 if named else 2
        values = struct.unpack("<H", _part(data, position + 2, 2))[0]
        position += 4 + _padded(length, version) + 4 * values
        position += 4 if version == 1 and values % 2 else 0
        found.append(number)
    return found
