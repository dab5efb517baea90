"""Lines and tokens of a model file (docs/format.md, sections 2 and 5)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from . import text_json
from .errors import FormatError
from .graph import Array

MAX_LINE_BYTES = 16 * 1024 * 1024
MAX_NAME_BYTES = 65535
MAX_RANK = 8
MAX_VALUES = 2**31 - 1
MAX_OPTIONS = 10_000
MAX_STRUCTURE_BYTES = 1_000_000_000

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.>-]*")
_INTEGER = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL = re.compile(rb"[\x00-\x1f]")

DTYPES = frozenset({"float32", "float64", "int32", "int64", "float16", "bfloat16", "uint8", "bool"})


@dataclass
class Slot:
    """A tensor that has been declared: `put` takes its values once they are read."""

    label: str
    dtype: str
    shape: tuple[int, ...]
    put: Callable[[Array], None]


class Source:
    """The bytes of a model file, given out line by line.

    Attributes:
        data: the whole file.
        position: start of the line after the current one.
        number: number of the current line, from 1.
        start: position of the current line.
    """

    def __init__(self, data: bytes, path: object = None) -> None:
        self.data = data
        self.path = path
        self.position = 0
        self.start = 0
        self.number = 0

    def fail(self, message: str, line: int | None = None) -> NoReturn:
        """Raise FormatError at the current line, or at `line`."""
        raise FormatError(message, self.path, line or max(self.number, 1))

    def line(self, inside: str) -> str:
        """Return the next line without its end and its leading spaces.

        Args:
            inside: what the file is read for, such as `layer "dense"`.
        """
        if self.position >= len(self.data):
            self.number += 1
            self.fail(f"the file ends inside {inside}")
        self.start = self.position
        self.number += 1
        end = self.data.find(b"\n", self.start, self.start + MAX_LINE_BYTES + 2)
        if end < 0:
            if len(self.data) - self.start > MAX_LINE_BYTES:
                self.fail(f"line is longer than {MAX_LINE_BYTES} bytes")
            self.fail(f"the file ends inside {inside}: its last line has no end")
        self.position = end + 1
        if end > self.start and self.data[end - 1] == 0x0D:
            end -= 1
        if end - self.start > MAX_LINE_BYTES:
            self.fail(f"line is longer than {MAX_LINE_BYTES} bytes")
        return self._decode(self.data[self.start : end])

    def _decode(self, raw: bytes) -> str:
        if control := _CONTROL.search(raw):
            self.fail(f"control character U+{raw[control.start()]:04X} in the line")
        try:
            text = raw.decode("utf-8").lstrip(" ")
        except UnicodeDecodeError:
            self.fail("the line is not UTF-8")
        if not text:
            self.fail("empty line")
        if text.endswith(" "):
            self.fail("space at the end of the line")
        return text

    def next(self, inside: str) -> Tokens:
        """Return the tokens of the next line."""
        return Tokens(self, self.line(inside))

    def skip_to(self, position: int) -> None:
        """Go on with the line that starts at `position`."""
        self.number += self.data.count(b"\n", self.position, position)
        self.position = position

    @property
    def remaining(self) -> int:
        """Number of bytes after the current line."""
        return len(self.data) - self.position


class Tokens:
    """The tokens of one line, taken one after the other."""

    def __init__(self, source: Source, text: str) -> None:
        self.source = source
        self.text = text
        self.at = 0

    def fail(self, message: str) -> NoReturn:
        """Raise FormatError at this line."""
        self.source.fail(message)

    def space(self, expected: str) -> None:
        """Step over the space before the next token."""
        if self.at >= len(self.text):
            self.fail(f"the line ends where {expected} is expected")
        if self.text[self.at] != " ":
            self.fail(f"a space is expected before {expected}")
        self.at += 1

    def end(self) -> None:
        """Check that nothing is left on the line."""
        if self.at < len(self.text):
            rest = shorten(self.text[self.at :].strip())
            self.fail(f'unexpected "{rest}" at the end of the line')

    def keyword(self, expected: str) -> None:
        """Step over a keyword and the space after it."""
        if not self.text.startswith(expected + " ", self.at):
            rest = shorten(self.text[self.at :])
            self.fail(f'unexpected "{rest}" where "{expected}" is expected')
        self.at += len(expected) + 1

    def peek(self) -> str:
        """Return the next character, empty at the end."""
        return self.text[self.at : self.at + 1]

    def word(self, what: str) -> str:
        """Return the next word."""
        match = WORD.match(self.text, self.at)
        if not match:
            self.fail(f"malformed {what}")
        if len(match.group()) > MAX_NAME_BYTES:
            self.fail(f"{what} is longer than {MAX_NAME_BYTES} bytes")
        self.at = match.end()
        return match.group()

    def json(self, what: str) -> Any:
        """Return the next JSON value."""
        try:
            value, self.at = text_json.scan(self.text, self.at)
        except text_json.JsonError as problem:
            reason = str(problem).removeprefix("malformed JSON").lstrip(": ")
            self.fail(f"malformed JSON value for {what}" + (f": {reason}" if reason else ""))
        return value

    def name(self, what: str) -> str:
        """Return the next name, a JSON string."""
        if self.peek() != '"':
            self.fail(f"malformed {what}: a string in double quotes is expected")
        value: str = self.json(what)
        if len(value.encode("utf-8")) > MAX_NAME_BYTES:
            self.fail(f"{what} is longer than {MAX_NAME_BYTES} bytes")
        return value

    def word_or_name(self, what: str) -> str:
        """Return the next token, which may be a word or a name."""
        return self.name(what) if self.peek() == '"' else self.word(what)

    def integer(self, what: str) -> int:
        """Return the next token, a non-negative integer."""
        match = _INTEGER.match(self.text, self.at)
        if not match or self.text[match.end() : match.end() + 1] not in ("", " "):
            self.fail(f"malformed {what}: a non-negative integer is expected")
        self.at = match.end()
        return int(match.group())

    def number(self, what: str) -> int | float:
        """Return the next token, a JSON number that is finite as a float64."""
        value = self.json(what)
        if not is_number(value):
            self.fail(f"{what} must be a number")
        assert isinstance(value, int | float)
        return value

    def dtype(self, what: str) -> str:
        """Return the next token, the name of a dtype."""
        word = self.word(f"dtype of {what}")
        if word not in DTYPES:
            self.fail(f'{what} has the unknown dtype "{word}"')
        return word

    def tensor(self, what: str) -> tuple[str, tuple[int, ...]]:
        """Return the next two tokens, a dtype and a shape."""
        dtype = self.dtype(what)
        self.space(f"the shape of {what}")
        return dtype, self.shape(what)

    def shape(self, what: str) -> tuple[int, ...]:
        """Return the next token, a shape within the limits."""
        value = self.json(f"shape of {what}")
        if not isinstance(value, list) or not all(map(is_index, value)):
            self.fail(f"{what}: a shape is a list of non-negative integers")
        if len(value) > MAX_RANK:
            self.fail(f"{what} has rank {len(value)}, the most is {MAX_RANK}")
        if math.prod(extent for extent in value if extent) > MAX_VALUES:
            self.fail(f"{what} has more than {MAX_VALUES} values")
        return tuple(value)


def is_index(value: Any) -> bool:
    """Whether a JSON value is a non-negative integer."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number that a float64 can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def shorten(text: str) -> str:
    """Return the text, cut to 60 characters for a message."""
    return text if len(text) <= 60 else text[:57] + "..."


def read_option(
    tokens: Tokens, options: dict[str, Any], inside: str, others: int = 0
) -> str | None:
    """Read an option line into `options` and return its key; None when it is no option line.

    Args:
        tokens: stand at the key.
        options: takes the option.
        inside: the block, for messages.
        others: number of options of the block that stand elsewhere.
    """
    if tokens.peek() == '"':
        key = tokens.name(f"key of an option in {inside}")
    else:
        match = WORD.match(tokens.text, tokens.at)
        if not match or not tokens.text.startswith(" = ", match.end()):
            return None
        key = match.group()
        if len(key) > MAX_NAME_BYTES:
            tokens.fail(f"key of an option in {inside} is longer than {MAX_NAME_BYTES} bytes")
        tokens.at = match.end()
    if not tokens.text.startswith(" = ", tokens.at):
        tokens.fail(f'unexpected "{shorten(tokens.text)}" in {inside}')
    tokens.at += len(" = ")
    if key in options:
        tokens.fail(f'option "{shorten(key)}" stands twice in {inside}')
    options[key] = tokens.json(f'option "{shorten(key)}"')
    tokens.end()
    if len(options) + others > MAX_OPTIONS:
        tokens.fail(f"{inside} has more than {MAX_OPTIONS} options")
    return key
