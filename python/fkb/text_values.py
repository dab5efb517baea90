"""The numbers of a model file: dtypes, decimal text that reads back bit for bit, checksums."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np

from .graph import Array

PER_LINE = 8
MAX_DIGITS = 40

_CHUNK_VALUES = 1 << 16
_CHUNK_BYTES = 1 << 22
_SPACE = re.compile(rb"[ \t\r\n]")
_REAL_BYTES = b"0123456789+-.eE \t\r\n"
_INTEGER_BYTES = b"0123456789+- \t\r\n"

# bfloat16 has no numpy dtype: its bits travel as two opaque bytes, as h5py gives them.
BFLOAT16 = np.dtype("V2")

NUMPY_OF_DTYPE: dict[str, np.dtype[np.generic]] = {
    name: np.dtype(name)
    for name in ("float32", "float64", "int32", "int64", "float16", "uint8", "bool")
}
NUMPY_OF_DTYPE["bfloat16"] = BFLOAT16
REAL_DTYPES = frozenset({"float32", "float64", "float16", "bfloat16"})


class ValuesError(ValueError):
    """Numbers that cannot be written or read; `offset` is the place in the text."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


def dtype_name(array: Array) -> str:
    """Return the format's name of an array's dtype.

    Raises:
        ValuesError: the format has no such dtype.
    """
    if array.dtype == BFLOAT16 or array.dtype.name == "bfloat16":
        return "bfloat16"
    name = str(array.dtype.name)
    if name not in NUMPY_OF_DTYPE:
        raise ValuesError(f"dtype {name} cannot be written")
    return name


