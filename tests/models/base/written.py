"""Adds an example to `written.json` of the version of every event that has none: `make docs`.

What is there is never changed: it was written so, of such fields.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

from models.base.events import EVENTS, Event, Versions
from models.base.payloads import ColumnName

FILE = Path(__file__).with_name("written.json")
ID = UUID("01a22064-0000-7000-8000-000000000001")
_PLAIN: Mapping[Any, Any] = {
    UUID: ID,
    Decimal: Decimal("12.5"),
    int: 3,
    bool: True,
    datetime: datetime(2026, 3, 2, 12, tzinfo=UTC),
    date: date(2026, 3, 2),
    ColumnName: "name",
}


def examples() -> dict[str, Any]:
    """Return event and version -> its example: those that are there, and one of each newer."""
    found = json.loads(FILE.read_text())
    for name, kind in EVENTS.items():
        of = found.setdefault(f"{name} {kind.versions.version}", {})
        of.setdefault("written", _example(kind).payload())
        of.setdefault("fields", payload_fields(kind.versions))
    return found


def payload_fields(of: Versions) -> dict[str, str]:
    """Return field -> its kind, and when it is left out, of the payloads written today."""
    found = {}
    for value in of.values:
        left_out = "" if value.is_needed else f"; left out for {value.default!r}"
        found[value.name] = value.kind.word + left_out
    return found


def text(of: Mapping[str, Any]) -> str:
    """Return examples as the file has them, a line each."""
    lines = (f"  {json.dumps(name)}: {json.dumps(of[name])}" for name in sorted(of))
    return "\n".join(["{", ",\n".join(lines), "}", ""])


def _example(kind: type[Event]) -> Event:
    """Return an event that tells something in every field."""
    return kind(**_fields(kind))


def _fields(kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {it.name: _value(hints[it.name]) for it in fields(kind)}


def _value(hint: Any) -> Any:
    """Return a value of a type that a payload holds."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    if is_dataclass(hint):
        return hint(**_fields(hint))  # type: ignore[operator]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple:
        return (_value(inner[0]),)
    if origin is Mapping:
        return {_value(inner[0]): _value(inner[1])}
    # Annotated, or something that may be null.
    return _value(inner[0])


if __name__ == "__main__":
    FILE.write_text(text(examples()))
