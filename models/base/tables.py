"""What every table of a merchant has in common: tenancy, keys, and the types of columns."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, ClassVar, TypeVar
from uuid import UUID

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Computed,
    Constraint,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Numeric,
    Select,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    collate,
    func,
    literal_column,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.event import listen
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kit.ids import new_id

Choice = TypeVar("Choice", bound=Enum)


def fixed(value: Hashable, type_: Text | None = None) -> ColumnElement[Any]:
    """Return a value of ours as part of a statement's text. type_: where nothing else tells it."""
    return literal_column(str(value) if isinstance(value, int) else f"'{value}'", type_)


def _second_column(constraint: Constraint, _table: Table) -> str:
    """Name the column that points, not the merchant that goes before it in every foreign key."""
    return list(constraint.columns)[1].name if isinstance(constraint, ForeignKeyConstraint) else ""


class OneOf(TypeDecorator[Any]):
    """An enum kept as its value in a text column with a CHECK: an ENUM type never loses a value."""

    impl = Text
    cache_ok = True

    def __init__(self, choices: type[Enum]) -> None:
        """Take the enum whose values the column holds."""
        super().__init__()
        self.choices = choices
        self._named = {choice.value: choice for choice in choices}

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Send the enum's value."""
        del dialect
        return None if value is None else str(self.choices(value).value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Enum | None:
        """Give the enum back."""
        del dialect
        return None if value is None else self._named[value]


@dataclass(frozen=True)
class Tally:
    """Counters of a table that are sums: every movement of one stands in the journal.

    of: the table whose events tell it. by: the column with the id of the row there.
    counters: columns, in the row's unit.
    """

    of: type["OfMerchant"]
    by: str
    counters: Sequence[str]


@dataclass(frozen=True)
class Keeping:
    """Columns of a row that other rows tell, written at the end of what changes one of these.

    columns: of the row. keyed_by: class name of a table -> its column with the id of the row.
    read: all rows of a merchant, the row's table -> the select of one row with the columns' values;
    they do not depend on the time. new_tell: whether new rows of those tables tell anything.
    together: tables that it reads whose rows change only with rows of those.
    """

    columns: Sequence[str]
    keyed_by: Mapping[str, str]
    read: Callable[[Any, Any], Select[Any]]
    new_tell: bool = True
    together: Sequence[str] = ()


class Base(DeclarativeBase):
    """The declarative base; constraint names are explicit and short.

    __tally__: which columns the ledger follows, None where it follows none.
    __kept__: which columns other rows tell.
    """

    __tally__: ClassVar[Tally | None] = None
    __kept__: ClassVar[Sequence[Keeping]] = ()
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(second)s",
            "uq": "uq_%(table_name)s_%(constraint_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "second": _second_column,
        }
    )
    type_annotation_map = {  # noqa: RUF012 -- SQLAlchemy reads this class value.
        str: Text,
        int: BigInteger,
        datetime: DateTime(timezone=True),
        Decimal: Numeric(18, 6),
        dict[str, Any]: JSONB(none_as_null=True),
        list[dict[str, Any]]: JSONB,
    }


@dataclass(frozen=True)
class Searched:
    """By what people look for rows of a table: `__searched__` of it, None where nobody does.

    scope: that of who may. numbers, names: columns of which a folded one begins with what is looked
    for; exact numbers come before all else. contains: those that contain it, which looks at all of
    them. is_it: row, the text -> conditions of which each finds by its own key, as a number. shows:
    the type that is found, where it is not the table's, and the column with its id.
    """

    scope: Hashable
    numbers: Sequence[str] = ()
    names: Sequence[str] = ()
    contains: Sequence[str] = ()
    is_it: Callable[[Any, Any], Sequence[ColumnElement[bool]]] = lambda _row, _text: ()
    shows: tuple[str, str] | None = None


@dataclass(frozen=True)
class PartOf:
    """Whose followers are told of a row: those of rows that a table between names.

    link: the name of that table's class. here: the row's column that is equal to `there` in it.
    names: its column with the id of the row that is followed.
    """

    link: str
    here: str
    there: str
    names: str


class OfMerchant(Base):
    """A row that belongs to a merchant, also in a global table.

    __seen__: actor -> the rows that it sees; who is not named sees none, staff sees all
    (`models.base.visibility`). __hidden__: actor -> column -> what it reads instead
    (`models.base.masks`).
    __binds__: actor -> how its keys are bound to a row (`models.base.bindings`).
    __task__: when a row is a task that is still to be done (`models.base.tasks`), None for none.
    __searched__: by what people look for its rows.
    __part_of__: whose followers are told of its rows, beside their own.
    __found__: whether rows are found without their merchant, by who works for all of them: ids,
    numbers, instants and codes only (`migrations.walls.show_without_merchant`).
    """

    __abstract__ = True
    __seen__: ClassVar[Mapping[Hashable, Any]] = {}
    __hidden__: ClassVar[Mapping[Hashable, Mapping[str, Any]]] = {}
    __binds__: ClassVar[Mapping[Hashable, Any]] = {}
    __task__: ClassVar[Any] = None
    __searched__: ClassVar[Searched | None] = None
    __part_of__: ClassVar[PartOf | None] = None
    __found__: ClassVar[bool] = False

    merchant_id: Mapped[UUID]
    id: Mapped[UUID]


