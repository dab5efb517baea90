"""JSON as the model file writes and reads it (docs/format.md, section 2)."""

from __future__ import annotations

import json
import math
import re
from typing import Any

MAX_JSON_DEPTH = 64

_STRING = r'"(?:[^"\\]|\\.)*"'
_BRACKET = re.compile(_STRING + r"|([\[{])|([\]}])")
_OUTSIDE_SPACE = re.compile(_STRING + r"|(\s)")
_SHORT_ESCAPE = re.compile(r"(\\\\)|\\b|\\f")


class JsonError(ValueError):
    """A JSON value breaks the rules; the text says which one."""


def dumps(value: Any) -> str:
    """Return the canonical text of a JSON value: no spaces, UTF-8 itself, few escapes.

    Raises:
        JsonError: the value is not JSON (an object of Python, NaN, half a surrogate pair).
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as problem:
        raise JsonError(f"not a JSON value: {problem}") from None
    if "\\b" in text or "\\f" in text:
        text = _SHORT_ESCAPE.sub(_long_escape, text)
    return text


def _long_escape(match: re.Match[str]) -> str:
    return {"\\b": "\\u0008", "\\f": "\\u000c"}.get(match.group(), match.group())


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise JsonError(f"key {dumps(key)} stands twice in an object")
            seen.add(key)
    return result


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise JsonError(f"the number {text} is not finite")
    return value


def _constant(text: str) -> Any:
    raise JsonError(f"{text} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_constant=_constant)


def scan(line: str, start: int) -> tuple[Any, int]:
    """Return the JSON value at `line[start:]` and the position after it.

    Raises:
        JsonError: malformed, with spaces outside strings, or nested too deep.
    """
    if line.count("[", start) + line.count("{", start) > MAX_JSON_DEPTH:
        _check_depth(line, start)
    try:
        value, end = _DECODER.raw_decode(line, start)
    except JsonError:
        raise
    except (ValueError, RecursionError):
        raise JsonError("malformed JSON") from None
    spaces = (match.group(1) for match in _OUTSIDE_SPACE.finditer(line, start, end))
    if " " in line[start:end] and any(spaces):
        raise JsonError("malformed JSON: a space outside strings")
    if "\\u" in line[start:end]:
        dumps(value)
    return value, end


def _check_depth(line: str, start: int) -> None:
    depth = 0
    for match in _BRACKET.finditer(line, start):
        if match.group(1):
            depth += 1
            if depth > MAX_JSON_DEPTH:
                raise JsonError(f"JSON is nested deeper than {MAX_JSON_DEPTH}")
        elif match.group(2):
            depth -= 1
