"""The tables of a small library, and the relations between shelves and books."""

from collections import namedtuple
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import SimpleNamespace
from typing import Any

import strawberry
from sqlalchemy import (
    ARRAY,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    case,
    column,
    func,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by, array

METADATA = MetaData()
SHELVES = Table(
    "library_shelves",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("keeper", Text),
    Column("favourite_id", Integer),
)
BOOKS = Table(
    "library_books",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("shelf_id", ForeignKey(SHELVES.c.id), nullable=False),
    Column("title", Text),
    Column("pages", Integer, nullable=False),
)
ROWS: Mapping[Table, Sequence[dict[str, Any]]] = {
    SHELVES: [
        {"id": 1, "name": 'A "quoted" \\ ünï\ncode', "keeper": "Ann", "favourite_id": 2},
        {"id": 2, "name": "B", "keeper": None, "favourite_id": None},
        {"id": 3, "name": "C", "keeper": "", "favourite_id": 99},
    ],
    BOOKS: [
        {"id": 1, "shelf_id": 1, "title": "One", "pages": 10},
        {"id": 2, "shelf_id": 1, "title": "Two", "pages": 20},
        {"id": 3, "shelf_id": 3, "title": None, "pages": 30},
    ],
}

RECORDS: Mapping[Table, Any] = {
    table: namedtuple(f"{table.name.title()}Record", list(table.c.keys()))  # noqa: PYI024 -- by the table's columns.
    for table in ROWS
}


@strawberry.enum
class Size(Enum):
    THICK = "THICK"
    THIN = "THIN"


@dataclass(frozen=True)
class Rows:
    """key -> rows of a table: one, or many in the order of their ids."""

    table: Table
    column: str
    many: bool
    key_type: Any = Integer()  # noqa: RUF009 -- types are values.

    @property
    def source(self) -> Any:
        return SimpleNamespace(**self.table.c)

    def part(self, reader: Any, key: Any) -> tuple[Any, Select[Any]]:
        del reader
        table = self.table.alias()
        rows = select().select_from(table).where(table.c[self.column] == key).order_by(table.c.id)
        return SimpleNamespace(**table.c), rows.correlate_except(table)

    def found(self, key: Any) -> Any:
        rows = [RECORDS[self.table](**row) for row in ROWS[self.table] if row[self.column] == key]
        return rows if self.many else next(iter(rows), None)


@dataclass(frozen=True)
class Sums(Rows):
    """key -> how many rows, and their least title."""

    @property
    def source(self) -> Any:
        least = func.min(self.table.c.title, type_=Text())
        sizes = case((self.table.c.pages > 15, "THICK"), else_="THIN")
        sizes = func.array_agg(aggregate_order_by(sizes, self.table.c.id), type_=ARRAY(Text()))
        none = func.array_remove(array([null(), null()], type_=Text()), null(), type_=ARRAY(Text()))
        return SimpleNamespace(
            count=func.count(self.table.c.id), least=least, sizes=sizes, none=none
        )

    def part(self, reader: Any, key: Any) -> tuple[Any, Select[Any]]:
        del reader
        own = self.table.c[self.column]
        rows = select().select_from(self.table).where(own == key).group_by(own)
        return self.source, rows.correlate_except(self.table)

    def found(self, key: Any) -> Any:
        rows = [row for row in ROWS[self.table] if row[self.column] == key]
        titles = [row["title"] for row in rows if row["title"] is not None]
        least = min(titles, default=None)
        sizes = [Size.THICK if row["pages"] > 15 else Size.THIN for row in rows]
        found = SimpleNamespace(count=len(rows), least=least, sizes=sizes, none=[])
        return found if rows else None


@dataclass(frozen=True)
class Named:
    """The shelf of a name."""

    name: str
    source: Any = SHELVES
    form: str = "named"

    @property
    def values(self) -> dict[str, Any]:
        return {"name": self.name}

    def row(self, reader: Any, bind: Any, key: Any) -> tuple[Any, Select[Any]]:
        del key
        return Rows(SHELVES, "name", many=False).part(reader, bind("name", Text()))


@dataclass(frozen=True)
class Several:
    """Shelves and books by type and id."""

    named: Sequence[tuple[str, int]]

    @property
    def relations(self) -> dict[str, Rows]:
        return {name: BY_ID[name] for name in sorted({name for name, _ in self.named} & set(BY_ID))}

    @property
    def form(self) -> Any:
        return tuple(self.relations)

    @property
    def values(self) -> dict[str, Any]:
        return {"types": [name for name, _ in self.named], "keys": [key for _, key in self.named]}

    def keys(self, _reader: Any, bind: Any) -> tuple[Any, Select[Any]]:
        listed = func.unnest(bind("types", ARRAY(Text())), bind("keys", ARRAY(Integer())))
        columns = column("type_name", Text()), column("key", Integer())
        table = listed.table_valued(*columns, with_ordinality="place").render_derived("named")
        return table.c, select().select_from(table).order_by(table.c.place)


BOOKS_OF = Rows(BOOKS, "shelf_id", many=True)
BOOK = Rows(BOOKS, "id", many=False)
SUMS = Sums(BOOKS, "shelf_id", many=False)
SHELF = Rows(SHELVES, "name", many=False)
EVERY = Rows(SHELVES, "id", many=True)
SHELF_BY_ID = Rows(SHELVES, "id", many=False)
BY_ID = {"Shelf": SHELF_BY_ID, "Book": BOOK}