@cache
def entity_named(name: str) -> type[OfMerchant]:
    """Return a table's class by its name: so tables name those of wings that they do not import."""
    found = {mapper.class_.__name__: mapper.class_ for mapper in Base.registry.mappers}
    return found[name]


@cache
def searched() -> Mapping[type[OfMerchant], tuple[str, str]]:
    """Return table that is searched -> the type that is found there, and the column with its id."""
    entities = sorted((it.class_ for it in Base.registry.mappers), key=lambda it: it.__name__)
    some = [it for it in entities if issubclass(it, OfMerchant) and it.__searched__]
    return {it: it.__searched__.shows or (it.__name__, "id") for it in some if it.__searched__}


class Owned(OfMerchant):
    """A row of one merchant: the key is (merchant_id, id), so that the schema shards by tenant."""

    __abstract__ = True

    merchant_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-2)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-1)


Counter = Annotated[Decimal, mapped_column(Numeric(18, 6), default=Decimal(0), server_default="0")]
"""A checked sum of quantities, in the unit of its line."""
WideSum = Annotated[Decimal, mapped_column(Numeric(24, 6))]
"""A sum of quantities that somebody else says, of any number of places: it is never too large."""
_SHOWN_NOWHERE = "shown nowhere"
Secret = Annotated[bytes, mapped_column(info={_SHOWN_NOWHERE: True})]
"""What proves who somebody is, or signs: no row that leaves the database by our hand shows it."""


def secret_columns(table: Table) -> list[str]:
    """Return the names of the columns of a table that are a `Secret`."""
    return [column.name for column in table.c if column.info.get(_SHOWN_NOWHERE)]


_FOLDED = r"""
CREATE OR REPLACE FUNCTION folded(plain text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT translate(
    replace(replace(replace(
        lower(regexp_replace(
            regexp_replace(normalize(plain, NFKD), '\s+', ' ', 'g'), '[\u0300-\u036f]', '', 'g')),
    'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'),
    U&'øđðłħı\03C2', U&'oddlhi\03C3')
$$
"""
listen(Base.metadata, "before_create", DDL(_FOLDED))  # type: ignore[no-untyped-call]


def folded(expression: str) -> Any:
    """Declare a column that holds another one as people compare it, or what is made of one in SQL.

    It is a column, for row-level security uses no index over a function that might tell what it is
    given; and `folded` a function of the database, so that rows and what is looked for agree.
    """
    return mapped_column(Text(collation="C"), Computed(f"folded({expression})", persisted=True))


def as_folded(value: Any) -> ColumnElement[str]:
    """Return a text as people compare it: without capitals, accents and runs of blanks.

    It is ordered by code points.
    """
    return collate(func.folded(value, type_=Text()), "C")


def found_by(table: str, *columns: str) -> list[Index]:
    """Index what is `folded` of columns."""
    return [indexed(table, f"{column}_folded", "id") for column in columns]


def to(
    table: str, column: str, *, ondelete: str = "RESTRICT", **repeated: str
) -> ForeignKeyConstraint:
    """Point at another table of the same merchant.

    repeated: column -> the one there whose value it repeats, which is frozen thereby.
    """
    there = (f"{table}.{it}" for it in ("merchant_id", "id", *repeated.values()))
    return ForeignKeyConstraint(["merchant_id", column, *repeated], [*there], ondelete=ondelete)


def indexed(table: str, *columns: str, among: str = "", **options: Any) -> Index:
    """Index the columns within a merchant. among: what rows are indexed, where that is not all."""
    name = "_".join(filter(None, ("ix", table, among, *columns)))
    return Index(name[:54], "merchant_id", *columns, **options)


def unique(name: str, *columns: str) -> UniqueConstraint:
    """Make the columns unique within a merchant."""
    return UniqueConstraint("merchant_id", *columns, name=name)


def check(name: str, sql: str) -> CheckConstraint:
    """State a rule that the database keeps."""
    return CheckConstraint(sql, name=name)


def known(column: str, choices: type[Enum]) -> CheckConstraint:
    """Allow only the values of the enum."""
    values = ", ".join(f"'{choice.value}'" for choice in choices)
    return CheckConstraint(f"{column} IN ({values})", name=f"{column}_known")


def not_negative(*columns: str) -> CheckConstraint:
    """Keep every counter at or above zero (invariant O6)."""
    return CheckConstraint(f"least({', '.join(columns)}) >= 0", name="counters_not_negative")


def whole_window(prefix: str = "window") -> CheckConstraint:
    """A window is there as a whole or not at all, and ends after it starts (invariant D6)."""
    earliest, latest, zone = f"{prefix}_earliest", f"{prefix}_latest", f"{prefix}_zone"
    return CheckConstraint(
        f"num_nulls({earliest}, {latest}, {zone}) IN (0, 3)"
        f" AND ({earliest} IS NULL OR {earliest} < {latest})",
        name=f"{prefix}_whole",
    )
