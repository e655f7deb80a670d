"""Relations: what leads from a key to rows, declared once as data.

A relation says how the rows of one key are selected. A larger statement takes that as a part; the
dataloaders' statement for a list of keys is made of the same part.
"""

from abc import ABC, abstractmethod
from collections import namedtuple
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import SimpleNamespace
from typing import Any, final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    column,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.types import TypeEngine

from kit.db.statements import NOW
from kit.limits import LARGEST_PAGE
from models.access.viewers import Actor, CompanyRole, Viewer, anyone
from models.base.masks import shown_to
from models.base.records import record
from models.base.tables import OfMerchant, OneOf
from models.base.visibility import parameters, seen_by


@dataclass(frozen=True)
class Reader:
    """Who reads, and at which instant; lateness depends on the instant.

    now: an instant, or the parameter that stands for it in a statement for all requests.
    """

    viewer: Viewer
    now: Any

    @property
    def at(self) -> ColumnElement[datetime]:
        """Return the instant for an expression."""
        now = self.now
        return now if isinstance(now, ColumnElement) else literal(now, DateTime(timezone=True))

    def table(self, entity: type[OfMerchant]) -> Any:
        """Return a new alias of a table as it is shown to the viewer."""
        return shown_to(self.viewer, entity)

    @property
    def general(self) -> "Reader":
        """Return the reader of statements that are kept for all viewers of a kind, at any time."""
        return general(self.viewer.actor)

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the parameters that `seen_by`, `general` and the properties below name."""
        viewer = self.viewer
        own = {NOW: self.now, "scopes": list(viewer.scopes), "role": viewer.role}
        return {**parameters(viewer), **own}

    @property
    def scopes(self) -> ColumnElement[Any]:
        """Return the viewer's scopes for an expression."""
        return bindparam("scopes", list(self.viewer.scopes), ARRAY(Text()))

    @property
    def role(self) -> ColumnElement[CompanyRole | None]:
        """Return what the viewer may do for its company, for an expression."""
        return bindparam("role", self.viewer.role, OneOf(CompanyRole))


def general(actor: Actor) -> Reader:
    """Return the reader of statements that are kept for all viewers of a kind, at any time."""
    return Reader(anyone(actor), bindparam(NOW, None, DateTime(timezone=True)))


Part = tuple[Any, Select[Any]]
"""A row source, an object whose attributes are SQL expressions; the select of its rows, in their
order and without columns yet. Every table in it carries the merchant."""

Rows = tuple[Any, Select[Any], Any]
"""The same for the rows of all keys, and the column that has the key."""

Bind = Callable[[str, TypeEngine[Any]], ColumnElement[Any]]
"""A value's own name, its type -> the parameter that carries it in the statement."""


def literals(values: Mapping[str, Any]) -> Bind:
    """Return what lets a statement carry these values themselves."""
    return lambda name, type_: literal(values[name], type_)


Expression = Callable[[Reader, Any], ColumnElement[Any]]
"""reader, table (or an alias of it) -> an expression on a row of it."""


Aggregate = Callable[[Any], ColumnElement[Any]]
"""table (or an alias of it) -> an expression over a group of its rows."""


@dataclass(frozen=True)
class Through:
    """A table between a row and those below it: its columns that name the one and the other."""

    entity: type[OfMerchant]
    parent: str
    child: str


def selected(made: Any, source: Any) -> list[ColumnElement[Any]]:
    """Return what to select of a row source for records of a class."""
    return [getattr(source, name).label(name) for name in made._fields]


