"""A GraphQL type for each class of events: its fields are those of the payload.

An id becomes the object that it names, a quantity a Decimal, a mapping a list of objects. A new
class needs nothing here.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

import strawberry

from execution.fields import each_related, related
from models.access.journal import KEY, KEYS
from models.access.viewers import Scope
from models.base.events import EVENTS, Event
from models.base.payloads import Item, Value, values_of
from models.base.reductions import tables_of
from schema.access.journal.events import Event as Interface
from schema.access.journal.events import type_of
from schema.events.values import Hint, code_of_key, hint_of, is_leaf, leaf, objects
from schema.graphql.nodes import NODES, TYPES
from schema.graphql.scopes import Requires

Fields = Mapping[str, tuple[Any, Any]]
"""Name of a field -> its type, what declares it."""
_TAKEN = frozenset({"id", "type", "occurred_at", "recorded_at", "actor", "object_id", "message"})
"""Names of the interface's own fields."""


class Types:
    """Makes the types, those of items once."""

    def __init__(self) -> None:
        """Start with none."""
        self._items: dict[str, Any] = {}

    def every(self) -> list[Any]:
        """Return the type of each class of events."""
        return [self._event(kind) for _, kind in sorted(EVENTS.items())]

    def _event(self, kind: type[Event]) -> Any:
        noun = kind.aggregate.lower()
        fields = dict(self._about(kind, noun))
        for value in kind.versions.values:
            for name, field in self._fields(kind, value):
                own = f"{noun}_{name}" if name in _TAKEN else name
                if own in fields:
                    message = f"{kind.name} has two fields {own}"
                    raise TypeError(message)
                fields[own] = field
        description = f"`{kind.name}`: {kind.__doc__}"
        return _made(type_of(kind.name), description, fields, Interface, event_name=kind.name)

    def _about(self, kind: type[Event], noun: str) -> Iterator[tuple[str, Any]]:
        name = kind.about.__name__
        yield noun, _one(name, "aggregate_id", "What it is about.")

    def _fields(self, kind: type[Event], value: Value) -> Iterator[tuple[str, Any]]:
        """Yield the fields for a value of a payload: several for an id of several tables."""
        hint = hint_of(get_type_hints(kind, include_extras=True)[value.name])
        tables = [] if value.kind.rows is None else tables_of(value.kind.rows, kind)
        names = [it.__name__ for it in tables if it.__name__ in NODES]
        if hint.inner is UUID:
            yield from _nodes(value, hint, names)
        elif is_leaf(hint):
            hidden = any(value.name in its for its in kind.hidden.values())
            nullable = hint.may_be_null or hidden or not value.is_needed or bool(value.kind.rows)
            yield value.name, leaf(value.name, hint, value.meaning, nullable=nullable)
        elif hint.is_list:
            item = self._item(hint.inner)
            yield value.name, objects(value.name, item, value.meaning, mapped=False)
        else:
            yield value.name, self._mapping(value, hint, tables)

    def _mapping(self, value: Value, hint: Hint, tables: list[Any]) -> Any:
        """Declare the items of a mapping."""
        key, of = (hint_of(it) for it in get_args(hint.inner))
        if not tables:
            fields = {
                "name": code_of_key(key.inner, "Which one."),
                "value": leaf(None, of, "What it is.", nullable=False),
            }
            item = self._once(f"{key.inner.__name__}Value", "A name with its value.", fields)
            return objects(value.name, item, value.meaning, mapped=True)
        (table,) = tables
        noun = table.__name__
        own = {_snake(noun): _one(noun, "key", "Of which row; null where it is not there.")}
        name, fields = self._of_row(table, of)
        item = self._once(f"{noun}{name}", f"What is told of one {_words(noun)}.", own | fields)
        return objects(value.name, item, value.meaning, mapped=True, key=UUID)

    def _of_row(self, table: Any, of: Hint) -> tuple[str, dict[str, Any]]:
        """Return how an item is called that tells of one row, and what it tells."""
        if is_leaf(of):
            return "Quantity", {
                "quantity": leaf(None, of, "How much, in the row's unit.", nullable=False)
            }
        if get_origin(of.inner) is not None:
            _, amount = (hint_of(it) for it in get_args(of.inner))
            text = "What was added to it, in the row's unit; null where it was not moved."
            return "Moved", {
                name: leaf(name, amount, text, nullable=True) for name in table.__tally__.counters
            }
        return of.inner.__name__, self._of_item(of.inner)

    def _item(self, item: type[Item]) -> Any:
        return self._once(item.__name__, (item.__doc__ or "").strip(), self._of_item(item))

    def _of_item(self, item: type[Item]) -> dict[str, Any]:
        hints = get_type_hints(item, include_extras=True)
        fields = {}
        for value in values_of(item):
            hint = hint_of(hints[value.name])
            nullable = hint.may_be_null or not value.is_needed
            fields[value.name] = leaf(value.name, hint, value.meaning, nullable=nullable)
        return fields

    def _once(self, name: str, description: str, fields: Fields) -> Any:
        if name not in self._items:
            self._items[name] = _made(name, description, fields)
        return self._items[name]


def _nodes(value: Value, hint: Hint, names: list[str]) -> Iterator[tuple[str, Any]]:
    """Yield the rows that an id names, or a list of ids; none of a table that has no type."""
    name = value.name.removesuffix("_id")
    for of in names:
        own = name if len(names) == 1 else f"{name}_{_snake(of)}"
        if hint.is_list:
            field = each_related(NODES[of], value.meaning, key=f"{KEYS}{value.name}")
            item: Any = TYPES[of]
            yield own, (list[item | None], field)
        else:
            yield own, _one(of, f"{KEY}{value.name}", value.meaning)


def _one(name: str, key: str, description: str) -> Any:
    return TYPES[name] | None, related(NODES[name], description, key=key)


def _made(name: str, description: str, fields: Fields, *bases: type[Any], **own: Any) -> Any:
    """Make a class with these fields a type."""
    annotations = {field: type_ for field, (type_, _) in fields.items()}
    declared = {field: it for field, (_, it) in fields.items()}
    made = type(name, bases, {"__annotations__": annotations, **declared, **own})
    made.__module__ = __name__
    directive = Requires(scope=Scope.JOURNAL_READ)
    return strawberry.type(made, description=description, directives=[directive])


def _snake(name: str) -> str:
    return re.sub("(?<!^)([A-Z])", r"_\1", name).lower()


def _words(name: str) -> str:
    return _snake(name).replace("_", " ")


def event_types() -> list[Any]:
    """Return the GraphQL types of all events, once all nouns have theirs."""
    return Types().every()
