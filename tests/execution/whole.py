"""The whole schema, asked once: an operation for every field, argument, filter and sort.

Where generated operations ask for whatever chance gives, these ask for what is left, on rows that
are there; `reached` tells what was truly answered.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID
from zlib import crc32

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from kit.ids import to_global
from tests.execution.operations import Operation

Question = tuple[str, set[str]]
"""A selection, and the coordinates that it asks."""
Item = TypeVar("Item")
DEEPEST = 4
"""Fields between a row and an object that has no id."""
ROWS, MANY = 8, 10
"""Objects that are asked at once, and how much of a list of each."""
BY_ID = {
    "notificationPicture": "Notification",
    "notificationPreview": "Order",
    "orderDraftFrom": "Order",
}
"""Root field that leads to an object without an id -> the type whose ids it takes."""
_VALUES = {
    "Boolean": "true",
    "Int": "1",
    "Decimal": '"1"',
    "Currency": '"EUR"',
    "DateTime": '"2026-03-02T09:00:00Z"',
    "Date": '"2026-03-05"',
}


@dataclass(frozen=True)
class Way:
    """How objects of a type are reached: fields from the query, or from rows by their ids."""

    start: str
    fields: tuple[tuple[str, GraphQLField], ...] = ()

    @property
    def of(self) -> str | None:
        """Return the type whose ids the first field takes, a root field that leads to no row."""
        return BY_ID.get(self.fields[0][0]) if self.start == "Query" and self.fields else None

    def document(self, selection: str) -> str:
        for name, field in reversed(self.fields):
            least = _least(field, {"id": "$id"} if self.of and name in BY_ID else {})
            selection = f"{name}{least} {{ {selection} }}"
        if self.start == "Query":
            return f"query ($id: ID!) {{ {selection} }}" if self.of else f"{{ {selection} }}"
        rows = f"nodes(ids: $ids) {{ __typename ... on {self.start} {{ {selection} }} }}"
        return f"query ($ids: [ID!]!) {{ {rows} }}"

    def operations(self, selection: str, ids: Mapping[str, Sequence[str]]) -> Iterator[Operation]:
        """Ask some objects after the other for something. ids: type name -> ids of rows."""
        supplied: list[dict[str, Any]] = [{}]
        if self.start != "Query":
            own = list(ids.get(self.start, ()))
            supplied = [{"ids": own[at : at + ROWS]} for at in range(0, len(own), ROWS)]
        elif self.of:
            supplied = [{"id": it} for it in ids.get(self.of, ())]
        for values in supplied:
            yield Operation(self.document(selection), values, self.start)

    def arrives(self, data: Any) -> bool:
        """Tell whether an answer holds an object at the end of the way."""
        found = [data or {}]
        for name in [*(() if self.start == "Query" else ["nodes"]), *(it for it, _ in self.fields)]:
            found = [below for it in found if it is not None for below in _items(it.get(name))]
        return any(it is not None for it in found)


def _items(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [each for item in value for each in _items(item)]
    return [value]


def _least(field: GraphQLField, own: Mapping[str, str] | None = None) -> str:
    """Write the arguments without which a field is refused. own: those that are known."""
    supplied = {"first": str(MANY)} if "first" in field.args else {}
    supplied |= {
        name: value(name, it) for name, it in field.args.items() if is_required_argument(it)
    }
    return _arguments({**supplied, **(own or {})})


def _arguments(supplied: Mapping[str, str]) -> str:
    return f"({', '.join(f'{name}: {it}' for name, it in supplied.items())})" if supplied else ""


_CALLED = {"shipTo": "Address"}
"""Names of ids that say something else than the type."""


def value(name: str, argument: GraphQLArgument) -> str:
    """Write a right value of an argument or of a filter's field."""
    kind = get_named_type(argument.type)
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if kind.name == "ID" and name.endswith(("Id", "Ids")):
        noun = name.removesuffix("s").removesuffix("Id")
        return f'"{to_global(_CALLED.get(noun, noun[0].upper() + noun[1:]), UUID(int=1))}"'
    return _VALUES.get(kind.name, f'"{name}"')


