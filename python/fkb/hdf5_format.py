"""The pieces of the HDF5 format that Keras files are made of, read without the HDF5 library.

The library itself runs for ever on some damaged files and takes others down with it, so that what
a user brings is read here. It is the classic format (superblocks 0 to 3, old and new object
headers, groups as B-trees or compact links, contiguous and chunked data) as the "HDF5 File Format
Specification Version 3.0" has it; the section numbers below are from there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

Buffer = bytes | memoryview

SIGNATURE = b"\x89HDF\r\n\x1a\n"
UNDEFINED = 2**64 - 1

_MAX_SUPERBLOCK_OFFSET = 2**20


class DamagedError(ValueError):
    """The bytes are not what the format says; the text says where."""


class NewerError(ValueError):
    """The file uses a part of the format that is not read here; the text says which."""


@dataclass(frozen=True)
class Message:
    """A header message of an object (section IV.A)."""

    kind: int
    data: bytes


class Reader:
    """Bytes with bounds: every access is checked, and the sum of all accesses is limited.

    Args:
        data: the whole file.
    """

    def __init__(self, data: Buffer) -> None:
        self.data = data
        self.size = len(data)
        self.base = self._find_superblock()
        self._budget = 64 * self.size + 2**20
        self.root = self._read_superblock()

    def take(self, address: int, length: int) -> bytes:
        """Return `length` bytes at an address of the file."""
        start = self.base + address
        if address < 0 or length < 0 or start + length > self.size:
            raise DamagedError(f"{length} bytes at {address} lie outside the file")
        self._budget -= length + 16
        if self._budget < 0:
            raise DamagedError("its parts refer to each other without end")
        return bytes(self.data[start : start + length])

    def view(self, address: int, length: int) -> Buffer:
        """Return bytes of a dataset, which do not count as structure."""
        start = self.base + address
        if address < 0 or length < 0 or start + length > self.size:
            raise DamagedError(f"{length} bytes at {address} lie outside the file")
        return self.data[start : start + length]

    def number(self, address: int) -> int:
        """Return an address or a length, eight bytes."""
        return int.from_bytes(self.take(address, 8), "little")

    def _find_superblock(self) -> int:
        offset = 0
        while offset + 16 <= self.size and offset <= _MAX_SUPERBLOCK_OFFSET:
            if bytes(self.data[offset : offset + 8]) == SIGNATURE:
                return offset
            offset = 512 if offset == 0 else 2 * offset
        raise DamagedError("it is not an HDF5 file")

    def _read_superblock(self) -> int:
        """Return the address of the root group's header (section II.A)."""
        version = self.take(8, 1)[0]
        if version in (0, 1):
            sizes = self.take(13, 2)
            start = 24 if version == 0 else 28
            root = self.number(start + 32 + 8)
        elif version in (2, 3):
            sizes = self.take(9, 2)
            start = 12
            root = self.number(start + 24)
        else:
            raise NewerError(f"superblock of version {version}")
        if bytes(sizes) != b"\x08\x08":
            raise NewerError(f"addresses of {sizes[0]} and lengths of {sizes[1]} bytes")
        base = self.number(start)
        if base not in (0, self.base):
            raise DamagedError(f"its base address is {base}")
        return root


def messages(reader: Reader, address: int) -> Iterator[Message]:
    """Yield the header messages of the object at an address."""
    if reader.take(address, 4) == b"OHDR":
        yield from _new_header(reader, address)
    else:
        yield from _old_header(reader, address)


def _old_header(reader: Reader, address: int) -> Iterator[Message]:
    version, _, count, _, size = struct.unpack("<BBHII", reader.take(address, 12))
    if version != 1:
        raise DamagedError(f"there is no object at {address}")
    blocks = [(address + 16, size)]
    for start, length in blocks:
        position, block = 0, reader.take(start, length)
        while position + 8 <= length and count > 0:
            kind, size, flags = struct.unpack_from("<HHB", block, position)
            data = block[position + 8 : position + 8 + size]
            if len(data) != size:
                raise DamagedError(f"a message of the object at {address} is cut off")
            position += 8 + size
            count -= 1
            if kind == 0x10:
                blocks.append(_continuation(data))
            elif kind != 0:
                yield _message(kind, flags, data)


def _new_header(reader: Reader, address: int) -> Iterator[Message]:
    version, flags = reader.take(address + 4, 2)
    if version != 2:
        raise NewerError(f"object header of version {version}")
    start = address + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    size = int.from_bytes(reader.take(start, width), "little")
    head = 6 if flags & 0x04 else 4
    blocks = [(start + width, size)]
    for number, (first, length) in enumerate(blocks):
        block = reader.take(first, length)
        if number > 0:
            if block[:4] != b"OCHK":
                raise DamagedError(f"the header of the object at {address} is broken off")
            block = block[4:-4]
        position = 0
        while position + head <= len(block):
            kind, size, message_flags = struct.unpack_from("<BHB", block, position)
            data = block[position + head : position + head + size]
            if len(data) != size:
                raise DamagedError(f"a message of the object at {address} is cut off")
            position += head + size
            if kind == 0x10:
                blocks.append(_continuation(data))
            elif kind != 0:
                yield _message(kind, message_flags, data)


