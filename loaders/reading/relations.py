"""Relations: what leads from a key to rows, declared once as data.

A relation knows its table, key columns, order and visibility, and answers a whole batch of keys
with one statement. The dataloaders are made from these declarations.
"""

from abc import ABC, abstractmethod
from collections import namedtuple
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from types import SimpleNamespace
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Select,
    Uuid,
    any_,
    bindparam,
    literal,
    select,
)
from sqlalchemy.orm import aliased
from sqlalchemy.types import TypeEngine

from loaders.reading.records import columns, record
from models.access.viewers import Actor, Viewer
from models.base.tables import OfMerchant
from models.base.visibility import named, seen_by


@dataclass(frozen=True)
class Reader:
    """Who asks, and when; what "late" means depends on the second.

    now: an instant, or the parameter that stands for it in a statement for all requests.
    """

    viewer: Viewer
    now: Any

    @property
    def at(self) -> ColumnElement[datetime]:
        """Return the instant for an expression."""
        now = self.now
        return now if isinstance(now, ColumnElement) else literal(now, DateTime(timezone=True))

    @property
    def general(self) -> "Reader":
        """Return who asks, with a parameter for the time: for statements that are kept."""
        return Reader(self.viewer, bindparam("now", self.now, DateTime(timezone=True)))

    @property
    def named(self) -> dict[str, Any]:
        """Return the parameters that `seen_by` and `general` name."""
        return {**named(self.viewer), "now": self.now}


def among_keys(column: Any) -> ColumnElement[bool]:
    """Return `column = ANY(:keys)`: one statement text for every size of a batch."""
    return column == any_(bindparam("keys", type_=ARRAY(column.type)))  # type: ignore[no-any-return]


Fact = Callable[[Reader, Any], ColumnElement[Any]]
"""reader, table (or an alias of it) -> an expression on a row of it."""


