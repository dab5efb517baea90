"""Fractal heaps and version 2 B-trees of HDF5, which hold many links or attributes of one object.

Files that were written with `libver="v108"` or newer have them (sections III.A.2 and III.G).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from .hdf5_format import UNDEFINED, DamagedError, NewerError, Reader

_ID_STARTS = {5: 4, 8: 0}
_MAX_ROWS = 64


def heap_objects(reader: Reader, heap: int, index: int) -> Iterator[bytes]:
    """Yield the objects of a fractal heap that the B-tree at `index` names.

    Args:
        reader: the file.
        heap: address of the heap's header.
        index: address of the header of a B-tree of links or attributes by name.
    """
    found = _read_heap(reader, heap)
    for record, kind in _records(reader, index):
        start = _ID_STARTS[kind]
        yield found.get(record[start : start + found.id_length])


def _encoded_size(limit: int) -> int:
    """Return the bytes that hold numbers up to `limit`."""
    return max(limit.bit_length() - 1, 0) // 8 + 1


@dataclass
class _Heap:
    """The header of a fractal heap.

    Attributes:
        blocks: (first offset, size, address) of the direct blocks.
    """

    reader: Reader
    id_length: int
    offset_size: int
    length_size: int
    blocks: list[tuple[int, int, int]]

    def get(self, name: bytes) -> bytes:
        """Return the object of a heap ID."""
        if len(name) != self.id_length:
            raise DamagedError("an object's place in a heap is cut off")
        kind = name[0] >> 4 & 3
        if kind == 2:
            return name[1 : 2 + (name[0] & 15)]
        if kind != 0:
            raise NewerError("a very long link or attribute in a heap")
        offset = int.from_bytes(name[1 : 1 + self.offset_size], "little")
        start = 1 + self.offset_size
        length = int.from_bytes(name[start : start + self.length_size], "little")
        for first, size, address in self.blocks:
            if first <= offset and offset + length <= first + size:
                return self.reader.take(address + offset - first, length)
        raise DamagedError("an object lies outside its heap")


def _read_heap(reader: Reader, address: int) -> _Heap:
    head = reader.take(address, 142)
    if head[:4] != b"FRHP" or head[4] != 0:
        raise DamagedError(f"there is no heap at {address}")
    id_length, filters = struct.unpack_from("<HH", head, 5)
    if filters:
        raise NewerError("a compressed heap")
    managed = struct.unpack_from("<I", head, 10)[0]
    width, start, direct, bits, _, root, rows = struct.unpack_from("<HQQHHQH", head, 110)
    if 0 in (width, start, direct) or rows > _MAX_ROWS or bits > 64:
        raise DamagedError(f"the heap at {address} is damaged")
    offset_size = -(-bits // 8)
    length_size = min(_encoded_size(direct), _encoded_size(managed))
    blocks: list[tuple[int, int, int]] = []
    if root != UNDEFINED and rows == 0:
        blocks.append((0, start, root))
    elif root != UNDEFINED:
        layout = _Layout(width, start, direct, 13 + offset_size)
        _indirect(reader, root, rows, 0, layout, blocks, 0)
    return _Heap(reader, id_length, offset_size, length_size, blocks)


@dataclass(frozen=True)
class _Layout:
    """How the blocks of a heap grow: row 0 and 1 have `start` bytes, each next row twice that."""

    width: int
    start: int
    direct: int
    head: int

    def size(self, row: int) -> int:
        return self.start << max(row - 1, 0)


def _indirect(
    reader: Reader,
    address: int,
    rows: int,
    offset: int,
    layout: _Layout,
    blocks: list[tuple[int, int, int]],
    depth: int,
) -> None:
    """Add the direct blocks below an indirect one."""
    count = rows * layout.width
    raw = reader.take(address, layout.head + 8 * count)
    if raw[:4] != b"FHIB" or depth > _MAX_ROWS:
        raise DamagedError(f"there is no block of a heap at {address}")
    children = struct.unpack_from(f"<{count}Q", raw, layout.head)
    for number, child in enumerate(children):
        size = layout.size(number // layout.width)
        if child != UNDEFINED and size <= layout.direct:
            blocks.append((offset, size, child))
        elif child != UNDEFINED:
            inner = 1
            while inner < _MAX_ROWS and _total(layout, inner) < size:
                inner += 1
            _indirect(reader, child, inner, offset, layout, blocks, depth + 1)
        offset += size


def _total(layout: _Layout, rows: int) -> int:
    return sum(layout.size(row) for row in range(rows)) * layout.width


def _records(reader: Reader, address: int) -> Iterator[tuple[bytes, int]]:
    """Yield the records of a version 2 B-tree, with the kind of tree."""
    head = reader.take(address, 38)
    if head[:4] != b"BTHD" or head[4] != 0:
        raise DamagedError(f"there is no tree at {address}")
    kind, node, size, depth = struct.unpack_from("<BIHH", head, 5)
    root, count = struct.unpack_from("<QH", head, 16)
    if kind not in _ID_STARTS or size < 8 or node < 16 or depth > 16:
        raise DamagedError(f"the tree at {address} is damaged")
    if root == UNDEFINED:
        return
    most = [(node - 10) // size]
    counted = [_encoded_size(most[0])]
    total = [most[0]]
    for level in range(1, depth + 1):
        pointer = 8 + counted[0] + (_encoded_size(total[level - 1]) if level > 1 else 0)
        most.append((node - 10 - pointer) // (size + pointer))
        total.append((most[level] + 1) * total[level - 1] + most[level])
    waiting = [(root, count, depth)]
    while waiting:
        place, number, level = waiting.pop()
        signature = b"BTIN" if level else b"BTLF"
        raw = reader.take(place, 6 + number * size)
        if raw[:4] != signature:
            raise DamagedError(f"there is no node of a tree at {place}")
        for position in range(6, len(raw), size):
            yield raw[position : position + size], kind
        if level:
            first = _encoded_size(most[level - 1])
            second = _encoded_size(total[level - 1]) if level > 1 else 0
            step = 8 + first + second
            pointers = reader.take(place + len(raw), (number + 1) * step)
            for position in range(0, len(pointers), step):
                child = struct.unpack_from("<Q", pointers, position)[0]
                below = int.from_bytes(pointers[position + 8 : position + 8 + first], "little")
                waiting.append((child, below, level - 1))