def _message(kind: int, flags: int, data: bytes) -> Message:
    if flags & 0x02:
        raise NewerError("a message that objects share")
    return Message(kind, data)


def _continuation(data: bytes) -> tuple[int, int]:
    if len(data) < 16:
        raise DamagedError("a continuation of an object's header is cut off")
    first, length = struct.unpack_from("<QQ", data)
    return first, length


def group_links(reader: Reader, parts: list[Message]) -> dict[str, int] | None:
    """Return names and addresses of the members of a group, None where this is no group.

    Links to other places than objects of this file have the address `UNDEFINED`.
    """
    links: dict[str, int] = {}
    is_group = False
    for part in parts:
        if part.kind == 0x11:
            tree, heap = struct.unpack_from("<QQ", _long_enough(part.data, 16))
            links.update(_symbol_table(reader, tree, heap))
            is_group = True
        elif part.kind == 0x02:
            for link in many(reader, part.data, 8):
                name, target = _link(link)
                links[name] = target
            is_group = True
        elif part.kind == 0x06:
            name, target = _link(part.data)
            links[name] = target
            is_group = True
    return links if is_group else None


def _long_enough(data: bytes, length: int) -> bytes:
    if len(data) < length:
        raise DamagedError("a message is cut off")
    return data


def many(reader: Reader, data: bytes, order_size: int) -> Iterator[bytes]:
    """Yield the links or attributes that an object keeps in a heap, none where it has no heap.

    Args:
        reader: the file.
        data: message of link or attribute information (sections IV.A.2.c and IV.A.2.v).
        order_size: bytes of the highest creation order in it.
    """
    from .hdf5_heap import heap_objects

    start = 2 + (order_size if _long_enough(data, 2)[1] & 1 else 0)
    heap, index = struct.unpack_from("<QQ", _long_enough(data, start + 16), start)
    if heap != UNDEFINED:
        yield from heap_objects(reader, heap, index)


def _symbol_table(reader: Reader, tree: int, heap: int) -> Iterator[tuple[str, int]]:
    """Yield the members of a group that is a B-tree (sections III.A.1 and III.B, III.D)."""
    if reader.take(heap, 4) != b"HEAP":
        raise DamagedError(f"there is no heap of names at {heap}")
    size, _, segment = struct.unpack("<QQQ", reader.take(heap + 8, 24))
    names = reader.take(segment, size)
    for node in _tree_leaves(reader, tree, 0, 8):
        head = reader.take(node, 8)
        if head[:4] != b"SNOD":
            raise DamagedError(f"there is no table of names at {node}")
        count = struct.unpack_from("<H", head, 6)[0]
        entries = reader.take(node + 8, 40 * count)
        for position in range(0, 40 * count, 40):
            offset, target, cache = struct.unpack_from("<QQI", entries, position)
            end = names.find(b"\0", offset)
            if offset >= len(names) or end < 0:
                raise DamagedError("a name lies outside the heap of names")
            yield _text(names[offset:end]), UNDEFINED if cache == 2 else target


def _tree_leaves(reader: Reader, root: int, kind: int, key: int) -> Iterator[int]:
    for child, _ in tree_entries(reader, root, kind, key):
        yield child


def tree_entries(reader: Reader, root: int, kind: int, key: int) -> Iterator[tuple[int, bytes]]:
    """Yield (child, its key) of the leaves of a version 1 B-tree (section III.A.1)."""
    waiting: list[tuple[int, int | None]] = [(root, None)]
    while waiting:
        address, expected = waiting.pop()
        signature, found, level, count = struct.unpack("<4sBBH", reader.take(address, 8))
        if signature != b"TREE" or found != kind or expected not in (None, level):
            raise DamagedError(f"there is no node of a tree at {address}")
        entries = reader.take(address + 24, count * (key + 8))
        children = []
        for position in range(0, len(entries), key + 8):
            child = struct.unpack_from("<Q", entries, position + key)[0]
            if level == 0:
                yield child, entries[position : position + key]
            else:
                children.append((child, level - 1))
        waiting.extend(reversed(children))


def _link(data: bytes) -> tuple[str, int]:
    """Return name and target of a link message (section IV.A.2.g)."""
    version, flags = _long_enough(data, 2)[:2]
    if version != 1:
        raise NewerError(f"link message of version {version}")
    position = 2
    kind = 0
    if flags & 0x08:
        kind = _long_enough(data, position + 1)[position]
        position += 1
    position += (8 if flags & 0x04 else 0) + (1 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    length = int.from_bytes(_long_enough(data, position + width)[position:][:width], "little")
    position += width
    name = _long_enough(data, position + length)[position : position + length]
    if kind != 0:
        return _text(name), UNDEFINED
    target = _long_enough(data, position + length + 8)[position + length :]
    return _text(name), int(struct.unpack_from("<Q", target)[0])


def _text(name: bytes) -> str:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        raise DamagedError(f"the name {name[:40]!r} is not UTF-8") from None
