"""Keyset connections as part of a statement: nodes, edges, cursors, pageInfo, totals.

The rows of a page are read once; each selection of them is an aggregate over the same rows. One
row more than the page holds is read where pageInfo asks whether others follow.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeAlias

from graphql import GraphQLField, GraphQLObjectType, get_named_type, get_nullable_type
from sqlalchemy import Date, DateTime, Integer, Numeric, String, Text, Uuid, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.functions import FunctionElement

from execution.building import (
    Build,
    Details,
    Shaping,
    Unfusible,
    braced,
    complete,
    declared_of,
    listed,
    one,
    written_object,
)
from execution.fields import Chosen, WholeField
from execution.texts import BUILT_IN, Sql, collected, constant, joined, quoted, text_of

if TYPE_CHECKING:
    from execution.fusing import Selection

_FLAGS = {"hasNextPage": False, "hasPreviousPage": True}
"""pageInfo's field -> whether it looks backwards."""
_ENDS = {"startCursor": 1, "endCursor": -1}
"""pageInfo's field -> place in the list of the page's cursors."""


@dataclass
class _Page:
    """A page while its statement is made. columns: what the aggregates read of each row.

    placed: whether each row's place in the page is read, too.
    """

    shaping: Shaping
    number: int
    key: Any
    row: Any = None
    placed: bool = False
    columns: dict[str, Sql] = field(default_factory=dict)

    @property
    def choice(self) -> Any:
        """Return what the arguments chose."""
        return self.shaping.choices[self.number]

    @property
    def size(self) -> Sql:
        """Return how many rows the page has at most."""
        return self.shaping.bind(self.number)("size", Integer())

    def column(self, name: str, value: Callable[[], Sql]) -> None:
        """Read a value of each row, once for each name."""
        if name not in self.columns:
            self.columns[name] = value().label(name)

    def cursor(self) -> Sql:
        """Write a row's cursor."""
        return cursor_text(self.choice.tagged(self.key), self.choice.sort_keys(self.row))

    def all(self, rows: Any, name: str) -> Sql:
        """Aggregate a column of the page's rows in display order."""
        value = rows.c[name]
        between: Any = constant(",")
        if self.choice.backward:
            between = aggregate_order_by(between, rows.c.place.desc())
        return collected(value, self._shown(rows, func.string_agg(value, between)))

    def _shown(self, rows: Any, aggregate: FunctionElement[Any]) -> Sql:
        """Leave out the row that only shows that others follow."""
        return aggregate.filter(rows.c.place <= self.size) if self.placed else aggregate

    def read(self, rows: Any) -> Any:
        """Return what the aggregates read.

        Places are counted in the rows of the page: beside its LIMIT, PostgreSQL would sort all rows
        of the list for them.
        """
        rows = rows.add_columns(*self.columns.values())
        if not self.placed:
            return rows.subquery()
        keys = self.choice.order_keys(self.row)
        own = rows.add_columns(*(it.label(f"key_{at}") for at, it in enumerate(keys))).subquery()
        place = self.choice.place([own.c[f"key_{at}"] for at in range(len(keys))])
        return select(*(own.c[name] for name in self.columns), place.label("place")).subquery()


@dataclass(frozen=True)
class _Part:
    """One field of a connection. read: selects what it needs; written: its text over all rows."""

    written: Callable[[_Page, Any], Sql]
    read: Callable[[_Page, Shaping], None] | None = None
    flags: frozenset[bool] = frozenset()


_Parts: TypeAlias = Sequence[tuple[str, _Part]]


def _known(names: Mapping[str, Any], type_: Any, name: str) -> Any:
    if name not in names:
        message = f"{type_}.{name} is no field of a connection"
        raise Unfusible(message)
    return names[name]


def connection(
    selection: "Selection", definition: GraphQLField, details: Details, declared: Chosen
) -> Build:
    """Build a connection."""
    number = selection.argued(definition, details, declared)
    type_: Any = get_nullable_type(definition.type)
    parts = [
        (key, _part(selection, type_, nodes, declared, place))
        for place, (key, nodes) in enumerate(selection.fields(type_, details).items())
    ]

    def build(source: Any, shaping: Shaping) -> Sql:
        key = None if declared.key is None else getattr(source, declared.key)
        return _written(parts, shaping, number, key)

    return build


def _written(parts: _Parts, shaping: Shaping, number: int, key: Any) -> Sql:
    choice, page = shaping.choices[number], _Page(shaping, number, key)
    more = any(choice.backward in part.flags for _, part in parts)
    page.placed = more or choice.backward
    if not any(part.read for _, part in parts):
        return _fields(parts, page, None)
    page.row, rows = choice.rows(shaping.reader, shaping.bind(number), key, more=more)
    for _, part in parts:
        if part.read is not None:
            part.read(page, shaping)
    if not page.columns:
        return _fields(parts, page, None)
    read = page.read(rows)
    return select(_fields(parts, page, read)).select_from(read).scalar_subquery()


def _fields(parts: _Parts, page: _Page, rows: Any) -> Sql:
    return braced((key, part.written(page, rows)) for key, part in parts)


