"""Fields of an input or output: elements that belong together, as docs/format.md 4.3.1 says."""

from __future__ import annotations

import math
from typing import Any

POLICIES = ("error", "clip", "previous", "host")
ORDERS = ("top_down", "bottom_up")
_BOTH = ("name", "length", "unit", "order", "minimum", "maximum", "outside", "not_finite")
_BUDGET = ("name", "mass", "terms", "sources", "adjust")
_OUTPUT = ("zero", "keeps", "least")


def problem_of_fields(fields: Any, side: str, limits_follow: bool = False) -> str | None:
    """Return what is wrong with the option `fields`, or None.

    Args:
        fields: the value of the option.
        side: `input` or `output`, which has more keys.
        limits_follow: limits may be missing where `outside` says what to do with them.
    """
    if not isinstance(fields, list) or not fields:
        return "fields must be a list of objects"
    names: set[str] = set()
    for index, field in enumerate(fields):
        problem = _problem(field, side, limits_follow)
        if problem is None and field["name"] in names:
            problem = f'the name "{field["name"]}" stands twice'
        if problem is not None:
            return f"field {index}: {problem}"
        names.add(field["name"])
    return None


def problem_of_budgets(budgets: Any) -> str | None:
    """Return what is wrong with the option `budgets` of an output, or None."""
    if not isinstance(budgets, list) or not all(isinstance(one, dict) for one in budgets):
        return "budgets must be a list of objects"
    for index, budget in enumerate(budgets):
        where = f"budget {index}: "
        if unknown := [key for key in budget if key not in _BUDGET]:
            return f'{where}unknown members "{unknown[0]}"'
        for key in ("name", "adjust", "mass"):
            if not isinstance(budget.get(key, "" if key == "mass" else None), str):
                return f"{where}{key} must be text"
        for key in ("terms", "sources"):
            terms = budget.get(key, {} if key == "sources" else None)
            if not isinstance(terms, dict):
                return f"{where}terms and sources are objects of names and factors"
            for name, factor in terms.items():
                if not _is_number(factor) or factor == 0:
                    return f'{where}the factor of "{name}" must be a number other than 0'
        if budget["adjust"] not in budget["terms"]:
            return f'{where}adjust names "{budget["adjust"]}", which is none of the terms'
    return None


def field_elements(fields: list[dict[str, Any]]) -> int:
    """Return how many elements of the last axis the fields have together."""
    return sum(field.get("length", 1) for field in fields)


def _problem(field: Any, side: str, limits_follow: bool) -> str | None:
    if not isinstance(field, dict):
        return "an object is expected"
    known = _BOTH + (_OUTPUT if side == "output" else ())
    if unknown := [key for key in field if key not in known]:
        return f'unknown key "{unknown[0]}"'
    if not isinstance(field.get("name"), str) or not field["name"]:
        return "a field needs a name"
    length = field.get("length", 1)
    if isinstance(length, bool) or not isinstance(length, int) or length < 1:
        return "its length must be an integer of at least 1"
    for key in ("unit", "keeps"):
        if not isinstance(field.get(key, ""), str):
            return f"{key} must be text"
    if field.get("order", ORDERS[0]) not in ORDERS:
        return f'order is "top_down" or "bottom_up", not {field["order"]!r}'
    return _problem_of_limits(field, length) or _problem_of_policies(field, limits_follow)


def _problem_of_limits(field: dict[str, Any], length: int) -> str | None:
    numeric = []
    for key in ("minimum", "maximum"):
        if isinstance(field.get(key), str):
            if not field[key]:
                return f"{key} names no field"
            continue
        if key not in field:
            continue
        numeric.append(key)
        values = field[key] if isinstance(field[key], list) else [field[key]] * length
        if not all(_is_number(value) for value in values):
            return f"{key} must be a finite number, a list of them or the name of a field"
        if len(values) != length:
            return f"{key} has {len(values)} values, {length} are expected"
    if len(numeric) == 2:
        low, high = _profile(field["minimum"], length), _profile(field["maximum"], length)
        if any(a > b for a, b in zip(low, high, strict=True)):
            return "a minimum is above its maximum"
    zero = field.get("zero", [])
    if not isinstance(zero, list) or not all(
        type(level) is int and 0 <= level < length for level in zero
    ):
        return f"zero lists levels from 0 to {length - 1}"
    if not _is_number(field.get("least", 0)):
        return "least must be a finite number"
    if "least" in field and "keeps" not in field:
        return "least needs keeps"
    return None


def _problem_of_policies(field: dict[str, Any], limits_follow: bool) -> str | None:
    if field.get("outside", "clip") not in POLICIES:
        return f'outside is "error", "clip", "previous" or "host", not {field["outside"]!r}'
    limited = limits_follow or "minimum" in field or "maximum" in field
    if "outside" in field and not limited:
        return "outside needs a minimum or a maximum"
    if field.get("not_finite", "error") not in POLICIES or field.get("not_finite") == "clip":
        return f'not_finite is "error", "previous" or "host", not {field["not_finite"]!r}'
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _profile(value: Any, length: int) -> list[float]:
    return value if isinstance(value, list) else [value] * length