class Whole:
    """Asks for everything of a schema. rows: types of objects that have an id."""

    def __init__(self, schema: GraphQLSchema, rows: set[str]) -> None:
        self.schema, self.rows = schema, rows
        self.ways = self._ways()

    def _ways(self) -> dict[str, list[Way]]:
        """Return type -> ways to it, the shortest first."""
        found: dict[str, list[Way]] = {it: [Way(it)] for it in ("Query", *sorted(self.rows))}
        waiting = deque(way for ways in found.values() for way in ways)
        while waiting:
            way = waiting.popleft()
            last = way.fields[-1][1].type if way.fields else self.schema.type_map[way.start]
            for name, field in get_named_type(last).fields.items():
                inner = get_named_type(field.type)
                own = isinstance(inner, GraphQLObjectType) and inner.name not in self.rows
                if own and len(way.fields) < DEEPEST and (name, field) not in way.fields:
                    further = Way(way.start, (*way.fields, (name, field)))
                    found.setdefault(inner.name, []).append(further)
                    waiting.append(further)
        return found

    def operations(
        self, name: str, selection: str, ids: Mapping[str, Sequence[str]]
    ) -> Iterator[tuple[Way, Operation]]:
        """Yield every way to ask objects of a type for something."""
        for way in self.ways[name]:
            for operation in way.operations(selection, ids):
                yield way, operation

    def coordinates(self, part: int) -> set[str]:
        """Return what is asked by one question in `part`: fields, arguments, filters, sorts."""
        return {it for name in self.ways for one in self.some(name, part) for it in one[1]}

    def some(self, name: str, part: int) -> Iterator[Question]:
        """Yield the plain fields of a type, and one in `part` of its other questions."""
        for selection, asks in self.questions(name):
            if not _asks_further(selection) or crc32(selection.encode()) % part == 0:
                yield selection, asks

    def questions(self, name: str) -> Iterator[Question]:
        """Yield (selection, coordinates) for all that a type can be asked."""
        fields = self.schema.type_map[name].fields
        plain = [it for it, field in fields.items() if _is_plain(field)]
        if plain:
            yield " ".join(plain), {f"{name}.{it}" for it in plain}
        for own, field in fields.items():
            if own not in plain:
                below = self._below(field)
                least = _least(field)
                yield f"{own}{least}{below}", {f"{name}.{own}"}
                for supplied, asks in self._supplied(f"{name}.{own}", field):
                    yield f"{own}{_arguments(supplied)}{below}", asks

    def _below(self, field: GraphQLField) -> str:
        """Ask an object for its plain fields."""
        kind = get_named_type(field.type)
        if is_leaf_type(kind):
            return ""
        plain = [it for it, inner in kind.fields.items() if _is_plain(inner)]
        nodes = kind.fields.get("nodes")
        if nodes is not None:
            plain.append(f"nodes{self._below(nodes)}")
        return f" {{ __typename {' '.join(plain)} }}"

    def _supplied(
        self, place: str, field: GraphQLField
    ) -> Iterator[tuple[dict[str, str], set[str]]]:
        """Yield (arguments, coordinates) for each argument, sort and field of a filter."""
        page = {"first": str(MANY)} if "first" in field.args else {}
        for name, argument in field.args.items():
            kind, asks = get_named_type(argument.type), {f"{place}({name}:)"}
            if name == "filter":
                for own, inner in kind.fields.items():
                    supplied = f"{{{own}: {value(own, inner)}}}"
                    yield {**page, name: supplied}, asks | {f"{kind.name}.{own}"}
            elif name == "sort":
                for choice in kind.values:
                    yield {**page, name: choice}, asks | {f"{kind.name}.{choice}"}
            elif name == "last":
                yield {name: str(MANY)}, asks
            elif name in {"after", "before"}:
                yield {**page, name: "null"}, asks
            else:
                yield {**page, name: value(name, argument)}, asks


def batched(every: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Cut what is asked into parts."""
    waiting = iter(every)
    while part := list(islice(waiting, size)):
        yield part


def together(questions: Sequence[Question]) -> str:
    """Write one selection of several questions, under aliases but for what has no arguments."""
    numbered = enumerate(selection for selection, _ in questions)
    return " ".join(f"q{at}: {it}" if _asks_further(it) else it for at, it in numbered)


def _asks_further(selection: str) -> bool:
    """Tell whether it has arguments or objects, not plain fields only."""
    return bool({"(", "{"} & set(selection))


def _is_plain(field: GraphQLField) -> bool:
    return is_leaf_type(get_named_type(field.type)) and not field.args


def payload(kind: GraphQLObjectType, rows: set[str]) -> str:
    """Write a selection of all that a payload has; of rows, what they hold by themselves."""
    parts = []
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if is_leaf_type(inner):
            parts.append(name)
        elif isinstance(inner, GraphQLObjectType):
            below = _plain(inner) if inner.name in rows else payload(inner, rows)
            parts.append(f"{name} {{ __typename {below} }}")
    return " ".join(parts)


def plain_nodes(field: GraphQLField) -> str:
    """Write the plain fields of what a list holds."""
    node = get_named_type(get_named_type(field.type).fields["nodes"].type)
    return f"nodes {{ {_plain(node)} }}"


def _plain(kind: Any) -> str:
    return " ".join(name for name, field in kind.fields.items() if _is_plain(field))
