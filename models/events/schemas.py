"""docs/events.schema.json: what webhooks are sent of each kind of event, as JSON Schema 2020-12."""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from models.base.events import EVENTS, Event
from models.base.payloads import ColumnName, Item, Value, values_of

Schema = dict[str, Any]
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PLAIN: Mapping[Any, Schema] = {
    UUID: {"type": "string", "format": "uuid"},
    Decimal: {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    ColumnName: {"type": "string"},
}
_WRITTEN = {"integer": "-?[0-9]+", "boolean": "true|false", "null": "null"}
_ABOUT = "about"
_FIELDS: Schema = {
    "id": {"type": "string", "description": "Global id of the object, for `node(id:)`."},
    "sequence": {"type": "integer", "description": "Counts the events of the object from 1."},
    "changed": {
        "type": "array",
        "items": {"type": "string"},
        "description": "What the event has changed: columns, counters, `state`, `window`.",
    },
    "document": {"description": "What the webhook's document has answered, where it has one."},
    "errors": {"type": "array", "description": "Errors of that answer, where it has any."},
}


def schemas() -> Schema:
    """Return the schema of a message: one of those of its type."""
    return {
        "$schema": _DRAFT,
        "title": "Messages of webhooks",
        "description": "More types and fields may be added at any time.",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in sorted(EVENTS)],
        "$defs": {
            _ABOUT: {"type": "object", "properties": _FIELDS, "required": ["id"]},
            **{name: _message(kind) for name, kind in sorted(EVENTS.items())},
        },
    }


def schemas_text() -> str:
    """Return that as the document is written."""
    return json.dumps(schemas(), indent=1, ensure_ascii=False)


def may_say(kind: type[Event], field: str, text: str) -> bool:
    """Tell whether a field of an event may be written so in JSON, or an item or key of it."""
    return _holds(_of(get_type_hints(kind, include_extras=True)[field]), text)


def _holds(schema: Schema, text: str) -> bool:
    match schema:
        case {"anyOf": ways}:
            return any(_holds(way, text) for way in ways)
        case {"type": "array", "items": item}:
            return _holds(item, text)
        case {"enum": values} | {"type": "object", "properties": values}:
            return text in values
        case {"type": plain} if plain in _WRITTEN:
            return re.fullmatch(_WRITTEN[plain], text) is not None
        case {"pattern": pattern}:
            return re.search(pattern, text) is not None
    return True


def _message(kind: type[Event]) -> Schema:
    hints = get_type_hints(kind, include_extras=True)
    payload = _object(list(kind.versions.values), hints)
    return {
        "description": f"{kind.about.__name__}: {kind.__doc__}",
        "type": "object",
        "properties": {
            "type": {"const": kind.name},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {"$ref": f"#/$defs/{_ABOUT}", "properties": {"payload": payload}},
        },
        "required": ["type", "timestamp", "data"],
    }


def _object(values: list[Value], hints: Mapping[str, Any]) -> Schema:
    """Return the schema of fields; who reads less than all may lack any of them."""
    fields = {it.name: {**_of(hints[it.name]), "description": it.meaning} for it in values}
    return {"type": "object", "properties": fields}


def _of(hint: Any) -> Schema:
    if hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {"type": "string", "enum": [it.value for it in hint]}
    if isinstance(hint, type) and issubclass(hint, Item):
        return _object(values_of(hint), get_type_hints(hint, include_extras=True))
    return _made_of(get_origin(hint), get_args(hint))


def _made_of(origin: Any, inner: tuple[Any, ...]) -> Schema:
    if origin is Annotated:
        return _of(inner[0])
    if origin in (UnionType, Union) and inner[1:] == (NoneType,):
        return {"anyOf": [_of(inner[0]), {"type": "null"}]}
    if origin is tuple:
        return {"type": "array", "items": _of(inner[0])}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _of(inner[1])}
    message = f"no payload holds {origin}"
    raise TypeError(message)