def _part(
    selection: "Selection", type_: GraphQLObjectType, details: Details, declared: Chosen, place: int
) -> _Part:
    name = details[0].node.name.value
    if name == "__typename":
        return _Part(lambda _page, _rows: constant(f'"{type_.name}"'))
    definition = type_.fields.get(name)
    declared_whole = None if definition is None else declared_of(definition)
    if definition is not None and isinstance(declared_whole, WholeField):
        return _whole(selection, definition, details, declared_whole)
    inner = None if definition is None else get_named_type(definition.type)
    if name == "pageInfo":
        return _page_info(selection, inner, details)
    makers: Mapping[str, Any] = {"nodes": _nodes, "edges": _edges}
    item = _known(makers, type_, name)(selection, inner, details, declared)

    def read(page: _Page, shaping: Shaping) -> None:
        page.column(f"of_{place}", lambda: item(page, shaping))

    return _Part(lambda page, rows: listed(page.all(rows, f"of_{place}")), read)


def _whole(
    selection: "Selection", definition: GraphQLField, details: Details, declared: WholeField
) -> _Part:
    """Build what is read of the whole list."""
    type_: Any = get_nullable_type(definition.type)
    if declared.attribute is None:
        item = selection.object(type_, details, declared.source)
    else:
        item = selection.attribute_of(type_, declared.source, declared.attribute)

    def read(page: _Page, shaping: Shaping) -> Sql:
        bind = shaping.bind(page.number)
        return one(declared.of(page.choice).whole(shaping.reader, bind, page.key), item, shaping)

    found = complete(read, definition.type)
    return _Part(lambda page, _rows: found(page, page.shaping))


def _nodes(
    selection: "Selection", inner: Any, details: Details, declared: Chosen
) -> Callable[[_Page, Shaping], Sql]:
    item = selection.object(inner, details, declared.source)
    return lambda page, shaping: item(page.row, shaping)


def _edges(
    selection: "Selection", inner: Any, details: Details, declared: Chosen
) -> Callable[[_Page, Shaping], Sql]:
    builders: list[tuple[str, Build]] = []
    for key, nodes in selection.fields(inner, details).items():
        name = nodes[0].node.name.value
        if name == "node":
            of = get_named_type(inner.fields[name].type)
            item = selection.object(of, nodes, declared.source)
            builders.append((key, _of_node(item)))
        else:
            simple: Mapping[str, Build] = {
                "__typename": lambda _edge, _: constant(f'"{inner.name}"'),
                "cursor": lambda edge, _: quoted(edge.page.cursor()),
            }
            builders.append((key, _known(simple, inner, name)))
    edge = written_object(builders)
    return lambda page, shaping: edge(SimpleNamespace(page=page), shaping)


def _of_node(item: Build) -> Build:
    return lambda edge, shaping: item(edge.page.row, shaping)


def _page_info(selection: "Selection", inner: Any, details: Details) -> _Part:
    fields = {
        key: nodes[0].node.name.value for key, nodes in selection.fields(inner, details).items()
    }
    for name in fields.values():
        _known({**_FLAGS, **_ENDS, "__typename": None}, inner, name)

    flags = frozenset(_FLAGS[name] for name in fields.values() if name in _FLAGS)

    def read(page: _Page, _shaping: Shaping) -> None:
        if not _ENDS.keys().isdisjoint(fields.values()):
            page.column("cursor", page.cursor)
        elif page.choice.backward in flags:
            page.column("there", lambda: constant(""))

    def written(page: _Page, rows: Any) -> Sql:
        return braced((key, _info(name, inner, page, rows)) for key, name in fields.items())

    return _Part(written, read, flags)


def _info(name: str, inner: Any, page: _Page, rows: Any) -> Sql:
    if name == "__typename":
        return constant(f'"{inner.name}"')
    if name in _ENDS:
        cursor = func.split_part(page.all(rows, "cursor"), constant(","), _ENDS[name], type_=Text())
        return func.coalesce(quoted(cursor), constant("null"))
    choice = page.choice
    if _FLAGS[name] is choice.backward:
        return text_of(func.count() > page.size)
    beyond = choice.has_after if choice.backward is False else choice.has_before
    return constant("true" if beyond else "false")


def cursor_text(tag: Sql, values: Sequence[Sql]) -> Sql:
    """Write a cursor: URL-safe base64 of the JSON list of a list's tag and a row's sort values.

    tag: letters and digits.
    """
    texts: list[Sql] = [constant('["'), tag, constant('"')]
    for value in values:
        texts += (constant(","), _json(value))
    plain = func.convert_to(joined([*texts, constant("]")]), constant("UTF8"))
    encoded = func.encode(plain, constant("base64"))
    return func.translate(encoded, constant("+/\n"), constant("-_"), type_=Text())


def _json(value: Sql) -> Sql:
    """Write a sort value as the pages of the reference do: decimals and ids as strings."""
    kind = value.type
    for name, types in (("DateTime", DateTime), ("Date", Date), ("String", String)):
        if isinstance(kind, types):
            return BUILT_IN[name].text(value)
    if isinstance(kind, Integer):
        return text_of(value)
    if isinstance(kind, (Uuid, Numeric)) or getattr(kind, "choices", None) is not None:
        return quoted(text_of(value))
    message = f"a cursor of {kind!r}"
    raise Unfusible(message)
