"""Whether two engines have told the same values, whatever the form in which they tell them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from kit.ids import from_global

_SPLICED = frozenset({"window", "unitPrice"})
"""Objects of ours that are columns elsewhere."""
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def plain(answer: Any) -> Any:
    """Return the values of an answer without the form of its engine.

    Connections are lists, windows and prices are flat, ids are UUIDs, quantities are numbers,
    instants are instants. The outermost list keeps its order, lists inside are sorted by id.
    """
    if isinstance(answer, Mapping) and set(answer) == {"nodes"}:
        return [_object(each) for each in answer["nodes"]]
    if isinstance(answer, list):
        return [_object(each) for each in answer]
    return _object(answer)


def leaves(value: Any) -> int:
    """Count the values in what `plain` gave."""
    if isinstance(value, Mapping):
        return sum(leaves(each) for each in value.values())
    return sum(leaves(each) for each in value) if isinstance(value, list) else 1


def _object(fields: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        if name in _SPLICED and value is not None:
            flat |= _object(value)
        else:
            flat[name] = _value(name, value)
    return flat


def _value(name: str, value: Any) -> Any:
    if isinstance(value, Mapping) and set(value) == {"nodes"}:
        value = value["nodes"]
    if isinstance(value, Mapping):
        return _object(value)
    if isinstance(value, list):
        return sorted((_object(each) for each in value), key=lambda each: str(each["id"]))
    return _leaf(name, value)


def _leaf(name: str, value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(str(value))
    if not isinstance(value, str):
        return value
    if name == "id":
        return value if value.count("-") else str(from_global(value)[1])
    if _INSTANT.match(value):
        return datetime.fromisoformat(value).astimezone(UTC)
    return Decimal(value) if _NUMBER.fullmatch(value) else value