def plain(array: Array, dtype: str) -> Array:
    """Return the values, flat and row-major, in the dtype in which they are printed."""
    flat = np.ascontiguousarray(array).reshape(-1)
    if dtype == "bfloat16":
        return (flat.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    if dtype == "float16":
        return flat.astype(np.float32)
    return flat


def checksum(array: Array) -> int:
    """Return the CRC-32 of the values as little-endian binary (half precision as float32)."""
    values = plain(array, dtype_name(array))
    return zlib.crc32(values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes())


def format_values(array: Array) -> Iterator[bytes]:
    """Yield the lines of a values block in pieces, eight numbers a line.

    Raises:
        ValuesError: a value is not finite.
    """
    dtype = dtype_name(array)
    values = plain(array, dtype)
    pattern = "%d"
    if dtype in REAL_DTYPES:
        pattern = "%.17g" if dtype == "float64" else "%.9g"
        finite = np.isfinite(values)
        if not finite.all():
            where = int(np.argmin(finite))
            raise ValuesError(f"value {where} is {values[where]}, only finite values are written")
    line = " ".join([pattern] * PER_LINE) + "\n"
    for start in range(0, values.size, _CHUNK_VALUES):
        numbers = tuple(values[start : start + _CHUNK_VALUES].tolist())
        lines, rest = divmod(len(numbers), PER_LINE)
        text = line * lines + " ".join([pattern] * rest) + ("\n" if rest else "")
        yield (text % numbers).encode("ascii")


def parse_values(
    data: memoryview, count: int, dtype: str, done: Callable[[int], None] | None = None
) -> Array:
    """Return the numbers of a values block as a flat array.

    Args:
        data: the text between the block's first line and the next keyword.
        count: how many numbers it must hold.
        dtype: the format's name of their dtype.
        done: called with the number of bytes read, chunk by chunk.

    Raises:
        ValuesError: too few or too many numbers, a token that is no number or out of range.
    """
    result = np.empty(count, NUMPY_OF_DTYPE[dtype])
    filled = 0
    for offset, chunk in _chunks(data):
        tokens = chunk.split()
        values = _parse_chunk(chunk, tokens, dtype, offset)
        if filled + len(tokens) > count:
            where = offset + _token_offset(chunk, count - filled)
            raise ValuesError(f"holds more than the {count} values announced", where)
        result[filled : filled + len(tokens)] = values
        filled += len(tokens)
        if done is not None:
            done(len(chunk))
    if filled < count:
        raise ValuesError(f"holds {filled} values where {count} were announced", len(data))
    return result


def _chunks(data: memoryview) -> Iterator[tuple[int, bytes]]:
    """Yield (offset, bytes) pieces that end between tokens."""
    start = 0
    while start < len(data):
        end = start + _CHUNK_BYTES
        if end < len(data):
            match = _SPACE.search(data, end)
            end = match.start() if match else len(data)
        chunk = bytes(data[start:end])
        yield start, chunk
        start = end


def _token_offset(chunk: bytes, index: int) -> int:
    for number, match in enumerate(re.finditer(rb"[^ \t\r\n]+", chunk)):
        if number == index:
            return match.start()
    return len(chunk)


def _parse_chunk(chunk: bytes, tokens: list[bytes], dtype: str, offset: int) -> Array:
    real = dtype in REAL_DTYPES
    clean = not chunk.translate(None, _REAL_BYTES if real else _INTEGER_BYTES)
    if clean and (not tokens or max(map(len, tokens)) <= MAX_DIGITS):
        try:
            values = _parse_reals(tokens, dtype) if real else _parse_integers(tokens, dtype)
        except (ValueError, OverflowError):
            pass
        else:
            return values
    return _parse_slowly(chunk, tokens, dtype, offset)


def _parse_reals(tokens: list[bytes], dtype: str) -> Array:
    wide = np.fromiter(map(float, tokens), np.float64, len(tokens))
    if dtype == "float64":
        values: Array = wide
    elif dtype == "bfloat16":
        values = _round_bfloat16(wide)
    else:
        with np.errstate(over="ignore", under="ignore"):
            values = wide.astype(dtype)
        _correct_ties(values, wide, tokens)
    if not np.isfinite(plain(values, dtype)).all():
        raise ValueError
    return values


def _correct_ties(values: Array, wide: Array, tokens: list[bytes]) -> None:
    """Round again where the real64 on the way lies half-way between two values.

    The decimal number may lie beside the tie that the real64 hits; it decides then.
    """
    back = values.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.abs(wide - back)
        half = np.spacing(np.abs(values)).astype(np.float64) / 2
        # Below a power of two the spacing is half as wide.
        ties = np.flatnonzero((gap != 0) & np.isfinite(back) & ((gap == half) | (gap == half / 2)))
    for index in ties:
        exact = Fraction(tokens[index].decode("ascii"))
        near = values[index]
        away = np.nextafter(near, near.dtype.type(np.inf if wide[index] > near else -np.inf))
        if not np.isfinite(away):
            continue
        to_near = abs(exact - Fraction(float(near)))
        to_away = abs(exact - Fraction(float(away)))
        if to_away < to_near:
            values[index] = away


def _round_bfloat16(wide: Array) -> Array:
    with np.errstate(over="ignore", under="ignore"):
        bits = wide.astype(np.float32).view(np.uint32)
    if not np.isfinite(wide).all():
        raise ValueError
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return rounded.astype(np.uint16).view(BFLOAT16)


def _parse_integers(tokens: list[bytes], dtype: str) -> Array:
    limits = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    values = [int(token) for token in tokens]
    if values and not (limits[0] <= min(values) and max(values) <= limits[1]):
        raise ValueError
    return np.array(values, NUMPY_OF_DTYPE[dtype])


def _parse_slowly(chunk: bytes, tokens: list[bytes], dtype: str, offset: int) -> Array:
    """Parse token by token, which tells which one is wrong."""
    result = np.empty(len(tokens), NUMPY_OF_DTYPE[dtype])
    allowed = _REAL_BYTES if dtype in REAL_DTYPES else _INTEGER_BYTES
    parse = _parse_reals if dtype in REAL_DTYPES else _parse_integers
    for index, token in enumerate(tokens):
        try:
            digits = sum(48 <= byte <= 57 for byte in token)
            if token.translate(None, allowed) or digits > MAX_DIGITS:
                raise ValueError
            result[index] = parse([token], dtype)[0]
        except (ValueError, OverflowError):
            shown = token[:60].decode("utf-8", "replace")
            kind = "a finite number" if dtype in REAL_DTYPES else f"a value of dtype {dtype}"
            where = offset + _token_offset(chunk, index)
            raise ValuesError(f'"{shown}" is not {kind}', where) from None
    return result