class Relation(ABC):
    """From keys to rows, one statement a batch. Two relations are the same if identical.

    source: a row source to learn the types of SQL from. record: the class of named tuples that
    rows become. many: a key leads to a list; otherwise to one row at most, or None.
    typical, longest: how many rows such a list is priced as, the latter where it leads back.
    lasting: declared once for all requests, so that its statements may be kept.
    """

    source: Any
    record: Any
    many = False
    typical: int
    longest = LARGEST_PAGE
    lasting = True
    key_type: TypeEngine[Any] = Uuid()

    @abstractmethod
    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the row source and the select of one key's rows."""

    def statement(self, reader: Reader) -> Select[Any]:
        """Select each key in the parameter `keys` with its rows: one text for any number of keys.

        The join is lateral: PostgreSQL selects an ordered part anew for each key, so that the rows
        of a key follow each other in their order.
        """
        listed = func.unnest(bindparam("keys", type_=ARRAY(self.key_type)))
        keys = listed.table_valued(column("key", self.key_type), name="keys").render_derived()
        source, rows = self.part(reader, keys.c.key)
        found = rows.add_columns(*selected(self.record, source)).lateral("found")
        return select(keys.c.key, *found.c).select_from(keys.join(found, true()))

    def results(self, keys: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
        """Give each key its record, or its list of records, from the statement's rows."""
        make = self.record._make
        if not self.many:
            record_of = {row[0]: make(row[1:]) for row in rows}
            return [record_of.get(key) for key in keys]
        list_of: dict[Any, list[Any]] = {key: [] for key in keys}
        for row in rows:
            list_of[row[0]].append(make(row[1:]))
        return [list_of[key] for key in keys]


class ByColumn(Relation):
    """Rows that have their key in a column, so that those of many keys need no join.

    A relation that is not that simple says its `part` itself and is no subclass.
    """

    @abstractmethod
    def rows(self, reader: Reader) -> Rows:
        """Return the row source, the select of the rows of all keys, the column with the key."""

    @final
    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the row source and the select of one key's rows."""
        source, rows, own = self.rows(reader)
        return source, rows.where(own == key)

    @final
    def statement(self, reader: Reader) -> Select[Any]:
        """Select the rows of the keys in the parameter `keys`: one text for any number of keys."""
        source, rows, own = self.rows(reader)
        found = rows.where(own == any_(bindparam("keys", type_=ARRAY(self.key_type))))
        return found.add_columns(own.label("key"), *selected(self.record, source))


class One(ByColumn):
    """key -> the row, or None where the viewer sees no such row."""

    def __init__(self, entity: type[OfMerchant], key: str = "id") -> None:
        """Take the table and its unique key column."""
        self.entity, self.key = entity, key
        self.source, self.record = entity, record(entity)
        self.key_type = getattr(entity, key).type

    def also(self, table: Any) -> Sequence[ColumnElement[bool]]:
        """Return further conditions of a subclass."""
        del table
        return ()

    def rows(self, reader: Reader) -> Rows:
        """Return the table, its rows, its key column."""
        table = reader.table(self.entity)
        rows = select().select_from(table).correlate_except(table)
        rows = rows.where(*self.also(table), *seen_by(reader.viewer, table))
        return table, rows, getattr(table, self.key)


row_of = cache(One)
"""table -> what reads one of its rows by id, for who knows the table at run time only."""


class Many(ByColumn):
    """parent key -> its rows, in order; for lists that are small by nature."""

    many = True

    def __init__(
        self,
        entity: type[OfMerchant],
        key: str | Through,
        *,
        order_by: Sequence[str],
        typical: int,
        longest: int = LARGEST_PAGE,
    ) -> None:
        """Take the child table, its column that names the parent (or what lies between).

        typical: how many rows most parents have at most. longest: and any, where that is known.
        """
        self.entity, self.key, self.order_by = entity, key, order_by
        self.typical, self.longest = typical, longest
        self.source, self.record = entity, record(entity)

    def rows(self, reader: Reader) -> Rows:
        """Return the child table, its rows in order, the column that names the parent."""
        child, viewer = reader.table(self.entity), reader.viewer
        rows = select().select_from(child).where(*seen_by(viewer, child))
        if isinstance(self.key, str):
            rows, own = rows.correlate_except(child), getattr(child, self.key)
        else:
            link = reader.table(self.key.entity)
            parent, linked = getattr(link, self.key.parent), getattr(link, self.key.child)
            pairs = select(parent.label("parent"), linked.label("child")).distinct()
            pair = pairs.where(*seen_by(viewer, link)).subquery()
            rows = rows.join(pair, child.id == pair.c.child).correlate_except(child, pair)
            own = pair.c.parent
        # An index on the key and the order gives the rows of many keys already sorted.
        return child, rows.order_by(own, *(getattr(child, name) for name in self.order_by)), own


class ByList(Relation):
    """parent key -> the rows whose ids a list in the parent's row names; unseen ones are left out.

    In an order of their own, else in that of the list.
    """

    many = True

    def __init__(
        self,
        parent: type[OfMerchant],
        ids: str,
        entity: type[OfMerchant],
        *,
        order_by: str | None = None,
        typical: int,
    ) -> None:
        """Take the parent's table, its column that lists ids, and the table that they are of."""
        self.parent, self.ids, self.entity = parent, ids, entity
        self.order_by, self.typical = order_by, typical
        self.source, self.record = entity, record(entity)

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the table of what is listed, and the select of one parent's rows."""
        above, table = reader.table(self.parent), reader.table(self.entity)
        unnested = func.unnest(getattr(above, self.ids)).table_valued("id", with_ordinality="place")
        listed = unnested.render_derived(name="listed").lateral()
        rows = select().select_from(above).join(listed, true()).join(table, table.id == listed.c.id)
        rows = rows.where(
            above.id == key, *seen_by(reader.viewer, above), *seen_by(reader.viewer, table)
        )
        order = listed.c.place if self.order_by is None else getattr(table, self.order_by)
        return table, rows.order_by(order).correlate_except(above, listed, table)


class Aggregates(ByColumn):
    """parent key -> aggregates over the parent's rows in one table, None for one without rows."""

    def __init__(
        self,
        entity: type[OfMerchant],
        key: str,
        expressions: Mapping[str, Aggregate],
        having: Aggregate | None = None,
    ) -> None:
        """Take the table, its column that names the parent, and name -> (table) -> aggregate.

        having: a parent for which it does not hold counts as one without rows.
        """
        self.entity, self.key, self.expressions = entity, key, expressions
        self.having, self.source = having, self._made(entity)
        self.record = namedtuple(f"{entity.__name__}Aggregates", expressions)  # type: ignore[misc]  # noqa: PYI024 -- the fields are known at run time only.

    def rows(self, reader: Reader) -> Rows:
        """Return the aggregates, one row for each parent, the column that names it."""
        table = reader.table(self.entity)
        parent = getattr(table, self.key)
        rows = select().select_from(table).correlate_except(table).group_by(parent)
        rows = rows if self.having is None else rows.having(self.having(table))
        return self._made(table), rows.where(*seen_by(reader.viewer, table)), parent

    def _made(self, table: Any) -> SimpleNamespace:
        return SimpleNamespace(**{name: of(table) for name, of in self.expressions.items()})


class Computed(ByColumn):
    """id -> expressions on the row that depend on who reads or when, None for an unseen row."""

    def __init__(self, entity: type[OfMerchant], expressions: Mapping[str, Expression]) -> None:
        """Take the table, and name -> (reader, table) -> expression."""
        self.entity, self.expressions = entity, expressions
        self.source = self._computed(general(Actor.STAFF), entity)
        self.record = namedtuple(f"{entity.__name__}Computed", expressions)  # type: ignore[misc]  # noqa: PYI024 -- the fields are known at run time only.

    def _computed(self, reader: Reader, table: Any) -> SimpleNamespace:
        made = {name: expression(reader, table) for name, expression in self.expressions.items()}
        return SimpleNamespace(**made)

    def rows(self, reader: Reader) -> Rows:
        """Return the expressions, the rows of the table, its id."""
        table = reader.table(self.entity)
        rows = select().select_from(table).correlate_except(table)
        return self._computed(reader, table), rows.where(*seen_by(reader.viewer, table)), table.id


@dataclass(frozen=True)
class Nested:
    """A list that is kept inside a row. part: reader, the row -> the part that selects it."""

    source: Any
    part: Callable[[Reader, Any], Part]


@dataclass(frozen=True)
class RowOf:
    """The row with a key that arguments give. type_name: of the several types that it may have."""

    relation: Relation
    key: Any
    type_name: str | None = None

    @property
    def source(self) -> type[OfMerchant]:
        """Return the row's table."""
        return self.relation.source  # type: ignore[no-any-return]

    @property
    def form(self) -> Hashable:
        """Return what shapes the SQL."""
        return (self.relation, self.type_name)

    @property
    def values(self) -> Mapping[str, Any]:
        """Return the key."""
        return {"key": self.key}

    def row(self, reader: Reader, bind: Bind, key: None = None) -> Part:
        """Return the table and the select of the row."""
        del key
        return self.relation.part(reader, bind("key", self.relation.key_type))