class Relation(ABC):
    """From keys to results, one statement a batch. Two relations are the same if identical.

    A relation with a `part` can be a part of a larger statement, one without cannot.
    source: an object whose attributes are SQL expressions. many: a key leads to a list.
    lasting: declared once for all requests, so that its statements may be kept.
    """

    source: Any
    many = False
    lasting = True
    key_type: TypeEngine[Any] = Uuid()
    part: Any = None

    def __init_subclass__(cls) -> None:
        """Let no inherited part answer for a statement of the subclass's own."""
        super().__init_subclass__()
        if "statement" in vars(cls) and "part" not in vars(cls):
            cls.part = None

    @abstractmethod
    def statement(self, reader: Reader) -> Select[Any]:
        """Return the statement that answers the keys in the parameter `keys`."""

    @abstractmethod
    def results(self, keys: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
        """Match the statement's rows to the keys, by position."""


class One(Relation):
    """key -> the row, or None where the viewer sees no such row."""

    def __init__(self, entity: type[OfMerchant], key: str = "id") -> None:
        """Take the table and its unique key column."""
        self.entity, self.key = entity, key
        self.source, self.key_type = entity, getattr(entity, key).type
        self._record = record(entity)
        self._place = self._record._fields.index(key)

    def statement(self, reader: Reader) -> Select[Any]:
        """Select the rows of the keys."""
        found = select(*columns(self.entity, self.entity))
        own = among_keys(getattr(self.entity, self.key))
        return found.where(own, *self.also(self.entity), *seen_by(reader.viewer, self.entity))

    def also(self, table: Any) -> Sequence[ColumnElement[bool]]:
        """Return further conditions of a subclass."""
        del table
        return ()

    def part(self, reader: Reader, key: ColumnElement[Any]) -> tuple[Any, Select[Any]]:
        """Return the table and the select of one key's row, without columns yet."""
        table = aliased(self.entity)
        rows = select().select_from(table).correlate_except(table)
        own = getattr(table, self.key) == key
        return table, rows.where(own, *self.also(table), *seen_by(reader.viewer, table))

    def results(self, keys: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
        """Give each key its row."""
        found = {row[self._place]: self._record._make(row) for row in rows}
        return [found.get(key) for key in keys]


@dataclass(frozen=True)
class Through:
    """A table between parent and child: its columns that name the one and the other."""

    entity: type[OfMerchant]
    parent: str
    child: str


class Many(Relation):
    """parent key -> its rows, in order; for lists that are small by nature."""

    many = True

    def __init__(
        self, entity: type[OfMerchant], key: str | Through, *, order_by: Sequence[str]
    ) -> None:
        """Take the child table, its column that names the parent (or what lies between)."""
        self.entity, self.key, self.order_by = entity, key, order_by
        self.source = entity
        self._record = record(entity)

    def statement(self, reader: Reader) -> Select[Any]:
        """Select the parent's key, then the child's columns."""
        child, viewer = self.entity, reader.viewer
        order = [getattr(child, name) for name in self.order_by]
        if isinstance(self.key, str):
            parent = getattr(child, self.key)
            rows = select(parent.label("parent_key"), *columns(child, child))
            return rows.where(among_keys(parent), *seen_by(viewer, child)).order_by(parent, *order)
        link = aliased(self.key.entity)
        parent, target = getattr(link, self.key.parent), getattr(link, self.key.child)
        pairs = select(parent.label("parent"), target.label("child")).distinct()
        pair = pairs.where(among_keys(parent), *seen_by(viewer, link)).subquery()
        rows = select(pair.c.parent.label("parent_key"), *columns(child, child))
        joined = rows.join(pair, child.id == pair.c.child)
        return joined.where(*seen_by(viewer, child)).order_by(pair.c.parent, *order)

    def part(self, reader: Reader, key: ColumnElement[Any]) -> tuple[Any, Select[Any]]:
        """Return the child table and the ordered select of one key's rows, without columns yet."""
        child, viewer = aliased(self.entity), reader.viewer
        rows = select().select_from(child).correlate_except(child)
        rows = rows.where(*seen_by(viewer, child))
        rows = rows.order_by(*(getattr(child, name) for name in self.order_by))
        if isinstance(self.key, str):
            return child, rows.where(getattr(child, self.key) == key)
        link = aliased(self.key.entity)
        linked = select(getattr(link, self.key.child)).correlate_except(link)
        linked = linked.where(getattr(link, self.key.parent) == key, *seen_by(viewer, link))
        return child, rows.where(child.id.in_(linked))

    def results(self, keys: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
        """Give each key its list."""
        make = self._record._make
        found = {
            key: [make(row[1:]) for row in group]
            for key, group in groupby(rows, key=lambda row: row[0])
        }
        return [found.get(key, []) for key in keys]


class Derived(Relation):
    """parent key -> expressions over the parent's rows in one table (sums, statuses).

    A parent without rows gets None.
    """

    def __init__(
        self, entity: type[OfMerchant], key: str, expressions: Mapping[str, ColumnElement[Any]]
    ) -> None:
        """Take the table, its column that names the parent, and name -> aggregate expression."""
        self.entity, self.key, self.expressions = entity, key, expressions
        self.source = SimpleNamespace(**expressions)
        self._record: Any = namedtuple(f"{entity.__name__}Sums", expressions)  # type: ignore[misc]  # noqa: PYI024 -- the fields are known at run time only.

    def statement(self, reader: Reader) -> Select[Any]:
        """Select the parent's key, then the expressions."""
        parent = getattr(self.entity, self.key)
        sums = [it.label(name) for name, it in self.expressions.items()]
        rows = select(parent.label("parent_key"), *sums).group_by(parent)
        return rows.where(among_keys(parent), *seen_by(reader.viewer, self.entity))

    def part(self, reader: Reader, key: ColumnElement[Any]) -> tuple[Any, Select[Any]]:
        """Return the expressions and the select of one key's record, without columns yet."""
        parent = getattr(self.entity, self.key)
        rows = select().select_from(self.entity).correlate_except(self.entity).group_by(parent)
        return self.source, rows.where(parent == key, *seen_by(reader.viewer, self.entity))

    def results(self, keys: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
        """Give each key its record."""
        found = {row[0]: self._record._make(row[1:]) for row in rows}
        return [found.get(key) for key in keys]


class Facts(Relation):
    """id -> expressions on the row that depend on who asks or when, None for an unseen row."""

    def __init__(self, entity: type[OfMerchant], facts: Mapping[str, Fact]) -> None:
        """Take the table, and name -> (reader, table) -> expression."""
        self.entity, self.facts = entity, facts
        nobody = Viewer(UUID(int=0), Actor.STAFF, UUID(int=0), "")
        self.source = self._told(Reader(nobody, datetime.now(UTC)), entity)
        self._record: Any = namedtuple(f"{entity.__name__}Facts", facts)  # type: ignore[misc]  # noqa: PYI024 -- the fields are known at run time only.

    def _told(self, reader: Reader, table: Any) -> SimpleNamespace:
        return SimpleNamespace(**{name: fact(reader, table) for name, fact in self.facts.items()})

    def statement(self, reader: Reader) -> Select[Any]:
        """Select the id, then the facts."""
        table = aliased(self.entity)
        told = [it.label(name) for name, it in vars(self._told(reader, table)).items()]
        rows = select(table.id).add_columns(*told)
        return rows.where(among_keys(table.id), *seen_by(reader.viewer, table))

    def part(self, reader: Reader, key: ColumnElement[Any]) -> tuple[Any, Select[Any]]:
        """Return the facts and the select of one row, without columns yet."""
        table = aliased(self.entity)
        rows = select().select_from(table).correlate_except(table)
        seen = rows.where(table.id == key, *seen_by(reader.viewer, table))
        return self._told(reader, table), seen

    def results(self, keys: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
        """Give each key its record."""
        found = {row[0]: self._record._make(row[1:]) for row in rows}
        return [found.get(key) for key in keys]


@dataclass(frozen=True)
class Inside:
    """A list inside a row, for a larger statement. part: (reader, row) -> as a relation's part."""

    source: Any
    part: Callable[[Reader, Any], tuple[Any, Select[Any]]]


@dataclass(frozen=True)
class Keyed:
    """One row that arguments name, for a larger statement. type_name: of several that it may be."""

    relation: One
    key: Any
    type_name: str | None = None
    filter_by: ClassVar[None] = None

    @property
    def source(self) -> type[OfMerchant]:
        """Return the row's table."""
        return self.relation.entity

    @property
    def form(self) -> Hashable:
        """Return what shapes the SQL."""
        return (self.relation, self.type_name)

    @property
    def values(self) -> Mapping[str, Any]:
        """Return the key."""
        return {"key": self.key}

    def matched(self, reader: Reader, table: Any) -> list[ColumnElement[bool]]:
        """Return no conditions: there is no filter."""
        del reader, table
        return []

    @property
    def part(self) -> Any:
        """Return (reader, bind) -> table and select of the row, None where only code reads it."""
        reach = self.relation.part
        if reach is None:
            return None
        return lambda reader, bind: reach(reader, bind("key", self.relation.key_type))
